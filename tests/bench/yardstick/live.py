# SPDX-License-Identifier: Apache-2.0
"""What forwarding a packet costs, live on one processor: without any marking, with
Flowmark, and with nftables doing the same. Everything is set up once; every round
takes a sample of each in a new random order."""

import dataclasses
import random
import re

from lab.processes import LabError

from . import rulesets
from .router import UNUSED

DESTINATIONS = 4096  # of the measurements over prefixes


@dataclasses.dataclass
class Traffic:
    """What is sent: flows to one destination, or one flow to each address of a file."""

    flows: int = 1
    dests: str = ""

    def aim(self, sender):
        if self.dests:
            sender.command("dests", self.dests)
        else:
            sender.command("flows", self.flows)


@dataclasses.dataclass
class Effort:
    rounds: int
    frames: int
    rules: tuple
    flows: tuple
    prefixes: tuple


FULL = Effort(9, 200_000, (10, 100, 1000), (1000, 64_000), (10, 1000, 10_000, 100_000))
QUICK = Effort(3, 100_000, (10, 1000), (64_000,), (10, 100_000))


class Nothing:
    """No marking at all."""

    marks: tuple[int, ...] = ()

    def enter(self):
        """Puts it into the packets' way."""

    def expect_at_work(self):
        """Once packets have passed: raises unless it does its work where it is said to."""

    def leave(self):
        """Takes it out again."""


class Floor(Nothing):
    def __init__(self, sender, kind, hook):
        self._sender, self._words = sender, (kind, hook)
        self.marks = () if kind == "nothing" else (rulesets.DSCP,)

    def enter(self):
        self._sender.command("attach", *self._words)

    def leave(self):
        self._sender.command("detach")


class Flowmark(Nothing):
    """The one agent, with this policy; afterwards it leaves the interface alone."""

    IDLE = rulesets.flowmark_header(UNUSED)
    XDP: str | None = None

    def __init__(self, agent, policy, marks=(rulesets.DSCP,)):
        self._agent, self.marks = agent, marks
        self._policy = rulesets.flowmark_header("r0", self.XDP) + policy

    def enter(self):
        self._agent.reload(self._policy)

    def leave(self):
        self._agent.reload(self.IDLE)


class FlowmarkXdp(Flowmark):
    """By XDP, which leaves the work to tc until tc has seen that its notes arrive."""

    XDP = "native"

    def expect_at_work(self):
        for row in self._agent.json("status")["xdp"]:
            if (row["interface"], row["mode"], row["proven"]) == ("r0", self.XDP, True):
                return
        raise LabError("Flowmark's XDP program does not work on r0")


class Nftables(Nothing):
    def __init__(self, router, ruleset, marks=(rulesets.DSCP,)):
        self._router, self.marks = router, marks
        self._table = re.match(r"table (\w+ \w+)", ruleset)[1]
        router.run("nft", "-f", "-", text=ruleset)

    def enter(self):
        self._router.run("nft", f"add table {self._table}")

    def leave(self):
        self._router.run("nft", f"add table {self._table} {{ flags dormant; }}")


@dataclasses.dataclass
class Scenario:
    program: str        # none, tcx-empty, tcx-flowmark, nft-netdev, ...
    axis: str           # what is varied: rules, flows or prefixes
    size: int           # how many
    traffic: Traffic
    what: Nothing
    frames: int = 0     # if not as many as the others
    samples: list = dataclasses.field(default_factory=list)

    @property
    def name(self):
        return f"{self.program} {self.axis}={self.size}"

    def as_json(self):
        return {"name": self.name, "program": self.program, "axis": self.axis, "size": self.size,
                "samples_ns": self.samples}


def expect_marks(name, answer, marks):
    """Every frame has arrived, with one of `marks` (none: as it was sent)."""
    if answer["arrived"] != answer["sent"]:
        raise LabError(f"{name}: {answer['arrived']} of {answer['sent']} frames arrived")
    wanted = {str(dscp) for dscp in marks or (0,)}
    if not set(answer["dscps"]) <= wanted:
        raise LabError(f"{name}: found the DSCPs {answer['dscps']} at the sink, expected only "
                       f"{', '.join(sorted(wanted))}")


