#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""deploy/compose/setup: key, certificate and password of the compose stack, made once, for root
alone, and never by default."""

import os
import shutil
import tempfile
import unittest

from support import main, proved
from support.stack import ADDRESS, HOST, USER, Folder
from lab.processes import output

PASSWORD = "correct horse battery"
MADE = ("secrets/tls.key", "secrets/tls.crt", "secrets/htpasswd", "secrets/grafana_password",
        ".env", "policy/flowmark.yaml")


class Setup(unittest.TestCase):
    def setUp(self):
        tree = tempfile.mkdtemp(prefix=f"flowmark-compose-setup-{os.getpid()}-")
        self.addCleanup(shutil.rmtree, tree)
        self.compose = Folder(tree)

    def contents(self):
        return [self.compose.read(name) for name in MADE]

    def expect_refused(self, why, host=HOST, password=PASSWORD, options=()):
        """And nothing made."""
        done = self.compose.set_up(host, password, *options)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(why, done.stderr)
        left = [name for name in os.listdir(self.compose.folder)
                if name in (".env", "policy") or name.startswith("secrets")]
        self.assertEqual(left, [])

    def test_makes_what_compose_reads(self):
        done = self.compose.set_up(HOST, PASSWORD)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        modes = {name: os.stat(self.compose.path(name)).st_mode & 0o777
                 for name in ("secrets", *MADE)}
        self.assertEqual(modes, {
            "secrets": 0o700, "secrets/tls.key": 0o600, "secrets/tls.crt": 0o644,
            "secrets/htpasswd": 0o644, "secrets/grafana_password": 0o644, ".env": 0o600,
            "policy/flowmark.yaml": 0o644})
        settings = self.compose.read(".env").splitlines()
        self.assertIn(f"FLOWMARK_HOST={HOST}", settings)
        self.assertIn(f"FLOWMARK_ADDRESS={ADDRESS}", settings)
        user, hashed = self.compose.read("secrets/htpasswd").strip().split(":")
        salt = hashed.split("$")[2]
        self.assertEqual(user, USER)
        self.assertEqual(output("openssl", "passwd", "-6", "-salt", salt, "-stdin", text=PASSWORD),
                         f"{hashed}\n")
        self.assertNotIn(PASSWORD, "".join(self.contents()) + done.stdout)
        self.assertIn("Certificate will not expire", output(
            "openssl", "x509", "-in", self.compose.path("secrets/tls.crt"), "-checkend", "86400"))
        self.assertIn(f"DNS:{HOST}", output("openssl", "x509", "-noout", "-ext", "subjectAltName",
                                            "-in", self.compose.path("secrets/tls.crt")))
        proved("a certificate for the host's name, a key and a folder for root alone, a password "
               "file with a salted SHA-512 hash, .env and a policy")

    def test_overwrites_nothing(self):
        self.compose.set_up(HOST, PASSWORD)
        before = self.contents()
        for gone in (None, ".env", "secrets"):
            if gone:
                os.rename(self.compose.path(gone), self.compose.path("kept"))
            done = self.compose.set_up("other.example.com", PASSWORD)
            self.assertEqual(done.returncode, 1)
            self.assertIn("is there already, nothing is changed", done.stderr)
            if gone:
                os.rename(self.compose.path("kept"), self.compose.path(gone))
            self.assertEqual(self.contents(), before)
        proved("a second time, or with half of it there: refused, and not a byte changed")

    def test_keeps_a_policy(self):
        os.mkdir(self.compose.path("policy"))
        self.compose.write_policy("mine")
        self.assertEqual(self.compose.set_up(HOST, PASSWORD).returncode, 0)
        self.assertEqual(self.compose.read("policy/flowmark.yaml"), "mine")

    def test_wrong_input_is_refused(self):
        for password in ("", "12345678901"):
            self.expect_refused("expected 12 at least", password=password)
        for host in ("198.51.100.1", "a b", "-x", "a/../b", "", "x" * 65):
            self.expect_refused("expected a name" if not host.startswith("-") else "usage", host)
        for address in ("lan0", "1.2.3", "2001:db8::1", "1.2.3.4;"):
            self.expect_refused("expected one such as", options=("--address", address))
        self.expect_refused("expected letters", options=("--user", "a:b"))
        self.expect_refused("usage", options=("--password", "x"))
        proved("no empty or short password, no address for a name, no name for an address")

    def test_needs_root(self):
        """Nothing of a user's is to be read by Nginx's root, which has no right to it."""
        os.chmod(os.path.dirname(os.path.dirname(self.compose.folder)), 0o755)
        said = output("setpriv", "--reuid", "65534", "--clear-groups", self.compose.path("setup"),
                      HOST, check=False, text=PASSWORD)
        self.assertEqual(said, "")
        self.assertFalse(os.path.exists(self.compose.path("secrets")))


if __name__ == "__main__":
    main()
