/* SPDX-License-Identifier: Apache-2.0 */
#include "config/settings.h"

#include "common/memory.h"
#include "config/config.h"
#include "config/written.h"

#include <limits.h>
#include <string.h>

enum { LINE_MAX_BYTES = 4096, PROGRAM_MAX_BYTES = 65536 };

/* A row of the table for the struct named by INTO. */
#define AT(member) offsetof(INTO, member)
#define BOOLEAN(p, member, standard, words)                                                                            \
    {                                                                                                                  \
        .path = (p), .type = SET_BOOL, .offset = AT(member), .initial = (standard), .help = (words)                    \
    }
#define NUMBER(p, member, standard, least, most, words)                                                                \
    {                                                                                                                  \
        .path = (p), .type = SET_INT, .offset = AT(member), .initial = (standard), .min = (least), .max = (most),      \
        .help = (words)                                                                                                \
    }
#define RELOADED(p, member, standard, least, most, words)                                                              \
    {                                                                                                                  \
        .path = p, .type = SET_INT, .offset = AT(member), .initial = standard, .min = least, .max = most,              \
        .reload = true, .help = words                                                                                  \
    }
#define CHOICE(p, member, standard, names, words)                                                                      \
    {                                                                                                                  \
        .path = (p), .type = SET_CHOICE, .offset = AT(member), .initial = (standard), .choices = (names),              \
        .help = (words)                                                                                                \
    }
#define STRING(p, member, standard, least, most, looks, words, ...)                                                    \
    {                                                                                                                  \
        .path = (p), .type = SET_STRING, .offset = AT(member), .initial = (standard), .min = (least), .max = (most),   \
        .shape = (looks), .help = (words), __VA_ARGS__                                                                 \
    }
#define SPECIAL(kind, p, member, standard, words, ...)                                                                 \
    {                                                                                                                  \
        .path = (p), .type = (kind), .offset = AT(member), .initial = (standard), .max = LINE_MAX_BYTES,               \
        .help = (words), __VA_ARGS__                                                                                   \
    }
#define TABLE(rows)                                                                                                    \
    {                                                                                                                  \
        (rows), sizeof(rows) / sizeof *(rows)                                                                          \
    }

/* ---- choices ---- */

static const struct choice log_levels[] = {
    {"debug", LOG_LEVEL_DEBUG, NULL},
    {"info", LOG_LEVEL_INFO, NULL},
    {"warn", LOG_LEVEL_WARN, NULL},
    {"error", LOG_LEVEL_ERROR, NULL},
    {NULL, 0, NULL},
};
static const struct choice log_formats[] = {
    {"logfmt", LOG_FORMAT_LOGFMT, NULL}, {"json", LOG_FORMAT_JSON, NULL}, {NULL, 0, NULL}};
static const struct choice starts[] = {
    {"earliest", START_EARLIEST, NULL}, {"latest", START_LATEST, NULL}, {NULL, 0, NULL}};
static const struct choice data_losses[] = {
    {"stop", DATA_LOSS_STOP, NULL}, {"continue", DATA_LOSS_CONTINUE, NULL}, {NULL, 0, NULL}};
static const struct choice assignments[] = {
    {"roundrobin", ASSIGNMENT_ROUNDROBIN, NULL}, {"range", ASSIGNMENT_RANGE, NULL}, {NULL, 0, NULL}};
