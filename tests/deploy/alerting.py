#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The whole chain: a fault at a real agent, Prometheus with the rules as shipped, Alertmanager
with the configuration as shipped, and what arrives at a webhook, also that it is over. Only
times are shorter: of rules (minutes are seconds) and of waiting for more of the same."""

import os
import re
import signal
import unittest

from support import FLOWMARK, ROOT, main, proved
from support.alertmanager import Alertmanager, Webhook
from support.prometheus import Prometheus, replaced, shipped_config
from lab.edge import EdgeLab
from lab.processes import wait_for
from monitoring import DEPLOY

PATIENCE = 60
POLICY = """
interfaces:
  - name: "lan*"
  - name: "wan*"
classes:
  - { name: voice, dscp: EF }
  - { name: default, dscp: keep }
rules:
  - { class: voice, protocol: udp, port: 5004 }
default: default
"""
REFUSED = POLICY.replace("EF", "EFF")
ELSEWHERE = POLICY.replace("lan*", "nolan*").replace("wan*", "nowan*")
DOCS = "https://docs.example.com/flowmark/"
LABELS = {"job": "flowmark", "instance": "edge-1", "service": "flowmark"}


def sooner(rules):
    """`for: 5m` becomes `for: 5s`; nothing else changes."""
    return re.sub(r"^(\s+for: \d+)m$", r"\1s", rules, flags=re.M)


def alertmanager_config(webhook):
    with open(os.path.join(DEPLOY, "prometheus/alertmanager.yml"), encoding="utf-8") as file:
        return replaced(file.read(), ("https://alerts.example.com/", f"http://{webhook}/", 3),
                        ("group_wait: 30s", "group_wait: 1s", 1),
                        ("group_wait: 10s", "group_wait: 5s", 1),
                        ("group_interval: 5m", "group_interval: 1s", 1))


class Alerting(unittest.TestCase):
    def setUp(self):
        self.lab = self.enterContext(EdgeLab("alerting"))
        edge = self.lab.edge
        self.agent = self.lab.agent(edge, FLOWMARK, POLICY)
        self.webhook = Webhook(self.lab, edge)
        self.alertmanager = Alertmanager(self.lab, edge, alertmanager_config(self.webhook.address))
        self.prometheus = Prometheus(self.lab, edge, shipped_config(self.lab, sooner))
        wait_for(lambda: self.prometheus.query('slo:sli_good:ratio{slo="flowmark-attached"} == 1'),
                 PATIENCE, "the first good moment")

    def arrived(self, path, **wanted):
        return wait_for(lambda: self.webhook.alerts(path, **wanted), PATIENCE,
                        f"{wanted} at {path}")[0]

    def expect_body(self, alert, name, severity):
        """What a person needs, and nothing of how it was worked out."""
        self.assertEqual(alert["labels"], {**LABELS, "alertname": name, "severity": severity})
        self.assertIn("edge-1", alert["annotations"]["summary"])
        self.assertGreater(len(alert["annotations"]["description"]), 40)
        page = alert["annotations"]["runbook_url"]
        self.assertEqual(page, f"{DOCS}deploy/runbooks/{name}.md")
        self.assertTrue(os.path.isfile(os.path.join(ROOT, page[len(DOCS):])), page)

    def test_a_refused_policy_and_its_mending(self):
        self.agent.write(REFUSED)
        self.assertEqual(self.agent.command("reload")[0], 1)
        alert = self.arrived("/ticket", alertname="FlowmarkReloadFailed", status="firing")
        self.expect_body(alert, "FlowmarkReloadFailed", "ticket")
        self.agent.reload(POLICY)
        self.arrived("/ticket", alertname="FlowmarkReloadFailed", status="resolved")
        self.assertEqual(self.webhook.alerts(alertname="FlowmarkDown"), [])
        proved("a refused reload is a ticket with its runbook at the webhook, and is over after "
               "a good one")

    def test_a_killed_agent_and_its_return(self):
        self.agent.process.stop(signal.SIGKILL)
        alert = self.arrived("/page", alertname="FlowmarkDown", status="firing")
        self.expect_body(alert, "FlowmarkDown", "page")
        wait_for(lambda: "FlowmarkBudgetFast" in self.alertmanager.inhibited(), PATIENCE,
                 "another alert of this agent to be held back")
        self.assertEqual({a["labels"]["alertname"] for a in self.webhook.alerts()},
                         {"FlowmarkDown"})
        self.agent.start()
        self.agent.wait_ready()
        self.arrived("/page", alertname="FlowmarkDown", status="resolved")
        # What was held back is told now: the time without an agent did cost budget.
        alert = self.arrived("/page", alertname="FlowmarkBudgetFast", status="firing")
        self.assertEqual(alert["labels"]["slo"], "flowmark-attached")
        wait_for(lambda: "FlowmarkBudgetSlow" in self.alertmanager.inhibited(), PATIENCE,
                 "the ticket on the same budget to be held back")
        self.assertEqual(self.webhook.alerts("/ticket"), [])
        proved("a killed agent is a page with its runbook, holds back the alert on its budget, "
               "and is over when it is back; who was called gets no ticket, too")

    def test_nobody_is_told_twice_of_hosts_that_are_gone(self):
        """What no lab has: no target at all, and a hook that cannot be had."""
        gone = {**LABELS, "severity": "ticket", "alertname": "FlowmarkSilent"}
        budget = {**LABELS, "severity": "page", "alertname": "FlowmarkBudgetFast",
                  "slo": "flowmark-attached", "instance": "edge-2"}
        told = {"service": "flowmark", "severity": "page", "job": "flowmark"}
        self.alertmanager.take(
            gone, budget, {**budget, "instance": "edge-3"}, {**told, "alertname": "FlowmarkAbsent"},
            {**told, "alertname": "FlowmarkNotAttached", "instance": "edge-2", "interface": "wan0"})
        wait_for(lambda: self.alertmanager.inhibited() ==
                 {"FlowmarkSilent", "FlowmarkBudgetFast"}, PATIENCE, "both to be held back")
        self.arrived("/page", alertname="FlowmarkBudgetFast", instance="edge-3")
        self.assertEqual(self.webhook.alerts(alertname="FlowmarkBudgetFast", instance="edge-2"), [])
        proved("no target at all holds back FlowmarkSilent, a hook that is not taken its host's "
               "budget, and not another's")

    def test_a_policy_for_other_interfaces(self):
        self.agent.reload(ELSEWHERE)
        alert = self.arrived("/page", alertname="FlowmarkNoInterface", status="firing")
        self.expect_body(alert, "FlowmarkNoInterface", "page")
        wait_for(lambda: "FlowmarkBudgetFast" in self.alertmanager.inhibited(), PATIENCE,
                 "the alert on the budget to be held back")
        self.assertEqual({a["labels"]["alertname"] for a in self.webhook.alerts("/page")},
                         {"FlowmarkNoInterface"})
        proved("a policy that no interface has the name for is one page, not two")


if __name__ == "__main__":
    main()
