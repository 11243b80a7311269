/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as `from`, and any line as "NAME=VALUE" of kafka.properties: taken, or refused with words. */
#include "common/memory.h"
#include "config/config.h"
#include "config/from_path.h"
#include "worker/kafka/properties.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_path(const char *text)
{
    struct error e = {0};
    enum source source;
    struct path path = {0};
    bool good = from_path_parse(text, &source, &path, &e);

    if (good == (e.text[0] != '\0'))
        bug("%s: neither taken nor refused", text);
    for (size_t i = 0; good && i < path.nsteps; i++)
        if (!path.steps[i])
            bug("%s: a step without a name", text);
    from_path_release(&path);
}

static void set_property(char *line)
{
    static char brokers[] = "127.0.0.1:1", group[] = "g";
    char *equals = strchr(line, '=');
    if (!equals)
        return;
    *equals = '\0';
    struct property p = {true, true, line, equals + 1};
    struct config c = {.kafka = {.brokers = brokers, .group = group, .properties = &p, .nproperties = 1}};

    for (enum client_role role = CLIENT_CONSUMER; role <= CLIENT_READER; role++) {
        struct error e = {0};
        rd_kafka_conf_t *conf = properties_conf(&c, role, &e);
        if ((conf != NULL) == (e.text[0] != '\0'))
            bug("%s: neither taken nor refused", line);
        if (conf && properties_owned(line))
            bug("%s: is the worker's, and was taken", line);
        if (conf)
            rd_kafka_conf_destroy(conf);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = xstrndup((const char *)data, size);

    read_path(text);
    set_property(text);
    free(text);
    return 0;
}
