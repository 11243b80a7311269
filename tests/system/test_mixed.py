# SPDX-License-Identifier: Apache-2.0
"""Good and bad records in one batch, and changes of one record that wait together."""
import json

import pytest

from harness.dead_letters import read_letters
from harness.events import created, deleted, updated
from harness.waiting import wait_until
from strict_salesforce import error

CONTACT = [{"to": "External_Id__c", "from": "id"}, {"to": "LastName", "from": "name"}, {"to": "Email", "from": "email"},
           {"to": "Description", "from": "note"}, {"to": "Seq__c", "from": "seq"}]
UPSERT = {"format": "debezium", "object": "Contact", "mode": "upsert", "external_id": "External_Id__c", "on_delete": "delete",
          "tombstones": "skip"}


def route(topic, without=(), **more):
    return {"topic": topic, **UPSERT, "fields": [f for f in CONTACT if f["to"] not in without], **more}


def row(key, seq=1, **more):
    return {"id": key, "name": "Ada", "email": "ada@example.com", "note": f"note {seq}", "seq": seq, **more}


@pytest.mark.smoke
def test_good_and_bad_in_one_batch(kafka, workers, simulator):
    topic = kafka.create_topic()
    bad = {"mix-003": ("REQUIRED_FIELD_MISSING", {"name": None}), "mix-077": ("INVALID_EMAIL_ADDRESS", {"email": "nobody at home"}),
           "mix-199": ("STRING_TOO_LONG", {"name": "x" * 200})}
    keys = [f"mix-{i:03}" for i in range(200)]
    kafka.produce(topic, [created(row(k, **bad.get(k, ("", {}))[1])) for k in keys])
    worker = workers.start(simulator.url, [route(topic, without=["Seq__c"])], batch={"linger_ms": 2000})
    workers.wait_settled(topic)

    stored = simulator.select("Contact", ["LastName"], keys)
    assert set(stored) == set(keys) - set(bad)
    letters = {letter["record.key"]: letter for letter in read_letters(kafka, workers.letters)}
    assert {key: letter["error.code"] for key, letter in letters.items()} == {key: code for key, (code, _change) in bad.items()}
    assert letters["mix-077"]["error.fields"] == "Email"
    calls = wait_until(lambda: worker.scrape().sum("sfsink_api_calls_total"), "calls are counted")
    assert calls <= 3, "one batch is one call, and a refusal is no reason for another"


def test_all_bad(kafka, workers, salesforce):
    """One bad record stops no other, however many fail."""
    topic = kafka.create_topic()
    salesforce.refuse = lambda operation, obj, record: [error("FIELD_CUSTOM_VALIDATION_EXCEPTION", "never", "Email")]
    kafka.produce(topic, [created(row(f"bad-{i}")) for i in range(500)])
    workers.start(salesforce.url, [route(topic)])
    workers.wait_settled(topic)
    assert len(read_letters(kafka, workers.letters)) == 500
    assert salesforce.writes == 0


@pytest.mark.smoke
def test_changes_that_wait_together_become_one(kafka, workers, salesforce):
    topic = kafka.create_topic()
    salesforce.gate.clear()
    worker = workers.start(salesforce.url, [route(topic)]).wait_ready()
    kafka.produce(topic, [created(row("c-1", 1))])
    wait_until(lambda: salesforce.requests_now == 1, "the first is on its way")
    kafka.produce(topic, [updated(row("c-1", i, note=f"note {i}")) for i in range(2, 51)])
    wait_until(lambda: worker.scrape().sum("sfsink_events_pending") == 50, "the others wait")
    salesforce.gate.set()
    workers.wait_settled(topic)
    writes = [record for call in salesforce.calls("collections") for record in call.records]
    assert [fields["Seq__c"] for _op, _obj, _key, fields in writes] == [1, 50]
    wait_until(lambda: worker.scrape().sum("sfsink_events_total", disposition="applied") == 50, "all of them are applied")
    assert worker.scrape().sum("sfsink_events_merged_total") == 48


def test_a_field_that_a_later_change_leaves_out_is_kept(kafka, workers, salesforce):
    topic = kafka.create_topic()
    kafka.produce(topic, [("k", {"id": "p-1", "name": "Ada", "email": "a@example.com"}), ("k", {"id": "p-1", "name": "Ada", "note": "n"}),
                          ("k", {"id": "p-1", "name": "Eva", "email": None})])
    workers.start(salesforce.url, [route(topic, without=["Seq__c"], format="row", on_delete="ignore")], batch={"linger_ms": 1000})
    workers.wait_settled(topic)
    assert [c.records[0][3] for c in salesforce.calls("collections")] == [
        {"External_Id__c": "p-1", "LastName": "Eva", "Email": None, "Description": "n"}]


def test_of_a_merged_record_only_the_guilty_change_is_refused(kafka, workers, salesforce):
    topic = kafka.create_topic()

    def refuse(_operation, _obj, record):
        return [error("INVALID_EMAIL_ADDRESS", "Email: invalid email address", "Email")] if record.get("Email") == "bad" else None

    salesforce.refuse = refuse
    kafka.produce(topic, [created(row("g-1", 1)), updated(row("g-1", 2)), updated(row("g-1", 3, email="bad")), created(row("g-2", 1))])
    workers.start(salesforce.url, [route(topic)], batch={"linger_ms": 1000})
    workers.wait_settled(topic)
    [letter] = read_letters(kafka, workers.letters)
    assert json.loads(letter.value)["after"]["seq"] == 3
    contacts = salesforce.by_key("Contact")
    assert contacts["g-1"]["Seq__c"] == 2 and contacts["g-2"]["Seq__c"] == 1


def test_created_and_deleted_again(kafka, workers, salesforce):
    """A delete after a change, a change after a delete: in their order, whatever was merged."""
    topic = kafka.create_topic()
    kafka.produce(topic, [created(row("d-1", 1)), deleted(row("d-1", 1)), created(row("d-2", 1)), deleted(row("d-2", 1)), created(row("d-2", 2))])
    workers.start(salesforce.url, [route(topic)], batch={"linger_ms": 1000})
    workers.wait_settled(topic)
    contacts = salesforce.by_key("Contact")
    assert "d-1" not in contacts and contacts["d-2"]["Seq__c"] == 2


def test_where_decides_what_is_written(kafka, workers, salesforce):
    topic = kafka.create_topic()
    kafka.produce(topic, [created(row("w-1", status="active")), created(row("w-2", status="closed")), created(row("w-3"))])
    worker = workers.start(salesforce.url, [route(topic, where='.status == "active"')])
    workers.wait_settled(topic)
    assert set(salesforce.by_key("Contact")) == {"w-1"}
    wait_until(lambda: worker.scrape().sum("sfsink_events_total", disposition="skipped") == 2, "the others are skipped")


def test_several_routes_several_objects(kafka, workers, salesforce):
    """A batch holds one object; each route has its own topic."""
    contacts, accounts = kafka.create_topic(partitions=2), kafka.create_topic(partitions=2)
    kafka.produce(contacts, [created(row(f"s-{i}")) for i in range(300)])
    kafka.produce(accounts, [(f"{i}", {"id": f"s-{i}", "name": f"Shop {i}"}) for i in range(300)])
    account = {"topic": accounts, "format": "row", "object": "Account", "mode": "upsert", "external_id": "External_Id__c",
               "fields": [{"to": "External_Id__c", "from": "id"}, {"to": "Name", "from": "name"}]}
    workers.start(salesforce.url, [route(contacts), account])
    workers.wait_settled(contacts, accounts)
    assert len(salesforce.by_key("Contact")) == len(salesforce.by_key("Account")) == 300
