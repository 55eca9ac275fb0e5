# SPDX-License-Identifier: Apache-2.0
"""The applications of the demo: real programs where Debian has them.

Rates are bounded so that two cores carry it all. Clients repeat until they are
stopped; each round ends by itself within seconds.
"""

import os
from typing import NamedTuple

from .edge import CLIENT4, CLIENT6, SERVER4, SERVER6
from .packets import ICMP, ICMPV6, TCP, UDP
from .processes import output, wait_for

TALK = os.path.join(os.path.dirname(os.path.abspath(__file__)), "talk.py")
PYTHON = "/usr/bin/python3"
SIPP_MEDIA = "/usr/share/sip-tester"

ECT0, ECT1 = 2, 1


class Application(NamedTuple):
    """What the receivers should see of one application under the policy in
    deploy/home-office.yaml. Written down here, not read from the policy: a
    change of the policy that nobody meant shows."""

    title: str
    class_name: str
    dscp: int
    protocols: tuple
    port: range  # of the server's end


def _port(first, last=None):
    return range(first, (last or first) + 1)


APPLICATIONS = (
    Application("RTP, sipp", "voice", 46, (UDP,), _port(16400, 16499)),
    Application("own-marked phone", "voice", 46, (UDP,), _port(12000)),
    Application("SIP, sipp", "signalling", 40, (UDP,), _port(5060)),
    Application("video call", "video", 34, (UDP,), _port(8801)),
    Application("game", "gaming", 32, (UDP,), _port(27015)),
    Application("keystrokes", "interactive", 18, (TCP,), _port(22)),
    Application("DNS, dig", "network", 16, (UDP,), _port(53)),
    Application("ping", "network", 16, (ICMP, ICMPV6), _port(0)),
    Application("HTTP, curl", "web", 0, (TCP,), _port(80)),
    Application("HTTPS, curl", "web", 0, (TCP,), _port(443)),
    Application("backup, iperf3", "bulk", 1, (TCP,), _port(873)),
    Application("speed test, iperf3", "default", 0, (TCP,), _port(5201)),
)

NGINX = """
daemon off;
worker_processes 1;
user root;
pid {dir}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 256; }}
http {{
    log_format names '$remote_addr $remote_port $ssl_server_name';
    access_log {access_log};
    client_body_temp_path {dir}/nginx-body;
    proxy_temp_path {dir}/nginx-proxy;
    fastcgi_temp_path {dir}/nginx-fastcgi;
    uwsgi_temp_path {dir}/nginx-uwsgi;
    scgi_temp_path {dir}/nginx-scgi;
    server {{
        listen 80;
        listen [::]:80;
        listen 443 ssl;
        listen [::]:443 ssl;
        ssl_certificate {dir}/cert.pem;
        ssl_certificate_key {dir}/key.pem;
        root {dir}/www;
    }}
}}
"""


def _make_certificate(lab):
    output("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
           "-nodes", "-days", "2", "-subj", "/CN=www.example.test", "-keyout", lab.path("key.pem"),
           "-out", lab.path("cert.pem"))


def start_nginx(lab, sizes, access_log="off"):
    """nginx on the server, with a file of each size ({name: bytes}). An `access_log` gets a line
    of each request: the client's address and port, and the name in its hello. The certificate is
    the lab's cert.pem and key.pem, made here if they are not there."""
    os.makedirs(lab.path("www"), exist_ok=True)
    for name, size in sizes.items():
        with open(os.path.join(lab.path("www"), name), "wb") as file:
            file.write(os.urandom(size))
    if not os.path.exists(lab.path("cert.pem")):
        _make_certificate(lab)
    if access_log != "off":
        access_log += " names"
    with open(lab.path("nginx.conf"), "w", encoding="utf-8") as file:
        file.write(NGINX.format(dir=lab.directory, access_log=access_log))
    nginx = lab.start(lab.server, "nginx", "nginx", "-e", "stderr", "-c", lab.path("nginx.conf"))
    wait_listening(lab.server, "tcp", 80, nginx)
    return nginx


def start_dnsmasq(lab):
    dnsmasq = lab.start(lab.server, "dnsmasq", "dnsmasq", "--no-daemon", "--conf-file=/dev/null",
                        "--no-resolv", "--no-hosts", "--user=root", "--pid-file=",
                        f"--address=/example.test/{SERVER4}", f"--address=/example.test/{SERVER6}")
    wait_listening(lab.server, "udp", 53, dnsmasq)


def wait_listening(namespace, protocol, port, process, count=1):
    """Waits until `count` sockets listen on the port, one of them of `process`."""
    def listening():
        process.expect_running()
        sockets = namespace.run("ss", "-Hnl", f"--{protocol}", f"sport = :{port}")
        return len(sockets.splitlines()) >= count
    wait_for(listening, 60, f"{process.name} to listen on {protocol} port {port}")


