/* SPDX-License-Identifier: Apache-2.0 */
/* A message with any headers that is refused with any words: each line of the input is a header, "NAME=VALUE" (without "=": a null value);
 * behind an empty line stand the code, the message and the fields of the failure.
 *
 * The event's own headers come first and in their order, none of ours is there twice, and the errors are JSON. */
#include "common/memory.h"
#include "config/route.h"
#include "worker/kafka/letter.h"
#include "worker/kafka/letter_headers.h"

#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEADERS_MAX = 64 };

static char name[] = "r", object[] = "Contact";
static const struct route route = {.name = name, .object = object};

static struct text take_line(struct text *rest)
{
    const char *end = rest->len ? memchr(rest->at, '\n', rest->len) : NULL;
    struct text line = text_make(rest->at, end ? (size_t)(end - rest->at) : rest->len);
    size_t used = line.len + (end != NULL);
    *rest = text_make(rest->at + used, rest->len - used);
    return line;
}

static struct header read_header(struct text line)
{
    const char *equals = memchr(line.at, '=', line.len);
    size_t len = equals ? (size_t)(equals - line.at) : line.len;
    return (struct header){text_make(line.at, len), equals ? text_make(equals + 1, line.len - len - 1) : TEXT_NONE};
}

static char *take_words(struct text *rest)
{
    struct text line = take_line(rest);
    return xstrndup(line.at, line.len);
}

static struct failure *read_failure(struct text *rest)
{
    char *code = take_words(rest), *message = take_words(rest), *fields = take_words(rest);
    struct failure *f = failure_new(STAGE_WRITE, code, message, fields);
    f->http_status = 200;
    free(code);
    free(message);
    free(fields);
    return f;
}

static void check(const struct letter_headers *h, const struct message *m)
{
    size_t own = 0;
    for (size_t i = 0; i < m->nheaders; i++) {
        if (letter_header_is_ours(m->headers[i].name))
            continue;
        if (!text_equal(h->all[own].name, m->headers[i].name) || !text_equal(h->all[own].value, m->headers[i].value))
            bug("a header of the event is changed");
        own++;
    }
    if (h->n - own > LETTER_HEADERS_OURS)
        bug("more of ours than there is room for");
    for (size_t i = own; i < h->n; i++) {
        if (!letter_header_is_ours(h->all[i].name) || !h->all[i].value.at)
            bug("a header of ours that a replay would not know");
        for (size_t k = own; k < i; k++)
            if (text_equal(h->all[i].name, h->all[k].name))
                bug("a header of ours that is there twice");
    }
    json_t *errors = json_loads(h->errors, 0, NULL);
    if (json_array_size(errors) != 1)
        bug("sfsink.errors: %s", h->errors);
    json_decref(errors);
}

/* The same headers as those of a dead letter, whoever wrote it: ours, Kafka Connect's, Spring's. */
static void read_letter(const struct message *m)
{
    struct letter letter;
    letter_read(m, &letter);
    if (!letter.has_origin)
        return;
    if (!letter.origin.topic.at || letter.origin.partition < 0 || letter.origin.offset < 0)
        bug("a letter from nowhere");
    struct message *event = letter_revive(&letter, m);
    if (event->origin.replays != letter.origin.replays + 1 || !text_equal(event->origin.topic, letter.origin.topic))
        bug("a replay that does not say where it first came from");
    free(event);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct letter_place place = {"worker", "group", "2026-11-23T10:15:30.000Z"};
    struct header headers[HEADERS_MAX];
    struct text rest = text_make((const char *)data, size), line;
    size_t n = 0;

    if (!size)
        return 0;
    while (n < HEADERS_MAX && (line = take_line(&rest)).len)
        headers[n++] = read_header(line);
    struct message *m = message_new(1, "t", 3, 42, 5, text_of("k"), TEXT_NONE, headers, n);
    struct failure *f = read_failure(&rest);
    struct dead_letter letter = {1, m, &route, OP_UPSERT, text_of("k"), f};
    struct letter_headers h = letter_headers_make(&letter, &place);

    if (m->origin.partition < 0 || m->origin.offset < 0 || !m->origin.topic.at)
        bug("an origin that is nowhere");
    check(&h, m);
    read_letter(m);
    letter_headers_release(&h);
    failure_free(f);
    free(m);
    return 0;
}