static const struct choice flows[] = {
    {"refresh_token", FLOW_REFRESH_TOKEN, NULL},
    {"jwt", FLOW_JWT, NULL},
    {"client_credentials", FLOW_CLIENT_CREDENTIALS, NULL},
    {"access_token", FLOW_ACCESS_TOKEN, NULL},
    {NULL, 0, NULL},
};
static const struct choice formats[] = {
    {"debezium", FORMAT_DEBEZIUM, NULL},
    {"row", FORMAT_ROW, NULL},
    {"maxwell", FORMAT_MAXWELL, "not in this version: use \"debezium\" or \"row\""},
    {"cloudevents", FORMAT_CLOUDEVENTS, "not in this version: use \"debezium\" or \"row\""},
    {NULL, 0, NULL},
};
static const struct choice objects[] = {
    {"Contact", OBJECT_CONTACT, NULL},      {"Lead", OBJECT_LEAD, NULL},
    {"Account", OBJECT_ACCOUNT, NULL},      {"Opportunity", OBJECT_OPPORTUNITY, NULL},
    {"Custom Object", OBJECT_CUSTOM, NULL}, {NULL, 0, NULL},
};
static const struct choice modes[] = {
    {"upsert", MODE_UPSERT, NULL},
    {"insert", MODE_INSERT, NULL},
    {"update", MODE_UPDATE, NULL},
    {"mirror", MODE_UPSERT,
     "there is no mirror mode for records: use mode = \"upsert\" with on_delete = \"delete\", which removes what the "
     "source removes"},
    {NULL, 0, NULL},
};
static const struct choice on_deletes[] = {{"ignore", ON_DELETE_IGNORE, NULL},
                                           {"delete", ON_DELETE_DELETE, NULL},
                                           {"dead_letter", ON_DELETE_DEAD_LETTER, NULL},
                                           {NULL, 0, NULL}};
static const struct choice tombstones[] = {
    {"skip", TOMBSTONES_SKIP, NULL}, {"delete", TOMBSTONES_DELETE, NULL}, {NULL, 0, NULL}};
static const struct choice on_nulls[] = {{"clear", ON_NULL_CLEAR, NULL}, {"skip", ON_NULL_SKIP, NULL}, {NULL, 0, NULL}};
static const struct choice conversions[] = {
    {"", AS_IS, NULL},
    {"string", AS_STRING, NULL},
    {"number", AS_NUMBER, NULL},
    {"integer", AS_INTEGER, NULL},
    {"boolean", AS_BOOLEAN, NULL},
    {"date", AS_DATE, NULL},
    {"datetime", AS_DATETIME, NULL},
    {"time", AS_TIME, NULL},
    {"multipicklist", AS_MULTIPICKLIST, NULL},
    {NULL, 0, NULL},
};
static const struct choice units[] = {{"", UNIT_NONE, NULL}, {"days", UNIT_DAYS, NULL}, {"s", UNIT_S, NULL},
                                      {"ms", UNIT_MS, NULL}, {"us", UNIT_US, NULL},     {"ns", UNIT_NS, NULL},
                                      {NULL, 0, NULL}};
static const struct choice audience_modes[] = {
    {"add", 0, NULL}, {"remove", 1, NULL}, {"mirror", 2, NULL}, {"upsert", 3, NULL}, {NULL, 0, NULL}};
static const struct choice audience_places[] = {{"campaign", 0, NULL}, {"field", 1, NULL}, {NULL, 0, NULL}};

/* ---- the worker ---- */

