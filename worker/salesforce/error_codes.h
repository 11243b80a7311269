/* SPDX-License-Identifier: Apache-2.0 */
/* error_codes.h: THE table: what each error of Salesforce means, and what to do about it.
 *
 *     where it stood (record, request, token endpoint) + code + words + HTTP status ──► the first row that fits ──► class
 *
 * Codes alone do not decide: REQUEST_LIMIT_EXCEEDED has three meanings, told apart by its words; a code can belong to one record
 * or to the whole request; deleting what is gone is done. The documentation's table is printed from these rows. Pure. */
#ifndef SFSINK_WORKER_SALESFORCE_ERROR_CODES_H
#define SFSINK_WORKER_SALESFORCE_ERROR_CODES_H

#include "worker/travel.h"

enum error_scope {
    IN_RECORD = 1,  /* one record's result: statusCode */
    IN_REQUEST = 2, /* the whole answer: errorCode */
    IN_TOKEN = 4,   /* the token endpoint: error */
    OF_OURS = 8     /* sfsink's own: no answer of Salesforce has it */
};

/* In the order in which they outweigh each other where a record has several errors. */
enum error_class {
    CLASS_DONE,       /* as good as done */
    CLASS_INNOCENT,   /* again, and counts for nobody */
    CLASS_RETRY,      /* refused for now: again after a while */
    CLASS_CROWDED,    /* the same, and smaller or fewer requests may help */
    CLASS_UNKNOWN,    /* may have been carried out: again after salesforce.ambiguous_hold_ms */
    CLASS_AUTH,       /* a new token, then again */
    CLASS_WAIT,       /* the org's or the login's trouble: everything waits */
    CLASS_HALT,       /* the route's trouble: it waits */
    CLASS_SCHEMA,     /* the route's trouble if a fresh describe confirms it, else as CLASS_REFUSE */
    CLASS_REFUSE,     /* dead letter; a request of several is taken apart first */
    CLASS_SUPERSEDED, /* Salesforce holds a newer version */
};

/* When a row holds besides its code, words and status. */
enum error_when {
    WHEN_ANY,
    WHEN_DELETE,        /* the operation is a delete */
    WHEN_CACHED_ID,     /* the Id was remembered from an earlier look-up */
    WHEN_RESENT_INSERT, /* an insert that once got no answer, and the words name its external id field */
    WHEN_UPSERT_KEY,    /* an upsert, and the words name its external id field */
    WHEN_TRIED          /* the record was refused TRIES_OF_A_FLOW times or more before */
};

enum { TRIES_OF_A_FLOW = 2 };

struct error_row {
    const char *code; /* NULL: any */
    unsigned scopes;  /* of enum error_scope */
    int status;       /* HTTP status; 5: any of 500 to 599; 0: any */
    const char *text; /* part of the message, in any case; NULL: any */
    enum error_when when;
    enum error_class class;
    const char *todo; /* what it means and what to do, for people */
};

/* One error and where it stood. */
struct error_case {
    enum error_scope scope;
    int status;
    const char *code, *message;
    enum operation op;
    const char *external_id; /* of the route; "" if none */
    bool resent;             /* an earlier request with it got no answer */
    bool cached_id;
    unsigned attempts; /* refusals of the record before */
};

/* Never NULL: the last rows fit everything. */
const struct error_row *error_row_find(const struct error_case *c);

/* The rows for the documentation: NULL beyond the last. */
const struct error_row *error_row_at(size_t i);
const char *error_class_name(enum error_class class); /* "retry", "dead letter", … */

#endif
