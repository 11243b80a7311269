/* SPDX-License-Identifier: Apache-2.0 */
/* visit.h: the org for a command: log in, ask one thing after another, wait for each answer.
 *
 *     struct visit *v = visit_new(config);
 *     if (visit_login(v, &e) && visit_get(v, "/services/data/v59.0/limits", &response, &e)) … http_response_release(&response);
 *
 * The same session as the worker's, so a token that has expired is renewed and stored by the same rules. What fails for the moment is tried
 * three times. Errors bear the exit status: 69 cannot be reached, 77 not logged in or not allowed. One thread. */
#ifndef SFSINK_WORKER_SALESFORCE_VISIT_H
#define SFSINK_WORKER_SALESFORCE_VISIT_H

#include "common/http_client.h"
#include "config/config.h"
#include "worker/salesforce/describe.h"

struct visit;

struct visit *visit_new(const struct config *c);
void visit_free(struct visit *v); /* NULL is fine */

/* Gets a token, if there is none yet. */
bool visit_login(struct visit *v, struct error *e);

const char *visit_instance_url(const struct visit *v); /* after visit_login(); lent */

/* GET of a path of the instance, logged in. True: *out is Salesforce's answer, 200 or a refusal of this very request (403, 404, …), yours to
 * release. */
bool visit_get(struct visit *v, const char *path, struct http_response *out, struct error *e);

/* What a refusal means and what to do, as an error; false always. */
bool visit_refused(const char *path, const struct http_response *r, struct error *e);

/* NULL and an error; free with describe_list_free(), describe_free(). An object that is not there: NULL, *missing set and no error. */
struct describe_list *visit_objects(struct visit *v, struct error *e);
struct describe *visit_object(struct visit *v, const char *object, bool *missing, struct error *e);

/* One request anywhere, waited for, without a token of the session: for the login's own endpoints. Release *out. False and an error: no answer. */
bool visit_send(struct visit *v, const struct http_request *r, struct http_response *out, struct error *e);

#endif
