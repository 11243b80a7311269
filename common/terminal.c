/* SPDX-License-Identifier: Apache-2.0 */
#include "common/terminal.h"

#include "common/buffer.h"
#include "common/memory.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
    DEFAULT_WIDTH = 80,
    DRAW_EVERY_MS = 100,
    SAY_EVERY_MS = 10000,
    BAR_COLUMNS = 24,
    MAX_COLUMNS = 16,
    CELL_MAX_BYTES = 1 << 16
};

struct terminal terminal_of(FILE *out)
{
    struct terminal t = {out, false, false, DEFAULT_WIDTH};
    const char *term = getenv("TERM"), *no_colour = getenv("NO_COLOR");
    struct winsize size;

    t.live = isatty(fileno(out)) && term && *term && strcmp(term, "dumb") != 0;
    t.colour = t.live && !(no_colour && *no_colour);
    if (ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        t.width = size.ws_col;
    return t;
}

const char *terminal_style(const struct terminal *t, enum style style)
{
    static const char *const sequences[] = {"\033[0m", "\033[1m", "\033[2m", "\033[32m", "\033[33m", "\033[31m"};
    return t->colour ? sequences[style] : "";
}

/* ---- text ---- */

/* One character: its code point and its bytes; a byte that begins none is itself, with *good false. */
static uint32_t next_point(const unsigned char *at, size_t left, size_t *bytes, bool *good)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t n = at[0] < 0x80 ? 1 : at[0] < 0xc2 ? 0 : at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : at[0] < 0xf5 ? 4 : 0;
    uint32_t point = n == 1 ? at[0] : at[0] & (0x7fU >> n);

    *good = n != 0 && n <= left;
    for (size_t i = 1; *good && i < n; i++) {
        *good = (at[i] & 0xc0) == 0x80;
        point = point << 6 | (at[i] & 0x3fU);
    }
    if (*good && (point < smallest[n] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)))
        *good = false;
    *bytes = *good ? n : 1;
    return *good ? point : at[0];
}

/* The blocks of wide characters that names are written in; the rest of Unicode's table does not matter to a column. */
static bool is_wide(uint32_t p)
{
    return (p >= 0x1100 && p <= 0x115f) || (p >= 0x2e80 && p <= 0xa4cf) || (p >= 0xac00 && p <= 0xd7a3) ||
           (p >= 0xf900 && p <= 0xfaff) || (p >= 0xfe30 && p <= 0xfe6f) || (p >= 0xff00 && p <= 0xff60) ||
           (p >= 0xffe0 && p <= 0xffe6) || (p >= 0x1f300 && p <= 0x1f64f) || (p >= 0x1f900 && p <= 0x1f9ff) ||
           (p >= 0x20000 && p <= 0x3fffd);
}

static bool is_combining(uint32_t p)
{
    return (p >= 0x0300 && p <= 0x036f) || (p >= 0x200b && p <= 0x200f) || (p >= 0xfe00 && p <= 0xfe0f);
}

/* Bidirectional overrides among them: they make a line read otherwise than it is. */
static bool is_control(uint32_t p)
{
    return p < 0x20 || (p >= 0x7f && p < 0xa0) || (p >= 0x2028 && p <= 0x202e) || (p >= 0x2066 && p <= 0x2069);
}

char *terminal_safe(const char *s, size_t len)
{
    struct buffer b = BUFFER_INIT(len);
    const unsigned char *at = (const unsigned char *)s;
    while (len) {
        size_t n;
        bool good;
        uint32_t point = next_point(at, len, &n, &good);
        if (good && !is_control(point))
            buffer_add(&b, at, n);
        else
            buffer_add_char(&b, '?');
        at += n;
        len -= n;
    }
    return buffer_steal(&b);
}

/* Bytes of an escape sequence "\033[…m" at s, or 0. */
static size_t style_bytes(const char *s)
{
    if (s[0] != '\033' || s[1] != '[')
        return 0;
    size_t n = 2 + strspn(s + 2, "0123456789;");
    return s[n] == 'm' ? n + 1 : 0;
}

size_t terminal_columns(const char *s)
{
    size_t columns = 0, n;
    bool good;

    for (size_t left = strlen(s); left; s += n, left -= n) {
        n = style_bytes(s);
        if (n)
            continue;
        uint32_t point = next_point((const unsigned char *)s, left, &n, &good);
        columns += is_wide(point) ? 2 : is_combining(point) ? 0 : 1;
    }
    return columns;
}

/* ---- tables ---- */

struct table {
    size_t ncolumns;
    bool right[MAX_COLUMNS];
    size_t width[MAX_COLUMNS];
    char **cells; /* headings first, then row by row */
    size_t nrows; /* with the headings */
};

static void add_row(struct table *t, const char *const *cells)
{
    t->cells = xreallocarray(t->cells, (t->nrows + 1) * t->ncolumns, sizeof *t->cells);
    for (size_t i = 0; i < t->ncolumns; i++) {
        const char *cell = cells[i] ? cells[i] : "";
        size_t columns = terminal_columns(cell);
        if (columns > t->width[i])
            t->width[i] = columns;
        t->cells[t->nrows * t->ncolumns + i] = xstrdup(cell);
    }
    t->nrows++;
}

struct table *table_new(const char *heading, ...)
{
    struct table *t = xcalloc(1, sizeof *t);
    const char *headings[MAX_COLUMNS];
    va_list args;

