# SPDX-License-Identifier: Apache-2.0
"""sfsink dlq replay: what goes back, where to, and what stays."""
import hashlib
import json
import os
import pty
import time

import pytest

from harness.dead_letters import read_letters
from harness.dlq import Dlq, connect_letter, contact_route, letter_of, origin_of, spring_letter
from harness.events import created, tombstone, updated
from harness.processes import binary
from harness.waiting import wait_until

LATER_HEADERS = ["sfsink.topic", "sfsink.partition", "sfsink.offset", "sfsink.timestamp", "sfsink.replays"]


@pytest.fixture
def letters(kafka):
    return kafka.create_topic(partitions=2)


def row(i, **more):
    return {"id": f"r-{i}", "name": f"Name {i}", "email": "a@b.c", **more}


def place(message):
    return message.topic(), message.partition(), message.offset()


def produce(kafka, topic, events):
    """The events as they lie there, in the order of each partition."""
    before = {p: end for p, end in kafka.ends(topic).items()}
    kafka.produce(topic, events)
    return [m for m in kafka.read_all(topic) if m.offset() >= before[m.partition()]]


def returned(kafka, topic):
    return [m for m in kafka.read_all(topic) if origin_of(m)]


def bare_letter(message, **facts):
    """A letter without the key and the headers of its event."""
    omitted = {"key_omitted": len(message.key()), "key_sha256": hashlib.sha256(message.key()).hexdigest(),
               "headers_omitted": len(message.headers()), **facts}
    _key, value, more = letter_of(message, **omitted)
    return None, value, {**more, "headers": [h for h in more["headers"] if h[0].startswith(("sfsink.", "__connect."))], "partition": 0}


@pytest.mark.smoke
def test_events_go_back_as_they_were(kafka, letters, tmp_path):
    topic = kafka.create_topic(partitions=3)
    odd = [("trace", b"1"), ("sfsink.snapshot.id", b"s"), ("trace", None), ("bytes", b"\xff\x00")]
    events = produce(kafka, topic, [(*created(row(i)), {"headers": odd, "partition": i % 3}) for i in range(9)] +
                     [(*tombstone(row(9)), {"partition": 1}), (None, b"{not json \xff", {"partition": 2}), (b"", b"", {"partition": 0})])
    kafka.produce(letters, [letter_of(m, replays=2 if i == 0 else 0) for i, m in enumerate(events)])
    dlq = Dlq(kafka, tmp_path, letters, [contact_route(topic)])

    before = kafka.ends(topic)
    dry = dlq.run("replay", "--dry-run").stdout
    assert "12 events would go back" in dry and topic in dry and "every reader of the topic sees them again" in dry
    assert kafka.ends(topic) == before, "a dry run sends nothing"
    said = dlq.run("replay", "--yes").stdout
    assert "12 events go back" in said and "12 events sent back" in said

    by_origin = {origin_of(m): m for m in returned(kafka, topic)}
    assert set(by_origin) == {place(m) for m in events}
    for i, event in enumerate(events):
        back = by_origin[place(event)]
        assert (back.key(), back.value(), back.partition()) == (event.key(), event.value(), event.partition())
        theirs = list(event.headers() or [])
        assert back.headers()[:len(theirs)] == theirs
        ours = back.headers()[len(theirs):]
        assert [n for n, _ in ours] == LATER_HEADERS
        assert dict(ours)["sfsink.replays"] == (b"3" if i == 0 else b"1")
        assert dict(ours)["sfsink.timestamp"] == str(event.timestamp()[1]).encode()

    assert dlq.json("list") == [] and {x["state"] for x in dlq.json("list", "--all")} == {"replayed"}
    assert dlq.run("replay", "--yes").stdout == "nothing to replay\n"
    assert len(returned(kafka, topic)) == 12


