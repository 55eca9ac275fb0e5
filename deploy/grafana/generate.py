#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes dashboards/*.json from mixin/; with --check it only says whether they are what the code
gives, exit status 1 if not."""

import argparse
import difflib
import json
import pathlib
import sys

from mixin.agent import agent
from mixin.overview import overview

FOLDER = pathlib.Path(__file__).resolve().parent / "dashboards"


def texts():
    """{file name: JSON text}."""
    return {f"{name}.json": json.dumps(made, indent=1, ensure_ascii=False) + "\n"
            for name, made in (("overview", overview()), ("agent", agent()))}


def difference(folder, wanted):
    """What is checked in against what the code gives, as a diff; empty when they are the same."""
    out = []
    present = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.json")}
    for name in sorted(present.keys() | wanted.keys()):
        out += difflib.unified_diff(
            present.get(name, "").splitlines(), wanted.get(name, "").splitlines(),
            f"checked in: {name}", f"generated: {name}", lineterm="", n=1)
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing")
    parser.add_argument("--folder", type=pathlib.Path, default=FOLDER)
    options = parser.parse_args()
    if options.check:
        found = difference(options.folder, texts())
        print("\n".join(found[:40]), end="\n" if found else "")
        return f"{options.folder} differs: run deploy/grafana/generate.py" if found else 0
    options.folder.mkdir(exist_ok=True)
    for name, text in texts().items():
        (options.folder / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
