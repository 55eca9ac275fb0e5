# SPDX-License-Identifier: Apache-2.0
"""Overview: what the links carry, and whether it is what the policy meant."""

from .dashboard import dashboard
from .panels import bars, graph, query, thresholds
from .queries import on_interface, rate, select, sum_by

# Those that give up an entry for a new one, and host_names, which is made to the policy's measure.
ELASTIC_TABLES = "flow_.+|.+_names|recent_flows|fragments|dns_bindings|counters"
DIRECTIONS = {"egress": "leaving", "ingress": "arriving"}


def _class_rate(what, direction):
    metric = on_interface(f"flowmark_class_{what}_total", f'direction="{direction}"')
    return sum_by("class", rate(metric))


def _all_bytes(direction):
    """With and without a class."""
    metrics = ("flowmark_class_bytes_total", "flowmark_undecided_bytes_total")
    where = f'direction="{direction}"'
    return " + ".join(f"sum({rate(on_interface(metric, where))})" for metric in metrics)


def _throughput(direction, word):
    return graph(
        f"Throughput by class, {word}",
        f"Bits per second of each class {word} on the interfaces that are picked (direction "
        f"{direction}), headers of the link included. A packet that is routed through counts once "
        "in each direction.",
        "bps", query(f"8 * {_class_rate('bytes', direction)}", "{{class}}"), stacked=True)


def _share(direction, word):
    return graph(
        f"Share of the link, {word}",
        f"Part of all bytes {word} on these interfaces that belongs to each class. It is a share "
        "of what the link carries: what it could carry is not known to Flowmark.",
        "percentunit", query(f"{_class_rate('bytes', direction)} / on () group_left () "
                             f"({_all_bytes(direction)})", "{{class}}"),
        stacked=True, max=1)


def _packets(direction, word):
    return graph(
        f"Packets by class, {word}", f"Packets per second of each class {word}.", "pps",
        query(_class_rate("packets", direction), "{{class}}"), stacked=True)


def _marked(direction, word):
    return graph(
        f"Marked share, {word}",
        f"Part of each class's packets {word} whose DSCP was changed here. Packets that came with "
        "the right DSCP, or got it where they came in, are not changed again: a router that marks "
        "on the LAN's side shows 0 on the way out.",
        "percentunit", query(f"{_class_rate('marked_packets', direction)} / "
                             f"{_class_rate('packets', direction)}", "{{class}}"), max=1)


def _undecided():
    metric = on_interface("flowmark_undecided_packets_total")
    return graph(
        "Undecided packets by reason",
        "Packets per second that passed without a class, and why: not_ip (ARP and the like) is "
        "ordinary, the others are damage, tunnels or an attack. They are never dropped.",
        "pps", query(sum_by("reason, direction", rate(metric)), "{{reason}}, {{direction}}"))


def _undecided_share():
    undecided, decided = (rate(on_interface(f"flowmark_{what}_packets_total"))
                          for what in ("undecided", "class"))
    return graph(
        "Undecided share",
        "Part of all packets that passed without a class, by interface.", "percentunit",
        query(f"sum by (interface) ({undecided}) / (sum by (interface) ({undecided}) + "
              f"sum by (interface) ({decided}))", "{{interface}}"), max=1)


def _policed():
    metric = on_interface("flowmark_class_policed_bytes_total")
    return graph(
        "Dropped by policers",
        "Bits per second beyond the rate that the policy allows a class (`police`); they were "
        "dropped. Empty where no class has a policer.",
        "bps", query(f"8 * {sum_by('class, direction', rate(metric))}",
                     "{{class}}, {{direction}}"))


def _fill(picked, title, description, **defaults):
    ratio = (f"{select('flowmark_table_entries', picked)} / "
             f"{select('flowmark_table_max_entries', picked)}")
    return bars(title, description, "percentunit",
                query(f"max by (table) ({ratio})", "{{table}}", instant=True), min=0, max=1,
                decimals=1, **defaults)


def _policy_fill():
    return _fill(
        f'table!~"{ELASTIC_TABLES}"', "Table fill: the policy",
        "How full the tables are that take no more when they are full: a policy or an interface "
        "that does not fit is refused.",
        thresholds=thresholds(("green", None), ("yellow", 0.8), ("red", 0.9)))


def _flow_fill():
    return _fill(
        f'table=~"{ELASTIC_TABLES}"', "Table fill: the others",
        "How full the tables are that give up their oldest entry for a new one. On a busy host "
        "they are full for good, and that is no fault; a flow that was given up is decided anew. "
        "host_names has just the room that the policy needs.",
        thresholds=thresholds(("blue", None)))


def _refused():
    metric = select("flowmark_table_update_failures_total")
    return graph(
        "Entries that a table did not take",
        "Per second, by table. What was not kept is decided anew with the next packet.", "ops",
        query(sum_by("table", rate(metric)), "{{table}}"))


def _evidence():
    seen = select("flowmark_name_events_total", 'event=~"sni|outer_sni|dns"')
    quic = select("flowmark_quic_hellos_total", 'result="name"')
    return graph(
        "Names by evidence",
        "Host names found per second, by where they came from: TLS hellos (sni), QUIC hellos, "
        "DNS answers of the same client, and public names in front of an encrypted hello "
        "(outer_sni).",
        "ops", query(sum_by("event", rate(seen)), "{{event}}"), query(f"sum({rate(quic)})", "quic"))


def _evidence_lost():
    lost = 'event=~"bad_hello|long_hello|incomplete|given_up|no_buffer|not_punted|not_kept"'
    return graph(
        "Names lost by cause",
        "Hellos, QUIC Initials and DNS answers per second that gave no name, and why. Some are "
        "ordinary (a DNS failure, a hello that never ended); no_buffer, not_punted, not_kept and "
        "table_full mean that there is more than Flowmark keeps up with.",
        "ops",
        query(sum_by("event", rate(select("flowmark_name_events_total", lost))), "{{event}}"),
        query(sum_by("reason", rate(select("flowmark_quic_failures_total"))), "quic {{reason}}"),
        query(sum_by("problem", rate(select("flowmark_dns_problems_total"))), "dns {{problem}}"))


def _both(make):
    return [make(direction, word) for direction, word in DIRECTIONS.items()]


def overview():
    return dashboard(
        "flowmark-overview", "Flowmark / Overview",
        "Traffic by class and direction, what is marked, what stays undecided, how full the "
        "tables are and where names come from.",
        [
            ("Classes", 9, _both(_throughput)),
            ("Share of the link", 8, _both(_share)),
            ("Packets", 8, _both(_packets)),
            ("Marks", 8, _both(_marked)),
            ("Undecided and dropped", 8, [_undecided(), _undecided_share(), _policed()]),
            ("Names", 8, [_evidence(), _evidence_lost()]),
            ("Tables", 10, [_policy_fill(), _flow_fill(), _refused()]),
        ])
