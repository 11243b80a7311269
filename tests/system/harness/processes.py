# SPDX-License-Identifier: Apache-2.0
"""Processes that a test starts, and ends by their pid."""
import ctypes
import os
import pathlib
import signal
import socket
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[3]
BUILD = ROOT / "build"


def binary():
    """The program under test: $SFSINK (make sanitize gives another one), else ./sfsink."""
    return pathlib.Path(os.environ.get("SFSINK") or ROOT / "sfsink").resolve()


def clean_environment(**more):
    """Nothing of the machine's proxies, and sanitizers that end the process with a status of their own."""
    kept = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy") and not k.startswith("SFSINK")}
    return kept | {"ASAN_OPTIONS": "exitcode=99", "UBSAN_OPTIONS": "exitcode=99:print_stacktrace=1", "TERM": "dumb"} | more


def free_ports(n):
    """Loopback ports that are free now."""
    sockets = [socket.socket() for _ in range(n)]
    try:
        for s in sockets:
            s.bind(("127.0.0.1", 0))
        return [s.getsockname()[1] for s in sockets]
    finally:
        for s in sockets:
            s.close()


def sfsink(*arguments, stdin="", timeout=60, cwd=None, **environment):
    """Runs one command to its end."""
    return subprocess.run([str(binary()), *map(str, arguments)], input=stdin, capture_output=True, text=True, timeout=timeout, cwd=cwd,
                          env=clean_environment(**environment))


LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1


def die_with_parent():
    """In the child: whatever becomes of pytest, nothing of it stays."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Process:
    """One running program whose output goes to a file."""

    def __init__(self, arguments, output, environment=None, cwd=None):
        self.output = pathlib.Path(output)
        self._file = self.output.open("ab")
        self.process = subprocess.Popen([str(a) for a in arguments], stdin=subprocess.DEVNULL, stdout=self._file, stderr=self._file,
                                        env=environment or clean_environment(), preexec_fn=die_with_parent, cwd=cwd)

    @property
    def pid(self):
        return self.process.pid

    def alive(self):
        return self.process.poll() is None

    def text(self):
        return self.output.read_text(errors="replace")

    def signal(self, number):
        if self.alive():
            self.process.send_signal(number)

    def wait(self, timeout=60):
        status = self.process.wait(timeout)
        self._file.close()
        return status

    def kill(self):
        """kill -9, and waits until it is gone."""
        self.signal(signal.SIGKILL)
        return self.wait()

    def stop(self, timeout=60):
        """SIGTERM; its exit status."""
        self.signal(signal.SIGTERM)
        try:
            return self.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"pid {self.pid} did not stop within {timeout} s:\n{self.text()[-3000:]}") from None
