/* SPDX-License-Identifier: Apache-2.0 */
/* What people see, and what a pipe gets instead. */
#include "common/terminal.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define N(a) (sizeof(a) / sizeof *(a))

static char *bytes;
static size_t length;

static struct terminal memory(bool live, bool colour)
{
    return (struct terminal){open_memstream(&bytes, &length), live, colour, 80};
}

static void expect(struct terminal *t, const char *expected)
{
    fclose(t->out);
    assert_string_equal(bytes, expected);
    free(bytes);
}

static const struct row {
    const char *name, *text, *safe;
    size_t columns;
} rows[] = {
    {"ASCII", "Contact", "Contact", 7},
    {"nothing", "", "", 0},
    {"accents are one column", "Zoë", "Zoë", 3},
    {"wide characters are two", "東京", "東京", 4},
    {"so they are in each block", "\u1100 한 豈 ﹏ Ａ ￥ 😀 🤖 𠀀",
     "\u1100 한 豈 ﹏ Ａ ￥ 😀 🤖 𠀀", 26},
    {"beside the blocks they are one", "\u1160\u2e7f\ua4d0\ud7a4\uff61", "\u1160\u2e7f\ua4d0\ud7a4\uff61", 5},
    {"joiners and variations are none", "a\u200d\ufe0f", "a\u200d\ufe0f", 1},
    {"an accent of its own is none", "e\xcc\x81", "e\xcc\x81", 1},
    {"an escape sequence is harmless", "\033]0;title\007x", "?]0;title?x", 11},
    {"a line break", "a\nb", "a?b", 3},
    {"a C1 control", "\xc2\x9b", "?", 1},
    {"text that runs backwards",
     "\xe2\x80\xae"
     "abc",
     "?abc", 4},
    {"isolates and line separators", "\u2066a\u2069\u2028", "?a??", 4},
    {"no UTF-8", "\xff\xfe", "??", 2},
    {"a surrogate", "\xed\xa0\x80", "???", 3},
    {"longer than it need be", "\xe0\x80\x80", "???", 3},
    {"beyond Unicode", "\xf4\x90\x80\x80", "????", 4},
    {"a first byte that is none", "\xf8\xc1\x80", "???", 3},
    {"half a character", "a\xe6\x9d", "a??", 3},
};

static void safe_text(void **state)
{
    const struct row *row = *state;
    char *safe = terminal_safe(row->text, strlen(row->text));
    assert_string_equal(safe, row->safe);
    assert_int_equal(terminal_columns(safe), row->columns);
    free(safe);
}

static void a_pipe_is_plain(void **state)
{
    (void)state;
    setenv("TERM", "xterm", 1);
    unsetenv("NO_COLOR");
    FILE *f = tmpfile();
    struct terminal t = terminal_of(f);
    assert_false(t.live);
    assert_false(t.colour);
    assert_int_equal(t.width, 80);
    assert_string_equal(terminal_style(&t, STYLE_RED), "");
    fclose(f);
}

/* A real terminal, from the other side. */
static FILE *open_terminal(int *master)
{
    *master = posix_openpt(O_RDWR | O_NOCTTY);
    assert_true(*master >= 0);
    assert_int_equal(grantpt(*master) | unlockpt(*master), 0);
    FILE *f = fopen(ptsname(*master), "r+");
    assert_non_null(f);
    return f;
}

static void a_terminal_has_colour_unless_told_not_to(void **state)
{
    static const struct {
        const char *term, *no_colour;
        bool live, colour;
    } cases[] = {
        {"xterm", NULL, true, true},  {"xterm", "1", true, false}, {"xterm", "", true, true},
        {"dumb", NULL, false, false}, {"", NULL, false, false},
    };
    (void)state;
    int master;
    FILE *f = open_terminal(&master);
    for (size_t i = 0; i < N(cases); i++) {
        setenv("TERM", cases[i].term, 1);
        cases[i].no_colour ? setenv("NO_COLOR", cases[i].no_colour, 1) : unsetenv("NO_COLOR");
        struct terminal t = terminal_of(f);
        assert_int_equal(t.live, cases[i].live);
        assert_int_equal(t.colour, cases[i].colour);
    }
    fclose(f);
    close(master);
}

