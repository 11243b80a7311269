# SPDX-License-Identifier: Apache-2.0
"""Commits that do not arrive, a group that never rests, a record that never rests, descriptors that run out. (Fault matrix 2, 11, 37, 43, 46, 47, 48.)"""
import os

import pytest

from harness.checker import writes_of
from harness.dead_letters import read_letters
from harness.network import Namespace
from harness.proxy import ChaosProxy
from harness.traffic import Traffic, route
from harness.waiting import wait_until
from harness.watch import BooksWatch
from harness.worker import Array

PARTITIONS = 4  # of the fixture topic
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root")


@pytest.fixture
def space(kafka, simulator):
    """A namespace whose only doors are a proxy to the broker and one to Salesforce."""
    inside = Namespace()
    ports = {"broker": int(kafka.brokers.split(":")[1]), "salesforce": int(simulator.url.rsplit(":", 1)[1])}
    inside.doors = {name: ChaosProxy(("127.0.0.1", port), port=port, listen_in=inside) for name, port in ports.items()}
    yield inside
    for door in inside.doors.values():
        door.close()
    inside.remove()


@needs_root
def test_kill_9_between_the_answer_and_the_commit(kafka, workers, simulator, topic, checker, space):
    """Promises 1, 5: what Salesforce has confirmed and Kafka was not told is repeated, and no more than that. Matrix 2."""
    traffic = Traffic(kafka, topic, bad_percent=0)
    worker = workers.start(simulator.url, [route(topic)], wrap=space.wrap)
    traffic.feed()
    workers.wait_settled(topic)
    space.doors["salesforce"].answers_pass.clear()
    traffic.feed(2)
    wait_until(lambda: writes_of(simulator)[-1].sequence > 60, "Salesforce has it")
    space.doors["broker"].requests_pass.clear()
    space.doors["salesforce"].answers_pass.set()
    wait_until(lambda: space.doors["broker"].held, "a commit is on its way")
    worker.kill()
    space.doors["broker"].cut()
    checker.border()
    assert kafka.lag(workers.group, topic) == 120
    workers.start(simulator.url, [route(topic)])
    workers.wait_settled(topic)
    checker.check(twice_allowed=False)
    repeated = sum(w.success for w in writes_of(simulator)) - 60
    assert 60 <= repeated <= 240, repeated


@needs_root
def test_a_slow_way_to_the_dead_letter_topic(kafka, workers, simulator, topic, checker, space):
    """Promises 1, 7, 8: letters that are acknowledged late hold up their commits, and nothing else is lost. Matrix 37."""
    space.doors["broker"].delay = 0.05
    traffic = Traffic(kafka, topic, bad_percent=60)
    workers.start(simulator.url, [route(topic)], wrap=space.wrap, buffer={"max_events": 100},
                  kafka={"properties": Array(["consumer.session.timeout.ms=10000", "producer.batch.num.messages=5"])})
    traffic.feed(10)
    workers.wait_settled(topic, timeout=120)
    figures = checker.check(twice_allowed=False)
    assert figures["letters"] > 200


def test_a_group_that_never_rests(kafka, workers, simulator, topic, checker):
    """Promises 1 to 3: workers come and go all the time. Matrix 11."""
    simulator.control("PATCH", "/settings", json={"latency_ms": 20})
    traffic = Traffic(kafka, topic, bad_percent=2)
    first = workers.start(simulator.url, [route(topic)]).wait_ready()
    with BooksWatch(workers.started) as books:
        for n in range(6):
            traffic.feed(3)
            other = workers.start(simulator.url, [route(topic)])
            wait_until(lambda other=other: other.log("assigned"), other.tail)
            traffic.feed(3)
            assert other.stop() == 0, n
        workers.wait_settled(topic)
        assert books.scrapes
    checker.borders_of(*workers.started)
    checker.check()  # a letter above an event that was given back unsent is written again
    assert first.log("revoked") and not first.log("partitions_lost")


