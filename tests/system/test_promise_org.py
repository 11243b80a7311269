# SPDX-License-Identifier: Apache-2.0
"""The org is in trouble, or says that we are: sessions that end, logins that fail, storms, limits, locks. (Promises 1, 2, 3, 7; fault matrix 19, 26 to 28, 31 to 33.)"""
import pytest

from harness.checker import Checker, writes_of
from harness.dead_letters import read_letters
from harness.proxy import ChaosProxy
from harness.scene import LOCKED, Scene
from harness.waiting import wait_until
from harness.watch import BooksWatch

EXPIRED = [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]
USED_UP = [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "TotalRequests Limit exceeded."}]
TAKEN = [{"statusCode": "DUPLICATE_VALUE", "message": "duplicate value found: External_Id__c duplicates value on record with id: 003000000000001",
          "fields": ["External_Id__c"]}]
EIGHT = {"requests_in_flight": 8, "timeout_ms": 20000}


@pytest.fixture
def scene(kafka, workers, simulator):
    it = Scene(kafka, workers, simulator, bad_percent=2)
    yield it
    it.proxy.close()


def in_flight(worker):
    return worker.scrape().sum("sfsink_requests_in_flight")


def refreshes(worker):
    return worker.scrape().sum("sfsink_token_refreshes_total")


# ---- sessions

def eight_at_the_door(scene):
    """A worker with eight calls on their way at once, none of which has arrived."""
    worker = scene.start(salesforce=EIGHT, batch={"max_records": 5, "linger_ms": 0}).wait_ready()
    scene.traffic.feed(3)
    scene.workers.wait_settled(scene.topic)
    scene.proxy.requests_pass.clear()
    scene.traffic.feed(2)
    wait_until(lambda: in_flight(worker) == 8, lambda: f"eight are on their way: {in_flight(worker)}\n{worker.tail()}")
    assert refreshes(worker) == 1, "one login so far"
    return worker


@pytest.mark.parametrize("at_once, late", [(1, 0), (8, 0), (4, 4), (1, 7)], ids=["one of eight", "all eight", "four at once and four late", "one at once and seven late"])
def test_a_401_among_eight(scene, at_once, late):
    """Promises 2, 7: an ended session costs one login, whether one call or all hear of it, also those that hear of it when the new one is there long since;
    each call is sent again once. Matrix 26, 27."""
    worker = eight_at_the_door(scene)
    before = len(scene.calls())
    scene.fault(status=401, body=EXPIRED, times=at_once, stall_ms=500)  # all eight have arrived by then: no second attempt meets a fault
    if late:
        scene.fault(status=401, body=EXPIRED, times=late, stall_ms=2000)
    scene.proxy.requests_pass.set()
    figures = scene.is_right(twice_allowed=False)
    assert refreshes(worker) == 2 and figures["again"] == 0
    calls = scene.calls()[before:]
    assert sum(c["status"] == 401 for c in calls) == at_once + late
    assert worker.wait_ready().stop() == 0


def test_sessions_that_end_again_and_again(scene):
    """Promises 1, 2, 7: the session ends in the middle of whatever is on its way; one login each time. Matrix 26, 27."""
    scene.simulator.control("PATCH", "/settings", json={"latency_ms": 500})
    worker = scene.start(salesforce=EIGHT, batch={"max_records": 5, "linger_ms": 0}).wait_ready()
    with BooksWatch([worker]) as books:
        for n in range(2, 8):
            scene.traffic.feed(4)
            wait_until(lambda: in_flight(worker) > 0, "calls are on their way")
            scene.simulator.control("POST", "/tokens/expire")
            wait_until(lambda n=n: refreshes(worker) >= n, lambda: f"it logs in again\n{worker.tail()}")
            scene.workers.wait_settled(scene.topic)
            assert refreshes(worker) == n, "once"
        figures = scene.is_right(twice_allowed=False)
    assert books.scrapes and figures["again"] == 0


@pytest.mark.parametrize("trouble", ["away", "silent", "refuses"])
def test_a_login_that_fails(scene, trouble):
    """Promises 1, 7: the session has ended and there is no new one: it waits, says so and stays alive; nobody is blamed. Matrix 28."""
    host, port = scene.simulator.url.removeprefix("http://").split(":")
    door = ChaosProxy((host, int(port)))
    worker = scene.start(salesforce={"auth": {"login_url": door.url}, "timeout_ms": 3000}).wait_ready()
    scene.traffic.feed()
    scene.workers.wait_settled(scene.topic)
    letters, committed = len(read_letters(scene.kafka, scene.workers.letters)), scene.kafka.committed(scene.workers.group, scene.topic)
    door.refuse = trouble == "away"
    if trouble == "silent":
        door.answers_pass.clear()
    scene.simulator.control("PATCH", "/settings", json={"client_credentials_user": trouble != "refuses"})
    door.cut()
    scene.simulator.control("POST", "/tokens/expire")
    scene.traffic.feed(2)
    wait_until(lambda: not worker.ready(), "it is not ready")
    wait_until(lambda: any("log" in r for r in worker.reasons()), lambda: f"it says why: {worker.reasons()}")
    assert worker.get("/healthz").status_code == 200
    assert len(read_letters(scene.kafka, scene.workers.letters)) - letters <= sum(e.bad for e in scene.checker.events()), "only what no record can be made of"
    assert all(now >= committed[p] for p, now in scene.kafka.committed(scene.workers.group, scene.topic).items())
    scene.checker.check_commits()
    scene.simulator.control("PATCH", "/settings", json={"client_credentials_user": True})
    door.fine_again()
    door.cut()
    figures = scene.is_right(twice_allowed=False)
    assert figures["again"] == 0
    worker.wait_ready()
    door.close()


