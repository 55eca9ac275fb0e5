# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Sourced by what fetches Debian packages without installing them: where this machine has its own from.

own_suite() {
	# shellcheck source=/dev/null
	(. /etc/os-release && echo "$VERSION_CODENAME")
}

# debian_sources SUITE: the machine's Debian sources as lines of a sources.list, with that suite's
# name for its own, -updates and -security too.
debian_sources() {
	# shellcheck disable=SC2016 # apt fills these in
	apt-get indextargets --no-release-info --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' \
		'Created-By: Packages' |
		sed -nE "s/^(\S+) $(own_suite)(-updates|-security)? (\S+)\$/deb \1 $1\2 \3/p" | sort -u
}
