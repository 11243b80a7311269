# SPDX-License-Identifier: Apache-2.0
"""SIGTERM, SIGSTOP and SIGHUP in every state that a worker can be in. (Promises 1, 9; fault matrix 44, 45.)"""
import contextlib
import signal

import pytest

from harness.checker import Checker
from harness.proxy import ChaosProxy
from harness.traffic import Traffic, prepare, route
from harness.waiting import wait_until
from harness.worker import Array

COMPOSITE = "/services/data/v??.0/composite/*"


class Scene:
    def __init__(self, kafka, workers, simulator):
        prepare(simulator)
        self.kafka, self.workers, self.simulator = kafka, workers, simulator
        host, port = simulator.url.removeprefix("http://").split(":")
        self.salesforce = ChaosProxy((host, int(port)))
        self.topic = kafka.create_topic(partitions=3)
        self.traffic = Traffic(kafka, self.topic, bad_percent=5)
        self.checker = Checker(kafka, self.topic, workers.group, workers.letters, simulator)
        self.worker = None

    def start(self, **more):
        through = {"instance_url": self.salesforce.url, "timeout_ms": 60000}
        return self.workers.start(self.salesforce.url, [route(self.topic)], **{"salesforce": through, "shutdown_ms": 2500, **more})

    def fault(self, **what):
        self.simulator.control("POST", "/faults", json={"path": COMPOSITE, "times": 0, **what})

    def metric(self, name):
        return self.worker.scrape().sum(name)

    # ---- states

    def starting(self):
        self.worker = self.start()
        wait_until(lambda: self.worker.log("starting"), self.worker.tail)

    def logging_in(self):
        self.salesforce.requests_pass.clear()
        self.worker = self.start()
        self.traffic.feed()
        wait_until(lambda: self.salesforce.held and self.worker.url, "it logs in")

    def idle(self):
        self.worker = self.start().wait_ready()

    def busy(self):
        self.simulator.control("PATCH", "/settings", json={"latency_ms": 100})
        self.worker = self.start(batch={"max_records": 5, "linger_ms": 0}).wait_ready()
        self.traffic.feed(10)
        wait_until(lambda: self.metric("sfsink_events_total") > 20, "it is in the middle of it")

    def lingering(self):
        self.worker = self.start(batch={"linger_ms": 10000}).wait_ready()
        self.traffic.feed()
        wait_until(lambda: self.metric("sfsink_events_pending") > 10, "events wait for company")

    def stuck(self):
        self.worker = self.start().wait_ready()
        self.salesforce.requests_pass.clear()
        self.traffic.feed()
        wait_until(lambda: self.metric("sfsink_requests_in_flight"), "requests are on their way")

    def backing_off(self):
        self.worker = self.start(retry={"backoff_ms": 8000, "backoff_max_ms": 8000}).wait_ready()
        self.fault(status=503)
        self.traffic.feed()
        wait_until(lambda: self.worker.log("batch_not_done"), "a request was refused")

    def waiting_for_the_limit(self):
        self.worker = self.start().wait_ready()
        self.fault(status=403, body=[{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "TotalRequests Limit exceeded."}])
        self.traffic.feed()
        wait_until(lambda: not self.worker.ready(), "it waits")

    def halted(self):
        self.worker = self.start().wait_ready()
        self.simulator.control("PUT", "/objects/Contact/fields/A__c", json={"hidden": True})
        self.traffic.feed()
        wait_until(lambda: any("halted" in r for r in self.worker.reasons()), lambda: f"the route is halted: {self.worker.reasons()}")

    def without_dead_letters(self):
        self.kafka.alter_topic(self.workers.letters, max_message_bytes=10)
        self.worker = self.start(kafka={"properties": Array(["consumer.session.timeout.ms=3000", "producer.message.timeout.ms=2000"])}).wait_ready()
        self.traffic.feed(3)
        wait_until(lambda: any("dead-letter" in r for r in self.worker.reasons()), lambda: f"letters wait: {self.worker.reasons()}", timeout=90)

    def holding(self):
        """A request got no answer: it is sent again, and newer changes of its records wait."""
        self.worker = self.start(salesforce={"instance_url": self.salesforce.url, "timeout_ms": 1000, "ambiguous_hold_ms": 12000}).wait_ready()
        self.salesforce.answers_pass.clear()
        self.traffic.feed()
        wait_until(lambda: self.worker.log("batch_not_done"), self.worker.tail)
        self.traffic.feed()

    def without_a_login(self):
        """The session has ended, and no new one is given."""
        self.worker = self.start().wait_ready()
        self.simulator.control("PATCH", "/settings", json={"client_credentials_user": False})
        self.simulator.control("POST", "/tokens/expire")
        self.traffic.feed()
        wait_until(lambda: not self.worker.ready(), "it waits")

    def taking_apart(self):
        """A request is refused whole again and again, and its parts are tried."""
        self.simulator.control("PATCH", "/settings", json={"latency_ms": 200})
        self.worker = self.start().wait_ready()
        self.fault(status=400, body=[{"errorCode": "JSON_PARSER_ERROR", "message": "Unexpected character"}], times=3)
        self.traffic.feed(4)
        wait_until(lambda: len(self.worker.log("batch_not_done")) >= 2, self.worker.tail)

    def without_kafka(self):
        """The broker stands still with events on their way, and nothing can be committed."""
        self.busy()
        self.kafka.process.signal(signal.SIGSTOP)

    def joining(self):
        """Another member is asked to give back what it holds, and does not yet: this one waits to be let in."""
        self.stuck()
        first, self.worker = self.worker, self.start(name="other")
        wait_until(lambda: first.log("revoked"), first.tail)

    def giving_back(self):
        """In the middle of a rebalance: a request is stuck, and another worker wants in."""
        self.stuck()
        self.start(name="other")
        wait_until(lambda: self.worker.log("revoked"), self.worker.tail)

    # ---- afterwards

    def repair(self):
        self.kafka.process.signal(signal.SIGCONT)
        self.salesforce.fine_again()
        self.simulator.control("PATCH", "/settings", json={"client_credentials_user": True})
        self.simulator.control("DELETE", "/faults")
        self.simulator.control("PATCH", "/settings", json={"latency_ms": 0})
        self.simulator.control("PUT", "/objects/Contact/fields/A__c", json={"hidden": False})
        self.kafka.alter_topic(self.workers.letters, max_message_bytes=1048588)

    def alive(self):
        return [w for w in self.workers.started if w.alive()]

    def partitions(self, *workers):
        return sum(w.scrape().sum("sfsink_assigned_partitions") for w in workers)

    def is_right(self):
        self.traffic.feed()
        self.workers.wait_settled(self.topic, timeout=90)
        self.checker.borders_of(*self.workers.started)
        return self.checker.check()

    def next_worker_is_right(self):
        """The worker is gone: what it committed is done, and another one goes on from there."""
        self.salesforce.cut()
        self.repair()
        self.checker.check_commits()
        self.checker.border()
        self.start()
        self.is_right()


