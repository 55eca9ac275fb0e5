# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Sourced by the scripts beside it, by tools/test and by .ci/run: strict mode, the root of the
# tree as the current folder, and what more than one of them does.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# Everything apt and debconf print or ask is of no use to a build log.
export DEBIAN_FRONTEND=noninteractive

die() {
	echo "$0: $*" >&2
	exit 1
}

# run_tests PRESET RESULT [ctest argument...]: leaves build/test-results/RESULT.xml. Fails when
# no test ran, and as root when one was skipped or disabled.
# Tests name what they make after their pid, so as many run as there are CPUs.
run_tests() {
	local preset=$1 result=$PWD/build/test-results/$2.xml rc=0
	shift 2
	mkdir -p build/test-results
	rm -f "$result"
	ctest --test-dir "build/$preset" --output-on-failure --no-tests=error --timeout 900 \
		-j "$(nproc)" --output-junit "$result" "$@" </dev/null || rc=$?
	((rc == 0)) || return "$rc"
	[[ $(id -u) -ne 0 ]] || tools/ci/check_tests.py none-skipped "$result"
}

# refuse_usage WORDS: says what a script takes, and ends it.
refuse_usage() {
	echo "usage: tools/ci/$(basename "$0")${1:+ $1}" >&2
	exit 2
}

# takes_nothing "$@": for scripts without arguments.
takes_nothing() {
	(($# == 0)) || refuse_usage ""
}

# takes_ctest "$@": for scripts whose arguments go to ctest, which has options only.
takes_ctest() {
	(($# == 0)) || [[ $1 == -* && $1 != -h && $1 != --help ]] || refuse_usage "[ctest option...]"
}
