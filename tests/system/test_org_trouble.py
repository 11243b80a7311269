# SPDX-License-Identifier: Apache-2.0
"""The org's and the route's trouble, end to end: halted routes, the guard of API calls, and what is not an expired session."""
import pytest

from harness.dead_letters import read_letters
from harness.events import created
from harness.waiting import holds_for, wait_until

FIELDS = [{"to": "External_Id__c", "from": "id"}, {"to": "LastName", "from": "name"}, {"to": "Title", "from": "title"}]
LEAD = [*FIELDS, {"to": "Company", "value": "ACME"}]
EVENTS = 30


class Case:
    """Two routes in one worker: contacts, which get into trouble, and leads, which must not notice."""

    def __init__(self, kafka, workers, simulator, **more):
        self.kafka, self.workers, self.sim = kafka, workers, simulator
        self.contacts, self.leads = kafka.create_topic(), kafka.create_topic()
        route = {"format": "debezium", "external_id": "External_Id__c"}
        self.worker = workers.start(simulator.url, [
            route | {"name": "people", "topic": self.contacts, "object": "Contact", "fields": FIELDS},
            route | {"name": "leads", "topic": self.leads, "object": "Lead", "fields": LEAD}], **more).wait_ready()

    def feed(self, topic, n=EVENTS, start=0):
        self.kafka.produce(topic, [created({"id": f"k-{i}", "name": f"N{i}", "title": "Dr"}) for i in range(start, start + n)])

    def stored(self, obj):
        return {r["External_Id__c"] for r in self.sim.control("GET", f"/records/{obj}")["records"]}

    def halted(self):
        return self.worker.scrape().sum("sfsink_routes_halted")

    def letters(self):
        return read_letters(self.kafka, self.workers.letters)

    def control(self, path, **body):
        self.sim.control("PUT", path, json=body)


@pytest.fixture
def case(kafka, workers, simulator):
    return Case(kafka, workers, simulator)


@pytest.mark.parametrize("path, broken, mended, word", [
    ("/objects/Contact/fields/Title", {"hidden": True}, {"hidden": False}, "Title"),
    ("/objects/Contact/fields/Title", {"createable": False, "updateable": False}, {"createable": True, "updateable": True}, "Title"),
    ("/objects/Contact", {"removed": True}, {"removed": False}, "Contact"),
    ("/objects/Contact", {"read_only": True}, {"read_only": False}, "Contact"),
], ids=["a hidden field", "a read-only field", "a removed object", "a read-only object"])
def test_a_route_in_trouble_halts_and_picks_up_again(case, path, broken, mended, word):
    case.control(path, **broken)
    case.feed(case.contacts)
    case.feed(case.leads)
    wait_until(lambda: case.halted() == 1, lambda: f"the route is halted: {case.worker.tail()}")
    case.workers.wait_settled(case.leads)  # the other goes on
    assert len(case.stored("Lead")) == EVENTS
    assert not case.worker.ready()
    (reason,) = case.worker.reasons()
    assert reason.startswith('route "people" is halted: ') and word in reason and "fresh describe" in reason
    assert case.kafka.lag(case.workers.group, case.contacts) == EVENTS and not case.letters()
    case.feed(case.leads, start=EVENTS)
    case.workers.wait_settled(case.leads)

    case.control(path, **mended)
    case.workers.wait_settled(case.contacts, timeout=90)
    assert len(case.stored("Contact")) == EVENTS and not case.letters()
    wait_until(lambda: case.worker.ready() and case.halted() == 0, lambda: f"ready again: {case.worker.reasons()}")


def test_one_records_access_error_is_its_own(case):
    """Salesforce's codes are the same; the describe says that it is not the route."""
    error = {"statusCode": "INSUFFICIENT_ACCESS_OR_READONLY", "message": "insufficient access rights on object id", "fields": []}
    case.sim.control("POST", "/record_faults", json={"object": "Contact", "key": "k-3", "errors": [error]})
    field = {"statusCode": "INVALID_FIELD_FOR_INSERT_UPDATE", "message": "Unable to create/update fields: Title", "fields": ["Title"]}
    case.sim.control("POST", "/record_faults", json={"object": "Contact", "key": "k-5", "errors": [field]})
    case.feed(case.contacts)
    case.workers.wait_settled(case.contacts)
    assert {letter["record.key"]: letter["error.code"] for letter in case.letters()} == {
        "k-3": "INSUFFICIENT_ACCESS_OR_READONLY", "k-5": "INVALID_FIELD_FOR_INSERT_UPDATE"}
    assert len(case.stored("Contact")) == EVENTS - 2
    assert case.halted() == 0 and case.worker.ready()


# ---- the guard of API calls

