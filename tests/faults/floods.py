#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Floods of seven kinds, as many packets as the machine makes, where rules look at names:
established flows keep class and name, memory and the agent's CPU are bounded, other traffic loses
no more than in the same flood without Flowmark, and names are learned afterwards as before. And a
slow one.

  floods.py [--seconds N]     of each flood, and as long without Flowmark
                              (or FLOWMARK_FLOOD_SECONDS; 3)
"""

import argparse
import collections
import os
import socket
import sys
import time
import unittest

from support import FLOWMARK, main, proved
from support.arrivals import Arrivals
from support.established import FIRST_PORT, Established
from support.flood import MANY, ONE_SENDER, TARGET, Flooder
from support.flood_payloads import payloads_for
from support.footprint import Footprint, cpu_seconds
from support.newcomers import Newcomers
from support.said_names import made_client_hello, dns_answer, quic_initial
from lab.edge import CLIENT4, CLIENT6, OTHER4, OTHER6, SERVER4, SERVER6, EdgeLab
from lab.processes import wait_for

TLS_PORT, QUIC_PORT, PLAIN_PORT = 4430, 8443, 8080
AF41, EF, AF21 = 34, 46, 18
SERVICES = {("tcp", TLS_PORT): AF41, ("udp", QUIC_PORT): EF, ("tcp", PLAIN_PORT): AF21}
TLS_FLOWS, QUIC_FLOWS, PLAIN_FLOWS = 400, 200, 400
FLOWS = TLS_FLOWS + QUIC_FLOWS + PLAIN_FLOWS
# What a flow of each port is called, in which class, on what evidence.
NAMES = {
    ("tcp", TLS_PORT): ("live.tls.test", "video", "sni"),
    ("udp", QUIC_PORT): ("bag.itunes.apple.com", "voice", "quic"),
    ("tcp", PLAIN_PORT): ("plain.dns.test", "work", "dns"),
}
POLICY = """
interfaces:
  - name: "lan*"
  - name: "wan*"
classes:
  - { name: voice, dscp: EF }
  - { name: video, dscp: AF41 }
  - { name: work, dscp: AF21 }
  - { name: other, dscp: keep }
rules:
  - { class: video, host: "*.tls.test" }
  - { class: voice, host: "*.apple.com" }
  - { class: work, host: "*.dns.test" }
