/* What is signed, against hashes that ethers and the EIP give, and against a
 * second encoder that writes words one by one. */
#include "contracts-abi/attest.h"

#include "base/keccak.h"
#include "contracts-abi/abi.h"
#include "contracts-abi/eip712.h"
#include "tests/vectors.h"

static uint64_t seed = 0x9e3779b97f4a7c15u;

static uint64_t
random_next(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static struct b32
b32_of(uint8_t byte)
{
	struct b32 v;

	memset(v.b, byte, sizeof(v.b));
	return v;
}

static struct addr
addr_of(uint8_t byte)
{
	struct addr v;

	memset(v.b, byte, sizeof(v.b));
	return v;
}

static void
assert_b32(const struct b32 *v, const char *hex)
{
	char text[HEX_B32_BUF];

	hex_from_bytes(text, v->b, sizeof(v->b));
	assert_string_equal(text, hex);
}

static struct attestation
known_attestation(void)
{
	return (struct attestation){
		.book = b32_of(1),
		.sequence = 2,
		.as_of = 3,
		.valid_until = 4,
		.block_number = 5,
		.block_hash = b32_of(6),
		.positions_root = b32_of(7),
		.prices_hash = b32_of(8),
		.verdicts_root = b32_of(9),
		.rules_hash = b32_of(10),
		.inputs_hash = b32_of(11),
		.status = 2,
		.reason = 13,
		.vault_count = 14,
		.verdict_count = 15,
		.collateral_value = U128_MAX,
		.debt_value = 17,
	};
}

static const struct eip712_domain *
known_domain(void)
{
	static struct eip712_domain d;

	d = (struct eip712_domain){ 31337, addr_of(0xa1) };
	return &d;
}

static void
attest_digest__is_the_one_of_ethers(void **state)
{
	struct attestation a = known_attestation();
	struct b32 v;

	(void)state;
	attest_domain_separator(&v, known_domain());
	assert_b32(&v, "0x372877da5d88cddce74a460d04a3c30a"
	    "9779edee7891dc0c99871ec6554f62db");
	attest_digest(&v, known_domain(), &a);
	assert_b32(&v, "0x09e6ae46bc3a70ad73bad7e203f3d3fe"
	    "9d00b3774c21a4859d368ed56f50aa68");
}

/* The constants of the module from their texts. */
static void
attest_hashes__begin_with_the_hashes_of_their_texts(void **state)
{
	static const char domain_type[] = "EIP712Domain(string name,"
	    "string version,uint256 chainId,address verifyingContract)";
	struct attestation a = known_attestation();
	uint8_t words[(1 + ATTEST_WORDS) * ABI_WORD];
	struct b32 want, got, part;
	struct abi_writer w;

	(void)state;
	keccak256(&part, ATTEST_TYPE, strlen(ATTEST_TYPE));
	memcpy(words, part.b, sizeof(part.b));
	attest_encode(words + ABI_WORD, &a);
	keccak256(&want, words, sizeof(words));
	attest_struct_hash(&got, &a);
	assert_memory_equal(got.b, want.b, 32);

	abi_write_open(&w, words, sizeof(words));
	keccak256(&part, domain_type, strlen(domain_type));
	abi_put_b32(&w, &part);
	keccak256(&part, "margind", 7);
	abi_put_b32(&w, &part);
	keccak256(&part, "1", 1);
	abi_put_b32(&w, &part);
	abi_put_u64(&w, known_domain()->chain_id);
	abi_put_addr(&w, &known_domain()->contract);
	keccak256(&want, words, w.len);
	attest_domain_separator(&got, known_domain());
	assert_memory_equal(got.b, want.b, 32);
}

static void
attest_digest_with__equals_attest_digest(void **state)
{
	struct attestation a = known_attestation();
	struct b32 separator, with, whole;

	(void)state;
	attest_domain_separator(&separator, known_domain());
	attest_digest_with(&with, &separator, &a);
	attest_digest(&whole, known_domain(), &a);
	assert_memory_equal(with.b, whole.b, 32);
}

/* Each bit of the message, padding aside, must reach the digest. */
static void
attest_digest__depends_on_each_field(void **state)
{
	struct attestation a = known_attestation();
	struct b32 before, after;
	size_t changed = 0;

	(void)state;
	attest_digest(&before, known_domain(), &a);
#define CHANGED(field, change) do { \
	a = known_attestation(); \
	a.field change; \
	attest_digest(&after, known_domain(), &a); \
	assert_memory_not_equal(after.b, before.b, 32); \
	changed++; \
} while (0)
	CHANGED(book.b[31], ^= 1);
	CHANGED(sequence, ^= (uint64_t)1 << 63);
	CHANGED(as_of, ^= (uint64_t)1 << 63);
	CHANGED(valid_until, ^= (uint64_t)1 << 63);
	CHANGED(block_number, ^= (uint64_t)1 << 63);
	CHANGED(block_hash.b[0], ^= 0x80);
	CHANGED(positions_root.b[0], ^= 0x80);
	CHANGED(prices_hash.b[0], ^= 0x80);
	CHANGED(verdicts_root.b[0], ^= 0x80);
	CHANGED(rules_hash.b[0], ^= 0x80);
	CHANGED(inputs_hash.b[0], ^= 0x80);
	CHANGED(status, ^= 0x80);
	CHANGED(reason, ^= 0x80000000u);
	CHANGED(vault_count, ^= 0x80000000u);
	CHANGED(verdict_count, ^= 0x80000000u);
	CHANGED(collateral_value, ^= (u128)1 << 127);
	CHANGED(debt_value, ^= (u128)1 << 127);
#undef CHANGED
	assert_int_equal(changed, ATTEST_WORDS);
}

