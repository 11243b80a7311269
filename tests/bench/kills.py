#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Duplicates for each kill -9 of an insert route without external id, with and without kafka.commit_map (make bench-kills).

Every event is a new record, so that what is sent again is a record too many. Events come all the time; some requests are slow, which keeps the commit point back while the others go
on; the worker is killed at a random moment and started again.
"""
import argparse
import collections
import json
import pathlib
import random
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "system"))

from harness.kafka import Kafka  # noqa: E402
from harness.processes import BUILD  # noqa: E402
from harness.simulator import Simulator  # noqa: E402
from harness.waiting import wait_until  # noqa: E402
from harness.worker import Array, Worker  # noqa: E402

PARTITIONS, RECORDS, IN_FLIGHT, LATENCY_MS = 6, 50, 4, 100
RATE, TICK = 60, 0.1  # events each tick: 600 a second, a third of what the worker can


def settings(kafka, salesforce, group, topic, letters, commit_map):
    return {
        "worker": {"name": "worker", "log_format": "json"},
        "kafka": {"brokers": kafka.brokers, "group": group, "commit_map": commit_map, "properties": Array(["consumer.session.timeout.ms=2000", "consumer.heartbeat.interval.ms=300"])},
        "salesforce": {"auth": {"flow": "client_credentials", "login_url": salesforce.url, "client_id": "bench", "client_secret": "bench"}, "requests_in_flight": IN_FLIGHT},
        "batch": {"max_records": RECORDS, "linger_ms": 100},
        "dead_letter": {"topic": letters},
        "http": {"listen": "127.0.0.1:0"},
        "routes": [{"topic": topic, "format": "row", "object": "Contact", "mode": "insert", "fields": [{"to": "LastName", "from": "name"}]}],
    }


class Round:
    def __init__(self, kafka, folder, commit_map, slow_percent, seed):
        self.kafka, self.folder, self.chance = kafka, pathlib.Path(tempfile.mkdtemp(dir=folder)), random.Random(seed)
        self.salesforce = Simulator(self.folder, "--latency-ms", str(LATENCY_MS))
        self.salesforce.control("PATCH", "/settings", json={"journal_records": 5000000})
        self.topic, self.letters = kafka.create_topic(partitions=PARTITIONS), kafka.create_topic()
        self.settings = settings(kafka, self.salesforce, f"kills-{self.topic}", self.topic, self.letters, commit_map)
        self.slow_percent, self.events, self.starts = slow_percent, 0, 0

    def start(self):
        self.starts += 1
        return Worker(self.folder, f"{self.topic}-{self.starts}", self.settings)

    def tick(self):
        self.kafka.produce(self.topic, [(None, json.dumps({"name": f"n-{self.events + i}"}), {"partition": (self.events + i) % PARTITIONS}) for i in range(RATE)])
        self.events += RATE
        if self.chance.randrange(100) < self.slow_percent:
            self.salesforce.control("POST", "/faults", json={"path": "/services/data/v??.0/composite/*", "times": 1, "stall_ms": 3000})
        return True

    def applied(self, worker):
        return worker.scrape().disposed("applied")

    def run(self, kills):
        """Records too many for each kill."""
        worker = self.start().wait_ready()
        for _ in range(kills):
            goal = self.applied(worker) + self.chance.randrange(1500, 4000)
            wait_until(lambda goal=goal: self.tick() and self.applied(worker) >= goal, worker.tail, timeout=120, every=TICK)
            worker.kill()
            worker = self.start().wait_ready()
        self.kafka_lag_is_zero(worker)
        worker.stop()
        names = collections.Counter(r["LastName"] for r in self.salesforce.control("GET", "/records/Contact")["records"])
        assert len(names) == self.events, f"{self.events - len(names)} events are lost"
        self.salesforce.stop()
        return (sum(names.values()) - self.events) / kills

    def kafka_lag_is_zero(self, worker):
        group = self.settings["kafka"]["group"]
        wait_until(lambda: self.kafka.lag(group, self.topic) == 0, worker.tail, timeout=120, every=0.2)


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--kills", type=int, default=10)
    arguments.add_argument("--seed", type=int, default=1)
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="kills-", dir=BUILD, ignore_cleanup_errors=True) as folder:
        kafka = Kafka(pathlib.Path(folder))
        try:
            print(f"{options.kills} kills a round, {RATE / TICK:.0f} events a second, {RECORDS} records a call, {IN_FLIGHT} calls in flight, {LATENCY_MS} ms a call\n")
            print("| slow calls (3 s) | commit_map | duplicates a kill |\n|---|---|---|", flush=True)
            for slow in (0, 10):
                for commit_map in (False, True):
                    duplicates = Round(kafka, pathlib.Path(folder), commit_map, slow, options.seed).run(options.kills)
                    print(f"| {slow} % of the ticks | {'on' if commit_map else 'off'} | {duplicates:.0f} |", flush=True)
        finally:
            kafka.remove()


if __name__ == "__main__":
    main()
