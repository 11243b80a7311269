/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/loop_trouble.h"

#include "common/clock.h"
#include "common/memory.h"
#include "worker/failure_codes.h"
#include "worker/salesforce/error_codes.h"

#include <stdlib.h>
#include <string.h>

struct counted {
    char *code;
    const char *what_to_do;
    uint64_t count;
    int64_t last_ms;
};

struct kept {
    char *route, *topic, *code, *fields;
    int32_t partition;
    int64_t offset, at_ms;
};

struct trouble {
    struct counted codes[TROUBLE_CODES];
    size_t ncodes;
    struct kept letters[TROUBLE_LETTERS]; /* a ring */
    size_t nletters;                      /* so far */
};

struct trouble *trouble_new(void)
{
    return xcalloc(1, sizeof(struct trouble));
}

static void kept_release(struct kept *k)
{
    free(k->route);
    free(k->topic);
    free(k->code);
    free(k->fields);
}

void trouble_free(struct trouble *t)
{
    if (!t)
        return;
    for (size_t i = 0; i < t->ncodes; i++)
        free(t->codes[i].code);
    for (size_t i = 0; i < TROUBLE_LETTERS; i++)
        kept_release(&t->letters[i]);
    free(t);
}

/* From the tables that the documentation is printed from: ours first, then Salesforce's row whose words fit. */
static const char *what_to_do(const struct refusal *r)
{
    for (size_t i = 0; i < nfailure_codes; i++)
        if (strcmp(failure_codes[i].code, r->code) == 0)
            return failure_codes[i].remedy;
    const struct error_row *row;
    for (size_t i = 0; (row = error_row_at(i)) != NULL; i++)
        if (row->code && strcasecmp(row->code, r->code) == 0 && (!row->text || strcasestr(r->message, row->text)))
            return row->todo;
    return "";
}

static struct counted *counted_of(struct trouble *t, const char *code)
{
    size_t oldest = 0;
    for (size_t i = 0; i < t->ncodes; i++) {
        if (strcmp(t->codes[i].code, code) == 0)
            return &t->codes[i];
        if (t->codes[i].last_ms < t->codes[oldest].last_ms)
            oldest = i;
    }
    struct counted *c = &t->codes[t->ncodes < TROUBLE_CODES ? t->ncodes++ : oldest];
    free(c->code);
    *c = (struct counted){.code = xstrdup(code)};
    return c;
}

static void count(struct trouble *t, int64_t wall_ms, const struct failure *f)
{
    struct counted *c = counted_of(t, f->refusals[0].code);
    c->what_to_do = what_to_do(&f->refusals[0]);
    c->count++;
    c->last_ms = wall_ms;
}

void trouble_answer(struct trouble *t, int64_t wall_ms, const struct answer *a)
{
    if (a->failure)
        count(t, wall_ms, a->failure);
    for (size_t i = 0; i < a->noutcomes; i++)
        if (a->outcomes[i].failure)
            count(t, wall_ms, a->outcomes[i].failure);
}

void trouble_letter(struct trouble *t, int64_t wall_ms, const char *route, const struct letter *letter)
{
    const struct refusal *r = &letter->failure->refusals[0];
    const struct message *m = letter->message;
    struct kept *k = &t->letters[t->nletters++ % TROUBLE_LETTERS];

    if (letter->failure->stage != STAGE_WRITE) /* the others were counted when Salesforce answered */
        count(t, wall_ms, letter->failure);
    kept_release(k);
    *k = (struct kept){xstrdup(route), xstrdup(m->topic), xstrdup(r->code), xstrdup(r->fields),
                       m->partition,   m->offset,         wall_ms};
}

/* ---- as JSON ---- */

static int by_time(const void *a, const void *b)
{
    const struct counted *x = a, *y = b;
    return x->last_ms != y->last_ms ? (x->last_ms < y->last_ms ? 1 : -1) : strcmp(x->code, y->code);
}

json_t *trouble_errors(const struct trouble *t)
{
    struct counted sorted[TROUBLE_CODES];
    char at[CLOCK_TEXT_SIZE];
    json_t *all = json_array();

    memcpy(sorted, t->codes, sizeof sorted);
    qsort(sorted, t->ncodes, sizeof *sorted, by_time);
    for (size_t i = 0; i < t->ncodes; i++) {
        clock_text(sorted[i].last_ms, at);
        json_array_append_new(all, json_pack("{s:s, s:I, s:s, s:s}", "code", sorted[i].code, "count",
                                             (json_int_t)sorted[i].count, "last_at", at, "what_to_do",
                                             sorted[i].what_to_do));
    }
    return all;
}

json_t *trouble_letters(const struct trouble *t)
{
    size_t n = t->nletters < TROUBLE_LETTERS ? t->nletters : TROUBLE_LETTERS;
    char at[CLOCK_TEXT_SIZE];
    json_t *all = json_array();

    for (size_t i = 0; i < n; i++) {
        const struct kept *k = &t->letters[(t->nletters - 1 - i) % TROUBLE_LETTERS];
        clock_text(k->at_ms, at);
        json_array_append_new(all, json_pack("{s:s, s:s, s:s, s:i, s:I, s:s, s:s}", "at", at, "route", k->route,
                                             "topic", k->topic, "partition", (int)k->partition, "offset",
                                             (json_int_t)k->offset, "code", k->code, "fields", k->fields));
    }
    return all;
}
