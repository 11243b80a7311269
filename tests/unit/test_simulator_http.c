/* SPDX-License-Identifier: Apache-2.0 */
/* The simulator's HTTP: logging in, the control interface, faults of whole calls. (What it answers of records: test_world_records.c; by others' clients:
 * tests/system/test_simulator*.py.) */
#include "common/http_client.h"
#include "common/memory.h"
#include "worker/simulator/simulator.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define N(a) (sizeof(a) / sizeof *(a))
#define API "/services/data/v59.0"
#define OAUTH "/services/oauth2"
#define BACK "http%3A%2F%2Flocalhost%3A8484%2Fcallback"

enum { TOO_LONG_MS = 20000 };

static struct simulator *sim;
static struct http_client *http;
static char *token; /* of client_credentials */

enum kind { NOTHING, FORM, JSON, TEXT };

/* Bodies and answers are written with ' for "; $T is the token. An answer ends with * where any rest will do. */
struct step {
    const char *method, *path;
    enum kind kind;
    const char *body; /* NULL: none */
    int status;       /* 0: no answer */
    const char *answer;
};

static char *filled_in(const char *text)
{
    const char *at = strstr(text, "$T");
    char *out = at ? xasprintf("%.*s%s%s", (int)(at - text), text, token, at + 2) : xstrdup(text);
    for (char *c = out; *c; c++)
        if (*c == '\'')
            *c = '"';
    return out;
}

static struct http_response ask(const struct step *s)
{
    static const char *const types[] = {"Accept: */*", "Content-Type: application/x-www-form-urlencoded",
                                        "Content-Type: application/json", "Content-Type: text/plain"};
    char *url = xasprintf("%s%s", simulator_url(sim), s->path), *body = s->body ? filled_in(s->body) : NULL;
    char *authorization = xasprintf("Authorization: Bearer %s", token ? token : "");
    struct http_response r;

    http_client_submit(http, &(struct http_request){.method = s->method,
                                                    .url = url,
                                                    .headers = {types[s->kind], authorization},
                                                    .body = body ? text_of(body) : TEXT_NONE,
                                                    .timeout_ms = TOO_LONG_MS});
    while (!http_client_completed(http, &r))
        http_client_wait(http, NULL, 0, 100);
    free(url);
    free(body);
    free(authorization);
    return r;
}

static void check(const struct step *s)
{
    struct http_response r = ask(s);
    size_t len = strlen(s->answer);
    bool open = len > 0 && s->answer[len - 1] == '*';

    for (char *c = r.body; *c; c++)
        if (*c == '"')
            *c = '\'';
    if (r.status != s->status || (open ? strncmp(r.body, s->answer, len - 1) : strcmp(r.body, s->answer)) != 0)
        fail_msg("%s %s: %d %s%s\nand not %d %s", s->method, s->path, r.status, r.body, r.why, s->status, s->answer);
    http_response_release(&r);
}

static int start(void **state)
{
    struct error e = {0};
    (void)state;

    sim = simulator_start(&(struct simulator_options){.listen = "127.0.0.1:0"}, &e);
    http = http_client_new(&(struct http_client_options){.compress = true});
    if (!sim)
        return -1;
    struct http_response r = ask(&(struct step){"POST", OAUTH "/token", FORM,
                                                "grant_type=client_credentials&client_id=a&client_secret=s", 200, ""});
    json_t *answer = json_loads(r.body, 0, NULL);
    token = xstrdup(json_string_value(json_object_get(answer, "access_token")));
    json_decref(answer);
    http_response_release(&r);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    http_client_free(http);
    simulator_stop(sim);
    free(token);
    token = NULL;
    return 0;
}

#define REFUSED(error, description) "{'error':'" error "','error_description':'" description "'}"
#define OK "{'ok':true}"

