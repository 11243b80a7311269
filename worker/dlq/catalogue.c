/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/dlq/catalogue.h"

#include "common/clock.h"
#include "common/memory.h"
#include "config/config.h"
#include "worker/kafka/log_reader.h"
#include "worker/kafka/topics.h"

#include <jansson.h>
#include <stdlib.h>

const char *letter_state_name(enum letter_state s)
{
    static const char *const names[] = {"open", "replayed", "repeated"};
    return names[s];
}

/* ---- topics by number ---- */

static bool find_topic(const struct catalogue *c, struct text name, uint32_t *number)
{
    for (size_t i = 0; i < c->ntopics; i++)
        if (text_is(name, c->topics[i])) {
            *number = (uint32_t)i;
            return true;
        }
    return false;
}

static uint32_t number_of(struct catalogue *c, struct text name)
{
    uint32_t number;
    if (find_topic(c, name, &number))
        return number;
    c->topics = xreallocarray(c->topics, c->ntopics + 1, sizeof *c->topics);
    c->topics[c->ntopics] = xstrndup(name.at, name.len);
    return (uint32_t)c->ntopics++;
}

const char *catalogue_topic(const struct catalogue *c, const struct entry *e)
{
    return e->topic < c->ntopics ? c->topics[e->topic] : NULL;
}

struct origin catalogue_origin(const struct catalogue *c, const struct entry *e)
{
    return (struct origin){text_of(catalogue_topic(c, e)), e->partition, e->offset, e->timestamp_ms, e->replays};
}

/* ---- order ---- */

