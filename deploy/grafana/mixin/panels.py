# SPDX-License-Identifier: Apache-2.0
"""Panels in the JSON model of Grafana 11. Each is made with a title, what it means and a unit;
where it stands is the dashboard's business."""

DATASOURCE = {"type": "prometheus", "uid": "$datasource"}
NO_LIMIT = {"mode": "absolute", "steps": [{"color": "green", "value": None}]}


def thresholds(*steps):
    """Of (color, from this value on); the first one's value is None: from below."""
    return {"mode": "absolute", "steps": [{"color": c, "value": v} for c, v in steps]}


def query(expression, legend, instant=False):
    """The refId is given when the panel is made."""
    kind = {"instant": True, "range": False} if instant else {"range": True}
    return {"datasource": DATASOURCE, "editorMode": "code", "expr": expression,
            "legendFormat": legend, **kind}


def _panel(kind, title, description, unit, queries, options, **defaults):
    targets = [{**q, "refId": chr(ord("A") + number)} for number, q in enumerate(queries)]
    return {
        "type": kind, "title": title, "description": description, "datasource": DATASOURCE,
        "targets": targets, "options": options,
        "fieldConfig": {"defaults": {"unit": unit, "thresholds": NO_LIMIT, **defaults},
                        "overrides": []},
    }


def graph(title, description, unit, *queries, stacked=False, **defaults):
    """Lines over time; areas on top of each other if they add up to something."""
    custom = {"drawStyle": "line", "lineWidth": 1, "fillOpacity": 60 if stacked else 10,
              "showPoints": "never", "spanNulls": False,
              "stacking": {"mode": "normal" if stacked else "none", "group": "A"}}
    options = {"legend": {"displayMode": "table", "placement": "right", "showLegend": True,
                          "calcs": ["mean", "lastNotNull"]},
               "tooltip": {"mode": "multi", "sort": "desc"}}
    return _panel("timeseries", title, description, unit, queries, options, custom=custom,
                  color={"mode": "palette-classic"}, min=0, **defaults)


def _last():
    return {"reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
            "orientation": "auto"}


def number(title, description, unit, *queries, **defaults):
    """The last value, large."""
    options = {**_last(), "textMode": "auto", "colorMode": "value", "graphMode": "none",
               "justifyMode": "auto"}
    return _panel("stat", title, description, unit, queries, options,
                  color={"mode": "thresholds"}, **defaults)


def names(title, description, *queries):
    """What a series says by its labels: the legend is shown, not the value."""
    options = {**_last(), "textMode": "name", "colorMode": "none", "graphMode": "none",
               "justifyMode": "auto"}
    return _panel("stat", title, description, "none", queries, options)


def bars(title, description, unit, *queries, **defaults):
    """The last value of each series, as bars."""
    options = {**_last(), "orientation": "horizontal", "displayMode": "basic",
               "valueMode": "color", "showUnfilled": True}
    return _panel("bargauge", title, description, unit, queries, options,
                  color={"mode": "thresholds"}, **defaults)


def yes_or_no(yes, no):
    """Words and colours for 1 and 0."""
    return [{"type": "value", "options": {
        "1": {"text": yes, "color": "green", "index": 0},
        "0": {"text": no, "color": "red", "index": 1}}}]
