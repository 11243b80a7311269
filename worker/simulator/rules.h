/* SPDX-License-Identifier: Apache-2.0 */
/* rules.h: the admin's validation rules and duplicate rules, as data.
 *
 *   validation: [{"object": "Invoice__c", "message": "no refunds", "field": "Amount__c",        field: where it is shown; may be absent
 *                 "when": {"field": "Amount__c", "op": "<", "value": 0}}]                       true: the record is refused
 *   duplicate:  [{"object": "Contact", "name": "Contacts_DR", "field": "Email", "allow_save": true, "message": "Use one of these records?"}]
 *
 * op: = != < <= > >= contains blank changed; {"prior": true} instead of a value compares with what is stored, and is false for a new record.
 */
#ifndef SFSINK_WORKER_SIMULATOR_RULES_H
#define SFSINK_WORKER_SIMULATOR_RULES_H

#include "worker/simulator/store.h"

struct rules {
    json_t *validation, *duplicate; /* arrays; NULL: none */
};

void rules_release(struct rules *r);
const char *rules_check(const json_t *validation, const json_t *duplicate); /* NULL, or what is wrong with these */

bool rules_exist(const struct rules *r);

/* Adds an error for each validation rule that `after` breaks; `before` is NULL for a new record. */
void rules_validate(const struct rules *r, const struct object *o, const json_t *before, const json_t *after,
                    json_t *errors);
/* The version guard of product.md 4.4. */
void rules_guard_version(const json_t *before, const json_t *changes, json_t *errors);
/* The duplicate rule that `after` meets, with the record that it meets; NULL: none. `self`: the record itself, or NULL. */
const json_t *rules_duplicate(const struct rules *r, const struct store *s, const struct object *o, const json_t *after,
                              const struct record *self, const struct record **other);

#endif
