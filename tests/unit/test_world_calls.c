/* SPDX-License-Identifier: Apache-2.0 */
/* The simulated org's other resources: queries, composite, describe, limits. The numbers are those of worker/simulator/README.md. */
#include "tests/unit/world_fixture.h"

#define QUERY(soql) "/query?q=" soql
#define WHOLE(code, message) "[{'message':'" message "','errorCode':'" code "'}]"
#define NOT_THERE WHOLE("NOT_FOUND", "The requested resource does not exist")
#define ROWS(n, rows) "{'totalSize':" n ",'done':true,'records':[" rows "]}"
#define CONTACT(id, fields)                                                                                            \
    "{'attributes':{'type':'Contact','url':'/services/data/v59.0/sobjects/Contact/" id "'}," fields "}"
#define PARTS(all) "{'compositeRequest':[" all "]}"
#define PART(name, method, path, more)                                                                                 \
    "{'method':'" method "','url':'/services/data/v59.0" path "','referenceId':'" name "'" more "}"
#define SAID(name, status, body)                                                                                       \
    "{'body':" body ",'httpHeaders':{},'httpStatusCode':" status ",'referenceId':'" name "'}"
#define NAMES "SELECT+LastName+FROM+Contact+"
#define ADA_ROW CONTACT(ADA, "'LastName':'Ada'")
#define BOB_ROW CONTACT(BOB, "'LastName':'Bob'")
#define BOTH ROWS("2", ADA_ROW "," BOB_ROW)

