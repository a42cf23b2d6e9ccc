/* Calldata and answers of the clearing contract, word by word, on both sides
 * of every limit; the word writer against published encodings. */
#include "contracts-abi/clearing.h"

#include "contracts-abi/abi.h"
#include "tests/vectors.h"

#define ATTESTATION "(bytes32,uint64,uint64,uint64,uint64,bytes32,bytes32," \
	"bytes32,bytes32,bytes32,bytes32,uint8,uint32,uint32,uint32,uint128," \
	"uint128)"
#define LIQUIDATION "(address,uint256,address,address,uint256,uint256,address)"

static uint64_t seed = 0x9e3779b97f4a7c15u;

static uint64_t
random_next(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static void
selectors__are_the_hashes_of_their_signatures(void **state)
{
	static const struct {
		const char *signature;
		size_t (*encode)(uint8_t out[4]);
	} plain[] = {
		{ "latest()", clearing_encode_latest },
		{ "rulesHash()", clearing_encode_rules_hash },
		{ "book()", clearing_encode_book },
		{ "threshold()", clearing_encode_threshold },
		{ "signerTable()", clearing_encode_signer_table },
	};
	static const uint8_t transfer[4] = { 0xa9, 0x05, 0x9c, 0xbb };
	static uint8_t data[CLEARING_DATA_MAX];
	struct clearing_signatures s = { .count = 0 };
	struct clearing_liquidation l = { .index = 0 };
	struct attestation a = { .sequence = 1 };
	struct b32 vault = { { 5 } };
	uint8_t want[4], call[36];
	size_t len;

	(void)state;
	selector_of(want, "transfer(address,uint256)");
	assert_memory_equal(want, transfer, 4);
	for (size_t i = 0; i < ARRAY_COUNT(plain); i++) {
		selector_of(want, plain[i].signature);
		assert_int_equal(plain[i].encode(call), 4);
		assert_memory_equal(call, want, 4);
	}
	selector_of(want, "vaultState(bytes32)");
	assert_int_equal(clearing_encode_vault_state(call, &vault), 36);
	assert_memory_equal(call, want, 4);
	assert_memory_equal(call + 4, vault.b, 32);
	selector_of(want, "submit(" ATTESTATION ",uint256,bytes)");
	assert_int_equal(clearing_encode_submit(data, &len, &a, &s), ERR_OK);
	assert_memory_equal(data, want, 4);
	selector_of(want, "submitAndLiquidate(" ATTESTATION
	    ",uint256,bytes,uint256[]," LIQUIDATION ")");
	assert_int_equal(clearing_encode_submit_and_liquidate(data, &len, &a,
	    &s, NULL, 0, &l), ERR_OK);
	assert_memory_equal(data, want, 4);
}

/* The word at `index` behind the selector, as a number. */
static u128
word_at(const uint8_t *data, size_t index)
{
	const uint8_t *word = data + ABI_SELECTOR + index * ABI_WORD;

	assert_true(be_get_u128(word) == 0);
	return be_get_u128(word + 16);
}

static uint8_t compacts[256][64];

static struct clearing_signatures
signatures_of(size_t count)
{
	struct clearing_signatures s = { .count = count,
	    .compact = (const uint8_t (*)[64])compacts };

	for (size_t i = 0; i < count && i < 256; i++)
		s.bitmap[31 - i / 8] |= (uint8_t)(1u << i % 8);
	for (size_t i = 0; i < sizeof(compacts); i++)
		compacts[i / 64][i % 64] = (uint8_t)(i / 64 + i % 64);
	return s;
}

static void
clearing_encode_submit__lays_out_head_and_tail(void **state)
{
	static uint8_t data[CLEARING_DATA_MAX];
	struct clearing_signatures s = signatures_of(3);
	struct attestation a = { .sequence = 77, .debt_value = 78 };
	uint8_t words[ATTEST_WORDS * ABI_WORD];
	size_t len;

	(void)state;
	attest_encode(words, &a);
	assert_int_equal(clearing_encode_submit(data, &len, &a, &s), ERR_OK);
	assert_int_equal(len, 4 + 32 * (19 + 1 + 6));
	assert_memory_equal(data + 4, words, sizeof(words));
	assert_true(word_at(data, 1) == 77);
	assert_true(word_at(data, 16) == 78);
	assert_true(word_at(data, 17) == 7);		/* bitmap */
	assert_true(word_at(data, 18) == 19 * 32);	/* offset */
	assert_true(word_at(data, 19) == 3 * 64);	/* length */
	assert_memory_equal(data + 4 + 20 * 32, compacts, 3 * 64);
}

static void
clearing_encode_submit_and_liquidate__lays_out_head_and_tails(void **state)
{
	static uint8_t data[CLEARING_DATA_MAX];
	struct clearing_signatures s = signatures_of(2);
	struct clearing_liquidation l = { { { [19] = 1 } }, 2, { { [19] = 3 } },
	    { { [19] = 4 } }, 5, 6, { { [19] = 7 } } };
	struct b32 words[3] = { { { [31] = 8 } }, { { [31] = 9 } },
	    { { [31] = 10 } } };
	struct attestation a = { .sequence = 77 };
	size_t len;

	(void)state;
	assert_int_equal(clearing_encode_submit_and_liquidate(data, &len, &a,
	    &s, words, 3, &l), ERR_OK);
	assert_int_equal(len, 4 + 32 * (27 + 5 + 4));
	assert_true(word_at(data, 17) == 3);
	assert_true(word_at(data, 18) == 27 * 32);
	assert_true(word_at(data, 19) == 32 * 32);
	for (size_t i = 0; i < 7; i++)
		assert_true(word_at(data, 20 + i) == i + 1);
	assert_true(word_at(data, 27) == 128);
	assert_memory_equal(data + 4 + 28 * 32, compacts, 128);
	assert_true(word_at(data, 32) == 3);
	for (size_t i = 0; i < 3; i++)
		assert_true(word_at(data, 33 + i) == i + 8);
}

static void
clearing_encode__refuses_a_bitmap_of_another_count(void **state)
{
	static uint8_t data[CLEARING_DATA_MAX];
	struct clearing_liquidation l = { .index = 0 };
	struct attestation a = { .sequence = 1 };
	size_t len = 7;

	(void)state;
	for (int more = -1; more <= 1; more++) {
		struct clearing_signatures s = signatures_of(5);

		s.count = (size_t)(5 + more);
		assert_int_equal(clearing_encode_submit(data, &len, &a, &s),
		    more == 0 ? ERR_OK : ERR_SYNTAX);
		assert_int_equal(clearing_encode_submit_and_liquidate(data,
		    &len, &a, &s, NULL, 0, &l), more == 0 ? ERR_OK :
		    ERR_SYNTAX);
	}
}

/* 644 + 64 n bytes, and 932 + 64 n + 32 w. */
static void
clearing_encode__stops_at_its_limit(void **state)
{
	static uint8_t data[CLEARING_DATA_MAX];
	static struct b32 words[CLEARING_DATA_MAX];
	struct clearing_liquidation l = { .index = 0 };
	struct attestation a = { .sequence = 1 };
	struct clearing_signatures s = signatures_of(245);
	size_t len = 7;

	(void)state;
	assert_int_equal(clearing_encode_submit(data, &len, &a, &s), ERR_OK);
	assert_int_equal(len, 644 + 64 * 245);
	s = signatures_of(246);
	len = 7;
	assert_int_equal(clearing_encode_submit(data, &len, &a, &s),
	    ERR_LIMIT);
	assert_int_equal(len, 7);
	s = signatures_of(1);
	assert_int_equal(clearing_encode_submit_and_liquidate(data, &len, &a,
	    &s, words, 480, &l), ERR_OK);
	assert_int_equal(len, 932 + 64 + 32 * 480);
	assert_int_equal(clearing_encode_submit_and_liquidate(data, &len, &a,
	    &s, words, 481, &l), ERR_LIMIT);
	assert_int_equal(clearing_encode_submit_and_liquidate(data, &len, &a,
	    &s, words, SIZE_MAX / 32 + 2, &l), ERR_LIMIT);
}

#define HEAD 9u			/* words before the tails of a vault state */
#define ANSWER_MAX ((HEAD + 4u * (1u + 20u)) * ABI_WORD)

/* The answer as the contract's encoder makes it, independent of limits. */
static size_t
vault_encode(uint8_t out[ANSWER_MAX], const struct clearing_vault *v)
{
	size_t at[4] = { HEAD, HEAD + 1 + v->collateral_count,
	    HEAD + 2 + 2 * v->collateral_count,
	    HEAD + 3 + 2 * v->collateral_count + v->debt_count };
	struct abi_writer w;

	abi_write_open(&w, out, ANSWER_MAX);
	abi_put_addr(&w, &v->owner);
	abi_put_u64(&w, v->index);
	abi_put_u64(&w, v->nonce);
	abi_put_u64(&w, v->liquidations);
	abi_put_u64(&w, v->mode);
	for (size_t i = 0; i < 4; i++)
		abi_put_u64(&w, at[i] * ABI_WORD);
	abi_put_u64(&w, v->collateral_count);
	for (size_t i = 0; i < v->collateral_count; i++)
		abi_put_u64(&w, v->collateral_slot[i]);
	abi_put_u64(&w, v->collateral_count);
	for (size_t i = 0; i < v->collateral_count; i++)
		abi_put_u128(&w, v->collateral_amount[i]);
	abi_put_u64(&w, v->debt_count);
	for (size_t i = 0; i < v->debt_count; i++)
		abi_put_u64(&w, v->debt_slot[i]);
	abi_put_u64(&w, v->debt_count);
	for (size_t i = 0; i < v->debt_count; i++)
		abi_put_u128(&w, v->debt_amount[i]);
	return w.len;
}

static struct clearing_vault
random_vault(size_t collateral_count, size_t debt_count)
{
	struct clearing_vault v = {
		.index = random_next(),
		.nonce = random_next(),
		.liquidations = random_next(),
		.mode = (uint8_t)random_next(),
		.collateral_count = collateral_count,
		.debt_count = debt_count,
	};

	for (size_t i = 0; i < sizeof(v.owner.b); i++)
		v.owner.b[i] = (uint8_t)random_next();
	for (size_t i = 0; i < collateral_count; i++) {
		v.collateral_slot[i] = (uint8_t)(i * 16 + random_next() % 16);
		v.collateral_amount[i] = (u128)random_next() << 64 |
		    random_next();
	}
	for (size_t i = 0; i < debt_count; i++) {
		v.debt_slot[i] = (uint8_t)(i * 16 + random_next() % 16);
		v.debt_amount[i] = random_next();
	}
	return v;
}

static void
clearing_decode_vault_state__comes_back_as_it_went(void **state)
{
	(void)state;
	for (size_t c = 0; c <= CLEARING_LEGS_MAX; c++)
		for (size_t d = 0; d <= CLEARING_LEGS_MAX; d++) {
			struct clearing_vault v = random_vault(c, d), back;
			uint8_t bytes[ANSWER_MAX], again[ANSWER_MAX];
			size_t len = vault_encode(bytes, &v);

			assert_int_equal(clearing_decode_vault_state(&back,
			    bytes, len), ERR_OK);
			assert_int_equal(back.collateral_count, c);
			assert_int_equal(back.debt_count, d);
			assert_int_equal(vault_encode(again, &back), len);
			assert_memory_equal(again, bytes, len);
		}
}

struct damage {
	const char *what;
	size_t word;
	size_t byte;	/* of that word, 0 the highest */
	uint8_t value;
	enum err err;
};

/* Of a vault with two collateral legs and one debt leg. */
static const struct damage damages[] = {
	{ "owner beyond 20 bytes", 0, 11, 1, ERR_SYNTAX },
	{ "index beyond 64 bits", 1, 23, 1, ERR_RANGE },
	{ "nonce beyond 64 bits", 2, 23, 1, ERR_SYNTAX },
	{ "liquidations beyond 64 bits", 3, 0, 1, ERR_SYNTAX },
	{ "mode beyond 8 bits", 4, 30, 1, ERR_SYNTAX },
	{ "first offset elsewhere", 5, 31, 0, ERR_SYNTAX },
	{ "second offset elsewhere", 6, 31, 1, ERR_SYNTAX },
	{ "third offset elsewhere", 7, 31, 1, ERR_SYNTAX },
	{ "fourth offset elsewhere", 8, 31, 1, ERR_SYNTAX },
	{ "offset of 2^128 and more", 5, 0, 1, ERR_SYNTAX },
	{ "slots: 17 legs", 9, 31, 17, ERR_LIMIT },
	{ "slots: 2^255 legs", 9, 0, 0x80, ERR_SYNTAX },
	{ "slots: 2^64 legs", 9, 23, 1, ERR_LIMIT },
	{ "slots: one too many", 9, 31, 3, ERR_SYNTAX },
	{ "slot beyond 8 bits", 10, 30, 1, ERR_SYNTAX },
	{ "slots out of order", 10, 31, 200, ERR_SYNTAX },
	{ "slot twice", 10, 31, 100, ERR_DUPLICATE },
	{ "amounts: one too few", 12, 31, 1, ERR_SYNTAX },
	{ "amount of 2^128", 13, 15, 1, ERR_RANGE },
	{ "amount of 2^255", 13, 0, 0x80, ERR_RANGE },
	{ "debt: one too many", 15, 31, 2, ERR_SYNTAX },
	{ "debt amount of 2^128", 18, 15, 1, ERR_RANGE },
};

static void
clearing_decode_vault_state__refuses_damage_by_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(damages); i++) {
		const struct damage *d = &damages[i];
		struct clearing_vault v = random_vault(2, 1), back;
		uint8_t bytes[ANSWER_MAX];
		size_t len;

		v.collateral_slot[0] = 1;
		v.collateral_slot[1] = 100;
		len = vault_encode(bytes, &v);
		assert_int_equal(len, 19 * ABI_WORD);
		assert_int_equal(clearing_decode_vault_state(&back, bytes,
		    len), ERR_OK);
		memset(&back, 0x5a, sizeof(back));
		bytes[d->word * ABI_WORD + d->byte] = d->value;
		if (clearing_decode_vault_state(&back, bytes, len) != d->err)
			fail_msg("%s", d->what);
		assert_int_equal(back.mode, 0x5a);
	}
}

