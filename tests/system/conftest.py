# SPDX-License-Identifier: Apache-2.0
"""Fixtures: one Kafka a run, everything else a test's own."""
import itertools
import os
import tempfile
import pathlib

import pytest

from harness.checker import Checker
from harness.kafka import Kafka
from harness.org import Org
from harness.processes import BUILD
from harness.simulator import Simulator
from harness.traffic import prepare
from harness.waiting import wait_until
from harness.worker import Array, Worker, merged
from strict_salesforce import StrictSalesforce

NUMBERS = itertools.count(1)
SECRET = "secret-word-1"


@pytest.fixture(scope="session")
def kafka():
    BUILD.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="kafka-run-", dir=BUILD, ignore_cleanup_errors=True) as folder:
        cluster = Kafka(pathlib.Path(folder))
        yield cluster
        cluster.remove()


@pytest.fixture
def salesforce():
    """The strict stand-in; whatever the test is about, the client has to be correct towards it."""
    org = StrictSalesforce(latency=0.005).start()
    yield org
    org.stop()
    org.assert_strict()


@pytest.fixture
def simulator(tmp_path):
    sim = Simulator(tmp_path)
    yield sim
    sim.stop()


@pytest.fixture(scope="module")
def running(request, tmp_path_factory):
    """One simulator for a module; its SIMULATOR_OPTIONS, if it has any, are those of sfsink sim."""
    sim = Simulator(tmp_path_factory.mktemp("sim"), *getattr(request.module, "SIMULATOR_OPTIONS", ()))
    yield sim
    sim.stop()


@pytest.fixture
def org(running):
    """The module's simulator, emptied, as raw requests."""
    running.control("POST", "/reset")
    return Org(running)


class Workers:
    """Starts workers of one group; whatever is left of them ends with the test."""

    def __init__(self, kafka, folder):
        self.kafka, self.folder = kafka, folder
        self.number = next(NUMBERS)
        self.group = f"g-{os.getpid()}-{self.number}"
        self.letters = kafka.create_topic(f"letters-{os.getpid()}-{self.number}")
        self.started = []

    def settings(self, url, routes, **more):
        base = {
            "worker": {"name": "worker", "log_level": "info", "log_format": "json"},
            "kafka": {"brokers": self.kafka.brokers, "group": self.group,
                      "properties": Array(["consumer.session.timeout.ms=3000", "consumer.heartbeat.interval.ms=500"])},
            "salesforce": {"auth": {"flow": "client_credentials", "login_url": url, "client_id": "tests", "client_secret": SECRET},
                           "timeout_ms": 10000, "ambiguous_hold_ms": 500},
            "batch": {"linger_ms": 100},
            "retry": {"backoff_ms": 50, "backoff_max_ms": 500},
            "shutdown_ms": 10000,
            "dead_letter": {"topic": self.letters},
            "http": {"listen": "127.0.0.1:0"},
        }
        return merged(base, {**more, "routes": routes})

    def start(self, url, routes, name=None, wrap=(), environment=None, **more):
        name = name or f"worker-{len(self.started) + 1}"
        settings = self.settings(url, routes, **merged({"worker": {"name": name}}, more))
        worker = Worker(self.folder, name, settings, wrap, environment)
        self.started.append(worker)
        return worker

    def wait_settled(self, *topics, timeout=60):
        """The group has committed every message of the topics."""

        def settled():
            for worker in self.started:
                if worker.process.returncode is None:
                    worker.must_live()
            return self.kafka.lag(self.group, *topics) == 0

        wait_until(settled, lambda: f"all is committed: {self.kafka.lag(self.group, *topics)} left\n" +
                   "\n".join(w.tail() for w in self.started if w.alive()), timeout=timeout, every=0.1)

    def end(self):
        for worker in self.started:
            if worker.alive():
                worker.kill()
        self.kafka.forget(self.group)
        for worker in self.started:  # whatever a test does
            assert SECRET not in worker.text(), "the client secret is in a log"


@pytest.fixture
def workers(kafka, tmp_path):
    group = Workers(kafka, tmp_path)
    yield group
    group.end()


@pytest.fixture(scope="module")
def module_workers(kafka, tmp_path_factory):
    group = Workers(kafka, tmp_path_factory.mktemp("workers"))
    yield group
    group.end()


# ---- what most promises are checked with

@pytest.fixture
def topic(request, kafka, simulator):
    """A source of Traffic; as many partitions as the module's PARTITIONS says, else two."""
    prepare(simulator)
    return kafka.create_topic(partitions=getattr(request.module, "PARTITIONS", 2))


@pytest.fixture
def checker(kafka, workers, simulator, topic):
    return Checker(kafka, topic, workers.group, workers.letters, simulator)
