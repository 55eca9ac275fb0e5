# SPDX-License-Identifier: Apache-2.0
"""Reads Grafana's JSON: the panels, their queries and the variables, and puts values in as
Grafana would."""

import json
import os
import re

from . import DASHBOARDS

LABEL_VALUES = re.compile(r"^label_values\((.+), *(\w+)\)$")


def load_all():
    """{file name: dashboard}."""
    out = {}
    for name in sorted(os.listdir(DASHBOARDS)):
        with open(os.path.join(DASHBOARDS, name), encoding="utf-8") as file:
            out[name] = json.load(file)
    return out


def panels(dashboard):
    """Those that show something; not the rows' headings."""
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def targets(dashboard):
    """Each query of its panels, with the panel."""
    for panel in panels(dashboard):
        for target in panel["targets"]:
            yield panel, target


def variables(dashboard):
    return {v["name"]: v for v in dashboard["templating"]["list"]}


def label_values(variable):
    """Selector and label of a variable's query."""
    match = LABEL_VALUES.match(variable["query"]["query"])
    if not match:
        raise ValueError(f"variable {variable['name']}: not label_values(selector, label)")
    return match[1], match[2]


def filled_in(text, values):
    """`text` with $NAME, ${NAME} and ${NAME:FORMAT} replaced. Raises KeyError for a name that
    has no value: Grafana would send it as it stands."""
    return re.sub(r"\$(?:\{(\w+)(?::\w+)?\}|(\w+))", lambda m: values[m[1] or m[2]], text)
