#include "oracle/input.h"

#include "base/keccak.h"
#include "oracle/clock.h"
#include "oracle/file.h"
#include "oracle/portfolio.h"

#include <stdlib.h>
#include <string.h>

void
input_book_arrays_free(struct book *b)
{
	free(b->vaults);
	free(b->hash);
	free(b->instruments);
	free(b->positions);
	free(b->orders);
	free(b->liens);
}

/* An array of nothing stays NULL. */
static bool
array_place(void *out, size_t count, size_t size)
{
	void *p = count > 0 ? calloc(count, size) : NULL;

	memcpy(out, &p, sizeof(p));
	return count == 0 || p;
}

enum err
input_book_place(struct book *b, const struct bookfile *f, uint32_t capacity)
{
	struct book p = { 0 };
	struct bookfile_counts counts;
	size_t positions = POSITIONS_MAX, orders = POSITIONS_MAX;

	bookfile_counts(&counts, f);
	if (capacity > 0) {
		positions = counts.positions + POSITIONS_MAX;
		orders = counts.orders;
	}
	if (!array_place(&p.vaults, capacity, sizeof(*p.vaults)) ||
	    !array_place(&p.hash, 2 * (size_t)capacity, sizeof(*p.hash)) ||
	    !array_place(&p.instruments, counts.instruments,
	    sizeof(*p.instruments)) ||
	    !array_place(&p.positions, positions, sizeof(*p.positions)) ||
	    !array_place(&p.orders, orders, sizeof(*p.orders)) ||
	    !array_place(&p.liens, counts.liens, sizeof(*p.liens))) {
		input_book_arrays_free(&p);
		return ERR_LIMIT;
	}
	if (capacity > 0)
		book_init(b, p.vaults, p.hash, capacity);
	b->instruments = p.instruments;
	b->positions = p.positions;
	b->orders = p.orders;
	b->liens = p.liens;
	return ERR_OK;
}

static enum err
book_fill(struct input_book *b, struct bookfile *f, const char *path,
    uint32_t vaults_max)
{
	struct bookfile_counts counts;
	uint32_t capacity = 1;
	size_t count;
	enum err e;

	bookfile_counts(&counts, f);
	count = vaults_max > 0 ? vaults_max : counts.vaults;
	if (count > BOOK_VAULTS_MAX) {
		fprintf(stderr, "%s: more than %u vaults\n", path,
		    BOOK_VAULTS_MAX);
		return ERR_LIMIT;
	}
	while (capacity < count)
		capacity *= 2;
	b->position_room = (uint32_t)counts.positions + POSITIONS_MAX;
	e = input_book_place(&b->book, f, capacity);
	if (e != ERR_OK) {
		fprintf(stderr, "%s: no memory for %u vaults\n", path,
		    capacity);
		return e;
	}
	return bookfile_fill(f, &b->book, &b->names);
}

/* The same without places for the vaults. */
static enum err
book_check(struct input_book *b, struct bookfile *f, const char *path,
    const struct config *places)
{
	enum err e = input_book_place(&b->book, f, 0);

	if (e != ERR_OK) {
		fprintf(stderr, "%s: no memory\n", path);
		return e;
	}
	return input_book_scan(&b->book, &b->names, &b->excess, f, places);
}

/* places NULL: the vaults are kept. */
static enum err
book_parse(struct input_book *b, const char *path, const char *text,
    size_t len, uint32_t vaults_max, const struct config *places)
{
	struct bookfile *f;
	enum err e = bookfile_open(&f, text, len, path, stderr);

	if (e != ERR_OK)
		return e;
	e = places ? book_check(b, f, path, places) :
	    book_fill(b, f, path, vaults_max);
	bookfile_close(f);
	return e;
}

