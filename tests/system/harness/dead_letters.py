# SPDX-License-Identifier: Apache-2.0
"""Dead letters, read as a person would: key, value and headers."""
import json


class Letter:
    def __init__(self, message):
        self.key = message.key()
        self.value = message.value()
        self.timestamp = message.timestamp()[1]
        self.all_headers = [(name, value.decode() if value is not None else None) for name, value in message.headers() or []]
        self.headers = dict(self.all_headers)

    def __getitem__(self, name):
        """The header sfsink.NAME."""
        return self.headers["sfsink." + name]

    def __contains__(self, name):
        return "sfsink." + name in self.headers

    @property
    def errors(self):
        return json.loads(self["errors"])

    def __repr__(self):
        return f"Letter({self.key!r}, {self.headers!r})"


def read_letters(kafka, topic, start=None):
    return [Letter(m) for m in kafka.read_all(topic, start=start)]