static void
attest_digest__depends_on_the_domain(void **state)
{
	struct attestation a = known_attestation();
	struct eip712_domain d = *known_domain();
	struct b32 before, after;

	(void)state;
	attest_digest(&before, &d, &a);
	d.chain_id ^= (uint64_t)1 << 63;
	attest_digest(&after, &d, &a);
	assert_memory_not_equal(after.b, before.b, 32);
	d = *known_domain();
	d.contract.b[19] ^= 1;
	attest_digest(&after, &d, &a);
	assert_memory_not_equal(after.b, before.b, 32);
}

/* EIP-712's own example, "Ether Mail". */
static void
eip712_digest__passes_the_example_of_the_eip(void **state)
{
	struct addr contract = addr_of(0xcc);
	struct b32 name, version, separator, hash, digest;

	(void)state;
	keccak256(&name, "Ether Mail", 10);
	keccak256(&version, "1", 1);
	eip712_domain_separator(&separator, &name, &version, 1, &contract);
	assert_b32(&separator, "0xf2cee375fa42b42143804025fc449dea"
	    "fd50cc031ca257e0b194a650a912090f");
	assert_int_equal(hex_to_bytes(hash.b, 32, "c52c0ee5d84264471806290a"
	    "3f2c4cecfc5490626bf912d01f240d7a274b371e", 64), ERR_OK);
	eip712_digest(&digest, &separator, &hash);
	assert_b32(&digest, "0xbe609aee343fb3c4b28e1df9e632fca6"
	    "4fcfaede20f02e86244efddf30957bd2");
}

static bool
domain_is_ours(json_t *domain)
{
	return json_object_size(domain) == 4 &&
	    json_object_get(domain, "name") != NULL &&
	    json_object_get(domain, "version") != NULL &&
	    json_object_get(domain, "chainId") != NULL &&
	    json_object_get(domain, "verifyingContract") != NULL;
}

