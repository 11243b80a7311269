/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/kafka/replay_producer.h"

#include "common/clock.h"
#include "common/memory.h"
#include "config/config.h"
#include "worker/kafka/properties.h"
#include "worker/kafka/reach.h"

#include <stdio.h>
#include <stdlib.h>

enum { START_MS = 90000, CALL_MS = 60000, PATIENCE_MS = 120000 };

struct replay_producer {
    const struct config *config;
    rd_kafka_t *rk;
    struct reach reach;
    bool open;
};

static bool is_hopeless(rd_kafka_resp_err_t err)
{
    switch (err) {
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_INVALID_MSG:
    case RD_KAFKA_RESP_ERR_INVALID_RECORD:
    case RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
        return true;
    default:
        return false;
    }
}

static void fail(struct replay_report *report, rd_kafka_resp_err_t err)
{
    report->failed = true;
    report->hopeless = is_hopeless(err);
    report->dropped = err == RD_KAFKA_RESP_ERR__PURGE_QUEUE;
    snprintf(report->why, sizeof report->why, "%s", rd_kafka_err2str(err));
}

static void on_report(rd_kafka_t *rk, const rd_kafka_message_t *m, void *opaque)
{
    struct replay_report *report = m->_private;
    (void)rk;
    (void)opaque;
    report->partition = m->partition;
    report->offset = m->offset;
    if (m->err)
        fail(report, m->err);
}

static void set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char why[256];
    if (rd_kafka_conf_set(conf, name, value, why, sizeof why) != RD_KAFKA_CONF_OK)
        bug("librdkafka does not take %s: %s", name, why);
}

struct replay_producer *replay_producer_new(const struct config *config, struct error *e)
{
    rd_kafka_conf_t *conf = properties_conf(config, CLIENT_PRODUCER, e);
    if (!conf)
        return NULL;
    struct replay_producer *p = xcalloc(1, sizeof *p);
    char *id = xasprintf("sfsink-dlq-%s-%s", config->kafka.group, config->dead_letter.topic);
    p->config = config;
    reach_watch(&p->reach, conf);
    set(conf, "transactional.id", id);
    set(conf, "enable.idempotence", "true");
    set(conf, "transaction.timeout.ms", "60000");
    rd_kafka_conf_set_dr_msg_cb(conf, on_report);
    free(id);
    p->rk = properties_client(conf, CLIENT_PRODUCER, e);
    if (p->rk)
        return p;
    free(p);
    return NULL;
}

