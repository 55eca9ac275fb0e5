#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""deploy/flowmark.service as it is shipped, on a booted Debian host that routes between a client
and a server: it marks under all that the unit forbids, is told from its outside that it does, and
others get at neither its socket nor its pins nor its metrics."""

import http.client
import json
import os
import re
import socket
import unittest

from support import FLOWMARK, ROOT, main, proved
from support.host import Host, packages_of
from support.said_names import quic_initial
from lab.agent import METRICS_PORT, parse_metrics
from lab.capture import Capture
from lab.dialogue import Dialogue
from lab.edge import OTHER4, SERVER4, EdgeLab
from lab.processes import wait_for

EF, AF41 = 46, 34
CAP_NET_ADMIN, CAP_SYS_RESOURCE, CAP_PERFMON, CAP_BPF = 12, 24, 38, 39
WORST_SCORE = 2.0
LAN_ADDRESS, LAN = "192.168.10.1", "192.168.10.0/24"
CONFIG = "/etc/flowmark/flowmark.yaml"
DROP_INS = "/run/systemd/system/flowmark.service.d"
PINS = "/sys/fs/bpf/flowmark"
WATCHDOG = 5  # seconds: a busy machine may keep an agent from feeding a shorter one

POLICY = """
interfaces:
  - name: "lan*"
  - name: "wan*"
classes:
  - {{ name: voice, dscp: {dscp} }}
  - {{ name: shop, dscp: AF21 }}
  - {{ name: default, dscp: keep }}
rules:
  - {{ class: shop, host: "*.apple.com" }}
  - {{ class: voice, protocol: udp, server_port: 5004 }}
