/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/sample_org.h"

#include "common/memory.h"

#include <stdlib.h>
#include <string.h>

const char SAMPLE_TOKEN[] = "{\"access_token\":\"t1\",\"instance_url\":\"https://acme.my.salesforce.com/\","
                            "\"id\":\"https://login.salesforce.com/id/00D/005\",\"token_type\":\"Bearer\","
                            "\"issued_at\":\"1728478012123\",\"signature\":\"x\"}";

static char key_name[] = "External_Id__c", last_name[] = "LastName";
static struct field fields[2];
static struct route route, *routes[1] = {&route};
static struct config config;

struct route *sample_route(void)
{
    return &route;
}

struct config *sample_config(void)
{
    static char empty[] = "", version[] = "v59.0", login[] = "https://acme.my.salesforce.com", client[] = "client",
                secret[] = "s&cret", object[] = "Contact", name[] = "customers";

    fields[0] = (struct field){.to = key_name, .name = key_name, .null_name = key_name, .source = SOURCE_ROW};
    fields[1] = (struct field){.to = last_name, .name = last_name, .null_name = last_name, .source = SOURCE_ROW};
    route = (struct route){.name = name,
                           .object = object,
                           .external_id = key_name,
                           .group_by = empty,
                           .fields = fields,
                           .nfields = 2,
                           .id_field = -1,
                           .key_field = 0,
                           .version_field = -1,
                           .group_field = -1};
    config = (struct config){.routes = routes, .nroutes = 1};
    config.salesforce.instance_url = config.salesforce.ca_file = empty;
    config.salesforce.api_version = version;
    config.salesforce.timeout_ms = 120000;
    config.salesforce.auth.flow = FLOW_CLIENT_CREDENTIALS;
    config.salesforce.auth.login_url = login;
    config.salesforce.auth.client_id = client;
    config.salesforce.auth.client_secret = secret;
    config.salesforce.auth.scopes = config.salesforce.auth.token_file = config.salesforce.auth.username =
        config.salesforce.auth.private_key = config.salesforce.auth.access_token = empty;
    config.batch.max_records = 3;
    config.batch.collections_per_call = 5;
    return &config;
}

/* Owns all of its texts. */
static struct write *write_new(enum operation op, size_t i)
{
    struct record *r = xcalloc(1, sizeof *r + 2 * sizeof(slot));
    struct write *w = xcalloc(1, sizeof *w);
    slot *slots = xcalloc(2, sizeof *slots);

    r->route = &route;
    r->op = op;
    r->nslots = 2;
    r->key = text_of(xasprintf("k%zu", i));
    if (op != OP_DELETE) {
        slots[0] = text_of(xasprintf("\"k%zu\"", i));
        slots[1] = text_of(xasprintf("\"name %zu\"", i));
    }
    w->record = r;
    w->slots = slots;
    return w;
}

struct batch *sample_batch(uint64_t id, enum operation op, size_t n)
{
    struct batch *b = xcalloc(1, sizeof *b);

    *b = (struct batch){.id = id, .op = op, .route = &route, .nwrites = n, .writes = xcalloc(n, sizeof *b->writes)};
    for (size_t i = 0; i < n; i++)
        b->writes[i] = write_new(op, i);
    return b;
}

static void replace(struct text *to, const char *with)
{
    free((char *)(uintptr_t)to->at);
    *to = text_of(xstrdup(with));
}

void sample_set_key(struct batch *b, size_t i, const char *key)
{
    replace((struct text *)(uintptr_t)&b->writes[i]->record->key, key);
}

void sample_set_name(struct batch *b, size_t i, const char *json)
{
    replace((struct text *)(uintptr_t)&b->writes[i]->slots[1], json);
}

void sample_set_external_id(struct batch *b, size_t i, const char *json)
{
    replace((struct text *)(uintptr_t)&b->writes[i]->slots[0], json);
}

struct write *sample_write(struct batch *b, size_t i)
{
    return b->writes[i];
}

void sample_batch_free(struct batch *b)
{
    for (size_t i = 0; i < b->nwrites; i++) {
        struct write *w = b->writes[i];
        for (size_t k = 0; k < 2; k++)
            free((char *)(uintptr_t)w->slots[k].at);
        free((char *)(uintptr_t)w->record->key.at);
        free((void *)(uintptr_t)w->record);
        free((void *)(uintptr_t)w->slots);
        free(w);
    }
    free(b->writes);
    free(b);
}
