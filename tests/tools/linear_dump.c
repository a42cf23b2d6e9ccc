/* Prints random linear and inverse contracts and random portfolios of the
 * standard method, with what margin/ makes of them, one JSON object a line,
 * for tests/check_linear.py to recompute.  linear_dump COUNT SEED */
#include <inttypes.h>
#include <stdio.h>

#include "margin/standard.h"
#include "margin/venue_perp.h"
#include "tests/margin_world.h"

#define OPTIONS_MAX 6u

static void
field(const char *name, i128 v)
{
	char buf[DECIMAL_BUF];

	decimal_from_i128(buf, v, 0);
	printf("\"%s\":%s,", name, buf);
}

static void
result(const char *name, enum err e, i128 v)
{
	if (e == ERR_OK)
		field(name, v);
	else
		printf("\"%s\":null,", name);
}

static i128
signed_magnitude(uint64_t *seed, unsigned digits)
{
	i128 v = (i128)random_magnitude(seed, digits);

	return random_one_in(seed, 2) ? -v : v;
}

static struct ppb
share(uint64_t *seed, uint32_t most)
{
	return ppb_from_raw(random_one_in(seed, 12) ? 0 :
	    (uint32_t)random_below(seed, most));
}

/* A price with a few or with all its digits, seldom zero. */
static struct px18
price(uint64_t *seed)
{
	u128 p = random_magnitude(seed, 24);

	if (random_one_in(seed, 2))
		p = random_magnitude(seed, 8) * pow10_u128(14);
	return px18_from_raw(random_one_in(seed, 60) ? 0 : p + 1);
}

static struct px18
price_near(uint64_t *seed, struct px18 p)
{
	return px18_from_raw(px18_to_raw(p) / 1000u *
	    (500u + random_below(seed, 1000)));
}

static size_t
random_tiers(uint64_t *seed, struct margin_tier *t)
{
	size_t count = (size_t)random_below(seed, 4) + 1;
	i128 up_to = 0;

	for (size_t i = 0; i < count; i++) {
		up_to += 1 + (i128)random_magnitude(seed, 25);
		t[i].up_to = usd18_from_raw(i == count - 1 ? I128_MAX : up_to);
		t[i].initial = ppb_from_raw(
		    (uint32_t)random_below(seed, PPB_ONE_RAW));
		t[i].maintenance = ppb_from_raw((uint32_t)random_below(seed,
		    (uint64_t)ppb_to_raw(t[i].initial) + 1));
	}
	printf("\"tiers\":[");
	for (size_t i = 0; i < count; i++) {
		char buf[DECIMAL_BUF];

		decimal_from_i128(buf, usd18_to_raw(t[i].up_to), 0);
		printf("%s[%s,%" PRIu32 ",%" PRIu32 "]", i ? "," : "", buf,
		    ppb_to_raw(t[i].initial), ppb_to_raw(t[i].maintenance));
	}
	printf("],");
	return count;
}

static void
random_linear_rules(uint64_t *seed, struct linear_rules *r)
{
	linear_rules_default(r);
	r->base_share = share(seed, 2 * PPB_ONE_RAW);
	if (random_one_in(seed, 2))
		r->size_factor =
		    num18_from_raw((i128)random_magnitude(seed, 15));
	if (random_one_in(seed, 2)) {
		r->open_interest_lower =
		    usd18_from_raw((i128)random_magnitude(seed, 26));
		r->open_interest_upper =
		    usd18_from_raw((i128)random_magnitude(seed, 27));
	}
	field("size_factor", num18_to_raw(r->size_factor));
	field("base_share", ppb_to_raw(r->base_share));
	field("oi_lower", usd18_to_raw(r->open_interest_lower));
	field("oi_upper", usd18_to_raw(r->open_interest_upper));
}

static void
print_liquidation(const char *name, enum err e,
    const struct linear_liquidation *at)
{
	char buf[DECIMAL_BUF];

	if (e != ERR_OK) {
		printf("\"%s\":null,", name);
	} else if (!at->exists) {
		printf("\"%s\":\"none\",", name);
	} else {
		decimal_from_u128(buf, px18_to_raw(at->price), 0);
		printf("\"%s\":%s,", name, buf);
	}
}

