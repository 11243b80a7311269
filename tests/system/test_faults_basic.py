# SPDX-License-Identifier: Apache-2.0
"""What goes wrong around a worker, and that nothing is lost by it. Exit codes."""
import socket

import pytest

from harness.dead_letters import read_letters
from harness.events import created, updated
from harness.processes import sfsink
from harness.waiting import holds_for, wait_until
from harness.worker import Array, config_text
from strict_salesforce import error

FIELDS = [{"to": "External_Id__c", "from": "id"}, {"to": "LastName", "from": "name"}, {"to": "Seq__c", "from": "seq"}]
EVENTS = 40


def route(topic):
    return {"topic": topic, "format": "debezium", "object": "Contact", "mode": "upsert", "external_id": "External_Id__c", "fields": FIELDS}


def row(key, seq=1):
    return {"id": key, "name": "Ada", "seq": seq}


class Case:
    """One topic, one worker that is ready, and EVENTS events that are to arrive in spite of all."""

    def __init__(self, broker, workers, org, **more):
        self.kafka, self.workers, self.org = broker, workers, org
        self.topic = broker.create_topic()
        self.worker = workers.start(org.url, [route(self.topic)], **more).wait_ready()

    def feed(self, n=EVENTS, seq=1):
        self.kafka.produce(self.topic, [created(row(f"f-{i}", seq)) for i in range(n)])

    def all_arrive(self, n=EVENTS, seq=1, timeout=60):
        self.workers.wait_settled(self.topic, timeout=timeout)
        assert {k: v["Seq__c"] for k, v in self.org.by_key("Contact").items()} == {f"f-{i}": seq for i in range(n)}
        assert not read_letters(self.kafka, self.workers.letters)


@pytest.fixture
def case(kafka, workers, salesforce):
    return Case(kafka, workers, salesforce)


def problem(code, message):
    return [{"message": message, "errorCode": code}]


# ---- Salesforce says no

@pytest.mark.smoke
def test_401_is_one_refresh(case):
    case.feed()
    case.all_arrive()
    case.org.expire_sessions()
    case.feed(seq=2)
    case.all_arrive(seq=2)
    assert case.org.token_calls == 2, "one login at the start, one for the session that ended"


def test_many_401s_at_once_are_one_refresh(kafka, workers, salesforce):
    case = Case(kafka, workers, salesforce, batch={"max_records": 10, "linger_ms": 50})
    salesforce.fail(4, status=401, body=problem("INVALID_SESSION_ID", "Session expired or invalid"), delay=0.3)
    case.feed()
    case.all_arrive()
    assert salesforce.token_calls <= 3


@pytest.mark.parametrize("status, body", [
    (503, None),  # HTML
    (503, problem("SERVER_UNAVAILABLE", "try later")),
    (503, {"errorCode": "SERVER_UNAVAILABLE", "message": "an object instead of an array"}),
    (500, problem("UNKNOWN_EXCEPTION", "An unexpected error occurred. ErrorId: 1")),
    (502, None),
    (403, problem("REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded.")),
    (420, ""),
    (200, "[{\"success\":"),
    (200, []),
], ids=str)
def test_a_refused_request_counts_for_nobody(case, status, body):
    case.org.fail(3, status=status, body=body)
    case.feed()
    case.all_arrive()


@pytest.mark.parametrize("applied", [False, True], ids=["not done", "done"])
def test_a_dropped_answer(case, applied):
    case.org.fail(2, drop=True, applied=applied)
    case.feed()
    case.feed(seq=2)
    case.all_arrive(seq=2)


def test_the_daily_limit_is_waited_for(case):
    case.org.fail(10**6, status=403, body=problem("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."))
    case.feed()
    wait_until(lambda: not case.worker.ready(), "it is not ready")
    assert "REQUEST_LIMIT_EXCEEDED" in " ".join(case.worker.reasons())
    calls = len(case.org.calls())
    holds_for(2, lambda: len(case.org.calls()) <= calls + 4, "a used-up org is not hammered")
    assert not read_letters(case.kafka, case.workers.letters)
    assert case.kafka.lag(case.workers.group, case.topic) == EVENTS
    assert case.worker.stop() == 0


