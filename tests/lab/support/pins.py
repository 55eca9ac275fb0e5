# SPDX-License-Identifier: Apache-2.0
"""A pins folder in a BPF file system of the test's own, and what belongs to it in the kernel.

Not below /sys/fs/bpf: not every machine has one mounted, and other tests' pins are there."""

import json
import os
import subprocess

from lab.bpf import map_ids as kernel_maps
from lab.processes import output, wait_for

from . import FLOWMARK


class Pins:
    _number = 0

    def __init__(self, lab, namespace):
        """Removed at the end of the lab, when its agents have ended."""
        Pins._number += 1
        self.mount = lab.path(f"bpffs-{Pins._number}")
        self.path = os.path.join(self.mount, "pins")
        self._namespace = namespace
        os.mkdir(self.mount)
        output("mount", "-t", "bpf", "none", self.mount)
        lab.at_end(output, "umount", self.mount)
        lab.at_end(self.detach, False)

    def detach(self, check=True):
        return self._namespace.run(FLOWMARK, "detach", "--pins", self.path, check=check)

    def refused(self):
        """What `flowmark detach` says when it must not work."""
        done = subprocess.run([FLOWMARK, "detach", "--pins", self.path], capture_output=True,
                              text=True, timeout=60)
        return done.returncode, done.stderr

    def names(self, kind, version="v1"):
        folder = os.path.join(self.path, version, kind)
        return sorted(os.listdir(folder)) if os.path.exists(folder) else []

    def map_ids(self):
        found = set()
        for name in self.names("maps"):
            path = os.path.join(self.path, "v1/maps", name)
            found.add(json.loads(output("bpftool", "-j", "map", "show", "pinned", path))["id"])
        return found

    def expect_gone(self, test, map_ids):
        """The folder, and every map: a program that lived would hold its maps."""
        test.assertFalse(os.path.exists(self.path))
        wait_for(lambda: not map_ids & kernel_maps(), 60, "the kernel to free the maps")
