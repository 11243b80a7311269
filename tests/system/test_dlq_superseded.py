# SPDX-License-Identifier: Apache-2.0
"""A replay never undoes a newer change of the same record."""
import itertools
import json
import random
import threading

import pytest
from confluent_kafka import Producer

from harness.dlq import Dlq, contact_route, letter_of, origin_of
from harness.events import created, deleted, key_of, updated
from harness.waiting import wait_until
from strict_salesforce import error


@pytest.fixture
def letters(kafka):
    return kafka.create_topic()


def row(name="old", email="bad", key="r-1", **more):
    return {"id": key, "name": name, **({} if email is None else {"email": email}), **more}


class Story:
    """The first event of a record failed; then came others."""

    def __init__(self, kafka, folder, letters, *later, first=None, **route):
        self.kafka, self.topic, self.letters = kafka, kafka.create_topic(), letters
        self.kafka.produce(self.topic, [first or updated(row())])
        self.kafka.produce(self.topic, later)
        self.events = kafka.read_all(self.topic)
        self.dlq = Dlq(kafka, folder, letters, [contact_route(self.topic, **route)])
        self.kafka.produce(letters, [letter_of(self.events[0])])

    def sent(self, *arguments):
        """Offsets of first arrival of what came back, and why something did not."""
        summary = self.dlq.replay(*arguments)
        back = [origin_of(m)[2] for m in self.kafka.read_all(self.topic) if origin_of(m)]
        return back, [x["why"] for x in summary["left_out"]]


ALL_OF_IT = updated(row("new", "good"))
A_PART = updated(row("new", None))
ANOTHER_RECORD = updated(row("new", "good", key="r-2"))


def test_all_of_it_was_written_later(kafka, letters, tmp_path):
    story = Story(kafka, tmp_path, letters, ANOTHER_RECORD, ALL_OF_IT)
    said = story.dlq.run("replay", "--yes").stdout
    assert "left out: 1, superseded" in said and f"(of {story.topic}/0/0)" in said and "nothing to replay" in said
    assert story.sent() == ([], ["superseded"])
    assert len(story.dlq.json("list")) == 1, "it stays open"
    assert story.sent("--even-if-superseded") == ([0], [])


@pytest.mark.parametrize("name, later, expected", [
    ("nothing later", [], ([0], [])),
    ("another record", [ANOTHER_RECORD], ([0], [])),
    ("a part, which has the last word again", [A_PART], ([0, 1], [])),
    ("two parts that make the whole", [A_PART, (key_of(row()), updated({"id": "r-1", "name": "newer", "email": "g"})[1])], ([], ["superseded"])),
    ("what lies behind a part is newer, too", [A_PART, updated({"id": "r-1", "name": "newest", "extra": 1})], ([0, 1, 2], [])),
    ("what cannot be mapped wrote nothing", [updated({"id": "r-1", "email": "good"})], ([0], [])),
    ("no JSON", [(key_of(row()), b"{")], ([0], [])),
    ("a delete that the route ignores", [deleted(row())], ([0], []))])
def test_what_counts_as_later(kafka, letters, tmp_path, name, later, expected):
    assert Story(kafka, tmp_path, letters, *later).sent() == expected, name


def test_a_delete_writes_everything(kafka, letters, tmp_path):
    deletes = {"on_delete": "delete", "tombstones": "skip"}
    assert Story(kafka, tmp_path, letters, deleted(row()), **deletes).sent() == ([], ["superseded"])


def test_a_delete_is_overtaken_by_whatever_came_later(kafka, letters, tmp_path):
    deletes = {"on_delete": "delete", "tombstones": "skip"}
    assert Story(kafka, tmp_path, letters, A_PART, first=deleted(row()), **deletes).sent() == ([], ["superseded"])


def test_with_a_version_salesforce_decides(kafka, letters, tmp_path):
    version = {"version": {"field": "Source_Version__c", "from": "@source.lsn"}}
    assert Story(kafka, tmp_path, letters, ALL_OF_IT, **version).sent() == ([0], [])


