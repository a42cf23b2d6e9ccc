#include "oracle/replay.h"

#include "oracle/input.h"
#include "oracle/text.h"

#include <stdlib.h>
#include <string.h>

#define BOOK_TEXT_MAX (64u * 1024u)

/* Where the config names no book: what its units are worth, nobody's debt. */
static enum err
book_text_make(struct text *t, const struct config *c)
{
	text_init(t, BOOK_TEXT_MAX);
	text_put(t, "{\"book\":\"replay\",\"chain_id\":0,\"assets\":[");
	for (size_t i = 1; i < c->prices.unit_count; i++) {
		const char *name = c->prices.unit[i].name;

		text_put(t, i > 1 ? ",{\"id\":" : "{\"id\":");
		text_json_string(t, name, strlen(name));
		text_printf(t, ",\"token\":\"0x%040zx\",\"decimals\":18,"
		    "\"ltv\":\"0\",\"liquidation_threshold\":\"0\"}", i);
	}
	text_put(t, "],\"vaults\":[]}");
	return t->failed ? ERR_LIMIT : ERR_OK;
}

/* With its vaults, for who has them from nowhere else. */
static enum err
book_fill(struct replay_life *l, struct bookfile *f, const char *name)
{
	enum err e = input_book_place(&l->book, f, l->config.vaults_max);

	if (e == ERR_OK)
		e = bookfile_fill(f, &l->book, &l->names);
	if (e == ERR_OK)
		e = input_book_require_service(&l->book, &l->names,
		    &l->config, name, "replay");
	return e;
}

static enum err
book_check(struct replay_life *l, struct bookfile *f, const char *name)
{
	struct input_excess excess;
	enum err e = input_book_place(&l->book, f, 0);

	if (e == ERR_OK)
		e = input_book_scan(&l->book, &l->names, &excess, f,
		    &l->config);
	if (e == ERR_OK)
		e = input_excess_refuse(&excess, name, "replay");
	return e;
}

static enum err
book_read(struct replay_life *l, const char *text, size_t len,
    const char *name, bool keeps_vaults)
{
	struct bookfile_counts counts;
	struct bookfile *f;
	enum err e = bookfile_open(&f, text, len, name, stderr);

	if (e != ERR_OK)
		return e;
	bookfile_counts(&counts, f);
	if (counts.vaults > l->config.vaults_max) {
		fprintf(stderr, "%s: %zu vaults are more than `vaults_max` "
		    "(%u)\n", name, counts.vaults, l->config.vaults_max);
		e = ERR_LIMIT;
	}
	if (e == ERR_OK)
		e = keeps_vaults ? book_fill(l, f, name) :
		    book_check(l, f, name);
	bookfile_close(f);
	if (e == ERR_OK)
		e = config_bind_book(&l->config, &l->book, &l->names, name,
		    stderr);
	keccak256(&l->book_hash, text, len);
	return e;
}

static enum err
book_of(struct replay_life *l, const char *text, size_t len, const char *name,
    bool keeps_vaults)
{
	struct text made = { 0 };
	enum err e;

	if (text)
		return book_read(l, text, len, name, keeps_vaults);
	e = book_text_make(&made, &l->config);
	if (e == ERR_OK)
		e = book_read(l, made.at, made.len, "the replay's own book",
		    keeps_vaults);
	text_free(&made);
	return e;
}

static enum err
life_open(struct replay_life **out, const char *config_text,
    size_t config_len, const char *config_name, const char *book_text,
    size_t book_len, const char *book_name, bool keeps_vaults)
{
	struct replay_life *l = calloc(1, sizeof(*l));
	unsigned errors = 0;
	enum err e;

	if (!l)
		return ERR_LIMIT;
	keccak256(&l->config_hash, config_text, config_len);
	e = config_read(&l->config, config_text, config_len, config_name,
	    stderr, &errors);
	if (e == ERR_OK)
		e = book_of(l, book_text, book_len, book_name, keeps_vaults);
	if (e == ERR_OK)
		e = machine_create(&l->machine, &l->config, &l->book, NULL,
		    NULL);
	if (e != ERR_OK) {
		replay_life_close(l);
		return e;
	}
	*out = l;
	return ERR_OK;
}

enum err
replay_life_open_lean(struct replay_life **out, const char *config_text,
    size_t config_len, const char *config_name, const char *book_text,
    size_t book_len, const char *book_name)
{
	return life_open(out, config_text, config_len, config_name, book_text,
	    book_len, book_name, false);
}

enum err
replay_life_open(struct replay_life **out, const char *config_text,
    size_t config_len, const char *config_name, const char *book_text,
    size_t book_len, const char *book_name)
{
	return life_open(out, config_text, config_len, config_name, book_text,
	    book_len, book_name, true);
}

void
replay_life_close(struct replay_life *l)
{
	if (!l)
		return;
	machine_destroy(l->machine);
	input_book_arrays_free(&l->book);
	free(l);
}
