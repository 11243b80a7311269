# SPDX-License-Identifier: Apache-2.0
"""sfsink sim, rule by rule: composite, transport, limits, describe, queries, faults, the control interface."""

import concurrent.futures
import gzip
import json
import socket
import time

import pytest
import requests

from harness.org import KEY, V, codes, contact, rec
from harness.waiting import wait_until

SIMULATOR_OPTIONS = ("--idle-timeout", "1")  # of the fixture running


# ---- composite


def sub(reference, method, path, body=None, **more):
    return {"method": method, "url": V + path, "referenceId": reference, **({} if body is None else {"body": body}), **more}


def composite(org, *subrequests, status=200, **body):
    answer = org.call("POST", "/composite", json={"compositeRequest": list(subrequests), **body})
    assert answer.status_code == status, answer.text
    return answer.json()["compositeResponse"] if status == 200 else answer.json()


def upsert_part(reference, *records):
    return sub(reference, "PATCH", f"/composite/sobjects/Contact/{KEY}", {"records": list(records)})


def test_rule_31_how_many_subrequests(org):
    one = composite(org, *[sub(f"r{i}", "GET", "/limits") for i in range(26)])
    assert one == [
        {
            "body": [{"errorCode": "LIMIT_EXCEEDED", "message": "The request can’t contain more than 25 operations."}],
            "httpHeaders": {},
            "httpStatusCode": 400,
            "referenceId": None,
        }
    ]
    (heavy,) = composite(org, *[upsert_part(f"r{i}", contact(f"k{i}")) for i in range(6)])
    assert heavy["httpStatusCode"] == 400 and "5" in heavy["body"][0]["message"] and org.stored("Contact") == []
    used = org.control("GET", "/settings")["daily_used"]
    parts = composite(org, *[upsert_part(f"r{i}", *[contact(f"{i}-{k}") for k in range(200)]) for i in range(5)])
    assert [codes(p["body"]) for p in parts] == [[None] * 200] * 5
    assert org.control("GET", "/settings")["daily_used"] == used + 1


def test_rule_32_shape(org):
    parts = composite(
        org,
        upsert_part("c0", contact("a"), contact("b", Email="x")),
        sub("c1", "POST", "/sobjects/Contact", {"LastName": "x"}),
        sub("c2", "GET", "/sobjects/Nope"),
        sub("c3", "POST", "/sobjects/Contact", {"LastName": "x", "Email": "123"}),
    )
    assert [(p["referenceId"], p["httpStatusCode"]) for p in parts] == [("c0", 200), ("c1", 201), ("c2", 404), ("c3", 400)]
    assert all(set(p) == {"body", "httpHeaders", "httpStatusCode", "referenceId"} for p in parts)
    assert codes(parts[0]["body"]) == [None, "INVALID_EMAIL_ADDRESS"]
    assert parts[1]["httpHeaders"]["Location"].endswith(parts[1]["body"]["id"])
    assert parts[3]["body"][0]["errorCode"] == "INVALID_EMAIL_ADDRESS"


def test_rule_33_outer_all_or_none(org):
    parts = composite(
        org, sub("one", "POST", "/sobjects/Account", {"Name": "x"}), upsert_part("many", contact("a"), contact("b", Email="x")), allOrNone=True
    )
    assert parts[0]["httpStatusCode"] == 400 and parts[0]["body"] == [
        {"errorCode": "PROCESSING_HALTED", "message": "The transaction was rolled back since another operation in the same transaction failed."}
    ]
    assert parts[1]["httpStatusCode"] == 200 and codes(parts[1]["body"]) == [None, "INVALID_EMAIL_ADDRESS"]
    assert org.stored("Contact") == org.stored("Account") == []
    assert org.upsert(contact("a"))[0]["created"]
    assert [e["records"][0].get("undone") for e in org.journal() if e["path"].endswith("/composite")] == [True]


@pytest.mark.parametrize(
    "wrong",
    [
        {"httpHeaders": {"Accept": "x"}},
        {"httpHeaders": {"content-type": "application/json"}},
        {"httpHeaders": {"Authorization": "x"}},
        {"referenceId": "_x"},
        {"referenceId": "a b"},
        {"referenceId": None},
    ],
)
def test_rule_34_what_a_subrequest_may_not_have(org, wrong):
    (error,) = composite(org, {**upsert_part("ok", contact("a")), **wrong}, status=400)
    assert error["errorCode"] and org.stored("Contact") == []