void replay_producer_free(struct replay_producer *p)
{
    if (!p)
        return;
    if (p->open) {
        rd_kafka_purge(p->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
        rd_kafka_error_destroy(rd_kafka_abort_transaction(p->rk, CALL_MS));
    }
    rd_kafka_destroy(p->rk);
    free(p);
}

/* ---- errors ---- */

static bool fenced(const rd_kafka_error_t *failed)
{
    rd_kafka_resp_err_t err = rd_kafka_error_code(failed);
    return err == RD_KAFKA_RESP_ERR__FENCED || err == RD_KAFKA_RESP_ERR_PRODUCER_FENCED ||
           err == RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH;
}

/* Takes the failure. */
static bool tell(struct replay_producer *p, rd_kafka_error_t *failed, struct error *e)
{
    if (fenced(failed)) {
        error_set(e, STATUS_FOUND, "dlq replay: another replay of %s has taken over", p->config->dead_letter.topic);
        error_hint(e, "this one has stopped, and nothing is sent twice; let the other one finish");
    } else if (rd_kafka_error_is_fatal(failed)) {
        error_set(e, STATUS_UNAVAILABLE, "dlq replay: %s", rd_kafka_error_string(failed));
        error_hint(e, "start it again: it goes on where it stopped, and sends nothing twice");
    } else {
        rd_kafka_poll(p->rk, 0);
        reach_error(&p->reach, p->config, rd_kafka_error_code(failed), e);
        error_context(e, "dlq replay");
    }
    rd_kafka_error_destroy(failed);
    return false;
}

/* ---- a transaction ---- */

bool replay_start(struct replay_producer *p, struct error *e)
{
    rd_kafka_error_t *failed = rd_kafka_init_transactions(p->rk, START_MS);
    return !failed || tell(p, failed, e);
}

bool replay_begin(struct replay_producer *p, struct error *e)
{
    rd_kafka_error_t *failed = rd_kafka_begin_transaction(p->rk);
    if (failed)
        return tell(p, failed, e);
    p->open = true;
    return true;
}

static rd_kafka_vu_t bytes(rd_kafka_vtype_t type, struct text t)
{
    return (rd_kafka_vu_t){.vtype = type, .u.mem = {(void *)(uintptr_t)t.at, t.len}};
}

static void produce(struct replay_producer *p, const char *topic, int32_t partition, struct text key, struct text value,
                    rd_kafka_headers_t *headers, struct replay_report *report)
{
    const rd_kafka_vu_t parts[] = {
        {.vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = topic},
        {.vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = partition},
        bytes(RD_KAFKA_VTYPE_KEY, key),
        bytes(RD_KAFKA_VTYPE_VALUE, value),
        {.vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = report},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
        {.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = headers},
    };
    size_t n = sizeof parts / sizeof *parts - (headers ? 0 : 1);
    rd_kafka_error_t *failed;

    *report = (struct replay_report){.offset = -1};
    while ((failed = rd_kafka_produceva(p->rk, parts, n)) != NULL &&
           rd_kafka_error_code(failed) == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
        rd_kafka_error_destroy(failed);
        rd_kafka_poll(p->rk, 100);
    }
    if (!failed)
        return;
    fail(report, rd_kafka_error_code(failed));
    rd_kafka_error_destroy(failed);
    if (headers)
        rd_kafka_headers_destroy(headers);
}

void replay_send(struct replay_producer *p, const char *topic, int32_t partition, const struct message *m,
                 struct replay_report *report)
{
    rd_kafka_headers_t *headers = rd_kafka_headers_new(m->nheaders);
    for (size_t i = 0; i < m->nheaders; i++)
        rd_kafka_header_add(headers, m->headers[i].name.at, (ssize_t)m->headers[i].name.len, m->headers[i].value.at,
                            (ssize_t)m->headers[i].value.len);
    produce(p, topic, partition, m->key, m->value, headers, report);
}

void replay_mark(struct replay_producer *p, const char *topic, struct text key, struct text value,
                 struct replay_report *report)
{
    produce(p, topic, RD_KAFKA_PARTITION_UA, key, value, NULL, report);
}

bool replay_flush(struct replay_producer *p, struct error *e)
{
    rd_kafka_resp_err_t err = rd_kafka_flush(p->rk, PATIENCE_MS);
    if (!err)
        return true;
    reach_error(&p->reach, p->config, err, e);
    return error_context(e, "dlq replay");
}

enum replay_end replay_commit(struct replay_producer *p, struct error *e)
{
    int64_t until = clock_ms() + PATIENCE_MS;

    for (;;) {
        rd_kafka_error_t *failed = rd_kafka_commit_transaction(p->rk, CALL_MS);
        if (!failed) {
            p->open = false;
            return REPLAY_DONE;
        }
        if (rd_kafka_error_txn_requires_abort(failed)) {
            rd_kafka_error_destroy(failed);
            return REPLAY_AGAIN;
        }
        if (!rd_kafka_error_is_retriable(failed) || clock_ms() > until) {
            p->open = !rd_kafka_error_is_fatal(failed);
            tell(p, failed, e);
            return REPLAY_FENCED;
        }
        rd_kafka_error_destroy(failed);
    }
}

/* librdkafka says why only to whoever asks it to go on. That commits nothing: the transaction has failed. */
bool replay_was_denied(struct replay_producer *p)
{
    rd_kafka_error_t *failed = rd_kafka_commit_transaction(p->rk, CALL_MS);
    bool denied = failed && rd_kafka_error_code(failed) == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;

    if (failed)
        rd_kafka_error_destroy(failed);
    return denied;
}

bool replay_abort(struct replay_producer *p, struct error *e)
{
    int64_t until = clock_ms() + PATIENCE_MS;

    for (;;) {
        rd_kafka_error_t *failed = rd_kafka_abort_transaction(p->rk, CALL_MS);
        if (!failed) {
            p->open = false;
            return true;
        }
        if (!rd_kafka_error_is_retriable(failed) || clock_ms() > until) {
            p->open = !rd_kafka_error_is_fatal(failed);
            return tell(p, failed, e);
        }
        rd_kafka_error_destroy(failed);
    }
}

int32_t replay_partition_of(struct text key, int32_t partitions)
{
    return rd_kafka_msg_partitioner_murmur2(NULL, key.at, key.len, partitions, NULL, NULL);
}
