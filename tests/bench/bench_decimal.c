/* tests/bench/bench_decimal.c - a venue's number to fixed point, against
 * strtod on the same 1000 texts. */
#include "tests/bench/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "base/must.h"

#define TEXTS 1000u
#define ROUNDS 301u

struct texts {
	char text[TEXTS][32];
	size_t len[TEXTS];
};

/* The shapes that the four venues send, in turn: prices of cheap and dear
 * assets, sizes, and the padded zeros of Binance and Coinbase. */
static void
texts_fill(struct texts *t)
{
	uint64_t seed = 0x9e3779b97f4a7c15u;

	for (unsigned i = 0; i < TEXTS; i++) {
		unsigned a, b;
		int len = 0;

		seed = seed * 6364136223846793005u + 1442695040888963407u;
		a = (unsigned)(seed >> 33);
		b = (unsigned)(seed >> 12) % 100000000;
		switch (i % 5) {
		case 0:	/* BTC: 67012.34 */
			len = snprintf(t->text[i], 32, "%u.%02u",
			    60000 + a % 60000, b % 100);
			break;
		case 1:	/* ETH at Binance: 2345.67000000 */
			len = snprintf(t->text[i], 32, "%u.%02u000000",
			    1000 + a % 4000, b % 100);
			break;
		case 2:	/* USDT: 0.99987 */
			len = snprintf(t->text[i], 32, "0.%05u", b % 100000);
			break;
		case 3:	/* a size: 0.01234567 */
			len = snprintf(t->text[i], 32, "%u.%08u", a % 20, b);
			break;
		case 4:	/* SOL: 145.2 */
			len = snprintf(t->text[i], 32, "%u.%u", a % 300,
			    b % 10);
			break;
		}
		MUST(len > 0 && len < 32);
		t->len[i] = (size_t)len;
	}
}

static void
run_dec18(void *context)
{
	const struct texts *t = context;
	uint64_t sum = 0;

	for (unsigned i = 0; i < TEXTS; i++) {
		struct dec18 d;

		MUST(decimal_to_dec18(&d, t->text[i], t->len[i]) == ERR_OK);
		sum += (uint64_t)d.value;
	}
	bench_keep(sum);
}

static void
run_u128(void *context)
{
	const struct texts *t = context;
	uint64_t sum = 0;

	for (unsigned i = 0; i < TEXTS; i++) {
		u128 v;

		MUST(decimal_to_u128(&v, t->text[i], t->len[i], 18) ==
		    ERR_OK);
		sum += (uint64_t)v;
	}
	bench_keep(sum);
}

static void
run_strtod(void *context)
{
	const struct texts *t = context;
	double sum = 0;

	for (unsigned i = 0; i < TEXTS; i++) {
		char *end;

		sum += strtod(t->text[i], &end);
		MUST(end == t->text[i] + t->len[i]);
	}
	bench_keep((uint64_t)sum);
}

void
bench_decimal(void)
{
	static struct texts t;
	struct bench_side dec18 = { run_dec18, &t, TEXTS };
	struct bench_side fixed = { run_u128, &t, TEXTS };
	struct bench_side reference = { run_strtod, &t, TEXTS };

	texts_fill(&t);
	bench_compare("decimal_to_dec18", &dec18, &reference, ROUNDS, 0.20);
	bench_compare("decimal_to_u128", &fixed, &reference, ROUNDS, 0.20);
}
