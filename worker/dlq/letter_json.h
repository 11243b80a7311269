/* SPDX-License-Identifier: Apache-2.0 */
/* letter_json.h: a letter as JSON, for `--json`. Bytes that are no UTF-8 stand as base64 under NAME_base64. */
#ifndef SFSINK_WORKER_DLQ_LETTER_JSON_H
#define SFSINK_WORKER_DLQ_LETTER_JSON_H

#include "worker/dlq/catalogue.h"

#include <jansson.h>

/* Sets NAME to the text, null where it is none. */
void letter_json_text(json_t *object, const char *name, struct text t);

/* What `list` says of it; `whole`: with key, value, the original headers and what to do, as `show` does. A new reference. */
json_t *letter_json(const struct catalogue *c, const struct entry *e, const struct letter *l, bool whole);

/* {"code","message","fields"} of each error, at least one; a new reference. */
json_t *letter_errors(const struct letter *l);

/* Prints one line and lets go of it. */
void letter_json_print(json_t *object);

#endif
