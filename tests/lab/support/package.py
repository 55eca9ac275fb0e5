# SPDX-License-Identifier: Apache-2.0
"""Debian packages of the agent under test."""

import os
import shutil

from lab.processes import output

from . import FLOWMARK, ROOT

PACKAGER = os.path.join(ROOT, "tools/package")

CONTROL = """Package: flowmark
Version: {version}
Architecture: {architecture}
Maintainer: A test <test@example.com>
Depends: {depends}
Description: the agent under test
"""

POSTINST = """#!/bin/sh
set -e
id -u flowmark >/dev/null 2>&1 || useradd --system --user-group --no-create-home \
    --home-dir /nonexistent --shell /usr/sbin/nologin flowmark
systemctl daemon-reload
"""


def make_package(folder, version, depends):
    """The path of a flowmark_VERSION_*.deb below the folder: the project's own if it is made, else
    what is least."""
    if os.path.exists(PACKAGER) and "FLOWMARK_MINIMAL_DEB" not in os.environ:
        return output(PACKAGER, "--version", version, "--output", folder, "--no-lint",
                      timeout=1200).splitlines()[-1]
    return _minimal(folder, version, depends)


def _minimal(folder, version, depends):
    root = os.path.join(folder, f"package-{version}")
    architecture = output("dpkg", "--print-architecture").strip()
    for source, path, mode in (
            (FLOWMARK, "usr/bin/flowmark", 0o755),
            (os.path.join(ROOT, "deploy/flowmark.service"),
             "lib/systemd/system/flowmark.service", 0o644),
            (os.path.join(ROOT, "deploy/home-office.yaml"), "etc/flowmark/flowmark.yaml", 0o644)):
        target = os.path.join(root, path)
        os.makedirs(os.path.dirname(target))
        shutil.copyfile(source, target)
        os.chmod(target, mode)
    output("strip", "--strip-unneeded", os.path.join(root, "usr/bin/flowmark"))
    control = os.path.join(root, "DEBIAN")
    os.mkdir(control)
    for name, text, mode in (
            ("control", CONTROL.format(version=version, architecture=architecture,
                                       depends=", ".join(depends)), 0o644),
            ("conffiles", "/etc/flowmark/flowmark.yaml\n", 0o644), ("postinst", POSTINST, 0o755)):
        path = os.path.join(control, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, mode)
    package = os.path.join(folder, f"flowmark_{version}_{architecture}.deb")
    output("dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "--build", root, package)
    return package
