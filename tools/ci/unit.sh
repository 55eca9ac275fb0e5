#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The unit tests of the release build. No privileges needed.
source "$(dirname "$0")/common.sh"
takes_ctest "$@"
run_tests release unit -L '^unit$' "$@"
