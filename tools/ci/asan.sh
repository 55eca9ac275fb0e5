#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The unit tests, built with AddressSanitizer and UndefinedBehaviorSanitizer.
source "$(dirname "$0")/common.sh"
takes_ctest "$@"
tools/deps build test
tools/build asan unit_tests names_unit_tests
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_stack_use_after_return=1:strict_string_checks=1}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}
run_tests asan asan -L '^unit$' "$@"
