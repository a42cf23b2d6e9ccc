/* Messages that are arrays: names behind the payload, channels by number, words
 * before it, what is counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "feeds/venue_array.h"
#include "feeds/venue_channel.h"

static const struct part_row PRICE_ROWS[] = {
	PART_ITEM(PART_LAST, FIELD_NUMBER, 0),
};
static const struct part_row QUOTE_ROWS[] = {
	PART_ITEM(PART_BID, FIELD_NUMBER, 0),
	PART_ITEM(PART_ASK, FIELD_NUMBER, 0),
};
#define ENTRY(rows, part, list) { ENTRY_ROWS(rows), .is_list = (list), \
	.is_array = true, .needed = PART_BIT(part) }
static const struct entry PRICE = ENTRY(PRICE_ROWS, PART_LAST, false),
    PRICES = ENTRY(PRICE_ROWS, PART_LAST, true),
    QUOTE = ENTRY(QUOTE_ROWS, PART_ASK, false);

enum { CHANNEL_PRICES, CHANNEL_QUOTE, CHANNEL_NOTED };
static const struct word CHANNEL_ROWS[] = {
	{ FRAME_TICKS, "prices", &PRICES },
	{ FRAME_TICKS, "quote", &QUOTE },
	{ FRAME_IGNORED, "noted-*", NULL },
};
static const struct words CHANNELS = WORDS(CHANNEL_ROWS);
static const struct word WORD_ROWS[] = {
	{ FRAME_TICKS, "one", &PRICE },
	{ FRAME_HEARTBEAT, "life", NULL },
	{ FRAME_IGNORED, "again sum", NULL },
};
static const struct words BEFORE = WORDS(WORD_ROWS);
static const struct message_row OBJECT_ROWS[] = {
	MESSAGE_ROW("event", event, MESSAGE_TEXT),
};
static const struct protocol OBJECTS = { PROTOCOL_ROWS(OBJECT_ROWS) };
static const struct arrays NAMED = { &CHANNELS, NULL, &OBJECTS };
static const struct arrays NUMBERED = { &CHANNELS, &BEFORE, &OBJECTS };

static struct tick ticks[FRAME_TICKS_MAX];
static struct venue_memory memory;
static struct frame frame = { .ticks = ticks, .memory = &memory };
static struct message message;

static enum err
text_read(const struct arrays *a, const char *text)
{
	message = (struct message){ 0 };
	return array_read(&frame, &message, a, text, strlen(text));
}

struct good {
	const char *text;
	enum frame_kind kind;
	const char *channel;
	const char *symbol;	/* of the ticks */
	size_t count;
};

static void
good_check(const struct arrays *a, const struct good *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(text_read(a, rows[i].text), ERR_OK);
		assert_int_equal(frame.kind, rows[i].kind);
		assert_string_equal(frame.channel, rows[i].channel);
		assert_int_equal(frame.tick_count, rows[i].count);
		for (size_t k = 0; k < frame.tick_count; k++)
			assert_string_equal(ticks[k].symbol, rows[i].symbol);
	}
}

struct bad {
	const char *text;
	enum err want;
};

static void
bad_check(const struct arrays *a, const struct bad *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		assert_int_equal(text_read(a, rows[i].text), rows[i].want);
}

/* 1: prices of P; 2: a quote of Q; 3: what is not read. */
static void
channels_begin(void)
{
	venue_memory_begin(&memory);
	assert_int_equal(channel_put(&memory, 1, CHANNEL_PRICES, "P"), ERR_OK);
	assert_int_equal(channel_put(&memory, 2, CHANNEL_QUOTE, "Q"), ERR_OK);
	assert_int_equal(channel_put(&memory, 3, CHANNEL_NOTED, ""), ERR_OK);
}

