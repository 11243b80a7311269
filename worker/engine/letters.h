/* SPDX-License-Identifier: Apache-2.0 */
/* letters.h: refused events on their way to the dead-letter topic. Only its acknowledgement finishes the event. */
#ifndef SFSINK_WORKER_ENGINE_LETTERS_H
#define SFSINK_WORKER_ENGINE_LETTERS_H

#include "worker/engine/state.h"

/* Takes the failure; copies the key (NULL: unknown, or the record has it). The entry is in no lane any more. If its route
 * has stopped, the letter is held and not published. */
void letters_add(struct engine *e, struct entry *entry, enum operation op, const char *key, struct failure *f);

/* The next letter to be published, or NULL; it counts as sent. */
struct dead *letters_next(struct engine *e);

void letters_report(struct engine *e, int64_t now, uint64_t id, bool ok);
void letter_due(struct engine *e, struct dead *d); /* its timer has come */

/* Gives back the events of the letters in this state, or of all. */
void letters_return(struct engine *e, enum letter_state state);
void letters_return_all(struct engine *e);
void letters_free_all(struct engine *e); /* not the entries */

#endif
