# SPDX-License-Identifier: Apache-2.0
"""sfsink check against an org and a Kafka: every mistake in one run, each with its place and what to do."""
import json

import pytest
from confluent_kafka.admin import AclOperation, ResourceType

from conftest import SECRET
from harness.processes import free_ports, sfsink
from harness.worker import config_text, merged

GOOD = {"topic": "", "format": "debezium", "object": "Contact", "external_id": "External_Id__c",
        "fields": [{"to": "External_Id__c", "from": "id"}, {"to": "LastName", "from": "name"}]}


@pytest.fixture
def check(workers, simulator, kafka, tmp_path):
    """Runs check on these routes; topics that a route does not name are made."""

    def run(*routes, options=(), **settings):
        routes = [route if route["topic"] else route | {"topic": kafka.create_topic()} for route in routes]
        file = tmp_path / "check.cfg"
        file.write_text(config_text(workers.settings(simulator.url, routes, **settings)))
        file.chmod(0o600)
        done = sfsink("check", "-c", file, *options)
        assert SECRET not in done.stdout + done.stderr
        return done

    return run


def with_fields(*fields, **more):
    return GOOD | {"fields": GOOD["fields"] + list(fields)} | more


def findings(done):
    assert done.stdout, done.stderr
    return {f["path"]: f["text"] for f in json.loads(done.stdout)["findings"]}


def test_a_right_configuration_has_no_finding(check):
    done = check(GOOD, with_fields({"to": "Account.External_Id__c", "from": "account"}, {"to": "LeadSource", "value": "Warehouse"},
                                   {"to": "Birthdate", "from": "dob", "as": "date", "unit": "days"}, {"to": "Score__c", "from": "s", "as": "number"},
                                   {"to": "Interests__c", "value": "Art;Sport"}, version={"field": "Source_Version__c", "from": "@source.lsn"}))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 routes, no mistake; the org and Kafka agree" in done.stdout
    assert "note: " in done.stdout and "dead_letter.progress_topic" in done.stdout  # only `dlq replay` needs it


def test_eight_mistakes_are_all_printed(check, simulator):
    """Eight different ones in one run, each with file, line and path."""
    simulator.control("PUT", "/objects/My_Object__c/fields/Must__c", json={"type": "string", "nillable": False})
    done = check(
        with_fields({"to": "Lastname2", "from": "x"}, {"to": "Name", "from": "x"}, {"to": "Birthdate", "from": "x", "as": "boolean"},
                    {"to": "Title", "value": "x" * 129}, topic="no-such-topic"),
        {"topic": "", "format": "row", "object": "Custom Object", "custom_object": "invoice__c", "external_id": "Number__c",
         "fields": [{"to": "Number__c", "from": "id"}, {"to": "Status__c", "value": "Payed"}]},
        {"topic": "", "format": "row", "object": "Custom Object", "custom_object": "My_Object__c", "external_id": "External_Id__c",
         "fields": [{"to": "External_Id__c", "from": "id"}]})
    assert done.returncode == 1, done.stdout + done.stderr
    lines = done.stdout.splitlines()

    def line(path, *words):
        found = [one for one in lines if f": {path}: " in one]
        assert found, f"{path} is not in\n{done.stdout}"
        assert int(found[0].split(":")[1]) > 0
        for word in words:
            assert word in found[0], found[0]

    line("routes[0].fields[2].to", "Contact has no field Lastname2", "did you mean LastName?")
    line("routes[0].fields[3].to", "Contact.Name cannot be written", "permission set")
    line("routes[0].fields[4].as", '"boolean" does not fit Contact.Birthdate, which is a date')
    line("routes[0].fields[5].value", "129 characters given, the field takes 128")
    line("routes[0].topic", '"no-such-topic" does not exist', "kafka-topics.sh --bootstrap-server")
    line("routes[1].custom_object", '"invoice__c" given', 'spells it "Invoice__c"')
    line("routes[1].external_id", "Invoice__c.Number__c is no external id")
    line("routes[1].fields[1].value", '"Payed" is no value of this restricted picklist', '"Paid"')
    line("routes[2].fields", "My_Object__c.Must__c (string) is required on create")
    assert lines[-1] == "9 findings"


def test_parents_are_looked_at(check):
    fields = [{"to": "Owner.Name", "from": "a"}, {"to": "ReportsTo.Title", "from": "a"}, {"to": "Nobody.External_Id__c", "from": "a"}]
    invoice = {"topic": "", "format": "row", "object": "Custom Object", "custom_object": "Invoice__c", "external_id": "External_Id__c",
               "fields": [{"to": "External_Id__c", "from": "id"}, {"to": "Account.External_Id__c", "from": "a"}]}
    found = findings(check(with_fields(*fields), invoice, options=["--json"]))
    assert "User.Name is no external id" in found["routes[0].fields[2].to"]
    assert "Contact.Title is no external id" in found["routes[0].fields[3].to"]
    assert "Contact has no relationship Nobody" in found["routes[0].fields[4].to"]
    assert "did you mean Account__r.External_Id__c?" in found["routes[1].fields[1].to"]


