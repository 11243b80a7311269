/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/web/page.h"

#include "common/memory.h"
#include "worker/web/charts.h"
#include "worker/web/html.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE_CEILING = 4 * 1024 * 1024, STEPS = 120, PARTITIONS_SHOWN = 48 };

/* ---- reading the status ---- */

static const char *text_at(const json_t *o, const char *name)
{
    const char *s = json_string_value(json_object_get(o, name));
    return s ? s : "";
}

static double number_at(const json_t *o, const char *name)
{
    const json_t *n = json_object_get(o, name);
    return json_is_number(n) ? json_number_value(n) : 0;
}

/* Numbers oldest first; null is -1, not known. Returns how many there are, at most STEPS, the newest. */
static size_t series_at(const json_t *o, const char *name, double *out)
{
    const json_t *all = json_object_get(o, name);
    size_t n = json_array_size(all), from = n > STEPS ? n - STEPS : 0;
    for (size_t i = from; i < n; i++) {
        const json_t *v = json_array_get(all, i);
        out[i - from] = json_is_number(v) ? json_number_value(v) : -1;
    }
    return n - from;
}

/* ---- head ---- */

static void head(struct buffer *b, const char *title)
{
    html_raw(b, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                "<meta name=\"color-scheme\" content=\"light dark\">\n<title>");
    html_text(b, title);
    html_raw(b, "</title>\n<link rel=\"icon\" href=\"data:,\">\n<link rel=\"stylesheet\" href=\"page.css\">\n"
                "<script src=\"page.js\" defer></script>\n"
                "<noscript><meta http-equiv=\"refresh\" content=\"5\"></noscript>\n</head>\n<body>\n");
}

static void fact(struct buffer *b, const char *name, const char *value)
{
    if (!*value)
        return;
    html_raw(b, "<span><b>");
    html_text(b, name);
    html_raw(b, "</b> ");
    html_text(b, value);
    html_raw(b, "</span>");
}

static void banner(struct buffer *b, const json_t *s)
{
    bool ready = json_is_true(json_object_get(s, "ready"));
    const json_t *reason;
    size_t i;

    html_raw(b, "<header><h1>sfsink <small>");
    html_text(b, text_at(s, "worker"));
    html_raw(b, ready ? "</small></h1><p class=\"pill good\">ready</p>"
                      : "</small></h1><p class=\"pill bad\">not ready</p>");
    html_raw(b, "<p class=\"facts\">");
    fact(b, "group", text_at(s, "group"));
    fact(b, "org", text_at(json_object_get(s, "salesforce"), "instance_url"));
    fact(b, "version", text_at(s, "version"));
    html_raw(b, "<span><b>up</b> ");
    html_duration(b, number_at(s, "uptime_s"));
    html_raw(b, "</span></p></header>\n");
    if (ready || json_array_size(json_object_get(s, "reasons")) == 0)
        return;
    html_raw(b, "<ul class=\"reasons\" role=\"alert\">");
    json_array_foreach(json_object_get(s, "reasons"), i, reason)
    {
        html_raw(b, "<li>");
        html_text(b, json_string_value(reason));
        html_raw(b, "</li>");
    }
    html_raw(b, "</ul>\n");
}

/* ---- the last minutes ---- */

enum unit { UNIT_RATE, UNIT_SECONDS, UNIT_COUNT };

static void value_in(struct buffer *b, double value, enum unit unit)
{
    if (value < 0)
        html_raw(b, "\xe2\x80\x93");
    else if (unit == UNIT_SECONDS)
        html_duration(b, value);
    else if (unit == UNIT_RATE)
        html_rate(b, value);
    else
        html_count(b, value);
}

static void card(struct buffer *b, const json_t *history, const char *series, const char *title, const char *note,
                 enum unit unit, double most)
{
    double values[STEPS] = {0}, top = 0;
    size_t n = series_at(history, series, values);
    for (size_t i = 0; i < n; i++)
        top = values[i] > top ? values[i] : top;

