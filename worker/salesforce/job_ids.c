/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/salesforce/job.h"

#include "common/http_client.h"
#include "common/memory.h"
#include "config/config.h"
#include "config/route.h"
#include "worker/salesforce/describe.h"

#include <stdio.h>
#include <stdlib.h>

enum { PATH_CEILING = 65536 };

static bool needs_lookup(const struct job *j)
{
    return (j->batch->op == OP_UPDATE || j->batch->op == OP_DELETE) && route_needs_lookup(j->batch->route);
}

static void refuse(struct job *j, size_t index, const char *code, const char *message, const char *field)
{
    j->results[index] = (struct result){
        .class = CLASS_REFUSE,
        .outcome = {.kind = OUTCOME_REFUSED, .failure = failure_new(STAGE_WRITE, code, message, field)}};
}

/* ---- what is known before ---- */

/* The Id that the line needs, if it is known; false: it has to be looked up, or (then it has its result) is none. */
static bool give_id(struct job *j, int64_t now, struct line *line)
{
    struct text key = line->write->record->key;

    if (needs_lookup(j)) {
        line->cached = record_ids_get(j->org->ids, now, j->batch->route, key, line->id);
        return line->cached;
    }
    if (j->batch->op != OP_DELETE)
        return true;
    if (!request_is_id(key)) {
        refuse(j, line->index, "MALFORMED_ID", "the record's Id is no Salesforce Id", "Id");
        return false;
    }
    snprintf(line->id, sizeof line->id, "%.*s", (int)key.len, key.at);
    return true;
}

void job_prepare(struct job *j, int64_t now)
{
    size_t n = j->batch->nwrites, unknown = 0;
    struct line *to_ask = xcalloc(n, sizeof *to_ask);

    for (size_t i = 0; i < n; i++) {
        struct line line = {.write = j->batch->writes[i], .index = i};
        if (give_id(j, now, &line))
            j->lines[j->nlines++] = line;
        else if (!j->results[i].outcome.failure)
            to_ask[unknown++] = line;
    }
    j->asked = j->nlines;
    for (size_t i = 0; i < unknown; i++)
        j->lines[j->nlines++] = to_ask[i];
    free(to_ask);
}

bool job_has_ids(const struct job *j)
{
    return j->asked == j->nlines;
}

/* ---- asking ---- */

static void not_found(struct job *j, const struct line *line, enum lookup_found found)
{
    const struct route *route = j->batch->route;
    char *message;

    if (found == LOOKUP_SEVERAL)
        message = xasprintf("more than one %s has this value in %s", route->object, route->external_id);
    else
        message = xasprintf("no %s has this value in %s", route->object, route->external_id);
    if (found == LOOKUP_NONE && j->batch->op == OP_DELETE)
        j->results[line->index] = (struct result){.class = CLASS_DONE, .outcome = {.kind = OUTCOME_APPLIED}};
    else
        refuse(j, line->index, found == LOOKUP_SEVERAL ? "DUPLICATE_EXTERNAL_ID" : "RECORD_NOT_FOUND", message,
               route->external_id);
    free(message);
}

static struct key_field *key_field(const struct job *j)
{
    return &j->org->keys[j->batch->route->index];
}

static enum lookup_found find(const struct job *j, struct line *line, bool any_case)
{
    struct text key = line->write->record->key;

    return key.at ? lookup_find(&j->rows, key, any_case, line->id) : LOOKUP_NONE;
}

/* Gives the lines that were asked for their Ids and takes out those without. */
static void use_rows(struct job *j, int64_t now)
{
    bool any_case = key_field(j)->letters == CASE_IS_IGNORED;
    size_t kept = j->asked, end = j->asked + j->asking;

    for (size_t i = j->asked; i < end; i++) {
        struct line *line = &j->lines[i];
        enum lookup_found found = find(j, line, any_case);
        if (found == LOOKUP_ONE) {
            record_ids_put(j->org->ids, now, j->batch->route, line->write->record->key, line->id);
            j->lines[kept++] = *line;
        } else {
            not_found(j, line, found);
        }
    }
    memmove(&j->lines[kept], &j->lines[end], (j->nlines - end) * sizeof *j->lines);
    j->nlines -= end - kept;
    j->asked = kept;
    lookup_rows_release(&j->rows);
}

static void get(struct job *j, const char *path)
{
    j->call = calls_send(j->org->calls, "GET", path, TEXT_NONE, NULL);
    j->stage = JOB_LOOKING_UP;
}

