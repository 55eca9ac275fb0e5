#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The largest policy that the limits allow: it loads, reloads, shows in the status and
still decides rightly; one member or one rule more is refused, and the old one stays."""

import os
import random
import unittest

from support import FLOWMARK, main, proved
from lab.edge import EdgeLab
from lab.processes import LabError

RULES, MEMBERS, CLASSES = 1024, 1_000_000, 60
INTERFACES = 'interfaces: [{ name: "lan*" }, { name: wan0 }]\n'


def members(count):
    """Prefixes of both families, the same ones every time."""
    source = random.Random(7)
    lines = [f"2001:db8:{number:x}::/48" for number in range(1000)]
    while len(lines) < count:
        lines.append(".".join(str(source.randrange(1, 224)) for _ in range(4)))
    return "\n".join(lines) + "\n"


def policy(rules):
    classes = ", ".join(f"{{ name: c{number}, dscp: {number} }}" for number in range(CLASSES))
    lines = [f"  - {{ class: c{number % CLASSES}, protocol: udp, server_port: {1000 + number}, "
             f"client: 10.{number // 256}.{number % 256}.0/24 }}" for number in range(rules - 1)]
    return (f"{INTERFACES}classes: [{classes}]\nsets: {{ big: {{ prefixes_file: members.txt }} }}\n"
            "rules:\n" + "\n".join(lines) + '\n  - { class: c7, address: "@big" }\ndefault: c0\n')


class LargestPolicy(unittest.TestCase):
    def setUp(self):
        self.lab = self.enterContext(EdgeLab("big_policy"))
        self.agent = self.lab.agent(self.lab.edge, FLOWMARK, INTERFACES)
        self.file = os.path.join(os.path.dirname(self.agent.config), "members.txt")

    def write_members(self, count):
        with open(self.file, "w", encoding="utf-8") as file:
            file.write(members(count))

    def expect_in_force(self):
        in_force = self.agent.metrics()
        self.assertEqual(in_force.total("flowmark_policy_rules"), RULES)
        self.assertEqual(in_force.total("flowmark_policy_set_members"), MEMBERS)

    def test_largest_policy(self):
        self.write_members(MEMBERS)
        for _ in range(3):
            self.agent.reload(policy(RULES))
            self.expect_in_force()
        self.assertIn(f"{MEMBERS} members", self.agent.command("status")[1])
        with self.assertRaisesRegex(LabError, "1,?024"):
            self.agent.reload(policy(RULES + 1))
        self.agent.write(policy(RULES))
        self.write_members(MEMBERS + 1)
        with self.assertRaisesRegex(LabError, "1,?000,?000"):
            self.agent.reload()
        self.expect_in_force()
        proved(f"{RULES} rules and {MEMBERS} members load and reload; one more is refused")


if __name__ == "__main__":
    main()
