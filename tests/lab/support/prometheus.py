# SPDX-License-Identifier: Apache-2.0
"""A real Prometheus in a namespace of a lab, with the rules that we ship."""

import http.client
import json
import math
import os
import socket
import urllib.parse

from lab.processes import wait_for
from monitoring import DEPLOY, RULES

PORT = 9090
SCRAPE = 4  # seconds: one that takes longer has failed, and a busy machine takes its time


def ask(namespace, port, method, path, body=None):
    """Status and JSON of what listens on the namespace's loopback."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.sock = namespace.call(lambda: socket.create_connection(("127.0.0.1", port), 30))
    try:
        connection.request(method, path, body,
                           {"Content-Type": "application/json"} if body else {})
        answer = connection.getresponse()
        text = answer.read().decode()
    finally:
        connection.close()
    try:
        return answer.status, json.loads(text)
    except ValueError:
        return answer.status, text


def get(namespace, port, path, **parameters):
    query = urllib.parse.urlencode(parameters, doseq=True)
    return ask(namespace, port, "GET", f"{path}?{query}" if query else path)


def wait_ready(namespace, port, process):
    """Until Prometheus or Alertmanager serves."""
    def ready():
        process.expect_running()
        try:
            return get(namespace, port, "/-/ready")[0] == 200
        except OSError:
            return False
    wait_for(ready, 60, f"what listens on port {port}")


def replaced(text, *changes):
    """`text` with each (old, new, times) replaced; raises if `old` is not there so many times."""
    for old, new, times in changes:
        if text.count(old) != times:
            raise AssertionError(f"'{old}' is there {text.count(old)} times, expected {times}")
        text = text.replace(old, new)
    return text


def shipped_config(lab, change=str):
    """deploy/prometheus/prometheus.yml with its rules, each file's text changed by `change`; it
    asks every SCRAPE seconds instead of every 15, and looks at the rules every second."""
    with open(os.path.join(DEPLOY, "prometheus/prometheus.yml"), encoding="utf-8") as file:
        return replaced(file.read(), ("scrape_interval: 15s", f"scrape_interval: {SCRAPE}s", 1),
                        ("evaluation_interval: 15s", "evaluation_interval: 1s", 1),
                        ("rules/*.yml", _rule_files(lab, change), 1))


class QueryError(Exception):
    """Prometheus refused a query; its own words."""


class Prometheus:
    """Started with the text of its configuration; ready when made."""

    def __init__(self, lab, namespace, config):
        self._namespace = namespace
        path = lab.path("prometheus.yml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(config)
        self.process = lab.start(
            namespace, "prometheus", "prometheus", f"--config.file={path}",
            f"--storage.tsdb.path={lab.path('prometheus')}", "--log.level=warn",
            f"--web.listen-address=127.0.0.1:{PORT}", "--query.lookback-delta=15s")
        wait_ready(namespace, PORT, self.process)

    def api(self, path, **parameters):
        status, answer = get(self._namespace, PORT, f"/api/v1/{path}", **parameters)
        if status != 200 or answer["status"] != "success":
            raise QueryError(f"{path} {parameters}: {answer}")
        return answer["data"]

    def query(self, expression, when=None):
        """The samples of an instant query that are numbers; `when`: seconds, not given: now."""
        at = {} if when is None else {"time": when}
        return [s for s in self.api("query", query=expression, **at)["result"]
                if not math.isnan(float(s["value"][1]))]

    def query_range(self, expression, start, end, step):
        """The series that have a number somewhere."""
        found = self.api("query_range", query=expression, start=start, end=end, step=step)
        return [s for s in found["result"]
                if any(not math.isnan(float(v)) for _, v in s["values"])]

    def label_values(self, selector, label):
        return self.api(f"label/{label}/values", **{"match[]": selector})

    def alerts(self, state="firing"):
        """Names of the alerts in that state."""
        return {a["labels"]["alertname"] for a in self.api("alerts")["alerts"]
                if a["state"] == state}


def _rule_files(lab, change):
    """Copies in the lab's folder; their pattern."""
    folder = lab.path("rules")
    os.mkdir(folder)
    for name in os.listdir(RULES):
        with open(os.path.join(RULES, name), encoding="utf-8") as file:
            text = file.read()
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(change(text))
    return os.path.join(folder, "*.yml")
