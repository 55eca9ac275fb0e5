#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The TLS and QUIC clients that people have: Chromium and Firefox with a page of 100 host names,
curl, OpenSSL and GnuTLS of two Debian releases. Every TLS flow carries its class's mark from the
packet that completes its name on, every QUIC flow within 20 packets, in both directions. Which
flow has which name is what the servers say, never Flowmark."""

import contextlib
import os
import unittest

from support import FLOWMARK, ROOT, browsers, main, proved
from support.named_flows import (flows, last_unmarked, name_completed, record_length,
                                 tcp_segment)
from support.web import QUIC_PORT, TLS_PORT, Web
from lab.capture import Capture, stop_all
from lab.edge import EdgeLab
from lab.packets import TCP, UDP
from lab.processes import output, wait_for

HOSTS = 100
FEW = 4  # a host of each class and family
IMAGE_BYTES = 100_000
QUIC_PACKETS = 20
SEGMENT = 1448  # bytes of TCP data, with timestamps

POLICY = """
interfaces:
  - name: "lan*"
  - name: "wan*"
classes:
  - { name: video, dscp: AF41 }
  - { name: work, dscp: AF21 }
  - { name: default, dscp: keep }
rules:
  - { class: video, host: "*.video.example.test" }
  - { class: work, host: "*.work.example.test" }
