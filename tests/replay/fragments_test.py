#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""QUIC Initials and DNS answers in IP fragments, in order and turned round: `flowmark replay`
names the same flows as of the whole packets."""
import itertools
import json
import os
import random
import subprocess
import tempfile
import unittest

from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import IPv6, IPv6ExtHdrFragment
from scapy.packet import Raw
from scapy.utils import PcapReader, RawPcapWriter

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.realpath(os.path.join(HERE, "../.."))
FLOWMARK = os.environ.get("FLOWMARK", os.path.join(ROOT, "build/release/agent/flowmark"))
CAPTURES = os.environ.get("FLOWMARK_CAPTURES", os.path.join(ROOT, "tests/captures"))

FRAMES = 60  # of a capture: names come early
TWO_TAGS = bytes.fromhex("810000078100000b")


def truth(name):
    with open(os.path.join(CAPTURES, name), encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def pieces(payload, size):
    """(offset, bytes, whether more follow); `size` is a multiple of 8."""
    return [(at, payload[at:at + size], at + size < len(payload))
            for at in range(0, len(payload), size)]


def cut(frame, size, ident):
    """The frame of a datagram as fragments; any other frame as it is."""
    ip = frame.getlayer(IP) or frame.getlayer(IPv6)
    if ip is None or not isinstance(ip.payload, UDP):
        return [frame]
    if isinstance(ip, IP) and (ip.flags.MF or ip.frag):
        return [frame]
    # not what pads the frame
    length = (ip.len - 4 * ip.ihl) if isinstance(ip, IP) else ip.plen
    head = frame.copy()
    (head.getlayer(IP) or head.getlayer(IPv6)).remove_payload()
    out = []
    for at, part, more in pieces(bytes(ip.payload)[:length], size):
        one = head.copy()
        if isinstance(ip, IP):
            layer = one[IP]
            layer.id, layer.flags, layer.frag = ident & 0xffff, "MF" if more else 0, at // 8
            layer.len = layer.chksum = None
            one = one / Raw(part)
        else:
            one[IPv6].plen, one[IPv6].nh = None, 44
            one = one / IPv6ExtHdrFragment(nh=17, offset=at // 8, m=int(more), id=ident) / Raw(part)
        out.append(one)
    return out


class Fragments(unittest.TestCase):
    def replay(self, capture):
        done = subprocess.run([FLOWMARK, "replay", "-o", "json", capture], check=True,
                              stdout=subprocess.PIPE)
        return {(f["client"], f["client_port"], f["server"], f["server_port"]):
                (f["host"], f["evidence"]) for f in json.loads(done.stdout)["flows"]
                if f["protocol"] == "udp" and f["host"]}

    def rewritten(self, capture, size, order=None, tags=b""):
        file = tempfile.NamedTemporaryFile(suffix=".pcap", prefix="flowmark-fragments.")
        self.addCleanup(file.close)
        with PcapReader(capture) as frames, \
                RawPcapWriter(file.name, linktype=1) as out:
            out.write_header(None)
            for ident, frame in enumerate(itertools.islice(frames, FRAMES)):
                fragments = [bytes(fragment) for fragment in cut(frame, size, ident + 1)]
                if order:
                    order(fragments)
                seconds, fraction = divmod(float(frame.time), 1)
                for fragment in fragments:
                    out.write_packet(fragment[:12] + tags + fragment[12:],
                                     sec=int(seconds), usec=int(fraction * 1e6))
        return file.name

    def expect_same(self, capture, whole):
        shuffle = random.Random(1).shuffle
        for size in (24, 552, 1000):
            for order in (None, list.reverse, shuffle):
                with self.subTest(capture=capture, size=size):
                    self.assertEqual(self.replay(self.rewritten(capture, size, order)), whole)
        tagged = self.rewritten(capture, 552, list.reverse, TWO_TAGS)
        self.assertEqual(self.replay(tagged), whole)

    def test_names_of_fragmented_initials(self):
        rows = [row for row in truth("truth-public.jsonl")
                if row["transport"] == "quic" and row["sni"]
                and row["file"].endswith(".pcap")
                and row["stack"] in ("eth:ip:udp", "eth:ipv6:udp")
                and row["frame"] + row["segments"] <= FRAMES]
        self.assertEqual({row["ipv6"] for row in rows}, {False, True})
        for row in rows[:5]:
            capture = os.path.join(CAPTURES, row["file"])
            whole = self.replay(self.rewritten(capture, 1 << 16))
            self.assertIn((row["sni"], "quic"), whole.values())
            self.expect_same(capture, whole)


if __name__ == "__main__":
    unittest.main()
