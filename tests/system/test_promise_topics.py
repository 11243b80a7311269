# SPDX-License-Identifier: Apache-2.0
"""Topics that change under a worker. (Promise 1: data loss is announced, not silent; fault matrix 14 to 18.)"""
import re
import signal
import uuid

import pytest
from confluent_kafka import Producer, TopicPartition

from harness.checker import Checker
from harness.traffic import Traffic, prepare, route
from harness.waiting import holds_for, wait_until
from harness.worker import Array

QUICK = Array(["consumer.session.timeout.ms=6000", "consumer.heartbeat.interval.ms=500", "consumer.topic.metadata.refresh.interval.ms=500",
               "consumer.metadata.max.age.ms=2000"])


def test_partitions_are_added(kafka, workers, simulator, topic):
    """Promises 1, 2: new partitions are taken over by those who run, from their first message on. (The issue's "partitions added".)"""
    started = [workers.start(simulator.url, [route(topic)], kafka={"properties": QUICK}).wait_ready() for _ in range(2)]
    Traffic(kafka, topic, keys=40).feed(2)
    workers.wait_settled(topic)
    kafka.add_partitions(topic, 6)
    traffic = Traffic(kafka, topic, keys=60)  # other records' partitions: 40 to 59 are new
    traffic.partitions, traffic.sequence = 6, 1000
    assert traffic.partitions == 6
    kafka.produce(topic, [traffic.event(number) for _ in range(3) for number in range(60)])
    workers.wait_settled(topic)
    assert sum(w.scrape().sum("sfsink_assigned_partitions") for w in started) == 6
    checker = Checker(kafka, topic, workers.group, workers.letters, simulator)
    checker.check(twice_allowed=False)


def test_a_topic_is_deleted_and_made_again(kafka, workers, simulator, topic):
    """Promise 1: the new topic of the old name is read, and what happened to the old one is said. Matrix 15."""
    other = kafka.create_topic()
    worker = workers.start(simulator.url, [route(topic), {**route(other), "object": "Lead", "fields": [*route(other)["fields"][:2], {"to": "Company", "value": "ACME"}]}],
                           kafka={"properties": QUICK}).wait_ready()
    checker = Checker(kafka, topic, workers.group, workers.letters, simulator)
    Traffic(kafka, topic, bad_percent=10).feed(2)
    workers.wait_settled(topic)
    checker.check(twice_allowed=False)
    checker.turn_page()
    checker.read_from = {}  # of a topic that will be another
    kafka.delete_topic(topic)
    wait_until(lambda: any(topic in r for r in worker.reasons()), lambda: f"it says so: {worker.reasons()}\n{worker.tail()}", timeout=90)
    Traffic(kafka, other, keys=5).feed()
    workers.wait_settled(other)
    kafka.create_topic(topic, partitions=2)
    traffic = Traffic(kafka, topic, keys=20, bad_percent=10)
    traffic.sequence = 500
    traffic.feed(2)
    workers.wait_settled(topic, timeout=90)
    worker.wait_ready()
    checker.check(twice_allowed=False)
    assert worker.stop() == 0


@pytest.mark.parametrize("policy", ["stop", "continue"])
def test_retention_overtakes_a_worker_that_runs(kafka, workers, simulator, topic, policy):
    """Promise 1: what retention removed before it was read is announced, exactly, with its offsets; all else is done: the other partition goes on, and with "continue" this one,
    too, from its first message on. Matrix 14, 18."""
    traffic = Traffic(kafka, topic, keys=20)
    checker = Checker(kafka, topic, workers.group, workers.letters, simulator)
    small = {"properties": Array(["consumer.session.timeout.ms=30000", "consumer.max.poll.interval.ms=30000", "consumer.fetch.message.max.bytes=1000"]), "on_data_loss": policy}
    worker = workers.start(simulator.url, [route(topic)], kafka=small).wait_ready()
    traffic.feed()
    workers.wait_settled(topic)
    worker.signal(signal.SIGSTOP)
    traffic.feed(400)  # more than sockets and queues hold of it
    end = kafka.ends(topic)[0]
    checker.remember()
    for future in kafka.admin.delete_records([TopicPartition(topic, 0, end - 10)]).values():
        future.result(30)
    worker.signal(signal.SIGCONT)
    event = "partition_stalled" if policy == "stop" else "data_loss"
    [line] = wait_until(lambda: worker.log(event), worker.tail)
    assert "events were deleted before they were read" in line["why"], line
    number, first, last = (int(n) for n in re.search(r"(\d+) events were .* \(offsets (\d+) to (\d+)\)", line["why"]).groups())
    assert last == end - 11 and number == last - first + 1
    wait_until(lambda: kafka.committed(workers.group, topic)[1] == kafka.ends(topic)[1], "the other partition goes on", timeout=90)
    if policy == "stop":
        holds_for(1, lambda: kafka.committed(workers.group, topic)[0] <= first, "nothing is committed over the gap")
        assert not worker.ready()
        checker.check_commits()
    else:
        checker.announced(0, first, last)
        traffic.feed()
        workers.wait_settled(topic)
        worker.wait_ready()
        checker.check(twice_allowed=False)


