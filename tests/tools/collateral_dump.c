/* Prints random haircuts and counted values, one JSON object a line, for
 * tests/check_collateral.py to recompute.  collateral_dump COUNT SEED */
#include <inttypes.h>
#include <stdio.h>

#include "margin/collateral.h"
#include "tests/margin_world.h"

static void
print_number(const char *key, i128 v)
{
	char buf[DECIMAL_BUF];

	decimal_from_i128(buf, v, 0);
	printf("\"%s\":%s,", key, buf);
}

/* 0 .. top - 1 in 1e-18. */
static i128
random_part(uint64_t *seed, i128 top)
{
	u128 r = (u128)random_u64(seed) << 64 | random_u64(seed);

	return (i128)(r % (u128)top);
}

static void
print_haircut(uint64_t *seed, const struct collateral_rules *rules)
{
	i128 one = (i128)WAD_ONE_RAW;
	struct asset_risk risk = {
		.volatility = num18_from_raw(random_part(seed, one)),
		.adv = usd18_from_raw((i128)random_magnitude(seed, 29) + 1),
		.spread = num18_from_raw(random_part(seed, one / 100)),
		.finality_s = (uint32_t)random_below(seed, 3000),
	};
	struct haircut_input x = {
		.sigma = num18_from_raw(random_part(seed, 2 * one)),
		.position = usd18_from_raw((i128)random_magnitude(seed, 28)),
		.confidence = num18_from_raw(random_part(seed, one / 100)),
		.correlation = num18_from_raw(random_part(seed, 2 * one) -
		    one),
		.is_foreign = random_one_in(seed, 2),
		.is_shocked_in_grid = random_one_in(seed, 3),
	};
	struct haircut h;

	if (collateral_haircut(&h, &risk, &x, rules) != ERR_OK)
		abort();
	printf("{\"kind\":\"haircut\",");
	print_number("volatility", num18_to_raw(risk.volatility));
	print_number("adv", usd18_to_raw(risk.adv));
	print_number("spread", num18_to_raw(risk.spread));
	print_number("finality", risk.finality_s);
	print_number("sigma", num18_to_raw(x.sigma));
	print_number("position", usd18_to_raw(x.position));
	print_number("confidence", num18_to_raw(x.confidence));
	print_number("correlation", num18_to_raw(x.correlation));
	print_number("foreign", x.is_foreign);
	print_number("grid", x.is_shocked_in_grid);
	print_number("initial", ppb_to_raw(h.initial));
	printf("\"maintenance\":%" PRIu32 "}\n", ppb_to_raw(h.maintenance));
}

static void
print_curve(uint64_t *seed)
{
	i128 one = (i128)WAD_ONE_RAW;
	struct ppb base = ppb_from_raw((uint32_t)random_below(seed,
	    PPB_ONE_RAW));
	struct num18 slope = num18_from_raw(random_part(seed, one / 5) + 1);
	struct usd18 adv = usd18_from_raw((i128)random_magnitude(seed, 29) +
	    one), v = usd18_from_raw((i128)random_magnitude(seed, 30)), out;
	struct collateral_curve c;

	if (collateral_curve_make(&c, base, slope, adv) != ERR_OK ||
	    collateral_curve_value(&out, &c, v) != ERR_OK)
		abort();
	printf("{\"kind\":\"curve\",");
	print_number("base", ppb_to_raw(base));
	print_number("slope", num18_to_raw(slope));
	print_number("adv", usd18_to_raw(adv));
	print_number("v", usd18_to_raw(v));
	print_number("value", usd18_to_raw(out));
	printf("\"end\":0}\n");
}

int
main(int argc, char **argv)
{
	struct collateral_rules rules;
	uint64_t seed, count;

	if (argc != 3)
		return 2;
	count = strtoull(argv[1], NULL, 10);
	seed = strtoull(argv[2], NULL, 10);
	collateral_rules_default(&rules);
	for (uint64_t i = 0; i < count; i++) {
		print_haircut(&seed, &rules);
		print_curve(&seed);
	}
	return 0;
}