/* Those with our four domain fields: the messages' own words are given. */
static void
eip712_digest__passes_published_vectors(void **state)
{
	json_t *all = vectors_need("eip712/ethers-v5-eip712.json.gz");
	static uint8_t bytes[1u << 20];
	size_t i, used = 0;
	json_t *v;

	(void)state;
	json_array_foreach(all, i, v) {
		json_t *domain = json_object_get(v, "domain");
		struct b32 name, version, separator, hash, digest;
		const char *text;
		struct addr contract;
		size_t len;

		if (!domain_is_ours(domain))
			continue;
		text = vectors_text(domain, "name");
		keccak256(&name, text, strlen(text));
		text = vectors_text(domain, "version");
		keccak256(&version, text, strlen(text));
		text = vectors_text(domain, "verifyingContract");
		assert_int_equal(addr_from_text(&contract, text, strlen(text)),
		    ERR_OK);
		eip712_domain_separator(&separator, &name, &version,
		    (uint64_t)json_integer_value(
		    json_object_get(domain, "chainId")), &contract);
		len = vectors_hex(bytes, sizeof(bytes),
		    vectors_text(v, "encoded"));
		keccak256(&hash, bytes, len);
		eip712_digest(&digest, &separator, &hash);
		assert_b32(&digest, vectors_text(v, "digest"));
		used++;
	}
	assert_int_equal(used, 40);
	json_decref(all);
}

static void
leaf_hashes__are_the_ones_of_ethers(void **state)
{
	struct verdict_leaf v = {
		.vault = b32_of(1),
		.nonce = 2,
		.as_of = 3,
		.block_number = 4,
		.state = 5,
		.method = 6,
		.collateral_value = 7,
		.debt_value = 8,
		.health_low = 9,
		.health_high = U128_MAX,
		.initial_excess = -11,
		.maintenance_excess = I128_MIN,
		.liquidation_asset = b32_of(13),
		.liquidation_price = 14,
		.debt_asset = b32_of(15),
		.max_repay = 16,
	};
	struct position_leaf p = { b32_of(1), 2, 3, b32_of(4) };
	struct b32 hash;

	(void)state;
	verdict_leaf_hash(&hash, &v);
	assert_b32(&hash, "0x32ae7e92510ff24c737e3447e12c9206"
	    "ca3afd24559a8c8ac110459806a49de8");
	position_leaf_hash(&hash, &p);
	assert_b32(&hash, "0xf67b00a7444cfde998c3da85271e2353"
	    "4fb722322c4dbbd7d68c2f06eafeed0f");
}

static void
legs_hash__is_the_one_of_ethers(void **state)
{
	struct leg_word collateral[] = { { b32_of(1), 10 }, { b32_of(2), 20 } };
	struct leg_word debt[] = { { b32_of(3), 30 } };
	struct b32 hash;

	(void)state;
	legs_hash(&hash, &(struct legs_words){ .collateral = collateral,
	    .collateral_count = 2, .debt = debt, .debt_count = 1 });
	assert_b32(&hash, "0x81f631ebbf5384fb153d704a060fd9fc"
	    "1aaddaf95af2a4f35ac2d5c26d429554");
	legs_hash(&hash, &(struct legs_words){ .debt = NULL });
	assert_b32(&hash, "0x9915489080799234d12c818dbd017442"
	    "406686b38ae33288e035c18102ae4781");
}

static void
legs_of(size_t collateral, size_t debt)
{
	struct leg_word legs[LEGS_HASH_MAX + 1] = { { .amount = 1 } };
	struct b32 hash;

	for (size_t i = 0; i < ARRAY_COUNT(legs); i++)
		legs[i].asset = b32_of((uint8_t)i);
	legs_hash(&hash, &(struct legs_words){ .collateral = legs,
	    .collateral_count = collateral, .debt = legs, .debt_count = debt });
}

static void legs_at_limit(void) { legs_of(LEGS_HASH_MAX, LEGS_HASH_MAX); }
static void legs_collateral_beyond(void) { legs_of(LEGS_HASH_MAX + 1, 0); }
static void legs_debt_beyond(void) { legs_of(0, LEGS_HASH_MAX + 1); }

static void
legs_twice(void)
{
	struct leg_word legs[] = { { b32_of(2), 1 }, { b32_of(2), 1 } };
	struct b32 hash;

	legs_hash(&hash, &(struct legs_words){ .collateral = legs,
	    .collateral_count = 2 });
}