static void
array_read__finds_the_names_behind_the_payload(void **state)
{
	static const struct good ROWS[] = {
		{ "[0,[[1],[2]],\"prices\",\"A/B\"]", FRAME_TICKS, "prices",
		    "A/B", 2 },
		{ " [0 , [1,2] , \"quote\" , \"A\" ] ", FRAME_TICKS, "quote",
		    "A", 1 },
		{ "[0,[],\"prices\",\"A\"]", FRAME_TICKS, "prices", "A", 0 },
		/* A second payload, later items. */
		{ "[0,[1,2],{\"x\":[1]},\"quote\",\"A\"]", FRAME_TICKS,
		    "quote", "A", 1 },
		{ "[0,[1,2],\"quote\",\"A\",5,null]", FRAME_TICKS, "quote",
		    "A", 1 },
		{ "[0,{\"x\":7},\"noted-5\",\"A\"]", FRAME_IGNORED, "noted-5",
		    "A", 0 },
		{ "[0,{\"x\":7},\"weather\",\"A\"]", FRAME_UNKNOWN, "weather",
		    "A", 0 },
		/* Names that seem others: read again. */
		{ "[0,[1,2],\"quote\",\"A\",{\"prices\":\"B\"}]", FRAME_TICKS,
		    "quote", "A", 1 },
		{ "[0,[[1]],\"prices\",\"A\",[\"quote\",\"B\"]]", FRAME_TICKS,
		    "prices", "A", 1 },
		{ "[0,\"quote\",\"A\",[1,2]]", FRAME_TICKS, "quote", "A", 1 },
		{ "[0,{\"x\":7},\"noted-\\u0035\",\"A\"]", FRAME_UNKNOWN,
		    "noted-?u0035", "A", 0 },
	};

	(void)state;
	venue_memory_begin(&memory);
	good_check(&NAMED, ROWS, ARRAY_COUNT(ROWS));
	assert_false(memory.has_sequence);
}

static void
array_read__names_what_is_wrong_behind_names(void **state)
{
	static const struct bad ROWS[] = {
		{ "[]", ERR_SYNTAX },
		{ "[0]", ERR_MISSING },
		{ "[0,[1,2]]", ERR_MISSING },
		{ "[0,[1,2],\"quote\"]", ERR_MISSING },
		{ "[0,\"quote\",\"A\"]", ERR_MISSING },
		{ "[0,[1,2],\"quote\",\"A\",\"B\"]", ERR_DUPLICATE },
		{ "[\"0\",[1,2],\"quote\",\"A\"]", ERR_SYNTAX },
		{ "[0,[1,2],\"quote\",\"A B\"]", ERR_SYNTAX },
		{ "[0,[],\"prices\",\"A B\"]", ERR_SYNTAX },
		{ "[0,{},\"noted-5\",\"ABCDEFGHIJKLMNOPQRSTUVWX\"]",
		    ERR_LIMIT },
		{ "[0,[1],\"quote\",\"A\"]", ERR_MISSING },
		{ "[0,[0,2],\"quote\",\"A\"]", ERR_RANGE },
		{ "[0,[[1]],\"quote\",\"A\"]", ERR_SYNTAX },
		{ "[0,[1,2],\"quote\",\"A\"", ERR_SYNTAX },
		{ "[0,[1,2],\"quote\",\"A\"]]", ERR_SYNTAX },
	};

	(void)state;
	venue_memory_begin(&memory);
	bad_check(&NAMED, ROWS, ARRAY_COUNT(ROWS));
}

static void
array_read__finds_channels_by_number_and_words_before(void **state)
{
	static const struct good ROWS[] = {
		{ "[1,[[1],[2]]]", FRAME_TICKS, "prices", "P", 2 },
		{ "[2,[1,2],7,1000000000000,\"x\",{},[]]", FRAME_TICKS,
		    "quote", "Q", 1 },
		/* One entry of the channel that has such, no other's. */
		{ "[1,\"one\",[1]]", FRAME_TICKS, "one", "P", 1 },
		{ "[2,\"one\",[1]]", FRAME_UNKNOWN, "one", "Q", 0 },
		{ "[1,\"again\",[1]]", FRAME_IGNORED, "again", "P", 0 },
		{ "[1,\"sum\",-5]", FRAME_IGNORED, "sum", "P", 0 },
		{ "[1,\"other\",[1]]", FRAME_UNKNOWN, "other", "P", 0 },
		{ "[3,[[1]]]", FRAME_IGNORED, "noted-*", "", 0 },
		{ "[3,\"one\",[1]]", FRAME_IGNORED, "one", "", 0 },
		{ "[3,\"other\",[1]]", FRAME_IGNORED, "other", "", 0 },
		{ "[4,[[1]]]", FRAME_UNKNOWN, "unnamed", "", 0 },
		{ "[4,\"again\",[1]]", FRAME_UNKNOWN, "again", "", 0 },
		{ "[1,\"life\",7]", FRAME_HEARTBEAT, "life", "", 0 },
		{ "[3,\"life\"]", FRAME_HEARTBEAT, "life", "", 0 },
		{ "[4,\"life\"]", FRAME_HEARTBEAT, "life", "", 0 },
	};
	static const struct bad BAD[] = {
		{ "[]", ERR_SYNTAX },
		{ "[1]", ERR_MISSING },
		{ "[4]", ERR_MISSING },
		{ "[1,7,[[1]]]", ERR_OK },
		{ "[1,{}]", ERR_MISSING },
		{ "[1,\"one\"]", ERR_MISSING },
		{ "[1,[[0]]]", ERR_RANGE },
		{ "[1,[[1]],-7]", ERR_SYNTAX },
		{ "[1,[[1]],9223372036854]", ERR_OK },
		{ "[1,[[1]],9223372036855]", ERR_RANGE },
		{ "[1,[[1]]", ERR_SYNTAX },
	};

	(void)state;
	channels_begin();
	good_check(&NUMBERED, ROWS, ARRAY_COUNT(ROWS));
	bad_check(&NUMBERED, BAD, ARRAY_COUNT(BAD));
}

