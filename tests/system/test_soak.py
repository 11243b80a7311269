# SPDX-License-Identifier: Apache-2.0
"""Random faults for SOAK_SECONDS: two to five workers, three brokers, a Salesforce behind a bad line, all invariants. `make soak`; SEED=N repeats the choices.

    chapter   traffic and faults for a minute ──► all is healed ──► everything is settled ──► the checker compares ──► next chapter, other workers still there
    always    the books balance at every scrape; memory under the ceiling, descriptors do not grow

Half of the time is for a route without version guard, where no request may arrive after its worker was given up; half for one with it, where requests are held back and let go later.
"""
import os
import pathlib
import random
import signal
import tempfile
import time

import pytest

from conftest import Workers
from harness.checker import Checker
from harness.cluster import NODES, Cluster
from harness.processes import BUILD
from harness.proxy import ChaosProxy
from harness.traffic import Traffic, prepare, route
from harness.waiting import wait_until
from harness.watch import BooksWatch, descriptors, resident_mib
from test_promise_memory import ceiling_mib

SECONDS = int(os.environ.get("SOAK_SECONDS", 600))
CHAPTER_SECONDS = 45
LEAST, MOST = 2, 5
COMPOSITE = "/services/data/v??.0/composite/*"
LOCKED = [{"statusCode": "UNABLE_TO_LOCK_ROW", "message": "unable to obtain exclusive access to this record", "fields": []}]
BUSY = [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "ConcurrentRequests (Concurrent API Requests) Limit exceeded."}]


