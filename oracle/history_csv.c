#include "oracle/history_csv.h"

#include "base/clock_text.h"
#include "base/decimal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define MS_FROM 100000000000u	/* a time above it is in milliseconds: as
				 * seconds it would lie beyond the year 5000 */
#define NO_SERIES UINT32_MAX
#define COLUMNS_MAX (HISTORY_CSV_SERIES_MAX + 8u)
#define GZ_CHUNK 65536u

struct cell {
	const char *at;
	size_t len;
};

/* Reading one text: a line at a time, its cells in `cell`. */
struct reader {
	const char *at, *end;
	uint32_t line;
	uint32_t columns;		/* of the header */
	uint32_t time_column;
	uint32_t series_of[COLUMNS_MAX];	/* NO_SERIES: not read */
	struct cell cell[COLUMNS_MAX];
	struct history_csv *out;
	struct history_csv_error *error;
};

static enum err
refuse(struct reader *r, uint32_t column, const char *what, enum err e)
{
	*r->error = (struct history_csv_error){ r->line, column, what };
	return e;
}

static bool
cell_is(const struct cell *c, const char *word)
{
	return c->len == strlen(word) && memcmp(c->at, word, c->len) == 0;
}

/* line_take cuts the next line into cells; false at the end of the text. */
static bool
line_take(struct reader *r, uint32_t *cells, enum err *e)
{
	const char *stop, *next;
	uint32_t n = 0;

	*e = ERR_OK;
	if (r->at == r->end)
		return false;
	r->line++;
	stop = memchr(r->at, '\n', (size_t)(r->end - r->at));
	next = stop ? stop + 1 : r->end;
	stop = stop ? stop : r->end;
	if (stop > r->at && stop[-1] == '\r')
		stop--;
	for (const char *at = r->at;; n++) {
		const char *comma = memchr(at, ',', (size_t)(stop - at));

		if (n == COLUMNS_MAX) {
			*e = refuse(r, n + 1, "too many columns", ERR_LIMIT);
			return true;
		}
		r->cell[n] = (struct cell){ at,
		    (size_t)((comma ? comma : stop) - at) };
		if (!comma)
			break;
		at = comma + 1;
	}
	*cells = n + 1;
	r->at = next;
	return true;
}

static enum err
series_add(struct reader *r, uint32_t column, const struct cell *name)
{
	struct history_csv *h = r->out;
	struct history_series *s;

	if (h->series_count == HISTORY_CSV_SERIES_MAX)
		return refuse(r, column + 1, "too many series", ERR_LIMIT);
	if (name->len >= HISTORY_CSV_NAME_MAX)
		return refuse(r, column + 1, "the name is too long",
		    ERR_LIMIT);
	for (size_t i = 0; i < name->len; i++)
		if ((unsigned char)name->at[i] <= ' ' ||
		    (unsigned char)name->at[i] > '~')
			return refuse(r, column + 1, "not the name of a "
			    "column", ERR_SYNTAX);
	for (uint32_t i = 0; i < h->series_count; i++)
		if (cell_is(name, h->series[i].name))
			return refuse(r, column + 1, "a column twice",
			    ERR_DUPLICATE);
	r->series_of[column] = h->series_count;
	s = &h->series[h->series_count++];
	memcpy(s->name, name->at, name->len);
	s->name[name->len] = '\0';
	return ERR_OK;
}

static enum err
header_read(struct reader *r)
{
	uint32_t close = COLUMNS_MAX;
	enum err e;

	if (!line_take(r, &r->columns, &e))
		return refuse(r, 1, "the file is empty", ERR_MISSING);
	if (e != ERR_OK)
		return e;
	r->time_column = COLUMNS_MAX;
	for (uint32_t i = 0; i < r->columns; i++) {
		r->series_of[i] = NO_SERIES;
		if (r->time_column == COLUMNS_MAX && (cell_is(&r->cell[i],
		    "ts") || cell_is(&r->cell[i], "timestamp") ||
		    cell_is(&r->cell[i], "time")))
			r->time_column = i;
		else if (cell_is(&r->cell[i], "close"))
			close = i;
	}
	if (r->time_column == COLUMNS_MAX)
		return refuse(r, 1, "no column `ts`", ERR_MISSING);
	if (close != COLUMNS_MAX)
		return series_add(r, close, &(struct cell){ "", 0 });
	for (uint32_t i = 0; i < r->columns && e == ERR_OK; i++)
		if (i != r->time_column && !cell_is(&r->cell[i], "date"))
			e = series_add(r, i, &r->cell[i]);
	if (e == ERR_OK && r->out->series_count == 0)
		e = refuse(r, 1, "no column `close`, and no other",
		    ERR_MISSING);
	return e;
}

static enum err
arrays_make(struct reader *r)
{
	struct history_csv *h = r->out;
	size_t rows = 1;

	for (const char *p = r->at; p < r->end; p++)
		rows += *p == '\n';
	if (rows > HISTORY_CSV_ROWS_MAX ||
	    rows * h->series_count > HISTORY_CSV_CELLS_MAX)
		return refuse(r, 1, "too many rows", ERR_LIMIT);
	for (uint32_t i = 0; i < h->series_count; i++) {
		struct history_series *s = &h->series[i];

		s->ms = malloc(rows * sizeof(*s->ms));
		s->price = malloc(rows * sizeof(*s->price));
		if (!s->ms || !s->price)
			return refuse(r, 1, "no memory", ERR_LIMIT);
	}
	return ERR_OK;
}

