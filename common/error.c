/* SPDX-License-Identifier: Apache-2.0 */
#include "common/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool error_set(struct error *e, enum status status, const char *format, ...)
{
    if (!e || e->status != STATUS_OK)
        return false;
    e->status = status;
    va_list args;
    va_start(args, format);
    vsnprintf(e->text, sizeof e->text, format, args);
    va_end(args);
    return false;
}

bool error_hint(struct error *e, const char *format, ...)
{
    if (!e || e->hint[0])
        return false;
    va_list args;
    va_start(args, format);
    vsnprintf(e->hint, sizeof e->hint, format, args);
    va_end(args);
    return false;
}

bool error_context(struct error *e, const char *format, ...)
{
    if (!e)
        return false;
    char old[sizeof e->text];
    memcpy(old, e->text, sizeof old);

    va_list args;
    va_start(args, format);
    int n = vsnprintf(e->text, sizeof e->text, format, args);
    va_end(args);
    if (n >= 0 && (size_t)n < sizeof e->text) {
        size_t room = sizeof e->text - (size_t)n;
        int m = snprintf(e->text + n, room, ": %.*s", (int)sizeof old, old);
        (void)m; /* cut to fit, as promised */
    }
    return false;
}

int error_print(const struct error *e)
{
    fprintf(stderr, "sfsink: %s\n", e->text);
    if (e->hint[0])
        fprintf(stderr, "%s\n", e->hint);
    return (int)e->status;
}
