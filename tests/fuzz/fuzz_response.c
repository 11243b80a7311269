/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever Salesforce answers: each line has a result or the whole has a failure, never both, and nothing leaks.
 * The first byte chooses operation, number of lines and status; the rest is the body. */
#include "config/route.h"
#include "worker/salesforce/describe.h"
#include "worker/salesforce/lookup.h"
#include "worker/salesforce/response.h"

#include <stdlib.h>

enum { MOST_LINES = 5, PER_COLLECTION = 2 };

static char object[] = "Contact", key[] = "Ext__c";
static struct field field = {.to = key, .name = key, .null_name = key};
static const struct route route = {
    .object = object, .external_id = key, .fields = &field, .nfields = 1, .id_field = -1};

static void check_verdict(struct verdict v, const struct lines *lines, struct result *results)
{
    if ((v.class == CLASS_DONE) != (v.failure == NULL) || v.suspect >= (int)lines->n)
        abort();
    size_t nunknown = 0;
    for (size_t i = 0; v.class == CLASS_DONE && i < lines->n; i++) {
        bool settled = results[i].class == CLASS_DONE || results[i].class == CLASS_SUPERSEDED;
        if (settled != (results[i].outcome.failure == NULL))
            abort();
        nunknown += results[i].class == CLASS_UNKNOWN;
    }
    if (nunknown == lines->n) /* then all of it is */
        abort();
    failure_free(v.failure);
    response_results_release(results, lines->n);
}

static void read_response(unsigned char choice, struct text body)
{
    static const int statuses[] = {200, 400, 401, 404, 500, 0};
    struct record *record = calloc(1, sizeof *record + sizeof(slot));
    struct write write = {.record = record, .slots = record->slots, .unanswered = choice & 1};
    struct line at[MOST_LINES] = {0};
    struct result results[MOST_LINES] = {0};
    struct lines lines = {at, (size_t)(choice % MOST_LINES) + 1, (enum operation)(choice / 8 % OPERATIONS), &route};
    struct request request;

    record->route = &route;
    record->nslots = 1;
    for (size_t i = 0; i < lines.n; i++)
        at[i].write = &write;
    request_make(&request, &lines, "v59.0", PER_COLLECTION);
    check_verdict(response_read(&request, &lines, statuses[choice / 32 % 6], body, results), &lines, results);
    request_release(&request);
    free(record);
}

static void read_query(struct text body)
{
    struct lookup_rows rows = {0};
    char id[ID_SIZE];

    if (lookup_read(body, &route, &rows) && lookup_find(&rows, text_of("a"), body.len % 2, id) == LOOKUP_ONE &&
        !request_is_id(text_of(id)))
        abort();
    lookup_rows_release(&rows);
}

static void read_describe(struct text body)
{
    struct error e = {0};
    struct describe *d = describe_parse(body, &e);
    struct describe_list *l = describe_list_parse(body, &e);

    for (int op = 0; d && op < OPERATIONS; op++)
        failure_free(describe_trouble(d, &route, (enum operation)op));
    describe_free(d);
    describe_list_free(l);
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len);

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len)
{
    if (len == 0)
        return 0;
    struct text body = text_make((const char *)bytes + 1, len - 1);
    read_response(bytes[0], body);
    read_query(body);
    read_describe(body);
    return 0;
}
