#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Every query of the dashboards, every variable, every alert and every recording rule is put to
a real Prometheus that scrapes a real agent with traffic: none may fail, none may find nothing."""

import re
import time
import unittest

from support import FLOWMARK, main, proved
from support.live_traffic import POLICY, LiveTraffic
from support.prometheus import SCRAPE, Prometheus, QueryError, shipped_config
from lab.bpf import program_stats
from lab.edge import EdgeLab
from lab.processes import wait_for
from monitoring import dashboards, promql, rules

PATIENCE = 90
RATE = f"{4 * SCRAPE}s"  # Grafana's own: four scrape intervals, at least
INTERFACES = {"lan0", "lan1", "wan0"}


def escaped(value):
    """A label's value in a regular expression in a string, as Grafana writes it."""
    return re.sub(r"[$^*{}\[\]'+?.()|]", r"\\\\\g<0>", value.replace("\\", "\\\\\\\\"))


class Dashboards(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.enterClassContext(program_stats())
        cls.lab = cls.enterClassContext(EdgeLab("dashboards"))
        cls.agent = cls.lab.agent(cls.lab.edge, FLOWMARK, POLICY)
        cls.traffic = LiveTraffic(cls.lab)
        cls.prometheus = Prometheus(cls.lab, cls.lab.edge, shipped_config(cls.lab))
        cls.agent.reload()
        cls.boards = dashboards.load_all()

    def everything_found(self, questions):
        """Asks until each of {what: function} has found something; names those that do not."""
        pending, last = dict(questions), {}

        def ask():
            self.traffic.once()
            for what, question in list(pending.items()):
                found = question()
                if found:
                    last[what] = found
                    del pending[what]
            return not pending
        try:
            wait_for(ask, PATIENCE, "answers")
        except Exception as error:
            raise AssertionError(f"nothing found for {len(pending)} of {len(questions)}:\n  " +
                                 "\n  ".join(pending)) from error
        return last

    def values(self, board):
        """Of the variables of a dashboard, each asked for with those before it, as Grafana does:
        {name: every value}."""
        chosen, found = {"datasource": "prometheus"}, {}
        for name, variable in dashboards.variables(board).items():
            if name == "datasource":
                continue
            selector, label = dashboards.label_values(variable)
            selector = dashboards.filled_in(selector, chosen)
            found[name] = wait_for(lambda s=selector, v=label: self.prometheus.label_values(s, v),
                                   PATIENCE, f"values of ${name}")
            chosen[name] = "|".join(map(escaped, found[name]))
        return found

    def question(self, target, chosen):
        """One target of a panel, as Grafana puts it to Prometheus."""
        expression = dashboards.filled_in(target["expr"], {**chosen, "__rate_interval": RATE})

        def ask():
            if target.get("instant"):
                return self.prometheus.query(expression)
            now = time.time()
            return self.prometheus.query_range(expression, now - 60, now, 5)
        return ask

    def targets(self):
        for name, board in self.boards.items():
            for panel, target in dashboards.targets(board):
                yield f"{name} '{panel['title']}' {target['refId']}", target

    def test_variables_find_what_there_is(self):
        for name, board in self.boards.items():
            found = self.values(board)
            self.assertEqual(found["job"], ["flowmark"], name)
            self.assertEqual(found["instance"], ["edge-1"], name)
            self.assertEqual(set(found["interface"]), INTERFACES, name)
        proved(f"variables of {len(self.boards)} dashboards: {found}")

    def test_every_panel_finds_something(self):
        every = {"job": ".+", "instance": ".+", "interface": ".+"}
        one = {"job": "flowmark", "instance": "edge-1", "interface": "(lan0|lan1|wan0)"}
        asked = {f"{what}, {title}": self.question(target, chosen)
                 for title, chosen in (("all", every), ("picked", one))
                 for what, target in self.targets()}
        found = self.everything_found(asked)
        series = sum(map(len, found.values()))
        proved(f"{len(found)} queries of panels (with every value, and with picked ones): "
               f"{series} series")

    def test_the_panels_say_what_the_agent_says(self):
        """Not only something: the throughput panel counts each byte once, where it leaves."""
        panel = next(p for p in dashboards.panels(self.boards["overview.json"])
                     if p["title"] == "Throughput by class, leaving")
        shown = dashboards.filled_in(panel["targets"][0]["expr"], {
            "job": ".+", "instance": ".+", "interface": "wan0", "__rate_interval": RATE})

        def look():
            # An instant that no later scrape changes, of a window that is full.
            then = time.time() - 2 * SCRAPE
            says = {s["metric"]["class"]: float(s["value"][1])
                    for s in self.prometheus.query(shown, then)}
            self.traffic.once()
            full = self.prometheus.query(
                f"flowmark_class_bytes_total{{class='voice'}} offset {RATE}", then)
            return (then, says) if full and len(says) == 4 else None
        then, panel_says = wait_for(look, PATIENCE, "throughput of four classes")
        self.assertEqual(set(panel_says), {"voice", "shop", "bulk", "default"})
        # Against the counter, not against what was to be sent: a busy machine sends late.
        rates = f"8 * rate(flowmark_class_bytes_total{{class='voice'%s}}[{RATE}])"
        one, = self.prometheus.query(rates % ", interface='wan0', direction='egress'", then)
        every = self.prometheus.query(rates % "", then)
        self.assertGreater(len(every), 1)
        self.assertGreater(sum(float(s["value"][1]) for s in every), panel_says["voice"])
        self.assertGreater(panel_says["voice"], 0)
        self.assertAlmostEqual(panel_says["voice"], float(one["value"][1]), places=3)
        proved(f"the throughput panel shows the call on wan0 as {panel_says['voice'] / 1000:.0f} "
               f"kbit/s, as one of {len(every)} counters says (80.8 are sent)")

    def test_every_rule_finds_something(self):
        shipped = rules.load_all()
        asked = {}
        for rule in shipped:
            name = rule.get("alert") or f"{rule['record']}{rule.get('labels', '')}"
            for expression in [*promql.selectors(rule["expr"]),
                               *promql.unconditional(rule["expr"])]:
                asked[f"{name}: {expression}"] = lambda e=expression: self.prometheus.query(e)
            # As it stands: it may well find nothing.
            self.prometheus.api("query", query=rule["expr"])
        found = self.everything_found(asked)
        groups = self.prometheus.api("rules")["groups"]
        states = {r["name"]: (r["health"], r.get("lastError", "")) for g in groups
                  for r in g["rules"]}
        self.assertEqual({n: s for n, s in states.items() if s[0] != "ok"}, {})
        self.assertEqual(sum(len(g["rules"]) for g in groups), len(shipped))
        proved(f"{len(shipped)} rules loaded and healthy; {len(found)} parts of them find series")

    def test_nothing_wrong_fires(self):
        """What the lab has is an interface without XDP, and a class that its policer holds down;
        no other alert may be on its way."""
        self.everything_found({"windows": lambda: self.prometheus.query(
            "slo:sli_error:ratio_rate5m")})
        wait_for(lambda: "FlowmarkXdpFallback" in self.prometheus.alerts("pending"), PATIENCE,
                 "the fallback to be noticed")
        on_the_way = self.prometheus.alerts("pending") | self.prometheus.alerts("firing")
        self.assertLessEqual(on_the_way, {"FlowmarkXdpFallback", "FlowmarkClassPoliced"})
        proved(f"of {len(rules.alerts(rules.load_all()))} alerts only these see something: "
               f"{', '.join(sorted(on_the_way))}")

    def test_a_query_that_is_wrong_is_seen(self):
        every = {"job": ".+", "instance": ".+", "interface": ".+"}
        target = dashboards.panels(self.boards["overview.json"])[0]["targets"][0]
        misspelt = {**target, "expr": target["expr"].replace("class_bytes", "class_byte")}
        self.assertNotEqual(misspelt, target)
        self.assertEqual(self.question(misspelt, every)(), [])
        broken = {**target, "expr": target["expr"] + ")"}
        with self.assertRaises(QueryError):
            self.question(broken, every)()
        with self.assertRaises(KeyError):
            self.question({**target, "expr": 'up{job=~"$jobs"}'}, every)
        self.assertEqual(self.prometheus.query("0 / (up - up)"), [])
        # No series of the agent as a whole has an interface.
        unmet, = promql.unconditional("up == 0 and on (interface) flowmark_interface_attached")
        self.assertEqual(self.prometheus.query(unmet), [])
        proved("a misspelt metric, a broken expression, an unknown variable, a division by nothing "
               "and a join that never meets are told")


if __name__ == "__main__":
    main()
