# SPDX-License-Identifier: Apache-2.0
"""What really passed an interface, as tcpdump saw it there."""

import re
import signal
import socket
import struct
import subprocess
import threading
import time

from .packets import parse_frame, read_frames
from .processes import LabError, wait_for

# A frame of ours that says "up to here": an EtherType for local experiments.
MARKER_TYPE = 0x88B5
# For what waits while tcpdump has no CPU: each packet has a place for the largest there, 64 KiB.
WAITING_KIB = "65536"


class Capture:
    """tcpdump on `interface` of `namespace`, with what passes in both directions.

    Give `on_packet(packet, arrived)` to have each packet handed over (in a thread
    of the capture) and forgotten; otherwise all are kept in `packets`.
    """

    _number = 0

    def __init__(self, namespace, interface, expression="", on_packet=None, snaplen=65535):
        Capture._number += 1
        self.packets = []
        self.count = 0
        self._on_packet = on_packet or (lambda packet, _: self.packets.append(packet))
        self._namespace, self._interface = namespace, interface
        self._mac = namespace.mac(interface)
        self._marker = self._marker_frame()
        self._marker_seen = threading.Event()
        kept = f"({expression}) or ether proto {MARKER_TYPE:#x}" if expression else ""
        # It stays root: a change of user would end the guard that ends it with us.
        self._tcpdump = namespace.start(
            f"tcpdump-{interface}-{Capture._number}", "tcpdump", "-i", interface, "-n", "-p", "-Z",
            "root", "-s", str(snaplen), "-B", WAITING_KIB, "--immediate-mode", "-U", "-w", "-",
            kept, stdout=subprocess.PIPE)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._tcpdump.wait_log("listening on")

    def _marker_frame(self):
        """To nobody: it leaves by our interface, which is where we see it."""
        mac = bytes.fromhex(self._mac.replace(":", ""))
        return struct.pack("!6s6sHQ", mac, mac, MARKER_TYPE, Capture._number).ljust(60, b"\0")

    def _read(self):
        for frame, when, linktype in read_frames(self._tcpdump.stdout):
            if frame[:22] == self._marker[:22]:
                self._marker_seen.set()
            elif packet := parse_frame(frame, when, linktype):
                self.count += 1
                self._on_packet(packet, self.arrived(packet))

    def arrived(self, packet):
        """Whether it came in. What left has our own address as its source."""
        return packet.src_mac != self._mac

    def received(self):
        return [p for p in self.packets if self.arrived(p)]

    def sent(self):
        return [p for p in self.packets if not self.arrived(p)]

    def stop(self):
        """Ends the capture; all that passed before has been handed over. Raises if
        the kernel dropped packets: such a capture proves nothing."""
        with self._namespace.socket(socket.AF_PACKET, socket.SOCK_RAW) as wire:
            wire.bind((self._interface, 0))
            wire.send(self._marker)
        if not self._marker_seen.wait(60):
            raise LabError(f"the capture does not keep up:\n{self._tcpdump.log()}")
        self._tcpdump.send(signal.SIGINT)
        self._reader.join(60)
        self._tcpdump.stop(signal.SIGINT)
        dropped = re.search(r"(\d+) packets? dropped by kernel", self._tcpdump.log())
        if not dropped:
            raise LabError(f"tcpdump did not end well:\n{self._tcpdump.log()}")
        if int(dropped[1]):
            raise LabError(f"the capture lost {dropped[1]} packets: {self._tcpdump.log()}")


def stop_all(*captures, quiet=0.2):
    """Stops them together once nothing has passed for `quiet` seconds: what was on
    its way has arrived, and all of them have seen it."""
    def still():
        before = [c.count for c in captures]
        time.sleep(quiet)
        return before == [c.count for c in captures]
    wait_for(still, 60, "the traffic to end")
    for capture in captures:
        capture.stop()
