#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The Debian package of the release build, in build/package, and lintian's word on it.
source "$(dirname "$0")/common.sh"
takes_nothing "$@"
rm -rf build/package
tools/package