static void
array_read__tells_a_sequence_from_a_time(void **state)
{
	static const struct {
		const char *text;
		struct field_u64 code;
		struct field_time time;
	} ROWS[] = {
		{ "[1,[]]", { false, 0 }, { false, 0 } },
		{ "[1,[],0]", { true, 0 }, { false, 0 } },
		{ "[1,[],999999999999,1000000000000]", { true, 999999999999 },
		    { true, 1000000000000 } },
		{ "[1,[],1000000000000,5,6]", { true, 5 },
		    { true, 1000000000000 } },
		{ "[4,\"life\",5,1000000000000]", { true, 5 },
		    { true, 1000000000000 } },
		/* Before a payload it is none. */
		{ "[1,\"sum\",5]", { false, 0 }, { false, 0 } },
		{ "[1,5,[]]", { false, 0 }, { false, 0 } },
	};

	(void)state;
	channels_begin();
	for (size_t i = 0; i < ARRAY_COUNT(ROWS); i++) {
		assert_int_equal(text_read(&NUMBERED, ROWS[i].text), ERR_OK);
		assert_int_equal(message.code.has, ROWS[i].code.has);
		assert_int_equal(message.code.value, ROWS[i].code.value);
		assert_int_equal(message.time.has, ROWS[i].time.has);
		assert_int_equal(message.time.ms, ROWS[i].time.ms);
	}
	/* What is read well is the caller's to follow. */
	assert_false(memory.has_sequence);
}

static void
array_read__counts_what_it_cannot_read(void **state)
{
	(void)state;
	channels_begin();
	assert_int_equal(text_read(&NUMBERED, "[1,[[0]],41]"), ERR_RANGE);
	assert_true(memory.has_sequence && memory.sequence == 41);
	assert_int_equal(text_read(&NUMBERED, "[1,[[0]],42]"), ERR_RANGE);
	assert_int_equal(memory.sequence, 42);
	/* One is missing before it; it says no number; it is no message. */
	assert_int_equal(text_read(&NUMBERED, "[1,[[0]],44]"), ERR_RANGE);
	assert_int_equal(text_read(&NUMBERED, "[1,[[0]]]"), ERR_RANGE);
	assert_int_equal(text_read(&NUMBERED, "[1,[[0]],43}"), ERR_SYNTAX);
	assert_int_equal(memory.sequence, 42);
}

static void
array_read__reads_what_is_no_array_by_its_table(void **state)
{
	static const struct arrays *const FORMS[] = { &NAMED, &NUMBERED };

	(void)state;
	venue_memory_begin(&memory);
	for (size_t i = 0; i < ARRAY_COUNT(FORMS); i++) {
		assert_int_equal(text_read(FORMS[i], "{\"event\":\"x\"}"),
		    ERR_OK);
		assert_true(message.event.has && !message.channel.has);
		assert_true(json_text_is(&message.event.text, "x"));
		assert_int_equal(text_read(FORMS[i], "null"), ERR_OK);
		assert_true(!message.event.has && !message.channel.has);
		assert_int_equal(frame.kind, FRAME_UNKNOWN);
		assert_int_equal(text_read(FORMS[i], ""), ERR_SYNTAX);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    array_read__finds_the_names_behind_the_payload),
		cmocka_unit_test(array_read__names_what_is_wrong_behind_names),
		cmocka_unit_test(
		    array_read__finds_channels_by_number_and_words_before),
		cmocka_unit_test(array_read__tells_a_sequence_from_a_time),
		cmocka_unit_test(array_read__counts_what_it_cannot_read),
		cmocka_unit_test(
		    array_read__reads_what_is_no_array_by_its_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
