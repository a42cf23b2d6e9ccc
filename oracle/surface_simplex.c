#include "oracle/surface_simplex.h"

#include "base/must.h"

#include <math.h>
#include <string.h>

struct corner {
	double at[SIMPLEX_MAX], value;
};

struct simplex {
	struct corner corner[SIMPLEX_MAX + 1];	/* best first */
	size_t dimensions;
	unsigned looks;
	double (*value)(void *arg, const double *at);
	void *arg;
};

static void
corner_value(struct simplex *s, struct corner *c)
{
	c->value = s->value(s->arg, c->at);
	s->looks--;
}

/* Insertion: all but a few corners stand in order. */
static void
corners_sort(struct simplex *s)
{
	for (size_t i = 1; i <= s->dimensions; i++) {
		struct corner c = s->corner[i];
		size_t k = i;

		for (; k > 0 && s->corner[k - 1].value > c.value; k--)
			s->corner[k] = s->corner[k - 1];
		s->corner[k] = c;
	}
}

/* away: from the worst corner through the middle of the others, so far. */
static struct corner
away(struct simplex *s, double far)
{
	const struct corner *worst = &s->corner[s->dimensions];
	struct corner c = { .value = 0 };

	for (size_t d = 0; d < s->dimensions; d++) {
		double middle = 0;

		for (size_t i = 0; i < s->dimensions; i++)
			middle += s->corner[i].at[d];
		middle /= (double)s->dimensions;
		c.at[d] = middle + far * (middle - worst->at[d]);
	}
	corner_value(s, &c);
	return c;
}

static void
shrink(struct simplex *s)
{
	for (size_t i = 1; i <= s->dimensions; i++) {
		for (size_t d = 0; d < s->dimensions; d++)
			s->corner[i].at[d] = (s->corner[i].at[d] +
			    s->corner[0].at[d]) / 2;
		corner_value(s, &s->corner[i]);
	}
}

static void
step_once(struct simplex *s)
{
	struct corner *worst = &s->corner[s->dimensions];
	struct corner next = away(s, 1);

	if (next.value < s->corner[0].value) {
		struct corner further = away(s, 2);

		*worst = further.value < next.value ? further : next;
	} else if (next.value < s->corner[s->dimensions - 1].value) {
		*worst = next;
	} else {
		struct corner inside = away(s, next.value < worst->value ?
		    0.5 : -0.5);

		if (inside.value < worst->value)
			*worst = inside;
		else
			shrink(s);
	}
	corners_sort(s);
}

static bool
is_flat(const struct simplex *s)
{
	double best = s->corner[0].value,
	    worst = s->corner[s->dimensions].value;

	return worst - best <= 1e-10 * fabs(best);
}

double
simplex_search(double *at, const double *step, size_t dimensions,
    unsigned looks, double (*value)(void *arg, const double *at), void *arg)
{
	struct simplex s = { .dimensions = dimensions, .looks = looks,
		.value = value, .arg = arg };
	const unsigned most = 2 + (unsigned)dimensions;	/* of one step */

	MUST(dimensions >= 1 && dimensions <= SIMPLEX_MAX &&
	    looks > dimensions + most);
	for (size_t i = 0; i <= dimensions; i++) {
		memcpy(s.corner[i].at, at, dimensions * sizeof(*at));
		if (i > 0)
			s.corner[i].at[i - 1] += step[i - 1];
		corner_value(&s, &s.corner[i]);
	}
	corners_sort(&s);
	while (s.looks >= most && !is_flat(&s))
		step_once(&s);
	memcpy(at, s.corner[0].at, dimensions * sizeof(*at));
	return s.corner[0].value;
}