static enum err
time_read(uint64_t *ms, const struct cell *c)
{
	uint64_t n;
	enum err e = decimal_to_u64(&n, c->at, c->len);

	if (e == ERR_SYNTAX)
		return time_ms_from_rfc3339(ms, c->at, c->len);
	if (e == ERR_OK)
		*ms = n < MS_FROM ? n * 1000 : n;
	return e;
}

static enum err
price_read(struct px18 *out, const struct cell *c)
{
	struct dec18 d;
	u128 v;
	enum err e = decimal_to_dec18(&d, c->at, c->len);

	v = d.value;
	if (e == ERR_RANGE)
		e = decimal_to_u128_round(&v, c->at, c->len, 18, ROUND_FLOOR);
	if (e == ERR_OK && (v == 0 || v > (u128)I128_MAX))
		e = ERR_RANGE;
	if (e == ERR_OK)
		*out = px18_from_raw(v);
	return e;
}

static enum err
row_read(struct reader *r, uint64_t *last_ms)
{
	uint64_t ms;

	if (time_read(&ms, &r->cell[r->time_column]) != ERR_OK)
		return refuse(r, r->time_column + 1, "not a time",
		    ERR_SYNTAX);
	if (r->line > 2 && ms < *last_ms)
		return refuse(r, r->time_column + 1, "earlier than the row "
		    "before", ERR_RANGE);
	if (r->line > 2 && ms == *last_ms) {
		r->out->repeated++;
		return ERR_OK;
	}
	*last_ms = ms;
	for (uint32_t i = 0; i < r->columns; i++) {
		struct history_series *s;

		if (r->series_of[i] == NO_SERIES || r->cell[i].len == 0)
			continue;
		s = &r->out->series[r->series_of[i]];
		if (price_read(&s->price[s->count], &r->cell[i]) != ERR_OK)
			return refuse(r, i + 1, "not a price above zero",
			    ERR_SYNTAX);
		s->ms[s->count++] = ms;
	}
	return ERR_OK;
}

enum err
history_csv_parse(struct history_csv *out, struct history_csv_error *error,
    const char *text, size_t len)
{
	struct reader r = { .at = text, .end = text + len, .out = out,
	    .error = error };
	uint64_t last_ms = 0;
	uint32_t cells;
	enum err e;

	*out = (struct history_csv){ 0 };
	e = header_read(&r);
	if (e == ERR_OK)
		e = arrays_make(&r);
	while (e == ERR_OK && line_take(&r, &cells, &e)) {
		if (e != ERR_OK || (cells == 1 && r.cell[0].len == 0))
			continue;
		if (cells != r.columns)
			e = refuse(&r, cells, "not as many cells as the "
			    "header", ERR_SYNTAX);
		else
			e = row_read(&r, &last_ms);
	}
	if (e != ERR_OK)
		history_csv_free(out);
	return e;
}

/* gzread reads plain files as they are. */
static enum err
text_read(char **out, size_t *len, const char *path, FILE *errors)
{
	gzFile file = gzopen(path, "rb");
	char *text = NULL, *grown;
	size_t have = 0, room = 0;
	int n = 0, code = Z_OK;

	if (!file) {
		fprintf(errors, "%s: %s\n", path, strerrordesc_np(errno));
		return ERR_IO;
	}
	do {
		have += (size_t)n;
		if (room - have < GZ_CHUNK) {
			room = room == 0 ? 4 * GZ_CHUNK : 2 * room;
			grown = room > 2 * (size_t)HISTORY_CSV_BYTES_MAX ?
			    NULL : realloc(text, room);
			if (!grown) {
				fprintf(errors, "%s: too long\n", path);
				goto failed;
			}
			text = grown;
		}
		n = gzread(file, text + have, GZ_CHUNK);
	} while (n > 0);
	(void)gzerror(file, &code);
	if (n < 0 || (code != Z_OK && code != Z_STREAM_END)) {
		fprintf(errors, "%s: cannot be read%s\n", path,
		    code == Z_BUF_ERROR ? ": it ends in the middle" : "");
		goto failed;
	}
	(void)gzclose(file);
	*out = text;
	*len = have;
	return ERR_OK;
failed:
	(void)gzclose(file);
	free(text);
	return ERR_IO;
}

enum err
history_csv_read(struct history_csv *out, const char *path, FILE *errors)
{
	struct history_csv_error error;
	char *text;
	size_t len;
	enum err e = text_read(&text, &len, path, errors);

	*out = (struct history_csv){ 0 };
	if (e != ERR_OK)
		return e;
	e = history_csv_parse(out, &error, text, len);
	if (e != ERR_OK)
		fprintf(errors, "%s:%u: column %u: %s\n", path, error.line,
		    error.column, error.what);
	free(text);
	return e;
}

void
history_csv_free(struct history_csv *h)
{
	for (uint32_t i = 0; i < h->series_count; i++) {
		free(h->series[i].ms);
		free(h->series[i].price);
	}
	*h = (struct history_csv){ 0 };
}
