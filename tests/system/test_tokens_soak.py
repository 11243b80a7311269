# SPDX-License-Identifier: Apache-2.0
"""Three workers share one token file; the access token dies every few seconds, and each refresh replaces the refresh token.

A refresh token that is used twice ends the login for all of them: Salesforce's answer would be invalid_grant, and nothing would arrive any more.
TOKENS_SECONDS (make soak-tokens) makes it longer.
"""
import itertools
import json
import os
import time
import urllib.parse

import pytest

from harness.dead_letters import read_letters
from harness.events import created, updated
from harness.org import Org
from harness.waiting import wait_until

SECONDS = int(os.environ.get("TOKENS_SECONDS", "25"))
PARTITIONS, KEYS, EVERY_S = 6, 300, 1.5


def row(key, seq):
    return {"id": f"s-{key}", "name": f"N-{seq}"}


@pytest.fixture
def login(simulator, tmp_path):
    """A stored login, by the authorization code that a person would have got."""
    simulator.control("PATCH", "/settings", json={"rotate_refresh_tokens": True, "journal_values": False})
    org = Org(simulator)
    form = {"client_id": "soak", "redirect_uri": "http://localhost:8484/callback", "scope": "api refresh_token", "username": "soak@example.com"}
    answer = org.session.post(simulator.url + "/services/oauth2/authorize", data=form | {"decision": "allow"}, allow_redirects=False, timeout=10)
    (code,) = urllib.parse.parse_qs(urllib.parse.urlsplit(answer.headers["Location"]).query)["code"]
    tokens = org.token(grant_type="authorization_code", code=code, client_id="soak", redirect_uri=form["redirect_uri"]).json()
    file = tmp_path / "shared.token"
    file.write_text(json.dumps({"refresh_token": tokens["refresh_token"], "instance_url": simulator.url}))
    file.chmod(0o600)
    return file


@pytest.mark.timeout(SECONDS + 240)
def test_a_shared_login_outlives_every_token(kafka, workers, simulator, login):
    topic = kafka.create_topic(partitions=PARTITIONS)
    route = {"topic": topic, "format": "debezium", "object": "Contact", "external_id": "External_Id__c",
             "fields": [{"to": "External_Id__c", "from": "id"}, {"to": "LastName", "from": "name"}]}
    auth = {"flow": "refresh_token", "token_file": str(login), "client_id": "soak", "client_secret": ""}
    started = [workers.start(simulator.url, [route], salesforce={"auth": auth}) for _ in range(3)]
    wait_until(lambda: all(w.scrape().sum("sfsink_assigned_partitions") == PARTITIONS / 3 for w in started), "each has two partitions")

    end, ended, last = time.monotonic() + SECONDS, 0, {}
    for seq in itertools.count(1):
        make = created if seq == 1 else updated
        kafka.produce(topic, [make(row(key, seq)) for key in range(KEYS)])
        last = {f"s-{key}": f"N-{seq}" for key in range(KEYS)}
        if simulator.control("POST", "/tokens/expire"):
            ended += 1
        if time.monotonic() > end:
            break
        arrives = time.monotonic() + EVERY_S
        wait_until(lambda until=arrives: time.monotonic() > until, "the next token's time", timeout=EVERY_S + 5)
    workers.wait_settled(topic)

    assert {r["External_Id__c"]: r["LastName"] for r in simulator.control("GET", "/records/Contact")["records"]} == last
    assert not read_letters(kafka, workers.letters)
    renewals = [e for e in simulator.control("GET", "/journal", params={"limit": 200000})["entries"]
                if e["path"] == "/services/oauth2/token" and e.get("client_id") == "soak"]
    refused = [e for e in renewals if e["status"] != 200]
    assert not refused, "a refresh token was used twice"
    assert 5 <= len(renewals) - 1 <= ended + 1, (len(renewals), ended)  # one for each token that died, and the login's own
    wait_until(lambda: sum(w.scrape().sum("sfsink_token_refreshes_total", result="success") for w in started) == len(renewals) - 1,
               "the metrics count them", timeout=10)
    for worker in started:
        consumed, accounted = worker.scrape().books()
        assert consumed == accounted
        assert worker.stop() == 0
    stored = json.loads(login.read_text())
    for worker in started:
        assert stored["refresh_token"] not in worker.text() and stored["access_token"] not in worker.text()
