/* SPDX-License-Identifier: Apache-2.0 */
/* token_request.h: what goes to OAuth's token endpoint, and what its answer means. Reaches nothing: bytes in, bytes out.
 *
 *     flow, secrets ──► token_request_form() ──► POST LOGIN_URL/services/oauth2/token ──► token_response_read() ──► tokens, or
 *                                                                                        what the operator has to do
 *
 * No text of an error ever holds a token or a secret. */
#ifndef SFSINK_WORKER_SALESFORCE_TOKEN_REQUEST_H
#define SFSINK_WORKER_SALESFORCE_TOKEN_REQUEST_H

#include "common/error.h"
#include "common/text.h"
#include "config/config.h"
#include "worker/salesforce/token_store.h"

/* The form of the configured flow (not FLOW_ACCESS_TOKEN), a new string; NULL and an error if the private key is none.
 * refresh_token: for FLOW_REFRESH_TOKEN; wall_ms: time of day, for FLOW_JWT. */
char *token_request_form(const struct config *c, const char *refresh_token, int64_t wall_ms, struct error *e);

/* Appends "name=value" to a form, encoded, with "&" in front where something is there already. */
struct buffer;
void token_request_add(struct buffer *form, const char *name, const char *value);

enum token_result {
    TOKEN_GIVEN,  /* *out is filled; its instance_url is checked, or "" */
    TOKEN_LATER,  /* the endpoint has trouble */
    TOKEN_REFUSED /* a person has to do something: the error's hint says what */
};
enum token_result token_response_read(const struct config *c, int status, struct text body, struct tokens *out,
                                      struct error *e);

/* May a token go there? Salesforce's own domains over https, the host of login_url or instance_url, or loopback. */
bool token_host_allowed(const struct config *c, const char *url);

#endif
