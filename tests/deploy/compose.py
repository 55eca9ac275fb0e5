#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The compose stack of deploy/compose in a real Docker engine on an edge router: healthy, marking,
seen through Nginx with TLS and a password and in no other way, and not missed while its agent is
restarted. Without Grafana: its image is to be had from a registry only."""

import contextlib
import json
import os
import re
import unittest
import urllib.parse

from support import main, proved
from support.blast import Blast, policy_for
from support.stack import ADDRESS, HOST, USER, Stack
from lab.agent import METRICS_PORT
from lab.bpf import tcx_programs
from lab.capture import Capture
from lab.dialogue import Dialogue
from lab.edge import INTERFACES, SERVER4, EdgeLab
from lab.processes import LabError, wait_for

EF, AF31 = 46, 26
PORT = 7000  # of the policy's rule
CAPABILITIES = {"NET_ADMIN": 12, "PERFMON": 38, "BPF": 39}
POLICY = policy_for("lan*", "wan*")
SERVICES = {"agent", "prometheus", "alertmanager", "nginx"}


def mounts(lab):
    """What this machine has mounted for the lab."""
    with open("/proc/self/mountinfo", encoding="utf-8") as file:
        return [line for line in file if lab.directory in line]


def groups(lab):
    return [os.path.join(path, name) for path, folders, _ in os.walk("/sys/fs/cgroup")
            for name in folders if name.startswith(f"{lab.prefix}-")]


def processes(lab):
    """The command lines that name the lab's folder."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            with open(f"/proc/{pid}/cmdline", encoding="utf-8", errors="replace") as file:
                found += [line for line in [file.read()] if lab.directory in line]
    return found


