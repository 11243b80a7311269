/* SPDX-License-Identifier: Apache-2.0 */
/* fake_http.h: an HTTP client that answers from a script, and remembers what was asked.
 *
 *     struct fake_http *net = fake_http_new((struct exchange[]){
 *         {.request = "POST /services/oauth2/token", .status = 200, .body = "{…}"}, {0}});
 *     struct session *s = session_new(&config, fake_http_client(net));
 *
 * A request takes the first exchange that is left and fits it ("METHOD /path"; a "*" at the end fits any rest). One that fits none
 * is answered as not sent and counted as unexpected. Answers come in the order of the requests, unless they are held. */
#ifndef SFSINK_TESTS_FAKE_HTTP_H
#define SFSINK_TESTS_FAKE_HTTP_H

#include "common/http_client.h"

struct exchange {
    const char *request;
    int status; /* 0: no answer, see reach */
    const char *body;
    enum http_reach reach; /* where status is 0 */
    const char *retry_after, *limit_info, *last_modified;
    const char *header;    /* must be among the request's headers */
    const char *no_header; /* no header may begin so */
    const char *body_has;  /* must be part of the request's body */
    bool certificate;
};

struct fake_http;

struct fake_http *fake_http_new(const struct exchange *script); /* lent; {0} ends it */
void fake_http_free(struct fake_http *f);                       /* after whoever uses the client */
struct http_client *fake_http_client(struct fake_http *f);

void fake_http_hold(struct fake_http *f, bool hold); /* answers wait while it is true */
size_t fake_http_unexpected(const struct fake_http *f);
size_t fake_http_left(const struct fake_http *f);                       /* exchanges that nobody asked for */
size_t fake_http_asked(const struct fake_http *f, const char *request); /* how often, by the same pattern */
size_t fake_http_open(const struct fake_http *f);                       /* submitted, not completed or cancelled */
const char *fake_http_body(const struct fake_http *f);                  /* of the last request that had one */

#endif