static void
clearing_decode_vault_state__refuses_every_cut_and_a_tail(void **state)
{
	struct clearing_vault v = random_vault(2, 2), back;
	uint8_t bytes[ANSWER_MAX + 32] = { 0 };
	size_t len = vault_encode(bytes, &v);

	(void)state;
	for (size_t cut = 0; cut < len; cut++)
		assert_int_equal(clearing_decode_vault_state(&back, bytes,
		    cut), ERR_SYNTAX);
	assert_int_equal(clearing_decode_vault_state(&back, bytes, len),
	    ERR_OK);
	assert_int_equal(clearing_decode_vault_state(&back, bytes, len + 1),
	    ERR_SYNTAX);
	assert_int_equal(clearing_decode_vault_state(&back, bytes, len + 32),
	    ERR_SYNTAX);
}

/* One word too wide each, and one word too few and too many. */
static void
clearing_decode_latest__refuses_what_is_not_canonical(void **state)
{
	static const struct damage cases[] = {
		{ "sequence", 1, 23, 1, ERR_SYNTAX },
		{ "asOf", 2, 23, 1, ERR_SYNTAX },
		{ "status beyond 8 bits", 3, 30, 1, ERR_SYNTAX },
		{ "status 2", 3, 31, 2, ERR_OK },
		{ "status 3", 3, 31, 3, ERR_SYNTAX },
		{ "lastRefusal", 4, 23, 1, ERR_SYNTAX },
		{ "digest may be anything", 0, 0, 255, ERR_OK },
	};
	struct clearing_latest v;

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		uint8_t bytes[6 * ABI_WORD] = { 0 };

		for (size_t k = 0; k < 5; k++)
			bytes[k * ABI_WORD + 31] = (uint8_t)k;
		bytes[3 * ABI_WORD + 31] = 1;
		assert_int_equal(clearing_decode_latest(&v, bytes, 160),
		    ERR_OK);
		assert_int_equal(v.sequence, 1);
		assert_int_equal(v.as_of, 2);
		assert_int_equal(v.status, 1);
		assert_int_equal(v.last_refusal, 4);
		assert_int_equal(clearing_decode_latest(&v, bytes, 159),
		    ERR_SYNTAX);
		assert_int_equal(clearing_decode_latest(&v, bytes, 192),
		    ERR_SYNTAX);
		bytes[cases[i].word * ABI_WORD + cases[i].byte] =
		    cases[i].value;
		if (clearing_decode_latest(&v, bytes, 160) != cases[i].err)
			fail_msg("%s", cases[i].what);
	}
}

