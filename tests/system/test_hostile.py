# SPDX-License-Identifier: Apache-2.0
"""Hostile input end to end: each event becomes what product.md says, a dead letter with a code or the right value, and the worker lives on,
within its memory; clients of its port that mean harm keep nobody from being answered. (Promises 1, 6, 8; fault matrix 34.)"""
import collections
import hashlib
import json
import socket

import pytest
from confluent_kafka import Producer

from harness.dead_letters import read_letters
from harness.processes import binary
from harness.waiting import wait_until

FIELDS = [{"to": "External_Id__c", "from": "id"}, {"to": "LastName", "from": "name", "required": True},
          {"to": "Amount__c", "from": "amount"}, {"to": "Description", "from": "notes"},
          {"to": "Seen__c", "jq": "if .seen then .seen | todate else empty end"}]
MEGA = 1 << 20
MOST_MB = 400 if "address" not in str(binary()) else 2000  # several times a message of 10 MB and its copies; a sanitizer keeps what was freed
MAPPED, UNMAPPED = "m" * (3 * MEGA), "u" * (10 * MEGA)
DIGITS = "1" * 30000


def route(topic):
    return {"name": "rows", "topic": topic, "format": "row", "object": "Contact", "external_id": "External_Id__c", "on_delete": "delete",
            "fields": FIELDS}


