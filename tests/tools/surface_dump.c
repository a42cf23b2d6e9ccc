/* Prints random slices and what margin/surface_check.h says of them, one a
 * line, for tests/check_surface.py: `surface_dump COUNT SEED`.
 *	slice a b rho m sigma tau fault
 *	calendar NEAR left FAR left fault
 * where NEAR and FAR are the same six.  Integers are raw: 18 decimals. */
#include "base/decimal.h"
#include "base/q64.h"
#include "margin/surface_check.h"
#include "tests/margin_world.h"

#include <stdio.h>

#define ONE ((i128)WAD_ONE_RAW)

static void
show(i128 v)
{
	char text[DECIMAL_BUF];

	decimal_from_i128(text, v, 0);
	printf(" %s", text);
}

static void
show_slice(const struct svi *s)
{
	show(num18_to_raw(s->a));
	show(num18_to_raw(s->b));
	show(num18_to_raw(s->rho));
	show(num18_to_raw(s->m));
	show(num18_to_raw(s->sigma));
	show(num18_to_raw(s->tau));
}

static void
slice_say(const struct svi *s)
{
	printf("slice");
	show_slice(s);
	printf(" %s\n", surface_fault_name(surface_check_slice(s)));
}

/* share: low to high thousandths of v. */
static i128
share(uint64_t *seed, i128 v, unsigned low, unsigned high)
{
	return v * (i128)(low + random_below(seed, high - low + 1)) / 1000;
}

/* A smile of a life between two hours and two years whose slopes may be too
 * steep; every now and then a parameter beyond its range. */
static struct svi
slice_make(uint64_t *seed)
{
	struct svi s = { .forward = px("2000") };
	i128 tau = share(seed, random_one_in(seed, 2) ? ONE : ONE / 300, 80,
	    2000);
	i128 vol = share(seed, ONE, 200, 1500), w, root;
	struct num18 r;

	if (num18_mul(&r, num18_from_raw(vol), num18_from_raw(vol),
	    ROUND_FLOOR) != ERR_OK)
		abort();
	w = num18_to_raw(r) / 1000000000 * tau / 1000000000;
	if (q64_sqrt(&r, num18_from_raw(w)) != ERR_OK)
		abort();
	root = num18_to_raw(r);
	s.tau = num18_from_raw(tau);
	s.m = num18_from_raw(share(seed, root, 0, 2000) - root);
	s.sigma = num18_from_raw(share(seed, root, 50, 3000));
	s.rho = num18_from_raw(share(seed, ONE, 0, 2000) - ONE);
	s.b = num18_from_raw(share(seed, root, 10, 2500));
	s.a = num18_from_raw(share(seed, w, 0, 1500) - w / 2);
	if (random_one_in(seed, 20))
		s.b = num18_from_raw(share(seed, ONE, 0, 2500));
	if (random_one_in(seed, 50))
		s.sigma = num18_from_raw(share(seed, ONE / 10000, 900, 1100));
	return s;
}

/* Two slices at an edge: b of one is good, of the other by 1e-9 more is not. */
static void
edge_say(const struct svi *from)
{
	struct svi good = *from, bad = *from;
	i128 low = 0, high = num18_to_raw(from->b);

	good.b = num18_zero();
	if (surface_check_slice(&bad) == SURFACE_GOOD ||
	    surface_check_slice(&good) != SURFACE_GOOD)
		return;
	while (high - low > ONE / 1000000000) {
		i128 middle = (low + high) / 2;
		struct svi at = *from;

		at.b = num18_from_raw(middle);
		if (surface_check_slice(&at) == SURFACE_GOOD)
			low = middle;
		else
			high = middle;
	}
	good.b = num18_from_raw(low);
	bad.b = num18_from_raw(high);
	slice_say(&good);
	slice_say(&bad);
}

static void
calendar_say(uint64_t *seed, const struct svi *near, const struct svi *far)
{
	struct num18 n = num18_from_raw(share(seed, num18_to_raw(near->tau),
	    900, 1000)), f = far->tau;

	if (surface_check_slice(near) != SURFACE_GOOD ||
	    surface_check_slice(far) != SURFACE_GOOD)
		return;
	printf("calendar");
	show_slice(near);
	show(num18_to_raw(n));
	show_slice(far);
	show(num18_to_raw(f));
	printf(" %s\n", surface_fault_name(surface_check_calendar(near, n,
	    far, f)));
}

/* far: near with more variance, a little more or less wing. */
static void
pair_say(uint64_t *seed, const struct svi *near)
{
	struct svi far = *near;

	far.tau = num18_from_raw(share(seed, num18_to_raw(near->tau), 1000,
	    1300));
	far.a = num18_from_raw(num18_to_raw(near->a) + share(seed,
	    num18_to_raw(near->b) / 1000 * (num18_to_raw(near->sigma) /
	    1000) / (ONE / 1000000), 0, 400));
	far.b = num18_from_raw(share(seed, num18_to_raw(near->b), 900, 1100));
	calendar_say(seed, near, &far);
}

int
main(int argc, char **argv)
{
	unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000;
	uint64_t seed = argc > 2 ? strtoul(argv[2], NULL, 10) : 1;

	for (unsigned long i = 0; i < count; i++) {
		struct svi s = slice_make(&seed), other = slice_make(&seed);

		slice_say(&s);
		edge_say(&s);
		pair_say(&seed, &s);
		calendar_say(&seed, &s, &other);
	}
	return 0;
}