static int compare(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int by_origin(const struct entry *a, const struct entry *b)
{
    int order = compare(a->topic, b->topic);
    if (!order)
        order = compare(a->partition, b->partition);
    return order ? order : compare(a->offset, b->offset);
}

/* The newest letter of an event comes last. */
static int in_order(const void *x, const void *y)
{
    const struct entry *a = x, *b = y;
    int order = by_origin(a, b);
    if (!order)
        order = compare(a->replays, b->replays);
    if (!order)
        order = compare(a->failed_at_ms, b->failed_at_ms);
    if (!order)
        order = compare(a->source, b->source);
    if (!order)
        order = compare(a->letter_partition, b->letter_partition);
    return order ? order : compare(a->letter_offset, b->letter_offset);
}

/* The first entry of the event, or where it would stand. */
static size_t lower_bound(const struct catalogue *c, const struct entry *wanted)
{
    size_t low = 0, high = c->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (by_origin(&c->entries[middle], wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Letters of one event stand together: [*first, returned end). */
static size_t range_of(const struct catalogue *c, const struct entry *wanted, size_t *first)
{
    size_t end = *first = lower_bound(c, wanted);
    while (end < c->n && by_origin(&c->entries[end], wanted) == 0)
        end++;
    return end;
}

/* A letter has the number of replays that its event came with. One that was sent again and has no newer letter did write, or may
 * yet, wherever it was sent to; but a copy of an open letter is ours, of a transaction that is open or was aborted. */
bool catalogue_counts(const struct catalogue *c, const struct origin *origin)
{
    struct entry wanted = {.partition = origin->partition, .offset = origin->offset};
    size_t first;
    bool failed = false;

    if (!find_topic(c, origin->topic, &wanted.topic))
        return true;
    size_t end = range_of(c, &wanted, &first);
    if (end == first || c->entries[end - 1].state == LETTER_REPLAYED)
        return true;
    for (size_t i = first; i < end; i++)
        failed = failed || c->entries[i].replays == origin->replays;
    return !failed && (!origin->replays || c->entries[end - 1].replays + 1 != origin->replays);
}

/* ---- what became of them ---- */

static enum letter_state state_of(const struct catalogue *c, size_t i)
{
    const struct entry *e = &c->entries[i], *next = i + 1 < c->n ? e + 1 : NULL;
    bool newer = next && by_origin(e, next) == 0;

    if (e->replayed > e->replays || (newer && next->replays > e->replays))
        return LETTER_REPLAYED;
    return newer ? LETTER_REPEATED : LETTER_OPEN;
}

/* A mark of old may be read last, where the progress topic has got more partitions since. */
static uint32_t most(uint32_t known, json_int_t replays)
{
    return replays > (json_int_t)known && replays <= UINT32_MAX ? (uint32_t)replays : known;
}

/* A topic that was made anew counts its offsets from zero: the time tells its events from those of old. */
static void take_progress(struct catalogue *c, const struct message *m)
{
    struct place place;
    struct entry wanted = {0};
    size_t first;
    char *key = xstrndup(m->key.at ? m->key.at : "", m->key.len);
    json_t *value = m->value.at ? json_loadb(m->value.at, m->value.len, 0, NULL) : NULL;
    const json_t *time = json_object_get(value, "timestamp");
    json_int_t replays = json_integer_value(json_object_get(value, "replays"));

    if (filter_read_place(key, &place)) {
        wanted.partition = place.partition;
        wanted.offset = place.offset;
        size_t end = find_topic(c, text_of(place.topic), &wanted.topic) ? range_of(c, &wanted, &first) : 0;
        for (size_t i = end ? first : 0; i < end; i++)
            if (!json_is_integer(time) || json_integer_value(time) == c->entries[i].timestamp_ms)
                c->entries[i].replayed = most(c->entries[i].replayed, replays);
        free(place.topic);
    }
    json_decref(value);
    free(key);
}

bool catalogue_read_progress(struct catalogue *c, struct error *e)
{
    size_t first, n;
    struct message *m;
    struct log_reader *r = log_reader_new(c->config, LOG_COMMITTED, e);
    bool good = r && log_open_topic(r, c->config->dead_letter.progress_topic, &first, &n, e);

    for (size_t i = 0; good && i < n; i++)
        while ((good = log_next(r, first + i, &m, e)) && m) {
            take_progress(c, m);
            free(m);
        }
    log_reader_free(r);
    for (size_t i = 0; good && i < c->n; i++)
        c->entries[i].state = state_of(c, i);
    return good;
}

/* ---- the first reading ---- */

/* Of its event when it is sent: what a stub lacks is read again from its source. */
static uint32_t size_of(const struct letter *l)
{
    uint64_t bytes = l->message->bytes;
    bytes += l->value_out.bytes > 0 ? (uint64_t)l->value_out.bytes : 0;
    bytes += l->key_out.bytes > 0 ? (uint64_t)l->key_out.bytes : 0;
    return bytes < UINT32_MAX ? (uint32_t)bytes : UINT32_MAX;
}

static void take_letter(struct catalogue *c, uint8_t source, const struct message *m, const struct filter *filter)
{
    struct letter l;

    letter_read(m, &l);
    if (c->n == c->room) {
        c->room = c->room ? c->room * 2 : 1024;
        c->entries = xreallocarray(c->entries, c->room, sizeof *c->entries);
    }
    struct entry *e = &c->entries[c->n++];
    *e = (struct entry){.topic = ENTRY_NOWHERE + source,
                        .partition = m->partition,
                        .offset = m->offset,
                        .timestamp_ms = l.origin.timestamp_ms,
                        .replays = l.origin.replays,
                        .letter_partition = m->partition,
                        .letter_offset = m->offset,
                        .failed_at_ms = l.failed_at_ms,
                        .bytes = size_of(&l),
                        .source = source,
                        .wanted = filter_fits(filter, &l)};
    if (!l.has_origin)
        return;
    e->topic = number_of(c, l.origin.topic);
    e->partition = l.origin.partition;
    e->offset = l.origin.offset;
}

static bool missing(const struct catalogue *c, const char *topic, struct error *e)
{
    error_set(e, STATUS_CONFIGURATION, "dead_letter.topic: Kafka has no topic \"%s\"", topic);
    return error_hint(e, "create it: %s", kafka_topic_command(c->config, topic));
}

static bool find_extents(struct catalogue *c, struct log_reader *r, struct error *e)
{
    for (size_t s = 0; s < c->nsources; s++) {
        int32_t partitions;
        if (!log_partitions(r, c->sources[s], &partitions, e))
            return false;
        if (!partitions && s == 0)
            return missing(c, c->sources[s], e);
        for (int32_t p = 0; p < partitions; p++) {
            struct extent x = {.source = (uint8_t)s, .partition = p};
            if (!log_ends(r, c->sources[s], p, &x.low, &x.high, e))
                return false;
            c->extents = xreallocarray(c->extents, c->nextents + 1, sizeof *c->extents);
            c->extents[c->nextents++] = x;
        }
    }
    return true;
}

static bool open_extents(const struct catalogue *c, struct log_reader *r, struct error *e)
{
    for (size_t i = 0; i < c->nextents; i++) {
        const struct extent *x = &c->extents[i];
        size_t span; /* i: they are opened in this order */
        if (!log_open(r, c->sources[x->source], x->partition, x->low, x->high, &span, e))
            return false;
    }
    return true;
}

static void draw(const struct catalogue *c, struct progress *p, const struct log_reader *r, bool end)
{
    uint64_t done, total;
    if (!c->show)
        return;
    log_progress(r, &done, &total);
    if (end)
        progress_end(p, clock_ms(), done, total);
    else
        progress_draw(p, clock_ms(), done, total);
}

static bool read_letters(struct catalogue *c, struct log_reader *r, const struct filter *filter, struct error *e)
{
    struct progress p = {0};
    struct message *m;
    bool good = true;

    if (c->show)
        progress_begin(&p, c->show, "letters", clock_ms());
    for (size_t i = 0; good && i < c->nextents; i++)
        while ((good = log_next(r, i, &m, e)) && m) {
            take_letter(c, c->extents[i].source, m, filter);
            free(m);
            if (c->n % 256 == 0)
                draw(c, &p, r, false);
        }
    draw(c, &p, r, true);
    return good;
}

bool catalogue_read(struct catalogue *c, const struct config *config, const struct filter *filter,
                    const struct terminal *show, struct error *e)
{
    *c = (struct catalogue){.config = config, .show = show && show->live ? show : NULL};
    c->sources[c->nsources++] = config->dead_letter.topic;
    if (config->dead_letter.parking_topic[0])
        c->sources[c->nsources++] = config->dead_letter.parking_topic;
    struct log_reader *r = log_reader_new(config, LOG_COMMITTED, e);
    bool good = r && find_extents(c, r, e) && open_extents(c, r, e) && read_letters(c, r, filter, e);
    log_reader_free(r);
    if (!good)
        return false;
    if (c->n)
        qsort(c->entries, c->n, sizeof *c->entries, in_order);
    return catalogue_read_progress(c, e);
}

void catalogue_release(struct catalogue *c)
{
    for (size_t i = 0; i < c->ntopics; i++)
        free(c->topics[i]);
    free(c->topics);
    free(c->entries);
    free(c->extents);
    *c = (struct catalogue){0};
}

/* ---- the letters themselves ---- */

static bool to_visit(const struct entry *e, bool all)
{
    return e->wanted && (all || e->state == LETTER_OPEN);
}

uint64_t catalogue_count(const struct catalogue *c, bool all)
{
    uint64_t n = 0;
    for (size_t i = 0; i < c->n; i++)
        n += to_visit(&c->entries[i], all);
    return n;
}

static struct entry *entry_of(struct catalogue *c, uint8_t source, const struct letter *l)
{
    const struct message *m = l->message;
    struct entry wanted = {.topic = ENTRY_NOWHERE + source, .partition = m->partition, .offset = m->offset};
    size_t first;

    if (l->has_origin) {
        wanted.partition = l->origin.partition;
        wanted.offset = l->origin.offset;
        if (!find_topic(c, l->origin.topic, &wanted.topic))
            return NULL;
    }
    size_t end = range_of(c, &wanted, &first);
    for (size_t i = first; i < end; i++)
        if (c->entries[i].source == source && c->entries[i].letter_partition == m->partition &&
            c->entries[i].letter_offset == m->offset)
            return &c->entries[i];
    return NULL;
}

struct head { /* the next letter of one extent */
    struct message *message;
    struct letter letter;
};

static bool advance(struct log_reader *r, size_t i, struct head *h, struct error *e)
{
    free(h->message);
    h->message = NULL;
    if (!log_next(r, i, &h->message, e))
        return false;
    if (h->message)
        letter_read(h->message, &h->letter);
    return true;
}

static size_t oldest(const struct head *heads, size_t n)
{
    size_t best = n;
    for (size_t i = 0; i < n; i++)
        if (heads[i].message && (best == n || heads[i].letter.failed_at_ms < heads[best].letter.failed_at_ms))
            best = i;
    return best;
}

static bool visit_all(struct catalogue *c, struct log_reader *r, struct head *heads, bool all, uint64_t skip,
                      catalogue_visit *visit, void *opaque, struct error *e)
{
    for (size_t i = 0; i < c->nextents; i++)
        if (!advance(r, i, &heads[i], e))
            return false;
    for (size_t i; (i = oldest(heads, c->nextents)) < c->nextents;) {
        struct entry *entry = entry_of(c, c->extents[i].source, &heads[i].letter);
        bool meant = entry && to_visit(entry, all);
        if (meant && skip > 0)
            skip--;
        else if (meant && !visit(opaque, entry, &heads[i].letter, e))
            return !e->status;
        if (!advance(r, i, &heads[i], e))
            return false;
    }
    return true;
}

bool catalogue_each(struct catalogue *c, bool all, uint64_t skip, catalogue_visit *visit, void *opaque, struct error *e)
{
    struct head *heads = xcalloc(c->nextents + 1, sizeof *heads);
    struct log_reader *r = log_reader_new(c->config, LOG_COMMITTED, e);
    bool good = r && open_extents(c, r, e) && visit_all(c, r, heads, all, skip, visit, opaque, e);

    for (size_t i = 0; i < c->nextents; i++)
        free(heads[i].message);
    free(heads);
    log_reader_free(r);
    return good;
}