bool job_ask_ids(struct job *j, int64_t now)
{
    const struct config *c = j->org->config;
    const struct route *route = j->batch->route;

    while (!job_has_ids(j)) {
        struct buffer path = BUFFER_INIT(PATH_CEILING);
        j->asking = lookup_path(&path, c->salesforce.api_version, route, &j->lines[j->asked], j->nlines - j->asked,
                                key_field(j)->numbers);
        lookup_rows_release(&j->rows);
        if (path.len == 0) {
            use_rows(j, now);
            continue;
        }
        get(j, path.bytes);
        buffer_release(&path);
        return true;
    }
    return false;
}

/* ---- the answer ---- */

/* A query changes nothing: however it failed, it was not carried out. Takes the failure. */
static void query_failed(struct job *j, int64_t now, struct verdict v)
{
    bool *numbers = &key_field(j)->numbers;

    if (v.class == CLASS_AUTH) {
        job_token_refused(j, now, v.failure);
    } else if (v.class == CLASS_SCHEMA) {
        j->whole = v.failure;
        j->sent_at = now;
        j->asked = j->sent = j->nlines;
        j->stage = JOB_WAITING;
    } else if (!*numbers && lookup_wants_numbers(v.failure)) {
        *numbers = true;
        failure_free(v.failure);
        j->stage = JOB_WAITING;
    } else {
        job_end_by_class(j, v.class == CLASS_UNKNOWN ? CLASS_RETRY : v.class, v.failure, -1);
    }
}

static bool has_failed(struct job *j, int64_t now, const struct http_response *r)
{
    struct text body = text_make(r->body, r->body_len);

    if (r->reach != HTTP_ANSWERED)
        query_failed(j, now, job_verdict_unanswered(r));
    else if (r->status != 200)
        query_failed(j, now, response_error(r->status, body, OP_UPDATE, j->batch->route->external_id));
    return r->reach != HTTP_ANSWERED || r->status != 200;
}

static void unusable(struct job *j, const char *why)
{
    job_end_whole(j, ANSWER_FAILED, failure_new(STAGE_WRITE, "UNUSABLE_ANSWER", why, NULL), -1);
}

/* Only a row in another case can show that it matters. */
static bool differs_in_case(const struct job *j)
{
    for (size_t i = j->asked; i < j->asked + j->asking; i++) {
        struct line line = j->lines[i];
        if (find(j, &line, false) == LOOKUP_NONE && find(j, &line, true) != LOOKUP_NONE)
            return true;
    }
    return false;
}

static void rows_are_there(struct job *j, int64_t now)
{
    j->asking_case = key_field(j)->letters == CASE_UNKNOWN && differs_in_case(j);
    if (j->asking_case) {
        char *path = describe_path(j->org->config->salesforce.api_version, j->batch->route->object);
        get(j, path);
        free(path);
    } else {
        use_rows(j, now);
        j->stage = JOB_WAITING;
    }
}

/* What it says holds as long as the process runs. */
static void take_case(struct job *j, int64_t now, const struct http_response *r)
{
    const struct route *route = j->batch->route;

    j->asking_case = false;
    calls_count(j->org->calls, RESOURCE_DESCRIBE, r);
    if (has_failed(j, now, r))
        return;
    struct describe *d = describe_parse(text_make(r->body, r->body_len), NULL);
    const struct describe_field *f = d ? describe_find(d, route->external_id) : NULL;
    if (f) {
        key_field(j)->letters = describe_ignores_case(f) ? CASE_IS_IGNORED : CASE_COUNTS;
        rows_are_there(j, now);
    } else {
        unusable(j, "the answer is not a describe with the external id field");
    }
    describe_free(d);
}

void job_take_ids(struct job *j, int64_t now, const struct http_response *r)
{
    if (j->asking_case) {
        take_case(j, now, r);
        return;
    }
    calls_count(j->org->calls, RESOURCE_QUERY, r);
    if (has_failed(j, now, r))
        return;
    if (!lookup_read(text_make(r->body, r->body_len), j->batch->route, &j->rows))
        unusable(j, "the answer is not a query's");
    else if (j->rows.next)
        get(j, j->rows.next);
    else
        rows_are_there(j, now);
}

static bool is_gone(const struct failure *f)
{
    static const char *const codes[] = {"ENTITY_IS_DELETED", "INVALID_CROSS_REFERENCE_KEY", "NOT_FOUND"};

    for (size_t i = 0; f && i < f->nrefusals; i++)
        for (size_t k = 0; k < sizeof codes / sizeof *codes; k++)
            if (strcmp(f->refusals[i].code, codes[k]) == 0)
                return true;
    return false;
}

void job_learn_ids(struct job *j, const struct line *line, const struct result *result)
{
    bool deleted = result->class == CLASS_DONE && j->batch->op == OP_DELETE;

    if ((deleted || is_gone(result->outcome.failure)) && needs_lookup(j))
        record_ids_drop(j->org->ids, j->batch->route, line->write->record->key);
}
