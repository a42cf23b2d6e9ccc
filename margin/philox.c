#include "margin/philox.h"

#define MULTIPLIER_0 0xd2511f53u
#define MULTIPLIER_1 0xcd9e8d57u
#define WEYL_0 0x9e3779b9u
#define WEYL_1 0xbb67ae85u
#define PHILOX_ROUNDS 10

void
philox4x32(uint32_t out[4], const uint32_t counter[4], const uint32_t key[2])
{
	uint32_t x0 = counter[0], x1 = counter[1], x2 = counter[2];
	uint32_t x3 = counter[3], k0 = key[0], k1 = key[1];

	for (int i = 0; i < PHILOX_ROUNDS; i++) {
		uint64_t p0 = (uint64_t)MULTIPLIER_0 * x0;
		uint64_t p1 = (uint64_t)MULTIPLIER_1 * x2;

		x0 = (uint32_t)(p1 >> 32) ^ x1 ^ k0;
		x2 = (uint32_t)(p0 >> 32) ^ x3 ^ k1;
		x1 = (uint32_t)p1;
		x3 = (uint32_t)p0;
		k0 += WEYL_0;
		k1 += WEYL_1;
	}
	out[0] = x0;
	out[1] = x1;
	out[2] = x2;
	out[3] = x3;
}

static uint32_t
word_at(const struct b32 *hash, size_t i)
{
	const uint8_t *b = hash->b + 4 * i;

	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 |
	    (uint32_t)b[2] << 8 | b[3];
}

void
philox_init(struct philox *p, const struct b32 *hash)
{
	*p = (struct philox){
		.key = { word_at(hash, 0), word_at(hash, 1) },
		.counter = { 0, 0, word_at(hash, 2), word_at(hash, 3) },
		.used = 4,
	};
}

uint64_t
philox_next(struct philox *p)
{
	uint64_t high, low;

	if (p->used == 4) {
		philox4x32(p->word, p->counter, p->key);
		if (++p->counter[0] == 0)
			p->counter[1]++;
		p->used = 0;
	}
	high = p->word[p->used];
	low = p->word[p->used + 1];
	p->used += 2;
	return high << 32 | low;
}
