# SPDX-License-Identifier: Apache-2.0
"""PromQL as the dashboards ask it: every selector carries job and instance, every rate the
interval that Grafana works out from the scrape interval and the width of the graph."""

WHERE = 'job=~"$job", instance=~"$instance"'
INTERFACE = 'interface=~"$interface"'


def select(metric, *matchers):
    """The series of the hosts that were picked."""
    return f"{metric}{{{', '.join((WHERE, *matchers))}}}"


def on_interface(metric, *matchers):
    """... and of the interfaces that were picked."""
    return select(metric, INTERFACE, *matchers)


def rate(selector):
    return f"rate({selector}[$__rate_interval])"


def sum_by(labels, expression):
    return f"sum by ({labels}) ({expression})"
