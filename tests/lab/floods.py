#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Spoofed SYNs and spoofed datagrams, as many as the machine makes: established flows
keep a class that only the exact table knows, and nothing grows.

  floods.py [--seconds N]     of each flood (or FLOWMARK_FLOOD_SECONDS; 10)
"""

import argparse
import collections
import os
import statistics
import sys
import unittest

from support import FLOWMARK, main, proved
from support.arrivals import Arrivals
from support.established import Established
from support.flood import Flooder, target_of
from support.footprint import Footprint
from lab.edge import (CLIENT4, CLIENT6, OTHER4, OTHER6, SERVER4, SERVER6, THIRD4, THIRD6, EdgeLab)
from lab.processes import wait_for

FLOWS = 1000
# Above the clients' ports: only the SYN shows which end is the server.
TCP_PORT = 60_000
UDP_PORT = 5000
EF, AF41, CS5 = 46, 34, 40
SERVICES = {("tcp", TCP_PORT): EF, ("udp", UDP_PORT): AF41}

CPUS = sorted(os.sched_getaffinity(0))
FIXED_FLOWS = 64  # as flood_frames.c has them
LONGEST = 300  # seconds of a flood that is stopped
PATIENCE = 60  # seconds
ROUNDS = 7
ROUND_SECONDS = 0.5
# What an allocator may take at its whim, and a leak of a byte per packet may not.
SLACK_KIB = 1024
# What chance may take: datagrams that a queue loses, of those sent; connections whose trace the
# flood wipes out in the moment before they are settled.
CHANCE = 0.01
# Neighbour discovery is asked and answered too, between six ends at most.
NEIGHBOURS = 32
# The tables that packets write.
KEPT_BY_PACKETS = ("flow_cache", "flow_facts", "fragments", "recent_flows")

ROLES = """
interfaces:
  - name: "lan*"
  - name: "wan*"
classes:
  - { name: voice, dscp: EF }
  - { name: video, dscp: AF41 }
  - { name: other, dscp: LE }
rules:
  - { class: voice, protocol: tcp, server_port: 60000 }
