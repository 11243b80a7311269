/* SPDX-License-Identifier: Apache-2.0 */
/* map_event.h: any bytes as an event: what is in front of the first line end is the key, the rest the value.
 *
 * Whatever comes out of the mapping must be JSON that Salesforce can be sent, and a refusal must say why. */
#ifndef SFSINK_TESTS_FUZZ_MAP_EVENT_H
#define SFSINK_TESTS_FUZZ_MAP_EVENT_H

#include "common/json_doc.h"
#include "common/memory.h"
#include "config/config.h"
#include "config/route.h"
#include "worker/change/change.h"
#include "worker/row.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Fields of each kind, for both formats. */
#define FUZZ_FIELDS(one_more)                                                                                          \
    "fields = ( { to = \"E__c\"; from = \"id\"; }, { to = \"A__c\"; from = \"a\"; },"                                  \
    "{ to = \"S__c\"; from = \"a\"; as = \"string\"; default = \"none\"; },"                                           \
    "{ to = \"B__c\"; from = \"b.c\"; on_null = \"skip\"; }, { to = \"N__c\"; from = \"n\"; as = \"number\"; },"       \
    "{ to = \"I__c\"; from = \"i\"; as = \"integer\"; }, { to = \"F__c\"; from = \"f\"; as = \"boolean\"; },"          \
    "{ to = \"D__c\"; from = \"d\"; as = \"date\"; unit = \"days\"; },"                                                \
    "{ to = \"T__c\"; from = \"t\"; as = \"datetime\"; unit = \"us\"; },"                                              \
    "{ to = \"C__c\"; from = \"c\"; as = \"time\"; unit = \"ms\"; },"                                                  \
    "{ to = \"M__c\"; from = \"m\"; as = \"multipicklist\"; }, { to = \"P__r.X__c\"; from = \"p\"; },"                 \
    "{ to = \"K__c\"; from = \"@key\"; as = \"string\"; }," one_more "{ to = \"J__c\"; jq = \".j // $event.op\"; } );"

static struct config *config;
static struct mapper *mapper;

/* libjq keeps but the end of its stack, which looks like a leak as long as an expression lives. */
static void clean_up(void)
{
    mapper_free(mapper);
    config_free(config);
}

/* Once; then it returns at once. */
static inline void fuzz_begin(const char *settings)
{
    if (config)
        return;
    char file[] = "/tmp/sfsink-fuzz-XXXXXX", *mistakes = NULL;
    int fd = mkstemp(file);
    if (fd < 0 || write(fd, settings, strlen(settings)) < 0)
        bug("%s: cannot be written", file);
    config = config_load(file, &mistakes);
    if (!config)
        bug("%s", mistakes);
    close(fd);
    unlink(file);
    mapper = mapper_new();
    atexit(clean_up);
}

static inline void check_record(const struct record *r)
{
    static struct json_doc d;
    struct buffer b = BUFFER_INIT(1 << 24);
    buffer_add_char(&b, '{');
    row_write(&b, r->route, r->slots, r->nslots, true);
    buffer_add_char(&b, '}');
    if (!json_doc_read(&d, buffer_text(&b)))
        bug("a record that is no JSON: %s at %zu: %s", d.why, d.where, b.bytes);
    for (size_t i = 0; i < d.nnodes; i++)
        if (d.nodes[i].unpaired)
            bug("half a surrogate pair: %s", b.bytes);
    size_t slots = 0;
    for (size_t i = 0; i < r->nslots; i++)
        slots += r->slots[i].len;
    if (b.len > slots + r->overhead)
        bug("larger than was said");
    if (!r->key.at || !r->identity.at || r->identity.len == 0)
        bug("a record without a key");
    buffer_release(&b);
}

static inline int fuzz_event(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data, *line = size ? memchr(text, '\n', size) : NULL;
    struct text key = line ? text_make(text, (size_t)(line - text)) : TEXT_NONE;
    struct text value = line ? text_make(line + 1, size - key.len - 1) : text_make(text, size);
    struct message *m = message_new(1, "t", 0, 1, 5, key.len ? key : TEXT_NONE, value.len ? value : TEXT_NONE, NULL, 0);

    struct meaning meaning = mapper_map(mapper, config->routes[0], m);
    if (meaning.kind == MEANING_RECORD)
        check_record(meaning.record);
    if (meaning.kind == MEANING_SKIP && !meaning.why)
        bug("skipped without a reason");
    if (meaning.kind == MEANING_REFUSE && !meaning.failure->refusals[0].message[0])
        bug("refused without a reason");
    free(meaning.record);
    failure_free(meaning.failure);
    free(meaning.key);
    free(m);
    return 0;
}

#endif
