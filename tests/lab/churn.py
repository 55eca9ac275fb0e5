#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Interfaces come, go and change their names by the thousand; those that stay are
not disturbed, and nothing is left behind.

  churn.py [--interfaces N] [--renames N] [--seed N]
"""

import argparse
import os
import random
import signal
import sys
import time
import unittest

from support import FLOWMARK, main, proved
from support.blast import Blast, policy_for
from support.links import IpBatch, LinkEvents, distribution
from support.pins import Pins
from support.remains import fds_at_rest, open_fds
from lab.bpf import tcx_programs
from lab.edge import INTERFACES, EdgeLab
from lab.processes import wait_for

BURST = 50
GROUP = 77  # of what is to be removed together
PATIENCE = 60  # seconds; a liveness bound, not a measure
MOST = 64
KILLS = 10

POLICY = policy_for("lan*", "wan*", "up*")


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--interfaces", type=int, default=1000)
    parser.add_argument("--renames", type=int, default=100)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    options, sys.argv[1:] = parser.parse_known_args()
    return options


def add(number):
    return f"link add up{number} group {GROUP} type veth peer name x{number} group {GROUP}"


def one_by_one(number):
    """By turns fifty one after the other, and fifty at once."""
    return number // BURST % 2 == 1


class Churn(unittest.TestCase):
    def setUp(self):
        self.lab = self.enterContext(EdgeLab("churn"))
        self.pins = Pins(self.lab, self.lab.edge)
        self.agent = self.lab.agent(self.lab.edge, FLOWMARK, POLICY, pins=self.pins.path)
        self.events = LinkEvents(self.lab.edge, self.pins)
        self.addCleanup(self.events.close)
        self.ip = IpBatch(self.lab, self.lab.edge)

    def blast(self, rate):
        return Blast(self.lab, rate)

    def expect_attached(self, *more):
        expected = {*INTERFACES, *more}
        wait_for(lambda: self.agent.attached() == expected, PATIENCE,
                 f"{sorted(expected)} to be attached")

    def counted(self, interface, direction):
        return self.agent.metrics().total("flowmark_class_packets_total", interface=interface,
                                          direction=direction, **{"class": "voice"})

    def expect_all_marked(self, sent, seen):
        self.assertEqual((seen["packets"], seen["doubled"]), (sent["sent"], 0), "packets were lost")
        self.assertEqual(seen["dscp"], {"46": sent["sent"]}, "packets passed unmarked")

    def expect_nothing_left(self, fds):
        """Of those that have gone: slots, pins, descriptors, records in the book."""
        tables = {t["table"]: t["entries"] for t in self.agent.json("status")["tables"]}
        self.assertEqual(tables["interfaces"], len(INTERFACES))
        self.assertEqual(len(self.pins.names("links")), 2 * len(INTERFACES))
        wait_for(lambda: open_fds(self.agent) == fds, PATIENCE, f"{fds:.0f} descriptors")
        self.agent.stop(signal.SIGKILL)
        self.agent.start()
        self.agent.wait_ready()
        self.assertIn(f"interfaces={len(INTERFACES)}", self.agent.process.log())
        self.expect_attached()

    def test_a_thousand_come_and_go(self):
        fds = fds_at_rest(self.agent)
        blast = self.blast(2000)
        for first in range(0, OPTIONS.interfaces, BURST):
            numbers = range(first, first + BURST)
            chunks = [[n] for n in numbers] if one_by_one(first) else [list(numbers)]
            for chunk in chunks:
                self.ip.run(*(add(n) for n in chunk))
                self.events.wait_attached([f"up{n}" for n in chunk], PATIENCE)
            self.ip.run(f"link del group {GROUP}")
            wait_for(lambda: len(self.pins.names("links")) == 2 * len(INTERFACES),
                     PATIENCE, "the interfaces to be let go")
        sent, seen = blast.stop()
        self.assertEqual(self.ip.stop(), "")
        self.expect_all_marked(sent, seen)
        for interface, direction in (("lan0", "ingress"), ("wan0", "egress")):
            self.assertEqual(self.counted(interface, direction), sent["sent"])
        retired = self.agent.metrics().one("flowmark_retired_counters_total")
        self.assertEqual("lost theirs" in self.agent.process.log(), retired > 0)
        self.expect_nothing_left(fds)
        self.assertEqual(len(self.events.delays), OPTIONS.interfaces)
        for how, in_turn in (("one after the other", True), (f"{BURST} at once", False)):
            delays = [d for name, d in self.events.delays.items()
                      if one_by_one(int(name[2:])) == in_turn]
            print(f"{len(delays)} interfaces, {how}, from the event to both hooks: "
                  f"{distribution(delays)}; {sum(d <= 0.1 for d in delays)} within 100 ms")
        proved(f"{OPTIONS.interfaces} interfaces came, were attached, and went; beside them "
               f"{sent['sent']} packets were marked and counted; {retired:.0f} counters of gone "
               f"interfaces went to others; nothing is left")

    def test_renames_under_load(self):
        blast = self.blast(20_000)
        names = ["lan0", *(f"lan{n}" for n in range(10, 10 + OPTIONS.renames))]
        for before, after in zip(names, names[1:]):
            self.lab.edge.ip(f"link set {before} name {after}")
            self.expect_attached_as(after)
            wait_for(lambda name=after: self.counted(name, "ingress"), PATIENCE,
                     f"{after} to count")
        self.lab.edge.ip(f"link set {names[-1]} name lan0")
        self.expect_attached()
        sent, seen = blast.stop()
        self.expect_all_marked(sent, seen)
        counted = [self.counted(name, "ingress") for name in names]
        self.assertEqual(sum(counted), sent["sent"])
        self.assertTrue(all(counted), "a name counted nothing")
        self.assertEqual(self.counted("wan0", "egress"), sent["sent"])
        proved(f"{OPTIONS.renames} renames under {sent['sent'] / sent['seconds']:.0f} packets/s: "
               f"{seen['packets']} of {sent['sent']} arrived, all marked, each counted once under "
               f"one of the names, and each name counted some")

    def expect_attached_as(self, name):
        expected = {*INTERFACES, name} - {"lan0"}
        wait_for(lambda: self.agent.attached() == expected, PATIENCE, f"{name} to be attached")

    def test_more_than_fit(self):
        room = MOST - len(INTERFACES)
        self.ip.run(*(add(n) for n in range(room + 10)))
        wait_for(lambda: len(self.agent.json("status")["interfaces"]) == 2 * (MOST + 10),
                 PATIENCE, "all to be known")
        self.assertEqual(len(self.agent.attached()), MOST)
        errors = self.agent.metrics().find("flowmark_interface_error")
        self.assertEqual(len(errors), 2 * 10)
        self.assertTrue(all("expected at most 64" in dict(labels)["reason"]
                            for _, labels in errors))
        self.assertIn("cannot be attached", self.agent.process.log())
        self.ip.run(*(f"link del up{n}" for n in range(10)))
        wait_for(lambda: not self.agent.metrics().find("flowmark_interface_error"),
                 PATIENCE, "the others to take the room")
        self.assertEqual(len(self.agent.attached()), MOST)
        proved(f"past {MOST} interfaces the other {len(errors) // 2} are reported with the reason, "
               f"and attached as soon as there is room")

    def test_another_namespace(self):
        self.ip.run(add(1))
        self.expect_attached("up1")
        self.lab.edge.ip(f"link set up1 netns {self.lab.client.name}")
        self.expect_attached()
        self.assertEqual(tcx_programs(self.lab.client, "up1", "ingress"), [])
        self.assertEqual(len(self.pins.names("links")), 2 * len(INTERFACES))
        self.lab.client.ip(f"link set up1 netns {self.lab.edge.name}")
        self.expect_attached("up1")
        proved("an interface that moves to another namespace is let go on both hooks, and attached "
               "when it comes back")

    def test_kills_in_the_middle(self):
        """Each start finds pins, slots and records of what has gone meanwhile."""
        chance = random.Random(OPTIONS.seed)
        fds = fds_at_rest(self.agent)
        blast = self.blast(5000)
        for first in range(0, KILLS * 10, 10):
            self.ip.run(*(add(n) for n in range(first, first + 10)))
            time.sleep(chance.uniform(0, 0.3))
            self.agent.stop(signal.SIGKILL)
            self.ip.run(f"link set up{first} name up{first}r", f"link del group {GROUP}")
            self.agent.start()
        self.agent.wait_ready()
        self.ip.run(add(9999))
        self.expect_attached("up9999")
        self.ip.run("link del up9999")
        self.expect_attached()
        sent, seen = blast.stop()
        self.assertEqual(self.ip.stop(), "")
        self.expect_all_marked(sent, seen)
        self.assertEqual(self.counted("lan0", "ingress"), sent["sent"])
        self.expect_nothing_left(fds)
        proved(f"killed {KILLS} times while interfaces come, go and change names (seed "
               f"{OPTIONS.seed}): nothing of them is left, {sent['sent']} packets beside them "
               f"were marked and counted")

    def test_lost_events(self):
        """The agent sleeps while more happens than its socket holds."""
        os.kill(self.agent_pid(), signal.SIGSTOP)
        try:
            for first in range(0, 600, 200):
                self.ip.run(*(add(n) for n in range(first, first + 200)),
                            f"link del group {GROUP}")
            self.ip.run(*(add(n) for n in range(600, 620)))
            self.assertEqual(self.ip.stop(), "")
        finally:
            os.kill(self.agent_pid(), signal.SIGCONT)
        self.expect_attached(*(f"up{n}" for n in range(600, 620)))
        self.assertIn("interface events were lost", self.agent.process.log())
        self.assertEqual(len(self.pins.names("links")), 2 * (len(INTERFACES) + 20))
        proved("600 interfaces came and went, 20 came, while the agent slept: the events that the "
               "kernel had to drop are made up for by a new list")

    def agent_pid(self):
        return self.agent.process.pid


OPTIONS = arguments()

if __name__ == "__main__":
    main()
