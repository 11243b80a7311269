/* SPDX-License-Identifier: Apache-2.0 */
/* event_json.h: the event as jq sees it: `$event`, and for a delete the row. Pure. */
#ifndef SFSINK_WORKER_CHANGE_EVENT_JSON_H
#define SFSINK_WORKER_CHANGE_EVENT_JSON_H

#include "common/buffer.h"
#include "worker/change/decode.h"

/* {"key":…,"topic":…,"partition":…,"offset":…,"timestamp":…,"op":…,"before":…,"source":…,"headers":{…}}; bytes that are no UTF-8 become '?'. */
void event_json_write(const struct message *message, const struct change *change, struct buffer *out);

/* The members of the first row, and those of the second that the first has not. */
void overlaid_json_write(struct image over, struct image under, struct buffer *out);

#endif