def test_but_deletes_it_does_not_guard(kafka, letters, tmp_path):
    more = {"version": {"field": "Source_Version__c", "from": "@source.lsn"}, "on_delete": "delete", "tombstones": "skip"}
    assert Story(kafka, tmp_path, letters, deleted(row()), **more).sent() == ([], ["superseded"])


def test_an_insert_is_not_sent_again(kafka, letters, tmp_path):
    story = Story(kafka, tmp_path, letters, created(row("new", None)), first=created(row()), mode="insert")
    assert story.sent() == ([], ["superseded_in_part"])


def test_a_later_event_that_failed_wrote_nothing(kafka, letters, tmp_path):
    story = Story(kafka, tmp_path, letters, ALL_OF_IT)
    kafka.produce(letters, [letter_of(story.events[1])])
    assert story.sent() == ([0, 1], []), "both come back, in their order"


def test_once_it_came_back_it_counts(kafka, letters, tmp_path):
    """The later letter was replayed first, by a filter: the older one stays behind."""
    story = Story(kafka, tmp_path, letters, ALL_OF_IT)
    kafka.produce(letters, [letter_of(story.events[1], code="LATER")])
    said = story.dlq.run("replay", "--dry-run", "--code", "LATER").stdout
    assert "1 event would go back to where it came from; every reader of the topic sees it again" in said
    assert story.sent("--code", "LATER") == ([1], [])
    assert story.sent() == ([1], ["superseded"])
    kafka.produce(letters, [letter_of(story.events[1], code="LATER", replays=1)])
    assert story.sent() == ([1, 0, 1], []), "it failed again, so it wrote nothing"


def test_letters_that_stay_behind_use_up_no_limit(kafka, letters, tmp_path):
    story = Story(kafka, tmp_path, letters, ALL_OF_IT)
    for i in (2, 3):
        kafka.produce(story.topic, [updated(row(key=f"r-{i}"))])
        kafka.produce(letters, [letter_of(kafka.read_all(story.topic)[-1])])
    assert story.sent("--limit", "1") == ([2], ["superseded"])
    assert story.sent("--limit", "1") == ([2, 3], ["superseded"])


def test_what_came_back_through_another_topic_counts_too(kafka, letters, tmp_path):
    story = Story(kafka, tmp_path, letters, ALL_OF_IT)
    kafka.produce(letters, [letter_of(story.events[1], code="LATER")])
    assert story.dlq.replay("--code", "LATER", "--to", kafka.create_topic())["sent"] == 1
    assert story.sent() == ([], ["superseded"])


def test_newer_changes_have_the_last_word_by_their_first_arrival(kafka, letters, tmp_path):
    """The second letter came back first, so its copy lies behind the third event, which is newer."""
    second, third = updated(row("second", "e")), updated(row("third", None))
    phone = {"fields": [{"to": "Phone", "from": "phone"}]}
    story = Story(kafka, tmp_path, letters, second, third, first=updated(row(phone="1")), **phone)
    kafka.produce(letters, [letter_of(story.events[1], code="SECOND")])
    assert story.sent("--code", "SECOND") == ([1, 2], [])
    assert story.sent() == ([1, 2, 0, 1, 2], [])


def test_a_newer_change_in_a_transaction_that_is_still_open(kafka, letters, tmp_path):
    """Not to be read before our own events are sent: seen from within the open transaction, which is aborted."""
    story = Story(kafka, tmp_path, letters)
    kafka.produce(story.topic, [updated(row("free", "x", key="r-9"))])
    free = kafka.read_all(story.topic)[-1]
    kafka.produce(letters, [letter_of(free)])
    source = Producer({"bootstrap.servers": kafka.brokers, "transactional.id": f"t-{story.topic}", "log_level": 2})
    source.init_transactions(30)
    source.begin_transaction()
    key, value = ALL_OF_IT
    source.produce(story.topic, key=key, value=json.dumps(value))
    source.flush(30)
    replay = story.dlq.begin_replay("replay")  # its transaction is over; readers wait for the one that is open
    wait_until(lambda: sum(kafka.ends(story.dlq.progress).values()) > 0 if story.dlq.progress in kafka.admin.list_topics(timeout=5).topics else 0,
               lambda: "it is under way: " + replay.text(), timeout=30)
    source.commit_transaction(30)
    assert replay.wait(60) == 0, replay.text()
    assert "left out: 1, superseded" in replay.text()
    back = [origin_of(m)[2] for m in wait_until(lambda: [m for m in kafka.read_all(story.topic) if origin_of(m)], "it is seen")]
    assert back == [1], "the free one alone, and once"


