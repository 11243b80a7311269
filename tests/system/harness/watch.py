# SPDX-License-Identifier: Apache-2.0
"""Looks at workers again and again while a test does other things: the books balance at every scrape, memory and descriptors stay."""
import os
import pathlib
import threading

import requests

from .worker import Metrics


class BooksWatch:
    """For a `with`: scrapes every worker of the list (also those that join it later) until the end."""

    def __init__(self, workers, every=0.2):
        self.workers, self.every = workers, every
        self.scrapes, self.wrong = 0, []
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, kind, *_rest):
        self._end.set()
        self._thread.join(30)
        assert kind or not self.wrong, f"the books do not balance: {self.wrong[:5]}"

    def _run(self):
        while not self._end.wait(self.every):
            for worker in list(self.workers):
                self._look(worker)

    def _look(self, worker):
        lines = worker.log("http_listening")
        if not lines or not worker.alive():
            return
        try:
            answer = requests.get(f"http://127.0.0.1:{lines[-1]['port']}/metrics", timeout=0.5)
        except requests.RequestException:  # stopped, killed, cut off
            return
        if answer.status_code == 200:
            self.scrapes += 1
            consumed, ended = Metrics(answer.text).books()
            if consumed != ended:
                self.wrong.append((worker.name, consumed, ended))


def resident_mib(pid, peak=False):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmHWM:" if peak else "VmRSS:")[1].split()[0]) / 1024


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))
