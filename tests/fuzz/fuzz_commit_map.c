/* SPDX-License-Identifier: Apache-2.0 */
/* Any text beside a commit: ignored, or a map whose runs rise and hold what they say; written again it is the same map.
 * The first eight bytes are the commit point. Bytes after a '#' are a map's insides, sealed as a worker would, so that the
 * checksum does not keep everything out. */
#include "common/memory.h"
#include "worker/engine/commit_map.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *seal(const uint8_t *data, size_t size)
{
    unsigned char bytes[COMMIT_MAP_BYTES_MAX];
    size_t len = size < sizeof bytes - 4 ? size : sizeof bytes - 4;
    memcpy(bytes, data, len);
    uint32_t crc = (uint32_t)crc32(0, bytes, (uInt)len);
    for (int i = 0; i < 4; i++)
        bytes[len + (size_t)i] = (unsigned char)(crc >> 8 * i);
    char *text = xmalloc(COMMIT_MAP_TEXT_MAX + 8);
    memcpy(text, "s1:", 3);
    EVP_EncodeBlock((unsigned char *)text + 3, bytes, (int)len + 4);
    return text;
}

static void check(const struct commit_map *m, int64_t base)
{
    struct commit_map_writer w;
    int64_t from = base, to, end = base;
    commit_map_begin(&w, base);
    while (commit_map_next_run(m, &from, &to)) {
        if (from < end || to <= from)
            bug("runs that do not rise");
        if (!commit_map_holds(m, from) || !commit_map_holds(m, to - 1) || !commit_map_reaches(m, to - 1))
            bug("a run that is not held");
        commit_map_add(&w, from, to);
        from = end = to;
    }
    char *again = commit_map_end(&w);
    struct commit_map *same = again ? commit_map_parse(again, base) : NULL;
    if (again && !same)
        bug("what was written cannot be read");
    commit_map_free(same);
    free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t base = 0;
    if (size < 9)
        return 0;
    for (int i = 0; i < 8; i++)
        base |= (uint64_t)data[i] << 8 * i;
    base &= INT64_MAX;
    data += 8, size -= 8;
    char *text = *data == '#' ? seal(data + 1, size - 1) : xcalloc(size + 1, 1);
    if (*data != '#')
        memcpy(text, data, size);
    struct commit_map *m = commit_map_parse(text, (int64_t)base);
    if (m)
        check(m, (int64_t)base);
    commit_map_free(m);
    free(text);
    return 0;
}
