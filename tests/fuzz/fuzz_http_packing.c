/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a gzip or zlib body, bombs too: never beyond the ceiling, and what was unpacked packs and unpacks to itself. */
#include "common/http_packing.h"
#include "common/memory.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CEILING = 1 << 18 };

static void check_round_trip(struct text plain)
{
    struct buffer again = BUFFER_INIT(CEILING);
    size_t len;
    char *packed = http_pack(plain, &len);

    if (!http_unpack(text_make(packed, len), &again) || !text_equal(buffer_text(&again), plain))
        bug("what was packed does not come back");
    free(packed);
    buffer_release(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text bytes = text_make((const char *)data, size);
    struct buffer out = BUFFER_INIT(CEILING);
    bool good = http_unpack(bytes, &out);

    if (out.len > CEILING || (good && out.full))
        bug("%zu bytes, more than may be", out.len);
    if (good)
        check_round_trip(buffer_text(&out));
    check_round_trip(bytes);
    buffer_release(&out);
    return 0;
}
