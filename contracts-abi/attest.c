#include "contracts-abi/attest.h"

#include <string.h>

#include "base/hex.h"
#include "base/keccak.h"
#include "base/keccak_lanes.h"
#include "base/must.h"
#include "contracts-abi/abi.h"
#include "contracts-abi/eip712.h"

_Static_assert(ABI_WORD == 32u, "attest.h writes the word as 32");

/* The three constants are hashes of short texts, kept because they would cost
 * more permutations than the message itself; tests/test_attest.c works each
 * out again from its text. */
static const struct b32 attest_type_hash = { {	/* ATTEST_TYPE */
	0x34, 0xed, 0x2b, 0x12, 0xb7, 0x26, 0xf0, 0xa3,
	0x6e, 0x6e, 0xb2, 0x86, 0xa3, 0x3b, 0xfa, 0xfb,
	0x82, 0xd7, 0xc5, 0x1a, 0x00, 0xa0, 0xd3, 0x2f,
	0xb0, 0x31, 0x93, 0xd3, 0xd2, 0x45, 0x2a, 0x7f,
} };
static const struct b32 name_hash = { {		/* "margind" */
	0x34, 0xfb, 0x00, 0xd7, 0x97, 0x2b, 0xa1, 0x3e,
	0xe7, 0x49, 0x01, 0x65, 0xc4, 0x2b, 0x5e, 0x37,
	0xe3, 0xe7, 0xc1, 0x4f, 0xef, 0x29, 0xc5, 0xf6,
	0x9a, 0xbd, 0x06, 0xab, 0x10, 0x2d, 0x2a, 0x89,
} };
static const struct b32 version_hash = { {	/* "1" */
	0xc8, 0x9e, 0xfd, 0xaa, 0x54, 0xc0, 0xf2, 0x0c,
	0x7a, 0xdf, 0x61, 0x28, 0x82, 0xdf, 0x09, 0x50,
	0xf5, 0xa9, 0x51, 0x63, 0x7e, 0x03, 0x07, 0xcd,
	0xcb, 0x4c, 0x67, 0x2f, 0x29, 0x8b, 0x8b, 0xc6,
} };

void
attest_domain_separator(struct b32 *out, const struct eip712_domain *d)
{
	eip712_domain_separator(out, &name_hash, &version_hash, d->chain_id,
	    &d->contract);
}

void
attest_encode(uint8_t out[ATTEST_WORDS * ABI_WORD],
    const struct attestation *a)
{
	struct abi_writer w;

	abi_write_open(&w, out, ATTEST_WORDS * ABI_WORD);
	abi_put_b32(&w, &a->book);
	abi_put_u64(&w, a->sequence);
	abi_put_u64(&w, a->as_of);
	abi_put_u64(&w, a->valid_until);
	abi_put_u64(&w, a->block_number);
	abi_put_b32(&w, &a->block_hash);
	abi_put_b32(&w, &a->positions_root);
	abi_put_b32(&w, &a->prices_hash);
	abi_put_b32(&w, &a->verdicts_root);
	abi_put_b32(&w, &a->rules_hash);
	abi_put_b32(&w, &a->inputs_hash);
	abi_put_u64(&w, a->status);
	abi_put_u64(&w, a->reason);
	abi_put_u64(&w, a->vault_count);
	abi_put_u64(&w, a->verdict_count);
	abi_put_u128(&w, a->collateral_value);
	abi_put_u128(&w, a->debt_value);
	MUST(w.len == w.max);
}

void
attest_struct_hash(struct b32 *out, const struct attestation *a)
{
	uint8_t bytes[(1 + ATTEST_WORDS) * ABI_WORD];

	memcpy(bytes, attest_type_hash.b, ABI_WORD);
	attest_encode(bytes + ABI_WORD, a);
	keccak256(out, bytes, sizeof(bytes));
}

void
attest_digest_with(struct b32 *out, const struct b32 *domain_separator,
    const struct attestation *a)
{
	struct b32 struct_hash;

	attest_struct_hash(&struct_hash, a);
	eip712_digest(out, domain_separator, &struct_hash);
}

void
attest_digest(struct b32 *out, const struct eip712_domain *d,
    const struct attestation *a)
{
	struct b32 separator;

	attest_domain_separator(&separator, d);
	attest_digest_with(out, &separator, a);
}

/* Hashed twice, so that no leaf can be taken for an interior node. */
static void
leaf_hash(struct b32 *out, const struct abi_writer *w)
{
	struct b32 once;

	MUST(w->len == w->max);
	keccak256(&once, w->out, w->len);
	keccak256(out, once.b, sizeof(once.b));
}

#define VERDICT_BYTES (16 * ABI_WORD)

