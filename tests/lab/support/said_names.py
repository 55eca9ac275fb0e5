# SPDX-License-Identifier: Apache-2.0
"""Datagrams that say names: a recorded QUIC Initial, and questions to the DNS."""

import os
import struct

from lab.packets import parse_frame, read_frames

from . import ROOT

INITIAL = os.path.join(ROOT, "tests/captures/AlexeyVasilev-PcapFlowLab/tests/data/parsing/quic/"
                             "quic_initial_ch_1.pcap")


def quic_initial():
    """An Initial for bag.itunes.apple.com."""
    with open(INITIAL, "rb") as file:
        return max((parse_frame(frame).payload for frame, _, _ in read_frames(file)), key=len)


def dns_query(name, number=1):
    """Asks for the A record of `name`, of ASCII."""
    labels = b"".join(bytes([len(label)]) + label for label in name.encode().split(b"."))
    return struct.pack("!6H", number & 0xFFFF, 0x0100, 1, 0, 0, 0) + labels + b"\0\0\1\0\1"
