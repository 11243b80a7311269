/* SPDX-License-Identifier: Apache-2.0 */
/* letter_headers.h (P): the headers of a dead letter.
 *
 *     the event's own, in their order, without those that are ours  +  sfsink.*  +  __connect.errors.*
 *
 * A letter that failed again has its old facts replaced, never doubled; where it first came from and how often it was replayed stay.
 * What is unknown is absent. All values are text. */
#ifndef SFSINK_WORKER_KAFKA_LETTER_HEADERS_H
#define SFSINK_WORKER_KAFKA_LETTER_HEADERS_H

#include "worker/kafka/dead_letters.h"

struct letter_place {
    const char *worker, *group;
    const char *failed_at; /* RFC 3339 */
};

enum { LETTER_HEADERS_OURS = 28 }; /* the most that are added */

struct letter_headers {
    struct header *all; /* the event's own are lent by its message */
    size_t n;
    char *errors; /* sfsink.errors: JSON */
    char *numbers[6];
};

struct letter_headers letter_headers_make(const struct dead_letter *letter, const struct letter_place *place);
void letter_headers_release(struct letter_headers *h);

/* Is this name written by us? Then a replay leaves it out, and a letter replaces it. */
bool letter_header_is_ours(struct text name);

#endif
