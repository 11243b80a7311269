/* SPDX-License-Identifier: Apache-2.0 */
/* decode.h: what happened to which row, whatever the format.
 *
 *     message ──► create: the new row        update: the new row, maybe the old one        delete: the old row and the key
 *
 * One file a format: decode_FORMAT.c. What is decoded points into the message and into the decoder's documents, and holds until the decoder reads the next
 * message. Pure. */
#ifndef SFSINK_WORKER_CHANGE_DECODE_H
#define SFSINK_WORKER_CHANGE_DECODE_H

#include "common/json_doc.h"
#include "config/route.h"
#include "worker/change/problem.h"

enum change_kind { CHANGE_CREATE, CHANGE_UPDATE, CHANGE_DELETE };
const char *change_name(enum change_kind kind); /* "create", … */

/* A value and the schema that came with it. */
struct image {
    const struct json_node *value;  /* NULL: none */
    const struct json_node *schema; /* NULL: none */
};

struct change {
    enum change_kind kind;
    struct image row;               /* the new row, an object; none for a delete */
    struct image before;            /* the old row, an object; none where the event has none */
    struct image key;               /* none: no key, or one that is no JSON */
    struct text key_text;           /* a key that is no JSON, as it came; else none */
    bool key_framed;                /* the key is in a schema registry's frame */
    const struct json_node *source; /* where the row came from; NULL: not said */
};

struct decoder { /* start with {0} */
    struct json_doc value, key;
};

void decoder_release(struct decoder *d);

enum decoded { DECODED_CHANGE, DECODED_SKIP, DECODED_REFUSED };

/* SKIP: *why is a constant that names the rule. REFUSED: p is filled. */
enum decoded decode(struct decoder *d, const struct route *route, const struct message *message, struct change *c,
                    const char **why, struct problem *p);

/* ---- for the formats ----------------------------------------------------------------------------------------------------------- */

/* A value as Connect's JSON converter writes it with schemas, {"schema":…,"payload":…}, taken apart; any other as it is. */
struct image image_of(const struct json_node *value);

/* The key is in `c` already; `value` is not null as a whole. */
enum decoded decode_debezium(const struct message *message, struct image value, struct change *c, const char **why,
                             struct problem *p);
enum decoded decode_row(struct image value, struct change *c, struct problem *p);

#endif
