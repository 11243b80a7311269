# SPDX-License-Identifier: Apache-2.0
"""What comes back from Salesforce, or does not: half, slow, late, too short, refused for a while. (Fault matrix 19 to 25, 31, 33, 42.)"""
import itertools
import random

import pytest

from harness.checker import writes_of
from harness.scene import LOCKED, Scene
from harness.waiting import wait_until
from harness.watch import BooksWatch


@pytest.fixture
def scene(kafka, workers, simulator):
    it = Scene(kafka, workers, simulator, bad_percent=2)
    yield it
    it.proxy.close()


REFUSED = [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "ConcurrentRequests (Concurrent API Requests) Limit exceeded."}]


def test_a_storm_of_answers(scene):
    """Promises 1, 2, 3, 6, 7: whatever comes back instead of an answer, each event ends once and right, and only what is due is a dead letter.
    Matrix 19, 21, 23, 24, 25, 26, 31, 33."""
    chance = random.Random(3)
    workers = [scene.start(batch={"max_records": 20, "linger_ms": 20}).wait_ready() for _ in range(2)]
    storms = itertools.cycle([
        lambda: scene.fault(status=503, times=3), lambda: scene.fault(drop=True, applied=True, times=2), lambda: scene.fault(cut=True, times=2),
        lambda: scene.fault(results=-1, times=2), lambda: scene.fault(results=1, times=2), lambda: scene.fault(status=200, body="<html>Maintenance</html>", times=2),
        lambda: scene.fault(status=403, body=REFUSED, times=2), lambda: scene.fault(stall_ms=2500, times=1), lambda: scene.fault(status=500, body=[], times=1),
        lambda: scene.fault(status=200, body=[], applied=True, times=2), lambda: scene.record_fault(errors=LOCKED, times=20),
        lambda: scene.simulator.control("POST", "/tokens/expire"), scene.proxy.cut])
    with BooksWatch(workers) as books:
        for strike, _ in zip(storms, range(26)):
            strike()
            scene.traffic.feed(chance.randrange(1, 4))
        scene.fine_again()
        figures = scene.is_right(twice_allowed=False)
        assert books.scrapes and figures["letters"]
    assert all(w.wait_ready().stop() == 0 for w in workers)


NO_ANSWERS = {  # what stands where twenty results should
    "one too few": {"results": -1}, "all missing": {"results": -1000}, "one too many": {"results": 1}, "an empty array": {"body": []}, "an object": {"body": {}},
    "an object of results": {"body": {"results": []}}, "null": {"body": "null", "content_type": "application/json"}, "a text": {"body": '"ok"', "content_type": "application/json"},
    "a number": {"body": "20", "content_type": "application/json"}, "nothing": {"body": "", "content_type": "application/json"}, "half of it": {"cut": True},
    "broken JSON": {"body": '[{"success":true', "content_type": "application/json"}, "HTML": {"body": "<html>Maintenance</html>"},
    "no errors": {"body": [{"success": False}] * 20}, "errors that say nothing": {"body": [{"success": False, "errors": [{}]}] * 20},
    "errors that are none": {"body": [{"success": False, "errors": "no"}] * 20}, "empty results": {"body": [{}] * 20}, "no results": {"body": [None] * 20},
    "success as a text": {"body": [{"success": "true", "errors": []}] * 20}, "all of it and more": {"body": [{"success": True, "errors": []}] * 21},
}


@pytest.mark.parametrize("applied", [False, True], ids=["not done", "done"])
@pytest.mark.parametrize("answer", NO_ANSWERS)
def test_an_answer_that_is_none(scene, answer, applied):
    """Promises 1, 5, 7: what cannot be the results of this request settles nothing and blames nobody: it is sent again, whether it was carried out or not. Matrix 24, 25."""
    scene.traffic.keys, scene.traffic.bad_percent = 20, 0
    scene.start(batch={"max_records": 20, "linger_ms": 200}).wait_ready()
    scene.traffic.feed()
    scene.workers.wait_settled(scene.topic)
    scene.fault(**{"status": 200, **NO_ANSWERS[answer]}, applied=applied, times=2)
    before = len(scene.calls())
    scene.traffic.feed()
    figures = scene.is_right(twice_allowed=False)
    calls = scene.calls()[before:]
    assert len(calls) >= 3 and sum("fault" in c for c in calls) == 2, "asked again, twice"
    assert figures["letters"] == 0 and bool(figures["again"]) == applied


