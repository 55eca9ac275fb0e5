# SPDX-License-Identifier: Apache-2.0
"""Browsers without a screen: each call loads the page with all hosts, in a new profile."""

import json
import os

from lab.processes import LabError, output, wait_for

from .web import QUIC_PORT, TLS_PORT

PATIENCE = 300  # seconds

CHROMIUM = (
    "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage", "--disable-features=LocalNetworkAccessChecks",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE *.example.test", "--dump-dom")

FIREFOX_PREFERENCES = {
    "app.normandy.enabled": False,
    "app.update.enabled": False,
    "browser.safebrowsing.downloads.remote.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.trr.mode": 5,
}


def _key_hash(lab):
    """Of the server's key, as Chromium wants it."""
    return output("sh", "-c", 'openssl x509 -in "$0" -noout -pubkey | openssl pkey -pubin '
                  "-outform der | openssl dgst -sha256 -binary | base64", lab.path("cert.pem"))


def chromium(lab, web, quic=False):
    """Ends by itself when all is there."""
    page = web.hosts[0].name
    how: tuple[str, ...]
    if quic:
        origins = ",".join(f"{host.name}:{QUIC_PORT}" for host in web.hosts)
        how = ("--enable-quic", f"--origin-to-force-quic-on={origins}",
               f"--ignore-certificate-errors-spki-list={_key_hash(lab).strip()}")
        url = f"https://{page}:{QUIC_PORT}/quic.html"
    else:
        how = ("--disable-quic", "--ignore-certificate-errors")
        url = f"https://{page}:{TLS_PORT}/tls.html"
    profile = lab.path(f"chromium-{'quic' if quic else 'tls'}")
    browser = lab.start(
        lab.client, "chromium", *web.alone(*CHROMIUM, f"--user-data-dir={profile}", *how, url),
        env={"HOME": lab.directory})
    if browser.wait(PATIENCE) != 0:
        raise LabError(f"Chromium ended with {browser.returncode}:\n{browser.log()}")


def _firefox_profile(lab, path, preferences):
    """Trusts the lab's authority."""
    os.mkdir(path)
    with open(os.path.join(path, "user.js"), "w", encoding="utf-8") as file:
        file.writelines(f'user_pref("{name}", {json.dumps(value)});\n'
                        for name, value in preferences.items())
    output("certutil", "-N", "-d", f"sql:{path}", "--empty-password")
    output("certutil", "-A", "-d", f"sql:{path}", "-n", "lab", "-t", "C,,", "-i",
           lab.path("ca.pem"))


def _firefox_quic(web):
    """Preferences: HTTP/3 at once, and no race with TLS, which it would now and then lose."""
    return {
        "network.http.happy_eyeballs_enabled": False,
        "network.http.http3.backup_timer_delay": PATIENCE * 1000,
        "network.http.http3.disable_when_third_party_roots_found": False,
        "network.http.http3.force-use-alt-svc-mapping-for-testing": True,
        "network.http.http3.alt-svc-mapping-for-testing": ",".join(
            f"{host.name};h3=:{QUIC_PORT}" for host in web.hosts),
    }


def firefox(lab, web, quic=False):
    """Is ended when it has asked every host."""
    profile = lab.path(f"firefox-{'quic' if quic else 'tls'}")
    _firefox_profile(lab, profile, FIREFOX_PREFERENCES | (_firefox_quic(web) if quic else {}))
    page, port = ("quic.html", QUIC_PORT) if quic else ("tls.html", TLS_PORT)
    browser = lab.start(
        lab.client, "firefox", *web.alone("firefox-esr", "--headless", "--no-remote", "--profile",
                                          profile, f"https://{web.hosts[0].name}:{port}/{page}"),
        env={"HOME": lab.directory})
    asked = web.quic_flows if quic else web.tls_flows

    def done():
        browser.expect_running()
        return len({server for _, _, server in asked()}) == len(web.hosts)
    wait_for(done, PATIENCE, "Firefox to ask every host")
    browser.stop()
