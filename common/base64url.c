/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base64url.h"

#include "common/memory.h"

#include <openssl/evp.h>

char *base64url(struct text bytes)
{
    char *out = xmalloc((bytes.len + 2) / 3 * 4 + 1);

    EVP_EncodeBlock((unsigned char *)out, (const unsigned char *)bytes.at, (int)bytes.len);
    out[strcspn(out, "=")] = '\0';
    for (char *p = out; *p; p++) {
        if (*p == '+')
            *p = '-';
        else if (*p == '/')
            *p = '_';
    }
    return out;
}
