# SPDX-License-Identifier: Apache-2.0
"""Topics that change under a worker. (Promise 1: data loss is announced, not silent; fault matrix 14, 15.)"""
import signal

import pytest
from confluent_kafka import TopicPartition

from harness.checker import Checker
from harness.traffic import Traffic, route
from harness.waiting import holds_for, wait_until
from harness.worker import Array

QUICK = Array(["consumer.session.timeout.ms=6000", "consumer.heartbeat.interval.ms=500", "consumer.topic.metadata.refresh.interval.ms=500",
               "consumer.metadata.max.age.ms=2000"])


def test_partitions_are_added(kafka, workers, simulator, topic):
    """Promises 1, 2: new partitions are taken over by those who run, from their first message on."""
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
    worker = workers.start(simulator.url, [route(topic), route(other)], kafka={"properties": QUICK}).wait_ready()
    Traffic(kafka, topic).feed(2)
    workers.wait_settled(topic)
    kafka.delete_topic(topic)
    wait_until(lambda: any(topic in r for r in worker.reasons()), lambda: f"it says so: {worker.reasons()}\n{worker.tail()}", timeout=90)
    Traffic(kafka, other, keys=5).feed()
    workers.wait_settled(other)
    kafka.create_topic(topic, partitions=2)
    traffic = Traffic(kafka, topic, keys=20)
    traffic.sequence = 500
    traffic.feed(2)
    workers.wait_settled(topic, timeout=90)
    worker.wait_ready()
    stored = {r["External_Id__c"]: r["Seq__c"] for r in simulator.control("GET", "/records/Contact")["records"]}
    assert all(stored[f"k-{i}"] > 500 for i in range(20))
    assert worker.stop() == 0


@pytest.mark.parametrize("policy", ["stop", "continue"])
def test_retention_overtakes_a_worker_that_runs(kafka, workers, simulator, topic, policy):
    """Promise 1: what retention removed before it was read is announced with its offsets; the other partition goes on. Matrix 14."""
    traffic = Traffic(kafka, topic, keys=20)
    small = {"properties": Array(["consumer.session.timeout.ms=30000", "consumer.max.poll.interval.ms=30000", "consumer.fetch.message.max.bytes=1000"]), "on_data_loss": policy}
    worker = workers.start(simulator.url, [route(topic)], kafka=small).wait_ready()
    traffic.feed()
    workers.wait_settled(topic)
    worker.signal(signal.SIGSTOP)
    traffic.feed(400)  # more than sockets and queues hold of it
    end = kafka.ends(topic)[0]
    for future in kafka.admin.delete_records([TopicPartition(topic, 0, end - 10)]).values():
        future.result(30)
    worker.signal(signal.SIGCONT)
    event = "partition_stalled" if policy == "stop" else "data_loss"
    [line] = wait_until(lambda: worker.log(event), worker.tail)
    assert "events were deleted before they were read" in line["why"] and f"to {end - 11})" in line["why"], line
    wait_until(lambda: kafka.committed(workers.group, topic)[1] == kafka.ends(topic)[1], "the other partition goes on", timeout=90)
    if policy == "stop":
        holds_for(1, lambda: kafka.committed(workers.group, topic)[0] < end - 10, "nothing is committed over the gap")
        assert not worker.ready()
    else:
        workers.wait_settled(topic)
        worker.wait_ready()