static void
dump_prices(uint64_t *seed, struct num18 size, struct num18 multiplier,
    struct px18 entry)
{
	struct usd18 rest = usd18_from_raw(signed_magnitude(seed, 27));
	struct num18 coin = num18_from_raw(signed_magnitude(seed, 22));
	struct num18 leverage = num18_from_raw((i128)random_magnitude(seed,
	    20) + 1);
	struct ppb m = share(seed, 1100000000u);
	const struct entry_terms t = { size, multiplier, entry, m };
	struct linear_liquidation at;
	enum err e;

	field("rest", usd18_to_raw(rest));
	field("coin", num18_to_raw(coin));
	field("leverage_own", num18_to_raw(leverage));
	field("m", ppb_to_raw(m));
	e = linear_liquidation_price(&at, rest, size, multiplier, entry, m);
	print_liquidation("liquidation", e, &at);
	e = linear_liquidation_price_inverse(&at, coin, size, multiplier,
	    entry, m);
	print_liquidation("liquidation_inverse", e, &at);
	e = venue_isolated_linear(&at, &t, leverage);
	print_liquidation("isolated", e, &at);
	e = venue_isolated_inverse(&at, &t, leverage);
	print_liquidation("isolated_inverse", e, &at);
}

static void
dump_reduction(uint64_t *seed, struct num18 size, struct num18 multiplier,
    struct px18 mark)
{
	struct usd18 shortage = usd18_from_raw(signed_magnitude(seed, 26));
	struct ppb m = share(seed, 200000000u);
	struct ppb liq = share(seed, 50000000u), fund = share(seed, 50000000u);
	struct num18 close;
	enum err e = linear_reduction(&close, shortage, size, multiplier,
	    mark, m, liq, fund);

	field("shortage", usd18_to_raw(shortage));
	field("reduce_m", ppb_to_raw(m));
	field("fees", (i128)ppb_to_raw(liq) + ppb_to_raw(fund));
	result("reduction", e, num18_to_raw(close));
}

static void
dump_requirements(uint64_t *seed)
{
	struct margin_tier tiers[INSTRUMENT_TIERS_MAX];
	struct linear_rules r;
	size_t count = random_tiers(seed, tiers);
	struct usd18 n = usd18_from_raw((i128)random_magnitude(seed, 27));
	struct usd18 oi = usd18_from_raw((i128)random_magnitude(seed, 27));
	struct num18 leverage = num18_from_raw(random_one_in(seed, 3) ? 0 :
	    (i128)random_magnitude(seed, 21));
	struct usd18 v;
	enum err e;

	random_linear_rules(seed, &r);
	field("notional_in", usd18_to_raw(n));
	field("oi", usd18_to_raw(oi));
	field("leverage", num18_to_raw(leverage));
	e = linear_tier_requirement(&v, tiers, count, n, false);
	result("maintenance", e, usd18_to_raw(v));
	e = linear_initial_requirement(&v, &r, tiers, count, n, leverage, oi);
	result("initial", e, usd18_to_raw(v));
}

static void
dump_linear(uint64_t *seed)
{
	struct num18 size = num18_from_raw(signed_magnitude(seed, 28));
	struct num18 multiplier = random_one_in(seed, 2) ? num18_one() :
	    num18_from_raw((i128)random_magnitude(seed, 21) + 1);
	struct num18 bids = num18_from_raw((i128)random_magnitude(seed, 28));
	struct num18 asks = num18_from_raw((i128)random_magnitude(seed, 28));
	struct px18 entry = price(seed), mark = price_near(seed, entry);
	struct px18 index = price_near(seed, mark), forward;
	uint64_t window = random_below(seed, 1800000) + 1;
	uint64_t left = random_below(seed, 2 * window);
	struct num18 n;
	struct usd18 v;
	enum err e;

	field("size", num18_to_raw(size));
	field("multiplier", num18_to_raw(multiplier));
	field("entry", (i128)px18_to_raw(entry));
	field("mark", (i128)px18_to_raw(mark));
	field("index", (i128)px18_to_raw(index));
	field("bids", num18_to_raw(bids));
	field("asks", num18_to_raw(asks));
	field("left", (i128)left);
	field("window", (i128)window);
	e = linear_profit(&v, size, multiplier, mark, entry);
	result("profit", e, usd18_to_raw(v));
	e = linear_profit_inverse(&n, size, multiplier, mark, entry);
	result("profit_inverse", e, num18_to_raw(n));
	e = linear_notional(&v, size, multiplier, mark);
	result("notional", e, usd18_to_raw(v));
	e = linear_notional_inverse(&v, size, multiplier, mark, index);
	result("notional_inverse", e, usd18_to_raw(v));
	e = linear_worse_size(&n, size, bids, asks);
	result("worse", e, num18_to_raw(n));
	e = linear_window_forward(&forward, entry, mark, left, window,
	    ROUND_FLOOR);
	result("forward", e, (i128)px18_to_raw(forward));
	dump_prices(seed, size, multiplier, entry);
	dump_reduction(seed, size, multiplier, mark);
	dump_requirements(seed);
}