static void
legs_descending(void)
{
	struct leg_word legs[] = { { b32_of(2), 1 }, { b32_of(1), 1 } };
	struct b32 hash;

	legs_hash(&hash, &(struct legs_words){ .debt = legs,
	    .debt_count = 2 });
}

static void
positions_twice(void)
{
	struct position_word p[] = { { b32_of(2), 1, 1, 0 },
	    { b32_of(2), 1, 1, 0 } };
	struct b32 hash;

	legs_hash(&hash, &(struct legs_words){ .positions = p,
	    .position_count = 2 });
}

static void
legs_hash__dies_on_too_many_or_unsorted(void **state)
{
	(void)state;
	assert_false(dies_by_must(legs_at_limit));
	assert_true(dies_by_must(legs_collateral_beyond));
	assert_true(dies_by_must(legs_debt_beyond));
	assert_true(dies_by_must(legs_twice));
	assert_true(dies_by_must(legs_descending));
	assert_true(dies_by_must(positions_twice));
}

static void
ids__are_the_ones_of_ethers(void **state)
{
	struct addr a = addr_of(0xa1);
	struct b32 id;

	(void)state;
	asset_id(&id, 31337, &a);
	assert_b32(&id, "0x8c4419ee43ac40e8e7a6abf0280e293b"
	    "28340f9ea35449b62899de06d6c3b284");
	vault_id_on_chain(&id, &a, 7);
	assert_b32(&id, "0xcacc85509417c14faae65201643dcde3"
	    "88cd70f3f1e2ed3f787ac53a7b52cc24");
	name_id(&id, "demo", 4);
	assert_b32(&id, "0x3a784687a2b2ff9a2c72e22b001d33d9"
	    "f2e2155a7858ff663b0990d35f14745d");
}

#define E9 ((u128)1000000000u)
#define E18 (E9 * E9)
#define HIGH9_TOP ((((u128)1 << 96) - 1) * E9)

struct price_case {
	const char *what;
	u128 mid, low, high;
	enum price_status status;
	uint32_t reason, sources, age_ms;
	enum err err;
	const char *word;
};

