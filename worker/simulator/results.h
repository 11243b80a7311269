/* SPDX-License-Identifier: Apache-2.0 */
/* results.h: what became of one record, and how that looks in an answer. */
#ifndef SFSINK_WORKER_SIMULATOR_RESULTS_H
#define SFSINK_WORKER_SIMULATOR_RESULTS_H

#include "worker/simulator/record_ids.h"
#include "worker/simulator/settings.h"

enum operation { OPERATION_CREATE, OPERATION_UPDATE, OPERATION_UPSERT, OPERATION_DELETE };
extern const char *const operation_names[];

struct result {
    char id[RECORD_ID_SIZE]; /* "": none */
    bool created;
    bool wrong_type;   /* the value of a field was not of its JSON type */
    json_t *errors;    /* ours: {statusCode, message, fields}; empty: success */
    json_t *duplicate; /* ours: the body of `duplicateResut`; NULL */
};

void result_init(struct result *r);
void result_release(struct result *r);
bool result_ok(const struct result *r);

/* field NULL: `"fields": []`. */
void errors_add(json_t *errors, const char *code, const char *field, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void errors_add_list(json_t *errors, const char *code, json_t *fields, const char *message); /* takes fields */

json_t *result_json(const struct result *r, enum operation op, const struct settings *s); /* new */
void result_roll_back(struct result *r);                                                  /* another record's fault */

#endif