    html_raw(b, "<section class=\"card\"><h2>");
    html_text(b, title);
    html_raw(b, "</h2><p class=\"big\">");
    value_in(b, n ? values[n - 1] : -1, unit);
    html_raw(b, " <small>");
    html_text(b, note);
    html_raw(b, "</small></p>");
    chart_area(b, values, n, most, title);
    html_raw(b, "<p class=\"scale\"><span>");
    html_duration(b, (double)(n > 1 ? n - 1 : 0) * number_at(history, "every_s"));
    html_raw(b, " ago</span><span>top ");
    value_in(b, most > 0 ? most : top, unit);
    html_raw(b, "</span><span>now</span></p></section>\n");
}

static void cards(struct buffer *b, const json_t *s)
{
    const json_t *history = json_object_get(s, "history"), *sf = json_object_get(s, "salesforce");
    html_raw(b, "<div class=\"cards\">\n");
    card(b, history, "settled_per_s", "Settled", "events a second", UNIT_RATE, 0);
    card(b, history, "p95_s", "Event to Salesforce", "for 95 of 100", UNIT_SECONDS, 0);
    card(b, history, "lag", "Lag", "messages", UNIT_COUNT, 0);
    card(b, history, "in_flight", "Calls in flight", "to Salesforce", UNIT_COUNT, number_at(sf, "requests_limit"));
    html_raw(b, "</div>\n");
}

/* ---- what is used of what ---- */

static void meter_begin(struct buffer *b, const char *title)
{
    html_raw(b, "<section class=\"meter\"><h2>");
    html_text(b, title);
    html_raw(b, "</h2><p>");
}

static void budget(struct buffer *b, const json_t *sf)
{
    double used = number_at(sf, "api_used"), limit = number_at(sf, "api_limit");
    meter_begin(b, "API budget of the org");
    if (limit <= 0) {
        html_raw(b, "not known before the first call</p></section>\n");
        return;
    }
    buffer_printf(b, "%.1f %% \xc2\xb7 ", 100 * used / limit);
    html_count(b, used);
    html_raw(b, " of ");
    html_count(b, limit);
    html_raw(b, " calls in 24 hours</p>");
    chart_bar(b, used / limit, number_at(sf, "slow_at") / 100, number_at(sf, "stop_at") / 100,
              "used part of the org's API calls");
    buffer_printf(b, "<p class=\"scale\"><span>fewer calls from %.0f %%, waits from %.0f %%</span></p></section>\n",
                  number_at(sf, "slow_at"), number_at(sf, "stop_at"));
}

static void fill(struct buffer *b, const json_t *sf)
{
    double mean = number_at(sf, "batch_mean"), most = number_at(sf, "batch_most");
    meter_begin(b, "Batch fill");
    html_rate(b, mean);
    html_raw(b, " of ");
    html_count(b, most);
    html_raw(b, " records in a request</p>");
    chart_bar(b, most > 0 ? mean / most : 0, -1, -1, "mean number of records in a request");
    html_raw(b,
             "<p class=\"scale\"><span>since the start; few under load: raise batch.linger_ms</span></p></section>\n");
}

static void held(struct buffer *b, const json_t *events)
{
    double pending = number_at(events, "pending"), most = number_at(events, "pending_most");
    double bytes = number_at(events, "pending_bytes"), most_bytes = number_at(events, "pending_bytes_most");
    double part = most > 0 ? pending / most : 0, part_bytes = most_bytes > 0 ? bytes / most_bytes : 0;
    meter_begin(b, "Held in memory");
    html_count(b, pending);
    html_raw(b, " of ");
    html_count(b, most);
    html_raw(b, " events \xc2\xb7 ");
    html_bytes(b, bytes);
    html_raw(b, " of ");
    html_bytes(b, most_bytes);
    html_raw(b, "</p>");
    chart_bar(b, part > part_bytes ? part : part_bytes, -1, -1, "used part of the buffer");
    html_raw(b, "<p class=\"scale\"><span>full: reading waits for Salesforce</span></p></section>\n");
}

static void meters(struct buffer *b, const json_t *s)
{
    const json_t *sf = json_object_get(s, "salesforce");
    html_raw(b, "<div class=\"cards wide\">\n");
    budget(b, sf);
    fill(b, sf);
    held(b, json_object_get(s, "events"));
    html_raw(b, "</div>\n");
}

/* ---- tables ---- */

static void table_begin(struct buffer *b, const char *title, const char *head_cells)
{
    html_raw(b, "<section class=\"table\"><h2>");
    html_text(b, title);
    html_raw(b, "</h2><div class=\"scroll\"><table><thead><tr>");
    html_raw(b, head_cells);
    html_raw(b, "</tr></thead><tbody>\n");
}

