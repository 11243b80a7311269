/* SPDX-License-Identifier: Apache-2.0 */
/* letter.h (P): what a message of the dead-letter topic says, whoever wrote it.
 *
 *     sfsink.*                 ours; text
 *     __connect.errors.*       Kafka Connect's sinks and sources; text, numbers too
 *     kafka_dlt-*              Spring; numbers are binary, most significant byte first
 *
 * Where the first family is silent the next one is asked, in this order. Texts point into the message. */
#ifndef SFSINK_WORKER_KAFKA_LETTER_H
#define SFSINK_WORKER_KAFKA_LETTER_H

#include "worker/travel.h"

enum letter_family { LETTER_OURS, LETTER_CONNECT, LETTER_SPRING, LETTER_UNKNOWN };

struct letter {
    const struct message *message;
    enum letter_family family; /* whose failure it tells of */
    struct text route, object, mode, key, stage, code, why, fields, errors, http_status, attempts, worker;
    int64_t failed_at_ms; /* where it is not said, the message's own time; -1: unknown */
    bool has_origin;
    struct origin origin; /* of its first arrival; the topic is none without has_origin */
    bool stub;            /* some of its event was left out */
    struct left_out {
        int64_t bytes;      /* -1: it is there */
        struct text sha256; /* as lower-case hexadecimal */
    } value_out, key_out;
    int64_t headers_out; /* how many; -1: they are there */
};

void letter_read(const struct message *message, struct letter *out);

/* The event that the letter is about, as a replay sends it: key, value and the original headers in their order, then where it first came
 * from and sfsink.replays raised by one. What a stub lacks is taken from `source`, the event where it first came from; else it may be
 * NULL. free() it. Only for a letter with an origin. */
struct message *letter_revive(const struct letter *letter, const struct message *source);

/* The same for an event that never was a letter and is sent behind one, so that it has the last word. */
struct message *letter_repeat(const struct message *event);

/* Has the header been there before the event became a letter? */
bool letter_header_is_original(const struct letter *letter, struct text name);

#endif
