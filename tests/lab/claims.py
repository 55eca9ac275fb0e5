#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The policies of SECURITY.md, as they are printed there: `flowmark check` takes them, and what a
client claims (a mark, a name, a port) gains what the page says it gains."""

import os
import re
import socket
import subprocess
import unittest

from support import FLOWMARK, ROOT, main, proved
from support.said_names import client_hello
from lab.capture import Capture
from lab.edge import OTHER4, SERVER4, SERVER6, EdgeLab
from lab.netns import connect
from lab.processes import wait_for
from lab.talk import set_tos

EF, AF41 = 46, 34
ROUNDS = 20
FAST, SIZE = 2000, 1200  # datagrams: far beyond 1 Mbit/s and its burst
PLAIN_PORT, VOICE_PORT = 5000, 5004
TLS_PORT = 443
PATIENCE = 30  # seconds


def policies(page):
    with open(os.path.join(ROOT, page), encoding="utf-8") as file:
        return re.findall(r"^```yaml\n(.*?)^```", file.read(), re.M | re.S)


class Pages(unittest.TestCase):
    def test_policies_are_right(self):
        lab = self.enterContext(EdgeLab("pages"))
        checked = 0
        for page in ("SECURITY.md", "README.md"):
            for policy in policies(page):
                path = lab.path(f"policy-{checked}.yaml")
                with open(path, "w", encoding="utf-8") as file:
                    file.write(policy)
                done = subprocess.run([FLOWMARK, "check", "-c", path], capture_output=True,
                                      text=True, timeout=20)
                self.assertEqual((done.returncode, done.stderr), (0, ""), policy)
                checked += 1
        self.assertEqual(checked, 4)
        proved(f"flowmark check takes all {checked} policies of SECURITY.md and README.md")


class Claims(unittest.TestCase):
    def setUp(self):
        self.lab = self.enterContext(EdgeLab("claims", offload=False))
        self.guest = self.lab.namespace("guest")
        connect(self.guest, "eth0", self.lab.edge, "guest0", offload=False)
        for namespace, interface, host in ((self.guest, "eth0", 2), (self.lab.edge, "guest0", 1)):
            namespace.ip(f"addr add 192.168.30.{host}/24 dev {interface}")
            namespace.ip(f"addr add 2001:db8:30::{host}/64 dev {interface} nodad")
        self.guest.ip("route add default via 192.168.30.1")
        self.guest.ip("-6 route add default via 2001:db8:30::1")
        self.trust, self.bind, self.police = policies("SECURITY.md")

    def claim_mark(self, client, dscp, port=PLAIN_PORT):
        """The marks with which its datagrams arrive."""
        capture = Capture(self.lab.server, "eth0", f"udp port {port}")
        with client.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            set_tos(sender, dscp << 2)
            for _ in range(ROUNDS):
                sender.sendto(b"claim", (SERVER4, port))
        wait_for(lambda: capture.count >= ROUNDS, PATIENCE, "the datagrams")
        capture.stop()
        self.assertEqual(len(capture.received()), ROUNDS)
        return {p.dscp for p in capture.received()}

    def test_a_mark(self):
        self.lab.agent(self.lab.edge, FLOWMARK, self.trust)
        # The client is 192.168.10.2, a phone; client2 is not, but believed.
        self.assertEqual(self.claim_mark(self.lab.client, EF), {EF})
        self.assertEqual(self.claim_mark(self.lab.client, AF41), {0})
        self.assertEqual(self.claim_mark(self.lab.client2, EF), {0})
        self.assertEqual(self.claim_mark(self.guest, EF), {0})
        proved("EF from a phone stays; from another client and from a guest it arrives as 0")

    def claim_name(self, client, server):
        """Says a hello to a server; the marks of what follows it, to there and back."""
        with self.lab.server.socket(socket.AF_INET6, socket.SOCK_STREAM) as sink:
            sink.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sink.bind((server, TLS_PORT))
            sink.listen()
            with client.socket(socket.AF_INET6, socket.SOCK_STREAM) as sender:
                sender.connect((server, TLS_PORT))
                with sink.accept()[0] as peer:
                    said = client_hello(b"a.zoom.example")
                    sender.sendall(said)
                    received = 0
                    while received < len(said):
                        received += len(peer.recv(65536))
                    capture = Capture(self.lab.server, "eth0", f"tcp port {TLS_PORT}")
                    sender.sendall(b"more")
                    peer.recv(4)
                    capture.stop()
        return {p.dscp for p in capture.received()}

    def test_a_name(self):
        self.lab.agent(self.lab.edge, FLOWMARK, self.bind)
        self.lab.server.ip("addr add 2001:db8:e::2/64 dev eth0 nodad")
        self.lab.edge.ip("-6 route add 2001:db8:e::/64 via 2001:db8:f::2")
        self.assertEqual(self.claim_name(self.lab.client, SERVER6), {AF41})
        self.assertEqual(self.claim_name(self.guest, SERVER6), {0})
        self.assertEqual(self.claim_name(self.lab.client, "2001:db8:e::2"), {0})
        proved("an SNI gains the class for staff towards the provider; a guest, or staff towards "
               "another server, gains nothing by it")

    def test_a_port(self):
        agent = self.lab.agent(self.lab.edge, FLOWMARK, self.police)
        other = Capture(self.lab.server, "eth0", f"udp port {PLAIN_PORT}")
        voice = Capture(self.lab.server, "eth0", f"udp port {VOICE_PORT}")
        with self.lab.client.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for number in range(FAST):
                sender.sendto(b"v" * SIZE, (SERVER4, VOICE_PORT))
                if number % (FAST // ROUNDS) == 0:
                    sender.sendto(b"other", (OTHER4, PLAIN_PORT))

        def dropped_by_now():
            return agent.metrics().total("flowmark_class_policed_packets_total",
                                         **{"class": "voice"})
        wait_for(lambda: other.count >= ROUNDS and voice.count + dropped_by_now() >= FAST,
                 PATIENCE, "what becomes of the datagrams")
        for capture in (other, voice):
            capture.stop()
        dropped = dropped_by_now()
        self.assertEqual(len(other.received()), ROUNDS)
        self.assertGreater(dropped, FAST // 2)
        self.assertEqual(len(voice.received()) + dropped, FAST)
        proved(f"of {FAST} datagrams to a port of voice's {dropped:.0f} were dropped beyond "
               f"1 Mbit/s, and none of {ROUNDS} others beside them")


if __name__ == "__main__":
    main()
