#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A million host names, each another one, in DNS answers and a few thousand in TLS hellos: the
agent learns them, and the series of its metrics, the sizes of its tables and its memory stay.

  many_names.py [--names N]    of DNS (or FLOWMARK_MANY_NAMES; 1000000)
"""

import argparse
import os
import re
import socket
import struct
import sys
import unittest

from support import FLOWMARK, main, proved
from support.said_names import client_hello
from lab.edge import CLIENT6, SERVER4, EdgeLab
from lab.processes import wait_for

HELLOS = 10_000
DNS, TLS = 53, 443
PORT = 40053  # of the client's resolver
BATCH = 10_000
PATIENCE = 60  # seconds
WARM = 0.3  # of the names: then every bounded table is full
SLACK_KIB = 2048  # what an allocator may take at its whim
A, IN, TTL = 1, 1, 3600

POLICY = """
interfaces:
  - name: "wan*"
classes:
  - { name: named, dscp: EF }
rules:
  - { class: named, host: "*.named.example.test" }
"""


HEAD = struct.pack("!6HB", 0, 0x8180, 1, 1, 0, 0, 12)
REST = b"\x05named\x07example\x04test\0" + struct.pack("!HHHHHIH", A, IN, 0xC00C, A, IN, TTL, 4)
ADDRESS = struct.Struct("!I")


def dns_answer(number):
    """One address for a name of its own."""
    return b"".join((HEAD, b"%012d" % number, REST, ADDRESS.pack(0x0A000000 | number & 0xFFFFFF)))


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--names", type=int,
                        default=int(os.environ.get("FLOWMARK_MANY_NAMES", "1000000")))
    options, sys.argv[1:] = parser.parse_known_args()
    return options


class ManyNames(unittest.TestCase):
    def setUp(self):
        self.lab = self.enterContext(EdgeLab("many-names"))
        self.agent = self.lab.agent(self.lab.edge, FLOWMARK, POLICY)

    def learned(self):
        return self.agent.metrics().one("flowmark_dns_total", what="bindings")

    def dropped(self):
        """What the server's interface took and did not hand on, its neighbour's queue being full:
        the router has not seen it."""
        return self.lab.server.link_stats("eth0")["tx"]["dropped"]

    def wait_read(self):
        """Until the agent, which may have had no CPU, has read all that was said, but for what is
        counted as lost. Nobody else says anything."""
        def read():
            metrics = self.agent.metrics()
            handed, lost = (metrics.one("flowmark_name_events_total", event=event)
                            for event in ("punted", "not_punted"))
            return (metrics.one("flowmark_dns_total", what="messages") >= handed
                    and handed + lost + self.dropped() >= self.said)
        wait_for(read, PATIENCE, "what was said to be read, or lost")

    def rss_kib(self):
        with open(f"/proc/{self.agent.process.pid}/status", encoding="ascii") as status:
            return int(re.search(r"VmRSS:\s+(\d+) kB", status.read())[1])

    def say_dns(self, until):
        """Answers, each with another name, until so many are learned; what the ring could not
        take is counted and said again in others."""
        while self.learned() < until:
            for number in range(self.said, self.said + BATCH):
                self.server.send(dns_answer(number))
            self.said += BATCH
            self.wait_read()
            self.assertLess(self.said, 5 * OPTIONS.names, "most of the names went missing")

    def expect_bounded(self):
        for table in self.agent.json("status")["tables"]:
            self.assertLessEqual(table["entries"], table["max_entries"], table)

    def test_names_from_dns(self):
        client = self.enterContext(self.lab.client.socket(socket.AF_INET6, socket.SOCK_DGRAM))
        client.bind(("::", PORT))  # it never reads
        self.server = self.enterContext(self.lab.server.socket(socket.AF_INET6, socket.SOCK_DGRAM))
        self.server.bind(("::", DNS))
        self.server.connect((CLIENT6, PORT))
        self.said = 0
        series = set(self.agent.metrics())
        self.say_dns(OPTIONS.names * WARM)
        warm = self.rss_kib()
        self.say_dns(OPTIONS.names)
        after = self.agent.metrics()
        self.assertEqual(set(after), series)
        self.assertLess(self.rss_kib(), warm + SLACK_KIB)
        self.expect_bounded()
        self.assertGreater(after.one("flowmark_table_entries", table="dns_bindings"), 1000)
        proved(f"{self.learned():.0f} names learned of {self.said} said: the same {len(series)} "
               f"series, {warm} -> {self.rss_kib()} KiB resident since {WARM:.0%} of them")

    def test_names_from_tls(self):
        self.sink = self.enterContext(self.lab.server.socket(socket.AF_INET, socket.SOCK_STREAM))
        self.sink.bind((SERVER4, TLS))
        self.sink.listen()
        series = set(self.agent.metrics())
        for number in range(HELLOS):
            self.say_hello(f"host{number}.named.example.test")
        wait_for(lambda: self.agent.metrics().one("flowmark_name_events_total", event="sni")
                 == HELLOS, PATIENCE, "the names of all flows")
        self.assertEqual(set(self.agent.metrics()), series)
        self.expect_bounded()
        names = {flow["host"] for flow in self.agent.json("flows")["flows"]} - {None}
        self.assertGreater(len(names), 100)
        proved(f"{HELLOS} flows, each of a name of its own: the same {len(series)} series")

    def say_hello(self, name):
        with self.lab.client.socket(socket.AF_INET, socket.SOCK_STREAM) as client:
            client.connect((SERVER4, TLS))
            with self.sink.accept()[0] as server:
                said = client_hello(name.encode())
                client.sendall(said)
                received = 0
                while received < len(said):
                    received += len(server.recv(65536))


OPTIONS = arguments()

if __name__ == "__main__":
    main()