def test_rights_are_looked_at(check, simulator):
    simulator.control("PUT", "/objects/Contact", json={"read_only": True})
    simulator.control("PUT", "/objects/Lead/fields/Title", json={"updateable": False})
    simulator.control("PUT", "/objects/Lead/fields/Company", json={"hidden": True})
    lead = {"topic": "", "format": "debezium", "object": "Lead", "external_id": "External_Id__c", "fields": GOOD["fields"] + [
        {"to": "Company", "from": "c"}, {"to": "Title", "from": "t"}]}
    found = findings(check(GOOD | {"on_delete": "delete", "tombstones": "skip"}, lead, options=["--json"]))
    assert "may not" in found["routes[0].object"] and "permission set" in found["routes[0].object"]
    assert "may not delete Contact" in found["routes[0].on_delete"]
    assert "field-level security" in found["routes[1].fields[2].to"]
    assert "on create only" in found["routes[1].fields[3].to"]


def test_an_unknown_object_names_the_nearest(check):
    found = findings(check(GOOD | {"object": "Custom Object", "custom_object": "Invioce__c"}, options=["--json"]))
    assert "did you mean Invoice__c?" in found["routes[0].custom_object"]


def test_the_version_field_is_a_number_of_18_digits(check):
    version = {"from": "@source.lsn"}
    found = findings(check(with_fields(version=version | {"field": "Title"}), GOOD | {"topic": "", "version": version | {"field": "Score__c"}},
                           options=["--json"]))
    assert "which is a string" in found["routes[0].version.field"]
    assert "Number(18, 0)" in found["routes[1].version.field"]


@pytest.mark.parametrize("field, word", [
    ({"to": "HasOptedOutOfEmail", "value": "yes"}, "boolean"), ({"to": "NumberOfEmployees", "value": 1.5}, "int"),
    ({"to": "NumberOfEmployees", "value": 123456789}, "9 digits"), ({"to": "AnnualRevenue", "from": "r", "default": "much"}, "currency"),
    ({"to": "OwnerId", "value": "me"}, "15 or 18"), ({"to": "Status", "from": "s", "as": "boolean"}, "picklist")])
def test_constants_and_types_fit_the_field(check, field, word):
    lead = {"topic": "", "format": "row", "object": "Lead", "external_id": "External_Id__c",
            "fields": GOOD["fields"] + [{"to": "Company", "value": "x"}, field]}
    found = findings(check(lead, options=["--json"]))
    assert len(found) == 1 and word in next(iter(found.values())), found


def test_the_dead_letter_topic_has_to_be_there(check):
    done = check(GOOD, dead_letter={"topic": "no-such-letters"}, options=["--json"])
    assert done.returncode == 1
    assert "does not exist" in findings(done)["dead_letter.topic"]


def test_looking_whether_a_topic_may_be_written_writes_nothing(check, workers, kafka):
    assert check(GOOD).returncode == 0
    assert kafka.ends(workers.letters) == {0: 0}


@pytest.mark.parametrize("who, operation, path, words", [
    ("letters", AclOperation.WRITE, "dead_letter.topic", "may not be written"), ("topic", AclOperation.READ, "routes[0].topic", "may not be read"),
    ("group", AclOperation.DESCRIBE, "routes[0].topic", "the group not used"), ("topic", AclOperation.DESCRIBE, "routes[0].topic", "")])
def test_a_right_that_kafka_denies_is_a_finding(check, workers, kafka, who, operation, path, words):
    topic = kafka.create_topic()
    name = {"letters": workers.letters, "topic": topic, "group": workers.group}[who]
    kafka.deny(ResourceType.GROUP if who == "group" else ResourceType.TOPIC, name, operation)
    done = check(GOOD | {"topic": topic}, options=["--json"])
    assert done.returncode == 1, done.stdout + done.stderr
    assert words in findings(done)[path], done.stdout


def test_services_that_are_away_are_69_and_the_other_is_looked_at(check, simulator, kafka):
    (port,) = free_ports(1)
    done = check(GOOD | {"topic": "no-such-topic"}, salesforce={"auth": {"login_url": f"http://127.0.0.1:{port}"}}, options=["--json"])
    assert done.returncode == 69
    said = json.loads(done.stdout)
    assert [e["service"] for e in said["errors"]] == ["salesforce"] and [f["path"] for f in said["findings"]] == ["routes[0].topic"]
    done = check(with_fields({"to": "Nope", "from": "x"}, topic="t"), kafka={"brokers": f"127.0.0.1:{port}"}, options=["--json"])
    assert done.returncode == 69
    said = json.loads(done.stdout)
    assert [e["service"] for e in said["errors"]] == ["kafka"] and [f["path"] for f in said["findings"]] == ["routes[0].fields[2].to"]


def test_without_a_login_it_is_77(check, simulator):
    simulator.control("PATCH", "/settings", json={"known_apps_only": True})
    done = check(GOOD)
    assert done.returncode == 77
    assert "invalid_client_id" in done.stderr and "salesforce.auth.client_id" in done.stderr
    done = check(GOOD, salesforce={"auth": {"flow": "refresh_token"}})
    assert done.returncode == 77 and "sfsink login" in done.stderr


def test_an_expired_session_is_renewed_by_the_way(check, simulator, tmp_path):
    token = tmp_path / "sfsink.token"
    answer = simulator.session.post(simulator.url + "/services/oauth2/token", timeout=10, data={
        "grant_type": "client_credentials", "client_id": "tests", "client_secret": "secret-word-1"}).json()
    token.write_text(json.dumps({"access_token": "00D5f0000000001!gone", "refresh_token": "none", "instance_url": simulator.url}))
    token.chmod(0o600)
    done = check(GOOD, salesforce={"auth": {"flow": "refresh_token"}})
    assert done.returncode == 77 and "invalid_grant" in done.stderr and "sfsink login" in done.stderr
    assert answer["access_token"]
