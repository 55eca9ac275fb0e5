#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""By tc, by XDP or by both, each packet is marked once and counted once; policers
keep their rate; where there can be no XDP, that is said and tc does the work."""

import os
import time
import unittest

from support import FLOWMARK, ROOT, main, proved
from support.blast import PORT, Blast
from lab.bpf import xdp_program
from lab.edge import EdgeLab
from lab.processes import output

RATE = 10_000
SECONDS = 4
EF = 46
STILL, TRIES = 0.1, 5  # seconds: of ten, half of the tolerance

POLICY = """
interfaces:
  - {{ name: "lan*", xdp: {mode} }}
  - name: "wan*"
classes:
  - {{ name: voice, dscp: EF{police} }}
rules:
  - {{ class: voice, protocol: udp, server_port: {port} }}
"""


def policy(mode, police=""):
    return POLICY.format(mode=mode, port=PORT, police=police and f", police: {police}")


class Load(Blast):
    """A blast; how many were `sent` and what was `seen`, at the end."""

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        if failure[0] is None:
            said, self.seen = self.stop()
            self.sent, self.longest_gap = said["sent"], said["longest_gap"]


class Xdp(unittest.TestCase):
    def setUp(self):
        self.lab = self.enterContext(EdgeLab("xdp"))

    def agent(self, *arguments):
        return self.lab.agent(self.lab.edge, FLOWMARK, policy(*arguments))

    def send(self, seconds, rate=RATE):
        """Sends for so long; what the sender and the receiver say."""
        with Load(self.lab, rate) as load:
            time.sleep(seconds)
        return load.sent, load.seen

    def xdp_row(self, agent, interface="lan0"):
        return next(row for row in agent.json("status")["xdp"] if row["interface"] == interface)

    def program(self):
        return xdp_program(self.lab.edge, "lan0")[1]

    def expect_all_marked_and_counted_once(self, agent):
        sent, seen = self.send(SECONDS)
        self.assertEqual((seen["packets"], seen["doubled"]), (sent, 0))
        self.assertEqual(seen["dscp"], {str(EF): sent})
        for interface, direction in (("lan0", "ingress"), ("wan0", "egress")):
            for name in ("packets", "marked_packets"):
                counted = agent.metrics().total(
                    f"flowmark_class_{name}_total",
                    **{"class": "voice", "interface": interface, "direction": direction})
                # marked at ingress, right already at egress
                expected = 0 if (name, direction) == ("marked_packets", "egress") else sent
                self.assertEqual(counted, expected, (interface, direction, name))
        return sent

    def test_native_generic_and_off_count_and_mark_alike(self):
        for mode in ("off", "native", "generic"):
            agent = self.agent(mode)
            packets = self.expect_all_marked_and_counted_once(agent)
            if mode != "off":
                row = self.xdp_row(agent)
                self.assertEqual((row["mode"], row["proven"], row["error"]), (mode, True, None))
                self.assertTrue(self.program().startswith("flowmark_xdp"))
            self.assertEqual(agent.stop(), 0)
            self.assertEqual(self.program(), "")
            proved(f"xdp {mode}: {packets} of {packets} packets arrived, marked and counted once")

    def test_modes_change_by_reload_under_load(self):
        agent = self.agent("off")
        with Load(self.lab, RATE, lossy=True) as load:  # a driver may drop some as it changes
            for _ in range(3):
                for mode in ("native", "generic", "off"):
                    time.sleep(0.3)
                    agent.reload(policy(mode))
            time.sleep(0.3)
        sent, seen = load.sent, load.seen
        # A veth drops what is on its way while XDP is attached to it or taken away: that
        # is the driver's. What arrives is marked and was counted once.
        self.assertEqual(list(seen["dscp"]), [str(EF)])
        counted = agent.metrics().total("flowmark_class_packets_total", **{"class": "voice"},
                                        interface="wan0", direction="egress")
        self.assertEqual(counted, seen["packets"])
        arrived = agent.metrics().total("flowmark_class_packets_total", **{"class": "voice"},
                                        interface="lan0", direction="ingress")
        self.assertGreaterEqual(arrived, seen["packets"])
        self.assertLessEqual(arrived, sent)
        proved(f"nine changes of mode under load: {seen['packets']} of {sent} arrived, "
               f"all marked, none counted twice")

    def test_auto_falls_back_and_says_why(self):
        agent = self.agent("auto")
        row = self.xdp_row(agent)
        self.assertEqual((row["mode"], row["proven"]), ("off", False))
        self.assertIn("veth", row["error"])
        fallbacks = agent.metrics().find("flowmark_interface_xdp_fallback", interface="lan0")
        self.assertEqual(list(fallbacks.values()), [1])
        self.assertIn("no XDP on an interface", agent.process.log())
        self.expect_all_marked_and_counted_once(agent)

    def test_a_program_of_others_is_left_alone(self):
        program = self.lab.path("other_xdp.o")
        include = f"-I/usr/include/{output('gcc', '-print-multiarch').strip()}"
        output("clang", "-O2", "-g", "-target", "bpf", include, "-c",
               os.path.join(ROOT, "tests/lab/other_xdp.bpf.c"), "-o", program)
        self.lab.edge.ip(f"link set dev lan0 xdpdrv obj {program} sec xdp")
        agent = self.agent("native")
        self.assertIn("another XDP program", self.xdp_row(agent)["error"])
        self.expect_all_marked_and_counted_once(agent)
        self.assertEqual(agent.stop(), 0)
        self.assertEqual(self.program(), "other_xdp")

    def test_a_note_speaks_for_its_own_interface(self):
        """A bridge passes the port's metadata up; both are attached, and both count."""
        edge = self.lab.edge
        edge.ip("link add br0 type bridge")
        edge.ip("link set br0 up")
        edge.ip("link set lan0 master br0")
        for address in ("192.168.10.1/24", "2001:db8:10::1/64"):
            edge.ip(f"addr del {address} dev lan0")
            edge.ip(f"addr add {address} dev br0" + (" nodad" if ":" in address else ""))
        bridged = policy("native").replace('"wan*"', '"br*"\n    xdp: generic')
        agent = self.lab.agent(edge, FLOWMARK, bridged)
        sent, seen = self.send(SECONDS)
        self.assertEqual((seen["packets"], seen["dscp"]), (sent, {str(EF): sent}))
        for interface in ("lan0", "br0"):
            self.assertTrue(self.xdp_row(agent, interface)["proven"])
            counted = agent.metrics().total("flowmark_class_packets_total", interface=interface,
                                            direction="ingress", **{"class": "voice"})
            self.assertEqual(counted, sent, interface)
        proved(f"a port and its bridge counted {sent} packets each")

    def police(self, agent):
        """bit/s over 10 s; all that was sent, and all that arrived. Measured again only where the
        machine let sender or counters wait for so long that 10 s would not be 10 s."""
        sent = arrived = 0
        for _ in range(TRIES):
            with Load(self.lab, RATE, lossy=True) as load:
                time.sleep(2)  # the first burst is through
                first = self.voice(agent)
                time.sleep(10)
                last = self.voice(agent)
            sent, arrived = sent + load.sent, arrived + load.seen["packets"]
            if max(load.longest_gap, first["took"], last["took"]) < STILL:
                rate = (last["bytes"] - first["bytes"]) * 8 / (last["time"] - first["time"])
                return rate, sent, arrived
        self.fail(f"in {TRIES} tries no sender that was never kept waiting")

    def test_a_policer_keeps_its_rate(self):
        for mode in ("off", "native"):
            agent = self.agent(mode, "{ rate: 4mbit, burst: 500kb }")
            rate, sent, arrived = self.police(agent)
            self.assertAlmostEqual(rate / 4e6, 1, delta=0.02)
            end = self.voice(agent)
            self.assertEqual(end["packets"] + end["policed"], sent)
            self.assertEqual(arrived, end["packets"])
            self.assertEqual(agent.stop(), 0)
            proved(f"xdp {mode}: a policer of 4 Mbit/s let {rate / 1e6:.3f} Mbit/s pass over 10 s; "
                   f"{end['policed']:.0f} drops counted, passed + dropped = sent")

    def voice(self, agent):
        begun = time.monotonic()
        samples = agent.metrics()
        labels = {"class": "voice", "interface": "lan0", "direction": "ingress"}
        return {"time": time.monotonic(), "took": time.monotonic() - begun,
                "bytes": samples.total("flowmark_class_bytes_total", **labels),
                "packets": samples.total("flowmark_class_packets_total", **labels),
                "policed": samples.total("flowmark_class_policed_packets_total", **labels)}


if __name__ == "__main__":
    main()
