# SPDX-License-Identifier: Apache-2.0
"""sfsink dlq: which letters there are, told to people and to programs."""
import json
import re

import pytest

from harness.dlq import Dlq, connect_letter, contact_route, letter_of, spring_letter
from harness.events import created

CODES = ["INVALID_EMAIL_ADDRESS", "STRING_TOO_LONG", "REQUIRED_FIELD_MISSING", "DUPLICATES_DETECTED", "FIELD_CUSTOM_VALIDATION_EXCEPTION",
         "MAP_REQUIRED", "DECODE_JSON", "KEY_MISSING"]


@pytest.fixture(scope="module")
def box(kafka, tmp_path_factory):
    """Two partitions of letters: of eight codes, of Kafka Connect, of Spring, and one that nobody understands."""
    topic, letters = kafka.create_topic(partitions=2), kafka.create_topic(partitions=2)
    kafka.produce(topic, [(*created({"id": f"k-{i}", "name": "Ada"}), {"headers": [("trace", b"t"), ("trace", None)]}) for i in range(40)])
    events = kafka.read_all(topic)
    made = [letter_of(m, CODES[i % len(CODES)], record_key=json.loads(m.key())["id"], failed_at=f"2026-01-02T03:{i:02d}:05.000Z",
                      object="Lead" if i % 10 == 0 else "Contact") for i, m in enumerate(events[:37])]
    made += [connect_letter(events[37]), spring_letter(events[38]), (b"k", b"\xff\x00", {"headers": [("x", b"\x1b[31m")]})]
    kafka.produce(letters, made)
    dlq = Dlq(kafka, tmp_path_factory.mktemp("dlq"), letters, [contact_route(topic)])
    dlq.topic, dlq.events = topic, events
    return dlq


@pytest.mark.smoke
def test_list_has_one_line_each_the_newest_last(box):
    lines = box.run("list").stdout.splitlines()
    assert len(lines) == 40
    times = [line[:20] for line in lines if line.startswith("2026-01")]
    assert times == sorted(times) and len(times) == 37
    assert all(re.match(rf"\S+ +{box.letters}/\d+/\d+ +\S+", line) for line in lines)
    assert "\x1b" not in box.run("show").stdout, "no stranger steers the terminal"


def test_every_letter_as_json(box):
    letters = box.json("list")
    assert len({x["id"] for x in letters}) == 40 and {x["state"] for x in letters} == {"open"}
    one = next(x for x in letters if x["code"] == "STRING_TOO_LONG")
    event = box.events[1]
    assert (one["topic"], one["partition"], one["offset"], one["timestamp"]) == (
        box.topic, event.partition(), event.offset(), event.timestamp()[1])
    assert (one["route"], one["object"], one["mode"], one["stage"], one["replays"], one["attempts"]) == (
        "customers", "Contact", "upsert", "write", 0, 1)
    assert one["errors"] == [{"code": "STRING_TOO_LONG", "message": "it is wrong", "fields": ["Email"]}]


def test_letters_of_connect_and_spring_say_where_they_came_from(box):
    by = {x["written_by"]: x for x in box.json("list") if x["written_by"] != "sfsink"}
    assert set(by) == {"connect", "spring", "unknown"}
    for name, event in ("connect", box.events[37]), ("spring", box.events[38]):
        assert (by[name]["topic"], by[name]["partition"], by[name]["offset"]) == (box.topic, event.partition(), event.offset())
    assert (by["connect"]["code"], by["connect"]["message"]) == ("org.apache.kafka.connect.errors.DataException", "no schema")
    assert (by["spring"]["code"], by["spring"]["message"]) == ("java.lang.IllegalStateException", "no such customer")
    assert "topic" not in by["unknown"]


@pytest.mark.parametrize("filters, expected", [
    (["--code", "MAP_REQUIRED"], 4), (["--route", "customers"], 37), (["--route", "other"], 0), (["--object", "lead"], 4),
    (["--key", "k-3"], 1), (["--key=k-3", "--code=NO_SUCH"], 0), (["--since", "2026-01-02T03:10:05Z", "--until", "2026-01-02T03:20:05Z"], 10),
    (["--since", "2026-01-02T04:10:05+01:00", "--until", "2026-01-02T03:20:05Z"], 10), (["--until", "2026-01-02"], 0), (["--limit", "7"], 7)])
def test_filters(box, filters, expected):
    assert len(box.json("list", *filters)) == expected


def test_filters_by_place(box):
    [one] = box.json("list", "--key", "k-3")
    origin = f"{one['topic']}/{one['partition']}/{one['offset']}"
    assert box.json("list", "--id", one["id"]) == box.json("list", "--id", origin) == [one]
    assert len(box.json("list", "--topic", box.topic)) == 39 and box.json("list", "--topic", "other") == []
    assert [x["id"] for x in box.json("list", "--limit", "3")] == [x["id"] for x in box.json("list")][-3:], "the newest"


