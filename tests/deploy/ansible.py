#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""deploy/ansible as it is shipped, run over SSH against two booted Debian hosts that route, one
behind the other, between a client and a server."""

import json
import unittest

from support import main, proved
from support.blast import PORT, Blast
from support.debian import build_package, depends_of
from support.managed import Fleet
from support.two_edges import MANAGED, TwoEdgesLab
from support.two_policies import AF41, CLASSES, EF, expect_all_arrived

CONFIG = "/etc/flowmark/flowmark.yaml"
FIRST, SECOND = CLASSES
CHANGED = ["Write the policy", "Reload Flowmark"]
# What is shown on one host is not shown again on the other.
ONE = ("--limit", "edge-1")


def policy(chosen, dscp="EF"):
    """As an inventory holds it."""
    return {
        "interfaces": [{"name": "lan*"}, {"name": "wan*"}],
        "classes": [{"name": FIRST, "dscp": dscp}, {"name": SECOND, "dscp": "AF41"},
                    {"name": "other", "dscp": "keep"}],
        "sets": {"ports": {"ports_file": "sets/ports"}},
        "rules": [{"class": chosen, "protocol": "udp", "server_port": "@ports"}],
        "default": "other"}


class Ansible(unittest.TestCase):
    """In the order of the names: each goes on from what the one before has left."""

    @classmethod
    def setUpClass(cls):
        cls.lab = cls.enterClassContext(TwoEdgesLab("ansible"))
        cls.packages = [build_package(cls.lab.directory, version)
                        for version in ("1.0-1", "1.0-2")]
        cls.package = cls.packages[0]
        cls.fleet = Fleet(cls.lab, cls.lab.edges, MANAGED, depends_of(cls.package))
        cls.hosts = cls.fleet.hosts

    def play(self, *arguments, chosen=FIRST, dscp="EF", **variables):
        return self.fleet.play({
            "flowmark_deb": self.package, "flowmark_policy": policy(chosen, dscp),
            "flowmark_set_files": {"ports": [PORT]}, **variables}, *arguments)

    def expect_good(self, result, hosts=2):
        self.assertEqual((result.returncode, result.counts("failures"),
                          result.counts("unreachable")), (0, [0] * hosts, [0] * hosts),
                         result.said)

    def pids(self):
        return [host.unit("flowmark", "MainPID")["MainPID"] for host in self.hosts]

    def reloads(self):
        """How many each agent has done; a start is none."""
        return [self.status(host)["reload"]["successes"] for host in self.hosts]

    @staticmethod
    def status(host):
        return json.loads(host.run("flowmark", "status", "-o", "json"))

    @staticmethod
    def counted(host, interface, direction):
        """Packets that were put into one of the two classes."""
        rows = json.loads(host.run("flowmark", "classes", "-o", "json"))["classes"]
        return sum(row["packets"] for row in rows if row["class"] in CLASSES
                   and (row["interface"], row["direction"]) == (interface, direction))

    def ends(self):
        return [self.counted(host, *end) for host in self.hosts
                for end in (("lan0", "ingress"), ("wan0", "egress"))]

    def blast(self, act):
        """Numbered datagrams through both hosts while `act` runs: none is lost or unmarked, and
        each host counts each once. What `act` returns, what was sent, and the marks."""
        before = self.ends()
        blast = Blast(self.lab, rate=2000)
        result = act()
        blast.expect_running()
        sent, seen = blast.stop()
        expect_all_arrived(self, sent, seen)
        self.assertLessEqual(set(seen["dscp"]), {EF, AF41}, "packets passed unmarked")
        self.assertEqual([now - then for now, then in zip(self.ends(), before)],
                         [sent["sent"]] * 4)
        return result, sent["sent"], seen["dscp"]

    def test_1_the_first_run_installs(self):
        dry = self.play("--check", "--diff", *ONE)
        self.expect_good(dry, hosts=1)
        self.assertGreater(dry.counts("changed")[0], 0)
        self.assertNotEqual(self.hosts[0].call("test", "-e", "/usr/bin/flowmark").returncode, 0)
        first = self.play()
        self.expect_good(first)
        self.assertGreater(min(first.counts("changed")), 2, first.said)
        for host in self.hosts:
            self.assertEqual(host.unit("flowmark", "ActiveState", "UnitFileState"),
                             {"ActiveState": "active", "UnitFileState": "enabled"})
            policy_ = self.status(host)["policy"]
            self.assertEqual((policy_["rules"], policy_["set_members"]), (1, 1), policy_)
        proved(f"a check changes nothing; the first run changes {first.counts('changed')} things "
               "on the two hosts, and the agents run with the inventory's policy")

    def test_2_the_second_run_changes_nothing(self):
        pids, reloads = self.pids(), self.reloads()
        again = self.play()
        self.expect_good(again)
        self.assertEqual(again.counts("changed"), [0, 0], again.tasks())
        self.assertEqual((self.pids(), self.reloads()), (pids, reloads))
        proved(f"the second run: changed={again.counts('changed')} of {again.counts('ok')} tasks")

    def test_3_a_change_reloads_without_a_lost_packet(self):
        pids, reloads = self.pids(), self.reloads()
        changed, sent, marks = self.blast(lambda: self.play(chosen=SECOND))
        self.expect_good(changed)
        self.assertEqual(changed.counts("changed"), [2, 2], changed.tasks())
        self.assertEqual(changed.tasks(), CHANGED * 2)
        self.assertEqual((self.pids(), self.reloads()), (pids, [n + 1 for n in reloads]))
        self.assertEqual(set(marks), {EF, AF41}, "the change was not seen on the way")
        proved(f"a changed policy is reloaded on both hosts, nothing restarted: {sent} datagrams "
               f"sent, as many arrived, {marks[EF]} as EF, {marks[AF41]} as AF41, none unmarked, "
               "each counted once on both hosts")

    def test_4_a_wrong_policy_is_refused(self):
        pids, reloads = self.pids(), self.reloads()
        texts = [host.run("cat", CONFIG) for host in self.hosts]
        line = 1 + texts[0].splitlines().index("  dscp: EF")
        for arguments in (("--check",), ()):
            refused, sent, marks = self.blast(lambda: self.play(*arguments, chosen=SECOND,
                                                                dscp="EFF"))
            self.assertEqual(refused.returncode, 2, refused.said)
            self.assertIn(f"{CONFIG}:{line}:9: error: found 'EFF'", refused.messages()[0])
            # The first host fails, and the second is left alone.
            self.assertEqual((refused.counts("changed"), refused.counts("failures")), ([0], [1]))
            self.assertEqual(set(marks), {AF41})
        self.assertEqual([host.run("cat", CONFIG) for host in self.hosts], texts)
        self.assertEqual((self.pids(), self.reloads()), (pids, reloads))
        proved(f"a wrong policy fails the play, also as a check, with '{CONFIG}:{line}:9: error: "
               f"found 'EFF'...'; files and agents stay as they were, and {sent} datagrams too")

    def test_5_a_wrong_set_is_refused(self):
        refused = self.play(chosen=SECOND, flowmark_set_files={"ports": [PORT, 70000]})
        self.assertEqual(refused.returncode, 2, refused.said)
        self.assertIn("/etc/flowmark/sets/ports:3:1: error: found '70000'", refused.messages()[0])
        proved("so does a wrong line in the file of a set")

    def test_6_a_file_beside_the_inventory(self):
        path = self.lab.path("own.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(json.dumps(policy(FIRST)) + "\n")
        done = self.play(*ONE, flowmark_policy_file=path)
        self.expect_good(done, hosts=1)
        self.assertEqual(done.tasks(), ["Copy the policy", "Reload Flowmark"])
        proved("a policy that is a file on the controller is copied as it is, and reloaded")

    def test_7_a_refused_reload_is_made_up_for(self):
        """Somebody broke the file by hand and reloaded; the file is right again, the agent still
        says that it is not."""
        host = self.hosts[0]
        host.write(CONFIG, "rules: {}\n")
        self.assertNotEqual(host.call("systemctl", "reload", "flowmark").returncode, 0)
        self.assertEqual(self.status(host)["reload"]["ok"], False)
        self.expect_good(self.play(*ONE), hosts=1)
        self.assertEqual(self.status(host)["reload"]["ok"], True)
        host.run("touch", "-d", "1 minute", CONFIG)
        touched = self.play(*ONE)
        self.assertEqual(touched.tasks(), ["Reload what is not in force", "Reload Flowmark"])
        host.run("touch", "-d", "1 minute ago", CONFIG)
        proved("what somebody broke by hand is repaired by the next run, and what was written but "
               "not reloaded is reloaded")

    def test_8_a_package_change_restarts(self):
        host, pid = self.hosts[0], self.pids()[0]
        Ansible.package = self.packages[1]
        changed, sent, _ = self.blast(lambda: self.play(*ONE))
        self.expect_good(changed, hosts=1)
        self.assertIn("Restart Flowmark", changed.tasks())
        self.assertNotIn("Reload Flowmark", changed.tasks())
        self.assertNotEqual(self.pids()[0], pid)
        self.assertEqual(host.unit("flowmark", "SubState", "NRestarts"),
                         {"SubState": "running", "NRestarts": "0"})
        self.assertEqual(host.run("readlink", f"/proc/{self.pids()[0]}/exe"), "/usr/bin/flowmark\n")
        proved(f"another version of the package restarts the agent; {sent} datagrams pass "
               "meanwhile, all of them marked and counted")


if __name__ == "__main__":
    main()
