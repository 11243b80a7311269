# SPDX-License-Identifier: Apache-2.0
"""sfsink run as a whole: a real Kafka in, the simulator out, and what probes and people see in between."""
import signal

import pytest

from harness.dead_letters import read_letters
from harness.events import created, deleted, tombstone, updated
from harness.waiting import holds_for, wait_until
from harness.worker import Array

FIELDS = [{"to": "External_Id__c", "from": "id"}, {"to": "LastName", "from": "name", "required": True}, {"to": "Title", "from": "title"}]


def route(topic, **more):
    return {"topic": topic, "format": "debezium", "object": "Contact", "external_id": "External_Id__c", "fields": FIELDS, **more}


def row(key, name="Ada", title="Dr"):
    return {"id": key, "name": name, "title": title}


def names(simulator, *keys):
    return {k: v["LastName"] for k, v in simulator.select("Contact", ["LastName"], keys).items()}


@pytest.mark.smoke
def test_events_arrive_and_the_books_balance(kafka, workers, simulator):
    topic = kafka.create_topic(partitions=3)
    worker = workers.start(simulator.url, [route(topic, on_delete="delete", tombstones="skip")]).wait_ready()
    kafka.produce(topic, [created(row(f"h-{i}")) for i in range(300)])
    kafka.produce(topic, [updated(row("h-1", "Grace")), deleted(row("h-2")), tombstone(row("h-2")), (None, None),
                          created({"id": "h-bad", "name": None})])
    workers.wait_settled(topic)
    wait_until(lambda: worker.scrape().sum("sfsink_events_pending") == 0, "nothing is pending")

    seen = worker.scrape()
    assert seen.books() == (305, 305)
    ends = {d: seen.sum("sfsink_events_total", disposition=d) for d in ("applied", "skipped", "dead_lettered", "superseded", "returned")}
    assert ends["dead_lettered"] == 1 and ends["superseded"] == ends["returned"] == 0
    assert ends["skipped"] >= 1 and sum(ends.values()) == 305
    assert names(simulator, "h-0", "h-1", "h-2") == {"h-0": "Ada", "h-1": "Grace"}
    [letter] = read_letters(kafka, workers.letters)
    assert letter["stage"] == "map" and letter["route"] == topic
    wait_until(lambda: worker.scrape().sum("sfsink_partition_lag", topic=topic) == 0, "the lag is 0")
    assert worker.scrape().sum("sfsink_assigned_partitions") == 3


def test_what_probes_and_people_see(kafka, workers, simulator):
    topic = kafka.create_topic()
    worker = workers.start(simulator.url, [route(topic)]).wait_ready()
    assert worker.get("/healthz").status_code == 200
    assert worker.get("/readyz").json() == {"ready": True, "reasons": []}
    status = worker.get("/status").json()
    assert status["routes"][0]["topic"] == topic and status["worker"] == worker.name
    assert "<html" in worker.get("/").text
    [line] = worker.log("starting")
    assert line["group"] == workers.group and line["config"] == str(worker.file) and line["version"]
    [line] = worker.log("route")
    assert (line["name"], line["topic"], line["object"], line["mode"]) == (topic, topic, "Contact", "upsert")
    [line] = worker.log("logged_in")
    assert line["instance_url"] == simulator.url and line["org"].startswith("00D") and line["user"].startswith("005")


def test_a_loop_that_stands_still_is_not_healthy(kafka, workers, simulator):
    """The process itself is stopped, so that only after it goes on it can say so; the group is asked before anything is sent."""
    topic = kafka.create_topic()
    worker = workers.start(simulator.url, [route(topic)], **{"kafka": {"properties": Array([])}}).wait_ready()
    worker.signal(signal.SIGSTOP)
    kafka.produce(topic, [created(row("z-1"))])
    holds_for(7, lambda: not names(simulator, "z-1"), "a stopped worker writes nothing")
    worker.signal(signal.SIGCONT)
    wait_until(lambda: worker.log("stood_still"), "it notices")
    wait_until(lambda: worker.log("confirmed"), worker.tail)
    workers.wait_settled(topic)
    assert names(simulator, "z-1") == {"z-1": "Ada"}


