# SPDX-License-Identifier: Apache-2.0
"""Counts what left one end and what arrived at the other, and judges the marks."""

import itertools
import sys
import threading
from collections import Counter, defaultdict

from .packets import ICMP, ICMPV6

NAMES = {0: "CS0", 1: "LE", 8: "CS1", 10: "AF11", 12: "AF12", 14: "AF13", 16: "CS2", 18: "AF21",
         20: "AF22", 22: "AF23", 24: "CS3", 26: "AF31", 28: "AF32", 30: "AF33", 32: "CS4",
         34: "AF41", 36: "AF42", 38: "AF43", 40: "CS5", 44: "VA", 46: "EF", 48: "CS6", 56: "CS7"}
ECN_NAMES = ("no-ECT", "ECT(1)", "ECT(0)", "CE")
ECHO_TYPES = {ICMP: (0, 8), ICMPV6: (128, 129)}


def dscp_name(dscp):
    return NAMES.get(dscp, str(dscp))


class Tally:
    """Packets by application, family and way, as they left and as they arrived.

    Fed by the captures at both ends; the way is "up" towards the server.
    """

    def __init__(self, applications):
        self._applications = applications
        self._lock = threading.Lock()  # every capture has a thread
        self._known = {}  # (protocol, port of the server) -> application, or None
        self.left = defaultdict(Counter)  # (application, family, way) -> {(dscp, ecn): packets}
        self.arrived = defaultdict(Counter)
        self.other = Counter()

    def at_server(self, packet, arrived):
        self._count(packet, arrived, "up" if arrived else "down")

    def at_client(self, packet, arrived):
        self._count(packet, arrived, "down" if arrived else "up")

    def _count(self, packet, arrived, way):
        with self._lock:
            application = self._application(packet, way)
            if application is None:
                self.other[packet.protocol] += 1
                return
            table = self.arrived if arrived else self.left
            table[application, packet.family, way][packet.dscp, packet.ecn] += 1

    def _application(self, packet, way):
        if packet.protocol in ECHO_TYPES and packet.payload[0] not in ECHO_TYPES[packet.protocol]:
            return None
        key = packet.protocol, packet.dport if way == "up" else packet.sport
        if key not in self._known:
            self._known[key] = next((a for a in self._applications
                                     if key[0] in a.protocols and key[1] in a.port), None)
        return self._known[key]

    def complete(self):
        """Whether something of every kind has arrived; to be asked at any time."""
        with self._lock:
            return all(self.arrived[key] for key in self._keys())

    def _keys(self):
        return itertools.product(self._applications, (4, 6), ("up", "down"))

    def rows(self):
        for key in self._keys():
            application, family, way = key
            yield Row(application, family, way, self.left[key], self.arrived[key])


class Row:
    """One application, family and way, judged."""

    def __init__(self, application, family, way, left, arrived):
        self.application, self.family, self.way = application, family, way
        self.sent, self.received = sum(left.values()), sum(arrived.values())
        self.dscp_sent, self.dscp = _sum_by(left, 0), _sum_by(arrived, 0)
        self.ecn_sent, self.ecn = _sum_by(left, 1), _sum_by(arrived, 1)

    @property
    def lost(self):
        return self.sent - self.received

    def faults(self):
        if not self.received:
            return ["nothing arrived"]
        faults = []
        if set(self.dscp) != {self.application.dscp}:
            faults.append("mark")
        # Never more of a codepoint than was sent; with nothing lost: exactly as many.
        if any(self.ecn[ecn] > self.ecn_sent[ecn] for ecn in self.ecn):
            faults.append("ECN")
        if self.lost < 0:
            faults.append("more than sent")
        return faults

    def cells(self):
        faults = self.faults()
        return (self.application.class_name, self.application.title, f"IPv{self.family}", self.way,
                str(self.sent), str(self.received), _list(self.dscp_sent, dscp_name),
                _list(self.dscp, dscp_name), dscp_name(self.application.dscp),
                _list(self.ecn, lambda ecn: ECN_NAMES[ecn]),
                "FAIL: " + ", ".join(faults) if faults else "ok")


def _sum_by(counts, index):
    total = Counter()
    for key, packets in counts.items():
        total[key[index]] += packets
    return total


def _list(counter, name):
    """A lone codepoint by its name, several with their counts."""
    if len(counter) == 1:
        return name(next(iter(counter)))
    return " ".join(f"{name(value)}:{packets}" for value, packets in counter.most_common()) or "-"


HEADINGS = ("class", "application", "family", "way", "sent", "arrived", "sent as", "arrived as",
            "expected", "ECN on arrival", "verdict")
RIGHT = ("sent", "arrived")


def print_summary(tally, out=sys.stdout):
    """Prints the table; returns whether every row is good."""
    rows = list(tally.rows())
    table = [HEADINGS] + [row.cells() for row in rows]
    widths = [max(len(line[column]) for line in table) for column in range(len(HEADINGS))]
    for line in table:
        print("  ".join(cell.rjust(width) if heading in RIGHT else cell.ljust(width)
                        for heading, cell, width in zip(HEADINGS, line, widths)).rstrip(), file=out)
    bad = sum(1 for row in rows if row.faults())
    sent, lost = sum(row.sent for row in rows), sum(row.lost for row in rows)
    arrived = sum(row.received for row in rows)
    print(f"\n{arrived} packets arrived of {sent} sent ({lost} lost); "
          f"{len(rows) - bad} of {len(rows)} rows as expected", file=out)
    return bad == 0
