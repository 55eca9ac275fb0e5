#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""tcx and clsact mark alike, leave the programs of others alone, and nothing of
Flowmark stays behind."""

import json
import os
import signal
import unittest

from support import FLOWMARK, ROOT, main, proved
from lab.bpf import tcx_link, tcx_programs
from lab.capture import Capture
from lab.dialogue import Dialogue
from lab.edge import INTERFACES, SERVER4, SERVER6, EdgeLab
from lab.processes import output

POLICY = """
interfaces:
  - name: "lan*"
  - name: "wan*"
classes:
  - { name: voice, dscp: EF }
rules:
  - { class: voice, protocol: udp, server_port: 5004 }
"""
DIRECTIONS = ("ingress", "egress")
ROUNDS = 20

# netfilter's hook on the device: after tc on the way in, before it on the way out.
NFT = """
table netdev other {
    chain in {
        type filter hook ingress device "wan0" priority 0;
        udp sport 5004 ip dscp ef counter
    }
    chain out {
        type filter hook egress device "wan0" priority 0;
        udp dport 5004 counter
    }
}
"""


class Others:
    """What other people have on wan0: a cls_bpf filter and a netfilter chain, with
    counters. `pref` is the filter's place in the order."""

    def __init__(self, lab, pref):
        self._edge = lab.edge
        self.pref = pref
        program = lab.path("other_count.o")
        include = f"-I/usr/include/{output('gcc', '-print-multiarch').strip()}"
        output("clang", "-O2", "-g", "-target", "bpf", include, "-c",
               os.path.join(ROOT, "tests/lab/other_count.bpf.c"), "-o", program)
        self._edge.run("tc", "qdisc", "add", "dev", "wan0", "clsact")
        for direction in DIRECTIONS:
            self._edge.run("tc", "filter", "add", "dev", "wan0", direction, "pref", str(pref),
                           "bpf", "da", "obj", program, "sec", "tc")
        self._edge.run("nft", "-f", "-", text=NFT)
        self.programs = {d: self.filters(d)[0]["options"]["prog"]["id"] for d in DIRECTIONS}

    def filters(self, direction):
        """The cls_bpf filters on wan0, as tc lists them."""
        return filters_of(self._edge, "wan0", direction)

    def count(self, direction):
        """Packets that the filter saw."""
        shown = json.loads(output("bpftool", "-j", "prog", "show", "id",
                                  str(self.programs[direction])))
        entries = json.loads(output("bpftool", "-j", "map", "dump", "id", str(shown["map_ids"][0])))
        return entries[0]["formatted"]["value"]

    def netfilter(self):
        """Packets that the chains counted: (in, out)."""
        rules = json.loads(self._edge.run("nft", "-j", "list", "table", "netdev", "other"))
        found = {}
        for item in rules["nftables"]:
            for part in item.get("rule", {}).get("expr", ()):
                if "counter" in part:
                    found[item["rule"]["chain"]] = part["counter"]["packets"]
        return found["in"], found["out"]

    def expect_there(self, test):
        for direction in DIRECTIONS:
            ours = [f for f in self.filters(direction)
                    if f["options"]["prog"]["id"] == self.programs[direction]]
            test.assertEqual([f["pref"] for f in ours], [self.pref])


def filters_of(namespace, interface, direction):
    shown = namespace.run("tc", "-j", "filter", "show", "dev", interface, direction, check=False)
    return [f for f in json.loads(shown or "[]") if "options" in f]


