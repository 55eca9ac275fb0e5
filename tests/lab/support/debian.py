# SPDX-License-Identifier: Apache-2.0
"""Flowmark's Debian package, and a host on which it is installed as an administrator would."""

import os

from lab.processes import output

from . import ROOT
from .host import Host

SHELLS = ("bash", "bash-completion", "fish", "zsh")


def build_package(folder, version):
    """The .deb of the release build, with that version."""
    said = output(os.path.join(ROOT, "tools/package"), "--no-lint", "--version", version,
                  "--output", folder, timeout=600)
    return os.path.join(ROOT, said.split()[-1])


def depends_of(package):
    fields = output("dpkg-deb", "--field", package, "Depends")
    return sorted(part.split()[0] for part in fields.split(","))


class DebianHost(Host):
    """What the package depends on is there, since a host in a lab reaches no mirror."""

    def __init__(self, lab, namespace, package, packages=()):
        super().__init__(lab, namespace, (*depends_of(package), *packages))

    def apt(self, *arguments):
        """Does as it is told, without asking; status, output and errors are the caller's."""
        return self.call("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qy",
                         "-oDpkg::Use-Pty=0", *arguments, timeout=300)

    def apt_install(self, package):
        path = f"/root/{os.path.basename(package)}"
        self.install(package, path)
        try:
            return self.apt("install", path)
        finally:
            self.run("rm", path)

    def package_state(self):
        """As dpkg has it: "install ok installed" and the version, or nothing."""
        done = self.call("dpkg-query", "-W", "-f", "${Status} ${Version}", "flowmark")
        return done.stdout if done.returncode == 0 else ""
