/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/simulator/tokens.h"

#include "common/memory.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#define uthash_fatal(msg) memory_exhausted()
#include <uthash.h>

enum { MOST_APPROVALS = 5, RANDOM_BYTES = 48, TOKEN_SIZE = 128 };

enum kind { KIND_CODE, KIND_ACCESS, KIND_REFRESH };

struct token {
    char text[TOKEN_SIZE];
    enum kind kind;
    bool used_up;
    int64_t until_ms;
    struct owned_approval *of;
    char *redirect_uri, *challenge; /* of a code */
    UT_hash_handle hh;
};

struct owned_approval {
    struct approval approval; /* first: callers hold this */
    struct owned_approval *next;
};

struct tokens {
    struct token *all;
    struct owned_approval *approvals; /* newest first */
    uint64_t count;
};

struct tokens *tokens_new(void)
{
    return xcalloc(1, sizeof(struct tokens));
}

void tokens_clear(struct tokens *t)
{
    struct token *token, *next;

    HASH_ITER(hh, t->all, token, next)
    {
        HASH_DEL(t->all, token);
        free(token->redirect_uri);
        free(token->challenge);
        free(token);
    }
    while (t->approvals) {
        struct owned_approval *a = t->approvals;
        t->approvals = a->next;
        free(a->approval.client_id);
        free(a->approval.username);
        free(a->approval.scope);
        free(a);
    }
}

void tokens_free(struct tokens *t)
{
    if (t)
        tokens_clear(t);
    free(t);
}

struct approval *tokens_approve(struct tokens *t, const char *client_id, const char *username, const char *scope)
{
    struct owned_approval *a = xcalloc(1, sizeof *a);

    a->approval = (struct approval){xstrdup(client_id), xstrdup(username), xstrdup(scope), ++t->count, false, false};
    a->next = t->approvals;
    t->approvals = a;
    return &a->approval;
}

static void random_text(const char *start, const char *end, char text[TOKEN_SIZE])
{
    unsigned char bytes[RANDOM_BYTES];
    char encoded[RANDOM_BYTES * 2];

    if (RAND_bytes(bytes, sizeof bytes) != 1)
        bug("no random numbers");
    EVP_EncodeBlock((unsigned char *)encoded, bytes, sizeof bytes);
    for (char *c = encoded; *c; c++)
        *c = (char)(*c == '+' ? '.' : *c == '/' ? '_' : *c);
    snprintf(text, TOKEN_SIZE, "%s%s%s", start, encoded, end);
}

static struct token *add(struct tokens *t, struct approval *a, enum kind kind, int64_t until_ms)
{
    static const char *const starts[] = {"aPrx", "00D5f0000000001!", "5Aep8615"};
    struct token *token = xcalloc(1, sizeof *token);

    random_text(starts[kind], kind == KIND_CODE ? "==" : "", token->text);
    token->kind = kind;
    token->until_ms = until_ms;
    token->of = (struct owned_approval *)a;
    HASH_ADD_STR(t->all, text, token);
    return token;
}

const char *tokens_new_code(struct tokens *t, struct approval *a, struct code bound, int64_t until_ms)
{
    struct token *token = add(t, a, KIND_CODE, until_ms);
    token->redirect_uri = xstrdup(bound.redirect_uri);
    token->challenge = xstrdup(bound.challenge);
    return token->text;
}

const char *tokens_new_access(struct tokens *t, struct approval *a, int64_t until_ms)
{
    return add(t, a, KIND_ACCESS, until_ms)->text;
}

/* Newest first in the list, so the sixth that fits is the one too many. */
static void end_oldest(struct tokens *t, const struct approval *newest)
{
    int n = 0;

    for (struct owned_approval *a = t->approvals; a; a = a->next)
        if (!a->approval.ended && a->approval.refreshable && strcmp(a->approval.client_id, newest->client_id) == 0 &&
            strcmp(a->approval.username, newest->username) == 0 && ++n > MOST_APPROVALS)
            a->approval.ended = true;
}

