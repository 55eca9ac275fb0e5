# SPDX-License-Identifier: Apache-2.0
"""How long a reload takes, from the file to packets that see it, and whether
forwarding notices."""

import dataclasses
import os
import random
import subprocess
import time

from . import rulesets
from .live import Flowmark, expect_marks

# What frames go to; in every set, so that each frame is marked before and after.
OUR_PREFIX = "198.18.0.0/15"


@dataclasses.dataclass
class Effort:
    repeats: int
    sizes: tuple     # (rules, members); the last is also what is reloaded under forwarding
    gap_runs: int


FULL = Effort(3, ((10, 10), (100, 10), (1000, 10), (64, 10_000), (64, 1_000_000),
                  (1000, 1_000_000)), 7)
QUICK = Effort(1, ((10, 10), (1000, 1_000_000)), 2)


class Policies:
    """Two of every size in turn, so that no reload finds its prefixes already there."""

    def __init__(self, lab):
        self._lab = lab
        self._files = {}
        self._turn = 0

    def next(self, rules, members):
        self._turn += 1
        path = self._members(members, self._turn % 2)
        lines = [f"  - {{ class: {rulesets.class_of(number)}, "
                 f"protocol: udp, server_port: {1000 + number}, "
                 f"client: 10.{number // 256}.{number % 256}.0/24 }}\n"
                 for number in range(rules - 1)]
        return (rulesets.flowmark_header("r0") + f"sets: {{ big: {{ prefixes_file: {path} }} }}\n"
                "rules:\n" + "".join(lines) +
                f'  - {{ class: {rulesets.CLASSES[0]}, server: "@big" }}\n')

    def _members(self, count, seed):
        if (count, seed) not in self._files:
            source = random.Random(seed)
            path = self._lab.path(f"members-{count}-{seed}")
            with open(path, "w", encoding="ascii") as file:
                file.write(f"{OUR_PREFIX}\n")
                for _ in range(count - 1):
                    address = source.randrange(0x20000000, 0x60000000)
                    file.write(f"{address >> 24}.{address >> 16 & 255}.{address >> 8 & 255}."
                               f"{address & 255}\n")
            self._files[count, seed] = path
        return self._files[count, seed]


class Reload:
    def __init__(self, lab, sender, agent, effort):
        self._sender, self._agent, self._effort = sender, agent, effort
        self._policies = Policies(lab)

    def _time(self, rules, members):
        self._agent.write(self._policies.next(rules, members))
        start = time.monotonic()
        self._agent.reload()
        taken = time.monotonic() - start
        policy = self._agent.json("status")["policy"]
        return {"seconds": taken, "compile_seconds": policy["compile_seconds"],
                "stage_seconds": policy["stage_seconds"]}

    def _times(self):
        for rules, members in self._effort.sizes:
            self._time(rules, members)  # its files are read for the first time
            runs = [self._time(rules, members) for _ in range(self._effort.repeats)]
            yield {"rules": rules, "members": members,
                   **{key: [run[key] for run in runs] for key in runs[0]}}

    def _frames(self, seconds):
        return int(seconds * 1e9 / self._sender.send(100_000)["ns"])

    def _keep_agent_on(self, cpus):
        pid = self._agent.process.pid
        for thread in os.listdir(f"/proc/{pid}/task"):
            os.sched_setaffinity(int(thread), cpus)

    def _gap(self, frames, cpus):
        """The longest time between two frames at the sink, in ns; under a reload, if there are
        processors for it."""
        done = None
        if cpus:
            self._keep_agent_on(cpus)
            self._agent.write(self._policies.next(*self._effort.sizes[-1]))
            done = subprocess.Popen(["taskset", "-c", ",".join(map(str, cpus)),
                                     self._agent.binary, "reload",
                                     "--control", self._agent.control],
                                    stdout=subprocess.DEVNULL)
        try:
            answer = self._sender.command("gap", frames)
        finally:
            if done:
                done.wait(60)
        expect_marks("forwarding under a reload", answer, (rulesets.DSCP,))
        return answer["longest_gap_ns"]

    def _gaps(self, seconds, say):
        self._sender.command("flows", 1000)
        frames = self._frames(1.5 * seconds)
        anywhere = os.sched_getaffinity(0)
        kinds = {"with_reload_ns": anywhere, "without_reload_ns": set()}
        if elsewhere := anywhere - {self._sender.cpu}:
            kinds["with_reload_elsewhere_ns"] = elsewhere
        gaps = {kind: [] for kind in kinds}
        for number in range(1, self._effort.gap_runs + 1):
            for kind in random.sample(list(kinds), len(kinds)):
                gaps[kind].append(self._gap(frames, kinds[kind]))
            say(f"reload under forwarding: {number} of {self._effort.gap_runs}")
        self._keep_agent_on(anywhere)
        return gaps

    def run(self, say):
        times = []
        for size in self._times():
            times.append(size)
            say(f"reload: {size['rules']} rules, {size['members']} members")
        gaps = self._gaps(max(times[-1]["seconds"]), say)
        self._agent.reload(Flowmark.IDLE)
        return {"times": times, "gaps": gaps}
