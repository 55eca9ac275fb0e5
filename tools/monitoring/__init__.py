# SPDX-License-Identifier: Apache-2.0
"""What holds dashboards, rules and runbooks together: read as they are checked in."""

import os

ROOT = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
DEPLOY = os.path.join(ROOT, "deploy")
DASHBOARDS = os.path.join(DEPLOY, "grafana/dashboards")
SCHEMA = os.path.join(DEPLOY, "grafana/schema/dashboard.schema.json")
RULES = os.path.join(DEPLOY, "prometheus/rules")
RULE_TESTS = os.path.join(DEPLOY, "prometheus/tests")
RUNBOOKS = os.path.join(DEPLOY, "runbooks")
