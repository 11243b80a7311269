/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/kafka/dead_letters.h"

#include "common/clock.h"
#include "common/memory.h"
#include "config/config.h"
#include "worker/kafka/copies.h"
#include "worker/kafka/letter_headers.h"
#include "worker/kafka/letter_size.h"
#include "worker/kafka/properties.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>

/* One letter on its way: librdkafka's opaque. */
struct posting {
    uint64_t id;
    const char *topic; /* of the configuration */
    bool alone;        /* a topic's limit is one of batches: who is refused with others may still fit by itself */
    enum letter_size size;
};

struct producer {
    rd_kafka_t *rk;
    rd_kafka_queue_t *reports;
};

struct dead_letters {
    const struct config *config;
    struct producer common, single; /* single: one letter a batch; there from the first need on */
    int wake_fd;
    struct dead_letter_report *reports; /* to be taken */
    size_t nreports, taken;
};

/* ---- reports ---- */

static void report(struct dead_letters *d, uint64_t id, rd_kafka_resp_err_t err, const char *topic)
{
    if (d->taken == d->nreports)
        d->taken = d->nreports = 0;
    d->reports = xreallocarray(d->reports, d->nreports + 1, sizeof *d->reports);
    struct dead_letter_report *r = &d->reports[d->nreports++];
    *r = (struct dead_letter_report){.id = id, .ok = !err};
    if (err)
        snprintf(r->why, sizeof r->why, "%s: %s", topic, rd_kafka_err2str(err));
}

/* ---- producing ---- */

static rd_kafka_headers_t *headers_of(const struct header *all, size_t n)
{
    rd_kafka_headers_t *headers = rd_kafka_headers_new(n);
    for (size_t i = 0; i < n; i++)
        rd_kafka_header_add(headers, all[i].name.at, (ssize_t)all[i].name.len, all[i].value.at,
                            (ssize_t)all[i].value.len);
    return headers;
}

static rd_kafka_vu_t bytes(rd_kafka_vtype_t type, struct text t)
{
    return (rd_kafka_vu_t){.vtype = type, .u.mem = {(void *)(uintptr_t)t.at, t.len}};
}

/* Takes the headers; the posting only where there is no error. */
static rd_kafka_resp_err_t produce(struct dead_letters *d, struct posting *p, int64_t timestamp_ms, struct text key,
                                   struct text value, rd_kafka_headers_t *headers)
{
    const rd_kafka_vu_t parts[] = {
        {.vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = p->topic},
        bytes(RD_KAFKA_VTYPE_KEY, key),
        bytes(RD_KAFKA_VTYPE_VALUE, value),
        {.vtype = RD_KAFKA_VTYPE_TIMESTAMP, .u.i64 = timestamp_ms > 0 ? timestamp_ms : 0}, /* 0: now */
        {.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = headers},
        {.vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = p},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
    };
    rd_kafka_t *rk = p->alone && d->single.rk ? d->single.rk : d->common.rk;
    rd_kafka_error_t *failed = rd_kafka_produceva(rk, parts, sizeof parts / sizeof *parts);
    if (!failed)
        return RD_KAFKA_RESP_ERR_NO_ERROR;
    rd_kafka_resp_err_t err = rd_kafka_error_code(failed);
    rd_kafka_error_destroy(failed);
    rd_kafka_headers_destroy(headers);
    return err;
}

/* Smaller than it is by now, and again, until the client takes it. */
static rd_kafka_resp_err_t produce_smaller(struct dead_letters *d, struct posting *p, int64_t timestamp_ms,
                                           struct text key, struct text value, const struct header *all, size_t n)
{
    rd_kafka_resp_err_t err = RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE;
    while (err == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE && p->size < LETTER_SHORT) {
        struct small_letter l;
        if (!letter_shrink(++p->size, key, value, all, n, &l))
            continue;
        err = produce(d, p, timestamp_ms, l.key, l.value, headers_of(l.headers, l.nheaders));
        small_letter_release(&l);
    }
    return err;
}

static const char *topic_for(const struct dead_letters *d, const struct message *m)
{
    const char *parking = d->config->dead_letter.parking_topic;
    bool often = m->origin.replays >= (unsigned)d->config->dead_letter.max_replays;
    return often && parking[0] ? parking : d->config->dead_letter.topic;
}

