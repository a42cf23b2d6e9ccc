/* Prints random problems and the mixes that margin/markowitz finds, one JSON
 * object a line, plain integers with 18 decimals, for
 * tests/check_markowitz.py.  markowitz_dump COUNT SEED */
#include <stdio.h>

#include "margin/markowitz.h"
#include "tests/margin_world.h"

#define N MARKOWITZ_ASSETS_MAX
#define FACTORS 4u
#define ONE ((i128)WAD_ONE_RAW)

static void
print(const char *key, i128 v)
{
	char buf[DECIMAL_BUF];

	decimal_from_i128(buf, v, 0);
	printf("%s%s,", key, buf);
}

static i128
random_part(void)
{
	return (i128)random() * ONE / RAND_MAX;
}

/* Volatilities from a stablecoin's to a meme coin's, correlated through a few
 * factors; now and then an asset twice, or one without variance. */
static void
random_covariance(struct num18 *v, size_t n)
{
	static const i128 scale[] = { 3, 10, 300, 600, 1000, 2000 };
	i128 f[N][FACTORS], own[N];

	for (size_t i = 0; i < n; i++) {
		i128 s = scale[i == 0 ? 5 : random() % 6];

		for (size_t k = 0; k < FACTORS; k++)
			f[i][k] = (random_part() - ONE / 3) * s / 1000;
		own[i] = random_part() * s / 1000;
		if (random() % 8 == 0)
			own[i] = 0;
		for (size_t k = 0; k < FACTORS && i > 0 && random() % 16 == 0;
		    k++)
			f[i][k] = f[i - 1][k];
	}
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++) {
			i128 s = i == j ? own[i] * own[i] / ONE : 0;

			for (size_t k = 0; k < FACTORS; k++)
				s += f[i][k] * f[j][k] / ONE;
			v[i * n + j] = num18_from_raw(s);
		}
}

int
main(int argc, char **argv)
{
	int count = argc > 1 ? atoi(argv[1]) : 100;

	srandom(argc > 2 ? (unsigned)atoi(argv[2]) : 1);
	for (int run = 0; run < count; run++) {
		size_t n = 1 + (size_t)random() % (run % 2 ? 5 : N);
		struct markowitz_asset a[N];
		struct num18 v[N * N];
		struct markowitz_mix m;
		i128 needed = 0;
		enum err e;

		for (size_t i = 0; i < n; i++) {
			a[i] = (struct markowitz_asset){
			    .haircut = num18_from_raw(random_part() *
			    (random() % 9 ? 6 : 11) / 10),
			    .available = usd18_from_raw(random_part() *
			    (1000 << (random() % 12))) };
			if (num18_compare(a[i].haircut, num18_one()) < 0)
				needed += usd18_to_raw(a[i].available) / 1000 *
				    ((ONE - num18_to_raw(a[i].haircut)) /
				    1000000000) / 1000000;
		}
		needed = needed / 100 * (random() % 101);
		random_covariance(v, n);
		e = markowitz_mix_of(&m, a, v, n, usd18_from_raw(needed));
		if (e == ERR_RANGE || e == ERR_LIMIT)
			return 1;
		printf("{\"answer\":\"%s\",\"assets\":[", err_name(e));
		for (size_t i = 0; i < n; i++) {
			print("[", num18_to_raw(a[i].haircut));
			print("", usd18_to_raw(a[i].available));
			print("", e == ERR_OK ? usd18_to_raw(m.amount[i]) : 0);
			printf("0]%s", i + 1 < n ? "," : "],");
		}
		printf("\"covariance\":[");
		for (size_t i = 0; i < n * n; i++)
			print("", num18_to_raw(v[i]));
		printf("0],");
		if (e == ERR_OK) {
			print("\"counted\":", usd18_to_raw(m.counted));
			print("\"deviation\":", usd18_to_raw(m.deviation));
		}
		print("\"needed\":", needed);
		printf("\"n\":%zu}\n", n);
	}
	return 0;
}
