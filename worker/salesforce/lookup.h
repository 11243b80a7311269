/* SPDX-License-Identifier: Apache-2.0 */
/* lookup.h: the SOQL query that finds Ids by external id, and its answer.
 *
 *     SELECT Id, Ext__c FROM Contact WHERE Ext__c IN ('a','b')      as many values as fit into one address
 *
 * Such a query compares most texts in any case, an upsert only those of a field that is unique in any case. So that both find the same
 * record, a row counts only if its value is the key's, exactly (but for blanks around it, which Salesforce drops), unless the field is
 * such a one (`any_case`; ASCII letters). A field that holds numbers wants them without quotes. Pure. */
#ifndef SFSINK_WORKER_SALESFORCE_LOOKUP_H
#define SFSINK_WORKER_SALESFORCE_LOOKUP_H

#include "common/buffer.h"
#include "worker/salesforce/request.h"

enum { LOOKUP_VALUES = 200, LOOKUP_ADDRESS = 8000 /* Salesforce takes 16,384 bytes with all headers */ };

/* Writes the path of a query for the first of these lines, by their records' keys; returns for how many: at least 1. Lines whose key cannot be
 * asked for (none, or no number where numbers are wanted) are passed over; then the path may be empty. */
size_t lookup_path(struct buffer *path, const char *api_version, const struct route *route, const struct line *lines,
                   size_t n, bool numbers);

struct lookup_row {
    char *text; /* the field's value; NULL: a number */
    double number;
    char id[ID_SIZE];
};
struct lookup_rows {
    struct lookup_row *at;
    size_t n;
    char *next; /* path of the next page; NULL: this was all */
};

/* Adds the answer's rows, sets `next`. False if it is no answer of a query. */
bool lookup_read(struct text body, const struct route *route, struct lookup_rows *rows);
void lookup_rows_release(struct lookup_rows *rows);

enum lookup_found { LOOKUP_NONE, LOOKUP_ONE, LOOKUP_SEVERAL };
enum lookup_found lookup_find(const struct lookup_rows *rows, struct text key, bool any_case, char id[ID_SIZE]);

/* Does this error say that the field wants its values without quotes? */
bool lookup_wants_numbers(const struct failure *f);

#endif
