#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Holds `flowmark replay` against captures whose host names are known.

score.py [FOLDER]    FOLDER, else $FLOWMARK_CAPTURES, else tests/captures: captures with their
                     truth in truth-*.jsonl, as tests/captures/README.md describes it

Prints a table and each difference. Exit status: 0 when there is none, else 1. $FLOWMARK is the
program. Needs root, as replay does.
"""
import collections
import glob
import gzip
import ipaddress
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.realpath(os.path.join(HERE, "../.."))
CAPTURES = os.path.join(ROOT, "tests/captures")
FLOWMARK = os.path.join(ROOT, "build/release/agent/flowmark")
BATCH = 64  # captures that share one loading of the programs

TUNNELS = {"gre", "vxlan", "geneve", "gtp", "capwap"}
HELLO = {"sni", "quic", "outer-sni"}  # evidence that somebody sent a hello with this name
EVIDENCE = {"tls": {"sni", "outer-sni"}, "quic": {"quic", "outer-sni"}}
COLUMNS = ("flows", "right", "missing", "wrong", "invented", "turned")

Difference = collections.namedtuple("Difference", "what transport file flow frame text")


def end(address, port):
    return (str(ipaddress.ip_address(address)), port)


def text_of(end_):
    address, port = end_
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def key_of_truth(truth):
    vlan = truth["vlan"][0] if truth["vlan"] else None
    return (truth["proto"], vlan, frozenset((end(truth["src"], truth["sport"]),
                                             end(truth["dst"], truth["port"]))))


def key_of_flow(flow):
    return (flow["protocol"], flow["vlan"], frozenset((end(flow["client"], flow["client_port"]),
                                                       end(flow["server"], flow["server_port"]))))


def in_tunnel(truth):
    layers = truth["stack"].split(":")
    return bool(TUNNELS.intersection(layers)) or sum(x in ("ip", "ipv6") for x in layers) > 1


def is_asked(truth):
    """Not asked: hellos of which tshark does not know the name either, and QUIC's forerunners."""
    if not truth["complete"] and truth["sni"] is None:
        return False
    version = truth.get("quic_version") or ""
    return not version.startswith(("Q", "T", "mvfst"))


def name_of(truth):
    return truth["sni"].lower().rstrip(".") if truth["sni"] else None


def hello_name(flow, kinds):
    """The name, if the evidence for it is a hello."""
    return flow["host"] if flow["host"] and flow["evidence"] in kinds else None


class Score:
    """What was found, against what is true."""

    def __init__(self):
        self.table = {transport: dict.fromkeys(COLUMNS, 0) for transport in ("tls", "quic")}
        self.differences = []

    def add(self, file, truths, flows):
        truths = [truth for truth in truths if not in_tunnel(truth)]
        by_key = collections.defaultdict(list)
        for flow in flows:
            if flow["client_port"] is not None:
                by_key[key_of_flow(flow)].append(flow)
        for truth in truths:
            self._judge(file, truth, by_key)
        self._find_invented(file, {key_of_truth(truth) for truth in truths}, by_key)

    def _judge(self, file, truth, by_key):
        key, transport = key_of_truth(truth), truth["transport"]
        found = by_key.get(key, [])
        flow = self._take(found, truth)
        if not is_asked(truth):
            return
        self.table[transport]["flows"] += 1
        said, what = self._verdict(truth, flow)
        if what == "right" and end(flow["client"], flow["client_port"]) != \
                end(truth["src"], truth["sport"]):
            said, what = "client and server are turned round", "turned"
        self.table[transport][what] += 1
        if what != "right":
            ends = (end(truth["src"], truth["sport"]), end(truth["dst"], truth["port"]))
            self._differ(what, transport, file, ends, truth["frame"], said)

    @staticmethod
    def _take(found, truth):
        """Of several flows between the same ports the first that has the name, else the first
        with any; each once, but the last: tshark may tell one connection's hellos apart."""
        found.sort(key=lambda flow: (flow["host"] != name_of(truth), flow["host"] is None))
        return found.pop(0) if len(found) > 1 else next(iter(found), None)

    @staticmethod
    def _verdict(truth, flow):
        expected = name_of(truth)
        if flow is None:
            return "no such flow", "missing"
        kinds = EVIDENCE[truth["transport"]]
        name = hello_name(flow, kinds)
        said = f"found {flow['host']} ({flow['evidence']}), expected {expected}"
        if name == expected:
            return said, "right"
        if expected is None:
            return said, "invented"
        return said, "missing" if name is None else "wrong"

    def _find_invented(self, file, true_keys, by_key):
        for key, flows in by_key.items():
            for flow in flows:
                if key in true_keys or not hello_name(flow, HELLO):
                    continue
                transport = "tls" if flow["protocol"] == "tcp" else "quic"
                self.table[transport]["invented"] += 1
                ends = (end(flow["client"], flow["client_port"]),
                        end(flow["server"], flow["server_port"]))
                self._differ("invented", transport, file, ends, None,
                             f"found {flow['host']} ({flow['evidence']}), expected no hello")

    def _differ(self, what, transport, file, ends, frame, said):
        self.differences.append(Difference(what, transport, file, " > ".join(map(text_of, ends)),
                                           frame, said))

    def print(self):
        print(f"{'':9}" + "".join(f"{column:>10}" for column in COLUMNS))
        for transport, row in self.table.items():
            print(f"{transport:9}" + "".join(f"{row[column]:10}" for column in COLUMNS))
        for one in self.differences:
            frame = f" frame {one.frame}" if one.frame else ""
            print(f"{one.what}: {one.file}: {one.transport} {one.flow}{frame}: {one.text}")