def test_rule_34_references(org):
    parts = composite(
        org,
        sub("acc", "POST", "/sobjects/Account", {"Name": "Acme", KEY: "a"}),
        sub("con", "POST", "/sobjects/Contact", {"LastName": "x", "AccountId": "@{acc.id}"}),
        sub("row", "GET", "/query?q=SELECT+Id,AccountId+FROM+Contact"),
        sub("again", "PATCH", "/sobjects/Contact/@{row.records[0].Id}", {"Title": "@{acc.id}"}),
        sub("bad", "POST", "/sobjects/Contact", {"LastName": "@{acc.nope}"}),
    )
    assert [p["httpStatusCode"] for p in parts] == [201, 201, 200, 204, 400]
    assert parts[4]["body"][0]["errorCode"] == "PROCESSING_HALTED" and parts[4]["body"][0]["message"].startswith(
        "Invalid reference specified. No value for acc.nope found in acc"
    )
    (row,) = org.stored("Contact")
    assert row["AccountId"] == row["Title"] == parts[0]["body"]["id"]


# ---- limits and transport


def test_rule_35_daily_limit(org):
    org.settings(daily_limit=3)
    seen = [org.call("GET", "/sobjects") for _ in range(4)]
    assert [a.headers["Sforce-Limit-Info"] for a in seen] == ["api-usage=1/3", "api-usage=2/3", "api-usage=3/3", "api-usage=3/3"]
    assert (seen[3].status_code, seen[3].json()) == (403, [{"message": "TotalRequests Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED"}])
    versions = requests.get(org.url + "/services/data", timeout=5)
    assert versions.status_code == 200 and "Sforce-Limit-Info" not in versions.headers
    assert versions.json()[0] == {"label": "Summer '14", "url": "/services/data/v31.0", "version": "31.0"}
    org.settings(daily_limit=100)
    assert org.call("GET", "/limits").json()["DailyApiRequests"] == {"Max": 100, "Remaining": 96}


def test_rule_36_long_requests_at_once(org):
    org.settings(concurrent_limit=2, long_request_ms=50)
    org.control("POST", "/faults", json={"path": "*/limits", "times": 2, "stall_ms": 700})
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        slow = [pool.submit(org.call, "GET", "/limits") for _ in range(2)]
        (refused,) = wait_until(lambda: [a for a in [org.call("GET", "/sobjects")] if a.status_code == 403], lambda: "two calls are long", timeout=5)
        assert refused.json()[0]["message"] == "ConcurrentRequests (Concurrent API Requests) Limit exceeded."
        assert [s.result().status_code for s in slow] == [200, 200]
    assert org.call("GET", "/sobjects").status_code == 200


