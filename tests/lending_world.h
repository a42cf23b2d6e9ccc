/* tests/lending_world.h - big integers in tests: from text, to text, at
 * random.  Test code only. */
#ifndef TESTS_LENDING_WORLD_H
#define TESTS_LENDING_WORLD_H

#include "margin/evm.h"
#include "tests/margin_world.h"

#define BIG_TEXT 80u

/* big reads "123", and "2e18" as zeros behind it. */
__attribute__((unused)) static struct u256
big(const char *text)
{
	struct evm c = { ERR_OK };
	struct u256 v = evm_zero();

	for (; *text >= '0' && *text <= '9'; text++)
		v = evm_add(&c, evm_mul(&c, v, evm_word(10)),
		    evm_word((u128)(*text - '0')));
	if (*text == 'e')
		v = evm_mul(&c, v, evm_pow10(&c,
		    (unsigned)strtoul(text + 1, NULL, 10)));
	if (c.err != ERR_OK)
		abort();
	return v;
}

/* big_text returns one of eight buffers in turn. */
__attribute__((unused)) static const char *
big_text(struct u256 v)
{
	static char buffers[8][BIG_TEXT];
	static unsigned turn;
	char *at = buffers[turn++ % 8] + BIG_TEXT;
	struct u256 ten = evm_word(10), digit;

	*--at = '\0';
	do {
		u256_div(&v, &digit, &v, &ten);
		*--at = (char)('0' + digit.w[0]);
	} while (!u256_is_zero(&v));
	return at;
}

/* A number of up to `digits` decimal digits, at most 76. */
__attribute__((unused)) static struct u256
random_big(uint64_t *seed, unsigned digits)
{
	struct evm c = { ERR_OK };
	unsigned low = digits < 38 ? digits : 38;
	struct u256 v = evm_word(random_magnitude(seed, low));

	if (digits > low)
		v = evm_add(&c, v, evm_mul(&c, evm_pow10(&c, low),
		    evm_word(random_magnitude(seed, digits - low))));
	if (c.err != ERR_OK)
		abort();
	return v;
}

#endif
