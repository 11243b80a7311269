# SPDX-License-Identifier: Apache-2.0
"""What Kafka does to a worker: offsets that are gone, transactions, ownership that ends, topics that are missing."""
import json
import signal
import uuid

import pytest
from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import NewPartitions

from harness.dead_letters import read_letters
from harness.events import created, updated
from harness.waiting import holds_for, wait_until
from harness.worker import Array

FIELDS = [{"to": "External_Id__c", "from": "id"}, {"to": "LastName", "from": "name"}, {"to": "Seq__c", "from": "seq"}]


def route(topic, **more):
    return {"topic": topic, "format": "debezium", "object": "Contact", "external_id": "External_Id__c", "fields": FIELDS, **more}


def row(key, seq=1):
    return {"id": key, "name": "Ada", "seq": seq}


def feed(kafka, topic, start, n):
    kafka.produce(topic, [created(row(f"g-{i}", i + 1)) for i in range(start, start + n)])


def cut(kafka, topic, offset):
    """Removes everything below the offset, as retention does."""
    for future in kafka.admin.delete_records([TopicPartition(topic, 0, offset)]).values():
        future.result(30)


def keys(salesforce):
    return set(salesforce.by_key("Contact"))


@pytest.fixture
def behind(kafka, workers, salesforce):
    """A topic whose group stands at offset 10; of the next ten events five are gone."""
    topic = kafka.create_topic()
    feed(kafka, topic, 0, 10)
    worker = workers.start(salesforce.url, [route(topic)])
    workers.wait_settled(topic)
    assert worker.stop() == 0
    feed(kafka, topic, 10, 10)
    cut(kafka, topic, 15)
    return topic


def test_events_that_are_gone_stop_their_partition(kafka, workers, salesforce, behind):
    other = kafka.create_topic()
    worker = workers.start(salesforce.url, [route(behind), route(other)])
    wait_until(lambda: worker.log("partition_stalled"), worker.tail)
    assert "5 events were deleted before they were read (offsets 10 to 14)" in worker.log("partition_stalled")[0]["why"]
    wait_until(lambda: any("offsets 10 to 14" in r for r in worker.reasons()), "it is not ready, and says why")
    kafka.produce(other, [created(row("other"))])
    workers.wait_settled(other)
    assert keys(salesforce) == {f"g-{i}" for i in range(10)} | {"other"}
    assert kafka.committed(workers.group, behind) == {0: 10}
    assert worker.stop() == 0


def test_events_that_are_gone_are_announced(kafka, workers, salesforce, behind):
    worker = workers.start(salesforce.url, [route(behind)], kafka={"on_data_loss": "continue"})
    workers.wait_settled(behind)
    [line] = worker.log("data_loss")
    assert "5 events were deleted" in line["why"]
    assert keys(salesforce) == {f"g-{i}" for i in range(20) if not 10 <= i < 15}
    assert worker.wait_ready().stop() == 0


@pytest.mark.parametrize("policy", ["stop", "continue"])
def test_an_offset_beyond_the_log(kafka, workers, salesforce, policy):
    topic = kafka.create_topic()
    feed(kafka, topic, 0, 5)
    kafka.set_committed(workers.group, topic, {0: 100})
    worker = workers.start(salesforce.url, [route(topic)], kafka={"on_data_loss": policy})
    event = "partition_stalled" if policy == "stop" else "data_loss"
    wait_until(lambda: worker.log(event), worker.tail)
    assert "offset 100 is beyond the log, which ends at 5" in worker.log(event)[0]["why"]
    if policy == "stop":
        holds_for(1.5, lambda: not keys(salesforce), "nothing is read again on a guess")
    else:
        workers.wait_settled(topic)
        assert len(keys(salesforce)) == 5


