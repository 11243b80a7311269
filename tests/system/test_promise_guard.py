# SPDX-License-Identifier: Apache-2.0
"""The version guard: an older write never wins, wherever it comes from. (Promise 4; fault matrix 12, 13.)"""
import signal

import pytest

from harness.checker import Checker, writes_of
from harness.dead_letters import read_letters
from harness.proxy import ChaosProxy
from harness.traffic import Traffic, route
from harness.waiting import wait_until


@pytest.mark.parametrize("end", ["wakes", "is killed"])
def test_a_zombie_with_an_old_request(kafka, workers, simulator, topic, end):
    """Promise 4: a worker is stopped with its request on the way; another takes over and writes newer states; then the old request arrives, and the worker wakes:
    Salesforce keeps the newer ones. Matrix 13."""
    host, port = simulator.url.removeprefix("http://").split(":")
    line = ChaosProxy((host, int(port)))
    traffic = Traffic(kafka, topic, guarded=True)
    first = workers.start(simulator.url, [route(topic, guarded=True)], salesforce={"instance_url": line.url}).wait_ready()
    line.requests_pass.clear()
    traffic.feed()
    wait_until(lambda: line.held, lambda: f"a request is on its way\n{first.tail()}")
    first.signal(signal.SIGSTOP)
    second = workers.start(simulator.url, [route(topic, guarded=True)])
    traffic.feed(3)
    workers.wait_settled(topic)
    newest = {w.key: w.sequence for w in writes_of(simulator) if w.success}
    seen = writes_of(simulator)[-1].n
    if end == "is killed":
        first.kill()
    line.requests_pass.set()
    old = wait_until(lambda: [w for w in writes_of(simulator) if w.n > seen], "the old request arrives")
    assert all(w.stale and not w.success and w.sequence < newest[w.key] for w in old), old[:3]
    if end == "wakes":
        first.signal(signal.SIGCONT)
        wait_until(lambda: first.scrape().sum("sfsink_assigned_partitions") == second.scrape().sum("sfsink_assigned_partitions") == 1, first.tail)
    traffic.feed(2)
    workers.wait_settled(topic)
    Checker(kafka, topic, workers.group, workers.letters, simulator).check(twice_allowed=False)
    for worker in (first, second) if end == "wakes" else (second,):
        consumed, ended = worker.scrape().books()
        assert consumed == ended
    line.close()


def test_a_zombie_that_has_more_to_send(kafka, workers, simulator, topic):
    """Promise 3, without any guard: a worker is stopped for hardly longer than its session, with an answer in its socket and more changes to send. When it wakes, its partitions are
    another's, who has written newer ones: it sends nothing before it knows. Matrix 12, 13."""
    host, port = simulator.url.removeprefix("http://").split(":")
    line = ChaosProxy((host, int(port)))
    traffic = Traffic(kafka, topic)
    checker = Checker(kafka, topic, workers.group, workers.letters, simulator)
    first = workers.start(simulator.url, [route(topic)], salesforce={"instance_url": line.url, "requests_in_flight": 1},
                          batch={"max_records": 5, "linger_ms": 0}).wait_ready()
    line.answers_pass.clear()
    traffic.feed()
    wait_until(lambda: writes_of(simulator), lambda: f"a request has arrived\n{first.tail()}")
    wait_until(lambda: first.scrape().sum("sfsink_events_pending") == 60, "it holds more")
    first.signal(signal.SIGSTOP)
    checker.border()
    second = workers.start(simulator.url, [route(topic)])
    traffic.feed(2)
    workers.wait_settled(topic)
    line.answers_pass.set()
    first.signal(signal.SIGCONT)
    wait_until(lambda: first.scrape().sum("sfsink_assigned_partitions") == second.scrape().sum("sfsink_assigned_partitions") == 1, first.tail)
    traffic.feed(2)
    workers.wait_settled(topic)
    checker.check(twice_allowed=False)  # no border but that of the stop
    line.close()


def test_an_older_version_is_superseded(kafka, workers, simulator, topic):
    """Promise 4: what Salesforce refuses as stale is superseded: no letter, no attempt more. An older version never replaces a newer one in a merge either."""
    def event(key, version, partition=0):
        return key, {"id": key, "name": "Ada", "seq": version, "a": version, "b": version, "c": version}, {"partition": partition}

    worker = workers.start(simulator.url, [route(topic, guarded=True)], batch={"linger_ms": 300}).wait_ready()
    kafka.produce(topic, [event(f"k-{i}", 50) for i in range(10)])
    workers.wait_settled(topic)
    kafka.produce(topic, [event(f"k-{i}", 40) for i in range(10)])
    workers.wait_settled(topic)
    assert worker.scrape().disposed("superseded") == 10
    kafka.produce(topic, [event("k-0", version) for version in (60, 55, 70, 65)])
    kafka.produce(topic, [event("k-1", 50)])  # an equal one passes
    workers.wait_settled(topic)
    stored = {r["External_Id__c"]: r["Source_Version__c"] for r in simulator.control("GET", "/records/Contact")["records"]}
    assert stored == {f"k-{i}": 70 if i == 0 else 50 for i in range(10)}
    seen = worker.scrape()
    assert seen.books() == (25, 25) and seen.disposed("dead_lettered") == 0
    assert not read_letters(kafka, workers.letters)


def test_an_event_without_a_version(kafka, workers, simulator, topic):
    """Promise 4: no version, or one that is no integer of at most 18 digits, is a failed record."""
    bad = [None, "x", 1.5, 10**18]
    kafka.produce(topic, [(f"k-{i}", {"id": f"k-{i}", "name": "Ada", **({} if v is None else {"seq": v})}) for i, v in enumerate([*bad, 10**18 - 1])])
    guarded = {**route(topic, guarded=True), "fields": [{"to": "External_Id__c", "from": "id"}, {"to": "LastName", "from": "name"}]}
    workers.start(simulator.url, [guarded])
    workers.wait_settled(topic)
    letters = {letter["record.key"]: (letter["stage"], letter["error.code"]) for letter in read_letters(kafka, workers.letters)}
    assert set(letters) == {f"k-{i}" for i in range(len(bad))} and letters["k-0"] == ("map", "VERSION_MISSING")
    [stored] = simulator.control("GET", "/records/Contact")["records"]
    assert stored["Source_Version__c"] == 10**18 - 1


def test_a_crash_never_brings_an_older_state_back(kafka, workers, simulator, topic):
    """Promises 3, 4: what is read again after a kill -9 is written over nothing newer."""
    simulator.control("PATCH", "/settings", json={"latency_ms": 200})
    traffic = Traffic(kafka, topic, guarded=True)
    worker = workers.start(simulator.url, [route(topic, guarded=True)], batch={"max_records": 10, "linger_ms": 0}).wait_ready()
    for _ in range(2):
        seen = len(writes_of(simulator))
        traffic.feed(5)
        wait_until(lambda seen=seen: len(writes_of(simulator)) > seen + 20, lambda: "it is in the middle of it: " + workers.started[-1].tail(), timeout=150)
        worker.kill()
        worker = workers.start(simulator.url, [route(topic, guarded=True)], batch={"max_records": 10, "linger_ms": 0})
    workers.wait_settled(topic)
    Checker(kafka, topic, workers.group, workers.letters, simulator).check()  # no border: the order holds over the kills
