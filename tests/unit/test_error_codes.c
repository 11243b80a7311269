/* SPDX-License-Identifier: Apache-2.0 */
/* What each error means, by where it stands and what it says. */
#include "worker/salesforce/error_codes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define N(a) (sizeof(a) / sizeof *(a))
#define LOCKED "unable to obtain exclusive access to this record"

static const struct row {
    const char *name;
    struct error_case c;
    enum error_class class;
} rows[] = {
    {"daily limit",
     {IN_REQUEST, 403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", 0, "", false, false, 0},
     CLASS_WAIT},
    {"concurrent limit",
     {IN_REQUEST, 403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded.", 0, "",
      false, false, 0},
     CLASS_CROWDED},
    {"long transactions",
     {IN_REQUEST, 403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentPerOrgLongTxn Limit exceeded.", 0, "", false, false, 0},
     CLASS_CROWDED},
    {"expired",
     {IN_REQUEST, 401, "INVALID_SESSION_ID", "Session expired or invalid", 0, "", false, false, 0},
     CLASS_AUTH},
    {"401 of nobody knows what", {IN_REQUEST, 401, "", "", 0, "", false, false, 0}, CLASS_AUTH},
    {"no REST session",
     {IN_REQUEST, 401, "INVALID_SESSION_ID", "This session is not valid for use with the REST API", 0, "", false, false,
      0},
     CLASS_WAIT},
    {"agent",
     {IN_REQUEST, 401, "INVALID_SESSION_ID", "Connected app is not attached to Agent", 0, "", false, false, 0},
     CLASS_WAIT},
    {"header", {IN_REQUEST, 401, "INVALID_AUTH_HEADER", "INVALID_HEADER_TYPE", 0, "", false, false, 0}, CLASS_WAIT},
    {"lock", {IN_RECORD, 200, "UNABLE_TO_LOCK_ROW", LOCKED, 0, "", false, false, 0}, CLASS_CROWDED},
    {"trigger, lock",
     {IN_RECORD, 200, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
      "T: execution of BeforeUpdate caused by: UNABLE_TO_LOCK_ROW, x", 0, "", false, false, 0},
     CLASS_CROWDED},
    {"trigger, queries",
     {IN_RECORD, 200, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "Too many SOQL queries: 101", 0, "", false, false, 0},
     CLASS_CROWDED},
    {"trigger",
     {IN_RECORD, 200, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "NullPointerException", 0, "", false, false, 0},
     CLASS_REFUSE},
    {"storage", {IN_RECORD, 200, "STORAGE_LIMIT_EXCEEDED", "x", 0, "", false, false, 0}, CLASS_HALT},
    {"no column",
     {IN_RECORD, 200, "INVALID_FIELD", "No such column 'X' on sobject of type Contact", 0, "", false, false, 0},
     CLASS_SCHEMA},
    {"parent missing",
     {IN_RECORD, 200, "INVALID_FIELD", "Foreign key external ID: 1580 not found for field Ext__c in entity Account", 0,
      "", false, false, 0},
     CLASS_REFUSE},
    {"access, of a record",
     {IN_RECORD, 200, "INSUFFICIENT_ACCESS_OR_READONLY", "x", 0, "", false, false, 0},
     CLASS_SCHEMA},
    {"access, of a request",
     {IN_REQUEST, 403, "INSUFFICIENT_ACCESS_OR_READONLY", "x", 0, "", false, false, 0},
     CLASS_SCHEMA},
    {"stale",
     {IN_RECORD, 200, "FIELD_CUSTOM_VALIDATION_EXCEPTION", "SFSINK_STALE_VERSION", 0, "", false, false, 0},
     CLASS_SUPERSEDED},
    {"validation",
     {IN_RECORD, 200, "FIELD_CUSTOM_VALIDATION_EXCEPTION", "too young", 0, "", false, false, 0},
     CLASS_REFUSE},
    {"deleted, delete",
     {IN_RECORD, 200, "ENTITY_IS_DELETED", "entity is deleted", OP_DELETE, "", false, false, 0},
     CLASS_DONE},
    {"unknown, delete",
     {IN_RECORD, 200, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", OP_DELETE, "", false, false, 0},
     CLASS_DONE},
    {"deleted, update",
     {IN_RECORD, 200, "ENTITY_IS_DELETED", "entity is deleted", OP_UPDATE, "", false, false, 0},
     CLASS_REFUSE},
    {"deleted, delete of a remembered Id",
     {IN_RECORD, 200, "ENTITY_IS_DELETED", "entity is deleted", OP_DELETE, "", false, true, 0},
     CLASS_INNOCENT},
    {"key twice",
     {IN_RECORD, 200, "DUPLICATE_VALUE", "Duplicate external id specified: a-1", OP_UPSERT, "Ext__c", false, false, 0},
     CLASS_RETRY},
    {"created at once",
     {IN_RECORD, 200, "DUPLICATE_VALUE", "duplicate value found: Ext__c duplicates value on record with id: 003",
      OP_UPSERT, "ext__c", false, false, 0},
     CLASS_RETRY},
    {"another field",
     {IN_RECORD, 200, "DUPLICATE_VALUE", "duplicate value found: My_Ext__c duplicates value on record with id: 003",
      OP_UPSERT, "Ext__c", false, false, 0},
     CLASS_REFUSE},
    {"insert resent",
     {IN_RECORD, 200, "DUPLICATE_VALUE", "duplicate value found: Ext__c duplicates value", OP_INSERT, "Ext__c", true,
      false, 0},
     CLASS_DONE},
    {"insert once",
     {IN_RECORD, 200, "DUPLICATE_VALUE", "duplicate value found: Ext__c duplicates value", OP_INSERT, "Ext__c", false,
      false, 0},
     CLASS_REFUSE},
    {"insert resent, no external id",
     {IN_RECORD, 200, "DUPLICATE_VALUE", "duplicate value found: Ext__c duplicates value", OP_INSERT, "", true, false,
      0},
     CLASS_REFUSE},
    {"rolled back", {IN_RECORD, 200, "ALL_OR_NONE_OPERATION_ROLLED_BACK", "x", 0, "", false, false, 0}, CLASS_INNOCENT},
    {"new code of a record", {IN_RECORD, 200, "BRAND_NEW", "x", 0, "", false, false, 0}, CLASS_REFUSE},
    {"new code, 400", {IN_REQUEST, 400, "BRAND_NEW", "x", 0, "", false, false, 0}, CLASS_REFUSE},
    {"new code, 403", {IN_REQUEST, 403, "BRAND_NEW", "x", 0, "", false, false, 0}, CLASS_WAIT},
    {"new code, 500", {IN_REQUEST, 500, "BRAND_NEW", "x", 0, "", false, false, 0}, CLASS_UNKNOWN},
    {"503", {IN_REQUEST, 503, "", "", 0, "", false, false, 0}, CLASS_RETRY},
    {"502", {IN_REQUEST, 502, "", "", 0, "", false, false, 0}, CLASS_UNKNOWN},
    {"420", {IN_REQUEST, 420, "", "", 0, "", false, false, 0}, CLASS_RETRY},
    {"302", {IN_REQUEST, 302, "", "", 0, "", false, false, 0}, CLASS_RETRY},
    {"414", {IN_REQUEST, 414, "", "", 0, "", false, false, 0}, CLASS_REFUSE},
    {"410", {IN_REQUEST, 410, "", "", 0, "", false, false, 0}, CLASS_WAIT},
    {"204", {IN_REQUEST, 204, "", "", 0, "", false, false, 0}, CLASS_UNKNOWN},
    {"token endpoint away", {IN_TOKEN, 503, "", "", 0, "", false, false, 0}, CLASS_RETRY},
    {"a flow that fails for the first time",
     {IN_RECORD, 200, "CANNOT_EXECUTE_FLOW_TRIGGER", "We can't save this record", 0, "", false, false, 0},
     CLASS_RETRY},
    {"for the second time",
     {IN_RECORD, 200, "CANNOT_EXECUTE_FLOW_TRIGGER", "We can't save this record", 0, "", false, false, 1},
     CLASS_RETRY},
    {"for the third time",
     {IN_RECORD, 200, "CANNOT_EXECUTE_FLOW_TRIGGER", "We can't save this record", 0, "", false, false, 2},
     CLASS_REFUSE},
    {"a flow that is short of time may need a smaller batch yet",
     {IN_RECORD, 200, "CANNOT_EXECUTE_FLOW_TRIGGER", "System.LimitException: Apex CPU time limit exceeded", 0, "",
      false, false, 5},
     CLASS_CROWDED},
    {"a flow that runs into a lock",
     {IN_RECORD, 200, "CANNOT_EXECUTE_FLOW_TRIGGER", "UNABLE_TO_LOCK_ROW: unable to obtain", 0, "", false, false, 5},
     CLASS_CROWDED},
};

static void classes(void **state)
{
    const struct row *row = *state;

    const struct error_row *found = error_row_find(&row->c);
    if (found->class != row->class)
        fail_msg("%s", error_class_name(found->class));
}

/* A row behind one that takes all it would fit can never be found. */
static void every_row_can_be_found(void **state)
{
    (void)state;
    for (size_t i = 0; error_row_at(i); i++) {
        const struct error_row *row = error_row_at(i);
        int status = row->status && row->status < 10 ? row->status * 100 + 99 : row->status;
        struct error_case c = {.scope = row->scopes & (unsigned)-(int)row->scopes,
                               .status = status,
                               .code = row->code ? row->code : "",
                               .message = row->text ? row->text : "Ext__c",
                               .op = row->when == WHEN_DELETE          ? OP_DELETE
                                     : row->when == WHEN_RESENT_INSERT ? OP_INSERT
                                                                       : OP_UPSERT,
                               .external_id = row->when == WHEN_ANY ? "" : "Ext__c",
                               .resent = row->when == WHEN_RESENT_INSERT,
                               .cached_id = row->when == WHEN_CACHED_ID,
                               .attempts = row->when == WHEN_TRIED ? TRIES_OF_A_FLOW : 0};
        if (error_row_find(&c) != row)
            fail_msg("row %zu, %s: hidden by %s", i, c.code, error_row_find(&c)->todo);
        assert_true(row->todo[0] != '\0');
    }
}

int main(void)
{
    struct CMUnitTest tests[N(rows) + 1];

    for (size_t i = 0; i < N(rows); i++)
        tests[i] = (struct CMUnitTest){rows[i].name, classes, NULL, NULL, (void *)(uintptr_t)&rows[i]};
    tests[N(rows)] = (struct CMUnitTest)cmocka_unit_test(every_row_can_be_found);
    return _cmocka_run_group_tests("error_codes", tests, N(tests), NULL, NULL);
}
