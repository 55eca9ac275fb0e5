#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""deploy/README.md says of every file of deploy/ what checks it, and names nothing that is gone,
neither a file nor a check.

A name in the first column of its table stands for that file, or for all below that folder;
several in one row are of the first one's."""

import fnmatch
import os
import re
import subprocess
import sys

README = "deploy/README.md"


def rows(text):
    """The names in the first column of the table, with their folders, and what checks them."""
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| `") and len(cells) == 3:
            names = re.findall(r"`([^`]+)`", cells[0])
            folder = names[0].partition("/")[0] + "/" if "/" in names[0] else ""
            for name in names:
                yield name if name.startswith(folder) else folder + name, cells[2]


def is_check(name):
    """A test of ctest's, or a check of lint.sh's. Other words in such quotes are explanations."""
    if match := re.fullmatch(r"(deploy|lab)\.(\w+)", name):
        return os.path.isfile(f"tests/{match[1]}/{match[2]}.py")
    if name.startswith("tools/"):
        return os.path.isfile(name)
    with open("tools/ci/lint.sh", encoding="utf-8") as file:
        checks = re.search(r"^checks=\((.*?)\)", file.read(), re.M | re.S)[1].split()
    return not re.fullmatch(r"\w+", name) or name in checks


def covers(name, path):
    return path.startswith(name) if name.endswith("/") else fnmatch.fnmatch(path, name) or \
        path.startswith(name + "/")


def main():
    with open(README, encoding="utf-8") as file:
        listed = list(rows(file.read()))
    paths = [path.removeprefix("deploy/") for path in subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "deploy"], capture_output=True, text=True,
        check=True).stdout.split() if not path.endswith("README.md")]
    faults = [f"{README}: nothing is said of deploy/{path}" for path in paths
              if not any(covers(name, path) for name, _ in listed)]
    faults += [f"{README}: {name} is not there" for name, _ in listed
               if not any(covers(name, path) for path in paths)]
    faults += [f"{README}: there is no check {check}" for _, checked in listed
               for check in re.findall(r"`([^`]+)`", checked) if not is_check(check)]
    faults += [f"{README}: what checks {name} is not said" for name, checked in listed
               if not checked]
    print("\n".join(faults), file=sys.stderr)
    return 1 if faults or not listed else 0


if __name__ == "__main__":
    sys.exit(main())
