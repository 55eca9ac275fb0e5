#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The build's own binaries and tests in each of Debian's kernels, or in those named:
#   kernels.sh [SERIES...]
source "$(dirname "$0")/common.sh"
mkdir -p build/test-results
rc=0
tools/kernel-matrix "$@" || rc=$?
cp build/kernels/kernels.xml build/test-results/ || rc=1
exit "$rc"
