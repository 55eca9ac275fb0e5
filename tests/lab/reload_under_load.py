#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Policies are swapped under load: every packet is marked by one of them, whole.

  reload_under_load.py [--reloads N] [--rate PACKETS_PER_SECOND]
"""

import argparse
import os
import sys
import threading
import time
import unittest

from support import FLOWMARK, main, proved
from support.blast import FLOWS, PORT, Blast
from lab.edge import EdgeLab

FIRST, SECOND = 46, 34  # EF, AF41

# The two policies differ in which class the flows get, and in all that stands
# before the rule that decides, so that tables move as well.
POLICY = """
interfaces:
  - name: "lan*"
  - name: "wan*"
classes:
  - {{ name: first,  dscp: EF }}
  - {{ name: second, dscp: AF41 }}
  - {{ name: never,  dscp: CS7 }}
sets:
  nobody: {{ prefixes: [{nobody}] }}
rules:
{before}
  - {{ class: {chosen}, protocol: udp, server_port: {port} }}
"""


def policy(chosen, rules, prefixes, second_octet):
    nobody = ", ".join(f"10.{second_octet}.{i}.0/24" for i in range(prefixes))
    before = "\n".join(f'  - {{ class: never, address: "@nobody", protocol: udp, '
                       f"port: {1000 + i} }}" for i in range(rules))
    return POLICY.format(nobody=nobody, before=before, chosen=chosen, port=PORT)


POLICIES = (policy("first", 3, 20, 1), policy("second", 90, 250, 2))


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--reloads", type=int, default=1000)
    parser.add_argument("--rate", type=int, default=20_000)
    options, sys.argv[1:] = parser.parse_known_args()
    return options


class CounterWatch(threading.Thread):
    """Scrapes all the time and notes every counter that was ever lower than before."""

    def __init__(self, agent):
        super().__init__()
        self._agent = agent
        self._over = threading.Event()
        self.scrapes = 0
        self.fallen = []
        self.last = {}

    def run(self):
        while not self._over.is_set():
            self.look()
            self._over.wait(0.1)

    def look(self):
        now = {key: value for key, value in self._agent.metrics().items()
               if key[0].endswith("_total")}
        self.fallen += [(key, before, now.get(key)) for key, before in self.last.items()
                        if now.get(key, -1) < before]
        self.last = now
        self.scrapes += 1

    def end(self):
        self._over.set()
        self.join()
        self.look()


class ReloadUnderLoad(unittest.TestCase):
    def setUp(self):
        self.lab = self.enterContext(EdgeLab("reload"))
        self.agent = self.lab.agent(self.lab.edge, FLOWMARK, POLICIES[0])

    def prepare_policies(self):
        """Two files, and the config as a link that names one or the other."""
        names = []
        for number, text in enumerate(POLICIES):
            names.append(self.lab.path(f"policy-{number}.yaml"))
            with open(names[-1], "w", encoding="utf-8") as file:
                file.write(text)
        return names

    def reload_to(self, name):
        link = self.agent.config + ".new"
        os.symlink(name, link)
        os.replace(link, self.agent.config)
        answer = self.agent.ask("reload")
        self.assertTrue(answer["ok"], answer)

    def test_every_packet_has_one_of_the_two_marks(self):
        names = self.prepare_policies()
        blast = Blast(self.lab, OPTIONS.rate)
        watch = CounterWatch(self.agent)
        watch.start()
        start, slowest = time.monotonic(), 0.0
        try:
            for number in range(OPTIONS.reloads):
                before = time.monotonic()
                self.reload_to(names[(number + 1) % 2])
                slowest = max(slowest, time.monotonic() - before)
                blast.expect_running()
            seconds = time.monotonic() - start
            sent, seen = blast.stop()
        finally:
            watch.end()
        self.judge(sent, seen, watch)
        self.assertGreaterEqual(sent["sent"], 0.95 * OPTIONS.rate * sent["seconds"],
                                "the sender could not keep its rate")
        marks, mean = seen["dscp"], seconds / OPTIONS.reloads
        proved(f"{OPTIONS.reloads} reloads in {seconds:.1f} s (mean {mean * 1e3:.1f} ms, "
               f"slowest {slowest * 1e3:.1f} ms) under {sent['sent'] / sent['seconds']:.0f} "
               f"packets/s in {FLOWS} flows: {seen['packets']} of {sent['sent']} packets arrived, "
               f"{marks[str(FIRST)]} as EF, {marks[str(SECOND)]} as AF41, none with another mark; "
               f"{len(watch.last)} counters never fell in {watch.scrapes} scrapes, and count as "
               f"many packets as were sent")

    def judge(self, sent, seen, watch):
        self.assertEqual(sent["refused"], 0)
        self.assertEqual((seen["packets"], seen["doubled"]), (sent["sent"], 0), "packets were lost")
        self.assertEqual(set(seen["dscp"]), {str(FIRST), str(SECOND)}, seen)
        self.assertEqual(watch.fallen, [])
        samples = self.agent.metrics()
        for interface, direction in (("lan0", "ingress"), ("wan0", "egress")):
            counted = sum(samples.total("flowmark_class_packets_total", interface=interface,
                                        direction=direction, **{"class": name})
                          for name in ("first", "second"))
            self.assertEqual(counted, sent["sent"], (interface, direction))
        self.assertEqual(samples.one("flowmark_config_reloads_total", result="failure"), 0)
        self.assertGreaterEqual(samples.one("flowmark_config_reloads_total", result="success"),
                                OPTIONS.reloads)
        self.assertEqual(samples.total("flowmark_undecided_packets_total", reason="no_table"), 0)


OPTIONS = arguments()

if __name__ == "__main__":
    main()
