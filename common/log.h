/* SPDX-License-Identifier: Apache-2.0 */
/* log.h: one line an event on standard error, logfmt or JSON.
 *
 *     log_event(LOG_LEVEL_WARN, "request_failed", "status", LOG_INT(503), "why", LOG_STR(text), NULL);
 *     time=2026-11-23T10:15:30.000Z level=warn event=request_failed status=503 why="Service Unavailable"
 *
 * The event is a constant name in snake_case, never built; then pairs of name and value, a NULL name at the end. Values are quoted and cleaned of
 * control characters. Never a record's value (its key is one), never a secret. Only whoever decides logs, once; pure code and common/ do not.
 * A line equal in event and text to earlier ones within ten seconds is counted, and said again with "repeated".
 * Global on purpose: level and format, set once. Any thread: one write(2) a line. */
#ifndef SFSINK_COMMON_LOG_H
#define SFSINK_COMMON_LOG_H

#include <stdbool.h>
#include <stdint.h>

enum log_level {
    LOG_LEVEL_DEBUG, /* a batch */
    LOG_LEVEL_INFO,  /* life cycle */
    LOG_LEVEL_WARN,  /* we cope */
    LOG_LEVEL_ERROR, /* someone must act */
    LOG_LEVEL_NONE   /* for log_setup(): commands that say everything themselves */
};
enum log_format { LOG_FORMAT_LOGFMT, LOG_FORMAT_JSON };

struct log_value {
    enum { LOG_VALUE_STRING, LOG_VALUE_INT } kind;
    const char *string;
    int64_t number;
};
#define LOG_STR(s) ((struct log_value){LOG_VALUE_STRING, (s), 0})
#define LOG_INT(n) ((struct log_value){LOG_VALUE_INT, NULL, (int64_t)(n)})

void log_setup(enum log_level least, enum log_format format);
bool log_enabled(enum log_level level);
void log_event(enum log_level level, const char *event, ... /* const char *name, struct log_value, …, NULL */);
void log_flush(void); /* says what was folded and not said yet; before the process ends */

#endif
