#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A whole build, tests included, by one compiler:
#   build.sh [gcc|clang]
# gcc makes build/release, which is tested and packaged; clang makes build/clang, for its warnings
# and for whoever has no gcc.
source "$(dirname "$0")/common.sh"
(($# <= 1)) || refuse_usage "[gcc|clang]"
case ${1-gcc} in
gcc) preset=release ;;
clang) preset=clang ;;
*) refuse_usage "[gcc|clang]" ;;
esac
tools/deps build test
tools/build "$preset"