static void a_table_is_aligned(void **state)
{
    (void)state;
    struct terminal t = memory(false, false);
    struct table *table = table_new("object", ">records", "<why", NULL);
    table_row(table, "Contact", "12", "fine");
    table_row(table, "東京", "1,000", NULL);
    table_print(table, &t);
    expect(&t, "object   records  why\n"
               "Contact       12  fine\n"
               "東京       1,000  \n");
}

static void styles_take_no_room(void **state)
{
    (void)state;
    struct terminal t = memory(true, true);
    struct table *table = table_new("a", "b", NULL);
    table_row(table, "\033[31mred\033[0m", "x");
    table_row(table, "plain", "y");
    table_print(table, &t);
    expect(&t, "\033[1ma      b\033[0m\n\033[31mred\033[0m    x\nplain  y\n");
}

static void a_table_without_rows_is_nothing(void **state)
{
    (void)state;
    struct terminal t = memory(false, false);
    table_print(table_new("a", NULL), &t);
    expect(&t, "");
}

static void a_bar_is_drawn_again_in_its_line(void **state)
{
    (void)state;
    struct terminal t = memory(true, false);
    struct progress p;
    progress_begin(&p, &t, "events", 1000);
    progress_draw(&p, 1000, 0, 2000);
    progress_draw(&p, 1050, 10, 2000); /* too soon */
    progress_draw(&p, 2000, 1000, 2000);
    progress_end(&p, 3000, 2000, 2000);
    expect(&t, "\r[>                       ]   0%  0 of 2,000 events\033[K"
               "\r[============>           ]  50%  1,000 of 2,000 events  1,000/s  1 s left\033[K"
               "\r[========================] 100%  2,000 of 2,000 events  1,000/s\033[K\n");
}

static void a_pipe_gets_a_line_now_and_then(void **state)
{
    (void)state;
    struct terminal t = memory(false, false);
    struct progress p;
    progress_begin(&p, &t, "letters", 0);
    for (int64_t now = 0; now < 20000; now += 100)
        progress_draw(&p, now, (uint64_t)now / 100, 0);
    progress_end(&p, 20000, 200, 0);
    expect(&t, "100 letters  10/s\n200 letters  10/s\n");
}

static void a_narrow_terminal_is_not_wrapped(void **state)
{
    (void)state;
    struct terminal t = memory(true, false);
    struct progress p;
    t.width = 10;
    progress_begin(&p, &t, "events", 0);
    progress_draw(&p, 0, 0, 10);
    expect(&t, "\r[>       \033[K");
}

int main(void)
{
    static const struct CMUnitTest others[] = {
        cmocka_unit_test(a_pipe_is_plain),
        cmocka_unit_test(a_terminal_has_colour_unless_told_not_to),
        cmocka_unit_test(a_table_is_aligned),
        cmocka_unit_test(styles_take_no_room),
        cmocka_unit_test(a_table_without_rows_is_nothing),
        cmocka_unit_test(a_bar_is_drawn_again_in_its_line),
        cmocka_unit_test(a_pipe_gets_a_line_now_and_then),
        cmocka_unit_test(a_narrow_terminal_is_not_wrapped),
    };
    struct CMUnitTest tests[N(rows) + N(others)];

    for (size_t i = 0; i < N(rows); i++)
        tests[i] = (struct CMUnitTest){rows[i].name, safe_text, NULL, NULL, (void *)(uintptr_t)&rows[i]};
    for (size_t i = 0; i < N(others); i++)
        tests[N(rows) + i] = others[i];
    return cmocka_run_group_tests_name("terminal", tests, NULL, NULL);
}
