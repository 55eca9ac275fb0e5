# SPDX-License-Identifier: Apache-2.0
"""Many interfaces at once, and when the kernel told of each."""

import os
import socket
import struct
import subprocess
import time

_RTMGRP_LINK, _RTM_NEWLINK, _IFLA_IFNAME = 1, 16, 3
_RECEIVE_BUFFER = 16 << 20


class IpBatch:
    """One `ip` that takes its commands from us as they come."""

    def __init__(self, lab, namespace):
        self._ip = subprocess.Popen(["ip", "-n", namespace.name, "-batch", "-"], text=True,
                                    stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        lab.keep(self)

    def run(self, *commands):
        """Hands them over; the link events say when they are done."""
        self._ip.stdin.write("".join(command + "\n" for command in commands))
        self._ip.stdin.flush()

    def stop(self):
        """Waits until all are done; what `ip` has complained about is returned."""
        if self._ip.returncode is None:
            return self._ip.communicate(timeout=60)[1]
        return ""


class LinkEvents:
    """When an interface was first heard of, and when its second hook was pinned."""

    def __init__(self, namespace, pins):
        self._pins = pins
        self._socket = namespace.call(self._open)
        self._heard = {}  # name: (ifindex, when)
        self.delays = {}  # name: seconds from the event to the second hook

    @staticmethod
    def _open():
        events = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
        events.setsockopt(socket.SOL_SOCKET, 33, _RECEIVE_BUFFER)  # SO_RCVBUFFORCE
        events.bind((0, _RTMGRP_LINK))
        events.setblocking(False)
        return events

    def _listen(self):
        while True:
            try:
                data = self._socket.recv(1 << 16)
            except BlockingIOError:
                return
            now = time.monotonic()
            while len(data) >= 32:
                length, kind = struct.unpack_from("=IH", data)
                if kind == _RTM_NEWLINK:
                    name, ifindex = self._name(data[16:length])
                    self._heard.setdefault(name, (ifindex, now))
                data = data[(length + 3) & ~3:]

    @staticmethod
    def _name(message):
        ifindex, = struct.unpack_from("=i", message, 4)
        at = 16
        while at + 4 <= len(message):
            length, kind = struct.unpack_from("=HH", message, at)
            if kind == _IFLA_IFNAME:
                return message[at + 4:at + length - 1].decode(), ifindex
            at += max((length + 3) & ~3, 4)
        return "", ifindex

    def wait_attached(self, names, patience):
        """Waits until both hooks of all are pinned."""
        left, end = set(names), time.monotonic() + patience
        while left:
            self._listen()
            for name in [n for n in left if n in self._heard]:
                ifindex, heard = self._heard[name]
                if os.path.exists(f"{self._pins.path}/v1/links/{ifindex}-egress"):
                    self.delays[name] = time.monotonic() - heard
                    left.discard(name)
            if time.monotonic() > end:
                raise TimeoutError(f"not attached after {patience} s: {sorted(left)}")
            time.sleep(0.0005)

    def close(self):
        self._socket.close()


def distribution(seconds):
    """Milliseconds at the usual shares."""
    ordered = sorted(seconds)
    shares = (("median", 0.5), ("90 %", 0.9), ("99 %", 0.99), ("most", 1))
    return ", ".join(f"{name} {ordered[min(int(len(ordered) * share), len(ordered) - 1)] * 1e3:.1f}"
                     for name, share in shares) + " ms"
