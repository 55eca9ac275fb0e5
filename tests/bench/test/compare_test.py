#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What comparing two runs of the bench finds, by figures that were made up for it."""

import contextlib
import copy
import io
import json
import os
import tempfile
import unittest

from bench_support import main
from yardstick import compare

POLICY = {"kind": "mixed", "rules": 64, "members": 10, "ports": 10}


def case(program, ns, policy=None, flows=1):
    return {"hook": "tc", "program": program, "policy": policy, "packets": "known", "family": 4,
            "flows": flows, "cache_used": False, "samples_ns": [ns, ns + 1, ns + 2]}


def run(ours=(20, 40), floor=10, disturbed=0, empty=15):
    cases = []
    for flows, ns in enumerate(ours, 1):
        cases += [case("empty", empty, flows=flows),
                  case("floor-lru", empty + floor, flows=flows),
                  case("flowmark", empty + ns, POLICY, flows)]
    return {"format": 1, "quick": True, "disturbed": disturbed, "packets": cases,
            "machine": {"date": "2026-01-02T03:04:05Z", "kernel": "6.18.0", "commit": "abc1234",
                        "processor": "one", "processors": 2}}


class Compare(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory(prefix="flowmark-compare-"))

    def compare(self, before, now):
        """Exit status and words of the command."""
        paths = []
        for name, what in (("before", before), ("now", now)):
            paths.append(os.path.join(self.folder, name))
            with open(paths[-1], "w", encoding="utf-8") as file:
                json.dump(what, file)
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            status = compare.main(paths)
        return status, said.getvalue()

    def test_the_same_is_no_dearer(self):
        status, said = self.compare(run(), run())
        self.assertEqual(status, 0)
        self.assertIn("1.00 of what it took, all cases together", said)
        self.assertNotIn("dearer", said)

    def test_all_cases_a_fifth_dearer_fail(self):
        status, said = self.compare(run((20, 40)), run((24, 48)))
        self.assertEqual(status, 1)
        self.assertIn("dearer: all cases together: 1.20", said)

    def test_one_case_may_be_half_dearer_and_not_twice_as_dear(self):
        many = (20,) * 20
        self.assertEqual(self.compare(run(many), run((30, *many[1:])))[0], 0)
        status, said = self.compare(run(many), run((40, *many[1:])))
        self.assertEqual(status, 1)
        self.assertIn("64 rules, 10 members, 10 ports: known packets, IPv4, 1 flows: 2.00", said)

    def test_a_slower_machine_is_not_our_fault(self):
        status, said = self.compare(run((20, 40), 10), run((40, 80), 20))
        self.assertEqual(status, 0)
        self.assertIn("the floors took 2.00", said)

    def test_a_busy_machine_is_no_verdict(self):
        for busy in (dict(before=1), dict(now=1)):
            status, said = self.compare(run(disturbed=busy.get("before", 0)),
                                        run((40, 80), disturbed=busy.get("now", 0)))
            self.assertEqual(status, 0)
            self.assertIn("dearer: ", said)
            self.assertIn("no verdict", said)

    def test_what_is_not_alike_is_not_compared(self):
        changes = {"kernel": "7.2", "processor": "another", "processors": 4}
        for what, value in changes.items():
            other = copy.deepcopy(run((400, 800)))
            other["machine"][what] = value
            status, said = self.compare(run(), other)
            self.assertEqual((status, said.count(f"not compared with {self.folder}")), (0, 1))
            self.assertIn(what, said)
        different: list[dict] = [{"quick": False}, {"format": 2}, {"packets": []}]
        for change in different:
            self.assertIn("not compared", self.compare(run(), {**run((400, 800)), **change})[1])

    def test_a_case_that_is_new_or_gone_is_left_out(self):
        status, said = self.compare(run((20, 40)), run((20, 40, 900)))
        self.assertEqual((status, said.count("known packets")), (0, 2))

    def test_what_is_no_result_is_refused(self):
        for wrong in ([], {}, {"format": 1}):
            with self.assertRaisesRegex(SystemExit, "no result of tools/bench"):
                self.compare(wrong, run())


if __name__ == "__main__":
    main()
