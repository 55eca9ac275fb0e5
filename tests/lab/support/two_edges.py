# SPDX-License-Identifier: Apache-2.0
"""Two routers in a row, which what a client sends to a server passes both, and a machine that
manages them by links of its own.

    client eth0 --- lan0 [ edge1 ] wan0 --- lan0 [ edge2 ] wan0 --- eth0 server
                            mgmt0 --- edge1 [ control ] edge2 --- mgmt0
"""

from lab.edge import SERVER4, SERVER6
from lab.lab import Lab
from lab.netns import connect

# The links, from the client's on: network, prefix, and the numbers of its two ends.
LINKS = (("192.168.10", "2001:db8:10", 2, 1), ("192.168.30", "2001:db8:30", 1, 2),
         ("198.51.100", "2001:db8:f", 1, 2))
MANAGED = ("192.0.2.1", "192.0.2.5")  # the routers, as control knows them


class TwoEdgesLab(Lab):
    def build(self):
        self.client = self.namespace("client")
        self.edges = [self.namespace("edge1"), self.namespace("edge2")]
        self.server = self.namespace("server")
        self.control = self.namespace("control")
        for edge in self.edges:
            edge.sysctl("net.ipv4.ip_forward", 1)
            edge.sysctl("net.ipv6.conf.all.forwarding", 1)
        self._lay_the_row()
        self._lay_management()

    def _lay_the_row(self):
        first, second = self.edges
        row = ((self.client, "eth0", first, "lan0"), (first, "wan0", second, "lan0"),
               (second, "wan0", self.server, "eth0"))
        for (a, a_name, b, b_name), (net4, net6, a_host, b_host) in zip(row, LINKS):
            connect(a, a_name, b, b_name)
            for end, name, host in ((a, a_name, a_host), (b, b_name, b_host)):
                end.ip(f"addr add {net4}.{host}/24 dev {name}")
                end.ip(f"addr add {net6}::{host}/64 dev {name} nodad")
        lan, between, wan = LINKS
        self._route(self.client, lan, 1, (between, wan))
        # No default routes here: a host that asks for a name, as sudo does, is told at once that
        # nobody is there.
        self._route(first, between, 2, (wan,))
        self._route(second, between, 1, (lan,))
        self._route(self.server, wan, 1, (lan, between))

    @staticmethod
    def _route(namespace, link, host, targets):
        """To the links `targets` by the end `host` of one's own."""
        for net4, net6, *_ in targets:
            namespace.ip(f"route add {net4}.0/24 via {link[0]}.{host}")
            namespace.ip(f"-6 route add {net6}::/64 via {link[1]}::{host}")

    def _lay_management(self):
        for edge, address in zip(self.edges, MANAGED):
            connect(self.control, edge.role, edge, "mgmt0")
            edge.ip(f"addr add {address}/30 dev mgmt0")
            near = address.rsplit(".", 1)
            self.control.ip(f"addr add {near[0]}.{int(near[1]) + 1}/30 dev {edge.role}")


__all__ = ["MANAGED", "SERVER4", "SERVER6", "TwoEdgesLab"]
