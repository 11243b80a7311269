# SPDX-License-Identifier: Apache-2.0
"""Dead letters that cannot be written, or whose commit does not arrive. (Promises 1, 5, 7; fault matrix 3, 35, 36.)"""
import collections
import hashlib
import json
import os

import pytest
from confluent_kafka.admin import AclOperation, ResourceType

from harness.checker import Checker
from harness.dead_letters import read_letters
from harness.network import Namespace
from harness.proxy import OFFSET_COMMIT, ChaosProxy, KafkaDoor
from harness.traffic import Traffic, prepare, route
from harness.waiting import holds_for, wait_until
from harness.worker import Array

IMPATIENT = {"properties": Array(["consumer.session.timeout.ms=6000", "consumer.heartbeat.interval.ms=500", "producer.message.timeout.ms=2000"])}


class Scene:
    def __init__(self, kafka, workers, simulator, bad_percent=20):
        prepare(simulator)
        self.kafka, self.workers, self.simulator = kafka, workers, simulator
        self.topic = kafka.create_topic(partitions=3)
        self.traffic = Traffic(kafka, self.topic, bad_percent=bad_percent)
        self.checker = Checker(kafka, self.topic, workers.group, workers.letters, simulator)

    def start(self, **more):
        return self.workers.start(self.simulator.url, [route(self.topic)], **{"kafka": IMPATIENT, **more})

    def letters(self):
        return read_letters(self.kafka, self.workers.letters)

    def waits(self, worker):
        """Nothing has a commit that has no letter, and it is said."""
        wait_until(lambda: any("dead-letter" in r for r in worker.reasons()), lambda: f"it says so: {worker.reasons()}\n{worker.tail()}", timeout=60)
        assert worker.get("/healthz").status_code == 200
        self.checker.check_commits()

    def is_right(self, worker, **more):
        self.workers.wait_settled(self.topic, timeout=120)
        figures = self.checker.check(**more)
        worker.wait_ready()
        return figures


@pytest.fixture
def scene(kafka, workers, simulator):
    return Scene(kafka, workers, simulator)


@pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root")
def test_kill_9_between_the_letter_and_the_commit(scene, kafka, workers, simulator):
    """Promises 1, 5: letters that are acknowledged and not committed are written again, with the same coordinates and the same content, and no more than those. Matrix 3."""
    space = Namespace()
    broker, salesforce = int(kafka.brokers.split(":")[1]), int(simulator.url.rsplit(":", 1)[1])
    doors = [KafkaDoor(("127.0.0.1", broker), port=broker, listen_in=space), ChaosProxy(("127.0.0.1", salesforce), port=salesforce, listen_in=space)]
    try:
        worker = scene.start(wrap=space.wrap)
        scene.traffic.feed()
        workers.wait_settled(scene.topic)
        first = {(x["partition"], x["offset"]) for x in scene.letters()}
        doors[0].hold(OFFSET_COMMIT)
        scene.traffic.feed(2)
        due = sum(e.bad for e in scene.checker.events())
        wait_until(lambda: len(scene.letters()) == due, lambda: f"the letters are there\n{worker.tail()}")
        wait_until(lambda: doors[0].arrived, "a commit is on its way")
        worker.kill()
        scene.checker.border()
    finally:
        for door in doors:
            door.cut()
            door.close()
        space.remove()
    assert kafka.lag(workers.group, scene.topic) == 120, "no commit arrived"
    figures = scene.is_right(scene.start())
    assert figures["letters"] == due and figures["letters_twice"] == due - len(first)
    copies = collections.defaultdict(list)
    for x in scene.letters():
        copies[x["partition"], x["offset"]].append((x.key, x.value, x.timestamp, x["error.code"], x["stage"], x["record.key"], x["replays"]))
    assert all(len(set(same)) == 1 for same in copies.values()), "both say the same"
    assert all(len(same) == (1 if place in first else 2) for place, same in copies.items())


