# SPDX-License-Identifier: Apache-2.0
"""Hosts that are managed by SSH, with keys made for the test, and Ansible that does it."""

import json
import os
import subprocess

from lab.processes import LabError, output

from . import ROOT
from .host import Host

ANSIBLE = os.path.join(ROOT, "deploy/ansible")
CALLBACK = os.path.join(os.path.dirname(os.path.abspath(__file__)), "ansible_callback")
USER = "deploy"
# What a host needs to be managed by Ansible: it cannot fetch anything later.
PACKAGES = ("adduser", "init-system-helpers", "openssh-server", "python3", "python3-apt", "sudo")

SSHD = """
HostKey /etc/ssh/ssh_host_ed25519_key
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin no
AllowUsers deploy
"""


def _key(path):
    """Makes a key; its public half, without a comment."""
    output("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", path)
    with open(path + ".pub", encoding="ascii") as file:
        return file.read().strip()


class ManagedHost(Host):
    """Lets in one user by one key, and is known by a key of its own."""

    def __init__(self, lab, namespace, address, user_key, packages):
        super().__init__(lab, namespace, (*PACKAGES, *packages))
        self.address = address
        private = lab.path(f"{namespace.role}-host-key")
        self.known_as = f"{address} {_key(private)}"
        self.run("sh", "-c", "rm -f /etc/ssh/ssh_host_*")
        self.install(private, "/etc/ssh/ssh_host_ed25519_key", "0600")
        self.write("/etc/ssh/sshd_config.d/test.conf", SSHD)
        self.run("useradd", "--create-home", "--shell", "/bin/bash", USER)
        self.write(f"/etc/sudoers.d/{USER}", f"{USER} ALL=(ALL) NOPASSWD: ALL\n", "0440")
        self.run("install", "-d", "-o", USER, "-g", USER, "-m", "0700", f"/home/{USER}/.ssh")
        self.write(f"/home/{USER}/.ssh/authorized_keys", user_key + "\n", "0644")
        self.run("systemctl", "restart", "ssh")


class Result:
    """What a run of a playbook did."""

    def __init__(self, done, story):
        self.returncode = done.returncode
        self.said = done.stdout + done.stderr
        if not os.path.exists(story):
            raise LabError(f"Ansible: exit {done.returncode}\n{self.said}")
        with open(story, encoding="utf-8") as file:
            told = json.load(file)
        os.unlink(story)
        self._steps, self._hosts = told["steps"], told["hosts"]

    def counts(self, name):
        """Of each host that was reached, as the recap says it: "ok", "changed", "failures"."""
        return [counts[name] for counts in self._hosts.values()]

    def tasks(self):
        """The names of the tasks, handlers too, that changed something, host by host."""
        return [step["task"] for step in self._steps if step["changed"]]

    def messages(self):
        """Of what failed."""
        return [step["message"] for step in self._steps if step["failed"]]


class Fleet:
    """Two or more hosts in a lab, and playbooks for them."""

    def __init__(self, lab, namespaces, addresses, packages):
        self._lab = lab
        key = _key(lab.path("user-key"))
        self.hosts = [ManagedHost(lab, namespace, address, key, packages)
                      for namespace, address in zip(namespaces, addresses)]
        self._write("known_hosts", "".join(f"{host.known_as}\n" for host in self.hosts))
        self._inventory()

    def _write(self, name, text):
        with open(self._lab.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self._lab.path(name)

    def _inventory(self):
        options = ("-o BatchMode=yes -o StrictHostKeyChecking=yes -o IdentitiesOnly=yes "
                   f"-o UserKnownHostsFile={self._lab.path('known_hosts')}")
        self._write("inventory.json", json.dumps({"flowmark": {
            "hosts": {f"edge-{number}": {"ansible_host": host.address}
                      for number, host in enumerate(self.hosts, 1)},
            "vars": {"ansible_user": USER, "ansible_ssh_common_args": options,
                     "ansible_ssh_private_key_file": self._lab.path("user-key")}}}))

    def play(self, variables, *arguments):
        """Runs deploy/ansible/site.yml from the lab's control with these variables."""
        extra = self._write("variables.json", json.dumps(variables))
        story = self._lab.path("story.json")
        environment = {
            "PATH": os.environ["PATH"], "HOME": self._lab.directory, "LC_ALL": "C.UTF-8",
            "ANSIBLE_CONFIG": os.path.join(ANSIBLE, "ansible.cfg"),
            "ANSIBLE_HOME": self._lab.path("ansible"), "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_CALLBACK_PLUGINS": CALLBACK, "ANSIBLE_CALLBACKS_ENABLED": "flowmark_story",
            "FLOWMARK_STORY": story}
        done = subprocess.run(
            ["nsenter", f"--net={self._lab.control.path}", "ansible-playbook",
             "-i", self._lab.path("inventory.json"), "-e", f"@{extra}", *arguments,
             os.path.join(ANSIBLE, "site.yml")],
            capture_output=True, text=True, timeout=300, env=environment,
            stdin=subprocess.DEVNULL, cwd=ANSIBLE)
        return Result(done, story)
