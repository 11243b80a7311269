/* SPDX-License-Identifier: Apache-2.0 */
/* scan.h: looks through the topics for later changes of the letters' records.
 *
 *     scan_need() for each watched letter ──► scan_run(): what is committed by now
 *                                        ──► scan_tail(): from there on, open transactions too; over and over while sending
 *
 * Events are mapped by their route, as a worker would. */
#ifndef SFSINK_WORKER_DLQ_SCAN_H
#define SFSINK_WORKER_DLQ_SCAN_H

#include "worker/change/change.h"
#include "worker/dlq/catalogue.h"
#include "worker/dlq/overtaken.h"
#include "worker/kafka/log_reader.h"

#define SCAN_NOWHERE SIZE_MAX

struct scan_span { /* one partition */
    const char *topic;
    int32_t partition;
    int64_t from;    /* offset; INT64_MAX: not known by offset */
    int64_t from_ms; /* or by time; INT64_MAX: not known by time */
    int64_t read_to; /* everything below is read */
    size_t open;     /* its number at the reader */
};

struct scan {
    struct catalogue *catalogue; /* lent */
    struct mapper *mapper;       /* lent */
    struct overtaken *overtaken; /* lent */
    struct scan_span *spans;
    size_t n, tails; /* so many of them are open at the tail's reader */
    struct log_reader *tail;
};

/* `topic` stays where it is. The events behind the letter's own place, and where they may lie in `other` (-1: none), those of its time and
 * later. Numbers the spans in the watch. */
void scan_need(struct scan *s, const char *topic, const struct origin *origin, int32_t other, struct watch *w);

bool scan_run(struct scan *s, const struct terminal *show, struct error *e);

/* Reads on to `to`, or to the present end where `to` is INT64_MAX. */
bool scan_tail(struct scan *s, size_t span, int64_t to, struct error *e);

void scan_release(struct scan *s);

#endif