static const struct price_case price_cases[] = {
	{ "no band", E18, E18, E18, PRICE_OK, 0, 3, 250, ERR_OK,
	    "0x00000000000000000de0b6b3a7640000"
	    "0000000000000000000000fa00030000" },
	{ "0.1 % down, 0.2 % up", E18, E18 / 1000 * 999, E18 / 1000 * 1002,
	    PRICE_DEGRADED, 4, 3, 0, ERR_OK,
	    "0x00000000000000000de0b6b3a7640000"
	    "000f4240001e84800000000001030004" },
	{ "one atom of band is a ppb each", E18, E18 - 1, E18 + 1, PRICE_OK, 0,
	    1, 0, ERR_OK, "0x00000000000000000de0b6b3a7640000"
	    "00000001000000010000000000010000" },
	{ "low of zero", E18, 0, E18, PRICE_OK, 0, 1, 0, ERR_OK,
	    "0x00000000000000000de0b6b3a7640000"
	    "3b9aca00000000000000000000010000" },
	{ "255 sources, oldest age", 1, 1, 1, PRICE_OK, 0, 255, UINT32_MAX,
	    ERR_OK, "0x00000000000000000000000000000001"
	    "0000000000000000ffffffff00ff0000" },
	{ "256 sources saturate", 1, 1, 1, PRICE_OK, 0, 256, 0, ERR_OK,
	    "0x00000000000000000000000000000001"
	    "00000000000000000000000000ff0000" },
	{ "the widest band", E9, E9, E9 + UINT32_MAX, PRICE_OK, 0, 1, 0,
	    ERR_OK, "0x0000000000000000000000003b9aca00"
	    "00000000ffffffff0000000000010000" },
	{ "a wider band", E9, E9, E9 + UINT32_MAX + 1, PRICE_OK, 0, 1, 0,
	    ERR_RANGE, NULL },
	{ "mid of zero", 0, 0, 0, PRICE_OK, 0, 1, 0, ERR_RANGE, NULL },
	{ "mid of zero, degraded", 0, 0, 1, PRICE_DEGRADED, 1, 1, 0,
	    ERR_RANGE, NULL },
	{ "low above mid", E18, E18 + 1, E18 + 1, PRICE_OK, 0, 1, 0,
	    ERR_RANGE, NULL },
	{ "high below mid", E18, E18 - 1, E18 - 1, PRICE_OK, 0, 1, 0,
	    ERR_RANGE, NULL },
	{ "the largest price", U128_MAX, U128_MAX, U128_MAX, PRICE_OK, 0, 1, 0,
	    ERR_OK, "0xffffffffffffffffffffffffffffffff"
	    "00000000000000000000000000010000" },
	{ "its high leaves the type once it is a ppb", U128_MAX - 1,
	    U128_MAX - 1, U128_MAX, PRICE_OK, 0, 1, 0, ERR_RANGE, NULL },
	{ "refused, never accepted", 0, 0, 0, PRICE_REFUSED, 1, 0, 9, ERR_OK,
	    "0x00000000000000000000000000000000"
	    "00000000000000000000000002000001" },
	{ "refused, high of 2000", 0, 0, 2000 * E18, PRICE_REFUSED, 2, 1, 9,
	    ERR_OK, "0x00000000000000000000000000000000"
	    "00000000000001d1a94a200002010002" },
	{ "refused, high rounds up", 0, 0, 1, PRICE_REFUSED, 103, 0, 0, ERR_OK,
	    "0x00000000000000000000000000000000"
	    "00000000000000000000000102000067" },
	{ "refused, the largest high", 0, 0, HIGH9_TOP, PRICE_REFUSED, 6, 0, 0,
	    ERR_OK, "0x00000000000000000000000000000000"
	    "ffffffffffffffffffffffff02000006" },
	{ "refused, one more saturates", 0, 0, HIGH9_TOP + 1, PRICE_REFUSED, 6,
	    0, 0, ERR_OK, "0x00000000000000000000000000000000"
	    "ffffffffffffffffffffffff02000006" },
};

static void
price_word_pack__gives_the_words_of_the_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(price_cases); i++) {
		const struct price_case *c = &price_cases[i];
		struct price p = {
			.mid = px18_from_raw(c->mid),
			.low = px18_from_raw(c->low),
			.high = px18_from_raw(c->high),
			.status = c->status,
			.reason = (enum price_reason)c->reason,
			.sources = c->sources,
			.age_ms = c->age_ms,
		};
		struct b32 word = b32_of(0x5a), untouched = word;

		if (price_word_pack(&word, &p) != c->err)
			fail_msg("%s", c->what);
		if (c->err == ERR_OK)
			assert_b32(&word, c->word);
		else
			assert_memory_equal(word.b, untouched.b, 32);
	}
}

struct word_case {
	const char *word;
	enum err err;
};

static void
price_word_unpack__refuses_what_is_no_price(void **state)
{
	static const struct word_case cases[] = {
		/* band of one down is the most */
		{ "0x00000000000000000de0b6b3a7640000"
		    "3b9aca00000000000000000000010000", ERR_OK },
		{ "0x00000000000000000de0b6b3a7640000"
		    "3b9aca01000000000000000000010000", ERR_SYNTAX },
		/* a price of zero */
		{ "0x00000000000000000000000000000000"
		    "00000000000000000000000000010000", ERR_SYNTAX },
		{ "0x00000000000000000000000000000000"
		    "00000000000000000000000001010000", ERR_SYNTAX },
		/* status 2 and 3 */
		{ "0x00000000000000000000000000000000"
		    "00000000000000000000000002010000", ERR_OK },
		{ "0x00000000000000000000000000000000"
		    "00000000000000000000000003010000", ERR_SYNTAX },
		{ "0x00000000000000000de0b6b3a7640000"
		    "000000000000000000000000ff010000", ERR_SYNTAX },
		/* refused with a price */
		{ "0x00000000000000000000000000000001"
		    "00000000000000000000000002010000", ERR_SYNTAX },
		/* a high beyond 128 bits */
		{ "0xffffffffffffffffffffffffffffffff"
		    "00000000000000000000000000010000", ERR_OK },
		{ "0xffffffffffffffffffffffffffffffff"
		    "00000000000000010000000000010000", ERR_RANGE },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		struct price p = { .skew_ms = 77 };
		struct b32 word;

		vectors_hex(word.b, 32, cases[i].word);
		assert_int_equal(price_word_unpack(&p, &word), cases[i].err);
		assert_int_equal(p.skew_ms, cases[i].err == ERR_OK ? 0 : 77);
	}
}

