# SPDX-License-Identifier: Apache-2.0
"""DigitalOcean's API for droplets, as its documentation describes requests, answers, pages and
errors, on the loopback: real HTTP, with droplets that exist on paper only."""

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

PAGE_LIMIT = 200  # the API's own


def droplet(number, name, tags, status="active", region="fra1"):
    """As far as the documentation has it and someone here reads it."""
    octet = number % 250 + 1
    networks = [] if status == "new" else [
        {"ip_address": f"10.110.0.{octet}", "netmask": "255.255.0.0", "gateway": "",
         "type": "private"},
        {"ip_address": f"198.51.100.{octet}", "netmask": "255.255.255.0",
         "gateway": "198.51.100.1", "type": "public"}]
    return {
        "id": number, "name": name, "memory": 1024, "vcpus": 1, "disk": 25, "locked": False,
        "status": status, "kernel": None, "created_at": "2026-01-01T00:00:00Z",
        "features": ["monitoring", "ipv6"], "backup_ids": [], "next_backup_window": None,
        "snapshot_ids": [], "volume_ids": [], "size_slug": "s-1vcpu-1gb", "tags": list(tags),
        "image": {"id": 1, "slug": "debian-12-x64", "distribution": "Debian"},
        "region": {"slug": region, "name": "Frankfurt 1", "available": True},
        "networks": {"v4": networks, "v6": []}, "vpc_uuid": "5a4981aa-9653-4bd1-bef5-d6bff52042e4"}


class CloudApi:
    """Use as a context. `fail` and `answers` are for the test to fill in and to read."""

    def __init__(self, token, page=PAGE_LIMIT):
        self.token, self.page = token, page
        self.droplets = {}
        self.requests = []     # (method, path, body)
        self.refuse = []       # (method, page or None, status, headers, body), each used once
        self.ignores_tags = False
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/v2/"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def add(self, name, *tags):
        number = 3164000 + len(self.droplets)
        self.droplets[number] = droplet(number, name, tags)
        return number

    def names(self):
        return sorted(d["name"] for d in self.droplets.values())

    def done(self, method):
        return [(path, body) for kind, path, body in self.requests if kind == method]

    def listed(self, query):
        """A page, and the links to the others as the API writes them."""
        tag = query.get("tag_name", [None])[0]
        found = [d for d in self.droplets.values()
                 if tag is None or self.ignores_tags or tag in d["tags"]]
        size = min(int(query.get("per_page", ["20"])[0]), self.page)
        page = int(query.get("page", ["1"])[0])
        last = max(1, -(-len(found) // size))

        def link(number):
            words = {"page": number, "per_page": size, **({"tag_name": tag} if tag else {})}
            return f"{self.url}droplets?{urlencode(words)}"
        pages = {**({"next": link(page + 1), "last": link(last)} if page < last else {}),
                 **({"first": link(1), "prev": link(page - 1)} if page > 1 else {})}
        shown = [json.loads(json.dumps(d)) for d in found[(page - 1) * size:page * size]]
        for one in found:  # by the time of the next look it is up
            if one["status"] == "new":
                one.update(droplet(one["id"], one["name"], one["tags"]))
        return {"droplets": shown, "links": {"pages": pages} if pages else {},
                "meta": {"total": len(found)}}

    def made(self, wanted):
        out = []
        for name in wanted["names"]:
            number = 3164000 + len(self.droplets)
            out.append(droplet(number, name, wanted["tags"], "new", wanted["region"]))
            self.droplets[number] = dict(out[-1])
        return {"droplets": out, "links": {"actions": [
            {"id": 7515 + i, "rel": "create", "href": f"{self.url}actions/{7515 + i}"}
            for i in range(len(out))]}}

    @staticmethod
    def wrong(wanted):
        """What the API would not take."""
        for key in ("names", "region", "size", "image"):
            if not wanted.get(key):
                return f"{key} is required"
        if len(wanted["names"]) > 10:
            return "You can only create up to 10 Droplets at a time."
        return None

    def _handler(api):  # noqa: N805 ('self' is the handler's)
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def answer(self, status, body=None, headers=()):
                data = b"" if body is None else (
                    body.encode() if isinstance(body, str) else json.dumps(body).encode())
                self.send_response(status)
                self.send_header("Content-Type", "application/json; charset=utf-8")
                for name, value in (("ratelimit-limit", "5000"), ("ratelimit-remaining", "4999"),
                                    ("ratelimit-reset", "1767225600"), *headers):
                    self.send_header(name, value)
                if status != 204:
                    self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def serve(self):
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length).decode()
                url = urlsplit(self.path)
                query = parse_qs(url.query)
                api.requests.append((self.command, self.path, body))
                if self.headers["Authorization"] != f"Bearer {api.token}":
                    return self.answer(401, {"id": "unauthorized",
                                             "message": "Unable to authenticate you"})
                for row in api.refuse:
                    if row[0] == self.command and row[1] in (None, query.get("page", ["1"])[0]):
                        api.refuse.remove(row)
                        return self.answer(row[2], row[4], row[3])
                return self.act(url.path, query, body)

            def act(self, path, query, body):
                one = re.fullmatch(r"/v2/droplets/(\d+)", path)
                if one and self.command == "DELETE" and int(one[1]) in api.droplets:
                    del api.droplets[int(one[1])]
                    return self.answer(204)
                if path.rstrip("/") == "/v2/droplets" and self.command == "GET":
                    return self.answer(200, api.listed(query))
                if path.rstrip("/") == "/v2/droplets" and self.command == "POST":
                    wanted = json.loads(body)
                    wrong = api.wrong(wanted)
                    if wrong:
                        return self.answer(422, {"id": "unprocessable_entity", "message": wrong})
                    return self.answer(202, api.made(wanted))
                return self.answer(404, {"id": "not_found", "message":
                                         "The resource you were accessing could not be found."})

            do_GET = do_POST = do_DELETE = serve
        return Handler
