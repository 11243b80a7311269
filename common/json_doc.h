/* SPDX-License-Identifier: Apache-2.0 */
/* json_doc.h: JSON read in one pass into a flat list of nodes that point into the text.
 *
 *     {"id":7,"tags":["a"]}      node  0 object, span 5    {"id":7,"tags":["a"]}
 *                                      1 string  "id"      2 number  7
 *                                      3 string  "tags"    4 array, span 2  ["a"]    5 string "a"
 *
 * A node's text is what stands in the input, so numbers keep every digit and values can be handed on as they are. A child is the next
 * node; a node's sibling is `span` nodes on. An object's children are name, value, name, value.
 *
 * Strict (RFC 8259): invalid UTF-8, raw control characters, anything behind the value, nesting beyond JSON_DEEPEST and more than JSON_MOST_NODES nodes are refused; a byte
 * order mark in front is skipped. Of equal names the last counts. The text must outlive the nodes. Pure. Memory: 24 bytes a node,
 * so 24 MB at the most, kept from document to document. */
#ifndef SFSINK_COMMON_JSON_DOC_H
#define SFSINK_COMMON_JSON_DOC_H

#include "common/buffer.h"
#include "common/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { JSON_DEEPEST = 64, JSON_MOST_NODES = 1 << 20 };

enum json_kind {
    JSON_NODE_NULL,
    JSON_NODE_FALSE,
    JSON_NODE_TRUE,
    JSON_NODE_NUMBER,
    JSON_NODE_STRING,
    JSON_NODE_ARRAY,
    JSON_NODE_OBJECT
};

struct json_node {
    const char *at; /* the whole value: quotes and brackets too */
    uint32_t len;
    uint32_t span;
    uint8_t kind;  /* enum json_kind */
    bool escaped;  /* STRING: has escapes; else its bytes are its value */
    bool unpaired; /* STRING: holds half a surrogate pair, which is no text */
};

struct json_doc {
    struct json_node *nodes; /* [0] is the root, after json_doc_read() was true */
    size_t nnodes, room;
    const char *why; /* after false: a constant */
    size_t where;    /* and at which byte */
};

/* Start with {0}. Reads `t` and forgets what was read before. False if it is not JSON. */
bool json_doc_read(struct json_doc *d, struct text t);
void json_doc_release(struct json_doc *d);

/* The member's value, or NULL: `object` is NULL or no object, or has no such member. */
const struct json_node *json_member(const struct json_node *object, struct text name);

static inline const struct json_node *json_first(const struct json_node *container)
{
    return container + 1;
}

static inline const struct json_node *json_next(const struct json_node *n)
{
    return n + n->span;
}

/* Behind the last child. */
static inline const struct json_node *json_end(const struct json_node *container)
{
    return container + container->span;
}

static inline struct text json_raw(const struct json_node *n)
{
    return text_make(n->at, n->len);
}

/* What stands between the quotes, escapes and all. */
static inline struct text json_inner(const struct json_node *string)
{
    return text_make(string->at + 1, string->len - 2);
}

/* Appends the string's value as UTF-8; half a surrogate pair becomes U+FFFD. */
void json_decode(const struct json_node *string, struct buffer *out);

/* True if the value of the string is `s`. */
bool json_string_is(const struct json_node *string, struct text s);

/* Appends `t`, which must be UTF-8, as a JSON string. */
void json_quote(struct text t, struct buffer *out);

/* The same without the quotes around it. */
void json_escape(struct text t, struct buffer *out);

/* True if the bytes are UTF-8 (no surrogates, nothing overlong). */
bool json_utf8(struct text t);

#endif