static enum err
book_read(struct input_book **out, struct b32 *hash, const char *path,
    uint32_t vaults_max, const struct config *places)
{
	struct input_book *b = calloc(1, sizeof(*b));
	char *text = NULL;
	size_t len = 0;
	enum err e = ERR_LIMIT;

	if (b)
		e = file_read_text(&text, &len, path, BOOKFILE_TEXT_MAX,
		    stderr);
	else
		fprintf(stderr, "%s: no memory\n", path);
	if (e == ERR_OK)
		e = book_parse(b, path, text, len, vaults_max, places);
	if (e == ERR_OK && hash)
		keccak256(hash, text, len);
	free(text);
	if (e != ERR_OK) {
		input_book_free(b);
		return e;
	}
	*out = b;
	return ERR_OK;
}

enum err
input_book_read(struct input_book **out, struct b32 *hash, const char *path,
    uint32_t vaults_max)
{
	return book_read(out, hash, path, vaults_max, NULL);
}

void
input_book_free(struct input_book *b)
{
	if (!b)
		return;
	input_book_arrays_free(&b->book);
	free(b);
}

enum err
input_excess_refuse(const struct input_excess *excess, const char *path,
    const char *command)
{
	bool has_vault = excess->vault[0] != '\0';

	if (!excess->what)
		return ERR_OK;
	fprintf(stderr, "%s: %s%s%s%s is not computed by `margind %s`\n",
	    path, has_vault ? "vault " : "", excess->vault,
	    has_vault ? ": " : "", excess->what, command);
	return ERR_REFUSED;
}

static void
excess_find(struct input_excess *out, const struct book *b)
{
	struct book_excess excess;

	memset(out, 0, sizeof(*out));
	if (book_is_plain(&excess, b))
		return;
	out->what = excess.what;
	if (excess.vault < b->vault_count)
		memcpy(out->vault, b->vaults[excess.vault].name,
		    sizeof(out->vault));
}

enum err
input_book_require_plain(const struct book *b, const char *path,
    const char *command)
{
	struct input_excess excess;

	excess_find(&excess, b);
	return input_excess_refuse(&excess, path, command);
}

/* ---- what the service computes ------------------------------------------- */

/* A book of one vault and nothing else, for book_is_plain. */
struct scan {
	struct book one;
	struct vault vault;
	bool has_instruments;
	uint32_t portfolios, portfolios_max;
	struct input_excess excess;	/* the first vault's that has any */
};

static const char *
portfolio_excess(struct scan *s, const struct vault *v)
{
	const char *what;

	if (!s->has_instruments)
		return "its method, without `instruments`,";
	what = portfolio_check_vault(v);
	if (!what && s->portfolios++ == s->portfolios_max)
		what = "its method, for more vaults than `portfolios_max`,";
	return what;
}

static void
vault_excess_find(struct scan *s, const struct vault *v)
{
	const char *what = portfolio_is(v) ? portfolio_excess(s, v) : NULL;

	s->vault = *v;
	if (!portfolio_is(v))
		excess_find(&s->excess, &s->one);
	else if (what)
		s->excess.what = what;
	if (s->excess.what)
		memcpy(s->excess.vault, v->name, sizeof(s->excess.vault));
}

static enum err
scan_vault(void *arg, const struct vault *v)
{
	struct scan *s = arg;

	if (!s->excess.what)
		vault_excess_find(s, v);
	return ERR_OK;
}

/* What the book itself has comes before its vaults. */
static void
scan_end(struct input_excess *out, struct scan *s, const struct book *b,
    const struct bookfile_names *names)
{
	memcpy(s->one.assets, b->assets, sizeof(s->one.assets));
	s->one.asset_count = b->asset_count;
	s->one.lien_count = b->lien_count;
	s->one.vault_count = 0;
	excess_find(out, &s->one);
	if (!out->what)
		out->what = portfolio_check(b, names);
	if (!out->what)
		*out = s->excess;
}

static struct scan *
scan_begin(const struct book *b, const struct config *places)
{
	struct scan *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->one.vaults = &s->vault;
	s->one.vault_count = 1;
	s->has_instruments = b->instruments != NULL;
	s->portfolios_max = places->portfolios_max;
	return s;
}

