#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Captures through the programs of the release build; names against the truth. As root.
source "$(dirname "$0")/common.sh"
takes_ctest "$@"
tools/deps lab test
run_tests release names -L '^names$' "$@"