def test_the_order_of_each_record_is_that_of_its_first_arrival(kafka, letters, tmp_path):
    topic = kafka.create_topic(partitions=2)
    events = produce(kafka, topic, [updated(row(i % 7, name=f"n{i}")) for i in range(70)])
    kafka.produce(letters, [letter_of(m) for m in reversed(events)])
    Dlq(kafka, tmp_path, letters, [contact_route(topic)]).replay("--even-if-superseded")
    for p in (0, 1):
        offsets = [origin_of(m)[2] for m in returned(kafka, topic) if m.partition() == p]
        assert offsets == sorted(offsets) and offsets


def test_filters_choose_and_progress_is_no_prefix(kafka, letters, tmp_path):
    topic = kafka.create_topic()
    events = produce(kafka, topic, [created(row(i)) for i in range(6)])
    kafka.produce(letters, [letter_of(m, code="EVEN" if i % 2 == 0 else "ODD") for i, m in enumerate(events)])
    dlq = Dlq(kafka, tmp_path, letters, [contact_route(topic)])
    assert dlq.replay("--code", "ODD")["sent"] == 3
    assert {x["code"] for x in dlq.json("list")} == {"EVEN"}
    assert dlq.replay("--limit", "1")["sent"] == 1
    assert dlq.replay()["sent"] == 2
    assert sorted(origin_of(m)[2] for m in returned(kafka, topic)) == list(range(6))


def test_doubled_letters_go_once_and_a_letter_that_failed_again_goes_again(kafka, letters, tmp_path):
    topic = kafka.create_topic()
    [event] = produce(kafka, topic, [created(row(1))])
    kafka.produce(letters, [letter_of(event), letter_of(event), letter_of(event)])
    dlq = Dlq(kafka, tmp_path, letters, [contact_route(topic)])
    assert sorted(x["state"] for x in dlq.json("list", "--all")) == ["open", "repeated", "repeated"]
    assert dlq.replay()["sent"] == 1
    kafka.produce(letters, [letter_of(event)])
    assert dlq.replay()["sent"] == 0, "a worker that read the event again after a crash tells of the same failure"
    kafka.produce(letters, [letter_of(event, replays=1)])
    assert [x["replays"] for x in dlq.json("list")] == [1]
    assert dlq.replay()["sent"] == 1
    assert [dict(m.headers())["sfsink.replays"] for m in returned(kafka, topic)] == [b"1", b"2"]


def test_letters_at_the_limit_are_left_out_and_named(kafka, letters, tmp_path):
    topic = kafka.create_topic()
    events = produce(kafka, topic, [created(row(i)) for i in range(3)])
    kafka.produce(letters, [letter_of(m, replays=i) for i, m in enumerate(events)])
    dlq = Dlq(kafka, tmp_path, letters, [contact_route(topic)], dead_letter={"max_replays": 2})
    said = dlq.run("replay", "--yes").stdout
    assert "left out: 1, replayed dead_letter.max_replays times" in said and f"(of {topic}/0/2)" in said
    assert len(returned(kafka, topic)) == 2


def test_letters_of_connect_and_spring_come_back_without_their_headers(kafka, letters, tmp_path):
    topic = kafka.create_topic(partitions=2)
    events = produce(kafka, topic, [(*created(row(i)), {"headers": [("trace", b"t")]}) for i in range(2)])
    kafka.produce(letters, [connect_letter(events[0]), spring_letter(events[1]), (b"k", b"{}", {"headers": []})])
    dlq = Dlq(kafka, tmp_path, letters, [contact_route(topic)])
    summary = dlq.replay(status=1)
    assert summary["sent"] == 2 and [x["why"] for x in summary["left_out"]] == ["no_origin"]
    for back in returned(kafka, topic):
        assert [n for n, _ in back.headers()] == ["trace", *LATER_HEADERS]
    assert {origin_of(m) for m in returned(kafka, topic)} == {place(m) for m in events}


