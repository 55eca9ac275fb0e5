#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The short measurement, within two minutes, beside that of the build before:
#   bench.sh [--against FILE] [option of tools/bench...]
# Leaves build/bench/DATE.json, which the build server keeps: the history. Without --against the
# newest one that is there already is compared with; without any there is nothing to compare.
# A missed target fails nothing. What got dearer fails it beyond the bounds of
# tests/bench/yardstick/compare.py, and only where both runs were quiet.
source "$(dirname "$0")/common.sh"
words='[--against FILE] [option of tools/bench...]'
against=
if [[ ${1-} == --against ]]; then
	against=${2-}
	[[ -f $against ]] || refuse_usage "$words   (no file '$against')"
	shift 2
fi
(($# == 0)) || [[ $1 == --* && $1 != --help ]] || refuse_usage "$words"

mkdir -p build/bench
# Their names are dates.
[[ -n $against ]] || against=$(find build/bench -name '*.json' | sort | tail -n 1)
now=build/bench/$(date -u +%Y-%m-%dT%H%M%SZ).json
tools/bench --quick --json "$now" "$@"
if [[ -z $against ]]; then
	echo "bench: nothing to compare with yet, $now is the first"
	exit
fi
PYTHONPATH=tools:tests/bench PYTHONDONTWRITEBYTECODE=1 \
	/usr/bin/python3 -m yardstick.compare "$against" "$now"
