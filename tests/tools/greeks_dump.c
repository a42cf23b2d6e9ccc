/* Prints the rules, random books of sensitivities and what margin/greeks makes
 * of them, one JSON object a line, plain integers with 18 decimals, for
 * tests/check_greeks.py to recompute.  greeks_dump COUNT SEED */
#include <inttypes.h>
#include <stdio.h>

#include "margin/greeks.h"
#include "tests/margin_world.h"

#define LIST_MAX 40u

static void
print(const char *key, i128 v)
{
	char buf[DECIMAL_BUF];

	decimal_from_i128(buf, v, 0);
	printf("\"%s\":%s,", key, buf);
}

static void
print_rules(const struct greeks_rules *r)
{
	printf("{\"buckets\":[");
	for (uint8_t i = 0; i < r->bucket_count; i++) {
		const struct greeks_bucket *b = &r->bucket[i];

		printf("%s{", i == 0 ? "" : ",");
		print("rw", num18_to_raw(b->delta_weight));
		print("vrw", num18_to_raw(b->vega_weight));
		print("rho", num18_to_raw(b->rho));
		print("t", usd18_to_raw(b->delta_threshold));
		print("vt", usd18_to_raw(b->vega_threshold));
		print("residual", b->is_residual);
		printf("\"curved\":%d}", b->has_curvature);
	}
	printf("],\"gamma\":[");
	for (uint8_t i = 0; i < r->bucket_count; i++)
		for (uint8_t j = 0; j < r->bucket_count; j++) {
			char buf[DECIMAL_BUF];

			decimal_from_i128(buf, num18_to_raw(r->gamma[i][j]),
			    0);
			printf("%s%s", i + j == 0 ? "" : ",", buf);
		}
	printf("],");
	print("hvr", num18_to_raw(r->historical_vol_ratio));
	print("horizon", num18_to_raw(r->horizon_days));
	print("z", num18_to_raw(r->weight_quantile));
	print("q", num18_to_raw(r->curvature_quantile));
	print("initial", num18_to_raw(r->initial_factor));
	print("maintenance", num18_to_raw(r->maintenance_factor));
	printf("\"kind\":\"rules\"}\n");
}

static struct greeks_sensitivity
random_one(const struct greeks_rules *r)
{
	static const i128 days[] = { 1, 7, 14, 30, 90, 365, 3650 };
	struct greeks_sensitivity s = {
		.risk_class = (enum greeks_class)(random() % 3),
		.bucket = (uint8_t)(random() % r->bucket_count),
		.name = (uint32_t)(random() % 4),
	};
	/* From dollars to some hundred millions. */
	i128 size = (i128)1000000000 << (random() % 27);

	s.expiry_days = num18_from_raw(days[random() % 7] *
	    (i128)WAD_ONE_RAW + random());
	s.amount = usd18_from_raw((random() % 2 ? 1 : -1) *
	    (i128)random() * size);
	return s;
}

static void
print_margin(const struct greeks_margin *m)
{
	print("delta", usd18_to_raw(m->delta));
	print("vega", usd18_to_raw(m->vega));
	print("by_vega", usd18_to_raw(m->by_vega.margin));
	print("by_gamma", usd18_to_raw(m->by_gamma.margin));
	print("curvature", usd18_to_raw(m->curvature));
	print("total", usd18_to_raw(m->total));
	print("initial", usd18_to_raw(m->initial));
	print("maintenance", usd18_to_raw(m->maintenance));
	print("exposure", usd18_to_raw(m->gamma_exposure));
	printf("\"kind\":\"book\"}\n");
}

int
main(int argc, char **argv)
{
	int count = argc > 1 ? atoi(argv[1]) : 100;
	struct greeks_rules r[2];

	srandom(argc > 2 ? (unsigned)atoi(argv[2]) : 1);
	greeks_rules_default(&r[0]);
	greeks_rules_simm_equity_2_5(&r[1]);
	print_rules(&r[0]);
	print_rules(&r[1]);
	for (int i = 0; i < count; i++) {
		struct greeks_sensitivity list[LIST_MAX];
		size_t n = (size_t)random() % (LIST_MAX + 1);
		enum greeks_view view = random() % 2 ? GREEKS_VIEW_HOLDER :
		    GREEKS_VIEW_ACCOUNT;
		struct greeks_margin m;

		for (size_t k = 0; k < n; k++)
			list[k] = random_one(&r[i % 2]);
		if (greeks_margin_of(&m, &r[i % 2], view, list, n) != ERR_OK)
			return 1;
		printf("{\"rules\":%d,\"flip\":%d,\"list\":[", i % 2,
		    view == GREEKS_VIEW_ACCOUNT);
		for (size_t k = 0; k < n; k++) {
			printf("%s{\"class\":%d,\"bucket\":%d,\"name\":%"
			    PRIu32 ",", k == 0 ? "" : ",",
			    (int)list[k].risk_class, list[k].bucket,
			    list[k].name);
			print("days", num18_to_raw(list[k].expiry_days));
			print("amount", usd18_to_raw(list[k].amount));
			printf("\"k\":0}");
		}
		printf("],");
		print_margin(&m);
	}
	return 0;
}