@pytest.mark.parametrize("lost", ["dropped", "cut", "short", "too late"])
def test_an_insert_whose_answer_is_lost(kafka, workers, simulator, lost):
    """Promise 5: an insert that got no answer is sent again; DUPLICATE_VALUE on its external id then says that it was carried out: applied, once. Matrix 21."""
    scene = Scene(kafka, workers, simulator, bad_percent=10)
    insert = {**scene.route(), "mode": "insert"}
    worker = workers.start(scene.proxy.url, [insert], salesforce={"instance_url": scene.proxy.url, "timeout_ms": 1000}, batch={"max_records": 10, "linger_ms": 20}).wait_ready()
    scene.fault(**{"dropped": {"drop": True, "applied": True}, "cut": {"cut": True}, "short": {"results": -1}, "too late": {"stall_ms": 2500}}[lost], times=3)
    scene.traffic.feed()
    figures = scene.is_right(twice_allowed=False)
    refused = [w for w in writes_of(simulator) if not w.success]
    assert figures["again"] == 0 and figures["writes"] == 60 - figures["letters"], "no record is made twice"
    assert len(refused) > figures["letters"], "some were refused as duplicates of themselves"
    wait_until(lambda: worker.scrape().disposed("applied") == figures["writes"], "all of them are applied")
    scene.proxy.close()


@pytest.mark.parametrize("where", ["request", "answer"])
@pytest.mark.parametrize("after", [0, 150, 700])
def test_a_connection_cut_after_some_bytes(scene, where, after):
    """Promises 1, 2, 5: half a request, half an answer: sent again, in order. Matrix 23, 24."""
    worker = scene.start().wait_ready()
    scene.traffic.feed()
    scene.workers.wait_settled(scene.topic)
    setattr(scene.proxy, f"cut_{where}_after", after)
    scene.proxy.cut()
    before = scene.proxy.connections
    scene.traffic.feed(3)
    wait_until(lambda: scene.proxy.connections >= before + 3, lambda: f"it tries again\n{worker.tail()}")
    scene.traffic.feed(3)
    scene.fine_again()
    scene.is_right(twice_allowed=False)


def test_a_trickle(scene):
    """Promise 7: an answer of one byte now and then is given up after timeout_ms, and the worker goes on. Matrix 42."""
    worker = scene.start().wait_ready()
    scene.proxy.rate = 20
    scene.traffic.feed(2)
    wait_until(lambda: worker.scrape().sum("sfsink_api_calls_total") and len(scene.calls()) >= 2, lambda: f"it is tried again\n{worker.tail()}")
    assert worker.get("/healthz").status_code == 200
    scene.fine_again()
    scene.is_right(twice_allowed=False)


def test_an_attempt_that_takes_effect_late(scene):
    """Promise 3: newer changes wait ambiguous_hold_ms for a request that got no answer. Matrix 22."""
    worker = scene.start(salesforce={"timeout_ms": 1000, "ambiguous_hold_ms": 4000}).wait_ready()
    scene.traffic.feed()
    scene.workers.wait_settled(scene.topic)
    scene.fault(stall_ms=2500, late=True, times=1)
    scene.traffic.feed()
    wait_until(lambda: worker.scrape().sum("sfsink_requests_in_flight"), "it is on its way")
    scene.traffic.feed(2)
    scene.is_right()
    assert sum(e.get("fault") is not None for e in scene.calls()) == 1, "the late attempt was carried out"


def test_a_late_attempt_and_the_version_guard(kafka, workers, simulator):
    """Promise 4: with the guard nothing waits; the late attempt is refused by Salesforce itself. Matrix 22."""
    scene = Scene(kafka, workers, simulator, guarded=True)
    worker = scene.start(salesforce={"timeout_ms": 1000, "ambiguous_hold_ms": 0}).wait_ready()
    scene.traffic.feed()
    workers.wait_settled(scene.topic)
    scene.fault(stall_ms=4000, late=True, times=1)
    scene.traffic.feed()
    wait_until(lambda: worker.scrape().sum("sfsink_requests_in_flight"), "it is on its way")
    scene.traffic.feed(2)
    workers.wait_settled(scene.topic)
    late = wait_until(lambda: [e for e in scene.calls() if e.get("fault")], "the late attempt is carried out")
    stale = [w for w in writes_of(simulator) if w.n == late[0]["n"]]
    assert stale and all(w.stale and not w.success for w in stale), stale[:3]
    scene.checker.check(twice_allowed=False)
    scene.proxy.close()


@pytest.mark.parametrize("header, waits_ms", [("2", 2000), ("nonsense", 0), ("-5", 0)])
def test_retry_after(scene, header, waits_ms):
    """Promise 7: Salesforce says when it may be asked again. Matrix 20."""
    scene.start().wait_ready()
    scene.fault(status=503, times=1, headers={"Retry-After": header})
    scene.traffic.feed()
    scene.is_right(twice_allowed=False)
    refused, following = scene.calls()[:2]
    assert refused["status"] == 503 and following["at_ms"] - refused["at_ms"] >= waits_ms
