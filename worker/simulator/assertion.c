/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/simulator/assertion.h"

#include "common/memory.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST_AHEAD_MS = 300000 };

/* base64url without padding; malloc'd; NULL: it is none. */
static unsigned char *decode(const char *text, size_t len, size_t *out_len)
{
    size_t padded = (len + 3) / 4 * 4;
    char *base64 = xmalloc(padded + 1);
    unsigned char *out = xmalloc(padded + 1);

    for (size_t i = 0; i < padded; i++)
        base64[i] = (char)(i >= len ? '=' : text[i] == '-' ? '+' : text[i] == '_' ? '/' : text[i]);
    int n = len % 4 == 1 ? -1 : EVP_DecodeBlock(out, (const unsigned char *)base64, (int)padded);
    free(base64);
    if (n < 0) {
        free(out);
        return NULL;
    }
    *out_len = (size_t)n - (padded - len);
    out[*out_len] = '\0';
    return out;
}

static json_t *decode_json(const char *text, size_t len)
{
    size_t n = 0;
    unsigned char *bytes = decode(text, len, &n);
    json_t *value = bytes ? json_loadb((const char *)bytes, n, 0, NULL) : NULL;
    free(bytes);
    return value;
}

bool assertion_read(struct assertion *a, const char *text)
{
    const char *claims = strchr(text, '.'), *signature = claims ? strchr(claims + 1, '.') : NULL;

    *a = (struct assertion){.claims = NULL};
    if (!signature || strlen(text) > 16384)
        return false;
    json_t *header = decode_json(text, (size_t)(claims - text));
    const char *alg = json_string_value(json_object_get(header, "alg"));
    bool rs256 = alg && strcmp(alg, "RS256") == 0;
    json_decref(header);
    a->claims = decode_json(claims + 1, (size_t)(signature - claims - 1));
    a->signature = decode(signature + 1, strlen(signature + 1), &a->signature_len);
    a->signed_part = xstrndup(text, (size_t)(signature - text));
    return rs256 && json_is_object(a->claims) && a->signature;
}

void assertion_release(struct assertion *a)
{
    json_decref(a->claims);
    free(a->signed_part);
    free(a->signature);
    *a = (struct assertion){.claims = NULL};
}

bool assertion_signed_by(const struct assertion *a, const char *public_key_pem)
{
    BIO *in = BIO_new_mem_buf(public_key_pem, -1);
    EVP_PKEY *key = in ? PEM_read_bio_PUBKEY(in, NULL, NULL, NULL) : NULL;
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    bool good = key && md && EVP_DigestVerifyInit(md, NULL, EVP_sha256(), NULL, key) == 1 &&
                EVP_DigestVerify(md, a->signature, a->signature_len, (const unsigned char *)a->signed_part,
                                 strlen(a->signed_part)) == 1;

    EVP_MD_CTX_free(md);
    EVP_PKEY_free(key);
    BIO_free(in);
    return good;
}

const char *assertion_user(const struct assertion *a)
{
    const char *prn = json_string_value(json_object_get(a->claims, "prn"));
    return prn ? prn : json_string_value(json_object_get(a->claims, "sub"));
}

bool assertion_in_time(const struct assertion *a, int64_t wall_ms)
{
    const json_t *exp = json_object_get(a->claims, "exp");
    double until_ms = json_is_string(exp) ? strtod(json_string_value(exp), NULL) * 1000 : json_number_value(exp) * 1000;
    return until_ms > (double)wall_ms && until_ms <= (double)(wall_ms + LONGEST_AHEAD_MS);
}

bool assertion_is_for(const struct assertion *a, const char *own_url)
{
    const char *const allowed[] = {"https://login.salesforce.com", "https://test.salesforce.com", own_url};
    const char *aud = json_string_value(json_object_get(a->claims, "aud"));

    for (size_t i = 0; aud && i < sizeof allowed / sizeof *allowed; i++)
        if (strcmp(aud, allowed[i]) == 0)
            return true;
    return false;
}
