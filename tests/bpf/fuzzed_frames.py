#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Frames of scapy's fuzz(): each field that nobody has set is drawn anew, also against its own
layer's rules. As a capture:

  fuzzed_frames.py COUNT SEED > FILE
"""

import itertools
import random
import struct
import sys

from scapy.config import conf
from scapy.layers.dns import DNS, DNSQR, DNSRR
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import (ICMPv6EchoRequest, ICMPv6ND_NS, IPv6, IPv6ExtHdrDestOpt,
                                IPv6ExtHdrFragment, IPv6ExtHdrHopByHop, IPv6ExtHdrRouting)
from scapy.layers.l2 import Dot1AD, Dot1Q, Ether
from scapy.layers.ppp import PPP, PPPoE
from scapy.packet import Raw, fuzz

LONGEST = 1514
MACS = {"dst": "02:00:00:00:00:01", "src": "02:00:00:00:00:02"}
# The beginnings of a ClientHello and of Initials of QUIC 1 and 2; noise follows.
HELLO = bytes.fromhex("16030102000100" "01fc0303")
INITIALS = (bytes.fromhex("c00000000108"), bytes.fromhex("d06b3343cf08"))

LINKS = (
    lambda: Ether(**MACS),
    lambda: Ether(**MACS) / fuzz(Dot1Q()),
    lambda: Ether(**MACS) / fuzz(Dot1AD()) / fuzz(Dot1Q()),
    lambda: Ether(**MACS) / fuzz(PPPoE()) / PPP(),
)
NETS4 = (
    lambda: fuzz(IP()),
    lambda: fuzz(IP(version=4)),
    lambda: fuzz(IP(version=4, ihl=random.randrange(16))),
    lambda: fuzz(IP(version=4, len=random.randrange(1 << 16), frag=0)),
    lambda: IP(src="192.0.2.1", dst="198.51.100.2", tos=random.randrange(256)),
)
NETS6 = (
    lambda: fuzz(IPv6()),
    lambda: fuzz(IPv6(version=6)),
    lambda: fuzz(IPv6(version=6, plen=random.randrange(1 << 16))),
    lambda: IPv6(src="2001:db8::1", dst="2001:db8::2", tc=random.randrange(256)),
)
EXTENSIONS = (
    None,
    lambda: fuzz(IPv6ExtHdrHopByHop()),
    lambda: fuzz(IPv6ExtHdrDestOpt()),
    lambda: fuzz(IPv6ExtHdrRouting()),
    lambda: fuzz(IPv6ExtHdrFragment()),
    lambda: fuzz(IPv6ExtHdrHopByHop()) / fuzz(IPv6ExtHdrRouting()) / fuzz(IPv6ExtHdrFragment()),
)


def noise(most=64):
    return Raw(random.randbytes(random.randrange(most)))


def dns():
    return DNS(qd=fuzz(DNSQR()), an=fuzz(DNSRR(type=random.choice((1, 5, 28, 65)))),
               qr=random.randrange(2))


PAYLOADS = (
    lambda: fuzz(TCP()) / noise(),
    lambda: fuzz(TCP(dataofs=random.randrange(16))) / noise(),
    lambda: fuzz(TCP(dport=443, dataofs=5)) / Raw(HELLO + random.randbytes(600)),
    lambda: fuzz(UDP()) / noise(),
    lambda: fuzz(UDP(dport=443)) / Raw(random.choice(INITIALS) + random.randbytes(1200)),
    lambda: fuzz(UDP(sport=53)) / dns(),
    lambda: fuzz(UDP(sport=53)) / fuzz(DNS()),
    noise,
)
CONTROL4 = (lambda: fuzz(ICMP()),)
CONTROL6 = (lambda: fuzz(ICMPv6EchoRequest()), lambda: fuzz(ICMPv6ND_NS()))


def shapes():
    """All of them, again and again."""
    four = [(link, net, None, above) for link, net, above in
            itertools.product(LINKS, NETS4, PAYLOADS + CONTROL4)]
    six = list(itertools.product(LINKS, NETS6, EXTENSIONS, PAYLOADS + CONTROL6))
    random.shuffle(four)
    random.shuffle(six)
    return itertools.chain.from_iterable(zip(itertools.cycle(four), itertools.cycle(six)))


def frame(link, net, extension, above):
    packet = link() / net()
    if extension:
        packet /= extension()
    return bytes(packet / above())[:LONGEST]


def main():
    count, seed = int(sys.argv[1]), int(sys.argv[2])
    random.seed(seed)
    conf.verb = 0
    out = sys.stdout.buffer
    out.write(struct.pack("=IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, LONGEST, 1))
    for shape in itertools.islice(shapes(), count):
        data = frame(*shape)
        out.write(struct.pack("=4I", 0, 0, len(data), len(data)) + data)


if __name__ == "__main__":
    main()
