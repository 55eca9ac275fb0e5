# SPDX-License-Identifier: Apache-2.0
"""The lab of tools/run: traffic through an edge router with Flowmark, a live
table, and at the end what arrived where."""

import argparse
import os
import signal
import sys
import time

from .agent import METRICS_PORT
from .capture import Capture, stop_all
from .edge import EdgeLab
from .live import LiveTable, PrintedTable
from .processes import LabError
from .relay import Relay
from .report import Tally, print_summary
from .traffic import APPLICATIONS, start_clients, start_servers

POLICY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../deploy/home-office.yaml")
LONGER = 60  # seconds at most, until something of every kind has arrived: a busy machine
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(Exception):
    """A signal asked for the end."""


def on_signal(number, _):
    raise Interrupted(signal.Signals(number).name)


def ignore_signals():
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def heading(lab, agent, relay):
    return f"""
  client  --- lan0 [ edge router: NAT for IPv4, Flowmark ] wan0 --- server
  client2 --- lan1

  policy   deploy/home-office.yaml
  metrics  http://{relay.address}/metrics
  status   sudo {agent.binary} status --control {agent.control}
  inside   sudo ip netns exec {lab.edge.name} bash   (or {lab.prefix}-client, -client2, -server)
"""


def ends_after(seconds, complete):
    """Returns what tells whether the time is over: later while not all is there, for a while."""
    start = time.monotonic()

    def over():
        passed = time.monotonic() - start
        return seconds and passed >= seconds and (complete() or passed >= seconds + LONGER)
    return over


def watch(table, processes, over):
    """Shows the live table until the time is over or a signal comes."""
    try:
        while not over():
            for process in processes:
                process.expect_running()
            if not table.update():
                raise LabError("flowmark top has ended")
    except Interrupted:
        pass
    finally:
        ignore_signals()  # what follows takes a second or two, and is wanted
        table.close()


def start_captures(lab, tally):
    """One at each end, none at the edge."""
    ends = ((lab.server, tally.at_server), (lab.client, tally.at_client),
            (lab.client2, tally.at_client))
    return [Capture(end, "eth0", "ip or ip6", count, snaplen=128) for end, count in ends]


def show(lab, options):
    """Runs traffic and the table to their end; returns whether every mark was right."""
    for namespace in (lab.client, lab.client2, lab.server):
        namespace.sysctl("net.ipv4.tcp_ecn", 1)
    start_servers(lab)
    with open(options.policy, encoding="utf-8") as file:
        agent = lab.agent(lab.edge, options.flowmark, file.read())
    relay = Relay(lab.edge, METRICS_PORT)
    tally = Tally(APPLICATIONS)
    captures = start_captures(lab, tally)
    clients = start_clients(lab)
    text = heading(lab, agent, relay)
    if options.plain:
        print(text, flush=True)
    watch(PrintedTable(agent) if options.plain else LiveTable(agent, text),
          [agent.process, *clients], ends_after(options.seconds, tally.complete))
    for process in clients:
        process.stop()
    stop_all(*captures)
    print("\nWhat the captures at the clients and at the server say:\n")
    return print_summary(tally)


def run(options):
    with EdgeLab("demo", offload=False) as lab:
        try:
            return show(lab, options)
        finally:
            ignore_signals()  # cleaning up is not to be interrupted


def main():
    parser = argparse.ArgumentParser(prog="tools/run")
    parser.add_argument("--flowmark", required=True)
    parser.add_argument("--policy", default=POLICY)
    parser.add_argument("--seconds", type=int, default=0, help="at least; 0: until a signal")
    parser.add_argument("--plain", action="store_true", default=not sys.stdout.isatty())
    options = parser.parse_args()
    for number in SIGNALS:
        signal.signal(number, on_signal)
    try:
        return 0 if run(options) else 1
    except Interrupted as signal_name:
        print(f"\ntools/run: ended by {signal_name} before there was traffic", file=sys.stderr)
        return 1
    except LabError as error:
        print(f"\ntools/run: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
