#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The marks at the receiving end, behind NAT: every kind of condition, both
families, both directions, every ECN codepoint; and nothing else is changed."""

import hashlib
import os
import socket
import threading
import unittest
from collections import Counter
from typing import NamedTuple

from support import FLOWMARK, main, proved
from lab.capture import Capture, stop_all
from lab.dialogue import Dialogue, label_of
from lab.edge import (CLIENT4, CLIENT24, EDGE_WAN4, OTHER4, OTHER6, SERVER4, SERVER6, THIRD4,
                      THIRD6, EdgeLab)
from lab.packets import ICMP, ICMPV6, TCP, UDP, checksum_ok
from lab.traffic import start_nginx, wait_closed

POLICY = """
interfaces:
  - name: "lan*"
  - name: "wan*"
classes:
  - { name: by_protocol,    dscp: CS2 }
  - { name: by_address,     dscp: AF31 }
  - { name: by_server,      dscp: LE }
  - { name: by_client,      dscp: CS4 }
  - { name: by_interface,   dscp: CS3 }
  - { name: by_port,        dscp: EF }
  - { name: by_client_port, dscp: AF41 }
  - { name: by_server_port, dscp: AF21 }
  - { name: by_dscp,        dscp: 13 }
  - { name: zeroed,         dscp: 0 }
sets:
  elsewhere: { prefixes: [198.51.100.99/32, "2001:db8:f::99/128"] }
  ports:     { ports: [80, 5400-5401] }
rules:
  - { class: by_protocol,    protocol: [icmp, icmpv6] }
  - { class: by_address,     address: [198.51.100.77, "2001:db8:f::77"] }
  - { class: by_server,      server: "@elsewhere" }
  - { class: by_client,      client: [192.168.20.0/24, "2001:db8:20::/64"], server_port: 7001 }
  - { class: by_interface,   interface: lan1, protocol: udp, server_port: 7002 }
  - { class: by_port,        protocol: udp, port: 16384-16400 }
  - { class: by_client_port, client_port: 20000-20010 }
  - { class: by_server_port, server_port: "@ports" }
  - { class: by_dscp,        dscp: 7 }
  - { class: zeroed,         protocol: udp, server_port: 7003 }
