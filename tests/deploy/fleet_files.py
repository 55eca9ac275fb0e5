#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The files that are for fleets, by the programs that read them: the Ansible role, cloud-init's
user-data, the examples for Prometheus and Nginx, the Kubernetes manifests. Each check is also shown
a file that is wrong."""

import functools
import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest

import yaml

from support import FLOWMARK, ROOT, main, proved
from lab.processes import output
from monitoring import dashboards, promql, rules

DEPLOY = os.path.join(ROOT, "deploy")
ANSIBLE = os.path.join(DEPLOY, "ansible")
EXAMPLES = os.path.join(DEPLOY, "prometheus/examples")
KUBERNETES = os.path.join(DEPLOY, "kubernetes")
TYPES = os.path.join(ROOT, "tools/fleet/kubernetes_types.py")

# Debian 12's cloud-init takes unknown keys, and it has no kubectl.
NEWER, NEWER_PACKAGES = "trixie", ("cloud-init", "kubernetes-client", "python3-kubernetes")
NEWER_FOLDER = os.path.abspath(os.path.join(ROOT, "build/trixie-fleet"))
OVERLAYS = ("base", "overlays/edge", "overlays/droplets", "overlays/monitored")


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


class Files(unittest.TestCase):
    @staticmethod
    @functools.lru_cache
    def newer():
        """What runs a program of the newer suite, which is unpacked once."""
        output(os.path.join(ROOT, "tools/suite"), NEWER, NEWER_FOLDER, *NEWER_PACKAGES, timeout=600)
        return os.path.join(NEWER_FOLDER, "run")

    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory(prefix="flowmark-fleet-"))

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def call(self, *command, cwd=None):
        return subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=cwd,
                              env={**os.environ, "LC_ALL": "C.UTF-8", "HOME": self.folder,
                                   "NO_COLOR": "1"}, stdin=subprocess.DEVNULL)

    def good(self, *command, cwd=None):
        done = self.call(*command, cwd=cwd)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def bad(self, text, *command, cwd=None):
        """Fails, and says `text`."""
        done = self.call(*command, cwd=cwd)
        self.assertNotEqual(done.returncode, 0, done.stdout)
        self.assertIn(text, done.stdout + done.stderr)

    def changed(self, source, old, new):
        """A copy of the file with something else in it."""
        text = read(source)
        self.assertIn(old, text)
        return write(self.path("wrong", os.path.basename(source)), text.replace(old, new))


class Ansible(Files):
    LINT = ("ansible-lint", "--offline", "-p", "--profile", "production")

    def test_role(self):
        copy = self.path("ansible")
        shutil.copytree(ANSIBLE, copy)
        self.good(*self.LINT, cwd=copy)
        self.good("yamllint", "--strict", "-c", os.path.join(ROOT, ".yamllint"), copy)
        self.good("ansible-playbook", "--syntax-check", "site.yml", cwd=copy)
        tasks = os.path.join(copy, "roles/flowmark/tasks/run.yml")
        write(tasks, read(tasks) + "\n- name: Wrong\n  service: { name: x, state: restarted }\n")
        self.bad("fqcn", *self.LINT, cwd=copy)
        proved("the role passes ansible-lint's profile production, and yamllint; a task without "
               "its module's full name does not")

    def test_example_inventory(self):
        """What the role would write on each of its hosts is a policy."""
        hosts = sorted(json.loads(self.good("ansible-inventory", "--list", cwd=ANSIBLE))
                       ["_meta"]["hostvars"])
        place = self.path("{{ inventory_hostname }}")
        for host in hosts:
            os.makedirs(self.path(host, "sets"))
        for module, words in (
                ("template", f"src=roles/flowmark/templates/flowmark.yaml.j2 "
                             f"dest='{place}/flowmark.yaml'"),
                ("copy", "content=\"{{ flowmark_set_files.office | join('\\n') }}\" "
                         f"dest='{place}/sets/office'")):
            self.good("ansible", "all", "-c", "local", "-m", f"ansible.builtin.{module}",
                      "-a", words, cwd=ANSIBLE)
        said = {host: self.good(FLOWMARK, "check", "-c", self.path(host, "flowmark.yaml"))
                for host in hosts}
        self.assertIn("name: eth0", read(self.path("edge-fra1-01", "flowmark.yaml")))
        self.assertIn("name: lan*", read(self.path("edge-berlin", "flowmark.yaml")))
        self.assertIn("4 rules, 4 classes, 1 set with 2 members", said["edge-berlin"])
        proved(f"the example inventory makes a policy for each of its {len(hosts)} hosts that "
               "`flowmark check` takes")


class UserData(Files):
    PATH = os.path.join(DEPLOY, "digitalocean/user-data")

    def schema(self, path):
        return (self.newer(), "python3", os.path.join(NEWER_FOLDER, "usr/bin/cloud-init"),
                "schema", "--config-file", path)

    def test_user_data(self):
        self.good(*self.schema(self.PATH))
        self.good("yamllint", "--strict", "-d", "{extends: default, rules: {document-start: "
                  "disable, comments: disable, braces: {max-spaces-inside: 1}, "
                  "line-length: {max: 100}}}", self.PATH)
        for old, new, text in (("runcmd:", "runcmds:", "'runcmds' was unexpected"),
                               ("    permissions:", "    permission:",
                                "'permission' was unexpected"),
                               ("permissions: \"0755\"", "permissions: 0755", "is not of type")):
            self.bad(text, *self.schema(self.changed(self.PATH, old, new)))
        files = {row["path"]: row["content"]
                 for row in yaml.safe_load(read(self.PATH))["write_files"]}
        said = self.good(FLOWMARK, "check", "-c",
                         write(self.path("flowmark.yaml"), files["/etc/flowmark/flowmark.yaml"]))
        self.good("shellcheck", "-e", "SC1091,SC2154",
                  write(self.path("install"), files["/usr/local/sbin/flowmark-install"]))
        proved(f"user-data is right by the schema of {NEWER}'s cloud-init, which refuses what "
               f"is misspelt; its policy is one ({said.split(': ')[1].strip()}), its script passes "
               "shellcheck")


class Prometheus(Files):
    def test_examples(self):
        examples = sorted(name for name in os.listdir(EXAMPLES) if name.endswith(".yml"))
        self.assertEqual(examples, ["digitalocean.yml", "file.yml", "remote-write.yml"])
        for name in examples:
            self.assertIn("SUCCESS", self.good("promtool", "check", "config",
                                               os.path.join(EXAMPLES, name)))
        for name, old, new, text in (
                ("digitalocean.yml", "refresh_interval", "refreshInterval", "refreshInterval"),
                ("remote-write.yml", "max_shards", "maximum_shards", "maximum_shards"),
                ("file.yml", "file_sd_configs:", "file_sd_config:", "file_sd_config")):
            self.bad(text, "promtool", "check", "config",
                     self.changed(os.path.join(EXAMPLES, name), old, new))
        proved(f"promtool takes {', '.join(examples)}, and none with a misspelt key")

    def test_what_is_sent_is_what_is_looked_at(self):
        """Dashboards and rules find all their series where hosts send them to."""
        asked = [target["expr"] for board in dashboards.load_all().values()
                 for _, target in dashboards.targets(board)]
        asked += [rule["expr"] for rule in rules.load_all()]
        names = {re.match(r"\w+", selector)[0] for expression in asked
                 for selector in promql.selectors(expression)}
        config = yaml.safe_load(read(os.path.join(EXAMPLES, "remote-write.yml")))
        kept, = config["remote_write"][0]["write_relabel_configs"]
        self.assertEqual((kept["source_labels"], kept["action"]), (["__name__"], "keep"))
        # What rules record, they record there.
        scraped = {name for name in names if not name.startswith("slo")} - {"flowmark"}
        self.assertGreater(len(scraped), 30)
        self.assertEqual([n for n in sorted(scraped) if not re.fullmatch(kept["regex"], n)], [])
        proved(f"remote write sends all {len(scraped)} metrics that dashboards and rules look at")

    def discovered(self, config):
        """What the scrape job gets its targets to be, by Prometheus' own discovery."""
        found = json.loads(self.good("promtool", "check", "service-discovery", config, "flowmark",
                                     "--timeout=5s"))
        return [row["labels"] for row in found if row["labels"]]

    def test_file_targets(self):
        labels = self.discovered(os.path.join(EXAMPLES, "file.yml"))
        self.assertEqual(sorted((row["__address__"], row["instance"], row["__scheme__"])
                                for row in labels),
                         [(f"edge-{site}.example.com:443", f"edge-{site}", "https")
                          for site in ("berlin", "porto")])
        shutil.copytree(EXAMPLES, self.path("examples"))
        write(self.path("examples/targets/edges.yml"), "- target: [x]\n")
        self.bad("field target not found", "promtool", "check", "config",
                 self.path("examples/file.yml"))
        proved("Prometheus discovers the two hosts of the targets file, and promtool refuses one "
               "with a misspelt key")

    def test_droplets_are_relabelled(self):
        """Droplets as Prometheus describes them, handed in by a file: its own client of the API
        cannot be pointed elsewhere."""
        config = yaml.safe_load(read(os.path.join(EXAMPLES, "digitalocean.yml")))
        job = config["scrape_configs"][0]
        del job["digitalocean_sd_configs"]
        droplets = [("edge-1", ",office,flowmark,", "active"), ("edge-2", ",flowmark,", "off"),
                    ("database", ",precious,", "active"), ("mark", ",flowmarket,", "active")]
        write(self.path("targets.json"), json.dumps([
            {"targets": ["198.51.100.1:80"], "labels": {
                "__meta_digitalocean_droplet_name": name, "__meta_digitalocean_tags": tags,
                "__meta_digitalocean_status": status, "__meta_digitalocean_region": "fra1"}}
            for name, tags, status in droplets]))
        job["file_sd_configs"] = [{"files": [self.path("targets.json")]}]
        labels = self.discovered(write(self.path("prometheus.yml"), yaml.safe_dump(config)))
        self.assertEqual([(row["__address__"], row["instance"], row["region"]) for row in labels],
                         [("edge-1.edge.example.com:443", "edge-1", "fra1")])
        proved("of four droplets the one that is active and has the tag is scraped, at its proxy")


