# SPDX-License-Identifier: Apache-2.0
"""Figures from samples. What was measured in the same round is compared with each
other, so that a slow moment of the machine counts on both sides."""

import dataclasses
import statistics


@dataclasses.dataclass(frozen=True)
class Figure:
    """A median and the middle half that it was taken from."""

    median: float
    low: float
    high: float

    def text(self, form="{:.1f}"):
        return (f"{form.format(self.median)} "
                f"({form.format(self.low)}..{form.format(self.high)})")

    def as_json(self):
        return dataclasses.asdict(self)


def quantile(samples, fraction):
    """With straight lines between neighbours."""
    ordered = sorted(samples)
    place = fraction * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


def figure(samples):
    return Figure(statistics.median(samples), quantile(samples, 0.25), quantile(samples, 0.75))


def differences(samples, base):
    """Sample by sample: what each round's took more than that round's base."""
    return [sample - other for sample, other in zip(samples, base, strict=True)]


def ratios(samples, base):
    """Sample by sample. A base that noise has made 0 or less says nothing: its round is left
    out, and without any round there is no ratio (None)."""
    kept = [sample / other for sample, other in zip(samples, base, strict=True) if other > 0]
    return kept or None
