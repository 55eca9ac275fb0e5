#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""flowmark-bench itself, with so little to do that the figures mean nothing."""

import json
import os
import subprocess
import unittest

from bench_support import BENCH, FLOWMARK, main
from lab.processes import LabError
from yardstick import live, reload, rulesets
from yardstick.router import RouterLab, Sender

LITTLE = ("--rounds", "2", "--packets", "1000", "--patience", "0")
CASE = {"name": str, "hook": str, "program": str, "policy": (dict, type(None)), "packets": str,
        "family": int, "flows": int, "cache_used": bool, "samples_ns": list}
SCENARIO = {"name": str, "program": str, "axis": str, "size": int, "samples_ns": list}


def run(*command):
    return subprocess.run([BENCH, *command], capture_output=True, text=True, timeout=300)


class Packets(unittest.TestCase):
    def expect_shape(self, row, shape):
        self.assertEqual(set(row), set(shape))
        for key, kind in shape.items():
            self.assertIsInstance(row[key], kind, key)

    def test_json_holds_every_chosen_case_and_its_empty_program(self):
        done = run("packets", *LITTLE, "--case", "rules=64 members=10: first")
        self.assertEqual(done.returncode, 0, done.stderr)
        answer = json.loads(done.stdout)
        self.assertIsInstance(answer["disturbed"], int)
        names = [case["name"] for case in answer["cases"]]
        self.assertEqual(sorted(names), [
            "tc empty: first v4", "tc empty: first v6",
            "tc flowmark mixed rules=64 members=10: first v4",
            "tc flowmark mixed rules=64 members=10: first v6"])
        for case in answer["cases"]:
            self.expect_shape(case, CASE)
            self.assertEqual(len(case["samples_ns"]), 2)
            self.assertGreater(min(case["samples_ns"]), 0)

    def test_calls_are_counted(self):
        self.assertEqual(set(json.loads(run("calls").stdout)), {"ingress", "egress"})

    def test_wrong_input_is_refused_in_words(self):
        for command, status, words in (
                ((), 2, "subcommand"), (("packets", "fly"), 2, "fly"),
                (("packets", "--rounds", "0"), 2, "--rounds"),
                (("packets", "--case", "no such"), 1, "no case has 'no such' in its name"),
                (("packets", *LITTLE, "--cpu", "4000"), 1, "processor 4000"),
                (("live",), 2, "--source")):
            done = run(*command)
            self.assertEqual(done.returncode, status, (command, done.stderr))
            self.assertIn(words, done.stderr + done.stdout)


class Router(unittest.TestCase):
    def setUp(self):
        self.lab = self.enterContext(RouterLab())
        self.sender = self.enterContext(Sender(self.lab, BENCH, (os.cpu_count() or 1) - 1, 0))

    def agent(self):
        return self.lab.agent(self.lab.router, FLOWMARK, live.Flowmark.IDLE)

    def test_scenarios_mark_what_they_say(self):
        effort = live.Effort(1, 2000, (10,), (100,), (50,))
        rows = live.Live(self.lab, self.sender, self.agent(), effort).run(lambda text: None)
        self.assertEqual({"none", "tcx-empty", "xdp-empty", "tcx-flowmark", "xdp-flowmark",
                          "tcx-lru", "nft-netdev", "nft-forward", "nft-list"},
                         {row["program"] for row in rows})
        for row in rows:
            self.assertEqual(set(row), set(SCENARIO))
            self.assertGreater(row["samples_ns"][0], 0)

    def test_flowmark_and_nftables_mark_alike(self):
        networks = rulesets.prefixes(50)
        dests = self.lab.path("dests")
        with open(dests, "w", encoding="ascii") as file:
            file.writelines(f"{address}\n" for address in rulesets.addresses(networks, 512))
        files = {}
        for name, members in rulesets.by_class(networks):
            files[name] = self.lab.path(name)
            with open(files[name], "w", encoding="ascii") as file:
                file.writelines(f"{member}\n" for member in members)
        self.sender.command("dests", dests)
        policy = rulesets.flowmark_prefixes(files)
        agent, marks = self.agent(), []
        for what in (live.Flowmark(agent, policy), live.FlowmarkXdp(agent, policy),
                     live.Nftables(self.lab.router, rulesets.nft_prefixes("netdev", "nets", 50)),
                     live.Nftables(self.lab.router, rulesets.nft_prefixes("inet", "nets", 50))):
            what.enter()
            marks.append(self.sender.send(512 * 8)["dscps"])
            what.leave()
        self.assertGreater(len(marks[0]), 1)
        self.assertEqual(marks, [marks[0]] * 4)

    def test_a_scenario_that_does_not_mark_fails(self):
        effort = live.Effort(1, 2000, (10,), (), ())
        measured = live.Live(self.lab, self.sender, self.agent(), effort)
        nothing = measured.scenarios[0]
        self.assertEqual(nothing.program, "none")
        nothing.what.marks = (rulesets.DSCP,)
        with self.assertRaisesRegex(LabError, r"none rules=10: found the DSCPs \{'0': 2000\}"):
            measured.run(lambda text: None)

    def test_reloads_are_timed_and_gaps_found(self):
        effort = reload.Effort(1, ((10, 10), (64, 1000)), 1)
        answer = reload.Reload(self.lab, self.sender, self.agent(), effort).run(lambda text: None)
        self.assertEqual([size["members"] for size in answer["times"]], [10, 1000])
        for gaps in answer["gaps"].values():
            self.assertGreater(gaps[0], 0)

    def test_unknown_commands_are_refused(self):
        with self.assertRaisesRegex(LabError, "found 'jump', expected a command"):
            self.sender.command("jump")


if __name__ == "__main__":
    main()
