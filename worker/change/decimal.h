/* SPDX-License-Identifier: Apache-2.0 */
/* decimal.h: numbers as text, digit for digit; never through a double. Pure. */
#ifndef SFSINK_WORKER_CHANGE_DECIMAL_H
#define SFSINK_WORKER_CHANGE_DECIMAL_H

#include "common/buffer.h"

#include <stdint.h>

enum { DECIMAL_LONGEST = 400 }; /* digits that an exponent may make of a number */

/* Appends a JSON number without exponent: 1.5E3 is 1500, 1.10 stays 1.10, -0 is 0. False: more than DECIMAL_LONGEST digits. */
bool decimal_plain(struct text number, struct buffer *out);

/* Appends the number as an integer, or returns false if it is none (5.0 and 1e3 are). */
bool decimal_integer(struct text number, struct buffer *out);

/* What people type as a number ("+5", " 007 ", ".5", "5.") as a JSON number. False if it is none. */
bool decimal_of_text(struct text t, struct buffer *out);

/* The largest integer that is not above the number, and what is above it in thousandths (0 to 999, cut). False: beyond 64 bits. */
bool decimal_split(struct text number, int64_t *whole, int64_t *thousandths);

/* Kafka Connect's Decimal: base64 of a big-endian two's complement integer, times 10^-scale. Appends a JSON number.
 * NULL, or why not (a constant). */
const char *decimal_of_base64(struct text base64, int scale, struct buffer *out);

/* Debezium's Bits: base64 of a little-endian unsigned integer. NULL, or why not (a constant). */
const char *decimal_of_bits(struct text base64, struct buffer *out);

#endif
