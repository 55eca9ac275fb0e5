# SPDX-License-Identifier: Apache-2.0
"""Forwarding cost as an SVG: a panel for rules, one for prefixes, one for flows."""

import math
from xml.sax.saxutils import escape

from . import stats
from .targets import Forwarding

# Programs that are drawn, with name and colour (Okabe and Ito's, told apart by all eyes).
# Lists of single rules are not: at 1,000 they would leave nothing else to see.
SERIES = (
    ("nft-forward", "nftables, forward hook", "#cc79a7"),
    ("nft-netdev", "nftables, netdev hook", "#d55e00"),
    ("tcx-flowmark", "Flowmark, tcx", "#0072b2"),
    ("xdp-flowmark", "Flowmark, XDP", "#009e73"),
    ("none", "no marking", "#555555"),
)
PANELS = (("rules", "ports, each with its rule"), ("prefixes", "IPv4 prefixes"),
          ("flows", "flows, 10 rules"))

PANEL_WIDTH, PANEL_HEIGHT, GAP, LEFT, TOP = 250, 220, 40, 70, 70
WIDTH = LEFT + 3 * PANEL_WIDTH + 2 * GAP + 20
HEIGHT = TOP + PANEL_HEIGHT + 125
FONT = 'font-family="sans-serif"'


def short(number):
    for unit, size in (("M", 1_000_000), ("k", 1000)):
        if number >= size and number % size == 0:
            return f"{number // size}{unit}"
    return str(number)


def text(x, y, words, size=12, anchor="middle", more=""):
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" {FONT} '
            f'{more}>{escape(words)}</text>')


def line(x1, y1, x2, y2, colour, width=1):
    return (f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" '
            f'stroke-width="{width}"/>')


def step_of(highest):
    """Between lines of the grid: 1, 2 or 5 times a power of ten, so that there are about six."""
    power = 10 ** math.floor(math.log10(highest / 6))
    return next(power * factor for factor in (1, 2, 5, 10) if highest / (power * factor) <= 6)


class Panel:
    def __init__(self, live, axis, left, highest):
        self._live, self._axis, self._left, self._highest = live, axis, left, highest
        self._sizes = points(live, axis)

    def x(self, size):
        if len(self._sizes) == 1:
            return self._left + PANEL_WIDTH / 2
        first, last = math.log10(self._sizes[0]), math.log10(self._sizes[-1])
        part = (math.log10(size) - first) / (last - first)
        return self._left + 15 + part * (PANEL_WIDTH - 30)

    def y(self, ns):
        return TOP + PANEL_HEIGHT * (1 - ns / self._highest)

    def frame(self, title):
        bottom = TOP + PANEL_HEIGHT
        yield text(self._left + PANEL_WIDTH / 2, bottom + 38, title)
        step = step_of(self._highest)
        for number in range(int(self._highest / step) + 1):
            y = self.y(number * step)
            yield line(self._left, y, self._left + PANEL_WIDTH, y, "#dddddd")
            yield text(self._left - 6, y + 4, f"{number * step:g}", 11, "end")
        for size in self._sizes:
            yield line(self.x(size), bottom, self.x(size), bottom + 5, "#555555")
            yield text(self.x(size), bottom + 19, short(size), 11)

    def series(self, program, colour):
        """The medians, and for each the middle half as an upright stroke."""
        found = [(size, stats.figure(samples)) for size in self._sizes
                 if (samples := samples_at(self._live, program, self._axis, size))]
        path = " ".join(f"{self.x(size):.1f},{self.y(taken.median):.1f}" for size, taken in found)
        yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
        for size, taken in found:
            x = self.x(size)
            yield line(x, self.y(taken.low), x, self.y(taken.high), colour, 4)
            yield f'<circle cx="{x:.1f}" cy="{self.y(taken.median):.1f}" r="3.5" fill="{colour}"/>'


def points(live, axis):
    """One flow is what the rules were measured with."""
    return ([1] if axis == "flows" else []) + live.sizes(axis)


def samples_at(live, program, axis, size):
    if axis == "flows" and size == 1:
        return live.samples(program, "rules", live.sizes("rules")[0])
    return live.samples(program, axis, size)


def highest_of(live):
    """A little above everything that is drawn."""
    tops = [stats.figure(samples).high for axis, _ in PANELS for size in points(live, axis)
            for program, _, _ in SERIES if (samples := samples_at(live, program, axis, size))]
    return 1.05 * max(tops)


def legend(live):
    shown = [row for row in SERIES if live.has(row[0])]
    for place, (_, name, colour) in enumerate(shown):
        x = LEFT + place * (WIDTH - LEFT) / len(shown)
        yield line(x, 47, x + 24, 47, colour, 3)
        yield text(x + 30, 51, name, 12, "start")


def svg(results):
    """`results` as tools/bench writes them, with a live part."""
    live, machine = Forwarding(results["live"]), results["machine"]
    parts = [text(WIDTH / 2, 22, "Cost of forwarding a packet through a router, one processor", 15)]
    parts += legend(live)
    middle = TOP + PANEL_HEIGHT / 2
    parts.append(text(18, middle, "ns per packet", more=f'transform="rotate(-90 18 {middle})"'))
    highest = highest_of(live)
    for place, (axis, title) in enumerate(PANELS):
        panel = Panel(live, axis, LEFT + place * (PANEL_WIDTH + GAP), highest)
        parts += panel.frame(title)
        for program, _, colour in SERIES:
            if live.has(program):
                parts += panel.series(program, colour)
    parts.append(text(WIDTH / 2, HEIGHT - 42, "UDP, 128 bytes, veth; medians, upright strokes the "
                      "middle half; x is logarithmic. Lower is better.", 11))
    parts.append(text(WIDTH / 2, HEIGHT - 24, f"{machine['date'][:10]}, Linux {machine['kernel']}, "
                      f"{machine['processors']} x {machine['processor']}, "
                      f"Flowmark {machine['commit']}", 11))
    return ("<!-- SPDX-License-Identifier: Apache-2.0 -->\n"
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
            f'width="{WIDTH}" height="{HEIGHT}">\n'
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>\n' + "\n".join(parts) +
            "\n</svg>\n")
