#include "tests/incidents/path.h"

#include "base/decimal.h"
#include "base/must.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS 6u		/* ts,open,high,low,close,volume */

void
path_add(struct path *p, uint64_t ms, double price)
{
	if (p->count > 0 && ms <= p->point[p->count - 1].ms)
		return;		/* a recording may say a bar twice */
	if (p->count == p->capacity) {
		p->capacity = p->capacity * 2 + 256;
		p->point = realloc(p->point, p->capacity * sizeof(*p->point));
		MUST(p->point);
	}
	p->point[p->count++] = (struct path_point){ ms, price };
}

void
path_free(struct path *p)
{
	free(p->point);
	memset(p, 0, sizeof(*p));
}

static bool
row_read(double out[COLUMNS], const char *line)
{
	for (size_t i = 0; i < COLUMNS; i++) {
		size_t len = strcspn(line, ",\r\n");
		u128 v;

		if (decimal_to_u128_round(&v, line, len, 12, ROUND_FLOOR) !=
		    ERR_OK)
			return false;
		out[i] = (double)((long double)v / 1e12L);
		line += len + (line[len] == ',' ? 1 : 0);
	}
	return true;
}

static void
bar_add(struct path *p, const double *v, enum path_shape shape,
    uint64_t bar_ms)
{
	uint64_t ms = (uint64_t)v[0] * 1000;
	bool fell = v[4] < v[1];

	path_add(p, ms, v[1]);
	if (shape == PATH_EXTREMES) {
		path_add(p, ms + bar_ms / 3, fell ? v[2] : v[3]);
		path_add(p, ms + bar_ms * 2 / 3, fell ? v[3] : v[2]);
	}
	path_add(p, ms + bar_ms - 1, v[4]);
}

/* The time between the first two bars. */
static uint64_t
bar_length(FILE *f)
{
	char line[256];
	double a[COLUMNS], b[COLUMNS];
	uint64_t ms = 0;

	while (ms == 0 && fgets(line, sizeof(line), f))
		if (row_read(a, line))
			while (ms == 0 && fgets(line, sizeof(line), f))
				if (row_read(b, line) && b[0] > a[0])
					ms = (uint64_t)(b[0] - a[0]) * 1000;
	rewind(f);
	return ms;
}

bool
path_load(struct path *p, const char *name, enum path_shape shape,
    uint64_t from_ms, uint64_t to_ms)
{
	const char *folder = getenv("MARGIND_DATA");
	char file[512], line[256];
	uint64_t bar_ms;
	FILE *f;

	snprintf(file, sizeof(file), "%s/prices/%s",
	    folder ? folder : "../shared/data", name);
	f = fopen(file, "r");
	if (!f)
		return false;
	bar_ms = bar_length(f);
	while (fgets(line, sizeof(line), f)) {
		double v[COLUMNS];

		if (row_read(v, line) && v[5] > 0 && v[0] * 1000 >=
		    (double)from_ms && v[0] * 1000 < (double)to_ms)
			bar_add(p, v, shape, bar_ms);
	}
	fclose(f);
	MUST(p->count > 1);
	return true;
}

/* The last point at or before ms; 0 where there is none. */
static size_t
point_before(const struct path *p, uint64_t ms)
{
	size_t low = 0, high = p->count;

	while (high - low > 1) {
		size_t mid = (low + high) / 2;

		if (p->point[mid].ms <= ms)
			low = mid;
		else
			high = mid;
	}
	return low;
}

double
path_at(const struct path *p, uint64_t ms)
{
	size_t i = point_before(p, ms);
	const struct path_point *a = &p->point[i];

	if (ms <= a->ms || i + 1 == p->count)
		return a->price;
	return a->price + (a[1].price - a->price) * (double)(ms - a->ms) /
	    (double)(a[1].ms - a->ms);
}

/* From the nearest that the path was within the last two seconds. */
static double
path_apart(const struct path *p, const struct scene *s, double speed,
    uint64_t ms, double price)
{
	double least = HUGE_VAL;

	for (uint64_t ago = 0; ago <= 2000 && ago <= ms - s->begin_ms;
	    ago += 250) {
		double was = path_at(p, s->begin_ms + (uint64_t)((double)
		    (ms - ago - s->begin_ms) * speed));

		least = fmin(least, fabs(price / was - 1));
	}
	return least;
}

double
path_off(double *most, const struct trace *t, unsigned asset,
    const struct path *p, const struct scene *s, double speed)
{
	uint64_t since = 0, longest = 0;

	*most = 0;
	for (size_t i = 0; i < t->count; i++) {
		const struct moment *m = &t->moment[i];
		const struct signed_price *at = &m->price[asset];
		double off = m->is_signed && at->status != PRICE_REFUSED ?
		    path_apart(p, s, speed, m->ms, at->mid) : 0;

		*most = fmax(*most, off);
		if (since != 0 && m->ms - since > longest)
			longest = m->ms - since;
		if (off < 0.01)
			since = 0;
		else if (since == 0)
			since = m->ms;
	}
	return (double)longest / 1000;
}

void
feed_path(struct scene *s, unsigned market, const struct path *p,
    const struct feeding *f)
{
	for (uint64_t t = f->begin_ms; t < f->end_ms; t += f->tick_ms) {
		uint64_t of = f->from_ms +
		    (uint64_t)((double)(t - f->begin_ms) * f->speed);

		feed_book(s, market, t + f->phase_ms,
		    path_at(p, of) * (1 + f->offset));
	}
}
