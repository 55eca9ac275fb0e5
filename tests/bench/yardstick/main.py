# SPDX-License-Identifier: Apache-2.0
"""tools/bench: what to measure, then measuring, judging, showing."""

import argparse
import json
import os
import subprocess
import sys

from lab.processes import LabError

from . import live, machine, plot, reload, tables, targets
from .router import RouterLab, Sender

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "../../.."))
BUILD = os.path.join(ROOT, "build/release")
FLOWMARK = os.path.join(BUILD, "agent/flowmark")
BENCH = os.path.join(BUILD, "tests/bench/flowmark-bench")
AGENT_BENCH = os.path.join(BUILD, "tests/bench/flowmark-bench-agent")

FORMAT = 1  # of the JSON; another number is another layout
GROUPS = ("packets", "live", "reload", "agent")
# (rounds, packets of a sample) of the programs
PACKETS = {False: (15, 1_000_000), True: (5, 200_000)}
# Seconds that `packets` and the router's groups may each wait for a busy machine.
PATIENCE = {False: 90, True: 10}


def arguments(given):
    parser = argparse.ArgumentParser(
        prog="tools/bench", description="Measures Flowmark beside what it is to be compared with. "
        "A missed target is printed as missed.")
    parser.add_argument("--quick", action="store_true",
                        help="less of everything, within two minutes instead of ten")
    parser.add_argument("--only", metavar="GROUP", choices=GROUPS,
                        help=f"one part of it: {', '.join(GROUPS)}")
    parser.add_argument("--json", metavar="FILE", help="write everything there")
    parser.add_argument("--plot", metavar="FILE.svg", help="draw the cost of forwarding there")
    parser.add_argument("--strict", action="store_true",
                        help="a missed target makes the exit status 1")
    options = parser.parse_args(given)
    if options.plot and not options.plot.endswith(".svg"):
        parser.error(f"--plot: found '{options.plot}', expected a name that ends in .svg")
    if options.plot and options.only not in (None, "live"):
        parser.error(f"--plot draws the group live, and --only {options.only} leaves it out")
    for path in filter(None, (options.json, options.plot)):
        if not os.path.isdir(os.path.dirname(os.path.abspath(path))):
            parser.error(f"'{path}': there is no such folder")
    return options


def say(text):
    print(text, file=sys.stderr, flush=True)


def ask(*command):
    """What a command prints as JSON. What it says on the way goes where we say things."""
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=900)
    if done.returncode != 0:
        raise LabError(f"{os.path.basename(command[0])} failed, see above")
    return json.loads(done.stdout)


def measure_packets(quick, results):
    rounds, packets = PACKETS[quick]
    say("packets: every program through BPF_PROG_TEST_RUN")
    answer = ask(BENCH, "packets", "--rounds", str(rounds), "--packets", str(packets),
                 "--patience", str(PATIENCE[quick]))
    results["packets"] = answer["cases"]
    results["disturbed"] = answer["disturbed"]
    results["calls"] = ask(BENCH, "calls")


def measure_network(quick, groups, results):
    """What needs the router: both groups share it."""
    say("live: a router in network namespaces")
    with RouterLab() as lab, \
            Sender(lab, BENCH, (os.cpu_count() or 1) - 1, PATIENCE[quick]) as sender:
        agent = lab.agent(lab.router, FLOWMARK, live.Flowmark.IDLE)
        if "live" in groups:
            results["live"] = live.Live(lab, sender, agent,
                                        live.QUICK if quick else live.FULL).run(say)
        if "reload" in groups:
            results["reload"] = reload.Reload(lab, sender, agent,
                                              reload.QUICK if quick else reload.FULL).run(say)
        results["disturbed"] = results.get("disturbed", 0) + sender.disturbed


def measure_agent(quick, results):
    say("agent: its parts by Google Benchmark")
    answer = ask(AGENT_BENCH, "--benchmark_format=json",
                 f"--benchmark_min_time={0.05 if quick else 0.5}")
    results["agent"] = [{"name": row["name"], "real_time": row["real_time"],
                         "cpu_time": row["cpu_time"], "iterations": row["iterations"]}
                        for row in answer["benchmarks"]]


def measure(options):
    groups = [options.only] if options.only else GROUPS
    results = {"format": FORMAT, "quick": options.quick, "machine": machine.describe(ROOT)}
    if "packets" in groups:
        measure_packets(options.quick, results)
    if {"live", "reload"} & set(groups):
        measure_network(options.quick, groups, results)
    if "agent" in groups:
        measure_agent(options.quick, results)
    return results


def write(path, content):
    with open(path, "w", encoding="utf-8") as file:
        file.write(content)


def main(given=None):
    options = arguments(given)
    if os.geteuid() != 0:
        sys.exit("tools/bench: BPF and network namespaces need root: sudo tools/bench")
    subprocess.run([os.path.join(ROOT, "tools/build"), "release", "flowmark", "flowmark-bench",
                    "flowmark-bench-agent"], check=True)
    try:
        results = measure(options)
    except LabError as error:
        sys.exit(f"tools/bench: {error}")
    verdicts = targets.judge(results)
    results["targets"] = [verdict.as_json() for verdict in verdicts]
    print(tables.tables(results, verdicts))
    if options.json:
        write(options.json, json.dumps(results, indent=1) + "\n")
    if options.plot:
        write(options.plot, plot.svg(results))
    missed = any(verdict.holds is False for verdict in verdicts)
    sys.exit(1 if options.strict and missed else 0)


if __name__ == "__main__":
    main()
