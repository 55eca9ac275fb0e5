# SPDX-License-Identifier: Apache-2.0
"""What the agent and its tables take."""

import os
import re


class Footprint:
    """As of now."""

    def __init__(self, agent):
        tables = agent.json("status")["tables"]
        self.entries = {t["table"]: t["entries"] for t in tables}
        self.bounds = {t["table"]: t["max_entries"] for t in tables}
        self.failures = sum(t["update_failures"] for t in tables)
        self.maps_kib = sum(self._map_bytes(agent.process.pid)) // 1024
        with open(f"/proc/{agent.process.pid}/status", encoding="ascii") as status:
            self.rss_kib = int(re.search(r"VmRSS:\s+(\d+) kB", status.read())[1])

    @staticmethod
    def _map_bytes(pid):
        """The kernel's own reckoning, of each map that the agent holds."""
        seen = {}
        for fd in os.listdir(f"/proc/{pid}/fdinfo"):
            try:
                with open(f"/proc/{pid}/fdinfo/{fd}", encoding="ascii") as info:
                    fields = dict(re.findall(r"^(\w+):\s+(\S+)", info.read(), re.M))
            except FileNotFoundError:  # a connection that has ended meanwhile
                continue
            if "map_id" in fields:
                seen[fields["map_id"]] = int(fields["memlock"])
        return seen.values()


def cpu_seconds(agent):
    """That the agent has used so far, all its threads."""
    with open(f"/proc/{agent.process.pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
