# SPDX-License-Identifier: Apache-2.0
"""New flows that say what they are called once, and whether the agent knows it."""

import socket
import struct

from lab.edge import CLIENT4, SERVER4

from .said_names import made_client_hello, quic_initial

PORT = 9443
PATIENCE = 20  # seconds
KINDS = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM}
SAID = {"tcp": made_client_hello("new.tls.test"), "udp": quic_initial()}


class Newcomers:
    def __init__(self, lab, count):
        """Says `count` hellos over TCP and as many in QUIC Initials."""
        self._ends = {protocol: [] for protocol in KINDS}
        with lab.server.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((SERVER4, PORT))
            listener.listen(count)
            for protocol, kind in KINDS.items():
                for _ in range(count):
                    end = lab.client.socket(socket.AF_INET, kind)
                    end.settimeout(PATIENCE)
                    end.connect((SERVER4, PORT))
                    end.send(SAID[protocol])
                    self._ends[protocol].append(end)

    def named(self, agent):
        """{protocol: how many of its flows have a name}."""
        return {protocol: sum(self._is_named(agent, protocol, end) for end in ends)
                for protocol, ends in self._ends.items()}

    @staticmethod
    def _is_named(agent, protocol, end):
        flow, = agent.json("explain", protocol, f"{CLIENT4}:{end.getsockname()[1]}",
                           f"{SERVER4}:{PORT}")["flows"]
        return flow["evidence"] in ("sni", "quic")

    def close(self):
        """Connections are reset, for their ports to be free."""
        for protocol, ends in self._ends.items():
            for end in ends:
                if protocol == "tcp":
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                end.close()
            ends.clear()
