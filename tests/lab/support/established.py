# SPDX-License-Identifier: Apache-2.0
"""Many flows that stay open and say little: the kind that a flood makes the router forget."""

import selectors
import socket
import struct
import threading
import time

from lab.processes import wait_for

MESSAGE = 8
ANSWER = b"answered"
FIRST_PORT = 20_000  # of the clients
PATIENCE = 30  # seconds
TICK = 0.01
QUIET = 5  # seconds without an answer: the rest is lost
# What waits while our thread has no CPU, of all flows at the server's one socket, of one flow.
SERVER_BYTES, CLIENT_BYTES = 16 << 20, 1 << 20
AT_ONCE = 0.1  # of the flows speak before answers are read
TOTAL_RETRANS = 100  # offset in struct tcp_info
SO_SNDBUFFORCE, SO_RCVBUFFORCE = 32, 33  # which the module lacks


def retransmitted(tcp):
    info = tcp.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, TOTAL_RETRANS + 4)
    return struct.unpack_from("=I", info, TOTAL_RETRANS)[0]


def set_dscp(sock, dscp):
    if sock.family == socket.AF_INET:
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, dscp << 2)
    else:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS, dscp << 2)


def make_room(sock, size):
    """Of datagrams, in both directions, beyond what the system allows."""
    for option in (SO_RCVBUFFORCE, SO_SNDBUFFORCE):
        sock.setsockopt(socket.SOL_SOCKET, option, size)


