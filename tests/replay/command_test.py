#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""`flowmark replay` as it is called: its exit status, its forms of output, its policy."""
import json
import os
import struct
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.realpath(os.path.join(HERE, "../.."))
FLOWMARK = os.environ.get("FLOWMARK", os.path.join(ROOT, "build/release/agent/flowmark"))
CAPTURES = os.path.join(ROOT, "tests/captures")
ALL_CAPTURES = os.environ.get("FLOWMARK_CAPTURES", CAPTURES)
MANY_LINKS = os.path.join(
    CAPTURES, "seladb-PcapPlusPlus/Tests/Pcap++Test/PcapExamples/many_interfaces-1.pcapng")
RAW = os.path.join(CAPTURES, "OISF-suricata-verify/tests/linktype-228/flow-test-01.pcap")
RADIO = os.path.join(CAPTURES, "the-tcpdump-group-tcpdump/tests/reason_code-0.pcap")
POLICY = """
classes: [{ name: web, dscp: AF21 }, { name: default, dscp: keep }]
rules:
  - { class: web, server_port: 443, %s }
default: default
interfaces: [{ name: "wan*" }]
"""


# Each rule decides some flows of the captures.
ALL_CONDITIONS = """
classes: [{ name: a, dscp: AF21 }, { name: b, dscp: AF22 }, { name: c, dscp: keep }]
sets: { private: { prefixes: [10.0.0.0/8, 192.168.0.0/16, "fe80::/10"] } }
rules:
  - { class: a, protocol: udp, port: 53 }
  - { class: b, vlan: 1-4094 }
  - { class: c, dscp: [AF21, CS6, EF, CS1], protocol: [udp, icmp, igmp, ospf] }
  - { class: a, host: "*.com", client: "@private" }
  - { class: b, host: ["*.org", "*.net", "*.com", "*.de", localhost], client_port: 1024-65535 }
  - { class: c, server_port: 443, address: 10.0.0.0/8 }
  - { class: a, server: "@private", interface: "lan*" }
  - { class: b, server_port: [80, 443] }
default: c
interfaces: [{ name: "lan*" }]
"""


