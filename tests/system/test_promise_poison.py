# SPDX-License-Identifier: Apache-2.0
"""One record that spoils its request, a configuration that spoils all, parents that lock each other. (Promises 6, 7; fault matrix 29 to 31.)"""
import itertools
import math
import time

import pytest

from harness.checker import Checker
from harness.dead_letters import read_letters
from harness.events import created
from harness.traffic import Traffic, prepare
from harness.traffic import route as traffic_route
from harness.waiting import holds_for, wait_until
from strict_salesforce import error

FIELDS = [{"to": "External_Id__c", "from": "id"}, {"to": "LastName", "from": "name"}, {"to": "Seq__c", "from": "seq"}]
RECORDS = 200


def route(topic, **more):
    return {"topic": topic, "format": "debezium", "object": "Contact", "external_id": "External_Id__c", "fields": FIELDS, **more}


def row(key, seq=1, **more):
    return {"id": key, "name": "Ada", "seq": seq, **more}


def holds(*poisons):
    return lambda call: any(r[2] in poisons for r in call.records)


def problem(code, message):
    return [{"message": message, "errorCode": code}]


@pytest.mark.parametrize("poisons", [["p-77"], ["p-0", "p-199"]], ids=len)
def test_a_request_refused_whole(kafka, workers, salesforce, poisons):
    """Promise 6: a 400 because of one record costs the others a resend, and few calls. Matrix 29."""
    topic = kafka.create_topic()
    salesforce.fail(10**6, status=400, body=problem("JSON_PARSER_ERROR", "Unexpected character"), only=holds(*poisons))
    kafka.produce(topic, [created(row(f"p-{i}")) for i in range(RECORDS)])
    worker = workers.start(salesforce.url, [route(topic)], batch={"linger_ms": 1000})
    workers.wait_settled(topic)
    assert {letter["record.key"] for letter in read_letters(kafka, workers.letters)} == set(poisons)
    assert set(salesforce.by_key("Contact")) == {f"p-{i}" for i in range(RECORDS)} - set(poisons)
    calls = len(salesforce.calls("collections"))
    print(f"{len(poisons)} poisons in {RECORDS} records: {calls} calls")
    assert calls <= 2 * len(poisons) * math.ceil(math.log2(RECORDS)) + 2
    assert worker.wait_ready().scrape().disposed("applied") == RECORDS - len(poisons)


def test_a_request_that_fails_again_and_again(kafka, workers, salesforce):
    """Promise 7: where one request keeps failing while others succeed it is split, and who fails alone max_attempts times is a dead letter."""
    topic = kafka.create_topic()
    salesforce.fail(10**6, status=500, body=problem("UNKNOWN_EXCEPTION", "An unexpected error occurred. ErrorId: 5"), only=holds("p-9"))
    workers.start(salesforce.url, [route(topic)], batch={"max_records": 10, "linger_ms": 50}, retry={"max_attempts": 3, "backoff_ms": 20, "backoff_max_ms": 50})
    kafka.produce(topic, [created(row(f"p-{i}")) for i in range(60)])
    wait_until(lambda: len(salesforce.by_key("Contact")) >= 50, "the others get through")
    more = itertools.count(60)

    def is_given_up():  # others have to succeed in between, else it could be an outage
        kafka.produce(topic, [created(row(f"p-{next(more)}"))])
        return read_letters(kafka, workers.letters)

    wait_until(is_given_up, "the one is a dead letter", timeout=90, every=0.2)
    workers.wait_settled(topic, timeout=90)
    [letter] = read_letters(kafka, workers.letters)
    assert letter["record.key"] == "p-9" and letter["http.status"] == "500"
    assert len(salesforce.by_key("Contact")) == next(more) - 1


@pytest.mark.parametrize("whole", [False, True], ids=["refused by the record", "refused by the request"])
def test_one_bad_change_among_those_of_its_record(kafka, workers, simulator, whole):
    """Promises 1, 2, 6: a merged record that is refused is taken apart: its events are sent singly and in their order, only the bad ones are dead letters;
    so it is where one bad value refuses the request whole. Matrix 29, 30."""
    prepare(simulator)
    simulator.control("PATCH", "/settings", json={"wrong_type_fails_request": True})
    topic = kafka.create_topic(partitions=2)
    traffic = Traffic(kafka, topic, keys=20, bad_percent=12)
    traffic.bad_records = [{"email": {"a": 1}}, {"email": True}] if whole else [{"email": "nobody at home"}]
    worker = workers.start(simulator.url, [traffic_route(topic)], batch={"linger_ms": 300}).wait_ready()
    for _ in range(3):
        traffic.feed(6)
    workers.wait_settled(topic, timeout=90)
    figures = Checker(kafka, topic, workers.group, workers.letters, simulator).check(twice_allowed=False)
    assert figures["again"] == 0 and figures["letters"] > 20
    assert worker.scrape().sum("sfsink_events_merged_total") > 10
    codes = {letter["error.code"] for letter in read_letters(kafka, workers.letters)}
    assert codes == ({"MAP_TYPE", "JSON_PARSER_ERROR"} if whole else {"INVALID_EMAIL_ADDRESS"}), codes
    assert worker.wait_ready().stop() == 0


