/* SPDX-License-Identifier: Apache-2.0 */
#include "common/expression.h"

#include "common/assertion.h"
#include "common/memory.h"

#include <jq.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* libjq binds variables when it compiles; the event comes later. So the input is the pair [row, event], taken apart in front of the
 * program. Renamed to failures is what reaches outside, and what libjq 1.6 does not survive: it cannot start again after `halt`,
 * asserts that the input is a file of its own and that a number of seconds has a date, reads on and on for the index of "", and has no one to debug for. */
#define BEFORE                                                                                                         \
    "def stderr: .; def debug: .; def inputs: empty; def input: error(\"there is no further input\"); "                \
    "def halt: error(\"halt is not for here\"); def halt_error: halt; def halt_error($status): halt; "                 \
    "def input_filename: null; def input_line_number: 0; def modulemeta: error(\"there are no modules\"); "            \
    "def __strftime($f): strftime($f); def __strflocaltime($f): strflocaltime($f); "                                   \
    "def strftime($f): if type == \"number\" then gmtime else . end | __strftime($f); "                                \
    "def strflocaltime($f): if type == \"number\" then localtime else . end | __strflocaltime($f); "                   \
    "def __indices($i): indices($i); def indices($i): if $i == \"\" then [] else __indices($i) end; "                  \
    "def index($i): indices($i) | .[0]; def rindex($i): indices($i) | .[-1:][0]; "                                     \
    "def todateiso8601: strftime(\"%Y-%m-%dT%H:%M:%SZ\"); def todate: todateiso8601; "                                 \
    ". as [$__row, $event] | [limit(2; $__row | (\n"
#define AFTER "\n))]"

enum { DEEPEST = 64 };

struct expression {
    char *program; /* as it is compiled */
    jq_state *jq;
    bool wants_event;
};

struct expression_input {
    jv pair;
};

/* ---- compiling ---------------------------------------------------------------------------------------------------------------- */

/* jq reports a mistake in up to three messages; they are joined in one line without jq's own prefixes. */
static void collect(void *data, jv message)
{
    struct error *e = data;
    jv line = jq_format_error(message);
    const char *s = jv_get_kind(line) == JV_KIND_STRING ? jv_string_value(line) : "";
    size_t len = strlen(e->text);

    static const char guess[] = " (Unix shell quoting issues?)"; /* there is no shell here */
    if (strncmp(s, "jq: error: ", 11) == 0)
        s += 11;
    const char *at = strstr(s, guess);
    if (!strstr(s, "compile error") && len < sizeof e->text)
        snprintf(e->text + len, sizeof e->text - len, "%s%.*s%s", len ? "; " : "", at ? (int)(at - s) : INT_MAX, s,
                 at ? at + sizeof guess - 1 : "");
    for (char *c = e->text; *c; c++)
        if ((unsigned char)*c < ' ')
            *c = ' ';
    jv_free(line);
}

static void ignore(void *data, jv message)
{
    (void)data;
    jv_free(message);
}

static void no_memory(void *data)
{
    (void)data;
    memory_exhausted();
}

static jq_state *compile(const char *program, bool alone, struct error *e)
{
    struct error said = {0};
    jv_nomem_handler(no_memory, NULL);
    jq_state *jq = jq_init();
    if (!jq)
        memory_exhausted();

    jq_set_attr(jq, jv_string("JQ_LIBRARY_PATH"), jv_array()); /* without it `include` ends the process */
    jq_set_error_cb(jq, collect, &said);
    /* Alone, $event has to be known, whatever it is. */
    jv known = alone ? jv_object_set(jv_object(), jv_string("event"), jv_null()) : jv_object();
    bool good = jq_compile_args(jq, program, known) != 0;
    jq_set_error_cb(jq, ignore, NULL);
    if (!good) {
        jq_teardown(&jq);
        error_set(e, STATUS_CONFIGURATION, "jq: %s", said.text[0] ? said.text : "does not compile");
    }
    return jq;
}

struct expression *expression_compile(const char *program, struct error *e)
{
    /* First as it was written, so that jq's words name its lines, and parentheses that do not match are seen. */
    jq_state *alone = compile(program, true, e);
    if (!alone)
        return NULL;
    jq_teardown(&alone);

    char *wrapped = xasprintf("%s%s%s", BEFORE, program, AFTER);
    jq_state *jq = compile(wrapped, false, e);
    if (!jq) {
        free(wrapped);
        error_hint(e, "the program has to be one expression: no import, include or module");
        return NULL;
    }
    struct expression *x = xcalloc(1, sizeof *x);
    x->program = wrapped;
    x->jq = jq;
    x->wants_event = strstr(program, "event") || strstr(program, "$__");
    return x;
}

