# SPDX-License-Identifier: Apache-2.0
"""Promise 8: memory is bounded by `buffer`, whatever the lag, the number of keys or the size of the messages. The ceiling is deploy/README.md's formula.

`make test` has small backlogs, `make slow` those that hurt: millions of messages, of keys, hundreds of megabytes of large ones.
"""
import json

import pytest

from harness.mill import Mill
from harness.waiting import wait_until
from harness.watch import resident_mib

MAX_MB = 16


def ceiling_mib(max_mb=MAX_MB, in_flight=4, max_bytes_mib=4, largest_mib=0):
    """As in deploy/README.md, "Sizing"."""
    return 56 + 3 * max_mb + 2 * in_flight * max_bytes_mib + 4 * largest_mib


@pytest.fixture
def mill():
    org = Mill()
    yield org
    org.stop()


def route(topic, **more):
    fields = [{"to": "External_Id__c", "from": "id"}, {"to": "LastName", "from": "name", "required": True}, {"to": "Description", "from": "note"}]
    return {"topic": topic, "format": "row", "object": "Contact", "external_id": "External_Id__c", "fields": fields, **more}


def small(n, keys):
    for i in range(n):
        key = str(i % keys)
        yield key, f'{{"id":"{key}","name":"Name {i}","note":"{"x" * 100}"}}', {"partition": i % 3}


def large(n, size):
    note = "y" * size
    for i in range(n):
        yield str(i), json.dumps({"id": str(i), "name": "Ada", "note": note}), {"partition": i % 3}


def backlog(kafka, messages):
    topic = kafka.create_topic(partitions=3, max_message_bytes=2000000)
    kafka.produce(topic, messages)
    return topic


def stalled_then_done(kafka, workers, mill, topic, ceiling, **more):
    """The backlog meets a Salesforce that does not answer, then one that does."""
    mill.gate.clear()
    worker = workers.start(mill.url, [route(topic)], salesforce={"timeout_ms": 600000}, **more)
    wait_until(lambda: mill.waiting, lambda: f"requests are stuck\n{worker.tail()}")
    pending = 0

    def full():  # the buffer grows no more
        nonlocal pending
        before, pending = pending, worker.scrape().sum("sfsink_events_pending")
        return pending == before > 0

    wait_until(full, "the buffer is full", every=1)
    stuck = resident_mib(worker.pid, peak=True)
    mill.gate.set()
    workers.wait_settled(topic, timeout=1500)
    peak = resident_mib(worker.pid, peak=True)
    print(f"{sum(kafka.ends(topic).values())} events, {int(pending)} held: {stuck:.0f} MiB while Salesforce stood still, {peak:.0f} at the most, ceiling {ceiling}")
    assert peak < ceiling, f"{peak:.0f} MiB, the formula says {ceiling}"
    consumed, ended = worker.scrape().books()
    assert consumed == ended


def test_many_small_messages(kafka, workers, mill):
    """Promise 8: 200,000 messages, each a record of its own, and a Salesforce that stalls."""
    stalled_then_done(kafka, workers, mill, backlog(kafka, small(200000, 200000)), ceiling_mib())


def test_large_messages(kafka, workers, mill):
    """Promise 8: 1 MB each, all of which goes to Salesforce."""
    stalled_then_done(kafka, workers, mill, backlog(kafka, large(80, 1000000)), ceiling_mib(largest_mib=1))


def all_refused(kafka, workers, mill, by, n, size, **more):
    kafka.alter_topic(workers.letters, max_message_bytes=2000000)
    mill.refuses = by == "Salesforce"
    messages = large(n, size)
    topic = backlog(kafka, messages if mill.refuses else ((k, v.replace('"Ada"', "null"), o) for k, v, o in messages))
    worker = workers.start(mill.url, [route(topic)], **more)
    workers.wait_settled(topic, timeout=600)
    peak, ceiling = resident_mib(worker.pid, peak=True), ceiling_mib(largest_mib=size / 1e6)
    print(f"{n} messages of {size} bytes, refused by {by}: {peak:.0f} MiB at the most, ceiling {ceiling:.0f}")
    assert peak < ceiling
    wait_until(lambda: worker.scrape().disposed("dead_lettered") == n, "all are counted")


@pytest.mark.parametrize("by", ["the mapping", "Salesforce"])
@pytest.mark.parametrize("n, size", [(80, 1000000), (4000, 20000)])
def test_messages_that_are_refused(kafka, workers, mill, by, n, size):
    """Promise 8: all of them go to the dead-letter topic."""
    all_refused(kafka, workers, mill, by, n, size)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("n, keys", [(3000000, 1000), (1000000, 1000000), (10000000, 10000000)], ids=["3 million of 1,000 keys", "1 million keys", "10 million keys"])
def test_millions(kafka, workers, mill, n, keys):
    """Promise 8: neither the lag nor the number of keys counts."""
    topic = backlog(kafka, small(n, keys))
    try:
        stalled_then_done(kafka, workers, mill, topic, ceiling_mib())
    finally:
        kafka.delete_topic(topic)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("max_mb", [4, 64])
def test_other_buffers(kafka, workers, mill, max_mb):
    """Promise 8: the formula's slope: large messages with a small and a large buffer."""
    topic = backlog(kafka, large(400, 1000000))
    try:
        stalled_then_done(kafka, workers, mill, topic, ceiling_mib(max_mb, largest_mib=1), buffer={"max_mb": max_mb})
    finally:
        kafka.delete_topic(topic)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_many_messages_that_are_refused(kafka, workers, mill):
    """Promise 8: however many of them."""
    all_refused(kafka, workers, mill, "Salesforce", 20000, 20000)
