# SPDX-License-Identifier: Apache-2.0
"""A replay that is killed, again and again, and two at once: everything comes back, and nothing twice."""
import collections
import signal
import time

import pytest

from harness.dlq import Dlq, connect_letter, contact_route, letter_of, origin_of, spring_letter
from harness.events import created, tombstone, updated
from harness.waiting import wait_until

KINDS = 10


def ten_kinds(topic, number):
    """One event of each kind, and how its letter looks."""
    i = number
    row = {"id": f"k-{i}", "name": f"N {i}", "email": "a@b.c"}
    return [
        (created(row), {}), (updated({**row, "id": f"u-{i}"}), {"code": "STRING_TOO_LONG"}), (tombstone({"id": f"t-{i}"}), {"code": "KEY_MISSING"}),
        ((f"j-{i}", b"{not json"), {"code": "DECODE_JSON", "stage": "decode"}), ((f"e-{i}", b""), {"code": "DECODE_JSON"}),
        (created({"id": f"m-{i}"}), {"code": "MAP_REQUIRED", "stage": "map"}), (created({**row, "id": f"b-{i}", "name": "x" * 2000}), {"replays": 1}),
        (created({**row, "id": f"h-{i}"}), {"code": "DUPLICATES_DETECTED"}), (created({**row, "id": f"c-{i}"}), connect_letter),
        (created({**row, "id": f"s-{i}"}), spring_letter)]


def produce_letters(kafka, topic, letters, n):
    made = [kind for i in range(n // KINDS) for kind in ten_kinds(topic, i)]
    kafka.produce(topic, [event for event, _ in made])
    how = {(event[0] if isinstance(event[0], bytes) else event[0].encode(), i % KINDS): facts for i, (event, facts) in enumerate(made)}
    events = kafka.read_all(topic)
    by_key = {key: facts for (key, _), facts in how.items()}
    kafka.produce(letters, [facts(m) if callable(facts) else letter_of(m, **facts) for m in events for facts in [by_key[m.key()]]])
    return events


def counts(kafka, topic):
    return collections.Counter(o for o in map(origin_of, kafka.read_all(topic, timeout=60)) if o)


def killed_until_done(kafka, folder, n, seconds):
    """Kills each run after so long; how many were killed."""
    topic, letters = kafka.create_topic(partitions=3), kafka.create_topic(partitions=2)
    events = produce_letters(kafka, topic, letters, n)
    dlq = Dlq(kafka, folder, letters, [contact_route(topic)])
    killed = 0
    for run in range(60):
        replay = dlq.begin_replay(f"replay-{run}", "--even-if-superseded")
        start = sum(kafka.ends(topic).values())
        wait_until(lambda r=replay, s=start: not r.alive() or sum(kafka.ends(topic).values()) > s, "it sends or ends", timeout=60, every=0.01)
        end = time.monotonic() + seconds * (run % 4)
        wait_until(lambda r=replay, e=end: not r.alive() or time.monotonic() > e, "its time is over", every=0.005)
        if replay.alive():
            replay.kill()
            killed += 1
        elif replay.wait() == 0 and run >= killed + 1:
            break
        if not dlq.json("list", "--limit", "1"):
            break
    assert dlq.replay("--even-if-superseded")["sent"] >= 0
    seen = counts(kafka, topic)
    assert set(seen) == {(m.topic(), m.partition(), m.offset()) for m in events}, "all came back"
    assert max(seen.values()) == 1, "and nothing twice"
    assert dlq.json("list", "--limit", "5") == []
    return killed


def test_killed_half_way_it_goes_on_and_sends_nothing_twice(kafka, tmp_path):
    assert killed_until_done(kafka, tmp_path, 3000, 0.05) >= 2


@pytest.mark.slow
def test_killed_very_often(kafka, tmp_path):
    assert killed_until_done(kafka, tmp_path, 20000, 0.02) >= 10


def test_a_second_replay_takes_over_and_the_first_one_says_so(kafka, tmp_path):
    topic, letters = kafka.create_topic(partitions=3), kafka.create_topic(partitions=2)
    events = produce_letters(kafka, topic, letters, 600)
    dlq = Dlq(kafka, tmp_path, letters, [contact_route(topic)])
    first = dlq.begin_replay("first", "--even-if-superseded", "--rate", "40")
    wait_until(lambda: not first.alive() or len(counts(kafka, topic)) > 0, "the first is at work", every=0.05)
    assert first.alive(), first.text()
    dlq.replay("--even-if-superseded")
    assert first.wait(60) == 1
    assert "another replay" in first.text() and "has taken over" in first.text(), first.text()
    seen = counts(kafka, topic)
    assert len(seen) == len(events) and max(seen.values()) == 1


@pytest.mark.slow
def test_a_broker_that_restarts_in_the_middle(kafka, tmp_path):
    topic, letters = kafka.create_topic(partitions=3), kafka.create_topic(partitions=2)
    events = produce_letters(kafka, topic, letters, 1000)
    dlq = Dlq(kafka, tmp_path, letters, [contact_route(topic)])
    replay = dlq.begin_replay("replay", "--even-if-superseded", "--rate", "200")
    wait_until(lambda: not replay.alive() or len(counts(kafka, topic)) > 0, "it is at work", every=0.05)
    assert replay.alive(), replay.text()
    replay.signal(signal.SIGSTOP)
    kafka.stop()
    replay.signal(signal.SIGCONT)
    kafka.start()
    assert replay.wait(120) == 0, replay.text()
    seen = counts(kafka, topic)
    assert len(seen) == len(events) and max(seen.values()) == 1