def test_a_stub_is_read_again_from_its_source(kafka, letters, tmp_path):
    topic = kafka.create_topic()
    events = produce(kafka, topic, [created(row(i, name="x" * 5000)) for i in range(3)])
    right = hashlib.sha256(events[0].value()).hexdigest()
    made = [letter_of(m, value=b"", value_omitted=len(m.value()), value_sha256=digest)
            for m, digest in zip(events[:2], (right, right), strict=True)]
    gone = letter_of(events[2], value=b"", value_omitted=5, value_sha256=right, offset=4711)
    kafka.produce(letters, [*made, gone])
    summary = Dlq(kafka, tmp_path, letters, [contact_route(topic)]).replay(status=1)
    assert summary["sent"] == 1 and sorted(x["why"] for x in summary["left_out"]) == ["value_changed", "value_gone"]
    [back] = returned(kafka, topic)
    assert back.value() == events[0].value()


def test_key_and_headers_of_a_stub_are_read_again_from_its_source(kafka, letters, tmp_path):
    topic = kafka.create_topic(partitions=3)
    theirs = {"headers": [("trace", b"1"), ("trace", b"2")], "partition": 1}
    events = produce(kafka, topic, [("K" * 5000, created(row(i))[1], theirs) for i in range(3)])
    kafka.produce(letters, [bare_letter(events[0]), bare_letter(events[1], key_sha256="0" * 64), bare_letter(events[2], headers_omitted=3)])
    dlq = Dlq(kafka, tmp_path, letters, [contact_route(topic)])
    shown = dlq.run("show").stdout
    assert "key           left out, 5000 bytes" in shown and "headers       left out, 2 of them" in shown
    assert {(x["key_omitted"], x["headers_omitted"]) for x in dlq.json("list")} == {(5000, 2), (5000, 3)}
    summary = dlq.replay(status=1)
    assert summary["sent"] == 1 and [x["why"] for x in summary["left_out"]] == ["value_changed"] * 2
    [back] = returned(kafka, topic)
    assert (back.key(), back.value(), back.partition()) == (events[0].key(), events[0].value(), 1)
    assert [h for h in back.headers() if h[0] == "trace"] == theirs["headers"]


def test_a_compacted_topic_only_on_demand(kafka, letters, tmp_path):
    topic = kafka.create_topic(cleanup_policy="compact")
    events = produce(kafka, topic, [created(row(1))])
    kafka.produce(letters, [letter_of(m) for m in events])
    dlq = Dlq(kafka, tmp_path, letters, [contact_route(topic)])
    assert "--into-compacted" in dlq.run("replay", "--yes", status=1).stdout
    assert not returned(kafka, topic)
    assert dlq.replay("--into-compacted")["sent"] == 1


def test_a_topic_that_is_gone(kafka, letters, tmp_path):
    topic = kafka.create_topic()
    events = produce(kafka, topic, [created(row(1))])
    kafka.produce(letters, [letter_of(m) for m in events])
    kafka.delete_topic(topic)
    summary = Dlq(kafka, tmp_path, letters, [contact_route(topic)]).replay(status=1)
    assert summary["sent"] == 0 and [x["why"] for x in summary["left_out"]] == ["no_topic"]


def test_a_topic_that_has_grown_takes_them_by_key(kafka, letters, tmp_path):
    """Changes of the record go to another partition now: behind them, or it would be overtaken unseen."""
    topic = kafka.create_topic(partitions=2)
    murmur = {"partitioner": "murmur2_random"}
    old = [(f"key-{i}", created(row(i))[1]) for i in range(20)]
    kafka.produce_by(murmur, topic, old)
    events = kafka.read_all(topic)
    kafka.add_partitions(topic, 5)
    kafka.produce_by(murmur, topic, [(f"key-{i}", created(row(i + 100))[1]) for i in range(60)])
    then = {place(m) for m in events}
    now = {m.key(): m.partition() for m in kafka.read_all(topic) if place(m) not in then}
    kafka.produce(letters, [letter_of(m) for m in events])
    assert Dlq(kafka, tmp_path, letters, [contact_route(topic)]).replay()["sent"] == 20
    back = returned(kafka, topic)
    assert {m.key(): m.partition() for m in back} == {m.key(): now[m.key()] for m in back}
    assert any(m.partition() > 1 for m in back)


