#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Host names on living connections: real clients through a router with NAT. A flow
carries its class's mark from the packet that completes its name on, in both
directions; a name that is in no hello comes from DNS; a reload decides again by the
names that are known; and with no agent running TLS goes on as before."""

import signal
import socket
import ssl
import time
import unittest

from support import FLOWMARK, main, proved
from support.pins import Pins
from lab.capture import Capture
from lab.edge import CLIENT4, SERVER4, SERVER6, EdgeLab
from lab.processes import wait_for
from lab.traffic import start_dnsmasq, start_nginx

VIDEO, WORK = 34, 18  # AF41, AF21
NAMES = 40
PATIENCE = 30  # seconds

POLICY = """
interfaces:
  - name: "lan*"
  - name: "wan*"
classes:
  - {{ name: video, dscp: AF41 }}
  - {{ name: work, dscp: AF21 }}
  - {{ name: default, dscp: keep }}
rules:
  - {{ class: {first}, host: "*.video.example.test" }}
  - {{ class: work, host: [plain.example.test, "*.work.example.test"] }}
default: default
"""


def policy(first="video"):
    return POLICY.format(first=first)


def has_data(packet):
    """Of a TCP segment, whose header begins eight bytes before `payload`."""
    return len(packet.payload) + 8 > (packet.payload[4] >> 4) * 4


class Names(unittest.TestCase):
    def setUp(self):
        self.lab = self.enterContext(EdgeLab("names", offload=False))
        start_nginx(self.lab, {"page": 3000, "long": 400_000})
        self.pins = Pins(self.lab, self.lab.edge)
        self.agent = self.lab.agent(self.lab.edge, FLOWMARK, policy(), pins=self.pins.path)

    def get(self, name, address=SERVER4, path="page", *more):
        """One connection of curl's; its port."""
        where = f"[{address}]" if ":" in address else address
        return int(self.lab.client.run(
            "curl", "-sk", "--max-time", "20", "-o", "/dev/null", "-w", "%{local_port}",
            "--connect-to", f"::{where}:", f"https://{name}/{path}", *more))

    def watch(self):
        return Capture(self.lab.server, "eth0", "tcp port 443 or tcp port 8443")

    def expect_marks(self, capture, dscp, flows):
        """In each flow at the server: from the first segment with payload (the hello fits in
        one, two with a post-quantum share) on all packets have the mark."""
        capture.stop()
        ports = {p.sport for p in capture.received() if has_data(p)}
        self.assertEqual(len(ports), flows)
        for port in ports:
            packets = [p for p in capture.received() if p.sport == port]
            first = next(i for i, p in enumerate(packets) if has_data(p))
            self.assertEqual({p.dscp for p in packets[first:]}, {dscp}, port)
        return sum(1 for p in capture.received() if p.dscp == dscp)

    def test_every_flow_has_its_mark_from_its_hello_on(self):
        for address in (SERVER4, SERVER6):
            for domain, dscp in (("video", VIDEO), ("work", WORK)):
                capture = self.watch()
                for i in range(NAMES // 4):
                    self.get(f"host{i}.{domain}.example.test", address)
                marked = self.expect_marks(capture, dscp, NAMES // 4)
                proved(f"{NAMES // 4} connections by name to {address}: {marked} packets with "
                       f"DSCP {dscp}, all from the hello on")
        flows = self.agent.json("flows")["flows"]
        found = {f["host"] for f in flows if f["evidence"] == "sni"}
        self.assertEqual(len([h for h in found if h]), NAMES // 2)

    def test_names_that_no_rule_lists_and_none_at_all_leave_the_default(self):
        capture = self.watch()
        self.get("other.example.net")
        self.get("video.example.test")  # not below itself
        self.get(SERVER4)  # an address is no name: curl sends none
        self.expect_marks(capture, 0, 3)

    def test_replies_come_back_marked(self):
        capture = Capture(self.lab.client, "eth0", "tcp port 443")
        self.get("a.video.example.test", SERVER4, "long")
        capture.stop()
        replies = [p for p in capture.received() if has_data(p)]
        self.assertEqual({p.dscp for p in replies}, {VIDEO})
        proved(f"{len(replies)} segments of the answer arrived with DSCP {VIDEO}")

    def dig(self):
        answer = self.lab.client.run("dig", "+short", f"@{SERVER4}", "a.work.example.test", "A")
        self.assertIn(SERVER4, answer)

    def dns(self, what):
        return self.agent.metrics().one("flowmark_dns_total", what=what)

    def learn_by_dns(self):
        """Returns when the agent has dealt with an answer. It takes one after the other, each
        before NAT and behind it, and counts each before it learns from it: with all of a second
        one counted, it has dealt with the first."""
        before = self.dns("messages"), self.dns("bindings")
        for _ in range(2):
            self.dig()
        wait_for(lambda: self.dns("messages") >= before[0] + 4, PATIENCE, "the answers to be read")
        wait_for(lambda: self.dns("bindings") >= before[1] + 4, PATIENCE, "their names")

    def test_dns_names_what_no_hello_does(self):
        start_dnsmasq(self.lab)
        self.dig()
        # Before NAT and behind it.
        wait_for(lambda: self.agent.metrics().one("flowmark_table_entries",
                                                  table="dns_bindings") == 2, PATIENCE,
                 "the bindings")
        named = self.agent.metrics().one("flowmark_name_events_total", event="dns")
        capture = Capture(self.lab.server, "eth0", "tcp port 80")
        self.lab.client.run("curl", "-s", "--max-time", "20", "-o", "/dev/null",
                            f"http://{SERVER4}/page")
        capture.stop()
        self.assertEqual({p.dscp for p in capture.received()}, {WORK})
        flow = next(f for f in self.agent.json("flows")["flows"]
                    if f["server_port"] == 80 and f["evidence"] == "dns")
        self.assertEqual(flow["host"], "a.work.example.test")
        # One flow before NAT and one behind it, each named once.
        self.assertEqual(self.agent.metrics().one("flowmark_name_events_total", event="dns"),
                         named + 2)
        proved("plain HTTP to an address that DNS had just named: all packets marked")

    def page_by_address(self):
        """Plain HTTP, whose name only DNS tells: the mark of the packets."""
        capture = Capture(self.lab.server, "eth0", "tcp port 80")
        self.lab.client.run("curl", "-s", "--max-time", "20", "-o", "/dev/null",
                            f"http://{SERVER4}/page")
        capture.stop()
        mark, = {p.dscp for p in capture.received()}
        return mark

    def test_answers_hold_for_their_time_between_floor_and_ceiling(self):
        """dnsmasq's TTL is 0."""
        start_dnsmasq(self.lab)
        for floor, ceiling, dscp in ((0, 1, 0), (60, 60, WORK), (0, 0, 0)):
            self.agent.reload(policy() + f"names: {{ dns_ttl_floor: {floor}, "
                              f"dns_ttl_ceiling: {ceiling} }}\n")
            self.learn_by_dns()
            time.sleep(1.5)  # longer than the ceiling of 1
            self.assertEqual(self.page_by_address(), dscp, (floor, ceiling))
        proved("a DNS answer of TTL 0 holds for the floor")

    def test_public_names_of_the_config_are_shown_as_what_they_are(self):
        name = "ech.video.example.test"
        for listed, evidence in (([], "sni"), ([name], "outer-sni"), ([], "sni")):
            self.agent.reload(policy() + f"names: {{ public_names: {listed} }}\n")
            port = self.get(name)
            flow = next(f for f in self.agent.json("flows")["flows"]
                        if f["client_port"] == port)
            self.assertEqual((flow["host"], flow["evidence"], flow["class"]),
                             (name, evidence, "video"))

    def test_a_reload_decides_again_by_known_names(self):
        """One connection that stays open, two requests."""
        raw = self.enterContext(self.lab.client.socket(socket.AF_INET, socket.SOCK_STREAM))
        raw.settimeout(20)
        raw.connect((SERVER4, 443))
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        tls = self.enterContext(
            context.wrap_socket(raw, server_hostname="live.video.example.test"))
        for first, dscp in (("video", VIDEO), ("work", WORK)):
            self.agent.reload(policy(first))
            capture = self.watch()
            tls.sendall(b"HEAD /page HTTP/1.1\r\nHost: live.video.example.test\r\n\r\n")
            self.assertIn(b"200 OK", tls.recv(4096))
            capture.stop()
            asked = [p for p in capture.received() if has_data(p)]
            self.assertEqual({p.dscp for p in asked}, {dscp})
        proved("a living connection followed its name to another class, with no new hello")

    def explain(self, *arguments):
        return self.agent.json("explain", *arguments)["flows"]

    def test_explain_says_which_rule_and_why(self):
        port = self.get("a.work.example.test")
        ends = ("tcp", f"{CLIENT4}:{port}", f"{SERVER4}:443")
        flow, = self.explain(*ends)
        rules = [line.lstrip().startswith("- { class: ") and "host" in line
                 for line in policy().splitlines()]
        first, second = (i + 1 for i, is_rule in enumerate(rules) if is_rule)
        self.assertTrue(flow["rule"].endswith(f":{second}"), flow)
        self.assertEqual((flow["class"], flow["host"], flow["evidence"], flow["noted"]["rule"]),
                         ("work", "a.work.example.test", "sni", flow["rule"]))
        objection, = flow["earlier"]
        self.assertTrue(objection["rule"].endswith(f":{first}"), flow)
        self.assertEqual((objection["condition"], objection["found"], objection["wanted"]),
                         ("host", "a.work.example.test", "*.video.example.test"))
        supposed, = self.explain(*ends, "--name", "b.video.example.test")
        self.assertEqual((supposed["class"], supposed["evidence"], supposed["earlier"]),
                         ("video", "supposed", []))
        unseen, = self.explain("tcp", f"{CLIENT4}:1", f"{SERVER4}:443")
        self.assertEqual((unseen["class"], unseen["rule"], unseen["noted"]),
                         ("default", "default", None))
        proved(f"explain: {objection['condition']} is {objection['found']}, not "
               f"{objection['wanted']}; then {flow['rule'].rpartition('/')[2]}")

    def test_without_an_agent_names_are_still_read(self):
        self.agent.process.send(signal.SIGKILL)
        capture = self.watch()
        self.get("orphan.video.example.test")
        self.expect_marks(capture, VIDEO, 1)


if __name__ == "__main__":
    main()
