#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The build's own binaries and tests in each of Debian's kernels, or in those named:
#   kernels.sh [SERIES...]
# One series alone leaves all that it makes in a folder of its own, so several may run side by
# side on one build.
source "$(dirname "$0")/common.sh"
for series in "$@"; do
	[[ $series =~ ^([0-9]+\.[0-9]+|newest)$ ]] || refuse_usage "[SERIES...]   (such as 6.1, or newest)"
done
out=build/kernels result=kernels.xml
(($# != 1)) || out=build/kernels/$1 result=kernels-$1.xml
mkdir -p build/test-results
# Whoever comes first builds what is missing; the others find it.
tools/deps build kernels
flock build/.kernels.lock \
	tools/build release flowmark bpf_tests verifier_cost flowmark_bpf_clang_19
rc=0
tools/kernel-matrix -o "$out" "$@" || rc=$?
cp "$out/kernels.xml" "build/test-results/$result" || rc=1
exit "$rc"
