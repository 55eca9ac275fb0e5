#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What the guests of tools/kernel-matrix have left, as a table, summary.json and kernels.xml.

summary.py [--update] FOLDER SERIES...

Fails for each kernel that was not to be had, each part of tests/kernels/guest.sh that did not
pass, a guest that did not report or complained, and each program that the verifier refused,
that takes more than LIMIT instructions, or more than GROWTH above verifier_budget.json. --update
writes that file anew for these series.
"""

import argparse
import json
import os
import re
import sys
import xml.etree.ElementTree as xml

LIMIT = 250_000
GROWTH = 1.10
PARTS = ("verifier", "bpf", "names", "lab")
STATUS = {"absent": "no such kernel to be had", "124": "past the time limit",
          "125": "the guest did not report", "126": "the kernel complained"}
BUDGET = os.path.join(os.path.dirname(os.path.abspath(__file__)), "verifier_budget.json")


def read(*path):
    """The text of a file; empty if there is none."""
    try:
        with open(os.path.join(*path), encoding="utf-8", errors="replace") as file:
            return file.read()
    except FileNotFoundError:
        return ""


def json_of(*path):
    try:
        return json.loads(read(*path))
    except ValueError:
        return {}


def over_budget(program, verdict, budget):
    """What is wrong with the cost of a program; empty if nothing is."""
    if verdict.get("left_out"):
        return ""
    if "instructions" not in verdict:
        return f"{program} was refused: {verdict.get('refused', '')[-300:]}"
    cost, allowed = verdict["instructions"], budget.get(program)
    if cost > LIMIT:
        return f"{program} takes {cost} instructions, more than {LIMIT}"
    if allowed is None:
        return f"{program} takes {cost} instructions, and the budget does not know it"
    if cost > allowed * GROWTH:
        return f"{program} takes {cost} instructions, {cost / allowed - 1:.0%} above {allowed}"
    return ""


class Kernel:
    def __init__(self, folder, series, budget):
        self.series = series
        self.version = read(folder, series, "version").strip() or "-"
        status, *seconds = read(folder, series, "status").split() or ["absent"]
        self.seconds = int(seconds[0]) if seconds else 0
        self.costs = json_of(folder, series, "verifier.json")
        self.costs.update((f"{name}, clang 19", cost) for name, cost in
                          json_of(folder, series, "verifier.clang-19.json").items())
        self.features = json_of(folder, series, "features.json") or []
        output = read(folder, series, "output.txt")
        self.parts = {name: (result, int(took)) for name, result, took in
                      re.findall(r"^part (\w+) (passed|failed) (\d+)$", output, re.M)}
        self.faults = [f"{name}: {self.parts.get(name, ('did not run',))[0]}" for name in PARTS
                       if self.parts.get(name, ("",))[0] != "passed"]
        if status in STATUS:
            self.faults.insert(0, STATUS[status])
        elif status != "0" and not self.faults:
            self.faults.append(f"exit status {status}")
        self.faults += filter(None, (over_budget(name, cost, budget)
                                     for name, cost in self.costs.items()))
        self.text = "\n".join([output[-6000:], read(folder, series, "errors.txt")[-2000:]])

    def row(self):
        return [self.series, self.version, "failed" if self.faults else "passed",
                f"{self.seconds} s",
                *(f"{self.parts[name][1]} s" if name in self.parts else "-" for name in PARTS),
                self.most_verified(), ", ".join(self.features)]

    def most_verified(self):
        """The program that takes the verifier longest; print_costs() has all of them."""
        costs = [(cost.get("instructions", 0), name) for name, cost in self.costs.items()]
        return "{} in {}".format(*max(costs)) if costs else "-"

    def as_json(self):
        return {"series": self.series, "version": self.version, "passed": not self.faults,
                "faults": self.faults, "seconds": self.seconds, "features": self.features,
                "parts": {name: {"result": result, "seconds": took}
                          for name, (result, took) in self.parts.items()},
                "verifier": self.costs}

    def as_xml(self, suite):
        for name in PARTS:
            result, took = self.parts.get(name, ("did not run", 0))
            case = xml.SubElement(suite, "testcase", name=name, time=str(took),
                                  classname=f"kernels.{self.series}")
            if result != "passed":
                xml.SubElement(case, "failure", message=result).text = self.text
        case = xml.SubElement(suite, "testcase", name="guest", time=str(self.seconds),
                              classname=f"kernels.{self.series}")
        if self.faults:
            xml.SubElement(case, "failure", message="; ".join(self.faults)).text = self.text


def print_table(rows):
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())


def print_costs(kernels):
    programs = sorted({name for kernel in kernels for name in kernel.costs})
    rows = [["instructions verified", *(kernel.series for kernel in kernels)]]
    for name in programs:
        costs = [kernel.costs.get(name, {}) for kernel in kernels]
        rows.append([name, *(str(cost.get("instructions", "left out" if cost.get("left_out")
                                          else "-")) for cost in costs)])
    print_table(rows)


def update(folder, every_series):
    """Leaves the row of a kernel alone that has not said what programs cost."""
    budget = json_of(BUDGET)
    for series in every_series:
        costs = Kernel(folder, series, {}).costs
        found = {name: cost["instructions"] for name, cost in costs.items()
                 if "instructions" in cost}
        budget[series] = found or budget.get(series, {})
    with open(BUDGET, "w", encoding="ascii") as file:
        json.dump(budget, file, indent=1, sort_keys=True)
        file.write("\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--update", action="store_true")
    parser.add_argument("folder")
    parser.add_argument("series", nargs="+")
    options = parser.parse_args()
    if options.update:
        update(options.folder, options.series)
    budget = json_of(BUDGET)
    kernels = [Kernel(options.folder, series, budget.get(series, {}))
               for series in options.series]
    suite = xml.Element("testsuite", name="kernels")
    for kernel in kernels:
        kernel.as_xml(suite)
    xml.ElementTree(suite).write(os.path.join(options.folder, "kernels.xml"))
    with open(os.path.join(options.folder, "summary.json"), "w", encoding="ascii") as file:
        json.dump([kernel.as_json() for kernel in kernels], file, indent=1)
    for kernel in kernels:
        if kernel.faults:
            print(f"== {kernel.series} ({kernel.version})\n{kernel.text}")
    print_table([["kernel", "version", "", "time", *PARTS, "most verified", "features"],
                 *(kernel.row() for kernel in kernels)])
    print_costs(kernels)
    for kernel in kernels:
        for fault in kernel.faults:
            print(f"{kernel.series}: {fault}")
    sys.exit(1 if any(kernel.faults for kernel in kernels) else 0)


if __name__ == "__main__":
    main()