    va_start(args, heading);
    for (; heading; heading = va_arg(args, const char *)) {
        if (t->ncolumns == MAX_COLUMNS)
            bug("a table of more than %d columns", MAX_COLUMNS);
        t->right[t->ncolumns] = *heading == '>';
        headings[t->ncolumns++] = heading + (*heading == '>' || *heading == '<');
    }
    va_end(args);
    add_row(t, headings);
    return t;
}

void table_free(struct table *t)
{
    if (!t)
        return;
    for (size_t i = 0; i < t->nrows * t->ncolumns; i++)
        free(t->cells[i]);
    free(t->cells);
    free(t);
}

void table_row_cells(struct table *t, const char *const *cells, size_t n)
{
    if (n != t->ncolumns)
        bug("a table of %zu columns was given %zu cells", t->ncolumns, n);
    add_row(t, cells);
}

static void add_blanks(struct buffer *b, size_t n)
{
    while (n--)
        buffer_add_char(b, ' ');
}

static void print_row(const struct table *t, size_t row, FILE *out)
{
    struct buffer line = BUFFER_INIT(CELL_MAX_BYTES * MAX_COLUMNS);
    for (size_t i = 0; i < t->ncolumns; i++) {
        const char *cell = t->cells[row * t->ncolumns + i];
        size_t pad = t->width[i] - terminal_columns(cell);
        if (i)
            add_blanks(&line, 2);
        if (t->right[i])
            add_blanks(&line, pad);
        buffer_add_string(&line, cell);
        if (!t->right[i] && i + 1 < t->ncolumns)
            add_blanks(&line, pad);
    }
    fwrite(line.bytes, 1, line.len, out);
    buffer_release(&line);
}

void table_print(struct table *t, const struct terminal *to)
{
    for (size_t row = 0; t->nrows > 1 && row < t->nrows; row++) {
        if (row == 0)
            fputs(terminal_style(to, STYLE_BOLD), to->out);
        print_row(t, row, to->out);
        if (row == 0)
            fputs(terminal_style(to, STYLE_PLAIN), to->out);
        fputc('\n', to->out);
    }
    table_free(t);
}

/* ---- progress ---- */

/* 12345 as 12,345. */
static void add_count(struct buffer *b, uint64_t n)
{
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%llu", (unsigned long long)n);
    for (int i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0)
            buffer_add_char(b, ',');
        buffer_add_char(b, digits[i]);
    }
}

static void add_bar(struct buffer *b, uint64_t done, uint64_t total)
{
    size_t full = (size_t)((double)done / (double)total * BAR_COLUMNS);
    buffer_add_char(b, '[');
    for (size_t i = 0; i < BAR_COLUMNS; i++)
        buffer_add_char(b, i < full ? '=' : i == full ? '>' : ' ');
    buffer_printf(b, "] %3d%%  ", (int)((double)done / (double)total * 100));
}

static void add_estimate(struct buffer *b, double rate, uint64_t left)
{
    double seconds = rate > 0 ? (double)left / rate : 0;
    if (left == 0 || rate <= 0 || seconds > 360000)
        return;
    if (seconds < 90)
        buffer_printf(b, "  %.0f s left", seconds);
    else
        buffer_printf(b, "  %.0f min left", seconds / 60);
}

static void add_words(struct buffer *b, const struct progress *p, int64_t now, uint64_t done, uint64_t total)
{
    double seconds = (double)(now - p->began_ms) / 1000;
    double rate = seconds > 0 ? (double)done / seconds : 0;

    add_count(b, done);
    if (total) {
        buffer_add_string(b, " of ");
        add_count(b, total);
    }
    buffer_printf(b, " %s", p->what);
    if (rate > 0) {
        buffer_add_string(b, "  ");
        add_count(b, (uint64_t)rate);
        buffer_add_string(b, "/s");
    }
    if (total)
        add_estimate(b, rate, total > done ? total - done : 0);
}

static void draw(struct progress *p, int64_t now, uint64_t done, uint64_t total)
{
    struct buffer line = BUFFER_INIT(512);
    FILE *out = p->terminal->out;

    if (p->terminal->live && total)
        add_bar(&line, done < total ? done : total, total);
    add_words(&line, p, now, done, total);
    if (p->terminal->live && line.len >= (size_t)p->terminal->width) /* the words are ASCII */
        line.len = p->terminal->width > 1 ? (size_t)p->terminal->width - 1 : 0;
    if (p->terminal->live)
        fprintf(out, "\r%.*s\033[K", (int)line.len, line.bytes);
    else
        fprintf(out, "%s\n", line.bytes);
    fflush(out);
    buffer_release(&line);
    p->drawn = true;
    p->drawn_ms = now;
}

void progress_begin(struct progress *p, const struct terminal *t, const char *what, int64_t now)
{
    *p = (struct progress){.terminal = t, .what = what, .began_ms = now, .drawn_ms = now};
}

void progress_draw(struct progress *p, int64_t now, uint64_t done, uint64_t total)
{
    bool first = !p->drawn && p->terminal->live;
    if (first || now - p->drawn_ms >= (p->terminal->live ? DRAW_EVERY_MS : SAY_EVERY_MS))
        draw(p, now, done, total);
}

void progress_end(struct progress *p, int64_t now, uint64_t done, uint64_t total)
{
    draw(p, now, done, total);
    if (p->terminal->live)
        fputc('\n', p->terminal->out);
}
