/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/dlq/values.h"

#include "common/memory.h"

#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

static bool is_digest(struct text value, struct text hex)
{
    unsigned char digest[SHA256_DIGEST_LENGTH];
    char text[2 * SHA256_DIGEST_LENGTH + 1];

    SHA256((const unsigned char *)value.at, value.len, digest);
    for (size_t i = 0; i < sizeof digest; i++)
        snprintf(text + 2 * i, 3, "%02x", digest[i]);
    return hex.len == sizeof text - 1 && strncasecmp(text, hex.at, hex.len) == 0;
}

enum value_found value_find(struct log_reader *reader, const struct letter *l, struct text *value,
                            struct message **source, struct error *e)
{
    *source = NULL;
    *value = l->message->value;
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
    *value = (*source)->value;
    return value->at && (int64_t)value->len == l->omitted && is_digest(*value, l->sha256) ? VALUE_THERE : VALUE_CHANGED;
}
