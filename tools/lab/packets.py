# SPDX-License-Identifier: Apache-2.0
"""Reads frames and capture files, fast enough for a lab: no scapy here."""

import struct
from ipaddress import ip_address
from typing import NamedTuple

VLAN_TYPES = (0x8100, 0x88A8)
PPPOE_SESSION = 0x8864
EXTENSIONS = (0, 43, 60, 135)  # hop-by-hop, routing, destination, mobility
TCP, UDP, UDPLITE, SCTP, ICMP, ICMPV6, FRAGMENT = 6, 17, 136, 132, 1, 58, 44

DLT_EN10MB, DLT_RAW = 1, 101


class Packet(NamedTuple):
    """The facts about one IP packet."""

    family: int  # 4 or 6
    src: str
    dst: str
    protocol: int
    sport: int  # 0 where there is none
    dport: int
    dscp: int
    ecn: int
    ttl: int
    flow_label: int
    vlans: tuple  # of the ids, outermost first
    fragment: int | None  # offset in bytes; None: not a fragment
    src_mac: str  # "" on a raw-IP device
    ip: bytes  # from the IP header on, as much as was captured
    payload: bytes  # of UDP, or after the ports
    length: int  # of the IP packet, as its header says
    time: float

    def brief(self):
        """For messages: without the bytes."""
        return self._replace(ip=self.ip[:40], payload=self.payload[:40])


def checksum_ok(ip):
    """Whether the IPv4 header checksum is right."""
    header = ip[:(ip[0] & 15) * 4]
    total = sum(struct.unpack(f"!{len(header) // 2}H", header))
    total = (total & 0xFFFF) + (total >> 16)
    total = (total & 0xFFFF) + (total >> 16)
    return total == 0xFFFF


def parse_frame(frame, time=0.0, linktype=DLT_EN10MB):
    """A Packet, or None when the frame carries no IP."""
    if linktype == DLT_RAW:
        return parse_ip(frame, (), "", time)
    vlans = []
    ethertype, = struct.unpack_from("!H", frame, 12)
    at = 14
    while ethertype in VLAN_TYPES and len(frame) >= at + 4:
        tag, ethertype = struct.unpack_from("!HH", frame, at)
        vlans.append(tag & 0xFFF)
        at += 4
    if ethertype == PPPOE_SESSION:
        ethertype = {0x21: 0x0800, 0x57: 0x86DD}.get(struct.unpack_from("!H", frame, at + 6)[0])
        at += 8
    if ethertype not in (0x0800, 0x86DD):
        return None
    return parse_ip(frame[at:], tuple(vlans), frame[6:12].hex(":"), time)


def parse_ip(ip, vlans=(), src_mac="", time=0.0):
    if len(ip) < 20:
        return None
    version = ip[0] >> 4
    if version == 4:
        return _parse4(ip, vlans, src_mac, time)
    if version == 6 and len(ip) >= 40:
        return _parse6(ip, vlans, src_mac, time)
    return None


def _parse4(ip, vlans, src_mac, time):
    length, _, fragment = struct.unpack_from("!HHH", ip, 2)
    offset = (fragment & 0x1FFF) * 8
    fragmented = bool(fragment & 0x3FFF)
    sport, dport, payload = _ports(ip, (ip[0] & 15) * 4, ip[9], offset, length)
    return Packet(4, _text4(ip[12:16]), _text4(ip[16:20]), ip[9], sport, dport, ip[1] >> 2,
                  ip[1] & 3, ip[8], 0, vlans, offset if fragmented else None, src_mac, ip, payload,
                  length, time)


def _parse6(ip, vlans, src_mac, time):
    first, length, protocol, ttl = struct.unpack_from("!IHBB", ip)
    at, offset, fragmented = 40, 0, False
    while protocol in EXTENSIONS + (FRAGMENT,) and len(ip) >= at + 8:
        if protocol == FRAGMENT:
            fragmented, offset = True, struct.unpack_from("!H", ip, at + 2)[0] & 0xFFF8
            protocol, at = ip[at], at + 8
            if offset:
                break
        else:
            protocol, at = ip[at], at + 8 + ip[at + 1] * 8
    sport, dport, payload = _ports(ip, at, protocol, offset, 40 + length)
    return Packet(6, _text6(ip[8:24]), _text6(ip[24:40]), protocol, sport, dport,
                  first >> 22 & 0x3F, first >> 20 & 3, ttl, first & 0xFFFFF, vlans,
                  offset if fragmented else None, src_mac, ip, payload, 40 + length, time)


def _ports(ip, at, protocol, offset, length):
    if protocol not in (TCP, UDP, UDPLITE, SCTP) or offset or len(ip) < at + 8:
        return 0, 0, ip[at:length]
    sport, dport = struct.unpack_from("!HH", ip, at)
    return sport, dport, ip[at + 8:length]


def _text4(raw):
    return "%d.%d.%d.%d" % tuple(raw)


_text6_known = {}


def _text6(raw):
    text = _text6_known.get(raw)
    if text is None:
        text = _text6_known[raw] = str(ip_address(raw))
    return text


def read_frames(stream):
    """Yields (frame, time, linktype) of a capture, also of one that is still written."""
    header = stream.read(24)
    if len(header) < 24:
        return
    magic, = struct.unpack("<I", header[:4])
    order = "<" if magic in (0xA1B2C3D4, 0xA1B23C4D) else ">"
    linktype = struct.unpack(order + "I", header[20:24])[0] & 0xFFFF
    record = struct.Struct(order + "IIII")
    while len(head := stream.read(16)) == 16:
        seconds, fraction, captured, _ = record.unpack(head)
        frame = stream.read(captured)
        if len(frame) < captured:
            return
        yield frame, seconds + fraction / 1e6, linktype
