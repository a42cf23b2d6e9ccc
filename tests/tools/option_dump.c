/* Prints random numbers and options with what base/q64 and margin/option make
 * of them, one a line, for tests/check_option.py: `option_dump COUNT SEED`.
 *	ln x err y		sqrt x err y		exp x err y
 *	pow x y err z		normal x cdf pdf	inverse p err x
 *	option F K vol tau D call err price err delta gamma
 *	vega theta err implied
 * All integers are raw: 18 decimals. */
#include "base/decimal.h"
#include "base/q64.h"
#include "margin/option.h"
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
show_result(enum err e, i128 v)
{
	printf(" %d", (int)e);
	show(v);
}

/* Up to `digits` digits, in one of four with its sign turned. */
static i128
random_number(uint64_t *seed, unsigned digits)
{
	i128 v = (i128)random_magnitude(seed, digits);

	return random_one_in(seed, 4) ? -v : v;
}

static void
show_functions(uint64_t *seed)
{
	struct num18 r = num18_zero(), x, y;
	enum err e;

	x = num18_from_raw((i128)random_magnitude(seed,
	    random_one_in(seed, 2) ? 37 : 22));
	if (random_one_in(seed, 3))
		x = num18_from_raw(ONE + random_number(seed, 17));
	printf("ln");
	show(num18_to_raw(x));
	e = q64_ln(&r, x);
	show_result(e, num18_to_raw(r));
	printf("\nsqrt");
	show(num18_to_raw(x));
	e = q64_sqrt(&r, x);
	show_result(e, num18_to_raw(r));
	y = num18_from_raw(random_number(seed, random_one_in(seed, 4) ?
	    25 : 19));
	printf("\npow");
	show(num18_to_raw(x));
	show(num18_to_raw(y));
	e = q64_pow(&r, x, y);
	show_result(e, num18_to_raw(r));
	x = num18_from_raw(random_number(seed, 20) % (50 * ONE));
	printf("\nexp");
	show(num18_to_raw(x));
	e = q64_exp(&r, x);
	show_result(e, num18_to_raw(r));
	x = num18_from_raw(num18_to_raw(x) % (12 * ONE));
	printf("\nnormal");
	show(num18_to_raw(x));
	show(num18_to_raw(q64_normal_cdf(x)));
	show(num18_to_raw(q64_normal_pdf(x)));
	x = num18_from_raw((i128)random_magnitude(seed, 18) + 1);
	if (random_one_in(seed, 2))
		x = num18_from_raw(ONE - num18_to_raw(x));
	printf("\ninverse");
	show(num18_to_raw(x));
	e = q64_normal_inverse(&r, x);
	show_result(e, num18_to_raw(r));
	printf("\n");
}

static struct px18
random_strike(uint64_t *seed, u128 f)
{
	u128 k;

	switch (random_below(seed, 5)) {
	case 0:
		return px18_from_raw(f);
	case 1:	/* one unit to one in a thousand away */
		k = random_magnitude(seed, 25) % (f / 1000 + 2);
		return px18_from_raw(random_one_in(seed, 2) ? f + k :
		    f > k ? f - k : 1);
	case 2:
		return px18_from_raw(random_magnitude(seed, 29) + 1);
	}
	k = f < U128_MAX / 5000 ? f * (200 + random_below(seed, 4000)) / 1000 :
	    f;
	return px18_from_raw(k != 0 ? k : 1);
}

static void
show_option(uint64_t *seed)
{
	struct option_terms t;
	struct option_greeks g = { .price = usd18_zero() };
	struct usd18 price = usd18_zero();
	struct num18 implied = num18_zero();
	enum err e;

	t.forward = px18_from_raw(random_magnitude(seed, 29) + 1);
	t.strike = random_strike(seed, px18_to_raw(t.forward));
	t.vol = num18_from_raw((i128)random_below(seed, 3000000000000000000u));
	t.tau = num18_from_raw((i128)random_below(seed, WAD_ONE_RAW));
	if (random_one_in(seed, 4))
		t.vol = num18_from_raw((i128)random_magnitude(seed, 21));
	if (random_one_in(seed, 4))
		t.tau = num18_from_raw((i128)random_magnitude(seed, 20));
	t.discount = num18_from_raw(random_one_in(seed, 2) ? ONE :
	    (i128)random_below(seed, 1200000000000000000u));
	if (random_one_in(seed, 20))
		t.discount = num18_from_raw((i128)random_below(seed,
		    4000000000000000001u));
	t.is_call = random_one_in(seed, 2);
	printf("option");
	show((i128)px18_to_raw(t.forward));
	show((i128)px18_to_raw(t.strike));
	show(num18_to_raw(t.vol));
	show(num18_to_raw(t.tau));
	show(num18_to_raw(t.discount));
	printf(" %d", t.is_call);
	e = option_price(&price, &t);
	show_result(e, usd18_to_raw(price));
	e = option_greeks_of(&g, &t);
	if (e == ERR_OK && usd18_compare(price, g.price) != 0)
		abort();
	printf(" %d", (int)e);
	show(num18_to_raw(g.delta));
	show(num18_to_raw(g.gamma));
	show(num18_to_raw(g.vega));
	show(num18_to_raw(g.theta));
	e = option_implied_vol(&implied, &t, price);
	show_result(e, num18_to_raw(implied));
	printf("\n");
}

int
main(int argc, char **argv)
{
	unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000;
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;

	for (unsigned long i = 0; i < count; i++) {
		if (i % 4 == 0)
			show_functions(&seed);
		show_option(&seed);
	}
	return 0;
}
