# SPDX-License-Identifier: Apache-2.0
"""The simulated org as its own tests see it: raw requests, nothing checked for them."""

import requests

V = "/services/data/v59.0"
KEY = "External_Id__c"


def rec(obj, key=None, **fields):
    return {"attributes": {"type": obj}, **({KEY: key} if key is not None else {}), **fields}


def contact(key=None, **fields):
    return rec("Contact", key, **{"LastName": "Hopper", **fields})


class Org:
    def __init__(self, simulator):
        self.url, self.control = simulator.url, simulator.control
        self.session = requests.Session()
        self.session.trust_env = False
        self.login()

    def token(self, **form):
        return self.session.post(self.url + "/services/oauth2/token", data=form, headers={"Authorization": None}, timeout=10)

    def login(self):
        answer = self.token(grant_type="client_credentials", client_id="tests", client_secret="tests")
        self.session.headers["Authorization"] = "Bearer " + answer.json()["access_token"]

    def call(self, method, path, **options):
        path = path if path.startswith("/services") else V + path
        return self.session.request(method, self.url + path, timeout=20, **options)

    def results(self, method, path, records, status=200, headers=None, **body):
        answer = self.call(method, path, json={"records": records, **body}, headers=headers)
        assert answer.status_code == status, answer.text
        return answer.json()

    def create(self, *records, **body):
        return self.results("POST", "/composite/sobjects", list(records), **body)

    def update(self, *records, **body):
        return self.results("PATCH", "/composite/sobjects", list(records), **body)

    def upsert(self, *records, obj=None, by=KEY, **body):
        obj = obj or records[0]["attributes"]["type"]
        return self.results("PATCH", f"/composite/sobjects/{obj}/{by}", list(records), **body)

    def delete(self, *ids, **query):
        answer = self.call("DELETE", "/composite/sobjects", params={"ids": ",".join(ids), **query})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def made(self, *records):
        results = self.create(*records)
        assert all(r["success"] for r in results), results
        return [r["id"] for r in results]

    def query(self, soql, status=200, **options):
        answer = self.call("GET", "/query", params={"q": soql}, **options)
        assert answer.status_code == status, answer.text
        return answer.json()

    def stored(self, obj):
        return self.control("GET", f"/records/{obj}")["records"]

    def settings(self, **changes):
        self.control("PATCH", "/settings", json=changes)

    def journal(self):
        return self.control("GET", "/journal")["entries"]


def codes(results):
    """The first code of each, None for a success."""
    return [r["errors"][0]["statusCode"] if r["errors"] else None for r in results]


def only_error(results):
    (result,) = results
    assert not result["success"] and "id" not in result, result
    return result["errors"][0]
