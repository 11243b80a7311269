#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What each kill -9 of an insert route without external id writes twice, with and without kafka.commit_map (make bench-kills).

Two workers side by side, one with the map and one without, each with its own topic, group and org. Both get the same events at the same moments, meet the
same slow calls and locked records, and are killed at the same moment; all of that is drawn from the seed. Every event is a new record: what is sent again is a record
too many. What is written twice is sorted by when the first of the two was answered:

    in flight   the answer had not come when the worker was killed: comes again whatever a consumer does
    finished    it had; finished since the last commit, or above a commit point that something earlier kept back
    spared      finished above the commit point and not written again: what the map saves
"""
import argparse
import json
import pathlib
import random
import statistics
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "system"))

from harness.kafka import Kafka  # noqa: E402
from harness.processes import BUILD  # noqa: E402
from harness.simulator import Simulator  # noqa: E402
from harness.waiting import wait_until  # noqa: E402
from harness.worker import Array, Worker  # noqa: E402

PARTITIONS, RECORDS, IN_FLIGHT, LATENCY_MS, STALL_MS = 6, 50, 4, 100, 3000
RATE, TICK = 60, 0.1  # events each tick: 600 a second, a third of what the worker can
LOCKED_TIMES, BACKOFF_MS = 3, 4000
ALIVE = (25, 60)  # ticks between its being ready and the kill: it has caught up, and commits every second
LATE = ("nothing", "a call in ten ticks takes 3 s", "a record in 5 s is locked for some 15 s")
NOTHING, CALLS, LOCKS = range(len(LATE))


def settings(kafka, salesforce, group, topic, letters, commit_map):
    return {
        "worker": {"name": "worker", "log_format": "json"},
        "kafka": {"brokers": kafka.brokers, "group": group, "commit_map": commit_map, "properties": Array(["consumer.session.timeout.ms=2000", "consumer.heartbeat.interval.ms=300"])},
        "salesforce": {"auth": {"flow": "client_credentials", "login_url": salesforce.url, "client_id": "bench", "client_secret": "bench"}, "requests_in_flight": IN_FLIGHT},
        "retry": {"backoff_ms": BACKOFF_MS},
        "batch": {"max_records": RECORDS, "linger_ms": 100},
        "dead_letter": {"topic": letters},
        "http": {"listen": "127.0.0.1:0"},
        "routes": [{"topic": topic, "format": "row", "object": "Contact", "mode": "insert", "fields": [{"to": "LastName", "from": "name"}]}],
    }


class Kill:
    def __init__(self, moment_ms, above):
        self.moment_ms, self.above = moment_ms, above  # above: events finished above the commit point
        self.in_flight = self.finished = self.spared = 0

    @property
    def again(self):
        return self.in_flight + self.finished


class Side:
    """One worker, and what its kills cost."""

    def __init__(self, kafka, folder, commit_map):
        self.kafka, self.folder = kafka, pathlib.Path(tempfile.mkdtemp(dir=folder))
        self.salesforce = Simulator(self.folder, "--latency-ms", str(LATENCY_MS))
        self.topic = kafka.create_topic(partitions=PARTITIONS)
        self.settings = settings(kafka, self.salesforce, f"kills-{self.topic}", self.topic, kafka.create_topic(), commit_map)
        self.events = self.read = 0
        self.kills, self.written = [], {}  # written: event -> (life of the worker in which it was written, when that was answered)
        self.start()

    def start(self):
        self.worker = Worker(self.folder, f"worker-{len(self.kills)}", self.settings)

    def feed(self):
        self.kafka.produce(self.topic, [(None, json.dumps({"name": f"n-{self.events + i}"}), {"partition": (self.events + i) % PARTITIONS}) for i in range(RATE)])
        self.events += RATE

    def slow_call(self):
        self.salesforce.control("POST", "/faults", json={"path": "/services/data/v??.0/composite/*", "times": 1, "stall_ms": STALL_MS})

    def lock_next(self):
        lock = {"statusCode": "UNABLE_TO_LOCK_ROW", "message": "unable to obtain exclusive access to this record", "fields": []}
        self.salesforce.control("POST", "/record_faults", json={"object": "Contact", "field": "LastName", "key": f"n-{self.events}", "times": LOCKED_TIMES, "errors": [lock]})

    def kill(self):
        moment_ms = time.monotonic() * 1000
        self.worker.kill()
        self.read_journal()
        committed = self.kafka.committed(self.settings["kafka"]["group"], self.topic)
        above = [e for e, (_life, answered) in self.written.items() if answered < moment_ms and e // PARTITIONS >= committed[e % PARTITIONS]]
        self.kills.append(Kill(moment_ms, above))
        self.start()

    def read_journal(self):
        """The simulator carries a call out when it comes, and answers after the latency and the stall."""
        while True:
            page = self.salesforce.control("GET", "/journal", params={"after": self.read, "limit": 500})
            if not page["entries"]:
                return
            self.read = page["next"]
            for call in page["entries"]:
                answered = call["at_ms"] + LATENCY_MS + (STALL_MS if "fault" in call else 0)
                for record in call.get("records", []):
                    if record["success"]:
                        self.note(int(record["values"]["LastName"][2:]), answered)

    def note(self, event, answered):
        """A second time counts for the kill that ended the life of the first."""
        if event in self.written:
            life, first_answered = self.written[event]
            kill = self.kills[life]
            if first_answered < kill.moment_ms:
                kill.finished += 1
            else:
                kill.in_flight += 1
        self.written[event] = (len(self.kills), answered)

    def end(self):
        group = self.settings["kafka"]["group"]
        wait_until(lambda: self.kafka.lag(group, self.topic) == 0, self.worker.tail, timeout=180, every=0.2)
        self.worker.stop()
        self.read_journal()
        self.salesforce.stop()
        assert len(self.written) == self.events, f"{self.events - len(self.written)} events are lost"
        for life, kill in enumerate(self.kills):
            kill.spared = sum(self.written[e][0] <= life for e in kill.above)


def live(sides, chance, late):
    """Both until they are killed, on one clock."""
    for side in sides:
        side.worker.wait_ready()
    due = time.monotonic()
    for _ in range(chance.randint(*ALIVE)):
        drawn = chance.random()
        for side in sides:
            if late == CALLS and drawn < 0.1:
                side.slow_call()
            if late == LOCKS and drawn < TICK / 5:
                side.lock_next()
            side.feed()
        due += TICK
        time.sleep(max(0, due - time.monotonic()))


def measure(kafka, folder, late, kills, seed):
    chance = random.Random(seed)
    sides = [Side(kafka, folder, commit_map) for commit_map in (False, True)]
    for i in range(kills):
        live(sides, chance, late)
        for side in sides if i % 2 else reversed(sides):
            side.kill()
    for side in sides:
        side.end()
    return sides


def spread(values):
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return f"{middle:.0f} ({low:.0f} to {high:.0f}, most {max(values)})"


def row(late, side):
    of = {name: [getattr(kill, name) for kill in side.kills] for name in ("again", "in_flight", "finished", "spared")}
    cells = [LATE[late], "on" if side.settings["kafka"]["commit_map"] else "off", spread(of["again"]), *(f"{statistics.median(of[n]):.0f}" for n in ("in_flight", "finished", "spared"))]
    return "| " + " | ".join(cells) + " |"


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--kills", type=int, default=30, help="for each row of the table")
    arguments.add_argument("--seed", type=int, default=1)
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="kills-", dir=BUILD, ignore_cleanup_errors=True) as folder:
        kafka = Kafka(pathlib.Path(folder))
        try:
            print(f"{options.kills} kills a row, {RATE / TICK:.0f} events a second, {RECORDS} records a call, {IN_FLIGHT} calls in flight, {LATENCY_MS} ms a call;")
            print("records a kill: median (quartiles, most)\n")
            print("| late | commit_map | written twice | in flight | finished | spared |\n|---|---|---|---|---|---|", flush=True)
            for late in range(len(LATE)):
                for side in measure(kafka, pathlib.Path(folder), late, options.kills, options.seed):
                    print(row(late, side), flush=True)
        finally:
            kafka.remove()


if __name__ == "__main__":
    main()
