/* SPDX-License-Identifier: Apache-2.0 */
/* Values to what Salesforce takes: `as` and `unit`, and by the event's schema. */
#include "worker/change/convert.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define REFUSED NULL
#define SCHEMA(name) "{\"name\":\"" name "\"}"
#define DECIMAL(scale) "{\"name\":\"org.apache.kafka.connect.data.Decimal\",\"parameters\":{\"scale\":\"" scale "\"}}"
#define SCALED SCHEMA("io.debezium.data.VariableScaleDecimal")

static const struct row {
    const char *value;
    enum as as;
    enum unit unit;
    const char *result; /* "": nothing is left */
    const char *schema;
} rows[] = {
    /* as they are */
    {"1.10", AS_IS, 0, "1.10", NULL},
    {"1e21", AS_IS, 0, "1e21", NULL},
    {"\"a\\u00fc\"", AS_IS, 0, "\"a\\u00fc\"", NULL},
    {"\"\\ud800\"", AS_IS, 0, REFUSED, NULL},
    {"[1]", AS_IS, 0, REFUSED, NULL},
    {"{}", AS_IS, 0, REFUSED, NULL},
    /* strings */
    {"\"x\"", AS_STRING, 0, "\"x\"", NULL},
    {"1.10", AS_STRING, 0, "\"1.10\"", NULL},
    {"1e21", AS_STRING, 0, "\"1000000000000000000000\"", NULL},
    {"1.5E3", AS_STRING, 0, "\"1500\"", NULL},
    {"1.0E-5", AS_STRING, 0, "\"0.000010\"", NULL},
    {"-0", AS_STRING, 0, "\"0\"", NULL},
    {"-12.34e1", AS_STRING, 0, "\"-123.4\"", NULL},
    {"0.00", AS_STRING, 0, "\"0.00\"", NULL},
    {"0e9", AS_STRING, 0, "\"0\"", NULL},
    {"1e400", AS_STRING, 0, REFUSED, NULL},
    {"1e-500", AS_STRING, 0, REFUSED, NULL},
    {"1e99999999999999999999", AS_STRING, 0, REFUSED, NULL},
    {"1E+5", AS_STRING, 0, "\"100000\"", NULL},
    {"1.25E-2", AS_STRING, 0, "\"0.0125\"", NULL},
    {"10.5e-1", AS_STRING, 0, "\"1.05\"", NULL},
    {"0.05E1", AS_STRING, 0, "\"0.5\"", NULL},
    {"100e-2", AS_STRING, 0, "\"1.00\"", NULL},
    {"12345678901234567890123456789012345678", AS_STRING, 0, "\"12345678901234567890123456789012345678\"", NULL},
    {"true", AS_STRING, 0, "\"true\"", NULL},
    {"{\"a\":[1]}", AS_STRING, 0, "\"{\\\"a\\\":[1]}\"", NULL},
    /* numbers */
    {"9007199254740993", AS_NUMBER, 0, "9007199254740993", NULL},
    {"\" +007.50 \"", AS_NUMBER, 0, "7.50", NULL},
    {"\".5\"", AS_NUMBER, 0, "0.5", NULL},
    {"\"5.\"", AS_NUMBER, 0, "5", NULL},
    {"\"-1e3\"", AS_NUMBER, 0, "-1e3", NULL},
    {"\"1,5\"", AS_NUMBER, 0, REFUSED, NULL},
    {"\"0x10\"", AS_NUMBER, 0, REFUSED, NULL},
    {"\"\"", AS_NUMBER, 0, REFUSED, NULL},
    {"\".\"", AS_NUMBER, 0, REFUSED, NULL},
    {"\"1e\"", AS_NUMBER, 0, REFUSED, NULL},
    {"\"1e+\"", AS_NUMBER, 0, REFUSED, NULL},
    {"\"1E+2\"", AS_NUMBER, 0, "1E+2", NULL},
    {"\"\\t1\\r\\n\"", AS_NUMBER, 0, "1", NULL},
    {"\" \"", AS_NUMBER, 0, REFUSED, NULL},
    {"\"-\"", AS_NUMBER, 0, REFUSED, NULL},
    {"\"--1\"", AS_NUMBER, 0, REFUSED, NULL},
    {"\"1 2\"", AS_NUMBER, 0, REFUSED, NULL},
    {"\"Infinity\"", AS_NUMBER, 0, REFUSED, NULL},
    {"\"NaN\"", AS_NUMBER, 0, REFUSED, NULL},
    {"\"000\"", AS_NUMBER, 0, "0", NULL},
    {"\"-00.0\"", AS_NUMBER, 0, "-0.0", NULL},
    {"\"\\u0031\\u0032\"", AS_NUMBER, 0, "12", NULL},
    {"true", AS_NUMBER, 0, "1", NULL},
    {"[1]", AS_NUMBER, 0, REFUSED, NULL},
    {"5.0", AS_INTEGER, 0, "5", NULL},
    {"1e3", AS_INTEGER, 0, "1000", NULL},
    {"1.25e2", AS_INTEGER, 0, "125", NULL},
    {"120e-1", AS_INTEGER, 0, "12", NULL},
    {"5.5", AS_INTEGER, 0, REFUSED, NULL},
    {"1e-1", AS_INTEGER, 0, REFUSED, NULL},
    {"-0.0", AS_INTEGER, 0, "0", NULL},
    {"\"-17\"", AS_INTEGER, 0, "-17", NULL},
    {"\"x\"", AS_INTEGER, 0, REFUSED, NULL},
    {"\"1.5\"", AS_INTEGER, 0, REFUSED, NULL},
    {"false", AS_INTEGER, 0, "0", NULL},
    {"0e5", AS_INTEGER, 0, "0", NULL},
    {"0.001e3", AS_INTEGER, 0, "1", NULL},
    {"1e401", AS_INTEGER, 0, REFUSED, NULL},
    {"[1]", AS_INTEGER, 0, REFUSED, NULL},
    {"\"1e2\"", AS_INTEGER, 0, "100", NULL},
    /* booleans */
    {"true", AS_BOOLEAN, 0, "true", NULL},
    {"1", AS_BOOLEAN, 0, "true", NULL},
    {"0.0", AS_BOOLEAN, 0, "false", NULL},
    {"2", AS_BOOLEAN, 0, REFUSED, NULL},
    {"\"t\"", AS_BOOLEAN, 0, "true", NULL},
    {"\"FALSE\"", AS_BOOLEAN, 0, "false", NULL},
    {"\"Yes\"", AS_BOOLEAN, 0, "true", NULL},
    {"\"maybe\"", AS_BOOLEAN, 0, REFUSED, NULL},
    {"\"\\u0011\"", AS_BOOLEAN, 0, REFUSED, NULL}, /* differs from "1" by the bit that makes letters small */
    {"1e400", AS_BOOLEAN, 0, REFUSED, NULL},
    {"[]", AS_BOOLEAN, 0, REFUSED, NULL},
    /* dates */
    {"0", AS_DATE, UNIT_DAYS, "\"1970-01-01\"", NULL},
    {"-1", AS_DATE, UNIT_DAYS, "\"1969-12-31\"", NULL},
    {"11016", AS_DATE, UNIT_DAYS, "\"2000-02-29\"", NULL},
    {"-98616", AS_DATE, UNIT_DAYS, REFUSED, NULL},
    {"-98615", AS_DATE, UNIT_DAYS, "\"1700-01-01\"", NULL},
    {"741807", AS_DATE, UNIT_DAYS, "\"4000-12-31\"", NULL},
    {"741808", AS_DATE, UNIT_DAYS, REFUSED, NULL},
    {"1728000000123", AS_DATE, UNIT_MS, "\"2024-10-04\"", NULL},
    {"-1", AS_DATE, UNIT_MS, "\"1969-12-31\"", NULL},
    {"5", AS_DATE, UNIT_NONE, REFUSED, NULL},
    {"\"2024-02-29\"", AS_DATE, 0, "\"2024-02-29\"", NULL},
    {"\"2023-02-29\"", AS_DATE, 0, REFUSED, NULL},
    {"\"1900-02-29\"", AS_DATE, 0, REFUSED, NULL},
    {"\"2024-05-06Z\"", AS_DATE, 0, "\"2024-05-06\"", NULL},
    {"\"2024-05-06T23:30:00-05:00\"", AS_DATE, 0, "\"2024-05-06\"", NULL},
    {"\"0000-00-00\"", AS_DATE, 0, REFUSED, NULL},
    {"\"2024-5-6\"", AS_DATE, 0, REFUSED, NULL},
    {"\"12:30\"", AS_DATE, 0, REFUSED, NULL},
    {"\"infinity\"", AS_DATE, 0, REFUSED, NULL},
    {"\"\"", AS_DATE, 0, REFUSED, NULL},
    {"true", AS_DATE, UNIT_DAYS, REFUSED, NULL},
    {"9223372036854775806", AS_DATE, UNIT_DAYS, REFUSED, NULL},
    {"-9223372036854775807", AS_DATE, UNIT_DAYS, REFUSED, NULL},
    {"9223372036854775806", AS_DATE, UNIT_S, REFUSED, NULL},
    {"-9223372036854775807", AS_DATE, UNIT_S, REFUSED, NULL},
    {"2147483647", AS_DATE, UNIT_DAYS, REFUSED, NULL},
    {"1.9", AS_DATE, UNIT_DAYS, "\"1970-01-02\"", NULL},
    {"951782400", AS_DATE, UNIT_S, "\"2000-02-29\"", NULL},
    {"951782400000000000", AS_DATE, UNIT_NS, "\"2000-02-29\"", NULL},
    {"\"2000-02-29\"", AS_DATE, 0, "\"2000-02-29\"", NULL},
    {"\"2024-00-01\"", AS_DATE, 0, REFUSED, NULL},
    {"\"2024-13-01\"", AS_DATE, 0, REFUSED, NULL},
    {"\"2024-01-00\"", AS_DATE, 0, REFUSED, NULL},
    {"\"2024-04-31\"", AS_DATE, 0, REFUSED, NULL},
    {"\"0000-01-01\"", AS_DATE, 0, REFUSED, NULL},
    {"\"1699-12-31\"", AS_DATE, 0, REFUSED, NULL},
    {"\"20241004\"", AS_DATE, 0, REFUSED, NULL},
    {"\"2024-1\"", AS_DATE, 0, REFUSED, NULL},
    {"\"2024-10/04\"", AS_DATE, 0, REFUSED, NULL},
    {"\"2024-10-04x\"", AS_DATE, 0, REFUSED, NULL},
    {"\"04.10.2024\"", AS_DATE, 0, REFUSED, NULL},
    {"\"2024-10-04 BC\"", AS_DATE, 0, REFUSED, NULL},
    {"{}", AS_DATE, UNIT_DAYS, REFUSED, NULL},
    /* date and time */
    {"1728000000123", AS_DATETIME, UNIT_MS, "\"2024-10-04T00:00:00.123Z\"", NULL},
    {"1728000000", AS_DATETIME, UNIT_S, "\"2024-10-04T00:00:00.000Z\"", NULL},
    {"1.728E9", AS_DATETIME, UNIT_S, "\"2024-10-04T00:00:00.000Z\"", NULL},
    {"1728000000.1239", AS_DATETIME, UNIT_S, "\"2024-10-04T00:00:00.123Z\"", NULL},
    {"-0.0005", AS_DATETIME, UNIT_S, "\"1969-12-31T23:59:59.999Z\"", NULL},
    {"-0.25", AS_DATETIME, UNIT_S, "\"1969-12-31T23:59:59.750Z\"", NULL},
    {"1728000000123999", AS_DATETIME, UNIT_US, "\"2024-10-04T00:00:00.123Z\"", NULL},
    {"-1", AS_DATETIME, UNIT_US, "\"1969-12-31T23:59:59.999Z\"", NULL},
    {"1728000000123999999", AS_DATETIME, UNIT_NS, "\"2024-10-04T00:00:00.123Z\"", NULL},
    {"-1", AS_DATETIME, UNIT_NS, "\"1969-12-31T23:59:59.999Z\"", NULL},
    {"9223372036854775807", AS_DATETIME, UNIT_NS, REFUSED, NULL},
    {"-9223372036854775808", AS_DATETIME, UNIT_NS, REFUSED, NULL},
    {"9223372036825200000", AS_DATETIME, UNIT_US, REFUSED, NULL},
    {"-9223372036832400000", AS_DATETIME, UNIT_US, REFUSED, NULL},
    {"99999999999999999999", AS_DATETIME, UNIT_MS, REFUSED, NULL},
    {"\"1728000000123\"", AS_DATETIME, UNIT_MS, "\"2024-10-04T00:00:00.123Z\"", NULL},
    {"\"-1\"", AS_DATE, UNIT_DAYS, "\"1969-12-31\"", NULL},
    {"\"1728000000123\"", AS_DATETIME, 0, REFUSED, NULL},
    {"\"-\"", AS_DATETIME, UNIT_MS, REFUSED, NULL},
    {"\"2024-10-04 02:00:00\"", AS_DATETIME, 0, "\"2024-10-04T02:00:00.000Z\"", NULL},
    {"\"2024-10-04T02:00\"", AS_DATETIME, 0, "\"2024-10-04T02:00:00.000Z\"", NULL},
    {"\"2024-10-04T02:00:00.1239999+05:30\"", AS_DATETIME, 0, "\"2024-10-03T20:30:00.123Z\"", NULL},
    {"\"2024-10-04 02:00:00.1 -0800\"", AS_DATETIME, 0, "\"2024-10-04T10:00:00.100Z\"", NULL},
    {"\"2024-12-31T23:30:00-01\"", AS_DATETIME, 0, "\"2025-01-01T00:30:00.000Z\"", NULL},
    {"\"2024-12-31T24:00:00Z\"", AS_DATETIME, 0, "\"2025-01-01T00:00:00.000Z\"", NULL},
    {"\"2024-12-31T24:00:01Z\"", AS_DATETIME, 0, REFUSED, NULL},
    {"\"2024-12-31T23:59:60Z\"", AS_DATETIME, 0, REFUSED, NULL},
    {"\"2024-10-04\"", AS_DATETIME, 0, "\"2024-10-04T00:00:00.000Z\"", NULL},
    {"\"4000-12-31T23:59:59-01:00\"", AS_DATETIME, 0, REFUSED, NULL},
    {"\"2024-10-04T02:00:00+\"", AS_DATETIME, 0, REFUSED, NULL},
    {"\"2024-10-04T02:00:00Zx\"", AS_DATETIME, 0, REFUSED, NULL},
    {"\"2024-10-04T\"", AS_DATETIME, 0, REFUSED, NULL},
    {"\"2024-10-04T02:00:00,5Z\"", AS_DATETIME, 0, "\"2024-10-04T02:00:00.500Z\"", NULL},
    {"\"2024-10-04t02:00:00z\"", AS_DATETIME, 0, "\"2024-10-04T02:00:00.000Z\"", NULL},
    {"\"2024-10-04T02:00:00.123456789123Z\"", AS_DATETIME, 0, "\"2024-10-04T02:00:00.123Z\"", NULL},
    {"\"2024-10-04T02:00:00.Z\"", AS_DATETIME, 0, REFUSED, NULL},
    {"\"2024-10-04T02:00:0Z\"", AS_DATETIME, 0, REFUSED, NULL},
    {"\"2024-10-04T2:00\"", AS_DATETIME, 0, REFUSED, NULL},
    {"\"2024-10-04T02\"", AS_DATETIME, 0, REFUSED, NULL},
    {"\"2024-10-04T0200\"", AS_DATETIME, 0, REFUSED, NULL},
    {"\"2024-10-04T25:00\"", AS_DATETIME, 0, REFUSED, NULL},
    {"\"2024-10-04T23:60\"", AS_DATETIME, 0, REFUSED, NULL},
    {"\"2024-10-04T23:59:60\"", AS_DATETIME, 0, REFUSED, NULL},
    {"\"2024-10-04T00:00:00+00:00:30\"", AS_DATETIME, 0, "\"2024-10-03T23:59:30.000Z\"", NULL},
    {"\"2024-10-04T00:00:00+18:00\"", AS_DATETIME, 0, "\"2024-10-03T06:00:00.000Z\"", NULL},
    {"\"2024-10-04T00:00:00+19:00\"", AS_DATETIME, 0, REFUSED, NULL},
    {"\"2024-10-04T00:00:00+01:60\"", AS_DATETIME, 0, REFUSED, NULL},
    {"\"2024-10-04T00:00:00+01:00:60\"", AS_DATETIME, 0, REFUSED, NULL},
    {"\"2024-10-04T00:00:00+01:00:0\"", AS_DATETIME, 0, REFUSED, NULL},
    {"\"2024-10-04T00:00:00+01:\"", AS_DATETIME, 0, REFUSED, NULL},
    {"\"2024-10-04T00:00:00+1\"", AS_DATETIME, 0, REFUSED, NULL},
    {"\"2024-10-04T00:00:00 CET\"", AS_DATETIME, 0, REFUSED, NULL},
    {"\"\\u0032024-10-04\"", AS_DATETIME, 0, "\"2024-10-04T00:00:00.000Z\"", NULL},
    {"1e15", AS_DATETIME, UNIT_MS, REFUSED, NULL},
    {"1e2000", AS_DATETIME, UNIT_MS, REFUSED, NULL},
    {"9223372036854775808", AS_DATETIME, UNIT_MS, REFUSED, NULL},
    {"-9223372036854775808.5", AS_DATETIME, UNIT_MS, REFUSED, NULL},
    {"1728000000.0001", AS_DATETIME, UNIT_S, "\"2024-10-04T00:00:00.000Z\"", NULL},
    {"-0.0001", AS_DATETIME, UNIT_S, "\"1969-12-31T23:59:59.999Z\"", NULL},
    {"5e-4", AS_DATETIME, UNIT_S, "\"1970-01-01T00:00:00.000Z\"", NULL},
    {"true", AS_DATETIME, UNIT_MS, REFUSED, NULL},
    /* time */
    {"3723004", AS_TIME, UNIT_MS, "\"01:02:03.004Z\"", NULL},
    {"3723004005", AS_TIME, UNIT_US, "\"01:02:03.004Z\"", NULL},
    {"86400000", AS_TIME, UNIT_MS, REFUSED, NULL},
    {"-1", AS_TIME, UNIT_MS, REFUSED, NULL},
    {"\"10:15\"", AS_TIME, 0, "\"10:15:00.000Z\"", NULL},
    {"\"10:15:30.5\"", AS_TIME, 0, "\"10:15:30.500Z\"", NULL},
    {"\"01:00:00+02:00\"", AS_TIME, 0, "\"23:00:00.000Z\"", NULL},
    {"\"24:00:00\"", AS_TIME, 0, REFUSED, NULL},
    {"\"2024-10-04T02:00:00Z\"", AS_TIME, 0, "\"02:00:00.000Z\"", NULL},
    {"\"2024-10-04\"", AS_TIME, 0, REFUSED, NULL},
    {"0", AS_TIME, UNIT_DAYS, "\"00:00:00.000Z\"", NULL},
    {"1.5", AS_TIME, UNIT_S, "\"00:00:01.500Z\"", NULL},
    {"86399999999999", AS_TIME, UNIT_NS, "\"23:59:59.999Z\"", NULL},
    {"86400000000000", AS_TIME, UNIT_NS, REFUSED, NULL},
    {"\"23:59:59.9999\"", AS_TIME, 0, "\"23:59:59.999Z\"", NULL},
    {"\"00:30:00-23:00\"", AS_TIME, 0, REFUSED, NULL},
    {"\"23:00:00-02\"", AS_TIME, 0, "\"01:00:00.000Z\"", NULL},
    {"\"2024-12-31T24:00:00\"", AS_TIME, 0, "\"00:00:00.000Z\"", NULL},
    {"\"noon\"", AS_TIME, 0, REFUSED, NULL},
    {"[]", AS_TIME, UNIT_MS, REFUSED, NULL},
    /* lists */
    {"[\"A\",\"B\"]", AS_MULTIPICKLIST, 0, "\"A;B\"", NULL},
    {"[\" A \",null,\"\",2,true,\"q\\\"q\"]", AS_MULTIPICKLIST, 0, "\"A;2;true;q\\\"q\"", NULL},
    {"\"A, B,,C\"", AS_MULTIPICKLIST, 0, "\"A;B;C\"", NULL},
    {"\"A\"", AS_MULTIPICKLIST, 0, "\"A\"", NULL},
    {"7", AS_MULTIPICKLIST, 0, "\"7\"", NULL},
    {"[]", AS_MULTIPICKLIST, 0, "", NULL},
    {"\" , \"", AS_MULTIPICKLIST, 0, "", NULL},
    {"[\"A;B\"]", AS_MULTIPICKLIST, 0, REFUSED, NULL},
    {"\"A;B\"", AS_MULTIPICKLIST, 0, REFUSED, NULL},
    {"[[\"A\"]]", AS_MULTIPICKLIST, 0, REFUSED, NULL},
    {"[\"\\udc00\"]", AS_MULTIPICKLIST, 0, REFUSED, NULL},
    {"{}", AS_MULTIPICKLIST, 0, REFUSED, NULL},
    /* by schema */
    {"-1", AS_IS, 0, "\"1969-12-31\"", SCHEMA("io.debezium.time.Date")},
    {"19000", AS_IS, 0, "\"2022-01-08\"", SCHEMA("org.apache.kafka.connect.data.Date")},
    {"19000", AS_DATETIME, 0, "\"2022-01-08T00:00:00.000Z\"", SCHEMA("io.debezium.time.Date")},
    {"19000", AS_TIME, 0, REFUSED, SCHEMA("io.debezium.time.Date")},
    {"19000", AS_INTEGER, 0, "19000", SCHEMA("io.debezium.time.Date")},
    {"19000", AS_STRING, 0, "\"2022-01-08\"", SCHEMA("io.debezium.time.Date")},
    {"19000", AS_BOOLEAN, 0, REFUSED, SCHEMA("io.debezium.time.Date")},
    {"1000", AS_IS, 0, "\"00:00:01.000Z\"", SCHEMA("io.debezium.time.Time")},
    {"1000000", AS_IS, 0, "\"00:00:01.000Z\"", SCHEMA("io.debezium.time.MicroTime")},
    {"1000000000", AS_IS, 0, "\"00:00:01.000Z\"", SCHEMA("io.debezium.time.NanoTime")},
    {"1000", AS_DATE, 0, REFUSED, SCHEMA("io.debezium.time.Time")},
    {"1728000000123", AS_IS, 0, "\"2024-10-04T00:00:00.123Z\"", SCHEMA("io.debezium.time.Timestamp")},
    {"1728000000123", AS_IS, 0, "\"2024-10-04T00:00:00.123Z\"", SCHEMA("org.apache.kafka.connect.data.Timestamp")},
    {"-1", AS_IS, 0, "\"1969-12-31T23:59:59.999Z\"", SCHEMA("io.debezium.time.MicroTimestamp")},
    {"9223372036825200000", AS_IS, 0, REFUSED, SCHEMA("io.debezium.time.MicroTimestamp")},
    {"1728000000123456789", AS_DATE, 0, "\"2024-10-04\"", SCHEMA("io.debezium.time.NanoTimestamp")},
    {"1728000000123", AS_TIME, UNIT_S, "\"00:00:00.123Z\"", SCHEMA("io.debezium.time.Timestamp")},
    {"\"2024-10-04T02:00:00.5+02:00\"", AS_IS, 0, "\"2024-10-04T00:00:00.500Z\"",
     SCHEMA("io.debezium.time.ZonedTimestamp")},
    {"\"10:15:30+01:00\"", AS_IS, 0, "\"09:15:30.000Z\"", SCHEMA("io.debezium.time.ZonedTime")},
    {"\"2024-10-04Z\"", AS_IS, 0, "\"2024-10-04\"", SCHEMA("io.debezium.time.IsoDate")},
    {"\"10:15:30Z\"", AS_IS, 0, "\"10:15:30.000Z\"", SCHEMA("io.debezium.time.IsoTime")},
    {"\"2024-10-04T02:00:00Z\"", AS_IS, 0, "\"2024-10-04T02:00:00.000Z\"", SCHEMA("io.debezium.time.IsoTimestamp")},
    {"2024", AS_IS, 0, "2024", SCHEMA("io.debezium.time.Year")},
    {"\"a,b\"", AS_IS, 0, "\"a;b\"", SCHEMA("io.debezium.data.EnumSet")},
    {"\"a,b\"", AS_STRING, 0, "\"a,b\"", SCHEMA("io.debezium.data.EnumSet")},
    {"\"{}\"", AS_IS, 0, "\"{}\"", SCHEMA("io.debezium.data.Json")},
    {"\"AQI=\"", AS_IS, 0, "\"AQI=\"", SCHEMA("io.debezium.data.Bits")},
    {"\"AQI=\"", AS_INTEGER, 0, "513", SCHEMA("io.debezium.data.Bits")},
    {"\"AQI=\"", AS_NUMBER, 0, "513", SCHEMA("io.debezium.data.Bits")},
    {"\"\"", AS_INTEGER, 0, "0", SCHEMA("io.debezium.data.Bits")},
    {"\"?\"", AS_INTEGER, 0, REFUSED, SCHEMA("io.debezium.data.Bits")},
    {"\"POINT\"", AS_IS, 0, "\"POINT\"", SCHEMA("io.debezium.data.geometry.Point")},
    {"\"P1Y2M\"", AS_IS, 0, "\"P1Y2M\"", SCHEMA("io.debezium.time.Interval")},
    {"5", AS_IS, 0, "5", "{\"name\":7}"},
    {"5", AS_IS, 0, "5", "{}"},
    {"19000", AS_NUMBER, 0, "19000", SCHEMA("io.debezium.time.Date")},
    {"true", AS_IS, 0, REFUSED, SCHEMA("io.debezium.time.Date")},
    {"2147483647", AS_IS, 0, REFUSED, SCHEMA("io.debezium.time.Date")},
    {"9223372036854775807", AS_IS, 0, REFUSED, SCHEMA("io.debezium.time.NanoTimestamp")},
    {"\"infinity\"", AS_IS, 0, REFUSED, SCHEMA("io.debezium.time.ZonedTimestamp")},
    {"\"A;B\"", AS_IS, 0, REFUSED, SCHEMA("io.debezium.data.EnumSet")},
    /* decimals */
    {"\"AQ==\"", AS_IS, 0, "0.01", DECIMAL("2")},
    {"\"BNI=\"", AS_IS, 0, "12.34", DECIMAL("2")},
    {"\"+y4=\"", AS_IS, 0, "-12.34", DECIMAL("2")},
    {"\"AG4=\"", AS_IS, 0, "1.10", DECIMAL("2")},
    {"\"AG4=\"", AS_STRING, 0, "\"1.10\"", DECIMAL("2")},
    {"\"AG4=\"", AS_INTEGER, 0, REFUSED, DECIMAL("2")},
    {"\"AG4=\"", AS_IS, 0, "110", DECIMAL("0")},
    {"\"AG4=\"", AS_IS, 0, "11000", DECIMAL("-2")},
    {"\"AA==\"", AS_IS, 0, "0", DECIMAL("-2")},
    {"\"AA==\"", AS_IS, 0, "0.00", DECIMAL("2")},
    {"\"gA==\"", AS_IS, 0, "-128", DECIMAL("0")},
    {"\"CUmw9vACMxPESZBQ3jjzTg==\"", AS_IS, 0, "12345678901234567890123456789012345678", DECIMAL("0")},
    {"\"\"", AS_IS, 0, REFUSED, DECIMAL("2")},
    {"\"*\"", AS_IS, 0, REFUSED, DECIMAL("2")},
    {"\"A\"", AS_IS, 0, REFUSED, DECIMAL("2")},
    {"\"**==\"", AS_IS, 0, REFUSED, DECIMAL("2")},
    {"\"A.==\"", AS_INTEGER, 0, REFUSED, SCHEMA("io.debezium.data.Bits")},
    {"\"AQ==\"", AS_IS, 0, REFUSED, DECIMAL("100000")},
    {"\"AQ==\"", AS_IS, 0, REFUSED, DECIMAL("x")},
    {"\"AQ==\"", AS_IS, 0, REFUSED, DECIMAL("")},
    {"\"AQ==\"", AS_IS, 0, REFUSED, DECIMAL("-")},
    {"\"AQ==\"", AS_IS, 0, REFUSED, DECIMAL("1234567890")},
    {"\"AQ==\"", AS_IS, 0, REFUSED, DECIMAL("-401")},
    {"\"AQ==\"", AS_IS, 0,
     "0."
     "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
     "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
     "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
     "0000000000000000000000000000000000000000000000000000000000001",
     DECIMAL("400")},
    {"\"AQ==\"", AS_BOOLEAN, 0, "true", DECIMAL("0")},
    {"\"_-8=\"", AS_IS, 0, "-17", DECIMAL("0")},
    {"\"/+8=\"", AS_IS, 0, "-17", DECIMAL("0")},
    {"\"//8=\"", AS_IS, 0, "-1", DECIMAL("0")},
    {"\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
     "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAQ\"",
     AS_IS, 0, REFUSED, DECIMAL("0")},
    {"\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
     "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"",
     AS_IS, 0, REFUSED, DECIMAL("0")},
    {"\"AG4=\"", AS_IS, 0, "1.10", "{\"name\":\"org.apache.kafka.connect.data.Decimal\",\"parameters\":{\"scale\":2}}"},
    {"\"AG4=\"", AS_DATE, UNIT_DAYS, "\"1970-04-21\"", DECIMAL("0")},
    {"\"AQ==\"", AS_IS, 0, REFUSED, SCHEMA("org.apache.kafka.connect.data.Decimal")},
    {"1.10", AS_IS, 0, "1.10", DECIMAL("2")},
    {"true", AS_IS, 0, REFUSED, DECIMAL("2")},
    {"{\"scale\":3,\"value\":\"AQ==\"}", AS_IS, 0, "0.001", SCALED},
    {"{\"value\":\"AQ==\"}", AS_IS, 0, REFUSED, SCALED},
    {"{\"scale\":3}", AS_IS, 0, REFUSED, SCALED},
    {"{\"scale\":-2,\"value\":\"AQ==\"}", AS_IS, 0, "100", SCALED},
    {"{\"scale\":\"x\",\"value\":\"AQ==\"}", AS_IS, 0, REFUSED, SCALED},
    {"{\"scale\":1.5,\"value\":\"AQ==\"}", AS_IS, 0, REFUSED, SCALED},
    {"{\"scale\":3,\"value\":null}", AS_IS, 0, REFUSED, SCALED},
    {"{\"scale\":3,\"value\":1.5}", AS_IS, 0, "1.5", SCALED},
    {"\"AQ==\"", AS_IS, 0, REFUSED, SCALED},
    {"1.5", AS_STRING, 0, "\"1.5\"", SCALED},
};

