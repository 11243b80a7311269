/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/dlq/listing.h"

#include "common/clock.h"
#include "common/memory.h"
#include "worker/dlq/advice.h"
#include "worker/dlq/letter_json.h"
#include "worker/dlq/pager.h"

#include <inttypes.h>
#include <stdlib.h>

enum { MESSAGE_IN_LINE = 160 };

struct listing {
    struct catalogue *catalogue;
    const struct dlq_options *options;
    FILE *out;
    uint64_t n;
};

char *listing_id(const struct catalogue *c, const struct entry *e)
{
    return xasprintf("%s/%" PRId32 "/%" PRId64, c->sources[e->source], e->letter_partition, e->letter_offset);
}

/* What strangers wrote may not steer the terminal; it is padded by the columns that it occupies. */
static void print_cell(FILE *out, struct text t, size_t width)
{
    char *safe = terminal_safe(t.at ? t.at : "-", t.at ? t.len : 1);
    size_t columns = terminal_columns(safe);
    fprintf(out, "%s%*s", safe, (int)(columns < width ? width - columns + 2 : 2), "");
    free(safe);
}

static void print_line(struct listing *l, const struct entry *e, const struct letter *letter)
{
    char at[CLOCK_TEXT_SIZE] = "-", *id = listing_id(l->catalogue, e);
    struct text why = letter->why;

    if (letter->failed_at_ms >= 0) {
        clock_text(letter->failed_at_ms, at);
        snprintf(at + 19, sizeof at - 19, "Z"); /* without the milliseconds */
    }
    fprintf(l->out, "%-20s  ", at);
    print_cell(l->out, text_of(id), 24);
    if (l->options->all)
        print_cell(l->out, text_of(letter_state_name(e->state)), 8);
    print_cell(l->out, letter->code, 28);
    print_cell(l->out, letter->route, 12);
    print_cell(l->out, letter->object, 12);
    print_cell(l->out, letter->mode, 6);
    print_cell(l->out, letter->key.at ? letter->key : letter->message->key, 10);
    if (why.len > MESSAGE_IN_LINE)
        why.len = MESSAGE_IN_LINE;
    char *safe = terminal_safe(why.at ? why.at : "", why.len);
    fprintf(l->out, "%s\n", safe);
    free(safe);
    free(id);
}

static bool list_one(void *opaque, struct entry *e, const struct letter *letter, struct error *error)
{
    struct listing *l = opaque;
    (void)error;
    l->n++;
    if (l->options->json)
        letter_json_print(letter_json(l->catalogue, e, letter, false));
    else
        print_line(l, e, letter);
    return !ferror(l->out);
}

/* ---- the whole letter ---- */

static void print_fact(FILE *out, const char *name, struct text t)
{
    if (!t.at)
        return;
    char *safe = terminal_safe(t.at, t.len);
    fprintf(out, "  %-12s  %s\n", name, safe);
    free(safe);
}

static void print_error(FILE *out, const struct letter *l, const json_t *one)
{
    const json_t *fields = json_object_get(one, "fields"), *field;
    const char *code = json_string_value(json_object_get(one, "code")),
               *message = json_string_value(json_object_get(one, "message"));
    struct advice a = advice_for(l, code ? code : "", message ? message : "");
    size_t i;

    print_fact(out, "error", text_of(code && *code ? code : "-"));
    print_fact(out, "", text_of(message && *message ? message : NULL));
    json_array_foreach((json_t *)(uintptr_t)fields, i, field)
        print_fact(out, "of field", text_of(json_string_value(field)));
    print_fact(out, "means", text_of(a.meaning));
    print_fact(out, "what to do", text_of(a.todo));
}

static void print_errors(FILE *out, const struct letter *l)
{
    json_t *errors = letter_errors(l), *one;
    size_t i;
    json_array_foreach(errors, i, one) print_error(out, l, one);
    json_decref(errors);
}

static void print_left_out(FILE *out, const char *what, int64_t n, const char *of)
{
    fprintf(out, "  %-12s  left out, %" PRId64 " %s: too large for the topic; replay reads it from its source\n", what,
            n, of);
}

static void print_key(FILE *out, const struct letter *l)
{
    struct text key = l->message->key;

    if (l->key_out.bytes >= 0)
        print_left_out(out, "key", l->key_out.bytes, "bytes");
    else
        print_fact(out, "key", key.at ? key : text_of("null"));
}

