# SPDX-License-Identifier: Apache-2.0
"""Prometheus' rule files: what every alert must carry, and the page that it points at."""

import glob
import os
import re

import yaml

from . import ROOT, RULE_TESTS, RULES, RUNBOOKS

SEVERITIES = ("page", "ticket", "info")
DOCS = "{{ $externalLabels.flowmark_docs }}"


def _yaml_files(folder):
    for path in sorted(glob.glob(os.path.join(folder, "*.yml"))):
        with open(path, encoding="utf-8") as file:
            yield path, yaml.safe_load(file)


def load_all():
    """Every rule of every file, in order."""
    return [rule for _, text in _yaml_files(RULES) for group in text["groups"]
            for rule in group["rules"]]


def alerts(rules):
    return [rule for rule in rules if "alert" in rule]


def runbook(alert):
    """The path in the source of the page that an alert points at."""
    url = alert.get("annotations", {}).get("runbook_url", "")
    return url[len(DOCS):] if url.startswith(DOCS) else None


def _of_one(alert, root):
    labels, annotations = alert.get("labels", {}), alert.get("annotations", {})
    if labels.get("severity") not in SEVERITIES:
        yield f"severity is none of {', '.join(SEVERITIES)}"
    if labels.get("service") != "flowmark":
        yield "no label service: flowmark"
    for name in ("summary", "description"):
        if len(annotations.get(name, "")) < 15:
            yield f"no {name}"
    page = runbook(alert)
    if page is None:
        yield f"runbook_url does not begin with {DOCS}"
    elif page != f"deploy/runbooks/{alert['alert']}.md":
        yield f"its page is not deploy/runbooks/{alert['alert']}.md"
    elif not os.path.isfile(os.path.join(root, page)):
        yield f"its page {page} is not there"


def tested():
    """{alert: (times that it is expected to fire, times that it is not)} in the rule tests."""
    out = {}
    for _, text in _yaml_files(RULE_TESTS):
        for test in text["tests"]:
            for case in test.get("alert_rule_test", ()):
                count = out.setdefault(case["alertname"], [0, 0])
                count[0 if case.get("exp_alerts") else 1] += 1
    return out


def problems(rules, root=ROOT, cases=None):
    """What is wrong with the alerts, as text."""
    cases = tested() if cases is None else cases
    found = []
    names = [alert["alert"] for alert in alerts(rules)]
    for alert in alerts(rules):
        name = alert["alert"]
        found += [f"{name}: {problem}" for problem in _of_one(alert, root)]
        if names.count(name) > 1:
            found.append(f"{name}: defined twice")
        fires, rests = cases.get(name, (0, 0))
        if not fires or not rests:
            found.append(f"{name}: the rule tests show it firing {fires} and resting {rests} times")
    return found


def stray_pages(rules):
    """Pages of alerts that there are none of."""
    wanted = {f"{alert['alert']}.md" for alert in alerts(rules)}
    return sorted(name for name in os.listdir(RUNBOOKS)
                  if re.match(r"[A-Z][a-z]", name) and name not in wanted)
