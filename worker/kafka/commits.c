/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/kafka/commits.h"

#include "common/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>

#define DROPPED INT64_MIN

struct commit {
    enum commit_kind kind;
    rd_kafka_topic_partition_list_t *list; /* NULL: there is none */
    int64_t answer_by;                     /* INT64_MAX: it has been answered; DROPPED: it shall not be sent any more */
};

struct commits {
    rd_kafka_t *rk;
    rd_kafka_queue_t *answers;
    int wake_fd;
    struct commit sent;                    /* librdkafka has it */
    struct commit held;                    /* waits until that is answered */
    rd_kafka_resp_err_t refused;           /* what rd_kafka_commit_queue() said to `sent`: there will be no answer */
    rd_kafka_topic_partition_list_t *lent; /* with the last result */
};

struct commits *commits_new(rd_kafka_t *rk, int wake_fd)
{
    static const uint64_t one = 1;
    struct commits *c = xcalloc(1, sizeof *c);
    c->rk = rk;
    c->wake_fd = wake_fd;
    c->answers = rd_kafka_queue_new(rk);
    rd_kafka_queue_io_event_enable(c->answers, wake_fd, &one, sizeof one);
    return c;
}

static void forget(rd_kafka_topic_partition_list_t **list)
{
    if (*list)
        rd_kafka_topic_partition_list_destroy(*list);
    *list = NULL;
}

void commits_free(struct commits *c)
{
    if (!c)
        return;
    forget(&c->sent.list);
    forget(&c->held.list);
    forget(&c->lent);
    rd_kafka_queue_destroy(c->answers);
    free(c);
}

bool commits_busy(const struct commits *c)
{
    return c->sent.list || c->held.list;
}

static void hand_over(struct commits *c, struct commit commit)
{
    c->sent = commit;
    c->refused = rd_kafka_commit_queue(c->rk, commit.list, c->answers, NULL, NULL);
    if (c->refused)
        eventfd_write(c->wake_fd, 1); /* commits_next_result() has something */
}

void commits_start(struct commits *c, int64_t now, enum commit_kind kind, rd_kafka_topic_partition_list_t *list)
{
    struct commit commit = {kind, list, now + COMMITS_WAIT_MS};
    if (!c->sent.list) {
        hand_over(c, commit);
        return;
    }
    if (c->held.list)
        bug("two commits wait");
    c->held = commit;
}

void commits_drop_held(struct commits *c)
{
    c->held.answer_by = DROPPED;
}

/* ---- answers ---- */

static void judge(struct commit_result *out, rd_kafka_resp_err_t err)
{
    out->ok = !err || err == RD_KAFKA_RESP_ERR__NO_OFFSET;
    out->lost = err == RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID || err == RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION;
    if (!out->ok)
        snprintf(out->why, sizeof out->why, "%s", rd_kafka_err2str(err));
}

static rd_kafka_resp_err_t error_of(rd_kafka_event_t *event)
{
    rd_kafka_resp_err_t err = rd_kafka_event_error(event);
    const rd_kafka_topic_partition_list_t *list = rd_kafka_event_topic_partition_list(event);
    for (int i = 0; list && i < list->cnt && !err; i++)
        err = list->elems[i].err;
    return err;
}

/* librdkafka is done with the one that it had: hand it over, and send the one that waits. */
static void take_answer(struct commits *c, rd_kafka_resp_err_t err, struct commit_result *out)
{
    *out = (struct commit_result){.kind = c->sent.kind, .unasked = c->sent.answer_by == INT64_MAX};
    judge(out, err);
    forget(&c->lent);
    out->list = c->lent = c->sent.list;
    c->sent.list = NULL;
    c->refused = RD_KAFKA_RESP_ERR_NO_ERROR;
    if (c->held.list && c->held.answer_by != DROPPED) {
        struct commit next = c->held;
        c->held.list = NULL;
        hand_over(c, next);
    }
}

static bool take_overdue(struct commit *commit, int64_t now, struct commit_result *out)
{
    if (!commit->list || now < commit->answer_by)
        return false;
    *out = (struct commit_result){.kind = commit->kind};
    if (commit->answer_by == DROPPED)
        snprintf(out->why, sizeof out->why, "the partitions were given back before it was sent");
    else
        snprintf(out->why, sizeof out->why, "no answer from Kafka within %d s", COMMITS_WAIT_MS / 1000);
    return true;
}

bool commits_next_result(struct commits *c, int64_t now, struct commit_result *out)
{
    if (c->sent.list && c->refused) {
        take_answer(c, c->refused, out);
        return true;
    }
    for (rd_kafka_event_t *event; (event = rd_kafka_queue_poll(c->answers, 0));) {
        bool answer = rd_kafka_event_type(event) == RD_KAFKA_EVENT_OFFSET_COMMIT && c->sent.list;
        rd_kafka_resp_err_t err = error_of(event);
        rd_kafka_event_destroy(event);
        if (!answer)
            continue;
        take_answer(c, err, out);
        return true;
    }
    if (take_overdue(&c->held, now, out)) {
        forget(&c->held.list); /* it never left */
        return true;
    }
    if (take_overdue(&c->sent, now, out)) {
        c->sent.answer_by = INT64_MAX;
        return true;
    }
    return false;
}
