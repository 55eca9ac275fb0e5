#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What strangers write where a name belongs: escapes, line ends, C1, DEL, what turns text around,
and quotes. Said in TLS hellos and DNS answers (and, as local users could, in the name of an
interface, in requests for pages and on the control socket), none of it reaches a terminal, a log,
JSON or a label as anything but text."""

import json
import socket
import subprocess
import unicodedata
import unittest

from support import FLOWMARK, main, proved
from support.said_names import client_hello, dns_answer
from lab.agent import METRICS_PORT
from lab.capture import WAITING_KIB, Capture
from lab.edge import CLIENT6, SERVER6, EdgeLab
from lab.netns import connect
from lab.processes import wait_for

# Of which a terminal or a line of a log would make something else.
UNPRINTABLE = {
    "clears the screen": b"\x1b[2Jclear",
    "sets the title": b"\x1b]0;mine\x07",
    "is red": b"red\x1b[31m",
    "deletes": b"del\x7f\x7f\x7f",
    "is C1": b"c1\x9b31m",
    "is C1 in UTF-8": b"c1\xc2\x9b31m",
    "begins a line": b"line\n2026-01-01T00:00:00.000Z error forged",
    "goes back": b"over\rwritten",
    "tabs": b"a\tb",
    "is blank": b"a b",
    "ends a string": b"nul\x00",
    "turns around": b"\xe2\x80\xaetxt.exe",
    "is no UTF-8": b"\xff\xfe",
}
COMMAND = b"$(reboot)"
# Of which a careless reader would make something else: names all the same.
PRINTABLE = {
    "quotes": b"\"quoted\"'",
    "escapes": b"back\\slash\\n\\x1b[2J",
    "is markup": b"<b>&amp;</b>",
    "is a command": COMMAND + b"`id`;|&",
    "is a format": b"%s%n{}{0}",
    "is a label": b"a=\"1\",b=\"2\"}",
    "is JSON": b"{\"ok\":false}",
}
BEHIND = b".hostile.example.test"
TLS, DNS, PLAIN, ANSWERS = 443, 53, 7, 40053
ODD_INTERFACE = "lan\x1b[31m\x9b"

POLICY = """
interfaces:
  - name: "lan*"
classes:
  - { name: named, dscp: EF }
rules:
  - { class: named, host: "*.example.test" }
