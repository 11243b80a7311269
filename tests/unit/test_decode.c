/* SPDX-License-Identifier: Apache-2.0 */
/* What happened to which row: every format, operation and kind of message, and how a key is read. */
#include "tests/unit/change_fixture.h"

#include <stdlib.h>

#define STRUCT(name, fields) "{'type':'struct','name':'" name "','fields':[" fields "]}"
#define INT(field) "{'type':'int64','field':'" field "'}"
#define IGNORED "format = 'debezium'; external_id = 'E__c';"
#define SKIPPED "format = 'debezium'; external_id = 'E__c'; on_delete = 'delete'; tombstones = 'skip';"
#define UNWANTED "format = 'debezium'; external_id = 'E__c'; on_delete = 'dead_letter'; tombstones = 'delete';"

static const struct event_case cases[] = {
    /* the envelope */
    {.name = "create", .value = "{'op':'c','after':{'id':1,'a':'x'}}", .result = "upsert 1 {'A__c':'x','E__c':1}"},
    {.name = "create, with all that Debezium sends",
     .value = "{'before':null,'after':{'id':1,'a':2},'source':{'lsn':9,'table':'t'},'op':'c','ts_ms':1,'ts_us':2,"
              "'transaction':null}",
     .result = "upsert 1 {'A__c':2,'E__c':1}"},
    {.name = "snapshot", .value = "{'op':'r','after':{'id':1}}", .result = "upsert 1 {'E__c':1}"},
    {.name = "update",
     .value = "{'op':'u','before':{'id':1,'a':1},'after':{'id':1,'a':2}}",
     .result = "upsert 1 {'A__c':2,'E__c':1}"},
    {.name = "delete", .value = "{'op':'d','before':{'id':1,'a':1},'after':null}", .result = "delete 1"},
    {.name = "delete, its key alone in before",
     .key = "{'id':1}",
     .value = "{'op':'d','before':{'a':1}}",
     .result = "delete 1"},
    {.name = "delete without any image",
     .key = "{'id':1}",
     .value = "{'op':'d','before':null,'after':null}",
     .result = "delete 1"},
    {.name = "the old row lies over the key",
     .key = "{'id':1}",
     .value = "{'op':'d','before':{'id':2}}",
     .result = "delete 2"},
    {.name = "delete that nothing names",
     .value = "{'op':'d','before':{'a':1}}",
     .result = "refuse KEY_MISSING E__c (from id): the record's key is absent"},
    {.name = "truncate", .value = "{'op':'t','source':{}}", .result = "skip truncate"},
    {.name = "logical message",
     .value = "{'op':'m','source':{},'message':{'prefix':'p','content':''}}",
     .result = "skip message"},
    {.name = "unknown operation",
     .value = "{'op':'x','after':{'id':1}}",
     .result = "refuse DECODE_OPERATION the operation is none of Debezium's c, r, u, d, t, m"},
    {.name = "two operations",
     .value = "{'op':'cu','after':{'id':1}}",
     .result = "refuse DECODE_OPERATION the operation is none of Debezium's c, r, u, d, t, m"},
    {.name = "create without a row",
     .value = "{'op':'c','after':null}",
     .result = "refuse DECODE_ROW the operation is create, and there is no row in 'after'"},
    {.name = "update whose row is an array",
     .value = "{'op':'u','after':[],'source':{}}",
     .result = "refuse DECODE_ROW the operation is update, and there is no row in 'after'"},
    {.name = "a before that is no row is none",
     .value = "{'op':'d','before':'x','source':{}}",
     .key = "{'id':5}",
     .result = "delete 5"},

    /* with the schema */
    {.name = "schema and payload",
     .value = "{'schema':" STRUCT("s.Envelope", STRUCT("s.Value", INT("id"))) ",'payload':{'op':'c','after':{'id':1}}}",
     .result = "upsert 1 {'E__c':1}"},
    {.name = "schema null",
     .value = "{'schema':null,'payload':{'op':'c','after':{'id':1}}}",
     .result = "upsert 1 {'E__c':1}"},
    {.name = "the schema says that it is an envelope, though nothing else does",
     .value = "{'schema':" STRUCT("s.Envelope", "") ",'payload':{'op':'c'}}",
     .result = "refuse DECODE_ROW the operation is create, and there is no row in 'after'"},
    {.name = "columns called schema and payload",
     .value = "{'schema':{},'payload':{'id':2},'id':1}",
     .result = "upsert 1 {'E__c':1}"},
    {.name = "a column called schema", .value = "{'schema':'s','id':1}", .result = "upsert 1 {'E__c':1}"},
    {.name = "payload first", .value = "{'payload':{'id':1},'schema':{}}", .result = "upsert 1 {'E__c':1}"},
    {.name = "schema a text: two columns",
     .value = "{'schema':'s','payload':1}",
     .result = "refuse KEY_MISSING E__c (from id): the record's key is absent"},

    /* the row alone */
    {.name = "row alone is an update",
     .route = "format = 'debezium'; external_id = 'E__c'; mode = 'insert';",
     .value = "{'id':1}",
     .result = "skip an update, and mode = 'insert'"},
    {.name = "row alone, created",
     .route = "format = 'debezium'; external_id = 'E__c'; mode = 'insert';",
     .value = "{'id':1,'__op':'c'}",
     .result = "insert 1 {'E__c':1}"},
    {.name = "row alone, no operation", .value = "{'id':1,'__op':null}", .result = "upsert 1 {'E__c':1}"},
    {.name = "row alone, deleted", .value = "{'id':1,'__op':'d'}", .result = "delete 1"},
    {.name = "row alone, deleted by a text", .value = "{'id':1,'__deleted':'true'}", .result = "delete 1"},
    {.name = "row alone, deleted by a boolean", .value = "{'id':1,'__op':'u','__deleted':true}", .result = "delete 1"},
    {.name = "row alone, not deleted", .value = "{'id':1,'__deleted':'false'}", .result = "upsert 1 {'E__c':1}"},
    {.name = "row alone, truncated", .value = "{'__op':'t'}", .result = "skip truncate"},
    {.name = "row alone, operation a number",
     .value = "{'id':1,'__op':1}",
     .result = "refuse DECODE_OPERATION the operation is none of Debezium's c, r, u, d, t, m"},
    {.name = "a column called op", .value = "{'id':1,'op':'d'}", .result = "upsert 1 {'E__c':1}"},
    {.name = "columns called op and source",
     .value = "{'id':1,'op':'d','source':'shop'}",
     .result = "upsert 1 {'E__c':1}"},
    {.name = "a column called op that is a number",
     .value = "{'id':1,'op':3,'after':null}",
     .result = "upsert 1 {'E__c':1}"},
    {.name = "an array",
     .value = "[1]",
     .result = "refuse DECODE_ROW the value is JSON but no object, so it is no event of Debezium's"},
    {.name = "JSON null",
     .value = "null",
     .result = "refuse DECODE_ROW the value is JSON but no object, so it is no event of Debezium's"},
    {.name = "empty bytes",
     .value = "",
     .result = "refuse DECODE_JSON the value is not JSON: the text is empty, at byte 0 of 0"},

    /* what is no change of a row */
    {.name = "heartbeat", .value = "{'ts_ms':1728000000123}", .result = "skip heartbeat"},
    {.name = "heartbeat by its schema",
     .value = "{'schema':" STRUCT("io.debezium.connector.common.Heartbeat", "") ",'payload':{'ts_ms':1,'x':2}}",
     .result = "skip heartbeat"},
    {.name = "an empty row is no heartbeat",
     .value = "{}",
     .result = "refuse KEY_MISSING E__c (from id): the record's key is absent"},
    {.name = "a row with a ts_ms is no heartbeat", .value = "{'ts_ms':1,'id':1}", .result = "upsert 1 {'E__c':1}"},
    {.name = "schema change", .value = "{'source':{'db':'d'},'ddl':'create table x'}", .result = "skip schema change"},
    {.name = "schema change without ddl",
     .value = "{'source':{},'databaseName':'d','tableChanges':[]}",
     .result = "skip schema change"},
    {.name = "schema change by its schema",
     .value = "{'schema':" STRUCT("io.debezium.connector.mysql.SchemaChangeValue", "") ",'payload':{'x':1}}",
     .result = "skip schema change"},
    {.name = "a column called ddl", .value = "{'id':1,'ddl':'x','source':'shop'}", .result = "upsert 1 {'E__c':1}"},
    {.name = "transaction begins",
     .value = "{'status':'BEGIN','id':'571','ts_ms':1,'event_count':null}",
     .result = "skip transaction metadata"},
    {.name = "transaction ends",
     .value = "{'status':'END','id':'571','event_count':2,'data_collections':[]}",
     .result = "skip transaction metadata"},
    {.name = "transaction by its schema",
     .value = "{'schema':" STRUCT("io.debezium.connector.common.TransactionMetadataValue", "") ",'payload':{'x':1}}",
     .result = "skip transaction metadata"},
    {.name = "a row with a status is no transaction",
     .value = "{'status':'BEGIN','id':'571','a':1}",
     .result = "upsert 571 {'A__c':1,'E__c':'571'}"},
    {.name = "another status", .value = "{'status':'OPEN','id':'571'}", .result = "upsert 571 {'E__c':'571'}"},
    {.name = "a schema's name that is no text",
     .value = "{'schema':{'name':7},'payload':{'id':1}}",
     .result = "upsert 1 {'E__c':1}"},

    /* tombstones */
    {.name = "tombstone deletes", .key = "{'id':1}", .result = "delete 1"},
    {.name = "tombstone with a schema",
     .key = "{'schema':" STRUCT("k", INT("id")) ",'payload':{'id':1}}",
     .value = "{'schema':" STRUCT("v", "") ",'payload':null}",
     .result = "delete 1"},
    {.name = "tombstone is skipped", .route = SKIPPED, .key = "{'id':1}", .result = "skip tombstone"},
    {.name = "tombstone with a schema is skipped",
     .route = SKIPPED,
     .value = "{'schema':null,'payload':null}",
     .result = "skip tombstone"},
    {.name = "tombstone without a key", .result = "refuse KEY_MISSING E__c (from id): the record's key is absent"},
    {.name = "tombstone whose key is a text",
     .key = "'x'",
     .result = "refuse KEY_MISSING E__c (from id): the record's key is absent"},

    /* on_delete */
    {.name = "deletes are ignored",
     .route = IGNORED,
     .value = "{'op':'d','before':{'id':1}}",
     .result = "skip on_delete = 'ignore'"},
    {.name = "a tombstone where deletes are ignored", .route = IGNORED, .key = "{'id':1}", .result = "skip tombstone"},
    {.name = "deletes are dead letters",
     .route = UNWANTED,
     .value = "{'op':'d','before':{'id':1}}",
     .result = "refuse DELETE_UNWANTED the event deletes, and the route has on_delete = 'dead_letter'"},
    {.name = "so are those that nothing names",
     .route = UNWANTED,
     .value = "{'op':'d','before':{}}",
     .result = "refuse DELETE_UNWANTED the event deletes, and the route has on_delete = 'dead_letter'"},
    {.name = "so are tombstones",
     .route = UNWANTED,
     .key = "{'id':1}",
     .result = "refuse DELETE_UNWANTED the event deletes, and the route has on_delete = 'dead_letter'"},

    /* the format row */
    {.name = "row", .route = ROUTE_ROW, .value = "{'id':1,'a':null}", .result = "upsert 1 {'A__c':null,'E__c':1}"},
    {.name = "row: Debezium's names are columns",
     .route = ROUTE_ROW,
     .value = "{'id':1,'op':'d','__deleted':true}",
     .result = "upsert 1 {'E__c':1}"},
    {.name = "row: what looks like a heartbeat is a row",
     .route = ROUTE_ROW,
     .value = "{'ts_ms':1}",
     .result = "refuse KEY_MISSING E__c (from id): the record's key is absent"},
    {.name = "row: with its schema",
     .route = ROUTE_ROW,
     .value = "{'schema':" STRUCT("v", INT("id")) ",'payload':{'id':1}}",
     .result = "upsert 1 {'E__c':1}"},
    {.name = "row: an insert route takes all",
     .route = "format = 'row'; external_id = 'E__c'; mode = 'insert';",
     .value = "{'id':1}",
     .result = "insert 1 {'E__c':1}"},
    {.name = "row: tombstone", .route = ROUTE_ROW, .key = "{'id':1}", .result = "delete 1"},
    {.name = "row: tombstone is ignored",
     .route = "format = 'row'; external_id = 'E__c';",
     .key = "{'id':1}",
     .result = "skip on_delete = 'ignore'"},
    {.name = "row: a number",
     .route = ROUTE_ROW,
     .value = "7",
     .result = "refuse DECODE_ROW the value is JSON but no object, so it is no row"},
    {.name = "row: JSON null is no tombstone",
     .route = ROUTE_ROW,
     .key = "{'id':1}",
     .value = "null",
     .result = "refuse DECODE_ROW the value is JSON but no object, so it is no row"},
};

