/* SPDX-License-Identifier: Apache-2.0 */
/* times.h: dates and times as sources write them, read; as Salesforce takes them, written.
 *
 *     20000 (days), 1728000000123 (ms), "2024-10-04 02:00:00.1239+02:00"  ──►  2024-10-04T00:00:00.123Z
 *
 * The calendar is Gregorian, years 1700 to 4000 as Salesforce has them; what is finer than a millisecond is cut (floored). Pure. */
#ifndef SFSINK_WORKER_CHANGE_TIMES_H
#define SFSINK_WORKER_CHANGE_TIMES_H

#include "common/buffer.h"
#include "config/route.h"

#define MS_OF_DAY INT64_C(86400000)

struct moment {
    bool has_date, has_time, has_zone;
    int64_t local_ms;  /* as written, since 1970-01-01 (without date: of the day) */
    int64_t offset_ms; /* to be taken off for UTC */
};

static inline int64_t moment_utc(const struct moment *m)
{
    return m->local_ms - m->offset_ms;
}

/* A number of JSON (any notation) that counts `unit`s since 1970 or midnight. NULL, or why not (a constant). */
const char *moment_of_number(struct text number, enum unit unit, int64_t *ms);

/* "YYYY-MM-DD", "hh:mm[:ss[.f…]]", or both with a blank or T between; with or without Z or an offset. NULL, or why not. */
const char *moment_of_text(struct text t, struct moment *m);

/* Append a JSON string. NULL, or why not: the year, or for a time that it is none of a day. */
const char *write_date(int64_t ms, struct buffer *out);
const char *write_datetime(int64_t ms, struct buffer *out);
const char *write_time(int64_t ms_of_day, struct buffer *out);

#endif