const char *tokens_new_refresh(struct tokens *t, struct approval *a)
{
    struct token *token, *next;

    HASH_ITER(hh, t->all, token, next)
    if (&token->of->approval == a && token->kind == KIND_REFRESH)
        token->used_up = true;
    a->refreshable = true;
    end_oldest(t, a);
    return add(t, a, KIND_REFRESH, INT64_MAX)->text;
}

static struct token *find(struct tokens *t, const char *text, enum kind kind)
{
    struct token *token;
    HASH_FIND_STR(t->all, text, token);
    return token && token->kind == kind ? token : NULL;
}

struct approval *tokens_take_code(struct tokens *t, const char *code, int64_t now_ms, struct code *bound)
{
    struct token *token = find(t, code, KIND_CODE);

    if (!token || token->used_up || token->until_ms <= now_ms || token->of->approval.ended)
        return NULL;
    token->used_up = true;
    *bound = (struct code){token->redirect_uri, token->challenge};
    return &token->of->approval;
}

struct approval *tokens_access(struct tokens *t, const char *text, int64_t now_ms, int64_t slide_ms)
{
    struct token *token = find(t, text, KIND_ACCESS);

    if (!token || token->until_ms <= now_ms || token->of->approval.ended)
        return NULL;
    if (slide_ms > 0)
        token->until_ms = now_ms + slide_ms;
    return &token->of->approval;
}

struct approval *tokens_refresh(struct tokens *t, const char *text, const char *client_id)
{
    struct token *token = find(t, text, KIND_REFRESH);

    if (!token || token->of->approval.ended || strcmp(token->of->approval.client_id, client_id) != 0)
        return NULL;
    if (token->used_up)
        token->of->approval.ended = true;
    return token->used_up ? NULL : &token->of->approval;
}

struct token_facts tokens_inspect(struct tokens *t, const char *text, int64_t now_ms)
{
    struct token *token;

    HASH_FIND_STR(t->all, text, token);
    if (!token || token->kind == KIND_CODE || token->used_up || token->until_ms <= now_ms || token->of->approval.ended)
        return (struct token_facts){.approval = NULL};
    return (struct token_facts){&token->of->approval, token->kind == KIND_REFRESH, token->until_ms};
}

bool tokens_revoke(struct tokens *t, const char *text)
{
    struct token *token;

    HASH_FIND_STR(t->all, text, token);
    if (!token || token->kind == KIND_CODE || token->of->approval.ended)
        return false;
    if (token->kind == KIND_REFRESH)
        token->of->approval.ended = true;
    else
        token->until_ms = 0;
    return true;
}

size_t tokens_expire_all(struct tokens *t)
{
    struct token *token, *next;
    size_t n = 0;

    HASH_ITER(hh, t->all, token, next)
    if (token->kind == KIND_ACCESS && token->until_ms) {
        token->until_ms = 0;
        n++;
    }
    return n;
}

size_t tokens_revoke_all(struct tokens *t)
{
    size_t n = 0;

    for (struct owned_approval *a = t->approvals; a; a = a->next) {
        n += !a->approval.ended;
        a->approval.ended = true;
    }
    return n;
}

json_t *tokens_show(const struct tokens *t, int64_t now_ms)
{
    json_t *all = json_array();

    for (const struct owned_approval *a = t->approvals; a; a = a->next) {
        int alive = 0;
        for (const struct token *token = t->all; token; token = token->hh.next)
            alive += token->of == a && token->kind == KIND_ACCESS && token->until_ms > now_ms;
        json_array_append_new(
            all, json_pack("{s:I, s:s, s:s, s:s, s:b, s:b, s:i}", "number", (json_int_t)a->approval.number, "client_id",
                           a->approval.client_id, "user", a->approval.username, "scope", a->approval.scope,
                           "refreshable", a->approval.refreshable, "ended", a->approval.ended, "access_tokens", alive));
    }
    return all;
}