static void
clearing_decode_word__wants_one_word(void **state)
{
	uint8_t bytes[64] = { 1, [31] = 2 };
	struct b32 v = { { 9 } };

	(void)state;
	assert_int_equal(clearing_decode_word(&v, bytes, 31), ERR_SYNTAX);
	assert_int_equal(clearing_decode_word(&v, bytes, 33), ERR_SYNTAX);
	assert_int_equal(clearing_decode_word(&v, bytes, 64), ERR_SYNTAX);
	assert_int_equal(v.b[0], 9);
	assert_int_equal(clearing_decode_word(&v, bytes, 32), ERR_OK);
	assert_memory_equal(v.b, bytes, 32);
}

static void
clearing_decode_threshold__wants_1_to_255(void **state)
{
	uint8_t bytes[32] = { 0 }, k = 9;

	(void)state;
	assert_int_equal(clearing_decode_threshold(&k, bytes, 32), ERR_RANGE);
	bytes[30] = 1;
	assert_int_equal(clearing_decode_threshold(&k, bytes, 32), ERR_RANGE);
	bytes[30] = 0;
	bytes[31] = 255;
	assert_int_equal(clearing_decode_threshold(&k, bytes, 31), ERR_SYNTAX);
	assert_int_equal(k, 9);
	assert_int_equal(clearing_decode_threshold(&k, bytes, 32), ERR_OK);
	assert_int_equal(k, 255);
	bytes[31] = 1;
	assert_int_equal(clearing_decode_threshold(&k, bytes, 32), ERR_OK);
	assert_int_equal(k, 1);
}

