# SPDX-License-Identifier: Apache-2.0
"""sfsink sim as public clients see it, which were written by others for the real Salesforce."""

import json
import os
import pathlib
import subprocess

import pytest
import requests
from simple_salesforce import Salesforce
from simple_salesforce.exceptions import SalesforceMalformedRequest, SalesforceMoreThanOneRecord, SalesforceResourceNotFound

from harness.org import KEY

ROOT = pathlib.Path(__file__).resolve().parents[2]


class OverHttp(requests.Session):
    """simple_salesforce builds https addresses only."""

    def request(self, method, url, **options):
        return super().request(method, url.replace("https://", "http://"), **options)


@pytest.fixture
def client(org):
    token = org.token(grant_type="client_credentials", client_id="simple", client_secret="simple").json()
    session = OverHttp()
    session.trust_env = False
    host = token["instance_url"].removeprefix("http://")
    return Salesforce(instance=host, session_id=token["access_token"], version="59.0", session=session)


def test_simple_salesforce(client):
    contacts = client.Contact
    assert {f["name"] for f in contacts.describe()["fields"]} >= {"LastName", KEY}
    assert {o["name"] for o in client.describe()["sobjects"]} >= {"Contact", "Lead"}
    made = contacts.create({"LastName": "Hopper", KEY: "a"})
    assert made["success"] and contacts.update(made["id"], {"Title": "Admiral"}) == 204
    assert contacts.upsert(f"{KEY}/a", {"FirstName": "Grace"}) in (200, 201)
    assert contacts.get_by_custom_id(KEY, "a")["Name"] == "Grace Hopper"
    found = client.query(f"SELECT Id, Title FROM Contact WHERE {KEY} = 'a'")
    assert (found["totalSize"], found["records"][0]["Title"]) == (1, "Admiral")
    assert contacts.delete(made["id"]) == 204
    with pytest.raises(SalesforceResourceNotFound):
        contacts.delete(made["id"])
    with pytest.raises(SalesforceMalformedRequest):
        contacts.create({"Nope": 1})
    assert client.limits()["DailyApiRequests"]["Max"] == 100000
    assert client.api_usage["api-usage"].used > 5


def test_simple_salesforce_several_match(client):
    contacts = client.Contact
    for _ in range(2):
        contacts.create({"LastName": "x", "Email": "a@b.example"})
    with pytest.raises(SalesforceMoreThanOneRecord):
        contacts.upsert("Email/a@b.example", {"Title": "t"})


def test_simple_salesforce_pages_and_composite(client, org):
    org.settings(query_page=200)
    org.upsert(*[{"attributes": {"type": "Contact"}, KEY: f"k{i}", "LastName": "x"} for i in range(200)])
    org.upsert(*[{"attributes": {"type": "Contact"}, KEY: f"m{i}", "LastName": "x"} for i in range(200)])
    assert len(client.query_all("SELECT Id FROM Contact")["records"]) == 400
    body = {"compositeRequest": [{"method": "GET", "url": "/services/data/v59.0/limits", "referenceId": "a"}]}
    (part,) = client.restful("composite", method="POST", json=body)["compositeResponse"]
    assert part["httpStatusCode"] == 200


def test_jsforce(org):
    modules = ROOT / "build/node/node_modules"
    environment = {"PATH": os.environ["PATH"], "NODE_PATH": str(modules), "HOME": os.environ.get("HOME", "/")}
    done = subprocess.run(
        ["node", str(ROOT / "tests/system/clients/jsforce_client.js"), org.url], env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    said = json.loads(done.stdout)
    assert said == {
        "created": True,
        "updated": True,
        "upserted": [True, False],
        "failed": ["INVALID_EMAIL_ADDRESS"],
        "found": ["Grace Hopper"],
        "fields": True,
        "composite": [201, 200],
        "deleted": [True, True],
        "refreshed": True,
        "pages": 300,
    }
