# SPDX-License-Identifier: Apache-2.0
"""A TCP proxy that does to a connection what networks do: late, slow, half, cut, swallowed.

Each setting works from the next chunk on, on connections that are there as well; the byte counts are a connection's own.
"""
import socket
import ssl
import struct
import threading
import time

PRODUCE, OFFSET_COMMIT = 0, 8  # kinds of requests to Kafka
RESET = struct.pack("ii", 1, 0)  # SO_LINGER with 0: close() sends RST


class ChaosProxy:
    """One way in, one way out: (host, port), or network namespaces for either side."""

    def __init__(self, target, port=0, listen_in=None, connect_in=None, tls=None):
        self.target, self.connect_in, self.tls = target, connect_in, tls
        self.delay = 0.0  # seconds before each chunk, both ways
        self.rate = None  # bytes a second of answers
        self.cut_request_after = self.cut_answer_after = None  # bytes, then RST to both sides
        self.refuse = False  # RST as soon as a client is there
        self.requests_pass, self.answers_pass = threading.Event(), threading.Event()  # cleared: bytes wait here, even if their sender dies
        self.fine_again()
        self.connections = 0
        self.held = 0  # bytes of requests that wait here
        self._lock = threading.Lock()
        self._open = set()
        self._listener = socket_in(listen_in)
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(("127.0.0.1", port))
        self._listener.listen(64)
        self.host, self.port = self._listener.getsockname()
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self):
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def fine_again(self):
        self.delay, self.rate, self.refuse = 0.0, None, False
        self.cut_request_after = self.cut_answer_after = None
        self.requests_pass.set()
        self.answers_pass.set()

    def close(self):
        self._listener.close()
        self.fine_again()
        self.cut()

    def cut(self):
        """RST to everybody who is connected."""
        with self._lock:
            pairs = list(self._open)
        for pair in pairs:
            self._reset(*pair)

    # ---- threads

    def _accept(self):
        while True:
            try:
                client, _address = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        try:
            if self.refuse:
                raise OSError
            if self.tls:
                client = self.tls.wrap_socket(client, server_side=True)
            server = socket_in(self.connect_in)
            server.connect(self.target)
        except (OSError, ssl.SSLError):
            reset(client)
            return
        for s in (client, server):
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        pair = (client, server)
        with self._lock:
            self._open.add(pair)
        threading.Thread(target=self._pump, args=(pair, client, server, True), daemon=True).start()
        self._pump(pair, server, client, False)

    def _pump(self, pair, source, sink, request):
        passed = 0
        try:
            while data := source.recv(65536):
                self._wait(len(data), request)
                limit = self.cut_request_after if request else self.cut_answer_after
                if limit is not None and passed + len(data) > limit:
                    sink.sendall(data[:limit - passed])
                    self._reset(*pair)
                    return
                self._send(sink, data, request)
                passed += len(data)
            sink.shutdown(socket.SHUT_WR)
        except (OSError, ValueError):
            self._reset(*pair)

    def _wait(self, size, request):
        if self.delay:
            time.sleep(self.delay)
        passes = self.requests_pass if request else self.answers_pass
        if not passes.is_set():
            self.held += size if request else 0
            passes.wait()
            self.held -= size if request else 0

    def _send(self, sink, data, request):
        while data and self.rate and not request:
            piece, data = data[:1], data[1:]
            sink.sendall(piece)
            time.sleep(1 / self.rate)
        sink.sendall(data)

    def _reset(self, *pair):
        with self._lock:
            self._open.discard(pair)
        for s in pair:
            reset(s)


class KafkaDoor(ChaosProxy):
    """One to a broker, which takes requests one by one, and can hold up those of one kind with all that follows them on their connection."""

    def __init__(self, *target, **more):
        self.held_kind, self.arrived = None, 0  # a number of Kafka's protocol; how many of them wait or have waited
        self._rest = {}  # by connection: the beginning of a request
        super().__init__(*target, **more)

    def hold(self, kind):
        self.requests_pass.clear()
        self.held_kind = kind

    def fine_again(self):
        self.held_kind = None
        super().fine_again()

    def _wait(self, size, request):
        if not request or self.held_kind is None:
            super()._wait(size, request)

    def _send(self, sink, data, request):
        if not request:
            super()._send(sink, data, request)
            return
        data = self._rest.pop(sink, b"") + data
        while len(data) >= 6 and len(data) >= (size := 4 + int.from_bytes(data[:4], "big")):
            if int.from_bytes(data[4:6], "big") == self.held_kind:
                self.arrived += 1
                self.requests_pass.wait()
            sink.sendall(data[:size])
            data = data[size:]
        self._rest[sink] = data


def reset(s):
    try:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        s.shutdown(socket.SHUT_RDWR)  # wakes who reads it
    except OSError:
        pass
    s.close()


def socket_in(namespace):
    return namespace.socket() if namespace else socket.socket()
