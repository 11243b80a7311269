# SPDX-License-Identifier: Apache-2.0
"""sfsink dlq run as a person would, and letters made by hand, as sfsink, Kafka Connect and Spring write them."""
import json
import struct

from .processes import Process, binary, sfsink
from .worker import config_text, merged

FAILED_AT = "2026-01-02T03:04:05.000Z"


def headers_of(message):
    return list(message.headers() or [])


def letter_of(message, code="INVALID_EMAIL_ADDRESS", replays=0, failed_at=FAILED_AT, value=..., **facts):
    """What a worker would write about a message that it read."""
    topic, partition, offset = message.topic(), message.partition(), message.offset()
    mine = {
        "sfsink.route": "customers", "sfsink.topic": topic, "sfsink.partition": partition, "sfsink.offset": offset,
        "sfsink.timestamp": message.timestamp()[1], "sfsink.object": "Contact", "sfsink.mode": "upsert", "sfsink.stage": "write",
        "sfsink.error.code": code, "sfsink.error.message": "it is wrong",
        "sfsink.errors": json.dumps([{"code": code, "message": "it is wrong", "fields": ["Email"]}]),
        "sfsink.attempts": 1, "sfsink.failed.at": failed_at, "sfsink.worker": "w", "sfsink.replays": replays,
        **{"sfsink." + k.replace("_", "."): v for k, v in facts.items()},
        "__connect.errors.topic": topic, "__connect.errors.partition": partition, "__connect.errors.offset": offset}
    headers = headers_of(message) + [(k, str(v).encode()) for k, v in mine.items() if v is not None]
    return message.key(), message.value() if value is ... else value, {"headers": headers, "timestamp": message.timestamp()[1]}


def connect_letter(message):
    theirs = {"topic": message.topic(), "partition": message.partition(), "offset": message.offset(), "connector.name": "sink",
              "stage": "VALUE_CONVERTER", "exception.class.name": "org.apache.kafka.connect.errors.DataException",
              "exception.message": "no schema"}
    headers = headers_of(message) + [("__connect.errors." + k, str(v).encode()) for k, v in theirs.items()]
    return message.key(), message.value(), {"headers": headers, "timestamp": message.timestamp()[1]}


def spring_letter(message):
    theirs = {"original-topic": message.topic().encode(), "original-partition": struct.pack(">i", message.partition()),
              "original-offset": struct.pack(">q", message.offset()), "original-timestamp": struct.pack(">q", message.timestamp()[1]),
              "original-timestamp-type": b"CreateTime", "original-consumer-group": b"billing",
              "exception-fqcn": b"java.lang.IllegalStateException", "exception-message": b"no such customer"}
    headers = headers_of(message) + [("kafka_dlt-" + k, v) for k, v in theirs.items()] + [("retry_topic-attempts", struct.pack(">i", 3))]
    return message.key(), message.value(), {"headers": headers}


class Dlq:
    """One configuration and the commands that are given with it."""

    def __init__(self, kafka, folder, letters, routes, group="g-dlq", progress=None, **more):
        self.kafka, self.letters = kafka, letters
        self.progress = progress or letters + "-progress"
        self.file = folder / "dlq.cfg"
        self.folder = folder
        base = {"kafka": {"brokers": kafka.brokers, "group": group},
                "salesforce": {"instance_url": "http://127.0.0.1:9", "auth": {"flow": "access_token", "access_token": "t"}},
                "dead_letter": {"topic": letters, "progress_topic": self.progress}}
        self.file.write_text(config_text(merged(base, {**more, "routes": routes})))
        self.file.chmod(0o600)

    def run(self, *arguments, status=0, **options):
        done = sfsink("dlq", *arguments, "-c", self.file, **options)
        assert done.returncode == status, (done.returncode, done.stdout, done.stderr)
        return done

    def json(self, *arguments, **options):
        return [json.loads(line) for line in self.run(*arguments, "--json", **options).stdout.splitlines()]

    def replay(self, *arguments, status=0, **options):
        """The summary of a replay."""
        [summary] = self.json("replay", "--yes", *arguments, status=status, **options)
        return summary

    def begin_replay(self, name, *arguments):
        return Process([binary(), "dlq", "replay", "--yes", *arguments, "-c", str(self.file)], self.folder / f"{name}.log")

    def open_ids(self):
        return {letter["id"] for letter in self.json("list")}


def contact_route(topic, name="customers", fields=(), **more):
    return {"name": name, "topic": topic, "format": "debezium", "object": "Contact", "mode": "upsert", "external_id": "External_Id__c",
            "fields": [{"to": "External_Id__c", "from": "id"}, {"to": "LastName", "from": "name", "required": True},
                       {"to": "Email", "from": "email"}, *fields], **more}


def origin_of(message):
    """(topic, partition, offset) of a replayed message's first arrival; None for any other."""
    headers = {n: v.decode() for n, v in message.headers() or [] if n.startswith("sfsink.")}
    if int(headers.get("sfsink.replays", 0)) == 0:
        return None
    return headers["sfsink.topic"], int(headers["sfsink.partition"]), int(headers["sfsink.offset"])