def test_a_log_made_anew_under_a_running_worker(kafka, workers, salesforce):
    """What comes at offsets that the old log had, too, is no repetition."""
    topic = kafka.create_topic()
    worker = workers.start(salesforce.url, [route(topic)], kafka={"on_data_loss": "continue"}).wait_ready()
    feed(kafka, topic, 0, 10)
    workers.wait_settled(topic)
    worker.signal(signal.SIGSTOP)  # it does not see the topic go
    kafka.delete_topic(topic)
    kafka.create_topic(topic)
    feed(kafka, topic, 100, 5)
    worker.signal(signal.SIGCONT)
    wait_until(lambda: {f"g-{i}" for i in range(100, 105)} <= keys(salesforce), worker.tail)
    assert "offset 10 is beyond the log, which ends at 5" in worker.log("data_loss")[0]["why"]
    workers.wait_settled(topic)
    assert kafka.committed(workers.group, topic) == {0: 5}
    assert worker.wait_ready().stop() == 0


def test_a_transactional_topic_is_read_to_its_end(kafka, workers, salesforce):
    topic = kafka.create_topic()
    producer = Producer({"bootstrap.servers": kafka.brokers, "transactional.id": uuid.uuid4().hex})
    producer.init_transactions(30)
    for seq in (1, 2, 3):
        producer.begin_transaction()
        for i in range(3):
            key, value = created(row(f"t-{i}", seq))
            producer.produce(topic, key=key, value=json.dumps(value))
        producer.abort_transaction(30) if seq == 3 else producer.commit_transaction(30)
    worker = workers.start(salesforce.url, [route(topic)])
    workers.wait_settled(topic)  # the markers and the aborted events count as lag until they are committed
    assert {k: v["Seq__c"] for k, v in salesforce.by_key("Contact").items()} == {f"t-{i}": 2 for i in range(3)}
    wait_until(lambda: worker.scrape().sum("sfsink_partition_lag") == 0, "its own figure is 0 too")


def test_a_worker_that_was_replaced_while_it_stood_still_sends_nothing(kafka, workers, salesforce):
    topic = kafka.create_topic(partitions=2)
    first = workers.start(salesforce.url, [route(topic)]).wait_ready()
    first.signal(signal.SIGSTOP)  # what is produced now waits in its sockets
    kafka.produce(topic, [created(row(f"z-{i}", 1)) for i in range(20)])
    second = workers.start(salesforce.url, [route(topic)]).wait_ready(timeout=90)
    kafka.produce(topic, [updated(row(f"z-{i}", 2)) for i in range(20)])
    wait_until(lambda: [v["Seq__c"] for v in salesforce.by_key("Contact").values()] == [2] * 20, second.tail)
    writes = salesforce.writes
    first.signal(signal.SIGCONT)
    wait_until(lambda: first.log("partitions_lost"), first.tail)
    holds_for(1, lambda: salesforce.writes == writes, "the first one writes nothing more")
    workers.wait_settled(topic)
    consumed, ended = first.scrape().books()
    assert consumed == ended


def test_the_start_of_a_new_group(kafka, workers, salesforce):
    topic = kafka.create_topic()
    feed(kafka, topic, 0, 5)
    first = workers.start(salesforce.url, [route(topic)], kafka={"start": "latest"}).wait_ready()
    wait_until(lambda: kafka.committed(workers.group, topic) == {0: 5}, "where it began is committed: a restart begins there too")
    first.kill()
    feed(kafka, topic, 5, 5)
    workers.start(salesforce.url, [route(topic)], kafka={"start": "latest"})
    workers.wait_settled(topic)
    assert keys(salesforce) == {f"g-{i}" for i in range(5, 10)}


def test_a_topic_that_is_made_later(kafka, workers, salesforce):
    there, later = kafka.create_topic(), f"later-{uuid.uuid4().hex[:8]}"
    quick = {"properties": Array(["consumer.topic.metadata.refresh.interval.ms=1000"])}
    worker = workers.start(salesforce.url, [route(there), route(later)], kafka=quick)
    wait_until(lambda: any(later in r for r in worker.reasons()), lambda: f"it says what is missing: {worker.reasons()}")
    feed(kafka, there, 0, 1)
    workers.wait_settled(there)
    kafka.create_topic(later)
    feed(kafka, later, 1, 1)
    workers.wait_settled(later)
    worker.wait_ready()


