/* A book read from a text, with places for all that a book may hold. */
#ifndef TESTS_BOOK_WORLD_H
#define TESTS_BOOK_WORLD_H

#include <stdlib.h>
#include <string.h>

#include "oracle/bookfile.h"
#include "tests/errors_text.h"

#define WORLD_VAULTS 32u
#define WORLD_PLACES 512u

static struct book book;
static struct bookfile_names names;
static struct vault vaults[WORLD_VAULTS];
static uint32_t hash[2 * WORLD_VAULTS];
static struct instrument instruments[WORLD_PLACES];
static struct position positions[WORLD_PLACES];
static struct order orders[WORLD_PLACES];
static struct lien liens[WORLD_PLACES];

/* What the reader complains of; the caller frees it. */
static inline char *
book_errors(const char *text, enum err want)
{
	struct errors_text t;
	FILE *out = errors_open(&t);
	enum err e;

	book_init(&book, vaults, hash, WORLD_VAULTS);
	book.instruments = instruments;
	book.positions = positions;
	book.orders = orders;
	book.liens = liens;
	e = bookfile_read(&book, &names, text, strlen(text), "b", out);
	errors_close(&t);
	if (e != want)
		print_message("%s\n%s", text, t.text);
	assert_int_equal(e, want);
	return t.text;
}

static inline void
good(const char *text)
{
	char *got = book_errors(text, ERR_OK);

	assert_string_equal(got, "");
	free(got);
}

static inline void
bad(const char *text, const char *error)
{
	char *got = book_errors(text, ERR_SYNTAX);

	assert_string_equal(got, error);
	free(got);
}

#endif