void expression_free(struct expression *x)
{
    if (!x)
        return;
    jq_teardown(&x->jq);
    free(x->program);
    free(x);
}

bool expression_wants_event(const struct expression *x)
{
    return x->wants_event;
}

/* ---- input -------------------------------------------------------------------------------------------------------------------- */

static jv parse(struct text t)
{
    if (!t.at)
        return jv_null();
    return t.len > INT_MAX ? jv_invalid() : jv_parse_sized(t.at, (int)t.len);
}

struct expression_input *expression_input_new(struct text row, struct text event)
{
    jv r = parse(row), v = parse(event);
    if (!jv_is_valid(r) || !jv_is_valid(v)) {
        jv_free(r);
        jv_free(v);
        return NULL;
    }
    struct expression_input *in = xcalloc(1, sizeof *in);
    in->pair = JV_ARRAY(r, v);
    return in;
}

void expression_input_free(struct expression_input *in)
{
    if (in)
        jv_free(in->pair);
    free(in);
}

/* ---- running ------------------------------------------------------------------------------------------------------------------ */

/* Printing recurses in C, so depth is looked at first. Lends v. */
static bool deeper_than(jv v, int levels)
{
    jv_kind kind = jv_get_kind(v);
    bool deep = false;

    if (kind == JV_KIND_ARRAY) {
        for (int i = 0, n = jv_array_length(jv_copy(v)); i < n && !deep; i++) {
            jv item = jv_array_get(jv_copy(v), i);
            deep = levels == 0 || deeper_than(item, levels - 1);
            jv_free(item);
        }
    } else if (kind == JV_KIND_OBJECT) {
        for (int i = jv_object_iter(v); jv_object_iter_valid(v, i) && !deep; i = jv_object_iter_next(v, i)) {
            jv item = jv_object_iter_value(v, i);
            deep = levels == 0 || deeper_than(item, levels - 1);
            jv_free(item);
        }
    }
    return deep;
}

/* jq's words for a failure; takes `message`. */
static void explain(jv message, char why[256])
{
    if (jv_get_kind(message) == JV_KIND_STRING)
        snprintf(why, 256, "%s", jv_string_value(message));
    else
        snprintf(why, 256, "%s", "the program failed with an error that is not a text");
    jv_free(message);
}

/* Takes v. */
static enum expression_kind print(jv v, char **json, char why[256])
{
    enum expression_kind kind = EXPRESSION_ERROR;
    if (jv_get_kind(v) == JV_KIND_NUMBER && !isfinite(jv_number_value(v))) {
        snprintf(why, 256, "the result is not a number that JSON can hold");
    } else if (deeper_than(v, DEEPEST)) {
        snprintf(why, 256, "the result is nested deeper than %d", DEEPEST);
    } else {
        jv text = jv_dump_string(jv_copy(v), 0);
        *json = xstrndup(jv_string_value(text), (size_t)jv_string_length_bytes(jv_copy(text)));
        jv_free(text);
        kind = EXPRESSION_VALUE;
    }
    jv_free(v);
    return kind;
}

struct run {
    struct expression *x;
    const struct expression_input *in;
    enum expression_kind kind;
    char **json, *why;
};

/* The program's outputs, two at the most: [], [first], [first, second]. It runs to its end, since libjq 1.6 cannot always let go in the middle
 * (it asserts, inside of paths). */
static enum expression_kind take_outputs(struct expression *x, char **json, char why[256])
{
    jv all = jq_next(x->jq);

    if (!jv_is_valid(all)) {
        explain(jv_invalid_get_msg(all), why);
        return EXPRESSION_ERROR;
    }
    int n = jv_array_length(jv_copy(all));
    if (n == 1)
        return print(jv_array_get(all, 0), json, why);
    jv_free(all);
    return n == 0 ? EXPRESSION_ABSENT : EXPRESSION_SEVERAL;
}

static void run(void *context)
{
    struct run *r = context;
    jq_start(r->x->jq, jv_copy(r->in->pair), 0);
    r->kind = take_outputs(r->x, r->json, r->why);
    jq_start(r->x->jq, jv_null(), 0); /* lets go of what this run holds */
}

static void tear_down(void *jq)
{
    jq_state *state = jq;
    jq_teardown(&state);
}

/* A state in which an assertion failed may not be used again; what of it cannot be freed is lost. */
static void start_afresh(struct expression *x)
{
    char why[256];

    assertion_guard(tear_down, x->jq, why);
    x->jq = compile(x->program, false, NULL);
    if (!x->jq)
        bug("a jq program that compiles but once");
}

enum expression_kind expression_run(struct expression *x, const struct expression_input *in, char **json, char why[256])
{
    struct run r = {x, in, EXPRESSION_ERROR, json, why};

    if (!assertion_guard(run, &r, why))
        start_afresh(x);
    return r.kind;
}
