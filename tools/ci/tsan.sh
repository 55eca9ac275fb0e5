#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The agent's threads under ThreadSanitizer: the unit tests that have some, then the agent itself
# in the lab, with everything at once. As root.
source "$(dirname "$0")/common.sh"
takes_nothing "$@"
tools/deps build test
tools/build tsan unit_tests flowmark
export TSAN_OPTIONS=${TSAN_OPTIONS:-halt_on_error=0:second_deadlock_stack=1}
# Where addresses are spread further than the library of g++ 12 reckons with, it does not start.
run() {
	setarch -R "$@"
}
run build/tsan/tests/unit_tests --gtest_brief=1
FLOWMARK=$PWD/build/tsan/agent/flowmark run /usr/bin/python3 tests/faults/threads.py
