/* RLP and raw transactions against the published tests of Ethereum and
 * ethers, and on both sides of every limit. */
#include "contracts-abi/tx.h"

#include <dirent.h>

#include "base/keccak.h"
#include "contracts-abi/rlp.h"
#include "oracle/sig.h"
#include "tests/vectors.h"

#define RAW_TEST_MAX (64u * 1024u)

static uint64_t seed = 0x2545f4914f6cdd1du;

static uint64_t
random_next(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* Recursive validation with the reader, which itself never recurses. */
static enum err
rlp_check(const uint8_t *bytes, size_t len, unsigned depth)
{
	struct rlp_reader r;

	if (depth == 0)
		return ERR_LIMIT;
	rlp_open(&r, bytes, len);
	while (rlp_has_more(&r)) {
		struct rlp_item item = rlp_next(&r);
		enum err e;

		if (item.is_list &&
		    (e = rlp_check(item.at, item.len, depth - 1)) != ERR_OK)
			return e;
	}
	return rlp_close(&r);
}

/* One item and nothing behind it, as a vector is. */
static enum err
rlp_check_one(const uint8_t *bytes, size_t len)
{
	struct rlp_reader r;

	rlp_open(&r, bytes, len);
	(void)rlp_next(&r);
	if (rlp_close(&r) != ERR_OK)
		return ERR_SYNTAX;
	return rlp_check(bytes, len, 64);
}

#define BIG 40			/* the vectors go beyond 256 bits */

/* Decimal text to bytes, digit by digit. */
static void
big_from_text(uint8_t out[BIG], const char *text)
{
	memset(out, 0, BIG);
	for (; *text != '\0'; text++) {
		unsigned carry = (unsigned)(*text - '0');

		for (int i = BIG - 1; i >= 0; i--) {
			carry += out[i] * 10u;
			out[i] = (uint8_t)carry;
			carry >>= 8;
		}
		assert_int_equal(carry, 0);
	}
}

/* A vector's value with the writer.  Returns how many bytes it wrote. */
static size_t
rlp_from_value(uint8_t *out, json_t *value)
{
	struct rlp_item item = { .at = NULL };
	struct rlp_uint number;
	uint8_t big[BIG];
	uint8_t *payload;
	size_t i, len;
	json_t *v;

	if (json_is_integer(value)) {
		number = rlp_uint_from_u128((u128)json_integer_value(value));
		item = rlp_item_from_uint(&number);
		return rlp_write(out, &item);
	}
	if (json_is_string(value)) {
		item.at = (const uint8_t *)json_string_value(value);
		item.len = json_string_length(value);
		if (item.len > 1 && item.at[0] == '#') {
			big_from_text(big, json_string_value(value) + 1);
			for (item.at = big; *item.at == 0; item.at++)
				;
			item.len = (size_t)(big + BIG - item.at);
		}
		return rlp_write(out, &item);
	}
	assert_true(json_is_array(value));
	payload = malloc(RAW_TEST_MAX);
	assert_non_null(payload);
	item.is_list = true;
	item.at = payload;
	json_array_foreach(value, i, v)
		item.len += rlp_from_value(payload + item.len, v);
	len = rlp_write(out, &item);
	free(payload);
	return len;
}

static void
rlp__passes_published_vectors(void **state)
{
	json_t *all = vectors_need("rlp/rlptest.json");
	static uint8_t want[RAW_TEST_MAX], got[RAW_TEST_MAX];
	const char *name;
	json_t *v;

	(void)state;
	assert_int_equal(json_object_size(all), 28);
	json_object_foreach(all, name, v) {
		size_t len = vectors_hex(want, sizeof(want),
		    vectors_text(v, "out"));
		size_t got_len = rlp_from_value(got, json_object_get(v, "in"));

		if (got_len != len || memcmp(got, want, len) != 0)
			fail_msg("%s: written otherwise", name);
		if (rlp_check_one(want, len) != ERR_OK)
			fail_msg("%s: refused", name);
	}
	json_decref(all);
	all = vectors_need("rlp/random-example.json");
	json_object_foreach(all, name, v) {
		size_t len = vectors_hex(want, sizeof(want),
		    vectors_text(v, "out"));

		assert_int_equal(rlp_check_one(want, len), ERR_OK);
	}
	json_decref(all);
}

static void
rlp__refuses_published_invalid_vectors(void **state)
{
	json_t *all = vectors_need("rlp/invalidRLPTest.json");
	static uint8_t bytes[RAW_TEST_MAX];
	const char *name;
	json_t *v;

	(void)state;
	assert_int_equal(json_object_size(all), 26);
	json_object_foreach(all, name, v) {
		size_t len = vectors_hex(bytes, sizeof(bytes),
		    vectors_text(v, "out"));

		if (rlp_check_one(bytes, len) == ERR_OK)
			fail_msg("%s: accepted", name);
	}
	json_decref(all);
}

static void
rlp_next_uint__refuses_beyond_its_bits(void **state)
{
	static const struct {
		uint8_t bytes[10];
		size_t len;
		unsigned bits;
		enum err err;
		uint64_t value;
	} cases[] = {
		{ { 0x80 }, 1, 64, ERR_OK, 0 },
		{ { 0x00 }, 1, 64, ERR_SYNTAX, 0 },
		{ { 0x7f }, 1, 64, ERR_OK, 0x7f },
		{ { 0x82, 0x00, 0x80 }, 3, 64, ERR_SYNTAX, 0 },
		{ { 0x88, 255, 255, 255, 255, 255, 255, 255, 255 }, 9, 64,
		    ERR_OK, UINT64_MAX },
		{ { 0x89, 1, 0, 0, 0, 0, 0, 0, 0, 0 }, 10, 64, ERR_RANGE, 0 },
		{ { 0x81, 0xff }, 2, 8, ERR_OK, 255 },
		{ { 0x82, 0x01, 0x00 }, 3, 8, ERR_RANGE, 0 },
		{ { 0xc0 }, 1, 64, ERR_SYNTAX, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		struct rlp_reader r;
		u128 v;

		rlp_open(&r, cases[i].bytes, cases[i].len);
		v = rlp_next_uint(&r, cases[i].bits);
		assert_int_equal(rlp_close(&r), cases[i].err);
		assert_true(v == cases[i].value);
	}
}

static void
rlp_write_list__refuses_beyond_its_buffer(void **state)
{
	static const uint8_t bytes[300];
	struct rlp_item items[2] = { { bytes, 200, false },
	    { bytes, 55, false } };
	uint8_t out[512];
	size_t len = 7;

	(void)state;
	/* 2 + 200 and 1 + 55 of payload behind 3 bytes of header. */
	assert_int_equal(rlp_write_list(out, &len, 260, items, 2), ERR_LIMIT);
	assert_int_equal(len, 7);
	assert_int_equal(rlp_write_list(out, &len, 261, items, 2), ERR_OK);
	assert_int_equal(len, 261);
	assert_int_equal(rlp_check_one(out, len), ERR_OK);
	items[0].len = SIZE_MAX;
	assert_int_equal(rlp_write_list(out, &len, 512, items, 2), ERR_LIMIT);
}

static struct sig_context *
context(void)
{
	static const uint8_t random[32] = { 1 };
	struct sig_context *c;

	assert_int_equal(sig_context_create(&c, random), ERR_OK);
	return c;
}

/* Signs t and answers the raw transaction's length. */
static size_t
tx_sign(uint8_t raw[TX_RAW_MAX], const struct tx *t, const char *secret)
{
	struct sig_context *c = context();
	struct sig_compact s;
	struct sig_key key;
	uint8_t bytes[32];
	struct b32 hash;
	size_t len;

	vectors_hex(bytes, sizeof(bytes), secret);
	assert_int_equal(sig_key_from_secret(&key, c, bytes), ERR_OK);
	assert_int_equal(tx_sign_hash(&hash, t), ERR_OK);
	assert_int_equal(sig_sign(&s, c, &key, &hash), ERR_OK);
	assert_int_equal(tx_encode(raw, &len, t, s.v, s.r, s.s), ERR_OK);
	sig_context_destroy(c);
	return len;
}

static void
assert_same_tx(const struct tx *a, const struct tx *b)
{
	assert_int_equal(a->type, b->type);
	assert_int_equal(a->chain_id, b->chain_id);
	assert_int_equal(a->nonce, b->nonce);
	assert_true(a->max_priority_fee_wei == b->max_priority_fee_wei);
	assert_true(a->max_fee_wei == b->max_fee_wei);
	assert_int_equal(a->gas_limit, b->gas_limit);
	assert_int_equal(a->creates, b->creates);
	if (!a->creates)
		assert_memory_equal(a->to.b, b->to.b, sizeof(a->to.b));
	assert_true(a->value_wei == b->value_wei);
	assert_int_equal(a->data_len, b->data_len);
	if (a->data_len > 0)
		assert_memory_equal(a->data, b->data, a->data_len);
}

/* EIP-155's own example. */
static void
tx_encode__passes_the_example_of_eip_155(void **state)
{
	struct tx t = {
		.type = TX_LEGACY,
		.chain_id = 1,
		.nonce = 9,
		.max_fee_wei = 20000000000u,
		.gas_limit = 21000,
		.value_wei = 1000000000000000000u,
	};
	uint8_t raw[TX_RAW_MAX], want[256];
	struct b32 hash, want_hash;
	size_t len;

	(void)state;
	memset(t.to.b, 0x35, sizeof(t.to.b));
	vectors_hex(want_hash.b, 32, "0xdaf5a779ae972f972197303d7b574746"
	    "c7ef83eadac0f2791ad23db92e4c8e53");
	assert_int_equal(tx_sign_hash(&hash, &t), ERR_OK);
	assert_memory_equal(hash.b, want_hash.b, 32);
	len = vectors_hex(want, sizeof(want), "0xf86c098504a817c800825208"
	    "943535353535353535353535353535353535353535880de0b6b3a7640000"
	    "8025a028ef61340bd939bc2195fe537567866003e1a15d3c71ff63e15906"
	    "20aa636276a067cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b"
	    "297fb1966a3b6d83");
	assert_int_equal(tx_sign(raw, &t, "0x4646464646464646464646464646"
	    "464646464646464646464646464646464646"), len);
	assert_memory_equal(raw, want, len);
}

static u128
quantity(json_t *tx, const char *key)
{
	json_t *v = json_object_get(tx, key);
	const char *digits = json_string_value(v);
	char text[40];
	u128 n = 0;

	if (json_is_integer(v))
		return (u128)json_integer_value(v);
	if (v == NULL)
		return 0;
	/* Some are written with leading zeros: not hex_to_u128's form. */
	digits += 2 + strspn(digits + 2, "0");
	snprintf(text, sizeof(text), "0x%s", *digits != '\0' ? digits : "0");
	assert_int_equal(hex_to_u128(&n, text, strlen(text)), ERR_OK);
	return n;
}

static struct tx
tx_from_vector(json_t *v, uint8_t *data, size_t data_max)
{
	const char *to = json_string_value(json_object_get(v, "to"));
	const char *bytes = json_string_value(json_object_get(v, "data"));
	struct tx t = {
		.type = TX_FEE_MARKET,
		.chain_id = (uint64_t)quantity(v, "chainId"),
		.nonce = (uint64_t)quantity(v, "nonce"),
		.max_priority_fee_wei = quantity(v, "maxPriorityFeePerGas"),
		.max_fee_wei = quantity(v, "maxFeePerGas"),
		.gas_limit = (uint64_t)quantity(v, "gasLimit"),
		.value_wei = quantity(v, "value"),
		.creates = to == NULL,
		.data = data,
	};

	if (to != NULL)
		assert_int_equal(addr_from_text(&t.to, to, strlen(to)),
		    ERR_OK);
	if (bytes != NULL)
		t.data_len = vectors_hex(data, data_max, bytes);
	return t;
}

/* Those of type 2 without an access list: key in, raw transaction out. */
static void
tx__passes_ethers_vectors_of_type_2(void **state)
{
	json_t *all =
	    vectors_need("tx/ethers-v5-typed-transactions.json.gz");
	static uint8_t want[RAW_TEST_MAX], data[TX_DATA_MAX];
	size_t i, same = 0, foreign = 0;
	json_t *v;

	(void)state;
	json_array_foreach(all, i, v) {
		json_t *tx = json_object_get(v, "tx");
		size_t len = vectors_hex(want, sizeof(want),
		    vectors_text(v, "signed"));
		uint8_t raw[TX_RAW_MAX], r[32], s[32];
		struct tx t, back;
		unsigned recovery;

		if (quantity(tx, "type") != 2 ||
		    json_array_size(json_object_get(tx, "accessList")) > 0) {
			/* Another type, or a list that we never write. */
			assert_int_equal(tx_decode(&back, &recovery, r, s,
			    want, len), ERR_SYNTAX);
			foreign++;
			continue;
		}
		t = tx_from_vector(tx, data, sizeof(data));
		assert_int_equal(tx_sign(raw, &t, vectors_text(v, "key")),
		    len);
		assert_memory_equal(raw, want, len);
		assert_int_equal(tx_decode(&back, &recovery, r, s, want, len),
		    ERR_OK);
		assert_same_tx(&back, &t);
		same++;
	}
	assert_int_equal(same, 376);
	assert_int_equal(foreign, 1792 - 376);
	json_decref(all);
}

/* Signatures that hold on every chain: valid on a chain, not for us. */
static void
tx_decode__refuses_signatures_without_a_chain(void **state)
{
	json_t *all = vectors_need("tx/ethereum-tests-txtest.json");
	static uint8_t raw[RAW_TEST_MAX];
	size_t i;
	json_t *v;

	(void)state;
	assert_int_equal(json_array_size(all), 2);
	json_array_foreach(all, i, v) {
		size_t len = vectors_hex(raw, sizeof(raw),
		    vectors_text(v, "signed"));
		uint8_t r[32], s[32];
		unsigned recovery;
		struct tx t;

		assert_int_equal(tx_decode(&t, &recovery, r, s, raw, len),
		    ERR_SYNTAX);
	}
	json_decref(all);
}

static struct {
	size_t accepted, without_chain, of_type_1, too_wide, refused,
	    for_the_chain;
} counts;

/* v of a type 0 transaction, read past the module. */
static unsigned
legacy_v(const uint8_t *raw, size_t len)
{
	struct rlp_reader outer, in;
	struct rlp_item list;

	rlp_open(&outer, raw, len);
	list = rlp_next_list(&outer);
	rlp_open(&in, list.at, list.len);
	for (int i = 0; i < 6; i++)
		(void)rlp_next(&in);
	return (unsigned)rlp_next_uint(&in, 32);
}

static void
check_valid(const char *name, json_t *result, const uint8_t *raw, size_t len)
{
	uint8_t back[TX_RAW_MAX];
	struct addr sender, want;
	struct sig_compact s;
	struct sig_context *c;
	unsigned recovery;
	struct b32 hash;
	struct tx t;
	size_t back_len;
	enum err e = tx_decode(&t, &recovery, s.r, s.s, raw, len);

	if (raw[0] == 1) {
		assert_int_equal(e, ERR_SYNTAX);
		counts.of_type_1++;
		return;
	}
	if (raw[0] != TX_FEE_MARKET && (legacy_v(raw, len) == 27 ||
	    legacy_v(raw, len) == 28)) {
		assert_int_equal(e, ERR_SYNTAX);
		counts.without_chain++;
		return;
	}
	if (strstr(name, "GasLimitPriceProductOverflow") != NULL) {
		/* A fee of 2^255 wei: valid, and beyond our 128 bits. */
		assert_int_equal(e, ERR_RANGE);
		counts.too_wide++;
		return;
	}
	if (e != ERR_OK)
		fail_msg("%s: %s", name, err_name(e));
	assert_int_equal(tx_encode(back, &back_len, &t, recovery, s.r, s.s),
	    ERR_OK);
	assert_int_equal(back_len, len);
	assert_memory_equal(back, raw, len);
	assert_int_equal(tx_sign_hash(&hash, &t), ERR_OK);
	s.v = (uint8_t)recovery;
	c = context();
	assert_int_equal(sig_recover(&sender, c, &hash, &s), ERR_OK);
	sig_context_destroy(c);
	vectors_hex(want.b, 20, vectors_text(result, "sender"));
	assert_memory_equal(sender.b, want.b, 20);
	counts.accepted++;
}

static void
check_invalid(const char *name, const char *why, const uint8_t *raw,
    size_t len)
{
	struct sig_compact s;
	unsigned recovery;
	struct b32 hash;
	struct addr a;
	struct tx t;
	enum err e = tx_decode(&t, &recovery, s.r, s.s, raw, len);

	if (e != ERR_OK) {
		counts.refused++;
		return;
	}
	/* A point at infinity shows only to who recovers; too little gas and
	 * a chain that is not mainnet only to who knows the chain. */
	if (strstr(why, "EC_RECOVERY_FAIL") != NULL) {
		struct sig_context *c = context();

		assert_int_equal(tx_sign_hash(&hash, &t), ERR_OK);
		s.v = (uint8_t)recovery;
		assert_int_equal(sig_recover(&a, c, &hash, &s), ERR_AUTH);
		sig_context_destroy(c);
		counts.refused++;
		return;
	}
	if (strstr(why, "INTRINSIC_GAS") == NULL &&
	    !(strstr(why, "INVALID_CHAINID") != NULL && t.chain_id != 1))
		fail_msg("%s: accepted, should be %s", name, why);
	counts.for_the_chain++;
}

static void
check_file(const char *path)
{
	static uint8_t raw[RAW_TEST_MAX];
	json_t *file = vectors_need(path);
	const char *name;
	json_t *v;

	json_object_foreach(file, name, v) {
		json_t *forks = json_object_get(v, "result");
		/* Some were filled before the newest fork. */
		json_t *result = json_object_get(forks,
		    json_object_get(forks, "Cancun") ? "Cancun" : "London");
		const char *why = json_string_value(
		    json_object_get(result, "exception"));
		size_t len = vectors_hex(raw, sizeof(raw),
		    vectors_text(v, "txbytes"));

		assert_non_null(result);
		if (why == NULL)
			check_valid(name, result, raw, len);
		else
			check_invalid(name, why, raw, len);
	}
	json_decref(file);
}

static void
tx_decode__agrees_with_ethereum_transaction_tests(void **state)
{
	static const char *const folders[] = { "ttAddress", "ttData",
	    "ttEIP1559", "ttEIP2930", "ttNonce", "ttSignature" };
	size_t files = 0;

	(void)state;
	memset(&counts, 0, sizeof(counts));
	for (size_t i = 0; i < ARRAY_COUNT(folders); i++) {
		char name[600], path[VECTORS_PATH];
		struct dirent **list;
		int count;

		snprintf(name, sizeof(name), "tx/TransactionTests/%s",
		    folders[i]);
		vectors_path(path, sizeof(path), name);
		count = scandir(path, &list, NULL, alphasort);
		if (count < 0) {
			print_message("skipped: no %s\n", name);
			skip();
		}
		for (int k = 0; k < count; k++) {
			snprintf(name, sizeof(name),
			    "tx/TransactionTests/%s/%s", folders[i],
			    list[k]->d_name);
			if (strstr(name, ".json") != NULL) {
				check_file(name);
				files++;
			}
			free(list[k]);
		}
		free(list);
	}
	assert_int_equal(files, 71);
	assert_int_equal(counts.accepted, 11);
	assert_int_equal(counts.without_chain, 15);
	assert_int_equal(counts.of_type_1, 1);
	assert_int_equal(counts.too_wide, 1);
	assert_int_equal(counts.refused, 40);
	assert_int_equal(counts.for_the_chain, 3);
}

static struct tx
plain_tx(enum tx_type type)
{
	static const uint8_t data[] = { 1, 2, 3, 4 };

	return (struct tx){ .type = type, .chain_id = 31337, .nonce = 1,
	    .max_priority_fee_wei = type == TX_LEGACY ? 0 : 1,
	    .max_fee_wei = 2, .gas_limit = 3, .to = { { 4 } },
	    .value_wei = 5, .data = data, .data_len = sizeof(data) };
}

static const uint8_t one[32] = { [31] = 1 };

static enum err
try_tx(const struct tx *t)
{
	uint8_t raw[TX_RAW_MAX];
	struct b32 hash = { { 7 } }, before = hash;
	size_t len = 7;
	enum err e = tx_sign_hash(&hash, t);

	assert_int_equal(tx_encode(raw, &len, t, 0, one, one), e);
	if (e != ERR_OK) {
		assert_memory_equal(hash.b, before.b, 32);
		assert_int_equal(len, 7);
	}
	return e;
}

static void
tx_sign_hash__refuses_what_no_chain_takes(void **state)
{
	static uint8_t data[TX_DATA_MAX + 1];
	struct tx t;

	(void)state;
	for (int type = 0; type <= 2; type += 2) {
		t = plain_tx((enum tx_type)type);
		assert_int_equal(try_tx(&t), ERR_OK);
		t.nonce = UINT64_MAX - 1;
		assert_int_equal(try_tx(&t), ERR_OK);
		t.nonce = UINT64_MAX;
		assert_int_equal(try_tx(&t), ERR_RANGE);
		t = plain_tx((enum tx_type)type);
		t.data = data;
		t.data_len = TX_DATA_MAX;
		assert_int_equal(try_tx(&t), ERR_OK);
		t.data_len = TX_DATA_MAX + 1;
		assert_int_equal(try_tx(&t), ERR_LIMIT);
	}
	t = plain_tx(TX_FEE_MARKET);
	t.max_priority_fee_wei = t.max_fee_wei;
	assert_int_equal(try_tx(&t), ERR_OK);
	t.max_priority_fee_wei++;
	assert_int_equal(try_tx(&t), ERR_RANGE);
	t = plain_tx(TX_LEGACY);
	t.max_priority_fee_wei = 1;
	assert_int_equal(try_tx(&t), ERR_RANGE);
	t = plain_tx(TX_LEGACY);
	t.chain_id = 0;
	assert_int_equal(try_tx(&t), ERR_RANGE);
	t = plain_tx(TX_FEE_MARKET);
	t.chain_id = 0;
	assert_int_equal(try_tx(&t), ERR_OK);
}

/* Every number at its largest still fits TX_RAW_MAX, and comes back. */
static void
tx_encode__fits_the_largest_transaction(void **state)
{
	static uint8_t data[TX_DATA_MAX];
	uint8_t raw[TX_RAW_MAX], r[32], s[32], r2[32], s2[32];

	(void)state;
	memset(data, 0xff, sizeof(data));
	memset(r, 0xfe, sizeof(r));
	memset(s, 0x7e, sizeof(s));
	for (int type = 0; type <= 2; type += 2) {
		struct tx t = { .type = (enum tx_type)type,
		    .chain_id = UINT64_MAX, .nonce = UINT64_MAX - 1,
		    .max_priority_fee_wei = type == 0 ? 0 : U128_MAX,
		    .max_fee_wei = U128_MAX, .gas_limit = UINT64_MAX,
		    .value_wei = U128_MAX, .data = data,
		    .data_len = sizeof(data) };
		struct tx back;
		unsigned recovery;
		size_t len;

		assert_int_equal(tx_encode(raw, &len, &t, 1, r, s), ERR_OK);
		assert_int_equal(tx_decode(&back, &recovery, r2, s2, raw, len),
		    ERR_OK);
		assert_same_tx(&back, &t);
		assert_int_equal(recovery, 1);
		assert_memory_equal(r2, r, 32);
		assert_memory_equal(s2, s, 32);
		assert_int_equal(tx_decode(&back, &recovery, r2, s2, raw,
		    TX_RAW_MAX + 1), ERR_LIMIT);
	}
}

static void
tx_encode__refuses_signatures_out_of_range(void **state)
{
	static const struct {
		const char *r, *s;
		enum err err;
	} cases[] = {
#define N_LESS_ONE "0xfffffffffffffffffffffffffffffffe" \
	"baaedce6af48a03bbfd25e8cd0364140"
#define N "0xfffffffffffffffffffffffffffffffe" \
	"baaedce6af48a03bbfd25e8cd0364141"
#define HALF "0x7fffffffffffffffffffffffffffffff" \
	"5d576e7357a4501ddfe92f46681b20a0"
#define HALF_AND_ONE "0x7fffffffffffffffffffffffffffffff" \
	"5d576e7357a4501ddfe92f46681b20a1"
#define ZERO "0x00000000000000000000000000000000" \
	"00000000000000000000000000000000"
		{ N_LESS_ONE, HALF, ERR_OK },
		{ N, HALF, ERR_AUTH },
		{ N_LESS_ONE, HALF_AND_ONE, ERR_AUTH },
		{ ZERO, HALF, ERR_AUTH },
		{ HALF, ZERO, ERR_AUTH },
	};
	struct tx t = plain_tx(TX_FEE_MARKET);

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		uint8_t raw[TX_RAW_MAX], r[32], s[32];
		size_t len;

		vectors_hex(r, 32, cases[i].r);
		vectors_hex(s, 32, cases[i].s);
		assert_int_equal(tx_encode(raw, &len, &t, 0, r, s),
		    cases[i].err);
	}
}

/* The same check on the way in, on bytes that tx_encode would not write. */
static void
tx_decode__refuses_signatures_out_of_range(void **state)
{
	struct tx t = plain_tx(TX_FEE_MARKET), back;
	uint8_t raw[TX_RAW_MAX], r[32], s[32], half[32];
	unsigned recovery;
	size_t len;

	(void)state;
	vectors_hex(half, 32, HALF);
	assert_int_equal(tx_encode(raw, &len, &t, 0, half, half), ERR_OK);
	raw[len - 1]++;
	assert_int_equal(tx_decode(&back, &recovery, r, s, raw, len),
	    ERR_AUTH);
	raw[len - 1]--;
	assert_int_equal(tx_decode(&back, &recovery, r, s, raw, len), ERR_OK);
	memset(raw + len - 33 - 32, 0xff, 32);
	assert_int_equal(tx_decode(&back, &recovery, r, s, raw, len),
	    ERR_AUTH);
}

static struct tx
random_tx(uint8_t *data, size_t max)
{
	struct tx t = {
		.type = random_next() % 2 ? TX_LEGACY : TX_FEE_MARKET,
		.chain_id = (random_next() >> random_next() % 64) | 1,
		.nonce = random_next() >> (1 + random_next() % 63),
		.max_fee_wei = ((u128)random_next() << 64 | random_next()) >>
		    random_next() % 128,
		.gas_limit = random_next() >> random_next() % 64,
		.creates = random_next() % 4 == 0,
		.value_wei = (u128)random_next() << random_next() % 64,
		.data = data,
		.data_len = random_next() % max,
	};

	for (size_t i = 0; i < max; i++)
		data[i] = (uint8_t)random_next();
	for (size_t i = 0; i < 20 && !t.creates; i++)
		t.to.b[i] = (uint8_t)random_next();
	if (t.type == TX_FEE_MARKET)
		t.max_priority_fee_wei = t.max_fee_wei >> random_next() % 128;
	return t;
}

static void
tx__comes_back_as_it_went(void **state)
{
	(void)state;
	for (int run = 0; run < 5000; run++) {
		uint8_t data[300], raw[TX_RAW_MAX], r[32], s[32], r2[32],
		    s2[32];
		struct tx t = random_tx(data, sizeof(data)), back;
		unsigned recovery = (unsigned)(random_next() % 2), recovery2;
		size_t len, zeros = random_next() % 32;

		for (size_t i = 0; i < 32; i++) {
			r[i] = (uint8_t)(random_next() >> 1 & 0x7f);
			s[i] = i < zeros ? 0 : (uint8_t)(r[i] | 1);
		}
		r[31] |= 1;
		assert_int_equal(tx_encode(raw, &len, &t, recovery, r, s),
		    ERR_OK);
		assert_int_equal(tx_decode(&back, &recovery2, r2, s2, raw,
		    len), ERR_OK);
		assert_same_tx(&back, &t);
		assert_int_equal(recovery2, recovery);
		assert_memory_equal(r2, r, 32);
		assert_memory_equal(s2, s, 32);
	}
}

static void
tx_decode__refuses_every_cut_and_every_tail(void **state)
{
	(void)state;
	for (int type = 0; type <= 2; type += 2) {
		struct tx t = plain_tx((enum tx_type)type), back = { 0 };
		uint8_t raw[TX_RAW_MAX], r[32] = { 9 }, s[32] = { 9 };
		unsigned recovery = 9;
		size_t len;

		assert_int_equal(tx_encode(raw, &len, &t, 0, one, one),
		    ERR_OK);
		raw[len] = 0;
		for (size_t cut = 0; cut <= len + 1; cut++) {
			if (cut == len)
				continue;
			assert_int_equal(tx_decode(&back, &recovery, r, s, raw,
			    cut), ERR_SYNTAX);
		}
		/* Outputs are as they were. */
		assert_int_equal(recovery, 9);
		assert_int_equal(r[0], 9);
		assert_int_equal(s[0], 9);
		assert_int_equal(back.gas_limit, 0);
	}
}

/* Field by field: what is not of the form, from a list of items. */
static void
tx_decode__refuses_fields_of_another_form(void **state)
{
	static const uint8_t zero[33];
	static uint8_t ones[33];
	static const struct {
		size_t field;
		struct rlp_item item;
		enum err err;
	} cases[] = {
		{ 0, { ones, 8, false }, ERR_OK },	/* chain id */
		{ 0, { ones, 9, false }, ERR_RANGE },
		{ 1, { zero, 1, false }, ERR_SYNTAX },	/* nonce 0 as 00 */
		{ 2, { ones, 1, true }, ERR_SYNTAX },	/* a list */
		{ 3, { ones, 16, false }, ERR_OK },	/* fee */
		{ 3, { ones, 17, false }, ERR_RANGE },
		{ 4, { ones, 9, false }, ERR_RANGE },	/* gas */
		{ 5, { zero, 20, false }, ERR_OK },	/* to */
		{ 5, { zero, 19, false }, ERR_SYNTAX },
		{ 5, { zero, 21, false }, ERR_SYNTAX },
		{ 6, { ones, 17, false }, ERR_RANGE },	/* value */
		{ 7, { ones, 33, false }, ERR_OK },	/* data */
		{ 7, { ones, 2, true }, ERR_SYNTAX },
		{ 8, { zero, 0, false }, ERR_SYNTAX },	/* access list */
		{ 8, { ones, 1, true }, ERR_SYNTAX },
		{ 9, { ones, 1, false }, ERR_OK },	/* v */
		{ 9, { (const uint8_t *)"\2", 1, false }, ERR_SYNTAX },
		{ 10, { ones, 32, false }, ERR_OK },	/* r */
		{ 10, { ones, 33, false }, ERR_RANGE },
		{ 10, { zero, 0, false }, ERR_AUTH },
		{ 11, { zero, 32, false }, ERR_SYNTAX },	/* s */
		{ 11, { zero, 0, false }, ERR_AUTH },
	};

	(void)state;
	memset(ones, 1, sizeof(ones));
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		struct rlp_item items[12];
		uint8_t raw[TX_RAW_MAX] = { TX_FEE_MARKET }, r[32], s[32];
		unsigned recovery;
		struct tx t;
		size_t len;

		for (size_t k = 0; k < 12; k++)
			items[k] = (struct rlp_item){ ones, k == 3 ? 2 : 1,
			    false };
		items[5].len = 20;
		items[8] = (struct rlp_item){ NULL, 0, true };
		items[cases[i].field] = cases[i].item;
		assert_int_equal(rlp_write_list(raw + 1, &len, TX_RAW_MAX - 1,
		    items, 12), ERR_OK);
		if (tx_decode(&t, &recovery, r, s, raw, len + 1) !=
		    cases[i].err)
			fail_msg("case %zu, field %zu", i, cases[i].field);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rlp__passes_published_vectors),
		cmocka_unit_test(rlp__refuses_published_invalid_vectors),
		cmocka_unit_test(rlp_next_uint__refuses_beyond_its_bits),
		cmocka_unit_test(rlp_write_list__refuses_beyond_its_buffer),
		cmocka_unit_test(tx_encode__passes_the_example_of_eip_155),
		cmocka_unit_test(tx__passes_ethers_vectors_of_type_2),
		cmocka_unit_test(tx_decode__refuses_signatures_without_a_chain),
		cmocka_unit_test(
		    tx_decode__agrees_with_ethereum_transaction_tests),
		cmocka_unit_test(tx_sign_hash__refuses_what_no_chain_takes),
		cmocka_unit_test(tx_encode__fits_the_largest_transaction),
		cmocka_unit_test(tx_encode__refuses_signatures_out_of_range),
		cmocka_unit_test(tx_decode__refuses_signatures_out_of_range),
		cmocka_unit_test(tx__comes_back_as_it_went),
		cmocka_unit_test(tx_decode__refuses_every_cut_and_every_tail),
		cmocka_unit_test(tx_decode__refuses_fields_of_another_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