default: default
"""

# Debian 13: OpenSSL 3.5 with post-quantum shares, curl with HTTP/3.
NEWER = "trixie"
NEWER_PACKAGES = ("curl", "gnutls-bin", "openssl")
NEWER_FOLDER = os.path.abspath(os.path.join(ROOT, "build", NEWER))

CURL = ("curl", "-sSk", "--max-time", "30", "-o", "/dev/null")


def newer(*command):
    """The command, of the newer release."""
    return (os.path.join(NEWER_FOLDER, "run"), *command)


def asking(*command):
    """A client of plain TLS that asks for the page of nginx."""
    return ("sh", "-c", r'printf "GET /tls.html HTTP/1.0\r\n\r\n" | "$@"', "sh", *command)


class Base(unittest.TestCase):
    OFFLOAD = False

    def setUp(self):
        self.lab = self.enterContext(EdgeLab("clients", offload=self.OFFLOAD))
        self.web = Web(self.lab, HOSTS, IMAGE_BYTES)
        self.agent = self.lab.agent(self.lab.edge, FLOWMARK, POLICY)

    @contextlib.contextmanager
    def watch(self):
        """Captures at both ends what passes meanwhile."""
        self.asked_before = self.web.tls_flows() | self.web.quic_flows()
        ports = f"port {TLS_PORT} or port {QUIC_PORT}"
        self.server = Capture(self.lab.server, "eth0", ports, snaplen=4096)
        self.client = Capture(self.lab.client, "eth0", ports, snaplen=200)
        yield
        stop_all(self.server, self.client)

    def expect_asked(self, asked_ever, found, hosts):
        """The server was asked for every host, and by flows to the very address of the host that
        they named: the address of a flow tells its name."""
        addresses = {host.address for host in hosts}

        def asked():
            return asked_ever() - self.asked_before
        wait_for(lambda: addresses <= {server for _, _, server in asked()}, 20,
                 "the server to log every host")
        self.assertLessEqual(asked(), set(found))

    def expect_tls_marks(self):
        """In every flow whose client said something; returns those of the server's end, and in how
        many of them the name ended in a later segment than the first."""
        later = 0
        found = {flow: packets
                 for flow, packets in flows(self.server.received(), TCP, TLS_PORT).items()
                 if any(tcp_segment(p)[1] for p in packets)}
        for flow, packets in found.items():
            host = self.web.by_address[flow[2]]
            at = name_completed(packets, host.name)
            self.assertIsNotNone(at, f"{flow} never says {host.name}")
            marks = [p.dscp for p in packets]
            self.assertEqual((set(marks[:at]), set(marks[at:])), ({0}, {host.dscp}),
                             f"{flow} {host.name}, complete with packet {at}: {marks}")
            later += any(tcp_segment(p)[1] for p in packets[:at])
        for (_, _, server), packets in flows(self.client.received(), TCP, TLS_PORT).items():
            replied = {p.dscp for p in packets if tcp_segment(p)[1]}
            self.assertLessEqual(replied, {self.web.by_address[server].dscp}, "of replies")
        return found, later

    def expect_tls(self, who, hosts):
        found, later = self.expect_tls_marks()
        self.expect_asked(self.web.tls_flows, found, hosts)
        proved(f"{who}: {len(found)} TLS flows to {len(hosts)} hosts, all marked from the packet "
               f"on that completes the name ({later} names ended in a later segment)")
        return found

    def expect_quic(self, who, hosts):
        at_server = flows(self.server.packets, UDP, QUIC_PORT)
        self.expect_asked(self.web.quic_flows, at_server, hosts)
        latest = 0
        for capture, found in ((self.server, at_server),
                               (self.client, flows(self.client.packets, UDP, QUIC_PORT))):
            for flow, packets in found.items():
                host = self.web.by_address[flow[2]]
                marks = [p.dscp for p in packets if capture.arrived(p)]
                self.assertLessEqual(set(marks), {0, host.dscp}, f"{flow} {host.name}")
                last = last_unmarked(packets, capture.arrived, host.dscp)
                self.assertLess(last, QUIC_PACKETS, f"{flow} {host.name}: {marks}")
                latest = max(latest, last)
            long = {flow[2] for flow, packets in found.items() if len(packets) > QUIC_PACKETS}
            self.assertLessEqual({host.address for host in hosts}, long)
        proved(f"{who}: {len(at_server)} QUIC flows to {len(hosts)} hosts, at both ends marked "
               f"after {latest} packets at the latest")


class Browsers(Base):
    def test_chromium_tls(self):
        with self.watch():
            browsers.chromium(self.lab, self.web)
        self.expect_tls("Chromium", self.web.hosts)

    def test_chromium_quic(self):
        with self.watch():
            browsers.chromium(self.lab, self.web, quic=True)
        self.expect_quic("Chromium", self.web.hosts)

    def test_firefox_tls(self):
        with self.watch():
            browsers.firefox(self.lab, self.web)
        self.expect_tls("Firefox", self.web.hosts)

    def test_firefox_quic(self):
        with self.watch():
            browsers.firefox(self.lab, self.web, quic=True)
        self.expect_quic("Firefox", self.web.hosts)


class CommandLine(Base):
    def setUp(self):
        super().setUp()
        output(os.path.join(ROOT, "tools/suite"), NEWER, NEWER_FOLDER, *NEWER_PACKAGES,
               timeout=300)

    def ask(self, who, command, check):
        """One connection to each of a few hosts; {} in the command is the host's name."""
        hosts = self.web.hosts[:FEW]
        with self.watch():
            for host in hosts:
                self.lab.client.run(*self.web.alone(*(w.format(host.name) for w in command)))
        return check(who, hosts)

    def test_one_segment(self):
        for who, command in (
                ("curl, OpenSSL 3.0", (*CURL, f"https://{{}}:{TLS_PORT}/image")),
                ("s_client, OpenSSL 3.0",
                 asking("openssl", "s_client", "-quiet", "-connect", f"{{}}:{TLS_PORT}")),
                ("GnuTLS 3.7", asking("gnutls-cli", "--insecure", "{}")),
                ("GnuTLS 3.8", asking(*newer("gnutls-cli", "--insecure", "{}")))):
            for packets in self.ask(who, command, self.expect_tls).values():
                self.assertLessEqual(record_length(packets), SEGMENT, who)

    def test_post_quantum(self):
        """X25519MLKEM768 makes the hello of two segments."""
        for who, command in (
                ("curl, OpenSSL 3.5", newer(*CURL, f"https://{{}}:{TLS_PORT}/image")),
                ("s_client, OpenSSL 3.5", asking(*newer(
                    "openssl", "s_client", "-quiet", "-connect", f"{{}}:{TLS_PORT}")))):
            for packets in self.ask(who, command, self.expect_tls).values():
                self.assertGreater(record_length(packets), SEGMENT, who)

    def test_quic(self):
        self.ask("curl, HTTP/3",
                 newer(*CURL, "--http3-only", f"https://{{}}:{QUIC_PORT}/image"),
                 self.expect_quic)


class Merged(Base):
    """As between virtual machines: a hello of two segments is one packet."""

    OFFLOAD = True

    def test_chromium(self):
        with self.watch():
            browsers.chromium(self.lab, self.web)
        self.expect_tls("Chromium with segmentation offload", self.web.hosts)


if __name__ == "__main__":
    main()