class Established:
    """Clients in `client`, one server in `server`, one thread for all of them. Each flow
    sends a short message a second, and the server returns it."""

    def __init__(self, client, server, addresses):
        self._client, self._server, self._addresses = client, server, addresses
        self._selector = selectors.DefaultSelector()
        self._over = threading.Event()
        self._speaking = threading.Lock()
        self._talking = False
        self._thread = threading.Thread(target=self._loop)
        self._failure = None
        self._tcp, self._udp, self._others = [], [], []
        self.sent = {"tcp": 0, "udp": 0}
        self.answered: dict[str, float] = {"tcp": 0, "udp": 0}
        self.lost = None  # known at the end

    def open_tcp(self, count, port, opening=b""):
        """`count` connections, half of them IPv6, from ports below `port`. `opening` is what
        each client says first; it is not answered."""
        for number, address in enumerate(self._addresses):
            listener = self._listen(address, port, socket.SOCK_STREAM)
            for i in range(count // 2):
                end = self._connect(address, port, socket.SOCK_STREAM, i)
                answering, _ = listener.accept()
                answering.settimeout(PATIENCE)
                end.sendall(opening)
                answering.recv(len(opening), socket.MSG_WAITALL)
                self._tcp.append(end)
                self._others.append(answering)
                self._watch(answering, self._echo_bytes)
                self._watch(end, self._take_bytes)

    def open_udp(self, count, port, dscp, opening=b""):
        """`count` flows of datagrams, half of them IPv6, that the client marks with `dscp`.
        `opening` as above."""
        for address in self._addresses:
            answering = self._listen(address, port, socket.SOCK_DGRAM)
            answering.settimeout(PATIENCE)
            make_room(answering, SERVER_BYTES)
            for i in range(count // 2):
                end = self._connect(address, port, socket.SOCK_DGRAM, i)
                make_room(end, CLIENT_BYTES)
                set_dscp(end, dscp)
                if opening:
                    end.send(opening)
                    answering.recv(len(opening))
                self._udp.append(end)
                self._watch(end, self._take_datagram)
            self._watch(answering, self._echo_datagram)

    def answer_openings(self, opening):
        """Each client of datagrams says it once more, as one does that has no answer, and gets
        one. Before start()."""
        servers = {s.family: s for s in self._others if s.type == socket.SOCK_DGRAM}
        for end in self._udp:
            end.send(opening)
            _, client = self._receive(servers[end.family])
            servers[end.family].sendto(ANSWER, client)
            self._receive(end)

    @staticmethod
    def _receive(sock):
        sock.settimeout(PATIENCE)
        received = sock.recvfrom(65536)
        sock.setblocking(False)
        return received

    def _listen(self, address, port, kind):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        listener = self._server.socket(family, kind)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        if kind == socket.SOCK_STREAM:
            listener.listen(128)
        self._others.append(listener)
        return listener

    def _connect(self, address, port, kind, number):
        end = self._client.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, kind)
        end.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        end.bind(("", FIRST_PORT + number))
        end.settimeout(PATIENCE)
        end.connect((address, port))
        return end

    def _watch(self, sock, act):
        sock.setblocking(False)
        self._selector.register(sock, selectors.EVENT_READ, act)

    def _echo_bytes(self, sock):
        sock.sendall(sock.recv(4096))

    def _take_bytes(self, sock):
        self.answered["tcp"] += len(sock.recv(4096)) / MESSAGE

    def _echo_datagram(self, sock):
        sock.sendto(*sock.recvfrom(4096))

    def _take_datagram(self, sock):
        sock.recv(4096)
        self.answered["udp"] += 1

    def start(self):
        self._talking = True
        self._thread.start()

    def _loop(self):
        try:
            flows = [(f, "tcp") for f in self._tcp] + [(f, "udp") for f in self._udp]
            at_once = max(1, int(len(flows) * AT_ONCE))
            start, said = time.monotonic(), 0
            while not self._over.is_set():
                due = int((time.monotonic() - start) * len(flows))
                said = self._speak(flows, said, min(due, said + at_once))
                self._read()
        except OSError as error:  # a connection that broke: end() raises it
            self._failure = error

    def _speak(self, flows, said, until):
        """The messages of these numbers, unless it is over; returns the next one's."""
        with self._speaking:
            while said < until and self._talking:
                sock, kind = flows[said % len(flows)]
                sock.sendall(struct.pack("=Q", said))
                self.sent[kind] += 1
                said += 1
        return said

    def _read(self):
        """All that has arrived, or does in a moment: after a standstill much is due, and is not
        to be on its way all at once."""
        patience = TICK
        while ready := self._selector.select(patience):
            for key, _ in ready:
                key.data(key.fileobj)
            patience = 0

    def rounds(self, count):
        """Waits until each flow has spoken `count` times more."""
        wanted = sum(self.sent.values()) + count * (len(self._tcp) + len(self._udp))
        wait_for(lambda: self._failure or sum(self.sent.values()) >= wanted, 30 + 10 * count,
                 "the flows to speak")

    def end(self):
        """Lets what is on its way arrive. Raises if a connection broke or is not answered."""
        with self._speaking:  # after this `sent` is what was sent
            self._talking = False
        try:
            wait_for(lambda: self._failure or self.answered["tcp"] == self.sent["tcp"], 60,
                     "every message of a connection to be answered")
            self._await_datagrams()
        finally:
            self._over.set()
            self._thread.join()
        if self._failure:
            raise self._failure
        self.lost = self._count_lost()

    def _await_datagrams(self):
        """Until all are answered, or none has been for a while: of looks, not of time, which
        passes in a standstill too."""
        answered, looks = self.answered["udp"], 0
        while answered < self.sent["udp"] and looks < QUIET / TICK and not self._failure:
            time.sleep(TICK)
            looks = looks + 1 if answered == self.answered["udp"] else 0
            answered = self.answered["udp"]

    def _count_lost(self):
        """Datagrams (or their answers) that did not arrive, and segments sent again."""
        again = sum(retransmitted(s) for s in self._tcp)
        again += sum(retransmitted(s) for s in self._others
                     if s.type == socket.SOCK_STREAM and s.getsockopt(
                         socket.SOL_SOCKET, socket.SO_ACCEPTCONN) == 0)
        return self.sent["udp"] - self.answered["udp"] + again

    def close(self):
        """Without a word of farewell: connections are reset, for the ports to be free."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()
        for sock in self._tcp + self._udp + self._others:
            if sock.type == socket.SOCK_STREAM:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            sock.close()
        self._tcp, self._udp, self._others = [], [], []
        self._selector.close()