class Nginx(Files):
    def test_metrics_proxy(self):
        self.good("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj",
                  "/CN=edge-berlin.example.com", "-keyout", self.path("flowmark.key"), "-out",
                  self.path("flowmark.pem"))
        site = read(os.path.join(EXAMPLES, "metrics-proxy.conf")).replace("/etc/nginx", self.folder)

        def config(text):
            return write(self.path("nginx.conf"), f"pid {self.folder}/pid;\nevents {{}}\n"
                         f"http {{ access_log off;\n{text}\n}}\n")
        check = ("nginx", "-t", "-e", self.path("log"), "-c")
        self.good(*check, config(site))
        self.bad("limit_accept", *check, config(site.replace("limit_except", "limit_accept")))
        proved("nginx takes metrics-proxy.conf, and not with a misspelt directive")


class Kubernetes(Files):
    def kustomize(self, folder):
        """What the folder makes."""
        return self.good(self.newer(), "kubectl", "kustomize", folder)

    @staticmethod
    @functools.lru_cache
    def rendered(name):
        return output(Files.newer(), "kubectl", "kustomize", os.path.join(KUBERNETES, name))

    def check(self, *words):
        return (self.newer(), "python3", TYPES, *words)

    @staticmethod
    def objects(text):
        return {row["kind"]: row for row in yaml.safe_load_all(text)}

    def test_types(self):
        paths = [write(self.path(name.replace("/", "-") + ".yaml"), self.rendered(name))
                 for name in OVERLAYS]
        said = self.good(*self.check("--each-field", *paths))
        whole = read(paths[-1])  # it has all that the others have
        wrong = {}
        for number, (old, new, problem) in enumerate((
                ("readOnlyRootFilesystem", "readOnlyRootFileSystem", "unknown field"),
                ("minReadySeconds: 10", "minReadySeconds: \"10\"", "expected int"),
                ("memory: 1Gi", "memory: 1GiB", "expected a quantity"),
                ("      - operator: Exists\n", "      - Exists\n", "expected a mapping"),
                ("containerPort: 19735", "protocol: TCP", "`container_port`, must not be `None`"),
                ("kind: DaemonSet", "kind: DemonSet", "not known"),
                ("interval: 15s", "intervals: 15s", "unknown field"))):
            self.assertIn(old, whole)
            wrong[write(self.path(f"wrong-{number}.yaml"), whole.replace(old, new))] = problem
        done = self.call(*self.check(*wrong))
        self.assertEqual(done.returncode, 1, done)
        for path, problem in wrong.items():
            self.assertRegex(done.stdout, re.escape(path) + ": .*" + re.escape(problem))
        proved(f"kubectl kustomize renders {', '.join(OVERLAYS)}: {said.strip()} one by one, all "
               f"of which was noticed; so were {len(wrong)} other mistakes")

    def test_what_belongs_together(self):
        for name in OVERLAYS:
            found = self.objects(self.rendered(name))
            spec = found["DaemonSet"]["spec"]
            pod, labels = spec["template"]["spec"], spec["template"]["metadata"]["labels"]
            self.assertLessEqual(spec["selector"]["matchLabels"].items(), labels.items())
            volumes = {volume["name"]: volume for volume in pod["volumes"]}
            for container in pod["initContainers"] + pod["containers"]:
                self.assertLessEqual({m["name"] for m in container["volumeMounts"]}, set(volumes))
                capabilities = container["securityContext"]["capabilities"]
                self.assertEqual(capabilities["drop"], ["ALL"])
                self.assertTrue(container["securityContext"]["readOnlyRootFilesystem"])
                self.assertEqual(container["image"] == "flowmark", name == "base")
            agent = pod["containers"][0]
            self.assertEqual(agent["securityContext"]["capabilities"]["add"],
                             ["BPF", "NET_ADMIN", "PERFMON"])
            ports = {port["name"] for port in agent["ports"]}
            hosts = set()
            self.assertEqual(agent["livenessProbe"]["exec"]["command"], ["flowmark", "status"])
            for probe in ("startupProbe", "readinessProbe"):
                self.assertIn(agent[probe]["httpGet"]["port"], ports)
                hosts.add(agent[probe]["httpGet"].get("host"))
            self.assertEqual(hosts, {None if name == "overlays/monitored" else "127.0.0.1"})
            self.assertEqual(found["ConfigMap"]["metadata"]["name"],
                             volumes["policy"]["configMap"]["name"])
            self.assertEqual("PodMonitor" in found, name == "overlays/monitored")
            if "PodMonitor" in found:
                monitor = found["PodMonitor"]["spec"]
                self.assertLessEqual(monitor["selector"]["matchLabels"].items(), labels.items())
                self.assertIn(monitor["podMetricsEndpoints"][0]["port"], ports)
        proved("selectors, volumes, ports, probes and names of one object fit those of the others")

    def test_a_changed_policy_rolls(self):
        copy = self.path("kubernetes")
        shutil.copytree(KUBERNETES, copy)
        overlay = os.path.join(copy, "overlays/edge")
        before = self.objects(self.kustomize(overlay))["DaemonSet"]["spec"]["template"]
        again = self.objects(self.kustomize(overlay))["DaemonSet"]["spec"]["template"]
        path = os.path.join(overlay, "flowmark.yaml")
        write(path, read(path).replace("dscp: CS5", "dscp: CS4"))
        after = self.objects(self.kustomize(overlay))["DaemonSet"]["spec"]["template"]
        self.assertEqual(before, again)
        self.assertNotEqual(before, after)
        self.bad("configMapGenerators", self.newer(), "kubectl", "kustomize", os.path.dirname(
            self.changed(os.path.join(overlay, "kustomization.yaml"), "configMapGenerator:",
                         "configMapGenerators:")))
        proved("one changed line of a policy makes another pod template, so that the pods roll; "
               "nothing changed makes the same one")

    def test_policies(self):
        """Laid out as a node lays out a ConfigMap: links to links."""
        for name in OVERLAYS:
            found = self.objects(self.rendered(name))
            place = self.path(name)
            write(os.path.join(place, "..2026/flowmark.yaml"),
                  found["ConfigMap"]["data"]["flowmark.yaml"])
            os.symlink("..2026", os.path.join(place, "..data"))
            os.symlink("..data/flowmark.yaml", os.path.join(place, "flowmark.yaml"))
            self.good(FLOWMARK, "check", "-c", os.path.join(place, "flowmark.yaml"))
        proved("`flowmark check`, as the init container runs it, takes each overlay's policy as a "
               "node lays it out")


if __name__ == "__main__":
    main()
