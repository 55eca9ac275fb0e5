#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The release candidate of this commit, from what package.sh and image.sh have made:
#   build/release-candidate/VERSION, the packages, the image, SHA256SUMS
# VERSION is what git describes (v0.2.0, v0.2.0-14-gabcdef0; without a tag v0.1.0-0-gabcdef0 by
# CMakeLists.txt). A tree with changes is no release.
source "$(dirname "$0")/common.sh"
takes_nothing "$@"
out=build/release-candidate

[[ -z $(git status --porcelain --untracked-files=no) ]] ||
	die "the tree has changes that are not committed: $(git status --porcelain -uno | head -n 3)"
project=$(sed -nE 's/^project\(flowmark VERSION ([0-9.]+) .*/\1/p' CMakeLists.txt)
version=$(git describe --tags --match 'v[0-9]*' 2>/dev/null) ||
	version=v$project-0-g$(git rev-parse --short HEAD)
[[ $version == "v$project"* || $version == *-g* ]] ||
	die "the tag is $version, but CMakeLists.txt says $project"

shopt -s nullglob
packages=(build/package/*.deb) images=(build/image/*.tar.gz)
((${#packages[@]})) || die "no package in build/package: tools/ci/package.sh makes it"
((${#images[@]} == 1)) ||
	die "${#images[@]} images in build/image, expected one: tools/ci/image.sh makes it"

rm -rf "$out"
mkdir -p "$out"
cp "${packages[@]}" "${images[@]}" "$out"
echo "$version" >"$out/VERSION"
(cd "$out" && sha256sum -- * >SHA256SUMS.new && mv SHA256SUMS.new SHA256SUMS && sha256sum -c --quiet SHA256SUMS)
echo "Release candidate $version in $out:"
ls -l "$out"
