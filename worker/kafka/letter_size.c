/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/kafka/letter_size.h"

#include "common/memory.h"
#include "worker/kafka/letter_headers.h"

#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>

enum { HEADERS_ADDED = 5 };

void letter_digest(struct text t, char hex[LETTER_DIGEST_SIZE])
{
    unsigned char digest[SHA256_DIGEST_LENGTH];

    SHA256((const unsigned char *)t.at, t.len, digest);
    for (size_t i = 0; i < sizeof digest; i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}

/* Takes the value. */
static void say(struct small_letter *l, const char *name, char *value)
{
    l->texts[l->ntexts++] = value;
    l->headers[l->nheaders++] = (struct header){text_of(name), text_of(value)};
}

static void say_left_out(struct small_letter *l, const char *size_name, const char *digest_name, struct text what)
{
    char hex[LETTER_DIGEST_SIZE];

    letter_digest(what, hex);
    say(l, size_name, xasprintf("%zu", what.len));
    say(l, digest_name, xstrdup(hex));
}

/* False: it has no place in a letter of this size. */
static bool fits(enum letter_size to, const struct header *h)
{
    if (to >= LETTER_BARE && !letter_header_is_ours(h->name))
        return false;
    if (to >= LETTER_BARE && text_is(h->name, "sfsink.record.key"))
        return h->value.len <= LETTER_KEY_MAX;
    return to < LETTER_SHORT || !text_is(h->name, "sfsink.errors");
}

static struct text words(enum letter_size to, const struct header *h)
{
    if (to < LETTER_SHORT || text_is(h->name, "sfsink.record.key"))
        return h->value;
    return text_cut(h->value, LETTER_WORDS_MAX);
}

/* How many of the event's own are not taken over. */
static size_t take_headers(enum letter_size to, const struct header *headers, size_t n, struct small_letter *l)
{
    size_t omitted = 0;

    for (size_t i = 0; i < n; i++) {
        if (fits(to, &headers[i]))
            l->headers[l->nheaders++] = (struct header){headers[i].name, words(to, &headers[i])};
        else
            omitted += !letter_header_is_ours(headers[i].name);
    }
    return omitted;
}

static size_t bytes_of(const struct header *headers, size_t n)
{
    size_t bytes = 0;
    for (size_t i = 0; i < n; i++)
        bytes += headers[i].name.len + headers[i].value.len;
    return bytes;
}

bool letter_shrink(enum letter_size to, struct text key, struct text value, const struct header *headers, size_t n,
                   struct small_letter *out)
{
    struct small_letter l = {key, value, xcalloc(n + HEADERS_ADDED, sizeof *l.headers), 0, {0}, 0};
    size_t omitted = take_headers(to, headers, n, &l);
    bool smaller = bytes_of(l.headers, l.nheaders) < bytes_of(headers, n);

    if (omitted)
        say(&l, "sfsink.headers.omitted", xasprintf("%zu", omitted));
    if (to >= LETTER_STUB && value.len) {
        say_left_out(&l, "sfsink.value.omitted", "sfsink.value.sha256", value);
        l.value = text_make("", 0);
        smaller = true;
    }
    if (to >= LETTER_BARE && key.len > LETTER_KEY_MAX) {
        say_left_out(&l, "sfsink.key.omitted", "sfsink.key.sha256", key);
        l.key = TEXT_NONE;
        smaller = true;
    }
    if (smaller)
        *out = l;
    else
        small_letter_release(&l);
    return smaller;
}

void small_letter_release(struct small_letter *l)
{
    for (size_t i = 0; i < l->ntexts; i++)
        free(l->texts[i]);
    free(l->headers);
    *l = (struct small_letter){0};
}
