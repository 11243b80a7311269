# SPDX-License-Identifier: Apache-2.0
"""map --org: mapped values against the org's describe, with the code that Salesforce itself then answers with."""
import json

import pytest

from harness.org import Org
from harness.processes import free_ports, sfsink
from harness.worker import config_text

FIELDS = ["LastName", "Title", "Birthdate", "Score__c", "Interests__c", "HasOptedOutOfEmail", "AccountId", "Last_Seen__c", "Call_At__c"]


def configuration(folder, url):
    file = folder / "map.cfg"
    file.write_text(config_text({
        "salesforce": {"auth": {"flow": "client_credentials", "login_url": url, "client_id": "tests", "client_secret": "x"}},
        "routes": [{"topic": "t", "format": "row", "object": "Contact", "external_id": "External_Id__c", "fields": [
            {"to": "External_Id__c", "from": "id"}, {"to": "Account.External_Id__c", "from": "account"},
            *({"to": name, "from": name} for name in FIELDS if name != "AccountId")]}]}))
    file.chmod(0o600)
    return file


def mapped(folder, url, rows):
    done = sfsink("map", "--org", "-c", configuration(folder, url), stdin="".join(json.dumps(row) + "\n" for row in rows))
    return done, [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("name, value, code", [
    ("Title", "é" * 129, "STRING_TOO_LONG"), ("Title", 5, "JSON_PARSER_ERROR"), ("Birthdate", "2024-02-30", "JSON_PARSER_ERROR"),
    ("Birthdate", "1699-12-31", "JSON_PARSER_ERROR"), ("Score__c", 123456789, "NUMBER_OUTSIDE_VALID_RANGE"), ("Score__c", "many", "JSON_PARSER_ERROR"),
    ("Interests__c", "Art;Chess", "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"), ("HasOptedOutOfEmail", "true", "JSON_PARSER_ERROR"),
    ("HasOptedOutOfEmail", None, "JSON_PARSER_ERROR"), ("Last_Seen__c", "2024-05-22 10:00:00", "JSON_PARSER_ERROR"),
    ("Call_At__c", "25:00:00.000Z", "JSON_PARSER_ERROR")])
def test_it_refuses_what_salesforce_refuses(simulator, tmp_path, name, value, code):
    """Both say the same code of the same value."""
    done, lines = mapped(tmp_path, simulator.url, [{"id": "1", "LastName": "x", name: value}])
    assert done.returncode == 1, done.stderr
    assert lines[0]["do"] == "refuse" and lines[0]["code"] == code and lines[0]["why"].startswith(name + ": "), lines
    org = Org(simulator)
    (result,) = org.upsert({"attributes": {"type": "Contact"}, "External_Id__c": "1", "LastName": "x", name: value})
    assert result["errors"][0]["statusCode"] == code


@pytest.mark.parametrize("row", [
    {"Title": "é" * 128}, {"Title": None}, {"Birthdate": "2024-02-29"}, {"Score__c": 12345678.25}, {"Score__c": "-12345678.25"}, {"Score__c": 1.5e7},
    {"Score__c": 0.000001}, {"Interests__c": "Art;Music"}, {"HasOptedOutOfEmail": True}, {"account": "a-1"}, {"account": None},
    {"Last_Seen__c": "2024-05-22T13:14:15.000Z"}, {"Last_Seen__c": "2024-05-22T13:14:15+02:00"}, {"Call_At__c": "10:15:30.000Z"}])
def test_it_lets_through_what_salesforce_takes(simulator, tmp_path, row):
    simulator.create("Account", {"Name": "A", "External_Id__c": "a-1"})
    done, lines = mapped(tmp_path, simulator.url, [{"id": "1", "LastName": "x"} | row])
    assert done.returncode == 0 and lines[0]["do"] == "upsert", done.stdout + done.stderr
    (result,) = Org(simulator).upsert({"attributes": {"type": "Contact"}} | lines[0]["record"])
    assert result["success"], result


def test_all_fields_of_a_record_are_named(simulator, tmp_path):
    _, lines = mapped(tmp_path, simulator.url, [{"id": "1", "LastName": "x" * 81, "Title": 1}, {"id": "2", "LastName": "ok"}])
    assert "LastName: 81 characters" in lines[0]["why"] and "Title: a number given" in lines[0]["why"]
    assert lines[1]["do"] == "upsert"


def test_what_the_user_may_not_write_is_refused(simulator, tmp_path):
    simulator.control("PUT", "/objects/Contact/fields/Title", json={"hidden": True})
    _, lines = mapped(tmp_path, simulator.url, [{"id": "1", "LastName": "x"}])
    assert lines[0]["code"] == "FIELD_NOT_WRITABLE" and "Title" in lines[0]["why"]


def test_an_org_that_is_away_is_69(tmp_path):
    (port,) = free_ports(1)
    done, lines = mapped(tmp_path, f"http://127.0.0.1:{port}", [{"id": "1", "LastName": "x"}])
    assert done.returncode == 69 and not lines