def test_with_latest_a_new_partition_is_read_from_its_beginning(kafka, workers, salesforce):
    topic = kafka.create_topic()
    kafka.produce(topic, [created(row("old"))])
    fast = ["consumer.session.timeout.ms=3000", "consumer.heartbeat.interval.ms=500", "topic.metadata.refresh.interval.ms=2000"]
    worker = workers.start(salesforce.url, [route(topic)], kafka={"start": "latest", "properties": Array(fast)})
    wait_until(lambda: worker.scrape().sum("sfsink_assigned_partitions") == 1, "it is assigned")
    for done in kafka.admin.create_partitions([NewPartitions(topic, 3)]).values():
        done.result(30)
    direct = Producer({"bootstrap.servers": kafka.brokers})  # one that does not know the topic as it was
    for partition in range(3):
        key, value = created(row(f"new-{partition}"))
        direct.produce(topic, key=key, value=json.dumps(value), partition=partition)
    assert direct.flush(30) == 0
    wait_until(lambda: keys(salesforce) == {"new-0", "new-1", "new-2"}, lambda: f"all new ones are there: {keys(salesforce)}", timeout=30)


def test_a_pattern_takes_its_topics(kafka, workers, salesforce):
    name = uuid.uuid4().hex[:8]
    one, two, _other = (kafka.create_topic(f"p-{name}.{n}") for n in ("one", "two", "three"))
    worker = workers.start(salesforce.url, [route(f"^p-{name}\\.(one|two)$")])
    feed(kafka, one, 0, 2)
    feed(kafka, two, 2, 2)
    feed(kafka, _other, 4, 2)
    workers.wait_settled(one, two)
    assert keys(salesforce) == {f"g-{i}" for i in range(4)}
    wait_until(lambda: worker.scrape().sum("sfsink_assigned_partitions") == 2, "it has the two")


def test_an_event_that_failed_too_often_is_parked(kafka, workers, salesforce):
    topic, parking = kafka.create_topic(), kafka.create_topic()
    again = [("sfsink.replays", b"3"), ("sfsink.topic", topic.encode()), ("sfsink.partition", b"0"), ("sfsink.offset", b"7")]
    kafka.produce(topic, [("k", "no JSON"), ("k", "no JSON", {"headers": again})])
    workers.start(salesforce.url, [route(topic)], dead_letter={"parking_topic": parking, "max_replays": 3})
    workers.wait_settled(topic)
    [letter], [parked] = read_letters(kafka, workers.letters), read_letters(kafka, parking)
    assert letter["replays"] == "0" and parked["replays"] == "3" and parked["offset"] == "7"


def test_a_missing_parking_topic_is_78(kafka, workers, salesforce):
    worker = workers.start(salesforce.url, [route(kafka.create_topic())], dead_letter={"parking_topic": "no-such-topic"})
    assert worker.wait() == 78
    assert "dead_letter.parking_topic" in worker.text() and "--create --topic no-such-topic" in worker.text()


@pytest.mark.parametrize("line, words", [
    ("no.such.thing=1", "kafka.properties[0]"),
    ("session.timeout.ms=soon", "kafka.properties[0]"),
    ("group.id=mine", "kafka.properties[0]"),
])
def test_properties_that_cannot_be(kafka, workers, salesforce, line, words):
    worker = workers.start(salesforce.url, [route(kafka.create_topic())], kafka={"properties": Array([line])})
    assert worker.wait() == 78
    assert words in worker.text() and line.split("=")[0] in worker.text()


def test_a_record_in_two_partitions_is_warned_of_and_counted(kafka, workers, salesforce):
    topic = kafka.create_topic(partitions=2)
    kafka.produce(topic, [(*created(row("a")), {"partition": 0}), (*updated(row("a")), {"partition": 1})])
    worker = workers.start(salesforce.url, [route(topic)])
    workers.wait_settled(topic)
    wait_until(lambda: worker.scrape().sum("sfsink_cross_partition_events_total") == 1, "it is counted")
    assert wait_until(lambda: worker.log("record_in_several_partitions"), "it is warned of")[0]["level"] == "warn"
