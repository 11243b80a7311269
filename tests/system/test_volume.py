# SPDX-License-Identifier: Apache-2.0
"""200,000 Debezium events over 50,000 keys through a real broker into the strict stand-in."""
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


def history(seed):
    """The events, and the last sequence number of each key."""
    chance, last = random.Random(seed), {}
    events = []
    for i in range(EVENTS):
        number = i if i < KEYS else chance.randrange(KEYS)  # each key at least once
        key = f"v-{number}"
        known = key in last
        last[key] = last.get(key, 0) + 1
        row = {"id": key, "first_name": "Ada", "last_name": f"L{i}", "email": f"{key}@example.com", "seq": last[key]}
        events.append((f'{{"id":"{key}"}}', debezium("u" if known else "c", row, lsn=i), {"partition": number % PARTITIONS}))
    return events, last


def run(kafka, workers, org, disturb=None):
    events, last = history(seed=7)
    topic = kafka.create_topic(partitions=PARTITIONS)
    kafka.produce(topic, events)
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
    print(f"{EVENTS} events in {took:.1f} s, {calls} calls: {1000 * calls / EVENTS:.2f} for 1,000 events, {org.writes} writes, "
          f"{org.back_over_border} written again after a kill")
    return calls


def test_nothing_is_lost_and_calls_are_few(kafka, workers, salesforce):
    calls = run(kafka, workers, salesforce)
    assert calls <= 6 * EVENTS / 1000
    assert salesforce.back_over_border == 0


@pytest.mark.slow
def test_a_kill_9_in_between(kafka, workers, salesforce):
    def kill(worker, start_another):
        wait_until(lambda: salesforce.writes > 40000, "a part is written", timeout=120)
        worker.kill()
        salesforce.new_era()
        return start_another()

    run(kafka, workers, salesforce, disturb=kill)
