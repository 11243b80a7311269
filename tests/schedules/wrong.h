/* SPDX-License-Identifier: Apache-2.0 */
/* wrong.h: a promise is broken, and what happened before. */
#ifndef SFSINK_TESTS_SCHEDULES_WRONG_H
#define SFSINK_TESTS_SCHEDULES_WRONG_H

#include <stdbool.h>
#include <stdint.h>

extern bool tracing; /* print what happens */

/* Says what is broken and ends the process, with a status that stands for the message. */
_Noreturn void wrong(const char *format, ...) __attribute__((format(printf, 1, 2)));

void trace_line(int64_t now, const char *format, ...) __attribute__((format(printf, 2, 3)));
#define trace(now, ...) ((void)(tracing && (trace_line((now), __VA_ARGS__), true)))

#endif
