/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/change/schema.h"

static const struct {
    const char *name;
    enum semantic semantic;
    enum unit unit;
} names[] = {
    {"org.apache.kafka.connect.data.Date", SEMANTIC_DATE, UNIT_DAYS},
    {"org.apache.kafka.connect.data.Time", SEMANTIC_TIME, UNIT_MS},
    {"org.apache.kafka.connect.data.Timestamp", SEMANTIC_DATETIME, UNIT_MS},
    {"org.apache.kafka.connect.data.Decimal", SEMANTIC_DECIMAL, UNIT_NONE},
    {"io.debezium.data.VariableScaleDecimal", SEMANTIC_SCALED_DECIMAL, UNIT_NONE},
    {"io.debezium.time.Date", SEMANTIC_DATE, UNIT_DAYS},
    {"io.debezium.time.Time", SEMANTIC_TIME, UNIT_MS},
    {"io.debezium.time.MicroTime", SEMANTIC_TIME, UNIT_US},
    {"io.debezium.time.NanoTime", SEMANTIC_TIME, UNIT_NS},
    {"io.debezium.time.ZonedTime", SEMANTIC_TIME, UNIT_NONE},
    {"io.debezium.time.Timestamp", SEMANTIC_DATETIME, UNIT_MS},
    {"io.debezium.time.MicroTimestamp", SEMANTIC_DATETIME, UNIT_US},
    {"io.debezium.time.NanoTimestamp", SEMANTIC_DATETIME, UNIT_NS},
    {"io.debezium.time.ZonedTimestamp", SEMANTIC_DATETIME, UNIT_NONE},
    {"io.debezium.time.IsoDate", SEMANTIC_DATE, UNIT_NONE},
    {"io.debezium.time.IsoTime", SEMANTIC_TIME, UNIT_NONE},
    {"io.debezium.time.IsoTimestamp", SEMANTIC_DATETIME, UNIT_NONE},
    {"io.debezium.data.EnumSet", SEMANTIC_SET, UNIT_NONE},
    {"io.debezium.data.Bits", SEMANTIC_BITS, UNIT_NONE},
};

static const struct json_node *member(const struct json_node *n, const char *name)
{
    return json_member(n, text_of(name));
}

const struct json_node *schema_member(const struct json_node *schema, struct text name)
{
    const struct json_node *fields = member(schema, "fields");
    if (!fields || fields->kind != JSON_NODE_ARRAY)
        return NULL;
    for (const struct json_node *f = json_first(fields); f < json_end(fields); f = json_next(f)) {
        const struct json_node *is = member(f, "field");
        if (is && is->kind == JSON_NODE_STRING && json_string_is(is, name))
            return f;
    }
    return NULL;
}

enum semantic schema_semantic(const struct json_node *schema, enum unit *unit)
{
    const struct json_node *name = member(schema, "name");
    *unit = UNIT_NONE;
    for (size_t i = 0; name && name->kind == JSON_NODE_STRING && i < sizeof names / sizeof *names; i++)
        if (json_string_is(name, text_of(names[i].name))) {
            *unit = names[i].unit;
            return names[i].semantic;
        }
    return SEMANTIC_NONE;
}

bool small_integer(const struct json_node *n, int *value)
{
    if (!n || (n->kind != JSON_NODE_NUMBER && n->kind != JSON_NODE_STRING))
        return false;
    struct text t = n->kind == JSON_NODE_STRING ? json_inner(n) : json_raw(n);
    size_t i = t.len > 0 && t.at[0] == '-', first = i;
    int sum = 0;
    for (; i < t.len && i - first < 9 && t.at[i] >= '0' && t.at[i] <= '9'; i++)
        sum = sum * 10 + (t.at[i] - '0');
    if (i != t.len || i == first)
        return false;
    *value = first ? -sum : sum;
    return true;
}

bool schema_scale(const struct json_node *schema, int *scale)
{
    return small_integer(member(member(schema, "parameters"), "scale"), scale);
}

bool schema_named(const struct json_node *schema, const char *name)
{
    const struct json_node *is = member(schema, "name");
    if (!is || is->kind != JSON_NODE_STRING)
        return false;
    struct text t = json_inner(is);
    size_t len = strlen(name);
    return t.len >= len && memcmp(t.at + t.len - len, name, len) == 0;
}
