/* tests/api_bed.h - the api over a board that tests write: asked, and its
 * answers read.  Test code only. */
#ifndef TESTS_API_BED_H
#define TESTS_API_BED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <jansson.h>

#include "base/decimal.h"
#include "oracle/api.h"
#include "oracle/api_stream.h"
#include "tests/api_world.h"

#define NOW UINT64_C(1795182300000)
#define FIRST (UINT64_C(1795182300) * 1024000)
#define BED(f) cmocka_unit_test_setup_teardown(f, bed_open, bed_close)

struct bed {
	struct api_world world;
	struct api api;
	struct api_answer answer;
	struct hub *hub;
	unsigned wakes;
};

static inline int
bed_open(void **state)
{
	struct bed *b = calloc(1, sizeof(*b));

	api_world_open(&b->world, 200, FIRST);
	assert_int_equal(api_state_create(&b->api.state, b->world.reader,
	    &b->world.config, &b->world.book), ERR_OK);
	text_init(&b->answer.body, API_BODY_MAX);
	*state = b;
	return 0;
}

static inline void
nobody(void *user)
{
	(*(unsigned *)user)++;
}

static inline int
bed_close(void **state)
{
	struct bed *b = *state;

	hub_destroy(b->hub);
	text_free(&b->answer.body);
	api_state_destroy(b->api.state);
	api_world_close(&b->world);
	free(b);
	return 0;
}

/* One published and attested state, as a moment of the running engine. */
static inline void
bed_publish(struct bed *b, uint64_t now_ms)
{
	api_world_publish(&b->world, now_ms);
	api_world_attest(&b->world, now_ms);
	api_state_refresh(b->api.state);
}

static inline unsigned
ask(struct bed *b, const char *path, const char *query)
{
	struct api_request q = { .is_read = true, .path = path,
		.query = query, .now_ms = NOW };

	api_answer(&b->api, &b->answer, &q);
	return b->answer.status;
}

static inline json_t *
ask_json(struct bed *b, const char *path, const char *query)
{
	json_error_t why;
	json_t *v;

	assert_int_equal(ask(b, path, query), 200);
	assert_string_equal(b->answer.type, "application/json");
	v = json_loadb(b->answer.body.at, b->answer.body.len,
	    JSON_REJECT_DUPLICATES, &why);
	if (!v)
		print_message("%s: %s\n", path, why.text);
	assert_non_null(v);
	return v;
}

static inline const char *
word(json_t *o, const char *key)
{
	const char *t = json_string_value(json_object_get(o, key));

	if (!t)
		print_message("no %s\n", key);
	assert_non_null(t);
	return t;
}

static inline u128
wad_of(json_t *o, const char *key)
{
	const char *t = word(o, key);
	u128 v;

	assert_int_equal(decimal_to_u128(&v, t, strlen(t), 18), ERR_OK);
	return v;
}

#endif
