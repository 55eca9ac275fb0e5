#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""From the package to a graph, as in the first half hour of a new user: install it, edit one line
of the policy, reload, see the counter of the class rise in Prometheus, and the dashboard's own
query show it.

FLOWMARK_DASHBOARD names another dashboard than deploy/grafana/dashboards/overview.json.
"""

import http.client
import json
import os
import re
import socket
import unittest
import urllib.parse

from support import ROOT, main, proved
from support.debian import DebianHost, build_package
from lab.edge import SERVER4, EdgeLab
from lab.dialogue import Dialogue
from lab.processes import LabError, wait_for

DASHBOARD = os.environ.get("FLOWMARK_DASHBOARD",
                           os.path.join(ROOT, "deploy/grafana/dashboards/overview.json"))
METRIC = "flowmark_class_bytes_total"
CONFIG = "/etc/flowmark/flowmark.yaml"
PORT = 7777  # of a game that the policy does not know
PROMETHEUS_PORT = 9090
SCRAPE = """
global: { scrape_interval: 1s, scrape_timeout: 1s }
scrape_configs:
  - job_name: flowmark
    static_configs: [{ targets: ["127.0.0.1:19735"] }]
"""


class Prometheus:
    """Debian's, in the namespace of the host: the agent's loopback is its own."""

    def __init__(self, lab, namespace):
        config = lab.path("prometheus.yml")
        with open(config, "w", encoding="utf-8") as file:
            file.write(SCRAPE)
        self._namespace = namespace
        self._process = lab.start(
            namespace, "prometheus", "/usr/bin/prometheus", f"--config.file={config}",
            f"--storage.tsdb.path={lab.path('tsdb')}",
            f"--web.listen-address=127.0.0.1:{PROMETHEUS_PORT}", "--log.level=warn")
        wait_for(self._is_ready, 60, "Prometheus to be ready")

    def _is_ready(self):
        self._process.expect_running()
        try:
            return self._get("/-/ready")[0] == 200
        except OSError:
            return False

    def _get(self, path):
        address = ("127.0.0.1", PROMETHEUS_PORT)
        connection = http.client.HTTPConnection(*address, timeout=10)
        connection.sock = self._namespace.call(lambda: socket.create_connection(address, 10))
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def query(self, expression):
        """{labels: value} at this moment."""
        status, body = self._get("/api/v1/query?" + urllib.parse.urlencode({"query": expression}))
        answer = json.loads(body)
        if status != 200 or answer["data"]["resultType"] != "vector":
            raise LabError(f"{expression}: {status}, {answer}")
        return {tuple(sorted(row["metric"].items())): float(row["value"][1])
                for row in answer["data"]["result"]}


def panels_of(dashboard):
    """Also those in rows that are folded."""
    for panel in dashboard["panels"]:
        yield panel
        yield from panel.get("panels", [])


def throughput_query(path):
    """Title and query of the panel that shows the bytes per class and nothing besides, as they
    leave if the directions have a panel each; with what Grafana puts in for its variables."""
    with open(path, encoding="utf-8") as file:
        dashboard = json.load(file)
    found = [(panel["title"], target["expr"]) for panel in panels_of(dashboard)
             for target in panel.get("targets", []) if re.findall(r"flowmark_\w+", target["expr"])
             == [METRIC] and "by (class" in target["expr"]]
    found.sort(key=lambda one: "egress" not in one[1])
    if not found:
        raise LabError(f"{path}: no panel shows {METRIC} by class")
    title, query = found[0]
    chosen = {"job": "flowmark", "instance": "127.0.0.1:19735", "interface": "lan0|wan0",
              "__rate_interval": "5s"}
    for name, value in chosen.items():
        escaped = value.replace("\\", r"\\")
        query = re.sub(rf"\$\{{{name}(:\w+)?\}}|\${name}\b", escaped, query)
    if "$" in query:
        raise LabError(f"{path}: {title}: a variable without a value in {query}")
    return title, query


class FirstSteps(unittest.TestCase):
    def setUp(self):
        self.lab = self.enterContext(EdgeLab("first-steps"))
        package = build_package(self.lab.path("packages"), "1.0.0-1")
        self.host = DebianHost(self.lab, self.lab.edge, package)
        done = self.host.apt_install(package)
        self.assertEqual(done.returncode, 0, done)
        self.prometheus = Prometheus(self.lab, self.lab.edge)

    def play(self):
        """A hundred datagrams of the game and their answers."""
        Dialogue("game", self.lab.client, self.lab.server, SERVER4, PORT).hold(100)

    def scraped(self, name):
        """What Prometheus has of a class, as it leaves towards the server; nothing before the
        first scrape."""
        found = self.prometheus.query(
            f'flowmark_class_packets_total{{class="{name}", interface="wan0", direction="egress"}}')
        return next(iter(found.values()), None)

    def wait_scraped(self, name, packets):
        return wait_for(lambda: (self.scraped(name) or 0) >= packets, 30,
                        f"Prometheus to have {packets} packets of {name}")

    def edit_one_line(self):
        before = self.host.run("cat", CONFIG)
        self.host.run("sed", "-i", rf"s/^  games: {{ ports: \[/&{PORT}, /", CONFIG)
        after = self.host.run("cat", CONFIG)
        changed = [pair for pair in zip(before.splitlines(), after.splitlines())
                   if pair[0] != pair[1]]
        self.assertEqual((len(changed), len(after.splitlines())), (1, len(before.splitlines())))
        return changed[0][1].strip()

    def test_from_the_package_to_a_graph(self):
        self.play()
        self.wait_scraped("default", 100)
        wait_for(lambda: self.scraped("gaming") == 0, 30, "a class without packets")
        line = self.edit_one_line()
        self.host.run("systemctl", "reload", "flowmark")
        self.play()
        wait_for(lambda: self.scraped("gaming") == 100, 30, "100 packets, and no more")
        title, query = throughput_query(DASHBOARD)
        rate = wait_for(lambda: self.shown(query), 30, f"'{title}' to show the class")
        proved(f"package installed; one line edited: {line}; reloaded; Prometheus has 100 packets "
               f"of class gaming where it had 0; the panel '{title}' shows {rate:.0f} bit/s of it")

    def shown(self, query):
        """By the dashboard, for the class; nothing while it is 0 or not yet known. More is played
        meanwhile, as a rate is over the last seconds."""
        self.play()
        classes = {dict(labels).get("class"): value
                   for labels, value in self.prometheus.query(query).items()}
        return classes.get("gaming")


if __name__ == "__main__":
    main()