def test_api_calls_are_saved_and_then_left_to_others(kafka, workers, simulator):
    """From slow_at on batches wait for more company; at stop_at nothing goes, and it is said."""
    case = Case(kafka, workers, simulator, batch={"linger_ms": 50}, salesforce={"api_usage": {"slow_at": 50, "stop_at": 90}})
    simulator.control("PATCH", "/settings", json={"daily_limit": 1000, "daily_used": 700})
    for i in range(10):  # at 70 % a batch waits 7 s for company instead of 50 ms
        case.feed(case.contacts, n=1, start=i)
        case.workers.wait_settled(case.contacts, timeout=60) if i == 0 else None
    calls = simulator.control("GET", "/counts")["api_calls"]
    case.workers.wait_settled(case.contacts, timeout=60)
    assert simulator.control("GET", "/counts")["api_calls"] <= calls + 1, "nine events, one call"
    assert case.worker.ready()

    simulator.control("PATCH", "/settings", json={"daily_used": 950})
    case.feed(case.contacts, n=200, start=100)  # full: it does not wait for company
    wait_until(lambda: not case.worker.ready(), "it has seen it")
    (reason,) = case.worker.reasons()
    assert "API_USAGE" in reason and "stop_at" in reason and "90 %" in reason
    case.workers.wait_settled(case.contacts)
    calls = simulator.control("GET", "/counts")["api_calls"]
    case.feed(case.leads, n=200)
    holds_for(3, lambda: simulator.control("GET", "/counts")["api_calls"] == calls, "the rest of the calls is left to others")
    scrape = case.worker.scrape()
    assert scrape.sum("sfsink_api_usage") >= 950 and scrape.sum("sfsink_api_limit") == 1000 and not case.letters()
    assert case.worker.stop() == 0


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_it_goes_on_by_itself_when_calls_are_free_again(kafka, workers, simulator):
    """One batch in four to six minutes looks whether there are any."""
    case = Case(kafka, workers, simulator, salesforce={"api_usage": {"slow_at": 50, "stop_at": 90}})
    simulator.control("PATCH", "/settings", json={"daily_limit": 1000, "daily_used": 950})
    case.feed(case.contacts, n=200)
    wait_until(lambda: not case.worker.ready(), "it has seen it", timeout=60)
    simulator.control("PATCH", "/settings", json={"daily_used": 10})
    case.feed(case.contacts, n=200, start=200)
    case.workers.wait_settled(case.contacts, timeout=420)
    wait_until(case.worker.ready, lambda: f"ready again: {case.worker.reasons()}")
    assert len(case.stored("Contact")) == 400


# ---- REQUEST_LIMIT_EXCEEDED has three meanings

@pytest.mark.parametrize("words", ["ConcurrentRequests (Concurrent API Requests) Limit exceeded.", "ConcurrentPerOrgLongTxn Limit exceeded."])
def test_too_many_at_once_is_soon_tried_again(case, words):
    case.sim.control("POST", "/faults", json={"path": "*/composite/*", "status": 403, "times": 3, "body": [
        {"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": words}]})
    case.feed(case.contacts)
    case.workers.wait_settled(case.contacts, timeout=30)
    assert len(case.stored("Contact")) == EVENTS and not case.letters()
    assert case.worker.scrape().sum("sfsink_token_refreshes_total") == 1


def test_a_used_up_day_makes_everything_wait(case):
    case.sim.control("POST", "/faults", json={"path": "*/composite/*", "status": 403, "times": 10**6, "body": [
        {"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "TotalRequests Limit exceeded."}]})
    case.feed(case.contacts)
    wait_until(lambda: not case.worker.ready(), "it is not ready")
    assert "TotalRequests" in " ".join(case.worker.reasons())
    case.feed(case.leads)
    case.sim.control("DELETE", "/faults")
    holds_for(2, lambda: not case.stored("Lead"), "the other route waits, too: it is the org's trouble")
    case.workers.wait_settled(case.contacts, case.leads, timeout=90)  # it is asked again after half a minute
    assert len(case.stored("Lead")) == EVENTS and not case.letters() and case.worker.ready()
    assert case.worker.scrape().sum("sfsink_token_refreshes_total") == 1


# ---- what is not an expired session

@pytest.mark.parametrize("status, code, message", [
    (401, "INVALID_SESSION_ID", "This session is not valid for use with the REST API"),
    (401, "INVALID_AUTH_HEADER", "INVALID_HEADER_TYPE"),
    (401, "INVALID_SESSION_ID", "Connected app is not attached to Agent"),
    (403, "API_DISABLED_FOR_ORG", "API is not enabled for this Organization or Partner"),
    (403, "FUNCTIONALITY_NOT_ENABLED", "The operation is not enabled"),
    (403, "INSUFFICIENT_ACCESS", "some new answer"),
])
def test_it_never_causes_a_refresh(case, status, code, message):
    case.sim.control("POST", "/faults", json={"path": "*/composite/*", "status": status, "times": 10**6, "body": [{"errorCode": code, "message": message}]})
    before = case.worker.scrape().sum("sfsink_token_refreshes_total")
    case.feed(case.contacts)
    wait_until(lambda: not case.worker.ready(), lambda: f"it waits: {case.worker.tail()}")
    assert code in " ".join(case.worker.reasons())
    case.sim.control("DELETE", "/faults")
    case.workers.wait_settled(case.contacts, timeout=90)
    assert len(case.stored("Contact")) == EVENTS and not case.letters()
    assert case.worker.scrape().sum("sfsink_token_refreshes_total") == before == 1
