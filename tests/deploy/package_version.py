#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The package's version by git's tags, in a repository of the test's own; and that dpkg takes each
for newer than the one before."""

import itertools
import os
import shutil
import subprocess
import tempfile
import unittest

from support import ROOT, main, proved
from lab.processes import output

SCRIPT = "deploy/debian/version"
# What is done, and the version then; HASH stands for the commit's.
STEPS = (
    (("init", "-q"), "0.1.0-1"),
    (("commit", "--allow-empty", "-qm", "first"), "0.1.0~1.gHASH-1"),
    (("tag", "v0.1.0-rc1"), "0.1.0~rc1-1"),
    (("commit", "--allow-empty", "-qm", "second"), "0.1.0~rc1+1.gHASH-1"),
    (("tag", "v0.1.0"), "0.1.0-1"),
    (("commit", "--allow-empty", "-qm", "third"), "0.1.0+1.gHASH-1"),
    (("tag", "v0.2.0"), "0.2.0-1"),
)


class Version(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory())
        os.makedirs(os.path.join(self.folder, os.path.dirname(SCRIPT)))
        shutil.copy(os.path.join(ROOT, SCRIPT), os.path.join(self.folder, SCRIPT))

    def git(self, *arguments):
        return output("git", "-C", self.folder, "-c", "user.name=Test", "-c",
                      "user.email=test@example.test", "-c", "commit.gpgsign=false", *arguments)

    def version(self):
        return output(os.path.join(self.folder, SCRIPT), "0.1.0").strip()

    def test_by_tags(self):
        seen = []
        for command, expected in STEPS:
            self.git(*command)
            version = self.version()
            if "HASH" in expected:
                commit = self.git("rev-parse", "--short", "HEAD").strip()
                expected = expected.replace("HASH", commit)
            self.assertEqual(version, expected, command)
            seen.append(version)
        for older, newer in itertools.pairwise(seen[1:]):
            subprocess.run(["dpkg", "--compare-versions", older, "lt", newer], check=True)
        proved(f"{' < '.join(seen[1:])}; without git {seen[0]}")

    def test_needs_the_projects_version(self):
        done = subprocess.run([os.path.join(self.folder, SCRIPT)], capture_output=True, text=True,
                              timeout=60)
        self.assertEqual(done.returncode, 2)
        self.assertIn("usage:", done.stderr)


if __name__ == "__main__":
    main()
