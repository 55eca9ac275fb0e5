# SPDX-License-Identifier: Apache-2.0
"""deploy/compose as it is shipped, in a Docker engine whose host is the lab's edge router.

It is copied, set up and started as its README says. Built before that, by an engine on this
machine's network, which has the package mirror; then an engine in the edge takes over the images.
"""

import os
import resource
import secrets
import shutil
import subprocess

from lab.engine import Engine, Images, debian_image
from lab.processes import LabError, output

from . import FLOWMARK, ROOT

HOST = "edge.example.com"
ADDRESS = "192.168.10.1"  # of the edge, towards the client
USER = "operator"
PACKAGES = ("curl", "nginx-light", "prometheus", "prometheus-alertmanager")
OVERRIDE = os.path.join(ROOT, "tests/deploy/stack/compose.override.yaml")
IMAGES = {f"{service.upper()}_IMAGE": f"{service}:test"
          for service in ("flowmark", "prometheus", "alertmanager", "nginx")}


class Folder:
    """A copy of deploy/, and what is done in its compose folder."""

    def __init__(self, tree):
        self.folder = os.path.join(tree, "deploy/compose")
        shutil.copytree(os.path.join(ROOT, "deploy"), os.path.dirname(self.folder),
                        ignore=shutil.ignore_patterns("node_modules", ".env", "secrets", "policy"))

    def path(self, name):
        return os.path.join(self.folder, name)

    def read(self, name):
        with open(self.path(name), encoding="utf-8") as file:
            return file.read()

    def set_up(self, host, password, *options):
        """Runs `setup`, the password on its standard input."""
        return subprocess.run(
            [self.path("setup"), "--user", USER, "--address", ADDRESS, *options, host],
            input=f"{password}\n", capture_output=True, text=True, timeout=60)

    def write_policy(self, text):
        with open(self.path("policy/flowmark.yaml"), "w", encoding="utf-8") as file:
            file.write(text)


class Stack(Folder):
    def __init__(self, lab, policy):
        super().__init__(lab.path("tree"))
        self._lab = lab
        self._images = Images(lab, size="3g")
        self.engine = None
        self.password = secrets.token_urlsafe()
        done = self.set_up(HOST, self.password)
        if done.returncode != 0:
            raise LabError(f"setup: exit {done.returncode}\n{done.stderr}")
        self.write_policy(policy)

    def build(self):
        """The images; the agent's from the binary under test."""
        output(os.path.join(ROOT, "deploy/container/collect"), FLOWMARK,
               self._lab.path("prebuilt/out"))
        self.engine = Engine(self._lab, self._images)
        debian_image(self.engine, "flowmark-base")
        debian_image(self.engine, "stack-base", *PACKAGES)
        self.compose("build", timeout=600)
        self.engine.stop()

    def up(self):
        self.engine = Engine(self._lab, self._images, self._lab.edge)
        self.compose("up", "-d", "--wait", "--wait-timeout", "240")

    def _env(self):
        """No Grafana, whose image needs a registry; limits that this machine's root may set."""
        memlock = resource.getrlimit(resource.RLIMIT_MEMLOCK)[1]
        rtprio = resource.getrlimit(resource.RLIMIT_RTPRIO)[1]
        return {**IMAGES, "COMPOSE_PROFILES": "", "FLOWMARK_BASE": "flowmark-base",
                "FLOWMARK_MEMLOCK": str(memlock), "FLOWMARK_RTPRIO": "1" if rtprio else "0",
                "TREE": os.path.abspath(ROOT), "PREBUILT": self._lab.path("prebuilt")}

    def compose(self, *arguments, env=None, **options):
        """Runs a command of Docker Compose's in the folder, to a good end unless told otherwise."""
        try:
            return self.engine.docker(
                "compose", "-f", "compose.yaml", "-f", OVERRIDE, *arguments, cwd=self.folder,
                env={**self._env(), **(env or {})}, stdin=subprocess.DEVNULL, **options)
        except LabError as error:
            raise LabError(f"{error}\n{self.state()}") from None

    def state(self):
        """What can be said of the containers when something failed."""
        return "\n".join(
            done.stdout + done.stderr for done in (
                self.compose("ps", "-a", check=False),
                self.compose("logs", "--no-color", "--tail", "30", check=False)))

    def inside(self, service, *command, **options):
        return self.compose("exec", "-T", service, *command, **options)
