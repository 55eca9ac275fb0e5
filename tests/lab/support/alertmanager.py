# SPDX-License-Identifier: Apache-2.0
"""A real Alertmanager in a namespace of a lab, and the webhook that it calls."""

import http.server
import json
import socket
import threading

from .prometheus import ask, get, wait_ready

PORT = 9093


class Webhook:
    """Keeps every body that it is sent, with the path that it came to."""

    def __init__(self, lab, namespace):
        self._lock = threading.Lock()
        self._bodies = []
        hook = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with hook._lock:
                    hook._bodies.append((self.path, body))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                """Not on the test's output."""

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler,
                                                 bind_and_activate=False)
        server.socket.close()
        server.socket = namespace.call(lambda: socket.create_server(("127.0.0.1", 0)))
        self.address = "127.0.0.1:%d" % server.socket.getsockname()[1]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        lab.at_end(server.server_close)
        lab.at_end(server.shutdown)

    def alerts(self, path=None, **wanted):
        """Of the bodies (that came to `path`): the alerts with these labels or this status."""
        with self._lock:
            bodies = list(self._bodies)
        return [alert for where, body in bodies if path in (None, where)
                for alert in body["alerts"]
                if wanted.items() <= {**alert["labels"], "status": alert["status"]}.items()]


class Alertmanager:
    """Started with the text of its configuration; ready when made."""

    def __init__(self, lab, namespace, config):
        self._namespace = namespace
        path = lab.path("alertmanager.yml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(config)
        self.process = lab.start(
            namespace, "alertmanager", "prometheus-alertmanager", f"--config.file={path}",
            f"--storage.path={lab.path('alertmanager')}", "--cluster.listen-address=",
            f"--web.listen-address=127.0.0.1:{PORT}", "--log.level=warn")
        wait_ready(namespace, PORT, self.process)

    def take(self, *alerts):
        """As from a Prometheus: each by its labels."""
        status, said = ask(self._namespace, PORT, "POST", "/api/v2/alerts",
                           json.dumps([{"labels": labels} for labels in alerts]))
        if status != 200:
            raise AssertionError(f"Alertmanager does not take {alerts}: {status} {said}")

    def inhibited(self):
        """Names of the alerts that are held back on behalf of others."""
        _, alerts = get(self._namespace, PORT, "/api/v2/alerts")
        return {a["labels"]["alertname"] for a in alerts if a["status"]["inhibitedBy"]}
