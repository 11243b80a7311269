# SPDX-License-Identifier: Apache-2.0
"""Partitions that change hands: restart, a second worker, kill -9, a stop in the middle."""
import signal

import pytest

from harness.events import created, updated
from harness.waiting import wait_until

FIELDS = [{"to": "External_Id__c", "from": "id"}, {"to": "LastName", "from": "name"}, {"to": "Seq__c", "from": "seq"}]
KEYS, PARTITIONS = 60, 4


def route(topic):
    return {"topic": topic, "format": "debezium", "object": "Contact", "mode": "upsert", "external_id": "External_Id__c", "fields": FIELDS}


class Stream:
    """Rising sequence numbers for KEYS records; each record has its partition."""

    def __init__(self, kafka, workers, org):
        self.kafka, self.workers, self.org = kafka, workers, org
        self.topic = kafka.create_topic(partitions=PARTITIONS)
        self.sequence = 0

    def start(self, **more):
        return self.workers.start(self.org.url, [route(self.topic)], **more)

    def feed(self, rounds=1):
        events = []
        for _ in range(rounds):
            self.sequence += 1
            for i in range(KEYS):
                key, value = (created if self.sequence == 1 else updated)({"id": f"r-{i}", "name": "Ada", "seq": self.sequence})
                events.append((key, value, {"partition": i % PARTITIONS}))
        self.kafka.produce(self.topic, events)

    def is_final(self, timeout=60):
        self.workers.wait_settled(self.topic, timeout=timeout)
        assert {k: v["Seq__c"] for k, v in self.org.by_key("Contact").items()} == {f"r-{i}": self.sequence for i in range(KEYS)}


@pytest.fixture
def stream(kafka, workers, salesforce):
    return Stream(kafka, workers, salesforce)


def assigned(worker):
    worker.must_live()
    return worker.scrape().sum("sfsink_assigned_partitions")


def books_balance(*workers):
    for worker in workers:
        consumed, ended = worker.scrape().books()
        assert consumed == ended


@pytest.mark.smoke
def test_restart_goes_on_where_it_stopped(stream):
    first = stream.start()
    stream.feed(5)
    stream.is_final()
    assert first.stop() == 0
    writes = stream.org.writes
    stream.feed()
    second = stream.start()
    stream.is_final()
    assert stream.org.writes == writes + KEYS, "what was committed is not written again"
    books_balance(second)


@pytest.mark.smoke
def test_a_second_worker_comes_while_requests_are_in_flight(stream):
    first = stream.start().wait_ready()
    stream.org.latency = 0.2
    stream.feed(20)
    wait_until(lambda: stream.org.requests_now, "requests are on their way")
    second = stream.start()
    for _ in range(5):
        stream.feed(4)
    wait_until(lambda: (assigned(first), assigned(second)) == (2, 2), "they share the partitions")
    stream.feed(4)
    stream.is_final()
    books_balance(first, second)
    assert all(w.scrape().sum("sfsink_events_total", disposition="applied") for w in (first, second)), "both have written"


def test_requests_that_are_stuck_at_a_rebalance(stream):
    """The first worker's requests hang while the second joins: their partitions wait for them, and nothing is written twice at once."""
    first = stream.start().wait_ready()
    stream.org.gate.clear()
    stream.feed()
    wait_until(lambda: stream.org.requests_now, "requests are on their way")
    second = stream.start()
    wait_until(lambda: first.log("revoked"), lambda: "the first is to give its partitions back:\n" + first.tail())
    stream.feed()
    stream.org.gate.set()
    stream.is_final()
    assert first.log("released")
    wait_until(lambda: (assigned(first), assigned(second)) == (2, 2), "they share the partitions")
    assert not second.log("partitions_lost")


def test_a_worker_leaves(stream):
    first, second = stream.start().wait_ready(), stream.start().wait_ready()
    wait_until(lambda: (assigned(first), assigned(second)) == (2, 2), "they share the partitions")
    stream.org.latency = 0.1
    stream.feed(20)
    wait_until(lambda: stream.org.requests_now, "requests are on their way")
    assert second.stop() == 0
    stream.feed()
    stream.is_final()
    assert assigned(first) == PARTITIONS


@pytest.mark.smoke
def test_kill_9_of_the_only_worker(stream):
    first = stream.start()
    stream.org.latency = 0.1
    stream.feed(20)
    wait_until(lambda: stream.org.writes >= KEYS, "some is written")
    stream.feed()
    wait_until(lambda: stream.org.requests_now, "and some is on its way")
    first.kill()
    stream.org.new_era()
    stream.feed()
    stream.start()
    stream.is_final()


def test_kill_9_of_one_of_two(stream):
    first, second = stream.start().wait_ready(), stream.start().wait_ready()
    wait_until(lambda: (assigned(first), assigned(second)) == (2, 2), "they share the partitions")
    stream.org.gate.clear()
    stream.feed(20)
    wait_until(lambda: stream.org.requests_now > 1, "both write")
    first.kill()
    stream.org.gate.set()
    stream.org.new_era()
    stream.feed(5)
    stream.is_final()
    books_balance(second)


def test_sigterm_finishes_what_is_in_flight(stream):
    first = stream.start().wait_ready()
    stream.org.latency = 0.3
    stream.feed(3)
    wait_until(lambda: stream.org.requests_now, "requests are on their way")
    assert first.stop() == 0
    [goodbye] = first.log("stopped")
    ended = sum(goodbye[k] for k in ("applied", "superseded", "skipped", "dead_lettered", "returned"))
    assert goodbye["consumed"] == ended, "each event is settled or given back"
    assert stream.kafka.lag(stream.workers.group, stream.topic) == 3 * KEYS - goodbye["applied"], "what is done is committed, and no more"
    stream.start()
    stream.is_final()


def test_sigterm_does_not_wait_for_ever(stream):
    first = stream.start(shutdown_ms=1500).wait_ready()
    stream.org.gate.clear()
    stream.feed()
    wait_until(lambda: stream.org.requests_now, "requests are on their way")
    assert first.stop(timeout=10) == 0
    assert stream.kafka.lag(stream.workers.group, stream.topic) == KEYS
    stream.org.gate.set()
    stream.org.new_era()
    stream.start()
    stream.is_final()


def test_a_worker_that_was_frozen_writes_nothing_for_what_it_lost(stream):
    """SIGSTOP past the session time-out: its partitions are another's when it wakes."""
    first = stream.start().wait_ready()
    stream.feed(2)
    stream.is_final()
    first.signal(signal.SIGSTOP)
    second = stream.start()
    wait_until(lambda: assigned(second) == PARTITIONS, "the second has them all", timeout=40)
    stream.feed(3)
    stream.is_final()
    first.signal(signal.SIGCONT)
    wait_until(lambda: assigned(first) + assigned(second) == PARTITIONS and assigned(first) > 0, "the first is back in the group", timeout=40)
    stream.feed(3)
    stream.is_final()
