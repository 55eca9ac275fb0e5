#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The score finds what is missing, wrong, invented or turned round, and nothing else."""
import collections
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import score  # noqa: E402

CLIENT, SERVER = ("192.0.2.7", 51000), ("203.0.113.5", 443)


def truth(name, **more):
    return {"proto": "tcp", "transport": "tls", "src": CLIENT[0], "sport": CLIENT[1],
            "dst": SERVER[0], "port": SERVER[1], "sni": name, "stack": "eth:ip:tcp", "vlan": [],
            "complete": True, "frame": 4, **more}


def flow(name, evidence="sni", **more):
    return {"protocol": "tcp", "vlan": None, "client": CLIENT[0], "client_port": CLIENT[1],
            "server": SERVER[0], "server_port": SERVER[1], "host": name, "evidence": evidence,
            **more}


NAMELESS = flow(None, "none")
TURNED = dict(client=SERVER[0], client_port=SERVER[1], server=CLIENT[0], server_port=CLIENT[1])


def judged(truths, flows):
    one = score.Score()
    one.add("a.pcap", truths, flows)
    found = collections.Counter()
    for row in one.table.values():
        found.update({column: row[column] for column in score.COLUMNS[1:] if row[column]})
    wrong = sum(found.values()) - found["right"]
    assert wrong == len(one.differences), (found, one.differences)
    return dict(found)


class Score(unittest.TestCase):
    def test_names_are_compared_as_names(self):
        self.assertEqual(judged([truth("WWW.Example.com.")], [flow("www.example.com")]),
                         {"right": 1})
        self.assertEqual(judged([truth("a.example")], [flow("b.example")]), {"wrong": 1})
        self.assertEqual(judged([truth("a.example")], [NAMELESS]), {"missing": 1})
        self.assertEqual(judged([truth("a.example")], []), {"missing": 1})

    def test_the_hello_must_be_the_evidence(self):
        self.assertEqual(judged([truth("a.example")], [flow("a.example", "dns")]), {"missing": 1})
        self.assertEqual(judged([truth("a.example")], [flow("a.example", "outer-sni")]),
                         {"right": 1})
        self.assertEqual(judged([truth("a.example")], [flow("a.example", "quic")]), {"missing": 1})

    def test_a_hello_without_a_name_has_none_but_dns_may_know_one(self):
        self.assertEqual(judged([truth(None)], [NAMELESS]), {"right": 1})
        self.assertEqual(judged([truth(None)], [flow("a.example", "dns")]), {"right": 1})
        self.assertEqual(judged([truth(None)], [flow("a.example")]), {"invented": 1})

    def test_a_name_where_nobody_said_hello_is_invented(self):
        self.assertEqual(judged([], [flow("a.example")]), {"invented": 1})
        self.assertEqual(judged([], [flow("a.example", "dns")]), {})
        self.assertEqual(judged([truth("a.example", vlan=[7])], [flow("a.example")]),
                         {"missing": 1, "invented": 1})

    def test_in_a_tunnel_the_outer_flow_has_no_name(self):
        for stack in ("eth:ip:gre:ip:tcp", "eth:ip:udp:vxlan:eth:ip:tcp", "eth:ip:ip:tcp"):
            inner = truth("a.example", stack=stack)
            self.assertEqual(judged([inner], [flow("a.example")]), {"invented": 1})
            self.assertEqual(judged([inner], [NAMELESS]), {})
        self.assertEqual(judged([truth("a.example", stack="eth:vlan:vlan:pppoes:ppp:ip:tcp",
                                       vlan=[3, 2])], [flow("a.example", vlan=3)]), {"right": 1})

    def test_what_is_not_asked_counts_for_nothing(self):
        unasked: list[dict] = [{"complete": False}, {"quic_version": "Q046"},
                               {"quic_version": "T051"}]
        for more in unasked:
            one = truth(None, **more)
            self.assertEqual(judged([one], [flow("a.example")]), {})
            self.assertEqual(judged([one], [NAMELESS]), {})
        self.assertEqual(judged([truth("a.example", complete=False)], [NAMELESS]), {"missing": 1})

    def test_the_client_is_who_said_hello(self):
        self.assertEqual(judged([truth("a.example")], [flow("a.example", **TURNED)]), {"turned": 1})

    def test_ports_used_again_are_several_flows_or_one(self):
        both = [truth("a.example"), truth("b.example", frame=9)]
        self.assertEqual(judged(both, [flow("b.example"), flow("a.example")]), {"right": 2})
        self.assertEqual(judged(both, [flow("b.example")]), {"wrong": 1, "right": 1})
        self.assertEqual(judged([both[0], both[0]], [flow("a.example")]), {"right": 2})


if __name__ == "__main__":
    result = unittest.main(exit=False).result
    sys.exit(0 if result.wasSuccessful() and result.testsRun and not result.skipped else 1)
