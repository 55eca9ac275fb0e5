#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The Jenkinsfile: linted, and run branch by branch by jenkins/declarative.groovy, which does as
Jenkins does as far as that goes. There is no Jenkins here: what it would make of the file beyond
that is not shown."""

import json
import os
import re
import shutil
import stat
import subprocess
import tempfile
import unittest

from support import ROOT, main, proved
from lab.processes import LabError, output

HERE = os.path.dirname(os.path.abspath(__file__))
JENKINSFILE = os.path.join(ROOT, "Jenkinsfile")
STUB = os.path.join(HERE, "jenkins/declarative.groovy")
JAVA_HOME = "/usr/lib/jvm/default-java"
BRANCHES = {"area/what": "feature", "dev": "dev", "main": "main", "prod": "prod"}

# A row of CONTRIBUTING.md: `command` | x | | ...
ROW = re.compile(r"^\|[^|]*\| `(tools/ci/[^`]+)` \|((?: [x ]\s*\|){4})$", re.M)

# Does as it is told by the file that stands beside it, and writes down that it ran.
RECORDER = """#!/bin/sh
echo "${0##*/} $*" | sed 's/ *$//' >>../calls
[ "${0##*/}" != "$(cat ../failing)" ] || exit 1
"""

# One small pipeline, and what is wrong with it when a piece is put in another's place.
SMALL = """
pipeline {
  agent { label 'x' }
  stages {
    stage('one') {
      steps { sh 'tools/ci/unit.sh' }
    }
  }
}
"""
STEPS = "steps { sh 'tools/ci/unit.sh' }"
WRONG = {
    "an unknown step": (STEPS, "steps { bat 'tools/ci/unit.sh' }", "'bat' is not known here"),
    "an unknown section": ("stages {", "step { }\n  stages {", "'step' is not known here"),
    "an unknown word": ("agent {", "stages x\n  agent {", "'x' is not known here"),
    "an unknown condition": (STEPS, f"when {{ branches 'dev' }}\n{STEPS}",
                             "'branches' is not known here"),
    "an unknown option": (STEPS, f"options {{ timeout(1) }}\n{STEPS}", "timeout"),
    "a section twice": (STEPS, f"{STEPS}\n{STEPS}", "'steps' is given twice"),
    "a stage without steps": (STEPS, "options { timeout(time: 1, unit: 'HOURS') }",
                              "needs one of steps, stages and matrix"),
    "empty steps": (STEPS, "steps { }", "its steps do nothing"),
    "two stages in a line": ("    }\n  }", "    } stage('two') { " + STEPS + " }\n  }", "stage"),
    "two stages of a name": ("stages {", f"stages {{\nstage('one') {{ {STEPS} }}\n",
                             "two are called 'one'"),
    "no agent": ("agent { label 'x' }", "", "needs an agent and stages"),
    "a script that is not there": ("unit.sh", "unti.sh", "does not exist or cannot be executed"),
    "a script that cannot be executed": ("unit.sh", "common.sh",
                                         "does not exist or cannot be executed"),
    "more than a call of a script": ("unit.sh", "unit.sh && true", "is not one call of a script"),
    "a variable that is not set": ("unit.sh", "unit.sh $FOLDER", "sets no FOLDER"),
    "no Groovy": ("pipeline {", "pipeline {{", "startup failed"),
}


def run(branches, *options, files=(JENKINSFILE,), root=ROOT):
    """[(status, lines), ...] of each file as each branch, by the stub."""
    done = subprocess.run(
        ["groovy", STUB, ",".join(files), ",".join(branches), "--root", os.path.realpath(root),
         *options],
        capture_output=True, text=True, timeout=300, env={**os.environ, "JAVA_HOME": JAVA_HOME})
    parts = re.split(r"^pipeline .*\n", done.stdout, flags=re.M)[1:]
    if len(parts) != len(files) * len(branches):
        raise LabError(f"groovy: exit {done.returncode}\n{done.stdout}{done.stderr}")
    runs = [part.splitlines() for part in parts]
    return [(int(lines[-1].removeprefix("status ")), lines[:-1]) for lines in runs]


def commands(lines):
    return [line.partition(": ")[2] for line in lines if line.startswith("sh ")]


def promised():
    """{branch: commands in order}, by CONTRIBUTING.md."""
    with open(os.path.join(ROOT, "CONTRIBUTING.md"), encoding="utf-8") as file:
        rows = ROW.findall(file.read())
    marks = {command: [cell.strip() == "x" for cell in cells.split("|")[:4]]
             for command, cells in rows}
    return {branch: [command for command, on in marks.items() if on[column]]
            for column, branch in enumerate(BRANCHES.values())}


def called(script, arguments=""):
    return f"{os.path.basename(script)} {arguments}".strip()


class Jenkinsfile(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(
            tempfile.TemporaryDirectory(prefix=f"flowmark-jenkinsfile-{os.getpid()}-"))

    def test_lint(self):
        """And a file beside it that is none, as a proof that this would be found."""
        shutil.copy(JENKINSFILE, os.path.join(self.folder, "Jenkinsfile"))
        os.mkdir(os.path.join(self.folder, "broken"))
        with open(JENKINSFILE, encoding="utf-8") as file:
            self.write("broken/Jenkinsfile", file.read().replace("steps {", "steps ", 1))
        tools = output(os.path.join(ROOT, "tools/npm"), os.path.join(HERE, "jenkins/package.json"),
                       timeout=600).strip()
        result = os.path.join(self.folder, "result.json")
        done = subprocess.run(
            [os.path.join(tools, "node_modules/.bin/npm-groovy-lint"), "--noserver", "--failon",
             "error", "--config", os.path.join(HERE, "jenkins/groovylint.json"), "--output", result,
             "Jenkinsfile", "broken/Jenkinsfile"],
            capture_output=True, text=True, timeout=300, cwd=self.folder, stdin=subprocess.DEVNULL)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        with open(result, encoding="utf-8") as file:
            found = {os.path.relpath(path, self.folder): file_of["errors"]
                     for path, file_of in json.load(file)["files"].items()}
        self.assertEqual(found["Jenkinsfile"], [])
        self.assertIn("error", {fault["severity"] for fault in found["broken/Jenkinsfile"]})
        proved("npm-groovy-lint 15 finds nothing in the Jenkinsfile, and an error in one that "
               "lacks a brace")

    def test_each_branch_runs_what_is_promised(self):
        plan = promised()
        self.assertEqual([len(set(rows)) for rows in plan.values()],
                         [len(rows) for rows in plan.values()])
        self.assertGreater(len(plan["feature"]), 8)
        for branch, (status, lines) in zip(BRANCHES, run(BRANCHES, "--approve"), strict=True):
            self.assertEqual(status, 0, lines)
            self.assertEqual(commands(lines), plan[BRANCHES[branch]], branch)
            self.assertIn("junit build/test-results/*.xml", lines)
            self.assertEqual(sum(line.startswith("archive and fingerprint build/release-candidate")
                                 for line in lines), branch in ("main", "prod"), branch)
            self.assertEqual(sum(line.startswith("input ") for line in lines), branch == "prod")
        proved("each branch runs the scripts that CONTRIBUTING.md promises, in that order: " +
               ", ".join(f"{name} {len(rows)}" for name, rows in plan.items()))

    def test_what_is_wrong_is_found(self):
        files = [self.write("small", SMALL)]
        for what, (old, new, _) in WRONG.items():
            self.assertIn(old, SMALL)
            files.append(self.write(what.replace(" ", "-"), SMALL.replace(old, new, 1)))
        (status, lines), *wrong = run(["dev"], files=files)
        self.assertEqual((status, commands(lines)), (0, ["tools/ci/unit.sh"]), lines)
        for (what, (*_, words)), (status, lines) in zip(WRONG.items(), wrong, strict=True):
            self.assertEqual(status, 2, what)
            self.assertIn(words, "\n".join(lines), what)
        proved(f"{len(WRONG)} kinds of wrong pipelines are refused: {', '.join(WRONG)}")

    def test_scripts_refuse_wrong_arguments(self):
        """Only those are run that look as if they would: the others would do their work."""
        folder = os.path.join(ROOT, "tools/ci")
        scripts = sorted(name for name in os.listdir(folder) if name.endswith(".sh")
                         and os.access(os.path.join(folder, name), os.X_OK))
        for name in scripts:
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                self.assertRegex(file.read(), r"\b(takes_nothing|takes_ctest|refuse_usage) ", name)
            done = subprocess.run([os.path.join(folder, name), "no/such/argument"],
                                  capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, 2, (name, done.stdout, done.stderr))
            self.assertRegex(done.stderr, rf"^usage: tools/ci/{name}\b", name)
        proved(f"{len(scripts)} scripts of tools/ci refuse a wrong argument with a usage line")

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def tree(self, failing=""):
        """A tree whose scripts write down that they were called, but for lint.sh, which is
        ours, with one check; `failing` fails."""
        tree = tempfile.mkdtemp(dir=self.folder)
        folder = os.path.join(tree, "root/tools/ci")
        os.makedirs(folder)
        for script in os.listdir(os.path.join(ROOT, "tools/ci")):
            if script.endswith(".sh"):
                path = os.path.join(folder, script)
                text = RECORDER
                if script == "lint.sh":
                    text += f"exec {os.path.realpath(ROOT)}/tools/ci/lint.sh house_rules\n"
                with open(path, "w", encoding="utf-8") as file:
                    file.write(text)
                os.chmod(path, stat.S_IRWXU)
        for name, text in (("calls", ""), ("failing", failing)):
            with open(os.path.join(tree, name), "w", encoding="utf-8") as file:
                file.write(text)
        results = os.path.join(tree, "root/build/test-results")
        os.makedirs(results)
        shutil.copy(JENKINSFILE, os.path.join(results, "one.xml"))
        os.makedirs(os.path.join(tree, "root/build/release-candidate"))
        shutil.copy(JENKINSFILE, os.path.join(tree, "root/build/release-candidate"))
        return tree

    def execute(self, branch, *options, failing=""):
        """Exit status, lines, and which scripts really ran."""
        tree = self.tree(failing)
        [(status, lines)] = run([branch], "--execute", *options, root=os.path.join(tree, "root"))
        self.assertNotEqual(status, 2, lines)
        with open(os.path.join(tree, "calls"), encoding="utf-8") as file:
            return status, lines, file.read().splitlines()

    def test_stages_are_executed(self):
        status, lines, calls = self.execute("prod", "--approve")
        self.assertEqual(status, 0, lines)
        self.assertEqual(calls, [called(*command.split(" ", 1)) for command in promised()["prod"]])
        self.assertIn("lint: 1 checks, nothing found", lines)
        at = lines.index("junit build/test-results/*.xml")
        self.assertEqual(lines[at + 1], "  1 files")
        proved(f"executed as prod, {len(calls)} scripts really run in their order, lint.sh ours")

    def test_a_failing_script_stops_the_pipeline(self):
        for failing, branch in (("bpf.sh", "dev"), ("lint.sh", "main")):
            status, lines, calls = self.execute(branch, failing=failing)
            plan = [called(*command.split(" ", 1)) for command in promised()[branch]]
            self.assertEqual(status, 1)
            self.assertEqual(calls, plan[:plan.index(failing) + 1])
            self.assertEqual(lines[-1], "result FAILURE")
            self.assertIn("post always of pipeline", lines)
            self.assertIn("junit build/test-results/*.xml", lines)
            self.assertNotIn("post success of release candidate", lines)
        proved("a script that fails is the last to run; post{always} archives its results")

    def test_nothing_is_rolled_out_without_approval(self):
        status, lines, calls = self.execute("prod")
        self.assertEqual(status, 1)
        self.assertEqual(calls[-1], "rollout.sh plan")
        self.assertNotIn("rollout.sh apply", calls)
        self.assertEqual(lines[-1], "result ABORTED")
        self.assertIn("post always of pipeline", lines)
        proved("without the approval prod ends with the plan of the rollout")


if __name__ == "__main__":
    main()
