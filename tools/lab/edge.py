# SPDX-License-Identifier: Apache-2.0
"""The network of the lab.

    client  eth0 --- lan0  edge  wan0 --- eth0  server
    client2 eth0 --- lan1

The edge router hides the clients' IPv4 addresses behind its own (masquerade) and
routes IPv6 as it is. Flowmark runs there, and nowhere else.
"""

from .lab import Lab
from .netns import connect

SERVER4, SERVER6 = "198.51.100.2", "2001:db8:f::2"
EDGE_WAN4 = "198.51.100.1"
# More addresses of the server, for rules that tell servers apart.
OTHER4, OTHER6 = "198.51.100.77", "2001:db8:f::77"
THIRD4, THIRD6 = "198.51.100.99", "2001:db8:f::99"
CLIENT4, CLIENT6 = "192.168.10.2", "2001:db8:10::2"
CLIENT24, CLIENT26 = "192.168.20.2", "2001:db8:20::2"

INTERFACES = ("lan0", "lan1", "wan0")

NAT = """
table ip lab_nat {
    chain postrouting {
        type nat hook postrouting priority srcnat;
        oifname "wan0" masquerade
    }
}
"""


class EdgeLab(Lab):
    """Give `offload=False` for captures that show what a wire would carry, and `nat=False`
    where there is no netfilter."""

    def __init__(self, title, offload=True, nat=True):
        self.offload = offload
        self.nat = nat
        super().__init__(title)

    def build(self):
        self.client = self.namespace("client")
        self.client2 = self.namespace("client2")
        self.edge = self.namespace("edge")
        self.server = self.namespace("server")
        self.edge.sysctl("net.ipv4.ip_forward", 1)
        self.edge.sysctl("net.ipv6.conf.all.forwarding", 1)
        self._lay(self.client, "lan0", "192.168.10", "2001:db8:10")
        self._lay(self.client2, "lan1", "192.168.20", "2001:db8:20")
        self._lay(self.server, "wan0", "198.51.100", "2001:db8:f")
        for address in (OTHER4, THIRD4):
            self.server.ip(f"addr add {address}/24 dev eth0")
        for address in (OTHER6, THIRD6):
            self.server.ip(f"addr add {address}/64 dev eth0 nodad preferred_lft 0")
        if self.nat:
            self.edge.run("nft", "-f", "-", text=NAT)

    def _lay(self, end, edge_name, net4, net6):
        connect(end, "eth0", self.edge, edge_name, self.offload)
        for namespace, interface, host in ((end, "eth0", 2), (self.edge, edge_name, 1)):
            namespace.ip(f"addr add {net4}.{host}/24 dev {interface}")
            namespace.ip(f"addr add {net6}::{host}/64 dev {interface} nodad")
        end.ip(f"route add default via {net4}.1")
        end.ip(f"-6 route add default via {net6}::1")
