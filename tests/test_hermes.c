/* A Hermes stream: events out of bytes however they are cut, and prices out of
 * events, each field refused by name. */
#include "chain/hermes_event.h"
#include "chain/sse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct sse sse;
static struct hermes_event event;

/* The events of a stream, each followed by a bar, read `step` bytes a time. */
static void
events_of(char *out, const char *text, size_t step)
{
	size_t len = strlen(text), n = 0;

	sse_begin(&sse);
	for (size_t at = 0; at < len; at += step) {
		size_t part = len - at < step ? len - at : step, taken;
		bool whole;

		for (size_t k = 0; k < part; k += taken) {
			assert_int_equal(sse_take(&whole, &taken, &sse,
			    text + at + k, part - k), ERR_OK);
			assert_true(taken > 0 && taken <= part - k);
			assert_true(whole || taken == part - k);
			if (!whole)
				continue;
			memcpy(out + n, sse.data, sse.len);
			n += sse.len;
			out[n++] = '|';
		}
	}
	out[n] = '\0';
}

static void
sse_take__gives_whole_events_however_they_are_cut(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "data: a\n\n", "a|" },
		{ "data:a\n\ndata:b\n\n", "a|b|" },
		{ "data: a\r\n\r\ndata: b\r\n\r\n", "a|b|" },
		{ "data: a\r\rdata: b\r\r", "a|b|" },
		{ "data:  a \n\n", " a |" },
		{ "data: a\ndata: b\n\n", "a\nb|" },
		{ ": comment\n\ndata: a\n: more\n\n", "a|" },
		{ "event: x\nid: 7\nretry: 9\ndata: a\n\n", "a|" },
		{ "data\n\n", "|" },
		{ "data:\ndata\n\n", "\n|" },
		{ "dat: a\ndatab: c\ndatabase: d\n\n", "" },
		{ "data: a", "" },
		{ "data: a\n", "" },
		{ "\n\n\n", "" },
		{ "data: a:b: c\n\n", "a:b: c|" },
	};
	char out[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++)
		for (size_t step = 1; step <= strlen(cases[i].text); step++) {
			events_of(out, cases[i].text, step);
			assert_string_equal(out, cases[i].want);
		}
}

static void
sse_take__holds_an_event_to_its_ceiling(void **state)
{
	static char text[SSE_DATA_MAX];
	bool whole;
	size_t taken;

	(void)state;
	memset(text, 'x', sizeof(text));
	sse_begin(&sse);
	assert_int_equal(sse_take(&whole, &taken, &sse, "data:", 5), ERR_OK);
	assert_int_equal(sse_take(&whole, &taken, &sse, text, sizeof(text)),
	    ERR_OK);
	assert_int_equal(sse_take(&whole, &taken, &sse, "\n\n", 2), ERR_OK);
	assert_true(whole);
	assert_int_equal(sse.len, SSE_DATA_MAX);
	/* Then the next one; and one byte more is too much. */
	assert_int_equal(sse_take(&whole, &taken, &sse, "data:", 5), ERR_OK);
	assert_int_equal(sse_take(&whole, &taken, &sse, text, sizeof(text)),
	    ERR_OK);
	assert_int_equal(sse_take(&whole, &taken, &sse, "x", 1), ERR_LIMIT);
	/* What is no data may be of any length. */
	sse_begin(&sse);
	assert_int_equal(sse_take(&whole, &taken, &sse, text, sizeof(text)),
	    ERR_OK);
	assert_int_equal(sse_take(&whole, &taken, &sse, text, sizeof(text)),
	    ERR_OK);
}

#define ID "ff61491a931112ddf1bd8147cd1b641375f79f5825126d665480874634fd0ace"
#define PRICE(price, conf, expo, publish) \
	"{\"price\":" price ",\"conf\":" conf ",\"expo\":" expo \
	",\"publish_time\":" publish "}"