class Hooks(unittest.TestCase):
    def setUp(self):
        self.lab = self.enterContext(EdgeLab("hooks", offload=False))

    def expect_marks(self, dscp=46):
        """Talks over both families and reads the marks at both ends."""
        captures = [Capture(n, "eth0", "udp") for n in (self.lab.server, self.lab.client)]
        for address in (SERVER4, SERVER6):
            Dialogue("hook", self.lab.client, self.lab.server, address, 5004).hold(ROUNDS)
        for capture in captures:
            capture.stop()
            self.assertEqual([p.dscp for p in capture.received()], [dscp] * 2 * ROUNDS)

    def expect_hook(self, agent, hook):
        attached = agent.metrics().find("flowmark_interface_attached")
        self.assertEqual(len(attached), len(INTERFACES) * 2)
        self.assertEqual({dict(labels)["hook"] for _, labels in attached}, {hook})
        self.assertEqual(set(attached.values()), {1})

    def expect_no_program_left(self, others=None):
        for interface in INTERFACES:
            for direction in DIRECTIONS:
                self.assertEqual(tcx_programs(self.lab.edge, interface, direction), [])
                filters = filters_of(self.lab.edge, interface, direction)
                kept = 1 if others and interface == "wan0" else 0
                self.assertEqual(len(filters), kept, filters)
        self.assertNotIn("flowmark", self.lab.edge.run("bpftool", "net"))

    def expect_nothing_left(self, others=None):
        self.expect_no_program_left(others)
        for interface in INTERFACES:
            qdiscs = self.lab.edge.run("tc", "qdisc", "show", "dev", interface)
            self.assertEqual("clsact" in qdiscs, bool(others) and interface == "wan0", qdiscs)

    def run_beside_others(self, hook, expected_hook, pref):
        others = Others(self.lab, pref)
        agent = self.lab.agent(self.lab.edge, FLOWMARK, POLICY, hook=hook)
        self.expect_hook(agent, expected_hook)
        before = {d: others.count(d) for d in DIRECTIONS}
        self.expect_marks()
        for direction in DIRECTIONS:
            self.assertGreaterEqual(others.count(direction) - before[direction], 2 * ROUNDS)
        # The netfilter chain on the way in counts only what is marked by then.
        self.assertEqual(others.netfilter(), (ROUNDS, 2 * ROUNDS))
        self.assertEqual(agent.stop(), 0)
        others.expect_there(self)
        self.expect_nothing_left(others)
        before = {d: others.count(d) for d in DIRECTIONS}
        self.expect_marks(dscp=0)
        for direction in DIRECTIONS:
            self.assertGreaterEqual(others.count(direction) - before[direction], 2 * ROUNDS)
        proved(f"{expected_hook}: marks right beside a filter of others at pref {pref} and a "
               f"netfilter chain, which see every packet before and after the agent's end")

    def test_tcx_is_the_default(self):
        self.run_beside_others(None, "tcx", 1)

    def test_clsact_after_a_filter_of_others(self):
        self.run_beside_others("clsact", "clsact", 1)

    def test_clsact_before_a_filter_of_others(self):
        self.run_beside_others("clsact", "clsact", 60000)

    def test_clsact_without_others(self):
        agent = self.lab.agent(self.lab.edge, FLOWMARK, POLICY, hook="clsact")
        self.expect_hook(agent, "clsact")
        self.expect_marks()
        self.assertEqual(agent.stop(signal.SIGINT), 0)
        self.expect_nothing_left()
        proved("clsact: what the agent made, it takes away, the qdisc included")

    def test_a_tcx_program_of_others_stays(self):
        others = Others(self.lab, 1)
        links = [tcx_link(self.lab.edge, "wan0", d, others.programs[d]) for d in DIRECTIONS]
        try:
            agent = self.lab.agent(self.lab.edge, FLOWMARK, POLICY, hook="tcx")
            for direction in DIRECTIONS:
                programs = tcx_programs(self.lab.edge, "wan0", direction)
                self.assertEqual(len(programs), 2)
                self.assertIn(others.programs[direction], programs)
            before = {d: others.count(d) for d in DIRECTIONS}
            self.expect_marks()
            for direction in DIRECTIONS:  # as a tcx program and as a filter: twice
                self.assertGreaterEqual(others.count(direction) - before[direction], 4 * ROUNDS)
            self.assertEqual(agent.stop(), 0)
            for direction in DIRECTIONS:
                self.assertEqual(tcx_programs(self.lab.edge, "wan0", direction),
                                 [others.programs[direction]])
        finally:
            for link in links:
                os.close(link)
        proved("tcx: a program of others on the same hook runs beside ours and outlives the agent")

    def test_what_a_killed_agent_leaves_the_next_one_replaces(self):
        for hook in ("clsact", "tcx"):
            agent = self.lab.agent(self.lab.edge, FLOWMARK, POLICY, hook=hook)
            self.expect_marks()
            agent.stop(signal.SIGKILL)
            agent = self.lab.agent(self.lab.edge, FLOWMARK, POLICY, hook=hook)
            self.expect_hook(agent, hook)
            self.expect_marks()
            for interface in INTERFACES:
                for direction in DIRECTIONS:
                    found = (len(tcx_programs(self.lab.edge, interface, direction))
                             + len(filters_of(self.lab.edge, interface, direction)))
                    self.assertEqual(found, 1, (interface, direction))
            self.assertEqual(agent.stop(), 0)
            # An empty clsact may stay: nobody can tell any more who made it.
            self.expect_no_program_left()
        proved("after a killed agent the next one is alone on every hook, and leaves no program")


if __name__ == "__main__":
    main()
