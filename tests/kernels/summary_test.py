#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What summary.py has to complain of, made by hand: a guest that went well, then each thing that
can be wrong with it. And guest.sh where the programs do not load."""

import json
import os
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
SUMMARY, GUEST = os.path.join(HERE, "summary.py"), os.path.join(HERE, "guest.sh")
SERIES = "6.18"
PARTS = "".join(f"part {name} passed 1\n" for name in ("verifier", "bpf", "names", "lab"))
# A file of the guest's, what is put there (None: it is missing), and a word of what is said.
FAULTS = {
    "a part that failed": ("output.txt", PARTS.replace("bpf passed", "bpf failed"), "bpf: failed"),
    "a part that did not run": ("output.txt", PARTS.replace("part lab passed 1\n", ""),
                                "lab: did not run"),
    "no output": ("output.txt", None, "verifier: did not run"),
    "no kernel": ("status", None, "no such kernel to be had"),
    "a guest without end": ("status", "124 1200\n", "past the time limit"),
    "a guest without a log": ("status", "125 10\n", "the guest did not report"),
    "a warning of the kernel": ("status", "126 10\n", "the kernel complained"),
}


class Summary(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory(prefix="flowmark-summary-"))
        os.mkdir(os.path.join(self.folder, SERIES))
        with open(os.path.join(HERE, "verifier_budget.json"), encoding="ascii") as file:
            self.budget = {name: cost for name, cost in json.load(file)[SERIES].items()
                           if "clang" not in name}
        for name, text in {"version": "6.18.0", "status": "0 10\n", "output.txt": PARTS,
                           "features.json": '["tcx"]'}.items():
            self.write(name, text)
        self.cost(**self.budget)

    def write(self, name, text):
        path = os.path.join(self.folder, SERIES, name)
        if text is None:
            os.remove(path)
            return
        with open(path, "w", encoding="ascii") as file:
            file.write(text)

    def cost(self, **instructions):
        self.write("verifier.json", json.dumps(
            {name: {"instructions": cost} for name, cost in instructions.items()}))

    def run_summary(self):
        done = subprocess.run([sys.executable, SUMMARY, self.folder, SERIES], capture_output=True,
                              text=True, timeout=60)
        return done.returncode, done.stdout

    def refused(self, text):
        status, said = self.run_summary()
        self.assertEqual((status, f"{SERIES}: " in said, text in said), (1, True, True), said)

    def test_a_good_run(self):
        status, said = self.run_summary()
        self.assertEqual(status, 0, said)
        self.assertRegex(said, r"6\.18 +6\.18\.0 +passed +10 s .* in flowmark_\w+ +tcx")

    def test_each_fault(self):
        for what, (name, text, words) in FAULTS.items():
            with self.subTest(what):
                self.setUp()
                self.write(name, text)
                self.refused(words)

    def test_the_budget(self):
        name, allowed = max(self.budget.items(), key=lambda item: item[1])
        self.cost(**self.budget | {name: int(allowed * 1.10)})
        self.assertEqual(self.run_summary()[0], 0)
        self.cost(**self.budget | {name: int(allowed * 1.11)})
        self.refused(f"{name} takes {int(allowed * 1.11)} instructions, 11% above {allowed}")
        self.cost(**self.budget | {name: 250_001})
        self.refused("more than 250000")
        self.cost(**self.budget, unheard_of=1)
        self.refused("the budget does not know it")
        self.write("verifier.json", json.dumps({name: {"refused": "R1 invalid mem access"}}))
        self.refused(f"{name} was refused: R1 invalid mem access")


class Guest(unittest.TestCase):
    def test_it_ends_where_the_programs_do_not_load(self):
        with tempfile.TemporaryDirectory(prefix="flowmark-guest-") as empty:
            done = subprocess.run(["sh", GUEST], cwd=empty, capture_output=True, text=True,
                                  timeout=60)
        self.assertEqual(done.returncode, 1, done)
        self.assertRegex(done.stdout, r"\Apart verifier failed \d+\n\Z")


if __name__ == "__main__":
    unittest.main()
