# SPDX-License-Identifier: Apache-2.0
"""A Salesforce that says yes and keeps nothing: for tests of how much, where a memory that grew would be the stand-in's own."""
import gzip
import http.server
import itertools
import json
import re
import socket
import threading

RECORD = re.compile(rb'"attributes"\s*:')
REFUSAL = b'{"success":false,"errors":[{"statusCode":"INVALID_EMAIL_ADDRESS","message":"Email: invalid email address","fields":["Email"]}]}'
RESULT = b'{"id":"003000000000001AAA","success":true,"errors":[],"created":true}'


class Mill:
    def __init__(self):
        self.calls = self.records = 0
        self.refuses = False  # every record
        self.gate = threading.Event()  # cleared: requests are read and not answered
        self.gate.set()
        self.waiting = 0
        self.lock = threading.Lock()
        mill = self

        class Handler(_Handler):
            org = mill

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def stop(self):
        self.gate.set()
        self._server.shutdown()
        self._server.server_close()

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


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    org = None

    def setup(self):
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def log_message(self, *_arguments):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body
        data = self.org.answer(self.path, body)
        try:
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json;charset=UTF-8\r\nContent-Length: %d\r\n\r\n" % len(data) + data)
        except OSError:
            self.close_connection = True

    do_PATCH = do_POST