static void
clearing_decode_signer_table__stops_at_its_limit(void **state)
{
	static uint8_t bytes[(2 + 256) * ABI_WORD];
	static struct addr table[256];
	size_t count = 9;

	(void)state;
	bytes[31] = 32;
	for (size_t i = 0; i < 256; i++)
		bytes[(2 + i) * ABI_WORD + 31] = (uint8_t)i;
	bytes[63] = 4;
	assert_int_equal(clearing_decode_signer_table(table, &count, 3, bytes,
	    6 * ABI_WORD), ERR_LIMIT);
	assert_int_equal(count, 9);
	assert_int_equal(clearing_decode_signer_table(table, &count, 4, bytes,
	    7 * ABI_WORD), ERR_SYNTAX);
	assert_int_equal(clearing_decode_signer_table(table, &count, 4, bytes,
	    6 * ABI_WORD), ERR_OK);
	assert_int_equal(count, 4);
	assert_int_equal(table[3].b[19], 3);
	bytes[3 * ABI_WORD] = 1;
	assert_int_equal(clearing_decode_signer_table(table, &count, 4, bytes,
	    6 * ABI_WORD), ERR_SYNTAX);
	bytes[3 * ABI_WORD] = 0;
	bytes[63] = CLEARING_SIGNERS_MAX;
	assert_int_equal(clearing_decode_signer_table(table, &count, 256,
	    bytes, sizeof(bytes) - ABI_WORD), ERR_OK);
	assert_int_equal(count, CLEARING_SIGNERS_MAX);
	bytes[62] = 1;
	bytes[63] = 0;
	assert_int_equal(clearing_decode_signer_table(table, &count, 256,
	    bytes, sizeof(bytes)), ERR_LIMIT);
}

