# SPDX-License-Identifier: Apache-2.0
"""The happy path: every mode for every object, and that `map` shows what `run` sends."""
import json
from decimal import Decimal

import pytest

from harness.dead_letters import read_letters
from harness.events import created, debezium, deleted, key_of, updated
from harness.processes import sfsink
from harness.simulator import Simulator
from harness.waiting import wait_until

REQUIRED = {
    "Contact": {"LastName": "name"},
    "Lead": {"LastName": "name", "Company": "company"},
    "Account": {"Name": "name"},
    "Opportunity": {"Name": "name", "StageName": "stage", "CloseDate": "close"},
    "My_Object__c": {},
}
TEXT = {"My_Object__c": "Text__c"}  # the field that the tests change; Description in the others
MODES = {
    "upsert": {"mode": "upsert", "external_id": "External_Id__c", "on_delete": "delete", "tombstones": "skip"},
    "insert": {"mode": "insert", "external_id": "External_Id__c"},
    "update": {"mode": "update", "external_id": "External_Id__c"},
    "update-by-id": {"mode": "update"},
    "delete-by-id": {"mode": "update", "on_delete": "delete", "tombstones": "skip"},
}


def text_field(obj):
    return TEXT.get(obj, "Description")


def row(key, note, **more):
    return {"id": key, "name": f"Name {key}", "company": "Shop", "stage": "Prospecting", "close": "2026-12-31", "note": note, **more}


def stored(key, note, obj):
    """The same row as Salesforce has it."""
    source = row(key, note)
    return {to: source[column] for to, column in REQUIRED[obj].items()} | {text_field(obj): note}


def route(obj, mode, topic):
    custom = obj.endswith("__c")
    target = {"object": "Custom Object", "custom_object": obj} if custom else {"object": obj}
    if mode.endswith("by-id"):
        fields = {"Id": "sf_id", text_field(obj): "note"}
    else:
        fields = {"External_Id__c": "id", **REQUIRED[obj], text_field(obj): "note"}
    return {"name": f"{obj}-{mode}", "topic": topic, "format": "debezium", **target, **MODES[mode],
            "fields": [{"to": to, "from": column} for to, column in fields.items()]}


class Org:
    """A simulator, and one worker that has a route for every mode and object."""

    def __init__(self, kafka, group, simulator):
        self.kafka, self.group, self.simulator = kafka, group, simulator
        names = [(obj, mode) for obj in REQUIRED for mode in MODES]
        topics = kafka.create_topics([f"modes-{group.number}-{obj}-{mode}" for obj, mode in names])
        self.topics = dict(zip(names, topics))
        self.worker = group.start(simulator.url, [route(obj, mode, topic) for (obj, mode), topic in self.topics.items()])
        self.worker.wait_ready()

    def feed(self, obj, mode, *events):
        topic = self.topics[obj, mode]
        self.kafka.produce(topic, events)
        self.group.wait_settled(topic)

    def look(self, obj, *keys):
        return self.simulator.select(obj, [*REQUIRED[obj], text_field(obj)], keys)

    def letters(self, obj, mode):
        return [letter for letter in read_letters(self.kafka, self.group.letters) if letter["route"] == f"{obj}-{mode}"]

    def events(self, obj, mode, disposition):
        return self.worker.scrape().sum("sfsink_events_total", route=f"{obj}-{mode}", disposition=disposition)


@pytest.fixture(scope="module")
def org(kafka, module_workers, tmp_path_factory):
    simulator = Simulator(tmp_path_factory.mktemp("simulator"))
    it = Org(kafka, module_workers, simulator)
    yield it
    assert it.worker.stop() == 0
    simulator.stop()


objects = pytest.mark.parametrize("obj", REQUIRED)


@pytest.mark.smoke
@objects
def test_upsert(org, obj):
    a, b = f"ups-{obj}-a", f"ups-{obj}-b"
    org.feed(obj, "upsert", created(row(a, "one")), created(row(b, "one")))
    assert org.look(obj, a, b) == {a: stored(a, "one", obj), b: stored(b, "one", obj)}
    org.feed(obj, "upsert", updated(row(a, "two"), row(a, "one")))
    assert org.look(obj, a, b) == {a: stored(a, "two", obj), b: stored(b, "one", obj)}
    org.feed(obj, "upsert", deleted(row(a, "two")), (key_of(row(a, "")), None))
    assert org.look(obj, a, b) == {b: stored(b, "one", obj)}
    org.feed(obj, "upsert", deleted(row(a, "two")))  # what is gone already is done
    org.feed(obj, "upsert", created(row(a, "three")))
    assert org.look(obj, a) == {a: stored(a, "three", obj)}
    assert not org.letters(obj, "upsert")


