#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""deploy/digitalocean/droplets against an API on the loopback, and what user-data makes of a
host that cloud-init sets up."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import unittest

from support import ROOT, main, proved
from support.cloud_api import CloudApi
from support.debian import build_package, depends_of
from support.host import Host
from lab.capture import Capture
from lab.dialogue import Dialogue
from lab.lab import Lab
from lab.netns import connect

DROPLETS = os.path.join(ROOT, "deploy/digitalocean/droplets")
USER_DATA = os.path.join(ROOT, "deploy/digitalocean/user-data")
TOKEN = "dop_v1_0123456789abcdef"
MAKE = ("--region", "fra1", "--ssh-key", "512189")
TOO_MANY = {"id": "too_many_requests", "message": "API Rate limit exceeded."}
EF = 46


class Droplets(unittest.TestCase):
    def setUp(self):
        self.api = self.enterContext(CloudApi(TOKEN))

    def call(self, *words, token=TOKEN, end_point=None):
        environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8",
                       "DIGITALOCEAN_END_POINT": end_point or self.api.url}
        if token is not None:
            environment["DIGITALOCEAN_TOKEN"] = token
        done = subprocess.run([DROPLETS, *words], capture_output=True, text=True, timeout=120,
                              env=environment, stdin=subprocess.DEVNULL)
        if token:
            self.assertNotIn(token, done.stdout + done.stderr)
        return done

    def good(self, *words):
        done = self.call(*words)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done)
        return done.stdout

    def refused(self, *words, status=1, **options):
        done = self.call(*words, **options)
        self.assertEqual(done.returncode, status, done)
        self.assertNotIn("Traceback", done.stderr)
        return done.stderr

    def test_makes(self):
        self.api.add("edge-00", "flowmark")
        names = [f"edge-{i:02}" for i in range(12)]
        said = self.good("make", *names, *MAKE, "--dry-run")
        self.assertIn("edge-01: would be made", said)
        self.assertEqual(self.api.done("POST"), [])
        said = self.good("make", *names, *MAKE, "--wait", "60")
        self.assertEqual(self.api.names(), names)
        posts = [json.loads(body) for _, body in self.api.done("POST")]
        self.assertEqual([len(post["names"]) for post in posts], [10, 1])
        self.assertEqual(posts[0] | {"names": []}, {
            "names": [], "region": "fra1", "size": "s-1vcpu-1gb", "image": "debian-12-x64",
            "ipv6": True, "monitoring": True, "ssh_keys": [512189], "tags": ["flowmark"]})
        self.assertIn("edge-00: is there already", said)
        self.assertEqual(len(re.findall(r"^edge-\d\d: active, 198\.51\.100\.\d+$", said, re.M)), 11)
        self.good("make", *names, *MAKE)
        self.assertEqual(len(self.api.done("POST")), 2)
        proved("makes 11 droplets in two requests, waits until they are active, and makes none "
               "twice")

    def test_user_data_goes_along(self):
        self.assertIn("@PACKAGE_URL@ is not filled in",
                      self.refused("make", "a", *MAKE, "--user-data", USER_DATA))
        filled = os.path.join(self.enterContext(Lab("droplets")).directory, "user-data")
        with open(USER_DATA, encoding="utf-8") as file:
            text = re.sub("@PACKAGE_(URL|SHA256)@", "x", file.read())
        with open(filled, "w", encoding="utf-8") as file:
            file.write(text)
        self.good("make", "a", *MAKE, "--user-data", filled)
        self.assertEqual(json.loads(self.api.done("POST")[0][1])["user_data"], text)
        self.assertIn("No such file", self.refused("make", "b", *MAKE, "--user-data", "/nowhere"))
        proved("user-data goes along, once it is filled in")

    def test_lists_all_pages(self):
        self.api.page = 20
        for i in range(45):
            self.api.add(f"edge-{i:02}", "flowmark", "office")
            self.api.add(f"other-{i:02}", "database")
        listed = json.loads(self.good("list", "-o", "json"))
        self.assertEqual([d["name"] for d in listed], [f"edge-{i:02}" for i in range(45)])
        self.assertEqual(len(self.api.done("GET")), 3)
        self.assertIn("edge-44", self.good("list").splitlines()[-1])
        targets = json.loads(self.good("list", "-o", "targets", "--address", "private"))
        self.assertEqual(targets[0], {"targets": ["10.110.0.1:443"],
                                      "labels": {"instance": "edge-00", "region": "fra1"}})
        targets = json.loads(self.good("list", "-o", "targets", "--domain", "edge.example.com"))
        self.assertEqual(targets[0]["targets"], ["edge-00.edge.example.com:443"])
        self.assertIn("expected a domain",
                      self.refused("list", "-o", "targets", "--domain", "-", status=2))
        inventory = json.loads(self.good("list", "-o", "inventory"))
        self.assertEqual(len(inventory["flowmark"]["children"]["droplets"]["hosts"]), 45)
        self.assertEqual(json.loads(self.good("--tag", "none", "list", "-o", "json")), [])
        proved("lists 45 droplets of three pages and none of another tag; as JSON, as targets for "
               "Prometheus, as an inventory for Ansible")

    def test_removes_what_has_the_tag_only(self):
        for name in ("edge-1", "edge-2", "edge-3", "twin", "twin"):
            self.api.add(name, "flowmark")
        database = self.api.add("database", "precious")
        for words, text in (
                (("database",), "has no tag 'flowmark', and is left alone"),
                ((str(database),), "has no tag 'flowmark', and is left alone"),
                (("edge-1", "nobody"), "nobody: there is no such droplet"),
                (("twin",), "say which id: 3164003, 3164004")):
            self.assertIn(text, self.refused("remove", "--yes", *words))
        self.assertIn("--yes", self.refused("remove", "edge-1", status=2))
        self.assertIn("expected names, or --all", self.refused("remove", "--yes", status=2))
        self.assertIn("edge-1 (id 3164000): would be removed",
                      self.good("remove", "--dry-run", "edge-1"))
        self.assertEqual(self.api.done("DELETE"), [])
        self.assertIn("removed", self.good("remove", "--yes", "edge-1", "3164003"))
        self.api.ignores_tags = True  # an API that forgets to filter
        self.good("remove", "--yes", "--all")
        self.assertEqual(self.api.names(), ["database"])
        self.assertEqual([path for path, _ in self.api.done("DELETE")],
                         [f"/v2/droplets/{3164000 + i}" for i in (0, 3, 1, 2, 4)])
        proved("removes by name, id or all of the tag, one by one; what lacks the tag stays, even "
               "when the API lists it; nothing without --yes")

    def test_waits_when_told_to(self):
        self.api.page = 2
        for i in range(5):
            self.api.add(f"edge-{i}", "flowmark")
        wait = (("retry-after", "1"),)
        self.api.refuse = [("GET", "1", 429, wait, TOO_MANY), ("GET", "2", 429, wait, TOO_MANY),
                           ("GET", "3", 503, (), "unavailable")]
        self.assertEqual(len(json.loads(self.good("list", "-o", "json"))), 5)
        self.assertEqual(len(self.api.done("GET")), 6)
        self.api.refuse = [("DELETE", None, 429, wait, TOO_MANY)]
        self.good("remove", "--yes", "edge-0")
        self.assertEqual(len(self.api.droplets), 4)
        proved("the rate limit and a failing server are waited for, on every page")

    def test_a_failing_page_is_no_short_list(self):
        self.api.page = 2
        for i in range(5):
            self.api.add(f"edge-{i}", "flowmark")
        self.api.refuse = [("GET", "2", 403, (), {"id": "forbidden", "message": "Not allowed"})]
        self.assertIn("403 forbidden: Not allowed", self.refused("list"))
        self.api.refuse = [("GET", "2", 403, (), {"id": "forbidden", "message": "Not allowed"})]
        self.refused("remove", "--yes", "--all")
        self.assertEqual(len(self.api.droplets), 5)
        proved("a page that fails is an error, not a shorter list")

    def test_making_is_not_repeated(self):
        self.api.refuse = [("POST", None, 429, (("retry-after", "1"),), TOO_MANY)]
        self.assertIn("API Rate limit exceeded", self.refused("make", "a", *MAKE))
        self.api.refuse = [("POST", None, 502, (), "<html>")]
        self.refused("make", "a", *MAKE)
        self.assertEqual((len(self.api.done("POST")), self.api.names()), (2, []))
        proved("what costs money is asked for once; the error says why it failed")

    def test_errors_are_clear(self):
        self.assertIn("401 unauthorized: Unable to authenticate you; is $DIGITALOCEAN_TOKEN right?",
                      self.refused("list", token="dop_v1_wrong"))
        self.assertIn("$DIGITALOCEAN_TOKEN is not set", self.refused("list", token=None))
        self.assertIn("expected https", self.refused("list", end_point="http://192.0.2.1/v2/"))
        self.assertIn("cannot be reached", self.refused("list", end_point="http://127.0.0.1:1/v2/"))
        self.assertIn("found 'a b', expected a host name",
                      self.refused("make", "a b", *MAKE, status=2))
        self.assertIn("--ssh-key", self.refused("make", "a", "--region", "fra1", status=2))
        self.assertEqual(len(self.api.requests), 1)
        proved("errors say what is wrong; the token goes to https only, and into no output")


