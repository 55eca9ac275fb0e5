#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""An interface is shaken while others carry packets: made again, moved to another namespace and
back, its MTU and offloads changed, taken down and up by the thousand. Renames, and interfaces
that come and go by the thousand: tests/lab/churn.py.

  interfaces_shaken.py [--times N] [--rate PACKETS_PER_SECOND]  FLOWMARK_FAULTS_FLAPS: N; 1000
"""

import argparse
import os
import sys
import unittest

from support import FLOWMARK, main, proved
from support.blast import Blast, policy_for
from support.links import IpBatch
from support.pins import Pins
from support.remains import Remains, fds_at_rest, open_fds
from support.two_policies import EF, expect_all_marked
from lab.dialogue import Dialogue
from lab.edge import INTERFACES, SERVER4, EdgeLab
from lab.netns import connect
from lab.processes import wait_for

MTUS = (1280, 9000, 1500, 65535)  # below 1280 there is no IPv6
OFFLOADS = ("tso", "gso", "gro")
VOICE = policy_for("lan*", "wan*")


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--times", type=int,
                        default=int(os.environ.get("FLOWMARK_FAULTS_FLAPS", "1000")))
    parser.add_argument("--rate", type=int, default=20_000)
    options, sys.argv[1:] = parser.parse_known_args()
    return options


class Shaken(unittest.TestCase):
    """lan0 and wan0 carry the packets, and lan7 is shaken."""

    def setUp(self):
        self.lab = self.enterContext(EdgeLab("shaken"))
        self.pins = Pins(self.lab, self.lab.edge)
        self.remains = Remains(self.lab, self.pins)
        self.third = self.lab.namespace("third")
        self.elsewhere = self.lab.namespace("elsewhere")
        self.add_third()
        self.agent = self.lab.agent(self.lab.edge, FLOWMARK, VOICE, pins=self.pins.path)
        self.expect_attached("lan7")
        self.fds = fds_at_rest(self.agent)
        self.blast = Blast(self.lab, OPTIONS.rate)

    def add_third(self):
        connect(self.third, "eth0", self.lab.edge, "lan7")
        self.give_addresses()

    def give_addresses(self):
        """They go with an interface that moves or is made again."""
        self.third.ip("addr replace 192.168.30.2/24 dev eth0")
        self.lab.edge.ip("addr replace 192.168.30.1/24 dev lan7")
        self.third.ip("route replace default via 192.168.30.1")

    def expect_attached(self, *more):
        expected = {*INTERFACES, *more}
        wait_for(lambda: self.agent.attached() == expected, 60,
                 f"{sorted(expected)} to be attached")

    def counted(self, interface, direction):
        return self.agent.metrics().total("flowmark_class_packets_total", interface=interface,
                                          direction=direction, **{"class": "voice"})

    def end(self, what):
        """lan7 works as before, nothing has grown, and the others lost nothing."""
        self.expect_attached("lan7")
        self.give_addresses()
        before = self.counted("lan7", "ingress")
        self.blast.wait_passed()
        sent, seen = self.blast.stop()
        Dialogue("shaken", self.third, self.lab.server, SERVER4, 7000).hold(10)
        self.assertEqual(self.counted("lan7", "ingress"), before + 10)
        expect_all_marked(self, sent, seen, (EF,))
        self.assertEqual(self.counted("lan0", "ingress"), sent["sent"])
        wait_for(lambda: open_fds(self.agent) == self.fds, 60, f"{self.fds:.0f} descriptors")
        self.assertEqual(len(self.pins.names("links")), 2 * (len(INTERFACES) + 1))
        self.remains.end(self, self.agent)
        proved(f"{what}: attached, marked and counted afterwards; {sent['sent']} numbered packets "
               f"beside it at {sent['sent'] / sent['seconds']:.0f}/s, none lost, none unmarked")

    def test_down_and_up(self):
        ip = IpBatch(self.lab, self.lab.edge)
        for _ in range(OPTIONS.times):
            ip.run("link set lan7 down", "link set lan7 up")
        self.assertEqual(ip.stop(), "")
        self.end(f"down and up {OPTIONS.times} times")

    def test_made_again(self):
        times = max(OPTIONS.times // 20, 1)
        for _ in range(times):
            self.lab.edge.ip("link del lan7")
            self.add_third()
            self.expect_attached("lan7")
        self.end(f"deleted and made again under its name {times} times")

    def test_to_another_namespace_and_back(self):
        times = max(OPTIONS.times // 40, 1)
        for _ in range(times):
            self.lab.edge.ip(f"link set lan7 netns {self.elsewhere.name}")
            self.expect_attached()
            self.elsewhere.ip(f"link set lan7 netns {self.lab.edge.name}")
            self.lab.edge.ip("link set lan7 up")
            self.expect_attached("lan7")
        self.end(f"moved to another namespace and back {times} times")

    def test_mtu_and_offloads(self):
        """Of the interfaces that carry the packets."""
        times = max(OPTIONS.times // 20, len(MTUS))
        for number in range(times):
            for interface in ("lan0", "wan0", "lan7"):
                self.lab.edge.ip(f"link set {interface} mtu {MTUS[number % len(MTUS)]}")
                self.lab.edge.run("ethtool", "-K", interface, OFFLOADS[number % len(OFFLOADS)],
                                  ("off", "on")[number // len(OFFLOADS) % 2])
        for interface in ("lan0", "wan0", "lan7"):
            self.lab.edge.ip(f"link set {interface} mtu 1500")
        self.end(f"MTU and offloads changed {3 * times} times each, where the packets pass")


OPTIONS = arguments()

if __name__ == "__main__":
    main()
