#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Reloads from files that are cut, gone, unreadable, no files at all, or on a full disk: the
policy in force stays, the error says where, no packet is lost or unmarked, and the next good
reload works.

  files.py [--rounds N] [--rate PACKETS_PER_SECOND]    FLOWMARK_FAULTS_ROUNDS: N; 30
"""

import itertools
import os
import re
import threading
import unittest
from collections.abc import Callable

from support import FLOWMARK, main, proved
from support.blast import Blast
from support.options import fault_options
from support.pins import Pins
from support.two_policies import (AF41, EF, FIRST, SECOND, expect_all_counted, expect_all_marked,
                                  swap)
from lab.edge import EdgeLab
from lab.processes import output

NOBODY = 65534
HUGE = 1 << 30
SMALL_DISK = 512 << 10

# However it is cut, a class is missing that a rule names.
INTERFACES, CLASSES, RULES = re.split(r"(?=^(?:classes|rules):)", SECOND, flags=re.M)
CLASSES_LAST = RULES + INTERFACES + CLASSES
WITH_SET = FIRST.replace("rules:", """sets:
  listed: { prefixes_file: FILE }
rules:
  - { class: named, server: "@listed" }""")
PREFIXES = "".join(f"2001:db8:{i:x}::/48\n" for i in range(4096, 5096))
# No root may read what is not its own: an ordinary agent.
PLAIN = ("setpriv", "--bounding-set", "-dac_override,-dac_read_search", "--inh-caps",
         "-dac_override,-dac_read_search")


def remove(path):
    if os.path.isdir(path) and not os.path.islink(path):
        os.rmdir(path)
    elif os.path.lexists(path):
        os.unlink(path)


def write(path, data):
    with open(path, "wb") as file:
        file.write(data)


def make_huge(path):
    with open(path, "wb") as file:
        file.truncate(HUGE)


def make_unreadable(path):
    write(path, b"unreadable")
    os.chown(path, NOBODY, NOBODY)
    os.chmod(path, 0)


# What may lie where a file should be, and what of it the error names.
ODD: dict[str, tuple[Callable[[str], object], str]] = {
    "nothing": (lambda path: None, "No such file"),
    "a link to nowhere": (lambda path: os.symlink(path + ".nowhere", path), "No such file"),
    "a link to itself": (lambda path: os.symlink(path, path), "symbolic links"),
    "a folder": (os.mkdir, "a folder"),
    "a pipe that nobody writes": (os.mkfifo, "pipe"),
    "a device without end": (lambda path: os.symlink("/dev/zero", path), "device"),
    "a file of 1 GiB": (make_huge, "MiB"),
    "an unreadable file": (make_unreadable, "Permission denied"),
    "noise": (lambda path: write(path, bytes(range(256)) * 16), ""),
}


class Files(unittest.TestCase):
    def setUp(self):
        self.lab = self.enterContext(EdgeLab("files"))
        self.pins = Pins(self.lab, self.lab.edge)

    def begin(self, policy=FIRST, **options):
        self.agent = self.lab.agent(self.lab.edge, FLOWMARK, policy, pins=self.pins.path,
                                    **options)
        self.refused = 0
        self.blast = Blast(self.lab, OPTIONS.rate)

    def expect_refused(self, where, what="", line=r"(:\d+:\d+)?", log=True):
        """The reload fails; its error and the log say where, and what was found."""
        generation = self.agent.json("status")["policy"]["generation"]
        status, _, errors = self.agent.command("reload")
        self.assertEqual(status, 1, errors)
        said = re.search(rf"^{re.escape(where)}{line}: error: .*{re.escape(what)}", errors, re.M)
        self.assertTrue(said, errors)
        if log:
            self.assertIn(said[0], self.agent.process.log())
        self.assertEqual(self.agent.json("status")["policy"]["generation"], generation)
        self.refused += 1

    def expect_taken(self, policy=None):
        if policy is not None:
            swap(self.agent.config, policy)
        self.agent.reload()

    def end(self, what, marks):
        """Every packet was marked as a good policy says."""
        sent, seen = self.blast.stop()
        expect_all_marked(self, sent, seen, marks)
        expect_all_counted(self, self.agent, sent)
        self.assertEqual(self.agent.metrics().one("flowmark_config_reloads_total",
                                                  result="failure"), self.refused)
        proved(f"{what}: {self.refused} reloads refused, saying where; {sent['sent']} packets at "
               f"{sent['sent'] / sent['seconds']:.0f}/s, none lost, all marked by a policy that "
               f"was good, and counted")

    def test_config_cut_anywhere(self):
        self.begin()
        text = CLASSES_LAST.encode()
        whole = len(CLASSES_LAST.rstrip())
        for at in sorted({whole * n // OPTIONS.rounds for n in range(OPTIONS.rounds)}):
            write(self.agent.config, text[:at])
            self.expect_refused(self.agent.config, line=r":\d+:\d+")
        self.expect_taken(CLASSES_LAST)
        self.end(f"a policy file cut at {self.refused} places", (EF, AF41))

    def test_odd_files_for_a_config(self):
        self.begin(wrapper=PLAIN)
        for make, what in ODD.values():
            remove(self.agent.config)
            make(self.agent.config)
            self.expect_refused(self.agent.config, what)
            remove(self.agent.config)
            self.expect_taken(FIRST)
        self.end(f"for a policy file: {', '.join(ODD)}", (EF,))

    def test_odd_files_for_a_set(self):
        prefixes = self.lab.path("prefixes.txt")
        write(prefixes, PREFIXES.encode())
        self.begin(WITH_SET.replace("FILE", prefixes), wrapper=PLAIN)
        for make, what in ODD.values():
            remove(prefixes)
            make(prefixes)
            # Of what cannot be read at all, the line that asks for it.
            where = self.agent.config if what else prefixes
            self.expect_refused(where, what, line=r":\d+:\d+")
            remove(prefixes)
            write(prefixes, PREFIXES.encode())
            self.expect_taken()
        self.end(f"for a set's file: {', '.join(ODD)}", (EF,))

    def test_links_of_others(self):
        """To what they may not read, for the error to show; to what is theirs, for a new list."""
        folder = self.lab.path("lists")
        prefixes, secret = os.path.join(folder, "prefixes.txt"), self.lab.path("secret")
        os.mkdir(folder)
        os.chown(folder, NOBODY, NOBODY)
        write(prefixes, PREFIXES.encode())
        write(secret, b"not for you\n")
        write(os.path.join(folder, "new.txt"), PREFIXES.encode())
        os.chown(os.path.join(folder, "new.txt"), NOBODY, NOBODY)
        self.begin(WITH_SET.replace("FILE", prefixes))
        for target in (secret, "../secret", "hop"):
            remove(prefixes)
            os.symlink(target, prefixes)
            os.lchown(prefixes, NOBODY, NOBODY)
            if target == "hop":  # by way of a link of root's
                os.symlink(secret, os.path.join(folder, target))
            self.expect_refused(self.agent.config, f"link 'prefixes.txt' of user {NOBODY}",
                                line=r":\d+:\d+")
        self.assertNotIn("not for you", self.agent.process.log())
        remove(prefixes)
        os.symlink("new.txt", prefixes)
        os.lchown(prefixes, NOBODY, NOBODY)
        self.expect_taken()
        remove(prefixes)
        os.symlink(secret, prefixes)  # root's own
        self.expect_refused(prefixes, "not for you", line=":1:1")
        remove(prefixes)
        write(prefixes, PREFIXES.encode())
        self.expect_taken()
        self.end("links of another user to what is not theirs, and root's own", (EF,))

    def test_set_cut_in_a_line(self):
        prefixes = self.lab.path("prefixes.txt")
        write(prefixes, PREFIXES.encode())
        self.begin(WITH_SET.replace("FILE", prefixes))
        lines = PREFIXES.splitlines()
        for number in range(0, len(lines), max(len(lines) // OPTIONS.rounds, 1)):
            cut = "\n".join(lines[:number] + [lines[number][:-len("::/48")]])
            write(prefixes, cut.encode())
            self.expect_refused(prefixes, line=rf":{number + 1}:1")
        write(prefixes, PREFIXES.encode())
        self.expect_taken()
        self.end("a set's file cut in a line", (EF,))

    def test_replaced_while_it_is_read(self):
        self.begin()
        over, times = threading.Event(), itertools.count()

        def replace():
            while not over.is_set():
                swap(self.agent.config, (FIRST, SECOND)[next(times) % 2])

        thread = threading.Thread(target=replace)
        thread.start()
        try:
            for _ in range(OPTIONS.rounds * 5):
                self.expect_taken()
        finally:
            over.set()
            thread.join()
        self.assertGreater(next(times), OPTIONS.rounds)
        self.end(f"a policy file replaced while {OPTIONS.rounds * 5} reloads read it", (EF, AF41))

    def small_disk(self):
        disk = self.lab.path("disk")
        os.mkdir(disk)
        output("mount", "-t", "tmpfs", "-o", f"size={SMALL_DISK}", "none", disk)
        self.lab.at_end(output, "umount", "-l", disk)
        return disk

    def fill(self, disk, leave):
        """All but about `leave` bytes; returns what fills it."""
        ballast = os.path.join(disk, "ballast")
        with open(ballast, "wb", buffering=0) as file:
            with self.assertRaisesRegex(OSError, "No space left"):
                while True:
                    file.write(b"\0" * 4096)
            file.truncate(max(file.tell() - leave, 0))
        return ballast

    def test_full_disk(self):
        """The policy is on it, and the agent's own log."""
        disk = self.small_disk()
        self.begin(wrapper=("sh", "-c", f'exec "$@" 2>{disk}/log', "sh"))
        remove(self.agent.config)
        os.symlink(os.path.join(disk, "policy.yaml"), self.agent.config)
        padding = "# as long as it must be\n" * (SMALL_DISK // 8)
        longer = CLASSES_LAST.replace("classes:", padding + "classes:")
        for number in range(min(OPTIONS.rounds, SMALL_DISK // 4096 // 2)):
            ballast = self.fill(disk, number * 4096)
            with self.assertRaisesRegex(OSError, "No space left"):
                write(self.agent.config, longer.encode())
            self.expect_refused(self.agent.config, log=False)
            os.unlink(ballast)
        write(self.agent.config, SECOND.encode())
        self.expect_taken()
        self.end("a policy file cut, and a log, by a full disk", (EF, AF41))


OPTIONS = fault_options()

if __name__ == "__main__":
    main()