def wait_closed(port, *namespaces):
    """Waits until the connections of the port are closed at both ends, and all that was sent in
    them has arrived."""
    def closed(namespace):
        states = namespace.run("ss", "-Htn", f"sport = :{port} or dport = :{port}")
        return all(line.startswith("TIME-WAIT") for line in states.splitlines())
    wait_for(lambda: all(map(closed, namespaces)), 60, f"the connections of port {port} to end")


def start_servers(lab):
    start_nginx(lab, {"page": 40_000, "photo": 400_000})
    start_dnsmasq(lab)
    for port in (873, 5201):
        for count, address in enumerate((SERVER4, SERVER6), 1):  # one serves one client at a time
            iperf = lab.start(lab.server, f"iperf3-{port}-{count}", "iperf3", "-s", "-B", address,
                              "-p", str(port))
            wait_listening(lab.server, "tcp", port, iperf, count)
    talk = lab.start(lab.server, "talk", PYTHON, TALK, "serve", f"udp:8801:1100:{ECT1}",
                     f"udp:27015:180:{ECT0}", "udp:12000:160", "tcp:22:64")
    talk.wait_log("serving")
    _sipp_folder(lab)
    for count, host, media in ((1, SERVER4, 16400), (2, f"[{SERVER6}]", 16450)):
        uas = lab.start(lab.server, f"sipp-{media}", "env", "-C", lab.directory, "sipp", "-sn",
                        "uas", "-i", host, "-p", "5060", "-mi", host.strip("[]"), "-mp",
                        str(media), "-rtp_echo", "-nostdin")
        wait_listening(lab.server, "udp", 5060, uas, count)


def _sipp_folder(lab):
    """sipp's built-in scenarios name their recordings below pcap/."""
    if not os.path.exists(lab.path("pcap")):
        os.symlink(SIPP_MEDIA, lab.path("pcap"))


def start_clients(lab):
    """Starts every client, both families. Returns their processes."""
    started = []
    for server, host in ((SERVER4, SERVER4), (SERVER6, f"[{SERVER6}]")):
        started += _start_calls(lab, server, host)
        started += _start_talkers(lab, server)
        started += _start_web(lab, host)
        started += _start_transfers(lab, server)
    return started


def _start_calls(lab, server, host):
    family = 6 if ":" in server else 4
    own = f"[{CLIENT6}]" if family == 6 else CLIENT4
    return [lab.start(lab.client, f"sipp{family}", "env", "-C", lab.directory, "sipp", "-sn",
                      "uac_pcap", "-i", own, "-p", "5060", "-mi", own.strip("[]"), "-mp", "20000",
                      "-r", "1", "-rp", "2000", "-l", "2", "-m", "1000000", "-nostdin",
                      f"{host}:5060")]


def _start_talkers(lab, server):
    def caller(namespace, name, *arguments):
        return lab.start(namespace, f"{name}-{server}", PYTHON, TALK, "call", *map(str, arguments))

    return [
        caller(lab.client, "video", "udp", server, 8801, 1100, 0.01, ECT1),
        caller(lab.client, "ssh", "tcp", server, 22, 48, 0.08),
        caller(lab.client2, "game", "udp", server, 27015, 90, 0.03, ECT0),
        caller(lab.client2, "phone", "udp", server, 12000, 160, 0.02, 46 << 2),
    ]


def _start_web(lab, host):
    family = 6 if ":" in host else 4
    address = host.strip("[]")
    fetch = (f"while :; do curl -sk --max-time 5 -o /dev/null http://{host}/page -o /dev/null "
             f"https://{host}/page; sleep 0.3; "
             f"curl -sk --max-time 5 --limit-rate 500k -o /dev/null https://{host}/photo; done")
    ask = (f"while :; do dig +tries=1 +time=2 @{address} www.example.test A "
           f"www.example.test AAAA >/dev/null; sleep 0.2; done")
    return [
        lab.start(lab.client, f"curl{family}", "sh", "-c", fetch),
        lab.start(lab.client, f"dig{family}", "sh", "-c", ask),
        lab.start(lab.client2, f"ping{family}", "ping", "-q", "-i", "0.2", address),
    ]


def _start_transfers(lab, server):
    """Both directions at once, 4 Mbit/s each."""
    family = 6 if ":" in server else 4

    def transfer(namespace, name, port):
        rounds = f"while :; do iperf3 -c {server} -p {port} -t 10 --bidir -b 4M; sleep 0.2; done"
        return lab.start(namespace, f"{name}{family}", "sh", "-c", rounds)

    return [transfer(lab.client2, "backup", 873), transfer(lab.client, "speedtest", 5201)]