#define INTO struct config
static const struct setting config_rows[] = {
    STRING("worker.name", worker.name, "", 0, 200, shape_line,
           "What this worker calls itself in logs, metrics and dead letters. Empty: the name of the host, which is the "
           "pod's.", ),
    {.path = "worker.log_level",
     .type = SET_CHOICE,
     .offset = AT(worker.log_level),
     .initial = "info",
     .choices = log_levels,
     .reload = true,
     .help = "The least important lines that are logged: \"debug\" is a line a batch, \"error\" is what someone must "
             "act on."},
    {.path = "worker.log_format",
     .type = SET_CHOICE,
     .offset = AT(worker.log_format),
     .initial = "logfmt",
     .choices = log_formats,
     .reload = true,
     .help = "One line an event on standard error, as key=value or as JSON."},

    STRING("kafka.brokers", kafka.brokers, "localhost:9092", 1, LINE_MAX_BYTES, shape_brokers,
           "Some of the brokers, comma-separated; the others are found through them.", ),
    STRING("kafka.group", kafka.group, "sfsink", 1, 249, shape_line,
           "The consumer group that all workers share: its members divide the partitions among themselves.", ),
    CHOICE("kafka.start", kafka.start, "earliest", starts,
           "Where a group without commits begins to read. A partition that appears later is read from its beginning."),
    CHOICE("kafka.on_data_loss", kafka.on_data_loss, "stop", data_losses,
           "What happens where the offset to read next is gone, or beyond the log: stop that partition and say so, or "
           "go on with "
           "what is left."),
    CHOICE("kafka.assignment", kafka.assignment, "roundrobin", assignments,
           "How partitions are dealt out: evenly over all topics, or partition i of equally large topics to the same "
           "worker."),
    BOOLEAN(
        "kafka.commit_map", kafka.commit_map, "false",
        "Keep what is finished beyond the committed offset in the metadata of every commit, so that a crash repeats "
        "less of it; for insert routes. The last commit before partitions are given back always has it."),
    {.path = "kafka.properties",
     .type = SET_PROPERTIES,
     .offset = AT(kafka.properties),
     .initial = "",
     .help = "Properties of librdkafka as \"NAME=VALUE\", for consumer and producer; \"consumer.NAME=VALUE\" or "
             "\"producer.NAME=VALUE\" for one of them. A secret one can be read from a file: "
             "\"sasl.password_file=PATH\". Those "
             "that the worker owns are refused."},

    SPECIAL(SET_URL, "salesforce.instance_url", salesforce.instance_url, "",
            "The org's address. Empty: the one that the login answers with; where both are there, this one wins.",
            .shape = shape_org_url),
    STRING("salesforce.api_version", salesforce.api_version, "v59.0", 1, 8, shape_api_version,
           "The version of Salesforce's API, v57.0 or later.", ),
    SPECIAL(SET_PATH, "salesforce.ca_file", salesforce.ca_file, "",
            "A file with the certificates of a private CA (PEM). Empty: the system's. Checks cannot be turned off.", ),
    CHOICE("salesforce.auth.flow", salesforce.auth.flow, "refresh_token", flows,
           "How the worker logs in: with what `sfsink login` stored, with a signed assertion, with id and secret of "
           "the app, or with "
           "a fixed access token."),
    SPECIAL(SET_URL, "salesforce.auth.login_url", salesforce.auth.login_url, "https://login.salesforce.com",
            "Where one logs in: https://login.salesforce.com, https://test.salesforce.com for a sandbox, or your My "
            "Domain.",
            .min = 1, .shape = shape_url),
    STRING("salesforce.auth.client_id", salesforce.auth.client_id, "", 0, LINE_MAX_BYTES, shape_line,
           "The consumer key of the connected app or external client app.", ),
    SPECIAL(SET_SECRET, "salesforce.auth.client_secret", salesforce.auth.client_secret, "",
            "The app's consumer secret; optional for `sfsink login`, which uses PKCE.", .reload = true),
    SPECIAL(SET_SECRET_FILE, "salesforce.auth.client_secret_file", salesforce.auth.client_secret, "",
            "A file that holds client_secret.", .reload = true),
    STRING("salesforce.auth.scopes", salesforce.auth.scopes, "api refresh_token offline_access", 1, LINE_MAX_BYTES,
           shape_line, "What `sfsink login` asks for, separated by blanks.", ),
    SPECIAL(
        SET_PATH, "salesforce.auth.token_file", salesforce.auth.token_file, "sfsink.token",
        "Where `sfsink login` stores the tokens: JSON, mode 0600, described in deploy/README.md; workers may share it.",
        .min = 1),
    NUMBER("salesforce.auth.redirect_port", salesforce.auth.redirect_port, "8484", 1, 65535,
           "The port of http://localhost:PORT/callback, the callback URL of the app."),
    STRING("salesforce.auth.username", salesforce.auth.username, "", 0, 255, shape_line,
           "For flow \"jwt\": the user that the worker acts as.", ),
    SPECIAL(SET_SECRET, "salesforce.auth.private_key", salesforce.auth.private_key, "",
            "For flow \"jwt\": the private key of the app's certificate (PEM).", .reload = true),
    SPECIAL(SET_SECRET_FILE, "salesforce.auth.private_key_file", salesforce.auth.private_key, "",
            "A file that holds private_key.", .reload = true),
    SPECIAL(SET_SECRET, "salesforce.auth.access_token", salesforce.auth.access_token, "",
            "For flow \"access_token\": the token, with salesforce.instance_url.", .reload = true),
    SPECIAL(SET_SECRET_FILE, "salesforce.auth.access_token_file", salesforce.auth.access_token, "",
            "A file that holds access_token.", .reload = true),
    NUMBER("salesforce.requests_in_flight", salesforce.requests_in_flight, "4", 1, 64,
           "Requests to Salesforce at the same time, at the most; fewer while Salesforce struggles."),
    NUMBER("salesforce.timeout_ms", salesforce.timeout_ms, "120000", 10, 3600000,
           "Longest wait for an answer, in milliseconds."),
    RELOADED("salesforce.ambiguous_hold_ms", salesforce.ambiguous_hold_ms, "30000", 0, 3600000,
             "How long newer changes of a record wait after a request that got no answer and may still take effect, in "
             "milliseconds; 0 is "
             "safe with a version guard only."),
    BOOLEAN("salesforce.compress", salesforce.compress, "true", "Compress requests and answers (gzip)."),
    NUMBER("salesforce.api_usage.slow_at", salesforce.api_usage.slow_at, "80", 0, 100,
           "From this share of the org's daily API calls on, in per cent, the worker makes fuller batches and fewer "
           "calls."),
    NUMBER("salesforce.api_usage.stop_at", salesforce.api_usage.stop_at, "95", 0, 100,
           "From this share of the org's daily API calls on, in per cent, the worker waits."),

    NUMBER("batch.max_records", batch.max_records, "200", 1, 200,
           "Records in one collection; Salesforce takes 200 at the most."),
    NUMBER("batch.max_bytes", batch.max_bytes, "4194304", 1000, 50000000, "Size of one request, in bytes."),
    RELOADED("batch.linger_ms", batch.linger_ms, "500", 0, 60000,
             "Longest wait of a record for company, in milliseconds."),
    NUMBER("batch.collections_per_call", batch.collections_per_call, "1", 1, 5,
           "sObject Collections in one Composite call: up to 1,000 records a call."),

    RELOADED("retry.max_attempts", retry.max_attempts, "8", 1, 1000,
             "How often a record may be refused for now before it is a dead letter."),
    RELOADED("retry.backoff_ms", retry.backoff_ms, "500", 1, 3600000,
             "Wait before the second attempt, in milliseconds; it doubles with each further one."),
    RELOADED("retry.backoff_max_ms", retry.backoff_max_ms, "60000", 1, 3600000,
             "Longest wait between two attempts, in milliseconds."),

    RELOADED("buffer.max_events", buffer.max_events, "20000", 1, 10000000,
             "Events held in memory at the most; beyond it reading waits."),
    RELOADED("buffer.max_mb", buffer.max_mb, "16", 1, 65536,
             "Megabytes of events held in memory at the most; beyond it reading waits."),

    NUMBER("shutdown_ms", shutdown_ms, "25000", 0, 3600000,
           "How long SIGTERM waits for what is in flight, in milliseconds; less than Kubernetes' "
           "terminationGracePeriodSeconds."),

    STRING("dead_letter.topic", dead_letter.topic, "sfsink.dead-letter", 1, 249, shape_topic,
           "Where events go that fail for good; it must exist.", ),
    STRING("dead_letter.progress_topic", dead_letter.progress_topic, "sfsink.dead-letter.progress", 1, 249, shape_topic,
           "A compacted topic: which dead letters were replayed.", ),
    NUMBER("dead_letter.max_replays", dead_letter.max_replays, "5", 0, 1000,
           "How often an event may come back from the dead-letter topic."),
    STRING("dead_letter.parking_topic", dead_letter.parking_topic, "", 0, 249, shape_topic,
           "Where an event goes that fails after max_replays. Empty: it stays a dead letter that replay leaves out.", ),
    NUMBER("dead_letter.stop_above_percent", dead_letter.stop_above_percent, "0", 0, 100,
           "A route stops when more of its last 1,000 events fail for good, in per cent; 0: never."),

    STRING("http.listen", http.listen, "127.0.0.1:9464", 0, 255, shape_listen,
           "Where metrics, health and the status page are served, HOST:PORT. Empty: nowhere; port 0: any free one.", ),

    {.path = "routes",
     .type = SET_LIST,
     .initial = "",
     .of = &settings_route,
     .help = "Which topics become which records: one group a route."},
};
const struct table settings_config = TABLE(config_rows);
#undef INTO

