# SPDX-License-Identifier: Apache-2.0
"""Two policies that tell numbered datagrams apart by their mark, and what must hold of each
packet under them. Names are looked for under both."""

import os

from .blast import PORT

EF, AF41 = "46", "34"
CLASSES = ("first", "second")

TEXT = """
interfaces:
  - name: "lan*"
  - name: "wan*"
classes:
  - {{ name: first,  dscp: EF }}
  - {{ name: second, dscp: AF41 }}
  - {{ name: named,  dscp: AF21 }}
  - {{ name: other,  dscp: keep }}
rules:
  - {{ class: {chosen}, protocol: udp, server_port: {port} }}
  - {{ class: named, host: ["*.apple.com", "*.example.test"] }}
default: other
"""

FIRST, SECOND = (TEXT.format(chosen=name, port=PORT) for name in CLASSES)


def swap(path, text):
    """Gives the file another text, in one step."""
    with open(path + ".new", "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(path + ".new", path)


def counted(agent, interface, direction):
    samples = agent.metrics()
    return sum(samples.total("flowmark_class_packets_total", interface=interface,
                             direction=direction, **{"class": name}) for name in CLASSES)


def expect_all_arrived(test, sent, seen):
    test.assertEqual(sent["refused"], 0)
    test.assertEqual((seen["packets"], seen["doubled"]), (sent["sent"], 0), "packets were lost")


def expect_all_marked(test, sent, seen, marks=(EF, AF41)):
    expect_all_arrived(test, sent, seen)
    test.assertLessEqual(set(seen["dscp"]), set(marks), "packets passed unmarked")


def expect_all_counted(test, agent, sent, before=0):
    for interface, direction in (("lan0", "ingress"), ("wan0", "egress")):
        test.assertEqual(counted(agent, interface, direction), before + sent["sent"],
                         (interface, direction))