#define ENTRY(id, price) "{\"id\":\"" id "\",\"price\":" price \
	",\"ema_price\":" PRICE("\"9\"", "\"1\"", "-8", "1") \
	",\"metadata\":{\"slot\":7}}"
#define EVENT(entries) "{\"binary\":{\"encoding\":\"hex\",\"data\":[\"504e\"" \
	"]},\"parsed\":[" entries "]}"
#define GOOD PRICE("\"184136023127\"", "\"177166324\"", "-8", "1692110601")

static void
hermes_event_read__reads_each_feed(void **state)
{
	static const char text[] = EVENT(ENTRY(ID, GOOD) ","
	    ENTRY("0x" ID, PRICE("\"-5\"", "\"0\"", "0", "0")));

	(void)state;
	assert_int_equal(hermes_event_read(&event, text, strlen(text)),
	    ERR_OK);
	assert_int_equal(event.count, 2);
	assert_int_equal(event.prices[0].feed.b[0], 0xff);
	assert_int_equal(event.prices[0].feed.b[31], 0xce);
	assert_true(event.prices[0].price.price == 184136023127);
	assert_true(event.prices[0].price.conf == 177166324);
	assert_int_equal(event.prices[0].price.expo, -8);
	assert_int_equal(event.prices[0].price.publish_s, 1692110601);
	assert_true(event.prices[1].price.price == -5);
	assert_true(b32_equal(&event.prices[1].feed, &event.prices[0].feed));
	for (size_t n = 0; n < strlen(text); n++)
		assert_int_equal(hermes_event_read(&event, text, n),
		    ERR_SYNTAX);
}

static void
hermes_event_read__refuses_each_field_by_name(void **state)
{
	static const struct {
		const char *price;
		enum err want;
	} cases[] = {
		{ GOOD, ERR_OK },
		/* R7: no exponent, one that is a float, text for it. */
		{ "{\"price\":\"1\",\"conf\":\"1\",\"publish_time\":1}",
		    ERR_MISSING },
		{ PRICE("\"1\"", "\"1\"", "-8.0", "1"), ERR_SYNTAX },
		{ PRICE("\"1\"", "\"1\"", "-8.5", "1"), ERR_SYNTAX },
		{ PRICE("\"1\"", "\"1\"", "-8e0", "1"), ERR_SYNTAX },
		{ PRICE("\"1\"", "\"1\"", "\"-8\"", "1"), ERR_SYNTAX },
		{ PRICE("\"1\"", "\"1\"", "null", "1"), ERR_SYNTAX },
		{ PRICE("\"1\"", "\"1\"", "-0", "1"), ERR_SYNTAX },
		{ PRICE("\"1\"", "\"1\"", "1", "1"), ERR_OK },
		{ PRICE("\"1\"", "\"1\"", "2147483648", "1"), ERR_RANGE },
		/* A price is whole, and text. */
		{ PRICE("1", "\"1\"", "-8", "1"), ERR_SYNTAX },
		{ PRICE("\"1.0\"", "\"1\"", "-8", "1"), ERR_SYNTAX },
		{ PRICE("\"1e309\"", "\"1\"", "-8", "1"), ERR_SYNTAX },
		{ PRICE("\"NaN\"", "\"1\"", "-8", "1"), ERR_SYNTAX },
		{ PRICE("\"01\"", "\"1\"", "-8", "1"), ERR_SYNTAX },
		{ PRICE("\"1,5\"", "\"1\"", "-8", "1"), ERR_SYNTAX },
		{ PRICE("\"\"", "\"1\"", "-8", "1"), ERR_SYNTAX },
		{ PRICE("\"9223372036854775807\"", "\"1\"", "-8", "1"),
		    ERR_OK },
		{ PRICE("\"9223372036854775808\"", "\"1\"", "-8", "1"),
		    ERR_RANGE },
		{ PRICE("\"-9223372036854775808\"", "\"1\"", "-8", "1"),
		    ERR_OK },
		{ PRICE("\"1\"", "\"-1\"", "-8", "1"), ERR_RANGE },
		{ PRICE("\"1\"", "\"18446744073709551615\"", "-8", "1"),
		    ERR_OK },
		{ PRICE("\"1\"", "\"18446744073709551616\"", "-8", "1"),
		    ERR_RANGE },
		{ PRICE("\"1\"", "\"1\"", "-8", "1.5"), ERR_SYNTAX },
		{ PRICE("\"1\"", "\"1\"", "-8", "-1"), ERR_SYNTAX },
		{ PRICE("\"1\"", "\"1\"", "-8", "18446744073709551616"),
		    ERR_RANGE },
		{ "{\"conf\":\"1\",\"expo\":-8,\"publish_time\":1}",
		    ERR_MISSING },
		{ "{\"price\":\"1\",\"expo\":-8,\"publish_time\":1}",
		    ERR_MISSING },
		{ "{\"price\":\"1\",\"conf\":\"1\",\"expo\":-8}",
		    ERR_MISSING },
		{ "{\"price\":\"1\",\"price\":\"2\",\"conf\":\"1\","
		    "\"expo\":-8,\"publish_time\":1}", ERR_DUPLICATE },
		{ "{}", ERR_MISSING }, { "7", ERR_SYNTAX },
	};
	char text[1024];

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		snprintf(text, sizeof(text), "{\"parsed\":[{\"price\":%s,"
		    "\"id\":\"" ID "\"}]}", cases[i].price);
		assert_int_equal(hermes_event_read(&event, text,
		    strlen(text)), cases[i].want);
	}
}

static void
hermes_event_read__refuses_what_is_no_event(void **state)
{
	static const struct {
		const char *text;
		enum err want;
	} cases[] = {
		{ "{\"parsed\":[]}", ERR_OK },
		{ "{}", ERR_MISSING },
		{ "{\"parsed\":null}", ERR_SYNTAX },
		{ "{\"parsed\":[],\"parsed\":[]}", ERR_DUPLICATE },
		{ "{\"parsed\":[{\"id\":\"" ID "\"}]}", ERR_MISSING },
		{ "{\"parsed\":[{\"price\":" GOOD "}]}", ERR_MISSING },
		{ EVENT(ENTRY("ff", GOOD)), ERR_SYNTAX },
		{ "{\"parsed\":[{\"id\":\"" ID "\",\"id\":\"" ID
		    "\",\"price\":" GOOD "}]}", ERR_DUPLICATE },
		{ "[]", ERR_SYNTAX }, { "", ERR_SYNTAX },
	};
	static char many[64 * 1024];
	size_t n;

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++)
		assert_int_equal(hermes_event_read(&event, cases[i].text,
		    strlen(cases[i].text)), cases[i].want);
	for (size_t count = HERMES_FEEDS_MAX; count <= HERMES_FEEDS_MAX + 1;
	    count++) {
		n = (size_t)snprintf(many, sizeof(many), "{\"parsed\":[");
		for (size_t i = 0; i < count; i++)
			n += (size_t)snprintf(many + n, sizeof(many) - n,
			    "%s%s", i > 0 ? "," : "", ENTRY(ID, GOOD));
		n += (size_t)snprintf(many + n, sizeof(many) - n, "]}");
		assert_int_equal(hermes_event_read(&event, many, n),
		    count <= HERMES_FEEDS_MAX ? ERR_OK : ERR_LIMIT);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    sse_take__gives_whole_events_however_they_are_cut),
		cmocka_unit_test(sse_take__holds_an_event_to_its_ceiling),
		cmocka_unit_test(hermes_event_read__reads_each_feed),
		cmocka_unit_test(
		    hermes_event_read__refuses_each_field_by_name),
		cmocka_unit_test(hermes_event_read__refuses_what_is_no_event),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
