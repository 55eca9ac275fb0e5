# SPDX-License-Identifier: Apache-2.0
"""Expressions taken apart, as far as our own ones need it."""

import re

SELECTOR = re.compile(r"\b(?:(?:flowmark|slo|process|scrape)[_:][\w:]*|up\b)(?:\s*\{[^}]*\})?")
COMPARISON = re.compile(r"(?<= )(==|!=|<=|>=|<|>)(?= )(?! bool)")


def selectors(expression):
    """The series that an expression looks at, without their ranges."""
    return sorted({re.sub(r"\s+", "", s) for s in SELECTOR.findall(expression)})


def unconditional(expression):
    """What an alert compares, whether or not it holds at the moment: one expression for each
    part that must find something, comparisons turned into values."""
    expression = re.sub(r"^\s*absent\((.*)\)\s*$", r"\1", expression, flags=re.S)
    parts = re.split(r"\bunless\b(?:\s+on\s*\([^)]*\))?", expression)
    return [COMPARISON.sub(r"\1 bool", part).strip() for part in parts]