def test_stats_count_by_route_code_object_and_age(box):
    [stats] = box.json("stats")
    assert stats["letters"] == 40 and stats["by_route"] == {"customers": 37, "-": 3} and stats["by_object"]["Lead"] == 4
    assert stats["by_code"]["MAP_REQUIRED"] == 4 and sum(stats["by_age"].values()) == 40
    text = box.run("stats").stdout
    assert "40 open letters" in text and re.search(r"customers +37 +#{30}", text) and re.search(r"MAP_REQUIRED +4 +#{24}", text)


def test_show_tells_everything_and_what_to_do(box):
    text = box.run("show", "--code", "MAP_REQUIRED", "--limit", "1").stdout
    for part in ("MAP_REQUIRED", "what to do", "repair the source", '"name": "Ada"', "trace: t", "trace: null", "came from"):
        assert part in text, (part, text)
    text = box.run("show", "--code", "DUPLICATES_DETECTED", "--limit", "1").stdout
    assert "allow_duplicates" in text, "Salesforce's codes come from the table that the worker decides by"
    [whole] = box.json("show", "--key", "k-3")
    event = box.events[[json.loads(m.key())["id"] for m in box.events].index("k-3")]
    assert (whole["key"], whole["value"]) == (event.key().decode(), event.value().decode())
    assert whole["headers"] == [{"name": "trace", "value": "t"}, {"name": "trace", "value": None}]


def test_bytes_that_are_no_text_are_base64(box):
    [odd] = [x for x in box.json("show") if x["written_by"] == "unknown"]
    assert odd["value_base64"] == "/wA=" and odd["headers"] == [{"name": "x", "value": "\x1b[31m"}]


def test_retry_check_says_how_many_would_pass_and_sends_nothing(box):
    ends = box.kafka.ends(box.topic)
    done = box.run("retry-check", status=1)
    assert "the mapping alone is checked" in done.stderr
    [result] = box.json("retry-check", status=1)
    assert (result["letters"], result["would_pass"], result["would_fail"]) == (40, 39, 1), "one belongs to no route"
    assert box.json("retry-check", "--key", "k-3")[0]["would_pass"] == 1
    assert box.kafka.ends(box.topic) == ends


@pytest.mark.parametrize("arguments, words", [
    ([], "which of stats"), (["lsit"], 'did you mean "list"'), (["list", "--cod", "X"], 'did you mean "--code"'),
    (["list", "--since", "yesterday"], "is no time"), (["list", "--id", "x"], "TOPIC/PARTITION/OFFSET"), (["list", "--yes"], "replay"),
    (["list", "--limit", "0"], "above 0"), (["list", "--code"], "needs a value"), (["list", "more"], "one word too many"),
    (["replay"], "no terminal")])
def test_wrong_usage(box, arguments, words):
    assert words in box.run(*arguments, status=64).stderr


def test_a_missing_topic_and_an_unreachable_kafka(kafka, box, tmp_path):
    missing = Dlq(kafka, tmp_path, "no-such-topic", [contact_route("t")])
    assert "kafka-topics.sh" in missing.run("list", status=78).stderr


def test_an_empty_topic(kafka, tmp_path):
    dlq = Dlq(kafka, tmp_path, kafka.create_topic(), [contact_route("t")])
    assert dlq.run("list").stdout == "no open letter\n" and dlq.json("list") == []
    assert dlq.run("replay", "--yes").stdout == "nothing to replay\n"
    assert dlq.run("stats").stdout == "0 open letters\n"


def test_retry_check_asks_the_org(kafka, simulator, tmp_path):
    """The mapping takes both, the org's describe only one."""
    topic, letters = kafka.create_topic(), kafka.create_topic()
    kafka.produce(topic, [created({"id": "1", "name": "Ada"}), created({"id": "2", "name": "x" * 500}), created({"id": "3"})])
    kafka.produce(letters, [letter_of(m) for m in kafka.read_all(topic)])
    login = {"auth": {"flow": "client_credentials", "login_url": simulator.url, "client_id": "c", "client_secret": "s", "access_token": ""},
             "instance_url": simulator.url}
    dlq = Dlq(kafka, tmp_path, letters, [contact_route(topic)], salesforce=login)
    [result] = dlq.json("retry-check", status=1)
    assert result["org_asked"] and (result["would_pass"], result["would_fail"]) == (1, 2)
    assert result["would_fail_by_code"] == {"STRING_TOO_LONG": 1, "MAP_REQUIRED": 1}
