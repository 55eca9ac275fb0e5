# SPDX-License-Identifier: Apache-2.0
"""Numbered datagrams at an even rate from one namespace to another, and what
became of each."""

import json
import os

from lab.processes import output

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../udp_blast.c")


class Blast:
    def __init__(self, lab, client, server, addresses, port, flows=64, rate=20_000):
        binary = lab.path("udp_blast")
        output("cc", "-O2", "-Wall", "-Werror", "-o", binary, SOURCE)
        self._receiver = lab.start(server, "receive", binary, "receive", str(port))
        self._receiver.wait_log("ready")
        self._sender = lab.start(client, "send", binary, "send", *addresses, str(port), str(flows),
                                 str(rate))

    def expect_running(self):
        self._sender.expect_running()

    def stop(self):
        """What was sent and what arrived, as udp_blast prints it."""
        self._sender.stop()
        self._receiver.stop()
        return json.loads(self._sender.log()), json.loads(self._receiver.log().splitlines()[-1])