/* ---- a route ---- */

#define INTO struct written_route
static const struct setting route_rows[] = {
    STRING("name", name, "", 0, 249, shape_line,
           "What the route is called in metrics and logs. Empty: as its topic.", ),
    STRING("topic", topic, NULL, 1, 1000, shape_topics,
           "The topic, or a pattern that begins with \"^\" (POSIX extended regular expression). An exact name goes "
           "before a pattern, then "
           "the first in the file: a topic has one route.",
           .example = "\"warehouse.public.customers\""),
    CHOICE("format", format, "debezium", formats,
           "What the messages look like: Debezium's envelope (also flattened), or the row itself."),
    {.path = "object",
     .type = SET_CHOICE,
     .offset = AT(object),
     .choices = objects,
     .example = "\"Contact\"",
     .help = "The object that is written."},
    STRING("custom_object", custom_object, "", 0, 80, shape_custom_object,
           "With object = \"Custom Object\": its API name, in its exact case.", ),
    CHOICE("mode", mode, "upsert", modes,
           "What creates and updates do: upsert by external_id; insert creates (updates are skipped); update changes "
           "existing records."),
    STRING(
        "external_id", external_id, "", 0, 80, shape_name,
        "The external id field that names a record. Needed in mode \"upsert\", and in mode \"update\" and for "
        "deletes where Id is not "
        "mapped; it must be mapped itself. Ids that were looked up by it are remembered for ten minutes. Case counts "
        "as in an upsert: not where the field is unique without it.",
        .example = "\"External_Id__c\""),
    CHOICE("on_delete", on_delete, "ignore", on_deletes,
           "What a delete does: nothing, delete the record, or become a dead letter."),
    CHOICE("tombstones", tombstones, "skip", tombstones,
           "Whether a message without a value is a delete or skipped. To be given where format is \"debezium\" and "
           "on_delete is not "
           "\"ignore\": Debezium sends one after each delete, compaction and other tools send them alone."),
    STRING("where", where, "", 0, PROGRAM_MAX_BYTES, NULL,
           "A jq program over the row, of creates and updates: false, null or nothing skips the event. Empty: every "
           "event.", ),
    BOOLEAN("skip_unchanged", skip_unchanged, "false",
            "Skip an update whose mapped fields equal those of its before image."),
    {.path = "version",
     .type = SET_GROUP,
     .offset = AT(version),
     .initial = "",
     .of = &settings_version,
     .example = "{ field = \"Source_Version__c\"; from = \"@source.lsn\"; }",
     .help = "The stale-write guard: a field of the record that holds a number that only grows; an older one never "
             "replaces a newer one."},
    STRING("group_by", group_by, "", 0, 161, shape_field,
           "A mapped field: records that share its value are never in two calls at once, which avoids lock errors on "
           "their parent.", ),
    BOOLEAN("auto_assign", auto_assign, "false", "Run Salesforce's assignment rules."),
    BOOLEAN("allow_duplicates", allow_duplicates, "false", "Save although a duplicate rule warns."),
    {.path = "audience",
     .type = SET_GROUP,
     .initial = "",
     .of = &settings_audience,
     .example = "{ mode = \"mirror\"; in = \"campaign\"; campaign_id = \"701000000000001\"; status = \"Sent\"; }",
     .help = "The members of a campaign, or a field that marks them. Not in this version."},
    {.path = "fields",
     .type = SET_LIST,
     .offset = AT(fields),
     .initial = NULL,
     .of = &settings_field,
     .help = "What is written: one group a field, in the order in which it is sent."},
};
const struct table settings_route = TABLE(route_rows);
#undef INTO