@pytest.mark.parametrize("where", ["below", "beyond"])
def test_an_offset_out_of_range(kafka, workers, simulator, topic, where):
    """Promise 1: a group that comes back to a log that has moved on, or is shorter than it was, says what is lost, and loses nothing else. Matrix 14, 18."""
    traffic = Traffic(kafka, topic, keys=20, bad_percent=5)
    checker = Checker(kafka, topic, workers.group, workers.letters, simulator)
    go_on = {"properties": QUICK, "on_data_loss": "continue"}
    worker = workers.start(simulator.url, [route(topic)], kafka=go_on).wait_ready()
    traffic.feed(3)
    workers.wait_settled(topic)
    assert worker.stop() == 0
    if where == "below":
        traffic.feed(2)
        checker.remember()
        for future in kafka.admin.delete_records([TopicPartition(topic, 0, 45)]).values():
            future.result(30)
        checker.announced(0, 30, 44)
    else:
        checker.turn_page()
        checker.read_from = {}
        kafka.delete_topic(topic)
        kafka.create_topic(topic, partitions=2)
        kafka.set_committed(workers.group, topic, {0: 30, 1: 30})
    traffic.feed()
    worker = workers.start(simulator.url, [route(topic)], kafka=go_on)
    wait_until(lambda: worker.log("data_loss"), worker.tail)
    workers.wait_settled(topic)
    lines = [line["why"] for line in worker.log("data_loss")]
    if where == "below":
        assert len(lines) == 1 and "15 events were deleted before they were read (offsets 30 to 44)" in lines[0]
    else:
        assert len(lines) == 2 and all("offset 30 is beyond the log" in why for why in lines)
    traffic.feed(2)
    workers.wait_settled(topic)
    checker.check(twice_allowed=False)
    assert worker.wait_ready().stop() == 0


def test_gaps_and_markers(kafka, workers, simulator):
    """Promises 1, 2: a compacted log with aborted transactions, and with markers at its end: what is there is done, what is not is not waited for, lag becomes 0. Matrix 16."""
    prepare(simulator)
    topic = kafka.create_topic(partitions=2, cleanup_policy="compact", segment_ms=100, min_cleanable_dirty_ratio="0.01", max_compaction_lag_ms=1000)
    traffic = Traffic(kafka, topic, keys=20)
    traffic.feed(20)
    reads = len(kafka.read_all(topic))
    assert reads <= 400

    def compacted():  # a new message closes the segment
        traffic.feed()
        return len(kafka.read_all(topic)) < reads

    wait_until(compacted, "the log has gaps", timeout=60, every=0.5)
    kafka.alter_topic(topic, min_compaction_lag_ms=3600000, max_compaction_lag_ms=3600000)  # no further: the checker sees what the worker does
    worker = workers.start(simulator.url, [route(topic)])
    producer = Producer({"bootstrap.servers": kafka.brokers, "transactional.id": uuid.uuid4().hex})
    producer.init_transactions(30)
    for n in range(6):
        producer.begin_transaction()
        for number in range(traffic.keys):
            key, value, where = traffic.event(number)
            producer.produce(topic, key=key, value=value, **where)
        producer.abort_transaction(30) if n % 2 else producer.commit_transaction(30)
    checker = Checker(kafka, topic, workers.group, workers.letters, simulator)
    workers.wait_settled(topic)  # markers and aborted events count as lag until they are committed
    checker.check(twice_allowed=False)
    wait_until(lambda: worker.scrape().sum("sfsink_partition_lag") == 0, "its own figure is 0, too")
