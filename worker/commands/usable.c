/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/commands/usable.h"

#include "common/jwt.h"
#include "config/config.h"
#include "config/files.h"
#include "worker/kafka/property_check.h"
#include "worker/salesforce/mapping_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CERTIFICATES_MAX_BYTES = 16 << 20 };

static void check_certificates(const struct config *c, struct mistakes *m)
{
    struct error e = {0};
    size_t len;

    if (!c->salesforce.ca_file[0])
        return;
    char *text = files_read(c->salesforce.ca_file, CERTIFICATES_MAX_BYTES, &len, &e);
    if (!text)
        finding_add(m, c, "salesforce.ca_file", "%s", e.text);
    else if (!strstr(text, "CERTIFICATE-----"))
        finding_add(m, c, "salesforce.ca_file", "%s holds no certificate in PEM form", c->salesforce.ca_file);
    free(text);
}

static void check_private_key(const struct config *c, struct mistakes *m)
{
    const struct jwt_claims any = {.issuer = "", .subject = "", .audience = ""};
    struct error e = {0};

    if (c->salesforce.auth.flow != FLOW_JWT)
        return;
    char *assertion = jwt_sign(&any, c->salesforce.auth.private_key, &e);
    if (!assertion)
        finding_add(m, c, "salesforce.auth.private_key", "%s; %s", e.text, e.hint);
    free(assertion);
}

static void check_properties(const struct config *c, struct mistakes *m)
{
    for (size_t i = 0; i < c->kafka.nproperties; i++) {
        struct error e = {0};
        char path[48];
        snprintf(path, sizeof path, "kafka.properties[%zu]", i);
        if (!kafka_property_usable(c, i, &e))
            finding_add(m, c, path, "%s%s%s", e.text, e.hint[0] ? "; " : "", e.hint);
    }
}

void usable_check(const struct config *c, struct mistakes *m)
{
    check_certificates(c, m);
    check_private_key(c, m);
    check_properties(c, m);
}
