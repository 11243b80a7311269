/* SPDX-License-Identifier: Apache-2.0 */
/* values.h: what one field takes, and what is wrong with what it does not take. Pure.
 *
 * Two kinds of refusal: a value that the JSON reader cannot make into the field's type (JSON_PARSER_ERROR: a whole request's fault on some
 * resources), and one that the field refuses (STRING_TOO_LONG and so on: the record's fault). */
#ifndef SFSINK_WORKER_SIMULATOR_VALUES_H
#define SFSINK_WORKER_SIMULATOR_VALUES_H

#include "common/buffer.h"
#include "worker/simulator/schema.h"

struct complaint {
    const char *code; /* a statusCode; a constant */
    bool wrong_type;  /* the first kind */
    struct buffer message;
};
#define COMPLAINT_INIT ((struct complaint){NULL, false, BUFFER_INIT(1 << 20)})

/* The value as it is stored: a new reference; NULL with the complaint. References are checked for their form only. */
json_t *value_take(const struct field *f, const json_t *given, struct complaint *c);

/* The texts of dates; also what SOQL compares with. */
bool value_date(const char *text);                          /* 2026-11-23 */
bool value_time(const char *text);                          /* 10:15:30.000Z */
bool value_datetime(const char *text, char stored[32]);     /* 2026-11-23T10:15:30.000+0000, in UTC */
void value_datetime_text(int64_t wall_ms, char stored[32]); /* the same of a time of day */

#endif
