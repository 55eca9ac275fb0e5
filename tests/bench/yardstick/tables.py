# SPDX-License-Identifier: Apache-2.0
"""The figures for people."""

from . import stats
from .targets import Forwarding, Packets

HOLDS = {True: "holds", False: "MISSED", None: "not judged"}


def table(title, header, rows):
    """Columns as wide as they need to be, all but the first to the right."""
    cells = [header] + [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(header))]
    lines = []
    for row in cells:
        parts = [cell.ljust(width) if column == 0 else cell.rjust(width)
                 for column, (cell, width) in enumerate(zip(row, widths, strict=True))]
        lines.append("  ".join(parts).rstrip())
    return "\n".join([title, *lines, ""])


def packets_table(cases):
    packets = {hook: Packets(cases, hook) for hook in ("tc", "xdp")}
    rows = []
    for case in cases:
        net = stats.figure(packets[case["hook"]].net(case))
        rows.append((case["name"], stats.figure(case["samples_ns"]).text(), f"{net.median:.1f}",
                     f"{net.low:.1f}..{net.high:.1f}"))
    return table("Programs, ns of processor time per packet; net: without making the packet",
                 ("case", "total", "net", "p25..p75"), rows)


def live_table(scenarios):
    live = Forwarding(scenarios)
    rows = []
    for case in scenarios:
        place = case["program"], case["axis"], case["size"]
        added = stats.figure(live.added(*place))
        kept = live.kept(*place)
        rows.append((case["name"], stats.figure(case["samples_ns"]).text("{:.0f}"),
                     f"{1e3 / stats.figure(case['samples_ns']).median:.2f}",
                     added.text("{:.0f}"), kept.text()))
    return table("Forwarding on one processor, ns per packet",
                 ("scenario", "total", "Mpps", "added", "% of packets/s kept"), rows)


def reload_table(reload):
    rows = [(f"{size['rules']:,} rules, {size['members']:,} members",
             *(stats.figure([1e3 * value for value in size[key]]).text("{:.0f}")
               for key in ("seconds", "compile_seconds", "stage_seconds")))
            for size in reload["times"]]
    return table("Reloads, ms", ("policy", "asked to live", "compiling", "staging"), rows)


def agent_table(benchmarks):
    rows = [(row["name"], f"{row['real_time'] / 1e6:.3f}") for row in benchmarks]
    return table("The agent's parts, ms", ("part", "time"), rows)


def targets_table(verdicts):
    rows = [(v.target, v.figure, v.limit, HOLDS[v.holds] + (f" ({v.note})" if v.note else ""))
            for v in verdicts]
    return table("Targets: median (p25..p75) of ratios within a round, unless there is a unit",
                 ("target", "measured", "limit", "verdict"), rows)


def tables(results, verdicts):
    makers = {"packets": packets_table, "live": live_table, "reload": reload_table,
              "agent": agent_table}
    parts = [f"{results['disturbed']} samples were taken while something else kept the core busy\n"
             ] if results.get("disturbed") else []
    parts += [make(results[group]) for group, make in makers.items() if group in results]
    if verdicts:
        parts.append(targets_table(verdicts))
    return "\n".join(parts)
