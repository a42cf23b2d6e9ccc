#include "base/keccak.h"

#include <string.h>

#include "base/must.h"

#define LANE uint64_t
#define LANE_CODE static inline __attribute__((always_inline))
#define LANE_FILL(v) (v)
#define LANE_ROTATE(a, n) ((a) << (n) | (a) >> (64 - (n)))
#define LANE_XOR(a, b) ((a) ^ (b))
#define LANE_XOR3(a, b, c) ((a) ^ (b) ^ (c))
#define LANE_CHI(a, b, c) ((a) ^ (~(b) & (c)))
#include "base/keccak_round.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
    "words are loaded as they stand");
_Static_assert(sizeof(((struct keccak256 *)0)->state) == 200,
    "the permutation is over 1600 bits");
_Static_assert(8 * KECCAK_RATE_WORDS == KECCAK256_RATE, "a block is 17 words");

#ifdef __x86_64__
/* The same C, compiled for and-not and for a rotation into another register:
 * a quarter less time. */
__attribute__((target("bmi,bmi2"))) static void
state_permute_bmi(uint64_t state[KECCAK_WORDS])
{
	lanes_permute(state);
}
#endif

static void
state_permute(uint64_t state[KECCAK_WORDS])
{
#ifdef __x86_64__
	if (__builtin_cpu_supports("bmi2") && __builtin_cpu_supports("bmi")) {
		state_permute_bmi(state);
		return;
	}
#endif
	lanes_permute(state);
}

static void
state_absorb(uint64_t state[KECCAK_WORDS],
    const uint8_t block[KECCAK256_RATE])
{
	for (size_t i = 0; i < KECCAK_RATE_WORDS; i++) {
		uint64_t word;

		memcpy(&word, block + 8 * i, sizeof(word));
		state[i] ^= word;
	}
	state_permute(state);
}

void
keccak256_init(struct keccak256 *k)
{
	memset(k, 0, sizeof(*k));
}

void
keccak256_update(struct keccak256 *k, const void *bytes, size_t len)
{
	const uint8_t *at = bytes;

	MUST(k->block_len < KECCAK256_RATE);
	if (k->block_len > 0) {
		size_t room = KECCAK256_RATE - k->block_len;
		size_t take = len < room ? len : room;

		if (take > 0)
			memcpy(k->block + k->block_len, at, take);
		k->block_len += take;
		if (k->block_len < KECCAK256_RATE)
			return;
		state_absorb(k->state, k->block);
		k->block_len = 0;
		at += take;
		len -= take;
	}
	while (len >= KECCAK256_RATE) {
		state_absorb(k->state, at);
		at += KECCAK256_RATE;
		len -= KECCAK256_RATE;
	}
	if (len > 0)
		memcpy(k->block, at, len);
	k->block_len = len;
}

void
keccak256_final(struct keccak256 *k, struct b32 *out)
{
	MUST(k->block_len < KECCAK256_RATE);
	memset(k->block + k->block_len, 0, KECCAK256_RATE - k->block_len);
	/* Both may fall on the same byte, hence the xor. */
	k->block[k->block_len] ^= 0x01;
	k->block[KECCAK256_RATE - 1] ^= 0x80;
	state_absorb(k->state, k->block);
	memcpy(out->b, k->state, sizeof(out->b));
	/* Makes a use after final fail the check above. */
	k->block_len = KECCAK256_RATE;
}

void
keccak256(struct b32 *out, const void *bytes, size_t len)
{
	struct keccak256 k;

	keccak256_init(&k);
	keccak256_update(&k, bytes, len);
	keccak256_final(&k, out);
}

#ifdef __x86_64__
__attribute__((target("bmi,bmi2"))) static void
pair_hash_bmi(uint64_t digest[4], const uint64_t words[8])
{
	lanes_hash_pair(digest, words);
}
#endif

/* The pair fits one block.  Written out because every interior node of a tree
 * comes this way. */
void
keccak256_pair(struct b32 *out, const struct b32 *a, const struct b32 *b)
{
	uint64_t words[8], digest[4];

	memcpy(words, a->b, sizeof(a->b));
	memcpy(words + 4, b->b, sizeof(b->b));
#ifdef __x86_64__
	if (__builtin_cpu_supports("bmi2") && __builtin_cpu_supports("bmi"))
		pair_hash_bmi(digest, words);
	else
#endif
		lanes_hash_pair(digest, words);
	memcpy(out->b, digest, sizeof(out->b));
}
