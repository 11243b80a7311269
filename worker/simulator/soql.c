/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/simulator/soql.h"

#include "common/memory.h"
#include "worker/simulator/soql_lexer.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

enum { DEEPEST = 100, MOST_LITERAL = 4000 };

struct parser {
    struct soql_lexer lexer;
    char *why;
    bool failed;
    int depth;
};

static bool fail(struct parser *p, const char *what)
{
    if (!p->failed && p->lexer.word == WORD_BAD)
        snprintf(p->why, 256, "%s", p->lexer.why);
    else if (!p->failed)
        snprintf(p->why, 256, "%s: '%.80s' at position %zu", what,
                 p->lexer.word == WORD_END ? "<EOF>"
                 : p->lexer.text.len       ? p->lexer.text.bytes
                                           : "",
                 p->lexer.at);
    p->failed = true;
    return false;
}

static bool accept(struct parser *p, const char *word)
{
    bool is = !p->failed && soql_lexer_is(&p->lexer, word);
    if (is)
        soql_lexer_next(&p->lexer);
    return is;
}

static bool expect(struct parser *p, const char *word)
{
    return accept(p, word) || fail(p, "unexpected token");
}

/* NULL: it is no name. */
static char *take_name(struct parser *p)
{
    if (p->failed || p->lexer.word != WORD_NAME) {
        fail(p, "unexpected token");
        return NULL;
    }
    char *name = xstrdup(p->lexer.text.bytes);
    soql_lexer_next(&p->lexer);
    return name;
}

/* ---- literals ---- */

static json_t *read_number(const char *text)
{
    char *end;
    long long whole = strtoll(text, &end, 10);

    if (!*end)
        return json_integer(whole);
    double d = strtod(text, &end);
    return !*end && d - d == 0 ? json_real(d) : json_string(text); /* what is left is a date */
}

static json_t *read_literal(struct parser *p, bool *bare)
{
    const char *text = p->lexer.text.bytes;
    json_t *value = NULL;

    *bare = p->lexer.word != WORD_STRING;
    if (p->lexer.word == WORD_STRING && p->lexer.text.len <= MOST_LITERAL)
        value = json_stringn(text ? text : "", p->lexer.text.len);
    else if (p->lexer.word == WORD_NUMBER)
        value = read_number(text);
    else if (soql_lexer_is(&p->lexer, "null"))
        value = json_null();
    else if (soql_lexer_is(&p->lexer, "true") || soql_lexer_is(&p->lexer, "false"))
        value = json_boolean(tolower((unsigned char)*text) == 't');
    if (value)
        soql_lexer_next(&p->lexer);
    else
        fail(p, "unexpected token");
    return value;
}

static json_t *read_list(struct parser *p, bool *bare)
{
    json_t *all = json_array();

    expect(p, "(");
    do {
        json_t *value = p->failed ? NULL : read_literal(p, bare);
        if (value)
            json_array_append_new(all, value);
    } while (accept(p, ","));
    expect(p, ")");
    return all;
}

/* ---- conditions ---- */

static struct soql_condition *node(enum soql_op op, struct soql_condition *left, struct soql_condition *right)
{
    struct soql_condition *c = xcalloc(1, sizeof *c);
    *c = (struct soql_condition){.op = op, .left = left, .right = right};
    return c;
}

static bool read_operator(struct parser *p, enum soql_op *op)
{
    static const struct {
        const char *word;
        enum soql_op op;
    } signs[] = {{"=", SOQL_EQ}, {"!=", SOQL_NE}, {"<>", SOQL_NE},     {"<", SOQL_LT}, {"<=", SOQL_LE},
                 {">", SOQL_GT}, {">=", SOQL_GE}, {"like", SOQL_LIKE}, {"in", SOQL_IN}};

    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (accept(p, signs[i].word)) {
            *op = signs[i].op;
            return true;
        }
    *op = SOQL_NOT_IN;
    return accept(p, "not") ? expect(p, "in") : fail(p, "unexpected token");
}

static struct soql_condition *read_comparison(struct parser *p)
{
    struct soql_condition *c = node(SOQL_EQ, NULL, NULL);

    c->field = take_name(p);
    if (c->field && read_operator(p, &c->op))
        c->value = c->op == SOQL_IN || c->op == SOQL_NOT_IN ? read_list(p, &c->bare) : read_literal(p, &c->bare);
    return c;
}