default: other
"""

CPUS = sorted(os.sched_getaffinity(0))
MOST_CPUS = 1.25  # one thread of the agent reads names; the other one is asked for figures
LONGEST = 300  # seconds of a flood that is stopped
MOST_FLOODS = 6  # until two were as strong as each other
ASKED = 8  # flows of each port of which the agent is asked for the name
NEWCOMERS = 20
# What an allocator may take at its whim, and a leak of a byte per packet may not.
SLACK_KIB = 2048
# Of what was said, lost by chance: queues that happen to be full.
CHANCE = 0.02
QUIET = 0.05  # of a CPU
FEW, FEW_SECONDS = 3000, 20  # of a slow flood, in a burst each second; half have a name
MOST_FULL, FEW_MOST_SECONDS = 0.9, 120  # of the table that they fill: as soon as the machine does
BURST_SECONDS = 30  # at most
WINDOW = 0.5  # seconds
PATIENCE = 60  # the same
# New names are kept at a bounded rate, counted in windows of 2^30 ns (bpf/names.h) and of a second
# (the agent): the flood's last one may be used up, the next one is not.
NEXT_NAMES = 1.1
# The tables that packets and what they say fill.
FILLED = ("flow_cache", "fragments", "recent_flows", "flow_names", "new_names",
          "dns_bindings")


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float,
                        default=float(os.environ.get("FLOWMARK_FLOOD_SECONDS", "3")))
    options, sys.argv[1:] = parser.parse_known_args()
    return options


# Of the flows: messages and answers, those lost or sent again, packets by their mark; of the flood:
# packets that arrived, seconds.
Talk = collections.namedtuple("Talk", "lost messages right wrong flood seconds")


class Floods(unittest.TestCase):
    def setUp(self):
        self.lab = self.enterContext(EdgeLab("name-floods"))
        # NAT's connection tracking would fill up first, and what it loses is not ours.
        self.lab.edge.run("nft", "delete", "table", "ip", "lab_nat")
        for interface in ("all", "lan0", "lan1", "wan0"):
            self.lab.edge.sysctl(f"net.ipv4.conf.{interface}.rp_filter", 0)
        self.lab.edge.ip(f"route add {MANY[0]} via {CLIENT4}")
        self.lab.edge.ip(f"-6 route add {MANY[1]} via {CLIENT6}")
        for address in (OTHER4, OTHER6):
            self.lab.client2.run("ping", "-c", "1", "-W", "5", address)
        self.at_server = Arrivals(self.lab.server, (CLIENT4, CLIENT6), "dport", SERVICES,
                                  [("flood", TARGET)])
        self.at_client = Arrivals(self.lab.client, (SERVER4, SERVER6), "sport", SERVICES,
                                  [("flood", MANY)])
        self.flooder = Flooder(self.lab)

    def counts(self):
        at_server, at_client = self.at_server.count(), self.at_client.count()
        return {name: at_server[name] + at_client[name] for name in ("right", "wrong", "flood")}

    def say_answers(self, name, clients, servers, port):
        """From the server, as a resolver: what each client calls the server of its family."""
        for client, server, resolver in zip(clients, servers, (SERVER4, SERVER6)):
            family = socket.AF_INET6 if ":" in client else socket.AF_INET
            with self.lab.server.socket(family, socket.SOCK_DGRAM) as end:
                end.bind((resolver, 53))
                end.sendto(dns_answer(name, server), (client, port))

    def open_flows(self, agent=None):
        """All of them, named if there is somebody to do so, having spoken once."""
        flows = Established(self.lab.client, self.lab.server, (SERVER4, SERVER6))
        self.addCleanup(flows.close)
        flows.open_tcp(TLS_FLOWS, TLS_PORT, made_client_hello(NAMES["tcp", TLS_PORT][0]))
        flows.open_udp(QUIC_FLOWS, QUIC_PORT, 0, quic_initial())
        if agent:
            wait_for(lambda: Footprint(agent).entries["new_names"] >= TLS_FLOWS + QUIC_FLOWS,
                     PATIENCE, "hellos to be read")
            # Names are the flows' once their servers have answered.
            flows.answer_openings(quic_initial())
        self.say_answers(NAMES["tcp", PLAIN_PORT][0], (CLIENT4, CLIENT6), (SERVER4, SERVER6), 5353)
        # To the one sender too, who then floods what it is told of.
        self.say_answers("target.dns.test", ONE_SENDER, TARGET, 5353)
        if agent:
            wait_for(lambda: Footprint(agent).entries["dns_bindings"] == 4, PATIENCE,
                     "the answers")
        flows.open_tcp(PLAIN_FLOWS, PLAIN_PORT)
        for end in (self.at_server, self.at_client):
            end.forget_examples()  # handshakes have no mark
        self.begin = self.counts()
        flows.start()
        flows.rounds(1)
        if agent:
            wait_for(lambda: Footprint(agent).entries["flow_names"] >= FLOWS, PATIENCE,
                     "the names to be kept")
        return flows

    def start_flood(self, kind, seconds):
        source, gateway = ((self.lab.server, "wan0") if kind == "dns" else
                           (self.lab.client2, "lan1"))
        return self.flooder.start(kind, seconds, source, gateway, CPUS,
                                  payloads_for(kind, self.lab))

    def talk(self, flows, flood):
        """To the end of both. Returns what became of the two, and ends them."""
        said = flood()
        flows.rounds(1)
        flows.end()
        counts = self.counts()
        arrived = {name: counts[name] - self.begin[name] for name in counts}
        flows.close()
        self.assertGreater(arrived["flood"], said["sent"] // 2, "most of the flood went missing")
        return Talk(flows.lost, 2 * sum(flows.sent.values()), arrived["right"], arrived["wrong"],
                    arrived["flood"], said["seconds"])

    def without(self, kind, seconds):
        """The same without Flowmark: what the flood takes from the flows by itself."""
        talk = self.talk(self.open_flows(), lambda: self.start_flood(kind, seconds).end())
        self.assertEqual(talk.right, 0)
        return talk

    def expect_names(self, agent):
        """The agent says what the flows are called, and why."""
        for (protocol, port), (host, of_class, evidence) in NAMES.items():
            for number in range(ASKED):
                flow, = agent.json("explain", protocol, f"{CLIENT4}:{FIRST_PORT + number}",
                                   f"{SERVER4}:{port}")["flows"]
                self.assertEqual((flow["host"], flow["class"], flow["evidence"]),
                                 (host, of_class, evidence))

    def newcomers(self):
        newcomers = Newcomers(self.lab, NEWCOMERS)
        self.addCleanup(newcomers.close)
        return newcomers

    @staticmethod
    def cpu_share(agent, seconds):
        before, start = cpu_seconds(agent), time.monotonic()
        time.sleep(seconds)
        return (cpu_seconds(agent) - before) / (time.monotonic() - start)

    def flood_twice(self, kind, agent):
        """What the first half fills, the second one must not make grow."""
        half = OPTIONS.seconds / 2
        cpu, self.footprints = cpu_seconds(agent), [Footprint(agent)]
        said = [self.start_flood(kind, half).end()]
        self.footprints.append(Footprint(agent))
        flood = self.start_flood(kind, half)
        newcomers = self.newcomers()
        said.append(flood.end())
        self.footprints.append(Footprint(agent))
        while not self.are_alike(said) and len(said) < MOST_FLOODS:
            said.append(self.start_flood(kind, half).end())
            self.footprints.append(Footprint(agent))
        seconds = sum(s["seconds"] for s in said)
        self.share = (cpu_seconds(agent) - cpu) / seconds
        self.named = newcomers.named(agent)
        newcomers.close()
        return {"sent": sum(s["sent"] for s in said), "seconds": seconds}

    @staticmethod
    def are_alike(said):
        """Whether the last two sent about as much: of a machine that keeps one half from being a
        flood the other one fills what that left empty."""
        sent = [s["sent"] for s in said[-2:]]
        return min(sent) * 2 >= max(sent)

    def expect_bounded(self, agent):
        first, last = self.footprints[-2:]
        for table, bound in last.bounds.items():
            self.assertLessEqual(last.entries[table], bound, table)
        self.assertGreaterEqual(last.entries["flow_names"], FLOWS)
        self.assertEqual(last.failures, 0)
        self.assertEqual(last.maps_kib, self.footprints[0].maps_kib)
        self.assertLessEqual(last.rss_kib, first.rss_kib + SLACK_KIB)
        self.assertLess(self.share, MOST_CPUS)
        wait_for(lambda: self.cpu_share(agent, WINDOW) < QUIET, PATIENCE, "the agent to rest")

    def expect_learning(self, agent):
        """As before the flood, which has ended."""
        time.sleep(NEXT_NAMES)
        newcomers = self.newcomers()
        wait_for(lambda: set(newcomers.named(agent).values()) == {NEWCOMERS}, PATIENCE,
                 "the names of new flows")
        newcomers.close()

    def expect_end(self, kind, agent):
        """In the middle of another one."""
        before = self.counts()["flood"]
        flood = self.start_flood(kind, LONGEST)
        wait_for(lambda: self.counts()["flood"] > before, PATIENCE, "the flood")
        self.assertEqual(agent.stop(), 0)
        flood.stop()

    def run_flood(self, kind):
        half = OPTIONS.seconds / 2
        before = self.without(kind, half)
        agent = self.lab.agent(self.lab.edge, FLOWMARK, POLICY)
        talk = self.talk(self.open_flows(agent), lambda: self.flood_twice(kind, agent))
        self.assertEqual(talk.wrong, 0, self.at_server.examples() + self.at_client.examples())
        # Messages that had to wait share a segment.
        self.assertGreater(talk.right, talk.messages // 2)
        self.expect_names(agent)
        self.expect_bounded(agent)
        self.expect_learning(agent)
        self.expect_end(kind, agent)
        after = self.without(kind, half)
        lost = (before.lost + after.lost) / (before.messages + after.messages)
        self.assertLessEqual(talk.lost / talk.messages, lost + CHANCE)
        self.report(kind, before, talk, after)

    def report(self, kind, before, talk, after):
        first, last = self.footprints[0], self.footprints[-1]
        tables = ", ".join(f"{name} {first.entries[name]} -> {last.entries[name]} of "
                           f"{last.bounds[name]}" for name in FILLED)
        without = (before.flood + after.flood) / (before.seconds + after.seconds)
        proved(f"{kind}: {talk.flood} packets in {talk.seconds:.0f} s; {FLOWS} flows kept class "
               f"and name, all {talk.right} packets with the right mark; {talk.lost} of "
               f"{talk.messages} messages and answers lost or sent again, without Flowmark "
               f"{before.lost + after.lost} of {before.messages + after.messages}; the agent used "
               f"{self.share:.2f} of one CPU of {len(CPUS)}, and rests")
        resident = " -> ".join(str(f.rss_kib) for f in self.footprints)
        print(f"        {tables}; maps {last.maps_kib} KiB, agent {resident} KiB resident; "
              f"packets/s without and with Flowmark {without:.0f} and "
              f"{talk.flood / talk.seconds:.0f}; of {NEWCOMERS} new flows in the flood "
              f"{self.named['tcp']} of TLS and {self.named['udp']} of QUIC were named, afterwards "
              f"all", flush=True)

    def test_syns(self):
        self.run_flood("syn")

    def test_datagrams(self):
        self.run_flood("udp")

    def test_datagrams_of_a_client_that_knows_the_name(self):
        """One client, from all ports, to an address that DNS has named for it."""
        self.run_flood("ports")

    def test_fragments(self):
        """Firsts without rests, of QUIC Initials, and rests without firsts."""
        self.run_flood("fragments")

    def test_half_hellos(self):
        """And as many whole ones, each of a flow of its own."""
        self.run_flood("hello")

    def test_few_hellos_a_second(self):
        """A little more than names are kept, from ever new addresses, more than any table takes:
        decisions stay remembered all the time, and so nobody asks for the flows' names."""
        agent = self.lab.agent(self.lab.edge, FLOWMARK, POLICY)
        flows = self.open_flows(agent)
        flows.rounds(1)
        payloads, sent, start = payloads_for("hello", self.lab), 0, time.monotonic()

        def is_over():
            passed, names = time.monotonic() - start, Footprint(agent)
            full = names.entries["new_names"] > names.bounds["new_names"] * MOST_FULL
            self.assertTrue(full or passed < FEW_MOST_SECONDS, "the table does not fill")
            return full and passed >= FEW_SECONDS
        while not is_over():
            burst = self.flooder.start("hello", BURST_SECONDS, self.lab.client2, "lan1", CPUS[:1],
                                       payloads, frames=FEW)
            sent += burst.end()["sent"]
            time.sleep(1)
        agent.reload()
        talk = self.talk(flows, lambda: {"sent": sent, "seconds": time.monotonic() - start})
        self.assertEqual(talk.wrong, 0, self.at_server.examples() + self.at_client.examples())
        self.expect_names(agent)
        proved(f"{sent} hellos in {talk.seconds:.0f} s, half of them with a name, and a reload: "
               f"{FLOWS} flows kept class and name, all {talk.right} packets with the right mark")

    def test_quic_initials(self):
        """Valid, half of them with half a hello."""
        self.run_flood("quic")

    def test_dns_answers(self):
        """Each with a name of its own, to a client of its own."""
        self.run_flood("dns")


OPTIONS = arguments()

if __name__ == "__main__":
    main()
