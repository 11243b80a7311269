# SPDX-License-Identifier: Apache-2.0
"""A network namespace: a worker in it has a loopback of its own, and proxies are its only way out. Needs root."""
import ctypes
import itertools
import os
import pathlib
import shutil
import socket
import subprocess
import threading

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000
NUMBERS = itertools.count(1)


class Namespace:
    def __init__(self):
        self.name = f"sfsink-{os.getpid()}-{next(NUMBERS)}"
        ip("netns", "add", self.name)
        self.heal()

    def remove(self):
        ip("netns", "delete", self.name)
        shutil.rmtree(pathlib.Path("/etc/netns") / self.name, ignore_errors=True)

    @property
    def wrap(self):
        """What stands before a command that is to run inside."""
        return ["ip", "netns", "exec", self.name]

    def cut(self):
        """The network is away: what is sent is lost, without a word."""
        ip("-n", self.name, "link", "set", "lo", "down")

    def heal(self):
        ip("-n", self.name, "link", "set", "lo", "up")

    def resolve_by(self, address):
        """Those who run inside from now on ask this name server."""
        folder = pathlib.Path("/etc/netns") / self.name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "resolv.conf").write_text(f"nameserver {address}\noptions timeout:2 attempts:1\n")

    def socket(self, kind=socket.SOCK_STREAM):
        """A socket that lives in the namespace, whoever uses it. (setns is a thread's own matter.)"""
        made = []

        def make():
            fd = os.open(f"/run/netns/{self.name}", os.O_RDONLY)
            try:
                if LIBC.setns(fd, CLONE_NEWNET) != 0:
                    made.append(OSError(ctypes.get_errno(), "setns"))
                else:
                    made.append(socket.socket(type=kind))
            finally:
                os.close(fd)

        thread = threading.Thread(target=make)
        thread.start()
        thread.join()
        if isinstance(made[0], OSError):
            raise made[0]
        return made[0]


def ip(*arguments):
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
