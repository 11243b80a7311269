/* SPDX-License-Identifier: Apache-2.0 */
#include "common/jwt.h"

#include "common/base64url.h"
#include "common/memory.h"

#include <jansson.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdlib.h>

/* An encrypted key would make OpenSSL ask for its password on the terminal. */
static int no_password(char *to, int size, int writing, void *context)
{
    (void)to, (void)size, (void)writing, (void)context;
    return 0;
}

static EVP_PKEY *read_key(const char *pem, struct error *e)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    if (!bio)
        memory_exhausted();
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);

    BIO_free(bio);
    if (key && EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA)
        return key;
    error_set(e, STATUS_CONFIGURATION, "the private key %s",
              key ? "is not an RSA key" : "is not an unencrypted private key in PEM form");
    error_hint(e, "give the whole PEM text, which begins with -----BEGIN PRIVATE KEY-----");
    EVP_PKEY_free(key);
    ERR_clear_error();
    return NULL;
}

static char *sign(EVP_PKEY *key, const char *text)
{
    size_t size = (size_t)EVP_PKEY_get_size(key);
    unsigned char *bytes = xmalloc(size);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (!context)
        memory_exhausted();
    if (EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key) != 1 ||
        EVP_DigestSign(context, bytes, &size, (const unsigned char *)text, strlen(text)) != 1)
        bug("an RSA key that cannot sign");
    EVP_MD_CTX_free(context);

    char *out = base64url(text_make((const char *)bytes, size));
    free(bytes);
    return out;
}

static char *encode_claims(const struct jwt_claims *claims)
{
    json_t *all = json_pack("{s:s, s:s, s:s, s:I}", "iss", claims->issuer, "sub", claims->subject, "aud",
                            claims->audience, "exp", (json_int_t)claims->expires_s);
    char *text = json_dumps(all, JSON_COMPACT), *out = base64url(text_of(text ? text : "{}"));

    json_decref(all);
    free(text);
    return out;
}

char *jwt_sign(const struct jwt_claims *claims, const char *private_key, struct error *e)
{
    EVP_PKEY *key = read_key(private_key, e);
    if (!key)
        return NULL;
    char *header = base64url(text_of("{\"alg\":\"RS256\"}")), *body = encode_claims(claims);
    char *signed_part = xasprintf("%s.%s", header, body), *signature = sign(key, signed_part);
    char *token = xasprintf("%s.%s", signed_part, signature);

    EVP_PKEY_free(key);
    free(header);
    free(body);
    free(signed_part);
    free(signature);
    return token;
}
