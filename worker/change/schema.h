/* SPDX-License-Identifier: Apache-2.0 */
/* schema.h: what the schema that an event carries says about a value.
 *
 *     {"type":"struct","fields":[{"field":"dob","type":"int32","name":"io.debezium.time.Date"}, …]}
 *
 * Kafka Connect's JSON converter puts such a schema beside the payload; the name of a field's schema says how to read its value. A node may be
 * NULL throughout: no schema. Pure. */
#ifndef SFSINK_WORKER_CHANGE_SCHEMA_H
#define SFSINK_WORKER_CHANGE_SCHEMA_H

#include "common/json_doc.h"
#include "config/route.h"

enum semantic {
    SEMANTIC_NONE, /* as it stands: also enum, uuid, json, xml, year, interval */
    SEMANTIC_DATE,
    SEMANTIC_TIME,
    SEMANTIC_DATETIME,
    SEMANTIC_DECIMAL,
    SEMANTIC_SCALED_DECIMAL, /* {"scale":…,"value":…} */
    SEMANTIC_SET,            /* comma list */
    SEMANTIC_BITS
};

/* The schema of the member `name` of a struct; NULL: none. */
const struct json_node *schema_member(const struct json_node *schema, struct text name);

/* And the unit that a number has, for dates and times. */
enum semantic schema_semantic(const struct json_node *schema, enum unit *unit);

/* parameters.scale of a decimal; false: there is none. */
bool schema_scale(const struct json_node *schema, int *scale);

/* True if the schema is called `name`, or by a name that ends in `name` ("…Heartbeat"). */
bool schema_named(const struct json_node *schema, const char *name);

/* A number or a text of at most nine digits. */
bool small_integer(const struct json_node *n, int *value);

#endif
