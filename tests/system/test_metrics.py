# SPDX-License-Identifier: Apache-2.0
"""What a scrape of a real worker holds: promtool takes it, the names of product.md are there, the books balance, health answers."""
import json
import socket
import subprocess
import time

import pytest

from harness.events import created
from harness.processes import BUILD, sfsink
from harness.waiting import wait_until
from strict_salesforce import StrictSalesforce

ROUTE = {"name": "people", "format": "debezium", "object": "Contact", "external_id": "External_Id__c",
         "fields": [{"to": "External_Id__c", "from": "id"}, {"to": "LastName", "from": "name", "required": True}]}

PROMISED = {
    "sfsink_events_consumed_total": set(), "sfsink_events_total": {"route", "disposition"}, "sfsink_events_pending": set(),
    "sfsink_records_total": {"object", "mode", "result"}, "sfsink_api_calls_total": {"resource", "status"},
    "sfsink_api_call_duration_seconds_bucket": {"le"}, "sfsink_end_to_end_seconds_bucket": {"le"}, "sfsink_batch_records_bucket": {"le"},
    "sfsink_requests_in_flight": set(), "sfsink_partition_lag": {"topic", "partition"}, "sfsink_oldest_pending_seconds": set(),
    "sfsink_dead_letters_total": {"code"}, "sfsink_api_usage": set(), "sfsink_api_limit": set(), "sfsink_token_refreshes_total": {"result"},
    "sfsink_assigned_partitions": set(), "sfsink_build_info": {"version", "worker"}, "sfsink_ready": set(),
}


@pytest.fixture(scope="module")
def worker(kafka, module_workers):
    """One that has written 200 records and refused one."""
    org = StrictSalesforce(latency=0.005).start()
    topic = kafka.create_topic(partitions=2)
    worker = module_workers.start(org.url, [ROUTE | {"topic": topic}]).wait_ready()
    kafka.produce(topic, [created({"id": str(i), "name": f"Name-{i}"}) for i in range(200)] + [created({"id": "x", "name": None})])
    module_workers.wait_settled(topic)
    wait_until(lambda: worker.scrape().sum("sfsink_partition_lag") == 0 and worker.scrape().sum("sfsink_events_total") == 201, "all is counted", timeout=30)
    yield worker
    org.stop()


def test_promtool_takes_the_metrics(worker):
    done = subprocess.run([BUILD / "tools" / "promtool", "check", "metrics"], input=worker.get("/metrics").text, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_promised_names_are_there_with_their_labels(worker):
    labels = {s.name: set(s.labels) for s in worker.scrape().samples}
    assert {name: labels.get(name) for name in PROMISED} == PROMISED


def test_the_numbers_are_right(worker):
    scrape = worker.scrape()
    consumed, settled = scrape.books()
    assert consumed == settled == 201
    assert scrape.sum("sfsink_events_total", disposition="applied", route="people") == 200
    assert scrape.sum("sfsink_events_total", disposition="dead_lettered") == scrape.sum("sfsink_dead_letters_total", code="MAP_REQUIRED") == 1
    assert scrape.sum("sfsink_records_total", object="Contact", mode="upsert") == 200
    assert scrape.sum("sfsink_batch_records_sum") == 200 and scrape.sum("sfsink_end_to_end_seconds_count") == 200
    assert scrape.sum("sfsink_assigned_partitions") == 2 and scrape.sum("sfsink_ready") == 1
    assert scrape.sum("sfsink_api_usage") > 0 and scrape.sum("sfsink_token_refreshes_total", result="success") == 1


def test_the_status_agrees(worker):
    status = worker.get("/status").json()
    assert status["ready"] is True and status["reasons"] == []
    assert status["routes"][0]["events"]["applied"] == 200
    assert status["dead_letters"][0]["code"] == status["errors"][0]["code"] == "MAP_REQUIRED"
    assert "Name-" not in json.dumps(status) and "secret-word-1" not in json.dumps(status)


def test_health_asks_the_worker(worker, tmp_path):
    port = worker.url.rsplit(":", 1)[1]
    for listen, expected in ((f"0.0.0.0:{port}", 0), (f"127.0.0.1:{port}", 0), ("127.0.0.1:1", 69), ("", 78), ("127.0.0.1:0", 78)):
        file = tmp_path / "sfsink.cfg"
        file.write_text(worker.file.read_text().replace("127.0.0.1:0", listen))
        for options in ([], ["--ready"]):
            done = sfsink("health", *options, "-c", file)
            assert done.returncode == expected, (listen, done)
    assert json.loads(sfsink("health", "--ready", "-c", with_port(worker, tmp_path, port)).stdout)["ready"] is True
    assert sfsink("health", "--now", "-c", file).returncode == 64


def with_port(worker, folder, port):
    file = folder / "right.cfg"
    file.write_text(worker.file.read_text().replace("127.0.0.1:0", f"127.0.0.1:{port}"))
    return file


def test_slow_and_hostile_clients_harm_nothing(worker):
    """Forty that never finish their request, and one that sends too much: scrapes go on, quickly."""
    port = int(worker.url.rsplit(":", 1)[1])
    lazy = []
    try:
        for _ in range(40):
            s = socket.create_connection(("127.0.0.1", port))
            s.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\nX-Slow: ")
            lazy.append(s)
        began = time.monotonic()
        assert worker.get("/metrics").status_code == 200 and worker.get("/healthz").text == "ok\n"
        assert time.monotonic() - began < 5
        with socket.create_connection(("127.0.0.1", port)) as s:
            s.settimeout(10)
            s.sendall(b"GET /" + b"a" * 100000 + b" HTTP/1.1\r\nHost: x\r\n\r\n")
            assert s.recv(100).split(b" ")[1:2] in ([b"414"], [b"431"], [])
    finally:
        for s in lazy:
            s.close()
    assert worker.get("/nothing").status_code == 404
    assert worker.alive()