static void print_value(FILE *out, const struct letter *l)
{
    struct text value = l->message->value;
    json_t *json = value.len ? json_loadb(value.at, value.len, JSON_DECODE_ANY, NULL) : NULL;

    if (l->value_out.bytes >= 0)
        print_left_out(out, "value", l->value_out.bytes, "bytes");
    else if (json) {
        char *pretty = json_dumps(json, JSON_INDENT(2) | JSON_ENCODE_ANY);
        fprintf(out, "  %-12s\n", "value");
        for (char *line = pretty, *end; line; line = end ? end + 1 : NULL) {
            end = strchr(line, '\n');
            char *safe = terminal_safe(line, end ? (size_t)(end - line) : strlen(line));
            fprintf(out, "    %s\n", safe);
            free(safe);
        }
        free(pretty);
    } else {
        print_fact(out, "value", value.at ? value : text_of("null: a tombstone"));
    }
    json_decref(json);
}

static void print_origin(FILE *out, const struct letter *l)
{
    char at[CLOCK_TEXT_SIZE];
    if (!l->has_origin)
        return;
    char *place = xasprintf("%.*s/%" PRId32 "/%" PRId64, (int)l->origin.topic.len, l->origin.topic.at,
                            l->origin.partition, l->origin.offset);
    print_fact(out, "came from", text_of(place));
    free(place);
    if (l->origin.timestamp_ms < 0)
        return;
    clock_text(l->origin.timestamp_ms, at);
    print_fact(out, "of", text_of(at));
}

static void print_facts(FILE *out, const struct entry *e, const struct letter *l)
{
    char at[CLOCK_TEXT_SIZE], replays[16];

    if (l->failed_at_ms >= 0) {
        clock_text(l->failed_at_ms, at);
        print_fact(out, "failed at", text_of(at));
    }
    print_fact(out, "state", text_of(letter_state_name(e->state)));
    print_fact(out, "route", l->route);
    print_fact(out, "object", l->object);
    print_fact(out, "operation", l->mode);
    print_fact(out, "record key", l->key);
    print_origin(out, l);
    print_fact(out, "stage", l->stage);
    print_errors(out, l);
    print_fact(out, "HTTP status", l->http_status);
    print_fact(out, "attempts", l->attempts);
    snprintf(replays, sizeof replays, "%u", l->origin.replays);
    print_fact(out, "replays", text_of(replays));
    print_fact(out, "worker", l->worker);
}

static void print_headers(FILE *out, const struct letter *l)
{
    if (l->headers_out >= 0)
        print_left_out(out, "headers", l->headers_out, "of them");
    for (size_t i = 0; i < l->message->nheaders; i++) {
        const struct header *h = &l->message->headers[i];
        if (!letter_header_is_original(l, h->name))
            continue;
        char *name = terminal_safe(h->name.at, h->name.len),
             *value = terminal_safe(h->value.at ? h->value.at : "null", h->value.at ? h->value.len : 4);
        fprintf(out, "  %-12s  %s: %s\n", "header", name, value);
        free(name);
        free(value);
    }
}

static bool show_one(void *opaque, struct entry *e, const struct letter *letter, struct error *error)
{
    struct listing *l = opaque;
    (void)error;
    if (l->options->json) {
        letter_json_print(letter_json(l->catalogue, e, letter, true));
        l->n++;
        return true;
    }
    char *id = listing_id(l->catalogue, e);
    fprintf(l->out, "%s%s\n", l->n++ ? "\n" : "", id);
    free(id);
    print_facts(l->out, e, letter);
    print_key(l->out, letter);
    print_headers(l->out, letter);
    print_value(l->out, letter);
    return !ferror(l->out);
}

/* ---- both ---- */

static bool print_all(struct catalogue *c, const struct dlq_options *o, catalogue_visit *visit, struct error *e)
{
    uint64_t n = catalogue_count(c, o->all), most = o->limit ? (uint64_t)o->limit : n;
    struct listing l = {.catalogue = c, .options = o, .out = o->json ? stdout : pager_open()};
    bool good = catalogue_each(c, o->all, n > most ? n - most : 0, visit, &l, e);

    if (!o->json && !l.n && good)
        fprintf(l.out, "no %sletter%s\n", o->all ? "" : "open ", c->n ? " fits" : "");
    pager_close(l.out);
    return good;
}

bool listing_list(struct catalogue *c, const struct dlq_options *o, struct error *e)
{
    return print_all(c, o, list_one, e);
}

bool listing_show(struct catalogue *c, const struct dlq_options *o, struct error *e)
{
    return print_all(c, o, show_one, e);
}
