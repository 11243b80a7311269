/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/salesforce/error_codes.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { BOTH = IN_RECORD | IN_REQUEST };

#define LOGIN_AGAIN "the stored login is no longer valid: run `sfsink login`"
#define REMOVED "the record does not exist (any more), or the user may not see it"

static const struct error_row rows[] = {
    /* ---- the session, of the whole request ---- */
    {NULL, IN_REQUEST, 401, "not valid for use with the REST API", WHEN_ANY, CLASS_WAIT,
     "the token is not one for the REST API: give the app the scope `api` and log in again"},
    {NULL, IN_REQUEST, 401, "Connected app is not attached", WHEN_ANY, CLASS_WAIT,
     "an administrator has to attach the app to the agent; a new token would not help"},
    {"INVALID_AUTH_HEADER", IN_REQUEST, 0, NULL, WHEN_ANY, CLASS_WAIT,
     "the access token is malformed: look at salesforce.auth"},
    {"INVALID_SESSION_ID", IN_REQUEST, 0, NULL, WHEN_ANY, CLASS_AUTH,
     "the session has expired: a new token is fetched by itself"},
    {NULL, IN_REQUEST, 401, NULL, WHEN_ANY, CLASS_AUTH, "not authenticated: a new token is fetched by itself"},

    /* ---- limits and the state of the org ---- */
    {"REQUEST_LIMIT_EXCEEDED", BOTH, 0, "TotalRequests", WHEN_ANY, CLASS_WAIT,
     "the org's API calls of the last 24 hours are used up; it goes on when some are free again. Fewer calls: larger "
     "batch.linger_ms, batch.collections_per_call"},
    {"REQUEST_LIMIT_EXCEEDED", BOTH, 0, "ConcurrentPerOrgLongTxn", WHEN_ANY, CLASS_CROWDED,
     "too many long Apex transactions in the org: slow triggers; smaller batches help"},
    {"REQUEST_LIMIT_EXCEEDED", BOTH, 0, "Concurrent", WHEN_ANY, CLASS_CROWDED,
     "too many requests that take over 20 seconds at once: lower salesforce.requests_in_flight or batch.max_records"},
    {"REQUEST_LIMIT_EXCEEDED", BOTH, 0, NULL, WHEN_ANY, CLASS_WAIT, "a limit of the org on API calls is used up"},
    {"API_DISABLED_FOR_ORG", BOTH, 0, NULL, WHEN_ANY, CLASS_WAIT,
     "the edition has no API, or the user lacks the permission \"API Enabled\""},
    {"API_CURRENTLY_DISABLED", BOTH, 0, NULL, WHEN_ANY, CLASS_WAIT,
     "Salesforce has switched its API off for a while; it goes on by itself"},
    {"FUNCTIONALITY_NOT_ENABLED", IN_REQUEST, 0, NULL, WHEN_ANY, CLASS_WAIT, "the org lacks a feature: ask its admin"},
    {"ORG_LOCKED", BOTH, 0, NULL, WHEN_ANY, CLASS_WAIT, "the org is locked: contact Salesforce"},
    {"OAUTH_APP_BLOCKED", IN_REQUEST | IN_TOKEN, 0, NULL, WHEN_ANY, CLASS_WAIT,
     "an administrator has blocked the app: unblock it under Connected Apps OAuth Usage"},
    {"TXN_SECURITY_METERING_ERROR", BOTH, 0, NULL, WHEN_ANY, CLASS_RETRY, "transaction security is overloaded"},
    {"TXN_SECURITY_NO_ACCESS", BOTH, 0, NULL, WHEN_ANY, CLASS_WAIT,
     "a transaction security policy of the org forbids it: ask its admin"},
    {"TXN_SECURITY_RUNTIME_ERROR", BOTH, 0, NULL, WHEN_ANY, CLASS_WAIT,
     "a transaction security policy of the org fails: ask its admin"},
    {"TXN_SECURITY_APEX_ERROR", BOTH, 0, NULL, WHEN_ANY, CLASS_WAIT,
     "a transaction security policy of the org fails: ask its admin"},
    {"UNSUPPORTED_API_VERSION", IN_REQUEST, 0, NULL, WHEN_ANY, CLASS_WAIT, "set a later salesforce.api_version"},
    {"SERVER_UNAVAILABLE", BOTH, 0, NULL, WHEN_ANY, CLASS_RETRY, "maintenance or overload; it goes on by itself"},
    {"STORAGE_LIMIT_EXCEEDED", BOTH, 0, NULL, WHEN_ANY, CLASS_HALT, "the org's storage is full: free some or buy more"},
    {"EXCEEDED_QUOTA", BOTH, 0, NULL, WHEN_ANY, CLASS_HALT, "the org's storage is full: free some or buy more"},

    /* ---- for now ---- */
    {"UNABLE_TO_LOCK_ROW", BOTH, 0, NULL, WHEN_ANY, CLASS_CROWDED,
     "another transaction held the record or its parent: routes.group_by, fewer requests in flight"},
    {"CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", BOTH, 0, "UNABLE_TO_LOCK_ROW", WHEN_ANY, CLASS_CROWDED,
     "a trigger ran into a lock"},
    {"CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", BOTH, 0, "Too many SOQL", WHEN_ANY, CLASS_CROWDED,
     "a trigger used up its queries: smaller batches help, or a better trigger"},
    {"CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", BOTH, 0, NULL, WHEN_ANY, CLASS_REFUSE,
     "a trigger of the org failed: its message says which and why"},
    {"CANNOT_EXECUTE_FLOW_TRIGGER", BOTH, 0, "UNABLE_TO_LOCK_ROW", WHEN_ANY, CLASS_CROWDED, "a flow ran into a lock"},
    {"CANNOT_EXECUTE_FLOW_TRIGGER", BOTH, 0, "limit exceeded", WHEN_ANY, CLASS_CROWDED,
     "a flow used up a limit, such as Apex CPU time: smaller batches help, or a better flow"},
    {"CANNOT_EXECUTE_FLOW_TRIGGER", BOTH, 0, "Too many", WHEN_ANY, CLASS_CROWDED,
     "a flow used up its queries or writes: smaller batches help, or a better flow"},
    {"CANNOT_EXECUTE_FLOW_TRIGGER", IN_RECORD, 0, NULL, WHEN_TRIED, CLASS_REFUSE,
     "a flow of the org failed three times: its message says which and why"},
    {"CANNOT_EXECUTE_FLOW_TRIGGER", BOTH, 0, NULL, WHEN_ANY, CLASS_RETRY,
     "a flow of the org failed: its message says which and why"},
    {"TOO_MANY_APEX_REQUESTS", BOTH, 0, NULL, WHEN_ANY, CLASS_CROWDED, "the org's Apex is busy; again after a wait"},
    {"ENTITY_IS_LOCKED", BOTH, 0, NULL, WHEN_ANY, CLASS_RETRY, "an approval process holds the record"},
    {"REQUEST_RUNNING_TOO_LONG", IN_REQUEST, 0, NULL, WHEN_ANY, CLASS_UNKNOWN,
     "over ten minutes: smaller batches, faster triggers"},
    {"QUERY_TIMEOUT", IN_REQUEST, 0, NULL, WHEN_ANY, CLASS_UNKNOWN,
     "over ten minutes: smaller batches, faster triggers"},
    {"REQUEST_RUNNING_TOO_LONG", IN_RECORD, 0, NULL, WHEN_ANY, CLASS_CROWDED, "smaller batches, faster triggers"},
    {"QUERY_TIMEOUT", IN_RECORD, 0, NULL, WHEN_ANY, CLASS_CROWDED, "smaller batches, faster triggers"},
    {"UNKNOWN_EXCEPTION", IN_REQUEST, 0, NULL, WHEN_ANY, CLASS_UNKNOWN,
     "an error inside Salesforce; if it stays, give its error id to Salesforce"},
    {"UNKNOWN_EXCEPTION", IN_RECORD, 0, NULL, WHEN_ANY, CLASS_RETRY,
     "an error inside Salesforce; if it stays, give its error id to Salesforce"},
    {"ALL_OR_NONE_OPERATION_ROLLED_BACK", BOTH, 0, NULL, WHEN_ANY, CLASS_INNOCENT, "undone for another record's sake"},
    {"PROCESSING_HALTED", BOTH, 0, NULL, WHEN_ANY, CLASS_INNOCENT, "not done for another request's sake"},
    {"EXCEEDED_ID_LIMIT", BOTH, 0, NULL, WHEN_ANY, CLASS_REFUSE, "too many records in one request: it is taken apart"},
    {"EXCEEDED_MAX_SIZE_REQUEST", BOTH, 0, NULL, WHEN_ANY, CLASS_REFUSE, "too large: it is taken apart"},

    /* ---- object and fields: the route's, if the describe agrees ---- */
    {"INVALID_TYPE", BOTH, 0, NULL, WHEN_ANY, CLASS_SCHEMA,
     "the object does not exist or the user may not see it: spelling in routes.object, permission set"},
    {"INVALID_TYPE_FOR_OPERATION", BOTH, 0, NULL, WHEN_ANY, CLASS_SCHEMA, "the object does not allow this operation"},
    {"INVALID_FIELD", BOTH, 0, "No such column", WHEN_ANY, CLASS_SCHEMA,
     "the field does not exist or is hidden by field-level security: spelling in routes.fields, permission set"},
    {"INVALID_FIELD", BOTH, 0, "external ID field does not exist", WHEN_ANY, CLASS_SCHEMA,
     "routes.external_id is no external id field of the object, or is hidden"},
    {"INVALID_FIELD", BOTH, 0, "Foreign key external ID", WHEN_ANY, CLASS_REFUSE,
     "the parent record does not exist: write parents first, then replay"},
    {"INVALID_FIELD", BOTH, 0, NULL, WHEN_ANY, CLASS_REFUSE, "a field or its value does not fit the object"},
    {"INVALID_FIELD_FOR_INSERT_UPDATE", BOTH, 0, NULL, WHEN_ANY, CLASS_SCHEMA,
     "the user may not write the field: make it editable in a permission set, or do not map it"},
    {"JSON_PARSER_ERROR", IN_REQUEST, 0, "No such column", WHEN_ANY, CLASS_SCHEMA,
     "the field does not exist or is hidden by field-level security"},
    {"JSON_PARSER_ERROR", BOTH, 0, NULL, WHEN_ANY, CLASS_REFUSE,
     "a value does not fit its field's type: `as` in routes.fields converts it"},
    {"NOT_FOUND", IN_REQUEST, 0, NULL, WHEN_ANY, CLASS_SCHEMA,
     "the object or external id field does not exist or may not be seen; or the API version is wrong"},
    {"INSUFFICIENT_ACCESS_OR_READONLY", IN_REQUEST, 0, NULL, WHEN_ANY, CLASS_SCHEMA,
     "the user may not write the object: permission set"},

    /* ---- what is gone ---- */
    {"ENTITY_IS_DELETED", IN_RECORD, 0, NULL, WHEN_CACHED_ID, CLASS_INNOCENT, "its Id is looked up afresh"},
    {"INVALID_CROSS_REFERENCE_KEY", IN_RECORD, 0, NULL, WHEN_CACHED_ID, CLASS_INNOCENT, "its Id is looked up afresh"},
    {"NOT_FOUND", IN_RECORD, 0, NULL, WHEN_CACHED_ID, CLASS_INNOCENT, "its Id is looked up afresh"},
    {"ENTITY_IS_DELETED", IN_RECORD, 0, NULL, WHEN_DELETE, CLASS_DONE, "already deleted"},
    {"INVALID_CROSS_REFERENCE_KEY", IN_RECORD, 0, NULL, WHEN_DELETE, CLASS_DONE, "already deleted, or never there"},
    {"NOT_FOUND", IN_RECORD, 0, NULL, WHEN_DELETE, CLASS_DONE, "already deleted, or never there"},
    {"ENTITY_IS_DELETED", BOTH, 0, NULL, WHEN_ANY, CLASS_REFUSE, "the record is in the Recycle Bin: restore it"},
    {"INVALID_CROSS_REFERENCE_KEY", BOTH, 0, NULL, WHEN_ANY, CLASS_REFUSE, REMOVED},
    {"NOT_FOUND", IN_RECORD, 0, NULL, WHEN_ANY, CLASS_REFUSE, REMOVED},

    /* ---- duplicates ---- */
    {"DUPLICATE_VALUE", BOTH, 0, "Duplicate external id specified", WHEN_ANY, CLASS_RETRY,
     "one key twice in a request, which sfsink avoids: it is sent again alone"},
    {"DUPLICATE_VALUE", IN_RECORD, 0, NULL, WHEN_RESENT_INSERT, CLASS_DONE,
     "it had been carried out: without an answer, or by a worker that was killed"},
    {"DUPLICATE_VALUE", IN_RECORD, 0, NULL, WHEN_UPSERT_KEY, CLASS_RETRY,
     "two writers created the record at once; the next attempt updates it"},
    {"DUPLICATE_VALUE", BOTH, 0, NULL, WHEN_ANY, CLASS_REFUSE, "another record has this value in a unique field"},
    {"DUPLICATE_EXTERNAL_ID", BOTH, 0, NULL, WHEN_ANY, CLASS_REFUSE,
     "several records have this external id: merge or clean them in Salesforce, make the field unique"},
    {"DUPLICATES_DETECTED", BOTH, 0, NULL, WHEN_ANY, CLASS_REFUSE,
     "a duplicate rule of the org; routes.allow_duplicates saves anyway where the rule lets one"},

    /* ---- the record itself ---- */
    {"FIELD_CUSTOM_VALIDATION_EXCEPTION", IN_RECORD, 0, "SFSINK_STALE_VERSION", WHEN_ANY, CLASS_SUPERSEDED,
     "Salesforce holds a newer version of the record"},
    {"FIELD_CUSTOM_VALIDATION_EXCEPTION", BOTH, 0, NULL, WHEN_ANY, CLASS_REFUSE,
     "a validation rule of the org refuses it: the message is the rule's"},
    {"FIELD_FILTER_VALIDATION_EXCEPTION", BOTH, 0, NULL, WHEN_ANY, CLASS_REFUSE, "a lookup filter refuses the value"},
    {"FIELD_INTEGRITY_EXCEPTION", BOTH, 0, NULL, WHEN_ANY, CLASS_REFUSE,
     "the value does not fit other data of the org"},
    {"REQUIRED_FIELD_MISSING", BOTH, 0, NULL, WHEN_ANY, CLASS_REFUSE, "map the field, or give it a `default`"},
    {"STRING_TOO_LONG", BOTH, 0, NULL, WHEN_ANY, CLASS_REFUSE, "shorten it (jq: .[:80]) or widen the field"},
    {"NUMBER_OUTSIDE_VALID_RANGE", BOTH, 0, NULL, WHEN_ANY, CLASS_REFUSE, "the field has too few digits for it"},
    {"INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", BOTH, 0, NULL, WHEN_ANY, CLASS_REFUSE,
     "map it to one of the picklist's values (`sfsink describe` shows them) or add it there"},
    {"TOO_MANY_ENUM_VALUE", BOTH, 0, NULL, WHEN_ANY, CLASS_REFUSE, "a multi-select picklist takes 100 values"},
    {"INVALID_EMAIL_ADDRESS", BOTH, 0, NULL, WHEN_ANY, CLASS_REFUSE, "no e-mail address: mend it at the source"},
    {"MALFORMED_ID", BOTH, 0, NULL, WHEN_ANY, CLASS_REFUSE, "no Salesforce Id of the right kind"},
    {"INVALID_ID_FIELD", BOTH, 0, NULL, WHEN_ANY, CLASS_REFUSE, "an Id of another object"},
    {"MISSING_ARGUMENT", BOTH, 0, NULL, WHEN_ANY, CLASS_REFUSE, "the key or Id is empty"},
    {"CANNOT_UPDATE_CONVERTED_LEAD", BOTH, 0, NULL, WHEN_ANY, CLASS_REFUSE, "the lead has been converted"},
    {"INACTIVE_OWNER_OR_USER", BOTH, 0, NULL, WHEN_ANY, CLASS_REFUSE, "the owner is inactive: choose another"},
    {"INSUFFICIENT_ACCESS_OR_READONLY", IN_RECORD, 0, NULL, WHEN_ANY, CLASS_SCHEMA,
     "the user may not write this record (sharing), or the object at all (permission set)"},
    {"INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", BOTH, 0, NULL, WHEN_ANY, CLASS_REFUSE,
     "the user may not use the record that it refers to"},
    {"FUNCTIONALITY_NOT_ENABLED", IN_RECORD, 0, NULL, WHEN_ANY, CLASS_REFUSE, "the org lacks a feature"},
    {"LIMIT_EXCEEDED", BOTH, 0, NULL, WHEN_ANY, CLASS_REFUSE, "a limit of the org or of the request"},

    /* ---- the token endpoint: nothing is written until it is mended ---- */
    {"invalid_grant", IN_TOKEN, 0, "expired access/refresh token", WHEN_ANY, CLASS_WAIT, LOGIN_AGAIN},
    {"invalid_grant", IN_TOKEN, 0, "expired authorization code", WHEN_ANY, CLASS_WAIT,
     "the code or assertion is too old or was used before: log in again; for \"jwt\" look at this machine's clock"},
    {"invalid_grant", IN_TOKEN, 0, "hasn't approved", WHEN_ANY, CLASS_WAIT,
     "pre-authorize the user in the app's policies, or let it approve the app once"},
    {"invalid_grant", IN_TOKEN, 0, "audience", WHEN_ANY, CLASS_WAIT,
     "salesforce.auth.login_url must be https://login.salesforce.com, https://test.salesforce.com or the My Domain"},
    {"invalid_grant", IN_TOKEN, 0, "assertion", WHEN_ANY, CLASS_WAIT,
     "the app has another certificate than salesforce.auth.private_key, or another client_id"},
    {"invalid_grant", IN_TOKEN, 0, "no client credentials user", WHEN_ANY, CLASS_WAIT,
     "choose a \"Run As\" user in the app's client credentials flow"},
    {"invalid_grant", IN_TOKEN, 0, "ip restricted", WHEN_ANY, CLASS_WAIT,
     "this machine's address is not allowed to log in: relax the app's or the profile's IP ranges"},
    {"invalid_grant", IN_TOKEN, 0, "rate exceeded", WHEN_ANY, CLASS_WAIT, "too many logins; it is tried again"},
    {"invalid_grant", IN_TOKEN, 0, "inactive", WHEN_ANY, CLASS_WAIT,
     "the user is inactive: activate it or use another"},
    {"invalid_grant", IN_TOKEN, 0, "authentication failure", WHEN_ANY, CLASS_WAIT,
     "user name, login_url (production or sandbox?) or a login restriction"},
    {"invalid_grant", IN_TOKEN, 0, NULL, WHEN_ANY, CLASS_WAIT,
     "refused: for a stored login run `sfsink login`, else look at salesforce.auth and at the app's settings"},
    {"invalid_client_id", IN_TOKEN, 0, NULL, WHEN_ANY, CLASS_WAIT,
     "salesforce.auth.client_id is not known there (a new app takes some minutes); look at login_url, too"},
    {"invalid_client", IN_TOKEN, 0, NULL, WHEN_ANY, CLASS_WAIT, "salesforce.auth.client_secret is wrong"},
    {"invalid_app_access", IN_TOKEN, 0, NULL, WHEN_ANY, CLASS_WAIT,
     "an administrator has to allow the app to the user"},
    {"unsupported_grant_type", IN_TOKEN, 0, NULL, WHEN_ANY, CLASS_WAIT,
     "enable the flow in the app; \"client_credentials\" needs the My Domain in salesforce.auth.login_url"},
    {"redirect_uri_mismatch", IN_TOKEN, 0, NULL, WHEN_ANY, CLASS_WAIT,
     "register the callback http://localhost:PORT/callback in the app, with salesforce.auth.redirect_port"},
    {"invalid_request", IN_TOKEN, 0, NULL, WHEN_ANY, CLASS_WAIT,
     "the app does not allow this flow: look at its settings"},
    {NULL, IN_TOKEN, 5, NULL, WHEN_ANY, CLASS_RETRY, "the login server has trouble; it is tried again"},
    {NULL, IN_TOKEN, 429, NULL, WHEN_ANY, CLASS_RETRY, "too many logins; it is tried again"},
    {NULL, IN_TOKEN, 420, NULL, WHEN_ANY, CLASS_RETRY, "the login server has trouble; it is tried again"},
    {NULL, IN_TOKEN, 0, NULL, WHEN_ANY, CLASS_WAIT, "look at salesforce.auth and at the app's settings"},

    /* ---- sfsink's own ---- */
    {"CONNECTION_FAILED", OF_OURS, 0, NULL, WHEN_ANY, CLASS_RETRY,
     "Salesforce cannot be reached: name, network, proxy"},
    {"CERTIFICATE_INVALID", OF_OURS, 0, NULL, WHEN_ANY, CLASS_RETRY,
     "the server's certificate does not verify: salesforce.ca_file for a private CA"},
    {"NO_ANSWER", OF_OURS, 0, NULL, WHEN_ANY, CLASS_UNKNOWN, "time-out, or the connection broke"},
    {"UNUSABLE_ANSWER", OF_OURS, 0, NULL, WHEN_ANY, CLASS_UNKNOWN, "not the results that belong to the request"},
    {"NOT_LOGGED_IN", OF_OURS, 0, NULL, WHEN_ANY, CLASS_WAIT, "the message says why; often: run `sfsink login`"},
    {"FIELD_NOT_WRITABLE", OF_OURS, 0, NULL, WHEN_ANY, CLASS_HALT,
     "the describe confirms that a mapped field is missing or not writable: mend the org or the mapping"},
    {"OBJECT_NOT_WRITABLE", OF_OURS, 0, NULL, WHEN_ANY, CLASS_HALT,
     "the describe confirms that the object is missing or not writable: mend the org or the mapping"},
    {"RECORD_NOT_FOUND", OF_OURS, 0, NULL, WHEN_ANY, CLASS_REFUSE,
     "no record has this external id, and an update creates none; for a delete it is done"},

    /* ---- any other code: by the HTTP status; new codes come with releases ---- */
    {NULL, IN_REQUEST, 503, NULL, WHEN_ANY, CLASS_RETRY, "maintenance or overload; it goes on by itself"},
    {NULL, IN_REQUEST, 429, NULL, WHEN_ANY, CLASS_CROWDED, "too many requests"},
    {NULL, IN_REQUEST, 420, NULL, WHEN_ANY, CLASS_RETRY, "Salesforce's edge cannot find the org for the moment"},
    {NULL, IN_REQUEST, 409, NULL, WHEN_ANY, CLASS_RETRY, "in conflict with another request"},
    {NULL, IN_REQUEST, 3, NULL, WHEN_ANY, CLASS_RETRY, "sent elsewhere, which is never followed: instance_url"},
    {NULL, IN_REQUEST, 403, NULL, WHEN_ANY, CLASS_WAIT, "not allowed: the message says what; permissions of the user"},
    {NULL, IN_REQUEST, 404, NULL, WHEN_ANY, CLASS_SCHEMA, "object, external id field or API version do not exist"},
    {NULL, IN_REQUEST, 405, NULL, WHEN_ANY, CLASS_WAIT, "not Salesforce's REST API: instance_url, proxy"},
    {NULL, IN_REQUEST, 415, NULL, WHEN_ANY, CLASS_WAIT, "not Salesforce's REST API: instance_url, proxy"},
    {NULL, IN_REQUEST, 407, NULL, WHEN_ANY, CLASS_WAIT, "the proxy wants a login"},
    {NULL, IN_REQUEST, 408, NULL, WHEN_ANY, CLASS_UNKNOWN, "time-out"},
    {NULL, IN_REQUEST, 410, NULL, WHEN_ANY, CLASS_WAIT, "retired: set a later salesforce.api_version"},
    {NULL, IN_REQUEST, 4, NULL, WHEN_ANY, CLASS_REFUSE,
     "refused for what is in it; a request of several is taken apart"},
    {NULL, IN_REQUEST, 0, NULL, WHEN_ANY, CLASS_UNKNOWN, "an error inside Salesforce; it is sent again"},
    {NULL, IN_RECORD | OF_OURS, 0, NULL, WHEN_ANY, CLASS_REFUSE, "the message says why"},
};

