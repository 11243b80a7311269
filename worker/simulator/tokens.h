/* SPDX-License-Identifier: Apache-2.0 */
/* tokens.h: authorization codes, access tokens and refresh tokens, and the approval that they come from.
 *
 *     approval (user, app, scope) ──► refresh token ──► access tokens
 *
 * Revoking a refresh token, or using one that was rotated away, ends the whole approval. At most five approvals with a refresh token live for one
 * user and app: a sixth ends the oldest. Texts are lent and stay good until tokens_clear(). Not thread-safe: the world's lock is around it. */
#ifndef SFSINK_WORKER_SIMULATOR_TOKENS_H
#define SFSINK_WORKER_SIMULATOR_TOKENS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct tokens;

struct approval {
    char *client_id, *username, *scope;
    uint64_t number; /* rises */
    bool ended, refreshable;
};

/* What an authorization code is bound to. */
struct code {
    const char *redirect_uri, *challenge; /* challenge "": none */
};

struct tokens *tokens_new(void);
void tokens_free(struct tokens *t);
void tokens_clear(struct tokens *t);

struct approval *tokens_approve(struct tokens *t, const char *client_id, const char *username, const char *scope);

const char *tokens_new_code(struct tokens *t, struct approval *a, struct code bound, int64_t until_ms);
const char *tokens_new_access(struct tokens *t, struct approval *a, int64_t until_ms);
const char *tokens_new_refresh(struct tokens *t,
                               struct approval *a); /* the older ones of this approval are then used up */

/* NULL: unknown, expired or used. A code works once. */
struct approval *tokens_take_code(struct tokens *t, const char *code, int64_t now_ms, struct code *bound);
/* A token that is alive; slide_ms > 0: it lives so much longer from now. */
struct approval *tokens_access(struct tokens *t, const char *token, int64_t now_ms, int64_t slide_ms);
/* NULL: unknown, ended or used up; one that is used up ends its approval. */
struct approval *tokens_refresh(struct tokens *t, const char *token, const char *client_id);

struct token_facts {
    const struct approval *approval; /* NULL: not active */
    bool refresh;
    int64_t until_ms;
};
struct token_facts tokens_inspect(struct tokens *t, const char *token, int64_t now_ms);
bool tokens_revoke(struct tokens *t, const char *token); /* false: unknown */

size_t tokens_expire_all(struct tokens *t);                  /* access tokens; gives their number */
size_t tokens_revoke_all(struct tokens *t);                  /* approvals */
json_t *tokens_show(const struct tokens *t, int64_t now_ms); /* new: approvals, without the secrets */

#endif