static void table_end(struct buffer *b)
{
    html_raw(b, "</tbody></table></div></section>\n");
}

static void cell(struct buffer *b, const char *text)
{
    html_raw(b, "<td>");
    html_text(b, text);
    html_raw(b, "</td>");
}

static void cell_of(struct buffer *b, const char *class, const char *text)
{
    buffer_printf(b, "<td class=\"%s\">", class);
    html_text(b, text);
    html_raw(b, "</td>");
}

static void cell_count(struct buffer *b, double n, const char *class)
{
    buffer_printf(b, "<td class=\"n%s%s\">", n > 0 && *class ? " " : "", n > 0 ? class : "");
    html_count(b, n);
    html_raw(b, "</td>");
}

/* In a quiet partition the last samples say nothing. */
static double last_known(const double *values, size_t n)
{
    while (n > 0 && values[n - 1] < 0)
        n--;
    return n ? values[n - 1] : -1;
}

static void partition_row(struct buffer *b, const json_t *p)
{
    double lags[STEPS] = {0}, rates[STEPS] = {0}, ages[STEPS] = {0};
    size_t n = series_at(p, "lags", lags), m = series_at(p, "rates", rates), k = series_at(p, "p95_s", ages);

    html_raw(b, "<tr>");
    cell_of(b, "rest", text_at(p, "topic"));
    buffer_printf(b, "<td class=\"n\">%.0f</td><td class=\"n\">", number_at(p, "partition"));
    value_in(b, json_is_number(json_object_get(p, "lag")) ? number_at(p, "lag") : -1, UNIT_COUNT);
    html_raw(b, "</td><td>");
    chart_spark(b, lags, n, "lag over the last minutes");
    html_raw(b, "</td><td class=\"n\">");
    value_in(b, m ? rates[m - 1] : -1, UNIT_RATE);
    html_raw(b, "</td><td>");
    chart_spark(b, rates, m, "committed messages a second over the last minutes");
    html_raw(b, "</td><td class=\"n\">");
    value_in(b, last_known(ages, k), UNIT_SECONDS);
    html_raw(b, "</td><td>");
    chart_spark(b, ages, k, "time from event to Salesforce for 95 of 100, over the last minutes");
    html_raw(b, "</td></tr>\n");
}

static void partitions(struct buffer *b, const json_t *s)
{
    const json_t *all = json_object_get(s, "partitions"), *p;
    size_t i, n = json_array_size(all);

    table_begin(b, "Partitions",
                "<th>Topic</th><th class=\"n\">Partition</th><th class=\"n\">Lag</th><th></th><th class=\"n\">A "
                "second</th><th></th><th class=\"n\">Latency (p95)</th><th></th>");
    json_array_foreach(all, i, p)
    {
        if (i < PARTITIONS_SHOWN)
            partition_row(b, p);
    }
    if (n == 0)
        html_raw(b, "<tr><td colspan=\"8\" class=\"none\">none: there are more workers than partitions, or it has not "
                    "joined yet</td></tr>");
    if (n > PARTITIONS_SHOWN)
        buffer_printf(b, "<tr><td colspan=\"8\" class=\"none\">and %zu more: see /status</td></tr>",
                      n - PARTITIONS_SHOWN);
    table_end(b);
}

static void routes(struct buffer *b, const json_t *s)
{
    const json_t *r;
    size_t i;

    table_begin(b, "Routes",
                "<th>Route</th><th>Topic</th><th>Object</th><th>Mode</th><th class=\"n\">Applied</th><th "
                "class=\"n\">Superseded</th>"
                "<th class=\"n\">Skipped</th><th class=\"n\">Dead letters</th><th>State</th>");
    json_array_foreach(json_object_get(s, "routes"), i, r)
    {
        const json_t *events = json_object_get(r, "events");
        html_raw(b, "<tr>");
        cell(b, text_at(r, "name"));
        cell(b, text_at(r, "topic"));
        cell(b, text_at(r, "object"));
        cell(b, text_at(r, "mode"));
        cell_count(b, number_at(events, "applied"), "");
        cell_count(b, number_at(events, "superseded"), "");
        cell_count(b, number_at(events, "skipped"), "");
        cell_count(b, number_at(events, "dead_lettered"), "warned");
        cell_of(b, *text_at(r, "halted") ? "failed" : "when", *text_at(r, "halted") ? text_at(r, "halted") : "runs");
        html_raw(b, "</tr>\n");
    }
    table_end(b);
}

