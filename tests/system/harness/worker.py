# SPDX-License-Identifier: Apache-2.0
"""sfsink run as a process: its configuration, its log, its metrics."""
import json

import requests
from prometheus_client.parser import text_string_to_metric_families

from .processes import Process, binary
from .waiting import wait_until


class Array(list):
    """A libconfig array of scalars: [ ] where a list would be ( )."""


def libconfig(value, depth=0):
    """Python values as libconfig text: dicts are groups, lists are lists."""
    pad = "  " * depth
    if isinstance(value, dict):
        inner = "".join(f"{pad}  {k} = {libconfig(v, depth + 1)};\n" for k, v in value.items())
        return "{\n" + inner + pad + "}"
    if isinstance(value, Array):
        return "[ " + ", ".join(libconfig(v) for v in value) + " ]"
    if isinstance(value, (list, tuple)):
        return "( " + ", ".join(libconfig(v, depth + 1) for v in value) + " )"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    return json.dumps(value, ensure_ascii=False)


def merged(base, more):
    """A copy of base with the groups of `more` laid over it."""
    result = dict(base)
    for name, value in more.items():
        result[name] = merged(result[name], value) if isinstance(value, dict) and isinstance(result.get(name), dict) else value
    return result


def config_text(settings):
    return "".join(f"{name} = {libconfig(value)};\n" for name, value in settings.items())


class Worker(Process):
    def __init__(self, folder, name, settings, wrap=(), environment=None):
        self.name = name
        self.file = folder / f"{name}.cfg"
        self.file.write_text(config_text(settings))
        self.file.chmod(0o600)
        self.log_file = folder / f"{name}.log"
        self._from = self.log_file.stat().st_size if self.log_file.exists() else 0
        super().__init__([*wrap, binary(), "run", "-c", self.file], self.log_file, environment)
        self._port = None

    # ---- the log

    def log(self, event=None, **fields):
        """The log's lines of this process as dicts, with this event name and these fields."""
        lines = []
        for line in self.log_file.read_bytes()[self._from:].splitlines():
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if (event is None or entry.get("event") == event) and all(entry.get(k) == v for k, v in fields.items()):
                lines.append(entry)
        return lines

    def tail(self):
        return self.log_file.read_bytes()[self._from:][-4000:].decode(errors="replace")

    def must_live(self):
        assert self.alive(), f"{self.name} ended with {self.process.returncode}:\n{self.tail()}"

    # ---- its port

    @property
    def url(self):
        if not self._port:
            self._port = wait_until(self._listening, lambda: f"{self.name} listens:\n{self.tail()}", timeout=60)["port"]
        return f"http://127.0.0.1:{self._port}"

    def _listening(self):
        self.must_live()
        lines = self.log("http_listening")
        return lines[-1] if lines else None

    def get(self, path):
        return requests.get(self.url + path, timeout=10)

    def ready(self):
        return self.get("/readyz").status_code == 200

    def reasons(self):
        return self.get("/readyz").json()["reasons"]

    def wait_ready(self, timeout=60):
        wait_until(self._is_ready, lambda: f"{self.name} is ready: {self.reasons()}\n{self.tail()}", timeout=timeout)
        return self

    def _is_ready(self):
        self.must_live()
        return self.ready()

    def scrape(self):
        return Metrics(wait_until(self._metrics, lambda: f"{self.name} has metrics:\n{self.tail()}", timeout=20))

    def _metrics(self):
        self.must_live()
        answer = self.get("/metrics")
        return answer.status_code == 200 and answer.text  # 503 until the loop has turned once


class Metrics:
    """One scrape."""

    def __init__(self, text):
        self.text = text
        self.samples = [s for family in text_string_to_metric_families(text) for s in family.samples]

    def values(self, name, **labels):
        return [s.value for s in self.samples if s.name == name and all(s.labels.get(k) == v for k, v in labels.items())]

    def sum(self, name, **labels):
        return sum(self.values(name, **labels))

    def disposed(self, disposition):
        return self.sum("sfsink_events_total", disposition=disposition)

    def books(self):
        """(consumed, events + pending): equal at every scrape."""
        return self.sum("sfsink_events_consumed_total"), self.sum("sfsink_events_total") + self.sum("sfsink_events_pending")
