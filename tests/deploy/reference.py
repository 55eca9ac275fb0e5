#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The manual pages against the program: every command and option of --help stands in flowmark(8),
every key that the policy's parser knows in flowmark.yaml(5), and nothing else does."""

import os
import re
import subprocess
import tempfile
import unittest

from support import FLOWMARK, ROOT, main, proved
from lab.processes import output

PAGES = {name: os.path.join(ROOT, "deploy/debian/man", name)
         for name in ("flowmark.8", "flowmark.yaml.5")}
CLASSES = "classes: [{ name: c, dscp: EF }]\n"
# Where a mapping stands in a policy, with a key that none has. The sections themselves are found;
# one that is not here fails the test.
PROBES = {
    "interfaces": ["interfaces: [{ zz: 1 }]"],
    "classes": ["classes: [{ zz: 1 }]", "classes: [{ name: c, dscp: EF, police: { zz: 1 } }]"],
    "sets": ["sets: { s: { zz: 1 } }"],
    "rules": [CLASSES + "rules: [{ zz: 1 }]"],
    "default": [],
    "agent": ["agent: { zz: 1 }"],
    "names": ["names: { zz: 1 }"],
}


def source(page):
    with open(PAGES[page], encoding="utf-8") as file:
        return file.read()


def parts(text, macro):
    """{heading: text} by .Sh or .Ss."""
    pieces = re.split(rf"^\.{macro} (.*)\n", text, flags=re.M)
    return dict(zip(pieces[1::2], pieces[2::2]))


def help_of(*command):
    return output(FLOWMARK, *command, "--help")


def options_in_help(text):
    """{--output: -o, --pins: None ...}"""
    found = re.findall(r"^  (?:(-\w),)?(--[a-z-]+)\b", text, re.M)
    return {name: short or None for short, name in found if name not in ("--help", "--version")}


def options_in_page(text):
    found = re.findall(r"^\.It (?:Fl (\w) , )?Fl -([a-z-]+)", text, re.M)
    return {f"--{name}": f"-{short}" if short else None for short, name in found}


def values_in_help(text):
    """{--hook: {auto, tcx, clsact}} of options that take one of a few words."""
    found = re.findall(r"^  (?:-\w,)?(--[a-z-]+) (?:TEXT:\{([a-z,]+)\}|([a-z]+(?:\|[a-z]+)+))",
                       text, re.M)
    return {name: set(re.split(r"[,|]", braces or bars)) for name, braces, bars in found}


def values_in_page(text):
    found = re.findall(r"^\.It (?:Fl \w , )?Fl -([a-z-]+) Cm (.*)", text, re.M)
    return {f"--{name}": set(words.split(" | ")) for name, words in found}


def keys_known_to(policy):
    """Those that an unknown key is refused for."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "policy.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(policy)
        said = output(FLOWMARK, "check", "-c", path, "-o", "json", check=False)
    lists = re.findall(r"found 'zz', expected one of (.*?)\"", said)
    if len(lists) != 1:
        raise AssertionError(f"'zz' is not refused once: {said}")
    return [word for word in re.split(r", | or | and ", lists[0]) if word]


class Reference(unittest.TestCase):
    def setUp(self):
        self.commands = re.findall(r"^  ([a-z]+) {3,}", help_of().split("Subcommands:")[1], re.M)
        self.assertGreater(len(self.commands), 5)

    def test_every_command_and_option_is_in_the_manual(self):
        page = parts(parts(source("flowmark.8"), "Sh")["COMMANDS"], "Ss")
        self.assertEqual(list(page), self.commands)
        number = 0
        for command in self.commands:
            said = help_of(command)
            with self.subTest(command):
                self.assertEqual(options_in_page(page[command]), options_in_help(said))
                self.assertEqual(values_in_page(page[command]), values_in_help(said))
                arguments = re.findall(r"^  ([a-z]+) [A-Z]", said, re.M)
                self.assertEqual(re.findall(r"^\.It Ar ([a-z]+)$", page[command], re.M), arguments)
            number += len(options_in_help(said))
        proved(f"{len(self.commands)} commands with {number} options are in flowmark(8) as --help "
               "has them")

    def test_every_exit_status_is_in_the_manual(self):
        said = help_of().split("Exit status: ")[1]
        documented = parts(source("flowmark.8"), "Sh")["EXIT STATUS"]
        self.assertEqual(re.findall(r"^\.It (\d)$", documented, re.M), re.findall(r"\d", said))

    def test_every_environment_variable_is_in_the_manual(self):
        """All that are read: by a function of two files."""
        read = set()
        for path in ("agent/control/sd_notify.cc", "agent/commands/terminal.cc",
                     "agent/base/log.cc"):
            with open(os.path.join(ROOT, path), encoding="utf-8") as file:
                read |= set(re.findall(r'"([A-Z]{2,}[A-Z_]+|TERM|LANG)"', file.read()))
        sources = output("grep", "-rl", "getenv", os.path.join(ROOT, "agent"), "--include=*.cc")
        self.assertEqual(len(sources.split()), 3, "another file reads the environment")
        documented = parts(source("flowmark.8"), "Sh")["ENVIRONMENT"]
        rows = re.findall(r"^\.It Ev (.*)$", documented, re.M)
        self.assertEqual({name for row in rows for name in row.split(" , ")}, read)

    def test_every_key_is_in_the_manual(self):
        text = parts(source("flowmark.yaml.5"), "Sh")["DESCRIPTION"]
        page = parts(text, "Ss")
        sections = keys_known_to("zz: 1")
        self.assertEqual(set(sections), set(PROBES), "give PROBES what is new")
        documented = re.findall(r"^\.It Cm (\w+)$", text.split(".Ss")[0], re.M)
        self.assertEqual(set(documented), set(sections))
        number = len(sections)
        for section, probes in PROBES.items():
            known = [key for probe in probes for key in keys_known_to(probe)]
            with self.subTest(section):
                self.assertEqual(re.findall(r"^\.It Cm (\w+)$", page.get(section, ""), re.M), known)
            number += len(known)
        proved(f"{number} keys of the policy are in flowmark.yaml(5) as the parser knows them")

    def test_pages_are_well_formed(self):
        for name, path in PAGES.items():
            done = subprocess.run(["groff", "-mandoc", "-Tutf8", "-wall", "-z", path],
                                  capture_output=True, text=True, timeout=60)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            shown = output("man", "--local-file", path)
            self.assertGreater(len(shown.splitlines()), 100, name)

    def test_the_example_of_the_manual_is_right(self):
        example = re.search(r"\.Bd -literal.*?\n(.*?)\.Ed", source("flowmark.yaml.5"), re.S)[1]
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write(example)
            file.flush()
            self.assertIn(": ok, 3 rules", output(FLOWMARK, "check", "-c", file.name))


if __name__ == "__main__":
    main()
