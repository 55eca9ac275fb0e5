#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""deploy/logs against the log of a real agent, which is made to start, reload, refuse a reload,
fail to attach, stop, take over, begin anew and refuse to start: each line is as the schema says,
lnav and mtail count what is there, and the alerts on it fire when they should."""

import collections
import copy
import glob
import http.client
import json
import os
import re
import shutil
import signal
import socket
import threading
import unittest

import jsonschema

from support import FLOWMARK, ROOT, main, proved
from support.pins import Pins
from lab.agent import parse_metrics
from lab.edge import INTERFACES, EdgeLab
from lab.processes import Process, output, wait_for

LOGS = os.path.join(ROOT, "deploy/logs")
MTAIL_PORT = 3903
MOST_INTERFACES = 64
LEVELS = ("debug", "info", "warning", "error")

POLICY = """
interfaces:
  - {{ name: "lan*" }}
  - {{ name: wan0 }}
  - {{ name: "many*" }}
  - {{ name: solo, xdp: native }}
classes:
  - {{ name: voice, dscp: {dscp} }}
  - {{ name: default, dscp: keep }}
rules:
  - {{ class: voice, protocol: udp, server_port: 5004 }}
default: default
agent: {{ log_format: json, on_exit: {on_exit} }}
"""

# What mtail is to call the messages that begin so.
EVENTS = {
    "ready": "ready",
    "reloaded": "reloaded",
    "reload refused, ": "reload_refused",
    "the policy file is refused, ": "start_refused",
    "stopping": "stopping",
    "taking over": "takeover",
    "clean start: ": "clean_start",
    "cannot pin: ": "not_pinned",
    "some records of the book ": "book_damaged",
    "an interface cannot be attached": "attach_failed",
    "no XDP on an interface": "xdp_failed",
    "the canary's packets are not marked": "canary_wrong",
    "names are not learned ": "names_failed",
    "the table of counters is full": "counters_retired",
    "interface events were lost": "links_lost",
    "metrics are open ": "metrics_open",
}

# A call that logs (fail() is flowmark run's, before it ends), to its end; the words it begins
# with, which may be in pieces; its fields.
CALL = re.compile(
    r'\b(log_debug|log_info|log_warning|log_error|fail)\(\s*((?:"(?:[^"\\]|\\.)*"\s*)+)(.*?)\);',
    re.S)
PIECE = re.compile(r'"((?:[^"\\]|\\.)*)"')
FIELD = re.compile(r'\{"(\w+)",')
# Other commands say it in text, to whoever typed it.
AGENT = re.compile(r"agent/(?!replay/|commands/(?!run\.cc))")


def policy(dscp="EF", on_exit="keep"):
    return POLICY.format(dscp=dscp, on_exit=on_exit)


def schema():
    with open(os.path.join(LOGS, "schema.json"), encoding="utf-8") as file:
        return json.load(file)


def messages_of_schema():
    """{message: (level, fields)} of those that it knows."""
    return {row["if"]["properties"]["message"]["const"]:
            (row["then"]["properties"]["level"]["const"], set(row["then"].get("required", ())))
            for row in schema()["allOf"]}


def messages_of_source():
    found = {}
    for path in glob.glob(os.path.join(ROOT, "agent/**/*.cc"), recursive=True):
        if not AGENT.search(os.path.relpath(path, ROOT)):
            continue
        with open(path, encoding="utf-8") as file:
            for level, words, rest in CALL.findall(file.read()):
                found["".join(PIECE.findall(words))] = (
                    "error" if level == "fail" else level.removeprefix("log_"),
                    set(FIELD.findall(rest)))
    return found


def event_of(message):
    return next((event for begin, event in EVENTS.items() if message.startswith(begin)), None)


class Story:
    """What an agent is made to do, and the lines that it wrote."""

    def __init__(self, lab):
        self._lab = lab
        self._pins = Pins(lab, lab.edge)
        self.agent = lab.agent(lab.edge, FLOWMARK, policy(), pins=self._pins.path)
        self.logs = [self.agent.process.log_path]
        self._reload()
        self._fail_to_attach()
        self._stop_and_take_over()
        self._begin_anew()
        self._refuse_to_start()

    def said(self, words):
        wait_for(lambda: words in self.agent.process.log(), 60, f"the agent to say '{words}'")

    def _reload(self):
        self.agent.reload(policy("AF41"))
        self.agent.write(policy("EFF"))
        assert self.agent.command("reload")[0] == 1
        # By signal, as another way in; the words of the file are quoted in the line.
        self.agent.write(policy('"E\\"F"'))
        self.agent.process.send(signal.SIGHUP)
        wait_for(lambda: self.agent.process.log().count("reload refused") == 2, 60,
                 "the second refusal")
        self.agent.reload(policy(on_exit="detach"))
        self.said("what has changed under agent")
        self.agent.reload(policy())

    def _fail_to_attach(self):
        """More interfaces than fit, and one without native XDP."""
        self._lab.edge.ip("link add solo type bridge")
        self.said("no XDP")
        room, beyond = MOST_INTERFACES - len(INTERFACES) - 1, 2
        for pair in range((room + beyond) // 2):
            self._lab.edge.ip(f"link add many{pair}a type veth peer name many{pair}b")
        wait_for(lambda: self.agent.process.log().count("cannot be attached") == 2 * beyond, 60,
                 "the interfaces beyond the last that fits")
        for pair in range((room + beyond) // 2):
            self._lab.edge.ip(f"link del many{pair}a")
        wait_for(lambda: not self._many(), 60, "the interfaces to be let go")

    def _many(self):
        return [labels for _, labels in self.agent.metrics().find("flowmark_interface_attached")
                if "many" in dict(labels)["interface"]]

    def _start(self):
        self.agent.start()
        self.logs.append(self.agent.process.log_path)
        self.agent.wait_ready()
        self.said('"message":"ready"')

    def _stop_and_take_over(self):
        assert self.agent.stop() == 0
        self._start()

    def _begin_anew(self):
        """As after another layout."""
        self.agent.stop(signal.SIGKILL)
        os.rename(os.path.join(self._pins.path, "v1"), os.path.join(self._pins.path, "v0"))
        self._start()
        assert self.agent.stop() == 0

    def _refuse_to_start(self):
        """It has no log_format of the file then."""
        self.agent.write(policy("EFF"))
        process = self._lab.start(
            self._lab.edge, "refused", FLOWMARK, "run", "--config", self.agent.config,
            "--control", self.agent.control, "--pins", "off", "--log-format", "json")
        self.logs.append(process.log_path)
        assert process.wait(60) == 1

    def lines(self):
        return [line for path in self.logs for line in read(path).splitlines()]


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


class Logs(unittest.TestCase):
    lab: EdgeLab
    lines: list[str]
    records: list[dict]
    path: str

    @classmethod
    def setUpClass(cls):
        cls.lab = cls.enterClassContext(EdgeLab("logs"))
        cls.lines = Story(cls.lab).lines()
        cls.records = [json.loads(line) for line in cls.lines]
        cls.path = cls.lab.path("flowmark.json.log")
        with open(cls.path, "w", encoding="utf-8") as file:
            file.writelines(line + "\n" for line in cls.lines)

    def by_level(self):
        return collections.Counter(record["level"] for record in self.records)

    def by_event(self):
        events = (event_of(record["message"]) for record in self.records)
        return collections.Counter(filter(None, events))

    def test_every_line_is_as_the_schema_says(self):
        jsonschema.Draft202012Validator.check_schema(schema())
        validator = jsonschema.Draft202012Validator(schema())
        for line, record in zip(self.lines, self.records, strict=True):
            faults = [fault.message for fault in validator.iter_errors(record)]
            self.assertEqual(faults, [], line)
        for event, times in {
                "ready": 3, "reloaded": 3, "reload_refused": 2, "attach_failed": 4,
                "xdp_failed": 3, "takeover": 1, "clean_start": 1, "stopping": 2,
                "start_refused": 1}.items():
            self.assertEqual(self.by_event()[event], times, event)
        proved(f"{len(self.lines)} lines of an agent are as the schema says: "
               f"{dict(self.by_event())}")

    def test_the_schema_refuses_what_is_not_so(self):
        validator = jsonschema.Draft202012Validator(schema())
        good = next(r for r in self.records if r["message"].startswith("an interface cannot"))
        self.assertTrue(validator.is_valid(good))
        for key in good:
            less = copy.copy(good)
            del less[key]
            self.assertFalse(validator.is_valid(less), f"without {key}")
        changes: list[dict] = [
            {"more": "x"}, {"errno": 1}, {"level": "info"}, {"level": "notice"},
            {"time": "2026-03-01 12:00:00"}, {"time": good["time"] + "Z"}, {"interface": 7},
            {"direction": "both"}, {"message": ""}]
        for change in changes:
            self.assertFalse(validator.is_valid({**good, **change}), change)
        proved("a line that lacks a field, has one more, or another level, time or type is refused")

    def test_it_knows_every_message_of_the_agent(self):
        self.maxDiff = None
        self.assertEqual(messages_of_schema(), messages_of_source())
        readme = read(os.path.join(LOGS, "README.md"))
        for message, (level, fields) in messages_of_schema().items():
            row = f"| {message} | {level} | {', '.join(sorted(fields))} |"
            self.assertIn(row, readme)
        program = read(os.path.join(LOGS, "flowmark.mtail"))
        self.assertEqual(set(re.findall(r'events_total\["(\w+)"\]\+\+', program)),
                         set(EVENTS.values()))
        for begin in EVENTS:
            self.assertTrue(any(m.startswith(begin) for m in messages_of_schema()), begin)
        proved(f"schema and README know the {len(messages_of_schema())} messages of the source "
               "with their levels and fields")

    def lnav(self, *commands):
        """What lnav prints as JSON, with our format and nothing of the user's."""
        home = self.lab.path("lnav")
        formats = os.path.join(home, "formats/flowmark")
        os.makedirs(formats, exist_ok=True)
        shutil.copy(os.path.join(LOGS, "flowmark.lnav.json"), formats)
        told = [word for command in commands for word in ("-c", command)]
        return output("env", f"HOME={home}", "lnav", "-n", "-I", home, *told, self.path)

    def test_lnav_reads_it(self):
        counted = json.loads(self.lnav(
            ";SELECT log_level, count(*) AS lines FROM flowmark_log GROUP BY log_level",
            ":write-json-to -"))
        self.assertEqual({row["log_level"]: row["lines"] for row in counted}, self.by_level())
        found = json.loads(self.lnav(
            ";SELECT interface, direction, reason FROM flowmark_log WHERE interface IS NOT NULL",
            ":write-json-to -"))
        fields = ("interface", "direction", "reason")
        self.assertEqual(
            sorted(str([row[field] for field in fields]) for row in found),
            sorted(str([row.get(field) for field in fields]) for row in self.records
                   if "interface" in row))
        shown = self.lnav()
        self.assertIn("error   reload refused, the policy in force stays", shown)
        proved(f"lnav counts by level {dict(self.by_level())} as Python does, and has the fields")

    def expect_counted(self, samples, foreign):
        for level in LEVELS:
            self.assertEqual(samples.one("flowmark_log_lines_total", level=level),
                             self.by_level()[level], level)
        for event in EVENTS.values():
            self.assertEqual(samples.one("flowmark_log_events_total", event=event),
                             self.by_event()[event], event)
        self.assertEqual(samples.one("flowmark_log_foreign_lines_total"), foreign)

    def test_mtail_counts_it(self):
        path = self.lab.path("mixed.log")
        with open(path, "w", encoding="utf-8") as file:
            file.writelines(line + "\n" for line in self.lines)
            # The text format, a line of another program, and words in a value.
            file.write('2026-03-01T12:00:00.123Z info    ready\nnonsense "message":"ready"\n')
        printed = output("mtail", "--one_shot", "--one_shot_format", "prometheus", "--progs",
                         os.path.join(LOGS, "flowmark.mtail"), "--logs", path)
        self.expect_counted(parse_metrics(printed), 2)
        proved(f"mtail counts {len(self.lines)} lines and {sum(self.by_event().values())} events "
               "as Python does, and 2 lines that are not the agent's")

    def test_mtail_reads_a_pipe_and_is_scraped(self):
        """As a host runs it, behind journalctl."""
        pipe = self.lab.path("pipe")
        os.mkfifo(pipe)
        mtail = self.lab.keep(Process(
            "mtail", ("mtail", "--address", "127.0.0.1", "--port", str(MTAIL_PORT), "--progs",
                      os.path.join(LOGS, "flowmark.mtail"), "--logs", pipe, "--logtostderr"),
            self.lab.directory, netns=self.lab.edge.path))
        writer = threading.Thread(target=self.write, args=(pipe,), daemon=True)
        writer.start()
        total = len(self.lines)

        def scrape():
            mtail.expect_running()
            try:
                samples = parse_metrics(self.get("/metrics"))
            except OSError:
                return None
            return samples if samples.total("flowmark_log_lines_total") == total else None
        self.expect_counted(wait_for(scrape, 30, "mtail to have read the pipe"), 0)
        proved(f"a running mtail counts the {total} lines that come by a pipe, and serves them")

    def write(self, pipe):
        with open(pipe, "w", encoding="utf-8") as file:
            # As the agent writes where systemd reads.
            file.writelines(f"<6>{line}\n" for line in self.lines)

    def get(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", MTAIL_PORT)
        connection.sock = self.lab.edge.call(
            lambda: socket.create_connection(("127.0.0.1", MTAIL_PORT), 5))
        try:
            connection.request("GET", path)
            return connection.getresponse().read().decode()
        finally:
            connection.close()

    def test_alerts(self):
        rules = os.path.join(LOGS, "log-alerts.yml")
        output("promtool", "check", "rules", rules)
        said = output("promtool", "test", "rules", os.path.join(LOGS, "log-alerts_test.yml"))
        self.assertIn("SUCCESS", said)
        text = read(rules)
        tested = read(os.path.join(LOGS, "log-alerts_test.yml"))
        for alert in re.findall(r"alert: (\w+)", text):
            self.assertRegex(tested, rf"alertname: {alert}\n +exp_alerts:", "never seen to fire")
        self.assertLessEqual(set(re.findall(r'event="(\w+)"', text)), set(EVENTS.values()))
        headings = {line.lstrip("# ").strip().lower().replace(" ", "-")
                    for line in read(os.path.join(LOGS, "README.md")).splitlines()
                    if line.startswith("#")}
        self.assertLessEqual(set(re.findall(r"logs/README\.md#([\w-]+)", text)), headings)
        proved(f"{text.count('alert: ')} alerts fire and rest in promtool's tests, on events that "
               "mtail counts, and their pages exist")


if __name__ == "__main__":
    main()
