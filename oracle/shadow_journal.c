/* oracle/shadow_journal.c - a journal's inputs for two configs, life by life.
 * The book is the journal's; without an old config, each life's own is it.
 * Only what the journal's config followed is in there. */
#include "oracle/shadow.h"

#include "oracle/cmd.h"
#include "oracle/file.h"
#include "oracle/inputs.h"
#include "oracle/progress.h"
#include "oracle/segment.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct config_text {
	const char *name;
	char *text;
	size_t len;
};

struct run {
	struct shadow *shadow;
	const struct shadow_options *options;
	struct segment_reader *reader;
	struct config_text before, after;	/* before: NULL text, the
						 * journal's own */
	struct config own;
	struct shadow_map to_before, to_after;
	bool is_config_bad;		/* said where it was found */
};

static enum err
life_open(struct replay_life **out, const struct config_text *config,
    const struct config_text *book)
{
	enum err e;

	replay_life_close(*out);
	*out = NULL;
	e = replay_life_open_lean(out, config->text, config->len,
	    config->name, book->text, book->len, book->name);
	if (e == ERR_OK)
		replay_life_loosen(*out);
	return e;
}

static enum err
lives_open(struct run *r, const struct config_text *own,
    const struct config_text *book)
{
	struct shadow *s = r->shadow;
	unsigned errors;
	enum err e = config_read(&r->own, own->text, own->len, own->name,
	    stderr, &errors);

	if (e == ERR_OK)
		e = life_open(&s->before_life, r->before.text ? &r->before :
		    own, book);
	if (e == ERR_OK)
		e = life_open(&s->after_life, &r->after, book);
	if (e != ERR_OK)
		return e;
	shadow_map_make(&r->to_before, &r->own, &s->before_life->config);
	shadow_map_make(&r->to_after, &r->own, &s->after_life->config);
	return ERR_OK;
}

static enum err
life_begin(struct run *r, const struct wire_start *w)
{
	const char *dir = r->options->journal_dir;
	char own_name[INPUTS_PATH_MAX], book_name[INPUTS_PATH_MAX];
	struct config_text own = { .name = own_name },
	    book = { .name = book_name };
	enum err e = inputs_path(own_name, dir, INPUTS_CONFIG,
	    &w->config_hash);

	if (e == ERR_OK)
		e = inputs_path(book_name, dir, INPUTS_BOOK, &w->book_hash);
	if (e == ERR_OK)
		e = inputs_load(&own.text, &own.len, dir, INPUTS_CONFIG,
		    &w->config_hash, stderr);
	if (e == ERR_OK)
		e = inputs_load(&book.text, &book.len, dir, INPUTS_BOOK,
		    &w->book_hash, stderr);
	if (e == ERR_OK)
		e = lives_open(r, &own, &book);
	if (e == ERR_OK)
		e = shadow_begin(r->shadow, r->shadow->before_life,
		    r->shadow->after_life, w->now_ms);
	free(own.text);
	free(book.text);
	return e;
}

/* False at the window's end, or where a life cannot be made. */
static bool
record_take(struct run *r, const struct segment_record *record)
{
	const struct wire_close *close = record->message;
	uint64_t until_ms = r->options->window.until_ms;

	if (record->type == WIRE_START) {
		r->is_config_bad = life_begin(r, record->message) != ERR_OK;
		return !r->is_config_bad;
	}
	if (!r->shadow->before_life || !r->shadow->after_life ||
	    !wire_is_input(record->type))
		return true;	/* before the first START that is there */
	if (record->type != WIRE_CLOSE) {
		shadow_tell(r->shadow, record->message, record->size,
		    &r->to_before, &r->to_after);
		return true;
	}
	if (until_ms > 0 && close->now_ms >= until_ms)
		return false;
	shadow_close(r->shadow, close->now_ms);
	return true;
}

static enum err
records_run(struct run *r, struct segment_fault *fault)
{
	struct segment_record record;
	struct progress progress;
	uint64_t done, total;
	enum err e;

	segment_reader_progress(r->reader, &done, &total);
	progress_begin(&progress, "shadow", total);
	while ((e = segment_reader_next(r->reader, &record, fault)) ==
	    ERR_OK && record_take(r, &record)) {
		segment_reader_progress(r->reader, &done, &total);
		progress_step(&progress, done);
	}
	progress_end(&progress);
	return e == ERR_MISSING ? ERR_OK : e;
}

static enum err
text_read(struct config_text *out, const char *path)
{
	out->name = path;
	return !path ? ERR_OK : file_read_text(&out->text, &out->len, path,
	    CONFIG_TEXT_MAX, stderr);
}

static int
journal_run(struct run *r)
{
	const char *dir = r->options->journal_dir;
	struct segment_fault fault = { .what = "cannot be opened" };
	enum err e = segment_reader_open(&r->reader, &fault, dir);

	if (e == ERR_OK)
		e = records_run(r, &fault);
	segment_reader_close(r->reader);
	if (r->is_config_bad)
		return EXIT_CONFIG;
	if (e == ERR_OK)
		return EXIT_OK;
	fprintf(stderr, "%s%s%s: %s%s%s\n", dir, fault.file[0] ? "/" : "",
	    fault.file, fault.what, e == ERR_IO ? ": " : "",
	    e == ERR_IO ? strerrordesc_np(errno) : "");
	return EXIT_FAILED;
}

int
shadow_journal(struct shadow *s, const struct shadow_options *o)
{
	static struct run r;
	int code = EXIT_CONFIG;

	r.shadow = s;
	r.options = o;
	s->from_ms = o->window.from_ms;
	if (text_read(&r.before, o->before_path) == ERR_OK &&
	    text_read(&r.after, o->after_path) == ERR_OK)
		code = journal_run(&r);
	free(r.before.text);
	free(r.after.text);
	return code;
}
