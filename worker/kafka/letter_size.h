/* SPDX-License-Identifier: Apache-2.0 */
/* letter_size.h (P): a letter that its topic finds too large, made smaller step by step until any sane limit takes it.
 *
 *     whole ──► without value ──► without a large key and the event's own headers ──► the words of its reason cut short
 *
 * What is left out is told, for a replay reads it from the event's source: sfsink.value.omitted and sfsink.key.omitted (bytes), each with
 * .sha256 beside it, sfsink.headers.omitted (how many). The last is less than 16 KiB. */
#ifndef SFSINK_WORKER_KAFKA_LETTER_SIZE_H
#define SFSINK_WORKER_KAFKA_LETTER_SIZE_H

#include "worker/travel.h"

enum letter_size { LETTER_WHOLE, LETTER_STUB, LETTER_BARE, LETTER_SHORT };

enum { LETTER_KEY_MAX = 1024, LETTER_WORDS_MAX = 256, LETTER_DIGEST_SIZE = 65 };

struct small_letter {
    struct text key, value;
    struct header *headers; /* what is in them is lent by the letter that it was made of, or in `texts` */
    size_t nheaders;
    char *texts[5];
    size_t ntexts;
};

/* The letter at this size; one that was made smaller before, too. False: nothing of it can be left out. Release it only after true. */
bool letter_shrink(enum letter_size to, struct text key, struct text value, const struct header *headers, size_t n,
                   struct small_letter *out);
void small_letter_release(struct small_letter *l);

/* SHA-256, in lower-case hexadecimal. */
void letter_digest(struct text t, char hex[LETTER_DIGEST_SIZE]);

#endif
