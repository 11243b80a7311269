# SPDX-License-Identifier: Apache-2.0
"""Three brokers, of which some die; workers that die with them; a network that goes away. (Fault matrix 1, 2, 4 to 9.)"""
import os
import pathlib
import random
import signal
import tempfile

import pytest

from conftest import Workers
from harness.checker import Checker
from harness.cluster import Cluster
from harness.network import Namespace
from harness.processes import BUILD
from harness.proxy import ChaosProxy
from harness.traffic import Traffic, prepare, route
from harness.waiting import wait_until
from harness.watch import BooksWatch

PARTITIONS = 4


@pytest.fixture(scope="module")
def cluster():
    with tempfile.TemporaryDirectory(prefix="cluster-", dir=BUILD, ignore_cleanup_errors=True) as folder:
        three = Cluster(pathlib.Path(folder))
        yield three
        three.remove()


@pytest.fixture
def group(cluster, tmp_path):
    members = Workers(cluster, tmp_path)
    yield members
    members.end()


class Scene:
    """A topic with traffic, a simulator that is not too quick, and who checks all of it."""

    def __init__(self, cluster, group, simulator, **traffic):
        prepare(simulator)
        simulator.control("PATCH", "/settings", json={"latency_ms": 20})
        self.cluster, self.group, self.simulator = cluster, group, simulator
        self.topic = cluster.create_topic(partitions=PARTITIONS)
        self.traffic = Traffic(cluster, self.topic, **traffic)
        self.checker = Checker(cluster, self.topic, group.group, group.letters, simulator)

    def start(self, **more):
        return self.group.start(self.simulator.url, [route(self.topic)], **more)

    def applied(self, *workers):
        return sum(w.scrape().disposed("applied") for w in workers)

    def is_right(self, **more):
        self.group.wait_settled(self.topic, timeout=120)
        self.checker.borders_of(*self.group.started)
        return self.checker.check(**more)


@pytest.fixture
def scene(cluster, group, simulator):
    return Scene(cluster, group, simulator, bad_percent=3)


def test_kill_9_of_brokers_and_workers(scene, cluster):
    """Promises 1, 2, 3, 5: nothing is lost, order by record, commits never too far, while the leaders, the coordinator and workers are killed at random moments.
    Matrix 1, 4, 6, 7."""
    chance = random.Random(os.environ.get("SEED", 7))
    workers = [scene.start().wait_ready(), scene.start().wait_ready()]
    with BooksWatch(scene.group.started) as books:
        for what in ("coordinator", "worker", "leader"):
            scene.traffic.feed(10)
            seen = scene.applied(*workers)
            wait_until(lambda seen=seen: scene.applied(*workers) >= seen + chance.randrange(1, 200), lambda: workers[0].tail(), timeout=90)
            if what == "worker":
                workers.pop(0).kill()
                scene.checker.border()
                workers.append(scene.start())
                continue
            victim = cluster.coordinator(scene.group.group) if what == "coordinator" else cluster.leader(scene.topic)
            cluster.kill(victim)
            scene.traffic.feed(5)
            scene.group.wait_settled(scene.topic, timeout=120)
            scene.checker.check_commits()
            cluster.restart(victim)
            cluster.wait_whole()
        scene.traffic.feed(3)
        figures = scene.is_right()
    assert books.scrapes and figures["letters"]
    assert all(w.stop() == 0 for w in workers)


def test_all_brokers_are_away_longer_than_the_session(scene, cluster):
    """Promises 1, 3: what is in flight while the group is lost is not committed by whom it no longer belongs to. Matrix 5, 8."""
    worker = scene.start().wait_ready()
    scene.traffic.feed(5)
    wait_until(lambda: scene.applied(worker) > 50, worker.tail)
    for node in list(cluster.nodes):
        cluster.nodes[node].signal(signal.SIGSTOP)
    wait_until(lambda: not worker.ready(), "it is not ready", timeout=90)
    for node in list(cluster.nodes):
        cluster.nodes[node].signal(signal.SIGCONT)
    cluster.wait_whole()
    scene.checker.border()
    scene.traffic.feed(5)
    scene.is_right()
    worker.wait_ready()
    assert worker.log("partitions_lost") or scene.applied(worker)


@pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root")
def test_a_network_cut(scene, cluster):
    """Promises 1, 3: a worker whose network is away loses its partitions to another, and comes back without harm. Matrix 5, 10, 13."""
    space = Namespace()
    host, port = scene.simulator.url.removeprefix("http://").split(":")
    doors = [ChaosProxy((host, int(port)), port=int(port), listen_in=space)]
    doors += [ChaosProxy(("127.0.0.1", p), port=p, listen_in=space) for p in cluster.ports.values()]
    try:
        far = scene.start(wrap=space.wrap)
        scene.traffic.feed(3)
        scene.group.wait_settled(scene.topic)
        near = scene.start().wait_ready()
        wait_until(lambda: near.scrape().sum("sfsink_assigned_partitions") == PARTITIONS / 2, "they share the partitions", timeout=60)
        scene.traffic.feed(20)
        space.cut()
        wait_until(lambda: near.scrape().sum("sfsink_assigned_partitions") == PARTITIONS, "the other one has them all", timeout=60)
        for door in doors:
            door.cut()
        scene.checker.border()
        scene.traffic.feed(5)
        scene.group.wait_settled(scene.topic, timeout=90)
        space.heal()
        wait_until(lambda: near.scrape().sum("sfsink_assigned_partitions") == PARTITIONS / 2, "it is back", timeout=90)
        scene.traffic.feed(5)
        scene.is_right()
        assert far.stop() == near.stop() == 0
    finally:
        for door in doors:
            door.close()
        space.remove()
