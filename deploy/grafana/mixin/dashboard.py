# SPDX-License-Identifier: Apache-2.0
"""A dashboard around its panels: the variables that every one has, and where panels stand."""

from .panels import DATASOURCE

WIDTH = 24  # columns that Grafana has
SCHEMA_VERSION = 39  # of the model that Grafana 11 writes; later ones read it
TAG = "flowmark-mixin"


def _datasource():
    return {"type": "datasource", "name": "datasource", "label": "Data source",
            "query": "prometheus", "regex": "", "hide": 0, "refresh": 1, "multi": False,
            "includeAll": False, "skipUrlSync": False}


def _labels_of(name, label, metric):
    """A variable with the values that the label `name` has on `metric`."""
    expression = f"label_values({metric}, {name})"
    return {"type": "query", "name": name, "label": label, "datasource": DATASOURCE,
            "query": {"query": expression, "refId": f"{name}-values"},
            "regex": "", "sort": 1, "hide": 0, "refresh": 2, "multi": True, "includeAll": True,
            "allValue": ".+", "current": {"text": "All", "value": "$__all"},
            "skipUrlSync": False}


def _variables():
    return [
        _datasource(),
        _labels_of("job", "Job", "flowmark_build_info"),
        _labels_of("instance", "Instance", 'flowmark_build_info{job=~"$job"}'),
        _labels_of("interface", "Interface",
                   'flowmark_interface_attached{job=~"$job", instance=~"$instance"}'),
    ]


def _placed(rows):
    """Rows are (title, height, panels): the panels of one share its width evenly."""
    top, out = 0, []
    for title, height, panels in rows:
        out.append({"type": "row", "title": title, "collapsed": False, "panels": [],
                    "gridPos": {"x": 0, "y": top, "w": WIDTH, "h": 1}})
        top += 1
        width = WIDTH // len(panels)
        for column, panel in enumerate(panels):
            out.append({**panel, "gridPos": {"x": column * width, "y": top, "w": width,
                                             "h": height}})
        top += height
    return [{"id": number, **panel} for number, panel in enumerate(out, 1)]


def dashboard(uid, title, description, rows):
    return {
        "uid": uid, "title": title, "description": description, "tags": [TAG],
        "schemaVersion": SCHEMA_VERSION, "version": 1, "editable": False, "graphTooltip": 1,
        "timezone": "browser", "refresh": "30s", "time": {"from": "now-1h", "to": "now"},
        "annotations": {"list": []},
        "links": [{"title": "Flowmark", "type": "dashboards", "tags": [TAG], "asDropdown": True,
                   "icon": "external link", "includeVars": True, "keepTime": True,
                   "targetBlank": False, "tooltip": "", "url": ""}],
        "templating": {"list": _variables()},
        "panels": _placed(rows),
    }
