#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The container image, built through all stages of deploy/container/Dockerfile by a Docker engine of
# our own on a base of this machine's Debian, and tried: build/image/flowmark-VERSION.tar.gz, for
# `docker load`. Then it is called flowmark:VERSION. As root.
source "$(dirname "$0")/common.sh"
[[ ${1-} == --with-engine ]] || takes_nothing "$@"

build_and_save() {
	local version=$1 revision=$2 image=flowmark:$1
	docker build --network host --progress plain -f deploy/container/Dockerfile -t "$image" \
		--build-arg BASE=flowmark-base --build-arg "VERSION=$version" \
		--build-arg "REVISION=$revision" .
	try "$image" "$version" "$revision"
	mkdir -p build/image
	docker save "$image" | gzip -1 >"build/image/.flowmark-$version"
	mv "build/image/.flowmark-$version" "build/image/flowmark-$version.tar.gz"
	docker image inspect --format '{{.Id}} {{.Size}} bytes' "$image"
	ls -l "build/image/flowmark-$version.tar.gz"
}

# It says what it was built from, and reads the policy that is in it, as little as it may do.
try() {
	local image=$1 version=$2 revision=$3 said
	said=$(docker run --rm --network none --read-only --cap-drop ALL "$image" --version)
	[[ $said == *"$version"*"$revision"* ]] || die "the image says '$said', expected $version ($revision)"
	docker run --rm --network none --read-only --cap-drop ALL "$image" \
		check --config /usr/share/flowmark/home-office.yaml
	echo "image: $said"
}

if [[ ${1-} == --with-engine ]]; then
	build_and_save "$2" "$3"
else
	tools/deps deploy
	version=$(sed -nE 's/^project\(flowmark VERSION ([0-9.]+) .*/\1/p' CMakeLists.txt)
	revision=$(git describe --always --dirty)
	tools/engine --base flowmark-base tools/ci/image.sh --with-engine "$version" "$revision"
fi