#define INTO struct written_field
static const struct setting field_rows[] = {
    STRING(
        "to", to, NULL, 1, 161, shape_field,
        "The field's API name; a parent by its external id is RELATIONSHIP.FIELD, such as \"Account.External_Id__c\".",
        .example = "\"LastName\""),
    STRING("from", from, "", 0, LINE_MAX_BYTES, NULL,
           "A path in the row, or @key, @key.PATH, @topic, @partition, @offset, @timestamp, @op, @before.PATH, "
           "@source.PATH, "
           "@header.NAME. One of from, jq and value is given.",
           .example = "\"last_name\""),
    STRING("jq", jq, "", 0, PROGRAM_MAX_BYTES, NULL,
           "A jq program: . is the row, $event has key, topic, partition, offset, timestamp, op, before, source, "
           "headers.", ),
    SPECIAL(SET_CONSTANT, "value", value, "", "A constant: a string, a number, true or false.", ),
    BOOLEAN("required", required, "false", "Without a value the event is refused."),
    CHOICE("as", as, "", conversions,
           "The type to convert to. Empty: as it is, dates and decimals by the event's schema."),
    CHOICE("unit", unit, "", units,
           "With as = \"date\", \"datetime\" or \"time\": what a number counts, since 1970 or midnight."),
    CHOICE("on_null", on_null, "clear", on_nulls,
           "What null does: empty the field, or leave it as it is in Salesforce."),
    SPECIAL(SET_CONSTANT, "default", initial, "",
            "A constant in place of null and of an absent path; not together with on_null.", ),
};
const struct table settings_field = TABLE(field_rows);
#undef INTO