def test_rule_37_gzip_and_chunks(org):
    body = gzip.compress(json.dumps({"records": [contact("a")]}).encode())
    answer = org.call("POST", "/composite/sobjects", data=body, headers={"Content-Type": "application/json", "Content-Encoding": "gzip"})
    assert codes(answer.json()) == [None]
    packed = org.call("GET", "/sobjects/Contact/describe", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip" and packed.json()["name"] == "Contact"
    plain = org.call("GET", "/sobjects/Contact/describe", headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers and plain.headers["Transfer-Encoding"] == "chunked" and "Content-Length" not in plain.headers
    org.settings(pretty_print=True, chunked=False)
    assert org.call("GET", "/limits", headers={"Accept-Encoding": "identity"}).text.startswith('{\n  "DailyApiRequests": {')


def test_rule_38_what_http_refuses(org):
    assert org.call("GET", "/query?q=" + "x" * 17000).status_code in (414, 431)
    wrong = org.call("POST", "/composite/sobjects", data="<x/>", headers={"Content-Type": "text/xml"})
    assert (wrong.status_code, wrong.json()[0]["errorCode"]) == (415, "UNSUPPORTED_MEDIA_TYPE")
    method = org.call("PUT", "/composite/sobjects", json={})
    assert (method.status_code, method.json()) == (
        405,
        [{"message": "HTTP Method 'PUT' not allowed. Allowed are DELETE,PATCH,POST", "errorCode": "METHOD_NOT_ALLOWED"}],
    )


def test_rule_38_a_body_over_50_mb(org):
    try:
        assert org.call("POST", "/composite/sobjects", data=b" " * (51 << 20), headers={"Content-Type": "application/json"}).status_code == 413
    except requests.ConnectionError:
        pass  # refused before all of it was sent


def test_rule_39_unknown_things(org):
    missing = [{"message": "The requested resource does not exist", "errorCode": "NOT_FOUND"}]
    for path in (
        "/sobjects/Nope",
        "/sobjects/Nope/describe",
        "/sobjects/Nope/001",
        f"/sobjects/Nope/{KEY}/1",
        f"/composite/sobjects/Nope/{KEY}",
        "/nope",
        "/services/data/v99.0/limits",
        "/services/data/v59.1/limits",
        "/services/data/v30.0/sobjects",
    ):
        answer = org.call("PATCH" if "composite" in path else "GET", path, json={"records": [rec("Nope")]})
        assert (answer.status_code, answer.json()) == (404, missing), path


# ---- describe and queries

FIELD_KEYS = """aggregatable aiPredictionField autoNumber byteLength calculated calculatedFormula cascadeDelete caseSensitive compoundFieldName controllerName createable
custom defaultValue defaultValueFormula defaultedOnCreate dependentPicklist deprecatedAndHidden digits displayLocationInDecimal encrypted externalId extraTypeInfo filterable
filteredLookupInfo formulaTreatNullNumberAsZero groupable highScaleNumber htmlFormatted idLookup inlineHelpText label length mask maskType name nameField namePointing nillable
permissionable picklistValues polymorphicForeignKey precision queryByDistance referenceTargetField referenceTo relationshipName relationshipOrder restrictedDelete
restrictedPicklist scale searchPrefilterable soapType sortable type unique updateable writeRequiresMasterRead""".split()
TOP_KEYS = """actionOverrides childRelationships createable custom customSetting deletable deprecatedAndHidden fields keyPrefix label labelPlural mergeable name queryable
recordTypeInfos replicateable retrieveable searchable triggerable undeletable updateable urls""".split()


def described(org, obj):
    return {f["name"]: f for f in org.call("GET", f"/sobjects/{obj}/describe").json()["fields"]}


def test_rule_41_describe(org):
    everything = org.call("GET", "/sobjects/contact/describe").json()
    assert set(TOP_KEYS) <= set(everything) and everything["keyPrefix"] == "003"
    assert all(set(f) == set(FIELD_KEYS) for f in everything["fields"])
    fields = described(org, "Contact")
    assert {k: fields["LastName"][k] for k in ("type", "length", "byteLength", "nillable", "compoundFieldName")} == {
        "type": "string",
        "length": 80,
        "byteLength": 240,
        "nillable": False,
        "compoundFieldName": "Name",
    }
    assert (fields["AccountId"]["referenceTo"], fields["AccountId"]["relationshipName"]) == (["Account"], "Account")
    assert fields["Email"]["idLookup"] and not fields["Email"]["externalId"] and fields[KEY]["externalId"] and fields[KEY]["unique"]
    assert described(org, "Invoice__c")["Status__c"]["picklistValues"][1] == {
        "active": True,
        "defaultValue": False,
        "label": "Sent",
        "validFor": None,
        "value": "Sent",
    }
    required = {
        o: [
            n for n, f in described(org, o).items() if not f["nillable"] and not f["defaultedOnCreate"] and f["createable"] and f["type"] != "boolean"
        ]
        for o in ("Contact", "Lead", "Account", "Opportunity", "CampaignMember")
    }
    assert required == {
        "Contact": ["LastName"],
        "Lead": ["LastName", "Company"],
        "Account": ["Name"],
        "Opportunity": ["Name", "StageName", "CloseDate"],
        "CampaignMember": ["CampaignId"],
    }
    listed = org.call("GET", "/sobjects").json()
    assert listed["maxBatchSize"] == 200 and {"Contact", "Invoice__c"} <= {o["name"] for o in listed["sobjects"]}


def test_rule_41_not_modified(org):
    answer = org.call("GET", "/sobjects/Contact/describe")
    since = {"If-Modified-Since": answer.headers["Last-Modified"]}
    again = org.call("GET", "/sobjects/Contact/describe", headers=since)
    assert (again.status_code, again.content) == (304, b"")
    assert org.call("GET", "/sobjects/Contact/describe", headers={"If-Modified-Since": "Tue, 10 Aug 2015 00:00:00 GMT"}).status_code == 200


def test_rule_41_hidden_fields_and_removed_objects(org):
    org.control("PUT", "/objects/Contact/fields/Title", json={"hidden": True})
    assert "Title" not in described(org, "Contact")
    assert org.create(contact(Title="t"))[0]["errors"][0]["message"] == "No such column 'Title' on sobject of type Contact"
    assert "No such column 'Title' on entity 'Contact'" in org.query("SELECT Title FROM Contact", status=400)[0]["message"]
    org.control("PUT", "/objects/Invoice__c", json={"removed": True})
    assert org.call("GET", "/sobjects/Invoice__c/describe").status_code == 404 and codes(org.create(rec("Invoice__c"))) == ["INVALID_TYPE"]
    org.control("PUT", "/objects/Lead", json={"read_only": True})
    assert codes(org.create(rec("Lead", LastName="x", Company="y"))) == ["INSUFFICIENT_ACCESS_OR_READONLY"]
    org.control("PUT", "/objects/Order__c", json={})
    org.control("PUT", "/objects/Order__c/fields/Total__c", json={"type": "double", "scale": 2})
    assert codes(org.upsert(rec("Order__c", "o", Total__c=1.25))) == [None]


def test_rule_42_queries(org):
    org.made(rec("Account", "acme", Name="Acme"))
    org.made(*[contact(f"k{i}", Title=t, Account={KEY: "acme"}) for i, t in enumerate(["it's", "back\\slash", "line\nbreak", "100%", None])])
    for where, keys in (
        (f"{KEY} IN ('K0','k1','nope')", ["k0", "k1"]),
        (r"Title = 'it\'s'", ["k0"]),
        (r"Title = 'back\\slash'", ["k1"]),
        (r"Title = 'line\nbreak'", ["k2"]),
        (r"Title = '\u0031\u0030\u0030%'", ["k3"]),
        (r"Title LIKE '100\%'", ["k3"]),
        ("Title LIKE '%s%' AND NOT Title LIKE 'b%'", ["k0"]),
        ("Title = null", ["k4"]),
        (f"Title != null AND ({KEY} = 'k0' OR {KEY} = 'k4')", ["k0"]),
        (f"{KEY} NOT IN ('k0','k1','k2')", ["k3", "k4"]),
        ("Account.Name = 'acme' AND DoNotCall = false AND CreatedDate > 2020-01-01T00:00:00Z", ["k0", "k1", "k2", "k3", "k4"]),
    ):
        rows = org.query(f"select Id, {KEY.lower()} from contact where {where} order by {KEY}")
        assert [r[KEY] for r in rows["records"]] == keys and rows["totalSize"] == len(keys), where
    rows = org.query(f"SELECT {KEY}, Account.Name FROM Contact ORDER BY {KEY} DESC LIMIT 2 OFFSET 1")["records"]
    assert [(r[KEY], r["Account"]["Name"]) for r in rows] == [("k3", "Acme"), ("k2", "Acme")]
    assert rows[0]["attributes"]["type"] == "Contact" and rows[0]["Account"]["attributes"]["type"] == "Account"
    assert org.query("SELECT COUNT() FROM Contact") == {"totalSize": 5, "done": True, "records": []}
    for offset, left in ((4, 1), (5, 0), (9, 0)):
        assert org.query(f"SELECT Id FROM Contact OFFSET {offset}")["totalSize"] == left


@pytest.mark.parametrize(
    "soql, code, text",
    [
        (
            "SELECT Foo FROM Contact",
            "INVALID_FIELD",
            "\nSELECT Foo FROM Contact\n       ^\nERROR at Row:1:Column:8\nNo such column 'Foo' on entity 'Contact'. If you are attempting to use a custom field, be sure to append the '__c' after the custom field name. Please reference your WSDL or the describe call for the appropriate names.",
        ),
        (
            "SELECT Id FROM Accout",
            "INVALID_TYPE",
            "sObject type 'Accout' is not supported. If you are attempting to use a custom object, be sure to append the '__c' after the entity name.",
        ),
        (r"SELECT Id FROM Contact WHERE Title = 'a\qb'", "MALFORMED_QUERY", ""),
        ("SELECT Id FROM Contact WHERE Title = 'open", "MALFORMED_QUERY", ""),
        ("SELECT Id FROM Contact WHERE Title = 5", "INVALID_FIELD", "should be enclosed in quotes"),
        ("SELECT Id FROM Contact WHERE Score__c = '5'", "INVALID_FIELD", "should not be enclosed in quotes"),
        ("SELECT Id FROM Contact WHERE Id IN ('nonsense')", "INVALID_QUERY_FILTER_OPERATOR", "nonsense"),
        ("SELECT FROM Contact", "MALFORMED_QUERY", ""),
        ("", "MALFORMED_QUERY", ""),
    ],
)
def test_rule_42_wrong_queries(org, soql, code, text):
    (error,) = org.query(soql, status=400)
    assert error["errorCode"] == code and text in error["message"], error


def test_rule_42_pages(org):
    org.made(*[contact(f"k{i:03}") for i in range(200)])
    org.made(*[contact(f"k{i:03}") for i in range(200, 250)])
    first = org.query(f"SELECT {KEY} FROM Contact ORDER BY {KEY}", headers={"Sforce-Query-Options": "batchSize=200"})
    assert (first["totalSize"], first["done"], len(first["records"])) == (250, False, 200)
    assert first["nextRecordsUrl"].startswith("/services/data/v59.0/query/01g")
    second = org.call("GET", first["nextRecordsUrl"]).json()
    assert second["done"] and [r[KEY] for r in first["records"] + second["records"]] == [f"k{i:03}" for i in range(250)]
    org.settings(locator_life_ms=0, query_page=10)
    expired = org.call("GET", org.query("SELECT Id FROM Contact")["nextRecordsUrl"])
    assert (expired.status_code, expired.json()[0]["errorCode"]) == (400, "INVALID_QUERY_LOCATOR")


def test_rule_42_deleted_rows(org):
    (made,) = org.made(contact("a"))
    org.delete(made)
    assert org.query("SELECT Id FROM Contact")["totalSize"] == 0
    assert org.call("GET", "/queryAll", params={"q": "SELECT Id, IsDeleted FROM Contact"}).json()["records"][0]["IsDeleted"]


# ---- faults


def fault(org, **what):
    return org.control("POST", "/faults", json=what)["id"]


@pytest.mark.parametrize(
    "what",
    [
        {"status": 401, "body": [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]},
        {"status": 403, "body": [{"message": "ConcurrentPerOrgLongTxn Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED"}]},
        {"status": 500, "body": [{"message": "An unexpected error occurred. ErrorId: 1-2", "errorCode": "UNKNOWN_EXCEPTION"}]},
        {"status": 503, "body": "<html><body>down</body></html>", "headers": {"Retry-After": "7"}},
        {"status": 503, "body": {"message": "m", "errorCode": "SERVER_UNAVAILABLE"}},
        {"status": 420, "body": ""},
    ],
)
def test_rule_44_any_answer(org, what):
    fault(org, method="PATCH", path="/services/data/v??.0/composite/*", object="Contact", skip=1, times=2, **what)
    answers = [org.call("PATCH", f"/composite/sobjects/Contact/{KEY}", json={"records": [contact(str(i))]}) for i in range(4)]
    assert [a.status_code for a in answers] == [200, what["status"], what["status"], 200]
    assert answers[1].text == what["body"] if isinstance(what["body"], str) else answers[1].json() == what["body"]
    assert answers[1].headers.get("Retry-After") == what.get("headers", {}).get("Retry-After")
    assert [r[KEY] for r in org.stored("Contact")] == ["0", "3"]


def test_rule_45_of_records(org):
    lock = {"statusCode": "UNABLE_TO_LOCK_ROW", "message": "unable to obtain exclusive access to this record"}
    org.control("POST", "/record_faults", json={"key": "b", "times": 2, "errors": [lock]})
    rounds = [codes(org.upsert(contact("a"), contact("b"))) for _ in range(3)]
    assert rounds == [[None, "UNABLE_TO_LOCK_ROW"], [None, "UNABLE_TO_LOCK_ROW"], [None, None]]
    org.control("POST", "/record_faults", json={"object": "Contact", "key": "*", "operation": "delete", "times": 0, "errors": [lock]})
    ids = [r["Id"] for r in org.stored("Contact")]
    assert codes(org.delete(*ids)) == codes(org.delete(*ids)) == ["UNABLE_TO_LOCK_ROW"] * 2
    org.control("DELETE", "/faults")
    assert codes(org.delete(*ids)) == [None, None]
    org.settings(storage_full=True)
    assert codes(org.upsert(contact("new"))) == ["STORAGE_LIMIT_EXCEEDED"]


@pytest.mark.parametrize("applied", [False, True])
def test_rule_46_dropped(org, applied):
    fault(org, path="*/composite/*", drop=True, applied=applied)
    with pytest.raises(requests.ConnectionError):
        org.upsert(contact("a"))
    assert len(org.stored("Contact")) == applied
    assert org.journal()[-1]["status"] == 0


def test_rule_46_late(org):
    fault(org, path="*/composite/*", stall_ms=600, late=True)
    with pytest.raises(requests.Timeout):
        org.session.patch(org.url + V + f"/composite/sobjects/Contact/{KEY}", json={"records": [contact("a")]}, timeout=0.1)
    assert org.stored("Contact") == []
    wait_until(lambda: org.stored("Contact"), lambda: "the late call took effect though nobody waits", timeout=5)


def test_rule_46_stalled_calls_stop_no_other(org):
    fault(org, path="*/limits", times=50, stall_ms=1500)
    with concurrent.futures.ThreadPoolExecutor(50) as pool:
        stalled = [pool.submit(requests.get, org.url + V + "/limits", headers=org.session.headers, timeout=20) for _ in range(50)]
        wait_until(lambda: org.control("GET", "/faults")["calls"][0]["used"] == 50, lambda: "all have arrived", timeout=10)
        begin = time.monotonic()
        assert org.call("GET", "/sobjects").status_code == 200
        assert time.monotonic() - begin < 1
        assert {s.result().status_code for s in stalled} == {200}


def test_rule_46_cut_and_closed(org):
    fault(org, path="*/composite/*", cut=True)
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        org.upsert(contact("a"))
    assert len(org.stored("Contact")) == 1
    host, port = org.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as idle:
        idle.sendall(f"GET /services/data HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        assert idle.recv(1 << 16)
        wait_until(lambda: idle.recv(1 << 16) == b"", lambda: "--idle-timeout closes it", timeout=10)


def test_rule_47_strange_answers(org):
    org.settings(extra_keys=True, error_fields="absent")
    good, bad = org.upsert(contact("a"), contact("b", Email="x"))
    assert "x_unknown" in good and "fields" not in bad["errors"][0] and "x_unknown" in bad["errors"][0]
    org.settings(extra_keys=False, error_fields="null")
    assert org.upsert(contact("b", Email="x"))[0]["errors"][0]["fields"] is None
    several = [{"statusCode": "ONE", "message": "1", "fields": ["A"]}, {"statusCode": "TWO", "message": "2"}]
    org.control("POST", "/record_faults", json={"key": "c", "errors": several})
    assert [e["statusCode"] for e in org.upsert(contact("c"))[0]["errors"]] == ["ONE", "TWO"]
    for by, n in ((-1, 1), (1, 3)):
        fault(org, results=by)
        assert len(org.upsert(contact("d"), contact("e"))) == n


# ---- control


def test_journal_and_counts(org):
    org.upsert(contact("a", Title="t"), contact("b", Email="x"))
    org.control("DELETE", "/journal")
    (made,) = org.upsert(contact("a", Title="u"))
    org.delete(made["id"])
    page = org.control("GET", "/journal?limit=1")
    (entry,) = page["entries"]
    (record,) = entry["records"]
    assert (entry["method"], entry["path"], entry["status"]) == ("PATCH", V + f"/composite/sobjects/Contact/{KEY}", 200)
    assert {k: record[k] for k in ("operation", "object", "key", "id", "success", "created", "codes")} == {
        "operation": "upsert",
        "object": "Contact",
        "key": "a",
        "id": made["id"],
        "success": True,
        "created": False,
        "codes": [],
    }
    assert record["values"]["Title"] == "u"
    (entry,) = org.control("GET", f"/journal?after={page['next']}")["entries"]
    assert entry["records"][0]["operation"] == "delete" and entry["records"][0]["key"] == "a" and entry["records"][0]["order"] == record["order"] + 1
    counts = org.control("GET", "/counts")
    assert (counts["records_written"], counts["records_deleted"], counts["records_refused"], counts["objects"]["Contact"]) == (2, 1, 1, 0)
    org.settings(journal_records=3)
    for i in range(5):
        org.upsert(contact(f"k{i}"))
    kept = org.control("GET", "/journal")
    assert len(kept["entries"]) == 1 and kept["dropped"] >= 5


@pytest.mark.parametrize(
    "method, path, body",
    [
        ("PATCH", "/settings", {"nope": 1}),
        ("PATCH", "/settings", {"latency_ms": "x"}),
        ("POST", "/faults", {"nope": 1}),
        ("POST", "/record_faults", {"key": "a"}),
        ("PUT", "/objects/Contact/fields/X__c", {"nope": 1}),
        ("PUT", "/rules", {"validation": [{}]}),
        ("PUT", "/apps/a", {"nope": 1}),
        ("GET", "/nope", None),
    ],
)
def test_control_refuses_what_it_does_not_know(org, method, path, body):
    answer = org.session.request(method, org.url + "/control" + path, json=body, timeout=5)
    assert answer.status_code in (400, 404) and answer.json()["error"]
