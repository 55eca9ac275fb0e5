# SPDX-License-Identifier: Apache-2.0
"""What agents have held in the kernel, and that nothing of it remains."""

import os

from lab.bpf import held_objects, object_ids, tcx_programs, xdp_program
from lab.edge import INTERFACES
from lab.processes import wait_for


def open_fds(agent):
    return agent.metrics().one("process_open_fds")


def fds_at_rest(agent):
    """Its open descriptors when only we ask: it closes a connection when it sees our end."""
    def alone():
        sockets = agent.namespace.run("ss", "-Hntxp", "state", "connected")
        return f"pid={agent.process.pid}," not in sockets
    wait_for(alone, 60, "the agent to close its connections")
    return open_fds(agent)


class Remains:
    """Watches the one agent of a lab through all its lives."""

    def __init__(self, lab, pins):
        self._lab, self._pins = lab, pins
        self.objects = set()

    def note(self, agent):
        """What it holds now; to be called before each of its ends."""
        self.objects |= held_objects(agent.process.pid)

    def end(self, test, agent):
        """Stops and detaches; nothing of any life may be left."""
        self.note(agent)
        test.assertEqual(agent.stop(), 0)
        self.expect_nothing(test)

    def expect_nothing(self, test, sockets=True):
        self._pins.detach()
        test.assertFalse(os.path.exists(self._pins.path))
        for interface in INTERFACES:
            for direction in ("ingress", "egress"):
                test.assertEqual(tcx_programs(self._lab.edge, interface, direction), [])
            test.assertEqual(xdp_program(self._lab.edge, interface), (0, ""))
            test.assertNotIn("clsact",
                             self._lab.edge.run("tc", "qdisc", "show", "dev", interface))
        wait_for(lambda: not self.objects & object_ids(), 60,
                 "the kernel to free maps, programs and links")
        if sockets:  # which a start that failed may leave
            left = [f for f in os.listdir(self._lab.directory) if f.endswith(".sock")]
            test.assertEqual(left, [])
