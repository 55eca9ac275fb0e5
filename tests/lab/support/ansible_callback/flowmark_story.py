# SPDX-License-Identifier: Apache-2.0
"""A callback of Ansible's that writes down what each task did and the statistics, as JSON, into
the file that $FLOWMARK_STORY names. (ansible-core itself brings none that could be parsed.)"""

import json
import os

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: flowmark_story
type: aggregate
short_description: Writes a run down as JSON
description: For tests.
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "flowmark_story"

    def __init__(self):
        super().__init__()
        self._steps = []

    def _keep(self, result, failed=False):
        said = result._result
        self._steps.append({
            "host": result._host.get_name(), "task": result._task.get_name().split(" : ")[-1],
            "changed": bool(said.get("changed")), "failed": failed,
            "message": str(said.get("msg", ""))})

    def v2_runner_on_ok(self, result):
        self._keep(result)

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self._keep(result, not ignore_errors)

    def v2_playbook_on_stats(self, stats):
        hosts = {name: stats.summarize(name) for name in sorted(stats.processed)}
        with open(os.environ["FLOWMARK_STORY"], "w", encoding="utf-8") as file:
            json.dump({"steps": self._steps, "hosts": hosts}, file)
