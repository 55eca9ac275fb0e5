# SPDX-License-Identifier: Apache-2.0
"""The same marking said in Flowmark's language and in nftables': ports or prefixes,
spread over seven classes."""

import ipaddress
import random

PORT = 443          # of the packets
DSCP = 34           # that they are to get
CLASSES = ("af41", "ef", "af31", "af21", "af11", "cs1", "cs6")  # the first is PORT's
DSCPS = (34, 46, 26, 18, 10, 8, 48)

HOOKS = {
    "netdev": 'type filter hook ingress device "r0" priority 0; policy accept;',
    "inet": "type filter hook forward priority 0; policy accept;",
}


def class_of(place):
    """The classes in turn."""
    return CLASSES[place % len(CLASSES)]


def ports(count):
    """PORT first; all below those that clients use."""
    others = random.Random(7).sample([p for p in range(1000, 30000) if p != PORT], count - 1)
    return [PORT] + others


def prefixes(count):
    """That many that do not touch each other, /20 to /28: one in each of some /20s."""
    source = random.Random(7)
    blocks = source.sample(range(0x20000000 >> 12, 0x60000000 >> 12), count)
    return [ipaddress.ip_network((block << 12, source.randrange(20, 29))) for block in blocks]


def addresses(networks, count):
    """One in each of `count` networks, drawn at random."""
    source = random.Random(8)
    chosen = (source.choice(networks) for _ in range(count))
    return [network[source.randrange(network.num_addresses)] for network in chosen]


def flowmark_header(interface, xdp=None):
    options = f", xdp: {xdp}" if xdp else ""
    classes = "".join(f"  - {{ name: {name}, dscp: {dscp} }}\n"
                      for name, dscp in zip(CLASSES, DSCPS))
    return (f"interfaces: [{{ name: {interface}{options} }}]\n"
            f"classes:\n{classes}  - {{ name: default, dscp: keep }}\ndefault: default\n")


def by_class(values):
    """Values dealt out to the classes in turn."""
    return [(name, values[place::len(CLASSES)]) for place, name in enumerate(CLASSES)
            if values[place::len(CLASSES)]]


def flowmark_rules(count):
    """A rule for each port."""
    lines = [f"  - {{ class: {class_of(place)}, protocol: udp, port: {port} }}"
             for place, port in enumerate(ports(count))]
    return "rules:\n" + "\n".join(lines) + "\n"


def flowmark_prefixes(files):
    """A rule for each class, with {class: path of a file of prefixes}."""
    sets = "".join(f"  {name}: {{ prefixes_file: {path} }}\n" for name, path in files.items())
    rules = "".join(f'  - {{ class: {name}, server: "@{name}" }}\n' for name in files)
    return f"sets:\n{sets}rules:\n{rules}"


def nft_table(family, name, body):
    """Loaded asleep: waking it costs nothing, loading it may."""
    chains = "".join(f"    chain {cls} {{\n        ip dscp set {cls} counter\n    }}\n"
                     for cls in CLASSES)
    return f"table {family} {name} {{\n    flags dormant;\n{chains}{body}}}\n"


def nft_map(family, name, kind, key, values):
    """One rule with a map from `values` to the classes' chains."""
    flags = "flags interval; " if kind == "ipv4_addr" else ""
    elements = ", ".join(f"{value} : goto {class_of(place)}"
                         for place, value in enumerate(values))
    return nft_table(family, name, f"""    map classes {{
        type {kind} : verdict; {flags}
        elements = {{ {elements} }}
    }}
    chain marking {{
        {HOOKS[family]}
        {key} vmap @classes
    }}
""")


def nft_ports(family, name, count):
    return nft_map(family, name, "inet_service", "udp dport", ports(count))


def nft_prefixes(family, name, count):
    return nft_map(family, name, "ipv4_addr", "ip daddr", prefixes(count))


def nft_list(name, count):
    """A rule for each port, as such lists are written by hand; ours comes last."""
    rules = "".join(f"        udp dport {port} ip dscp set {class_of(place)} counter\n"
                    for place, port in reversed(list(enumerate(ports(count)))))
    chain = f"    chain marking {{\n        {HOOKS['inet']}\n{rules}    }}\n"
    return nft_table("inet", name, chain)
