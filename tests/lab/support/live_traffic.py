# SPDX-License-Identifier: Apache-2.0
"""A little of everything that the metrics tell apart: classes in both directions, a policer that
drops, names by every kind of evidence, packets that no class can be found for."""

import socket

from lab.dialogue import Dialogue
from lab.edge import OTHER4, SERVER4, THIRD4
from lab.traffic import PYTHON, TALK, start_dnsmasq, start_nginx

from .said_names import quic_initial

# "auto" lets XDP be on a veth: lan0 shows the fallback.
POLICY = """
interfaces:
  - { name: lan0, xdp: auto }
  - { name: lan1, xdp: generic }
  - { name: "wan*", trust: false }
classes:
  - { name: voice, dscp: EF }
  - { name: shop, dscp: AF21 }
  - { name: bulk, dscp: LE, police: 100kbit }
  - { name: default, dscp: keep }
sets:
  telephones: { ports: [5004-5010] }
rules:
  - { class: voice, protocol: udp, port: "@telephones" }
  - { class: bulk, protocol: udp, server_port: 8801 }
  - { class: shop, host: ["*.example.test", "*.apple.com", public.test] }
default: default
names: { public_names: [public.test] }
"""
PUBLIC_NAME = "public.test"  # as a provider shows it in front of a hello that is encrypted


class Names:
    """Clients of a lab with nginx and dnsmasq that say, or are told, the names of servers."""

    def __init__(self, lab):
        self._lab = lab

    def once(self):
        """A name by each kind of evidence, and one that is not to be had."""
        self._browse("www.example.test", OTHER4)
        self._browse(PUBLIC_NAME, THIRD4)
        # dig learns the address of a name; what it then reaches there shows no name itself.
        self._lab.client.run("dig", "+tries=3", "+time=10", f"@{SERVER4}", "www.example.test",
                             "A")
        Dialogue("nameless", self._lab.client, self._lab.server, SERVER4, 7000).hold(3)
        self._send(quic_initial(), OTHER4, 443)
        self._send(b"\xc3\xff\xff\xff\xff" + bytes(1200), THIRD4, 443)  # no version that is known

    def _browse(self, name, address):
        self._lab.client.run("curl", "-sk", "--max-time", "20", "-o", "/dev/null",
                             "--connect-to", f"::{address}:", f"https://{name}/page")

    def _send(self, payload, address, port):
        with self._lab.client.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.sendto(payload, (address, port))


class LiveTraffic(Names):
    """Servers and clients that go on until the lab ends; once() adds what is sent by hand."""

    def __init__(self, lab):
        super().__init__(lab)
        start_nginx(lab, {"page": 20_000})
        start_dnsmasq(lab)
        talk = lab.start(lab.server, "talk", PYTHON, TALK, "serve", "udp:5004:160",
                         "udp:8801:1100")
        talk.wait_log("serving")
        self._call("phone", 5004, 160, 0.02)
        self._call("backup", 8801, 1100, 0.01)

    def _call(self, name, port, size, interval):
        self._lab.start(self._lab.client, name, PYTHON, TALK, "call", "udp", SERVER4, str(port),
                        str(size), str(interval))
