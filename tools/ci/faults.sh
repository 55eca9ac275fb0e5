#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What may go wrong around the agent, done to it on the release build. As root.
source "$(dirname "$0")/common.sh"
takes_ctest "$@"
tools/deps lab test
run_tests release faults -L '^faults$' "$@"
