# SPDX-License-Identifier: Apache-2.0
"""sfsink sim, rule by rule: records. The numbers are those of worker/simulator/README.md."""

import collections
import concurrent.futures

import pytest

from harness.org import KEY, codes, contact, only_error, rec


# ---- collections


@pytest.mark.smoke
def test_rule_09_how_many_records(org):
    for records, code, text in (
        ([contact(str(i)) for i in range(201)], "EXCEEDED_ID_LIMIT", "record limit reached. cannot submit more than 200 records into this call"),
        ([], "REQUIRED_FIELD_MISSING", "At least 1 record is required"),
    ):
        for method, path in (("POST", ""), ("PATCH", ""), ("PATCH", f"/Contact/{KEY}")):
            error = org.results(method, "/composite/sobjects" + path, records, status=400)
            assert error == [{"message": text, "errorCode": code}]
    chunks = [rec(o, f"{o}{i}", Name="n") for i in range(6) for o in ("Account", "My_Object__c")]
    (error,) = org.results("POST", "/composite/sobjects", chunks, status=400)
    assert error["message"].startswith("Cannot have more than 10 chunks in a single operation.")
    assert codes(org.create(*chunks[:10])) == [None] * 10
    assert codes(org.upsert(*[contact(str(i)) for i in range(200)])) == [None] * 200


