# SPDX-License-Identifier: Apache-2.0
"""Flows in a capture at a receiving end: when their names are complete, and how soon the packets
that arrive carry the mark."""

from collections import defaultdict

HELLO_BYTES = 8192  # of a client's stream that are looked at


def flows(packets, protocol, service_port):
    """{(client's address, its port, server's address): packets}, of both directions."""
    found = defaultdict(list)
    for p in packets:
        if p.protocol != protocol:
            continue
        if p.dport == service_port:
            found[p.src, p.sport, p.dst].append(p)
        elif p.sport == service_port:
            found[p.dst, p.dport, p.src].append(p)
    return found


def tcp_segment(packet):
    """Sequence number and data, as much as was captured."""
    end = min(len(packet.ip), packet.length)
    tcp = packet.ip[end - len(packet.payload) - 8:end]
    return int.from_bytes(tcp[4:8], "big"), tcp[(tcp[12] >> 4) * 4:]


def client_stream(packets):
    """Of what a client sent, its SYN first: after each packet, the bytes that have arrived without
    a gap, in whatever order they came."""
    stream, seen = bytearray(HELLO_BYTES), bytearray(HELLO_BYTES)
    begin = tcp_segment(packets[0])[0] + 1
    for packet in packets:
        sequence, data = tcp_segment(packet)
        at = (sequence - begin) & 0xFFFFFFFF
        data = data[:max(0, HELLO_BYTES - at)]
        if data:
            stream[at:at + len(data)] = data
            seen[at:at + len(data)] = b"\1" * len(data)
        yield bytes(stream[:(seen + b"\0").index(0)])


def name_completed(packets, name):
    """Index of the client's packet that completes the name in its hello; None if none does."""
    return next((index for index, stream in enumerate(client_stream(packets))
                 if name.encode() in stream), None)


def record_length(packets):
    """Of the client's first TLS record, with its header."""
    stream = list(client_stream(packets))[-1]
    return 5 + int.from_bytes(stream[3:5], "big")


def last_unmarked(packets, arrived, dscp):
    """How many of a flow's packets, both directions counted, have passed when the last one
    without the mark arrives."""
    return max((number for number, p in enumerate(packets, 1) if arrived(p) and p.dscp != dscp),
               default=0)
