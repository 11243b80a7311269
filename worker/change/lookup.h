/* SPDX-License-Identifier: Apache-2.0 */
/* lookup.h: where a field's value lies in an event: `from`, `jq` or a constant.
 *
 * A look at an event is the rows that `from` and jq see: the new row, the old one (for skip_unchanged), or for a delete the old row laid over
 * the message key. What a look finds holds until it looks for the next field. Pure. */
#ifndef SFSINK_WORKER_CHANGE_LOOKUP_H
#define SFSINK_WORKER_CHANGE_LOOKUP_H

#include "common/buffer.h"
#include "common/expression.h"
#include "worker/change/decode.h"

enum found {
    FOUND_ABSENT, /* no such path, no output of jq */
    FOUND_NULL,
    FOUND_VALUE,
    FOUND_KEPT /* Debezium does not know the value: it did not change */
};

struct value {
    enum found found;
    const struct json_node *node;   /* VALUE */
    const struct json_node *schema; /* its schema; NULL: none */
    enum unit unit;                 /* what a number counts, where the place says so */
    bool lasting;                   /* the text lies in the message or in the route */
    struct json_node own;
};

/* Start with {0}; the buffers and documents are kept from event to event. */
struct look {
    const struct message *message;
    const struct change *change;
    struct image rows[2]; /* a member is taken from the first that has it */
    size_t nrows;

    struct expression_input *input; /* rows and event for jq, made when first wanted */
    bool has_event;
    struct buffer text;     /* of a value that has to be written first */
    char *json;             /* jq's last output */
    struct json_doc output; /* the same, read */
};

void look_at_row(struct look *l, const struct message *message, const struct change *change, struct image row);
void look_at_deleted(struct look *l, const struct message *message, const struct change *change);
void look_release(struct look *l);

/* False: the problem is set. */
bool look_for(struct look *l, const struct field *f, struct value *v, struct problem *p);

/* The problem of a key that cannot be read; returns false. */
bool look_at_framed_key(struct problem *p);

/* A constant of the route, or another JSON text of one plain value. */
void value_of_constant(const char *json, struct value *v);

/* Runs a program; ABSENT, NULL or VALUE, or false and the problem with this code. */
bool look_with_jq(struct look *l, struct expression *program, const char *code, struct value *v, struct problem *p);

#endif