#define PUBLISHED_MAX 8192u

static void
assert_published(const struct abi_writer *w, const char *hex)
{
	static uint8_t want[PUBLISHED_MAX];
	size_t len = vectors_hex(want, sizeof(want), hex);

	assert_int_equal(w->len, len);
	assert_memory_equal(w->out, want, len);
}

static void
abi_put__passes_ethereum_tests(void **state)
{
	json_t *all = vectors_need("abi-encoding/ethereum-tests-basic_abi_"
	    "tests.json");
	static uint8_t out[PUBLISHED_MAX];
	struct b32 text = { "1234567890" };
	struct abi_writer w;
	struct addr a;

	(void)state;
	/* (uint256,uint32[],bytes10,bytes) */
	abi_write_open(&w, out, sizeof(out));
	abi_put_u64(&w, 291);
	abi_put_u64(&w, 4 * ABI_WORD);
	abi_put_b32(&w, &text);
	abi_put_u64(&w, 7 * ABI_WORD);
	abi_put_u64(&w, 2);
	abi_put_u64(&w, 1110);
	abi_put_u64(&w, 1929);
	abi_put_tail(&w, (const uint8_t *)"Hello, world!", 13);
	assert_published(&w, vectors_text(json_object_get(all,
	    "GithubWikiTest"), "result"));
	abi_write_open(&w, out, sizeof(out));
	abi_put_u64(&w, 98127491);
	assert_published(&w, vectors_text(json_object_get(all,
	    "SingleInteger"), "result"));
	abi_write_open(&w, out, sizeof(out));
	abi_put_u64(&w, 324124);
	vectors_hex(a.b, 20, "0xcd2a3d9f938e13cd947ec05abc7fe734df8dd826");
	abi_put_addr(&w, &a);
	assert_published(&w, vectors_text(json_object_get(all,
	    "IntegerAndAddress"), "result"));
	json_decref(all);
}

