# SPDX-License-Identifier: Apache-2.0
"""A whole Debian host, systemd as its process 1, in a network namespace of a lab: what is
installed, started, reloaded and asked there is the real thing.

It shares the machine's kernel. Its files are a layer of its own above a root file system that
tools/rootfs made once; its BPF file system is its own too, and both end with it.
"""

import contextlib
import os
import shlex
import subprocess

from lab.processes import LabError, Process, output, wait_for

from . import ROOT

# A host that can be entered, and nothing else.
BASE = ("systemd-sysv", "dbus")

# What the payload of the container may do beside what nspawn lets every one: what root has on a
# host, as far as Flowmark's unit hands it on. systemd needs SYS_RESOURCE to raise a unit's limits.
CAPABILITIES = "CAP_BPF,CAP_NET_ADMIN,CAP_PERFMON,CAP_SYS_RESOURCE"

# In a mount namespace of its own: nspawn wants nothing but cgroup v2, which other machines have
# beside v1, and leaves folders in /run/systemd.
BOOT = """
set -e
umount -R /sys/fs/cgroup
mount -t cgroup2 none /sys/fs/cgroup
mkdir /sys/fs/cgroup/{name}
echo $$ >/sys/fs/cgroup/{name}/cgroup.procs
mkdir -p /run/systemd
mount -t tmpfs none /run/systemd
cd {folder}
mount -t overlay -o lowerdir={lower},upperdir=upper,workdir=work none root
mount -t bpf none {folder}/bpf
exec systemd-nspawn --quiet --register=no --keep-unit --kill-signal=SIGRTMIN+3 --boot \
    --directory={folder}/root --machine={name} --network-namespace-path={netns} \
    --bind={folder}/bpf:/sys/fs/bpf --capability={capabilities} \
    --system-call-filter="bpf perf_event_open" --console=pipe --link-journal=no
"""

# What is left of it in the machine's cgroups.
TIDY = """
umount -R /sys/fs/cgroup
mount -t cgroup2 none /sys/fs/cgroup
[ ! -e /sys/fs/cgroup/{name} ] || find /sys/fs/cgroup/{name} -depth -type d -exec rmdir {{}} +
"""


class Host:
    _number = 0

    def __init__(self, lab, namespace, packages=()):
        """Up and running when this returns; it ends with the lab. `packages` are installed."""
        Host._number += 1
        self.name = f"{lab.prefix}-host{Host._number}"
        self._namespace = namespace
        self._folder = lab.path(self.name)
        for part in ("upper", "work", "root", "bpf"):
            os.makedirs(os.path.join(self._folder, part))
        lower = output(os.path.join(ROOT, "tools/rootfs"), *BASE, *packages, timeout=600).strip()
        words = {"name": self.name, "folder": self._folder, "netns": namespace.path,
                 "lower": lower, "capabilities": CAPABILITIES}
        lab.at_end(in_own_mounts, TIDY.format(**words))
        self.process = lab.keep(Process(self.name, own_mounts(BOOT.format(**words)),
                                        lab.directory))
        self._leader = wait_for(self._find_leader, 60, "the host's process 1")
        wait_for(self._is_up, 120, "the host to be up")

    def _find_leader(self):
        """The child of nspawn, once it is what it is going to be."""
        self.process.expect_running()
        children = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        with open(children, encoding="ascii") as file:
            pids = file.read().split()
        for pid in pids:
            with contextlib.suppress(FileNotFoundError):  # a helper that has ended
                with open(f"/proc/{pid}/comm", encoding="ascii") as comm:
                    if comm.read().strip() == "systemd":
                        return int(pid)
        return None

    def _is_up(self):
        self.process.expect_running()
        return self.call("systemctl", "is-system-running").stdout.strip() in ("running", "degraded")

    def call(self, *command, timeout=120, **stdin):
        """Runs a command on the host, as root; its status, output and errors are the caller's.
        It reads `input`, a text, or `stdin`, a file, if one is given."""
        return subprocess.run(self.entered(*command), capture_output=True, text=True,
                              timeout=timeout, **(stdin or {"input": ""}))

    def entered(self, *command):
        """The command line that runs a command on the host."""
        return ["nsenter", "-t", str(self._leader), "-m", "-u", "-i", "-n", "-p", "-C", *command]

    def run(self, *command, **options):
        """The same, to a good end; its output. What failed says so in the error."""
        done = self.call(*command, **options)
        if done.returncode != 0:
            raise LabError(f"{self.name}: {shlex.join(command)}: exit {done.returncode}\n"
                           f"{done.stderr}{done.stdout}")
        return done.stdout

    def write(self, path, text, mode="0644"):
        """A file with that text; missing folders are made."""
        self.run("install", "-D", "-m", mode, "/dev/stdin", path, input=text)

    def install(self, source, path, mode="0644"):
        """A copy of a file of this machine."""
        with open(source, "rb") as file:
            self.run("install", "-D", "-m", mode, "/dev/stdin", path, stdin=file)

    def seen(self, path):
        """A path of the host, as this machine sees it."""
        return f"/proc/{self._leader}/root{path}"

    def unit(self, name, *properties):
        """What systemd knows of a unit, by property."""
        shown = self.run("systemctl", "show", name, *(f"--property={p}" for p in properties))
        return dict(line.split("=", 1) for line in shown.splitlines())

    def journal(self, unit):
        return self.run("journalctl", "--no-pager", "-o", "cat", "-u", unit)

    def stop(self):
        """Shuts it down as an operator would."""
        self.process.stop(timeout=60)


def own_mounts(script):
    return ("unshare", "--mount", "--propagation", "private", "bash", "-c", script)


def in_own_mounts(script):
    output(*own_mounts(script))


def packages_of(program):
    """The installed packages that the libraries of a program are from."""
    libraries = {"/".join(line.split()[2].split("/")[-2:])
                 for line in output("ldd", program).splitlines() if " => /" in line}
    owners = output("dpkg-query", "-S", *(f"*/{name}" for name in sorted(libraries)))
    return sorted({line.split(":")[0] for line in owners.splitlines()})