void dead_letters_publish(struct dead_letters *d, int64_t wall_ms, const struct dead_letter *letter)
{
    const struct message *m = letter->message;
    char failed_at[CLOCK_TEXT_SIZE];
    struct letter_place place = {d->config->worker.name, d->config->kafka.group, failed_at};
    struct posting *p = xmalloc(sizeof *p);

    clock_text(wall_ms, failed_at);
    *p = (struct posting){letter->id, topic_for(d, m), false, LETTER_WHOLE};
    struct letter_headers h = letter_headers_make(letter, &place);
    rd_kafka_resp_err_t err = produce(d, p, m->timestamp_ms, m->key, m->value, headers_of(h.all, h.n));
    if (err == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE)
        err = produce_smaller(d, p, m->timestamp_ms, m->key, m->value, h.all, h.n);
    letter_headers_release(&h);
    if (!err)
        return;
    report(d, letter->id, err, p->topic);
    free(p);
    eventfd_write(d->wake_fd, 1);
}

static void make_single(struct dead_letters *d);

/* What lies in librdkafka's list of headers, lent by it; free() it. */
static struct header *headers_in(const rd_kafka_headers_t *list, size_t *n)
{
    struct header *all = xcalloc(rd_kafka_header_cnt(list) + 1, sizeof *all);
    const char *name;
    const void *value;
    size_t len;

    for (*n = 0; !rd_kafka_header_get_all(list, *n, &name, &value, &len); ++*n)
        all[*n] = (struct header){text_of(name), text_make(value, len)};
    return all;
}

/* The topic found it too large: the same letter again, by itself; then smaller and smaller. */
static bool again(struct dead_letters *d, struct posting *p, const rd_kafka_message_t *m)
{
    rd_kafka_timestamp_type_t kind;
    int64_t timestamp_ms = rd_kafka_message_timestamp(m, &kind);
    struct text key = text_make(m->key, m->key_len), value = text_make(m->payload, m->len);
    rd_kafka_headers_t *list;
    rd_kafka_resp_err_t err;
    size_t n;

    if (rd_kafka_message_headers(m, &list))
        return false;
    make_single(d);
    struct header *all = headers_in(list, &n);
    if (p->alone) {
        err = produce_smaller(d, p, timestamp_ms, key, value, all, n);
    } else {
        p->alone = true;
        err = produce(d, p, timestamp_ms, key, value, headers_of(all, n));
    }
    free(all);
    return !err;
}

static void on_report(rd_kafka_t *rk, const rd_kafka_message_t *m, void *opaque)
{
    struct dead_letters *d = opaque;
    struct posting *p = m->_private;
    (void)rk;

    if (m->err == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE && again(d, p, m))
        return;
    report(d, p->id, m->err, p->topic);
    free(p);
}

bool dead_letters_next_report(struct dead_letters *d, struct dead_letter_report *out)
{
    if (d->taken == d->nreports)
        rd_kafka_poll(d->common.rk, 0);
    if (d->taken == d->nreports && d->single.rk)
        rd_kafka_poll(d->single.rk, 0);
    if (d->taken == d->nreports)
        return false;
    *out = d->reports[d->taken++];
    return true;
}

/* ---- life ---- */

static bool producer_open(struct producer *p, struct dead_letters *d, bool single, struct error *e)
{
    static const uint64_t one = 1;
    rd_kafka_conf_t *conf = properties_conf(d->config, CLIENT_PRODUCER, e);
    if (!conf)
        return false;
    rd_kafka_conf_set_opaque(conf, d);
    rd_kafka_conf_set_dr_msg_cb(conf, on_report);
    if (single)
        rd_kafka_conf_set(conf, "batch.num.messages", "1", NULL, 0);
    p->rk = properties_client(conf, CLIENT_PRODUCER, e);
    if (!p->rk)
        return false;
    p->reports = rd_kafka_queue_get_main(p->rk);
    rd_kafka_queue_io_event_enable(p->reports, d->wake_fd, &one, sizeof one);
    return true;
}

/* Where there is none after all, the common one has to do. */
static void make_single(struct dead_letters *d)
{
    struct error e = {0};
    if (!d->single.rk)
        producer_open(&d->single, d, true, &e);
}

/* Purging makes a report of each posting, which frees it. */
static void producer_close(struct producer *p)
{
    if (!p->rk)
        return;
    rd_kafka_purge(p->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    rd_kafka_poll(p->rk, 0);
    rd_kafka_flush(p->rk, 100);
    rd_kafka_queue_destroy(p->reports);
    rd_kafka_destroy(p->rk);
}

struct dead_letters *dead_letters_new(const struct config *config, int wake_fd, struct error *e)
{
    struct dead_letters *d = xcalloc(1, sizeof *d);
    d->config = config;
    d->wake_fd = wake_fd;
    if (producer_open(&d->common, d, false, e))
        return d;
    free(d);
    return NULL;
}

void dead_letters_free(struct dead_letters *d)
{
    if (!d)
        return;
    producer_close(&d->common);
    producer_close(&d->single);
    free(d->reports);
    free(d);
}
