#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The Debian package on a booted host that routes: installed, upgraded under traffic, with a policy
that is broken, removed and purged."""

import json
import re
import unittest

from support import FLOWMARK, main, proved
from support.blast import PORT, Blast
from support.debian import SHELLS, DebianHost, build_package
from support.shells import open_shell
from support.two_policies import expect_all_marked
from lab.bpf import object_ids, tcx_programs
from lab.edge import INTERFACES, SERVER4, EdgeLab
from lab.capture import Capture
from lab.dialogue import Dialogue
from lab.processes import output, wait_for

OLD, NEW = "1.0.0-1", "1.0.1-1"
EF, CS4 = 46, 32
CONFIG, DROP_IN = "/etc/flowmark/flowmark.yaml", "/etc/flowmark/flowmark.d/broken.yaml"
PINS = "/sys/fs/bpf/flowmark"
THREE = f"{1 << 12 | 1 << 38 | 1 << 39:016x}"  # CAP_NET_ADMIN, CAP_PERFMON, CAP_BPF
BROKEN = "classes:\n  - { name: extra, dscp: EFF }\n"
# What packing, logging and running leave on every host, whatever is installed and removed.
NOT_OURS = re.compile(r"/(dev|proc|sys|tmp|root)/|/run/(?!flowmark)|"
                      r"/var/(cache|log|lib/dpkg|lib/apt|lib/systemd(?!/deb-))/|"
                      r"/etc/(passwd|group|shadow|gshadow|subuid|subgid)-$")


class Package(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = cls.enterClassContext(EdgeLab("package"))
        folder = cls.lab.path("packages")
        cls.old, cls.new = (build_package(folder, version) for version in (OLD, NEW))
        cls.host = DebianHost(cls.lab, cls.lab.edge, cls.old, (*SHELLS, "man-db"))

    def setUp(self):
        self.host.run("journalctl", "--rotate", "--vacuum-time=1s", "-q")
        self.addCleanup(self.purge)

    def purge(self):
        self.host.run("rm", "-f", DROP_IN)
        if self.host.package_state():
            self.assertEqual(self.host.apt("purge", "flowmark").returncode, 0)

    def install(self, package):
        done = self.host.apt_install(package)
        self.assertEqual(done.returncode, 0, done)
        return done

    def all_files(self):
        listed = self.host.run("find", "/", "-xdev", "-not", "-type", "d").splitlines()
        folders = self.host.run("find", "/etc", "/usr", "/var", "/run", "-xdev", "-type", "d")
        return {path for path in (*listed, *folders.splitlines()) if not NOT_OURS.match(path)}

    def state(self):
        return self.host.unit("flowmark", "ActiveState", "SubState", "MainPID", "UnitFileState")

    def marks(self, port):
        """Of datagrams at the server."""
        capture = Capture(self.lab.server, "eth0", f"udp dst port {port}")
        Dialogue("talk", self.lab.client, self.lab.server, SERVER4, port).hold(5)
        capture.stop()
        return [packet.dscp for packet in capture.received()]

    def attached(self):
        return [tcx_programs(self.lab.edge, interface, direction) for interface in INTERFACES
                for direction in ("ingress", "egress")]

    def edit_policy(self):
        """As an administrator does: the blast's datagrams are a game."""
        self.host.run("sed", "-i", rf"s/^  games: {{ ports: \[/&{PORT}, /", CONFIG)
        self.assertIn(f"[{PORT}, ", self.host.run("cat", CONFIG))

    def test_installed_it_runs_and_marks(self):
        self.install(self.old)
        self.assertEqual(self.host.package_state(), f"install ok installed {OLD}")
        state = self.state()
        pid = state.pop("MainPID")
        self.assertEqual(state, {"ActiveState": "active", "SubState": "running",
                                 "UnitFileState": "enabled"})
        status = dict(re.findall(r"^(\w+):\s*(.*)$", self.host.run("cat", f"/proc/{pid}/status"),
                                 re.M))
        self.assertEqual({status[name] for name in ("CapEff", "CapPrm", "CapBnd", "CapAmb")},
                         {THREE})
        self.assertNotEqual(status["Uid"].split()[0], "0")
        self.assertEqual(self.marks(20000), [EF] * 5)
        checked = self.host.call("flowmark", "check")
        self.assertEqual((checked.returncode, checked.stderr), (0, ""))
        for page in ("flowmark", "flowmark.yaml"):
            self.assertIn("flowmark", self.host.run("man", page))
        proved("apt installs it; the service is enabled and runs with three capabilities as its "
               "own user; the policy of the package marks a call EF on lan0 and wan0")

    def test_interfaces_of_usual_names(self):
        """What they are called decides what is believed of their marks."""
        self.install(self.old)
        expected = {"eth7": True, "enp1s0": True, "br-lan": True, "br0": True, "wlan0": True,
                    "ppp0": False, "wwan0": False, "wan1": False, "pppoe-wan": False,
                    "docker0": None, "br-0a1b2c3d4e5f": None, "wg0": None}
        namespace = self.lab.edge
        pairs = list(expected)
        for first, second in zip(pairs[::2], pairs[1::2]):
            namespace.ip(f"link add {first} type veth peer name {second}")
            self.addCleanup(namespace.ip, f"link del {first}")
            namespace.ip(f"link set {first} up")
            namespace.ip(f"link set {second} up")
        seen = wait_for(lambda: self.trusted(expected), 30, "the interfaces to be attached")
        self.assertEqual(seen, expected)
        named = [name for name, trust in expected.items() if trust is not None]
        proved(f"attached as soon as they are there: {', '.join(named)}; believed on all but "
               "ppp*, wwan* and wan*; docker0, its bridges and wg0 are left alone")

    def trusted(self, names):
        """{name: trust}, None where nothing is attached; nothing while some are on their way."""
        rows = json.loads(self.host.run("flowmark", "status", "-o", "json"))["interfaces"]
        found = {row["interface"]: row["trust"] for row in rows if row["attached"]}
        seen = {name: found.get(name) for name in names}
        wanted = sum(trust is not None for trust in names.values())
        return seen if sum(trust is not None for trust in seen.values()) >= wanted else None

    def test_upgrade_under_traffic(self):
        self.install(self.old)
        self.edit_policy()
        self.host.run("systemctl", "reload", "flowmark")
        edited, before = self.host.run("cat", CONFIG), self.state()
        blast = Blast(self.lab)
        wait_for(lambda: self.counted("gaming") > 10_000, 30, "packets to be counted")
        self.install(self.new)
        after = self.state()
        counted = self.counted("gaming")
        wait_for(lambda: self.counted("gaming") > counted + 10_000, 30, "more packets")
        blast.expect_running()
        sent, seen = blast.stop()
        expect_all_marked(self, sent, seen, (str(CS4),))
        self.assertEqual(self.counted("gaming"), sent["sent"])
        self.assertEqual(self.host.package_state(), f"install ok installed {NEW}")
        self.assertNotEqual(after.pop("MainPID"), before.pop("MainPID"))
        self.assertEqual(after, before)
        self.assertEqual(self.host.run("cat", CONFIG), edited)
        proved(f"upgrade {OLD} to {NEW} under {sent['sent']} numbered packets at "
               f"{sent['sent'] / sent['seconds']:.0f}/s: the agent is a new process, none was "
               "lost, all are marked and counted once; the edited policy stays")

    def counted(self, name):
        """Of a class, as packets leave."""
        rows = json.loads(self.host.run("flowmark", "classes", "-o", "json"))["classes"]
        return sum(row["packets"] for row in rows if row["class"] == name and
                   row["interface"] == "wan0" and row["direction"] == "egress")

    def test_broken_policy_before_the_first_start(self):
        self.host.write(DROP_IN, BROKEN)
        done = self.install(self.old)
        self.assertIn("the service did not start", done.stderr)
        self.assertEqual(self.host.package_state(), f"install ok installed {OLD}")
        self.assertNotEqual(self.state()["ActiveState"], "active")
        self.assertRegex(self.host.journal("flowmark"), rf"{DROP_IN}:2:26: error: found 'EFF'")
        self.host.run("rm", DROP_IN)
        self.host.call("systemctl", "reset-failed", "flowmark")  # of its attempts
        self.host.run("systemctl", "restart", "flowmark")
        self.assertEqual(self.marks(20000), [EF] * 5)
        proved("a policy that is broken before the first start: the package is installed, apt says "
               "that the service is not running, the journal has file and line; mended, it runs")

    def test_broken_policy_at_an_upgrade(self):
        self.install(self.old)
        before = self.state()
        self.host.write(DROP_IN, BROKEN)
        done = self.install(self.new)
        self.assertRegex(done.stderr, rf"{DROP_IN}:2:26: error: found 'EFF'")
        self.assertIn("goes on with the policy that it has", done.stderr)
        self.assertEqual(self.host.package_state(), f"install ok installed {NEW}")
        self.assertEqual(self.state(), before)
        self.assertEqual(self.marks(20000), [EF] * 5)
        self.host.run("rm", DROP_IN)
        self.host.run("systemctl", "restart", "flowmark")
        self.assertNotEqual(self.state()["MainPID"], before["MainPID"])
        proved("a policy that is broken at an upgrade: the agent that ran goes on, the package is "
               "installed; mended, a restart takes the new one")

    def test_remove_detaches_and_keeps_the_policy(self):
        self.install(self.old)
        self.edit_policy()
        self.assertTrue(all(self.attached()))
        pinned = {int(i) for i in re.findall(r'"id":\s*(\d+)', self.host_maps())}
        done = self.host.apt("remove", "flowmark")
        self.assertEqual(done.returncode, 0, done)
        self.assertRegex(done.stdout, r"removed from /sys/fs/bpf/flowmark: \d+ links")
        self.assertEqual(self.attached(), [[]] * len(self.attached()))
        self.assertNotEqual(self.host.call("test", "-e", PINS).returncode, 0)
        self.assertGreater(len(pinned), 10)
        wait_for(lambda: not pinned & {i for kind, i in object_ids() if kind == "map"}, 20,
                 "the kernel to free the maps")
        self.assertEqual(self.marks(20000), [0] * 5)
        self.assertIn(f"[{PORT}, ", self.host.run("cat", CONFIG))
        self.assertEqual(self.host.package_state(), f"deinstall ok config-files {OLD}")
        self.install(self.new)
        self.assertIn(f"[{PORT}, ", self.host.run("cat", CONFIG))
        self.assertEqual(self.state()["ActiveState"], "active")
        proved("remove: nothing is attached, pinned or in the kernel, packets pass unmarked, the "
               "edited policy stays; installed again it runs with it")

    def host_maps(self):
        listed = self.host.run("find", f"{PINS}/v1/maps", "-type", "f").split()
        return "".join(output("bpftool", "-j", "map", "show", "pinned", self.host.seen(path))
                       for path in listed)

    def test_an_agent_started_by_hand_keeps_the_package(self):
        """It would otherwise be left marking without the program that can end that."""
        self.install(self.old)
        self.host.run("systemctl", "stop", "flowmark")
        self.host.run("systemd-run", "--unit=by-hand", "--property=Type=notify", "flowmark", "run",
                      "--control", "/run/by-hand.sock", "--metrics", "off")
        refused = self.host.apt("remove", "flowmark")
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("not removed: its programs are still attached", refused.stderr)
        self.host.run("systemctl", "stop", "by-hand")
        self.assertEqual(self.host.apt("remove", "flowmark").returncode, 0)
        self.assertEqual(self.attached(), [[]] * len(self.attached()))
        proved("an agent that was started by hand is not left without its program: the removal is "
               "refused, with the reason, until it has ended")

    def test_purge_leaves_nothing(self):
        files = self.all_files()
        self.install(self.old)
        self.edit_policy()
        self.host.write("/etc/flowmark/flowmark.d/mine.yaml", "sets: { a: { ports: 1 } }\n")
        self.host.run("systemctl", "reload", "flowmark")
        self.assertGreater(len(self.all_files() - files), 10)
        done = self.host.apt("purge", "flowmark")
        self.assertEqual(done.returncode, 0, done)
        self.assertEqual(self.host.package_state(), "")
        self.assertEqual(self.all_files() - files, set())
        self.assertEqual(files - self.all_files(), set())
        self.assertNotEqual(self.host.call("id", "flowmark").returncode, 0)
        self.assertNotEqual(self.host.call("getent", "group", "flowmark").returncode, 0)
        self.assertNotEqual(self.host.call("test", "-e", PINS).returncode, 0)
        self.assertEqual(self.attached(), [[]] * len(self.attached()))
        units = self.host.call("systemctl", "list-unit-files", "flowmark*", "--no-legend")
        self.assertEqual(units.stdout, "")
        proved("purge: no file, folder, user, group, unit or pin of ours is left, compared with "
               f"the {len(files)} of before")

    def test_completions(self):
        self.install(self.old)
        commands = re.findall(r"^  ([a-z]+) {3,}", output(FLOWMARK, "--help"), re.M)
        for shell in ("bash", "zsh", "fish"):
            with open_shell(shell, self.host.entered) as opened:
                self.expect_completions(shell, opened.offers, commands)
        proved(f"bash, zsh and fish offer {len(commands)} commands, exactly the options that "
               "--help has of each, the classes of the running agent, and files")

    def expect_completions(self, shell, offered, commands):
        self.assertLessEqual(set(commands), offered("flowmark "))
        for command in commands:
            known = set(re.findall(r"--[a-z-]+", "".join(
                re.findall(r"^  (?:-\w,)?--[a-z-]+", output(FLOWMARK, command, "--help"), re.M))))
            found = {word for word in offered(f"flowmark {command} --")
                     if re.fullmatch(r"--[a-z][a-z-]+", word)}
            self.assertEqual(found, known, f"{shell}: {command}")
        self.assertLessEqual({"voice", "gaming", "default"}, offered("flowmark flows --class "))
        self.assertLessEqual({"tcx", "clsact"}, offered("flowmark run --hook "))
        self.assertIn("udp", offered("flowmark explain "))
        self.assertIn("wan0", offered("flowmark replay --interface "))
        self.assertLessEqual({"EF", "AF41", "CS7"}, offered("flowmark explain --dscp "))
        for line in ("flowmark check --config ", "flowmark replay "):
            named = " ".join(offered(line + "/etc/flowmark/"))
            self.assertRegex(named, r"flowmark\.yaml")


if __name__ == "__main__":
    main()