class Compose(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.addClassCleanup(cls.expect_nothing_left)  # the last one
        cls.lab = cls.enterClassContext(EdgeLab("compose"))
        cls.stack = Stack(cls.lab, POLICY)
        cls.stack.build()
        cls.stack.up()

    @classmethod
    def expect_nothing_left(cls):
        """Of the engine; called when all else has been cleaned up."""
        left = [*mounts(cls.lab), *groups(cls.lab), *processes(cls.lab)]
        if left or os.path.exists(cls.lab.directory):
            raise LabError(f"left behind: {left or cls.lab.directory}")
        proved("nothing is left of the engine: no process, mount, group or file")

    def fetch(self, path, *options, scheme="https", host=HOST, namespace=None):
        """Status, headers and body of a GET from the client."""
        said = (namespace or self.lab.client).run(
            "curl", "-sS", "-i", "--max-time", "20", "--cacert", self.stack.path("secrets/tls.crt"),
            "--resolve", f"{host}:443:{ADDRESS}", "--resolve", f"{host}:80:{ADDRESS}", *options,
            f"{scheme}://{host}{path}")
        head, body = said.replace("\r\n", "\n").split("\n\n", 1)
        return int(head.split()[1]), head, body

    def inside_ok(self, path):
        """The body of what the user with the password gets."""
        status, head, body = self.fetch(path, "-u", f"{USER}:{self.stack.password}")
        self.assertEqual(status, 200, head + body)
        return body

    def query(self, expression):
        """The values of a query's series, by their labels, asked through Nginx."""
        answer = json.loads(self.inside_ok(
            "/prometheus/api/v1/query?query=" + urllib.parse.quote(expression)))
        self.assertEqual(answer["status"], "success", answer)
        return [(row["metric"], float(row["value"][1])) for row in answer["data"]["result"]]

    def marks(self, port=PORT):
        """Of datagrams at the server, and of the answers at the client."""
        captures = [Capture(end, "eth0", f"udp port {port}")
                    for end in (self.lab.server, self.lab.client)]
        Dialogue("call", self.lab.client, self.lab.server, SERVER4, port).hold(5)
        for capture in captures:
            capture.stop()
        return [[p.dscp for p in capture.received()] for capture in captures]

    def expect_marks(self, dscp):
        self.assertEqual(self.marks(), [[dscp] * 5] * 2)

    def listed(self):
        """What `docker compose ps` says, by service."""
        lines = self.stack.compose("ps", "-a", "--format", "json").stdout.splitlines()
        return {row["Service"]: row for row in map(json.loads, lines)}

    def inspect(self, service):
        return json.loads(self.stack.engine.docker(
            "inspect", self.listed()[service]["Name"]).stdout)[0]

    def test_configuration_is_read_and_a_wrong_one_refused(self):
        self.stack.compose("config", "-q")
        wrong = self.lab.path("wrong.yaml")
        with open(wrong, "w", encoding="ascii") as file:
            file.write("services: { agent: { imag: x } }\n")
        self.assertNotEqual(self.stack.compose("-f", wrong, "config", "-q",
                                               check=False).returncode, 0)
        whole = json.loads(self.stack.compose("--profile", "grafana", "config", "--format",
                                              "json").stdout)
        self.assertEqual(set(whole["services"]), SERVICES | {"grafana"})
        for name, service in whole["services"].items():
            for volume in service["volumes"]:
                if volume["type"] == "bind" and not volume["source"].startswith("/sys/"):
                    self.assertTrue(os.path.exists(volume["source"]), (name, volume))
        proved("compose.yaml is valid, an unknown key is not, and every folder that is mounted "
               "is there, Grafana's too")

    def test_all_are_healthy(self):
        state = {name: row["Health"] for name, row in self.listed().items()}
        self.assertEqual(state, dict.fromkeys(SERVICES, "healthy"))
        proved("`docker compose up -d --wait`: agent, Prometheus, Alertmanager and Nginx are "
               "healthy (no Grafana: its image cannot be had without a registry)")

    def test_an_agent_that_hangs_is_unhealthy(self):
        """By the image's own check, run by hand: it needs no tool but the agent."""
        check = self.inspect("agent")["Config"]["Healthcheck"]["Test"]
        self.assertEqual(check, ["CMD", "flowmark", "status"])
        self.stack.inside("agent", *check[1:])
        self.stack.compose("kill", "-s", "STOP", "agent")
        try:
            self.assertNotEqual(
                self.stack.inside("agent", "timeout", "5", *check[1:], check=False).returncode, 0)
            self.expect_marks(EF)
        finally:
            self.stack.compose("kill", "-s", "CONT", "agent")
        self.stack.inside("agent", *check[1:])
        proved("the agent's health check says no while it hangs, packets are marked meanwhile")

    def test_agent_has_three_capabilities_and_writes_nowhere(self):
        said = self.stack.inside("agent", "cat", "/proc/1/status").stdout
        status = dict(re.findall(r"^(\w+):\s*(.*)$", said, re.M))
        self.assertEqual(status["Name"], "flowmark")
        three = f"{sum(1 << number for number in CAPABILITIES.values()):016x}"
        self.assertEqual({status[f"Cap{name}"] for name in ("Eff", "Prm", "Bnd")}, {three})
        self.assertEqual((status["NoNewPrivs"], status["Seccomp"]), ("1", "2"))
        for path in ("/x", "/usr/bin/x", "/etc/flowmark/flowmark.yaml", "/tmp/x"):
            done = self.stack.inside("agent", "touch", path, check=False)
            self.assertNotEqual(done.returncode, 0, path)
            self.assertIn("Read-only file system", done.stderr)
        proved(f"the agent has {', '.join(sorted(CAPABILITIES))} and nothing more, Docker's "
               "seccomp filter, and a root file system and a policy that it cannot write")

    def test_two_capabilities_are_not_enough(self):
        done = self.stack.engine.docker(
            "run", "--rm", "--network", "host", "--read-only", "--tmpfs", "/run/flowmark",
            "--cap-drop", "ALL", "--cap-add", "BPF", "--cap-add", "NET_ADMIN",
            "-v", f"{self.stack.path('policy')}:/etc/flowmark:ro", "flowmark:test",
            "run", "--pins", "off", "--metrics", "off", check=False)
        self.assertEqual(done.returncode, 1, done)
        self.assertRegex(done.stderr, "cannot load the BPF programs: .*Permission denied")
        proved("with BPF and NET_ADMIN alone the kernel refuses the programs: PERFMON is needed")

    def test_image_says_what_it_is_and_holds_no_secret(self):
        image = json.loads(self.stack.engine.docker("image", "inspect", "flowmark:test").stdout)[0]
        self.assertEqual(image["Config"]["Labels"]["org.opencontainers.image.title"], "Flowmark")
        tools = "for tool in g++ clang git cmake curl; do command -v $tool; done; true"
        self.assertEqual(self.stack.inside("agent", "sh", "-c", tools).stdout, "")
        history = self.stack.engine.docker("history", "--no-trunc", "flowmark:test").stdout
        for text in (json.dumps(image), history, json.dumps(self.inspect("nginx")["Config"])):
            self.assertNotIn(self.stack.password, text)
        proved(f"the image has its labels, no compiler, no secret, and {image['Size'] >> 20} MiB, "
               "most of them Debian's")

    def test_prometheus_is_seen_through_nginx(self):
        self.expect_marks(EF)
        wait_for(lambda: [value for _, value in self.query('up{job="flowmark"}')] == [1.0], 90,
                 "Prometheus to see the agent")
        counted = wait_for(lambda: [
            value for labels, value in self.query('flowmark_class_packets_total{class="voice"}')
            if (labels["interface"], labels["direction"]) == ("lan0", "ingress") and value >= 5],
            90, "the class's counter in Prometheus")
        managers = json.loads(self.inside_ok("/prometheus/api/v1/alertmanagers"))["data"]
        self.assertEqual(len(managers["activeAlertmanagers"]), 1, managers)
        self.assertIn("uptime", self.inside_ok("/alertmanager/api/v2/status"))
        self.assertIn("/prometheus/", self.fetch(
            "/prometheus/", "-u", f"{USER}:{self.stack.password}")[1])
        proved(f"through Nginx, with TLS and the password: Prometheus scrapes the agent and has "
               f"its class at {counted[0]:.0f} packets; it has found Alertmanager, which answers")

    def test_nobody_comes_in_without_the_password(self):
        for path in ("/", "/prometheus/api/v1/query?query=up", "/alertmanager/", "/grafana/"):
            for options in ((), ("-u", f"{USER}:wrong"), ("-u", f"{USER}:"), ("-u", "admin:admin")):
                status, head, body = self.fetch(path, *options)
                self.assertEqual(status, 401, head)
                self.assertNotIn("success", body)
        user = ("-u", f"{USER}:{self.stack.password}")
        status, head, _ = self.fetch("/prometheus/", *user, scheme="http")
        self.assertEqual((status, f"Location: https://{HOST}/prometheus/" in head), (308, True))
        for host in ("other.example.com", ADDRESS):
            with self.assertRaisesRegex(LabError, "alert|handshake|unrecognized"):
                self.fetch("/prometheus/", "-k", *user, host=host)
        with self.assertRaisesRegex(LabError, "certificate"):
            self.fetch("/prometheus/", "--cacert", "/etc/ssl/certs/ca-certificates.crt", *user)
        proved("without the password, or with a wrong one: 401; without TLS: sent to TLS; by "
               "another name: no handshake")

    def test_nothing_else_listens_outside(self):
        for address in (ADDRESS, "198.51.100.1"):
            for port in (METRICS_PORT, 9090, 9093, 9094, 3000) + \
                    ((80, 443) if address != ADDRESS else ()):
                with self.assertRaisesRegex(LabError, "exit 7"):
                    self.lab.client.run("curl", "-sS", "--max-time", "60",
                                        f"http://{address}:{port}/")
        listening = {line.split()[3] for line in self.lab.edge.run("ss", "-Hltn").splitlines()}
        self.assertEqual(listening, {f"127.0.0.1:{port}" for port in (METRICS_PORT, 9090, 9093)} |
                         {f"{ADDRESS}:{port}" for port in (80, 443)})
        proved("Nginx is all that the host shows: agent, Prometheus and Alertmanager are on its "
               "loopback")

    def test_nginx_accepts_its_configuration_and_refuses_a_wrong_one(self):
        self.stack.inside("nginx", "nginx", "-t", "-c", "/run/nginx/nginx.conf")
        for host in ("a; return 200", "", "no/such"):
            done = self.stack.compose("run", "--rm", "--no-deps", "-e", f"FLOWMARK_HOST={host}",
                                      "nginx", check=False)
            self.assertEqual(done.returncode, 1, done)
            self.assertIn("expected a host name", done.stderr + done.stdout)
        proved("`nginx -t` takes the configuration; a host name that is none is refused")

    def test_restarts_lose_no_mark(self):
        blast = Blast(self.lab, rate=5_000)
        self.stack.compose("restart", "agent")
        self.stack.compose("kill", "-s", "KILL", "agent")
        self.stack.compose("up", "-d", "--wait", "agent")
        self.stack.compose("up", "-d", "--wait", "--force-recreate", "--no-deps", "agent")
        blast.expect_running()
        sent, seen = blast.stop()
        self.assertEqual(sent["refused"], 0)
        self.assertEqual((seen["packets"], seen["doubled"]), (sent["sent"], 0), "packets were lost")
        self.assertEqual(seen["dscp"], {str(EF): sent["sent"]}, "packets passed unmarked")
        self.assertIn("taken over", self.stack.inside("agent", "flowmark", "status").stdout)
        proved(f"`docker compose restart agent`, kill, recreate: {sent['sent']} packets sent, "
               f"{seen['packets']} arrived, all marked EF")

    def test_policy_is_reloaded_and_a_wrong_one_refused(self):
        self.addCleanup(self.stack.inside, "agent", "flowmark", "reload")
        self.addCleanup(self.stack.write_policy, POLICY)
        self.stack.write_policy(POLICY.replace("dscp: EF", "dscp: AF31"))
        self.stack.inside("agent", "flowmark", "reload")
        self.expect_marks(AF31)
        self.stack.write_policy(POLICY.replace("dscp: EF", "dscp: EFF"))
        done = self.stack.inside("agent", "flowmark", "reload", check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertRegex(done.stdout + done.stderr, r"flowmark\.yaml:\d+:\d+: error: found 'EFF'")
        self.expect_marks(AF31)
        proved("edited on the host, `docker compose exec agent flowmark reload` puts the policy in "
               "force, or says what is wrong with it")

    def test_marks_outlive_the_container_until_detached(self):
        self.addCleanup(self.stack.compose, "up", "-d", "--wait", "agent")
        self.stack.compose("rm", "--stop", "--force", "agent")
        self.assertNotIn("agent", self.listed())
        self.expect_marks(EF)
        said = self.stack.compose("run", "--rm", "--no-deps", "agent", "detach", "--pins", "/pins")
        self.assertIn("removed from", said.stdout + said.stderr)
        self.expect_marks(0)
        for interface in INTERFACES:
            for direction in ("ingress", "egress"):
                self.assertEqual(tcx_programs(self.lab.edge, interface, direction), [])
        self.stack.compose("up", "-d", "--wait", "agent")
        self.expect_marks(EF)
        proved("with the container removed packets are still marked; after `docker compose run "
               "agent detach` they are not, and nothing is attached")


if __name__ == "__main__":
    main()
