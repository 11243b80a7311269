/* SPDX-License-Identifier: Apache-2.0 */
/* route.h: one entry of `routes`, ready to run: paths split, jq compiled, names of the wire prepared, required fields checked.
 *
 * Read-only once made, except that an expression (libjq) is used by one thread at a time. */
#ifndef SFSINK_CONFIG_ROUTE_H
#define SFSINK_CONFIG_ROUTE_H

#include "common/text.h"

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct expression;
struct written_route;

enum format { FORMAT_DEBEZIUM, FORMAT_MAXWELL, FORMAT_CLOUDEVENTS, FORMAT_ROW };
enum mode { MODE_UPSERT, MODE_INSERT, MODE_UPDATE };
enum on_delete { ON_DELETE_IGNORE, ON_DELETE_DELETE, ON_DELETE_DEAD_LETTER };
enum tombstones { TOMBSTONES_SKIP, TOMBSTONES_DELETE };
enum on_null { ON_NULL_CLEAR, ON_NULL_SKIP };

/* Where a field's value comes from. */
enum source {
    SOURCE_ROW,   /* path: in the row */
    SOURCE_KEY,   /* @key (no path), @key.PATH */
    SOURCE_TOPIC, /* @topic … @timestamp: of the event's first arrival */
    SOURCE_PARTITION,
    SOURCE_OFFSET,
    SOURCE_TIMESTAMP, /* milliseconds */
    SOURCE_OP,        /* "create", "update", "delete" */
    SOURCE_BEFORE,    /* @before.PATH */
    SOURCE_SOURCE,    /* @source.PATH */
    SOURCE_HEADER,    /* @header.NAME: path has one step, the name */
    SOURCE_JQ,
    SOURCE_VALUE /* a constant */
};

enum as { AS_IS, AS_STRING, AS_NUMBER, AS_INTEGER, AS_BOOLEAN, AS_DATE, AS_DATETIME, AS_TIME, AS_MULTIPICKLIST };
enum unit { UNIT_NONE, UNIT_DAYS, UNIT_S, UNIT_MS, UNIT_US, UNIT_NS };

struct path {
    char **steps; /* names, NUL-terminated */
    size_t nsteps;
};

struct field {
    char *to; /* as written: "LastName", "Account.External_Id__c" */

    /* The member of the record. A parent by its external id (`to` with a dot) goes as "Account":{"External_Id__c":VALUE}, and is
     * cleared as "AccountId":null ("Rel__r" as "Rel__c":null). */
    char *name;       /* member name for a value: "LastName", "Account" */
    char *null_name;  /* member name for null: the same, or "AccountId" */
    char *parent_key; /* "External_Id__c"; NULL where `to` has no dot */

    enum source source;
    struct path path;
    struct expression *jq; /* SOURCE_JQ */
    char *value_json;      /* SOURCE_VALUE: the constant as JSON text */
    char *default_json;    /* for null and absent, as JSON text; NULL: none */
    bool required;
    enum on_null on_null;
    enum as as;
    enum unit unit;
    int line; /* in the configuration, for messages */
};

struct route {
    size_t index; /* in config.routes */
    char *name;
    char *topic;
    bool topic_is_pattern;
    regex_t pattern; /* where it is one: POSIX extended, as librdkafka reads it */
    enum format format;
    char *object; /* the API name, "Contact" or "My_Object__c" */
    enum mode mode;
    char *external_id; /* "" if none */
    enum on_delete on_delete;
    enum tombstones tombstones;
    struct expression *where; /* NULL: none */
    bool skip_unchanged;
    char *group_by; /* "" if none */
    bool auto_assign, allow_duplicates;

    /* The slots of this route's records, in the order of the mapping; where there is a version, its slot is the last one. */
    struct field *fields;
    size_t nfields;
    int id_field;      /* the slot that is mapped to Id, or -1 */
    int key_field;     /* the slot mapped to external_id, or -1 */
    int version_field; /* the slot of version.field, or -1 */
    int group_field;   /* the slot named by group_by, or -1 */

    /* Which field names a record: routes with the same object (ASCII case folded) and the same naming field share a key space;
     * keys of different spaces are different records. */
    uint32_t key_space;
    /* Routes with the same object, external id and request headers share a target: their records may share a request. */
    uint32_t target;
    int line;                      /* in the configuration */
    struct written_route *written; /* what the file says, for config_print() */
};

/* True if updates and deletes need an Id that has to be looked up by external_id. */
static inline bool route_needs_lookup(const struct route *r)
{
    return r->id_field < 0;
}

const char *mode_name(enum mode mode);

#endif
