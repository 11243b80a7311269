/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/kafka/starts.h"

#include "common/clock.h"

static int left_ms(int64_t until_ms)
{
    int64_t left = until_ms - clock_ms();
    return left > 0 ? (int)left : 0;
}

static bool failed(struct error *e, const char *what, rd_kafka_resp_err_t err)
{
    bool refused =
        err == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED || err == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
    return error_set(e, refused ? STATUS_NOT_ALLOWED : STATUS_UNAVAILABLE, "%s: %s", what, rd_kafka_err2str(err));
}

/* The first error of an element, or none. */
static rd_kafka_resp_err_t element_error(const rd_kafka_topic_partition_list_t *list)
{
    for (int i = 0; i < list->cnt; i++)
        if (list->elems[i].err)
            return list->elems[i].err;
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

/* Beginning and end as numbers: so that what was read "from the end on" is known, and stays so after a restart. ListOffsets takes the
 * logical offsets as times. */
static rd_kafka_resp_err_t ask_log(rd_kafka_t *rk, rd_kafka_topic_partition_list_t *list, int64_t until_ms)
{
    rd_kafka_resp_err_t err = list->cnt ? rd_kafka_offsets_for_times(rk, list, left_ms(until_ms)) : 0;
    return err ? err : element_error(list);
}

static void ask_of_all(rd_kafka_topic_partition_list_t *list, int64_t question)
{
    for (int i = 0; i < list->cnt; i++)
        list->elems[i].offset = question;
}

/* Those whose first message is not older than `since_ms` begin with it. */
static rd_kafka_resp_err_t begin_young_ones(rd_kafka_t *rk, rd_kafka_topic_partition_list_t *list, int64_t since_ms,
                                            int64_t until_ms)
{
    rd_kafka_topic_partition_list_t *first = rd_kafka_topic_partition_list_copy(list),
                                    *since = rd_kafka_topic_partition_list_copy(list);
    ask_of_all(first, RD_KAFKA_OFFSET_BEGINNING);
    ask_of_all(since, since_ms);
    rd_kafka_resp_err_t err = ask_log(rk, first, until_ms);

    if (!err)
        err = ask_log(rk, since, until_ms);
    for (int i = 0; i < list->cnt && !err; i++) {
        rd_kafka_topic_partition_t *p = &list->elems[i];
        int64_t begins = rd_kafka_topic_partition_list_find(first, p->topic, p->partition)->offset;
        if (rd_kafka_topic_partition_list_find(since, p->topic, p->partition)->offset == begins)
            p->offset = begins;
    }
    rd_kafka_topic_partition_list_destroy(first);
    rd_kafka_topic_partition_list_destroy(since);
    return err;
}

bool starts_resolve(rd_kafka_t *rk, rd_kafka_topic_partition_list_t *list, enum start start, int64_t since_ms,
                    struct error *e)
{
    int64_t until_ms = clock_ms() + STARTS_WAIT_MS;
    int64_t logical = start == START_LATEST ? RD_KAFKA_OFFSET_END : RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_resp_err_t err = list->cnt ? rd_kafka_committed(rk, list, STARTS_WAIT_MS) : 0;

    if (!err)
        err = element_error(list);
    if (err)
        return failed(e, "the group's committed offsets", err);

    rd_kafka_topic_partition_list_t *fresh = rd_kafka_topic_partition_list_new(list->cnt);
    for (int i = 0; i < list->cnt; i++) {
        rd_kafka_topic_partition_t *p = &list->elems[i];
        p->opaque = p->offset >= 0 ? (void *)(intptr_t)(p->offset + 1) : NULL;
        if (p->offset < 0)
            rd_kafka_topic_partition_list_add(fresh, p->topic, p->partition)->offset = logical;
    }
    err = ask_log(rk, fresh, until_ms);
    if (!err && start == START_LATEST)
        err = begin_young_ones(rk, fresh, since_ms, until_ms);
    for (int i = 0; i < fresh->cnt && !err; i++) {
        const rd_kafka_topic_partition_t *f = &fresh->elems[i];
        rd_kafka_topic_partition_list_find(list, f->topic, f->partition)->offset = f->offset < 0 ? 0 : f->offset;
    }
    rd_kafka_topic_partition_list_destroy(fresh);
    return !err || failed(e, "where the log begins and ends", err);
}

/* One by one, each with its share of what is left: a partition without a leader does not use up the others' time. */
void starts_watermarks(rd_kafka_t *rk, rd_kafka_topic_partition_list_t *list)
{
    int64_t until_ms = clock_ms() + STARTS_WAIT_MS;

    for (int i = 0; i < list->cnt; i++) {
        rd_kafka_topic_partition_t *p = &list->elems[i];
        int64_t low = 0, high = 0;
        p->err = rd_kafka_query_watermark_offsets(rk, p->topic, p->partition, &low, &high,
                                                  left_ms(until_ms) / (list->cnt - i));
        p->offset = low;
        p->opaque = (void *)(intptr_t)high;
    }
}
