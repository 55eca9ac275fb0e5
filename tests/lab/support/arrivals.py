# SPDX-License-Identifier: Apache-2.0
"""nftables at a receiving end: counts the marks that arrive, and takes floods off.

A capture would have to read every packet of the flood; these counters miss none.
"""

import json

SUNK = """
    ip daddr {sink4} meta l4proto {{ tcp, udp }} counter name {name} {verdict}
    ip6 daddr {sink6} meta l4proto {{ tcp, udp }} counter name {name} {verdict}
"""

EXPECTED = """
    {ip} saddr {peer} {protocol} {port} {ip} dscp {dscp} counter name right accept
    {ip} saddr {peer} {protocol} {port} counter name wrong \
add @examples {{ {protocol} sport . {protocol} dport . {ip} dscp }}
"""

TABLE = """
table netdev fm_arrivals {{ }}
delete table netdev fm_arrivals
table netdev fm_arrivals {{
  counter right {{ }}
  counter wrong {{ }}
  counter flood {{ }}
  counter flows {{ }}
  set examples {{ type inet_service . inet_service . dscp; flags dynamic; size 64; }}
  chain arrive {{
    type filter hook ingress device "eth0" priority 0;
{rules}
  }}
}}
"""


class Arrivals:
    """Packets from `peers` (an address of each family) to or from a service, by its marks.

    `services` is {(protocol, port): DSCP}; `side` is which port is the service's
    (sport or dport). What floods send ("flood": to one pair of addresses, "flows": to
    another) is counted, and dropped unless `verdict` is to accept it.
    """

    def __init__(self, namespace, peers, side, services, sinks=(), verdict="drop"):
        self._namespace = namespace
        rules = "".join(SUNK.format(name=name, sink4=pair[0], sink6=pair[1],
                                    verdict=verdict)
                        for name, pair in sinks)
        for (protocol, port), dscp in services.items():
            for ip, peer in zip(("ip", "ip6"), peers):
                rules += EXPECTED.format(ip=ip, peer=peer, protocol=protocol,
                                         port=f"{side} {port}", dscp=dscp)
        namespace.run("nft", "-f", "-", text=TABLE.format(rules=rules))

    def count(self):
        """{"right": packets, "wrong": ..., "flood": ..., "flows": ...} so far."""
        listed = json.loads(self._namespace.run("nft", "-j", "list", "counters"))["nftables"]
        return {row["counter"]["name"]: row["counter"]["packets"] for row in listed
                if "counter" in row}

    def forget_examples(self):
        self._namespace.run("nft", "flush", "set", "netdev", "fm_arrivals", "examples")

    def examples(self):
        """Some of what came with a wrong mark, as nft writes it."""
        return self._namespace.run("nft", "list", "set", "netdev", "fm_arrivals", "examples")