def test_locks_are_retried(case):
    seen = {}

    def refuse(_operation, _obj, record):
        seen[record["External_Id__c"]] = seen.get(record["External_Id__c"], 0) + 1
        locked = int(record["External_Id__c"][2:]) % 2 and seen[record["External_Id__c"]] <= 2
        return [error("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record")] if locked else None

    case.org.refuse = refuse
    case.feed()
    case.all_arrive()
    assert seen["f-0"] == 1 and seen["f-1"] == 3, "only what was locked goes again"


def test_attempts_end(kafka, workers, salesforce):
    case = Case(kafka, workers, salesforce, retry={"max_attempts": 3, "backoff_ms": 20, "backoff_max_ms": 50})
    salesforce.refuse = lambda _operation, _obj, record: (
        [error("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record")] if record["External_Id__c"] == "f-7" else None)
    case.feed()
    workers.wait_settled(case.topic)
    [letter] = read_letters(kafka, workers.letters)
    assert (letter["record.key"], letter["error.code"], letter["attempts"]) == ("f-7", "UNABLE_TO_LOCK_ROW", "3")
    assert len(salesforce.by_key("Contact")) == EVENTS - 1


def test_no_login_is_waited_for(kafka, workers, salesforce):
    salesforce.login_error = 400, {"error": "invalid_client", "error_description": "invalid client credentials"}
    topic = kafka.create_topic()
    kafka.produce(topic, [created(row(f"f-{i}")) for i in range(EVENTS)])
    worker = workers.start(salesforce.url, [route(topic)])
    wait_until(lambda: "not logged in" in " ".join(worker.reasons()), lambda: f"it says so: {worker.reasons()}")
    assert "invalid_client" in worker.text() and not salesforce.calls()
    assert not read_letters(kafka, workers.letters) and kafka.lag(workers.group, topic) == EVENTS
    assert worker.stop() == 0


# ---- the dead-letter topic

def refuse_all(_operation, _obj, _record):
    return [error("INVALID_EMAIL_ADDRESS", "Email: invalid email address", "Email")]


IMPATIENT = {"kafka": {"properties": Array(["consumer.session.timeout.ms=3000", "consumer.heartbeat.interval.ms=500",
                                            "producer.message.timeout.ms=2000"])}}


def work_waits(case, n=EVENTS):
    wait_until(lambda: "dead-letter topic" in " ".join(case.worker.reasons()), lambda: f"it says so: {case.worker.reasons()}\n{case.worker.tail()}",
               timeout=45)
    assert case.kafka.lag(case.workers.group, case.topic) == n, "nothing is committed that has no letter"


def letters_arrive(case, n=EVENTS):
    case.workers.wait_settled(case.topic, timeout=90)
    keys = {letter["record.key"] for letter in read_letters(case.kafka, case.workers.letters)}
    assert keys == {f"f-{i}" for i in range(n)}
    case.worker.wait_ready()


def test_a_dead_letter_topic_that_refuses(kafka, workers, salesforce):
    salesforce.refuse = refuse_all
    kafka.alter_topic(workers.letters, max_message_bytes=10)  # not even a stub fits
    case = Case(kafka, workers, salesforce, **IMPATIENT)
    case.feed()
    work_waits(case)
    kafka.alter_topic(workers.letters, max_message_bytes=1048588)
    letters_arrive(case)


def test_a_dead_letter_topic_that_is_deleted(kafka, workers, salesforce):
    salesforce.refuse = refuse_all
    case = Case(kafka, workers, salesforce, **IMPATIENT)
    kafka.delete_topic(workers.letters)
    case.feed()
    work_waits(case)
    kafka.create_topic(workers.letters)
    letters_arrive(case)


