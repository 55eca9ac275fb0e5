#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""VLAN tags, stripped ones too, PPPoE, and interfaces without a link header."""

import unittest
from collections import Counter

from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Dot1AD, Dot1Q, Ether
from scapy.layers.ppp import PPPoE
from scapy.packet import Raw

from support import FLOWMARK, main, proved
from lab.bridge import BridgeLab
from lab.capture import Capture, stop_all
from lab.lab import Lab
from lab.packets import checksum_ok, parse_ip
from lab.processes import wait_for
from lab.tun import Tun

POLICY = """
interfaces:
  - name: "port*"
  - name: "tun0"
classes:
  - { name: guests,  dscp: LE }
  - { name: outer,   dscp: AF23 }
  - { name: voice,   dscp: EF }
rules:
  - { class: guests, vlan: 100-199 }
  - { class: outer,  vlan: 200 }
  - { class: voice,  protocol: udp, server_port: 5004 }
"""
LEFT, RIGHT = "02:00:00:00:00:01", "02:00:00:00:00:02"
LE, AF23, EF = 1, 22, 46

# What stands between the Ethernet and the IP header, and the mark to expect of a
# datagram to port 5004 and of one to port 9999 (0xff: as sent).
KEPT = 0xFF
LINKS = {
    "untagged": (lambda: [], EF, KEPT),
    "priority tag": (lambda: [Dot1Q(vlan=0, prio=5)], EF, KEPT),
    "VLAN 100": (lambda: [Dot1Q(vlan=100)], LE, LE),
    "VLAN 300": (lambda: [Dot1Q(vlan=300)], EF, KEPT),
    "802.1ad 200, inner 100": (lambda: [Dot1AD(vlan=200), Dot1Q(vlan=100)], AF23, AF23),
    "802.1Q 300, inner 100": (lambda: [Dot1Q(vlan=300), Dot1Q(vlan=100)], EF, KEPT),
    "PPPoE": (lambda: [PPPoE(sessionid=7), None], EF, KEPT),
    "PPPoE in VLAN 300": (lambda: [Dot1Q(vlan=300), PPPoE(sessionid=7), None], EF, KEPT),
    "PPPoE in VLAN 100": (lambda: [Dot1Q(vlan=100), PPPoE(sessionid=7), None], LE, LE),
}


def datagram(family, ecn, dscp, sport, dport, text):
    tos = dscp << 2 | ecn
    ip = (IP(src="192.0.2.1", dst="192.0.2.2", tos=tos) if family == 4 else
          IPv6(src="2001:db8::1", dst="2001:db8::2", tc=tos, fl=0xABCDE))
    return ip / UDP(sport=sport, dport=dport) / text.encode()


def frame(source, target, layers, packet):
    whole = Ether(src=source, dst=target)
    for layer in layers:
        # PPP's protocol by hand: scapy would shorten it to a byte, PPPoE never does.
        whole /= layer or Raw(b"\0\x21" if packet.version == 4 else b"\0\x57")
    return bytes(whole / packet)


def without_mark(ip):
    """The packet without its DSCP and the checksum that covers it."""
    ip = bytearray(ip)
    if ip[0] >> 4 == 4:
        ip[1] &= 3
        ip[10:12] = b"\0\0"
    else:
        ip[0] &= 0xF0
        ip[1] &= 0x3F
    return bytes(ip)


class Links(unittest.TestCase):
    def test_every_link_header_both_families_both_ways(self):
        lab = self.enterContext(BridgeLab("links"))
        lab.agent(lab.bridge, FLOWMARK, POLICY)
        seen = Counter()
        for way, (source, target, here, there) in {
                "left to right": (LEFT, RIGHT, lab.left, lab.right),
                "right to left": (RIGHT, LEFT, lab.right, lab.left)}.items():
            sent, expected = {}, {}
            for name, (layers, voice, other) in LINKS.items():
                for family in (4, 6):
                    for ecn in range(4):
                        for dport, mark in ((5004, voice), (9999, other)):
                            text = f"{name} v{family} ecn{ecn} to {dport} {way}"
                            packet = datagram(family, ecn, 9, 40000, dport, text)
                            sent[text.encode()] = frame(source, target, layers(), packet)
                            expected[text.encode()] = (name, 9 if mark == KEPT else mark, ecn,
                                                       bytes(packet))
            capture = Capture(there, "eth0")
            lab.send_frames(here, sent.values())
            wait_for(lambda: sum(p.payload in sent for p in capture.packets) >= len(sent), 60,
                     f"{len(sent)} frames to arrive")
            stop_all(capture)
            arrived = [p for p in capture.packets if p.payload in sent]
            self.assertEqual(Counter(p.payload for p in arrived), Counter(list(sent)))
            for packet in arrived:
                name, dscp, ecn, original = expected[packet.payload]
                self.assertEqual((packet.dscp, packet.ecn), (dscp, ecn), packet.payload)
                self.assertEqual(without_mark(packet.ip[:packet.length]), without_mark(original))
                self.assertTrue(packet.family == 6 or checksum_ok(packet.ip))
                seen[name, packet.family, way] += 1
        self.assertEqual(len(seen), len(LINKS) * 4)
        proved(f"{sum(seen.values())} frames behind {len(LINKS)} kinds of link header through a "
               f"bridge: every mark right, tags and all else as sent, none lost")


class RawIp(unittest.TestCase):
    """Packets come in at tun0 and leave at tun1, and the other way round."""

    def setUp(self):
        self.lab = self.enterContext(Lab("tun"))
        self.router = self.lab.namespace("router")
        self.router.sysctl("net.ipv4.ip_forward", 1)
        self.router.sysctl("net.ipv6.conf.all.forwarding", 1)
        self.tuns = []
        for number, (address4, address6) in enumerate((("10.0.0.1", "2001:db8:a::1"),
                                                       ("10.1.0.1", "2001:db8:b::1"))):
            tun = Tun(self.router, f"tun{number}")
            self.addCleanup(tun.close)
            self.router.ip(f"addr add {address4}/24 dev {tun.name}")
            self.router.ip(f"addr add {address6}/64 dev {tun.name} nodad")
            self.tuns.append(tun)
        self.agent = self.lab.agent(self.router, FLOWMARK, POLICY)

    def through(self, source, target, packet):
        """Writes a packet into one device; returns what comes out of the other."""
        source.write(bytes(packet))
        while raw := target.read():
            seen = parse_ip(raw)
            if seen and seen.payload == bytes(packet[UDP].payload):
                return seen
        self.fail(f"{packet.summary()} did not come out of {target.name}")

    def test_marks_without_a_link_header(self):
        count = 0
        for ecn in range(4):
            for family, a, b in ((4, "10.0.0.2", "10.1.0.2"),
                                 (6, "2001:db8:a::2", "2001:db8:b::2")):
                for way, source, target, here, there in (("in", *self.tuns, a, b),
                                                         ("out", *self.tuns[::-1], b, a)):
                    for port, mark in ((5004, EF), (9999, 9)):
                        packet = datagram(family, ecn, 9, 40000, port, f"{way} {ecn} {port}")
                        ip = packet[IP if family == 4 else IPv6]
                        ip.src, ip.dst = here, there
                        seen = self.through(source, target, packet)
                        self.assertEqual((seen.dscp, seen.ecn), (mark, ecn), (way, family, port))
                        self.assertTrue(family == 6 or checksum_ok(seen.ip))
                        self.assertEqual(seen.flow_label, 0xABCDE if family == 6 else 0)
                        count += 1
        proved(f"{count} packets in and out through tun0, which has no link header: every mark "
               f"right")


if __name__ == "__main__":
    main()
