# SPDX-License-Identifier: Apache-2.0
"""The rules that dashboards of a mixin keep, beyond being valid: after those of Grafana's
dashboard linter. Each rule is a function from a dashboard to what is wrong with it."""

import re

from .dashboards import panels, targets, variables
from .promql import selectors

TAG = "flowmark-mixin"
WANTED = ("datasource", "job", "instance", "interface")
RANGE = re.compile(r"\b(rate|irate|increase)\(.*?\[([^]]+)\]", re.S)


def _queries(dashboard):
    for panel, target in targets(dashboard):
        yield f"panel '{panel.get('title')}' {target.get('refId')}", target


def identity(dashboard):
    if not re.fullmatch(r"flowmark-[a-z]+", dashboard.get("uid", "")):
        yield "no stable uid"
    if TAG not in dashboard.get("tags", ()):
        yield f"no tag {TAG}"
    for key in ("id", "__inputs", "__requires"):
        if key in dashboard:
            yield f"{key} belongs to an export, not to a source"


def templates(dashboard):
    present = variables(dashboard)
    for name in WANTED:
        if name not in present:
            yield f"no variable {name}"
    for name, variable in present.items():
        if name == "datasource":
            if (variable["type"], variable["query"]) != ("datasource", "prometheus"):
                yield "variable datasource is not of type datasource for prometheus"
        elif variable.get("datasource", {}).get("uid") != "$datasource":
            yield f"variable {name} does not ask $datasource"
        elif not (variable.get("multi") and variable.get("includeAll")
                  and variable.get("allValue") == ".+"):
            yield f"variable {name} cannot stand for several values and for all"


def words(dashboard):
    titles = [panel.get("title") for panel in panels(dashboard)]
    for panel in panels(dashboard):
        title = panel.get("title")
        if not title:
            yield f"panel {panel.get('id')} has no title"
        elif titles.count(title) > 1:
            yield f"two panels are called '{title}'"
        if len(panel.get("description", "")) < 20:
            yield f"panel '{title}' has no description"
        if not panel["fieldConfig"]["defaults"].get("unit"):
            yield f"panel '{title}' has no unit"


def sources(dashboard):
    for where, target in _queries(dashboard):
        if target.get("datasource", {}).get("uid") != "$datasource":
            yield f"{where} does not ask $datasource"
    for panel in panels(dashboard):
        if panel.get("datasource", {}).get("uid") != "$datasource":
            yield f"panel '{panel.get('title')}' does not ask $datasource"
        if not panel.get("targets"):
            yield f"panel '{panel.get('title')}' asks nothing"


def matchers(dashboard):
    for where, target in _queries(dashboard):
        found = selectors(target["expr"])
        if not found:
            yield f"{where} selects nothing that we know"
        for selector in found:
            for label in ("job", "instance"):
                if not re.search(rf'[{{,]{label}=~"\${label}"', selector):
                    yield f"{where}: {selector} has no matcher {label}=~\"${label}\""


def intervals(dashboard):
    for where, target in _queries(dashboard):
        expression = target["expr"]
        ranges = RANGE.findall(expression)
        for function, interval in ranges:
            if interval != "$__rate_interval":
                yield f"{where}: {function} over {interval}, not $__rate_interval"
        if expression.count("[") != len(ranges):
            yield f"{where}: a range that no rate is taken of"


def places(dashboard):
    """No two panels on the same spot, none beyond the edge, no id twice."""
    seen, ids = set(), set()
    for panel in dashboard["panels"]:
        at = panel["gridPos"]
        spots = {(x, y) for x in range(at["x"], at["x"] + at["w"])
                 for y in range(at["y"], at["y"] + at["h"])}
        if at["x"] + at["w"] > 24 or spots & seen:
            yield f"panel '{panel['title']}' overlaps or sticks out"
        if panel["id"] in ids:
            yield f"panel id {panel['id']} is used twice"
        seen |= spots
        ids.add(panel["id"])


RULES = (identity, templates, words, sources, matchers, intervals, places)


def problems(dashboard):
    return [problem for rule in RULES for problem in rule(dashboard)]