/* What stands between backticks is code. */
static void with_code(struct buffer *b, const char *text)
{
    bool code = false;
    for (const char *end; (end = strchr(text, '`')); text = end + 1, code = !code) {
        char *part = xstrndup(text, (size_t)(end - text));
        html_text(b, part);
        html_raw(b, code ? "</code>" : "<code>");
        free(part);
    }
    html_text(b, text);
    html_raw(b, code ? "</code>" : "");
}

static void errors(struct buffer *b, const json_t *s)
{
    const json_t *all = json_object_get(s, "errors"), *e;
    size_t i;

    if (json_array_size(all) == 0)
        return;
    table_begin(b, "Errors by code",
                "<th>Code</th><th class=\"n\">Times</th><th class=\"optional\">Last</th><th>What to do</th>");
    json_array_foreach(all, i, e)
    {
        html_raw(b, "<tr><td><code>");
        html_text(b, text_at(e, "code"));
        html_raw(b, "</code></td>");
        cell_count(b, number_at(e, "count"), "");
        cell_of(b, "when optional", text_at(e, "last_at"));
        html_raw(b, "<td class=\"wordy\">");
        with_code(b, text_at(e, "what_to_do"));
        html_raw(b, "</td></tr>\n");
    }
    table_end(b);
}

static void dead_letters(struct buffer *b, const json_t *s)
{
    const json_t *all = json_object_get(s, "dead_letters"), *d;
    size_t i;

    if (json_array_size(all) == 0)
        return;
    table_begin(b, "Last dead letters",
                "<th>When</th><th>Route</th><th>Topic</th><th class=\"n\">Partition</th><th "
                "class=\"n\">Offset</th><th>Code</th><th>Fields</th>");
    json_array_foreach(all, i, d)
    {
        html_raw(b, "<tr>");
        cell_of(b, "when", text_at(d, "at"));
        cell(b, text_at(d, "route"));
        cell(b, text_at(d, "topic"));
        buffer_printf(b, "<td class=\"n\">%.0f</td><td class=\"n\">%.0f</td><td><code>", number_at(d, "partition"),
                      number_at(d, "offset"));
        html_text(b, text_at(d, "code"));
        html_raw(b, "</code></td>");
        cell(b, text_at(d, "fields"));
        html_raw(b, "</tr>\n");
    }
    table_end(b);
}

static void configuration(struct buffer *b, const json_t *s)
{
    const char *text = text_at(s, "configuration");
    if (!*text)
        return;
    html_raw(
        b,
        "<section class=\"table\"><details id=\"configuration\"><summary>Configuration, secrets masked</summary><pre>");
    html_text(b, text);
    html_raw(b, "</pre></details></section>\n");
}

static void foot(struct buffer *b, const json_t *s)
{
    html_raw(b, "<footer><span>");
    html_text(b, text_at(s, "time"));
    html_raw(
        b, "</span><nav><a href=\"metrics\">metrics</a> <a href=\"readyz\">readyz</a> <a href=\"healthz\">healthz</a> "
           "<a href=\"status\">status</a> <a href=\"version\">version</a></nav></footer>\n");
}

char *page_render(const char *status)
{
    struct buffer b = BUFFER_INIT(PAGE_CEILING);
    json_t *s = status ? json_loads(status, 0, NULL) : NULL;

    head(&b, s && *text_at(s, "worker") ? text_at(s, "worker") : "sfsink");
    html_raw(&b, "<p id=\"silent\" role=\"alert\" hidden>The worker does not answer. What follows is how it was "
                 "then.</p>\n<main>\n");
    if (s) {
        banner(&b, s);
        cards(&b, s);
        meters(&b, s);
        partitions(&b, s);
        routes(&b, s);
        errors(&b, s);
        dead_letters(&b, s);
        configuration(&b, s);
        foot(&b, s);
    } else {
        html_raw(&b, "<header><h1>sfsink</h1><p class=\"pill warn\">starting</p></header>\n");
    }
    html_raw(&b, "</main>\n</body>\n</html>\n");
    json_decref(s);
    return buffer_steal(&b);
}
