#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The metrics: complete from the start, exact under traffic, telling after a
reload that went wrong."""

import math
import os
import subprocess
import time
import unittest

from support import FLOWMARK, ROOT, main, proved
from lab.capture import Capture, stop_all
from lab.dialogue import Dialogue
from lab.edge import INTERFACES, SERVER4, SERVER6, EdgeLab
from lab.processes import output
from lab.traffic import start_nginx, wait_closed

CLASSES = {"voice": "EF", "typing": "AF21", "files": "LE", "default": "keep"}
POLICY = """
interfaces:
  - name: "lan*"
  - name: "wan*"
classes:
  - { name: voice,   dscp: EF }
  - { name: typing,  dscp: AF21 }
  - { name: files,   dscp: LE }
  - { name: default, dscp: keep }
sets:
  phones: { ports: [5004-5010, 6000] }
rules:
  - { class: voice,  protocol: udp, port: "@phones" }
  - { class: typing, protocol: tcp, server_port: 22 }
  - { class: files,  protocol: tcp, server_port: 80 }
default: default
"""
RULES, MEMBERS = 3, 2
BROKEN = POLICY.replace("dscp: EF", "dscp: EFF")
BROKEN_LINE = 1 + POLICY[:POLICY.index("dscp: EF")].count("\n")

DIRECTIONS = ("ingress", "egress")
ETHERNET = 14


def reasons():
    """The labels in the list that the packet path is built from."""
    labels = []
    with open(os.path.join(ROOT, "include/flowmark/reasons.h"), encoding="utf-8") as file:
        for line in file:
            if line.strip().startswith("X("):
                labels.append(line.split('"')[1])
    return labels


class Metrics(unittest.TestCase):
    def setUp(self):
        self.lab = self.enterContext(EdgeLab("metrics"))
        self.agent = self.lab.agent(self.lab.edge, FLOWMARK, POLICY)

    def wan_out(self, name, class_name):
        return self.agent.metrics().one(name, interface="wan0", direction="egress",
                                        **{"class": class_name})

    def test_every_series_is_there_from_the_start(self):
        samples = self.agent.metrics()
        expected = 0
        for interface in INTERFACES:
            for direction in DIRECTIONS:
                where = {"interface": interface, "direction": direction}
                for class_name in CLASSES:
                    for what in ("packets", "bytes", "marked_packets"):
                        value = samples.one(f"flowmark_class_{what}_total", **where,
                                            **{"class": class_name})
                        expected += 1
                        if class_name != "default":  # neighbour discovery is
                            self.assertEqual(value, 0)
                for reason in reasons():
                    for what in ("packets", "bytes"):
                        samples.one(f"flowmark_undecided_{what}_total", **where, reason=reason)
                        expected += 1
                self.assertEqual(
                    samples.one("flowmark_interface_attached", **where), 1, where)
        self.assertEqual(len(reasons()), 7)
        for class_name, dscp in CLASSES.items():
            self.assertEqual(samples.one("flowmark_class_info", **{"class": class_name}), 1)
            (_, labels), = samples.find("flowmark_class_info", **{"class": class_name})
            self.assertEqual(dict(labels)["dscp"], dscp)
        self.assertEqual(samples.one("flowmark_policy_rules"), RULES)
        self.assertEqual(samples.one("flowmark_policy_classes"), len(CLASSES))
        self.assertEqual(samples.one("flowmark_policy_set_members"), MEMBERS)
        self.assertGreaterEqual(samples.one("flowmark_policy_generation"), 1)
        self.assertEqual(samples.one("flowmark_config_last_reload_successful"), 1)
        self.assertAlmostEqual(samples.one("flowmark_config_last_reload_success_timestamp_seconds"),
                               time.time(), delta=60)
        self.assertEqual(samples.one("flowmark_config_reloads_total", result="failure"), 0)
        samples.one("flowmark_config_reloads_total", result="success")
        self.assertEqual(samples.one("flowmark_build_info"), 1)
        entries, limits = ({labels for _, labels in samples.find(f"flowmark_table_{what}")}
                           for what in ("entries", "max_entries"))
        self.assertTrue(entries)
        self.assertEqual(entries, limits)
        self.assertEqual(samples.total("flowmark_table_update_failures_total"), 0)
        self.assertGreater(len(samples.find("flowmark_table_update_failures_total")), 0)
        for name in ("cpu_seconds_total", "resident_memory_bytes", "open_fds",
                     "start_time_seconds"):
            self.assertGreaterEqual(samples.one(f"process_{name}"), 0)
        proved(f"{expected} traffic series of {len(INTERFACES)} interfaces are there before the "
               f"first packet, {len(samples)} samples in all")

    def test_promtool_has_nothing_to_say(self):
        status, text = self.agent.http("/metrics")
        self.assertEqual(status, 200)
        done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True,
                              text=True, timeout=60)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        for path in ("/-/healthy", "/-/ready"):
            self.assertEqual(self.agent.http(path)[0], 200, path)
        self.assertEqual(self.agent.http("/no-such-page")[0], 404)
        proved("promtool check metrics accepts the page without a word; healthy and ready answer")

    def test_datagrams_are_counted_exactly(self):
        rounds, size = 50, 200
        for address, header in ((SERVER4, 20), (SERVER6, 40)):
            before = self.agent.metrics()
            Dialogue("count", self.lab.client, self.lab.server, address, 5004, size=size,
                     client_port=41000).hold(rounds)
            after = self.agent.metrics()
            for interface in ("lan0", "wan0"):
                for direction in DIRECTIONS:
                    where = {"interface": interface, "direction": direction, "class": "voice"}
                    grown = {what: after.one(f"flowmark_class_{what}_total", **where)
                             - before.one(f"flowmark_class_{what}_total", **where)
                             for what in ("packets", "bytes", "marked_packets")}
                    # What is marked on the way in needs no mark on the way out.
                    first = (interface, direction) in (("lan0", "ingress"), ("wan0", "ingress"))
                    self.assertEqual(grown, {
                        "packets": rounds, "bytes": rounds * (ETHERNET + header + 8 + size),
                        "marked_packets": rounds if first else 0}, where)
        proved(f"{rounds} datagrams each way and family: packets, wire bytes and changed marks are "
               f"counted exactly at four places")

    def test_offloaded_packets_count_as_what_goes_over_the_wire(self):
        start_nginx(self.lab, {"file": 3_000_000})
        for host, header in ((SERVER4, 20), (f"[{SERVER6}]", 40)):
            before = self.agent.metrics()
            capture = Capture(self.lab.client, "eth0", "tcp port 80", snaplen=128)
            self.lab.client.run("curl", "-sSf", "-o", "/dev/null", f"http://{host}/file")
            wait_closed(80, self.lab.client, self.lab.server)
            stop_all(capture)
            after = self.agent.metrics()
            packets = bytes_ = 0
            for packet in capture.received():
                headers, mss = tcp_headers(packet, header)
                segments = max(1, math.ceil((packet.length - headers) / mss))
                packets += segments
                bytes_ += packet.length + (segments - 1) * headers + segments * ETHERNET
            self.assertLess(len(capture.received()), packets / 4, "no offload here")
            where = {"interface": "lan0", "direction": "egress", "class": "files"}
            self.assertEqual(after.one("flowmark_class_packets_total", **where)
                             - before.one("flowmark_class_packets_total", **where), packets)
            self.assertEqual(after.one("flowmark_class_bytes_total", **where)
                             - before.one("flowmark_class_bytes_total", **where), bytes_)
        proved(f"of a download, {len(capture.received())} super-packets count as the {packets} "
               f"packets and {bytes_} bytes that they are on a wire")

    def test_a_broken_policy_is_refused_and_shown(self):
        before = self.agent.metrics()
        self.agent.write(BROKEN)
        status, _, errors = self.agent.command("reload")
        self.assertEqual(status, 1)
        self.assertRegex(errors, rf"{self.agent.config}:{BROKEN_LINE}:\d+: error: found .*EFF")
        self.assertIn("EFF", self.agent.process.log(), "the log does not say it")
        after = self.agent.metrics()
        self.assertEqual(after.one("flowmark_config_last_reload_successful"), 0)
        self.assertEqual(after.one("flowmark_config_reloads_total", result="failure"), 1)
        for name in ("flowmark_policy_generation", "flowmark_policy_rules",
                     "flowmark_config_last_reload_success_timestamp_seconds"):
            self.assertEqual(after.one(name), before.one(name), name)
        self.assertIn("EFF", self.agent.command("status")[1], "status does not say it")
        self.expect_voice_marked()
        self.agent.reload(POLICY)
        after = self.agent.metrics()
        self.assertEqual(after.one("flowmark_config_last_reload_successful"), 1)
        self.assertGreater(after.one("flowmark_policy_generation"),
                           before.one("flowmark_policy_generation"))
        self.assertGreater(after.one("flowmark_config_last_reload_success_timestamp_seconds"),
                           before.one("flowmark_config_last_reload_success_timestamp_seconds"))
        self.assertNotIn("EFF", self.agent.command("status")[1])
        proved("a broken policy: exit 1 with file, line and column, in the log, in status and in a "
               "metric; the old policy goes on marking; the next good one clears it")

    def expect_voice_marked(self):
        capture = Capture(self.lab.server, "eth0", "udp")
        Dialogue("still", self.lab.client, self.lab.server, SERVER4, 5004).hold(3)
        capture.stop()
        self.assertEqual([p.dscp for p in capture.received()], [46] * 3)

    def test_run_time_of_the_programs_when_the_kernel_measures_it(self):
        previous = output("sysctl", "-n", "kernel.bpf_stats_enabled").strip()
        output("sysctl", "-qw", "kernel.bpf_stats_enabled=1")
        try:
            before = self.agent.metrics()
            Dialogue("timed", self.lab.client, self.lab.server, SERVER4, 5004).hold(20)
            after = self.agent.metrics()
        finally:
            output("sysctl", "-qw", f"kernel.bpf_stats_enabled={previous}")
        for name in ("flowmark_program_runs_total", "flowmark_program_run_seconds_total"):
            for program in ("flowmark_in", "flowmark_out"):
                self.assertGreater(after.one(name, program=program),
                                   before.one(name, program=program))
            for program in ("flowmark_xdp", "flowmark_after"):  # there, and nothing of theirs is on
                self.assertEqual(after.one(name, program=program), 0)
        proved("runs and run time of the programs are counted while kernel.bpf_stats_enabled is 1")


class CommandLine(unittest.TestCase):
    def test_exit_statuses(self):
        lab = self.enterContext(EdgeLab("cli"))
        nowhere = lab.path("nobody.sock")
        for command in ("status", "classes", "flows", "reload"):
            done = subprocess.run([FLOWMARK, command, "--control", nowhere], capture_output=True,
                                  text=True, timeout=20)
            self.assertEqual(done.returncode, 3, command)
            self.assertIn(nowhere, done.stderr)
        self.assertEqual(subprocess.run([FLOWMARK, "no-such-command"], capture_output=True,
                                        timeout=20).returncode, 2)
        policy = os.path.join(ROOT, "deploy/home-office.yaml")
        done = subprocess.run([FLOWMARK, "check", "-c", policy], capture_output=True, text=True,
                              timeout=20)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(len(done.stdout.splitlines()), 1)
        proved("no agent: 3, wrong usage: 2; deploy/home-office.yaml passes flowmark check")


def tcp_headers(packet, ip_header):
    """Bytes of the IP and TCP headers, and of payload in a full segment."""
    offset = (packet.ip[ip_header + 12] >> 4) * 4
    return ip_header + offset, 1500 - ip_header - offset


if __name__ == "__main__":
    main()
