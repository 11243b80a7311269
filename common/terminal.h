/* SPDX-License-Identifier: Apache-2.0 */
/* terminal.h: output for people: tables, a progress bar, colour; plain lines when it goes into a pipe or a file.
 *
 *     struct terminal t = terminal_of(stdout);
 *     struct table *table = table_new("object", "<records", ">calls", NULL);
 *     table_row(table, "Contact", "100", "3");
 *     table_print(table, &t);
 *
 * Colour and movement only on a terminal that can do them (TERM is not "dumb") and where NO_COLOR is not set. Text of
 * strangers goes through terminal_safe() so that it cannot steer the terminal. Widths are counted in characters of
 * UTF-8, wide ones as two. One thread. */
#ifndef SFSINK_COMMON_TERMINAL_H
#define SFSINK_COMMON_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct terminal {
    FILE *out;
    bool live;   /* a terminal: lines may be drawn again */
    bool colour; /* and coloured */
    int width;   /* columns; 80 where unknown */
};

/* Looks at the file and the environment once. */
struct terminal terminal_of(FILE *out);

enum style { STYLE_PLAIN, STYLE_BOLD, STYLE_DIM, STYLE_GREEN, STYLE_YELLOW, STYLE_RED };
/* The escape sequence, or "" where there is no colour. End with STYLE_PLAIN. */
const char *terminal_style(const struct terminal *t, enum style style);

/* A copy in which control characters, and bytes that are no UTF-8, are '?'; free() it. */
char *terminal_safe(const char *s, size_t len);

/* Columns that the text occupies; escape sequences of terminal_style() count nothing. */
size_t terminal_columns(const char *s);

/* ---- tables ---- */

struct table;

/* Headings, NULL at the end. A leading '>' aligns a column to the right, a leading '<' to the left (as without one); it
 * is not shown. */
struct table *table_new(const char *heading, ...) __attribute__((sentinel));
void table_free(struct table *t); /* NULL is fine */
/* As many cells as there are headings, which are copied; NULL is an empty cell. */
void table_row_cells(struct table *t, const char *const *cells, size_t n);
#define table_row(t, ...)                                                                                              \
    table_row_cells((t), (const char *const[]){__VA_ARGS__},                                                           \
                    sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))
/* Prints headings and rows and frees the table. Without rows: nothing. */
void table_print(struct table *t, const struct terminal *to);

/* ---- progress ---- */

/* A bar that is drawn again in its line, at most every 100 ms:  [=====>    ]  52%  10,400 of 20,000  2,310/s  4 s left
 * Piped: a line of words every ten seconds. `total` 0: unknown, so no bar and no estimate. */
struct progress {
    const struct terminal *terminal;
    const char *what; /* "events" */
    int64_t began_ms, drawn_ms;
    bool drawn;
};

void progress_begin(struct progress *p, const struct terminal *t, const char *what, int64_t now);
void progress_draw(struct progress *p, int64_t now, uint64_t done, uint64_t total);
/* Draws the end in any case, and leaves the line. */
void progress_end(struct progress *p, int64_t now, uint64_t done, uint64_t total);

#endif
