#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""`flowmark replay` as it is called: its exit status, its forms of output, its policy."""
import json
import os
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.realpath(os.path.join(HERE, "../.."))
FLOWMARK = os.environ.get("FLOWMARK", os.path.join(ROOT, "build/release/agent/flowmark"))
CAPTURES = os.path.join(ROOT, "tests/captures")
RAW = os.path.join(CAPTURES, "OISF-suricata-verify/tests/linktype-228/flow-test-01.pcap")
RADIO = os.path.join(CAPTURES, "the-tcpdump-group-tcpdump/tests/reason_code-0.pcap")
POLICY = """
classes: [{ name: web, dscp: AF21 }, { name: default, dscp: keep }]
rules:
  - { class: web, server_port: 443, %s }
default: default
interfaces: [{ name: "wan*" }]
"""


def run(*arguments, data=None):
    return subprocess.run([FLOWMARK, "replay", *arguments], check=False, input=data,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def replay(*arguments, data=None):
    return json.loads(run("-o", "json", *arguments, data=data).stdout)


class ReplayCommand(unittest.TestCase):
    def policy(self, condition):
        file = tempfile.NamedTemporaryFile("w", suffix=".yaml", prefix="flowmark-replay.")
        self.addCleanup(file.close)
        file.write(POLICY % condition)
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

    def test_every_capture_of_others_is_read_or_says_why_not(self):
        captures = []
        for folder, _, files in os.walk(CAPTURES):
            captures += [os.path.join(folder, name) for name in sorted(files)]
        for report in replay(*captures)["captures"]:
            self.assertTrue(report["flows"] or report["undecided"] or report["errors"], report)
            for error in report["errors"]:
                self.assertNotRegex(error, "programs|TEST_RUN")


if __name__ == "__main__":
    result = unittest.main(exit=False).result
    sys.exit(0 if result.wasSuccessful() and result.testsRun and not result.skipped else 1)
