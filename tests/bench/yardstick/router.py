# SPDX-License-Identifier: Apache-2.0
"""The network of the live measurements, and the program that sends through it.

    source s0 ==> r0 router r1 ==> k0 sink

What is measured sits on r0 or in the router's netfilter. No packet is answered.
"""

import json
import subprocess

from lab.lab import Lab
from lab.netns import connect
from lab.processes import LabError

# Frames come from 10.0.0.0/8 to anywhere; nobody needs to be asked for an address.
NEXT_HOP, ROUTER = "198.51.100.2", "198.51.100.1"
UNUSED = "unused0"  # an interface that policies may name to have r0 left alone


class RouterLab(Lab):
    def __init__(self):
        super().__init__("bench")

    def build(self):
        self.source = self.namespace("source")
        self.router = self.namespace("router")
        self.sink = self.namespace("sink")
        connect(self.source, "s0", self.router, "r0")
        connect(self.router, "r1", self.sink, "k0")
        for scope in ("all", "default", "r0", "r1"):
            self.router.sysctl(f"net.ipv4.conf.{scope}.rp_filter", 0)
        self.router.sysctl("net.ipv4.ip_forward", 1)
        for namespace in (self.source, self.router, self.sink):
            namespace.sysctl("net.ipv6.conf.all.disable_ipv6", 1)
        self.router.ip(f"addr add {ROUTER}/24 dev r1")
        self.router.ip("addr add 192.0.2.1/24 dev r0")
        self.router.ip(f"neigh add {NEXT_HOP} lladdr {self.sink.mac('k0')} dev r1 nud permanent")
        self.router.ip(f"route add default via {NEXT_HOP} dev r1")
        # Only with GRO does a veth without an XDP program poll for its packets.
        self.router.run("ethtool", "-K", "r0", "gro", "on")


class Sender:
    """flowmark-bench live: one command at a time, answered by one line of JSON."""

    def __init__(self, lab, binary, cpu, patience):
        """`patience`: seconds to wait, in all, for the machine to be quiet."""
        command = [binary, "live", "--cpu", str(cpu), "--patience", str(patience)]
        for role, namespace, interface in (
                ("source", lab.source, "s0"), ("router", lab.router, "r0"),
                ("sink", lab.sink, "k0")):
            command += [f"--{role}", interface, f"--{role}-netns", namespace.path]
        self.cpu = cpu
        self.disturbed = 0  # samples that were taken while something else kept the core busy
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                         stderr=subprocess.PIPE, text=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        self._process.stderr.close()

    def command(self, *words):
        try:
            self._process.stdin.write(" ".join(str(word) for word in words) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # it says why on standard error
        answer = self._process.stdout.readline()
        if not answer:
            raise LabError(f"{' '.join(map(str, words))}: {self._process.stderr.read().strip()}")
        return json.loads(answer)

    def send(self, frames):
        answer = self.command("send", frames)
        self.disturbed = answer["disturbed"]
        return answer
