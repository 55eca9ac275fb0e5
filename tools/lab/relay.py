# SPDX-License-Identifier: Apache-2.0
"""Makes a TCP port inside a namespace reachable on the host's loopback."""

import socket
import threading


class Relay:
    """Listens on 127.0.0.1 of the host, at `port` or the next free one after it,
    and hands every connection on to 127.0.0.1:`port` inside `namespace`."""

    TRIES = 50

    def __init__(self, namespace, port):
        self._namespace = namespace
        self._target = ("127.0.0.1", port)
        self._listener = self._listen(port)
        self.address = "127.0.0.1:%d" % self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _listen(self, port):
        for candidate in [*range(port, port + self.TRIES), 0]:
            try:
                return socket.create_server(("127.0.0.1", candidate))
            except OSError:
                continue
        raise OSError("no free port on loopback")

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection:
            try:
                inside = self._namespace.call(
                    lambda: socket.create_connection(self._target, timeout=10))
            except OSError:
                return
            with inside:
                back = threading.Thread(target=_copy, args=(inside, connection), daemon=True)
                back.start()
                _copy(connection, inside)
                back.join()

    def close(self):
        self._listener.close()


def _copy(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass
