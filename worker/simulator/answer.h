/* SPDX-License-Identifier: Apache-2.0 */
/* answer.h: what an API resource answers, before it becomes bytes: also the body of a composite subrequest. */
#ifndef SFSINK_WORKER_SIMULATOR_ANSWER_H
#define SFSINK_WORKER_SIMULATOR_ANSWER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct answer {
    int status;
    json_t *body;             /* ours; NULL: none */
    char *location;           /* ours; NULL: no Location header */
    int64_t last_modified_ms; /* time of day; 0: no Last-Modified header */
    bool not_counted;         /* against the daily limit, and without Sforce-Limit-Info */
};

void answer_drop(struct answer *a);
void answer_json(struct answer *a, int status, json_t *body); /* takes body */

/* `[{"message": …, "errorCode": …}]`. Replaces what is there. Returns false, so that `return answer_error(…)` reads well. */
bool answer_error(struct answer *a, int status, const char *code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* The same from a record's error object (statusCode, message, fields). */
void answer_record_errors(struct answer *a, int status, const json_t *errors);
bool answer_not_found(struct answer *a); /* 404 with the text for what is no resource */
bool answer_not_allowed(struct answer *a, const char *method, const char *allowed); /* 405 */

#endif
