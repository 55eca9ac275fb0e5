# SPDX-License-Identifier: Apache-2.0
"""Packets that say names: a recorded QUIC Initial, hellos of TLS, questions to the DNS and
answers of it. Names are bytes where they may be such as no library would say."""

import os
import ssl
import struct
from ipaddress import ip_address

from lab.packets import parse_frame, read_frames

from . import ROOT

INITIAL = os.path.join(ROOT, "tests/captures/AlexeyVasilev-PcapFlowLab/tests/data/parsing/quic/"
                             "quic_initial_ch_1.pcap")
CONTEXT = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
TTL = 3600
TYPES = {4: 1, 6: 28}  # A, AAAA


def quic_initial():
    """An Initial for bag.itunes.apple.com."""
    with open(INITIAL, "rb") as file:
        return max((parse_frame(frame).payload for frame, _, _ in read_frames(file)), key=len)


def client_hello(name):
    """OpenSSL's own, with that name in place of a proper one of the same length."""
    proper = "".join("." if byte == ord(".") else "x" for byte in name)
    outgoing = ssl.MemoryBIO()
    tls = CONTEXT.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname=proper)
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        pass
    said = outgoing.read()
    assert said.count(proper.encode()) == 1
    return said.replace(proper.encode(), name)


def dns_name(name):
    """On the wire; of bytes, or of ASCII."""
    name = name if isinstance(name, bytes) else name.encode()
    return b"".join(bytes([len(label)]) + label for label in name.split(b".")) + b"\0"


def dns_answer(name, address):
    """That the name has that address."""
    address = ip_address(address)
    kind = struct.pack("!HH", TYPES[address.version], 1)
    record = b"\xc0\x0c" + kind + struct.pack("!IH", TTL, len(address.packed)) + address.packed
    return struct.pack("!6H", 1, 0x8180, 1, 1, 0, 0) + dns_name(name) + kind + record


def dns_query(name, number=1):
    """Asks for the A record of `name`, of ASCII."""
    return struct.pack("!6H", number & 0xFFFF, 0x0100, 1, 0, 0, 0) + dns_name(name) + b"\0\1\0\1"


def _extension(kind, body):
    return struct.pack("!2H", kind, len(body)) + body


def made_client_hello(name, share=32):
    """A record of TLS. `share` is of how many bytes its key share is, which is before the name."""
    server_name = struct.pack("!HBH", len(name) + 3, 0, len(name)) + name.encode()
    entry = struct.pack("!2H", 0x11EC, share) + bytes(share)
    extensions = (_extension(51, struct.pack("!H", len(entry)) + entry) +
                  _extension(43, b"\2\3\4") + _extension(0, server_name))
    body = (b"\3\3" + bytes(range(32)) + b"\0" + b"\0\2\x13\1" + b"\1\0" +
            struct.pack("!H", len(extensions)) + extensions)
    message = b"\1" + len(body).to_bytes(3, "big") + body
    return b"\x16\3\1" + struct.pack("!H", len(message)) + message
