/* SPDX-License-Identifier: Apache-2.0 */
/* values.h: what a letter lacks that was too large for its topic, read again from where its event came from. */
#ifndef SFSINK_WORKER_DLQ_VALUES_H
#define SFSINK_WORKER_DLQ_VALUES_H

#include "worker/kafka/letter.h"
#include "worker/kafka/log_reader.h"

enum value_found { VALUE_THERE, VALUE_GONE, VALUE_CHANGED, VALUE_FAILED /* Kafka did not answer */ };

/* *source: the event, for letter_revive(); NULL for a letter that is whole. free() it, whatever was found. */
enum value_found value_find(struct log_reader *reader, const struct letter *l, struct message **source,
                            struct error *e);

#endif
