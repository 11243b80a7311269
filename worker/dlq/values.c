/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/dlq/values.h"

#include "common/memory.h"
#include "worker/kafka/letter_size.h"

#include <stdlib.h>
#include <strings.h>

/* Is this what was left out, or else what is there? */
static bool is_it(struct text whole, const struct left_out *out, struct text there)
{
    char hex[LETTER_DIGEST_SIZE];

    if (out->bytes < 0)
        return whole.len == there.len && (!whole.len || memcmp(whole.at, there.at, whole.len) == 0);
    letter_digest(whole, hex);
    return (int64_t)whole.len == out->bytes && out->sha256.len == sizeof hex - 1 &&
           strncasecmp(hex, out->sha256.at, out->sha256.len) == 0;
}

static bool is_event(const struct message *source, const struct letter *l)
{
    int64_t originals = 0;

    for (size_t i = 0; i < source->nheaders; i++)
        originals += letter_header_is_original(l, source->headers[i].name);
    return is_it(source->value, &l->value_out, l->message->value) && is_it(source->key, &l->key_out, l->message->key) &&
           (l->headers_out < 0 || originals == l->headers_out);
}

enum value_found value_find(struct log_reader *reader, const struct letter *l, struct message **source, struct error *e)
{
    *source = NULL;
    if (!l->stub)
        return VALUE_THERE;
    if (!l->has_origin)
        return VALUE_GONE;
    char *topic = xstrndup(l->origin.topic.at, l->origin.topic.len);
    bool answered = log_fetch(reader, topic, l->origin.partition, l->origin.offset, source, e);
    free(topic);
    if (!answered)
        return VALUE_FAILED;
    if (!*source)
        return VALUE_GONE;
    return is_event(*source, l) ? VALUE_THERE : VALUE_CHANGED;
}