static void converts(void **state)
{
    const struct row *r = *state;
    struct json_doc value = {0}, schema = {0};
    struct buffer work = BUFFER_INIT(4096), out = BUFFER_INIT(4096);
    struct problem p = {0};

    assert_true(json_doc_read(&value, text_of(r->value)));
    if (r->schema)
        assert_true(json_doc_read(&schema, text_of(r->schema)));
    enum converted kind = convert(value.nodes, r->schema ? schema.nodes : NULL, r->as, r->unit, &work, &out, &p);
    const char *got = kind == CONVERT_SAME   ? r->value
                      : kind == CONVERT_NEW  ? out.bytes
                      : kind == CONVERT_NULL ? ""
                                             : NULL;
    if (got && p.code)
        fail_msg("%s, and yet: %s", got, p.text);
    if (!got)
        assert_non_null(p.code);
    if (!got != !r->result || (got && strcmp(got, r->result) != 0))
        fail_msg("%s: %s %s, not %s", r->value, got ? got : "refused:", p.text, r->result ? r->result : "refused");
    buffer_release(&work);
    buffer_release(&out);
    json_doc_release(&value);
    json_doc_release(&schema);
}

int main(void)
{
    enum { N = sizeof rows / sizeof *rows };
    static char names[N][200];
    struct CMUnitTest tests[N];
    for (size_t i = 0; i < N; i++) {
        snprintf(names[i], sizeof names[i], "%zu %s", i, rows[i].value);
        tests[i] = (struct CMUnitTest){names[i], converts, NULL, NULL, (void *)&rows[i]};
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
