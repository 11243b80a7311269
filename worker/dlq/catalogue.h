/* SPDX-License-Identifier: Apache-2.0 */
/* catalogue.h: every letter there is, as a line of numbers, and what became of it.
 *
 *     dead-letter topic (and parking topic) ──read once──► entries, in the order of where their events first came from
 *     progress topic ──────────────────────────────────►   which of them were replayed
 *     catalogue_each() reads the letters themselves again, one at a time, oldest failure first
 *
 * Some 72 bytes a letter are kept, whatever its size. The ends are those of the first reading: what fails later is not seen. */
#ifndef SFSINK_WORKER_DLQ_CATALOGUE_H
#define SFSINK_WORKER_DLQ_CATALOGUE_H

#include "common/error.h"
#include "common/terminal.h"
#include "worker/dlq/filter.h"

struct config;

enum letter_state {
    LETTER_OPEN,
    LETTER_REPLAYED, /* sent back; if it failed again there is a later letter */
    LETTER_REPEATED  /* the same failure is told of by a later letter: a worker read its event twice */
};
const char *letter_state_name(enum letter_state s);

struct entry {
    uint32_t topic; /* catalogue_topic(); of the first arrival. ENTRY_NOWHERE and above: unknown */
    int32_t partition;
    int64_t offset;
    int64_t timestamp_ms;
    uint32_t replays, replayed; /* of the letter; what the progress topic says its event was sent with. 0: never */
    int32_t letter_partition;
    int64_t letter_offset;
    int64_t failed_at_ms;
    uint32_t bytes;
    uint8_t source; /* which of catalogue.sources holds the letter */
    bool wanted;    /* fits the filter */
    enum letter_state state;
};
#define ENTRY_NOWHERE (UINT32_MAX - 1)

struct extent { /* one partition of a source, as far as it is looked at */
    uint8_t source;
    int32_t partition;
    int64_t low, high;
};

struct catalogue {
    const struct config *config;
    const char *sources[2];
    size_t nsources;
    struct extent *extents;
    size_t nextents;
    struct entry *entries;
    size_t n, room;
    char **topics;
    size_t ntopics;
    const struct terminal *show; /* where reading shows how far it is; NULL: nowhere */
};

/* Reads both. False: the topic is not there (STATUS_CONFIGURATION), or Kafka cannot be reached. Release it in any case. */
bool catalogue_read(struct catalogue *c, const struct config *config, const struct filter *filter,
                    const struct terminal *show, struct error *e);
void catalogue_release(struct catalogue *c);

/* Reads the progress topic again: another replay may have been at work. */
bool catalogue_read_progress(struct catalogue *c, struct error *e);

const char *catalogue_topic(const struct catalogue *c, const struct entry *e); /* NULL: unknown */
struct origin catalogue_origin(const struct catalogue *c, const struct entry *e);

/* May the event have written something? Not if it failed, nor if it is a copy that a replay did not commit. */
bool catalogue_counts(const struct catalogue *c, const struct origin *origin);

/* Calls back with each wanted letter (those that are not open only where `all`), the oldest failure first. The callback ends it by
 * returning false. `skip`: so many are left out at the beginning. */
typedef bool catalogue_visit(void *opaque, struct entry *entry, const struct letter *letter, struct error *e);
bool catalogue_each(struct catalogue *c, bool all, uint64_t skip, catalogue_visit *visit, void *opaque,
                    struct error *e);

/* How many catalogue_each() would visit. */
uint64_t catalogue_count(const struct catalogue *c, bool all);

#endif