static void
verdict_leaf_write(uint8_t bytes[VERDICT_BYTES], const struct verdict_leaf *l)
{
	struct abi_writer w;

	abi_write_open(&w, bytes, VERDICT_BYTES);
	abi_put_b32(&w, &l->vault);
	abi_put_u64(&w, l->nonce);
	abi_put_u64(&w, l->as_of);
	abi_put_u64(&w, l->block_number);
	abi_put_u64(&w, l->state);
	abi_put_u64(&w, l->method);
	abi_put_u128(&w, l->collateral_value);
	abi_put_u128(&w, l->debt_value);
	abi_put_u128(&w, l->health_low);
	abi_put_u128(&w, l->health_high);
	abi_put_i128(&w, l->initial_excess);
	abi_put_i128(&w, l->maintenance_excess);
	abi_put_b32(&w, &l->liquidation_asset);
	abi_put_u128(&w, l->liquidation_price);
	abi_put_b32(&w, &l->debt_asset);
	abi_put_u128(&w, l->max_repay);
	MUST(w.len == w.max);
}

void
verdict_leaf_hash_many(enum keccak_level level, struct b32 *out,
    const struct verdict_leaf *const *leaf, size_t n)
{
	uint8_t bytes[KECCAK_LANES_MAX][VERDICT_BYTES];

	for (size_t done = 0, k; done < n; done += k) {
		k = n - done < KECCAK_LANES_MAX ? n - done : KECCAK_LANES_MAX;
		for (size_t i = 0; i < k; i++)
			verdict_leaf_write(bytes[i], leaf[done + i]);
		keccak256_many(level, out + done, bytes, VERDICT_BYTES,
		    VERDICT_BYTES, k);
		keccak256_many(level, out + done, out + done, 32, 32, k);
	}
}

void
verdict_leaf_hash(struct b32 *out, const struct verdict_leaf *l)
{
	verdict_leaf_hash_many(KECCAK_PORTABLE, out, &l, 1);
}

void
position_leaf_hash(struct b32 *out, const struct position_leaf *l)
{
	uint8_t bytes[4 * ABI_WORD];
	struct abi_writer w;

	abi_write_open(&w, bytes, sizeof(bytes));
	abi_put_b32(&w, &l->vault);
	abi_put_u64(&w, l->nonce);
	abi_put_u64(&w, l->block_number);
	abi_put_b32(&w, &l->legs_hash);
	leaf_hash(out, &w);
}

static void
legs_put(struct abi_writer *w, const struct leg_word *legs, size_t count)
{
	abi_put_u64(w, count);
	for (size_t i = 0; i < count; i++) {
		MUST(i == 0 ||
		    b32_compare(&legs[i - 1].asset, &legs[i].asset) < 0);
		abi_put_b32(w, &legs[i].asset);
		abi_put_u128(w, legs[i].amount);
	}
}

static void
positions_absorb(struct keccak256 *k, const struct position_word *p,
    size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint8_t bytes[4 * ABI_WORD];
		struct abi_writer w;

		MUST(i == 0 || b32_compare(&p[i - 1].instrument,
		    &p[i].instrument) < 0);
		abi_write_open(&w, bytes, sizeof(bytes));
		abi_put_b32(&w, &p[i].instrument);
		abi_put_i128(&w, p[i].size);
		abi_put_u128(&w, p[i].entry);
		abi_put_i128(&w, p[i].funding);
		keccak256_update(k, bytes, w.len);
	}
}

void
legs_hash(struct b32 *out, const struct legs_words *l)
{
	/* Three offsets, three lengths, two words a leg. */
	uint8_t bytes[(6 + 4 * LEGS_HASH_MAX) * ABI_WORD];
	struct keccak256 k;
	struct abi_writer w;
	uint64_t debt_offset = (3 + 1 + 2 * l->collateral_count) * ABI_WORD;

	MUST(l->collateral_count <= LEGS_HASH_MAX);
	MUST(l->debt_count <= LEGS_HASH_MAX);
	abi_write_open(&w, bytes, sizeof(bytes));
	abi_put_u64(&w, 3 * ABI_WORD);
	abi_put_u64(&w, debt_offset);
	abi_put_u64(&w, debt_offset + (1 + 2 * l->debt_count) * ABI_WORD);
	legs_put(&w, l->collateral, l->collateral_count);
	legs_put(&w, l->debt, l->debt_count);
	abi_put_u64(&w, l->position_count);
	keccak256_init(&k);
	keccak256_update(&k, bytes, w.len);
	positions_absorb(&k, l->positions, l->position_count);
	keccak256_final(&k, out);
}

