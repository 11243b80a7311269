# SPDX-License-Identifier: Apache-2.0
"""sfsink describe and sfsink limits: for people and for programs."""
import json

import pytest

from harness.processes import free_ports, sfsink
from harness.worker import config_text


@pytest.fixture
def org(simulator, tmp_path):
    def run(*arguments, url=simulator.url):
        file = tmp_path / "sfsink.cfg"
        file.write_text(config_text({"salesforce": {"auth": {
            "flow": "client_credentials", "login_url": url, "client_id": "tests", "client_secret": "x"}}}))
        file.chmod(0o600)
        return sfsink("-c", file, *arguments)

    run.simulator = simulator
    return run


def test_the_list_holds_what_can_be_written(org):
    org.simulator.control("PUT", "/objects/Lead", json={"removed": True})
    org.simulator.control("PUT", "/objects/Campaign", json={"read_only": True})
    done = org("describe")
    assert done.returncode == 0, done.stderr
    rows = {line.split()[0]: line for line in done.stdout.splitlines()}
    assert "Contact" in rows and "My_Object__c" in rows and "Lead" not in rows and "Campaign" not in rows
    assert "My Object" in rows["My_Object__c"] and "\x1b" not in done.stdout
    listed = json.loads(org("describe", "--json").stdout)
    assert {"name": "Contact", "label": "Contact", "custom": False, "createable": True, "updateable": True, "deletable": True} in listed


def test_an_object_shows_what_a_mapping_has_to_know(org):
    done = org("describe", "invoice__c")
    assert done.returncode == 0, done.stderr
    rows = {line.split()[0]: line for line in done.stdout.splitlines()}
    assert rows["External_Id__c"].split()[-4:] == ["string", "255", "-", "yes"]
    assert "only: Draft, Sent, Paid" in rows["Status__c"] and "Account__r -> Account" in rows["Account__c"]
    assert "16.2" in rows["Amount__c"] and "read-only" in rows["Overdue__c"]
    assert " yes " in {line.split()[0]: line for line in org("describe", "Contact").stdout.splitlines()}["LastName"]
    told = json.loads(org("describe", "Invoice__c", "--json").stdout)
    fields = {f["name"]: f for f in told["fields"]}
    assert told["name"] == "Invoice__c" and fields["External_Id__c"]["external_id"] and not fields["Number__c"]["external_id"]
    assert [v["value"] for v in fields["Status__c"]["picklist_values"]] == ["Draft", "Sent", "Paid"] and fields["Status__c"]["restricted_picklist"]
    assert fields["Account__c"]["reference_to"] == ["Account"] and fields["Account__c"]["relationship_name"] == "Account__r"
    assert fields["Amount__c"]["precision"] == 18 and fields["Amount__c"]["scale"] == 2


def test_an_object_that_is_not_there_names_the_nearest(org):
    done = org("describe", "Invoce")
    assert done.returncode == 1 and "did you mean Invoice__c?" in done.stderr and not done.stdout
    assert org("describe", "Contact", "Lead").returncode == 64


def test_limits_say_what_is_left(org):
    org.simulator.control("PATCH", "/settings", json={"daily_limit": 1000, "daily_used": 840})
    told = json.loads(org("limits", "--json").stdout)
    calls = told["daily_api_calls"]
    assert calls["max"] == 1000 and 840 < calls["used"] < 850 and calls["used"] + calls["remaining"] == 1000
    assert (told["slow_at"], told["stop_at"]) == (800, 950)
    text = org("limits").stdout
    assert "API calls, 24 hours" in text and "(84 %)" in text and "wait from 950" in text


def test_limits_need_no_permission(org):
    """Without "View Setup and Configuration" the header of the very refusal knows the calls."""
    org.simulator.control("POST", "/faults", json={"path": "*/limits", "status": 403, "times": 9, "body": [
        {"errorCode": "FUNCTIONALITY_NOT_ENABLED", "message": "You do not have permission"}]})
    done = org("limits", "--json")
    assert done.returncode == 0, done.stderr
    assert list(json.loads(done.stdout)) == ["daily_api_calls", "slow_at", "stop_at"]


@pytest.mark.parametrize("command", ["describe", "limits"])
def test_an_org_that_is_away_or_does_not_let_us_in(org, command):
    (port,) = free_ports(1)
    done = org(command, url=f"http://127.0.0.1:{port}")
    assert done.returncode == 69 and str(port) in done.stderr
    org.simulator.control("PATCH", "/settings", json={"known_apps_only": True})
    assert org(command).returncode == 77


def test_a_passing_trouble_is_sat_out(org):
    org.simulator.control("POST", "/faults", json={"path": "*/sobjects", "status": 503, "body": "<html>", "times": 2})
    assert org("describe").returncode == 0


def test_used_up_calls_are_said(org):
    org.simulator.control("PATCH", "/settings", json={"daily_limit": 10, "daily_used": 10})
    done = org("describe")
    assert done.returncode == 77 and "TotalRequests" in done.stderr and "24 hours" in done.stderr