@pytest.mark.smoke
def test_a_restart_goes_on(kafka, workers, simulator):
    topic = kafka.create_topic(partitions=2)
    first = workers.start(simulator.url, [route(topic)]).wait_ready()
    kafka.produce(topic, [created(row(f"r-{i}")) for i in range(50)])
    workers.wait_settled(topic)
    assert first.stop() == 0
    [stopped] = first.log("stopped")
    assert stopped["consumed"] == stopped["applied"] == 50
    kafka.produce(topic, [updated(row("r-7", "Hedy"))])
    second = workers.start(simulator.url, [route(topic)]).wait_ready()
    workers.wait_settled(topic)
    wait_until(lambda: second.scrape().books() == (1, 1), "only the new event is read")
    assert names(simulator, "r-7", "r-8") == {"r-7": "Hedy", "r-8": "Ada"}


def test_kill_9_loses_nothing(kafka, workers, simulator):
    topic = kafka.create_topic(partitions=2)
    keys = [f"k-{i}" for i in range(2000)]
    first = workers.start(simulator.url, [route(topic)], batch={"max_records": 20}).wait_ready()
    kafka.produce(topic, [created(row(k)) for k in keys])
    wait_until(lambda: first.scrape().sum("sfsink_events_total", disposition="applied") > 0, "it is in the middle of it")
    first.kill()
    workers.start(simulator.url, [route(topic)])
    workers.wait_settled(topic)
    for at in range(0, len(keys), 200):
        assert len(names(simulator, *keys[at:at + 200])) == 200
    assert not read_letters(kafka, workers.letters)


def test_reload_takes_a_renewed_token_over(kafka, workers, simulator, tmp_path):
    """The file with the token is what changes, not the configuration; what waited goes on."""
    topic = kafka.create_topic()
    secret = tmp_path / "access-token"
    secret.write_text("00D5f0000000001!expired")
    secret.chmod(0o600)
    auth = {"flow": "access_token", "client_secret": "", "access_token_file": str(secret)}
    worker = workers.start(simulator.url, [route(topic)], salesforce={"auth": auth, "instance_url": simulator.url})
    kafka.produce(topic, [created(row("t-1"))])
    wait_until(lambda: any("access_token" in reason for reason in worker.reasons()), worker.tail)
    secret.write_text(simulator.session.headers["Authorization"].removeprefix("Bearer "))
    worker.signal(signal.SIGHUP)
    [line] = wait_until(lambda: worker.log("reloaded"), worker.tail)
    assert (line["took"], line["restart_for"]) == ("salesforce.auth.access_token", "nothing")
    workers.wait_settled(topic)
    assert names(simulator, "t-1")
    worker.wait_ready()


def test_reload_takes_over_what_it_can(kafka, workers, simulator):
    topic = kafka.create_topic()
    worker = workers.start(simulator.url, [route(topic)]).wait_ready()
    text = worker.file.read_text()
    worker.file.write_text(text.replace("linger_ms = 100", "linger_ms = 150").replace('log_level = "info"', 'log_level = "debug"')
                           .replace("timeout_ms = 10000", "timeout_ms = 11000", 1))
    worker.signal(signal.SIGHUP)
    [line] = wait_until(lambda: worker.log("reloaded"), worker.tail)
    assert "worker.log_level" in line["took"] and "batch.linger_ms" in line["took"]
    assert "salesforce.timeout_ms" in line["restart_for"] and "batch" not in line["restart_for"]
    kafka.produce(topic, [created(row("l-1"))])
    workers.wait_settled(topic)
    assert worker.log("batch_answered", level="debug")

    worker.file.write_text(text)
    worker.signal(signal.SIGHUP)
    back = wait_until(lambda: worker.log("reloaded")[1:], worker.tail)[0]
    assert "batch.linger_ms" in back["took"] and back["restart_for"] == "nothing"

    worker.file.write_text("nonsense")
    worker.signal(signal.SIGHUP)
    [refused] = wait_until(lambda: worker.log("reload_refused"), worker.tail)
    assert worker.file.name in refused["mistakes"]
    assert worker.ready()
