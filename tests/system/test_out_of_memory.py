# SPDX-License-Identifier: Apache-2.0
"""The n-th allocation fails: the worker ends, says so, and has committed nothing that is not settled; the next one finishes the work.

The allocations of a run that is left alone are counted first; then the n-th fails, for n spread over all of them, and at last one beyond the
end, which must pass untouched. An allocation of the worker itself ends it with exit status 70; one of a library ends it as that library does,
or is survived. (Promise 1; fault matrix 43.)
"""
import shutil
import signal
import subprocess

import pytest

from harness.dead_letters import read_letters
from harness.processes import BUILD, ROOT, Process, binary, clean_environment
from harness.waiting import wait_until
from harness.worker import Array, config_text

EVENTS, KEYS = 120, 30
SOURCE = ROOT / "tests/system/shims/failing_malloc.c"

pytestmark = pytest.mark.skipif("address" in str(binary()) or "thread" in str(binary()) or not shutil.which("gcc"),
                                reason="a sanitizer has its own malloc")


@pytest.fixture(scope="module")
def shim():
    made = BUILD / "failing_malloc.so"
    subprocess.run(["gcc", "-O2", "-shared", "-fPIC", "-o", made, SOURCE], check=True)
    return made


def event(i):
    """Change i: of one of the keys; every tenth is one that no record can be made of."""
    key = f"m-{i % KEYS}"
    return key, {"id": key, "name": None if i % 10 == 9 else f"name {i}", "seq": i}


class World:
    """One topic, read by one group after another; each run has a folder, a group and letters of its own."""

    def __init__(self, kafka, workers, salesforce, folder):
        self.kafka, self.workers, self.salesforce, self.folder = kafka, workers, salesforce, folder
        self.topic = kafka.create_topic()
        kafka.produce(self.topic, [event(i) for i in range(EVENTS)])
        self.runs = 0

    def new_run(self):
        self.runs += 1
        self.salesforce.new_era()
        with self.salesforce.lock:
            self.salesforce.records.clear()
            self.salesforce.ids.clear()
            self.salesforce.last_sequence.clear()
        self.group = f"{self.workers.group}-{self.runs}"
        self.letters = self.kafka.create_topic(f"{self.workers.letters}-{self.runs}")
        fields = [{"to": "External_Id__c", "from": "id"}, {"to": "LastName", "from": "name", "required": True}, {"to": "Seq__c", "from": "seq"}]
        route = {"topic": self.topic, "format": "row", "object": "Contact", "external_id": "External_Id__c", "fields": fields}
        settings = self.workers.settings(
            self.salesforce.url, [route], dead_letter={"topic": self.letters}, batch={"linger_ms": 20, "max_records": 20},
            kafka={"group": self.group, "properties": Array(["consumer.group.instance.id=one", "consumer.session.timeout.ms=6000"])})
        self.file = self.folder / f"run-{self.runs}.cfg"
        self.file.write_text(config_text(settings))

    def start(self, log="run", **environment):
        return Process([binary(), "run", "-c", self.file], self.folder / f"{log}-{self.runs}.log", clean_environment(**environment))

    def settled(self):
        return self.kafka.lag(self.group, self.topic) == 0

    def check_prefix(self):
        """Of what is committed, each event is in the org (itself, or a later one of its key) or among the letters."""
        committed = self.kafka.committed(self.group, self.topic)[0]
        there = {key: fields["Seq__c"] for key, fields in self.salesforce.by_key("Contact").items()}
        letters = {int(letter["offset"]) for letter in read_letters(self.kafka, self.letters)}
        for i in range(committed):
            assert i in letters or there.get(f"m-{i % KEYS}", -1) >= i, f"event {i} is committed ({committed}), and nowhere"

    def finish(self):
        """A worker that is left alone takes over, and everything is there."""
        self.salesforce.new_era()
        worker = self.start("last")  # what the one before it wrote says nothing of this one
        wait_until(lambda: '"assigned"' in worker.text() and self.settled(), worker.text, timeout=60, every=0.1)
        assert worker.stop() == 0
        self.check_prefix()
        last = {key: max(i for i in range(EVENTS) if f"m-{i % KEYS}" == key and i % 10 != 9) for key in (f"m-{k}" for k in range(KEYS)) if
                any(i % 10 != 9 for i in range(EVENTS) if f"m-{i % KEYS}" == key)}
        assert {key: fields["Seq__c"] for key, fields in self.salesforce.by_key("Contact").items()} == last


@pytest.fixture
def world(kafka, workers, salesforce, tmp_path):
    return World(kafka, workers, salesforce, tmp_path)


def run_to_the_end(world, shim, **environment):
    """Until all is settled or the worker is gone; its exit status."""
    world.new_run()
    worker = world.start(LD_PRELOAD=str(shim), **environment)
    wait_until(lambda: not worker.alive() or world.settled(), worker.text, timeout=60, every=0.1)
    return worker.stop(), worker.text()


def count(world, shim, whose):
    file = world.folder / f"count-{whose}"
    status, _text = run_to_the_end(world, shim, FAILING_MALLOC_WHOSE=whose, FAILING_MALLOC_COUNT=str(file))
    assert status == 0
    return int(file.read_text())


def spread(n, parts):
    return [1 + i * (n - 1) // (parts - 1) for i in range(parts)]


@pytest.mark.parametrize("whose, parts", [("own", 6), pytest.param("own", 60, marks=pytest.mark.slow), ("any", 4),
                                          pytest.param("any", 60, marks=pytest.mark.slow)])
def test_the_nth_allocation_fails(world, shim, whose, parts):
    """Promise 1: whichever allocation fails, nothing is committed that is not settled, and the next worker finishes all. Matrix 43."""
    total = count(world, shim, whose)
    assert total > 1000, total
    for nth in spread(total * 9 // 10, parts):
        status, text = run_to_the_end(world, shim, FAILING_MALLOC_AT=str(nth), FAILING_MALLOC_WHOSE=whose)
        if status == 0 and nth > total // 3:
            continue  # a busy machine makes more of them while nothing is to be done
        if whose == "own":
            assert status == 70 and "memory: exhausted" in text, (nth, status, text[-1000:])
        else:
            assert status in (0, 69, 70, 78, -signal.SIGABRT), (nth, status, text[-1000:])
        world.check_prefix()
        world.finish()
    status, text = run_to_the_end(world, shim, FAILING_MALLOC_AT=str(100 * total), FAILING_MALLOC_WHOSE=whose)
    assert status == 0, text[-1000:]
