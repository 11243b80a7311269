# SPDX-License-Identifier: Apache-2.0
"""The harness itself: a strict stand-in that does not notice is worth nothing."""
import socket
import threading

import pytest
import requests

from harness.worker import Array, Metrics, config_text
from strict_salesforce import StrictSalesforce

PATH = "/services/data/v59.0/composite/sobjects/Contact/External_Id__c"


@pytest.fixture
def org():
    org = StrictSalesforce().start()
    yield org
    org.stop()


@pytest.fixture
def client(org):
    session = requests.Session()
    session.trust_env = False
    form = {"grant_type": "client_credentials", "client_id": "a", "client_secret": "b"}
    session.headers["Authorization"] = "Bearer " + session.post(org.url + "/services/oauth2/token", data=form).json()["access_token"]
    return session


def record(key, sequence, obj="Contact", **more):
    return {"attributes": {"type": obj}, "External_Id__c": key, "Seq__c": sequence, **more}


def upsert(org, client, *records):
    return client.patch(org.url + PATH, json={"allOrNone": False, "records": list(records)})


def test_a_good_client_is_let_alone(org, client):
    assert [r["created"] for r in upsert(org, client, record("a", 1), record("b", 1)).json()] == [True, True]
    assert upsert(org, client, record("a", 2)).json()[0]["created"] is False
    assert org.by_key("Contact")["a"]["Seq__c"] == 2
    org.assert_strict()


@pytest.mark.parametrize("records, name", [
    ([record("a", 3), record("a", 4)], "key_twice_in_request"),
    ([record("a", 1)], "out_of_order"),
])
def test_wrong_writes_are_counted(org, client, records, name):
    upsert(org, client, record("a", 2))
    upsert(org, client, *records)
    assert getattr(org, name) == 1
    with pytest.raises(AssertionError):
        org.assert_strict()


def test_a_key_in_two_requests_is_counted(org, client):
    org.gate.clear()
    threads = [threading.Thread(target=upsert, args=(org, client, record("a", i))) for i in (1, 2)]
    for thread in threads:
        thread.start()
    while org.requests_now < 2:
        pass
    org.gate.set()
    for thread in threads:
        thread.join()
    assert org.key_twice_at_once == 1


@pytest.mark.parametrize("records", [[], [record(str(i), 1) for i in range(201)], [record("a", 1, obj="Lead")],
                                     [record("a", 1, Id="003000000000001AAA")]])
def test_a_wrong_request_is_a_violation(org, client, records):
    assert upsert(org, client, *records).status_code == 400
    assert len(org.violations) == 1 and not org.records["Contact"]


def test_order_counts_anew_in_a_new_era(org, client):
    upsert(org, client, record("a", 5))
    org.new_era()
    upsert(org, client, record("a", 3))
    upsert(org, client, record("a", 4))
    assert (org.out_of_order, org.back_over_border) == (0, 1)
    upsert(org, client, record("a", 3))
    assert org.out_of_order == 1


def test_an_expired_session(org, client):
    org.expire_sessions()
    assert upsert(org, client, record("a", 1)).status_code == 401


def test_faults_meet_the_calls_that_they_fit(org, client):
    org.fail(1, status=503)
    org.fail(1, status=500, applied=True)
    assert upsert(org, client, record("a", 1)).status_code == 503
    assert not org.by_key("Contact")
    assert upsert(org, client, record("a", 1)).status_code == 500
    assert org.by_key("Contact")
    org.fail(1, drop=True)
    with pytest.raises(requests.ConnectionError):
        upsert(org, client, record("a", 2))
    assert org.by_key("Contact")["a"]["Seq__c"] == 1


def test_look_up_update_and_delete(org, client):
    upsert(org, client, record("it's", 1), record("b", 1))
    base = org.url + "/services/data/v59.0"
    soql = "SELECT Id, External_Id__c FROM Contact WHERE External_Id__c IN ('it\\'s','nobody')"
    rows = client.get(base + "/query", params={"q": soql}).json()["records"]
    assert [r["External_Id__c"] for r in rows] == ["it's"]
    record_id = rows[0]["Id"]
    update = {"records": [{"attributes": {"type": "Contact"}, "id": record_id, "Title": "x"}]}
    assert client.patch(base + "/composite/sobjects", json=update).json()[0]["success"]
    assert org.by_key("Contact")["it's"]["Title"] == "x"
    results = [client.delete(base + "/composite/sobjects", params={"ids": record_id}).json()[0] for _ in range(2)]
    assert results[0]["success"] and results[1]["errors"][0]["statusCode"] == "ENTITY_IS_DELETED"
    assert set(org.by_key("Contact")) == {"b"}
    org.assert_strict()


def test_configuration_text():
    text = config_text({"kafka": {"brokers": "a:1", "properties": Array(["x=y"])}, "flag": True, "routes": [{"name": 'a "b"'}]})
    assert text == 'kafka = {\n  brokers = "a:1";\n  properties = [ "x=y" ];\n};\nflag = true;\nroutes = ( {\n    name = "a \\"b\\"";\n  } );\n'


def test_metrics_are_summed_over_labels():
    text = "# TYPE sfsink_events_consumed_total counter\nsfsink_events_consumed_total{route=\"a\"} 3\nsfsink_events_consumed_total{route=\"b\"} 1\n"
    text += "# TYPE sfsink_events_total counter\nsfsink_events_total{disposition=\"applied\"} 3\n"
    text += "# TYPE sfsink_events_pending gauge\nsfsink_events_pending 1\n"
    assert Metrics(text).books() == (4, 4)


@pytest.mark.smoke
def test_a_real_kafka(kafka):
    topic = kafka.create_topic(partitions=2)
    kafka.produce(topic, [("k", {"a": 1}), ("k", None), (None, b"\xff", {"headers": [("h", b"v")], "partition": 1})])
    messages = kafka.read_all(topic)
    assert len(messages) == 3 and sum(kafka.ends(topic).values()) == 3
    assert kafka.lag("nobody", topic) == 3
    kafka.delete_topic(topic)


def test_a_client_that_is_killed_while_it_sends_is_no_violation(org, client):
    host, port = org.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as half:
        half.sendall(f"PATCH {PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: {client.headers['Authorization']}\r\n"
                     "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{\"rec".encode())
        half.shutdown(socket.SHUT_WR)
        assert half.recv(100) == b""
    org.assert_strict()
    assert not org.calls()
