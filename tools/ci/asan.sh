#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Tests built with AddressSanitizer and UndefinedBehaviorSanitizer:
#   asan.sh [ctest argument...]        the unit tests
#   asan.sh all [ctest argument...]    every layer that runs on this kernel, the agent in the lab and
#                                      under faults included; as root, an hour on two cores
# What a sanitizer finds in an agent that a test has killed, or has ended, fails the run, too.
source "$(dirname "$0")/common.sh"

layers='unit' targets=(unit_tests names_unit_tests)
if [[ ${1-} == all ]]; then
	shift
	layers='unit|bpf|names|lab|faults' targets=()
	tools/deps lab clients
fi
takes_ctest "$@"
tools/deps build test
tools/build asan "${targets[@]}"

reports=$PWD/build/asan/reports
rm -rf "$reports"
mkdir -p "$reports"
options=detect_stack_use_after_return=1:strict_string_checks=1
if [[ $layers != unit ]]; then
	# Leaks are valgrind's there (tests/faults/growth.py, whose bounds are of memory without a
	# sanitizer's): under strace, or when it is killed, a program cannot look for them.
	# What is freed is kept from use for 1 MiB, not 256: floods must not make the agent grow.
	options+=:detect_leaks=0:quarantine_size_mb=1:log_path=$reports/asan
	export FLOWMARK_SANITIZED=1
	set -- -E '^faults\.growth$' "$@"
fi
export ASAN_OPTIONS=${ASAN_OPTIONS:-$options}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}

rc=0
run_tests asan asan -L "^($layers)\$" "$@" || rc=$?
if [[ -n $(ls "$reports") ]]; then
	tail -n 60 "$reports"/*
	die "a sanitizer found something, see above"
fi
exit "$rc"