#define INTO struct written_version
static const struct setting version_rows[] = {
    STRING("field", field, NULL, 1, 80, shape_name,
           "The field of the record that holds the version, a number of 18 digits.",
           .example = "\"Source_Version__c\""),
    STRING("from", from, "", 0, LINE_MAX_BYTES, NULL, "A path, as in fields. One of from and jq is given.",
           .example = "\"@source.lsn\""),
    STRING("jq", jq, "", 0, PROGRAM_MAX_BYTES, NULL, "A jq program, as in fields.", ),
};
const struct table settings_version = TABLE(version_rows);
#undef INTO

#define INTO struct written_audience
static const struct setting audience_rows[] = {
    CHOICE("mode", mode, NULL, audience_modes, "What events do to the membership."),
    CHOICE("in", in, NULL, audience_places,
           "Where the membership is kept: members of a campaign, or a field of the record."),
    STRING("campaign_id", campaign_id, "", 0, 18, shape_salesforce_id, "The campaign's Id.", ),
    STRING("status", status, "", 0, 255, shape_line, "The status of a member.", ),
    STRING("field", field, "", 0, 80, shape_name, "The field that marks a member.", ),
    SPECIAL(SET_CONSTANT, "present", present, "", "Its value for a member.", ),
    SPECIAL(SET_CONSTANT, "absent", absent, "", "Its value for everybody else.", ),
    NUMBER("max_remove_percent", max_remove_percent, "20", 0, 100,
           "A mirror that would remove more of the members, in per cent, stops until it is confirmed."),
};
const struct table settings_audience = TABLE(audience_rows);
#undef INTO

/* ---- looking things up ---- */

const struct setting *settings_find(const struct table *t, const char *path)
{
    for (size_t i = 0; i < t->n; i++)
        if (strcmp(t->rows[i].path, path) == 0)
            return &t->rows[i];
    return NULL;
}

const char *settings_choice_name(const struct setting *s, int value)
{
    for (const struct choice *c = s->choices; c->name; c++)
        if (c->value == value && !c->refused)
            return c->name;
    bug("%s has no choice %d", s->path, value);
}

const char *settings_leaf(const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot ? dot + 1 : path;
}
