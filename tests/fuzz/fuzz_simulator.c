/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as what the simulated org reads: a SOQL statement, or the body of a call. The first byte says which.
 *
 * A statement is refused with words or answered with rows; a collection is refused whole or has one result a record; what a call undoes
 * is as it was. */
#include "common/buffer.h"
#include "common/memory.h"
#include "worker/simulator/api.h"
#include "worker/simulator/call.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct {
    const char *method, *url;
} calls[] = {{"POST", "/services/data/v59.0/composite/sobjects"},
             {"PATCH", "/services/data/v59.0/composite/sobjects"},
             {"PATCH", "/services/data/v59.0/composite/sobjects/Contact/External_Id__c"},
             {"POST", "/services/data/v59.0/composite"},
             {"POST", "/services/data/v59.0/sobjects/CampaignMember"},
             {"POST", "/services/data/v59.0/composite/sobjects/Contact"}};
enum { NCALLS = sizeof calls / sizeof *calls, QUERY = NCALLS };

static size_t count_all(const struct world *w)
{
    size_t i = 0, n = 0;
    for (const struct object *o = schema_next(w->schema, &i); o; o = schema_next(w->schema, &i))
        n += store_count(w->store, o);
    return n;
}

static void carry_out(struct world *w, const char *method, const char *url, const json_t *body, struct answer *a)
{
    struct call c;

    if (!call_init(&c, method, url))
        bug("no call: %s", url);
    c.body = body;
    api_call(w, &c, a);
    store_settle(w->store);
    json_array_clear(w->touched);
    call_release(&c);
    if (a->status < 200 || a->status > 599 || (a->status >= 300 && !a->body))
        bug("status %d of %s %s", a->status, method, url);
}

/* Something for statements and bodies to find. */
static void fill(struct world *w)
{
    static const char records[] =
        "{\"records\":[{\"attributes\":{\"type\":\"Account\"},\"Name\":\"a\",\"External_Id__c\":\"a\"},{\"attributes\":"
        "{\"type\":"
        "\"Contact\"},\"LastName\":\"b\",\"External_Id__c\":\"b\",\"Score__c\":5,\"Email\":\"a@b.example\"}]}";
    struct answer a = {0};
    json_t *body = json_loads(records, 0, NULL);

    carry_out(w, "POST", calls[0].url, body, &a);
    json_decref(body);
    answer_drop(&a);
}

static void query(struct world *w, const uint8_t *data, size_t size)
{
    struct buffer url = BUFFER_INIT(1 << 20);
    struct answer a = {0};

    buffer_add_string(&url, "/services/data/v59.0/query?q=");
    for (size_t i = 0; i < size; i++)
        buffer_printf(&url, "%%%02X", (unsigned)data[i]);
    carry_out(w, "GET", url.bytes, NULL, &a);
    if (a.status == 200 && !json_is_array(json_object_get(a.body, "records")))
        bug("an answer without records");
    answer_drop(&a);
    buffer_release(&url);
}

static void send_body(struct world *w, size_t which, const uint8_t *data, size_t size)
{
    json_t *body = json_loadb((const char *)data, size, JSON_DECODE_ANY, NULL);
    struct answer a = {0};
    size_t before = count_all(w);

    if (!body)
        return;
    carry_out(w, calls[which].method, calls[which].url, body, &a);
    const json_t *records = json_object_get(body, "records");
    if (which <= 2 && a.status == 200 && json_array_size(a.body) != json_array_size(records))
        bug("%zu results of %zu records", json_array_size(a.body), json_array_size(records));
    if (which <= 2 && a.status != 200 && count_all(w) != before)
        bug("a call that was refused has written");
    answer_drop(&a);
    json_decref(body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct world w = {.now_ms = 0};

    if (!size)
        return 0;
    settings_reset(&w.at_start);
    world_init(&w);
    fill(&w);
    size_t which = data[0] % (NCALLS + 1);
    if (which == QUERY)
        query(&w, data + 1, size - 1);
    else
        send_body(&w, which, data + 1, size - 1);
    world_release(&w);
    return 0;
}
