# SPDX-License-Identifier: Apache-2.0
"""Processes that we start, and end by their own id."""

import os
import signal
import subprocess
import time


class LabError(Exception):
    """Something of the lab itself did not work; the text is for people."""


def output(*command, check=True, timeout=60, text=None):
    """Runs `command` to its end and returns its standard output."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, input=text)
    if check and done.returncode != 0:
        raise LabError(f"{' '.join(command)}: exit {done.returncode}\n{done.stderr}{done.stdout}")
    return done.stdout


class Process:
    """A process in the background. Its output goes to a log that outlives it.

    It leads a session of its own: Ctrl-C in the terminal does not reach it before
    us, and what it starts ends with it. Should we be killed the kernel ends it;
    that guard watches the thread that started it, so use the main thread.
    """

    def __init__(self, name, command, log_dir, netns=None, env=None, stdout=None):
        self.name = name
        self.log_path = os.path.join(log_dir, f"{name}.log")
        guard = ["setpriv", "--pdeathsig", "TERM"]
        enter = ["nsenter", f"--net={netns}"] if netns else []
        with open(self.log_path, "wb") as log:
            self._process = subprocess.Popen(
                guard + enter + list(command), stdin=subprocess.DEVNULL, stdout=stdout or log,
                stderr=log, start_new_session=True,
                env=None if env is None else {**os.environ, **env})
        self.pid = self._process.pid
        self.stdout = self._process.stdout

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as log:
            return log.read()

    @property
    def returncode(self):
        return self._process.poll()

    def running(self):
        return self._process.poll() is None

    def expect_running(self):
        if not self.running():
            raise LabError(f"{self.name} ended with {self.returncode}:\n{self.log()}")

    def wait(self, timeout):
        """Waits for the end and returns the exit status."""
        try:
            return self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise LabError(f"{self.name} still runs after {timeout} s:\n{self.log()}") from None

    def wait_log(self, text, timeout=60):
        wait_for(lambda: text in self.log() or self.expect_running(), timeout,
                 f"{self.name} to say '{text}'")

    def send(self, number):
        """Signals it and what it started."""
        if self.running():
            os.killpg(self.pid, number)

    def stop(self, number=signal.SIGTERM, timeout=60):
        """Ends it, by force if need be. Returns the exit status."""
        self.send(number)
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.send(signal.SIGKILL)
            self._process.wait()
        if self.stdout:
            self.stdout.close()
        return self._process.returncode


def wait_for(condition, timeout, what):
    """Polls until `condition()` is true; its value is returned."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise LabError(f"waited {timeout} s in vain for {what}")
        time.sleep(0.02)
