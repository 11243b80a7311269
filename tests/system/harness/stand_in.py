# SPDX-License-Identifier: Apache-2.0
"""An HTTP server in this process, a thread a connection: what the stand-ins of Salesforce have in common."""
import http.server
import socket
import threading


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    org = None  # the stand-in that it answers for

    def setup(self):
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def log_message(self, *_arguments):
        pass


class StandIn:
    def __init__(self):
        self.url = self._server = None
        self.gate = threading.Event()  # cleared: requests wait, unanswered and not carried out
        self.gate.set()

    def serve(self, handler):
        """Answers by this kind of Handler, on a port of its own."""
        bound = type("Bound", (handler,), {"org": self})
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), bound)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def stop(self):
        self.gate.set()
        self._server.shutdown()
        self._server.server_close()