def peak_mb(worker):
    """The most memory that the process ever had, in MiB."""
    with open(f"/proc/{worker.pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) // 1024


REFUSED = [  # value, code
    (b"[" * 100000, "DECODE_JSON"),
    (b'{"a":' * 100000, "DECODE_JSON"),
    (b'{"id":"x","name":"A","x":' + b"[" * 600 + b"]" * 600 + b"}", "DECODE_JSON"),
    (b'{"id":"x","name":"\xff"}', "DECODE_JSON"),
    (b'{"id":"x","name":"\xc0\xaf"}', "DECODE_JSON"),
    (b'{"id":"x","name":"\xed\xa0\x80"}', "DECODE_JSON"),
    (b'{"id":"x","name":"a\0b"}', "DECODE_JSON"),
    (b'{"id":"x","name":"A"} x', "DECODE_JSON"),
    (b'{"id":"x","name":"A","amount":NaN}', "DECODE_JSON"),
    (b'{"id":"x","name":"A","amount":0x10}', "DECODE_JSON"),
    (b"\0\0\0\0\x01" + b'{"id":"x","name":"A"}', "DECODE_MAGIC_BYTE"),
    (b'"text"', "DECODE_ROW"),
    (b"9007199254740993", "DECODE_ROW"),
    (b"null", "DECODE_ROW"),
    (b'{"id":"x","name":"\\ud800"}', "MAP_TEXT"),
    (b'{"id":"x","name":{"a":1}}', "MAP_TYPE"),
    (b'{"id":["x"],"name":"A"}', "MAP_TYPE"),
    (b'{"id":"x","name":"A","seen":1e300}', "MAP_JQ"),
    (b'{"id":"x","name":"A","seen":"yes"}', "MAP_JQ"),
    (b'{"id":"x","name":null}', "MAP_REQUIRED"),
    (b'{"id":"   ","name":"A"}', "KEY_MISSING"),
    (b'{"id":true,"name":"A"}', "KEY_MISSING"),
]

APPLIED = [  # value, key, fields
    (b'{"id":"twice","name":"A","name":"B"}', "twice", {"LastName": "B"}),
    (b'{"id":"nul","name":"a\\u0000b"}', "nul", {"LastName": "a\0b"}),
    (b'\xef\xbb\xbf{"id":"bom","name":"A"}', "bom", {"LastName": "A"}),
    (b'{"id":"beyond","name":"A","amount":9007199254740993}', "beyond", {"Amount__c": 9007199254740993}),
    (b'{"id":"far","name":"A","amount":' + DIGITS[:4000].encode() + b"}", "far", {"Amount__c": int(DIGITS[:4000])}),
    (b'{"id":"wide","name":"\\ud83d\\ude00 Zo\xc3\xab \xf0\x9f\x92\xa1"}', "wide", {"LastName": "\U0001f600 Zoë \U0001f4a1"}),
    (b'{"id":"many","name":"A","x":{' + b",".join(b'"f%d":%d' % (i, i) for i in range(50000)) + b"}}", "many", {"LastName": "A"}),
    (b'{"id":"mapped","name":"A","notes":"' + MAPPED.encode() + b'"}', "mapped", {"Description": MAPPED}),
    (b'{"id":"unmapped","name":"A","other":"' + UNMAPPED.encode() + b'"}', "unmapped", {"LastName": "A"}),
    (b'{"id":"quote\' OR Name != \'","name":"A"}', "quote' OR Name != '", {"LastName": "A"}),
]


def produce_large(kafka, topic, values):
    failed = []
    producer = Producer({"bootstrap.servers": kafka.brokers, "log_level": 2, "message.max.bytes": 100 * MEGA})
    for key, value, headers in values:
        producer.produce(topic, key=key, value=value, headers=headers, on_delivery=lambda error, _m: error and failed.append(error))
    assert producer.flush(60) == 0 and not failed, failed


@pytest.mark.smoke
def test_each_event_becomes_what_it_must(kafka, workers, salesforce):
    """Promises 1, 6, 8: each ends as a dead letter with its code or as the right value, whatever stands beside it; memory stays bounded. Matrix 34."""
    topic = kafka.create_topic(max_message_bytes=50 * MEGA)
    worker = workers.start(salesforce.url, [route(topic)], buffer={"max_mb": 32}).wait_ready()
    values = []
    for i in range(max(len(REFUSED), len(APPLIED))):  # the good in between the bad
        values += [(b"k", case[0], None) for case in (REFUSED[i:i + 1] + APPLIED[i:i + 1])]
    many = [(f"h-{i}", bytes([i % 256]) * 10) for i in range(1000)]
    values += [(b"\xff\0" * 100000, b'{"id":"key","name":"A"}', None), (None, b'{"id":"headers","name":"A"}', many), (b"\xff", None, None),
               (b"k", b'{"id":"last","name":"A"}', None)]
    produce_large(kafka, topic, values)
    workers.wait_settled(topic, timeout=120)

    letters = read_letters(kafka, workers.letters)
    codes = collections.Counter(letter["error.code"] for letter in letters)
    assert codes == collections.Counter([code for _value, code in REFUSED] + ["KEY_MISSING"]), codes  # and the tombstone whose key is no text
    by_offset = {int(letter["offset"]): letter for letter in letters}
    for offset, (_key, value, _headers) in enumerate(values):
        if offset in by_offset and value and len(value) < 900000:
            assert by_offset[offset].value == value, offset

    there = salesforce.by_key("Contact")
    for _value, key, fields in APPLIED:
        assert {name: there[key].get(name) for name in fields} == fields, key
    assert set(there) == {key for _value, key, _fields in APPLIED} | {"key", "headers", "last"}

    worker.must_live()
    assert worker.ready(), worker.reasons()
    consumed, ended = worker.scrape().books()
    assert consumed == ended == len(values)
    assert peak_mb(worker) < MOST_MB


def test_a_refused_giant_is_a_stub(kafka, workers, salesforce):
    """Promises 1, 8: ten megabytes that no record can be made of: the letter says what was left out. Matrix 34, 36."""
    topic = kafka.create_topic(max_message_bytes=50 * MEGA)
    worker = workers.start(salesforce.url, [route(topic)], buffer={"max_mb": 32})
    value = b'{"id":"x","name":["' + b"g" * (10 * MEGA) + b'"]}'
    produce_large(kafka, topic, [(b"k", value, None)] * 5 + [(b"k", b'{"id":"last","name":"A"}', None)])
    workers.wait_settled(topic, timeout=120)
    letters = read_letters(kafka, workers.letters)
    assert [(x["error.code"], x["value.omitted"], x["value.sha256"]) for x in letters] == [
        ("MAP_TYPE", str(len(value)), hashlib.sha256(value).hexdigest())] * 5
    assert set(salesforce.by_key("Contact")) == {"last"}
    assert peak_mb(worker) < MOST_MB


# ---- the worker's own port

def open_socket(worker):
    return socket.create_connection(("127.0.0.1", int(worker.url.rsplit(":", 1)[1])), timeout=10)


def answer(connection):
    connection.settimeout(10)
    data = b""
    try:
        while block := connection.recv(65536):
            data += block
    except OSError:  # reset: it did not wait for the rest
        pass
    return data


@pytest.mark.smoke
def test_clients_that_mean_harm_keep_nobody_out(kafka, workers, salesforce):
    """Promises 1, 8, section 6: whoever else talks to its port, a worker works on and answers. Matrix 34."""
    topic = kafka.create_topic()
    worker = workers.start(salesforce.url, [route(topic)]).wait_ready()
    held = [open_socket(worker) for _ in range(300)]  # more than there are places
    for i, connection in enumerate(held):
        try:
            connection.send((b"", b"GET /metr", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\nabc", b"\x16\x03\x01\x02\0\x01")[i % 4])
        except OSError:  # closed already, to make room
            pass
    for _ in range(20):
        assert worker.ready() and worker.get("/healthz").status_code == 200, worker.reasons()
        connection = open_socket(worker)
        held.append(connection)

    for request, status in [(b"GET /" + b"a" * 100000 + b" HTTP/1.1\r\n\r\n", (b"414", b"431")),
                            (b"GET /readyz HTTP/1.1\r\n" + b"".join(b"X-%d: %s\r\n" % (i, b"v" * 100) for i in range(5000)) + b"\r\n", (b"431", b"413")),
                            (b"POST /status HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n", (b"413",)),
                            (b"DELETE /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", (b"405",)),
                            (b"GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", (b"404",))]:
        with open_socket(worker) as connection:
            try:
                connection.sendall(request)
            except OSError:
                pass
            said = answer(connection)
        assert not said or said.split(b" ")[1] in status, said[:200]

    kafka.produce(topic, [("k", {"id": "after", "name": "A"})])
    workers.wait_settled(topic)
    assert "after" in salesforce.by_key("Contact")
    assert json.loads(worker.get("/readyz").text) == {"ready": True, "reasons": []}
    for connection in held:
        connection.close()
    wait_until(worker.ready, "ready")
