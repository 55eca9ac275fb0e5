#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The tests with real traffic in network namespaces, on the release build. As root.
source "$(dirname "$0")/common.sh"
takes_ctest "$@"
tools/deps lab clients
run_tests release lab -L '^lab$' "$@"
