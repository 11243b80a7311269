/* SPDX-License-Identifier: Apache-2.0 */
/* values.h: the value of a letter; of one that was too large for its topic read again from where it came from. */
#ifndef SFSINK_WORKER_DLQ_VALUES_H
#define SFSINK_WORKER_DLQ_VALUES_H

#include "worker/kafka/letter.h"
#include "worker/kafka/log_reader.h"

enum value_found { VALUE_THERE, VALUE_GONE, VALUE_CHANGED, VALUE_FAILED /* Kafka did not answer */ };

/* *value is lent by the letter's message, or by *source, which is to be freed (NULL is fine). */
enum value_found value_find(struct log_reader *reader, const struct letter *l, struct text *value,
                            struct message **source, struct error *e);

#endif
