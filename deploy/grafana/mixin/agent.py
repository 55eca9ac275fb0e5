# SPDX-License-Identifier: Apache-2.0
"""Agent: whether the agents are there, attached and up to date, and what they take."""

from .dashboard import dashboard
from .panels import graph, names, number, query, thresholds, yes_or_no
from .queries import on_interface, rate, select, sum_by

GOOD_IF_ZERO = thresholds(("green", None), ("red", 1))


def _up():
    return number(
        "Up", "Whether Prometheus reaches the agent.", "none",
        query(select("up"), "{{instance}}", instant=True), mappings=yes_or_no("up", "down"))


def _version():
    return names("Version", "What runs, by its build_info.",
                 query(select("flowmark_build_info"), "{{instance}}: {{version}} ({{revision}})",
                       instant=True))


def _pinned():
    return number(
        "Pinned", "Whether marking goes on when the agent ends. 0: it ends with it.", "none",
        query(select("flowmark_pinned"), "{{instance}}", instant=True),
        mappings=yes_or_no("pinned", "not pinned"))


def _canary():
    return number(
        "Canary", "Whether the last known packets that were sent through the living programs came "
        "out as the policy wants them.", "none",
        query(select("flowmark_canary_healthy"), "{{instance}}", instant=True),
        mappings=yes_or_no("correct", "wrong"))


def _canary_packets():
    return graph(
        "Canary packets", "Known packets per second, by what came of them: wrong ones were marked "
        "otherwise than the policy wants, failed ones could not be run.", "pps",
        query(sum_by("result", rate(select("flowmark_canary_packets_total"))), "{{result}}"))


def _last_reload():
    return number(
        "Last reload", "Whether the last load of the policy file was accepted. After a refusal "
        "the policy before it stays in force.", "none",
        query(select("flowmark_config_last_reload_successful"), "{{instance}}", instant=True),
        mappings=yes_or_no("accepted", "refused"))


def _policy_age():
    metric = select("flowmark_config_last_reload_success_timestamp_seconds")
    return number("Age of the policy", "Since the policy in force was loaded.", "s",
                  query(f"time() - {metric}", "{{instance}}", instant=True))


def _generation():
    return graph("Policy generation",
                 "Counts the policies that came into force. Hosts of one fleet need not agree.",
                 "none", query(select("flowmark_policy_generation"), "{{instance}}"))


def _reloads():
    metric = select("flowmark_config_reloads_total")
    return graph("Reloads", "Reloads per second of the policy file, by result.", "ops",
                 query(sum_by("instance, result", rate(metric)), "{{instance}} {{result}}"))


def _policy_size():
    return graph(
        "Size of the policy", "Rules, classes and members of all sets in force.", "short",
        *(query(select(f"flowmark_policy_{what}"), f"{{{{instance}}}} {what}")
          for what in ("rules", "classes", "set_members")))


def _hooks():
    metric = on_interface("flowmark_interface_attached")
    return graph(
        "Attached, by hook", "Directions of interfaces that a program sits on, by the kind of "
        "hook: tcx, or clsact where the kernel has no tcx.", "none",
        query(f"sum by (hook) ({metric})", "{{hook}}"))


def _missing():
    metric = on_interface("flowmark_interface_attached")
    return number("Not attached", "Directions of interfaces that should have a program and have "
                  "none: their traffic is neither marked nor counted.", "none",
                  query(f"count by (instance) ({metric}) - sum by (instance) ({metric})",
                        "{{instance}}", instant=True), thresholds=GOOD_IF_ZERO)


def _xdp():
    return graph("XDP, by mode", "Interfaces that ask for XDP, by the mode that they have; off "
                 "means that tc does all the work.", "none",
                 query(f"count by (mode) ({on_interface('flowmark_interface_xdp')})", "{{mode}}"))


def _fallback():
    return names("XDP fallback", "Interfaces that ask for XDP and have none, and why. Empty when "
                 "there are none.",
                 query(on_interface("flowmark_interface_xdp_fallback"),
                       "{{instance}} {{interface}}: {{reason}}", instant=True))


def _program_time():
    seconds, runs = (sum_by("program", rate(select(f"flowmark_program_{what}_total")))
                     for what in ("run_seconds", "runs"))
    return graph("Time per packet in the programs",
                 "What a run of each BPF program takes on average. Empty until sysctl "
                 "kernel.bpf_stats_enabled is 1, which itself costs some 20 ns a packet.", "s",
                 query(f"{seconds} / {runs}", "{{program}}"))


def _program_cpu():
    metric = select("flowmark_program_run_seconds_total")
    return graph("CPU used by the programs",
                 "Processors' time that marking takes, per second: 1 is one processor. 0 until "
                 "sysctl kernel.bpf_stats_enabled is 1.", "percentunit",
                 query(sum_by("instance, program", rate(metric)), "{{instance}} {{program}}"))


def _scrape():
    return graph("Scrape duration", "How long Prometheus waits for the agent's metrics.", "s",
                 query(select("scrape_duration_seconds"), "{{instance}}"))


def _samples():
    return graph("Samples per scrape", "Series that the agent shows. They follow the interfaces "
                 "and classes; traffic adds none.", "short",
                 query(select("scrape_samples_scraped"), "{{instance}}"))


def _memory():
    return graph("Memory", "Resident memory of the agent. The tables of the kernel are not in "
                 "it.", "bytes", query(select("process_resident_memory_bytes"), "{{instance}}"))


def _cpu():
    return graph("CPU of the agent", "Its own, without the programs: 1 is one processor.",
                 "percentunit", query(rate(select("process_cpu_seconds_total")), "{{instance}}"))


def _files():
    return graph("Open files", "File descriptors of the agent.", "short",
                 query(select("process_open_fds"), "{{instance}}"))


def agent():
    return dashboard(
        "flowmark-agent", "Flowmark / Agent",
        "The agents themselves: reloads, what they are attached to, whether known packets come "
        "out right, and what they take.",
        [
            ("State", 4, [_up(), _canary(), _missing(), _last_reload(), _policy_age(),
                          _pinned()]),
            ("Versions", 4, [_version(), _fallback()]),
            ("Policy", 8, [_generation(), _reloads(), _policy_size()]),
            ("Packet path", 8, [_hooks(), _xdp(), _canary_packets()]),
            ("Cost of a packet", 8, [_program_time(), _program_cpu()]),
            ("Cost of the agent", 8, [_scrape(), _samples()]),
            ("Process", 8, [_memory(), _cpu(), _files()]),
        ])