class Live:
    def __init__(self, lab, sender, agent, effort):
        self._lab, self._sender, self._agent, self._effort = lab, sender, agent, effort
        self.scenarios = []
        for count in effort.rules:
            self._add_rules(count)
        for count in effort.flows:
            self._add_flows(count)
        for count in effort.prefixes:
            self._add_prefixes(count)

    def _add(self, axis, size, traffic, programs):
        for program, (what, frames) in programs.items():
            self.scenarios.append(Scenario(program, axis, size, traffic, what, frames))

    def _flowmark(self, policy, marks=(rulesets.DSCP,)):
        return {"tcx-flowmark": (Flowmark(self._agent, policy, marks), 0),
                "xdp-flowmark": (FlowmarkXdp(self._agent, policy, marks), 0)}

    def _nothing(self):
        return {"none": (Nothing(), 0),
                "tcx-empty": (Floor(self._sender, "nothing", "tc"), 0),
                "xdp-empty": (Floor(self._sender, "nothing", "xdp"), 0)}

    def _add_rules(self, count):
        router, name = self._lab.router, f"ports{count}"
        self._add("rules", count, Traffic(), {
            **(self._nothing() if count == self._effort.rules[0] else {}),
            **self._flowmark(rulesets.flowmark_rules(count)),
            "nft-netdev": (Nftables(router, rulesets.nft_ports("netdev", name, count)), 0),
            "nft-forward": (Nftables(router, rulesets.nft_ports("inet", name, count)), 0),
            # Its cost grows with its length; so that the round does not.
            "nft-list": (Nftables(router, rulesets.nft_list(f"list{count}", count)),
                         max(self._effort.frames // count, 10_000)),
        })

    def _add_flows(self, count):
        first = self._effort.rules[0]
        name = f"flows{count}"
        self._add("flows", count, Traffic(flows=count), {
            **self._nothing(),
            **self._flowmark(rulesets.flowmark_rules(first)),
            "tcx-lru": (Floor(self._sender, "lru", "tc"), 0),
            "nft-netdev": (Nftables(self._lab.router,
                                    rulesets.nft_ports("netdev", name, first)), 0),
        })

    def _add_prefixes(self, count):
        networks = rulesets.prefixes(count)
        dests = self._write(f"dests-{count}", rulesets.addresses(networks, DESTINATIONS))
        files = {name: self._write(f"{name}-{count}", members)
                 for name, members in rulesets.by_class(networks)}
        router, name = self._lab.router, f"nets{count}"
        self._add("prefixes", count, Traffic(dests=dests), {
            **self._nothing(),
            **self._flowmark(rulesets.flowmark_prefixes(files), rulesets.DSCPS),
            "nft-netdev": (Nftables(router, rulesets.nft_prefixes("netdev", name, count),
                                    rulesets.DSCPS), 0),
            "nft-forward": (Nftables(router, rulesets.nft_prefixes("inet", name, count),
                                     rulesets.DSCPS), 0),
        })

    def _write(self, name, lines):
        path = self._lab.path(name)
        with open(path, "w", encoding="ascii") as file:
            file.writelines(f"{line}\n" for line in lines)
        return path

    def _sample(self, scenario):
        scenario.traffic.aim(self._sender)
        scenario.what.enter()
        try:
            frames = scenario.frames or max(self._effort.frames, scenario.traffic.flows)
            self._sender.command("warm", max(frames // 10, scenario.traffic.flows))
            scenario.what.expect_at_work()
            answer = self._sender.send(frames)
        finally:
            scenario.what.leave()
        expect_marks(scenario.name, answer, scenario.what.marks)
        scenario.samples.append(answer["ns"])

    def _groups(self):
        """What is compared with each other, which is to be measured close together."""
        groups = {}
        for scenario in self.scenarios:
            key = (scenario.axis, 0 if scenario.axis == "rules" else scenario.size)
            groups.setdefault(key, []).append(scenario)
        return list(groups.values())

    def run(self, say):
        groups = self._groups()
        for number in range(1, self._effort.rounds + 1):
            for group in random.sample(groups, len(groups)):
                for scenario in random.sample(group, len(group)):
                    self._sample(scenario)
            say(f"live: round {number} of {self._effort.rounds}")
        return [scenario.as_json() for scenario in self.scenarios]
