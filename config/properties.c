/* SPDX-License-Identifier: Apache-2.0 */
#include "config/properties.h"

#include "common/memory.h"
#include "config/files.h"

#include <stdlib.h>
#include <string.h>

/* Those that decide what is promised; a name that ends in '.' stands for all that begin with it. */
static const struct {
    const char *name, *instead;
} owned[] = {
    {"bootstrap.servers", "use kafka.brokers"},
    {"metadata.broker.list", "use kafka.brokers"},
    {"group.id", "use kafka.group"},
    {"enable.auto.", "offsets are committed when Salesforce has answered"},
    {"auto.offset.reset", "use kafka.start and kafka.on_data_loss"},
    {"isolation.level", "the worker reads committed messages only"},
    {"partition.assignment.strategy", "use kafka.assignment"},
};

bool properties_secret(const char *name)
{
    static const char *const words[] = {"password",         "secret", "key.pem", "ssl_key", "sasl.oauthbearer.config",
                                        "sasl.jaas.config", "token"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strstr(name, words[i]) && !strstr(name, "endpoint.url"))
            return true;
    return false;
}

static const char *owned_instead(const char *name)
{
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++) {
        size_t len = strlen(owned[i].name);
        bool family = owned[i].name[len - 1] == '.';
        if (family ? strncmp(name, owned[i].name, len) == 0 : strcmp(name, owned[i].name) == 0)
            return owned[i].instead;
    }
    return NULL;
}

/* "sasl.password_file=PATH": the secret is in the file. False and a mistake if it cannot be had. */
static bool fill_from_file(struct property *p, const struct node *n, const char *dir, struct mistakes *m)
{
    size_t len = strlen(p->name);
    if (len <= 5 || strcmp(p->name + len - 5, "_file") != 0)
        return true;
    p->name[len - 5] = '\0';
    if (!properties_secret(p->name)) {
        node_mistake(m, n, NULL, "%s_file given, but %s is no secret: give its value", p->name, p->name);
        return false;
    }
    struct error e = {0};
    char *path = files_relative(dir, p->value), *secret = files_read_secret(path, &e);
    free(path);
    if (!secret) {
        node_mistake(m, n, NULL, "%s_file: %s", p->name, e.text);
        return false;
    }
    free(p->value);
    p->value = secret;
    return true;
}

/* Is it set for the same client already? */
static bool is_double(const struct property *p, const struct property *others, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(p->name, others[i].name) == 0 && p->consumer == others[i].consumer &&
            p->producer == others[i].producer)
            return true;
    return false;
}

/* Takes "NAME=VALUE" apart. */
static bool parse(struct property *p, const struct node *n, const char *dir, struct mistakes *m)
{
    const char *text = n->text, *name = text;
    bool consumer = strncmp(text, "consumer.", 9) == 0, producer = strncmp(text, "producer.", 9) == 0;
    if (consumer || producer)
        name += 9;
    size_t len = strcspn(name, "=");

    *p = (struct property){.consumer = !producer, .producer = !consumer, .name = xstrndup(name, len)};
    if (!len || !name[len] || strpbrk(p->name, " \t\r\n")) {
        node_mistake(
            m, n, NULL,
            "\"NAME=VALUE\" is expected, without blanks around the \"=\", such as \"security.protocol=SASL_SSL\"");
        return false;
    }
    p->value = xstrdup(name + len + 1);
    const char *instead = owned_instead(p->name);
    if (instead) {
        node_mistake(m, n, NULL, "%s given, but the worker owns it: %s", p->name, instead);
        return false;
    }
    return fill_from_file(p, n, dir, m);
}

void properties_read(const struct node *list, const char *dir, struct mistakes *m, struct property **properties,
                     size_t *n)
{
    *properties = xcalloc(list->nchildren + 1, sizeof **properties);
    *n = 0;
    for (size_t i = 0; i < list->nchildren; i++) {
        const struct node *child = &list->children[i];
        struct property p = {0};
        if (child->refused)
            continue;
        if (child->kind != NODE_STRING)
            node_mistake(m, child, NULL, "%s given, a string \"NAME=VALUE\" expected", node_kind_name(child->kind));
        else if (parse(&p, child, dir, m)) {
            if (!is_double(&p, *properties, *n)) {
                (*properties)[(*n)++] = p;
                continue;
            }
            node_mistake(m, child, NULL, "%s is given twice", p.name);
        }
        free(p.name);
        free(p.value);
    }
}

void properties_free(struct property *properties, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(properties[i].name);
        free(properties[i].value);
    }
    free(properties);
}
