# SPDX-License-Identifier: Apache-2.0
"""What says names: a recorded QUIC Initial, hellos of TLS, questions to the DNS and answers."""

import os
import struct
from ipaddress import ip_address

from lab.packets import parse_frame, read_frames

from . import ROOT

INITIAL = os.path.join(ROOT, "tests/captures/AlexeyVasilev-PcapFlowLab/tests/data/parsing/quic/"
                             "quic_initial_ch_1.pcap")


def quic_initial():
    """An Initial for bag.itunes.apple.com."""
    with open(INITIAL, "rb") as file:
        return max((parse_frame(frame).payload for frame, _, _ in read_frames(file)), key=len)


def dns_name(name):
    return b"".join(bytes([len(label)]) + label for label in name.encode().split(b".")) + b"\0"


def dns_query(name, number=1):
    """Asks for the A record of `name`, of ASCII."""
    return struct.pack("!6H", number & 0xFFFF, 0x0100, 1, 0, 0, 0) + dns_name(name) + b"\0\1\0\1"


def dns_answer(name, address, ttl=3600):
    """That `name` has `address`: an A or AAAA record."""
    packed = ip_address(address).packed
    kind = struct.pack("!2H", 1 if len(packed) == 4 else 28, 1)
    record = b"\xc0\x0c" + kind + struct.pack("!IH", ttl, len(packed)) + packed
    return struct.pack("!6H", 1, 0x8180, 1, 1, 0, 0) + dns_name(name) + kind + record


def _extension(kind, body):
    return struct.pack("!2H", kind, len(body)) + body


def client_hello(name, share=32):
    """A record of TLS. `share` is of how many bytes its key share is, which is before the name."""
    server_name = struct.pack("!HBH", len(name) + 3, 0, len(name)) + name.encode()
    entry = struct.pack("!2H", 0x11EC, share) + bytes(share)
    extensions = (_extension(51, struct.pack("!H", len(entry)) + entry) +
                  _extension(43, b"\2\3\4") + _extension(0, server_name))
    body = (b"\3\3" + bytes(range(32)) + b"\0" + b"\0\2\x13\1" + b"\1\0" +
            struct.pack("!H", len(extensions)) + extensions)
    message = b"\1" + len(body).to_bytes(3, "big") + body
    return b"\x16\3\1" + struct.pack("!H", len(message)) + message
