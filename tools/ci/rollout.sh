#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The release candidate onto the hosts of an inventory, by deploy/ansible:
#   rollout.sh plan     what would change; changes nothing
#   rollout.sh apply    does it
# FLOWMARK_INVENTORY names the inventory (a file or folder, outside this tree); how its hosts are
# reached is written there. FLOWMARK_LIMIT, if set, is a pattern of hosts to do it on, and no other.
source "$(dirname "$0")/common.sh"
words='plan|apply   (with FLOWMARK_INVENTORY set)'
(($# == 1)) || refuse_usage "$words"
options=(--diff)
case $1 in
plan) options+=(--check) ;;
apply) ;;
*) refuse_usage "$words" ;;
esac
[[ -n ${FLOWMARK_INVENTORY-} ]] || refuse_usage "$words"
[[ -e $FLOWMARK_INVENTORY ]] || die "FLOWMARK_INVENTORY: there is no '$FLOWMARK_INVENTORY'"
inventory=$(realpath "$FLOWMARK_INVENTORY")
[[ -z ${FLOWMARK_LIMIT-} ]] || options+=(--limit "$FLOWMARK_LIMIT")

# What is rolled out is what was released, byte by byte.
candidate=$PWD/build/release-candidate
[[ -e $candidate/SHA256SUMS ]] || die "no release candidate: tools/ci/release.sh makes it"
(cd "$candidate" && sha256sum -c --quiet SHA256SUMS) || die "the release candidate was changed"
shopt -s nullglob
package=("$candidate"/flowmark_*.deb)
((${#package[@]} == 1)) || die "${#package[@]} packages in $candidate, expected one flowmark_*.deb"

tools/deps rollout
echo "$1: $(cat "$candidate/VERSION"), ${package[0]##*/}, to ${FLOWMARK_LIMIT-all hosts} of $inventory"
cd deploy/ansible
exec ansible-playbook -i "$inventory" "${options[@]}" -e "flowmark_deb=${package[0]}" site.yml
