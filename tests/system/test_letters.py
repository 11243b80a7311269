# SPDX-License-Identifier: Apache-2.0
"""Dead letters: the event as it came, and around it why, where from and what it was to be."""
import hashlib
import json
import re

import pytest

from harness.dead_letters import read_letters
from harness.events import created, debezium, deleted
from harness.waiting import wait_until
from strict_salesforce import error

FIELDS = [{"to": "External_Id__c", "from": "id"}, {"to": "LastName", "from": "name", "required": True}, {"to": "Email", "from": "email"}]


def route(topic, **more):
    return {"name": "customers", "topic": topic, "format": "debezium", "object": "Contact", "mode": "upsert",
            "external_id": "External_Id__c", "fields": FIELDS, **more}


def row(key, **more):
    return {"id": key, "name": "Ada", "email": "ada@example.com", **more}


def refuse_bad(_operation, _obj, record):
    if record.get("Email") == "bad":
        return [error("INVALID_EMAIL_ADDRESS", "Email: invalid email address: bad", "Email"),
                error("STRING_TOO_LONG", "Name too long", "LastName", "FirstName")]
    return None


def letters_of(kafka, workers, topic):
    workers.wait_settled(topic)
    return read_letters(kafka, workers.letters)


@pytest.mark.smoke
def test_every_header_of_what_salesforce_refuses(kafka, workers, salesforce):
    topic = kafka.create_topic(partitions=2)
    salesforce.refuse = refuse_bad
    key, value = created(row("h-1", email="bad"))
    kafka.produce(topic, [created(row("h-0")), (key, value, {"partition": 1, "timestamp": 1700000000123, "headers": [
        ("trace", b"t-1"), ("sfsink.route", b"a lie"), ("trace", b"t-2"), ("empty", None), ("sfsink.error.code", b"old")]})])
    worker = workers.start(salesforce.url, [route(topic)])
    [letter] = letters_of(kafka, workers, topic)

    assert (letter.key.decode(), json.loads(letter.value), letter.timestamp) == (key, value, 1700000000123)
    ours = [(n, v) for n, v in letter.all_headers if n.startswith("sfsink.")]
    theirs = [(n, v) for n, v in letter.all_headers if not n.startswith(("sfsink.", "__connect."))]
    assert theirs == [("trace", "t-1"), ("trace", "t-2"), ("empty", None)], "in their order, with their doubles"
    assert len(ours) == len(dict(ours)), "no name of ours twice"
    got = dict(ours)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", got.pop("sfsink.failed.at"))
    assert json.loads(got.pop("sfsink.errors")) == [
        {"code": "INVALID_EMAIL_ADDRESS", "message": "Email: invalid email address: bad", "fields": ["Email"]},
        {"code": "STRING_TOO_LONG", "message": "Name too long", "fields": ["LastName", "FirstName"]}]
    assert got == {
        "sfsink.route": "customers", "sfsink.topic": topic, "sfsink.partition": "1", "sfsink.offset": "0",
        "sfsink.timestamp": "1700000000123", "sfsink.object": "Contact", "sfsink.mode": "upsert", "sfsink.record.key": "h-1",
        "sfsink.stage": "write", "sfsink.error.code": "INVALID_EMAIL_ADDRESS",
        "sfsink.error.message": "Email: invalid email address: bad", "sfsink.error.fields": "Email", "sfsink.http.status": "200",
        "sfsink.attempts": "1", "sfsink.worker": worker.name, "sfsink.replays": "0"}
    connect = {n.removeprefix("__connect.errors."): v for n, v in letter.all_headers if n.startswith("__connect.errors.")}
    assert (connect["topic"], connect["partition"], connect["offset"], connect["stage"]) == (topic, "1", "0", "TASK_PUT")

    [line] = wait_until(lambda: worker.log("record_failed"), "it is logged")
    assert (line["code"], line["topic"], line["partition"], line["offset"]) == ("INVALID_EMAIL_ADDRESS", topic, 1, 0)
    assert "h-1" not in worker.text() and "Ada" not in worker.text(), "no value of a record in the log"
    wait_until(lambda: worker.scrape().sum("sfsink_dead_letters_total", code="INVALID_EMAIL_ADDRESS") == 1, "and counted")


@pytest.mark.parametrize("name, key, value, stage, present", [
    ("no JSON", "k", b"{not json", "decode", False),
    ("no row", "k", b'{"op":"c","source":{},"after":"text"}', "decode", False),
    ("unknown op", "k", b'{"op":"x","after":{"id":"1"}}', "decode", False),
    ("required is missing", "k", created({"id": "m-1", "email": "e"})[1], "map", True),
    ("required is null", "k", created({"id": "m-2", "name": None})[1], "map", True),
    ("no key value", "k", debezium("c", {"name": "Ada"}), "map", False),
    ("a null key and no value", None, b"", "decode", False),
])
def test_what_never_becomes_a_record(kafka, workers, salesforce, name, key, value, stage, present):
    topic = kafka.create_topic()
    kafka.produce(topic, [(key, value), created(row("good"))])
    workers.start(salesforce.url, [route(topic)])
    [letter] = letters_of(kafka, workers, topic)
    assert (letter["stage"], letter["attempts"], letter["offset"]) == (stage, "0", "0"), name
    assert "http.status" not in letter, "nobody was asked"
    assert letter["error.code"] and letter["error.message"] and letter.errors
    assert ("record.key" in letter and letter["record.key"] != "") == present
    assert letter.key == (key.encode() if key else None)
    assert letter.value == (value if isinstance(value, bytes) else json.dumps(value).encode())
    assert set(salesforce.by_key("Contact")) == {"good"}