def test_one_record_has_nearly_all_events(kafka, workers, simulator, topic, checker):
    """Promises 2, 8: changes of one record merge, and the others go their way. Matrix 46."""
    simulator.control("PATCH", "/settings", json={"latency_ms": 50})
    traffic = Traffic(kafka, topic, keys=40)
    kafka.produce(topic, [traffic.event(0 if i % 10 else i // 10 % 40) for i in range(20000)])
    worker = workers.start(simulator.url, [route(topic)], buffer={"max_events": 1000})
    workers.wait_settled(topic)
    checker.check(twice_allowed=False)
    writes = writes_of(simulator)
    assert len(writes) < 5000, "they merge"
    assert worker.scrape().books()[0] == 20000


@pytest.mark.parametrize("end", ["heals", "is given up"])
def test_the_head_of_one_partition_is_stuck(kafka, workers, simulator, topic, checker, end):
    """Promises 1, 6, 7, 8: one record that Salesforce refuses for now holds up its partition's commit, and nobody else: the other partitions are committed, the other records of its
    own are written, memory stays bounded; a kill repeats no more than that partition. Then it goes through in its order, or is a dead letter after max_attempts. Matrix 47."""
    traffic = Traffic(kafka, topic, keys=40)
    attempts = 1000 if end == "heals" else 12
    settings = {"retry": {"max_attempts": attempts, "backoff_ms": 100, "backoff_max_ms": 1500}, "buffer": {"max_events": 400}, "batch": {"linger_ms": 20}}
    worker = workers.start(simulator.url, [route(topic)], **settings).wait_ready()
    traffic.feed()
    workers.wait_settled(topic)
    stuck = {"id": "k-0", "name": "Ada", "seq": 41, "a": 41} | ({} if end == "heals" else {"email": "ada@example.com"})  # to the checker an event with an email is due as a letter
    traffic.sequence = 41
    simulator.control("POST", "/record_faults", json={"object": "Contact", "key": "k-0", "times": 0, "errors": [
        {"statusCode": "UNABLE_TO_LOCK_ROW", "message": "unable to obtain exclusive access to this record", "fields": []}]})
    kafka.produce(topic, [("k-0", stuck, {"partition": 0})])
    wait_until(lambda: any(w.key == "k-0" and not w.success for w in writes_of(simulator)), "it is stuck")
    kafka.produce(topic, [traffic.event(number) for _ in range(30) for number in range(1, 40)])
    last = {f"k-{n}": traffic.sequence - 39 + n for n in range(1, 40)}

    def others_are_done():
        newest = {w.key: w.sequence for w in writes_of(simulator) if w.success}
        committed, ends = kafka.committed(workers.group, topic), kafka.ends(topic)
        return all(newest.get(key) == number for key, number in last.items()) and all(committed[p] == ends[p] for p in (1, 2, 3))

    wait_until(others_are_done, lambda: f"all others are done: {kafka.committed(workers.group, topic)} of {kafka.ends(topic)}\n{worker.tail()}", every=0.2)
    assert worker.scrape().sum("sfsink_events_pending") <= 400
    if end == "heals":
        assert kafka.committed(workers.group, topic)[0] == 10, "its own partition waits at it"
        worker.kill()
        checker.border()
        before = len(writes_of(simulator))
        worker = workers.start(simulator.url, [route(topic)], **settings)
        wait_until(lambda: others_are_done() and any(w.key == "k-0" for w in writes_of(simulator)[before:]), worker.tail)
        assert {int(w.key[2:]) % 4 for w in writes_of(simulator)[before:]} == {0}, "the others are not read again"
        simulator.control("DELETE", "/faults")
        kafka.produce(topic, [traffic.event(0)])
        workers.wait_settled(topic)
        assert checker.check(twice_allowed=False)["letters"] == 0
    else:
        workers.wait_settled(topic)
        simulator.control("DELETE", "/faults")
        kafka.produce(topic, [traffic.event(0)])
        workers.wait_settled(topic)
        assert checker.check(twice_allowed=False)["letters"] == 1
        [letter] = read_letters(kafka, workers.letters)
        assert (letter["error.code"], letter["attempts"]) == ("UNABLE_TO_LOCK_ROW", str(attempts))


def test_two_members_of_one_name(kafka, workers, simulator, topic, checker):
    """Promise 3: whose place in the group was taken ends, commits nothing more, and says why. Matrix 48."""
    static = {"kafka": {"properties": Array(["consumer.session.timeout.ms=6000", "consumer.group.instance.id=one"])}}
    traffic = Traffic(kafka, topic)
    first = workers.start(simulator.url, [route(topic)], **static).wait_ready()
    traffic.feed()
    workers.wait_settled(topic)
    workers.start(simulator.url, [route(topic)], **static)
    assert first.wait(60) == 69
    assert "instance" in first.text().lower()
    checker.border()
    traffic.feed(3)
    workers.wait_settled(topic)
    checker.check(twice_allowed=False)


@pytest.mark.parametrize("limit", [20, 26, 32])
def test_descriptors_run_out(kafka, workers, simulator, topic, checker, limit):
    """Promise 1: without descriptors a worker waits or ends, and loses nothing. Matrix 43."""
    traffic = Traffic(kafka, topic)
    traffic.feed(2)
    poor = workers.start(simulator.url, [route(topic)], wrap=["prlimit", f"--nofile={limit}"])
    wait_until(lambda: not poor.alive() or kafka.lag(workers.group, topic) == 0 or poor.log(level="error") or poor.log(level="warn"), poor.tail)
    if poor.alive():
        poor.stop()
    assert poor.process.returncode in (0, 69, 70), poor.tail()
    checker.check_commits()
    checker.border()
    workers.start(simulator.url, [route(topic)])
    workers.wait_settled(topic)
    checker.check(twice_allowed=False)
