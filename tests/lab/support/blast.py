# SPDX-License-Identifier: Apache-2.0
"""Numbered datagrams at an even rate through the edge, and what became of each."""

import json
import os

from lab.edge import SERVER4, SERVER6
from lab.processes import output

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../udp_blast.c")


PORT = 7000
FLOWS = 64


def policy_for(*interfaces):
    """The datagrams are voice, EF."""
    names = "".join(f"  - name: \"{name}\"\n" for name in interfaces)
    return f"""
interfaces:
{names}classes:
  - {{ name: voice, dscp: EF }}
  - {{ name: other, dscp: AF41 }}
rules:
  - {{ class: voice, protocol: udp, server_port: {PORT} }}
default: other
"""


class Blast:
    def __init__(self, lab, rate=20_000):
        binary = lab.path("udp_blast")
        if not os.path.exists(binary):
            output("cc", "-O2", "-Wall", "-Werror", "-o", binary, SOURCE)
        self._receiver = lab.start(lab.server, "receive", binary, "receive", str(PORT))
        self._receiver.wait_log("ready")
        self._sender = lab.start(lab.client, "send", binary, "send", SERVER4, SERVER6, str(PORT),
                                 str(FLOWS), str(rate))

    def expect_running(self):
        self._sender.expect_running()

    def stop(self):
        """What was sent and what arrived, as udp_blast prints it."""
        self._sender.stop()
        self._receiver.stop()
        return json.loads(self._sender.log()), json.loads(self._receiver.log().splitlines()[-1])
