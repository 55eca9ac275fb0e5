#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A hundred clients of the metrics that never speak and a hundred that never read, and as many as
may be of the control socket, beside scrapes: reloads, learning and scrapes go on, and the silent
hold nothing for long."""

import socket
import threading
import unittest

from support import FLOWMARK, main, proved
from support.said_names import dns_query
from lab.agent import METRICS_PORT
from lab.edge import SERVER4, EdgeLab
from lab.processes import wait_for
from lab.traffic import start_dnsmasq

SLOW = 100  # of each kind
CONTROL = 15  # of the 16 that are served at a time
ROUNDS = 100
REQUEST = b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"

POLICY = """
interfaces:
  - name: "lan*"
  - name: "wan*"
classes:
  - {{ name: first, dscp: EF }}
  - {{ name: second, dscp: AF41 }}
rules:
  - {{ class: {chosen}, host: "*.work.example.test" }}
"""


class SlowReaders(unittest.TestCase):
    def setUp(self):
        self.lab = self.enterContext(EdgeLab("slow-readers"))
        start_dnsmasq(self.lab)
        self.agent = self.lab.agent(self.lab.edge, FLOWMARK, POLICY.format(chosen="first"))
        self.over = threading.Event()
        self.came = 0

    def crowd(self, size, connect):
        """Who is gone comes again, until all is over."""
        clients = []
        try:
            while not self.over.wait(0.01):
                clients = [client for client in clients if not self.has_ended(client)]
                while len(clients) < size and not self.over.is_set():
                    clients.append(connect(len(clients)))
                    self.came += 1
        finally:
            for client in clients:
                client.close()

    def open(self, family, address, request=b""):
        client = socket.socket(family, socket.SOCK_STREAM)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        client.settimeout(20)
        client.connect(address)
        client.sendall(request)
        client.setblocking(False)
        return client

    def crowd_metrics(self):
        def connect(number):
            return self.open(socket.AF_INET, ("127.0.0.1", METRICS_PORT),
                             REQUEST if number % 2 else b"")
        self.lab.edge.call(lambda: self.crowd(2 * SLOW, connect))

    def crowd_control(self):
        self.crowd(CONTROL, lambda _: self.open(socket.AF_UNIX, self.agent.control))

    @staticmethod
    def has_ended(client):
        """Without reading: an answer stays where it is."""
        try:
            ended = not client.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError:
            ended = True
        if ended:
            client.close()
        return ended

    def look_up(self, number):
        with self.lab.client.socket(socket.AF_INET, socket.SOCK_DGRAM) as dns:
            dns.settimeout(10)
            dns.sendto(dns_query(f"a{number}.work.example.test"), (SERVER4, 53))
            dns.recv(512)

    def test_reloads_learning_and_scrapes_go_on(self):
        before = self.agent.metrics()
        crowds = [threading.Thread(target=crowd)
                  for crowd in (self.crowd_metrics, self.crowd_control)]
        for crowd in crowds:
            crowd.start()
            self.addCleanup(crowd.join)
        self.addCleanup(self.over.set)
        wait_for(lambda: self.came >= 2 * SLOW + CONTROL, 60, "the crowd")
        for number in range(ROUNDS):
            self.agent.reload(POLICY.format(chosen=("second", "first")[number % 2]))
            self.look_up(number)
            wait_for(lambda: self.agent.metrics().one("flowmark_dns_total", what="bindings")
                     > before.one("flowmark_dns_total", what="bindings") + number, 20, "a name")
        after = self.agent.metrics()
        self.assertEqual(after.one("flowmark_config_reloads_total", result="success"), ROUNDS)
        self.assertLess(after.one("process_open_fds"), before.one("process_open_fds") + 40)
        self.over.set()
        for crowd in crowds:
            crowd.join()
        self.assertEqual(self.agent.stop(), 0)
        proved(f"beside {self.came} clients that never spoke or never read: {ROUNDS} reloads and "
               f"{ROUNDS} names learned, each seen by a scrape")


if __name__ == "__main__":
    main()
