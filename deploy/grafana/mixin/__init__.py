# SPDX-License-Identifier: Apache-2.0
"""The dashboards as code; deploy/grafana/generate.py writes them out as JSON."""
