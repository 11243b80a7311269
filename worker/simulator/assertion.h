/* SPDX-License-Identifier: Apache-2.0 */
/* assertion.h: the signed assertion of the JWT bearer flow. Pure: the time is an argument. */
#ifndef SFSINK_WORKER_SIMULATOR_ASSERTION_H
#define SFSINK_WORKER_SIMULATOR_ASSERTION_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct assertion {
    json_t *claims; /* ours */
    char *signed_part;
    unsigned char *signature;
    size_t signature_len;
};

/* Takes it apart; false: it is none, or not RS256. Release it either way. */
bool assertion_read(struct assertion *a, const char *text);
void assertion_release(struct assertion *a);

bool assertion_signed_by(const struct assertion *a, const char *public_key_pem);
const char *assertion_user(const struct assertion *a); /* prn, else sub; NULL: neither */
bool assertion_in_time(const struct assertion *a,
                       int64_t wall_ms); /* exp: not past, not more than five minutes ahead */
bool assertion_is_for(const struct assertion *a, const char *own_url); /* aud */

#endif
