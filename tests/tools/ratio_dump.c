/* Prints random vaults and what margin/ makes of them, one JSON object a
 * line, for tests/check_ratio.py to recompute.  ratio_dump COUNT SEED */
#include <inttypes.h>
#include <stdio.h>

#include "margin/liquidation.h"
#include "margin/verdict.h"
#include "tests/margin_world.h"

static void
print_u128(u128 v)
{
	char buf[DECIMAL_BUF];

	decimal_from_u128(buf, v, 0);
	fputs(buf, stdout);
}

static void
print_i128(i128 v)
{
	if (v < 0)
		putchar('-');
	print_u128(v < 0 ? (u128)0 - (u128)v : (u128)v);
}

static void
print_asset(const struct asset *a, const struct market_price *p)
{
	printf("{\"id\":\"");
	for (size_t i = 0; i < sizeof(a->id.b); i++)
		printf("%02x", a->id.b[i]);
	printf("\",\"decimals\":%u,\"factor\":%u,\"rules\":[", a->decimals,
	    a->factor);
	for (size_t i = 0; i < 2; i++) {
		const struct asset_rules *r = &a->rules[i];

		printf("%s[%" PRIu32 ",%" PRIu32 ",%" PRIu32 ",%" PRIu32
		    ",%" PRIu32 ",", i == 0 ? "" : ",", ppb_to_raw(r->ltv),
		    ppb_to_raw(r->liquidation_threshold),
		    ppb_to_raw(r->bonus), ppb_to_raw(r->close_factor),
		    ppb_to_raw(r->debt_weight));
		print_i128(usd18_to_raw(r->dust));
		putchar(']');
	}
	printf("],\"status\":\"%s\",\"price\":[",
	    price_status_name(p->price.status));
	print_u128(px18_to_raw(p->price.low));
	putchar(',');
	print_u128(px18_to_raw(p->price.mid));
	putchar(',');
	print_u128(px18_to_raw(p->price.high));
	printf("],\"companions\":[");
	if (p->has_twap)
		print_u128(px18_to_raw(p->twap));
	if (p->has_twap && p->has_stable)
		putchar(',');
	if (p->has_stable)
		print_u128(px18_to_raw(p->stable));
	printf("]}");
}

static void
print_legs(const char *name, const struct leg *legs, size_t count)
{
	printf(",\"%s\":[", name);
	for (size_t i = 0; i < count; i++) {
		printf("%s[%u,", i == 0 ? "" : ",", legs[i].asset);
		print_u128(legs[i].amount);
		putchar(',');
		print_u128(wad_to_raw(legs[i].index));
		putchar(']');
	}
	putchar(']');
}

static void
print_end(const char *name, const struct ratio_end *end)
{
	printf(",\"%s\":[", name);
	print_i128(usd18_to_raw(end->weighted_collateral));
	putchar(',');
	print_i128(usd18_to_raw(end->weighted_debt));
	putchar(',');
	print_i128(usd18_to_raw(end->excess));
	putchar(',');
	print_u128(wad_to_raw(end->health));
	putchar(']');
}

static void
print_value(const struct world *w)
{
	struct ratio_result r;
	enum err e = ratio_evaluate(&r, &w->book, &w->vault, &w->market);

	printf(",\"value\":{\"error\":\"%s\"", err_name(e));
	if (e == ERR_OK) {
		printf(",\"stale\":%d,\"degraded\":%d,\"worthless\":%d",
		    r.is_stale, r.is_degraded, r.is_worthless);
		printf(",\"sums\":[");
		print_i128(usd18_to_raw(r.collateral_value));
		putchar(',');
		print_i128(usd18_to_raw(r.debt_value));
		putchar(',');
		print_i128(usd18_to_raw(r.equity));
		putchar(',');
		print_u128(wad_to_raw(r.collateralization_ratio));
		putchar(',');
		print_u128(wad_to_raw(r.loan_to_value));
		printf("],\"initial\":");
		print_i128(usd18_to_raw(r.initial_excess));
		print_end("worst", &r.worst);
		print_end("mid", &r.mid);
		print_end("best", &r.best);
	}
	putchar('}');
}