def test_another_partitioner_keeps_its_partitions(kafka, letters, tmp_path):
    topic = kafka.create_topic(partitions=4)
    events = produce(kafka, topic, [(f"key-{i}", created(row(i))[1], {"partition": (i * 7) % 4}) for i in range(40)])
    kafka.produce(letters, [letter_of(m) for m in events])
    assert Dlq(kafka, tmp_path, letters, [contact_route(topic)]).replay()["sent"] == 40
    assert {(origin_of(m)[1], m.partition()) for m in returned(kafka, topic)} == {(p, p) for p in range(4)}


def test_what_kafka_does_not_take_is_named_and_stops_no_other(kafka, letters, tmp_path):
    topic = kafka.create_topic()
    events = produce(kafka, topic, [created(row(i, name="x" * (20000 if i == 2 else 10))) for i in range(5)])
    kafka.produce(letters, [letter_of(m) for m in events])
    kafka.alter_topic(topic, max_message_bytes=10000)
    dlq = Dlq(kafka, tmp_path, letters, [contact_route(topic)])
    summary = dlq.replay(status=1)
    assert summary["sent"] == 4 and [(x["why"], x["offset"]) for x in summary["left_out"]] == [("refused", 2)]
    assert len(dlq.json("list")) == 1, "it stays open"


def test_the_rate_is_kept(kafka, letters, tmp_path):
    topic = kafka.create_topic()
    events = produce(kafka, topic, [created(row(i)) for i in range(8)])
    kafka.produce(letters, [letter_of(m) for m in events])
    Dlq(kafka, tmp_path, letters, [contact_route(topic)]).replay("--rate", "4")
    times = [m.timestamp()[1] for m in returned(kafka, topic)]
    assert len(times) == 8 and max(times) - min(times) >= 900


def test_a_replayed_event_is_mapped_with_its_first_arrival_and_fails_with_it(kafka, workers, salesforce, tmp_path):
    """Through a worker and back: @topic and its kin are those of first arrival, failures count up, and at the limit they are parked."""
    topic, parking = kafka.create_topic(partitions=2), kafka.create_topic()
    then = int(time.time() * 1000) - 3600000
    fields = [{"to": "P__c", "from": "@partition"}, {"to": "O__c", "from": "@offset"}, {"to": "T__c", "from": "@timestamp"},
              {"to": "Topic__c", "from": "@topic"}]
    route = contact_route(topic, fields=fields)
    salesforce.refuse = lambda _op, _obj, r: [{"statusCode": "STRING_TOO_LONG", "message": "no", "fields": []}] if "bad" in r["Email"] else None
    salesforce.sequence = None
    kafka.produce(topic, [(*created(row(0)), {"partition": 1}), (*created(row(1, email="bad")), {"partition": 1, "timestamp": then})])
    more = {"dead_letter": {"max_replays": 2, "parking_topic": parking}}
    workers.start(salesforce.url, [route], **more)
    workers.wait_settled(topic)
    dlq = Dlq(kafka, tmp_path, workers.letters, [route], group=workers.group, **more)
    for replays in (1, 2):
        assert dlq.replay()["sent"] == 1
        workers.wait_settled(topic)
        where = [(x["topic"], x["partition"], x["offset"], x["timestamp"], x["replays"])
                 for x in read_letters(kafka, parking if replays == 2 else workers.letters)]
        assert where[-1] == (topic, "1", "1", str(then), str(replays))
    [letter] = dlq.json("list")
    assert letter["id"].startswith(parking), "the last failure is parked"
    summary = dlq.replay()
    assert summary["sent"] == 0 and [x["why"] for x in summary["left_out"]] == ["max_replays"]

    salesforce.refuse = None
    raised = Dlq(kafka, tmp_path, workers.letters, [route], group=workers.group, dead_letter={"max_replays": 9, "parking_topic": parking})
    assert raised.replay()["sent"] == 1
    workers.wait_settled(topic)
    record = wait_until(lambda: salesforce.by_key("Contact").get("r-1"), "it is written")
    assert (record["P__c"], record["O__c"], record["T__c"], record["Topic__c"]) == (1, 1, then, topic)


