/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/live_control.h"

#include "common/http_client.h"
#include "common/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { TOO_LONG_MS = 20000 };

void live_control(const struct simulator *sim, const char *method, const char *path, const char *body)
{
    struct http_client *http = http_client_new(&(struct http_client_options){0});
    char *url = xasprintf("%s/control/%s", simulator_url(sim), path);
    struct http_response r;

    http_client_submit(http, &(struct http_request){.method = method,
                                                    .url = url,
                                                    .headers = {"Content-Type: application/json"},
                                                    .body = text_of(body),
                                                    .timeout_ms = TOO_LONG_MS});
    while (!http_client_completed(http, &r))
        http_client_wait(http, NULL, 0, 100);
    if (r.status != 200)
        fail_msg("%s %s: %d %s%s", method, path, r.status, r.body, r.why);
    http_response_release(&r);
    http_client_free(http);
    free(url);
}
