# SPDX-License-Identifier: Apache-2.0
"""A name server with one answer for every name, which can be late, wrong or none at all; for a network namespace."""
import socket
import struct
import threading
import time

REFUSED, NO_SUCH_NAME, FAILED = 5, 3, 2


class NameServer:
    def __init__(self, namespace, address="127.0.0.1"):
        self.address, self.error = address, 0  # error: answered instead
        self.silent, self.delay = False, 0.0
        self.asked = 0
        self._socket = namespace.socket(socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 53))
        threading.Thread(target=self._run, daemon=True).start()

    def close(self):
        self._socket.close()

    def _run(self):
        while True:
            try:
                question, client = self._socket.recvfrom(512)
            except OSError:
                return
            self.asked += 1
            if not self.silent:
                threading.Thread(target=self._answer, args=(question, client), daemon=True).start()

    def _answer(self, question, client):
        time.sleep(self.delay)
        end = question.index(b"\0", 12) + 5
        kind = struct.unpack("!H", question[end - 4:end - 2])[0]
        found = kind == 1 and not self.error
        answer = b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 0, 4) + socket.inet_aton(self.address) if found else b""  # 1: A, IN
        head = question[:2] + struct.pack("!HHHHH", 0x8180 | self.error, 1, int(found), 0, 0)
        try:
            self._socket.sendto(head + question[12:end] + answer, client)
        except OSError:
            pass
