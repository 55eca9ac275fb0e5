#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The tests that run the BPF programs of the release build (BPF_PROG_TEST_RUN). As root.
source "$(dirname "$0")/common.sh"
takes_ctest "$@"
run_tests release bpf -L '^bpf$' "$@"
