# SPDX-License-Identifier: Apache-2.0
"""The options that tests of faults share."""

import argparse
import os
import random
import sys


def fault_options(rounds=30, rate=20_000):
    """--rounds (or FLOWMARK_FAULTS_ROUNDS), --rate and --seed; what is left is unittest's."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int,
                        default=int(os.environ.get("FLOWMARK_FAULTS_ROUNDS", str(rounds))))
    parser.add_argument("--rate", type=int, default=rate)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    options, sys.argv[1:] = parser.parse_known_args()
    return options
