#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What tools/ci/check_monitoring.sh checks, it can find: each rule for dashboards, alerts and
their pages is broken once and has to say so."""

import copy
import os
import re
import shutil
import subprocess
import tempfile
import unittest

from support import FLOWMARK, ROOT, main, proved
from monitoring import DASHBOARDS, RULES, RUNBOOKS
from monitoring import conventions, dashboards, promql, provisioning, rules
from monitoring.schema import Schema

GENERATE = os.path.join(ROOT, "deploy/grafana/generate.py")


def first(board, kind):
    return next(panel for panel in board["panels"] if panel["type"] == kind)


def target(board):
    return first(board, "timeseries")["targets"][0]


def defaults(board):
    return first(board, "timeseries")["fieldConfig"]["defaults"]


def variable(board, name):
    return next(v for v in board["templating"]["list"] if v["name"] == name)


# What Grafana's types do not allow: how it is broken, and a word of what is said then.
INVALID = {
    "a key that there is not": (lambda b: b.update(panel=[]), "'panel' was unexpected"),
    "a misspelt position": (lambda b: first(b, "timeseries").update(gridPoz={}), "gridPoz"),
    "schemaVersion as text": (lambda b: b.update(schemaVersion="39"), "'39' is not of type"),
    "a mode that there is not": (
        lambda b: defaults(b)["thresholds"].update(mode="abs"), "'abs'"),
    "a width that is no number": (
        lambda b: first(b, "timeseries")["gridPos"].update(w="12"), "'12' is not of type"),
    "a legend in no place": (
        lambda b: first(b, "timeseries")["options"]["legend"].update(placement="left"), "'left'"),
    "an option of another panel": (
        lambda b: first(b, "timeseries")["options"].update(textMode="auto"), "textMode"),
    "a line of no style": (
        lambda b: defaults(b)["custom"].update(drawStyle="dashes"), "'dashes'"),
    "a bar of no mode": (
        lambda b: first(b, "bargauge")["options"].update(displayMode="3d"), "'3d'"),
    "a variable of no type": (
        lambda b: variable(b, "job").update(type="labels"), "templating/list"),
    "a panel of a kind that is not checked": (
        lambda b: first(b, "timeseries").update(type="piechart"), "no schema for panels"),
}

# What our conventions do not allow.
UNCONVENTIONAL = {
    "no uid": (lambda b: b.pop("uid"), "no stable uid"),
    "no tag": (lambda b: b.update(tags=[]), "no tag"),
    "an id of one server": (lambda b: b.update(id=7), "id belongs to an export"),
    "inputs of an export": (lambda b: b.update(__inputs=[]), "__inputs belongs"),
    "no variable interface": (
        lambda b: b["templating"]["list"].pop(), "no variable interface"),
    "a variable of one value": (
        lambda b: variable(b, "job").update(multi=False), "several values"),
    "a variable of a fixed source": (
        lambda b: variable(b, "job")["datasource"].update(uid="prom"), "does not ask $datasource"),
    "a data source of another kind": (
        lambda b: variable(b, "datasource").update(query="loki"), "not of type datasource"),
    "no title": (lambda b: first(b, "timeseries").update(title=""), "has no title"),
    "a title twice": (lambda b: first(b, "timeseries").update(
        title=first(b, "bargauge")["title"]), "two panels are called"),
    "no description": (lambda b: first(b, "timeseries").update(description=""),
                       "no description"),
    "no unit": (lambda b: defaults(b).pop("unit"), "no unit"),
    "a fixed source": (lambda b: target(b).update(datasource={"uid": "prom"}),
                       "does not ask $datasource"),
    "a panel of a fixed source": (
        lambda b: first(b, "timeseries").update(datasource={"uid": "prom"}),
        "does not ask $datasource"),
    "a panel that asks nothing": (lambda b: first(b, "timeseries").update(targets=[]),
                                  "asks nothing"),
    "no matcher of the job": (lambda b: target(b).update(
        expr=target(b)["expr"].replace('job=~"$job", ', "")), 'no matcher job=~"$job"'),
    "no matcher of the instance": (lambda b: target(b).update(
        expr=target(b)["expr"].replace('instance=~"$instance"', 'a="b"')), "no matcher instance"),
    "one selector of two without": (lambda b: target(b).update(
        expr=target(b)["expr"] + " / flowmark_pinned"), "flowmark_pinned has no matcher"),
    "a fixed interval": (lambda b: target(b).update(
        expr=target(b)["expr"].replace("$__rate_interval", "5m")), "rate over 5m"),
    "a range of no rate": (lambda b: target(b).update(
        expr='max_over_time(up{job=~"$job", instance=~"$instance"}[5m])'), "no rate is taken"),
    "panels on top of each other": (lambda b: first(b, "timeseries")["gridPos"].update(y=0),
                                    "overlaps"),
    "an id twice": (lambda b: first(b, "timeseries").update(id=1), "used twice"),
}

# What an alert must have.
BAD_ALERTS = {
    "a severity of its own": (lambda a: a["labels"].update(severity="bad"), "severity is none"),
    "no service": (lambda a: a["labels"].pop("service"), "no label service"),
    "no summary": (lambda a: a["annotations"].pop("summary"), "no summary"),
    "no description": (lambda a: a["annotations"].pop("description"), "no description"),
    "no runbook": (lambda a: a["annotations"].pop("runbook_url"), "runbook_url does not begin"),
    "another's runbook": (lambda a: a["annotations"].update(
        runbook_url=rules.DOCS + "deploy/runbooks/slo.md"), "its page is not"),
    "a runbook that is not there, and no test": (lambda a: (a.update(alert="FlowmarkNew"), a[
        "annotations"].update(runbook_url=rules.DOCS + "deploy/runbooks/FlowmarkNew.md")),
        "FlowmarkNew.md is not there"),
}

# What Grafana would pass over in silence.
UNPROVISIONED = {
    "a misspelt key": (lambda f: f["dashboards/flowmark.yml"]["providers"][0].update(folders="x"),
                       "'folders' was unexpected"),
    "no path": (lambda f: f["dashboards/flowmark.yml"]["providers"][0]["options"].pop("path"),
                "'path' is a required property"),
    "no address": (lambda f: f["datasources/prometheus.yml"]["datasources"][0].pop("url"),
                   "'url' is a required property"),
    "another interval than Prometheus'": (
        lambda f: f["datasources/prometheus.yml"]["datasources"][0]["jsonData"].update(
            timeInterval="30s"), "30s apart, Prometheus 15s"),
}


class MonitoringChecks(unittest.TestCase):
    def setUp(self):
        self.boards = dashboards.load_all()
        self.rules = rules.load_all()

    def expect_each_found(self, breaks, whole, problems):
        self.assertEqual(problems(whole), [])
        for name, (damage, said) in breaks.items():
            with self.subTest(name):
                broken = copy.deepcopy(whole)
                damage(broken)
                self.assertIn(said, "\n".join(problems(broken)))

    def test_the_schema_is_strict(self):
        self.expect_each_found(INVALID, self.boards["overview.json"], Schema().problems)
        proved(f"Grafana's own types refuse: {', '.join(INVALID)}")

    def test_conventions_are_kept(self):
        self.expect_each_found(UNCONVENTIONAL, self.boards["overview.json"], conventions.problems)
        proved(f"the conventions refuse: {', '.join(UNCONVENTIONAL)}")

    def test_alerts_have_what_they_need(self):
        def problems_of_first(alert):
            return rules.problems([alert])
        self.expect_each_found(BAD_ALERTS, rules.alerts(self.rules)[0], problems_of_first)
        alert = rules.alerts(self.rules)[0]
        self.assertIn("defined twice", "\n".join(rules.problems([alert, alert])))
        self.assertIn("firing 0 and resting 3", "\n".join(
            rules.problems([alert], cases={alert["alert"]: (0, 3)})))
        self.assertEqual(rules.stray_pages(self.rules), [])
        self.assertEqual(rules.stray_pages([r for r in self.rules if r != alert]),
                         [f"{alert['alert']}.md"])
        proved(f"alerts are refused for: {', '.join(BAD_ALERTS)}, a second definition, a test that "
               "shows it one way only; a page without an alert is named")

    def test_provisioning_is_understood(self):
        self.expect_each_found(UNPROVISIONED, provisioning.load_all(), provisioning.problems)
        proved(f"provisioning files are refused for: {', '.join(UNPROVISIONED)}")

    def test_the_json_is_what_the_code_gives(self):
        def check(folder):
            return subprocess.run([GENERATE, "--check", "--folder", folder], capture_output=True,
                                  text=True, timeout=60)
        with tempfile.TemporaryDirectory() as folder:
            shutil.copytree(DASHBOARDS, folder, dirs_exist_ok=True)
            self.assertEqual(check(folder).returncode, 0)
            path = os.path.join(folder, "agent.json")
            with open(path, encoding="utf-8") as file:
                text = file.read()
            with open(path, "w", encoding="utf-8") as file:
                file.write(text.replace('"unit": "bytes"', '"unit": "short"'))
            done = check(folder)
            self.assertEqual(done.returncode, 1)
            self.assertIn('-     "unit": "short"', done.stdout)
            os.unlink(path)
            self.assertEqual(check(folder).returncode, 1)
        proved("generate.py --check tells an edited and a missing file")

    def promtool(self, *arguments):
        return subprocess.run(["promtool", *arguments], capture_output=True, text=True,
                              timeout=120)

    def test_a_wrong_threshold_fails_the_rule_tests(self):
        """Of one rule for each file of tests."""
        for rule, change, tests in (
                ("flowmark-alerts.yml", ('up{job="flowmark"} == 0', 'up{job="flowmark"} == 2'),
                 "agent.yml"),
                ("flowmark-alerts.yml", ("table_fill:ratio > 0.9", "table_fill:ratio > 0.98"),
                 "traffic.yml"),
                ("flowmark-slo.yml", (" 14.4 ", " 1440 "), "slo.yml")):
            with tempfile.TemporaryDirectory() as folder:
                shutil.copytree(os.path.dirname(RULES), folder, dirs_exist_ok=True)
                path = os.path.join(folder, "rules", rule)
                with open(path, encoding="utf-8") as file:
                    text = file.read()
                self.assertIn(change[0], text)
                with open(path, "w", encoding="utf-8") as file:
                    file.write(text.replace(*change))
                done = self.promtool("test", "rules", os.path.join(folder, "tests", tests))
                self.assertEqual(done.returncode, 1, done)
                self.assertIn("FAILED", done.stdout + done.stderr)
        proved("the rule tests fail when an alert's threshold is moved, in each of their files")

    def test_expressions_are_taken_apart(self):
        self.assertEqual(promql.unconditional('absent(up{job="x"})\n'), ['up{job="x"}'])
        self.assertEqual(promql.unconditional("a_b unless on (job) c\n"), ["a_b", "c"])
        self.assertEqual(promql.unconditional("a > 1 and b == 0 and (c > bool 2)"),
                         ["a > bool 1 and b == bool 0 and (c > bool 2)"])
        self.assertEqual(promql.selectors('rate(flowmark_x{a="b",\n c!="d"}[5m]) + up'),
                         ['flowmark_x{a="b",c!="d"}', "up"])
        proved("alerts are made unconditional, and every series in them is found")

    def test_pages_name_commands_that_there_are(self):
        known = set(re.findall(r"^  (\w+) {3,}", subprocess.run(
            [FLOWMARK, "--help"], capture_output=True, text=True, check=True).stdout, re.M))
        used = set()
        for name in os.listdir(RUNBOOKS):
            with open(os.path.join(RUNBOOKS, name), encoding="utf-8") as file:
                used |= set(re.findall(r"(?:^|`|sudo |&& )flowmark (\w+)", file.read(), re.M))
        self.assertGreater(len(used), 5)
        self.assertEqual(used - known, set())
        proved(f"the pages use {', '.join(sorted(used))}, all of which Flowmark has")


if __name__ == "__main__":
    main()
