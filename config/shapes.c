/* SPDX-License-Identifier: Apache-2.0 */
#include "config/shapes.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"

/* ---- addresses ---- */

static bool is_loopback(const char *host)
{
    struct in_addr v4;
    struct in6_addr v6;
    if (inet_pton(AF_INET, host, &v4) == 1)
        return (ntohl(v4.s_addr) >> 24) == 127;
    if (inet_pton(AF_INET6, host, &v6) == 1)
        return IN6_IS_ADDR_LOOPBACK(&v6);
    return strcasecmp(host, "localhost") == 0;
}

static bool is_port(const char *text, long least)
{
    size_t len = strlen(text);
    long port = strtol(text, NULL, 10);
    return len > 0 && len <= 5 && strspn(text, DIGITS) == len && port >= least && port <= 65535;
}

/* Splits "HOST", "HOST:PORT", "[HOST]:PORT"; *port is NULL where there is none. The text is cut in place. */
static bool split_host(char *text, char **host, char **port)
{
    char *end = text[0] == '[' ? strchr(text, ']') : text + strcspn(text, ":");
    *host = text + (text[0] == '[');
    *port = NULL;
    if (!end)
        return false;
    if (*end == ']')
        *end++ = '\0';
    if (*end == ':') {
        *end = '\0';
        *port = end + 1;
    } else if (*end)
        return false;
    return **host != '\0';
}

const char *shape_line(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 127)
            return "it holds a control character";
    return NULL;
}

const char *shape_url(const char *text)
{
    bool https = strncmp(text, "https://", 8) == 0, http = strncmp(text, "http://", 7) == 0;
    if (!https && !http)
        return "\"https://HOST\" is expected";
    const char *authority = text + (https ? 8 : 7);
    size_t len = strcspn(authority, "/");
    char copy[300], *host, *port;

    if (len == 0 || len >= sizeof copy)
        return "\"https://HOST\" is expected, with a host of at most 299 characters";
    if (strpbrk(text, " ?#@\\") || shape_line(text))
        return "\"https://HOST\" is expected, without user, blanks, \"?\" and \"#\"";
    memcpy(copy, authority, len);
    copy[len] = '\0';
    if (!split_host(copy, &host, &port) || (port && !is_port(port, 1)))
        return "\"https://HOST\" or \"https://HOST:PORT\" is expected";
    if (http && !is_loopback(host))
        return "http:// is allowed for loopback addresses only (127.0.0.0/8, ::1, localhost): use https://";
    return NULL;
}

const char *shape_org_url(const char *text)
{
    const char *wrong = shape_url(text);
    if (wrong)
        return wrong;
    const char *path = strchr(strstr(text, "://") + 3, '/');
    return path && path[strspn(path, "/")] ? "only \"https://HOST\" is expected, without a path" : NULL;
}

const char *shape_listen(const char *text)
{
    char copy[256], *host, *port;
    if (strlen(text) >= sizeof copy)
        return "\"HOST:PORT\" is expected";
    memcpy(copy, text, strlen(text) + 1);
    if (!split_host(copy, &host, &port) || !port || !is_port(port, 0))
        return "\"HOST:PORT\" or \"[HOST]:PORT\" is expected, with a port from 0 to 65535 (0: any free one; for every "
               "address: 0.0.0.0:PORT)";
    return NULL;
}

const char *shape_brokers(const char *text)
{
    for (;;) {
        text += strspn(text, " ");
        const char *scheme = strstr(text, "://");
        size_t len = strcspn(text, ",");
        char copy[300], *host, *port;
        if (len == 0 || len >= sizeof copy)
            return "\"HOST:PORT,HOST:PORT\" is expected";
        if (scheme && scheme < text + len) {
            len -= (size_t)(scheme + 3 - text);
            text = scheme + 3;
        }
        memcpy(copy, text, len);
        copy[len] = '\0';
        if (!split_host(copy, &host, &port) || (port && !is_port(port, 1)))
            return "\"HOST:PORT,HOST:PORT\" is expected, with ports from 1 to 65535";
        if (!text[len])
            return NULL;
        text += len + 1;
    }
}

/* ---- Kafka ---- */

const char *shape_topic(const char *text)
{
    size_t len = strlen(text);
    if (text[0] == '^')
        return "this is a pattern, but one topic is expected";
    if (len > 249 || strspn(text, LETTERS DIGITS "._-") != len || strcmp(text, ".") == 0 || strcmp(text, "..") == 0)
        return "the name of a topic has at most 249 letters, digits, \".\", \"_\" and \"-\"";
    return NULL;
}

const char *shape_topics(const char *text)
{
    if (text[0] == '^') /* whether it is a regular expression is for regcomp() to say */
        return shape_line(text);
    if (strpbrk(text, "*+?[](){}|\\$"))
        return "the name of a topic has letters, digits, \".\", \"_\" and \"-\"; a pattern begins with \"^\"";
    return shape_topic(text);
}

/* ---- Salesforce ---- */

const char *shape_api_version(const char *text)
{
    const char *words = "\"v57.0\" or later is expected, such as \"v59.0\"";
    size_t digits = text[0] == 'v' ? strspn(text + 1, DIGITS) : 0;
    if (digits < 2 || digits > 3 || text[1] == '0' || strcmp(text + 1 + digits, ".0") != 0 ||
        strtol(text + 1, NULL, 10) < 57)
        return words;
    return NULL;
}

static size_t name_length(const char *text)
{
    return strchr(LETTERS, text[0]) ? strspn(text, LETTERS DIGITS "_") : 0;
}

const char *shape_name(const char *text)
{
    size_t len = name_length(text);
    if (!len || text[len] || len > 80)
        return "the API name of a field is expected: letters, digits and \"_\", such as \"External_Id__c\"";
    return NULL;
}

const char *shape_custom_object(const char *text)
{
    size_t len = name_length(text);
    if (!len || text[len] || len > 80 || len < 4 || strcmp(text + len - 3, "__c") != 0)
        return "the API name of a custom object is expected, which ends in \"__c\", such as \"My_Object__c\"";
    return NULL;
}

const char *shape_field(const char *text)
{
    const char *words = "the API name of a field is expected, such as \"LastName\", or of a parent and its external "
                        "id, such as \"Account.External_Id__c\"";
    size_t len = name_length(text);
    if (!len || len > 80)
        return words;
    if (!text[len])
        return NULL;
    const char *key = text + len + 1;
    if (text[len] != '.' || !name_length(key) || key[name_length(key)])
        return words;
    if (len > 3 && strncmp(text + len - 3, "__c", 3) == 0)
        return "a custom parent goes by the name of its relationship, which ends in \"__r\": "
               "\"Parent__r.External_Id__c\"";
    if (len > 2 && strncmp(text + len - 2, "Id", 2) == 0)
        return "a parent goes by the name of its relationship: \"Account.External_Id__c\", not "
               "\"AccountId.External_Id__c\"";
    return NULL;
}

const char *shape_salesforce_id(const char *text)
{
    size_t len = strlen(text);
    return (len == 15 || len == 18) && strspn(text, LETTERS DIGITS) == len
               ? NULL
               : "an id of 15 or 18 letters and digits is expected";
}
