# SPDX-License-Identifier: Apache-2.0
"""Web servers with many host names, each at an address of its own (browsers would pool
connections otherwise), and what the servers say of who asked for which name."""

import json
import os
from typing import NamedTuple

from lab.processes import output
from lab.traffic import start_nginx, wait_listening

DOMAINS = {"video.example.test": 34, "work.example.test": 18}  # AF41, AF21

TLS_PORT, QUIC_PORT = 443, 8443

CADDY = """
{{
    admin off
    auto_https off
    storage file_system {dir}/caddy
}}
:{port} {{
    bind {addresses}
    tls {dir}/cert.pem {dir}/key.pem
    root * {dir}/www
    file_server
    log {{
        output file {dir}/caddy-access.log
    }}
}}
"""


class Host(NamedTuple):
    name: str
    address: str
    dscp: int  # of its class


def _host(number):
    """The classes and the families take turns."""
    domain = list(DOMAINS)[number % 2]
    address = f"2001:db8:f::1:{number:x}" if number & 2 else f"198.51.100.{101 + number}"
    return Host(f"host{number}.{domain}", address, DOMAINS[domain])


class Web:
    """nginx for TLS and caddy for QUIC, on the server of an EdgeLab. The first of the `hosts`
    has a page, /tls.html and /quic.html, with an image of each of them."""

    def __init__(self, lab, count, image_bytes):
        self._lab = lab
        self.hosts = [_host(number) for number in range(count)]
        self.by_address = {host.address: host for host in self.hosts}
        self.by_name = {host.name: host for host in self.hosts}
        lab.server.run("ip", "-batch", "-", text="".join(
            f"addr add {h.address}/64 dev eth0 nodad preferred_lft 0\n" if ":" in h.address else
            f"addr add {h.address}/24 dev eth0\n" for h in self.hosts))
        self._write_hosts()
        self._make_certificates()
        start_nginx(lab, {"image": image_bytes}, lab.path("nginx-access.log"))
        self._start_caddy()
        self._write_page("tls.html", "")
        self._write_page("quic.html", f":{QUIC_PORT}")

    def _write(self, name, text):
        with open(self._lab.path(name), "w", encoding="utf-8") as file:
            file.write(text)

    def _write_hosts(self):
        """What lies above /etc for clients."""
        os.mkdir(self._lab.path("etc"))
        self._write("etc/hosts", "127.0.0.1 localhost\n" +
                    "".join(f"{host.address} {host.name}\n" for host in self.hosts))
        self._write("etc/nsswitch.conf", "hosts: files\n")
        self._write("etc/resolv.conf", "")

    def _write_page(self, name, port):
        images = "".join(f'<img src="https://{h.name}{port}/image">\n' for h in self.hosts)
        self._write(f"www/{name}", f"<!DOCTYPE html><title>{name}</title>\n{images}")

    def _make_certificates(self):
        """An authority, and its certificate for all names: what a browser takes for good."""
        path = self._lab.path
        request = ("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                   "ec_paramgen_curve:P-256", "-nodes", "-days", "2")
        output(*request, "-subj", "/CN=lab authority", "-keyout", path("ca-key.pem"), "-out",
               path("ca.pem"))
        names = ",".join(f"DNS:*.{domain}" for domain in DOMAINS)
        output(*request, "-subj", "/CN=lab server", "-CA", path("ca.pem"), "-CAkey",
               path("ca-key.pem"), "-addext", "basicConstraints=critical,CA:FALSE", "-addext",
               f"subjectAltName={names}", "-keyout", path("key.pem"), "-out", path("cert.pem"))

    def _start_caddy(self):
        """A socket for each address: from a common one it would answer by another."""
        self._write("Caddyfile", CADDY.format(
            dir=self._lab.directory, port=QUIC_PORT,
            addresses=" ".join(host.address for host in self.hosts)))
        caddy = self._lab.start(self._lab.server, "caddy", "caddy", "run", "--adapter", "caddyfile",
                                "--config", self._lab.path("Caddyfile"),
                                env={"HOME": self._lab.directory})
        wait_listening(self._lab.server, "udp", QUIC_PORT, caddy, len(self.hosts))

    def alone(self, *command):
        """The command, with the names in its /etc/hosts and no DNS server: nothing but the
        connection tells the name, and what else is looked up fails at once."""
        return ("unshare", "--mount", "sh", "-c",
                'mount -t overlay -o "lowerdir=$0:/etc" lab /etc && exec "$@"',
                self._lab.path("etc"), *command)

    def _log(self, name):
        path = self._lab.path(name)
        if not os.path.exists(path):
            return []
        with open(path, encoding="utf-8") as log:
            return [line for line in log if line.endswith("\n")]

    def _flows(self, requests):
        """As named_flows has them: a client's port may be in use towards several servers."""
        return {(address, int(port), self.by_name[name].address)
                for address, port, name in requests}

    def tls_flows(self):
        """{(client's address, port, address of the host that its hello named)}, of those that
        asked nginx for something."""
        return self._flows(line.split() for line in self._log("nginx-access.log"))

    def quic_flows(self):
        """The same of caddy and HTTP/3."""
        requests = (json.loads(line)["request"] for line in self._log("caddy-access.log"))
        return self._flows((r["remote_ip"], r["remote_port"], r["host"].split(":")[0])
                           for r in requests if r["proto"] == "HTTP/3.0")