@objects
def test_insert(org, obj):
    a, b = f"ins-{obj}-a", f"ins-{obj}-b"
    org.feed(obj, "insert", created(row(a, "one")), created(row(b, "one")))
    skipped = org.events(obj, "insert", "skipped")
    org.feed(obj, "insert", updated(row(a, "two")), deleted(row(b, "one")))
    assert org.look(obj, a, b) == {a: stored(a, "one", obj), b: stored(b, "one", obj)}
    wait_until(lambda: org.events(obj, "insert", "skipped") == skipped + 2, "an update and a delete are skipped")
    assert not org.letters(obj, "insert")


@objects
def test_update_by_external_id(org, obj):
    a, b = f"upd-{obj}-a", f"upd-{obj}-b"
    org.simulator.create(obj, {"External_Id__c": a, **stored(a, "zero", obj)})
    org.feed(obj, "update", updated(row(a, "one")), updated(row(b, "one")))
    assert org.look(obj, a, b) == {a: stored(a, "one", obj)}, "what does not exist is never made"
    assert [letter["record.key"] for letter in org.letters(obj, "update")] == [b]


@objects
def test_update_by_id(org, obj):
    a = f"ubi-{obj}-a"
    [record_id] = org.simulator.create(obj, {"External_Id__c": a, **stored(a, "zero", obj)})
    org.feed(obj, "update-by-id", updated(row(a, "one", sf_id=record_id)), updated(row(a, "two", sf_id=record_id)))
    assert org.look(obj, a) == {a: stored(a, "two", obj)}
    assert not org.letters(obj, "update-by-id")


@objects
def test_delete_by_id(org, obj):
    a = f"del-{obj}-a"
    [record_id] = org.simulator.create(obj, {"External_Id__c": a, **stored(a, "zero", obj)})
    org.feed(obj, "delete-by-id", deleted(row(a, "zero", sf_id=record_id)))
    assert org.look(obj, a) == {}
    org.feed(obj, "delete-by-id", deleted(row(a, "zero", sf_id=record_id)))
    assert not org.letters(obj, "delete-by-id")


def test_a_key_in_another_case_names_the_record_that_an_upsert_would_find(org):
    """External_Id__c is unique without regard to case."""
    a, b = "cas-Contact-a", "cas-Contact-b"
    org.simulator.create("Contact", {"External_Id__c": a, **stored(a, "zero", "Contact")})
    org.simulator.create("Contact", {"External_Id__c": b, **stored(b, "zero", "Contact")})
    before = len(org.letters("Contact", "update"))
    org.feed("Contact", "update", updated(row(a.upper(), "one")))
    org.feed("Contact", "upsert", deleted(row(b.upper(), "zero")))
    there = {key: fields["Description"] for key, fields in org.look("Contact", a, b, a.upper(), b.upper()).items()}
    assert there == {a.upper(): "one"}, "as an update by Id writes it"
    assert len(org.letters("Contact", "update")) == before


def test_the_books_of_all_that_balance(org):
    consumed, ended = org.worker.scrape().books()
    assert consumed == ended > 0


# ---- map shows what run sends

FIELDS = [
    {"to": "External_Id__c", "from": "id"},
    {"to": "LastName", "from": "name", "required": True},
    {"to": "Title", "jq": '.grade + " " + .role'},
    {"to": "LeadSource", "value": "Warehouse"},
    {"to": "Birthdate", "from": "dob", "as": "date", "unit": "days"},
    {"to": "Account.External_Id__c", "from": "account"},
    {"to": "Description", "from": "note", "on_null": "skip"},
    {"to": "Level__c", "from": "level", "default": "none"},
    {"to": "Score__c", "from": "score"},
    {"to": "Phone", "from": "phone"},
    {"to": "Fax", "from": "@topic"},
    {"to": "Department", "from": "@header.team"},
]


