/* SPDX-License-Identifier: Apache-2.0 */
/* What the token endpoint and the headers of an answer may say: no token goes to a host that is not allowed, and every wait has its bound. */
#include "common/memory.h"
#include "worker/salesforce/response.h"
#include "worker/salesforce/token_request.h"

#include <stdlib.h>

enum { LONGEST_WAIT_MS = 15 * 60 * 1000 };

static char login[] = "https://login.salesforce.com", none[] = "";

static void read_tokens(const struct config *c, int status, struct text body)
{
    struct tokens t = {0};
    struct error e = {0};
    enum token_result result = token_response_read(c, status, body, &t, &e);

    if ((result == TOKEN_GIVEN) != (e.status == STATUS_OK))
        abort();
    if (result == TOKEN_GIVEN && (!t.access_token[0] || (t.instance_url[0] && !token_host_allowed(c, t.instance_url))))
        abort();
    tokens_release(&t);
}

static void read_headers(struct text body)
{
    char *header = xstrndup(body.at, body.len);
    int64_t used = 0, limit = 1, wait = response_retry_after(header, "Tue, 10 Aug 2015 00:00:00 GMT");

    if (wait < -1 || wait > LONGEST_WAIT_MS)
        abort();
    if (response_limit_info(header, &used, &limit) && (used < 0 || limit <= 0))
        abort();
    free(header);
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len);

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len)
{
    static struct config c;

    c.salesforce.auth.login_url = login;
    c.salesforce.instance_url = none;
    struct text body = text_make((const char *)bytes, len);
    read_tokens(&c, 200, body);
    read_tokens(&c, 400, body);
    read_headers(body);
    return 0;
}
