/* SPDX-License-Identifier: Apache-2.0 */
/* jwt.h: the signed assertion of OAuth's JWT bearer flow.
 *
 *     base64url({"alg":"RS256"}) . base64url({"iss":…,"sub":…,"aud":…,"exp":…}) . base64url(RSA-SHA256 of both)
 *
 * Signed by OpenSSL. The key is never part of an error's text. */
#ifndef SFSINK_COMMON_JWT_H
#define SFSINK_COMMON_JWT_H

#include "common/error.h"

#include <stdint.h>

struct jwt_claims {
    const char *issuer, *subject, *audience;
    int64_t expires_s; /* seconds since 1970 */
};

/* A new string; NULL and an error (STATUS_CONFIGURATION) if `private_key` is no RSA key in PEM. */
char *jwt_sign(const struct jwt_claims *claims, const char *private_key, struct error *e);

#endif
