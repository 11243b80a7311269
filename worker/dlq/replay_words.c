/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/dlq/replay_words.h"

#include "common/memory.h"
#include "config/config.h"
#include "worker/dlq/letter_json.h"
#include "worker/dlq/listing.h"
#include "worker/dlq/tally.h"

#include <inttypes.h>
#include <stdlib.h>

enum { NAMED = 20 }; /* of those left out for one reason */

static bool is_out(enum verdict v)
{
    return v > SENT;
}

bool words_trouble(const struct plan *p)
{
    for (enum verdict v = NOT_MEANT; v <= OUT_REFUSED; v++)
        if (verdict_is_trouble(v) && plan_count(p, v))
            return true;
    return false;
}

static const char *plural(uint64_t n)
{
    return n == 1 ? "" : "s";
}

/* ---- who is left out ---- */

static void name_some(const struct plan *p, enum verdict v)
{
    uint64_t named = 0;

    for (size_t i = 0; i < p->catalogue->n && named < NAMED; i++) {
        const struct entry *e = &p->catalogue->entries[i];
        if (p->verdicts[i] != v)
            continue;
        const char *topic = catalogue_topic(p->catalogue, e);
        char *id = listing_id(p->catalogue, e), *from = NULL;
        if (topic)
            from = xasprintf(" (of %s/%" PRId32 "/%" PRId64 ")", topic, e->partition, e->offset);
        char *line = xasprintf("%s%s", id, from ? from : ""), *safe = terminal_safe(line, strlen(line));
        printf("        %s\n", safe);
        free(safe);
        free(line);
        free(from);
        free(id);
        named++;
    }
    uint64_t n = plan_count(p, v);
    if (n > named)
        printf("        and %" PRIu64 " more; --json names them all\n", n - named);
}

static void name_left_out(const struct plan *p)
{
    for (enum verdict v = NOT_MEANT; v <= OUT_REFUSED; v++) {
        uint64_t n = is_out(v) ? plan_count(p, v) : 0;
        if (!n)
            continue;
        printf("    left out: %" PRIu64 ", %s\n", n, verdict_why(v));
        name_some(p, v);
    }
}

/* ---- where they go ---- */

static void by_topic(const struct plan *p, enum verdict v, struct tally *t)
{
    for (size_t i = 0; i < p->catalogue->n; i++)
        if (p->verdicts[i] == v)
            tally_add(t, text_of(plan_topic(p, &p->catalogue->entries[i])));
    tally_sort(t);
}

static uint64_t without_route(const struct plan *p)
{
    uint64_t n = 0;
    for (size_t i = 0; i < p->catalogue->n; i++)
        n += p->verdicts[i] == GOES &&
             !config_route_of(p->catalogue->config, catalogue_topic(p->catalogue, &p->catalogue->entries[i]));
    return n;
}

static void note_what_is_unusual(const struct plan *p)
{
    uint64_t n = without_route(p);
    const char *to = p->options->to;

    if (n)
        printf("note: %" PRIu64 " %s that no route reads: whether a newer change has overtaken %s is not known\n", n,
               n == 1 ? "comes from a topic" : "come from topics", n == 1 ? "it" : "them");
    if (to && !config_route_of(p->catalogue->config, to))
        printf("note: no route reads %s: workers with this configuration will not see them\n", to);
    if (to)
        printf("note: through %s their order against the events of their own topics is lost\n", to);
    if (p->options->even_if_superseded)
        printf("note: newer changes of the same records may be undone (--even-if-superseded)\n");
}

void words_intent(const struct plan *p)
{
    uint64_t going = plan_count(p, GOES);
    struct tally topics = {0};

    by_topic(p, GOES, &topics);
    if (!going)
        printf("nothing to replay\n");
    else
        printf("%" PRIu64 " event%s %s %s; every reader of the topic%s sees %s again:\n", going, plural(going),
               p->options->dry_run ? "would go"
               : going == 1        ? "goes"
                                   : "go",
               p->options->to ? "to another topic"
               : going == 1   ? "back to where it came from"
                              : "back to where they came from",
               plural(topics.n), going == 1 ? "it" : "them");
    for (size_t i = 0; i < topics.n; i++)
        printf("    %8" PRIu64 "  %s\n", topics.lines[i].n, topics.lines[i].name);
    name_left_out(p);
    if (going)
        note_what_is_unusual(p);
    tally_release(&topics);
}

void words_result(const struct plan *p)
{
    uint64_t sent = plan_count(p, SENT), left = plan_count(p, GOES);

    printf("%" PRIu64 " event%s sent back\n", sent, plural(sent));
    name_left_out(p);
    if (left)
        printf("%" PRIu64 " not sent yet: start it again, it goes on where it stopped\n", left);
}

/* ---- for programs ---- */

static json_t *topics_json(const struct plan *p, enum verdict v)
{
    struct tally t = {0};
    json_t *o = json_object();

    by_topic(p, v, &t);
    for (size_t i = 0; i < t.n; i++)
        json_object_set_new(o, t.lines[i].name, json_integer((json_int_t)t.lines[i].n));
    tally_release(&t);
    return o;
}

static json_t *left_out_json(const struct plan *p)
{
    json_t *all = json_array();

    for (size_t i = 0; i < p->catalogue->n; i++) {
        const struct entry *e = &p->catalogue->entries[i];
        const char *topic = catalogue_topic(p->catalogue, e);
        if (!is_out(p->verdicts[i]))
            continue;
        char *id = listing_id(p->catalogue, e);
        json_t *one = json_object();
        letter_json_text(one, "id", text_of(id));
        letter_json_text(one, "why", text_of(verdict_name(p->verdicts[i])));
        if (topic) {
            letter_json_text(one, "topic", text_of(topic));
            json_object_set_new(one, "partition", json_integer(e->partition));
            json_object_set_new(one, "offset", json_integer(e->offset));
        }
        json_array_append_new(all, one);
        free(id);
    }
    return all;
}

void words_json(const struct plan *p)
{
    letter_json_print(json_pack("{s:b, s:I, s:I, s:o, s:o, s:o}", "dry_run", p->options->dry_run, "sent",
                                (json_int_t)plan_count(p, SENT), "not_sent", (json_int_t)plan_count(p, GOES), "sent_to",
                                topics_json(p, SENT), "not_sent_to", topics_json(p, GOES), "left_out",
                                left_out_json(p)));
}