default: default
{rest}
"""


def fields(status):
    """Of /proc/PID/status."""
    return dict(re.findall(r"^(\w+):\s*(.*)$", status, re.M))


def policy(dscp="EF", rest=""):
    return POLICY.format(dscp=dscp, rest=rest)


class Service(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = cls.enterClassContext(EdgeLab("service"))
        cls.host = Host(cls.lab, cls.lab.edge, [*packages_of(FLOWMARK), "bpftool"])
        cls.host.install(FLOWMARK, "/usr/bin/flowmark", "0755")
        cls.host.install(os.path.join(ROOT, "deploy/flowmark.service"),
                         "/etc/systemd/system/flowmark.service")
        cls.host.run("useradd", "--system", "--user-group", "--no-create-home", "--shell",
                     "/usr/sbin/nologin", "flowmark")
        cls.host.run("useradd", "--groups", "flowmark", "member")

    def setUp(self):
        self.host.write(CONFIG, policy())
        self.start()
        self.addCleanup(self.end)

    def start(self, drop_in=None):
        if drop_in:
            self.host.write(f"{DROP_INS}/test.conf", f"[Service]\n{drop_in}\n")
        self.host.run("systemctl", "daemon-reload")
        self.host.run("journalctl", "--rotate", "--vacuum-time=1s", "-q")
        self.host.run("systemctl", "restart", "flowmark")

    def end(self):
        self.host.run("systemctl", "stop", "flowmark")
        self.host.run("rm", "-rf", DROP_INS)
        self.host.run("flowmark", "detach")

    def pid(self):
        """As the host numbers it."""
        return self.host.unit("flowmark", "MainPID")["MainPID"]

    def marks(self):
        """Of datagrams at the server, and of the answers at the client."""
        captures = [Capture(end, "eth0", "udp port 5004")
                    for end in (self.lab.server, self.lab.client)]
        Dialogue("call", self.lab.client, self.lab.server, SERVER4, 5004).hold(5)
        for capture in captures:
            capture.stop()
        return [[p.dscp for p in capture.received()] for capture in captures]

    def expect_marks(self, dscp):
        self.assertEqual(self.marks(), [[dscp] * 5] * 2)

    def metrics(self):
        return parse_metrics(self.get(self.lab.edge, "127.0.0.1"))

    def get(self, namespace, address):
        connection = http.client.HTTPConnection(address, METRICS_PORT)
        connection.sock = namespace.call(
            lambda: socket.create_connection((address, METRICS_PORT), 5))
        try:
            connection.request("GET", "/metrics")
            return connection.getresponse().read().decode()
        finally:
            connection.close()

    def test_runs_with_three_capabilities_behind_a_filter(self):
        status = fields(self.host.run("cat", f"/proc/{self.pid()}/status"))
        three = f"{1 << CAP_BPF | 1 << CAP_NET_ADMIN | 1 << CAP_PERFMON:016x}"
        for name in ("CapEff", "CapPrm", "CapBnd", "CapAmb"):
            self.assertEqual(status[name], three, name)
        user = int(self.host.run("id", "-u", "flowmark"))
        self.assertNotEqual(user, 0)
        self.assertEqual(set(map(int, status["Uid"].split())), {user})
        self.assertEqual((status["Seccomp"], status["NoNewPrivs"]), ("2", "1"))
        unit = self.host.unit("flowmark", "ActiveState", "SubState", "StatusText", "NRestarts",
                              "WatchdogUSec")
        self.assertRegex(unit.pop("StatusText"), r"^generation \d+, 2 rules, 3 classes")
        self.assertNotEqual(unit.pop("WatchdogUSec"), "infinity")
        self.assertEqual(unit, {"ActiveState": "active", "SubState": "running", "NRestarts": "0"})
        self.assertEqual(self.metrics().one("flowmark_pinned"), 1, self.host.journal("flowmark"))
        self.assertGreater(self.metrics().one("process_start_time_seconds"), 1e9)
        proved(f"user {user} with capabilities {three} and nothing more, seccomp filter, ready and "
               "pinned")

    def test_scores_two_or_better(self):
        said = self.host.run("systemd-analyze", "security", "--no-pager", "flowmark")
        score = float(re.search(r"exposure level for flowmark\.service: ([\d.]+)", said)[1])
        self.assertLessEqual(score, WORST_SCORE, said)
        proved(f"systemd-analyze security: {score}, with the agent attached under it")

    def test_marks_and_reloads(self):
        self.expect_marks(EF)
        self.host.write(CONFIG, policy("AF41"))
        self.host.run("systemctl", "reload", "flowmark")
        self.expect_marks(AF41)
        self.host.write(CONFIG, policy("EFF"))
        refused = self.host.call("systemctl", "reload", "flowmark")
        self.assertNotEqual(refused.returncode, 0)
        self.assertRegex(self.host.journal("flowmark"), rf"{CONFIG}:6:\d+: error: found 'EFF'")
        self.assertEqual(self.host.unit("flowmark", "ActiveState")["ActiveState"], "active")
        self.expect_marks(AF41)
        proved("marks both ways; `systemctl reload` changes them, and fails with the reason in the "
               "journal when the policy is refused")

    def test_reads_names_behind_the_filter(self):
        """The ring buffer, libcrypto and a thread that may be urgent."""
        before = self.metrics().one("flowmark_quic_hellos_total", result="name")
        with self.lab.client.socket(socket.AF_INET, socket.SOCK_DGRAM) as quic:
            quic.sendto(quic_initial(), (OTHER4, 443))
        # Decided before NAT and behind it.
        wait_for(lambda: self.metrics().one("flowmark_quic_hellos_total",
                                            result="name") == before + 2, 20, "two names")
        flows = json.loads(self.host.run("flowmark", "flows", "-o", "json"))["flows"]
        self.assertEqual({f["host"] for f in flows if f["evidence"] == "quic"},
                         {"bag.itunes.apple.com"})
        proved("a QUIC Initial is read behind the filter")

    def urgent_threads(self):
        """Priorities of those that go before others."""
        said = self.host.run("chrt", "--all-tasks", "--pid", self.pid())
        threads = re.findall(r"scheduling policy: (\w+)\n.*scheduling priority: (\d+)", said)
        self.assertGreater(len(threads), 1, said)
        return [thread for thread in threads if thread != ("SCHED_OTHER", "0")]

    def test_one_thread_may_go_first(self):
        """By the limit that the unit sets. Where root itself may not raise it (machines whose
        root lacks CAP_SYS_RESOURCE), a capability takes the limit's place: what else the unit
        does must not be in the way."""
        urgent = [("SCHED_RR", "1")]
        with open("/proc/self/status", encoding="utf-8") as file:
            able = int(fields(file.read())["CapBnd"], 16) >> CAP_SYS_RESOURCE & 1
        self.assertEqual(self.urgent_threads(), urgent if able else [])
        self.assertEqual("no real-time priority" in self.host.journal("flowmark"), not able)
        self.start("AmbientCapabilities=CAP_SYS_NICE\nCapabilityBoundingSet=CAP_SYS_NICE")
        self.assertEqual(self.urgent_threads(), urgent)
        proved("the thread that reads Initials goes first: SCHED_RR 1, by " +
               ("LimitRTPRIO and by" if able else "(root's limits are fixed here)") +
               " CAP_SYS_NICE; the others are SCHED_OTHER")

    def wait_restarted_once(self):
        wait_for(lambda: self.host.unit("flowmark", "NRestarts", "SubState") ==
                 {"NRestarts": "1", "SubState": "running"}, 120, "a restart")

    def test_an_agent_that_hangs_is_started_again(self):
        self.start(f"WatchdogSec={WATCHDOG}")
        pid = self.pid()
        self.host.run("systemctl", "kill", "--signal=STOP", "--kill-who=main", "flowmark")
        self.expect_marks(EF)
        self.wait_restarted_once()
        self.assertIn("Watchdog timeout", self.host.journal("flowmark"))
        self.assertNotEqual(self.pid(), pid)
        self.expect_marks(EF)
        self.assertEqual(self.metrics().one("flowmark_pinned"), 1)
        proved("stopped with SIGSTOP, the agent is replaced by the watchdog; packets are marked "
               "meanwhile")

    def test_programs_that_mark_wrong_are_put_in_order(self):
        """The watchdog hears of a packet path that is not the policy's: here the full programs
        are taken out of their table, as no agent would."""
        self.start(f"WatchdogSec={WATCHDOG}")
        self.expect_healthy(1)
        for key in range(4):
            self.host.run("bpftool", "map", "delete", "pinned", f"{PINS}/v1/maps/fm_programs",
                          "key", str(key), "0", "0", "0")
        self.wait_restarted_once()
        self.assertRegex(self.host.journal("flowmark"),
                         "the canary's packets are not marked as the policy says .*icmp")
        self.expect_healthy(1)
        self.expect_marks(EF)
        proved("packets that the living programs mark wrong keep the watchdog from being fed; the "
               "next agent puts them in order")

    def expect_healthy(self, value):
        def healthy():
            return list(self.metrics().find("flowmark_canary_healthy").values())
        wait_for(lambda: healthy() == [value], 60, f"flowmark_canary_healthy {value}")

    def test_stopping_leaves_the_marks_and_detach_ends_them(self):
        self.host.run("systemctl", "stop", "flowmark")
        self.expect_marks(EF)
        self.assertIn("removed from", self.host.run("flowmark", "detach"))
        self.expect_marks(0)
        self.assertNotEqual(self.host.call("test", "-e", PINS).returncode, 0)
        self.host.run("systemctl", "start", "flowmark")
        self.expect_marks(EF)
        proved("stopped: still marked; after `flowmark detach`: not; started again: marked")

    def test_on_exit_detach(self):
        """The folder of the pins is a mount of the unit's: only what is in it goes."""
        self.host.write(CONFIG, policy(rest="agent: { on_exit: detach }"))
        self.start()
        self.expect_marks(EF)
        self.host.run("systemctl", "stop", "flowmark")
        self.expect_marks(0)
        self.assertEqual(self.host.run("find", PINS), f"{PINS}\n")
        self.assertEqual(self.host.unit("flowmark", "Result")["Result"], "success")
        proved("on_exit: detach leaves nothing attached and nothing pinned")

    def as_user(self, user, *command):
        return self.host.call("runuser", "-u", user, "--", *command)

    def test_others_are_refused(self):
        for command in ("status", "flows", "classes", "reload"):
            done = self.as_user("nobody", "flowmark", command)
            self.assertEqual(done.returncode, 3, done)
            self.assertIn("Permission denied", done.stderr)
            self.assertEqual(self.as_user("member", "flowmark", command).returncode, 0, command)
        done = self.as_user("nobody", "flowmark", "detach")
        self.assertNotEqual(done.returncode, 0)
        proved("the control socket refuses another user and serves one of group flowmark")

    def test_pins_are_nobody_elses(self):
        for owner in ("nobody", "member"):
            self.assertNotEqual(self.as_user(owner, "ls", PINS).returncode, 0, owner)
            self.assertNotEqual(self.as_user(owner, "cat", f"{PINS}/v1/maps/fm_book").returncode, 0)
            self.assertNotEqual(self.as_user(owner, "touch", f"{PINS}/x").returncode, 0, owner)
        listed = [line.split() for line in
                  self.host.run("find", PINS, "-printf", "%y %m %U %p\n").splitlines()]
        user = self.host.run("id", "-u", "flowmark").strip()
        self.assertGreater(len(listed), 20)
        self.assertEqual({(kind, mode, owner) for kind, mode, owner, _ in listed},
                         {("d", "700", user), ("f", "600", user)})
        proved(f"all {len(listed)} pins and folders are the agent's user's alone: 0600 and 0700")

    def test_metrics_stay_here_unless_told_otherwise_twice(self):
        with self.assertRaises(OSError):
            self.get(self.lab.client, LAN_ADDRESS)
        self.assertNotIn("open to other hosts", self.host.run("flowmark", "status"))
        self.host.write(CONFIG, policy(rest=f"agent: {{ metrics: {LAN_ADDRESS}:{METRICS_PORT} }}"))
        self.start()
        self.assertIn("metrics are open to other hosts", self.host.journal("flowmark"))
        self.assertIn("open to other hosts", self.host.run("flowmark", "status"))
        self.assertRegex(self.host.call("flowmark", "check").stderr,
                         rf"{CONFIG}:\d+:\d+: warning: found metrics at '{LAN_ADDRESS}")
        with self.assertRaises(OSError):
            self.get(self.lab.client, LAN_ADDRESS)
        self.start(f"IPAddressAllow={LAN}")
        self.assertIn("flowmark_build_info", self.get(self.lab.client, LAN_ADDRESS))
        proved("metrics are had from another host only when the policy binds them there, which the "
               "log says, and the unit lets that network in")


if __name__ == "__main__":
    main()