def test_the_topic_is_missing_at_the_start(scene, workers):
    """Promise 7, section 5: without its dead-letter topic no worker starts, and nothing is read; it says how to make it. Matrix 35."""
    scene.traffic.feed()
    worker = scene.start(dead_letter={"topic": f"{workers.letters}-none"})
    assert worker.wait(60) == 78
    assert f"{workers.letters}-none" in worker.text() and "--create" in worker.text()
    assert scene.kafka.lag(workers.group, scene.topic) == 60
    scene.is_right(scene.start(), twice_allowed=False)


def test_the_topic_is_deleted_under_a_worker(scene, kafka, workers):
    """Promises 1, 7: without its dead-letter topic work waits; when it is there again, all letters that are due arrive, and only those. Matrix 35."""
    worker = scene.start().wait_ready()
    scene.traffic.bad_percent = 0
    scene.traffic.feed()
    workers.wait_settled(scene.topic)
    kafka.delete_topic(workers.letters)
    scene.traffic.bad_percent = 20
    scene.traffic.feed(3)
    wait_until(lambda: any("dead-letter" in r for r in worker.reasons()), lambda: f"it says so: {worker.reasons()}\n{worker.tail()}", timeout=60)
    before = kafka.committed(workers.group, scene.topic)
    holds_for(1, lambda: kafka.committed(workers.group, scene.topic) == before, "nothing more is committed")
    kafka.create_topic(workers.letters)
    scene.is_right(worker)


def test_the_topic_refuses(scene, kafka, workers):
    """Promises 1, 7: where a worker may not write its letters, work waits until it may. Matrix 35."""
    worker = scene.start().wait_ready()
    scene.traffic.feed()
    workers.wait_settled(scene.topic)
    kafka.deny(ResourceType.TOPIC, workers.letters, AclOperation.WRITE)
    scene.traffic.feed(3)
    scene.waits(worker)
    kafka.allow(ResourceType.TOPIC, workers.letters)
    scene.is_right(worker)


def test_a_worker_is_killed_while_its_letters_wait(scene, kafka, workers):
    """Promises 1, 5: the next one has the same letters to write, and the commits that wait for them. Matrix 3, 35."""
    worker = scene.start().wait_ready()
    scene.traffic.feed()
    workers.wait_settled(scene.topic)
    kafka.alter_topic(workers.letters, max_message_bytes=10)
    scene.traffic.feed(3)
    scene.waits(worker)
    worker.kill()
    scene.checker.border()
    worker = scene.start()
    scene.waits(worker)
    kafka.alter_topic(workers.letters, max_message_bytes=1048588)
    scene.is_right(worker)


@pytest.mark.parametrize("room", [100000, 20000, 2500])
def test_letters_that_are_too_large(scene, kafka, workers, room):
    """Promise 1: an event that its dead-letter topic has no room for is kept as a stub, which says how large it was and its hash. What fits by itself is whole,
    also where the topic has no room for several together. Matrix 36."""
    kafka.alter_topic(workers.letters, max_message_bytes=room)
    worker = scene.start().wait_ready()
    scene.traffic.bad_percent = 60
    messages = []
    for number in range(60):
        scene.traffic.padding = (0, 12000, 50000)[number // 3 % 3]
        messages.append(scene.traffic.event(number))
    kafka.produce(scene.topic, messages)
    scene.is_right(worker, twice_allowed=False)
    events = {(m.partition(), m.offset()): m.value() for m in kafka.read_all(scene.topic)}
    stubs = 0
    for letter in scene.letters():
        value = events[int(letter["partition"]), int(letter["offset"])]
        assert json.loads(value)["id"] == letter.key.decode()
        if len(value) + 2000 < room:  # the rest is headers
            assert letter.value == value and "value.omitted" not in letter
        elif len(value) > room:
            stubs += 1
            assert not letter.value and letter["value.omitted"] == str(len(value)) and letter["value.sha256"] == hashlib.sha256(value).hexdigest()
    assert bool(stubs) == (room < 50000)