void
asset_id(struct b32 *out, uint64_t chain_id, const struct addr *token)
{
	uint8_t bytes[2 * ABI_WORD];
	struct abi_writer w;

	abi_write_open(&w, bytes, sizeof(bytes));
	abi_put_u64(&w, chain_id);
	abi_put_addr(&w, token);
	keccak256(out, bytes, w.len);
}

void
vault_id_on_chain(struct b32 *out, const struct addr *owner, uint64_t index)
{
	uint8_t bytes[2 * ABI_WORD];
	struct abi_writer w;

	abi_write_open(&w, bytes, sizeof(bytes));
	abi_put_addr(&w, owner);
	abi_put_u64(&w, index);
	keccak256(out, bytes, w.len);
}

void
name_id(struct b32 *out, const char *name, size_t len)
{
	keccak256(out, name, len);
}

/* Where the fields of a price word begin, in bytes from its left. */
enum {
	WORD_PRICE = 0,
	WORD_BAND_LOW = 16,	/* of a refused price: high9, 96 bits */
	WORD_BAND_HIGH = 20,
	WORD_AGE = 24,
	WORD_STATUS = 28,
	WORD_SOURCES = 29,
	WORD_REASON = 30,
};
#define HIGH9_SCALE ((u128)1000000000u)	/* 18 decimals to 9 */
#define HIGH9_MAX (((u128)1 << 96) - 1)

static void
word_put_refused_high(struct b32 *w, u128 high)
{
	u128 high9 = high / HIGH9_SCALE + (high % HIGH9_SCALE != 0);

	if (high9 > HIGH9_MAX)
		high9 = HIGH9_MAX;
	be_put_u32(w->b + WORD_BAND_LOW, (uint32_t)(high9 >> 64));
	be_put_u64(w->b + WORD_BAND_HIGH, (uint64_t)high9);
}

static enum err
word_put_band(struct b32 *w, const struct price *p)
{
	struct px18 below, above, high;
	struct ppb band_low, band_high;
	enum err e;

	/* A low above mid or a high below it fails in the subtraction. */
	if ((e = px18_sub(&below, p->mid, p->low)) != ERR_OK ||
	    (e = px18_sub(&above, p->high, p->mid)) != ERR_OK ||
	    (e = px18_part_ppb(&band_low, below, p->mid, ROUND_CEIL)) !=
	    ERR_OK ||
	    (e = px18_part_ppb(&band_high, above, p->mid, ROUND_CEIL)) !=
	    ERR_OK ||
	    /* What no verifier could unpack must not be signed. */
	    (e = px18_up_ppb(&high, p->mid, band_high)) != ERR_OK)
		return e;
	be_put_u128(w->b + WORD_PRICE, px18_to_raw(p->mid));
	be_put_u32(w->b + WORD_BAND_LOW, ppb_to_raw(band_low));
	be_put_u32(w->b + WORD_BAND_HIGH, ppb_to_raw(band_high));
	be_put_u32(w->b + WORD_AGE, p->age_ms);
	return ERR_OK;
}

enum err
price_word_pack(struct b32 *out, const struct price *p)
{
	struct b32 w = { { 0 } };
	enum err e = ERR_OK;

	switch (p->status) {
	case PRICE_OK:
	case PRICE_DEGRADED:
		e = word_put_band(&w, p);
		break;
	case PRICE_REFUSED:
		word_put_refused_high(&w, px18_to_raw(p->high));
		break;
	}
	if (e != ERR_OK)
		return e;
	w.b[WORD_STATUS] = (uint8_t)p->status;
	w.b[WORD_SOURCES] = p->sources > UINT8_MAX ? UINT8_MAX :
	    (uint8_t)p->sources;
	be_put_u16(w.b + WORD_REASON, (uint16_t)p->reason);
	*out = w;
	return ERR_OK;
}

static enum err
word_get_refused(struct price *p, const struct b32 *w)
{
	u128 high9 = (u128)be_get_u32(w->b + WORD_BAND_LOW) << 64 |
	    be_get_u64(w->b + WORD_BAND_HIGH);

	if (be_get_u128(w->b + WORD_PRICE) != 0)
		return ERR_SYNTAX;
	p->high = px18_from_raw(high9 * HIGH9_SCALE);	/* below 2^126 */
	return ERR_OK;
}

static enum err
word_get_band(struct price *p, const struct b32 *w)
{
	struct ppb low = ppb_from_raw(be_get_u32(w->b + WORD_BAND_LOW));
	struct ppb high = ppb_from_raw(be_get_u32(w->b + WORD_BAND_HIGH));
	enum err e;

	p->mid = px18_from_raw(be_get_u128(w->b + WORD_PRICE));
	p->age_ms = be_get_u32(w->b + WORD_AGE);
	if (px18_is_zero(p->mid) || ppb_to_raw(low) > PPB_ONE_RAW)
		return ERR_SYNTAX;
	if ((e = px18_down_ppb(&p->low, p->mid, low)) != ERR_OK)
		return e;
	return px18_up_ppb(&p->high, p->mid, high);
}