static struct soql_condition *read_or(struct parser *p);

static struct soql_condition *read_unary(struct parser *p)
{
    struct soql_condition *c;

    if (++p->depth > DEEPEST) {
        fail(p, "nested too deep");
        return NULL;
    }
    if (accept(p, "not")) {
        c = node(SOQL_NOT, read_unary(p), NULL);
    } else if (accept(p, "(")) {
        c = read_or(p);
        expect(p, ")");
    } else {
        c = read_comparison(p);
    }
    p->depth--;
    return c;
}

static struct soql_condition *read_and(struct parser *p)
{
    struct soql_condition *c = read_unary(p);
    while (accept(p, "and"))
        c = node(SOQL_AND, c, read_unary(p));
    return c;
}

static struct soql_condition *read_or(struct parser *p)
{
    struct soql_condition *c = read_and(p);
    while (accept(p, "or"))
        c = node(SOQL_OR, c, read_and(p));
    return c;
}

/* ---- the statement ---- */

static void read_fields(struct parser *p, struct soql *q)
{
    do {
        size_t at = p->lexer.at;
        char *name = take_name(p);
        if (name && strcasecmp(name, "count") == 0 && accept(p, "(")) {
            q->count = expect(p, ")");
            free(name);
            return;
        }
        q->fields = xreallocarray(q->fields, q->nfields + 1, sizeof *q->fields);
        q->at = xreallocarray(q->at, q->nfields + 1, sizeof *q->at);
        q->at[q->nfields] = at;
        q->fields[q->nfields++] = name;
    } while (accept(p, ","));
}

static void read_orders(struct parser *p, struct soql *q)
{
    do {
        struct soql_order o = {.field = take_name(p)};
        o.descending = accept(p, "desc");
        if (!o.descending)
            accept(p, "asc");
        if (accept(p, "nulls")) {
            o.nulls_last = accept(p, "last");
            if (!o.nulls_last)
                expect(p, "first");
        }
        q->orders = xreallocarray(q->orders, q->norders + 1, sizeof *q->orders);
        q->orders[q->norders++] = o;
    } while (accept(p, ","));
}

static int64_t read_count(struct parser *p)
{
    json_t *value = p->lexer.word == WORD_NUMBER ? read_number(p->lexer.text.bytes) : NULL;
    int64_t n = json_integer_value(value);

    if (!json_is_integer(value) || n < 0)
        fail(p, "unexpected token");
    else
        soql_lexer_next(&p->lexer);
    json_decref(value);
    return n;
}

static void read_statement(struct parser *p, struct soql *q)
{
    expect(p, "select");
    read_fields(p, q);
    expect(p, "from");
    q->object = take_name(p);
    if (accept(p, "where"))
        q->where = read_or(p);
    if (accept(p, "order") && expect(p, "by"))
        read_orders(p, q);
    if (accept(p, "limit"))
        q->limit = read_count(p);
    if (accept(p, "offset"))
        q->offset = read_count(p);
    if (!p->failed && p->lexer.word != WORD_END)
        fail(p, "unexpected token");
}

struct soql *soql_parse(struct text statement, char why[256])
{
    struct soql *q = xcalloc(1, sizeof *q);
    struct parser p = {.why = why};

    q->limit = -1;
    soql_lexer_init(&p.lexer, statement);
    read_statement(&p, q);
    soql_lexer_release(&p.lexer);
    if (!p.failed)
        return q;
    soql_free(q);
    return NULL;
}

/* Nodes are freed from the left: a long chain of AND hangs there, and nesting is bounded. */
static void free_condition(struct soql_condition *c)
{
    while (c) {
        struct soql_condition *left = c->left;
        free_condition(c->right);
        free(c->field);
        json_decref(c->value);
        free(c);
        c = left;
    }
}

void soql_free(struct soql *q)
{
    if (!q)
        return;
    for (size_t i = 0; i < q->nfields; i++)
        free(q->fields[i]);
    for (size_t i = 0; i < q->norders; i++)
        free(q->orders[i].field);
    free(q->fields);
    free(q->at);
    free(q->orders);
    free(q->object);
    free_condition(q->where);
    free(q);
}
