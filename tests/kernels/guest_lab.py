#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A short lab for the guests of tools/kernel-matrix, which also runs by itself: the agent marks
by what this kernel offers; a reload, a SIGKILL and a takeover lose nothing; nothing stays."""

import json
import os
import signal
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lab"))
# pylint: disable=wrong-import-position
from support import FLOWMARK, main, proved  # noqa: E402
from support.pins import Pins  # noqa: E402
from lab.capture import Capture  # noqa: E402
from lab.dialogue import Dialogue  # noqa: E402
from lab.edge import SERVER4, SERVER6, EdgeLab  # noqa: E402

POLICY = """
interfaces:
  - name: "lan*"
    {xdp}
  - name: wan0
classes:
  - {{ name: voice, dscp: {dscp} }}
rules:
  - {{ class: voice, protocol: udp, server_port: 5004 }}
"""
EF, AF41 = 46, 34
ROUNDS = 50
NEEDED = {"map_batch", "ring_buffer"}
# Where the figures go; tools/kernel-matrix prints them.
OUT = os.environ.get("FLOWMARK_OUT")


class OneKernel(unittest.TestCase):
    def setUp(self):
        self.lab = self.enterContext(EdgeLab("guest", offload=False, nat=False))
        self.pins = Pins(self.lab, self.lab.edge)
        self.packets = 0

    def expect_marks(self, dscp):
        """Of datagrams of both families, which carry ECN 1, in both directions."""
        captures = [Capture(n, "eth0", "udp") for n in (self.lab.server, self.lab.client)]
        for address in (SERVER4, SERVER6):
            Dialogue("call", self.lab.client, self.lab.server, address, 5004, tos=1,
                     reply_tos=1).hold(ROUNDS)
        for capture in captures:
            capture.stop()
            self.assertEqual([(p.dscp, p.ecn) for p in capture.received()],
                             [(dscp, 1)] * 2 * ROUNDS)
            self.packets += 2 * ROUNDS

    def test_marks_whatever_becomes_of_the_agent(self):
        agent = self.lab.agent(self.lab.edge, FLOWMARK, POLICY.format(dscp="EF", xdp="xdp: off"),
                               pins=self.pins.path)
        status = agent.json("status")
        features = status["kernel"]["features"]
        self.assertLessEqual(NEEDED, {name for name, there in features.items() if there})
        self.assertEqual({row["hook"] for row in status["interfaces"]},
                         {"tcx" if features["tcx"] else "clsact"})
        self.expect_marks(EF)
        agent.reload(POLICY.format(dscp="AF41", xdp="xdp: native"))
        self.assertEqual({row["mode"] for row in agent.json("status")["xdp"]}, {"native"})
        self.expect_marks(AF41)
        agent.stop(signal.SIGKILL)
        self.expect_marks(AF41)
        agent.start()
        agent.wait_ready()
        self.assertTrue(agent.json("status")["pins"]["taken_over"])
        self.expect_marks(AF41)
        self.assertEqual(agent.stop(), 0)
        self.expect_marks(AF41)
        self.pins.detach()
        self.expect_marks(0)
        self.assertFalse(os.path.exists(self.pins.path))
        there = sorted(name for name, is_there in features.items() if is_there)
        if OUT:
            with open(os.path.join(OUT, "features.json"), "w", encoding="ascii") as file:
                json.dump(there, file)
        proved(f"{self.packets} packets, each with its mark, by a policy, its reload, after a "
               f"SIGKILL and after a takeover; none after detach; with {', '.join(there)}")


if __name__ == "__main__":
    main()
