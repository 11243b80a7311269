/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/salesforce/response.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

enum { LONGEST_RETRY_S = 15 * 60 };

static bool read_number(const char **at, char end, int64_t *out)
{
    char *stop;

    if (**at < '0' || **at > '9')
        return false;
    errno = 0;
    *out = strtoll(*at, &stop, 10);
    if (errno || (end && *stop != end))
        return false;
    *at = stop;
    return true;
}

bool response_limit_info(const char *header, int64_t *used, int64_t *limit)
{
    static const char name[] = "api-usage=";
    int64_t u, l;

    /* "per-app-api-usage=" ends in the same word */
    for (const char *at = header; (at = strstr(at, name)) != NULL; at++) {
        const char *p = at + sizeof name - 1;
        if ((at > header && at[-1] != ' ' && at[-1] != ';' && at[-1] != ',') || !read_number(&p, '/', &u))
            continue;
        p++;
        if (!read_number(&p, '\0', &l) || l <= 0)
            continue;
        *used = u;
        *limit = l;
        return true;
    }
    return false;
}

/* "Tue, 10 Aug 2015 00:00:00 GMT" */
static bool read_date(const char *text, time_t *out)
{
    struct tm tm = {0};
    const char *rest = strptime(text, "%a, %d %b %Y %H:%M:%S", &tm);

    if (!rest)
        return false;
    *out = timegm(&tm);
    return true;
}

int64_t response_retry_after(const char *header, const char *date)
{
    int64_t seconds;
    time_t until, now;
    const char *at = header;

    if (header[0] >= '0' && header[0] <= '9') {
        if (!read_number(&at, '\0', &seconds))
            seconds = LONGEST_RETRY_S;
    } else if (read_date(header, &until) && read_date(date, &now)) {
        seconds = until > now ? until - now : 0;
    } else {
        return -1;
    }
    return (seconds < LONGEST_RETRY_S ? seconds : LONGEST_RETRY_S) * 1000;
}