def lines_of(folder, pattern):
    for path in sorted(glob.glob(os.path.join(folder, pattern))):
        with open(path, encoding="utf-8") as file:
            yield from map(json.loads, file)


def truths_of(folder):
    """By file; those of DNS are told by what they lack."""
    truths = collections.defaultdict(list)
    for line in lines_of(folder, "truth-*.jsonl"):
        if "transport" in line:
            truths[line["file"]].append(line)
    return truths


def unpacked(path, scratch):
    """libpcap reads no gzip."""
    with open(path, "rb") as file:
        if file.read(2) != b"\x1f\x8b":
            return path
    out = tempfile.NamedTemporaryFile(dir=scratch, delete=False)
    with gzip.open(path) as packed, out:
        out.write(packed.read())
    return out.name


def replay(paths):
    """A report for each of the captures; what is broken is in its errors."""
    flowmark = os.environ.get("FLOWMARK", FLOWMARK)
    done = subprocess.run([flowmark, "replay", "--split-reuse", "-o", "json", *paths],
                          stdout=subprocess.PIPE, check=False)
    if done.returncode not in (0, 1) or not done.stdout:
        sys.exit(f"score.py: {flowmark} replay ended with {done.returncode}")
    report = json.loads(done.stdout)
    return report.get("captures", [report])


def score_folder(folder):
    score, unread = Score(), []
    truths = truths_of(folder)
    files = [line["file"] for line in lines_of(folder, "captures-*.jsonl")]
    if not files:
        sys.exit(f"score.py: {folder} has no captures-*.jsonl")
    with tempfile.TemporaryDirectory(prefix="flowmark-score.") as scratch:
        for at in range(0, len(files), BATCH):
            batch = files[at:at + BATCH]
            reports = replay([unpacked(os.path.join(folder, file), scratch) for file in batch])
            for file, report in zip(batch, reports):
                score.add(file, truths[file], report["flows"])
                unread += [(file, error) for error in report["errors"]]
    return score, unread, len(files)


def main():
    if len(sys.argv) > 2:
        sys.exit(__doc__)
    folder = sys.argv[1] if len(sys.argv) == 2 else os.environ.get("FLOWMARK_CAPTURES", CAPTURES)
    score, unread, captures = score_folder(folder)
    for file, error in unread:
        print(f"note: {file}: {error.rsplit(file + ': ', 1)[-1]}")
    print(f"{captures} captures, {len(unread)} notes of what could not be read")
    score.print()
    return 1 if score.differences else 0


if __name__ == "__main__":
    sys.exit(main())