STATES = ["starting", "logging_in", "without_a_login", "joining", "idle", "busy", "lingering", "stuck", "holding", "taking_apart", "backing_off", "waiting_for_the_limit", "halted",
          "without_dead_letters", "without_kafka", "giving_back"]


@pytest.fixture
def scene(kafka, workers, simulator):
    it = Scene(kafka, workers, simulator)
    yield it
    kafka.process.signal(signal.SIGCONT)
    it.salesforce.close()


@pytest.mark.parametrize("state", STATES)
def test_sigterm(scene, state):
    """Promise 9: told to stop, a worker finishes or gives back what it holds, commits no more than is done, and exits 0. Matrix 44."""
    getattr(scene, state)()
    assert scene.worker.stop(timeout=20) == 0
    goodbye = scene.worker.log("stopped")
    if goodbye:
        [goodbye] = goodbye
        assert goodbye["consumed"] == sum(goodbye[k] for k in ("applied", "superseded", "skipped", "dead_lettered", "returned"))
    scene.salesforce.cut()
    scene.repair()
    scene.checker.check_commits()
    scene.checker.border()
    scene.start()
    scene.is_right()


@pytest.mark.parametrize("state", STATES)
def test_kill_9(scene, state):
    """Promises 1, 3, 5: killed in whatever state, a worker leaves nothing behind that its successor does not find. Matrix 1."""
    getattr(scene, state)()
    scene.worker.kill()
    scene.salesforce.cut()
    scene.checker.border()
    scene.repair()
    scene.checker.check_commits()
    scene.start()
    scene.is_right()


