#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The agent is killed, stopped, replaced: packets are marked and counted all the
while, and `flowmark detach` leaves nothing.

  takeover.py [--kills N] [--rate PACKETS_PER_SECOND] [--seed N]
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import time
import unittest

from support import FLOWMARK, main, proved
from support.blast import Blast, policy_for
from support.pins import Pins
from lab.bpf import tcx_programs, xdp_program
from lab.edge import INTERFACES, EdgeLab
from lab.processes import output, wait_for

EF = "46"
NOBODY = 65534
HOOKS = [(i, d) for i in INTERFACES for d in ("ingress", "egress")]

POLICY = policy_for("lan*", "wan*")
XDP_POLICY = POLICY.replace('"lan*"', '"lan*"\n    xdp: native')


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--rate", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    options, sys.argv[1:] = parser.parse_known_args()
    return options


class Takeover(unittest.TestCase):
    def setUp(self):
        self.lab = self.enterContext(EdgeLab("takeover"))
        self.pins = Pins(self.lab, self.lab.edge)

    def start_agent(self, policy=POLICY, **options):
        self.agent = self.lab.agent(self.lab.edge, FLOWMARK, policy, pins=self.pins.path,
                                    **options)
        return self.agent

    def restart(self, number=signal.SIGKILL):
        self.agent.stop(number)
        self.agent.start()
        self.agent.wait_ready()

    def blast(self):
        return Blast(self.lab, OPTIONS.rate)

    def counted(self, interface, direction):
        return self.agent.metrics().one("flowmark_class_packets_total", interface=interface,
                                        direction=direction, **{"class": "voice"})

    def expect_all_marked(self, sent, seen):
        self.assertEqual(sent["refused"], 0)
        self.assertEqual((seen["packets"], seen["doubled"]), (sent["sent"], 0), "packets were lost")
        self.assertEqual(seen["dscp"], {EF: sent["sent"]}, "packets passed unmarked")

    def expect_exact(self, sent, before=0):
        for interface, direction in (("lan0", "ingress"), ("wan0", "egress")):
            self.assertEqual(self.counted(interface, direction), before + sent["sent"],
                             (interface, direction))

    def expect_hooks(self, expected):
        """How many programs sit on each tcx hook."""
        for interface, direction in HOOKS:
            found = tcx_programs(self.lab.edge, interface, direction)
            self.assertEqual(len(found), expected, (interface, direction, found))

    def xdp_row(self):
        return next(r for r in self.agent.json("status")["xdp"] if r["interface"] == "lan0")

    def expect_xdp(self):
        """That it is there, and does its part: under packets."""
        self.assertTrue(xdp_program(self.lab.edge, "lan0")[1].startswith("flowmark_xdp"))
        row = self.xdp_row()
        self.assertEqual((row["mode"], row["error"]), ("native", None))
        wait_for(lambda: self.xdp_row()["proven"], 60, "XDP to be proven")

    def expect_nothing_left(self, map_ids):
        self.expect_hooks(0)
        for interface in INTERFACES:
            self.assertEqual(xdp_program(self.lab.edge, interface), (0, ""))
            self.assertNotIn("clsact",
                             self.lab.edge.run("tc", "qdisc", "show", "dev", interface))
        self.pins.expect_gone(self, map_ids)

    def end_at_some_moment(self, chance):
        """In the middle of a start or of a reload, or at rest; then starts again."""
        if chance.random() < 0.5:
            time.sleep(chance.uniform(0, 0.3))
        else:
            self.agent.wait_ready()
            if chance.random() < 0.5:
                reload = subprocess.Popen([FLOWMARK, "reload", "--control", self.agent.control],
                                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                time.sleep(chance.uniform(0, 0.05))
                self.addCleanup(reload.wait)
        number = signal.SIGTERM if chance.random() < 0.2 else signal.SIGKILL
        self.agent.stop(number)
        self.agent.start()
        return number

    def run_kills(self, hook, kills, policy=POLICY):
        chance = random.Random(OPTIONS.seed)
        self.start_agent(policy, hook=hook)
        maps = self.pins.map_ids()
        blast = self.blast()
        ends = {signal.SIGKILL: 0, signal.SIGTERM: 0}
        while ends[signal.SIGKILL] < kills:
            ends[self.end_at_some_moment(chance)] += 1
            blast.expect_running()
        self.agent.wait_ready()
        if policy == XDP_POLICY:
            self.expect_xdp()
        sent, seen = blast.stop()
        self.expect_all_marked(sent, seen)
        self.expect_exact(sent)
        self.assertEqual(self.agent.stop(), 0)
        self.assertEqual(self.pins.map_ids(), maps, "the maps are others")
        self.pins.detach()
        self.expect_nothing_left(maps)
        proved(f"{hook}{', after native XDP' if policy == XDP_POLICY else ''}: "
               f"{ends[signal.SIGKILL]} SIGKILL and {ends[signal.SIGTERM]} SIGTERM at "
               f"random moments (seed {OPTIONS.seed}) under "
               f"{sent['sent'] / sent['seconds']:.0f} packets/s: {seen['packets']} of "
               f"{sent['sent']} packets arrived, all as EF, and exactly as many are counted; "
               f"nothing is left after flowmark detach")

    def test_kills_under_load(self):
        self.run_kills("tcx", OPTIONS.kills)

    def test_kills_under_load_clsact(self):
        self.run_kills("clsact", max(OPTIONS.kills // 5, 1))

    def test_kills_under_load_xdp(self):
        self.run_kills("tcx", max(OPTIONS.kills // 5, 1), XDP_POLICY)

    def test_marking_goes_on_without_an_agent(self):
        packets = 0
        for policy in (POLICY, XDP_POLICY):
            self.start_agent(policy)
            self.assertEqual(self.agent.stop(), 0)
            blast = self.blast()
            blast.wait_passed(OPTIONS.rate // 2)
            sent, seen = blast.stop()
            packets += sent["sent"]
            self.expect_all_marked(sent, seen)
            self.agent.start()
            self.agent.wait_ready()
            self.expect_exact(sent)
            self.assertTrue(self.agent.json("status")["pins"]["taken_over"])
            self.agent.stop()
            self.pins.detach()
        proved(f"on_exit: keep: without an agent {packets} packets are marked and counted, by XDP "
               f"too")

    def test_on_exit_detach(self):
        self.start_agent(POLICY + "agent: { on_exit: detach }\n")
        maps = self.pins.map_ids()
        self.assertEqual(self.agent.stop(), 0)
        self.expect_nothing_left(maps)
        proved(f"on_exit: detach: the agent takes everything with it, {len(maps)} maps among it")

    def test_another_version_is_replaced_without_a_gap(self):
        for hook, policy in (("tcx", POLICY), ("clsact", POLICY), ("tcx", XDP_POLICY)):
            self.start_agent(policy, hook=hook)
            maps = self.pins.map_ids()
            program = xdp_program(self.lab.edge, "lan0")
            self.agent.stop(signal.SIGKILL)
            os.rename(os.path.join(self.pins.path, "v1"), os.path.join(self.pins.path, "v0"))
            blast = self.blast()
            self.agent.start()
            self.agent.wait_ready()
            if policy == XDP_POLICY:
                self.expect_xdp()
            blast.wait_passed()
            sent, seen = blast.stop()
            self.expect_all_marked(sent, seen)
            self.assertIn("clean start", self.agent.process.log())
            self.assertEqual(os.listdir(self.pins.path), ["v1"])
            self.expect_hooks(1 if hook == "tcx" else 0)
            if policy == XDP_POLICY:
                self.assertNotEqual(xdp_program(self.lab.edge, "lan0"), program)
            self.assertFalse(maps & self.pins.map_ids())
            maps |= self.pins.map_ids()
            self.agent.stop()
            self.pins.detach()
            self.expect_nothing_left(maps)
        proved("what another layout version has left is replaced without an unmarked packet, "
               "and removed")

    def test_two_agents(self):
        self.start_agent()
        pid = self.agent.json("status")["pid"]
        second = self.lab.start(self.lab.edge, "second", FLOWMARK, "run", "--config",
                                self.agent.config, "--control", self.lab.path("second.sock"),
                                "--metrics", "off", "--pins", self.pins.path)
        self.assertEqual(second.wait(60), 1)
        self.assertIn(f"in use by process {pid}", second.log())
        status, errors = self.pins.refused()
        self.assertEqual(status, 1)
        self.assertIn(f"in use by process {pid}; stop it first", errors)
        self.expect_hooks(1)
        self.assertEqual(self.agent.json("status")["pid"], pid)
        proved("a second agent and flowmark detach refuse pins in use, and name its process")

    def test_another_size_of_the_cache_keeps_the_counters(self):
        self.start_agent()
        blast = self.blast()
        self.agent.write(POLICY + "agent: { flow_cache: 2048 }\n")
        self.restart()
        blast.wait_passed()
        sent, seen = blast.stop()
        self.expect_all_marked(sent, seen)
        self.expect_exact(sent)
        cache = [t for t in self.agent.json("status")["tables"] if t["table"] == "flow_cache"]
        self.assertEqual(cache[0]["max_entries"], 2048)
        self.restart()
        self.expect_exact(sent)
        proved(f"a flow cache of another size replaces the old one, and nothing else: "
               f"{sent['sent']} packets, all marked and counted")

    def test_what_changed_while_nobody_looked(self):
        """Renamed, named no longer, gone: all while no agent runs."""
        self.start_agent()
        blast = self.blast()
        blast.wait_passed()
        sent, _ = blast.stop()
        self.agent.stop(signal.SIGKILL)
        self.lab.edge.ip("link set lan1 down")
        self.lab.edge.ip("link set lan1 name lan5")
        self.lab.edge.ip("link set lan5 up")
        self.lab.edge.ip("link del wan0")
        self.agent.start()
        self.agent.wait_ready()
        attached = {r["interface"] for r in self.agent.json("status")["interfaces"]}
        self.assertEqual(attached, {"lan0", "lan5"})
        self.expect_exact(sent)
        self.assertEqual(len(self.pins.names("links")), 4)
        self.agent.write(POLICY.replace("lan*", "lan0"))
        self.restart()
        self.assertEqual(len(self.pins.names("links")), 2)
        self.assertEqual(tcx_programs(self.lab.edge, "lan5", "ingress"), [])
        proved("what was renamed, removed or named no longer while no agent ran is followed "
               "at the next start; counters stay")

    def test_without_a_bpf_file_system(self):
        self.pins.path = self.lab.path("pins")
        self.start_agent()
        self.assertIn("will end with the agent", self.agent.process.log())
        self.assertEqual(self.agent.metrics().one("flowmark_pinned"), 0)
        self.assertIn("not pinned", self.agent.command("status")[1])
        self.agent.stop(signal.SIGKILL)
        wait_for(lambda: not any(tcx_programs(self.lab.edge, *hook) for hook in HOOKS), 60,
                 "the programs to end with the agent")
        self.assertFalse(os.path.exists(self.pins.path))
        proved(f"where nothing can be pinned the agent says so, and works without: on {len(HOOKS)} "
               f"hooks, none after its end")

    def test_detach_twice(self):
        self.start_agent()
        self.agent.stop()
        self.assertIn("removed from", self.pins.detach())
        self.assertIn("nothing to remove", self.pins.detach())
        proved("flowmark detach may be run again")

    def test_as_a_user_of_its_own(self):
        """As the systemd unit runs it: three capabilities, a folder of its own."""
        os.mkdir(self.pins.path, 0o700)
        os.chown(self.pins.path, NOBODY, NOBODY)
        for path in (self.pins.mount, self.lab.directory):
            os.chmod(path, 0o777)
        capabilities = "+bpf,+net_admin,+perfmon"
        self.start_agent(wrapper=(
            "setpriv", "--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups",
            "--bounding-set", f"-all,{capabilities}", "--inh-caps", f"-all,{capabilities}",
            "--ambient-caps", f"-all,{capabilities}"))
        maps = self.pins.map_ids()
        blast = self.blast()
        for _ in range(3):
            self.restart()
        blast.wait_passed()
        sent, seen = blast.stop()
        self.expect_all_marked(sent, seen)
        self.expect_exact(sent)
        self.agent.stop()
        self.pins.detach()
        self.expect_nothing_left(maps)
        proved(f"with three capabilities and a folder of its own, a plain user's agent takes over "
               f"3 times under {sent['sent']} packets, all marked and counted; root can detach")

    def test_read_only(self):
        """The folder is there and cannot be written."""
        os.mkdir(self.pins.path, 0o700)
        output("mount", "-o", "remount,ro", self.pins.mount)
        self.start_agent()
        self.assertIn("Read-only file system", self.agent.process.log())
        self.assertEqual(self.agent.metrics().one("flowmark_pinned"), 0)
        blast = self.blast()
        blast.wait_passed()
        sent, seen = blast.stop()
        self.expect_all_marked(sent, seen)
        self.expect_exact(sent)
        self.agent.stop()
        proved(f"a read-only BPF file system is no reason not to mark: {sent['sent']} packets were")


OPTIONS = arguments()

if __name__ == "__main__":
    main()
