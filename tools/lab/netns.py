# SPDX-License-Identifier: Apache-2.0
"""Network namespaces and what connects them."""

import ctypes
import json
import os
import socket
import threading

from .processes import Process, output

CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


class Namespace:
    """A named network namespace, its name unique to this process."""

    def __init__(self, prefix, role, log_dir):
        self.name = f"{prefix}-{role}"
        self.role = role
        self.path = f"/run/netns/{self.name}"
        self._log_dir = log_dir
        output("ip", "netns", "add", self.name)
        self.ip("link set lo up")
        # Addresses must work at once, and nobody else is on these links.
        for scope in ("all", "default"):
            self.sysctl(f"net.ipv6.conf.{scope}.accept_dad", 0)
            self.sysctl(f"net.ipv6.conf.{scope}.accept_ra", 0)

    def run(self, *command, check=True, timeout=60, text=None):
        """Runs a command here to its end and returns its standard output."""
        return output("nsenter", f"--net={self.path}", *command, check=check, timeout=timeout,
                      text=text)

    def start(self, name, *command, env=None, stdout=None):
        """Starts a command here in the background."""
        return Process(f"{self.role}-{name}", command, self._log_dir, self.path, env, stdout)

    def ip(self, arguments):
        return output("ip", "-n", self.name, *arguments.split())

    def sysctl(self, name, value):
        self.run("sysctl", "-qw", f"{name}={value}")

    def call(self, function):
        """Calls `function` in a thread inside this namespace. A socket that it
        opens and returns stays here whoever uses it."""
        result = {}

        def inside():
            try:
                with open(self.path, "rb") as netns:
                    if _libc.setns(netns.fileno(), CLONE_NEWNET) != 0:
                        raise OSError(ctypes.get_errno(), f"setns {self.path}")
                result["value"] = function()
            except BaseException as error:  # handed to the caller below
                result["error"] = error

        thread = threading.Thread(target=inside)
        thread.start()
        thread.join()
        if "error" in result:
            raise result["error"]
        return result["value"]

    def socket(self, family, kind, protocol=0):
        return self.call(lambda: socket.socket(family, kind, protocol))

    def mac(self, interface):
        words = self.ip(f"-o link show dev {interface}").split()
        return words[words.index("link/ether") + 1]

    def link_stats(self, interface):
        """Its counters, as the kernel has them: {"rx": {"packets": ...}, "tx": {...}}."""
        shown = self.run("ip", "-j", "-s", "link", "show", "dev", interface)
        return json.loads(shown)[0]["stats64"]

    def ifindex(self, interface):
        return self.call(lambda: socket.if_nametoindex(interface))

    def interfaces(self):
        return [name for _, name in self.call(socket.if_nameindex)]

    def remove(self):
        if os.path.exists(self.path):
            output("ip", "netns", "del", self.name)


def connect(a, a_name, b, b_name, offload=True, mtu=None):
    """Lays a veth cable from interface `a_name` in `a` to `b_name` in `b`.

    Without `offload` what a capture shows is what a wire would carry: no packet
    longer than the MTU, all checksums filled in.
    """
    output("ip", "-n", a.name, "link", "add", a_name, "type", "veth", "peer", "name", b_name,
           "netns", b.name)
    for namespace, name in ((a, a_name), (b, b_name)):
        if mtu:
            namespace.ip(f"link set {name} mtu {mtu}")
        if not offload:
            turn_offload_off(namespace, name)
        namespace.ip(f"link set {name} up")


def turn_offload_off(namespace, interface):
    namespace.run("ethtool", "-K", interface, "tso", "off", "gso", "off", "gro", "off", "tx", "off")