def test_rule_10_malformed_json(org):
    for body in ('{"records":[{', "{'records'", "[1,", '{"records": [{"LastName": "\xff"}]}'.encode("latin-1")):
        answer = org.call("POST", "/composite/sobjects", data=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 400 and answer.json()[0]["errorCode"] == "JSON_PARSER_ERROR"
    answer = org.call("POST", "/composite/sobjects", headers={"Content-Type": "application/json"})
    assert answer.json()[0]["message"] == "The HTTP entity body is required, but this request has no entity body."
    assert org.stored("Contact") == []


def test_rule_11_one_result_per_record_in_order(org):
    results = org.create(contact("a"), contact("b", Nope=1), contact("c"), rec("Nope"), contact("d", Email="x"))
    assert codes(results) == [None, "INVALID_FIELD", None, "INVALID_TYPE", "INVALID_EMAIL_ADDRESS"]
    assert codes(org.create(*[contact(Nope=1)] * 200)) == ["INVALID_FIELD"] * 200


def test_rule_12_shapes(org):
    (made,) = org.create(contact("a"))
    assert made == {"id": made["id"], "success": True, "errors": []} and len(made["id"]) == 18
    assert org.upsert(contact("a")) == [{"id": made["id"], "success": True, "errors": [], "created": False}]
    failed = org.upsert(contact("b", Email="x"))
    error = {"statusCode": "INVALID_EMAIL_ADDRESS", "message": "Email: invalid email address: x", "fields": ["Email"]}
    assert failed == [{"success": False, "errors": [error]}]
    org.settings(created_on_failure=True)
    assert org.upsert(contact("b", Email="x")) == [{"success": False, "errors": [error], "created": True}]


def test_rule_13_unknown_names_are_the_records_fault(org):
    results = org.create(contact("a", Nope=1), rec("badType"), {"LastName": "x"}, {"attributes": {}, "LastName": "x"}, contact("b"))
    tail = " is not supported. If you are attempting to use a custom object, be sure to append the '__c' after the entity name. Please reference your WSDL or the describe call for the appropriate names."
    assert [r["errors"] and r["errors"][0]["message"] for r in results] == [
        "No such column 'Nope' on sobject of type Contact",
        "sObject type 'badType'" + tail,
        "sObject type 'null'" + tail,
        "sObject type 'null'" + tail,
        [],
    ]
    assert codes(org.upsert(contact("c", Nope=1), contact("d"))) == ["INVALID_FIELD", None]


@pytest.mark.parametrize(
    "fields", [{"Title": {"a": 1}}, {"Title": 5}, {"Birthdate": "2017-05-30T06:00:00"}, {"Score__c": "much"}, {"DoNotCall": None}]
)
def test_rule_13_wrong_json_type(org, fields):
    wrong, good = contact("a", **fields), contact("b")
    results = org.upsert(wrong, good)
    assert codes(results) == ["JSON_PARSER_ERROR", None]
    assert results[0]["errors"][0]["message"].startswith("Cannot deserialize instance of ")
    org.settings(wrong_type_fails_request=True)
    (error,) = org.upsert(wrong, contact("c"), status=400)
    assert error["errorCode"] == "JSON_PARSER_ERROR" and len(org.stored("Contact")) == 1


def test_rule_14_all_or_none(org):
    (there,) = org.made(contact("there", Title="old"))
    results = org.upsert(contact("there", Title="new"), contact("new"), contact("bad", Email="x"), allOrNone=True)
    rolled_back = "ALL_OR_NONE_OPERATION_ROLLED_BACK"
    assert codes(results) == [rolled_back, rolled_back, "INVALID_EMAIL_ADDRESS"]
    assert results[0]["errors"][0]["message"] == "Record rolled back because not all records were valid and the request was using AllOrNone header"
    assert [r["Title"] for r in org.stored("Contact")] == ["old"]
    assert org.upsert(contact("new"), allOrNone=True)[0]["created"]  # nothing of it stays, the key neither
    answer = org.call("POST", "/composite/sobjects?allOrNone=true", json={"records": [contact("x"), contact("y", Email="x")]})
    assert codes(answer.json()) == [None, "INVALID_EMAIL_ADDRESS"]
    assert codes(org.delete(there, "003000000000001", allOrNone="true")) == [rolled_back, "INVALID_CROSS_REFERENCE_KEY"]
    assert there in [r["Id"] for r in org.stored("Contact")]


def test_rule_15_upsert_keys(org):
    results = org.upsert(contact("a-1"), contact("b"), contact("A-1"))
    assert codes(results) == ["DUPLICATE_VALUE", None, "DUPLICATE_VALUE"]
    assert results[0]["errors"][0]["message"] == "Duplicate external id specified: a-1"
    assert [r[KEY] for r in org.stored("Contact")] == ["b"]
    error = only_error(org.upsert(contact("")))
    assert (error["statusCode"], error["message"]) == ("MISSING_ARGUMENT", "External_Id__c not specified")
    assert codes(org.upsert(contact())) == ["MISSING_ARGUMENT"]
    first, second = org.upsert(contact("x"), contact("y")), org.upsert(contact("X"), contact("y"))
    assert [r["created"] for r in first + second] == [True, True, False, False]
    assert [r["id"] for r in first] == [r["id"] for r in second]


def test_rule_15_case_counts_where_the_field_is_not_unique(org):
    org.control("PUT", "/objects/Contact/fields/Code__c", json={"external_id": True})
    results = org.upsert(contact(Code__c="a"), contact(Code__c="A"), by="Code__c")
    assert [r["created"] for r in results] == [True, True]
    org.made(contact(Code__c="a"))
    error = only_error(org.upsert(contact(Code__c="a"), by="Code__c"))
    assert error["statusCode"] == "DUPLICATE_EXTERNAL_ID" and error["message"].startswith(
        "Code: more than one record found for external id field: [003"
    )


def test_rule_16_update_only(org):
    org.made(contact("a"))
    answer = org.call("PATCH", f"/composite/sobjects/Contact/{KEY}/?updateOnly=true", json={"records": [contact("a", Title="t"), contact("b")]})
    assert codes(answer.json()) == [None, "NOT_FOUND"] and len(org.stored("Contact")) == 1


def test_rule_17_the_key_field(org):
    (error,) = org.upsert(contact(), by="Title", status=404)
    assert error == {"message": "Provided external ID field does not exist or is not accessible: Title", "errorCode": "NOT_FOUND"}
    org.settings(upsert_field_400=True)
    assert org.upsert(contact(), by="Nope", status=400)[0]["errorCode"] == "INVALID_FIELD"
    assert org.upsert(contact(Email="a@b.example"), by="Email")[0]["created"]
    assert not org.upsert(contact(Email="A@b.example"), by="Email")[0]["created"]
    (made,) = org.upsert(contact(Id=None), by="Id")
    assert made["created"] and not org.upsert(contact(Id=made["id"]), by="Id")[0]["created"]


def test_rule_18_ids(org):
    (account,) = org.made(rec("Account", Name="a"))
    (gone,) = org.made(contact("gone"))
    org.delete(gone)
    unknown = "0035f00000ZZZZZ"
    results = org.update(contact(), contact(id=account), contact(Id=unknown), contact(id=gone), contact(id="nonsense"))
    assert codes(results) == ["MISSING_ARGUMENT", "MALFORMED_ID", "INVALID_CROSS_REFERENCE_KEY", "ENTITY_IS_DELETED", "MALFORMED_ID"]
    assert results[0]["errors"] == [{"statusCode": "MISSING_ARGUMENT", "message": "Id not specified in an update call", "fields": []}]
    assert codes(org.delete(account, unknown, gone, "nonsense")) == [None, "INVALID_CROSS_REFERENCE_KEY", "ENTITY_IS_DELETED", "MALFORMED_ID"]
    assert org.call("DELETE", "/composite/sobjects?ids=" + ",".join(["001"] * 201)).json()[0]["errorCode"] == "EXCEEDED_ID_LIMIT"


def test_rule_19_retrieve(org):
    a, b = org.made(contact("a"), contact("b"))
    unknown = "0035f00000ZZZZZ"
    rows = org.call("GET", f"/composite/sobjects/contact?ids={b},{unknown},{a[:15]}&fields=id,external_id__C").json()
    assert [r and (r["Id"], r[KEY]) for r in rows] == [(b, "b"), None, (a, "a")]
    rows = org.call("POST", "/composite/sobjects/Contact", json={"ids": [a], "fields": ["Name"]}).json()
    assert rows == [{"attributes": {"type": "Contact", "url": f"/services/data/v59.0/sobjects/Contact/{a}"}, "Name": "Hopper", "Id": a}]
    assert org.call("GET", f"/composite/sobjects/Contact?ids={a}&fields=Nope").status_code == 400


def test_rule_20_any_case(org):
    (made,) = org.results(
        "PATCH", "/composite/sobjects/CONTACT/external_id__c", [{"attributes": {"type": "contact"}, "EXTERNAL_ID__C": "a", "lastname": "x"}]
    )
    (row,) = org.stored("Contact")
    assert row["LastName"] == "x" and row[KEY] == "a"
    assert org.update({"attributes": {"type": "CONTACT"}, "ID": made["id"], "title": "t"})[0]["success"]


# ---- validation


def test_rule_21_required(org):
    error = only_error(org.create(rec("Lead", "a", FirstName="x")))
    assert error == {
        "statusCode": "REQUIRED_FIELD_MISSING",
        "message": "Required fields are missing: [LastName, Company]",
        "fields": ["LastName", "Company"],
    }
    (made,) = org.made(contact("a"))
    assert org.update(rec("Contact", id=made, Title="t"))[0]["success"]


def test_rule_22_length_in_characters(org):
    (row,) = org.made(contact("a", FirstName="東" * 40)) and org.stored("Contact")
    assert row["FirstName"] == "東" * 40
    error = only_error(org.create(contact("b", FirstName="東" * 41)))
    assert error == {
        "statusCode": "STRING_TOO_LONG",
        "message": f"First Name: data value too large: {'東' * 41} (max length=40)",
        "fields": ["FirstName"],
    }


def test_rule_23_picklists(org):
    error = only_error(org.create(rec("Invoice__c", Status__c="Lost")))
    assert error == {
        "statusCode": "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        "message": "Status: bad value for restricted picklist field: Lost",
        "fields": ["Status__c"],
    }
    results = org.create(
        contact(LeadSource="Anything"),
        contact(Interests__c="Art;Music"),
        contact(Interests__c="Art;Law"),
        contact(Interests__c=";".join(["Art"] * 101)),
    )
    assert codes(results) == [None, None, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "TOO_MANY_ENUM_VALUE"]


@pytest.mark.parametrize(
    "obj, fields, names",
    [
        ("Opportunity", {"Name": "n", "StageName": "s", "CloseDate": "2026-01-01", "ExpectedRevenue": 5}, ["ExpectedRevenue"]),
        ("Invoice__c", {"Name": "INV-1", "Overdue__c": True}, ["Name", "Overdue__c"]),
        ("Contact", {"LastName": "x", "MailingAddress": {"city": "x"}, "CreatedDate": "2026-01-01T00:00:00Z"}, ["MailingAddress", "CreatedDate"]),
    ],
)
def test_rule_24_what_may_not_be_written(org, obj, fields, names):
    error = only_error(org.create(rec(obj, **fields)))
    text = f"Unable to create/update fields: {', '.join(names)}. Please check the security settings of this field and verify that it is read/write for your profile or permission set."
    assert error == {"statusCode": "INVALID_FIELD_FOR_INSERT_UPDATE", "message": text, "fields": names}


def test_rule_24_read_only_by_the_admin(org):
    (made,) = org.made(contact("a"))
    org.control("PUT", "/objects/Contact/fields/Title", json={"updateable": False})
    assert codes(org.update(rec("Contact", id=made, Title="t"))) == ["INVALID_FIELD_FOR_INSERT_UPDATE"]
    assert codes(org.create(contact("b", Title="t"))) == [None]


@pytest.mark.parametrize(
    "email, good",
    [("a@b.example", True), ("nobody at home", False), ("a@b", False), ("@b.example", False), ("a@b@c.example", False), ("é@b.example", True)],
)
def test_rule_25_email(org, email, good):
    assert org.create(contact("a", Email=email))[0]["success"] == good


@pytest.mark.parametrize(
    "field, value, stored",
    [
        ("Birthdate", "2024-02-29", "2024-02-29"),
        ("Birthdate", "2023-02-29", None),
        ("Birthdate", "2024-2-9", None),
        ("Birthdate", "", None),
        ("Last_Seen__c", "2024-05-22T13:14:15.000Z", "2024-05-22T13:14:15.000+0000"),
        ("Last_Seen__c", "2024-05-22T13:14:15+02:00", "2024-05-22T11:14:15.000+0000"),
        ("Last_Seen__c", "2024-05-22 13:14:15Z", None),
        ("Last_Seen__c", "2024-05-22T13:14:15", None),
        ("Call_At__c", "10:15:30.000Z", "10:15:30.000Z"),
        ("Score__c", "12.50", 12.5),
        ("Score__c", 12.345, 12.35),
        ("Score__c", 99999999, 99999999),
    ],
)
def test_rule_25_dates_and_numbers(org, field, value, stored):
    results = org.create(contact("a", **{field: value}))
    assert codes(results) == [None if stored is not None else "JSON_PARSER_ERROR"]
    if stored is not None:
        assert org.stored("Contact")[0][field] == stored


def test_rule_25_too_many_digits(org):
    error = only_error(org.create(contact("a", Score__c=100000000)))
    assert error["statusCode"] == "NUMBER_OUTSIDE_VALID_RANGE" and error["fields"] == ["Score__c"]
    assert codes(org.create(rec("Account", Name="a", NumberOfEmployees=100000000), rec("Account", Name="a", NumberOfEmployees="10000"))) == [
        "NUMBER_OUTSIDE_VALID_RANGE",
        None,
    ]
    assert codes(org.create(contact("v", Source_Version__c=999999999999999999), contact("w", Source_Version__c=10**18))) == [
        None,
        "NUMBER_OUTSIDE_VALID_RANGE",
    ]
    assert codes(org.create(contact("x", Source_Version__c=10**30))) == ["NUMBER_OUTSIDE_VALID_RANGE"]
    assert org.stored("Contact")[0]["Source_Version__c"] == 999999999999999999


def test_rule_26_null_and_omitted(org):
    (made,) = org.made(contact("a", Title="t", FirstName="Grace"))
    assert codes(org.update(rec("Contact", id=made, Title=None))) == [None]
    (row,) = org.stored("Contact")
    assert row["Title"] is None and row["FirstName"] == "Grace" and row["Name"] == "Grace Hopper"
    error = only_error(org.update(rec("Contact", id=made, LastName=None)))
    assert error["statusCode"] == "REQUIRED_FIELD_MISSING"
    assert codes(org.update(rec("Contact", id=made, DoNotCall=None))) == ["JSON_PARSER_ERROR"]
    assert codes(org.update(rec("Contact", id=made, FirstName=""))) == [None] and org.stored("Contact")[0]["FirstName"] is None


def test_rule_27_references(org):
    (account,) = org.made(rec("Account", "acme", Name="Acme"))
    (other,) = org.made(contact("other"))
    results = org.create(
        contact("a", AccountId=account[:15]),
        contact("b", AccountId="0015f00000ZZZZZ"),
        contact("c", AccountId=other),
        contact("d", Account={KEY: "ACME"}),
        contact("e", Account={KEY: "1580"}),
        contact("f", Account={"Nope": "1"}),
        contact("g", Account=None),
    )
    assert codes(results) == [None, "INVALID_CROSS_REFERENCE_KEY", "MALFORMED_ID", None, "INVALID_FIELD", "INVALID_FIELD", None]
    assert results[4]["errors"] == [
        {"statusCode": "INVALID_FIELD", "message": "Foreign key external ID: 1580 not found for field External_Id__c in entity Account", "fields": []}
    ]
    assert {r[KEY]: r.get("AccountId") for r in org.stored("Contact")} == {"other": None, "a": account, "d": account, "g": None}
    assert codes(org.create(rec("Invoice__c", "i", Account__r={KEY: "acme"}))) == [None]


def test_rule_27_a_parent_in_the_same_request_is_not_seen(org):
    results = org.upsert(contact("boss"), contact("me", ReportsTo={KEY: "boss"}))
    assert codes(results) == [None, "INVALID_FIELD"]
    assert codes(org.upsert(contact("me", ReportsTo={KEY: "boss"}))) == [None]


def test_rule_28_unique_fields(org):
    (first,) = org.made(rec("Invoice__c", "a", Number__c="n-1"))
    results = org.create(rec("Invoice__c", "b", Number__c="N-1"), rec("Invoice__c", "c", Number__c="n-2"), rec("Invoice__c", "d", Number__c="n-2"))
    assert codes(results) == ["DUPLICATE_VALUE", None, "DUPLICATE_VALUE"]
    assert results[0]["errors"][0] == {
        "statusCode": "DUPLICATE_VALUE",
        "message": f"duplicate value found: Number__c duplicates value on record with id: {first}",
        "fields": [],
    }
    assert codes(org.update(rec("Invoice__c", id=first, Number__c="n-1"))) == [None]
    assert codes(org.create(rec("Invoice__c", "A"))) == ["DUPLICATE_VALUE"]


def test_rule_29_validation_rules(org):
    org.control(
        "PUT",
        "/rules",
        json={
            "validation": [
                {"object": "Invoice__c", "message": "no refunds", "field": "Amount__c", "when": {"field": "Amount__c", "op": "<", "value": 0}}
            ]
        },
    )
    error = only_error(org.create(rec("Invoice__c", "a", Amount__c=-1)))
    assert error == {"statusCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION", "message": "no refunds", "fields": ["Amount__c"]}
    assert codes(org.create(rec("Invoice__c", "a", Amount__c=0))) == [None]


def test_rule_29_the_version_guard(org):
    assert codes(org.upsert(contact("a", Source_Version__c=5))) == [None]
    for version, code in ((4, "FIELD_CUSTOM_VALIDATION_EXCEPTION"), (5, None), (6, None), (5, "FIELD_CUSTOM_VALIDATION_EXCEPTION")):
        results = org.upsert(contact("a", Source_Version__c=version))
        assert codes(results) == [code]
        assert code is None or "SFSINK_STALE_VERSION" in results[0]["errors"][0]["message"]
    assert codes(org.upsert(contact("a", Title="without"))) == [None]
    org.settings(version_guard=False)
    assert codes(org.upsert(contact("a", Source_Version__c=1))) == [None]


def test_rule_29_duplicate_rules(org):
    rule = {"object": "Contact", "name": "Contacts_DR", "field": "Email", "allow_save": True}
    org.control("PUT", "/rules", json={"duplicate": [rule]})
    org.made(contact("a", Email="a@b.example"))
    error = only_error(org.create(contact("b", Email="A@b.example")))
    assert error == {"statusCode": "DUPLICATES_DETECTED", "message": "Use one of these records?", "fields": []}
    allow = {"Sforce-Duplicate-Rule-Header": "allowSave=true"}
    assert codes(org.results("POST", "/composite/sobjects", [contact("b", Email="A@b.example")], headers=allow)) == [None]
    org.control("PUT", "/rules", json={"duplicate": [{**rule, "allow_save": False}]})
    assert codes(org.results("POST", "/composite/sobjects", [contact("c", Email="A@b.example")], headers=allow)) == ["DUPLICATES_DETECTED"]


def test_rule_30_campaign_members(org):
    (campaign,) = org.made(rec("Campaign", Name="c"))
    (person,) = org.made(contact("p"))
    (lead,) = org.made(rec("Lead", "l", LastName="x", Company="y"))

    def member(**fields):
        return rec("CampaignMember", CampaignId=campaign, **fields)

    (made, both) = org.made(member(ContactId=person, Status="Nonsense"), member(LeadId=lead, Status="Responded"))
    first, second = org.stored("CampaignMember")
    assert (first["Status"], first["HasResponded"], second["Status"], second["HasResponded"]) == ("Sent", False, "Responded", True)
    error = only_error(org.create(member(ContactId=person)))
    assert (error["statusCode"], error["message"]) == ("DUPLICATE_VALUE", "Already a campaign member.")
    assert codes(org.create(member())) == ["REQUIRED_FIELD_MISSING"]
    assert len(org.create(rec("CampaignMember"))[0]["errors"]) == 2
    assert codes(org.create(member(ContactId="0035f00000ZZZZZ"))) == ["INVALID_CROSS_REFERENCE_KEY"]
    assert codes(org.update(rec("CampaignMember", id=made, ContactId=person))) == ["INVALID_FIELD_FOR_INSERT_UPDATE"]
    assert codes(org.update(rec("CampaignMember", id=made, Status="Responded"))) == [None]
    (other,) = org.made(contact("q"))
    org.delete(both)
    (kept,) = org.made(member(ContactId=other, LeadId=lead))
    row = next(r for r in org.stored("CampaignMember") if r["Id"] == kept)
    assert row["ContactId"] == other and not row.get("LeadId")


# ---- one at a time


def test_rule_48_a_unique_key_is_never_doubled(org):
    _race(org, KEY)
    assert len(org.stored("Contact")) == 1


def test_rule_48_a_key_that_is_not_unique_may_be(org):
    org.control("PUT", "/objects/Contact/fields/Code__c", json={"external_id": True})
    org.settings(race_ms=150)
    _race(org, "Code__c")
    assert len(org.stored("Contact")) == 2
    assert codes(org.upsert(contact(Code__c="a"), by="Code__c")) == ["DUPLICATE_EXTERNAL_ID"]


def _race(org, field):
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        calls = [
            pool.submit(org.call, "PATCH", f"/composite/sobjects/Contact/{field}", json={"records": [contact(**{field: "a"})]}) for _ in range(2)
        ]
        counted = collections.Counter(c.result().json()[0]["created"] for c in calls)
    assert counted[True] >= 1