/* ---- portfolios ---------------------------------------------------------- */

static void
random_options(uint64_t *seed, struct standard_option *o, size_t count,
    struct px18 spot)
{
	printf("\"options\":[");
	for (size_t i = 0; i < count; i++) {
		o[i].item = (uint32_t)i;
		o[i].strike = price_near(seed, spot);
		o[i].is_call = random_one_in(seed, 2);
		o[i].amount = num18_from_raw(signed_magnitude(seed, 22));
		o[i].mark = px18_from_raw(px18_to_raw(spot) / 1000 *
		    random_below(seed, 400));
		o[i].confidence = num18_one();
		printf("%s{", i ? "," : "");
		field("strike", (i128)px18_to_raw(o[i].strike));
		field("amount", num18_to_raw(o[i].amount));
		field("mark", (i128)px18_to_raw(o[i].mark));
		printf("\"is_call\":%d}", o[i].is_call);
	}
	printf("],");
}

static void
print_standard(const struct standard_result *r,
    const struct standard_group_term *g)
{
	field("initial", usd18_to_raw(r->initial));
	field("maintenance", usd18_to_raw(r->maintenance));
	field("credit_initial", usd18_to_raw(r->credit_initial));
	field("credit_maintenance", usd18_to_raw(r->credit_maintenance));
	field("contingency", usd18_to_raw(r->contingency));
	field("depeg", usd18_to_raw(r->depeg));
	field("isolated_initial", usd18_to_raw(g->isolated_initial));
	field("isolated_maintenance", usd18_to_raw(g->isolated_maintenance));
	field("bounded_initial", usd18_to_raw(g->bounded_initial));
	field("bounded_maintenance", usd18_to_raw(g->bounded_maintenance));
	field("worst", usd18_to_raw(g->worst_payoff));
}

static void
dump_standard(uint64_t *seed)
{
	struct standard_option options[OPTIONS_MAX];
	struct px18 spot = px18_from_raw(random_magnitude(seed, 23) + 1000000);
	struct standard_group g = {
		.forward = price_near(seed, spot),
		.spot = spot,
		.confidence = num18_from_raw((i128)random_below(seed,
		    (uint64_t)WAD_ONE_RAW + 1)),
		.options = options,
		.option_count = (size_t)random_below(seed, OPTIONS_MAX + 1),
	};
	struct standard_base base = {
		.amount = num18_from_raw(signed_magnitude(seed, 22)),
		.price = spot,
		.confidence = g.confidence,
	};
	struct standard_inputs in = {
		.groups = &g, .group_count = 1,
		.bases = &base, .base_count = 1,
		.stable = px18_from_raw(WAD_ONE_RAW / 100 *
		    (92 + random_below(seed, 9))),
	};
	struct standard_group_term gt;
	struct standard_rules rules;
	struct standard_result r;

	standard_rules_default(&rules);
	field("spot", (i128)px18_to_raw(spot));
	field("group_forward", (i128)px18_to_raw(g.forward));
	field("confidence", num18_to_raw(g.confidence));
	field("base", num18_to_raw(base.amount));
	field("stable", (i128)px18_to_raw(in.stable));
	random_options(seed, options, g.option_count, spot);
	if (standard_evaluate(&r, NULL, &gt, &rules, &in) == ERR_OK)
		print_standard(&r, &gt);
}

int
main(int argc, char **argv)
{
	uint64_t seed;
	long count;

	if (argc != 3)
		return 2;
	count = strtol(argv[1], NULL, 10);
	seed = strtoull(argv[2], NULL, 10);
	for (long i = 0; i < count; i++) {
		bool is_linear = random_one_in(&seed, 2);

		putchar('{');
		if (is_linear)
			dump_linear(&seed);
		else
			dump_standard(&seed);
		printf("\"is_linear\":%s}\n", is_linear ? "true" : "false");
	}
	return fflush(stdout) == 0 ? 0 : 1;
}
