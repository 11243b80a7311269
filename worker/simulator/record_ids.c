/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/simulator/record_ids.h"

#include <ctype.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum { SHORT_ID = 15, LONG_ID = 18 };

static void add_suffix(char id[RECORD_ID_SIZE])
{
    for (size_t block = 0; block < 3; block++) {
        unsigned bits = 0;
        for (size_t i = 0; i < 5; i++)
            if (isupper((unsigned char)id[block * 5 + i]))
                bits |= 1u << i;
        id[SHORT_ID + block] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"[bits];
    }
    id[LONG_ID] = '\0';
}

void record_id_make(const char prefix[4], uint64_t number, char id[RECORD_ID_SIZE])
{
    static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    snprintf(id, RECORD_ID_SIZE, "%.3s5f0", prefix);
    for (int i = SHORT_ID - 1; i >= 6; i--) {
        id[i] = digits[number % 62];
        number /= 62;
    }
    add_suffix(id);
}

bool record_id_read(const char *text, char id[RECORD_ID_SIZE])
{
    size_t len = strlen(text);

    if (len != SHORT_ID && len != LONG_ID)
        return false;
    for (size_t i = 0; i < len; i++)
        if (!isalnum((unsigned char)text[i]))
            return false;
    memcpy(id, text, SHORT_ID);
    add_suffix(id);
    return len == SHORT_ID || memcmp(id + SHORT_ID, text + SHORT_ID, 3) == 0;
}
