/* SPDX-License-Identifier: Apache-2.0 */
#include "config/fields.h"

#include "common/expression.h"
#include "common/memory.h"
#include "config/from_path.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The names of the wire: "Account.External_Id__c" is the member Account, cleared as AccountId; "Rel__r.X" as Rel__c. */
static void name_field(struct field *f, const char *to)
{
    const char *dot = strchr(to, '.');

    f->to = xstrdup(to);
    f->name = xstrndup(to, dot ? (size_t)(dot - to) : strlen(to));
    if (!dot) {
        f->null_name = xstrdup(to);
        return;
    }
    f->parent_key = xstrdup(dot + 1);
    size_t len = strlen(f->name);
    bool custom = len > 3 && strcasecmp(f->name + len - 3, "__r") == 0;
    f->null_name = custom ? xasprintf("%.*s__c", (int)(len - 3), f->name) : xasprintf("%sId", f->name);
}

static void take_from(const struct reading *r, const struct node *n, const char *from, struct field *f)
{
    struct error e = {0};
    if (from_path_parse(from, &f->source, &f->path, &e))
        return;
    char *quoted = mistakes_quote(from);
    node_mistake(r->mistakes, n, "from", "%s given, but %s", quoted, e.text);
    free(quoted);
}

static void take_jq(const struct reading *r, const struct node *n, const char *program, struct field *f)
{
    struct error e = {0};
    f->source = SOURCE_JQ;
    if (!program[strspn(program, " \t\r\n")])
        node_mistake(r->mistakes, n, "jq", "the program is empty");
    else if (!(f->jq = expression_compile(program, &e)))
        node_mistake(r->mistakes, n, "jq", "%s", e.text);
}

/* Exactly one of them may be given. Returns which, or NULL after a mistake. */
static const char *only_one(const struct reading *r, const struct node *n, const char *const *names, size_t count,
                            const char *words)
{
    const char *found = NULL;
    for (size_t i = 0; i < count; i++) {
        if (!node_find(n, names[i]))
            continue;
        if (found) {
            node_mistake(r->mistakes, n, names[i], "given beside %s: %s", found, words);
            return NULL;
        }
        found = names[i];
    }
    if (!found)
        node_mistake(r->mistakes, n, NULL, "nothing says where the value comes from: %s", words);
    return found;
}

static void check_unit(const struct reading *r, const struct node *n, const struct written_field *w)
{
    bool is_time = w->as == AS_DATE || w->as == AS_DATETIME || w->as == AS_TIME;
    if (w->unit != UNIT_NONE && !is_time)
        node_mistake(r->mistakes, n, "unit", "a unit is for as = \"date\", \"datetime\" or \"time\" only");
    else if (w->unit == UNIT_DAYS && w->as == AS_TIME)
        node_mistake(r->mistakes, n, "unit",
                     "\"days\" given, but a time of day is counted in \"s\", \"ms\", \"us\" or \"ns\"");
}

/* A constant is sent as it stands. */
static void check_constant(const struct reading *r, const struct node *n)
{
    static const char *const useless[] = {"default", "on_null", "as", "unit"};
    for (size_t i = 0; i < sizeof useless / sizeof *useless; i++)
        if (node_find(n, useless[i]))
            node_mistake(r->mistakes, n, useless[i],
                         "has no effect beside value, a constant that is sent as it is: remove it");
}

void fields_make(const struct reading *r, const struct node *n, const struct written_field *w, struct field *f)
{
    static const char *const origins[] = {"from", "jq", "value"};

    name_field(f, w->to);
    if (!n)
        return;
    const char *origin = only_one(r, n, origins, 3, "one of from, jq and value is expected");
    f->required = w->required;
    f->on_null = w->on_null;
    f->as = w->as;
    f->unit = w->unit;
    f->line = n->line;
    f->default_json = w->initial ? xstrdup(w->initial) : NULL;
    if (node_find(n, "default") && node_find(n, "on_null"))
        node_mistake(r->mistakes, n, "on_null",
                     "given beside default, which already stands in for null: give one of them");
    check_unit(r, n, w);
    if (!origin)
        return;
    if (strcmp(origin, "from") == 0)
        take_from(r, n, w->from, f);
    else if (strcmp(origin, "jq") == 0)
        take_jq(r, n, w->jq, f);
    else {
        f->source = SOURCE_VALUE;
        f->value_json = xstrdup(w->value ? w->value : "null"); /* NULL after a mistake */
        check_constant(r, n);
    }
}

void fields_make_version(const struct reading *r, const struct node *n, const struct written_version *w,
                         struct field *f)
{
    static const char *const origins[] = {"from", "jq"};
    const char *origin = only_one(r, n, origins, 2, "one of from and jq is expected");

    name_field(f, w->field);
    f->as = AS_INTEGER;
    f->line = n->line;
    if (origin && strcmp(origin, "from") == 0)
        take_from(r, n, w->from, f);
    else if (origin)
        take_jq(r, n, w->jq, f);
}

void fields_release(struct field *f)
{
    free(f->to);
    free(f->name);
    free(f->null_name);
    free(f->parent_key);
    from_path_release(&f->path);
    expression_free(f->jq);
    free(f->value_json);
    free(f->default_json);
}

bool fields_is(const struct field *f, const char *name)
{
    return strcasecmp(f->to, name) == 0 || strcasecmp(f->null_name, name) == 0;
}
