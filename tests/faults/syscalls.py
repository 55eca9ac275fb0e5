#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""System calls that fail while the agent starts, takes over and reloads, one at a time, by strace:
it says what failed and ends, keeps the policy in force, or does without; no packet is lost, none
is unmarked once marking has begun, and nothing is left.

  syscalls.py [--rounds N] [--rate PACKETS_PER_SECOND]   FLOWMARK_FAULTS_ROUNDS: failures of each
                                                         kind of call and occasion; 3
FLOWMARK_FAULTS_SYSCALLS=all: every call of every kind, each once.
"""

import collections
import itertools
import os
import re
import signal
import subprocess
import time
import unittest

from support import FLOWMARK, main, proved
from support.blast import Blast
from support.options import fault_options
from support.pins import Pins
from support.remains import Remains
from support.two_policies import (EF, FIRST, SECOND, expect_all_arrived, expect_all_counted,
                                  expect_all_marked, swap)
from lab.edge import INTERFACES, EdgeLab
from lab.processes import LabError, output, wait_for

PATIENCE = 60  # seconds; a liveness bound
CI_ROUNDS = 3
SWEEP = os.environ.get("FLOWMARK_FAULTS_SYSCALLS") == "all"

# Calls that fail alike, and how. What a kernel may really say: no memory, no room on the BPF
# file system, not allowed, a limit reached, netlink messages lost.
LISTING = "recvfrom,recvmsg,sendto,sendmsg"
KINDS = {
    "bpf": ("ENOMEM", "EPERM", "E2BIG", "ENOSPC"),
    "mkdir,rename,flock,rmdir,unlink": ("ENOSPC", "EROFS", "EACCES"),
    LISTING: ("ENOBUFS", "ENOMEM"),
    "socket,bind,listen,epoll_create1,epoll_ctl,signalfd4,timerfd_create": ("EMFILE", "ENOMEM"),
    "mmap": ("ENOMEM",),
}
# A sanitizer's own allocator ends the program when mmap fails (tools/ci/asan.sh).
if os.environ.get("FLOWMARK_SANITIZED"):
    del KINDS["mmap"]
COMPLAINT = r"(?i)error|cannot|failed"
RELOADING = {"bpf": KINDS["bpf"], "openat,newfstatat,fstat,read": ("EMFILE", "EIO", "ENOMEM")}


def spread(count):
    """Which of `count` calls are to fail."""
    rounds = count if SWEEP else OPTIONS.rounds
    return sorted({1 + count * n // rounds for n in range(rounds)} - {count + 1})


class Syscalls(unittest.TestCase):
    def setUp(self):
        self.lab = self.enterContext(EdgeLab("syscalls"))
        self.pins = Pins(self.lab, self.lab.edge)
        self.remains = Remains(self.lab, self.pins)
        self.trace, self.how = self.lab.path("trace"), self.lab.path("how.sh")
        self.start_under()
        self.agent = self.lab.agent(self.lab.edge, FLOWMARK, FIRST, pins=self.pins.path,
                                    wrapper=("sh", self.how))
        self.outcomes = collections.Counter()

    def start_under(self, *tracer):
        """What the next start runs under. strace is no parent of it, and ends with it."""
        with open(self.how, "w", encoding="ascii") as file:
            file.write(f'exec {" ".join(tracer)} "$@"\n')

    def strace(self, calls, inject=""):
        return ("strace", "-DD", "-f", "--seccomp-bpf", "-o", self.trace, "-e", f"trace={calls}",
                *(("-e", f"inject={calls}:{inject}") if inject else ()))

    def end(self):
        self.remains.note(self.agent)
        self.agent.stop()

    def calls_of_a_start(self, calls):
        self.start_under(*self.strace(calls))
        self.agent.start()
        self.agent.wait_ready()
        self.end()
        self.wait_untraced()
        return self.traced_calls()

    def wait_untraced(self):
        """strace writes its last line, that the process has ended, when it has."""
        def ended():
            with open(self.trace, encoding="utf-8", errors="replace") as file:
                return re.search(rf"^{self.agent.process.pid} +\+\+\+", file.read(), re.M)
        wait_for(ended, PATIENCE, "strace to end")

    def start_failing(self, calls, error, when):
        """It gets ready, or ends and says why. Whether it is ready."""
        self.start_under(*self.strace(calls, f"error={error}:when={when}"))
        self.agent.start()
        try:
            self.agent.wait_ready()
        except LabError:
            self.assertGreater(self.agent.process.wait(PATIENCE), 0, self.agent.process.log())
            self.assertRegex(self.agent.process.log(), COMPLAINT)
            self.outcomes["said why and ended"] += 1
            return False
        self.outcomes["got ready"] += 1
        return True

    def calls_of_the_loader(self, calls):
        """Before anything of ours runs."""
        output("strace", "-f", "-o", self.trace, "-e", f"trace={calls}", FLOWMARK, "--version")
        return self.traced_calls()

    def traced_calls(self):
        with open(self.trace, encoding="utf-8", errors="replace") as file:
            return len(re.findall(r"^\d+ +\w+\(", file.read(), re.M))

    def all_failures(self):
        """What was done is said at once: a sweep takes an hour."""
        for calls, errors in KINDS.items():
            loader, count = self.calls_of_the_loader(calls), self.calls_of_a_start(calls)
            self.assertGreater(count, loader, calls)
            for when, error in zip(spread(count - loader), itertools.cycle(errors)):
                yield calls, error, loader + when
                if SWEEP or OPTIONS.rounds > CI_ROUNDS:
                    print(calls, error, loader + when, dict(self.outcomes), flush=True)

    def report(self, occasion, sent):
        said = ", ".join(f"{times} {outcome}" for outcome, times in self.outcomes.items())
        proved(f"{sum(self.outcomes.values())} {occasion} with a system call that failed: {said}; "
               f"{sent} packets meanwhile, none lost")

    def take_over(self, failure):
        """Packets sent, all marked: by what was in force, or by the new agent."""
        blast = Blast(self.lab, OPTIONS.rate)
        self.start_failing(*failure)
        blast.wait_passed(100)
        self.assertNotIn("clean start", self.agent.process.log())
        self.end()
        sent, seen = blast.stop()
        expect_all_marked(self, sent, seen)
        return sent["sent"]

    def test_takeover(self):
        """What is in force goes on and counts, whatever becomes of the start."""
        self.end()
        total = 0
        for failure in self.all_failures():
            with self.subTest(failure=failure):
                total += self.take_over(failure)
            if SWEEP:  # which one it was; a start more for each
                with self.subTest(counted_after=failure):
                    self.expect_counted(total)
                self.end()
        self.expect_counted(total)
        self.remains.end(self, self.agent)
        self.report("takeovers", total)

    def expect_counted(self, total):
        """By an agent that nothing fails for."""
        self.start_under()
        self.agent.start()
        self.agent.wait_ready()
        expect_all_counted(self, self.agent, {"sent": total})

    def test_interfaces_are_listed_at_last(self):
        """Neither what was asked for first can be read, nor can it be asked for again."""
        self.end()
        self.assertTrue(self.start_failing(LISTING, "ENOMEM", 2))
        self.assertIn("cannot ask for the interfaces", self.agent.process.log())
        wait_for(lambda: self.agent.attached() == set(INTERFACES), PATIENCE, "all to be attached")
        self.remains.end(self, self.agent)
        proved(f"{len(INTERFACES)} interfaces that cannot be listed are listed later, and attached")

    def first_start(self, failure):
        """Packets sent. Of an agent that got ready all are marked from the first one on, or it
        has said what it does without."""
        blast = Blast(self.lab, OPTIONS.rate)
        ready = self.start_failing(*failure)
        log = self.agent.process.log()
        if ready:
            blast.wait_passed()  # under it
        sent, seen = blast.stop()
        self.end()
        expect_all_arrived(self, sent, seen)
        if ready:
            self.expect_marked(seen, log)
        return sent["sent"]

    def expect_marked(self, seen, log):
        self.assertLessEqual(set(seen["dscp"]), {"0", EF}, log)
        if EF not in seen["dscp"]:
            self.assertRegex(log, COMPLAINT, "ready, without a word, and nothing is marked")
            self.outcomes["of those said that nothing is marked"] += 1
        else:
            self.assertLess(seen["last_unmarked"], seen["first_marked"], log)

    def test_start(self):
        """With nothing there before: what is left of a start that failed can be detached, and
        is no hindrance to the next."""
        self.remains.end(self, self.agent)
        total = 0
        for number, failure in enumerate(self.all_failures()):
            with self.subTest(failure=failure):
                total += self.first_start(failure)
            if number % 2:
                self.start_under()
                self.agent.start()
                self.agent.wait_ready()
                self.end()
            # The call that failed may be the one that removes the socket.
            self.remains.expect_nothing(self, sockets=False)
        self.report("first starts", total)

    def traced_reload(self, calls, inject=""):
        """Exit status and errors of a reload whose agent is traced meanwhile."""
        log = self.lab.path("strace.log")
        with open(log, "wb") as said:
            tracer = subprocess.Popen(
                ["timeout", "-k", "5", str(PATIENCE), "strace", "-p", str(self.agent.process.pid),
                 "-o", self.trace, "-e", f"trace={calls}",
                 *(("-e", f"inject={calls}:{inject}") if inject else ())], stderr=said)

        def attached():
            with open(log, encoding="utf-8") as file:
                return "attached" in file.read()
        try:
            wait_for(attached, PATIENCE, "strace to be attached")
            status, _, errors = self.agent.command("reload")
        finally:
            tracer.send_signal(signal.SIGTERM)
            tracer.wait(PATIENCE)
        return status, errors

    def calls_of_a_reload(self, calls):
        self.assertEqual(self.traced_reload(calls)[0], 0)
        with open(self.trace, encoding="utf-8", errors="replace") as file:
            return len(re.findall(r"^\w+\(", file.read(), re.M))

    def test_reload(self):
        blast = Blast(self.lab, OPTIONS.rate)
        policies = itertools.cycle((SECOND, FIRST))
        for calls, kinds in RELOADING.items():
            swap(self.agent.config, next(policies))
            count = self.calls_of_a_reload(calls)
            self.assertGreater(count, 0, calls)
            for when, error in zip(spread(count), itertools.cycle(kinds)):
                swap(self.agent.config, next(policies))
                status, errors = self.traced_reload(calls, f"error={error}:when={when}")
                self.agent.process.expect_running()
                self.assertIn(status, (0, 1), errors)
                self.assertEqual(status, int("error" in errors or "cannot" in errors), errors)
                self.outcomes["refused, saying why" if status else "done"] += 1
                self.agent.reload()
        sent, seen = blast.stop()
        expect_all_marked(self, sent, seen)
        expect_all_counted(self, self.agent, sent)
        self.remains.end(self, self.agent)
        self.report("reloads", sent["sent"])


class Surroundings(unittest.TestCase):
    """Not by injection."""

    def setUp(self):
        self.lab = self.enterContext(EdgeLab("surroundings"))

    def run_agent(self, *arguments):
        """Of one that must not start: what it says."""
        config = self.lab.path("policy.yaml")
        swap(config, FIRST)
        start = time.monotonic()
        done = subprocess.run(["timeout", "-k", "5", str(PATIENCE), FLOWMARK, "run", "--config",
                               config, "--metrics", "off", "--pins", "off", *arguments],
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertLess(time.monotonic() - start, PATIENCE)
        return done.stderr

    def test_read_only_run(self):
        """The folder of the control socket."""
        folder = self.lab.path("run")
        os.mkdir(folder)
        output("mount", "-t", "tmpfs", "-o", "ro", "none", folder)
        self.lab.at_end(output, "umount", folder)
        said = self.run_agent("--control", os.path.join(folder, "control.sock"))
        self.assertRegex(said, rf"error .*{folder}/control.sock.*Read-only file system")
        proved("where /run is read-only the agent says so, with the path, and ends")


OPTIONS = fault_options(rounds=CI_ROUNDS, rate=5_000)

if __name__ == "__main__":
    main()
