/* SPDX-License-Identifier: Apache-2.0 */
/* faults.h: what goes wrong on purpose: of calls, and of records.
 *
 * Call faults, tried in the order in which they were added; the first that fits is used:
 *
 *   {"method": "PATCH", "path": "/services/data/v??.0/composite", "object": "Contact", which calls; each may be absent; path is a glob
 *    "skip": 2, "times": 1,                  the third of them; times 0: for ever
 *    "applied": true,                        carried out all the same (default false)
 *    "status": 503, "body": …, "content_type": "text/html", "headers": {"Retry-After": "3"},    instead of the answer
 *    "stall_ms": 5000, "late": true,         answered so much later; late: also carried out so much later
 *    "drop": true, "cut": true,              closed without an answer; after half the body
 *    "results": -1}                          the array of results has so many more or fewer
 *
 * Record faults:
 *
 *   {"object": "Contact", "field": "External_Id__c", "key": "c-1", "operation": "upsert",     key "*": all; others may be absent
 *    "skip": 0, "times": 3,
 *    "errors": [{"statusCode": "UNABLE_TO_LOCK_ROW", "message": "unable to obtain exclusive access to this record", "fields": []}]}
 *
 * Not thread-safe: the world's lock is around it. */
#ifndef SFSINK_WORKER_SIMULATOR_FAULTS_H
#define SFSINK_WORKER_SIMULATOR_FAULTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct faults;

struct faults *faults_new(void);
void faults_free(struct faults *f);

/* NULL, or what is wrong with it; *id names it. */
const char *faults_add_call(struct faults *f, const json_t *fault, json_int_t *id);
const char *faults_add_record(struct faults *f, const json_t *fault, json_int_t *id);
json_t *faults_show(const struct faults *f);         /* new: each as given, with id, seen, used */
bool faults_remove(struct faults *f, json_int_t id); /* 0: all */

/* What this call meets, which counts as used; a new reference; NULL: nothing. object: "" for a call about none. */
json_t *faults_for_call(struct faults *f, const char *method, const char *path, const char *object);
/* The errors that this record meets; lent; NULL: none. The record is as sent, `stored` what is there of it, or NULL. */
const json_t *faults_for_record(struct faults *f, const char *operation, const char *object, const json_t *record,
                                const json_t *stored);

#endif
