/* SPDX-License-Identifier: Apache-2.0 */
/* response.h: Salesforce's answer, read strictly.
 *
 *     200 and exactly one result a line, in order     ──► a result each
 *     an error of the whole request                   ──► one verdict: class and failure
 *     anything else (count, shape, cut short, HTML)   ──► CLASS_UNKNOWN: it may have been carried out
 *
 * A Composite answer is read part by part: a result each for parts that have theirs, the part's verdict for the lines of others.
 * Nothing is settled by position where the number of results is not the number of lines. Unknown keys are ignored. Pure. */
#ifndef SFSINK_WORKER_SALESFORCE_RESPONSE_H
#define SFSINK_WORKER_SALESFORCE_RESPONSE_H

#include "worker/salesforce/error_codes.h"
#include "worker/salesforce/request.h"

/* What became of one line. A class of CLASS_SCHEMA leaves the outcome open: OUTCOME_HALT once the describe confirms it, else what
 * outcome.kind says. */
struct result {
    struct outcome outcome;
    enum error_class class;
};

/* What became of the request. CLASS_DONE: every line has its result. */
struct verdict {
    enum error_class class;
    struct failure *failure; /* all but CLASS_DONE; failure_free() it */
    int suspect;             /* the line that the error points at; -1: none */
};

/* `results` has room for lines->n; filled, and its failures the caller's, where the verdict is CLASS_DONE; else untouched. */
struct verdict response_read(const struct request *r, const struct lines *lines, int status, struct text body,
                             struct result *results);

/* The verdict of an answer that is no success: of the status and the errors in its body. */
struct verdict response_error(int status, struct text body, enum operation op, const char *external_id);

/* The results of lines whose part of a request ended in this verdict (not CLASS_DONE). */
void response_spread(const struct verdict *v, struct result *results, size_t n);

void response_results_release(struct result *results, size_t n);

/* Sforce-Limit-Info: "api-usage=10018/100000; per-app-api-usage=…". False where it says no such thing. */
bool response_limit_info(const char *header, int64_t *used, int64_t *limit);

/* Retry-After: seconds, or an HTTP date (then `date` is the answer's Date header). Milliseconds from 0 to 15 minutes; -1: none. */
int64_t response_retry_after(const char *header, const char *date);

#endif
