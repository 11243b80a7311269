/* SPDX-License-Identifier: Apache-2.0 */
/* commit_map.h: what is finished above the commit point, as text that Kafka keeps beside the commit.
 *
 *     offsets   40 41 42 43 44 45      commit point 41
 *     finished   x     x  x     x      map: 42-43, 45; after a restart these are not sent again
 *
 *     "s1:" base64( varint base, then for each run: varint distance from the end before, varint length; crc32 )
 *
 * Offsets that were never seen (holes of compaction and transactions) are not in it. At most 3,500 characters, below the
 * broker's limit: what does not fit is left out, and comes again. Whatever is not exactly such a text, or was
 * written for another commit point, is ignored. Pure. */
#ifndef SFSINK_WORKER_ENGINE_COMMIT_MAP_H
#define SFSINK_WORKER_ENGINE_COMMIT_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { COMMIT_MAP_TEXT_MAX = 3500, COMMIT_MAP_BYTES_MAX = (COMMIT_MAP_TEXT_MAX - 3) / 4 * 3 };

/* Runs of finished offsets, rising, as they are collected. */
struct commit_map_writer {
    int64_t base, end;
    size_t len;
    unsigned char bytes[COMMIT_MAP_BYTES_MAX];
};

void commit_map_begin(struct commit_map_writer *w, int64_t base);
void commit_map_add(struct commit_map_writer *w, int64_t from,
                    int64_t to);                   /* to: not included; nothing if it does not fit */
char *commit_map_end(struct commit_map_writer *w); /* free() it; NULL: no run */

struct commit_map;

/* NULL: no map, or none for this commit point. */
struct commit_map *commit_map_parse(const char *text, int64_t base);
void commit_map_free(struct commit_map *m); /* NULL is fine */

bool commit_map_holds(const struct commit_map *m, int64_t offset);
bool commit_map_next_run(const struct commit_map *m, int64_t *from, int64_t *to); /* the first that ends above `from` */
bool commit_map_reaches(const struct commit_map *m, int64_t offset); /* may it hold this one or a later one? */

#endif
