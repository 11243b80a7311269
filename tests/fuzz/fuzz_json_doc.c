/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as JSON: refused, or nodes that fill the text in order; and libjansson agrees, as far as it reads the same. */
#include "common/json_doc.h"
#include "common/memory.h"

#include <jansson.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Returns the node behind n and all that is in it. */
static const struct json_node *check(const struct json_node *n, const char *from, const char *to)
{
    if (n->at < from || n->at + n->len > to || n->len == 0)
        bug("a node outside of its container");
    const struct json_node *end = json_end(n), *child = json_first(n);
    const char *behind = n->at + 1;
    while (child < end) {
        const struct json_node *next = check(child, behind, n->at + n->len - 1);
        behind = child->at + child->len;
        child = next;
    }
    if (child != end)
        bug("a span that ends in a child");
    return end;
}

static void decode_all(const struct json_doc *d)
{
    struct buffer b = BUFFER_INIT(1 << 20), quoted = BUFFER_INIT(1 << 23);
    struct json_doc again = {0};
    for (size_t i = 0; i < d->nnodes; i++) {
        if (d->nodes[i].kind != JSON_NODE_STRING)
            continue;
        buffer_clear(&b);
        buffer_clear(&quoted);
        json_decode(&d->nodes[i], &b);
        struct text value = buffer_text(&b);
        if (!json_utf8(value) || !json_string_is(&d->nodes[i], value))
            bug("a text that is not itself");
        json_quote(value, &quoted);
        if (!json_doc_read(&again, buffer_text(&quoted)) || !json_string_is(again.nodes, value))
            bug("a text that is lost when it is quoted");
    }
    json_doc_release(&again);
    buffer_release(&b);
    buffer_release(&quoted);
}

/* jansson has other limits: numbers in a double, no half surrogate pairs, a NUL ends its text, and none may be in a name. */
static void compare(const struct json_doc *d, bool good, const char *text, size_t size)
{
    json_error_t why;
    if (memchr(text, 0, size))
        return;
    bool mark = size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0;
    json_t *theirs = json_loadb(text, size, JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, &why);
    if (theirs && !good && strcmp(d->why, "nested too deep") != 0)
        bug("jansson reads it: %s at %zu", d->why, d->where);
    bool limits = mark;
    for (size_t i = 0; good && i < d->nnodes; i++)
        limits = limits || d->nodes[i].unpaired || d->nodes[i].kind == JSON_NODE_NUMBER;
    if (!theirs && good && !limits && !strstr(why.text, "NUL byte in object key"))
        bug("jansson refuses it: %s", why.text);
    json_decref(theirs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct json_doc d;
    char *text = xmalloc(size ? size : 1);
    if (size)
        memcpy(text, data, size);
    bool good = json_doc_read(&d, text_make(text, size));
    if (good) {
        if (check(d.nodes, text, text + size) != d.nodes + d.nnodes)
            bug("nodes behind the root");
        decode_all(&d);
    } else if (!d.why) {
        bug("refused without a reason");
    }
    compare(&d, good, text, size);
    free(text);
    return 0;
}