/* A decimal number below 2^128 in size; false beyond. */
static bool
i128_from_text(u128 *magnitude, bool *negative, const char *text)
{
	*negative = *text == '-';
	*magnitude = 0;
	for (text += *negative; *text != '\0'; text++) {
		unsigned digit = (unsigned)(*text - '0');

		if (*magnitude > (U128_MAX - digit) / 10)
			return false;
		*magnitude = *magnitude * 10 + digit;
	}
	return true;
}

/* One static value of a vector; false where our writer has no such width. */
static bool
static_put(struct abi_writer *w, json_t *v)
{
	const char *type = vectors_text(v, "type");
	json_t *value = json_object_get(v, "value");
	const char *text = json_string_value(value);
	struct b32 bytes = { { 0 } };
	struct addr a;
	bool negative;
	u128 n;

	if (strcmp(type, "boolean") == 0) {
		abi_put_u64(w, json_is_true(value));
	} else if (strcmp(type, "address") == 0) {
		assert_int_equal(addr_from_text(&a, text, strlen(text)),
		    ERR_OK);
		abi_put_addr(w, &a);
	} else if (strcmp(type, "hexstring") == 0) {
		vectors_hex(bytes.b, 32, text);
		abi_put_b32(w, &bytes);
	} else {
		assert_string_equal(type, "number");
		if (!i128_from_text(&n, &negative, text) ||
		    (negative && n > (u128)I128_MAX))
			return false;
		if (negative)
			abi_put_i128(w, -(i128)n);
		else if (n <= UINT64_MAX)
			abi_put_u64(w, (uint64_t)n);
		else
			abi_put_u128(w, n);
	}
	return true;
}

/* Head and tails of a flat tuple; offsets count from where it begins. */
static bool
tuple_put(struct abi_writer *w, json_t *list)
{
	size_t tails = json_array_size(list) * ABI_WORD;
	size_t i;
	json_t *v;

	json_array_foreach(list, i, v) {
		if (strcmp(vectors_text(v, "type"), "string") == 0) {
			abi_put_u64(w, tails);
			tails += abi_tail_size(json_string_length(
			    json_object_get(v, "value")));
		} else if (!static_put(w, v)) {
			return false;
		}
	}
	json_array_foreach(list, i, v) {
		json_t *value = json_object_get(v, "value");

		if (strcmp(vectors_text(v, "type"), "string") == 0)
			abi_put_tail(w,
			    (const uint8_t *)json_string_value(value),
			    json_string_length(value));
	}
	return true;
}

