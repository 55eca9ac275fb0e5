#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Upgrades to an agent whose maps are laid out differently, and back, under numbered packets;
and two agents that start at once.

  upgrade.py [--rounds N] [--rate PACKETS_PER_SECOND] [--seed N]   FLOWMARK_FAULTS_ROUNDS: N; 30
"""

import itertools
import os
import random
import re
import signal
import time
import unittest

from support import FLOWMARK, main, proved
from support.blast import Blast
from support.options import fault_options
from support.pins import Pins
from support.remains import Remains
from support.two_policies import EF, FIRST, expect_all_counted, expect_all_marked
from lab.edge import EdgeLab
from lab.processes import wait_for

# A map's name, which is part of the layout's fingerprint; the other binary has another one of the
# same length, in the BPF object and in the agent alike.
MAP, OTHER_MAP = b"fm_recent\0", b"fm_rezent\0"


class Upgrade(unittest.TestCase):
    def setUp(self):
        self.lab = self.enterContext(EdgeLab("upgrade"))
        self.pins = Pins(self.lab, self.lab.edge)
        self.remains = Remains(self.lab, self.pins)
        self.current = self.lab.path("current")
        self.chance = random.Random(OPTIONS.seed)
        self.install(FLOWMARK)

    def install(self, binary):
        """What the next start runs, by a link as packages have it."""
        os.symlink(binary, self.current + ".new")
        os.replace(self.current + ".new", self.current)

    def other_binary(self):
        with open(FLOWMARK, "rb") as file:
            program = file.read()
        self.assertGreater(program.count(MAP), 0)
        other = self.lab.path("flowmark-other")
        with open(other, "wb") as file:
            file.write(program.replace(MAP, OTHER_MAP))
        os.chmod(other, 0o755)
        return other

    def start_agent(self):
        self.agent = self.lab.agent(self.lab.edge, self.current, FIRST, pins=self.pins.path)

    def stop(self, number):
        self.remains.note(self.agent)
        self.agent.stop(number)

    def test_another_layout_and_back(self):
        binaries = itertools.cycle((self.other_binary(), FLOWMARK))
        self.start_agent()
        blast = Blast(self.lab, OPTIONS.rate)
        rounds = max(OPTIONS.rounds // 3, 2)
        for _ in range(rounds):
            self.install(next(binaries))
            self.stop(self.chance.choice((signal.SIGTERM, signal.SIGKILL)))
            self.agent.start()
            if self.chance.random() < 0.5:  # in the middle of it, and once more
                time.sleep(self.chance.uniform(0, 1))
                self.stop(signal.SIGKILL)
                self.agent.start()
            self.agent.wait_ready()
            wait_for(lambda: os.listdir(self.pins.path) == ["v1"], 60, "the other's pins to go")
            blast.expect_running()
        sent, seen = blast.stop()
        expect_all_marked(self, sent, seen, (EF,))
        self.remains.end(self, self.agent)
        proved(f"{rounds} upgrades to another layout and back, killed in the middle by chance "
               f"(seed {OPTIONS.seed}): {sent['sent']} numbered packets at "
               f"{sent['sent'] / sent['seconds']:.0f}/s, none lost, none unmarked; nothing of "
               f"{len(self.remains.objects)} maps, programs and links is left")

    def test_says_so(self):
        self.start_agent()
        self.install(self.other_binary())
        self.stop(signal.SIGTERM)
        self.agent.start()
        self.agent.wait_ready()
        self.assertRegex(self.agent.process.log(),
                         r"clean start: .* reason=its maps are laid out differently")
        self.remains.end(self, self.agent)
        proved("an agent whose maps are laid out differently says that it starts clean, and why; "
               f"nothing of {len(self.remains.objects)} maps, programs and links is left")

    def start_two(self):
        """At once; the one that is refused, and the one that is not."""
        self.agent.start()
        second = self.lab.start(self.lab.edge, "second", FLOWMARK, "run", "--config",
                                self.agent.config, "--control", self.lab.path("second.sock"),
                                "--metrics", "off", "--pins", self.pins.path)
        both = (self.agent.process, second)

        def one_ended():
            return next((p for p in both if not p.running()), None)
        ended = wait_for(one_ended, 60, "one of two agents to be refused")
        other, = (p for p in both if p is not ended)
        return ended, other

    def test_two_at_once(self):
        self.start_agent()
        blast = Blast(self.lab, OPTIONS.rate)
        rounds = max(OPTIONS.rounds // 3, 2)
        for _ in range(rounds):
            self.stop(signal.SIGTERM)
            refused, other = self.start_two()
            self.assertEqual(refused.returncode, 1)
            said = re.search(r"error .*in use by (process \d+|another process)", refused.log())
            self.assertTrue(said, refused.log())
            other.wait_log("ready version=")
            other.stop()
        self.agent.start()
        self.agent.wait_ready()
        sent, seen = blast.stop()
        expect_all_marked(self, sent, seen, (EF,))
        expect_all_counted(self, self.agent, sent)
        self.remains.end(self, self.agent)
        proved(f"{rounds} times two agents at once: one is refused and says by whom the pins are "
               f"in use; {sent['sent']} numbered packets, none lost or unmarked, all counted")


OPTIONS = fault_options()

if __name__ == "__main__":
    main()
