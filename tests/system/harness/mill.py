# SPDX-License-Identifier: Apache-2.0
"""A Salesforce that says yes and keeps nothing: for tests of how much, where a memory that grew would be the stand-in's own."""
import gzip
import itertools
import json
import re
import threading

from .stand_in import Handler, StandIn

RECORD = re.compile(rb'"attributes"\s*:')
REFUSAL = b'{"success":false,"errors":[{"statusCode":"INVALID_EMAIL_ADDRESS","message":"Email: invalid email address","fields":["Email"]}]}'
RESULT = b'{"id":"003000000000001AAA","success":true,"errors":[],"created":true}'


class Mill(StandIn):
    def __init__(self):
        super().__init__()
        self.calls = self.records = 0
        self.refuses = False  # every record
        self.waiting = 0
        self.lock = threading.Lock()
        self.serve(_Handler)

    def answer(self, path, body):
        if path == "/services/oauth2/token":
            return json.dumps({"access_token": "00DMILL!1", "instance_url": self.url, "token_type": "Bearer", "id": f"{self.url}/id/00D/005",
                               "issued_at": "1700000000000", "signature": "bWlsbA=="}).encode()
        n = len(RECORD.findall(body))
        with self.lock:
            self.waiting += 1
        self.gate.wait()
        with self.lock:
            self.waiting -= 1
            self.calls += 1
            self.records += n
        return b"[" + b",".join(itertools.repeat(REFUSAL if self.refuses else RESULT, n)) + b"]"


class _Handler(Handler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body
        data = self.org.answer(self.path, body)
        try:
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json;charset=UTF-8\r\nContent-Length: %d\r\n\r\n" % len(data) + data)
        except OSError:
            self.close_connection = True

    do_PATCH = do_POST
