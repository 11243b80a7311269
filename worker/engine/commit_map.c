/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/engine/commit_map.h"

#include "common/memory.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

static const char tag[] = "s1:";
enum { TAG_LEN = sizeof tag - 1, CRC_LEN = 4, VARINT_MAX = 10 };

struct run {
    int64_t from, to; /* to: not included */
};

struct commit_map {
    size_t nruns;
    struct run runs[];
};

/* ---- writing ---- */

static size_t put_varint(unsigned char *at, uint64_t n)
{
    size_t len = 0;
    for (; n >= 0x80; n >>= 7)
        at[len++] = (unsigned char)(n | 0x80);
    at[len++] = (unsigned char)n;
    return len;
}

void commit_map_begin(struct commit_map_writer *w, int64_t base)
{
    w->base = w->end = base;
    w->len = put_varint(w->bytes, (uint64_t)base);
}

void commit_map_add(struct commit_map_writer *w, int64_t from, int64_t to)
{
    unsigned char run[2 * VARINT_MAX];
    size_t len = put_varint(run, (uint64_t)(from - w->end));
    len += put_varint(run + len, (uint64_t)(to - from));
    if (w->len + len + CRC_LEN > sizeof w->bytes)
        return;
    memcpy(w->bytes + w->len, run, len);
    w->len += len;
    w->end = to;
}

static uint32_t checksum(const unsigned char *bytes, size_t len)
{
    return (uint32_t)crc32(0, bytes, (uInt)len);
}

char *commit_map_end(struct commit_map_writer *w)
{
    if (w->end == w->base)
        return NULL;
    uint32_t crc = checksum(w->bytes, w->len);
    for (int i = 0; i < CRC_LEN; i++)
        w->bytes[w->len++] = (unsigned char)(crc >> 8 * i);
    char *text = xmalloc(COMMIT_MAP_TEXT_MAX + 1);
    memcpy(text, tag, TAG_LEN);
    EVP_EncodeBlock((unsigned char *)text + TAG_LEN, w->bytes, (int)w->len);
    return text;
}

/* ---- reading ---- */

struct reader {
    const unsigned char *at, *end;
    bool bad;
};

static int64_t get_varint(struct reader *r)
{
    uint64_t n = 0;
    for (int shift = 0; shift < 63; shift += 7) {
        if (r->at == r->end)
            break;
        n |= (uint64_t)(*r->at & 0x7f) << shift;
        if (!(*r->at++ & 0x80))
            return (int64_t)n;
    }
    r->bad = true;
    return 0;
}

/* Base64 of whole quadruples; the length, or 0 if it is none. (EVP_DecodeBlock() counts the padding as bytes, and skips
 * blanks in front.) */
static size_t decode(const char *text, unsigned char *bytes)
{
    size_t len = strlen(text);
    if (len < TAG_LEN || len > COMMIT_MAP_TEXT_MAX || memcmp(text, tag, TAG_LEN) != 0)
        return 0;
    len -= TAG_LEN;
    text += TAG_LEN;
    if (len == 0 || len % 4 != 0)
        return 0;
    int n = EVP_DecodeBlock(bytes, (const unsigned char *)text, (int)len);
    int padding = (text[len - 1] == '=') + (text[len - 2] == '=');
    return n < padding ? 0 : (size_t)(n - padding);
}

static bool is_intact(const unsigned char *bytes, size_t len)
{
    uint32_t crc = 0;
    if (len <= CRC_LEN)
        return false;
    for (size_t i = 0; i < CRC_LEN; i++)
        crc |= (uint32_t)bytes[len - CRC_LEN + i] << 8 * i;
    return crc == checksum(bytes, len - CRC_LEN);
}

static void read_run(struct reader *r, struct commit_map *m, int64_t *end)
{
    int64_t distance = get_varint(r), length = get_varint(r);
    if (r->bad || length == 0 || distance > INT64_MAX - *end || length > INT64_MAX - *end - distance) {
        r->bad = true;
        return;
    }
    m->runs[m->nruns++] = (struct run){*end + distance, *end + distance + length};
    *end += distance + length;
}

struct commit_map *commit_map_parse(const char *text, int64_t base)
{
    unsigned char bytes[COMMIT_MAP_BYTES_MAX + 3];
    size_t len = decode(text, bytes);
    if (!is_intact(bytes, len))
        return NULL;
    struct reader r = {bytes, bytes + len - CRC_LEN, false};
    struct commit_map *m = xcalloc(1, sizeof *m + len / 2 * sizeof m->runs[0]);
    int64_t end = get_varint(&r);
    r.bad = r.bad || end != base || r.at == r.end;
    while (!r.bad && r.at < r.end)
        read_run(&r, m, &end);
    if (!r.bad)
        return m;
    free(m);
    return NULL;
}

void commit_map_free(struct commit_map *m)
{
    free(m);
}

/* The index of the first run that ends above the offset. */
static size_t run_above(const struct commit_map *m, int64_t offset)
{
    size_t low = 0, high = m->nruns;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (m->runs[middle].to <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool commit_map_holds(const struct commit_map *m, int64_t offset)
{
    size_t i = run_above(m, offset);
    return i < m->nruns && m->runs[i].from <= offset;
}

bool commit_map_next_run(const struct commit_map *m, int64_t *from, int64_t *to)
{
    size_t i = run_above(m, *from);
    if (i == m->nruns)
        return false;
    if (m->runs[i].from > *from)
        *from = m->runs[i].from;
    *to = m->runs[i].to;
    return true;
}

bool commit_map_reaches(const struct commit_map *m, int64_t offset)
{
    return offset < m->runs[m->nruns - 1].to;
}