class DropletLab(Lab):
    """A droplet's interface to the internet, and who is there."""

    def build(self):
        self.droplet, self.outside = self.namespace("droplet"), self.namespace("outside")
        connect(self.droplet, "eth0", self.outside, "eth0")
        self.droplet.ip("addr add 192.0.2.10/24 dev eth0")
        self.outside.ip("addr add 192.0.2.1/24 dev eth0")


class UserData(unittest.TestCase):
    """cloud-init of Debian 12 reads it from a NoCloud seed: all but the way it comes in is as on a
    droplet."""

    STAGES = (("init", "--local"), ("init",), ("modules", "--mode=config"),
              ("modules", "--mode=final"))

    @classmethod
    def setUpClass(cls):
        cls.lab = cls.enterClassContext(DropletLab("userdata"))
        cls.package = build_package(cls.lab.directory, "1.0-1")
        cls.host = Host(cls.lab, cls.lab.droplet, (
            "adduser", "cloud-init", "curl", "init-system-helpers", *depends_of(cls.package)))
        cls.host.write("/etc/cloud/cloud.cfg.d/99_test.cfg",
                       "datasource_list: [NoCloud]\nnetwork: { config: disabled }\n"
                       "locale: false\n")  # it has none to set
        web = cls.lab.path("web")
        os.mkdir(web)
        shutil.copy(cls.package, os.path.join(web, "flowmark.deb"))
        server = cls.lab.start(cls.lab.outside, "web", "/usr/bin/python3", "-u", "-m",
                               "http.server", "--directory", web, "8000")
        server.wait_log("Serving")

    def boot(self, sha256):
        """As the first boot of a new droplet; what cloud-init says of it."""
        with open(USER_DATA, encoding="utf-8") as file:
            text = file.read().replace("@PACKAGE_SHA256@", sha256).replace(
                "@PACKAGE_URL@", "http://192.0.2.1:8000/flowmark.deb")
        self.host.run("cloud-init", "clean", "--logs")
        self.host.write("/var/lib/cloud/seed/nocloud/user-data", text, "0600")
        self.host.write("/var/lib/cloud/seed/nocloud/meta-data", "instance-id: droplet-1\n")
        for stage in self.STAGES:
            self.host.call("cloud-init", *stage, timeout=300)
        return json.loads(self.host.run("cat", "/run/cloud-init/result.json"))["v1"]

    def log(self):
        return self.host.run("tail", "-n", "60", "/var/log/cloud-init.log")

    def test_makes_a_flowmark_host(self):
        result = self.boot("0" * 64)
        self.assertRegex(str(result["errors"]), "scripts.user", self.log())
        self.assertNotEqual(self.host.call("test", "-e", "/usr/bin/flowmark").returncode, 0)
        with open(self.package, "rb") as file:
            result = self.boot(hashlib.sha256(file.read()).hexdigest())
        self.assertEqual(result["errors"], [], self.log())
        self.assertIn("NoCloud", result["datasource"])
        self.assertEqual(self.host.unit("flowmark", "ActiveState", "UnitFileState"),
                         {"ActiveState": "active", "UnitFileState": "enabled"})
        policy = json.loads(self.host.run("flowmark", "status", "-o", "json"))["policy"]
        self.assertEqual((policy["rules"], policy["classes"]), (4, 4), policy)
        capture = Capture(self.lab.outside, "eth0", "udp dst port 3478")
        Dialogue("call", self.lab.droplet, self.lab.outside, "192.0.2.1", 3478).hold(5)
        capture.stop()
        self.assertEqual([packet.dscp for packet in capture.received()], [EF] * 5)
        proved("cloud-init makes a Flowmark host of user-data: package fetched, its sum "
               "compared (another is refused), policy in force, a call leaves eth0 as EF")


if __name__ == "__main__":
    main()
