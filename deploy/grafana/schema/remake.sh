#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Makes dashboard.schema.json anew from Grafana's own types. Needs npm; what is checked in is
# what it gives with the versions in package.json. --check compares instead.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "$here/../../.." && pwd)/build/grafana-schema
schema=$here/dashboard.schema.json

mkdir -p "$build"
cp "$here"/{package.json,dashboard.ts,tsconfig.json} "$build"
cd "$build"
nice npm install --no-package-lock --no-audit --no-fund --loglevel=error
nice npx --no-install ts-json-schema-generator --path dashboard.ts --tsconfig tsconfig.json \
	--type Model --no-type-check --out made.json
if [[ ${1-} == --check ]]; then
	diff -u "$schema" made.json && echo "the schema is what Grafana's types give"
else
	cp made.json "$schema"
fi
