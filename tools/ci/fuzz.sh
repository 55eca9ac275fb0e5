#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Each fuzzer under libFuzzer, ASan and UBSan for a minute, as many at a time as there are CPUs,
# from the seeds in the tree:
#   fuzz.sh [SECONDS]
# A finding is left in build/fuzz/findings, and how to run it again is printed.
source "$(dirname "$0")/common.sh"
seconds=${1:-60}
[[ $# -le 1 && $seconds =~ ^[1-9][0-9]*$ ]] || refuse_usage "[SECONDS]"
tools/deps build test
tools/build fuzz

findings=$PWD/build/fuzz/findings
rm -rf "$findings"
mkdir -p "$findings"

# shellcheck disable=SC2317 # xargs calls it
fuzz() { # NAME
	local work log
	work=$(mktemp -d -t "flowmark-fuzz-$1.XXXXXX")
	log=$work/log
	mkdir "$work/new"
	if TMPDIR=$work "build/fuzz/tests/fuzz/$1_fuzz" -max_total_time="$seconds" -max_len=4096 -timeout=10 \
		-artifact_prefix="$findings/$1-" -print_final_stats=1 "$work/new" \
		"tests/fuzz/corpus/$1" >"$log" 2>&1; then
		echo "fuzz $1: $(sed -n 's/.*number_of_executed_units: *//p' "$log") inputs in" \
			"$seconds s, nothing found"
		rm -rf "$work"
		return 0
	fi
	tail -n 40 "$log"
	rm -rf "$work"
	echo "fuzz $1: run it again: build/fuzz/tests/fuzz/$1_fuzz $(ls "$findings/$1-"* 2>/dev/null)"
	return 1
}

export -f fuzz
export seconds findings
found=0
printf '%s\n' tests/fuzz/*_fuzz.cc | sed 's|.*/||; s|_fuzz.cc$||' |
	xargs -P "$(nproc)" -I{} bash -c 'fuzz {}' || found=1
exit "$found"
