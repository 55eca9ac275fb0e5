#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Makes deploy/grafana/overview.png: the dashboard's own JSON, put to a Prometheus that scrapes an
agent in a lab with traffic, drawn by Grafana's panel components (no Grafana server is in it).

For a new picture only; no test needs it. Wants root, npm, chromium and pngquant; the components
are 665 MB, in build/grafana-picture."""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "../../..")
sys.path[:0] = [os.path.join(ROOT, "tests/lab"), os.path.join(ROOT, "tools")]

from support import FLOWMARK  # noqa: E402
from support.live_traffic import Names  # noqa: E402
from support.prometheus import Prometheus, shipped_config  # noqa: E402
from lab.edge import EdgeLab  # noqa: E402
from lab.processes import output  # noqa: E402
from lab.traffic import start_clients, start_servers  # noqa: E402
from monitoring import DEPLOY, dashboards  # noqa: E402

BUILD = os.path.join(ROOT, "build/grafana-picture")
PICTURE = os.path.join(DEPLOY, "grafana/overview.png")
MOST_BYTES = 300_000
EVERY = {"job": ".+", "instance": ".+", "interface": "wan0", "__rate_interval": "10s"}


def policy():
    """The home office, with a policer and names."""
    with open(os.path.join(DEPLOY, "home-office.yaml"), encoding="utf-8") as file:
        text = file.read()
    text, count = re.subn(r"(name: bulk, +dscp: LE) \}", r"\1, police: 3mbit }", text)
    assert count == 1
    # No flow of the lab has such a name, but names are looked for where a rule asks for one.
    return text.replace("\nrules:\n", '\nrules:\n  - { class: web, host: shop.example.org }\n', 1)


def name_of(legend, labels):
    return re.sub(r"\{\{(\w+)\}\}", lambda m: labels.get(m[1], ""), legend)


def series_of(prometheus, panel, start, end):
    """What a panel shows: [{name, points}]."""
    out = []
    for target in panel["targets"]:
        expression = dashboards.filled_in(target["expr"], EVERY)
        for series in prometheus.query_range(expression, start, end, 2):
            points = [(t, float(v)) for t, v in series["values"]]
            out.append({"name": name_of(target["legendFormat"], series["metric"]),
                        "points": points})
    return sorted(out, key=lambda s: s["name"])


def collect(seconds):
    """The overview with what it shows at the end of so many seconds of traffic."""
    board = dashboards.load_all()["overview.json"]
    with EdgeLab("picture") as lab:
        start_servers(lab)
        lab.agent(lab.edge, FLOWMARK, policy())
        names = Names(lab)
        prometheus = Prometheus(lab, lab.edge, shipped_config(lab))
        start_clients(lab)
        start = time.time()
        while time.time() < start + seconds:
            names.once()
        end = time.time()
        shown = [{"panel": panel, "series": series_of(prometheus, panel, start + 15, end)}
                 for panel in dashboards.panels(board)]
    return {"title": board["title"], "from": start + 15, "to": end, "panels": shown}


def build():
    """A page that needs nothing but itself; its path."""
    os.makedirs(BUILD, exist_ok=True)
    for name in os.listdir(HERE):
        shutil.copy(os.path.join(HERE, name), BUILD)
    output("nice", "npm", "--prefix", BUILD, "install", "--no-package-lock", "--no-audit",
           "--no-fund", "--ignore-scripts", "--loglevel=error", timeout=900)
    output("nice", "env", "-C", BUILD, "npx", "--no-install", "vite", "build", timeout=900)
    return os.path.join(BUILD, "dist/index.html")


def write_page(index, data):
    """With the data in it, and the script behind what it draws into."""
    with open(index, encoding="utf-8") as file:
        page = file.read()
    script = re.search(r'<script type="module"[^>]*src="([^"]+)"></script>', page)
    page = page.replace(script[0], "").replace(
        "</body>", f"<script>window.flowmark = {json.dumps(data)};</script>"
                   f'<script src="{script[1]}"></script></body>')
    path = os.path.join(os.path.dirname(index), "page.html")
    with open(path, "w", encoding="utf-8") as file:
        file.write(page)
    return path


def height_of(board):
    return max(p["panel"]["gridPos"]["y"] + p["panel"]["gridPos"]["h"] for p in board["panels"])


def photograph(page, rows):
    shot = os.path.join(BUILD, "shot.png")
    done = subprocess.run(
        ["nice", "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
         "--allow-file-access-from-files", f"--window-size={24 * 66 + 8},{rows * 38 + 16}",
         f"--user-data-dir={BUILD}/profile", "--virtual-time-budget=9000",
         "--enable-logging=stderr", f"--screenshot={shot}", f"file://{os.path.realpath(page)}"],
        capture_output=True, text=True, timeout=300)
    if errors := [line for line in done.stderr.splitlines() if "Uncaught" in line]:
        raise SystemExit(f"the page fails: {errors[0]}")
    output("pngquant", "--force", "--strip", "--output", PICTURE, "64", shot)
    size = os.path.getsize(PICTURE)
    if size > MOST_BYTES:
        raise SystemExit(f"{PICTURE} has {size} bytes, more than {MOST_BYTES}")
    print(f"{os.path.relpath(PICTURE)}: {size} bytes")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=90, help="of traffic")
    parser.add_argument("--data", help="JSON of an earlier run: collect nothing")
    options = parser.parse_args()
    if options.data:
        with open(options.data, encoding="utf-8") as file:
            data = json.load(file)
    else:
        data = collect(options.seconds)
    index = build()
    with open(os.path.join(BUILD, "data.json"), "w", encoding="utf-8") as file:
        json.dump(data, file)
    photograph(write_page(index, data), height_of(data))


if __name__ == "__main__":
    main()
