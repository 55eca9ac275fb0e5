#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The release build, tests included.
source "$(dirname "$0")/common.sh"
tools/deps build test
tools/build release
