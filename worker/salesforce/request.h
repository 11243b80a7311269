/* SPDX-License-Identifier: Apache-2.0 */
/* request.h: a batch as Salesforce wants it: sObject Collections, alone or several in one Composite call.
 *
 *     up to per_collection lines    PATCH  /composite/sobjects/Contact/Ext__c   {"allOrNone":false,"records":[…]}
 *                                   POST   /composite/sobjects                  insert
 *                                   PATCH  /composite/sobjects                  update, by Id
 *                                   DELETE /composite/sobjects?ids=…
 *     more, up to five times that   POST   /composite                           the same as subrequests c0 … c4: one API call
 *
 * What is sent of a write is a line: the write and, where it had to be looked up, its Id. Pure. */
#ifndef SFSINK_WORKER_SALESFORCE_REQUEST_H
#define SFSINK_WORKER_SALESFORCE_REQUEST_H

#include "common/buffer.h"
#include "worker/travel.h"

enum { ID_SIZE = 19, REQUEST_PARTS = 5 };

struct line {
    const struct write *write;
    size_t index;     /* in the batch */
    char id[ID_SIZE]; /* of an update or delete; "": the mapped Id stands in the row */
    bool cached;      /* the Id was not looked up for this request */
};

struct lines {
    const struct line *at;
    size_t n;
    enum operation op;
    const struct route *route;
};

struct request {
    const char *method;
    char *path; /* from /services on */
    struct buffer body;
    bool has_body, composite;
    size_t per_collection, nparts; /* part i holds the lines from i * per_collection on */
    size_t nlines, *starts;        /* where each line begins in the body; of a delete all 0 */
};

/* lines: 1 to REQUEST_PARTS * per_collection. Release it. */
void request_make(struct request *r, const struct lines *lines, const char *api_version, size_t per_collection);
void request_release(struct request *r);
size_t request_part_lines(const struct request *r, size_t part);

/* The line that a parser's "[line:L, column:C]" in the body points at; -1: none. */
int request_line_at(const struct request *r, size_t line, size_t column);

/* Does a value hold "@{", which Composite may take for a reference? Then it must not go through there. */
bool request_looks_like_reference(const struct lines *lines);

/* Is it a Salesforce Id by its form: 15 or 18 letters and digits? Others break the list of a delete. */
bool request_is_id(struct text id);

/* Percent-encoded for a path or a query. */
void request_escape(struct buffer *b, struct text t);

#endif
