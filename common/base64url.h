/* SPDX-License-Identifier: Apache-2.0 */
/* base64url.h: bytes as RFC 4648's URL-safe base64 without padding, as JWT and PKCE want it. Pure. */
#ifndef SFSINK_COMMON_BASE64URL_H
#define SFSINK_COMMON_BASE64URL_H

#include "common/text.h"

char *base64url(struct text bytes); /* a new string */

#endif
