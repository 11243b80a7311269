/* SPDX-License-Identifier: Apache-2.0 */
#include "common/http_packing.h"

#include "common/memory.h"

#include <stdint.h>
#include <zlib.h>

enum {
    BLOCK_BYTES = 32768,
    GZIP_WINDOW = 15 + 16,
    ANY_WINDOW = 15 + 32, /* gzip or zlib, by its head */
    MEMORY_LEVEL = 8
};

bool http_unpack(struct text packed, struct buffer *out)
{
    char block[BLOCK_BYTES];
    z_stream z = {.next_in = (Bytef *)(uintptr_t)packed.at, .avail_in = (uInt)packed.len};
    int rc = inflateInit2(&z, ANY_WINDOW);

    if (rc != Z_OK)
        memory_exhausted();
    do {
        z.next_out = (Bytef *)block;
        z.avail_out = sizeof block;
        rc = inflate(&z, Z_NO_FLUSH);
        buffer_add(out, block, sizeof block - z.avail_out);
    } while (rc == Z_OK && !out->full);
    inflateEnd(&z);
    return rc == Z_STREAM_END && !out->full;
}

char *http_pack(struct text plain, size_t *len)
{
    z_stream z = {.next_in = (Bytef *)(uintptr_t)plain.at, .avail_in = (uInt)plain.len};
    if (deflateInit2(&z, Z_BEST_SPEED, Z_DEFLATED, GZIP_WINDOW, MEMORY_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK)
        memory_exhausted();

    size_t room = deflateBound(&z, (uLong)plain.len);
    char *packed = xmalloc(room);
    z.next_out = (Bytef *)packed;
    z.avail_out = (uInt)room;
    if (deflate(&z, Z_FINISH) != Z_STREAM_END)
        bug("deflate did not finish");
    *len = z.total_out;
    deflateEnd(&z);
    return packed;
}