"""

ROUNDS = 5
KEPT = "keep"  # as an expected mark: the sender's own


class Case(NamedTuple):
    """A dialogue by what is special about it, and the mark that it should get."""

    name: str
    dscp: object
    server4: str = SERVER4
    server6: str = SERVER6
    server_port: int = 6000
    client_port: int = 0
    second_client: bool = False
    client_dscp: int = 0
    reply_dscp: int = 0
    protocol: int = UDP


CASES = (
    Case("address", 26, server4=OTHER4, server6=OTHER6),
    Case("server", 1, server4=THIRD4, server6=THIRD6),
    Case("client", 32, server_port=7001, second_client=True),
    Case("interface", 24, server_port=7002, second_client=True),
    Case("port-of-server", 46, server_port=16384),
    Case("port-of-client", 46, client_port=16390),
    Case("client_port", 34, client_port=20001),
    Case("server_port", 18, server_port=5401),
    Case("dscp", 13, client_dscp=7),
    Case("zeroed", 0, server_port=7003, client_dscp=46, reply_dscp=46),
    Case("no-rule", KEPT, client_dscp=5, reply_dscp=9),
)


def fixed_parts(packet):
    """The packet without what a router and Flowmark may change."""
    ip = bytearray(packet.ip)
    if packet.family == 4:
        ip[1] &= 3  # DSCP
        ip[8:9] = b"\0"  # TTL
        ip[10:12] = b"\0\0"  # header checksum
        # NAT: the client's address, and what the UDP checksum sums up.
        for at, address in ((12, packet.src), (16, packet.dst)):
            if address in (CLIENT4, CLIENT24, EDGE_WAN4):
                ip[at:at + 4] = b"\0\0\0\0"
        if packet.protocol == UDP and not packet.fragment:
            ip[26:28] = b"\0\0"
    else:
        ip[0] &= 0xF0
        ip[1] &= 0x3F
        ip[7:8] = b"\0"  # hop limit
    return bytes(ip)


class Ends:
    """Captures at all three ends, from before the traffic until after it."""

    def __init__(self, lab):
        self._clients = [Capture(lab.client, "eth0"), Capture(lab.client2, "eth0")]
        self._server = Capture(lab.server, "eth0")

    def stop(self):
        stop_all(*self._clients, self._server)

    def ways(self, wanted):
        """(way, what left, what arrived), of the packets that `wanted` picks."""
        sent = [p for c in self._clients for p in c.sent()]
        received = [p for c in self._clients for p in c.received()]
        for way, left, arrived in (("up", sent, self._server.received()),
                                   ("down", self._server.sent(), received)):
            yield way, list(filter(wanted, left)), list(filter(wanted, arrived))


class ReceiverTest(unittest.TestCase):
    def expect_unchanged(self, left, arrived):
        """Nothing lost, nothing doubled, and only what may change has changed."""
        self.assertGreater(len(left), 0)
        self.assertEqual(Counter(map(fixed_parts, left)), Counter(map(fixed_parts, arrived)))
        for packet in arrived:
            if packet.family == 4:
                self.assertTrue(checksum_ok(packet.ip), packet)


class Datagrams(ReceiverTest):
    """No offload: the captures show what a wire would carry."""

    def setUp(self):
        self.lab = self.enterContext(EdgeLab("marks", offload=False))
        self.lab.agent(self.lab.edge, FLOWMARK, POLICY)

    def dialogues(self, size):
        for case in CASES:
            client = self.lab.client2 if case.second_client else self.lab.client
            for address in (case.server4, case.server6):
                for ecn in range(4):
                    yield case, Dialogue(case.name, client, self.lab.server, address,
                                         case.server_port, case.client_port,
                                         case.client_dscp << 2 | ecn, case.reply_dscp << 2 | ecn,
                                         size)

    def hold_all(self, size, rounds):
        """Returns the captures, and the case and ECN of each label."""
        ends = Ends(self.lab)
        meaning = {}
        for case, dialogue in self.dialogues(size):
            self.assertEqual(len(dialogue.hold(rounds)), 2 * rounds)
            for number in range(rounds):
                for way in ("up", "down"):
                    meaning[dialogue.label(number, way)] = case, dialogue.tos & 3
        ends.stop()
        return ends, meaning

    def expect_mark(self, packet, way, case, ecn):
        expected = case.dscp
        if expected is KEPT:
            expected = case.client_dscp if way == "up" else case.reply_dscp
        self.assertEqual((packet.dscp, packet.ecn), (expected, ecn),
                         f"{case.name}, {way}: {packet.brief()}")

    def test_every_condition_marks_both_directions(self):
        ends, meaning = self.hold_all(size=0, rounds=ROUNDS)
        seen = Counter()
        for way, left, arrived in ends.ways(lambda p: label_of(p.payload) in meaning):
            self.expect_unchanged(left, arrived)
            for packet in arrived:
                case, ecn = meaning[label_of(packet.payload)]
                self.expect_mark(packet, way, case, ecn)
                seen[case.name, packet.family, way, ecn] += 1
        self.assertEqual(len(seen), len(CASES) * 2 * 2 * 4)
        self.assertEqual(set(seen.values()), {ROUNDS})
        proved(f"{sum(seen.values())} datagrams ({len(CASES)} cases, 2 families, 2 ways, 4 ECN "
               f"codepoints): each has its class's DSCP at the receiver, all else is as sent, "
               f"none is lost")

    def test_fragments_carry_the_mark_of_the_first(self):
        ends, meaning = self.hold_all(size=6000, rounds=2)
        seen = Counter()
        for way, left, arrived in ends.ways(lambda p: p.fragment is not None):
            self.expect_unchanged(left, arrived)
            first = {datagram_of(p): meaning[label_of(p.payload)]
                     for p in arrived if p.fragment == 0}
            for packet in arrived:
                self.expect_mark(packet, way, *first[datagram_of(packet)])
                seen[packet.family, way] += 1
        self.assertEqual(len(seen), 4)
        self.assertEqual(set(seen.values()), {len(CASES) * 4 * 2 * 5})
        proved(f"{sum(seen.values())} fragments of 6,000-byte datagrams: each has the DSCP of its "
               f"datagram's class, both families, both ways")

    def test_ping_by_protocol(self):
        ends = Ends(self.lab)
        for address in (SERVER4, SERVER6):
            for ecn in range(4):
                self.lab.client.run("ping", "-q", "-c", "3", "-i", "0.01", "-Q", str(ecn), address)
        ends.stop()
        for way, left, arrived in ends.ways(is_echo):
            self.expect_unchanged(left, arrived)
            self.assertEqual(len(arrived), 24)
            self.assertEqual({p.dscp for p in arrived}, {16}, way)
            self.assertEqual(Counter((p.family, p.ecn) for p in arrived),
                             {(family, ecn): 3 for family in (4, 6) for ecn in range(4)})
        proved("48 echo requests and replies: CS2 at the receiver, ECN as sent")


def datagram_of(fragment):
    """What its fragments have in common."""
    number = fragment.ip[4:6] if fragment.family == 4 else fragment.ip[44:48]
    return fragment.family, fragment.src, fragment.dst, number


def is_echo(packet):
    return packet.protocol in (ICMP, ICMPV6) and packet.payload[0] in (0, 8, 128, 129)


class Streams(ReceiverTest):
    """TCP with segmentation and checksum offload, as between virtual machines."""

    SIZE = 5_000_000
    UPLOAD_PORT = 5400

    def setUp(self):
        self.lab = self.enterContext(EdgeLab("streams"))
        for namespace in (self.lab.client, self.lab.server):
            namespace.sysctl("net.ipv4.tcp_ecn", 1)
        self.lab.agent(self.lab.edge, FLOWMARK, POLICY)

    def stop(self, ends, port):
        """Once the last word of each connection has arrived."""
        wait_closed(port, self.lab.client, self.lab.server)
        ends.stop()

    def expect_stream(self, ends, port, data_way):
        for way, left, arrived in ends.ways(
                lambda p: p.protocol == TCP and port in (p.sport, p.dport)):
            self.assertGreater(len(left), 0)
            for family in (4, 6):
                of_family = [p for p in arrived if p.family == family]
                self.assertEqual({p.dscp for p in of_family}, {18}, (way, family))
                self.assertEqual(Counter(p.ecn for p in of_family),
                                 Counter(p.ecn for p in left if p.family == family))
                if way == data_way:
                    self.assertGreater(max(p.length for p in of_family), 1500, "no offload here")
                    self.assertGreater(sum(p.ecn == 2 for p in of_family), 10, "no ECT(0) here")
            self.assertEqual(len(left), len(arrived))
            for packet in arrived:
                self.assertTrue(packet.family == 6 or checksum_ok(packet.ip))

    def test_download_by_curl(self):
        start_nginx(self.lab, {"file": self.SIZE})
        with open(self.lab.path("www/file"), "rb") as file:
            wanted = hashlib.sha256(file.read()).hexdigest()
        ends = Ends(self.lab)
        for host in (SERVER4, f"[{SERVER6}]"):
            copy = self.lab.path("copy")
            self.lab.client.run("curl", "-sSf", "-o", copy, f"http://{host}/file")
            with open(copy, "rb") as file:
                self.assertEqual(hashlib.sha256(file.read()).hexdigest(), wanted)
        self.stop(ends, 80)
        self.expect_stream(ends, 80, "down")
        proved(f"curl got {self.SIZE} bytes intact over IPv4 and IPv6 with offload on; every "
               f"packet of both ways has AF21, ECT(0) kept")

    def test_upload(self):
        data = os.urandom(self.SIZE)
        ends = Ends(self.lab)
        for family, address in ((socket.AF_INET, SERVER4), (socket.AF_INET6, SERVER6)):
            self.assertEqual(self.send_up(family, address, data), hashlib.sha256(data).digest())
        self.stop(ends, self.UPLOAD_PORT)
        self.expect_stream(ends, self.UPLOAD_PORT, "up")
        proved(f"{self.SIZE} bytes arrived intact at the server over IPv4 and IPv6 with offload "
               f"on; every packet of both ways has AF21, ECT(0) kept")

    def send_up(self, family, address, data):
        """Returns the digest of what the server got."""
        digest = hashlib.sha256()

        def receive():
            connection, _ = listener.accept()
            with connection:
                while chunk := connection.recv(1 << 20):
                    digest.update(chunk)

        with self.lab.server.socket(family, socket.SOCK_STREAM) as listener, \
                self.lab.client.socket(family, socket.SOCK_STREAM) as client:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((address, self.UPLOAD_PORT))
            listener.listen()
            receiver = threading.Thread(target=receive)
            receiver.start()
            client.connect((address, self.UPLOAD_PORT))
            client.sendall(data)
            client.close()
            receiver.join(30)
        return digest.digest()


if __name__ == "__main__":
    main()
