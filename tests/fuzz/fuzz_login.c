/* SPDX-License-Identifier: Apache-2.0 */
/* What the token endpoint, the redirect and the headers of an answer may say: no token goes to a host that is not allowed, no code is taken without
 * this login's state, and every wait has its bound. */
#include "common/memory.h"
#include "worker/salesforce/authorization.h"
#include "worker/salesforce/response.h"
#include "worker/salesforce/token_request.h"

#include <stdlib.h>
#include <string.h>

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

static void read_redirect(const struct config *c, struct text body)
{
    static const unsigned char chance[AUTHORIZATION_CHANCE] = {1, 2, 3};
    struct authorization a;
    struct error e = {0};

    authorization_make(&a, c, chance);
    char *code = authorization_read(&a, body, &e);
    if (code && (e.status != STATUS_OK || !memmem(body.at, body.len, "state", 5)))
        abort();
    free(code);
    authorization_release(&a);
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
    read_redirect(&c, body);
    return 0;
}
