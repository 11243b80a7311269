/* SPDX-License-Identifier: Apache-2.0 */
/* The assertion is taken apart again and its signature verified with the public half of a key made here. */
#include "common/base64url.h"
#include "common/jwt.h"
#include "common/memory.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define N(a) (sizeof(a) / sizeof *(a))

static EVP_PKEY *key;

static int make_key(void **state)
{
    (void)state;
    key = EVP_RSA_gen(2048);
    return key ? 0 : -1;
}

static int free_key(void **state)
{
    (void)state;
    EVP_PKEY_free(key);
    return 0;
}

static char *pem_of(EVP_PKEY *k, const char *password)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *bytes, *pem;

    PEM_write_bio_PrivateKey(bio, k, password ? EVP_aes_128_cbc() : NULL, (const unsigned char *)password,
                             password ? 4 : 0, NULL, NULL);
    long len = BIO_get_mem_data(bio, &bytes);
    pem = xstrndup(bytes, (size_t)len);
    BIO_free(bio);
    return pem;
}

static const struct {
    const char *plain, *encoded;
} encodings[] = {{"", ""},
                 {"f", "Zg"},
                 {"fo", "Zm8"},
                 {"foo", "Zm9v"},
                 {"\xfb\xff\xfe", "-__-"},
                 {"{\"alg\":\"RS256\"}", "eyJhbGciOiJSUzI1NiJ9"}};

static void encoding(void **state)
{
    (void)state;
    for (size_t i = 0; i < N(encodings); i++) {
        char *s = base64url(text_of(encodings[i].plain));
        assert_string_equal(s, encodings[i].encoded);
        free(s);
    }
}

/* base64url to bytes; the length without what padding added. */
static unsigned char *decode(struct text t, size_t *len)
{
    size_t padded = (t.len + 3) / 4 * 4;
    char *copy = xmalloc(padded + 1);
    unsigned char *bytes = xmalloc(padded + 1);

    memset(copy, '=', padded);
    memcpy(copy, t.at, t.len);
    for (size_t i = 0; i < t.len; i++)
        copy[i] = copy[i] == '-' ? '+' : copy[i] == '_' ? '/' : copy[i];
    int n = EVP_DecodeBlock(bytes, (unsigned char *)copy, (int)padded);
    assert_true(n >= 0);
    *len = (size_t)n - (padded - t.len);
    bytes[*len] = '\0';
    free(copy);
    return bytes;
}

static void signed_by_the_key(void **state)
{
    struct jwt_claims claims = {"client", "user@example.com", "https://login.salesforce.com", 1700000000};
    struct error e = {0};
    char *pem = pem_of(key, NULL), *token = jwt_sign(&claims, pem, &e);
    (void)state;

    assert_non_null(token);
    char *first = strchr(token, '.'), *second = strchr(first + 1, '.');
    size_t len;
    unsigned char *body = decode(text_make(first + 1, (size_t)(second - first - 1)), &len);
    assert_string_equal(body, "{\"iss\":\"client\",\"sub\":\"user@example.com\",\"aud\":\"https://"
                              "login.salesforce.com\",\"exp\":1700000000}");
    free(body);
    assert_memory_equal(token, "eyJhbGciOiJSUzI1NiJ9.", 21);

    unsigned char *signature = decode(text_of(second + 1), &len);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key), 1);
    assert_int_equal(EVP_DigestVerify(context, signature, len, (unsigned char *)token, (size_t)(second - token)), 1);
    EVP_MD_CTX_free(context);
    free(signature);
    free(token);
    free(pem);
}

static void keys_that_are_none(void **state)
{
    struct jwt_claims claims = {"client", "user", "https://login.salesforce.com", 1};
    EVP_PKEY *elliptic = EVP_EC_gen("P-256");
    char *keys[] = {xstrdup(""), xstrdup("secret words"), pem_of(elliptic, NULL), pem_of(key, "pass")};
    (void)state;

    for (size_t i = 0; i < N(keys); i++) {
        struct error e = {0};
        assert_null(jwt_sign(&claims, keys[i], &e));
        assert_int_equal(e.status, STATUS_CONFIGURATION);
        assert_true(e.hint[0] != '\0');
        assert_null(strstr(e.text, "secret"));
        free(keys[i]);
    }
    EVP_PKEY_free(elliptic);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(encoding), cmocka_unit_test(signed_by_the_key),
                                       cmocka_unit_test(keys_that_are_none)};

    return cmocka_run_group_tests_name("jwt", tests, make_key, free_key);
}
