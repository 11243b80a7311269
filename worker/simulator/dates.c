/* SPDX-License-Identifier: Apache-2.0 */
/* The texts of dates and times: values.h. */
#include "worker/simulator/values.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* Reads exactly n digits. */
static bool digits(const char **at, int n, int *value)
{
    *value = 0;
    for (int i = 0; i < n; i++, (*at)++) {
        if (!isdigit((unsigned char)**at))
            return false;
        *value = *value * 10 + (**at - '0');
    }
    return true;
}

static bool letter(const char **at, char c)
{
    return **at == c && (*at)++;
}

static int month_days(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

static bool read_date(const char **at, struct tm *t)
{
    int year, month, day;

    if (!digits(at, 4, &year) || !letter(at, '-') || !digits(at, 2, &month) || !letter(at, '-') || !digits(at, 2, &day))
        return false;
    if (year < 1700 || year > 4000 || month < 1 || month > 12 || day < 1 || day > month_days(year, month))
        return false;
    t->tm_year = year - 1900;
    t->tm_mon = month - 1;
    t->tm_mday = day;
    return true;
}

bool value_date(const char *text)
{
    struct tm t = {0};
    return read_date(&text, &t) && !*text;
}

static bool read_clock(const char **at, struct tm *t, int *ms)
{
    *ms = 0;
    if (!digits(at, 2, &t->tm_hour) || !letter(at, ':') || !digits(at, 2, &t->tm_min) || !letter(at, ':') ||
        !digits(at, 2, &t->tm_sec))
        return false;
    if (letter(at, '.')) {
        int weight = 100;
        if (!isdigit((unsigned char)**at))
            return false;
        for (; isdigit((unsigned char)**at); (*at)++, weight /= 10)
            *ms += (**at - '0') * weight;
    }
    return t->tm_hour < 24 && t->tm_min < 60 && t->tm_sec < 60;
}

/* Z or ±HH:mm, in minutes. */
static bool read_zone(const char **at, int *minutes)
{
    int sign = **at == '-' ? -1 : 1, hours, rest;

    *minutes = 0;
    if (letter(at, 'Z'))
        return true;
    if (**at != '+' && **at != '-')
        return false;
    (*at)++;
    if (!digits(at, 2, &hours) || !letter(at, ':') || !digits(at, 2, &rest))
        return false;
    *minutes = sign * (hours * 60 + rest);
    return hours < 15 && rest < 60;
}

void value_datetime_text(int64_t wall_ms, char stored[32])
{
    time_t seconds = (time_t)(wall_ms / 1000);
    int ms = (int)(wall_ms % 1000);
    struct tm t;

    if (ms < 0) {
        ms += 1000;
        seconds--;
    }
    gmtime_r(&seconds, &t);
    snprintf(stored, 32, "%04d-%02d-%02dT%02d:%02d:%02d.%03d+0000", (t.tm_year + 1900) % 10000, t.tm_mon + 1, t.tm_mday,
             t.tm_hour, t.tm_min, t.tm_sec, ms);
}

bool value_datetime(const char *text, char stored[32])
{
    struct tm t = {0};
    int ms, zone;

    if (!read_date(&text, &t) || !letter(&text, 'T') || !read_clock(&text, &t, &ms) || !read_zone(&text, &zone) ||
        *text)
        return false;
    value_datetime_text(((int64_t)timegm(&t) - zone * 60) * 1000 + ms, stored);
    return true;
}

bool value_time(const char *text)
{
    struct tm t = {0};
    int ms;
    return read_clock(&text, &t, &ms) && letter(&text, 'Z') && !*text;
}
