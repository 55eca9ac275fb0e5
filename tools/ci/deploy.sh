#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Flowmark on whole hosts: Debian with systemd, in containers on this kernel. As root.
source "$(dirname "$0")/common.sh"
takes_ctest "$@"
tools/deps lab test deploy
run_tests release deploy -L '^deploy$' "$@"
