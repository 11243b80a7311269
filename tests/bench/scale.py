#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Throughput against workers: one to four on a topic of twelve partitions, with a Salesforce that takes 200 ms a call (make bench-scale).

Each round has a group, a simulator and events of its own. The workers share the partitions before the first event is produced; the clock runs from there
until Salesforce has confirmed the last. All rounds are of one run on one machine: compare the ratios, not the figures of two machines.
"""
import argparse
import json
import os
import pathlib
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "system"))

from harness.kafka import Kafka  # noqa: E402
from harness.processes import BUILD  # noqa: E402
from harness.simulator import Simulator  # noqa: E402
from harness.waiting import wait_until  # noqa: E402
from harness.worker import Array, Worker  # noqa: E402

PARTITIONS = 12
LATENCY_MS = 200
IN_FLIGHT, RECORDS = 2, 100  # a fourth of the defaults: Salesforce shall be the limit of four workers, not this machine


def settings(kafka, salesforce, group, topic, letters, name):
    return {
        "worker": {"name": name, "log_format": "json"},
        "kafka": {"brokers": kafka.brokers, "group": group, "properties": Array(["consumer.session.timeout.ms=6000"])},
        "salesforce": {"auth": {"flow": "client_credentials", "login_url": salesforce.url, "client_id": "bench", "client_secret": "bench"},
                       "requests_in_flight": IN_FLIGHT},
        "batch": {"max_records": RECORDS},
        "dead_letter": {"topic": letters},
        "http": {"listen": "127.0.0.1:0"},
        "routes": [{"topic": topic, "format": "row", "object": "Contact", "external_id": "External_Id__c",
                    "fields": [{"to": "External_Id__c", "from": "id"}, {"to": "LastName", "from": "name"}, {"to": "Email", "from": "email"}]}],
    }


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mib(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def round_of(count, events, kafka, folder):
    """Seconds, CPU seconds of all workers, MiB of the largest, calls."""
    topic, letters = kafka.create_topic(partitions=PARTITIONS), kafka.create_topic()
    salesforce = Simulator(folder, "--latency-ms", str(LATENCY_MS))
    group = f"scale-{count}-{topic}"
    workers = [Worker(folder, f"{group}-{i}", settings(kafka, salesforce, group, topic, letters, f"worker-{i}")) for i in range(count)]
    try:
        share = PARTITIONS // count
        wait_until(lambda: all(w.ready() and w.scrape().sum("sfsink_assigned_partitions") == share for w in workers),
                   lambda: "the workers share the partitions\n" + workers[0].tail(), timeout=120)
        before = sum(cpu_seconds(w.pid) for w in workers)
        began = time.monotonic()
        kafka.produce(topic, ((str(i), json.dumps({"id": str(i), "name": f"Name {i}", "email": f"p{i}@example.com"})) for i in range(events)))
        applied = lambda: sum(w.scrape().sum("sfsink_events_total", disposition="applied") for w in workers)
        wait_until(lambda: applied() >= events, lambda: f"all is applied: {applied()}\n{workers[0].tail()}", timeout=300, every=0.1)
        seconds = time.monotonic() - began
        calls = sum(w.scrape().sum("sfsink_api_calls_total", resource="collections") for w in workers)
        return seconds, sum(cpu_seconds(w.pid) for w in workers) - before, max(resident_mib(w.pid) for w in workers), calls
    finally:
        for w in workers:
            w.stop()
        salesforce.stop()
        kafka.delete_topic(topic)


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--events", type=int, default=10000, help="for each worker, so that all rounds take about as long")
    arguments.add_argument("--workers", type=int, nargs="+", default=[1, 2, 3, 4])
    given = arguments.parse_args()

    BUILD.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="scale-", dir=BUILD, ignore_cleanup_errors=True) as name:
        folder = pathlib.Path(name)
        kafka = Kafka(folder)
        try:
            print(f"{given.events} events for each worker, {PARTITIONS} partitions, Salesforce {LATENCY_MS} ms a call, {IN_FLIGHT} calls of {RECORDS} records in flight\n")
            print("| workers | records a second | against one | records a call | CPU of all workers | memory of the largest |")
            print("|---|---|---|---|---|---|")
            first = None
            for count in given.workers:
                of_round = folder / f"round-{count}"
                of_round.mkdir()
                seconds, cpu, memory, calls = round_of(count, given.events * count, kafka, of_round)
                rate = given.events * count / seconds
                first = first or rate
                print(f"| {count} | {rate:,.0f} | {rate / first:.2f} | {given.events * count / calls:.0f} | {100 * cpu / seconds:.0f} % of a core | {memory:.0f} MiB |", flush=True)
        finally:
            kafka.remove()


if __name__ == "__main__":
    main()
