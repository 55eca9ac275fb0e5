#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The static checks of deploy/grafana, deploy/prometheus and deploy/runbooks: no privileges, no
# traffic. All run to the end. What a real Prometheus says of it all: tests/deploy/dashboards.py,
# tests/deploy/alerting.py.
source "$(dirname "$0")/common.sh"
takes_nothing "$@"

routes_by_severity() {
	local severity got
	for severity in page ticket info; do
		got=$(amtool config routes test --config.file=deploy/prometheus/alertmanager.yml \
			severity="$severity" service=flowmark 2>/dev/null) # it warns of an unused option
		[[ $got == "$severity" ]] || { echo "severity $severity goes to $got" && return 1; }
	done
}

# check COMMAND...: shows what it says only if it fails.
rc=0 said=$(mktemp)
trap 'rm -f "$said"' EXIT
check() {
	"$@" >"$said" 2>&1 || { cat "$said" && echo "  ^ $*" && rc=1; }
}

check deploy/grafana/generate.py --check
check tools/monitoring/check.py
check promtool check config deploy/prometheus/prometheus.yml
check promtool check rules --lint-fatal deploy/prometheus/rules/*.yml
check promtool test rules deploy/prometheus/tests/*.yml
check amtool check-config deploy/prometheus/alertmanager.yml
routes_by_severity || rc=1
exit $rc