def test_a_delete_as_dead_letter(kafka, workers, salesforce):
    topic = kafka.create_topic()
    kafka.produce(topic, [created(row("d-1")), deleted(row("d-1"))])
    workers.start(salesforce.url, [route(topic, on_delete="dead_letter", tombstones="skip")])
    [letter] = letters_of(kafka, workers, topic)
    assert (letter["mode"], letter["record.key"], letter["offset"]) == ("delete", "d-1", "1")
    assert "d-1" in salesforce.by_key("Contact")


def test_first_arrival_survives_a_replay(kafka, workers, salesforce):
    """An event that comes back keeps the coordinates of its first arrival, and counts its returns."""
    topic = kafka.create_topic()
    salesforce.refuse = refuse_bad
    first = [("sfsink.topic", b"first.topic"), ("sfsink.partition", b"7"), ("sfsink.offset", b"4711"), ("sfsink.timestamp", b"1600000000000")]
    replayed = {"headers": [("trace", b"t"), *first, ("sfsink.replays", b"2")], "partition": 0}
    unproven = {"headers": first, "partition": 0}
    kafka.produce(topic, [(*created(row("r-1", email="bad")), replayed), (*created(row("r-2", email="bad")), unproven)])
    workers.start(salesforce.url, [route(topic)])
    letters = {letter["record.key"]: letter for letter in letters_of(kafka, workers, topic)}
    where = {key: (x["topic"], x["partition"], x["offset"], x["timestamp"], x["replays"]) for key, x in letters.items()}
    assert where["r-1"] == ("first.topic", "7", "4711", "1600000000000", "2")
    assert where["r-2"][:3] == (topic, "0", "1") and where["r-2"][4] == "0", "without sfsink.replays nobody is believed"


def test_a_letter_too_large_for_its_topic_is_a_stub(kafka, workers, salesforce):
    topic = kafka.create_topic()
    kafka.alter_topic(workers.letters, max_message_bytes=20000)
    salesforce.refuse = refuse_bad
    key, value = created(row("l-1", email="bad", name="x" * 50000))
    text = json.dumps(value)
    kafka.produce(topic, [(key, text)])
    workers.start(salesforce.url, [route(topic)])
    [letter] = letters_of(kafka, workers, topic)
    assert letter.value in (b"", None) and letter.key.decode() == key
    assert (letter["value.omitted"], letter["value.sha256"]) == (str(len(text)), hashlib.sha256(text.encode()).hexdigest())
    assert (letter["error.code"], letter["topic"], letter["offset"]) == ("INVALID_EMAIL_ADDRESS", topic, "0")


@pytest.mark.parametrize("limit, words", [(20000, 4096), (4000, 256)])
def test_a_key_and_headers_too_large_for_the_topic_are_left_out_as_well(kafka, workers, salesforce, limit, words):
    """And the partition goes on. A replay reads all of it from the source."""
    topic = kafka.create_topic()
    kafka.alter_topic(workers.letters, max_message_bytes=limit)
    salesforce.refuse = lambda _operation, _obj, record: [error("TOO_BAD", "w" * 5000)] if record.get("Email") == "bad" else None
    key, value = created(row("K" * 30000, email="bad"))
    kafka.produce(topic, [(key, value, {"headers": [("trace", b"t" * 15000), ("trace", b"u" * 15000)]}), created(row("good"))])
    workers.start(salesforce.url, [route(topic)])
    [letter] = letters_of(kafka, workers, topic)
    text = json.dumps(value)
    assert letter.value in (b"", None) and letter.key is None
    assert (letter["value.omitted"], letter["value.sha256"]) == (str(len(text)), hashlib.sha256(text.encode()).hexdigest())
    assert (letter["key.omitted"], letter["key.sha256"]) == (str(len(key)), hashlib.sha256(key.encode()).hexdigest())
    assert letter["headers.omitted"] == "2" and "record.key" not in letter
    assert (letter["error.code"], letter["topic"], letter["offset"]) == ("TOO_BAD", topic, "0")
    assert len(letter["error.message"]) == words and ("errors" in letter) == (words == 4096)
    assert set(salesforce.by_key("Contact")) == {"good"}


def test_what_the_answer_to_a_whole_request_quotes_is_not_logged(kafka, workers, salesforce):
    topic = kafka.create_topic()
    salesforce.fail(status=500, body="<html>cannot store Lovelace, 10 of them</html>")
    salesforce.fail(status=500, body=[{"errorCode": "UNKNOWN_EXCEPTION", "message": "An unexpected error at q-2 (Lovelace)"}])
    kafka.produce(topic, [created(row(f"q-{i}", name="Lovelace")) for i in range(3)])
    worker = workers.start(salesforce.url, [route(topic)], worker={"log_level": "debug"})
    workers.wait_settled(topic)
    assert [line["why"] for line in worker.log("batch_not_done")] == ["<html>cannot store ***, 10 of them</html>",
                                                                       "An unexpected error at *** (***)"]
    assert "Lovelace" not in worker.text() and "q-2" not in worker.text()
