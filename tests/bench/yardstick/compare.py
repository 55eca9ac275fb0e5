# SPDX-License-Identifier: Apache-2.0
"""Two runs of tools/bench beside each other: what got dearer, and whether that is a verdict.

Compared is what the programs take beyond an empty one (net), case by case, in units of the floors
of the same run: a machine that is slower as a whole makes both slower.

Each load of the programs draws new secrets, on which collisions in the cache depend, so a single
case says little: half as much again is noise for one, and a tenth is not for all of them together.
"""

import argparse
import dataclasses
import json
import math
import statistics
import sys

from . import stats

# Of all cases together (geometric mean), and of one: dearer than that fails.
ALL, ONE = 1.15, 1.75
# A net below it is noise itself.
LEAST_NS = 3.0
# Samples of a run that never met a quiet machine, of all.
QUIET = 0.02
FLOOR = "floor-"


class Unlike(Exception):
    """The two cannot be compared; says why."""


@dataclasses.dataclass(frozen=True)
class Comparison:
    rows: list[tuple[str, float, float, float]]  # name, ns before, ns now, ratio
    machine: float       # the floors' ratio, which is taken out of the others
    quiet: bool

    @property
    def together(self):
        return geometric_mean([ratio for *_, ratio in self.rows])

    def dearer(self):
        """In words; only of a quiet pair a failure."""
        found = [f"{name}: {ratio:.2f} of what it took, at most {ONE:g}"
                 for name, _, _, ratio in self.rows if ratio > ONE]
        if self.together > ALL:
            found.append(f"all cases together: {self.together:.2f} of what they took, "
                         f"at most {ALL:g}")
        return found


def geometric_mean(ratios):
    return math.exp(statistics.fmean(math.log(ratio) for ratio in ratios))


def key_of(case):
    return (case["hook"], case["program"], json.dumps(case["policy"], sort_keys=True),
            case["packets"], case["family"], case["flows"])


def name_of(case):
    policy = case["policy"] or {}
    shape = (f" {policy['kind']}, {policy['rules']} rules, {policy['members']} members, "
             f"{policy['ports']} ports" if policy else "")
    return (f"{case['hook']} {case['program']}{shape}: {case['packets']} packets, "
            f"IPv{case['family']}, {case['flows']} flows")


def nets(run):
    """{key: (name, ns)} of the cases that take long enough to be compared."""
    empty = {(c["hook"], c["packets"], c["family"], c["flows"]): c["samples_ns"]
             for c in run["packets"] if c["program"] == "empty"}
    found = {}
    for case in run["packets"]:
        base = empty.get((case["hook"], case["packets"], case["family"], case["flows"]))
        if case["program"] == "empty" or base is None:
            continue
        net = stats.figure(stats.differences(case["samples_ns"], base)).median
        if net >= LEAST_NS:
            found[key_of(case)] = (name_of(case), net)
    return found


def is_quiet(run):
    samples = sum(len(case["samples_ns"]) for case in run["packets"])
    return run.get("disturbed", 0) <= QUIET * samples


def expect_alike(before, now):
    for run in (before, now):
        if not run.get("packets"):
            raise Unlike("one of them has no packets")
    if before["format"] != now["format"]:
        raise Unlike(f"format {before['format']} and {now['format']}")
    for what in ("processor", "processors", "kernel"):
        if before["machine"][what] != now["machine"][what]:
            raise Unlike(f"{what}: {before['machine'][what]} and {now['machine'][what]}")
    if before["quick"] != now["quick"]:
        raise Unlike("a quick run and a full one")


def compare(before, now):
    expect_alike(before, now)
    old, new = nets(before), nets(now)
    both = [key for key in old if key in new]
    floors = [new[key][1] / old[key][1] for key in both if key[1].startswith(FLOOR)]
    ours = [key for key in both if key[1] == "flowmark"]
    if not floors or not ours:
        raise Unlike("they have no case in common")
    machine = geometric_mean(floors)
    return Comparison([(old[key][0], old[key][1], new[key][1],
                        new[key][1] / old[key][1] / machine) for key in ours],
                      machine, is_quiet(before) and is_quiet(now))


def show(found, before, now):
    print(f"Beside {before['machine']['commit']} of {before['machine']['date']} "
          f"(now {now['machine']['commit']}), ns beyond an empty program:\n")
    for name, was, is_now, ratio in found.rows:
        print(f"{was:9.1f} {is_now:9.1f}  {ratio:5.2f}  {name}")
    print(f"\n{found.together:.2f} of what it took, all cases together; the floors took "
          f"{found.machine:.2f}, which is taken out.")


def read(path):
    try:
        with open(path, encoding="utf-8") as file:
            run = json.load(file)
        if not isinstance(run, dict) or not {"format", "quick", "machine"} <= run.keys():
            raise ValueError("this is no result of tools/bench --json")
        return run
    except (OSError, ValueError) as error:
        sys.exit(f"bench: {path}: {error}")


def main(given=None):
    parser = argparse.ArgumentParser(prog="yardstick.compare", description=__doc__.split("\n\n")[0])
    parser.add_argument("before")
    parser.add_argument("now")
    options = parser.parse_args(given)
    before, now = read(options.before), read(options.now)
    try:
        found = compare(before, now)
    except Unlike as why:
        print(f"bench: not compared with {options.before}: {why}")
        return 0
    show(found, before, now)
    dearer = found.dearer()
    for line in dearer:
        print(f"dearer: {line}")
    if dearer and not found.quiet:
        print("no verdict: the machine was busy in one of the runs")
    return 1 if dearer and found.quiet else 0


if __name__ == "__main__":
    sys.exit(main())
