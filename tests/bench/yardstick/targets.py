# SPDX-License-Identifier: Apache-2.0
"""What is asked of Flowmark, and whether the figures of this run hold it. A target
that cannot be judged by what was measured has no verdict, and says why."""

import dataclasses

from . import stats

LRU_STORM = "floor-lru"
UNMARKED = ("none", "tcx-empty", "xdp-empty")


@dataclasses.dataclass(frozen=True)
class Verdict:
    target: str          # in words
    figure: str          # measured
    limit: str
    holds: bool | None   # None: not judged
    note: str = ""

    def as_json(self):
        return dataclasses.asdict(self)


def plain(limit):
    """1/6 as 1/6, and 0.25 as it is."""
    return f"{limit:g}" if len(f"{limit:g}") <= 4 else f"1/{1 / limit:g}"


def at_most(target, found, limit, form="{:.2f}", unit=""):
    """`found`: a Figure, or None where there was nothing to divide by."""
    if found is None:
        return unjudged(target, f"at most {plain(limit)}{unit}", "lost in noise")
    return Verdict(target, found.text(form) + unit, f"at most {plain(limit)}{unit}",
                   found.median <= limit)


def at_least(target, found, limit, form="{:.1f}", unit=""):
    return Verdict(target, found.text(form) + unit, f"at least {plain(limit)}{unit}",
                   found.median >= limit)


def unjudged(target, limit, why):
    return Verdict(target, "-", limit, None, why)


def for_reading(target, found, unit):
    return Verdict(target, found.text("{:.1f}") + unit, "-", None, "beside the one above it")


def ratio(samples, base):
    kept = stats.ratios(samples, base)
    return stats.figure(kept) if kept else None


class Packets:
    """The cases of flowmark-bench packets at one hook, by what they are."""

    def __init__(self, cases, hook="tc"):
        self._cases = {self._key(case): case for case in cases if case["hook"] == hook}

    def __bool__(self):
        return bool(self._cases)

    @staticmethod
    def _key(case):
        policy = case["policy"] or {}
        return (case["program"], policy.get("kind"), policy.get("rules"), policy.get("members"),
                policy.get("ports"), case["packets"], case["family"], case["flows"])

    def floor(self, program, packets="known", family=4, flows=1):
        return self._cases[program, None, None, None, None, packets, family, flows]

    def mixed(self, packets="known", family=4, flows=1, rules=64, members=10):
        return self._cases["flowmark", "mixed", rules, members, 10, packets, family, flows]

    def ports(self, kind="ports", packets="known", family=4, flows=1, ports=10):
        return self._cases["flowmark", kind, 0, 10, ports, packets, family, flows]

    def names(self, packets, names, flows=1):
        return self._cases["flowmark", "names", 1000, names, 10, packets, 4, flows]

    def net(self, case):
        """ns per packet beyond what making the packet costs, round by round."""
        base = self.floor("empty", case["packets"], case["family"], case["flows"])
        return stats.differences(case["samples_ns"], base["samples_ns"])

    def ratio(self, case, base):
        return ratio(self.net(case), self.net(base))


def judge_packets(cases):
    packets = Packets(cases)
    yield from judge_known(packets, "tc")
    if in_xdp := Packets(cases, "xdp"):
        yield from judge_known(in_xdp, "xdp")
    yield at_most("tc: known flow of the LRU floor, 64,000 flows",
                  packets.ratio(packets.mixed(flows=64_000),
                                packets.floor("floor-lru", flows=64_000)), 0.25)
    yield from judge_ports(packets)
    yield from judge_policies(packets)
    for kind in ("known", "first"):
        yield at_most(f"IPv6 of IPv4, {kind} flows",
                      packets.ratio(packets.mixed(kind, family=6), packets.mixed(kind)), 1.3)


def judge_known(packets, hook):
    for flows in (1, 1000):
        case = packets.mixed(flows=flows)
        yield at_most(f"{hook}: known flow of the LRU floor, {flows:,} flows",
                      packets.ratio(case, packets.floor("floor-lru", flows=flows)), 0.5)
        yield at_most(f"{hook}: known flow of the signature floor, {flows:,} flows",
                      packets.ratio(case, packets.floor("floor-signature", flows=flows)), 2)


def judge_ports(packets):
    floors = [packets.net(packets.floor(name)) for name in ("floor-ports", "floor-signature")]
    larger = max(floors, key=lambda net: stats.figure(net).median)
    for kind, name in (("ports", "port and protocol"), ("ports+dscp", "port, protocol and DSCP")):
        yield at_most(f"{name} rules of the larger floor",
                      ratio(packets.net(packets.ports(kind)), larger), 2)
    one, many = packets.ports(), packets.ports(flows=1_000_000)
    growth = at_most("port rules, 1 flow to 1,000,000", packets.ratio(many, one), 1.1)
    if many["cache_used"]:
        growth = dataclasses.replace(growth, holds=None,
                                     note="asked where no cache is used, and one is")
    yield growth
    yield at_most("port rules, 10 ports to 10,000",
                  packets.ratio(packets.ports(ports=10_000), one), 1.05)