@pytest.mark.parametrize("state", STATES)
def test_sigstop(scene, state):
    """Promises 1, 2, 3: stopped until its partitions are another's, in whatever state, a worker harms nothing when it goes on. Matrix 12, 44."""
    getattr(scene, state)()
    scene.worker.signal(signal.SIGSTOP)
    scene.salesforce.cut()  # what it had on the way ends here; test_promise_guard.py has those that arrive
    scene.checker.border()
    scene.repair()
    scene.start(name="next", salesforce={"instance_url": scene.simulator.url})
    others = [w for w in scene.alive() if w is not scene.worker]
    wait_until(lambda: scene.partitions(*others) == 3, lambda: f"others have them all\n{others[-1].tail()}", timeout=60)
    scene.traffic.feed()
    scene.workers.wait_settled(scene.topic)
    scene.worker.signal(signal.SIGCONT)
    wait_until(lambda: scene.partitions(scene.worker) > 0 and scene.partitions(*scene.alive()) == 3, lambda: f"it is back\n{scene.worker.tail()}", timeout=60)
    scene.is_right()
    for worker in scene.alive():
        consumed, ended = worker.scrape().books()
        assert consumed == ended
        assert worker.stop() == 0


@pytest.mark.parametrize("state", ["starting", "busy", "stuck", "backing_off", "halted"])
def test_sighup(scene, state):
    """Promises 1, 2, section 2: a broken configuration is refused and changes nothing, a good one is taken, in whatever state; no event is lost or written twice. Matrix 45."""
    getattr(scene, state)()
    worker = scene.worker
    good = worker.file.read_text()
    changed = good.replace('log_level = "info"', 'log_level = "debug"')
    for n, (text, event) in enumerate([(good.replace("linger_ms", "linger_sm"), "reload_refused"), ("{", "reload_refused"), (changed, "reloaded"),
                                       (changed.replace("ambiguous_hold_ms = 500", "ambiguous_hold_ms = 600"), "reloaded")]):
        worker.file.write_text(text)
        seen = len(worker.log(event))
        worker.signal(signal.SIGHUP)
        wait_until(lambda seen=seen, event=event: len(worker.log(event)) > seen, lambda n=n: f"{n}: it says what it did\n{worker.tail()}")
    worker.file.unlink()
    worker.signal(signal.SIGHUP)
    wait_until(lambda: len(worker.log("reload_refused")) == 3, worker.tail)
    scene.repair()
    scene.is_right()
    assert worker.scrape().disposed("returned") == 0 or state == "halted"


def test_a_second_sigterm(scene):
    """Promise 9: two signals are no harm. Matrix 44."""
    scene.stuck()
    scene.worker.signal(signal.SIGTERM)
    wait_until(lambda: scene.worker.log("stopping"), scene.worker.tail)
    with contextlib.suppress(ProcessLookupError):
        scene.worker.signal(signal.SIGTERM)
    assert scene.worker.wait(20) in (0, 1), "at once, or by itself just before"
    scene.next_worker_is_right()