/* Random prices: the word's band holds the price's, and is no wider than a
 * ppb and an atom of rounding. */
static void
price_word__keeps_the_band_inside(void **state)
{
	(void)state;
	for (int run = 0; run < 20000; run++) {
		u128 mid = (((u128)random_next() << 64 | random_next()) >>
		    (28 + random_next() % 98)) + 1;
		u128 down = ((u128)random_next() << 64 | random_next()) %
		    (mid + 1);
		u128 up = ((u128)random_next() << 64 | random_next()) %
		    (mid + 1);
		struct price p = { .mid = px18_from_raw(mid),
		    .low = px18_from_raw(mid - down),
		    .high = px18_from_raw(mid + up),
		    .status = (enum price_status)(run % 2),
		    .reason = (enum price_reason)(run % 65536),
		    .sources = (uint32_t)(run % 256), .age_ms = (uint32_t)run };
		struct price q;
		struct b32 word;

		assert_int_equal(price_word_pack(&word, &p), ERR_OK);
		assert_int_equal(price_word_unpack(&q, &word), ERR_OK);
		assert_true(px18_to_raw(q.mid) == mid);
		assert_true(px18_compare(q.low, p.low) <= 0);
		assert_true(px18_compare(q.high, p.high) >= 0);
		assert_true(px18_to_raw(p.low) - px18_to_raw(q.low) <=
		    mid / E9 + 1);
		assert_true(px18_to_raw(q.high) - px18_to_raw(p.high) <=
		    mid / E9 + 1);
		assert_int_equal(q.status, p.status);
		assert_int_equal(q.reason, p.reason);
		assert_int_equal(q.sources, p.sources);
		assert_int_equal(q.age_ms, p.age_ms);
	}
}

static void
price_word__keeps_a_refused_high_above(void **state)
{
	(void)state;
	for (int run = 0; run < 5000; run++) {
		u128 high = ((u128)random_next() << 64 | random_next()) >>
		    (2 + random_next() % 126);
		struct price p = { .high = px18_from_raw(high),
		    .status = PRICE_REFUSED, .reason = REASON_BOUND };
		struct price q;
		struct b32 word;

		assert_int_equal(price_word_pack(&word, &p), ERR_OK);
		assert_int_equal(price_word_unpack(&q, &word), ERR_OK);
		assert_int_equal(q.status, PRICE_REFUSED);
		assert_int_equal(q.reason, REASON_BOUND);
		assert_true(px18_is_zero(q.mid) && px18_is_zero(q.low));
		if (high <= HIGH9_TOP) {
			assert_true(px18_to_raw(q.high) >= high);
			assert_true(px18_to_raw(q.high) - high < E9);
		} else {
			assert_true(px18_to_raw(q.high) == HIGH9_TOP);
		}
	}
}

/* Flat up to 64 words, by chunks of 32 from there; against one buffer. */
static void
prices_hash__changes_its_form_at_65(void **state)
{
	struct b32 words[130], chunks[5], want, got;

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(words); i++)
		for (size_t k = 0; k < 32; k++)
			words[i].b[k] = (uint8_t)random_next();
	for (size_t n = 0; n <= ARRAY_COUNT(words); n++) {
		size_t count = 0;

		for (size_t at = 0; at < n; at += 32)
			keccak256(&chunks[count++], words + at,
			    32 * (n - at > 32 ? 32 : n - at));
		if (n <= 64)
			keccak256(&want, words, 32 * n);
		else
			keccak256(&want, chunks, 32 * count);
		prices_hash(&got, words, n);
		assert_memory_equal(got.b, want.b, 32);
	}
}

