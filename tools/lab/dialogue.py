# SPDX-License-Identifier: Apache-2.0
"""Datagrams to a server and back, each of them known by its payload."""

import socket
from typing import NamedTuple

from .netns import Namespace
from .talk import set_tos


class Dialogue(NamedTuple):
    """Who talks with whom, and with which TOS byte (DSCP and ECN) each."""

    name: str  # begins every payload
    client: Namespace
    server: Namespace
    address: str  # of the server
    server_port: int
    client_port: int = 0  # 0: any
    tos: int = 0  # of the client
    reply_tos: int = 0
    size: int = 0  # of the payload, at least; 0: as short as it can be

    @property
    def family(self):
        return 6 if ":" in self.address else 4

    def hold(self, rounds):
        """Each round: one datagram up, one down. Returns the payloads that
        arrived, both ways."""
        kind = socket.AF_INET6 if self.family == 6 else socket.AF_INET
        arrived = []
        with self.server.socket(kind, socket.SOCK_DGRAM) as server, \
                self.client.socket(kind, socket.SOCK_DGRAM) as client:
            server.bind((self.address, self.server_port))
            if self.client_port:
                client.bind(("", self.client_port))
            for sock, tos in ((server, self.reply_tos), (client, self.tos)):
                sock.settimeout(60)
                set_tos(sock, tos)
            for number in range(rounds):
                client.sendto(self.payload(number, "up"), (self.address, self.server_port))
                data, peer = server.recvfrom(65536)
                arrived.append(data)
                server.sendto(self.payload(number, "down"), peer)
                arrived.append(client.recv(65536))
        return arrived

    def label(self, number, way):
        return f"{self.name} v{self.family} ecn{self.tos & 3} #{number} {way}".encode()

    def payload(self, number, way):
        return self.label(number, way).ljust(self.size, b".")


def label_of(payload):
    """The label that a payload, or its first fragment, begins with."""
    return payload.split(b"..")[0]