def map_rows():
    base = {"name": "Ada", "grade": "senior", "role": "engineer", "dob": 7305, "account": "A-1", "note": "n", "level": "x",
            "score": 12.50, "phone": "1"}
    yield {"id": "m-1", **base}
    yield {"id": "m-2", **base, "name": 'Zoë "the" \\ 東京 \u2028 \t', "note": None, "level": None, "phone": None, "account": None}
    yield {"id": "m-3", "name": "only what must be", "grade": "a", "role": "b"}
    yield {"id": "m-4", **base, "score": 12345678901234567890.123456789, "dob": -1}
    yield {"id": "m-5", **base, "unknown": {"a": [1, 2, {"b": None}]}}


def exact(text):
    """JSON with the order of names and the digits of numbers kept."""
    return json.loads(text, object_pairs_hook=list, parse_float=Decimal)


@pytest.mark.smoke
def test_map_shows_what_run_sends(kafka, workers, salesforce):
    topic = kafka.create_topic()
    rows = list(map_rows())
    events = [(key_of(r), json.dumps(debezium("c", r)), {"headers": [("team", b"data")]}) for r in rows]
    events.append((key_of({"id": "m-9"}), json.dumps(debezium("d", None, {"id": "m-9"})), {}))
    events.append((key_of({"id": "m-6"}), json.dumps(debezium("c", {"id": "m-6"})), {}))  # without the required name
    settings = {"object": "Contact", "mode": "upsert", "external_id": "External_Id__c", "on_delete": "delete", "tombstones": "skip"}
    worker = workers.start(salesforce.url, [{"topic": topic, "format": "debezium", **settings, "fields": FIELDS}])
    kafka.produce(topic, events)
    workers.wait_settled(topic)
    sent = {}
    for call in salesforce.calls("collections"):
        for record in exact(call.body)[1][1]:  # allOrNone, records
            fields = [pair for pair in record if pair[0] != "attributes"]
            sent[dict(fields)["External_Id__c"]] = fields

    lines = "".join(json.dumps({"topic": topic, "partition": 0, "offset": i, "tstype": "create", "ts": 1, "key": key, "payload": value,
                                "headers": [x if isinstance(x, str) else x.decode() for h in options.get("headers", []) for x in h]}) + "\n"
                    for i, (key, value, options) in enumerate(events))
    done = sfsink("-c", worker.file, "map", stdin=lines)
    assert done.returncode == 1, done.stderr  # one is refused
    mapped = [dict(exact(line)) for line in done.stdout.splitlines()]
    assert [m["do"] for m in mapped] == ["upsert"] * len(rows) + ["delete", "refuse"]
    assert {m["key"]: m["record"] for m in mapped if m["do"] == "upsert"} == sent
    [letter] = read_letters(kafka, workers.letters)
    assert (letter["error.code"], letter["error.message"]) == (mapped[-1]["code"], mapped[-1]["why"])


def test_map_needs_a_topic_where_there_are_several(tmp_path):
    config = tmp_path / "two.cfg"
    config.write_text("""
        kafka: { brokers = "127.0.0.1:1"; };
        salesforce: { auth: { flow = "client_credentials"; login_url = "http://127.0.0.1:1"; client_id = "a"; client_secret = "b"; }; };
        routes = ( { topic = "a"; format = "row"; object = "Account"; mode = "upsert"; external_id = "External_Id__c";
                     fields = ( { to = "External_Id__c"; from = "id"; }, { to = "Name"; from = "name"; } ); },
                   { topic = "b"; format = "row"; object = "Account"; mode = "insert"; fields = ( { to = "Name"; from = "name"; } ); } );
    """)
    config.chmod(0o600)
    assert sfsink("-c", config, "map", stdin='{"name":"x"}\n').returncode == 64
    done = sfsink("-c", config, "map", "--topic", "b", stdin='{"name":"x"}\n')
    assert (done.returncode, json.loads(done.stdout)) == (0, {"do": "insert", "object": "Account", "key": None, "record": {"Name": "x"}})
    assert sfsink("-c", config, "map", "--topic", "c", stdin="").returncode in (64, 78)