def test_the_broker_goes_away_and_comes_back(kafka, workers, salesforce):
    # the session outlives the broker's stop, however slow that is: what is in flight may finish
    patient = {"kafka": {"properties": Array(["consumer.session.timeout.ms=60000", "consumer.heartbeat.interval.ms=500",
                                              "producer.message.timeout.ms=2000"])}}
    salesforce.refuse = lambda operation, obj, record: refuse_all(operation, obj, record) if record["External_Id__c"] == "f-1" else None
    case = Case(kafka, workers, salesforce, **patient)
    salesforce.gate.clear()
    case.feed()
    wait_until(lambda: salesforce.requests_now, "requests are on their way")
    kafka.stop()
    try:
        salesforce.gate.set()
        wait_until(lambda: len(salesforce.by_key("Contact")) == EVENTS - 1, "they are carried out without the broker")
    finally:
        kafka.start()
    case.workers.wait_settled(case.topic, timeout=90)
    assert {letter["record.key"] for letter in read_letters(kafka, workers.letters)} == {"f-1"}
    case.kafka.produce(case.topic, [updated(row("f-2", 5))])
    case.workers.wait_settled(case.topic)
    assert salesforce.by_key("Contact")["f-2"]["Seq__c"] == 5


# ---- exit codes

def test_a_missing_dead_letter_topic_is_78(kafka, workers, salesforce):
    topic = kafka.create_topic()
    worker = workers.start(salesforce.url, [route(topic)], dead_letter={"topic": "no-such-topic"})
    assert worker.wait(30) == 78
    assert "no-such-topic" in worker.text() and "--create" in worker.text(), "it says how to make it"


def test_a_port_that_is_taken_is_69(kafka, workers, salesforce):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        worker = workers.start(salesforce.url, [route(kafka.create_topic())], http={"listen": f"127.0.0.1:{taken.getsockname()[1]}"})
        assert worker.wait(30) == 69


def test_no_stored_login_is_77(kafka, workers, salesforce, tmp_path):
    auth = {"flow": "refresh_token", "login_url": salesforce.url, "client_id": "a", "token_file": str(tmp_path / "none.token")}
    worker = workers.start(salesforce.url, [route(kafka.create_topic())], salesforce={"auth": auth})
    assert worker.wait(30) == 77
    assert "sfsink login" in worker.text()


@pytest.mark.parametrize("change, words", [
    ({"batch": {"max_recrods": 5}}, "max_records"),
    ({"batch": {"max_records": 5000}}, "batch.max_records"),
    ({"kafka": {"brokers": 5}}, "kafka.brokers"),
    ({"routes": []}, "routes"),
])
def test_a_wrong_configuration_is_78(workers, salesforce, tmp_path, change, words):
    settings = workers.settings(salesforce.url, [route("t")]) | change
    file = tmp_path / "wrong.cfg"
    file.write_text(config_text(settings))
    file.chmod(0o600)
    for command in (["run"], ["check", "--offline"], ["map"]):
        done = sfsink("-c", file, *command)
        assert done.returncode == 78, done.stderr
        assert words in done.stderr and "wrong.cfg" in done.stderr


def test_usage_is_64(tmp_path):
    for arguments in (["no-such-command"], ["run", "--no-such-option"], ["demo", "--events", "many"], ["version", "x"], []):
        done = sfsink(*arguments, cwd=tmp_path)
        assert done.returncode == 64, (arguments, done.stderr)
    assert sfsink("-c", tmp_path / "none.cfg", "run").returncode == 78
    assert sfsink("help").returncode == sfsink("version").returncode == sfsink("--version").returncode == 0


def test_sigterm_is_0(case):
    case.feed()
    case.all_arrive()
    assert case.worker.stop() == 0
    assert len(case.worker.log("stopped")) == 1