default: other
"""
BY_XDP = ROLES.replace('"lan*"', "lan0\n  - name: lan1\n    xdp: native")
MARKS = ROLES.replace("default:", "  - { class: video, protocol: udp, dscp: CS5 }\ndefault:")


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int,
                        default=int(os.environ.get("FLOWMARK_FLOOD_SECONDS", "10")))
    options, sys.argv[1:] = parser.parse_known_args()
    return options


Flooded = collections.namedtuple("Flooded", "packets rate ns")


def report_growth(before, after):
    tables = ", ".join(f"{name} {before.entries[name]} -> {after.entries[name]} of "
                       f"{after.bounds[name]}" for name in KEPT_BY_PACKETS)
    print(f"        {tables}; maps {before.maps_kib} -> {after.maps_kib} KiB, agent "
          f"{before.rss_kib} -> {after.rss_kib} KiB resident", flush=True)


class Floods(unittest.TestCase):
    def setUp(self):
        self.lab = self.enterContext(EdgeLab("floods"))
        # NAT's connection tracking would fill up first, and what it loses is not ours.
        self.lab.edge.run("nft", "delete", "table", "ip", "lab_nat")
        for interface in ("all", "lan0", "lan1"):
            self.lab.edge.sysctl(f"net.ipv4.conf.{interface}.rp_filter", 0)
        self.flooder = Flooder(self.lab)
        self.watch_server("drop")
        self.at_client = Arrivals(self.lab.client, (SERVER4, SERVER6), "sport", SERVICES)
        for address in (OTHER4, OTHER6, THIRD4, THIRD6):
            self.lab.client2.run("ping", "-c", "1", "-W", "5", address)

    def watch_server(self, verdict):
        """What becomes of a flood there: `drop`, or `accept`, for the server to answer."""
        sinks = [(name, target_of(kind)) for name, kind in (("flood", "udp"), ("flows", "flows"))]
        self.at_server = Arrivals(self.lab.server, (CLIENT4, CLIENT6), "dport", SERVICES, sinks,
                                  verdict)

    def counts(self):
        at_server, at_client = self.at_server.count(), self.at_client.count()
        return {name: at_server[name] + at_client[name] for name in ("right", "wrong", "flood")}

    def open_flows(self, tcp):
        """All of them, having spoken once."""
        flows = Established(self.lab.client, self.lab.server, (SERVER4, SERVER6))
        self.addCleanup(flows.close)
        flows.open_tcp(tcp, TCP_PORT)
        flows.open_udp(FLOWS - tcp, UDP_PORT, CS5)
        flows.start()
        flows.rounds(2)
        return flows

    def talk_through_flood(self, kind, flows):
        """Before, while and after it. Returns what arrived of it: the packets, how many a
        second, and the processor's time for each."""
        before = self.at_server.count()["flood"]
        flood = self.flooder.start(kind, OPTIONS.seconds, self.lab.client2, "lan1", CPUS)
        said = flood.end()
        arrived = self.at_server.count()["flood"] - before
        flows.rounds(2)
        flows.end()
        self.assertGreater(arrived, said["sent"] // 2, "most of the flood went missing")
        return Flooded(arrived, arrived / said["seconds"], 1e9 * said["cpu_seconds"] / arrived)

    def control(self, kind, tcp):
        """The same without Flowmark: what the flood takes from the flows by itself."""
        flows = self.open_flows(tcp)
        flood = self.talk_through_flood(kind, flows)
        flows.close()
        counts = self.counts()
        self.assertEqual(counts["right"], 0)
        self.assertGreaterEqual(counts["wrong"], sum(flows.sent.values()))
        return flows.lost, flood

    def expect_nothing_grew(self, before, after):
        self.assertIn(after.entries["flow_facts"], range(FLOWS, FLOWS + NEIGHBOURS))
        self.assertLessEqual(after.entries["recent_flows"], after.bounds["recent_flows"])
        self.assertEqual((before.failures, after.failures), (0, 0))
        self.assertEqual(after.maps_kib, before.maps_kib)
        self.assertLessEqual(after.rss_kib, before.rss_kib + SLACK_KIB)

    def all_known(self, agent):
        """Once the last word of the last flow, which may still wait in a queue, has arrived."""
        wait_for(lambda: Footprint(agent).entries["flow_facts"] >= FLOWS, PATIENCE,
                 "every flow to be in the exact table")
        before = Footprint(agent)
        self.assertIn(before.entries["flow_facts"], range(FLOWS, FLOWS + NEIGHBOURS))
        return before

    def run_flood(self, kind, policy, tcp):
        lost_without, without = self.control(kind, tcp)
        agent = self.lab.agent(self.lab.edge, FLOWMARK, policy)
        start = self.counts()
        for end in (self.at_server, self.at_client):
            end.forget_examples()
        flows = self.open_flows(tcp)
        before = self.all_known(agent)
        flood = self.talk_through_flood(kind, flows)
        after = Footprint(agent)
        flows.close()
        counts = {name: value - start[name] for name, value in self.counts().items()}
        sent = sum(flows.sent.values())
        self.assertEqual(counts["wrong"], 0, self.at_server.examples() + self.at_client.examples())
        self.assertGreater(counts["right"], sent)  # messages that had to wait share a segment
        self.assertLessEqual(flows.lost, lost_without + CHANCE * sent)
        self.expect_nothing_grew(before, after)
        proved(f"{kind}: {flood.packets} spoofed packets in {OPTIONS.seconds} s; all "
               f"{counts['right']} packets of {FLOWS} established flows with the right mark, "
               f"{flows.lost} of {2 * sent} messages and answers lost or sent again "
               f"({lost_without} without Flowmark)")
        report_growth(before, after)
        print(f"        spoofed packets/s without and with Flowmark: {without.rate:.0f} and "
              f"{flood.rate:.0f}; processor's ns for each: {without.ns:.0f} and {flood.ns:.0f}",
              flush=True)
        return agent

    def test_spoofed_syns(self):
        """All are connections whose server has the higher port."""
        self.run_flood("syn", ROLES, FLOWS)

    def test_spoofed_syns_that_are_refused(self):
        """A reset from the server: one end has answered, the other never does."""
        self.watch_server("accept")
        self.run_flood("syn", ROLES, FLOWS)

    def test_spoofed_syns_by_xdp(self):
        """Decided, marked and counted before the kernel makes packets of them."""
        agent = self.run_flood("syn", BY_XDP, FLOWS)
        row, = agent.json("status")["xdp"]
        self.assertEqual((row["interface"], row["mode"], row["proven"]), ("lan1", "native", True))

    def test_connections_opened_in_a_flood(self):
        """What shows who opened them passes while the flood takes every place there is. Until
        the client speaks for the second time a connection has such a place too: one may be lost."""
        agent = self.lab.agent(self.lab.edge, FLOWMARK, ROLES)
        flood = self.flooder.start("syn", LONGEST, self.lab.client2, "lan1", CPUS)
        wait_for(lambda: self.at_server.count()["flood"], PATIENCE, "the flood")
        flows = self.open_flows(FLOWS)
        flood.stop()
        flows.rounds(2)
        flows.end()
        flows.close()
        counts = self.counts()
        self.assertLessEqual(counts["wrong"], CHANCE * counts["right"],
                             self.at_server.examples() + self.at_client.examples())
        self.assertEqual(agent.stop(), 0)
        proved(f"{FLOWS} connections opened in a flood of {counts['flood']} SYNs: "
               f"{counts['right']} packets with the right mark, {counts['wrong']} with another")

    def test_spoofed_datagrams(self):
        """Half are flows of datagrams whose class the client's mark decides."""
        self.run_flood("udp", MARKS, FLOWS // 2)

    def test_the_flows_need_the_exact_table(self):
        """Flowmark has not seen these open, and takes the server for the client."""
        flows = self.open_flows(FLOWS)
        agent = self.lab.agent(self.lab.edge, FLOWMARK, ROLES)
        start = self.counts()
        flows.rounds(2)
        flows.end()
        flows.close()
        self.assertEqual(Footprint(agent).entries["flow_facts"], 0)
        self.assertEqual(self.counts()["right"], start["right"])
        proved(f"without the exact table none of the {FLOWS} connections has its class")

    def packet_ns(self, beside_flood):
        """The processor's time for a packet of other traffic, and for one of the flood."""
        before = self.at_server.count()
        runs = {"flows": self.flooder.start("flows", ROUND_SECONDS, self.lab.client, "lan0",
                                            CPUS[:1])}
        if beside_flood:
            runs["flood"] = self.flooder.start("syn", ROUND_SECONDS, self.lab.client2, "lan1",
                                               CPUS[-1:])
        ran = {name: run.end() for name, run in runs.items()}
        after = self.at_server.count()
        return {name: 1e9 * said["cpu_seconds"] / (after[name] - before[name])
                for name, said in ran.items()}

    def test_cost_for_other_traffic(self):
        """Figures, interleaved and medians; nothing here fails for being slow."""
        ns = {}
        for _ in range(ROUNDS):
            for marking in (False, True):
                agent = self.lab.agent(self.lab.edge, FLOWMARK, ROLES) if marking else None
                for flooded in (False, True):
                    ns.setdefault((marking, flooded), []).append(self.packet_ns(flooded))
                if agent:
                    cache = Footprint(agent).bounds["flow_cache"]
                    self.assertEqual(agent.stop(), 0)
        self.report_cost(ns, cache)

    def report_cost(self, ns, cache):
        def median(marking, flooded, kind="flows"):
            return statistics.median(r[kind] for r in ns[marking, flooded])

        alone, beside = (median(True, f) - median(False, f) for f in (False, True))
        miss = median(True, True, "flood") - median(False, True, "flood")
        # Between two packets of a flow, the flood writes this part of the cache.
        missing = FIXED_FLOWS * median(True, True) / median(True, True, "flood") / cache
        spread = max(statistics.stdev(r["flows"] for r in runs) for runs in ns.values())
        proved(f"{FIXED_FLOWS} busy flows, ns per packet without and with Flowmark: alone "
               f"{median(False, False):.0f} and {median(True, False):.0f} ({alone:+.0f}), beside "
               f"spoofed SYNs on another CPU {median(False, True):.0f} and "
               f"{median(True, True):.0f} ({beside:+.0f}); standard deviation {spread:.0f} at "
               f"most; a packet of the flood, each a miss, {miss:+.0f}; {missing:.2%} of the busy "
               f"flows' packets miss by reckoning, {missing * miss:.1f} ns each on average")


OPTIONS = arguments()

if __name__ == "__main__":
    main()