"""


def is_text(out):
    """Lines, of characters that a terminal shows as what they are."""
    return all(c == "\n" or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Zl", "Zp")
               for c in out.decode("utf-8"))  # which raises for what is no UTF-8


class HostileNames(unittest.TestCase):
    sink: socket.socket
    resolver: socket.socket
    client: socket.socket

    def setUp(self):
        self.lab = self.enterContext(EdgeLab("hostile-names"))
        connect(self.lab.client2, "odd0", self.lab.edge, ODD_INTERFACE)
        self.names = {**UNPRINTABLE, **PRINTABLE}
        self.checked = 0

    def begin(self, log_format):
        self.agent = self.lab.agent(
            self.lab.edge, FLOWMARK, POLICY,
            arguments=("--log-level", "debug", "--log-format", log_format))

    def say_in_tls(self, name):
        with self.lab.client.socket(socket.AF_INET6, socket.SOCK_STREAM) as client:
            client.connect((SERVER6, TLS))
            with self.sink.accept()[0] as server:
                said = client_hello(name)
                client.sendall(said)
                received = 0
                while received < len(said):
                    received += len(server.recv(65536))

    def say_in_dns(self):
        """Then a datagram to each address, whose flow has no other name."""
        addresses = {f"2001:db8:f::1:{number:x}": name + BEHIND
                     for number, name in enumerate(self.names.values())}
        for address, name in addresses.items():
            self.resolver.sendto(dns_answer(name, address), (CLIENT6, ANSWERS))
            self.client.recv(512)
        wait_for(lambda: self.agent.metrics().one("flowmark_dns_total", what="bindings")
                 >= len(PRINTABLE), 20, "the names to be bound")
        for address in addresses:
            self.client.sendto(b"x", (address, PLAIN))

    def say_all(self):
        for socket_name, end, kind, port in (
                ("sink", self.lab.server, socket.SOCK_STREAM, TLS),
                ("resolver", self.lab.server, socket.SOCK_DGRAM, DNS),
                ("client", self.lab.client, socket.SOCK_DGRAM, ANSWERS)):
            opened = self.enterContext(end.socket(socket.AF_INET6, kind))
            opened.settimeout(20)
            opened.bind(("::", port))
            setattr(self, socket_name, opened)
        self.sink.listen()
        for name in self.names.values():
            self.say_in_tls(name + BEHIND)
        self.say_in_dns()
        self.say_locally()

    def say_locally(self):
        for name in self.names.values():
            self.page(b"/" + name.replace(b" ", b""))
            self.ask(b"{\"command\":\"" + name + b"\"}\n")
            self.ask(name + b"\n")

    def page(self, path):
        with self.lab.edge.call(lambda: socket.create_connection(("127.0.0.1", METRICS_PORT),
                                                                 20)) as client:
            client.sendall(b"GET " + path + b" HTTP/1.1\r\n\r\n")
            self.expect_text("page", self.rest(client).replace(b"\r\n", b"\n"))

    def ask(self, request):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
            client.settimeout(20)
            client.connect(self.agent.control)
            client.sendall(request)
            answer = self.rest(client)
            self.expect_text("answer", answer)
            self.assertFalse(json.loads(answer)["ok"])

    @staticmethod
    def rest(client):
        out = b""
        while chunk := client.recv(65536):
            out += chunk
        return out

    def expect_text(self, where, out):
        self.assertTrue(is_text(out), (where, out))
        self.checked += len(out)

    def run_command(self, *command):
        done = subprocess.run([FLOWMARK, *command], capture_output=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        for out in (done.stdout, done.stderr):
            self.expect_text(command, out)
        return done.stdout

    def command(self, name, *arguments):
        return self.run_command(name, "--control", self.agent.control, *arguments)

    def flows(self):
        return json.loads(self.command("flows", "-o", "json"))["flows"]

    def expect_shown(self):
        """Every printable name as it is, by TLS and by DNS; of the others none."""
        expected = {(name + BEHIND).decode() for name in PRINTABLE.values()}
        # Lower case is how names are compared.
        expected = {name.lower() for name in expected}

        def named(evidence):
            return {flow["host"] for flow in self.flows() if flow["evidence"] == evidence}
        for evidence in ("sni", "dns"):
            wait_for(lambda: named(evidence) >= expected, 20, f"the names by {evidence}")
            self.assertEqual(named(evidence), expected)
        shown = self.command("flows").decode()
        for name in expected:
            self.assertIn(name, shown)

    def expect_explained(self):
        for flow in self.flows():
            ends = (flow["protocol"], *(f"[{flow[end]}]:{flow[end + '_port']}"
                                        for end in ("client", "server")))
            if flow["host"]:
                self.assertIn(flow["host"].encode(), self.command("explain", *ends))
                self.command("explain", *ends, "-o", "json")

    def expect_rest(self):
        for name in ("status", "classes"):
            self.assertIn(b"lan\\x1b[31m", self.command(name))
            self.command(name, "-o", "json")
        self.command("top", "--count", "1", "--interval", "0.1")
        text = self.agent.http("/metrics")[1]
        self.expect_text("metrics", text.encode())
        self.assertNotIn("hostile", text)
        checked = subprocess.run(["promtool", "check", "metrics"], input=text, text=True,
                                 capture_output=True, timeout=60)
        self.assertEqual((checked.returncode, checked.stdout, checked.stderr), (0, "", ""))

    def expect_log(self, log_format):
        self.assertEqual(self.agent.stop(), 0)
        with open(self.agent.process.log_path, "rb") as file:
            log = file.read()
        self.expect_text("log", log)
        self.assertIn(b"ready", log)
        for line in log.splitlines():
            self.assertFalse(b"forged" in line and line.startswith(b"2026-01-01"), line)
            if log_format == "json":
                json.loads(line)

    def run_all(self, log_format):
        self.begin(log_format)
        self.say_all()
        self.expect_shown()
        self.expect_explained()
        self.expect_rest()
        self.expect_log(log_format)
        proved(f"{len(UNPRINTABLE)} unprintable and {len(PRINTABLE)} odd names in hellos, DNS "
               f"answers, requests and an interface's name: {self.checked} bytes of tables, JSON, "
               f"metrics and a log of {log_format}, all text")

    def test_with_a_log_of_text(self):
        self.run_all("text")

    def test_with_a_log_of_json(self):
        self.run_all("json")

    @staticmethod
    def said_in(path):
        """How often the file has a command for a name: said in a hello, and in an answer."""
        with open(path, "rb") as file:
            return file.read().count(COMMAND)

    def test_in_a_capture(self):
        path = self.lab.path("hostile.pcap")
        self.begin("text")
        tcpdump = self.lab.start(self.lab.edge, "tcpdump", "tcpdump", "-i", "lan0", "-U", "-Z",
                                 "root", "-B", WAITING_KIB, "-w", path)
        tcpdump.wait_log("listening on")
        passed = Capture(self.lab.client, "eth0")  # its end has passed lan0
        self.say_all()
        passed.stop()
        wait_for(lambda: self.said_in(path) >= 2, 20, "the capture")
        tcpdump.stop()
        with open(self.lab.path("policy.yaml"), "w", encoding="utf-8") as file:
            file.write(POLICY)
        replay = ("replay", path, "-c", self.lab.path("policy.yaml"))
        self.assertIn(COMMAND, self.run_command(*replay))
        self.run_command(*replay, "--explain")
        self.run_command(*replay, "-o", "json")
        self.assertEqual(self.agent.stop(), 0)
        proved(f"`flowmark replay` of the same: {self.checked} bytes, all text")


if __name__ == "__main__":
    main()
