/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/change/times.h"

#include "worker/change/decimal.h"

#include <stdio.h>

static const char not_a_time[] = "is no date or time";
static const char bad_year[] = "lies outside the years 1700 to 4000";

/* ---- the calendar (Howard Hinnant's algorithms, http://howardhinnant.github.io/date_algorithms.html) ---------------------------- */

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

static int64_t days_of(int year, int month, int day)
{
    int y = year - (month <= 2), era = y / 400; /* years here are positive */
    int of_era = y - era * 400, of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return (int64_t)era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static void date_of(int64_t days, int *year, int *month, int *day)
{
    int64_t z = days + 719468, era = floor_div(z, 146097);
    int of_era = (int)(z - era * 146097);
    int year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int shifted = (5 * of_year + 2) / 153;
    *day = of_year - (153 * shifted + 2) / 5 + 1;
    *month = shifted + (shifted < 10 ? 3 : -9);
    *year = (int)(era * 400) + year_of_era + (*month <= 2);
}

static int days_in(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

/* ---- numbers ------------------------------------------------------------------------------------------------------------------ */

const char *moment_of_number(struct text number, enum unit unit, int64_t *ms)
{
    static const int64_t largest = INT64_C(1000000000000000); /* ms, well beyond the year 4000 */
    int64_t whole, thousandths;
    if (!decimal_split(number, &whole, &thousandths))
        return "is no time: the number is too large";
    if (whole == INT64_MAX || whole == INT64_MIN)
        return "stands for infinity, which Salesforce has not";

    switch (unit) {
    case UNIT_NONE:
        return "is a number, and the field's unit (days, s, ms, us, ns) is not set";
    case UNIT_DAYS:
        if (whole > largest / MS_OF_DAY || whole < -largest / MS_OF_DAY)
            return bad_year;
        *ms = whole * MS_OF_DAY;
        break;
    case UNIT_S:
        if (whole > largest / 1000 || whole < -largest / 1000)
            return bad_year;
        *ms = whole * 1000 + thousandths;
        break;
    case UNIT_MS:
        *ms = whole;
        break;
    case UNIT_US:
        *ms = floor_div(whole, 1000);
        break;
    case UNIT_NS:
        *ms = floor_div(whole, 1000000);
        break;
    }
    return NULL;
}

/* ---- texts -------------------------------------------------------------------------------------------------------------------- */

struct scan {
    const char *at, *end;
};

static bool take(struct scan *s, char c)
{
    if (s->at == s->end || *s->at != c)
        return false;
    s->at++;
    return true;
}

/* Exactly n digits. */
static bool take_digits(struct scan *s, int n, int *value)
{
    if (s->end - s->at < n)
        return false;
    *value = 0;
    for (int i = 0; i < n; i++, s->at++) {
        if (*s->at < '0' || *s->at > '9')
            return false;
        *value = *value * 10 + (*s->at - '0');
    }
    return true;
}

static bool take_fraction(struct scan *s, int *ms)
{
    int weight = 100, digits = 0;
    *ms = 0;
    for (; s->at < s->end && *s->at >= '0' && *s->at <= '9'; s->at++, digits++, weight /= 10)
        *ms += weight * (*s->at - '0');
    return digits > 0;
}

static bool take_date(struct scan *s, int64_t *ms)
{
    int year, month, day;
    if (!take_digits(s, 4, &year) || !take(s, '-') || !take_digits(s, 2, &month) || !take(s, '-') ||
        !take_digits(s, 2, &day))
        return false;
    if (year < 1 || month < 1 || month > 12 || day < 1 || day > days_in(year, month))
        return false;
    *ms = days_of(year, month, day) * MS_OF_DAY;
    return true;
}

static bool take_time(struct scan *s, int64_t *ms)
{
    int hour, minute, second = 0, fraction = 0;
    if (!take_digits(s, 2, &hour) || !take(s, ':') || !take_digits(s, 2, &minute))
        return false;
    if (take(s, ':')) {
        if (!take_digits(s, 2, &second))
            return false;
        if ((take(s, '.') || take(s, ',')) && !take_fraction(s, &fraction))
            return false;
    }
    *ms = ((hour * 60 + minute) * 60 + second) * INT64_C(1000) + fraction;
    return hour <= 24 && minute < 60 && second < 60 && *ms <= MS_OF_DAY;
}

/* Z, ±hh, ±hhmm, ±hh:mm, ±hh:mm:ss; with or without a blank in front. Without any: true, and no zone. */
static bool take_zone(struct scan *s, struct moment *m)
{
    int hour, minute = 0, second = 0;
    take(s, ' ');
    if (s->at == s->end)
        return true;
    m->has_zone = true;
    if (take(s, 'Z') || take(s, 'z'))
        return true;
    int sign = *s->at == '-' ? -1 : *s->at == '+' ? 1 : 0;
    s->at++;
    if (sign == 0 || !take_digits(s, 2, &hour))
        return false;
    bool colon = take(s, ':');
    if ((colon || s->at < s->end) && !take_digits(s, 2, &minute))
        return false;
    if (take(s, ':') && !take_digits(s, 2, &second))
        return false;
    m->offset_ms = sign * ((hour * 60 + minute) * 60 + second) * INT64_C(1000);
    return hour <= 18 && minute < 60 && second < 60;
}

const char *moment_of_text(struct text t, struct moment *m)
{
    struct scan s = {t.at, t.at + t.len};
    int64_t date = 0, time = 0;
    *m = (struct moment){0};

    m->has_date = t.len >= 5 && t.at[4] == '-';
    if (m->has_date && !take_date(&s, &date))
        return not_a_time;
    if (!m->has_date ||
        (s.end - s.at > 1 && (*s.at == 'T' || *s.at == 't' || (*s.at == ' ' && s.at[1] >= '0' && s.at[1] <= '9')))) {
        s.at += m->has_date;
        m->has_time = true;
        if (!take_time(&s, &time))
            return not_a_time;
    }
    if (!take_zone(&s, m) || s.at != s.end)
        return not_a_time;
    m->local_ms = date + time;
    return NULL;
}

/* ---- writing ------------------------------------------------------------------------------------------------------------------ */

static void add_number(struct buffer *out, int value, int digits)
{
    char s[8];
    for (int i = digits - 1; i >= 0; i--, value /= 10)
        s[i] = (char)('0' + value % 10);
    buffer_add(out, s, (size_t)digits);
}

static const char *add_date(int64_t ms, struct buffer *out)
{
    int64_t days = floor_div(ms, MS_OF_DAY);
    int year, month, day;
    if (days < -1000000 || days > 1000000)
        return bad_year;
    date_of(days, &year, &month, &day);
    if (year < 1700 || year > 4000)
        return bad_year;
    add_number(out, year, 4);
    buffer_add_char(out, '-');
    add_number(out, month, 2);
    buffer_add_char(out, '-');
    add_number(out, day, 2);
    return NULL;
}

static void add_time(int64_t ms_of_day, struct buffer *out)
{
    int ms = (int)ms_of_day;
    add_number(out, ms / 3600000, 2);
    buffer_add_char(out, ':');
    add_number(out, ms / 60000 % 60, 2);
    buffer_add_char(out, ':');
    add_number(out, ms / 1000 % 60, 2);
    buffer_add_char(out, '.');
    add_number(out, ms % 1000, 3);
    buffer_add_char(out, 'Z');
}

const char *write_date(int64_t ms, struct buffer *out)
{
    buffer_add_char(out, '"');
    const char *why = add_date(ms, out);
    buffer_add_char(out, '"');
    return why;
}

const char *write_datetime(int64_t ms, struct buffer *out)
{
    buffer_add_char(out, '"');
    const char *why = add_date(ms, out);
    buffer_add_char(out, 'T');
    add_time(ms - floor_div(ms, MS_OF_DAY) * MS_OF_DAY, out);
    buffer_add_char(out, '"');
    return why;
}

const char *write_time(int64_t ms_of_day, struct buffer *out)
{
    if (ms_of_day < 0 || ms_of_day >= MS_OF_DAY)
        return "is no time of a day";
    buffer_add_char(out, '"');
    add_time(ms_of_day, out);
    buffer_add_char(out, '"');
    return NULL;
}