static const struct ask_case cases[] = {
    /* 42: queries */
    {"42: all", NULL, {{"GET", QUERY(NAMES), NULL, 200, BOTH}}},
    {"42: where",
     NULL,
     {{"GET", QUERY(NAMES "WHERE+External_Id__c+IN+('ADA','x')"), NULL, 200, ROWS("1", ADA_ROW)},
      {"GET", QUERY(NAMES "WHERE+External_Id__c+NOT+IN+('ada')"), NULL, 200, ROWS("1", BOB_ROW)},
      {"GET", QUERY(NAMES "WHERE+Email+%3D+null"), NULL, 200, ROWS("1", BOB_ROW)},
      {"GET", QUERY(NAMES "WHERE+Email+!%3D+null+AND+(LastName%3D'x'+OR+LastName%3D'Ada')"), NULL, 200,
       ROWS("1", ADA_ROW)},
      {"GET", QUERY(NAMES "WHERE+NOT+LastName+LIKE+'A%25'"), NULL, 200, ROWS("1", BOB_ROW)},
      {"GET", QUERY(NAMES "WHERE+LastName+LIKE+'_da'"), NULL, 200, ROWS("1", ADA_ROW)}}},
    {"42: comparisons",
     NULL,
     {{"PATCH", "/sobjects/Contact/" ADA, "{'Score__c':5.5,'Birthdate':'2000-02-29','DoNotCall':true}", 204, NULL},
      {"GET", QUERY(NAMES "WHERE+Score__c+%3E+5"), NULL, 200, ROWS("1", ADA_ROW)},
      {"GET", QUERY(NAMES "WHERE+Score__c+%3C%3D+5.5+AND+Score__c+%3E%3D+5.5"), NULL, 200, ROWS("1", ADA_ROW)},
      {"GET", QUERY(NAMES "WHERE+Score__c+%3C+5.5"), NULL, 200, ROWS("0", "")},
      {"GET", QUERY(NAMES "WHERE+Birthdate+%3C+2000-03-01"), NULL, 200, ROWS("1", ADA_ROW)},
      {"GET", QUERY(NAMES "WHERE+DoNotCall+%3D+true+AND+CreatedDate+%3E+2020-01-01T00:00:00Z"), NULL, 200,
       ROWS("1", ADA_ROW)}}},
    {"42: through a parent",
     NULL,
     {{"GET", QUERY("SELECT+LastName,Account.Name+FROM+Contact+WHERE+Account.External_Id__c%3D'acme'"), NULL, 200,
       ROWS("1", CONTACT(ADA, "'LastName':'Ada','Account':{'attributes':{'type':'Account','url':'/services/data/v59.0/"
                              "sobjects/Account/" ACME "'},'Name':'Acme'}"))},
      {"GET", QUERY("SELECT+Account.Name+FROM+Contact+WHERE+LastName%3D'Bob'"), NULL, 200,
       ROWS("1", CONTACT(BOB, "'Account':null"))}}},
    {"42: order, limit, offset",
     NULL,
     {{"GET", QUERY(NAMES "ORDER+BY+LastName+DESC"), NULL, 200, ROWS("2", BOB_ROW "," ADA_ROW)},
      {"GET", QUERY(NAMES "ORDER+BY+Email+NULLS+LAST"), NULL, 200, BOTH},
      {"GET", QUERY(NAMES "ORDER+BY+Email+NULLS+FIRST"), NULL, 200, ROWS("2", BOB_ROW "," ADA_ROW)},
      {"GET", QUERY(NAMES "LIMIT+1"), NULL, 200, ROWS("1", ADA_ROW)},
      {"GET", QUERY(NAMES "LIMIT+1+OFFSET+1"), NULL, 200, ROWS("1", BOB_ROW)},
      {"GET", QUERY("SELECT+COUNT()+FROM+Contact"), NULL, 200, ROWS("2", "")}}},
    {"42: deleted rows are asked for apart",
     NULL,
     {{"GET", "/queryAll?q=SELECT+LastName+FROM+Contact+WHERE+IsDeleted%3Dtrue", NULL, 200,
       ROWS("1", CONTACT(GONE, "'LastName':'Gone'"))}}},
    {"42: pages",
     "{'query_page':1}",
     {{"GET", QUERY(NAMES), NULL, 200, "{'totalSize':2,'done':false,'nextRecordsUrl':'/services/data/v59.0/query/01g*"},
      {"GET", "/query/01g5f0000000009AAA-1", NULL, 400, WHOLE("INVALID_QUERY_LOCATOR", "invalid query locator")},
      {"GET", "/query", NULL, 400, "[{'message':*"},
      {"POST", QUERY(NAMES), "{}", 405, "[{'message':'HTTP Method 'POST' not allowed.*"}}},
    {"42: what is wrong with it",
     NULL,
     {{"GET", QUERY("SELECT+Foo+FROM+Contact"), NULL, 400,
       "[{'message':'\\nSELECT Foo FROM Contact\\n       ^\\nERROR at Row:1:Column:8\\nNo such column 'Foo' on entity "
       "'Contact'.*"},
      {"GET", QUERY("SELECT+Id+FROM+Accout"), NULL, 400, "[{'message':*"},
      {"GET", QUERY("SELECT+Id"), NULL, 400, "[{'message':*"},
      {"GET", QUERY(NAMES "WHERE+Title%3D5"), NULL, 400, "[{'message':*"},
      {"GET", QUERY(NAMES "WHERE+Score__c%3D'5'"), NULL, 400, "[{'message':*"},
      {"GET", QUERY(NAMES "WHERE+Id+IN+('x')"), NULL, 400, "[{'message':*"}}},
    {"42: what is wrong further on",
     NULL,
     {{"GET", QUERY(NAMES "WHERE+LastName%3D'open"), NULL, 400, "[{'message':*"},
      {"GET", QUERY(NAMES "WHERE+(LastName%3D'x'"), NULL, 400, "[{'message':*"},
      {"GET", QUERY(NAMES "WHERE+Nope.Name%3D'x'"), NULL, 400, "[{'message':*"},
      {"GET", QUERY(NAMES "LIMIT+x"), NULL, 400, "[{'message':*"},
      {"GET", QUERY(NAMES "ORDER+BY+Nope"), NULL, 400, "[{'message':*"},
      {"GET", QUERY(NAMES "WHERE+CreatedDate+%3E+2020-13-01T00:00:00Z"), NULL, 400, "[{'message':*"}}},

    /* 31 to 34: composite */
    {"32: parts",
     NULL,
     {{"POST", "/composite",
       PARTS(PART("a", "POST", "/sobjects/Contact", ",'body':{'LastName':'x'}") "," PART("b", "GET", "/sobjects/Nope",
                                                                                         "")),
       200,
       "{'compositeResponse':[{'body':{'id':'0035f0000000004AAA','success':true,'errors':[]},'httpHeaders':{'Location':"
       "'/services/data/v59.0/sobjects/Contact/0035f0000000004AAA'},"
       "'httpStatusCode':201,'referenceId':'a'}," SAID("b", "404", NOT_THERE) "]}"}}},
    {"33: all or none",
     NULL,
     {{"POST", "/composite",
       "{'allOrNone':true,'compositeRequest':[" PART("a", "PATCH", "/sobjects/Contact/" ADA,
                                                     ",'body':{'Title':'t'}") "," PART("b", "POST", "/sobjects/Contact",
                                                                                       ",'body':{}") "]}",
       200,
       "{'compositeResponse':[" SAID("a", "400",
                                     "[{'errorCode':'PROCESSING_HALTED','message':'The transaction was rolled back "
                                     "since another operation in the same transaction failed.'}]") ",{'body':[*"},
      {"GET", QUERY("SELECT+Title+FROM+Contact+WHERE+LastName%3D'Ada'"), NULL, 200,
       ROWS("1", CONTACT(ADA, "'Title':null"))}}},
    {"34: references",
     NULL,
     {{"POST", "/composite",
       PARTS(PART("a", "GET", "/sobjects/Contact/" ADA "?fields=AccountId,LastName", "") "," PART(
           "b", "PATCH", "/sobjects/Contact/" BOB, ",'body':{'AccountId':'@{a.AccountId}','Title':'@{a.Nope}'}")),
       200, "{'compositeResponse':[{*"},
      {"POST", "/composite",
       PARTS(PART("q", "GET", "/query?q=SELECT+Id+FROM+Account",
                  "") "," PART("b", "PATCH", "/sobjects/Contact/" BOB, ",'body':{'AccountId':'@{q.records[0].Id}'}")),
       200, "{'compositeResponse':[{*"},
      {"GET", QUERY("SELECT+AccountId+FROM+Contact+WHERE+LastName%3D'Bob'"), NULL, 200,
       ROWS("1", CONTACT(BOB, "'AccountId':'" ACME "'"))}}},
    {"34: what a part may not have",
     NULL,
     {{"POST", "/composite", PARTS(PART("_a", "GET", "/limits", "")), 400, "[{'message':*"},
      {"POST", "/composite", PARTS(PART("a", "GET", "/limits", ",'httpHeaders':{'Authorization':'x'}")), 400,
       "[{'message':*"},
      {"POST", "/composite", PARTS(PART("a", "GET", "/limits", "") "," PART("a", "GET", "/limits", "")), 400,
       "[{'message':*"},
      {"POST", "/composite", PARTS("5"), 400, "[{'message':*"},
      {"POST", "/composite", "{}", 400, "[{'message':*"},
      {"POST", "/composite", PARTS("{'method':'GET','referenceId':'a'}"), 400, "[{'message':*"}}},
    {"34: a part of another host",
     NULL,
     {{"POST", "/composite", PARTS("{'method':'GET','url':'https://x/limits','referenceId':'a'}"), 200,
       "{'compositeResponse':[" SAID("a", "404", NOT_THERE) "]}"},
      {"GET", "/composite", NULL, 405, "[{'message':'HTTP Method 'GET' not allowed.*"}}},

    /* 35, 39, 41 */
    {"35: limits",
     "{'daily_limit':100,'daily_used':4}",
     {{"GET", "/limits", NULL, 200, "{'DailyApiRequests':{'Max':100,'Remaining':96},*"}}},
    {"39: what is not there",
     NULL,
     {{"GET", "/nope", NULL, 404, NOT_THERE},
      {"GET", "/services/data/v99.0/limits", NULL, 404, NOT_THERE},
      {"GET", "/services/data/v59.1/limits", NULL, 404, NOT_THERE},
      {"GET", "/a/b/c/d/e/f/g/h/i/j", NULL, 404, NOT_THERE},
      {"GET", "/sobjects/Nope/describe", NULL, 404, NOT_THERE},
      {"POST", "/limits", "{}", 405, "[{'message':'HTTP Method 'POST' not allowed. Allowed are GET*"}}},
    {"39: what there is",
     NULL,
     {{"GET", "/services/data", NULL, 200,
       "[{'label':'Summer '14','url':'/services/data/v31.0','version':'31.0'},{'label':'Winter '15'*"},
      {"POST", "/services/data", "{}", 405, "[{'message':'HTTP Method 'POST' not allowed.*"},
      {"GET", "/", NULL, 200,
       "{'sobjects':'/services/data/v59.0/sobjects','composite':'/services/data/v59.0/composite',*"}}},
    {"41: describe",
     NULL,
     {{"GET", "/sobjects", NULL, 200, "{'encoding':'UTF-8','maxBatchSize':200,'sobjects':[{*"},
      {"GET", "/sobjects/contact", NULL, 200, "{'objectDescribe':{*"},
      {"GET", "/sobjects/CONTACT/describe", NULL, 200, "{*"},
      {"POST", "/sobjects/Contact/describe", "{}", 405, "[{'message':*"}}},
};

int main(void)
{
    return ask_cases_run("world_calls", cases, N(cases));
}