enum err
input_book_require_service(const struct book *b,
    const struct bookfile_names *names, const struct config *places,
    const char *path, const char *command)
{
	struct input_excess excess;
	struct scan *s = scan_begin(b, places);

	if (!s)
		return ERR_LIMIT;
	s->has_instruments = b->instrument_count > 0;
	for (uint32_t i = 0; i < b->vault_count; i++)
		(void)scan_vault(s, &b->vaults[i]);
	scan_end(&excess, s, b, names);
	free(s);
	return input_excess_refuse(&excess, path, command);
}

enum err
input_book_scan(struct book *b, struct bookfile_names *names,
    struct input_excess *excess, struct bookfile *f,
    const struct config *places)
{
	struct scan *s = scan_begin(b, places);
	struct bookfile_ids ids = { 0 };
	struct bookfile_sink to = { .vaults_max = places->vaults_max,
		.ids = &ids, .each = scan_vault, .arg = s };
	enum err e;

	if (!s)
		return ERR_LIMIT;
	e = bookfile_each(f, b, names, &to);
	if (e == ERR_OK)
		scan_end(excess, s, b, names);
	bookfile_ids_free(&ids);
	free(s);
	return e;
}

bool
input_book_is_for_run(const struct input_book *b, const struct config *c)
{
	return !b || input_excess_refuse(&b->excess, c->book_file, "run") ==
	    ERR_OK;
}

enum err
input_market_read(struct input_market **out, struct b32 *hash,
    const struct input_book *b, const char *path)
{
	struct input_market *m = calloc(1, sizeof(*m));
	char *text = NULL;
	size_t len = 0;
	enum err e = ERR_LIMIT;

	if (m)
		e = file_read_text(&text, &len, path, BOOKFILE_TEXT_MAX,
		    stderr);
	else
		fprintf(stderr, "%s: no memory\n", path);
	if (e == ERR_OK)
		e = marketfile_read(&m->market, &m->terms, &b->book,
		    &b->names, text, len, path, stderr);
	if (e == ERR_OK && hash)
		keccak256(hash, text, len);
	free(text);
	if (e == ERR_OK)
		*out = m;
	else
		input_market_free(m);
	return e;
}

void
input_market_free(struct input_market *m)
{
	free(m);
}

enum err
input_rules_read(struct rules *out, const char *path)
{
	char *text;
	size_t len;
	enum err e;

	if (!path) {
		rules_default(out);
		return ERR_OK;
	}
	e = file_read_text(&text, &len, path, RULESFILE_TEXT_MAX, stderr);
	if (e != ERR_OK)
		return e;
	e = rulesfile_read(out, text, len, path, stderr);
	free(text);
	return e;
}

static enum err
config_book_read(struct config *c, struct input_book **out, const char *path)
{
	char book_path[CONFIG_PATH_MAX];
	struct input_book *b;
	enum err e = config_path_from(book_path, path, c->book_file);

	if (e != ERR_OK) {
		fprintf(stderr, "%s: the book's path is too long\n", path);
		return e;
	}
	e = book_read(&b, NULL, book_path, 0, c);
	if (e != ERR_OK)
		return e;
	e = config_bind_book(c, &b->book, &b->names, book_path, stderr);
	if (e == ERR_OK && out)
		*out = b;
	else
		input_book_free(b);
	return e;
}

static enum err
config_text_read(struct config *out, struct input_book **book,
    const char *path, uint64_t now_ms)
{
	char *text;
	size_t len;
	unsigned count;
	enum err e = file_read_text(&text, &len, path, CONFIG_TEXT_MAX,
	    stderr);

	if (book)
		*book = NULL;
	if (e != ERR_OK)
		return e;
	e = config_read_at(out, now_ms, text, len, path, stderr, &count);
	free(text);
	if (e != ERR_OK || !out->book_file[0])
		return e;
	return config_book_read(out, book, path);
}

enum err
input_config_read(struct config *out, struct input_book **book,
    const char *path)
{
	return config_text_read(out, book, path, UINT64_MAX);
}

enum err
input_config_check(struct config *out, struct input_book **book,
    const char *path)
{
	return config_text_read(out, book, path, clock_wall_ms());
}
