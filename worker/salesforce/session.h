/* SPDX-License-Identifier: Apache-2.0 */
/* session.h: the token that every call carries, and how a new one is got: one at a time, whoever asks.
 *
 *                    session_need()                         given
 *        NONE ─────────────────────► LOCKING ──► ASKING ─────────────► READY ──► session_expired() ──► LOCKING …
 *                                       │           │    └► STORING ───►  ▲
 *                                       │           └──► FAILED ── again by itself ─┘
 *                                       └─ another process was faster: its token is taken from the store
 *
 * LOCKING and STORING belong to the stored login (flow "refresh_token"): the lock is held from before the refresh until the new
 * tokens are on disk (token_store.h). A rotated refresh token that cannot be stored keeps the session in STORING, not ready,
 * with the reason, and the lock: nobody else may use the old one up. Each token has a generation, so that sixteen requests
 * refused at once cause one refresh. One thread; nothing waits, except for reading and writing the small file. */
#ifndef SFSINK_WORKER_SALESFORCE_SESSION_H
#define SFSINK_WORKER_SALESFORCE_SESSION_H

#include "config/config.h"

struct http_client;
struct http_response;
struct session;

struct session *session_new(const struct config *c, struct http_client *http);
void session_free(struct session *s); /* NULL is fine */

/* Is there a token? If not, a login is started, unless one is under way or the last one failed just now. */
bool session_need(struct session *s, int64_t now);

bool session_ready(const struct session *s); /* the same, and starts nothing */

/* The token, where its calls go, and which one it is. Only while session_need() says that there is one; lent until the next call. */
const char *session_token(const struct session *s);
const char *session_instance_url(const struct session *s);
uint64_t session_generation(const struct session *s); /* 0: there never was one */

/* Salesforce refused the token of this generation as expired. Ignored where a newer one is there or on its way. */
void session_expired(struct session *s, int64_t now, uint64_t generation);

/* Takes over another client secret, private key or access token, where the login is the same otherwise (config_same_login). A login that failed
 * is tried with it at once; else it serves when the next token is needed, a fixed access token from now on. */
void session_take_over(struct session *s, int64_t now, const struct config *fresh);

/* The last login failed and the next has not begun: why (lent), and when it is tried again. */
bool session_failed(const struct session *s, const struct error **why, int64_t *retry_at);

/* Takes the response of a token request; false: it is none. */
bool session_take(struct session *s, int64_t now, const struct http_response *r);

/* What time brings: the lock is free, the file can be written, a failed login is tried again. */
void session_tick(struct session *s, int64_t now);
int64_t session_due(const struct session *s); /* when to call session_tick(); INT64_MAX: never */

/* In words for people, where there is no token. */
void session_say(const struct session *s, char *why, size_t size);

struct session_counts {
    uint64_t refreshed, failed; /* calls of the token endpoint, and logins that failed */
};
struct session_counts session_counts(const struct session *s);

#endif