static bool is_word_char(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* Does the text hold the field's name as a word of its own? */
static bool names_field(const char *text, const char *field)
{
    size_t len = strlen(field);

    for (const char *at = text; len && (at = strcasestr(at, field)) != NULL; at++)
        if ((at == text || !is_word_char(at[-1])) && !is_word_char(at[len]))
            return true;
    return false;
}

static bool holds(const struct error_row *row, const struct error_case *c)
{
    switch (row->when) {
    case WHEN_ANY:
        return true;
    case WHEN_DELETE:
        return c->op == OP_DELETE;
    case WHEN_CACHED_ID:
        return c->cached_id;
    case WHEN_RESENT_INSERT:
        return c->op == OP_INSERT && c->resent && names_field(c->message, c->external_id);
    case WHEN_TRIED:
        return c->attempts >= TRIES_OF_A_FLOW;
    case WHEN_UPSERT_KEY:
        return c->op == OP_UPSERT && names_field(c->message, c->external_id);
    }
    return false;
}

static bool status_fits(int row, int status)
{
    return row == 0 || row == status || row == status / 100;
}

const struct error_row *error_row_find(const struct error_case *c)
{
    const struct error_row *row = rows;

    while (!((row->scopes & c->scope) && (!row->code || strcasecmp(row->code, c->code) == 0) &&
             status_fits(row->status, c->status) && (!row->text || strcasestr(c->message, row->text)) && holds(row, c)))
        row++;
    return row;
}

const struct error_row *error_row_at(size_t i)
{
    return i < sizeof rows / sizeof *rows ? &rows[i] : NULL;
}

const char *error_class_name(enum error_class class)
{
    static const char *const names[] = {"done",
                                        "again",
                                        "retry",
                                        "retry",
                                        "again after the hold",
                                        "new token",
                                        "everything waits",
                                        "route halted",
                                        "route halted if the describe confirms it, else dead letter",
                                        "dead letter",
                                        "superseded"};

    return names[class];
}
