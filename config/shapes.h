/* SPDX-License-Identifier: Apache-2.0 */
/* shapes.h: what a text has to look like. Each returns NULL if it does, else why not, as the end of a sentence that begins with
 * what was given. Pure. */
#ifndef SFSINK_CONFIG_SHAPES_H
#define SFSINK_CONFIG_SHAPES_H

typedef const char *shape(const char *text);

shape shape_url;           /* https://HOST, or http:// where HOST is this machine */
shape shape_org_url;       /* the same without a path */
shape shape_listen;        /* HOST:PORT, [HOST]:PORT */
shape shape_brokers;       /* HOST:PORT, comma-separated */
shape shape_topic;         /* a topic's name */
shape shape_topics;        /* a topic's name, or "^" and a regular expression */
shape shape_api_version;   /* v57.0 or later */
shape shape_name;          /* an API name of Salesforce */
shape shape_custom_object; /* one that ends in __c */
shape shape_field;         /* LastName, or Account.External_Id__c */
shape shape_line;          /* no control characters */
shape shape_salesforce_id; /* 15 or 18 letters and digits */

#endif