static void
abi_put__passes_ethers_vectors_of_flat_tuples(void **state)
{
	json_t *all = vectors_need("abi-encoding/ethers-v6-abi.json.gz");
	static uint8_t out[PUBLISHED_MAX];
	size_t i, used = 0, too_wide = 0;
	json_t *v;

	(void)state;
	json_array_foreach(all, i, v) {
		const char *type = vectors_text(v, "type");
		json_t *list = json_object_get(json_object_get(v, "verbose"),
		    "value");
		struct abi_writer w;

		/* No arrays, no inner tuples, and bytes as a fixed word. */
		if (strpbrk(type, "[") != NULL || strrchr(type, '(') != type ||
		    strstr(type, "bytes,") != NULL ||
		    strstr(type, "bytes)") != NULL)
			continue;
		abi_write_open(&w, out, sizeof(out));
		if (strstr(type, "string") != NULL)
			abi_put_u64(&w, ABI_WORD);
		if (!tuple_put(&w, list)) {
			too_wide++;
			continue;
		}
		assert_published(&w, vectors_text(v, "encoded"));
		used++;
	}
	assert_int_equal(used, 144);
	assert_int_equal(too_wide, 59);
	json_decref(all);
}

static void
abi_put_tail__pads_to_whole_words(void **state)
{
	static const uint8_t bytes[65] = { [0] = 1, [31] = 2, [32] = 3 };

	(void)state;
	for (size_t len = 0; len <= sizeof(bytes); len++) {
		uint8_t out[160];
		struct abi_writer w;

		memset(out, 0xff, sizeof(out));
		abi_write_open(&w, out, sizeof(out));
		abi_put_tail(&w, bytes, len);
		assert_int_equal(w.len, abi_tail_size(len));
		assert_int_equal(w.len, 32 + (len + 31) / 32 * 32);
		assert_int_equal(out[31], len);
		assert_memory_equal(out + 32, bytes, len);
		for (size_t i = 32 + len; i < w.len; i++)
			assert_int_equal(out[i], 0);
	}
}

static void
writer_overflow(void)
{
	uint8_t out[63];
	struct abi_writer w;

	abi_write_open(&w, out, sizeof(out));
	abi_put_u64(&w, 1);
	abi_put_u64(&w, 2);
}

static void
abi_put__dies_beyond_its_buffer(void **state)
{
	(void)state;
	assert_true(dies_by_must(writer_overflow));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(selectors__are_the_hashes_of_their_signatures),
		cmocka_unit_test(
		    clearing_encode_submit__lays_out_head_and_tail),
		cmocka_unit_test(
		clearing_encode_submit_and_liquidate__lays_out_head_and_tails),
		cmocka_unit_test(
		    clearing_encode__refuses_a_bitmap_of_another_count),
		cmocka_unit_test(clearing_encode__stops_at_its_limit),
		cmocka_unit_test(
		    clearing_decode_vault_state__comes_back_as_it_went),
		cmocka_unit_test(
		    clearing_decode_vault_state__refuses_damage_by_name),
		cmocka_unit_test(
		    clearing_decode_vault_state__refuses_every_cut_and_a_tail),
		cmocka_unit_test(
		    clearing_decode_latest__refuses_what_is_not_canonical),
		cmocka_unit_test(clearing_decode_word__wants_one_word),
		cmocka_unit_test(clearing_decode_threshold__wants_1_to_255),
		cmocka_unit_test(
		    clearing_decode_signer_table__stops_at_its_limit),
		cmocka_unit_test(abi_put__passes_ethereum_tests),
		cmocka_unit_test(abi_put__passes_ethers_vectors_of_flat_tuples),
		cmocka_unit_test(abi_put_tail__pads_to_whole_words),
		cmocka_unit_test(abi_put__dies_beyond_its_buffer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
