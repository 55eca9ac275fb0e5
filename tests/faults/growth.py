#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""An agent that reloads and is scraped for a long time holds as many descriptors, maps and
programs as before, and no more memory; and under valgrind it loses none of either.

FLOWMARK_GROWTH_ROUNDS sets how many reloads and scrapes there are, 1,000 without it;
FLOWMARK_VALGRIND_ROUNDS how many of them under valgrind, 50.
"""

import contextlib
import os
import re
import time
import unittest
from collections import Counter

from support import FLOWMARK, main, proved
from support.pins import Pins
from lab.edge import EdgeLab
from lab.processes import wait_for

ROUNDS = int(os.environ.get("FLOWMARK_GROWTH_ROUNDS", "1000"))
# Until then allocators and caches fill up.
WARM_UP = 200
SLACK_KIB = 512
VALGRIND_ROUNDS = int(os.environ.get("FLOWMARK_VALGRIND_ROUNDS", "50"))

POLICY = """
interfaces:
  - name: "lan*"
  - name: "wan*"
classes:
  - {{ name: voice, dscp: EF }}
  - {{ name: {other}, dscp: AF41 }}
sets:
  nets: {{ prefixes: [{nets}] }}
  sites: {{ hosts: [{sites}] }}
rules:
  - {{ class: voice, protocol: udp, port: {ports} }}
  - {{ class: {other}, server: "@nets" }}
  - {{ class: {other}, host: "@sites" }}
"""


def policy(other, members, ports):
    return POLICY.format(other=other, ports=ports,
                         nets=", ".join(f"10.{members}.{i}.0/24" for i in range(members)),
                         sites=", ".join(f"s{i}.{other}.example" for i in range(members)))


# All that a reload replaces is another, and of another size.
POLICIES = (policy("video", 20, "5060"), policy("work", 200, "[1-99, 5060, 16384-32767]"))


def held(pid):
    """Open descriptors by what they are: bpf-map, bpf-prog, bpf_link, socket and so on."""
    kinds = Counter()
    for name in os.listdir(f"/proc/{pid}/fd"):
        with contextlib.suppress(FileNotFoundError):  # closed since
            target = os.readlink(f"/proc/{pid}/fd/{name}")
            kinds[re.sub(r"^anon_inode:|:?\[.*\]$", "", target) or target] += 1
    return kinds


def held_at_rest(pid):
    """What it holds when nobody asks: it closes connections a moment after we do."""
    looks = []

    def unchanged():
        looks.append(held(pid))
        return len(looks) >= 5 and all(look == looks[-1] for look in looks[-5:])
    wait_for(unchanged, 20, "the agent to come to rest")
    return looks[-1]


def memory_kib(pid):
    """Resident, and the part of it that is the process's own."""
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        fields = dict(line.split(":", 1) for line in status)
    return tuple(int(fields[name].split()[0]) for name in ("VmRSS", "RssAnon"))


class Growth(unittest.TestCase):
    def setUp(self):
        self.lab = self.enterContext(EdgeLab("growth"))
        self.pins = Pins(self.lab, self.lab.edge)

    def start(self, **options):
        self.agent = self.lab.agent(self.lab.edge, FLOWMARK, POLICIES[0], pins=self.pins.path,
                                    **options)

    def go_round(self, count):
        """Reloads and scrapes; ends with the policy that it began with."""
        for number in range(count):
            self.agent.write(POLICIES[(number + 1) % 2])
            answer = self.agent.ask("reload")
            self.assertTrue(answer["ok"], answer)
            status, page = self.agent.http("/metrics")
            self.assertEqual((status, "flowmark_policy_generation" in page), (200, True))
            self.assertTrue(self.agent.ask("flows")["ok"])
        self.assertEqual(count % 2, 0, "an even number of rounds ends where it began")

    def test_nothing_grows(self):
        self.start()
        pid = self.agent.process.pid
        self.go_round(WARM_UP)
        fds, maps, (resident, own) = held_at_rest(pid), self.pins.map_ids(), memory_kib(pid)
        self.assertTrue(fds["bpf-map"] and fds["bpf-prog"], fds)
        start = time.monotonic()
        self.go_round(ROUNDS)
        seconds = time.monotonic() - start
        self.assertEqual(held_at_rest(pid), fds)
        self.assertEqual(len(self.pins.map_ids()), len(maps))
        resident_now, own_now = memory_kib(pid)
        proved(f"{ROUNDS} reloads and as many scrapes in {seconds:.0f} s: {fds.total()} "
               f"descriptors before and after ({fds['bpf-map']} maps, {fds['bpf-prog']} programs, "
               f"{fds['bpf_link']} links), {len(maps)} maps pinned; resident {resident} KiB "
               f"before, {resident_now} after, of that its own {own} and {own_now}")
        self.assertLessEqual(own_now, own + SLACK_KIB)
        self.assertLessEqual(resident_now, resident + SLACK_KIB)
        self.assertEqual(
            self.agent.metrics().one("flowmark_config_reloads_total", result="success"),
            WARM_UP + ROUNDS)

    def test_nothing_is_lost_under_valgrind(self):
        """Of what bpf(2) fills in valgrind knows nothing, so it does not judge by that."""
        log = self.lab.path("valgrind.log")
        self.start(wrapper=("valgrind", "--track-fds=yes", "--leak-check=full",
                            "--undef-value-errors=no", f"--log-file={log}"))
        self.go_round(VALGRIND_ROUNDS)
        self.assertEqual(self.agent.stop(), 0)
        with open(log, encoding="utf-8", errors="replace") as file:
            report = file.read()
        lost = re.search(r"definitely lost: ([\d,]+) bytes", report)
        whole = "All heap blocks were freed" in report
        self.assertTrue(whole or (lost and lost[1] == "0"), report)
        self.assertEqual(re.findall(r"Invalid (?:read|write|free).*", report), [], report)
        opened = re.findall(r"Open (?:file descriptor|AF_\w+ socket) .*\n(?!.*<inherited)", report)
        self.assertEqual(opened, [], report)
        used = re.search(r"total heap usage: (.*)", report)
        self.assertIsNotNone(used, report)
        proved(f"{VALGRIND_ROUNDS} reloads and as many scrapes under valgrind: no block lost, no "
               f"descriptor left, no access outside of one ({used[1]})")


if __name__ == "__main__":
    main()