def judge_policies(packets):
    for kind, limit in (("known", 1.05), ("first", 2)):
        yield at_most(f"{kind} flows, 10 rules to 1,000",
                      packets.ratio(packets.mixed(kind, rules=1000),
                                    packets.mixed(kind, rules=10)), limit)
    yield from judge_names(packets)
    storm = packets.floor(LRU_STORM, "first")
    for rules, parts in ((64, 6), (1000, 4)):
        yield at_most(f"every packet a new flow, {rules:,} rules, of the LRU floor's storm",
                      packets.ratio(packets.mixed("first", rules=rules), storm), 1 / parts)


def judge_names(packets):
    few, many = 10, 1_000_000
    for kind in ("known", "first"):
        yield at_most(f"1,000 rules, {kind} flows, {few} names to {many:,}",
                      packets.ratio(packets.names(kind, many), packets.names(kind, few)), 1.1)
    hellos = [packets.net(packets.names("hello", names, flows=names)) for names in (few, many)]
    yield at_most(f"1,000 rules, ClientHellos, {few} names to {many:,}",
                  ratio(hellos[1], hellos[0]), 1.1)
    yield for_reading("a ClientHello, read, named and decided", stats.figure(hellos[0]), " ns")


class Forwarding:
    """The scenarios of a live run."""

    def __init__(self, scenarios):
        self._scenarios = {(s["program"], s["axis"], s["size"]): s["samples_ns"]
                           for s in scenarios}
        self._first = min(size for _, axis, size in self._scenarios if axis == "rules")

    def has(self, program):
        return any(name == program for name, _, _ in self._scenarios)

    def sizes(self, axis):
        return sorted({size for _, of, size in self._scenarios if of == axis})

    def programs(self, axis):
        return list(dict.fromkeys(name for name, of, _ in self._scenarios if of == axis))

    def samples(self, program, axis, size):
        """None if that was not measured. One measurement without marking serves for all rules."""
        if program in UNMARKED and axis == "rules":
            size = self._first
        return self._scenarios.get((program, axis, size))

    def added(self, program, axis, size):
        return stats.differences(self.samples(program, axis, size),
                                 self.samples("none", axis, size))

    def kept(self, program, axis, size, base="none"):
        """Packets per second of those of `base`, which marks nothing, in percent."""
        return stats.figure([100 * part for part in
                             stats.ratios(self.samples(base, axis, size),
                                          self.samples(program, axis, size))])


def judge_forwarding(scenarios):
    live = Forwarding(scenarios)
    few = live.sizes("rules")[0]
    for hook, percent, parts in (("tcx", 94, 6), ("xdp", 96, 10)):
        program = f"{hook}-flowmark"
        yield at_least(f"packets per second kept, {hook}", live.kept(program, "rules", few),
                       percent, unit=" %")
        yield for_reading(f"packets per second kept of an empty program's, {hook}",
                          live.kept(program, "rules", few, f"{hook}-empty"), " %")
        yield at_most(f"added of nftables netdev, {hook}",
                      ratio(live.added(program, "rules", few),
                            live.added("nft-netdev", "rules", few)), 1 / parts)
    yield at_most("added of the LRU floor's, 64,000 flows",
                  ratio(live.added("tcx-flowmark", "flows", 64_000),
                        live.added("tcx-lru", "flows", 64_000)), 0.5)
    least, most = live.sizes("prefixes")[0], live.sizes("prefixes")[-1]
    yield at_most(f"added, {least:,} prefixes to {most:,}",
                  ratio(live.added("tcx-flowmark", "prefixes", most),
                        live.added("tcx-flowmark", "prefixes", least)), 2.5)
    yield at_most(f"added of nftables netdev, {most:,} prefixes",
                  ratio(live.added("tcx-flowmark", "prefixes", most),
                        live.added("nft-netdev", "prefixes", most)), 1 / 8)


CALLS_FOR_IP6_MARKS = 1


def judge_calls(calls):
    # bpf_csum_update, on the way of an IPv6 packet whose mark changes at ingress alone
    number = sum(calls.values()) - CALLS_FOR_IP6_MARKS
    return [Verdict("helper calls on the way of a known flow", str(number), "0", number <= 0)]


def judge_reload(reload):
    largest = reload["times"][-1]
    yield at_most(f"reload of {largest['rules']:,} rules and {largest['members']:,} members",
                  stats.figure(largest["seconds"]), 2, unit=" s")
    gaps = {kind: stats.figure([gap / 1e6 for gap in samples])
            for kind, samples in reload["gaps"].items()}
    during, otherwise = gaps["with_reload_ns"], gaps["without_reload_ns"]
    # The longest of millions of gaps is the machine's: two equal ones would differ by chance.
    yield Verdict("longest gap between packets during a reload", during.text() + " ms",
                  f"as without: {otherwise.text()} ms", during.low <= otherwise.high)
    if elsewhere := gaps.get("with_reload_elsewhere_ns"):
        yield for_reading("the same, the agent on other processors than the packets", elsewhere,
                          " ms")


def judge(results):
    """The verdicts on all that is in `results`."""
    verdicts = []
    if "packets" in results:
        verdicts += judge_packets(results["packets"])
        verdicts += judge_calls(results["calls"])
    if "live" in results:
        verdicts += judge_forwarding(results["live"])
    if "reload" in results:
        verdicts += judge_reload(results["reload"])
    return verdicts
