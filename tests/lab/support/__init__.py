# SPDX-License-Identifier: Apache-2.0
"""What the lab tests share: where the agent is, and a main that never skips."""

import os
import sys
import unittest

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../..")
sys.path.insert(0, os.path.join(ROOT, "tools"))

# The agent under test.
FLOWMARK = os.path.abspath(
    os.environ.get("FLOWMARK", os.path.join(ROOT, "build/release/agent/flowmark")))


def proved(text):
    """Says what a test has shown, with its figures."""
    print(f"proved: {text}", flush=True)


def main():
    """Runs the tests of the script; exit status 1 unless every one was run and is good."""
    if os.geteuid() != 0:
        sys.exit("lab tests need root: network namespaces and BPF")
    if not os.access(FLOWMARK, os.X_OK):
        sys.exit(f"{FLOWMARK} is not there: build it, or set FLOWMARK to the agent")
    program = unittest.main(module="__main__", exit=False, verbosity=1)
    result = program.result
    sys.exit(0 if result.wasSuccessful() and result.testsRun and not result.skipped else 1)