def run(*arguments, data=None):
    return subprocess.run([FLOWMARK, "replay", *arguments], check=False, input=data,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def replay(*arguments, data=None):
    return json.loads(run("-o", "json", *arguments, data=data).stdout)


def files_below(folder):
    return [os.path.join(path, name) for path, _, names in sorted(os.walk(folder))
            for name in sorted(names)]


def pcapng_packets(data):
    """How many there are by the types of the blocks alone; None if it is another format."""
    if data[:4] != b"\n\r\r\n":
        return None
    packets = at = 0
    order = "<"
    while at < len(data):
        if data[at:at + 4] == b"\n\r\r\n":
            order = "<" if data[at + 8] == 0x4d else ">"
        kind, length = struct.unpack(order + "II", data[at:at + 8])
        packets += kind in (2, 3, 6)
        at += max(length, 12)
    return packets


class ReplayCommand(unittest.TestCase):
    def policy(self, condition):
        return self.written(POLICY % condition)

    def written(self, policy):
        file = tempfile.NamedTemporaryFile("w", suffix=".yaml", prefix="flowmark-replay.")
        self.addCleanup(file.close)
        file.write(policy)
        file.flush()
        return file.name

    def test_a_whole_capture_is_0(self):
        done = run(RAW)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertIn(b"192.168.0.1:443", done.stdout)

    def test_without_its_end_it_is_1_with_what_came_before(self):
        with open(RAW, "rb") as file:
            whole = file.read()
        self.assertEqual(replay("-", data=whole), replay(RAW))
        done = run("-o", "json", "-", data=whole[:-1])
        self.assertEqual(done.returncode, 1)
        report = json.loads(done.stdout)
        self.assertEqual(report["flows"][0]["packets"], replay(RAW)["flows"][0]["packets"] - 1)
        self.assertIn("record 7", report["errors"][0])
        self.assertIn(b"record 7", run("-", data=whole[:-1]).stderr)

    def test_what_cannot_be_read_is_1(self):
        for capture in (RADIO, __file__, "/nonexistent", "/tmp"):
            self.assertEqual(run(capture).returncode, 1, capture)
            self.assertEqual(len(replay(capture)["errors"]), 1, capture)

    def test_wrong_usage_is_2(self):
        for arguments in ((), ("--no-such", RAW), (RAW, "-o", "xml")):
            self.assertEqual(run(*arguments).returncode, 2, arguments)

    def test_the_rule_is_named_as_it_is_written(self):
        policy = self.policy("protocol: tcp")
        flow = replay(RAW, "-c", policy)["flows"][0]
        self.assertEqual((flow["class"], flow["rule"]), ("web", f"{policy}:4"))
        self.assertEqual((flow["dscp_in"], flow["dscp_out"]), (0, 18))

    def test_packets_arrive_on_the_interface_that_is_asked_for(self):
        policy = self.policy("interface: wan0")
        self.assertEqual(replay(RAW, "-c", policy)["flows"][0]["class"], "default")
        flow = replay(RAW, "-c", policy, "--interface", "wan0")["flows"][0]
        self.assertEqual((flow["class"], flow["rule"]), ("web", f"{policy}:4"))

    def test_a_policy_with_errors_is_1_and_says_where(self):
        policy = self.policy("portt: 443")
        done = run(RAW, "-c", policy)
        self.assertEqual((done.returncode, done.stdout), (1, b""))
        self.assertIn(f"{policy}:4".encode(), done.stderr)

    def test_of_several_captures_each_is_reported_as_if_alone(self):
        report = replay(RAW, RADIO, RAW)
        self.assertEqual([each.pop("capture") for each in report["captures"]], [RAW, RADIO, RAW])
        self.assertEqual(report["captures"][0], replay(RAW))
        self.assertEqual(report["captures"][2], replay(RAW))
        self.assertEqual(run(RAW, RADIO).returncode, 1)

    def test_explanations_are_what_the_kernel_decided(self):
        policy = self.written(ALL_CONDITIONS)
        flows = [flow for report in replay("-c", policy, "--explain", *files_below(CAPTURES))[
            "captures"] for flow in report["flows"]]
        rules = [f"{policy}:{line}" for line in range(5, 13)] + ["default"]
        self.assertEqual({flow["rule"] for flow in flows}, set(rules))
        for flow in flows:
            why = flow["explanation"]
            self.assertEqual((why["rule"], why["class"]), (flow["rule"], flow["class"]), flow)
            self.assertNotIn("noted", why)
            self.assertEqual([each["rule"] for each in why["earlier"]],
                             rules[:rules.index(why["rule"])])
        self.assertIn(b"EARLIER RULE", run("--explain", "-c", policy, RAW).stdout)

    def test_every_capture_of_others_is_read_or_says_why_not(self):
        for report in replay(*files_below(CAPTURES))["captures"]:
            self.assertTrue(report["flows"] or report["undecided"] or report["errors"], report)
            for error in report["errors"]:
                self.assertNotRegex(error, "programs|TEST_RUN")

    def test_every_packet_of_every_pcapng_is_read(self):
        packets = {}
        for path in files_below(ALL_CAPTURES):
            with open(path, "rb") as file:
                packets[path] = pcapng_packets(file.read())
        packets = {path: count for path, count in packets.items() if count is not None}
        self.assertTrue(packets)
        for report in replay(*packets, RAW)["captures"][:-1]:
            rows = report["flows"] + report["undecided"]
            self.assertEqual(sum(row["packets"] for row in rows), packets[report["capture"]])
            for error in report["errors"]:
                self.assertRegex(error, ": [0-9]+ packets? cut to ")

    def test_a_pcapng_of_several_link_types_is_read_from_standard_input(self):
        with open(MANY_LINKS, "rb") as file:
            whole = file.read()
        self.assertEqual(replay("-", data=whole), replay(MANY_LINKS))
        done = run("-", data=whole[:-1])
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, b"record [0-9]+, byte [0-9]+: the file ends within a block")


if __name__ == "__main__":
    result = unittest.main(exit=False).result
    sys.exit(0 if result.wasSuccessful() and result.testsRun and not result.skipped else 1)
