/* SPDX-License-Identifier: Apache-2.0 */
#include "config/shapes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <cmocka.h>

static const struct {
    shape *shape;
    const char *text;
    bool fits;
} cases[] = {
    {shape_url, "https://login.salesforce.com", true},
    {shape_url, "https://login.salesforce.com/", true},
    {shape_url, "https://example.my.site.com/portal", true},
    {shape_url, "https://[2001:db8::1]:8443", true},
    {shape_url, "http://127.0.0.1:8080", true},
    {shape_url, "http://127.255.255.254", true},
    {shape_url, "http://[::1]:8080/", true},
    {shape_url, "http://localhost", true},
    {shape_url, "http://LOCALHOST:1", true},
    {shape_url, "http://128.0.0.1", false},
    {shape_url, "http://10.0.0.1", false},
    {shape_url, "http://127.1", false}, /* what resolvers make of it is theirs */
    {shape_url, "http://[::2]", false},
    {shape_url, "http://[::ffff:127.0.0.1]", false},
    {shape_url, "http://localhost.example.com", false},
    {shape_url, "http://127.0.0.1.example.com", false},
    {shape_url, "http://127.0.0.1@example.com", false},
    {shape_url, "http://localhost:80@example.com", false},
    {shape_url, "http://localhost\\@example.com", false},
    {shape_url, "http://localhost#.example.com", false},
    {shape_url, "HTTPS://example.com", false},
    {shape_url, "ftp://example.com", false},
    {shape_url, "https://", false},
    {shape_url, "https://:443", false},
    {shape_url, "https://a b", false},
    {shape_url, "https://a:", false},
    {shape_url, "https://a:0", false},
    {shape_url, "https://a:65536", false},
    {shape_url, "https://[::1", false},
    {shape_url, "https://[::1]x", false},
    {shape_org_url, "https://a.my.salesforce.com//", true},
    {shape_org_url, "https://a.my.salesforce.com/x", false},
    {shape_listen, "0.0.0.0:9464", true},
    {shape_listen, "[::]:0", true},
    {shape_listen, "localhost:65535", true},
    {shape_listen, ":9464", false},
    {shape_listen, "9464", false},
    {shape_listen, "localhost", false},
    {shape_listen, "a:65536", false},
    {shape_listen, "a:x", false},
    {shape_listen, "::1:80", false},
    {shape_brokers, "a:1,b:2", true},
    {shape_brokers, "a, b", true},
    {shape_brokers, "PLAINTEXT://a:9092,SASL_SSL://b:9093", true},
    {shape_brokers, "a,", false},
    {shape_brokers, ",a", false},
    {shape_brokers, "a:0", false},
    {shape_topic, "a.B-c_9", true},
    {shape_topic, "..", false},
    {shape_topic, "a/b", false},
    {shape_topic, "^a", false},
    {shape_topics, "^a.*", true},
    {shape_topics, "a.*", false},
    {shape_api_version, "v57.0", true},
    {shape_api_version, "v100.0", true},
    {shape_api_version, "v059.0", false},
    {shape_api_version, "v56.0", false},
    {shape_api_version, "59.0", false},
    {shape_api_version, "v59", false},
    {shape_api_version, "v59.5", false},
    {shape_api_version, "v9.0", false},
    {shape_name, "External_Id__c", true},
    {shape_name, "ns__Ext__c", true},
    {shape_name, "_x", false},
    {shape_name, "1x", false},
    {shape_name, "a.b", false},
    {shape_name, "", false},
    {shape_custom_object, "A__c", true},
    {shape_custom_object, "ns__A__c", true},
    {shape_custom_object, "__c", false},
    {shape_custom_object, "Case", false},
    {shape_field, "LastName", true},
    {shape_field, "Account.External_Id__c", true},
    {shape_field, "Parent__r.Ext__c", true},
    {shape_field, "Parent__c.Ext__c", false},
    {shape_field, "AccountId.Ext__c", false},
    {shape_field, "A.", false},
    {shape_field, ".A", false},
    {shape_field, "A.B.C", false},
    {shape_line, "ä b", true},
    {shape_line, "a\nb", false},
    {shape_line, "a\x7f", false},
    {shape_salesforce_id, "701000000000001", true},
    {shape_salesforce_id, "701000000000001AAA", true},
    {shape_salesforce_id, "7010000000000011", false},
    {shape_salesforce_id, "70100000000000-", false},
};

static void test_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *why = cases[i].shape(cases[i].text);
        if (!why != cases[i].fits)
            fail_msg("%s: %s", cases[i].text, why ? why : "taken");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
