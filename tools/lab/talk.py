#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Small requests and replies, for applications that the lab has no program for:
a keystroke and its echo, a game's state updates, a video call's packets.

  talk.py serve  PROTOCOL:PORT:REPLY_BYTES[:TOS] ...
  talk.py call   PROTOCOL ADDRESS PORT REQUEST_BYTES INTERVAL_SECONDS [TOS]

TOS is the whole byte, DSCP and ECN. A caller goes on until it is ended.
"""

import selectors
import socket
import sys
import time

IPV6_TCLASS = 67


def set_tos(sock, tos):
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, tos)
    if sock.family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, IPV6_TCLASS, tos)


def kind_of(protocol):
    return {"udp": socket.SOCK_DGRAM, "tcp": socket.SOCK_STREAM}[protocol]


def listen(protocol, port, tos):
    """A socket for both families."""
    sock = socket.socket(socket.AF_INET6, kind_of(protocol))
    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    set_tos(sock, tos)
    sock.bind(("::", port))
    if protocol == "tcp":
        sock.listen()
    return sock


def serve(*services):
    selector = selectors.DefaultSelector()

    def answer_datagram(sock, reply):
        _, peer = sock.recvfrom(65536)
        sock.sendto(reply, peer)

    def answer_stream(sock, reply):
        try:
            alive = sock.recv(65536)
        except OSError:
            alive = b""
        if alive:
            sock.sendall(reply)
        else:
            selector.unregister(sock)
            sock.close()

    def accept(sock, reply):
        connection, _ = sock.accept()
        selector.register(connection, selectors.EVENT_READ, (answer_stream, reply))

    for service in services:
        protocol, port, size, tos = (service.split(":") + ["0"])[:4]
        sock = listen(protocol, int(port), int(tos))
        handler = answer_datagram if protocol == "udp" else accept
        selector.register(sock, selectors.EVENT_READ, (handler, bytes(int(size))))
    print("serving", flush=True)
    while True:
        for key, _ in selector.select():
            handler, reply = key.data
            handler(key.fileobj, reply)


def call(protocol, address, port, size, interval, tos="0"):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.socket(family, kind_of(protocol))
    set_tos(sock, int(tos))
    if protocol == "tcp":
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.connect((address, int(port)))
    sock.settimeout(float(interval))
    due = time.monotonic()
    while True:
        sock.send(bytes(int(size)))
        try:
            sock.recv(65536)
        except TimeoutError:
            pass
        due += float(interval)
        time.sleep(max(0, due - time.monotonic()))


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(*sys.argv[2:])
    else:
        call(*sys.argv[2:])
