# SPDX-License-Identifier: Apache-2.0
"""A tun device: an interface without a link header, its far end held by us."""

import fcntl
import os
import select
import struct

TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 1, 0x1000


class Tun:
    def __init__(self, namespace, name):
        self.name = name
        self._fd = namespace.call(lambda: self._open(name))
        namespace.ip(f"link set {name} up")

    @staticmethod
    def _open(name):
        fd = os.open("/dev/net/tun", os.O_RDWR)
        fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
        return fd

    def write(self, packet):
        """The packet arrives at the interface."""
        os.write(self._fd, packet)

    def read(self, seconds=20.0):
        """A packet that left by the interface, or None."""
        ready, _, _ = select.select([self._fd], [], [], seconds)
        return os.read(self._fd, 65536) if ready else None

    def close(self):
        """The device goes with its far end."""
        os.close(self._fd)