/* ---- bytes that a text cannot hold --------------------------------------------------------------------------------------------- */

#define BYTES(literal) text_make(literal, sizeof(literal) - 1)
#define FRAME "\0\0\0\0\1"

static void expect(struct route_fixture *f, struct text key, struct text value, const char *result)
{
    char *line = route_fixture_map(f, key, value, NULL, 0);
    assert_string_equal(line, result);
    free(line);
}

static void a_registrys_frame_is_named(void **state)
{
    struct route_fixture *f = route_fixture_new(NULL, NULL);
    (void)state;

    expect(f, TEXT_NONE, BYTES(FRAME "{\"op\":\"c\",\"after\":{\"id\":1}}"),
           "refuse DECODE_MAGIC_BYTE the value begins with a zero byte and a schema id, as a schema registry's "
           "serializer writes it; sfsink reads plain JSON");
    expect(f, BYTES(FRAME "{\"id\":1}"), TEXT_NONE,
           "refuse DECODE_MAGIC_BYTE the key begins with a zero byte and a schema id, as a schema registry's "
           "serializer writes it; sfsink reads plain JSON");
    /* where the row names the record, nobody asks for the key */
    expect(f, BYTES(FRAME "{\"id\":1}"), BYTES("{\"op\":\"d\",\"before\":{\"id\":2}}"), "delete 2");
    expect(f, BYTES("\0\0\0\0"), BYTES("\0\0\0\0"),
           "refuse DECODE_JSON the value is not JSON: no JSON value begins like this, at byte 0 of 4");
    route_fixture_free(f);
}

int main(void)
{
    static const struct CMUnitTest others[] = {cmocka_unit_test(a_registrys_frame_is_named)};
    return event_cases_run("decode", ROUTE_DEBEZIUM, cases, N(cases), others, N(others));
}
