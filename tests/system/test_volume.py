# SPDX-License-Identifier: Apache-2.0
"""200,000 Debezium events over 50,000 keys through a real broker into the strict stand-in, undisturbed and killed."""
import json
import random
import time

import pytest

from harness.dead_letters import read_letters
from harness.events import debezium
from harness.waiting import wait_until

EVENTS, KEYS, PARTITIONS = 200000, 50000, 6
FIELDS = [{"to": "External_Id__c", "from": "id"}, {"to": "LastName", "from": "last_name", "required": True},
          {"to": "FirstName", "from": "first_name"}, {"to": "Email", "from": "email"}, {"to": "Title", "jq": '.first_name + " " + .last_name'},
          {"to": "Seq__c", "from": "seq"}]


def history(events, last):
    """The events one by one; `last` fills with the last sequence number of each key."""
    chance = random.Random(7)
    for i in range(events):
        number = i if i < KEYS else chance.randrange(KEYS)  # each key at least once
        key = f"v-{number}"
        last[key] = last.get(key, 0) + 1
        row = {"id": key, "first_name": "Ada", "last_name": f"L{i}", "email": f"{key}@example.com", "seq": last[key]}
        value = json.dumps(debezium("u" if last[key] > 1 else "c", row, lsn=i))
        yield f'{{"id":"{key}"}}', value, {"partition": number % PARTITIONS}


def run(kafka, workers, org, events=EVENTS, disturb=None):
    last = {}
    topic = kafka.create_topic(partitions=PARTITIONS)
    kafka.produce(topic, history(events, last))
    route = {"topic": topic, "format": "debezium", "object": "Contact", "mode": "upsert", "external_id": "External_Id__c", "fields": FIELDS}
    began = time.monotonic()
    worker = workers.start(org.url, [route])
    if disturb:
        worker = disturb(worker, lambda: workers.start(org.url, [route]))
    workers.wait_settled(topic, timeout=240)
    took = time.monotonic() - began
    assert {k: v["Seq__c"] for k, v in org.by_key("Contact").items()} == last
    assert not read_letters(kafka, workers.letters)
    consumed, ended = worker.scrape().books()
    assert consumed == ended
    calls = len(org.calls())
    print(f"{events} events in {took:.1f} s, {calls} calls: {1000 * calls / events:.2f} for 1,000 events, {org.writes} writes, "
          f"{org.back_over_border} of them older than before a kill")
    return calls


def kill_at(org, *marks):
    """kill -9 when so many records are written, then another worker."""

    def disturb(worker, start_another):
        for mark in marks:
            wait_until(lambda mark=mark: org.writes > mark, f"{mark} records are written", timeout=120)
            worker.kill()
            org.new_era()
            worker = start_another()
        return worker

    return disturb


def test_nothing_is_lost_and_calls_are_few(kafka, workers, salesforce):
    calls = run(kafka, workers, salesforce)
    assert calls <= 6 * EVENTS / 1000
    assert salesforce.back_over_border == 0


def test_a_kill_9_in_between(kafka, workers, salesforce):
    calls = run(kafka, workers, salesforce, disturb=kill_at(salesforce, 40000))
    assert calls <= 6 * EVENTS / 1000


@pytest.mark.slow
def test_five_kills_in_a_million(kafka, workers, salesforce):
    run(kafka, workers, salesforce, events=1000000, disturb=kill_at(salesforce, 60000, 150000, 200000, 400000, 600000))
