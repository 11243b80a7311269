/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a form (the redirect of a login), as base64url, and as the private key of a JWT. */
#include "common/base64url.h"
#include "common/form.h"
#include "common/jwt.h"
#include "common/memory.h"
#include "worker/salesforce/request.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is escaped reads as it was, up to the NUL that ends a C string. */
static void check_form(struct text bytes)
{
    struct buffer form = BUFFER_INIT(1 << 23);
    char *plain = xstrndup(bytes.at, bytes.len);

    buffer_add_string(&form, "a=1&value=");
    request_escape(&form, bytes);
    char *value = form_value(buffer_text(&form), "value"), *other = form_value(bytes, "code");
    if (!value || strcmp(value, plain) != 0)
        bug("%s: not what was escaped", form.bytes);
    free(other);
    free(value);
    free(plain);
    buffer_release(&form);
}

static void check_base64url(struct text bytes)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    char *out = base64url(bytes);
    size_t len = strlen(out);

    if (len != (bytes.len * 4 + 2) / 3 || strspn(out, letters) != len)
        bug("%s: no base64url of %zu bytes", out, bytes.len);
    free(out);
}

static void check_jwt(struct text bytes)
{
    if (bytes.len < 5 || memcmp(bytes.at, "-----", 5) != 0)
        return; /* nothing that OpenSSL would look at for long */
    char *pem = xstrndup(bytes.at, bytes.len);
    struct jwt_claims claims = {pem, "u", "https://login.salesforce.com", 1};
    struct error e = {0};
    char *token = jwt_sign(&claims, pem, &e);

    if ((token != NULL) == (e.status != STATUS_OK))
        bug("neither a token nor an error");
    free(token);
    free(pem);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text bytes = text_make((const char *)data, size);

    if (!size)
        return 0;
    check_form(bytes);
    check_base64url(bytes);
    check_jwt(bytes);
    return 0;
}
