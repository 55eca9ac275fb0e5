# SPDX-License-Identifier: Apache-2.0
"""The agent in a namespace, and its four ways of being asked."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess

from .processes import LabError, wait_for

METRICS_PORT = 19735


class Agent:
    """`flowmark run` in a namespace, with its own config and control socket."""

    _number = 0

    def __init__(self, namespace, binary, directory, policy, hook=None, arguments=(), pins="off",
                 wrapper=()):
        """`policy` is the text of the policy file. Without `pins` (a folder on a
        bpffs) nothing outlives the agent. `wrapper` is a command that runs it.
        Returns when the agent is ready."""
        Agent._number += 1
        self.namespace = namespace
        self.binary = os.path.abspath(binary)
        self.config = os.path.join(directory, f"flowmark-{Agent._number}.yaml")
        self.control = os.path.join(directory, f"control-{Agent._number}.sock")
        self.write(policy)
        hook_arguments = ("--hook", hook) if hook else ()
        self._command = (
            *wrapper, self.binary, "run", "--config", self.config, "--control", self.control,
            "--metrics", f"127.0.0.1:{METRICS_PORT}", "--pins", pins, *hook_arguments, *arguments)
        self._starts = 0
        self.start()
        self.wait_ready()

    def start(self):
        """Again, after the agent has ended; does not wait until it is ready."""
        self._starts += 1
        self.process = self.namespace.start(f"flowmark-{self._number}-{self._starts}",
                                            *self._command)

    def wait_ready(self):
        def ready():
            self.process.expect_running()
            try:
                return self.http("/-/ready")[0] == 200
            except OSError:
                return False
        # Under an emulator the verifier alone takes a minute.
        wait_for(ready, 300, "the agent to be ready")

    def write(self, policy):
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(policy)

    def command(self, name, *arguments):
        """Runs `flowmark NAME`; returns its exit status, output and errors."""
        done = subprocess.run([self.binary, name, "--control", self.control, *arguments],
                              capture_output=True, text=True, timeout=60)
        return done.returncode, done.stdout, done.stderr

    def json(self, name, *arguments):
        status, out, errors = self.command(name, "-o", "json", *arguments)
        if status != 0:
            raise LabError(f"flowmark {name}: exit {status}\n{errors}")
        return json.loads(out)

    def attached(self):
        """Its interfaces that have their programs."""
        return {r["interface"] for r in self.json("status")["interfaces"] if r["attached"]}

    def ask(self, command):
        """Speaks with the control socket itself; returns the whole answer."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as control:
            control.settimeout(60)
            control.connect(self.control)
            control.sendall(json.dumps({"command": command}).encode() + b"\n")
            answer = b""
            while chunk := control.recv(65536):
                answer += chunk
        return json.loads(answer)

    def reload(self, policy=None):
        """Reloads, with a new policy if given. Raises when it is refused."""
        if policy is not None:
            self.write(policy)
        status, _, errors = self.command("reload")
        if status != 0:
            raise LabError(f"flowmark reload: exit {status}\n{errors}")

    def http(self, path):
        """Status and body of a GET from inside the namespace."""
        connection = http.client.HTTPConnection("127.0.0.1", METRICS_PORT, timeout=60)
        connection.sock = self.namespace.call(
            lambda: socket.create_connection(("127.0.0.1", METRICS_PORT), 60))
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def metrics(self):
        """Every sample, by its name and sorted labels."""
        return parse_metrics(self.http("/metrics")[1])

    def stop(self, number=signal.SIGTERM):
        return self.process.stop(number)


SAMPLE = re.compile(r"^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"')


class Samples(dict):
    """{(name, ((label, value), ...)): number}, labels sorted."""

    def find(self, name, **labels):
        """The samples of `name` that carry all `labels`."""
        wanted = set(labels.items())
        return {key: value for key, value in self.items()
                if key[0] == name and wanted <= set(key[1])}

    def total(self, name, **labels):
        return sum(self.find(name, **labels).values())

    def one(self, name, **labels):
        found = self.find(name, **labels)
        if len(found) != 1:
            raise LabError(f"{len(found)} samples of {name}{labels}, expected one")
        return next(iter(found.values()))


def parse_metrics(text):
    samples = Samples()
    for line in text.splitlines():
        if match := SAMPLE.match(line):
            labels = tuple(sorted(LABEL.findall(match[2] or "")))
            samples[match[1], labels] = float(match[3])
    return samples
