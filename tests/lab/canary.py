#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Known packets through the living programs: what they find is told, by metric, log and status,
and no traffic, counter or flow of anybody's is touched."""

import unittest

from support import FLOWMARK, main, proved
from support.pins import Pins
from lab.dialogue import Dialogue
from lab.edge import SERVER4, EdgeLab
from lab.processes import output, wait_for

POLICY = """
interfaces:
  - name: "lan*"
  - name: "wan*"
classes:
  - { name: voice,   dscp: EF }
  - { name: default, dscp: keep }
rules:
  - { class: voice,   protocol: udp, server_port: 5004 }
default: default
"""
FULL_PROGRAMS = 4  # in fm_programs


class Canary(unittest.TestCase):
    def setUp(self):
        self.lab = self.enterContext(EdgeLab("canary"))
        self.pins = Pins(self.lab, self.lab.edge)
        self.agent = self.lab.agent(self.lab.edge, FLOWMARK, POLICY, pins=self.pins.path)

    def healthy(self):
        """As the metric has it: absent, 0 or 1."""
        return list(self.agent.metrics().find("flowmark_canary_healthy").values())

    def wait_healthy(self, value):
        wait_for(lambda: self.healthy() == [value], 60, f"flowmark_canary_healthy {value}")

    def packets(self, result):
        return self.agent.metrics().one("flowmark_canary_packets_total", result=result)

    def seen_of_voice(self):
        """Packets by interface and direction, and flows. Of the class that has a rule, and so a
        packet of the canary's: of the default there are always some, IPv6 sees to that."""
        packets = [row["packets"] for row in self.agent.json("classes")["classes"]
                   if row["class"] == "voice"]
        flows = [flow for flow in self.agent.json("flows")["flows"] if flow["class"] == "voice"]
        self.assertGreater(sum(packets), 0)
        return packets, len(flows)

    def test_is_seen_and_touches_nothing(self):
        self.assertEqual(self.healthy(), [1], "the first round is before the agent is ready")
        first = self.packets("correct")
        Dialogue("call", self.lab.client, self.lab.server, SERVER4, 5004).hold(5)
        before = self.seen_of_voice()
        wait_for(lambda: self.packets("correct") > first, 60, "the next round")
        self.wait_healthy(1)
        self.assertEqual((self.packets("wrong"), self.packets("failed")), (0, 0))
        self.assertEqual(self.seen_of_voice(), before)
        self.assertIn("known packets marked as the policy says", self.agent.command("status")[1])
        proved(f"{self.packets('correct'):.0f} known packets are marked as the policy says; "
               "counters and flows are as before")

    def test_tells_of_programs_that_mark_wrong(self):
        self.wait_healthy(1)
        for key in range(FULL_PROGRAMS):
            output("bpftool", "map", "delete", "pinned", f"{self.pins.path}/v1/maps/fm_programs",
                   "key", str(key), "0", "0", "0")
        self.wait_healthy(0)
        self.assertGreater(self.packets("wrong"), 0)
        self.assertIn("is not of class default", self.agent.json("status")["canary"]["error"])
        self.assertIn("the canary's packets are not marked as the policy says",
                      self.agent.process.log())
        self.agent.stop()
        self.agent.start()
        self.agent.wait_ready()
        self.wait_healthy(1)
        proved("full programs that are gone show in metric, log and status; a new agent puts them "
               "back")

    def test_looks_elsewhere_where_loopback_is_the_policys(self):
        self.wait_healthy(1)
        self.agent.reload(POLICY.replace('"wan*"', '"*"'))
        wait_for(lambda: not self.healthy(), 60, "the canary to have no interface left")
        self.assertIn("the policy has every interface there is",
                      self.agent.command("status")[1])
        self.agent.reload(POLICY.replace('"wan*"', "lo"))
        self.wait_healthy(1)
        proved("with loopback in the policy another interface's index serves; with all of them in "
               "it nothing is claimed")


if __name__ == "__main__":
    main()
