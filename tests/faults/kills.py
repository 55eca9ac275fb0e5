#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The agent killed at random moments of all that it does, under numbered packets: each arrives,
each is marked as one of the two policies says and counted once, and `flowmark detach` leaves
nothing.

  kills.py [--rounds N] [--rate PACKETS_PER_SECOND] [--seed N]    FLOWMARK_FAULTS_ROUNDS: N; 30
"""

import contextlib
import http.client
import random
import signal
import subprocess
import threading
import time
import unittest

from support import FLOWMARK, main, proved
from support.blast import Blast
from support.options import fault_options
from support.pins import Pins
from support.remains import Remains
from support.said_names import dns_query, quic_initial
from support.two_policies import (EF, FIRST, SECOND, counted, expect_all_arrived,
                                  expect_all_counted, expect_all_marked, swap)
from lab.edge import SERVER4, EdgeLab
from lab.processes import wait_for
from lab.traffic import start_dnsmasq

PHASES = 5


def seconds_of(function):
    start = time.monotonic()
    function()
    return time.monotonic() - start


class Background:
    """Calls `act` again and again in a thread, until it is ended."""

    def __init__(self, act):
        self._act = act
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._loop)
        self.times = 0
        self._thread.start()

    def _loop(self):
        while not self._over.wait(0.005):
            self._act()
            self.times += 1

    def end(self):
        self._over.set()
        self._thread.join()


class Kills(unittest.TestCase):
    def setUp(self):
        self.lab = self.enterContext(EdgeLab("kills"))
        self.pins = Pins(self.lab, self.lab.edge)
        self.remains = Remains(self.lab, self.pins)
        self.chance = random.Random(OPTIONS.seed)
        self.rounds = max(OPTIONS.rounds // PHASES, 1)
        self.agent = self.lab.agent(self.lab.edge, FLOWMARK, FIRST, pins=self.pins.path)

    def kill(self):
        self.remains.note(self.agent)
        self.agent.stop(signal.SIGKILL)

    def kill_within(self, seconds):
        time.sleep(self.chance.uniform(0, seconds))
        self.kill()

    def start(self):
        self.agent.start()
        self.agent.wait_ready()

    def run_kills(self, phase, one, prepare=lambda: None):
        """`one` ends with an agent killed; the next one goes on."""
        blast = Blast(self.lab, OPTIONS.rate)
        within = prepare()
        for number in range(self.rounds):
            one(number, within)
            self.start()
            blast.expect_running()
        sent, seen = blast.stop()
        expect_all_marked(self, sent, seen)
        expect_all_counted(self, self.agent, sent)
        self.remains.end(self, self.agent)
        self.say(phase, sent["sent"], sent["sent"] / sent["seconds"],
                 f"all {seen['packets']} arrived, all marked by one of two policies, and as many "
                 f"counted")

    def say(self, phase, sent, rate, outcome):
        proved(f"SIGKILL in the middle of {phase}: {self.rounds} times (seed {OPTIONS.seed}), "
               f"{sent} numbered packets at {rate:.0f}/s: {outcome}; nothing of "
               f"{len(self.remains.objects)} maps, programs and links is left")

    def test_start(self):
        """With nothing there before it: from the first attachment on, all are marked."""
        self.remains.end(self, self.agent)
        within = seconds_of(self.start)
        self.remains.end(self, self.agent)
        packets, marked, rate = 0, 0, 0.0
        for _ in range(self.rounds):
            blast = Blast(self.lab, OPTIONS.rate)
            self.agent.start()
            self.kill_within(within)
            self.start()
            blast.wait_passed()
            sent, seen = blast.stop()
            packets, rate = packets + sent["sent"], sent["sent"] / sent["seconds"]
            marked += self.expect_marked_from_the_first(sent, seen)
            self.remains.end(self, self.agent)
        self.say("a start", packets, rate, f"all arrived, and {marked}, all from the first "
                 "attachment on, marked and counted")

    def expect_marked_from_the_first(self, sent, seen):
        """What is attached first has counted all."""
        expect_all_arrived(self, sent, seen)
        self.assertLessEqual(set(seen["dscp"]), {"0", EF})
        self.assertLess(seen["last_unmarked"], seen["first_marked"])
        marked = seen["dscp"][EF]
        self.assertEqual(max(counted(self.agent, "lan0", "ingress"),
                             counted(self.agent, "wan0", "egress")), marked)
        return marked

    def test_reload(self):
        def one(number, within):
            swap(self.agent.config, (SECOND, FIRST)[number % 2])
            reload = subprocess.Popen([FLOWMARK, "reload", "--control", self.agent.control],
                                      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            self.kill_within(within)
            reload.wait(60)

        self.run_kills("a reload", one, lambda: seconds_of(self.agent.reload))

    def test_takeover(self):
        def one(_, within):
            self.kill()
            self.agent.start()
            self.kill_within(within)

        def prepare():
            self.kill()
            return seconds_of(self.start)

        self.run_kills("a takeover", one, prepare)

    def scrape(self):
        with contextlib.suppress(OSError, http.client.HTTPException):
            self.agent.metrics()

    def test_scrape(self):
        within = seconds_of(self.agent.metrics)
        scrapers = [Background(self.scrape) for _ in range(2)]
        try:
            # Two at a time: some moment of one, wherever it has begun.
            self.run_kills("scrapes", lambda _, within: self.kill_within(within),
                           lambda: 4 * within)
        finally:
            for scraper in scrapers:
                scraper.end()

    def talk(self):
        """A QUIC hello and a question to the DNS, each of a flow of its own."""
        self.asked += 1
        with self.lab.client.socket(2, 2) as quic, self.lab.client.socket(2, 2) as dns:
            quic.sendto(self.initial, (SERVER4, 443))
            dns.sendto(dns_query(f"h{self.asked}.example.test", self.asked), (SERVER4, 53))

    def learned(self):
        samples = self.agent.metrics()
        names = samples.total("flowmark_quic_hellos_total", result="name")
        bound = samples.total("flowmark_dns_total", what="bindings")
        return (names, bound) if names and bound else None

    def test_learning(self):
        start_dnsmasq(self.lab)
        self.initial = quic_initial()
        self.asked = 0
        totals = [0, 0]

        def one(_, within):
            names, bound = wait_for(self.learned, 60, "names from QUIC and DNS")
            totals[0] += names
            totals[1] += bound
            self.kill_within(within)

        talker = Background(self.talk)
        try:
            self.run_kills("learning names", one, lambda: 0.1)
        finally:
            talker.end()
        print(f"        {totals[0]:.0f} names from QUIC and {totals[1]:.0f} bindings from DNS had "
              f"been learned by then", flush=True)


OPTIONS = fault_options()

if __name__ == "__main__":
    main()
