# SPDX-License-Identifier: Apache-2.0
"""Numbered datagrams at an even rate through the edge, and what became of each."""

import json
import os

from lab.edge import SERVER4, SERVER6
from lab.processes import output, wait_for

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


def last_line(process):
    return json.loads(process.log().splitlines()[-1])


class Blast:
    """Has begun to arrive when it is made. What is sent is waited for at the end, if it is not
    `lossy`."""

    def __init__(self, lab, rate=20_000, lossy=False):
        self._lab = lab
        self._total = None if lossy else lab.path("udp_blast.total")
        binary = lab.path("udp_blast")
        if not os.path.exists(binary):
            output("cc", "-O2", "-Wall", "-Werror", "-o", binary, SOURCE)
        self._receiver = lab.start(lab.server, "receive", binary, "receive", str(PORT),
                                   *([self._total] if self._total else []))
        self._receiver.wait_log("ready")
        self._sender = lab.start(lab.client, "send", binary, "send", SERVER4, SERVER6, str(PORT),
                                 str(FLOWS), str(rate))
        self._receiver.wait_log("receiving")

    def expect_running(self):
        self._sender.expect_running()

    def _arrived(self):
        return self._lab.server.link_stats("eth0")["rx"]["packets"]

    def wait_passed(self, count=1000):
        """So many more are to arrive: under whatever is in force by now."""
        goal = self._arrived() + count
        wait_for(lambda: self._arrived() >= goal, 60, f"{count} packets more to arrive")

    def stop(self):
        """What was sent and what arrived, as udp_blast prints it."""
        self._sender.stop()
        sent = last_line(self._sender)
        if self._total:
            with open(self._total, "w", encoding="ascii") as file:
                file.write(str(sent["sent"] - sent["refused"]))
        self._receiver.stop()
        return sent, last_line(self._receiver)
