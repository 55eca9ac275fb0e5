# SPDX-License-Identifier: Apache-2.0
"""Where things are, and a main that never skips."""

import os
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.realpath(os.path.join(HERE, "../../.."))
sys.path[:0] = [os.path.join(ROOT, "tools"), os.path.join(ROOT, "tests/bench")]
BUILD = os.path.join(ROOT, "build/release")
BENCH = os.environ.get("FLOWMARK_BENCH", os.path.join(BUILD, "tests/bench/flowmark-bench"))
FLOWMARK = os.environ.get("FLOWMARK", os.path.join(BUILD, "agent/flowmark"))


def main():
    result = unittest.main(module="__main__", exit=False).result
    sys.exit(0 if result.wasSuccessful() and result.testsRun and not result.skipped else 1)
