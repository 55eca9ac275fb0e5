#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""From samples to verdicts, tables and the plot; the command line. Without privileges."""

import contextlib
import io
import itertools
import json
import os
import tempfile
import unittest
import xml.etree.ElementTree

from bench_support import main
from lab.processes import LabError
from yardstick import live, plot, rulesets, stats, tables, targets
from yardstick.main import arguments

MACHINE: dict[str, object] = {
    "date": "2026-01-02T03:04:05Z", "kernel": "6.18.0", "processor": "a <processor> & more",
    "processors": 2, "commit": "abc1234"}


class Stats(unittest.TestCase):
    def test_median_and_quartiles(self):
        self.assertEqual(stats.figure([5, 1, 3, 2, 4]), stats.Figure(3, 2, 4))
        self.assertEqual(stats.figure([1, 2]), stats.Figure(1.5, 1.25, 1.75))
        self.assertEqual(stats.figure([7]), stats.Figure(7, 7, 7))

    def test_differences_are_within_a_round(self):
        # The machine was half as fast in the second round, in both.
        self.assertEqual(stats.differences([30, 60], [20, 40]), [10, 20])
        with self.assertRaises(ValueError):
            stats.differences([1, 2], [1])

    def test_ratios_leave_out_what_noise_has_eaten(self):
        self.assertEqual(stats.ratios([10, 30, 5], [20, 20, -1]), [0.5, 1.5])
        self.assertIsNone(stats.ratios([10], [0]))


def case(program, packets, net, policy=None, **more):
    """A case whose samples are `net` above an empty program of 20 ns."""
    return {"name": program, "hook": "tc", "program": program, "policy": policy,
            "packets": packets, "family": more.get("family", 4), "flows": more.get("flows", 1),
            "cache_used": more.get("cache_used", False), "samples_ns": [20 + net, 21 + net]}


def mixed(rules=64):
    return {"kind": "mixed", "rules": rules, "members": 10, "ports": 10}


def ports(kind="ports", count=10):
    return {"kind": kind, "rules": 0, "members": 10, "ports": count}


def packet_cases(known=10):
    """Enough for every target; a known flow costs `known`, the LRU floor 40."""
    cases = [case("empty", packets, 0, family=family, flows=flows)
             for packets, family, flows in (
                 ("known", 4, 1), ("known", 4, 1000), ("known", 4, 64_000), ("known", 6, 1),
                 ("known", 4, 1_000_000), ("first", 4, 1), ("first", 6, 1))]
    for flows in (1, 1000, 64_000):
        cases += [case("floor-lru", "known", 40, flows=flows),
                  case("floor-signature", "known", 8, flows=flows),
                  case("flowmark", "known", known, mixed(), flows=flows)]
    cases += [case("floor-ports", "known", 6), case("floor-lru", "first", 600),
              case("flowmark", "known", known, mixed(), family=6)]
    for kind in ("ports", "ports+dscp"):
        cases.append(case("flowmark", "known", 9, ports(kind)))
    cases += [case("flowmark", "known", 9, ports(), flows=1_000_000),
              case("flowmark", "known", 9, ports(count=10_000))]
    for rules in (10, 1000):
        cases.append(case("flowmark", "known", known, mixed(rules)))
    for rules in (10, 64, 1000):
        cases.append(case("flowmark", "first", 60, mixed(rules)))
    cases.append(case("flowmark", "first", 60, mixed(), family=6))
    for count in (10, 1_000_000):
        policy = mixed(1000) | {"kind": "names", "members": count}
        cases += [case("flowmark", kind, ns, policy) for kind, ns in (("known", known),
                                                                      ("first", 60))]
        cases += [case("flowmark", "hello", 2000, policy, flows=count),
                  case("empty", "hello", 0, flows=count)]
    return cases


def scenario(program, axis, size, ns):
    return {"name": f"{program} {axis}={size}", "program": program, "axis": axis, "size": size,
            "samples_ns": [ns, ns + 1, ns + 2]}


def scenarios(xdp=1020):
    """Enough for every target; by XDP a packet takes `xdp`."""
    rows = [scenario("none", "rules", 10, 1000), scenario("tcx-empty", "rules", 10, 1010),
            scenario("xdp-empty", "rules", 10, 1005), scenario("xdp-flowmark", "rules", 10, xdp)]
    for size in (10, 1000):
        rows += [scenario("tcx-flowmark", "rules", size, 1030),
                 scenario("nft-netdev", "rules", size, 1300)]
    for axis, size in (("flows", 64_000), ("prefixes", 10), ("prefixes", 100_000)):
        rows += [scenario("none", axis, size, 1000), scenario("tcx-flowmark", axis, size, 1100),
                 scenario("tcx-lru", axis, size, 1300), scenario("nft-netdev", axis, size, 2000)]
    return rows


