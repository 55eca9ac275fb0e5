#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The lab of tools/run: it ends by itself, fails on a wrong mark, and leaves
nothing behind."""

import os
import re
import signal
import subprocess
import tempfile
import unittest
import urllib.request

from support import FLOWMARK, ROOT, main, proved
from lab.processes import output, wait_for

POLICY = os.path.join(ROOT, "deploy/home-office.yaml")
ROWS = 48
PATIENCE = 240  # seconds


class Demo(unittest.TestCase):
    def start(self, *arguments):
        """Starts the lab; what it prints goes to a file of the test."""
        self.printed = self.enterContext(tempfile.NamedTemporaryFile("w+"))
        demo = subprocess.Popen(
            ["/usr/bin/python3", "-m", "lab.demo", "--flowmark", FLOWMARK, "--plain", *arguments],
            stdout=self.printed, stderr=self.printed, start_new_session=True,
            env={**os.environ, "PYTHONPATH": os.path.join(ROOT, "tools")})
        self.addCleanup(self.end, demo)
        return demo

    @staticmethod
    def end(demo):
        """It cleans up when asked to; waited for, so that it can."""
        if demo.poll() is None:
            demo.terminate()
            demo.wait(PATIENCE)

    def text(self):
        with open(self.printed.name, encoding="utf-8") as file:
            return file.read()

    def expect_nothing_left(self, demo):
        self.assertNotIn(f"fm{demo.pid}-", output("ip", "netns", "list"))
        self.assertEqual([n for n in os.listdir(tempfile.gettempdir())
                          if n.startswith(f"flowmark-demo-{demo.pid}-")], [])
        left = output("pgrep", "-f", f"flowmark-demo-{demo.pid}-", check=False).split()
        self.assertEqual(left, [], "processes were left")

    def test_it_ends_by_itself_and_every_row_is_good(self):
        demo = self.start("--seconds", "8")
        self.assertEqual(demo.wait(PATIENCE), 0, self.text())
        self.assertIn(f"{ROWS} of {ROWS} rows as expected", self.text())
        self.assertNotIn("FAIL", self.text())
        self.expect_nothing_left(demo)
        proved(re.search(r".* rows as expected", self.text())[0])

    def test_a_wrong_mark_is_seen(self):
        with open(POLICY, encoding="utf-8") as file:
            policy = file.read()
        wrong = re.sub(r"(name: voice, +dscp:) EF", r"\1 AF11", policy)
        self.assertNotEqual(wrong, policy)
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write(wrong)
            file.flush()
            demo = self.start("--seconds", "6", "--policy", file.name)
            self.assertEqual(demo.wait(PATIENCE), 1, self.text())
        failed = [line for line in self.text().splitlines() if "FAIL" in line]
        self.assertEqual(len(failed), 8)
        for line in failed:
            self.assertRegex(line, r"^voice .* AF11 +EF .*FAIL: mark$")
        self.expect_nothing_left(demo)
        proved("with another mark for voice the 8 rows of voice fail, and the lab with them")

    def test_a_signal_ends_it_with_its_summary(self):
        demo = self.start()
        url = wait_for(lambda: re.search(r"http://\S+/metrics", self.text()), PATIENCE,
                       "the metrics URL")
        with urllib.request.urlopen(url[0], timeout=10) as page:
            self.assertIn("flowmark_class_packets_total", page.read().decode())
        wait_for(lambda: "INTERFACE" in self.text(), PATIENCE, "the live table")
        demo.send_signal(signal.SIGINT)
        demo.wait(PATIENCE)
        self.assertRegex(self.text(), r"\d+ packets arrived of \d+ sent")
        self.expect_nothing_left(demo)
        proved("the metrics answer on the loopback of the host; SIGINT ends the lab with its "
               "summary and leaves nothing")


if __name__ == "__main__":
    main()
