/* SPDX-License-Identifier: Apache-2.0 */
/* soql_lexer.h: the words of a SOQL statement. Pure. Part of soql_parse(). */
#ifndef SFSINK_WORKER_SIMULATOR_SOQL_LEXER_H
#define SFSINK_WORKER_SIMULATOR_SOQL_LEXER_H

#include "common/buffer.h"

enum soql_word {
    WORD_END,
    WORD_NAME,   /* a.b, keywords too */
    WORD_STRING, /* unescaped in `text` */
    WORD_NUMBER, /* and dates: what begins with a digit or a sign */
    WORD_SIGN,   /* ( ) , = != <> < <= > >= */
    WORD_BAD     /* `why` says what */
};

struct soql_lexer {
    struct text rest;
    const char *start; /* of the statement */
    enum soql_word word;
    struct buffer text; /* of the word */
    size_t at;          /* where it began, from 0 */
    const char *why;
};

void soql_lexer_init(struct soql_lexer *l, struct text statement); /* at the first word */
void soql_lexer_release(struct soql_lexer *l);
void soql_lexer_next(struct soql_lexer *l);

bool soql_lexer_is(const struct soql_lexer *l, const char *word); /* a name in any case, or a sign */

#endif
