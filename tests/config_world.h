/* tests/config_world.h - a config read from a text, and what was printed of it.
 * Test code only. */
#ifndef TESTS_CONFIG_WORLD_H
#define TESTS_CONFIG_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "oracle/config.h"
#include "tests/errors_text.h"

static struct config config;

#define ONE_UNIT "prices: {units: {A: {quorum: 1, age_max: 1s, " \
	"dispersion_max: 1%, band_max: 1%}}}\n"

#define DERIBIT(more) ONE_UNIT "venues:\n" \
	"  deribit: {markets: {A-USD: A/USD}, " more "}\n"

/* What config_read printed; the caller frees it. */
static inline char *
errors_of(const char *text, enum err want)
{
	struct errors_text t;
	unsigned count = 99;
	FILE *out = errors_open(&t);
	enum err e = config_read(&config, text, strlen(text), "c.yaml", out,
	    &count);

	errors_close(&t);
	if (e != want)
		print_message("%s", t.text);
	assert_int_equal(e, want);
	assert_int_equal(count == 0, want == ERR_OK);
	return t.text;
}

static inline void
good(const char *text)
{
	free(errors_of(text, ERR_OK));
}

static inline void
bad(const char *text, const char *error)
{
	char *got = errors_of(text, ERR_SYNTAX);

	if (strcmp(got, error) != 0)
		print_message("of:\n%s\n", text);
	assert_string_equal(got, error);
	free(got);
}

#endif