class Race:
    """Records whose changes fail, are mended, and come back while newer changes of the same records arrive."""

    def __init__(self, kafka, workers, salesforce, folder, records, partitions=3):
        self.kafka, self.workers, self.salesforce, self.records = kafka, workers, salesforce, records
        self.topic = kafka.create_topic(partitions=partitions)
        self.route = contact_route(self.topic)
        self.dlq = Dlq(kafka, folder, workers.letters, [self.route], group=workers.group)
        self.numbers = itertools.count(1)
        self.chance = random.Random(7)
        salesforce.sequence = None  # replays are older on purpose

    def change(self, i):
        """The whole row, or without the email."""
        n = next(self.numbers)
        return updated(row(f"n-{n}", f"e-{n}" if self.chance.random() < 0.6 else None, key=f"r-{i}"))

    def fail_half(self):
        refuse = {f"r-{i}" for i in range(0, self.records, 2)}
        self.salesforce.refuse = lambda _op, _obj, r: [error("INVALID_EMAIL_ADDRESS", "no")] if r["External_Id__c"] in refuse else None
        self.kafka.produce(self.topic, [self.change(i) for i in range(self.records)])
        self.workers.wait_settled(self.topic)
        self.salesforce.refuse = None

    def live(self, stop):
        while not stop.is_set():
            self.kafka.produce(self.topic, [self.change(i) for i in self.chance.sample(range(self.records), 20)])
            stop.wait(0.02)

    def expected(self):
        """Field by field what the last of the original events says, in their order."""
        state = {}
        for m in self.kafka.read_all(self.topic, timeout=60):
            if not origin_of(m):
                after = json.loads(m.value())["after"]
                state.setdefault(after["id"], {}).update({k: v for k, v in after.items() if k in ("name", "email")})
        return state

    def actual(self):
        return {k: {"name": r.get("LastName"), **({"email": r["Email"]} if "Email" in r else {})} for k, r in self.salesforce.by_key("Contact").items()}


def race(kafka, workers, salesforce, folder, records, rate):
    r = Race(kafka, workers, salesforce, folder, records)
    for _ in range(2):
        workers.start(salesforce.url, [r.route], batch={"linger_ms": 20})
    r.fail_half()
    assert len(r.dlq.json("list")) == records // 2
    stop = threading.Event()
    live = threading.Thread(target=r.live, args=(stop,))
    live.start()
    try:
        summary = r.dlq.replay("--rate", str(rate), timeout=240)
    finally:
        stop.set()
        live.join()
    assert summary["sent"] + len(summary["left_out"]) == records // 2
    assert {x["why"] for x in summary["left_out"]} <= {"superseded"}
    workers.wait_settled(r.topic)
    expected, actual = r.expected(), r.actual()
    wrong = {k: (v, actual.get(k)) for k, v in expected.items() if actual.get(k) != v}
    assert not wrong, (len(wrong), dict(list(wrong.items())[:5]))
    return summary


def test_a_replay_races_live_changes_of_the_same_records(kafka, workers, salesforce, tmp_path):
    summary = race(kafka, workers, salesforce, tmp_path, 600, 150)
    assert summary["sent"] and summary["left_out"], summary


@pytest.mark.slow
def test_a_long_race(kafka, workers, salesforce, tmp_path):
    race(kafka, workers, salesforce, tmp_path, 6000, 100)
