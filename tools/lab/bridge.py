# SPDX-License-Identifier: Apache-2.0
"""Two ends and a bridge between them.

    left  eth0 --- port0  bridge  port1 --- eth0  right

What the bridge forwards it leaves as it is, tags included, so a frame that comes
out different was changed by Flowmark on a port. A tag that arrives is taken off
the frame and carried beside it, as a network card does that strips tags.
"""

import socket

from .lab import Lab
from .netns import connect


class BridgeLab(Lab):
    def build(self):
        self.left, self.bridge, self.right = map(self.namespace, ("left", "bridge", "right"))
        for namespace in (self.left, self.bridge, self.right):  # no chatter of their own
            namespace.sysctl("net.ipv6.conf.default.disable_ipv6", 1)
        for port, end in (("port0", self.left), ("port1", self.right)):
            connect(end, "eth0", self.bridge, port, offload=False)
        self.bridge.ip("link add br0 type bridge mcast_snooping 0")
        for port in ("port0", "port1"):
            self.bridge.ip(f"link set {port} master br0")
        self.bridge.ip("link set br0 up")

    @staticmethod
    def send_frames(end, frames):
        """Puts raw frames on the wire at an end."""
        wire = end.socket(socket.AF_PACKET, socket.SOCK_RAW)
        with wire:
            wire.bind(("eth0", 0))
            for frame in frames:
                wire.send(frame)