def reload(during=5e6):
    times = [1.0, 1.2]
    return {"times": [{"rules": 1000, "members": 1_000_000, "seconds": times,
                       "compile_seconds": times, "stage_seconds": times}],
            "gaps": {"with_reload_ns": [during, during], "without_reload_ns": [4e6, 6e6],
                     "with_reload_elsewhere_ns": [5e6, 5e6]}}


def results(**parts):
    return {"machine": MACHINE, "packets": packet_cases(), "calls": {"ingress": 1, "egress": 0},
            "live": scenarios(), "reload": reload(), **parts}


class Targets(unittest.TestCase):
    def verdicts(self, **parts):
        return {verdict.target: verdict for verdict in targets.judge(results(**parts))}

    def missed(self, **parts):
        return sorted(name for name, v in self.verdicts(**parts).items() if v.holds is False)

    def test_good_figures_hold(self):
        self.assertEqual(self.missed(), [])

    def test_a_slow_program_misses(self):
        self.assertEqual(self.missed(packets=packet_cases(known=21)), [
            "tc: known flow of the LRU floor, 1 flows",
            "tc: known flow of the LRU floor, 1,000 flows",
            "tc: known flow of the LRU floor, 64,000 flows",
            "tc: known flow of the signature floor, 1 flows",
            "tc: known flow of the signature floor, 1,000 flows"])

    def test_helper_calls_and_gaps_miss(self):
        self.assertEqual(self.missed(calls={"ingress": 2, "egress": 0}),
                         ["helper calls on the way of a known flow"])
        self.assertEqual(self.missed(reload=reload(during=9e6)),
                         ["longest gap between packets during a reload"])

    def test_growth_over_flows_is_not_judged_where_a_cache_is_used(self):
        growth = "port rules, 1 flow to 1,000,000"
        self.assertIs(self.verdicts()[growth].holds, True)
        cases = packet_cases()
        for one in cases:
            one["cache_used"] = one["program"] == "flowmark"
        self.assertIsNone(self.verdicts(packets=cases)[growth].holds)

    def test_a_slow_xdp_program_misses(self):
        self.assertEqual(self.missed(live=scenarios(xdp=1100)), [
            "added of nftables netdev, xdp", "packets per second kept, xdp"])

    def test_an_empty_hook_is_shown_and_not_judged(self):
        verdict = self.verdicts()["packets per second kept of an empty program's, xdp"]
        self.assertTrue(verdict.figure.startswith("98.5 "), verdict.figure)
        self.assertIsNone(verdict.holds)

    def test_a_ratio_to_nothing_is_not_judged(self):
        rows = scenarios()
        for row in rows:
            if row["program"] == "tcx-lru":
                row["samples_ns"] = [900, 900, 900]
        verdict = self.verdicts(live=rows)["added of the LRU floor's, 64,000 flows"]
        self.assertEqual((verdict.holds, verdict.note), (None, "lost in noise"))

    def test_limits_are_written_as_they_were_asked(self):
        limits = {v.limit for v in self.verdicts().values()}
        self.assertLessEqual({"at most 1/6", "at most 0.25", "at most 1/8", "at most 2 s"}, limits)


def text_box(node):
    """About where a text is: left, top, right, bottom. Letters are 0.56 of their height wide,
    which is more than those of the usual fonts on average."""
    x, y, size = (float(node.get(name)) for name in ("x", "y", "font-size"))
    width = 0.56 * size * len(node.text)
    left = x - width * {"start": 0, "middle": 0.5, "end": 1}[node.get("text-anchor")]
    return left, y - size, left + width, y


