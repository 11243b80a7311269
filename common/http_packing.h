/* SPDX-License-Identifier: Apache-2.0 */
/* http_packing.h: Content-Encoding gzip and deflate of whole bodies. Pure. (P) */
#ifndef SFSINK_COMMON_HTTP_PACKING_H
#define SFSINK_COMMON_HTTP_PACKING_H

#include "common/buffer.h"

/* Unpacks gzip or zlib, whichever the bytes are, into an empty buffer. False if they are neither, are cut short, or do
 * not fit below the buffer's ceiling (then it is `full`). */
bool http_unpack(struct text packed, struct buffer *out);

/* The bytes as gzip, malloc'd; *len is their number. */
char *http_pack(struct text plain, size_t *len);

#endif