enum err
price_word_unpack(struct price *out, const struct b32 *word)
{
	struct price p = { .skew_ms = 0 };
	enum err e = ERR_SYNTAX;

	if (word->b[WORD_STATUS] > PRICE_REFUSED)
		return ERR_SYNTAX;
	p.status = (enum price_status)word->b[WORD_STATUS];
	p.reason = (enum price_reason)be_get_u16(word->b + WORD_REASON);
	p.sources = word->b[WORD_SOURCES];
	switch (p.status) {
	case PRICE_OK:
	case PRICE_DEGRADED:
		e = word_get_band(&p, word);
		break;
	case PRICE_REFUSED:
		e = word_get_refused(&p, word);
		break;
	}
	if (e != ERR_OK)
		return e;
	*out = p;
	return ERR_OK;
}

#define PRICES_FLAT_MAX 64u
#define PRICES_CHUNK 32u

void
prices_hash(struct b32 *out, const struct b32 *words, size_t count)
{
	struct keccak256 k;

	if (count <= PRICES_FLAT_MAX) {
		keccak256(out, words, count * sizeof(*words));
		return;
	}
	keccak256_init(&k);
	for (size_t at = 0; at < count; at += PRICES_CHUNK) {
		size_t left = count - at;
		struct b32 chunk;

		keccak256(&chunk, words + at, sizeof(*words) *
		    (left < PRICES_CHUNK ? left : PRICES_CHUNK));
		keccak256_update(&k, chunk.b, sizeof(chunk.b));
	}
	keccak256_final(&k, out);
}

/* Where the fields of a rules row begin, in bytes from its left. */
enum {
	ROW_LTV = 0,
	ROW_LIQUIDATION_THRESHOLD = 4,
	ROW_BONUS = 8,
	ROW_CLOSE_FACTOR = 12,
	ROW_DEBT_WEIGHT = 16,
	ROW_FACTOR = 20,
	ROW_DUST = 21,
};
#define RULES_VERSION 1u
#define RULES_COUNT_MAX 255u
#define DUST_BITS 88u

static struct b32
rules_row_word(const struct rules_row *r)
{
	struct b32 w = { { 0 } };
	uint8_t dust[16];

	be_put_u32(w.b + ROW_LTV, r->ltv_ppb);
	be_put_u32(w.b + ROW_LIQUIDATION_THRESHOLD,
	    r->liquidation_threshold_ppb);
	be_put_u32(w.b + ROW_BONUS, r->bonus_ppb);
	be_put_u32(w.b + ROW_CLOSE_FACTOR, r->close_factor_ppb);
	be_put_u32(w.b + ROW_DEBT_WEIGHT, r->debt_weight_ppb);
	w.b[ROW_FACTOR] = r->factor;
	be_put_u128(dust, r->dust);
	memcpy(w.b + ROW_DUST, dust + sizeof(dust) - DUST_BITS / 8,
	    DUST_BITS / 8);
	return w;
}

enum err
rules_blob_write(uint8_t *out, size_t *out_len,
    const struct rules_asset *assets, size_t asset_count,
    const struct rules_row *rows, size_t mode_count)
{
	struct b32 word = { { RULES_VERSION } };
	size_t row_count = asset_count * mode_count;
	struct abi_writer w;

	if (asset_count > RULES_COUNT_MAX || mode_count > RULES_COUNT_MAX)
		return ERR_LIMIT;
	for (size_t i = 0; i < row_count; i++)
		if (rows[i].dust >> DUST_BITS != 0)
			return ERR_RANGE;
	abi_write_open(&w, out, RULES_BLOB_MAX(asset_count, mode_count));
	word.b[1] = (uint8_t)asset_count;
	word.b[2] = (uint8_t)mode_count;
	abi_put_b32(&w, &word);
	for (size_t i = 0; i < asset_count; i++) {
		word = (struct b32){ { 0 } };
		memcpy(word.b, assets[i].token.b, sizeof(assets[i].token.b));
		word.b[sizeof(assets[i].token.b)] = assets[i].decimals;
		abi_put_b32(&w, &word);
	}
	for (size_t i = 0; i < row_count; i++) {
		word = rules_row_word(&rows[i]);
		abi_put_b32(&w, &word);
	}
	MUST(w.len == w.max);
	*out_len = w.len;
	return ERR_OK;
}
