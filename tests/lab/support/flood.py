# SPDX-License-Identifier: Apache-2.0
"""Floods from one namespace through the edge, and what is left of them beyond it."""

import json
import os
import signal

from lab.edge import OTHER4, OTHER6, SERVER4, SERVER6, THIRD4, THIRD6
from lab.processes import output

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCES = [os.path.join(HERE, "..", name) for name in ("flood.c", "flood_frames.c")]
MOST = 1 << 32  # frames; the seconds end a flood long before
PATIENCE = 30  # seconds over its own
# Where the frames go, by their kind; Arrivals takes them off there.
TARGETS = {"flows": (THIRD4, THIRD6)}
TARGET = (OTHER4, OTHER6)
# "dns" comes from there, and goes to as many clients as flood_frames.c has addresses for.
RESOLVER = (SERVER4, SERVER6)
MANY = ("128.0.0.0/2", "2001:db8:bad0::/48")
ONE_SENDER = ("128.0.0.1", "2001:db8:bad0::1")  # of "ports"


def target_of(kind):
    return TARGETS.get(kind, TARGET)


class Flooder:
    """Compiles flood.c once; starts it as often as wanted."""

    def __init__(self, lab):
        self._lab = lab
        self._binary = lab.path("flood")
        self._number = 0
        output("cc", "-O2", "-Wall", "-Werror", "-o", self._binary, *SOURCES)

    def start(self, kind, seconds, source, gateway, cpus, payloads=(), *, frames=MOST):
        """From `source` by the edge's interface `gateway`, one process per CPU of `cpus`.
        `payloads` is the path of a file of them, in a tuple, for kinds that need it."""
        return Flood(seconds, [self._one(kind, (seconds, frames), source, gateway, cpu, payloads)
                               for cpu in cpus])

    def _one(self, kind, bounds, source, gateway, cpu, payloads):
        self._number += 1
        ends = RESOLVER if kind == "dns" else target_of(kind)
        return self._lab.start(source, f"flood-{self._number}", "taskset", "-c", str(cpu),
                               self._binary, "eth0", self._lab.edge.mac(gateway), *ends, kind,
                               *map(str, bounds), *payloads)


class Flood:
    def __init__(self, seconds, processes):
        self._seconds, self._processes = seconds, processes

    def stop(self):
        """Before its time; raises if it has ended by then."""
        for process in self._processes:
            # Until it says so a signal may find a program before it, or no handler.
            process.wait_log("flooding", PATIENCE)
        for process in self._processes:
            process.expect_running()
            process.send(signal.SIGTERM)
        return self.end()

    def end(self):
        """Waits for its end. All frames that the interface took; the seconds, and those of
        processors: a veth hands a frame on at once, so they are the frames' whole way."""
        for process in self._processes:
            status = process.wait(self._seconds + PATIENCE)
            if status != 0:
                raise RuntimeError(f"flood: exit {status}\n{process.log()}")
        said = [json.loads(process.log().splitlines()[-1]) for process in self._processes]
        return {name: sum(s[name] for s in said) for name in ("sent", "cpu_seconds")} | {
            "seconds": max(s["seconds"] for s in said)}