class Output(unittest.TestCase):
    def test_every_figure_and_target_is_in_the_tables(self):
        found = results()
        verdicts = targets.judge(found)
        text = tables.tables(found, verdicts)
        for verdict in verdicts:
            self.assertIn(verdict.target, text)
        for row in found["live"]:
            self.assertIn(row["name"], text)
        json.dumps([verdict.as_json() for verdict in verdicts])

    def test_the_plot_is_xml_and_says_where_it_was_made(self):
        svg = plot.svg(results())
        root = xml.etree.ElementTree.fromstring(svg)
        words = " ".join(root.itertext())
        for part in ("2026-01-02", "6.18.0", "a <processor> & more", "abc1234", "ns per packet",
                     "Flowmark, XDP", "no marking", "IPv4 prefixes", "100k"):
            self.assertIn(part, words)

    def test_the_plot_s_words_are_inside_and_apart(self):
        machine: dict[str, object] = {
            **MACHINE, "processor": "Intel(R) Xeon(R) Platinum 8375C CPU @ 2.90GHz",
            "kernel": "6.18.44-some-1-amd64", "commit": "v0.1.0-123-gabcdef0-dirty"}
        rows = [scenario("nft-forward", "rules", size, 1) for size in (10, 1000)]
        svg = plot.svg(results(live=scenarios() + rows, machine=machine))
        boxes = [text_box(node) for node in xml.etree.ElementTree.fromstring(svg)
                 if node.tag.endswith("text") and "transform" not in node.attrib]
        self.assertGreater(len(boxes), 20)
        for left, top, right, bottom in boxes:
            self.assertTrue(0 <= left and right <= plot.WIDTH and 0 <= top
                            and bottom <= plot.HEIGHT)
        for one, other in itertools.combinations(boxes, 2):
            apart = (one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1]
                     or other[3] <= one[1])
            self.assertTrue(apart, (one, other))

    def test_a_program_that_was_not_measured_is_not_drawn(self):
        rows = [row for row in scenarios() if row["program"] != "xdp-flowmark"]
        self.assertNotIn("XDP", plot.svg(results(live=rows)))


class Marks(unittest.TestCase):
    GOOD = {"sent": 10, "arrived": 10, "dscps": {"34": 10}}

    def test_marks_as_expected(self):
        live.expect_marks("x", self.GOOD, (34,))
        live.expect_marks("x", {**self.GOOD, "dscps": {"0": 10}}, ())

    def test_what_does_not_mark_fails(self):
        for dscps in ({"0": 10}, {"34": 9, "0": 1}, {"35": 10}, {"not-ip": 1}):
            with self.assertRaisesRegex(LabError, "found the DSCPs"):
                live.expect_marks("x", {**self.GOOD, "dscps": dscps}, (34,))

    def test_marking_where_nothing_should_fails(self):
        with self.assertRaises(LabError):
            live.expect_marks("none", self.GOOD, ())

    def test_lost_frames_fail(self):
        with self.assertRaisesRegex(LabError, "9 of 10"):
            live.expect_marks("x", {**self.GOOD, "arrived": 9}, (34,))


class Rulesets(unittest.TestCase):
    def test_our_port_gets_our_mark(self):
        self.assertEqual(rulesets.ports(1000)[0], rulesets.PORT)
        self.assertEqual(len(set(rulesets.ports(1000))), 1000)
        self.assertEqual(rulesets.DSCPS[0], rulesets.DSCP)

    def test_prefixes_do_not_touch_and_addresses_lie_in_them(self):
        networks = rulesets.prefixes(500)
        ordered = sorted(networks)
        for one, other in zip(ordered, ordered[1:]):
            self.assertLess(one.broadcast_address, other.network_address)
        for address in rulesets.addresses(networks, 100):
            self.assertTrue(any(address in network for network in networks))


class CommandLine(unittest.TestCase):
    def refused(self, *given):
        errors = io.StringIO()
        with contextlib.redirect_stderr(errors), self.assertRaises(SystemExit) as ended:
            arguments(given)
        self.assertEqual(ended.exception.code, 2)
        return errors.getvalue()

    def test_wrong_input_is_refused_in_words(self):
        self.assertIn("unrecognized arguments: --fast", self.refused("--fast"))
        self.assertIn("'everything'", self.refused("--only", "everything"))
        self.assertIn("ends in .svg", self.refused("--plot", "x.png"))
        self.assertIn("leaves it out", self.refused("--plot", "x.svg", "--only", "packets"))
        self.assertIn("no such folder", self.refused("--json", "/nonexistent/x.json"))

    def test_right_input_is_taken(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "x.svg")
            options = arguments(["--quick", "--only", "live", "--plot", path, "--strict"])
        self.assertEqual((options.quick, options.only, options.plot, options.strict),
                         (True, "live", path, True))


if __name__ == "__main__":
    main()