# ---- storms

def test_a_storm_of_503(scene):
    """Promises 1, 7: an outage is waited for: not ready, alive, nothing dead-lettered but what is due, nothing committed past it; then all goes on by itself. Matrix 19."""
    scene.traffic.bad_percent = 0
    worker = scene.start(retry={"max_attempts": 2, "backoff_ms": 20, "backoff_max_ms": 100}, buffer={"max_events": 200}).wait_ready()
    scene.traffic.feed()
    scene.workers.wait_settled(scene.topic)
    committed = scene.kafka.committed(scene.workers.group, scene.topic)
    with BooksWatch([worker]):
        scene.fault(status=503, times=0)
        before = len(scene.calls())
        scene.traffic.feed(20)
        wait_until(lambda: len(scene.calls()) >= before + 30, lambda: f"it asks again and again\n{worker.tail()}")
        assert not worker.ready() and worker.get("/healthz").status_code == 200
        assert scene.kafka.committed(scene.workers.group, scene.topic) == committed and not read_letters(scene.kafka, scene.workers.letters)
        assert worker.scrape().sum("sfsink_events_pending") <= 200
        scene.fine_again()
        figures = scene.is_right(twice_allowed=False)
    assert figures["letters"] == figures["again"] == 0
    worker.wait_ready()


def test_a_storm_of_locks(scene):
    """Promises 2, 7: who is locked is tried again, alone, in order, while the others get through; the worker asks for less meanwhile. Matrix 31."""
    worker = scene.start(batch={"max_records": 20, "linger_ms": 10}, salesforce={"requests_in_flight": 4}).wait_ready()
    scene.traffic.feed()
    scene.workers.wait_settled(scene.topic)
    for number in range(0, scene.traffic.keys, 3):
        scene.record_fault(key=f"k-{number}", errors=LOCKED, times=4)
    least = [worker.scrape().sum("sfsink_requests_allowed")]
    assert least[0] >= 2
    scene.traffic.feed(6)

    def fallen():
        least.append(worker.scrape().sum("sfsink_requests_allowed"))
        return least[-1] < least[0]

    wait_until(fallen, lambda: f"fewer calls at once: {least}", every=0.01)
    figures = scene.is_right(twice_allowed=False)
    assert figures["again"] == 0, "only what was locked goes again"
    refused = [w for w in writes_of(scene.simulator) if not w.success and w.key in {f"k-{n}" for n in range(0, scene.traffic.keys, 3)}]
    assert len(refused) >= 4 * 20
    worker.wait_ready()


def test_the_days_calls_are_used_up(scene):
    """Promises 1, 7: a used-up limit is waited for, without hammering, without dead letters; it goes on by itself. Matrix 33."""
    scene.traffic.bad_percent = 0
    worker = scene.start().wait_ready()
    scene.traffic.feed()
    scene.workers.wait_settled(scene.topic)
    scene.fault(status=403, body=USED_UP, times=0)
    scene.traffic.feed(2)
    wait_until(lambda: any("REQUEST_LIMIT_EXCEEDED" in r for r in worker.reasons()), lambda: f"it says so: {worker.reasons()}")
    asked = len(scene.calls())
    scene.traffic.feed()
    assert scene.kafka.lag(scene.workers.group, scene.topic) == 180 and not read_letters(scene.kafka, scene.workers.letters)
    assert len(scene.calls()) <= asked + 4, "a used-up org is not hammered"
    scene.fine_again()
    figures = scene.is_right(twice_allowed=False)
    assert figures["again"] == 0
    worker.wait_ready()


# ---- two workers, one record

def test_two_workers_create_one_record(kafka, workers, simulator):
    """Promises 1, 7: who comes second to create a record is told DUPLICATE_VALUE; it is tried again, and updates. Matrix 32."""
    scene = Scene(kafka, workers, simulator)
    scene.topic = scene.traffic.topic = kafka.create_topic(partitions=2)
    scene.checker = Checker(kafka, scene.topic, workers.group, workers.letters, simulator)
    two = [scene.start() for _ in range(2)]
    wait_until(lambda: [w.scrape().sum("sfsink_assigned_partitions") for w in two] == [1, 1], "one partition each")
    scene.record_fault(errors=TAKEN, skip=40, times=40)
    scene.proxy.requests_pass.clear()
    rows = [(f"k-{n}", {"id": f"k-{n}", "name": "Ada", "seq": n, "a": n}) for n in range(1, 41)]
    kafka.produce(scene.topic, [(key, row, {"partition": p}) for key, row in rows for p in range(2)])
    wait_until(lambda: all(in_flight(w) for w in two), "both are about to write the same records")
    scene.proxy.requests_pass.set()
    workers.wait_settled(scene.topic)
    figures = scene.checker.check(twice_allowed=False)
    assert figures["writes"] == 80 and not figures["letters"]
    assert sum(not w.success for w in writes_of(simulator)) == 40, "each was refused once"
    wait_until(lambda: all(w.scrape().disposed("applied") == 40 for w in two), "each has counted its own")
    scene.proxy.close()
