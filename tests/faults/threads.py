#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""All of the agent's threads at once: reloads, scrapes, questions on the control socket, QUIC
Initials and DNS answers. tools/ci/tsan.sh runs it with an agent that ThreadSanitizer watches,
which ends with another status, and says why, if two threads met unprepared."""

import socket
import threading
import unittest

from support import FLOWMARK, main, proved
from support.pins import Pins
from support.said_names import dns_query, quic_initial
from lab.edge import OTHER4, SERVER4, EdgeLab
from lab.processes import wait_for
from lab.traffic import start_dnsmasq

RELOADS = 40
PAUSE = 0.01  # seconds, after each: two cores carry it all
QUIC_PORT = 443

POLICY = """
interfaces:
  - name: "lan*"
  - name: "wan*"
classes:
  - {{ name: first, dscp: EF }}
  - {{ name: second, dscp: AF41 }}
rules:
  - {{ class: {chosen}, host: ["*.itunes.apple.com", "*.work.example.test"] }}
"""


class Threads(unittest.TestCase):
    def setUp(self):
        self.lab = self.enterContext(EdgeLab("threads"))
        start_dnsmasq(self.lab)
        pins = Pins(self.lab, self.lab.edge)
        self.agent = self.lab.agent(self.lab.edge, FLOWMARK, POLICY.format(chosen="first"),
                                    pins=pins.path)
        self.over = threading.Event()
        self.done = {}
        self.wrong = []

    def repeat(self, name, action):
        """In a thread of its own until all is over."""
        def run():
            while not self.over.is_set():
                try:
                    action()
                except Exception as error:  # told by the test
                    self.wrong.append((name, error))
                    return
                self.done[name] = self.done.get(name, 0) + 1
                self.over.wait(PAUSE)
        thread = threading.Thread(target=run)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(self.over.set)

    def scrape(self):
        for path in ("/metrics", "/-/ready"):
            status, _ = self.agent.http(path)
            if status != 200:
                raise AssertionError(f"{path}: {status}")

    def ask_all(self):
        for command in ("status", "classes", "flows"):
            if not self.agent.ask(command)["ok"]:
                raise AssertionError(command)

    def say_hello(self):
        with self.lab.client.socket(socket.AF_INET, socket.SOCK_DGRAM) as quic:
            quic.sendto(self.initial, (OTHER4, QUIC_PORT))

    def look_up(self):
        with self.lab.client.socket(socket.AF_INET, socket.SOCK_DGRAM) as dns:
            dns.settimeout(10)
            dns.sendto(dns_query("a.work.example.test"), (SERVER4, 53))
            dns.recv(512)

    def test_reloads_scrapes_and_names_at_once(self):
        self.initial = quic_initial()
        for name, action in (("scrapes", self.scrape), ("questions", self.ask_all),
                             ("Initials", self.say_hello), ("DNS answers", self.look_up)):
            self.repeat(name, action)
        for number in range(RELOADS):
            self.agent.write(POLICY.format(chosen=("second", "first")[number % 2]))
            answer = self.agent.ask("reload")
            self.assertTrue(answer["ok"], answer)
        wait_for(lambda: len(self.done) == 4 or self.wrong, 30, "each thread to have gone round")
        self.over.set()
        self.assertEqual(self.wrong, [])
        metrics = self.agent.metrics()
        hellos = metrics.one("flowmark_quic_hellos_total", result="name")
        bindings = metrics.one("flowmark_dns_total", what="bindings")
        self.assertGreater(min(hellos, bindings), 0)
        self.assertEqual(self.agent.stop(), 0, self.agent.process.log())
        self.assertNotIn("Sanitizer", self.agent.process.log())
        proved(f"{RELOADS} reloads beside " +
               ", ".join(f"{count} {name}" for name, count in sorted(self.done.items())) +
               f": {hellos:.0f} names from QUIC, {bindings:.0f} bindings from DNS, and the agent "
               "ended in order")


if __name__ == "__main__":
    main()
