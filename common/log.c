/* SPDX-License-Identifier: Apache-2.0 */
#include "common/log.h"

#include "common/buffer.h"
#include "common/clock.h"
#include "common/repeats.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    LINE_MAX_BYTES = 65536,
    VALUE_MAX_BYTES = 2048 /* of one value; what is longer is cut, so that a stranger's text cannot fill the log */
};

static atomic_int least_level = LOG_LEVEL_INFO;
static atomic_int line_format = LOG_FORMAT_LOGFMT;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards `said` and keeps lines in order */
static struct repeats said;

static const char *const level_names[] = {"debug", "info", "warn", "error"};

void log_setup(enum log_level least, enum log_format format)
{
    atomic_store(&least_level, (int)least);
    atomic_store(&line_format, (int)format);
}

bool log_enabled(enum log_level level)
{
    return (int)level >= atomic_load(&least_level);
}

/* The bytes of the UTF-8 sequence at `at`, 0 if it is none: cut, overlong, a surrogate or beyond Unicode. */
static size_t sequence(const unsigned char *at, size_t left, uint32_t *point)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t n = at[0] < 0x80 ? 1 : at[0] < 0xc2 ? 0 : at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : at[0] < 0xf5 ? 4 : 0;
    if (n == 0 || n > left)
        return 0;
    *point = n == 1 ? at[0] : at[0] & (0x7fU >> n);
    for (size_t i = 1; i < n; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 0;
        *point = *point << 6 | (at[i] & 0x3fU);
    }
    bool surrogate = *point >= 0xd800 && *point <= 0xdfff;
    return *point < smallest[n] || surrogate || *point > 0x10ffff ? 0 : n;
}

/* A terminal acts on these, or a reader stumbles over them. */
static bool is_control(uint32_t point)
{
    return point < 0x20 || (point >= 0x7f && point < 0xa0) || point == 0x2028 || point == 0x2029;
}

static void add_point(struct buffer *b, const unsigned char *at, size_t n, uint32_t point)
{
    if (n == 0)
        buffer_add_string(b, "\xef\xbf\xbd"); /* the replacement character */
    else if (point == '"' || point == '\\')
        buffer_printf(b, "\\%c", (int)point);
    else if (point == '\n')
        buffer_add_string(b, "\\n");
    else if (point == '\t')
        buffer_add_string(b, "\\t");
    else if (is_control(point))
        buffer_printf(b, "\\u%04x", point);
    else
        buffer_add(b, at, n);
}

/* A quoted value of logfmt is a JSON string, so one writer serves both. */
static void add_quoted(struct buffer *b, const char *s)
{
    const unsigned char *at = (const unsigned char *)s;
    size_t left = strnlen(s, VALUE_MAX_BYTES + 1);
    bool cut = left > VALUE_MAX_BYTES;

    left = cut ? VALUE_MAX_BYTES : left;
    buffer_add_char(b, '"');
    while (left) {
        uint32_t point = 0;
        size_t n = sequence(at, left, &point);
        if (n == 0 && cut && left < 4)
            break; /* the cut went through a character */
        add_point(b, at, n, point);
        at += n ? n : 1;
        left -= n ? n : 1;
    }
    buffer_add_string(b, cut ? "…\"" : "\"");
}

static bool is_plain(const char *s)
{
    size_t len = strnlen(s, VALUE_MAX_BYTES + 1);
    if (len == 0 || len > VALUE_MAX_BYTES)
        return false;
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)s[i] <= ' ' || (unsigned char)s[i] >= 0x7f || strchr("\"=\\", s[i]))
            return false;
    return true;
}

static void add_pair(struct buffer *b, enum log_format format, const char *name, struct log_value v)
{
    buffer_printf(b, format == LOG_FORMAT_JSON ? ",\"%s\":" : " %s=", name);
    if (v.kind == LOG_VALUE_INT)
        buffer_printf(b, "%lld", (long long)v.number);
    else if (!v.string)
        buffer_add_string(b, format == LOG_FORMAT_JSON ? "null" : "\"\"");
    else if (format == LOG_FORMAT_LOGFMT && is_plain(v.string))
        buffer_add_string(b, v.string);
    else
        add_quoted(b, v.string);
}

/* A reader of the log that went away must not end the worker, and there is nobody to tell. */
static void write_whole(const char *bytes, size_t len)
{
    while (len) {
        ssize_t n = write(STDERR_FILENO, bytes, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return;
        bytes += n;
        len -= (size_t)n;
    }
}

/* body: all but the time, the number of repeats and the end of the line. */
static void say(enum log_format format, struct text body, uint64_t times)
{
    struct buffer b = BUFFER_INIT(LINE_MAX_BYTES + 256);
    char now[CLOCK_TEXT_SIZE];

    clock_text(clock_wall_ms(), now);
    buffer_printf(&b, format == LOG_FORMAT_JSON ? "{\"time\":\"%s\"" : "time=%s", now);
    buffer_add_text(&b, body);
    if (times)
        add_pair(&b, format, "repeated", LOG_INT(times));
    buffer_add_string(&b, format == LOG_FORMAT_JSON ? "}\n" : "\n");
    write_whole(b.bytes, b.len);
    buffer_release(&b);
}

/* The lock is held. */
static void say_repeated(enum log_format format, int64_t now)
{
    struct repeated r;
    while (repeats_over(&said, now, &r)) {
        say(format, text_of(r.line), r.times);
        free(r.line);
    }
}

void log_event(enum log_level level, const char *event, ...)
{
    if (!log_enabled(level))
        return;

    enum log_format format = (enum log_format)atomic_load(&line_format);
    struct buffer body = BUFFER_INIT(LINE_MAX_BYTES);
    add_pair(&body, format, "level", LOG_STR(level_names[level]));
    add_pair(&body, format, "event", LOG_STR(event));
    va_list args;
    va_start(args, event);
    for (const char *name; (name = va_arg(args, const char *));)
        add_pair(&body, format, name, va_arg(args, struct log_value));
    va_end(args);

    pthread_mutex_lock(&lock);
    int64_t now = clock_ms();
    say_repeated(format, now);
    if (repeats_first(&said, now, buffer_text(&body)))
        say(format, buffer_text(&body), 0);
    pthread_mutex_unlock(&lock);
    buffer_release(&body);
}

void log_flush(void)
{
    pthread_mutex_lock(&lock);
    say_repeated((enum log_format)atomic_load(&line_format), INT64_MAX);
    repeats_release(&said);
    pthread_mutex_unlock(&lock);
}
