# SPDX-License-Identifier: Apache-2.0
"""Where and when: what figures are worth nothing without."""

import datetime
import os
import platform
import subprocess


def processor():
    with open("/proc/cpuinfo", encoding="utf-8") as info:
        for line in info:
            if line.startswith("model name"):
                return " ".join(line.partition(":")[2].split())
    return platform.machine()


def commit(root):
    done = subprocess.run(["git", "-C", root, "-c", f"safe.directory={root}", "describe",
                           "--always", "--dirty"], capture_output=True, text=True)
    return done.stdout.strip() or "unknown"


def describe(root):
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "kernel": platform.release(),
        "processor": processor(),
        "processors": os.cpu_count(),
        "commit": commit(root),
    }
