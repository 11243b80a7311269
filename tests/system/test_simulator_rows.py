# SPDX-License-Identifier: Apache-2.0
"""sfsink sim, rule by rule: single records, under /sobjects."""

from harness.org import KEY, contact, rec


def test_rule_40_one_record(org):
    made = org.call("POST", "/sobjects/Contact", json={"LastName": "x", KEY: "a"})
    record = made.json()["id"]
    assert made.status_code == 201 and made.json() == {"id": record, "success": True, "errors": []}
    assert made.headers["Location"] == f"/services/data/v59.0/sobjects/Contact/{record}"
    patched = org.call("PATCH", f"/sobjects/Contact/{record}", json={"Title": "t"})
    assert (patched.status_code, patched.content) == (204, b"")
    row = org.call("GET", f"/sobjects/Contact/{record}").json()
    assert row["Title"] == "t" and row["attributes"]["type"] == "Contact" and "Email" in row
    assert set(org.call("GET", f"/sobjects/Contact/{record}?fields=Title").json()) == {"attributes", "Id", "Title"}
    assert org.call("GET", f"/sobjects/Contact/{KEY}/a").json()["Id"] == record
    assert org.call("DELETE", f"/sobjects/Contact/{record}").status_code == 204
    gone = org.call("DELETE", f"/sobjects/Contact/{record}")
    assert (gone.status_code, gone.json()) == (404, [{"message": "entity is deleted", "errorCode": "ENTITY_IS_DELETED", "fields": []}])


def test_rule_40_upsert_of_one(org):
    path = f"/sobjects/Contact/{KEY}/a%2Fb%20c"
    created, updated = (org.call("PATCH", path, json={"LastName": "x"}) for _ in range(2))
    assert (created.status_code, created.json()["created"], updated.status_code, updated.json()["created"]) == (201, True, 200, False)
    assert org.stored("Contact")[0][KEY] == "a/b c"
    assert org.call("PATCH", "/services/data/v45.0" + path, json={"LastName": "x"}).status_code == 204
    empty = org.call("PATCH", f"/sobjects/Contact/{KEY}/", json={"LastName": "x"})
    assert (empty.status_code, empty.json()) == (
        405,
        [{"message": "HTTP Method 'PATCH' not allowed. Allowed are GET,HEAD,POST", "errorCode": "METHOD_NOT_ALLOWED"}],
    )
    unknown = org.call("PATCH", "/sobjects/Contact/Title/x", json={"LastName": "x"})
    assert (unknown.status_code, unknown.json()[0]["message"]) == (404, "Provided external ID field does not exist or is not accessible: Title")


def test_rule_40_several_match(org):
    ids = org.made(contact(Email="a@b.example"), contact(Email="a@b.example"))
    answer = org.call("PATCH", "/sobjects/Contact/Email/a@b.example", json={"Title": "t"})
    assert answer.status_code == 300 and answer.json() == [f"/services/data/v59.0/sobjects/Contact/{i}" for i in ids]


def test_rule_40_errors_of_one(org):
    (account,) = org.made(rec("Account", Name="a"))
    for method, path, body, status, code, text in (
        (
            "POST",
            "/sobjects/Account",
            {"AccountNumer": "1", "Name": "x"},
            400,
            "INVALID_FIELD",
            "No such column 'AccountNumer' on sobject of type Account",
        ),
        (
            "POST",
            "/sobjects/Contact",
            {"LastName": "x", "Birthdate": "2017-05-30T-06:00:00X"},
            400,
            "JSON_PARSER_ERROR",
            "Cannot deserialize instance of date from VALUE_STRING value 2017-05-30T-06:00:00X or request may be missing a required field at [line:1, column:1]",
        ),
        ("POST", "/sobjects/Contact", {}, 400, "REQUIRED_FIELD_MISSING", "Required fields are missing: [LastName]"),
        ("PATCH", f"/sobjects/Contact/{account}", {}, 400, "MALFORMED_ID", f"Contact ID: id value of incorrect type: {account}"),
        (
            "PATCH",
            "/sobjects/Contact/0035f00000ZZZZZ",
            {},
            404,
            "NOT_FOUND",
            "Provided external ID field does not exist or is not accessible: 0035f00000ZZZZZ",
        ),
        ("PATCH", f"/sobjects/Account/{account}", {"CreatedDate": "x"}, 400, "INVALID_FIELD_FOR_INSERT_UPDATE", None),
    ):
        answer = org.call(method, path, json=body)
        (error,) = answer.json()
        assert (answer.status_code, error["errorCode"]) == (status, code) and (text is None or error["message"] == text), error


def test_rule_40_the_misspelled_duplicate_result(org):
    org.control("PUT", "/rules", json={"duplicate": [{"object": "Contact", "name": "Contacts_DR", "field": "Email", "message": "twice"}]})
    (there,) = org.made(contact(Email="a@b.example"))
    answer = org.call("POST", "/sobjects/Contact", json={"LastName": "x", "Email": "a@b.example"})
    (error,) = answer.json()
    assert answer.status_code == 400 and (error["errorCode"], error["message"]) == ("DUPLICATES_DETECTED", "twice")
    found = error["duplicateResut"]
    assert (found["allowSave"], found["duplicateRule"]) == (False, "Contacts_DR")
    assert found["matchResults"][0]["matchRecords"][0]["record"]["Id"] == there