static void
rules_blob_write__lays_out_words(void **state)
{
	struct rules_asset assets[2] = { { addr_of(0xaa), 18 },
	    { addr_of(0xbb), 6 } };
	struct rules_row rows[2] = {
		{ 1, 2, 3, 4, 5, 6, 7 },
		{ 0x11111111, 0x22222222, 0x33333333, 0x44444444, 0x55555555,
		    0x66, ((u128)1 << 88) - 1 },
	};
	uint8_t blob[RULES_BLOB_MAX(2, 1)];
	char text[2 * sizeof(blob) + 3];
	size_t len = 0;

	(void)state;
	assert_int_equal(rules_blob_write(blob, &len, assets, 2, rows, 1),
	    ERR_OK);
	assert_int_equal(len, sizeof(blob));
	hex_from_bytes(text, blob, len);
	assert_string_equal(text, "0x"
	    "0102010000000000000000000000000000000000000000000000000000000000"
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa120000000000000000000000"
	    "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb060000000000000000000000"
	    "0000000100000002000000030000000400000005060000000000000000000007"
	    "111111112222222233333333444444445555555566ffffffffffffffffffffff");
}

static void
rules_blob_write__refuses_beyond_its_fields(void **state)
{
	static struct rules_asset assets[256];
	static struct rules_row rows[256];
	static uint8_t blob[RULES_BLOB_MAX(256, 1)];
	size_t len = 7;

	(void)state;
	assert_int_equal(rules_blob_write(blob, &len, assets, 256, rows, 1),
	    ERR_LIMIT);
	assert_int_equal(rules_blob_write(blob, &len, assets, 1, rows, 256),
	    ERR_LIMIT);
	rows[1].dust = (u128)1 << 88;
	assert_int_equal(rules_blob_write(blob, &len, assets, 2, rows, 1),
	    ERR_RANGE);
	assert_int_equal(len, 7);
	assert_int_equal(rules_blob_write(blob, &len, assets, 1, rows, 1),
	    ERR_OK);
	rows[1].dust = 0;
	assert_int_equal(rules_blob_write(blob, &len, assets, 255, rows, 1),
	    ERR_OK);
	assert_int_equal(len, 32 * 511);
	assert_int_equal(rules_blob_write(blob, &len, assets, 1, rows, 255),
	    ERR_OK);
	assert_int_equal(len, 32 * 257);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(attest_digest__is_the_one_of_ethers),
		cmocka_unit_test(
		    attest_hashes__begin_with_the_hashes_of_their_texts),
		cmocka_unit_test(attest_digest_with__equals_attest_digest),
		cmocka_unit_test(attest_digest__depends_on_each_field),
		cmocka_unit_test(attest_digest__depends_on_the_domain),
		cmocka_unit_test(eip712_digest__passes_the_example_of_the_eip),
		cmocka_unit_test(eip712_digest__passes_published_vectors),
		cmocka_unit_test(leaf_hashes__are_the_ones_of_ethers),
		cmocka_unit_test(legs_hash__is_the_one_of_ethers),
		cmocka_unit_test(legs_hash__dies_on_too_many_or_unsorted),
		cmocka_unit_test(ids__are_the_ones_of_ethers),
		cmocka_unit_test(price_word_pack__gives_the_words_of_the_table),
		cmocka_unit_test(price_word_unpack__refuses_what_is_no_price),
		cmocka_unit_test(price_word__keeps_the_band_inside),
		cmocka_unit_test(price_word__keeps_a_refused_high_above),
		cmocka_unit_test(prices_hash__changes_its_form_at_65),
		cmocka_unit_test(rules_blob_write__lays_out_words),
		cmocka_unit_test(rules_blob_write__refuses_beyond_its_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
