# SPDX-License-Identifier: Apache-2.0
"""Dashboards against the strict schema that deploy/grafana/schema makes of Grafana's types."""

import json

import jsonschema

from . import SCHEMA
from .dashboards import panels

MODEL = "#/definitions/Model/properties"


def _closest(error):
    """Where none of several types fits: an error of the one that most of it fits."""
    while error.context:
        kinds = {}
        for inner in error.context:
            kinds.setdefault(inner.schema_path[0], []).append(inner)
        error = min(kinds.values(), key=len)[0]
    return error


class Schema:
    def __init__(self):
        with open(SCHEMA, encoding="utf-8") as file:
            self._schema = json.load(file)
        jsonschema.Draft7Validator.check_schema(self._schema)

    def _errors(self, place, value, where):
        validator = jsonschema.Draft7Validator(
            {"$ref": f"{MODEL}/{place}", "definitions": self._schema["definitions"]})
        for error in validator.iter_errors(value):
            inner = _closest(error)
            path = "/".join(map(str, inner.absolute_path))
            yield f"{where}{path}: {inner.message[:300]}"

    def problems(self, dashboard):
        """What Grafana's types do not allow, as text; also in what a dashboard's own type leaves
        open: the options of a panel and the look of a graph."""
        found = list(self._errors("dashboard", dashboard, ""))
        known = self._schema["definitions"]["Model"]["properties"]["options"]["properties"]
        for panel in panels(dashboard):
            kind, where = panel["type"], f"panel '{panel.get('title')}': "
            if kind not in known:
                found.append(f"{where}no schema for panels of type {kind}")
                continue
            found += self._errors(f"options/properties/{kind}", panel["options"],
                                  where + "options/")
            if kind == "timeseries":
                custom = panel["fieldConfig"]["defaults"].get("custom", {})
                found += self._errors("custom/properties/timeseries", custom, where + "custom/")
        return found