static const struct http_case {
    const char *name;
    struct step steps[9];
} cases[] = {
    {"token: what is asked wrongly",
     {{"GET", OAUTH "/token?grant_type=client_credentials", NOTHING, NULL, 400,
       REFUSED("invalid_request", "must use HTTP POST with a form body")},
      {"POST", OAUTH "/token", JSON, "{'grant_type':'client_credentials'}", 400,
       REFUSED("invalid_request", "must use HTTP POST with a form body")},
      {"POST", OAUTH "/token", FORM, "grant_type=client_credentials", 400,
       REFUSED("invalid_client_id", "client identifier invalid")},
      {"POST", OAUTH "/token", FORM, "client_id=a", 400, REFUSED("unsupported_grant_type", "grant type not supported")},
      {"POST", OAUTH "/token", FORM, "grant_type=refresh_token&client_id=a&refresh_token=x", 400,
       REFUSED("invalid_grant", "expired access/refresh token")}}},
    {"token: what it is",
     {{"GET", OAUTH "/userinfo", NOTHING, NULL, 200, "{'sub':'http://127.0.0.1:*"},
      {"POST", OAUTH "/introspect", FORM, "client_id=a&token=$T", 200,
       "{'active':true,'scope':'api','client_id':'a','username':'integration@simulator.example',*"},
      {"POST", OAUTH "/introspect", FORM, "client_id=a&token=x", 200, "{'active':false}"},
      {"POST", OAUTH "/introspect", FORM, "token=$T", 400, REFUSED("invalid_client_id", "client identifier invalid")},
      {"POST", OAUTH "/revoke", FORM, "token=x", 400, REFUSED("invalid_token", "invalid token")},
      {"POST", OAUTH "/revoke", FORM, "nothing=x", 400,
       REFUSED("unsupported_token_type", "this token type is not supported")},
      {"POST", OAUTH "/revoke", FORM, "token=$T", 200, ""},
      {"GET", OAUTH "/userinfo", NOTHING, NULL, 403, "Bad_OAuth_Token"},
      {"GET", API "/limits", NOTHING, NULL, 401,
       "[{'message':'Session expired or invalid','errorCode':'INVALID_SESSION_ID'}]"}}},
    {"authorize: the page",
     {{"GET", OAUTH "/authorize?response_type=code&client_id=a%3Cb%3E%22%26&redirect_uri=" BACK "&state=s", NOTHING,
       NULL, 200,
       "<!doctype html><html lang='en'><meta charset='utf-8'><title>Allow Access?</title><h1>Allow Access?</h1><p>The "
       "app <b>a&lt;b>&quot;&amp;</b>*"},
      {"GET", OAUTH "/authorize?response_type=token&client_id=a&redirect_uri=" BACK, NOTHING, NULL, 400,
       "<!doctype html><title>Error</title>*"},
      {"GET", OAUTH "/authorize?response_type=code&client_id=a", NOTHING, NULL, 400,
       "<!doctype html><title>Error</title>*"},
      {"GET", OAUTH "/authorize?response_type=code&redirect_uri=" BACK, NOTHING, NULL, 400,
       "<!doctype html><title>Error</title>*"},
      {"GET", OAUTH "/authorize?response_type=code&client_id=a&redirect_uri=" BACK "&code_challenge_method=plain",
       NOTHING, NULL, 400, "<!doctype html><title>Error</title>*"}}},
    {"authorize: the decision",
     {{"POST", OAUTH "/authorize", FORM, "client_id=a&redirect_uri=" BACK "&username=ada&decision=allow&state=s%26",
       302, ""},
      {"POST", OAUTH "/authorize", FORM, "client_id=a&redirect_uri=" BACK "%3Fx%3D1&username=ada&decision=deny", 302,
       ""},
      {"POST", OAUTH "/authorize", FORM, "client_id=a&redirect_uri=&username=ada&decision=allow", 400,
       "<!doctype html><title>Error</title>*"},
      {"GET", "/control/tokens", NOTHING, NULL, 200,
       "{'approvals':[{'number':2,'client_id':'a','user':'ada','scope':'refresh_token "
       "api','refreshable':false,'ended':false,'access_tokens':0},*"}}},

    /* the door */
    {"door: who asks",
     {{"GET", "/services/data", NOTHING, NULL, 200, "[*"},
      {"GET", "/nope", NOTHING, NULL, 404, "*"},
      {"POST", API "/sobjects/Contact", TEXT, "x", 415, "[{'message':*"},
      {"POST", API "/sobjects/Contact", JSON, "{'LastName'", 400, "[{'message':*"},
      {"POST", "/control/tokens/expire", NOTHING, NULL, 200, "{'expired':1}"},
      {"GET", API "/limits", NOTHING, NULL, 401,
       "[{'message':'Session expired or invalid','errorCode':'INVALID_SESSION_ID'}]"},
      {"POST", "/control/tokens/revoke", NOTHING, NULL, 200, "{'revoked':1}"}}},
    {"door: the daily limit",
     {{"PATCH", "/control/settings", JSON, "{'daily_limit':1}", 200, OK},
      {"GET", API "/sobjects/Contact/describe", NOTHING, NULL, 200, "{*"},
      {"GET", API "/limits", NOTHING, NULL, 403,
       "[{'message':'TotalRequests Limit exceeded.','errorCode':'REQUEST_LIMIT_EXCEEDED'}]"}}},
    {"door: an answer instead of the right one",
     {{"POST", "/control/faults", JSON,
       "{'path':'*/limits','status':503,'body':'<html>','content_type':'text/html','headers':{'Retry-After':'3'}}", 200,
       "{'id':1}"},
      {"GET", API "/limits", NOTHING, NULL, 503, "<html>"},
      {"GET", API "/limits", NOTHING, NULL, 200, "{*"},
      {"POST", "/control/faults", JSON, "{'path':'*/Contact','drop':true}", 200, "{'id':2}"},
      {"POST", API "/sobjects/Contact", JSON, "{'LastName':'x'}", 0, ""}, /* curl would send a GET again by itself */
      {"POST", "/control/faults", JSON, "{'path':'*/limits','status':400,'body':[{'errorCode':'X','message':'m'}]}",
       200, "{'id':3}"},
      {"GET", API "/limits", NOTHING, NULL, 400, "[{'errorCode': 'X', 'message': 'm'}]"}}},
    {"door: more and fewer results",
     {{"POST", "/control/faults", JSON, "{'path':'*/composite/*','results':1}", 200, "{'id':1}"},
      {"POST", API "/composite/sobjects", JSON, "{'records':[{'attributes':{'type':'Contact'},'LastName':'x'}]}", 200,
       "[{'id':'0035f0000000001AAA','success':true,'errors':[]},{*"},
      {"POST", "/control/faults", JSON, "{'path':'*/composite/*','results':-1}", 200, "{'id':2}"},
      {"POST", API "/composite/sobjects", JSON, "{'records':[{'attributes':{'type':'Contact'},'LastName':'x'}]}", 200,
       "[]"}}},
    {"door: strange answers",
     {{"PATCH", "/control/settings", JSON,
       "{'extra_keys':true,'error_fields':'absent','pretty_print':true,'chunked':false}", 200, OK},
      {"POST", API "/composite/sobjects", JSON, "{'records':[{'attributes':{'type':'Contact'}}]}", 200, "[\n  {\n*"}}},

    /* control */
    {"control: settings and reset",
     {{"PATCH", "/control/settings", JSON, "{'latency_ms':1}", 200, OK},
      {"PATCH", "/control/settings", JSON, "{'nope':1}", 400,
       "{'error':'no such setting: GET /control/settings lists them'}"},
      {"PATCH", "/control/settings", JSON, "{", 400, "{'error':'settings are an object of names and values'}"},
      {"GET", "/control/settings", NOTHING, NULL, 200, "{\n  'latency_ms': 1,*"},
      {"POST", "/control/reset", NOTHING, NULL, 200, OK},
      {"GET", "/control/settings", NOTHING, NULL, 200, "{\n  'latency_ms': 0,*"},
      {"GET", "/control/settings/x", NOTHING, NULL, 404, "{'error':'no such path: sfsink sim --help lists them'}"},
      {"PUT", "/control/settings", JSON, "{}", 404, "{'error':*"}}},
    {"control: records and counts",
     {{"POST", API "/sobjects/Contact", JSON, "{'LastName':'x','External_Id__c':'a'}", 201, "{*"},
      {"GET", "/control/records/contact", NOTHING, NULL, 200, "{'records':[{*"},
      {"DELETE", "/control/records/Contact", NOTHING, NULL, 200, OK},
      {"GET", "/control/records/Contact", NOTHING, NULL, 200, "{'records':[]}"},
      {"GET", "/control/records/Contact?deleted=true", NOTHING, NULL, 200, "{'records':[{*"},
      {"GET", "/control/records/Nope", NOTHING, NULL, 404, "{'error':'no such object'}"},
      {"DELETE", "/control/records/Nope", NOTHING, NULL, 404, "{'error':'no such object'}"},
      {"GET", "/control/counts", NOTHING, NULL, 200,
       "{'api_calls':1,'records_written':1,'records_deleted':0,'records_refused':0,'objects':{*"}}},
    {"control: the journal",
     {{"POST", API "/sobjects/Contact", JSON, "{'LastName':'x','External_Id__c':'a'}", 201, "{*"},
      {"GET", "/control/journal?limit=1&after=1", NOTHING, NULL, 200, "{'entries':[{'time':'*"},
      {"DELETE", "/control/journal", NOTHING, NULL, 200, OK},
      {"GET", "/control/journal", NOTHING, NULL, 200, "{'entries':[],'next':0,'dropped':0}"}}},
    {"control: faults",
     {{"POST", "/control/faults", JSON, "{'nope':1}", 400, "{'error':'a call fault has:*"},
      {"POST", "/control/record_faults", JSON, "{'key':'a','errors':[{'statusCode':'X','message':'m'}]}", 200,
       "{'id':1}"},
      {"GET", "/control/faults", NOTHING, NULL, 200, "{'calls':[],'records':[{'key':'a',*"},
      {"DELETE", "/control/faults/2", NOTHING, NULL, 400, "{'error':'no such fault'}"},
      {"DELETE", "/control/faults/1", NOTHING, NULL, 200, OK},
      {"DELETE", "/control/faults", NOTHING, NULL, 200, OK},
      {"GET", "/control/faults", NOTHING, NULL, 200, "{'calls':[],'records':[]}"}}},
    {"control: apps, objects, fields, rules",
     {{"PUT", "/control/apps/a", JSON, "{'secret':'s'}", 200, OK},
      {"PUT", "/control/apps/a", JSON, "{'nope':1}", 400, "{'error':'an app has:*"},
      {"PUT", "/control/objects/New__c", JSON, "{}", 200, OK},
      {"PUT", "/control/objects/New__c/fields/X__c", JSON, "{'type':'double','external_id':true}", 200, OK},
      {"PUT", "/control/objects/Nope/fields/X__c", JSON, "{}", 400, "{'error':'no such object'}"},
      {"PUT", "/control/objects/New__c/nope", JSON, "{}", 400, "{'error':'the path is *"},
      {"PUT", "/control/rules", JSON,
       "{'validation':[{'object':'New__c','message':'no','when':{'field':'X__c','op':'<','value':0}}]}", 200, OK},
      {"PUT", "/control/rules", JSON, "[]", 400, "{'error':'rules are an object'}"},
      {"POST", API "/sobjects/New__c", JSON, "{'X__c':-1}", 400,
       "[{'message':'no','errorCode':'FIELD_CUSTOM_VALIDATION_EXCEPTION','fields':[]}]"}}},
};

static void one_case(void **state)
{
    const struct http_case *c = *state;
    for (size_t i = 0; i < N(c->steps) && c->steps[i].method; i++)
        check(&c->steps[i]);
}

int main(void)
{
    struct CMUnitTest tests[N(cases)];

    for (size_t i = 0; i < N(cases); i++)
        tests[i] = (struct CMUnitTest){cases[i].name, one_case, start, stop, (void *)(uintptr_t)&cases[i]};
    return cmocka_run_group_tests_name("simulator_http", tests, NULL, NULL);
}
