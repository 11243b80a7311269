/* SPDX-License-Identifier: Apache-2.0 */
/* world.h: a source, a consumer group of one to three workers, a Salesforce, a clock; and chance.
 *
 * The group is Kafka's eager one: all give back all before anything is dealt out anew, since that is what sfsink uses
 * (cooperative rebalancing is broken in the librdkafka that it must run with: engine.h knows no partial revocation).
 * Some partitions are handed over later than the others, while those are worked on: engine.h allows for that. */
#ifndef SFSINK_TESTS_SCHEDULES_WORLD_H
#define SFSINK_TESTS_SCHEDULES_WORLD_H

#include "tests/schedules/chance.h"

struct tally {
    uint64_t requests, kills, repeated[2], killed[2]; /* [commit_map]: of events written twice, and kills, there */
};

/* Runs until every event is committed, or something is wrong(). */
void world_run(struct chance *chance, struct tally *tally);

#endif