def test_letters_of_several_topics_through_one_other(kafka, workers, salesforce, tmp_path):
    """--to: each is mapped by the route of the topic where it first arrived; the other topic is read by a pattern that names it, too."""
    customers, leads = kafka.create_topic(), kafka.create_topic()
    other = kafka.create_topic(leads + "-again", partitions=3)
    routes = [contact_route(customers), contact_route(f"^{leads}(-again)?$", name="leads", object="Lead",
                                                      fields=[{"to": "Company", "value": "C"}])]
    events = [m for t in (customers, leads) for m in produce(kafka, t, [created(row(i)) for i in range(3)])]
    kafka.produce(workers.letters, [letter_of(m) for m in events])
    workers.start(salesforce.url, routes)
    workers.wait_settled(customers, leads)
    for kept in salesforce.ids.values():
        kept.clear()
    dlq = Dlq(kafka, tmp_path, workers.letters, routes, group=workers.group)
    assert "no such topic" in dlq.run("replay", "--yes", "--to", "nowhere", status=64).stderr
    said = dlq.run("replay", "--yes", "--to", other).stdout
    assert f"6  {other}" in said and "order against the events of their own topics is lost" in said
    assert len(kafka.read_all(other)) == 6 and not returned(kafka, customers)
    workers.wait_settled(other)
    wait_until(lambda: set(salesforce.by_key("Lead")) == set(salesforce.by_key("Contact")) == {f"r-{i}" for i in range(3)},
               lambda: salesforce.ids)


def test_the_progress_topic_is_made_compacted(kafka, letters, tmp_path):
    topic = kafka.create_topic()
    [event] = produce(kafka, topic, [created(row(1))])
    kafka.produce(letters, [letter_of(event)])
    dlq = Dlq(kafka, tmp_path, letters, [contact_route(topic)])
    dlq.replay()
    assert kafka.topic_setting(dlq.progress, "cleanup.policy") == "compact"
    [mark] = kafka.read_all(dlq.progress)
    assert mark.key().decode() == f"{topic}/0/0"
    assert {k: v for k, v in json.loads(mark.value()).items() if k != "at"} == {
        "replays": 1, "timestamp": event.timestamp()[1], "letter": f"{letters}/{dlq.json('list', '--all')[0]['id'].split('/')[1]}/0", "to": topic}


def at_terminal(dlq, answer, *arguments):
    """The command on a terminal: what it shows, and its exit status."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ.update(TERM="xterm", NO_COLOR="1")
        os.execv(str(binary()), [str(binary()), "dlq", "replay", *arguments, "-c", str(dlq.file)])
    shown = b""
    while b"[y/N]" not in shown:
        shown += os.read(terminal, 4096)
    os.write(terminal, answer + b"\n")
    try:
        while more := os.read(terminal, 4096):
            shown += more
    except OSError:  # the terminal's end
        pass
    os.close(terminal)
    return shown.decode(), os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_on_a_terminal_it_asks_and_shows_how_far_it_is(kafka, letters, tmp_path):
    topic = kafka.create_topic()
    events = produce(kafka, topic, [created(row(i)) for i in range(9)])
    kafka.produce(letters, [letter_of(m) for m in events])
    dlq = Dlq(kafka, tmp_path, letters, [contact_route(topic)])
    shown, status = at_terminal(dlq, b"n")
    assert status == 0 and "9 events go back" in shown and topic in shown and "nothing was sent" in shown
    assert not returned(kafka, topic)
    shown, status = at_terminal(dlq, b"y", "--rate", "9")
    assert status == 0 and "100%" in shown and "9 of 9" in shown and "9 events sent back" in shown
    assert len(returned(kafka, topic)) == 9