def test_an_outage_is_nobodys_fault(kafka, workers, salesforce):
    """Promise 7: while all requests fail nobody is blamed, however often. Matrix 19."""
    topic = kafka.create_topic()
    worker = workers.start(salesforce.url, [route(topic)], retry={"max_attempts": 2, "backoff_ms": 10, "backoff_max_ms": 20}).wait_ready()
    salesforce.fail(10**6, status=500, body=problem("UNKNOWN_EXCEPTION", "An unexpected error occurred. ErrorId: 5"))
    kafka.produce(topic, [created(row("only"))])
    wait_until(lambda: len(salesforce.calls("collections")) >= 8, "it is tried again and again", timeout=90)
    assert not read_letters(kafka, workers.letters) and kafka.lag(workers.group, topic) == 1
    assert any("does not answer" in r for r in worker.reasons())
    salesforce.fine_again()
    workers.wait_settled(topic, timeout=90)
    worker.wait_ready()


def test_a_refusal_that_names_the_configuration(kafka, workers, simulator):
    """Promise 7: a field that a fresh describe confirms missing halts the route, not the dead-letter topic's business; the other route goes on. Matrix 29."""
    bad, good = kafka.create_topic(), kafka.create_topic()
    field = "/objects/Contact/fields/Nickname__c"
    simulator.control("PUT", field, json={"type": "string", "length": 50, "createable": True, "updateable": True, "nillable": True})
    nicknames = [*FIELDS[:2], {"to": "Nickname__c", "from": "name"}]
    account = {"topic": good, "format": "row", "object": "Account", "external_id": "External_Id__c",
               "fields": [{"to": "External_Id__c", "from": "id"}, {"to": "Name", "from": "name"}]}
    worker = workers.start(simulator.url, [route(bad, fields=nicknames), account]).wait_ready()
    simulator.control("PUT", field, json={"hidden": True})
    kafka.produce(bad, [created(row(f"p-{i}")) for i in range(300)])
    kafka.produce(good, [(f"{i}", row(f"a-{i}")) for i in range(300)])
    wait_until(lambda: any("Nickname__c" in r for r in worker.reasons()), lambda: f"it says what is missing: {worker.reasons()}\n{worker.tail()}")
    workers.wait_settled(good)
    assert not read_letters(kafka, workers.letters) and kafka.lag(workers.group, bad) == 300
    simulator.control("PUT", field, json={"hidden": False})
    workers.wait_settled(bad, timeout=120)
    worker.wait_ready()
    assert not read_letters(kafka, workers.letters)


def test_stop_above_percent(kafka, workers, salesforce):
    """Promise 7, section 5: a route stops when more of its last 1,000 events fail for good; a restart goes on."""
    bad, good = kafka.create_topic(), kafka.create_topic()
    salesforce.refuse = lambda _operation, _obj, r: [error("INVALID_EMAIL_ADDRESS", "no", "Email")] if str(r[salesforce.key]).startswith("b-") else None
    limit = {"topic": workers.letters, "stop_above_percent": 30}
    worker = workers.start(salesforce.url, [route(bad), route(good)], dead_letter=limit, batch={"max_records": 20, "linger_ms": 10}).wait_ready()
    kafka.produce(good, [created(row(f"g-{i}")) for i in range(50)])
    kafka.produce(bad, [created(row(f"{'b' if i > 1000 else 'o'}-{i}")) for i in range(4000)])
    wait_until(lambda: any("stop_above_percent" in r for r in worker.reasons()), lambda: f"the route stops: {worker.reasons()}", timeout=90)
    kafka.produce(good, [created(row(f"g-{i}", 2)) for i in range(50)])
    workers.wait_settled(good)
    letters = len(read_letters(kafka, workers.letters))
    assert 300 <= letters < 1500, "it stops soon, and after so many"
    holds_for(1, lambda: len(read_letters(kafka, workers.letters)) <= letters + 80, "no more come")
    assert kafka.lag(workers.group, bad) > 1000
    began = time.monotonic()
    other = workers.start(salesforce.url, [route(bad), route(good)], dead_letter=limit)
    wait_until(lambda: other.scrape().sum("sfsink_assigned_partitions") == 1, lambda: f"they share\n{worker.tail()}", timeout=60)
    assert time.monotonic() - began < 15, "nobody waits 20 s for what a stopped route holds"
    assert worker.stop() == 0


def test_group_by(kafka, workers, salesforce):
    """Promise 7, section 2: records that share their parent are never in two calls at once. Matrix 31."""
    topic = kafka.create_topic(partitions=3)
    salesforce.latency = 0.05
    fields = [*FIELDS, {"to": "AccountId", "from": "parent"}]
    kafka.produce(topic, [created(row(f"p-{i}", n, parent=f"001{(i % 7) ** 2 % 7:012d}")) for n in range(1, 5) for i in range(120)])
    workers.start(salesforce.url, [route(topic, fields=fields, group_by="AccountId")], batch={"max_records": 15, "linger_ms": 0})
    workers.wait_settled(topic)
    busy = {}
    for call in sorted(salesforce.calls("collections"), key=lambda c: c.began):
        for parent in {r[3]["AccountId"] for r in call.records}:
            assert call.began >= busy.get(parent, 0), f"{parent} is in two calls at once"
            busy[parent] = call.ended
    assert salesforce.most_requests > 1, "other parents' records go along at the same time"
