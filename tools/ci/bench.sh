#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The short measurement, within two minutes. Leaves build/bench/DATE.json, which the build server
# keeps: the history. A missed target fails nothing; figures of a busy machine are no verdict.
source "$(dirname "$0")/common.sh"
mkdir -p build/bench
tools/bench --quick --json "build/bench/$(date -u +%Y-%m-%dT%H%M%SZ).json" "$@"
