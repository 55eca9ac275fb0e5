#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Dashboards, provisioning, alerts and their pages as they are checked in: prints what is wrong,
exit status 1 if anything is. Runs nothing and needs no privileges."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# The path comes first.
from monitoring import conventions, dashboards, provisioning, rules  # noqa: E402
from monitoring.schema import Schema  # noqa: E402


def main():
    found, schema = [], Schema()
    boards, all_rules = dashboards.load_all(), rules.load_all()
    for name, board in boards.items():
        found += [f"{name}: {p}" for p in schema.problems(board) + conventions.problems(board)]
    found += provisioning.problems(provisioning.load_all())
    found += rules.problems(all_rules)
    found += [f"runbooks/{name}: there is no such alert" for name in rules.stray_pages(all_rules)]
    print("\n".join(found), end="\n" if found else "")
    if found or not boards or not rules.alerts(all_rules):
        return f"monitoring: {len(found)} findings"
    print(f"monitoring: {len(boards)} dashboards, {len(rules.alerts(all_rules))} alerts, "
          "nothing found")
    return 0


if __name__ == "__main__":
    sys.exit(main())