class Soak:
    def __init__(self, kafka, group, simulator, guarded, seed):
        prepare(simulator)
        self.kafka, self.group, self.simulator, self.guarded = kafka, group, simulator, guarded
        self.chance = random.Random(seed)
        host, port = simulator.url.removeprefix("http://").split(":")
        self.line = ChaosProxy((host, int(port)))
        self.topic = kafka.create_topic(partitions=6)
        self.traffic = Traffic(kafka, self.topic, keys=90, bad_percent=1, guarded=guarded, seed=seed)
        self.checker = Checker(kafka, self.topic, group.group, group.letters, simulator)
        self.live, self.frozen, self.down = [], [], None
        self.first_look, self.faults = {}, 0
        self.name = 0

    # ---- workers

    def start(self):
        self.name += 1
        self.live.append(self.group.start(
            self.line.url, [route(self.topic, guarded=self.guarded)], name=f"soak-{self.name}",
            salesforce={"instance_url": self.line.url, "timeout_ms": 2000, "ambiguous_hold_ms": 0 if self.guarded else 4000},
            batch={"max_records": 25, "linger_ms": 50}, retry={"max_attempts": 200},  # no storm makes a dead letter: only what is due
            kafka={"commit_map": self.chance.random() < 0.5}))

    def pick(self):
        return self.chance.choice([w for w in self.live if w not in self.frozen] or self.live)

    def kill(self):
        worker = self.pick()
        worker.kill()
        self.checker.border()
        self.live.remove(worker)
        self.frozen = [w for w in self.frozen if w is not worker]
        self.start()

    def stop(self):
        worker = self.pick()
        if worker in self.frozen or not worker.log("starting"):
            return
        assert worker.stop(timeout=40) == 0
        self.live.remove(worker)
        if len(self.live) < LEAST or self.chance.random() < 0.5:
            self.start()

    def more(self):
        if len(self.live) < MOST:
            self.start()

    def freeze(self):
        worker = self.pick()
        worker.signal(signal.SIGSTOP)
        self.frozen.append(worker)

    def thaw(self):
        for worker in self.frozen:
            worker.signal(signal.SIGCONT)
        self.frozen.clear()

    def reload(self):
        worker = self.pick()
        if worker.log("starting"):  # before that it may not even be sfsink yet
            worker.signal(signal.SIGHUP)

    # ---- brokers

    def broker_dies(self):
        if self.down is None:
            self.down = self.chance.choice(NODES)
            self.kafka.kill(self.down)

    def broker_returns(self):
        if self.down is not None:
            self.kafka.restart(self.down)
            self.down = None
            self.kafka.wait_whole()

    # ---- Salesforce and the line to it

    def fault(self, **what):
        self.simulator.control("POST", "/faults", json={"path": COMPOSITE, "times": self.chance.randrange(1, 5), **what})

    def answers(self):
        what = [{"status": 503}, {"status": 503, "headers": {"Retry-After": "1"}}, {"drop": True}, {"drop": True, "applied": True}, {"cut": True}, {"results": -1}, {"results": 1},
                {"status": 200, "body": "<html>down</html>"}, {"status": 403, "body": BUSY}, {"status": 500, "body": []}, {"stall_ms": 1000}, {"stall_ms": 3000}]
        self.fault(**self.chance.choice(what + ([{"stall_ms": 5000, "late": True}] if self.guarded else [])))

    def locks(self):
        self.simulator.control("POST", "/record_faults", json={"object": "Contact", "key": "*", "times": self.chance.randrange(1, 60), "errors": LOCKED})

    def expire(self):
        self.simulator.control("POST", "/tokens/expire")

    def bad_line(self):
        what = self.chance.choice(["cut", "delay", "refuse", "cut_answer_after", "cut_request_after", *(["hold"] if self.guarded else [])])
        if what == "cut":
            self.line.cut()
        elif what == "hold":
            self.line.requests_pass.clear()
        else:
            setattr(self.line, what, {"delay": 0.2, "refuse": True}.get(what, self.chance.randrange(2000)))

    # ---- a chapter

    def strike(self):
        self.faults += 1
        common, rare = [self.answers, self.locks, self.expire, self.bad_line, self.line.fine_again], [self.kill, self.stop, self.more, self.freeze, self.thaw, self.reload, self.thaw]
        brokers = [self.broker_dies, self.broker_returns]
        self.chance.choice(self.chance.choice([common, common, rare, brokers]))()

    def heal(self):
        self.line.fine_again()
        self.simulator.control("DELETE", "/faults")
        self.thaw()
        self.broker_returns()

    def chapter(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.strike()
            self.traffic.feed(self.chance.randrange(1, 4))
            time.sleep(self.chance.random() * 1.5)  # not for anything: so that faults meet every phase
            for worker in self.live:
                worker.must_live()
        self.heal()
        self.traffic.feed()
        self.group.wait_settled(self.topic, timeout=240)
        for worker in self.live:
            worker.wait_ready(120)
        self.checker.borders_of(*self.group.started, doubtful=not self.guarded)
        figures = self.checker.check()
        self.checker.turn_page()
        for worker in self.live:
            self.look(worker)
        return figures

    def look(self, worker):
        memory, open_files = resident_mib(worker.pid, peak=True), descriptors(worker.pid)
        first = self.first_look.setdefault(worker.pid, (memory, open_files))
        assert memory < ceiling_mib(), f"{worker.name}: {memory:.0f} MiB"
        assert open_files <= first[1] + 16, f"{worker.name}: {first[1]} descriptors, now {open_files}"


@pytest.mark.soak
@pytest.mark.timeout(0)
@pytest.mark.parametrize("guarded", [False, True], ids=["no guard", "guard"])
def test_soak(simulator, tmp_path, guarded, capsys):
    """Promises 1 to 9. Matrix 49."""
    seed = int(os.environ.get("SEED", time.time()))
    with tempfile.TemporaryDirectory(prefix="soak-", dir=BUILD, ignore_cleanup_errors=True) as folder:
        kafka = Cluster(pathlib.Path(folder))
        group = Workers(kafka, tmp_path)
        soak = Soak(kafka, group, simulator, guarded, seed)
        try:
            for _ in range(LEAST):
                soak.start()
            end, chapters = time.monotonic() + SECONDS / 2, 0
            with BooksWatch(soak.live) as books:
                while time.monotonic() < end:
                    figures = soak.chapter(CHAPTER_SECONDS)
                    chapters += 1
                    memory = [f"{resident_mib(w.pid):.0f}" for w in soak.live]
                    with capsys.disabled():
                        print(f"\nseed {seed}, {'guard' if guarded else 'no guard'}, chapter {chapters}: {soak.faults} faults, {soak.name} workers so far, {figures}, "
                              f"MiB {' '.join(memory)}, {books.scrapes} scrapes", flush=True)
            for worker in soak.live:
                assert worker.stop(timeout=40) == 0
        finally:
            for worker in group.started:
                worker.signal(signal.SIGCONT)
                if worker.alive():
                    worker.kill()
            soak.line.close()
            kafka.remove()
            group.end()
