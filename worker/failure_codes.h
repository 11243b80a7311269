/* SPDX-License-Identifier: Apache-2.0 */
/* failure_codes.h: sfsink's own error codes, for events that are refused before Salesforce sees them.
 *
 * Salesforce's codes go as they are. The table below is what the documentation prints: `sfsink help codes`. */
#ifndef SFSINK_WORKER_FAILURE_CODES_H
#define SFSINK_WORKER_FAILURE_CODES_H

#include <stddef.h>

#define CODE_DECODE_JSON "DECODE_JSON"
#define CODE_DECODE_MAGIC_BYTE "DECODE_MAGIC_BYTE"
#define CODE_DECODE_ROW "DECODE_ROW"
#define CODE_DECODE_OPERATION "DECODE_OPERATION"
#define CODE_KEY_MISSING "KEY_MISSING"
#define CODE_VERSION_MISSING "VERSION_MISSING"
#define CODE_MAP_REQUIRED "MAP_REQUIRED"
#define CODE_MAP_TYPE "MAP_TYPE"
#define CODE_MAP_CONVERT "MAP_CONVERT"
#define CODE_MAP_TEXT "MAP_TEXT"
#define CODE_MAP_JQ "MAP_JQ"
#define CODE_MAP_WHERE "MAP_WHERE"
#define CODE_DELETE_UNWANTED "DELETE_UNWANTED"
#define CODE_ROUTE_MISSING "ROUTE_MISSING"

struct failure_code {
    const char *code, *meaning, *remedy;
};

extern const struct failure_code failure_codes[];
extern const size_t nfailure_codes;

/* As a table of Markdown; a new string, free() it. */
char *failure_codes_markdown(void);

#endif
