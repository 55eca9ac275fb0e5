#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Interfaces that appear, vanish and change their names while the agent runs, and
what a policy says about each: mark, trust, wash."""

import unittest

from support import FLOWMARK, main, proved
from lab.bpf import tcx_programs
from lab.capture import Capture
from lab.dialogue import Dialogue
from lab.edge import SERVER4, SERVER6, EdgeLab
from lab.netns import connect
from lab.processes import wait_for

POLICY = """
interfaces:
  - name: "lan*"
    {lan}
  - name: wan0
    {wan}
classes:
  - {{ name: voice,  dscp: EF }}
  - {{ name: marked, dscp: AF41 }}
  - {{ name: plain,  dscp: keep }}
rules:
  - {{ class: voice,  protocol: udp, server_port: 5004 }}
  - {{ class: plain,  protocol: udp, server_port: 5005 }}
  - {{ class: marked, dscp: AF11 }}
"""
DEFAULT = POLICY.format(lan="trust: true", wan="trust: true")
EF, AF41, AF11, CS6 = 46, 34, 10, 48
PATIENCE = 60  # seconds; a liveness bound
ROUNDS = 5  # of a dialogue, in each family


def attached(agent):
    """{(interface, direction)} that the metrics call attached."""
    return {(dict(labels)["interface"], dict(labels)["direction"])
            for (_, labels), value in agent.metrics().find("flowmark_interface_attached").items()
            if value == 1}


class ComingAndGoing(unittest.TestCase):
    def setUp(self):
        self.lab = self.enterContext(EdgeLab("interfaces", offload=False))
        self.agent = self.lab.agent(self.lab.edge, FLOWMARK, DEFAULT)

    def expect_attached(self, interface, expected=True):
        both = {(interface, "ingress"), (interface, "egress")}
        wanted = both if expected else set()
        wait_for(lambda: attached(self.agent) & both == wanted, PATIENCE,
                 f"{interface} to be {'attached' if expected else 'gone'}")

    def add_third_client(self, name):
        """A client behind a new interface of the edge; returns its namespace."""
        client = self.lab.namespace("client3")
        connect(client, "eth0", self.lab.edge, name, offload=False)
        for namespace, interface, host in ((client, "eth0", 2), (self.lab.edge, name, 1)):
            namespace.ip(f"addr add 192.168.30.{host}/24 dev {interface}")
            namespace.ip(f"addr add 2001:db8:30::{host}/64 dev {interface} nodad")
        client.ip("route add default via 192.168.30.1")
        client.ip("-6 route add default via 2001:db8:30::1")
        return client

    def marks_seen_by(self, client):
        capture = Capture(client, "eth0", "udp")
        for address in (SERVER4, SERVER6):
            Dialogue("third", client, self.lab.server, address, 5004).hold(ROUNDS)
        capture.stop()
        self.assertEqual(len(capture.received()), 2 * ROUNDS)
        return {p.dscp for p in capture.received()}

    def test_an_interface_that_appears_is_attached(self):
        client = self.add_third_client("lan7")
        self.expect_attached("lan7")
        self.assertEqual(self.marks_seen_by(client), {EF})
        samples = self.agent.metrics()
        for direction in ("ingress", "egress"):
            self.assertEqual(samples.one("flowmark_class_packets_total", interface="lan7",
                                         direction=direction, **{"class": "voice"}),
                             2 * ROUNDS)
        proved(f"an interface that appears and fits a glob is attached, marks and counts "
               f"{2 * ROUNDS} packets each way")

    def test_an_interface_that_fits_nothing_is_left_alone(self):
        self.add_third_client("dmz0")
        self.settle()
        self.assertEqual({i for i, _ in attached(self.agent)}, {"lan0", "lan1", "wan0"})
        for direction in ("ingress", "egress"):
            self.assertEqual(tcx_programs(self.lab.edge, "dmz0", direction), [])
        proved("an interface that fits nothing is left alone")

    def settle(self):
        """The agent has seen every link event so far once it has seen this one."""
        other = self.lab.namespace("marker")
        connect(other, "eth0", self.lab.edge, "lan9")
        self.expect_attached("lan9")
        self.lab.edge.ip("link del lan9")
        self.expect_attached("lan9", False)

    def test_an_interface_that_goes_is_let_go_and_its_counters_stay(self):
        client = self.add_third_client("lan7")
        self.expect_attached("lan7")
        self.marks_seen_by(client)
        self.lab.edge.ip("link del lan7")
        self.expect_attached("lan7", False)
        self.assertEqual(self.agent.metrics().one(
            "flowmark_class_packets_total", interface="lan7", direction="ingress",
            **{"class": "voice"}), 2 * ROUNDS)
        client.remove()
        again = self.lab.namespace("client4")
        connect(again, "eth0", self.lab.edge, "lan7", offload=False)
        self.expect_attached("lan7")
        proved(f"an interface that goes is let go, its counters stay at {2 * ROUNDS} packets, and "
               f"it may come back")

    def test_a_renamed_interface_follows_its_new_name(self):
        client = self.add_third_client("dmz0")
        self.lab.edge.ip("link set dmz0 down")
        self.lab.edge.ip("link set dmz0 name lan5")
        self.lab.edge.ip("link set lan5 up")
        self.lab.edge.ip("addr replace 2001:db8:30::1/64 dev lan5 nodad")
        self.expect_attached("lan5")
        self.assertEqual(self.marks_seen_by(client), {EF})
        self.lab.edge.ip("link set lan5 down")
        self.lab.edge.ip("link set lan5 name dmz0")
        self.expect_attached("lan5", False)
        wait_for(lambda: not tcx_programs(self.lab.edge, "dmz0", "ingress"), PATIENCE,
                 "the programs to leave dmz0")
        proved(f"an interface that is renamed is attached, as {2 * ROUNDS} marked packets show, or "
               f"let go, as its new name says")

    def test_a_reload_attaches_and_lets_go(self):
        self.agent.reload(DEFAULT.replace("lan*", "lan1"))
        self.assertEqual({i for i, _ in attached(self.agent)}, {"lan1", "wan0"})
        self.assertEqual(tcx_programs(self.lab.edge, "lan0", "ingress"), [])
        self.agent.reload(DEFAULT)
        self.assertEqual({i for i, _ in attached(self.agent)}, {"lan0", "lan1", "wan0"})
        proved("a reload lets go what the policy no longer names, and attaches what it names anew")


def proved_each_way(text):
    proved(f"{text}: {2 * ROUNDS} packets each way")


class WhatAnInterfaceSays(unittest.TestCase):
    """One agent per policy; client and server send with marks of their own."""

    def setUp(self):
        self.lab = self.enterContext(EdgeLab("trust", offload=False))

    def marks(self, lan, wan, server_port, client_dscp=0, reply_dscp=0):
        """The marks at the server and at the client: ({up}, {down})."""
        agent = self.lab.agent(self.lab.edge, FLOWMARK, POLICY.format(lan=lan, wan=wan))
        captures = [Capture(n, "eth0", "udp") for n in (self.lab.server, self.lab.client)]
        for address in (SERVER4, SERVER6):
            Dialogue("trust", self.lab.client, self.lab.server, address, server_port,
                     tos=client_dscp << 2 | 2, reply_tos=reply_dscp << 2 | 1).hold(ROUNDS)
        for capture in captures:
            capture.stop()
        agent.stop()
        self.assertEqual([len(c.received()) for c in captures], [2 * ROUNDS] * 2)
        self.assertEqual([{p.ecn for p in c.received()} for c in captures], [{2}, {1}])
        return tuple({p.dscp for p in c.received()} for c in captures)

    def test_trusted_marks_satisfy_conditions_and_go_to_the_reply(self):
        self.assertEqual(self.marks("trust: true", "trust: true", 6000, AF11), ({AF41}, {AF41}))
        proved_each_way("trusted: AF11 of the initiator gives the flow its class, replies included")

    def test_untrusted_marks_satisfy_nothing_and_are_reset(self):
        self.assertEqual(self.marks("trust: false", "trust: true", 6000, AF11, 0), ({0}, {0}))
        proved_each_way("untrusted: AF11 of the initiator satisfies no condition and arrives as 0")

    def test_what_the_provider_sends_is_reset_and_what_we_send_is_not(self):
        self.assertEqual(self.marks("trust: true", "trust: false", 5005, CS6, CS6), ({CS6}, {0}))
        proved_each_way("untrusted wan: a mark from there is reset, a mark towards it stays")

    def test_wash_leaves_with_no_mark(self):
        self.assertEqual(self.marks("trust: true", "wash: [egress]", 5004), ({0}, {EF}))
        proved_each_way("wash: [egress]: the server sees 0, the client still EF")

    def test_mark_names_the_directions(self):
        # Only what goes out to the wan is marked: replies stay as they come.
        self.assertEqual(self.marks("mark: []", "mark: [egress]", 5004), ({EF}, {0}))
        # Only what comes in from the wan is.
        self.assertEqual(self.marks("mark: []", "mark: [ingress]", 5004), ({0}, {EF}))
        proved_each_way("mark: only the directions that it names are rewritten")


if __name__ == "__main__":
    main()