static void
print_prices(const struct world *w)
{
	struct liquidation_price p;

	printf(",\"prices\":[");
	for (uint8_t i = 0; i < w->book.asset_count; i++) {
		enum err e = liquidation_price_of(&p, &w->book, &w->vault,
		    &w->market, i);

		printf("%s[\"%s\",", i == 0 ? "" : ",", err_name(e));
		if (e == ERR_OK && p.has_below)
			print_u128(px18_to_raw(p.below));
		else
			printf("null");
		putchar(',');
		if (e == ERR_OK && p.has_above)
			print_u128(px18_to_raw(p.above));
		else
			printf("null");
		putchar(']');
	}
	putchar(']');
}

static void
print_size(const struct world *w, uint8_t debt, uint8_t collateral,
    struct wad target, bool first)
{
	struct liquidation_size s;
	enum err e = liquidation_size_of(&s, &w->book, &w->vault, &w->market,
	    debt, collateral, target);

	printf("%s[%u,%u,", first ? "" : ",", debt, collateral);
	print_u128(wad_to_raw(target));
	printf(",\"%s\"", err_name(e));
	if (e == ERR_OK) {
		putchar(',');
		print_i128(usd18_to_raw(s.repay));
		putchar(',');
		print_i128(usd18_to_raw(s.seize));
		putchar(',');
		print_i128(usd18_to_raw(s.bad_debt));
		putchar(',');
		print_u128(wad_to_raw(s.health_after));
		printf(",%d", s.full_close);
	}
	putchar(']');
}

static void
print_sizes(const struct world *w, uint64_t *seed)
{
	struct wad target = wad_from_raw(random_one_in(seed, 2) ?
	    LIQUIDATION_TARGET_HEALTH_RAW : WAD_ONE_RAW / 2 +
	    random_below(seed, WAD_ONE_RAW));
	bool first = true;

	printf(",\"sizes\":[");
	for (uint8_t d = 0; d < w->book.asset_count; d++)
		for (uint8_t c = 0; c < w->book.asset_count; c++) {
			print_size(w, d, c, target, first);
			first = false;
		}
	putchar(']');
}

static void
print_verdict(const struct world *w)
{
	struct verdict d;

	verdict_from_vault(&d, &w->book, &w->vault, &w->market);
	printf(",\"verdict\":[\"%s\",", vault_state_name(d.state));
	printf(d.has_liquidation_asset ? "%u," : "null,", d.liquidation_asset);
	if (d.has_liquidation_price)
		print_u128(px18_to_raw(d.liquidation_price));
	else
		printf("null");
	printf(d.has_debt_asset ? ",%u," : ",null,", d.debt_asset);
	print_i128(usd18_to_raw(d.max_repay));
	putchar(']');
}

int
main(int argc, char **argv)
{
	static struct world w;
	uint64_t seed;
	long count;

	if (argc != 3)
		return 2;
	count = strtol(argv[1], NULL, 10);
	seed = strtoull(argv[2], NULL, 10);
	for (long i = 0; i < count; i++) {
		world_random(&w, &seed);
		printf("{\"mode\":%u,\"assets\":[", w.vault.mode);
		for (size_t k = 0; k < w.book.asset_count; k++) {
			if (k > 0)
				putchar(',');
			print_asset(&w.book.assets[k], &w.market.asset[k]);
		}
		putchar(']');
		print_legs("collateral", w.vault.collateral,
		    w.vault.collateral_count);
		print_legs("debt", w.vault.debt, w.vault.debt_count);
		print_value(&w);
		print_prices(&w);
		print_sizes(&w, &seed);
		print_verdict(&w);
		printf("}\n");
	}
	return fflush(stdout) == 0 ? 0 : 1;
}
