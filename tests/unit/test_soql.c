/* SPDX-License-Identifier: Apache-2.0 */
#include "common/buffer.h"
#include "worker/simulator/soql.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define N(a) (sizeof(a) / sizeof *(a))

/* The tree as text: fields FROM object WHERE condition, fully bracketed, literals as JSON. */
static void print_condition(struct buffer *b, const struct soql_condition *c)
{
    static const char *const names[] = {"and", "or", "not", "=", "!=", "<", "<=", ">", ">=", "like", "in", "not in"};

    buffer_add_char(b, '(');
    if (c->field) {
        char *value = json_dumps(c->value, JSON_ENCODE_ANY | JSON_COMPACT);
        buffer_printf(b, "%s %s %s%s", c->field, names[c->op], value, c->bare ? "" : "'");
        free(value);
    } else {
        buffer_add_string(b, names[c->op]);
        print_condition(b, c->left);
        if (c->right)
            print_condition(b, c->right);
    }
    buffer_add_char(b, ')');
}

static char *print(const struct soql *q)
{
    struct buffer b = BUFFER_INIT(1 << 20);

    for (size_t i = 0; i < q->nfields; i++)
        buffer_printf(&b, "%s%s@%zu", i ? "," : "", q->fields[i], q->at[i]);
    buffer_printf(&b, "%s %s", q->count ? "count" : "", q->object);
    if (q->where)
        print_condition(&b, q->where);
    for (size_t i = 0; i < q->norders; i++)
        buffer_printf(&b, " by %s%s%s", q->orders[i].field, q->orders[i].descending ? " desc" : "",
                      q->orders[i].nulls_last ? " last" : "");
    if (q->limit >= 0)
        buffer_printf(&b, " limit %lld", (long long)q->limit);
    if (q->offset)
        buffer_printf(&b, " offset %lld", (long long)q->offset);
    return buffer_steal(&b);
}

static const struct row {
    const char *name, *statement, *tree; /* tree NULL: refused */
} rows[] = {
    {"the least", "SELECT Id FROM Contact", "Id@7 Contact"},
    {"any case, any blanks", " select\n\tId ,Name from Contact", "Id@9,Name@13 Contact"},
    {"a path", "SELECT Account.Owner.Name FROM Contact", "Account.Owner.Name@7 Contact"},
    {"count", "SELECT COUNT() FROM Contact WHERE a = 1", "count Contact(a = 1)"},
    {"a field named count", "SELECT count FROM X", "count@7 X"},
    {"and binds tighter than or", "SELECT a FROM X WHERE a=1 OR b=2 AND c=3", "a@7 X(or(a = 1)(and(b = 2)(c = 3)))"},
    {"brackets", "SELECT a FROM X WHERE (a=1 OR b=2) AND c=3", "a@7 X(and(or(a = 1)(b = 2))(c = 3))"},
    {"not", "SELECT a FROM X WHERE NOT NOT a=1 AND b=2", "a@7 X(and(not(not(a = 1)))(b = 2))"},
    {"literals", "SELECT a FROM X WHERE a IN ('x', 5, -1.5, true, FALSE, null)",
     "a@7 X(a in [\"x\",5,-1.5,true,false,null])"},
    {"dates", "SELECT a FROM X WHERE a >= 2024-05-22T13:14:15Z AND b <= 2024-05-22",
     "a@7 X(and(a >= \"2024-05-22T13:14:15Z\")(b <= \"2024-05-22\"))"},
    {"not in", "SELECT a FROM X WHERE a NOT IN ('x')", "a@7 X(a not in [\"x\"]')"},
    {"not equal twice", "SELECT a FROM X WHERE a != 1 AND b <> 2", "a@7 X(and(a != 1)(b != 2))"},
    {"escapes", "SELECT a FROM X WHERE a = '\\'\\\"\\\\\\n\\t\\r\\b\\f\\u0041'",
     "a@7 X(a = \"'\\\"\\\\\\n\\t\\r\\b\\fA\"')"},
    {"like keeps its own escapes", "SELECT a FROM X WHERE a LIKE '\\%\\_%'", "a@7 X(a like \"\\\\%\\\\_%\"')"},
    {"an empty string", "SELECT a FROM X WHERE a = ''", "a@7 X(a = \"\"')"},
    {"a string with a keyword", "SELECT a FROM X WHERE a = ' FROM '", "a@7 X(a = \" FROM \"')"},
    {"order, limit, offset", "SELECT a FROM X ORDER BY a DESC NULLS LAST, b ASC NULLS FIRST, c LIMIT 5 OFFSET 2",
     "a@7 X by a desc last by b by c limit 5 offset 2"},
    {"nothing", "", NULL},
    {"no field", "SELECT FROM X", NULL},
    {"no object", "SELECT a FROM", NULL},
    {"a comma too many", "SELECT a, FROM X", NULL},
    {"more after the end", "SELECT a FROM X LIMIT 5 5", NULL},
    {"no operator", "SELECT a FROM X WHERE a 5", NULL},
    {"no value", "SELECT a FROM X WHERE a =", NULL},
    {"an empty list", "SELECT a FROM X WHERE a IN ()", NULL},
    {"a bracket that stays open", "SELECT a FROM X WHERE (a = 1", NULL},
    {"a string that stays open", "SELECT a FROM X WHERE a = 'x", NULL},
    {"another backslash", "SELECT a FROM X WHERE a = '\\q'", NULL},
    {"half an escape", "SELECT a FROM X WHERE a = '\\u00'", NULL},
    {"a backslash at the end", "SELECT a FROM X WHERE a = '\\", NULL},
    {"a limit that is none", "SELECT a FROM X LIMIT -1", NULL},
    {"a strange sign", "SELECT a FROM X WHERE a ~ 5", NULL},
};

static void reads(void **state)
{
    const struct row *row = *state;
    char why[256] = "";
    struct soql *q = soql_parse(text_of(row->statement), why);

    if (!row->tree) {
        assert_null(q);
        assert_true(strlen(why) > 0);
        return;
    }
    assert_non_null(q);
    char *tree = print(q);
    assert_string_equal(tree, row->tree);
    free(tree);
    soql_free(q);
}

static char *repeated(const char *start, const char *part, size_t times, const char *end)
{
    struct buffer b = BUFFER_INIT(1 << 20);

    buffer_add_string(&b, start);
    for (size_t i = 0; i < times; i++)
        buffer_add_string(&b, part);
    buffer_add_string(&b, end);
    return buffer_steal(&b);
}

/* Nesting has an end, a long chain has not. */
static void deep(void **state)
{
    (void)state;
    char why[256];
    char *nested = repeated("SELECT a FROM X WHERE ", "(", 5000, "a=1"),
         *chain = repeated("SELECT a FROM X WHERE a=1", " AND a=1", 10000, ""),
         *large = repeated("SELECT a FROM X WHERE a='", "x", 100000, "'"),
         *literal = repeated("SELECT a FROM X WHERE a='", "x", 4001, "'");

    assert_null(soql_parse(text_of(nested), why));
    struct soql *q = soql_parse(text_of(chain), why);
    assert_non_null(q);
    soql_free(q);
    assert_null(soql_parse(text_of(large), why));
    assert_null(soql_parse(text_of(literal), why));
    free(nested);
    free(chain);
    free(large);
    free(literal);
}

int main(void)
{
    struct CMUnitTest tests[N(rows) + 1] = {cmocka_unit_test(deep)};

    for (size_t i = 0; i < N(rows); i++)
        tests[i + 1] = (struct CMUnitTest){rows[i].name, reads, NULL, NULL, (void *)(uintptr_t)&rows[i]};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
