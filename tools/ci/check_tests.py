#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What ctest itself does not insist on. Says nothing when all is well.

check_tests.py labels BUILD_DIR [LABEL...]   each test of the build has exactly one of the known
                                             labels, and each LABEL has at least one test
check_tests.py none-skipped JUNIT_FILE       no test was skipped or disabled
"""
import json
import re
import subprocess
import sys
import xml.etree.ElementTree

LABELS = {"unit", "bpf", "lab", "names", "kernels", "faults", "fuzz", "deploy"}


def labels_of(test):
    for prop in test.get("properties", []):
        if prop["name"] == "LABELS":
            return LABELS.intersection(prop["value"])
    return set()


def label_errors(build_dir, asked):
    listing = subprocess.run(["ctest", "--test-dir", build_dir, "--show-only=json-v1"],
                             check=True, stdout=subprocess.PIPE).stdout
    tests = json.loads(listing)["tests"]
    for test in tests:
        found = labels_of(test)
        if len(found) != 1:
            yield f"{test['name']}: has {sorted(found) or 'no label'}, expected one of " \
                  + " ".join(sorted(LABELS))
    used = set().union(*map(labels_of, tests)) if tests else set()
    for label in asked:
        if label not in LABELS:
            yield f"label {label}: unknown, expected one of " + " ".join(sorted(LABELS))
        elif label not in used:
            yield f"label {label}: has no test"


def skip_errors(junit_file):
    for case in xml.etree.ElementTree.parse(junit_file).getroot().iter("testcase"):
        output = case.findtext("system-out") or ""
        if case.get("status") not in ("run", "fail"):
            yield f"{case.get('name')}: {case.get('status')}, and a skip is a failure here"
        elif re.search(r"\[  SKIPPED \]|YOU HAVE \d+ DISABLED TEST", output):
            yield f"{case.get('name')}: a part of it was skipped or is disabled"


def main():
    if len(sys.argv) >= 3 and sys.argv[1] == "labels":
        errors = list(label_errors(sys.argv[2], sys.argv[3:]))
    elif len(sys.argv) == 3 and sys.argv[1] == "none-skipped":
        errors = list(skip_errors(sys.argv[2]))
    else:
        sys.exit(__doc__)
    for error in errors:
        print(error, file=sys.stderr)
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
