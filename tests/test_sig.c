/* Signatures against RFC 6979's published nonces and Wycheproof, and what must
 * be refused although the library takes it. */
#include "oracle/sig.h"

#include <openssl/sha.h>
#include <secp256k1.h>
#include <secp256k1_recovery.h>

#include "base/keccak.h"
#include "tests/vectors.h"

#define ORDER "0xfffffffffffffffffffffffffffffffe" \
	"baaedce6af48a03bbfd25e8cd0364141"
#define ORDER_LESS_ONE "0xfffffffffffffffffffffffffffffffe" \
	"baaedce6af48a03bbfd25e8cd0364140"
#define HALF "0x7fffffffffffffffffffffffffffffff" \
	"5d576e7357a4501ddfe92f46681b20a0"
#define HALF_AND_ONE "0x7fffffffffffffffffffffffffffffff" \
	"5d576e7357a4501ddfe92f46681b20a1"

static uint64_t seed = 0x2545f4914f6cdd1du;
static struct sig_context *ours;
static secp256k1_context *library;

static uint64_t
random_next(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static struct b32
random_b32(void)
{
	struct b32 v;

	for (size_t i = 0; i < sizeof(v.b); i++)
		v.b[i] = (uint8_t)random_next();
	return v;
}

static struct sig_key
random_key(void)
{
	struct b32 secret = random_b32();
	struct sig_key k;

	secret.b[0] &= 0x7f;
	assert_int_equal(sig_key_from_secret(&k, ours, secret.b), ERR_OK);
	return k;
}

static struct b32
b32_from(const char *hex)
{
	struct b32 v;

	assert_int_equal(vectors_hex(v.b, sizeof(v.b), hex), 32);
	return v;
}

static int
contexts_create(void **state)
{
	static const uint8_t random[32] = { 7 };

	(void)state;
	library = secp256k1_context_create(SECP256K1_CONTEXT_SIGN |
	    SECP256K1_CONTEXT_VERIFY);
	return library == NULL ||
	    sig_context_create(&ours, random) != ERR_OK;
}

static int
contexts_destroy(void **state)
{
	(void)state;
	sig_context_destroy(ours);
	sig_context_destroy(NULL);
	secp256k1_context_destroy(library);
	return 0;
}

static void
sig_key_from_secret__derives_known_addresses(void **state)
{
	static const struct {
		const char *secret, *address;
	} cases[] = {
		/* anvil's first account, and the key of one */
		{ "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf"
		    "4f2ff80", "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266" },
		{ "0x000000000000000000000000000000000000000000000000000000000"
		    "0000001", "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf" },
		{ ORDER_LESS_ONE,
		    "0x80C0dbf239224071c59dD8970ab9d542E3414aB2" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		struct b32 secret = b32_from(cases[i].secret);
		char text[HEX_ADDR_BUF];
		struct sig_key k;

		assert_int_equal(sig_key_from_secret(&k, ours, secret.b),
		    ERR_OK);
		addr_to_checksum(text, &k.address);
		assert_string_equal(text, cases[i].address);
		assert_memory_equal(k.secret, secret.b, 32);
	}
}

static void
sig_key_from_secret__refuses_secrets_out_of_range(void **state)
{
	static const char *const cases[] = { ORDER,
	    "0x0000000000000000000000000000000000000000000000000000000000000000",
	    "0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		struct b32 secret = b32_from(cases[i]);
		struct sig_key k, before;

		memset(&k, 0x5a, sizeof(k));
		before = k;
		assert_int_equal(sig_key_from_secret(&k, ours, secret.b),
		    ERR_RANGE);
		assert_memory_equal(&k, &before, sizeof(k));
	}
}

static void
sig_key_wipe__leaves_zeros(void **state)
{
	struct sig_key k = random_key(), zero = { .secret = { 0 } };

	(void)state;
	sig_key_wipe(&k);
	assert_memory_equal(&k, &zero, sizeof(k));
}

static void
sig_sign__passes_rfc6979_vectors(void **state)
{
	json_t *all = vectors_need("rfc6979/ecdsa.json"), *list, *v;
	size_t i;

	(void)state;
	list = json_object_get(all, "valid");
	assert_int_equal(json_array_size(list), 2020);
	json_array_foreach(list, i, v) {
		struct b32 secret = b32_from(vectors_text(v, "d"));
		struct b32 digest = b32_from(vectors_text(v, "m"));
		uint8_t want[64];
		struct sig_compact s;
		struct sig_key k;

		vectors_hex(want, sizeof(want), vectors_text(v, "signature"));
		assert_int_equal(sig_key_from_secret(&k, ours, secret.b),
		    ERR_OK);
		assert_int_equal(sig_sign(&s, ours, &k, &digest), ERR_OK);
		assert_memory_equal(s.r, want, 32);
		assert_memory_equal(s.s, want + 32, 32);
		assert_int_equal(s.v, json_integer_value(
		    json_object_get(v, "recoveryId")));
		if (i % 8 == 0)
			assert_int_equal(sig_verify(ours, &digest, &s,
			    &k.address), ERR_OK);
	}
	list = json_object_get(json_object_get(all, "invalid"), "sign");
	assert_int_equal(json_array_size(list), 4);
	json_array_foreach(list, i, v) {
		struct b32 secret = b32_from(vectors_text(v, "d"));
		struct sig_key k;

		assert_int_equal(sig_key_from_secret(&k, ours, secret.b),
		    ERR_RANGE);
	}
	json_decref(all);
}

/* Does the library, whose recovery goes up to 3, find this key? */
static bool
needs_high_recovery(const uint8_t rs[64], const struct b32 *digest,
    const secp256k1_pubkey *key)
{
	for (int v = 2; v <= 3; v++) {
		secp256k1_ecdsa_recoverable_signature s;
		secp256k1_pubkey found;

		if (secp256k1_ecdsa_recoverable_signature_parse_compact(
		    library, &s, rs, v) == 1 &&
		    secp256k1_ecdsa_recover(library, &found, &s, digest->b) ==
		    1 && memcmp(&found, key, sizeof(found)) == 0)
			return true;
	}
	return false;
}

static struct {
	size_t valid, invalid, not_der, high_recovery;
} seen;

static void
wycheproof_check(json_t *t, const secp256k1_pubkey *key,
    const struct addr *expected)
{
	static uint8_t message[65536], der[65536];
	size_t message_len = vectors_hex(message, sizeof(message),
	    vectors_text(t, "msg"));
	size_t der_len = vectors_hex(der, sizeof(der), vectors_text(t, "sig"));
	bool valid = strcmp(vectors_text(t, "result"), "valid") == 0;
	secp256k1_ecdsa_signature parsed;
	unsigned accepted = 0;
	struct sig_compact s;
	struct b32 digest;
	uint8_t rs[64];

	SHA256(message, message_len, digest.b);
	if (secp256k1_ecdsa_signature_parse_der(library, &parsed, der,
	    der_len) != 1) {
		/* Our form has no DER to get wrong. */
		assert_false(valid);
		seen.not_der++;
		return;
	}
	secp256k1_ecdsa_signature_serialize_compact(library, rs, &parsed);
	memcpy(s.r, rs, 32);
	memcpy(s.s, rs + 32, 32);
	for (s.v = 0; s.v <= 1; s.v++)
		accepted += sig_verify(ours, &digest, &s, expected) == ERR_OK;
	if (valid && needs_high_recovery(rs, &digest, key)) {
		assert_int_equal(accepted, 0);
		seen.high_recovery++;
		return;
	}
	if (accepted != (valid ? 1 : 0))
		fail_msg("test %d: accepted %u times",
		    (int)json_integer_value(json_object_get(t, "tcId")),
		    accepted);
	if (valid)
		seen.valid++;
	else
		seen.invalid++;
}

static void
sig_verify__passes_wycheproof(void **state)
{
	json_t *all = vectors_need(
	    "wycheproof/ecdsa_secp256k1_sha256_bitcoin_test.json.gz");
	json_t *groups = json_object_get(all, "testGroups"), *g, *t;
	size_t i, k;

	(void)state;
	memset(&seen, 0, sizeof(seen));
	json_array_foreach(groups, i, g) {
		secp256k1_pubkey key;
		uint8_t point[65];
		struct b32 hash;
		struct addr a;

		vectors_hex(point, sizeof(point), vectors_text(
		    json_object_get(g, "publicKey"), "uncompressed"));
		assert_int_equal(secp256k1_ec_pubkey_parse(library, &key,
		    point, sizeof(point)), 1);
		keccak256(&hash, point + 1, 64);
		memcpy(a.b, hash.b + 12, 20);
		json_array_foreach(json_object_get(g, "tests"), k, t)
			wycheproof_check(t, &key, &a);
	}
	assert_int_equal(seen.valid, 161);
	assert_int_equal(seen.high_recovery, 1);
	assert_int_equal(seen.invalid, 111);
	assert_int_equal(seen.not_der, 190);
	json_decref(all);
}

static void
sig_recover__finds_who_signed(void **state)
{
	(void)state;
	for (int run = 0; run < 200; run++) {
		struct sig_key k = random_key();
		struct b32 digest = random_b32(), other = digest;
		struct sig_compact s;
		struct addr a, stranger;

		assert_int_equal(sig_sign(&s, ours, &k, &digest), ERR_OK);
		assert_int_equal(sig_recover(&a, ours, &digest, &s), ERR_OK);
		assert_memory_equal(a.b, k.address.b, 20);
		assert_int_equal(sig_verify(ours, &digest, &s, &k.address),
		    ERR_OK);
		stranger = k.address;
		stranger.b[run % 20] ^= 1;
		assert_int_equal(sig_verify(ours, &digest, &s, &stranger),
		    ERR_AUTH);
		other.b[run % 32] ^= 1;
		assert_int_equal(sig_verify(ours, &other, &s, &k.address),
		    ERR_AUTH);
		s.v ^= 1;
		assert_int_equal(sig_verify(ours, &digest, &s, &k.address),
		    ERR_AUTH);
	}
}

/* n - s, big-endian, by hand. */
static void
twin_of(struct sig_compact *out, const struct sig_compact *s)
{
	struct b32 n = b32_from(ORDER);
	int borrow = 0;

	*out = *s;
	for (int i = 31; i >= 0; i--) {
		int d = n.b[i] - s->s[i] - borrow;

		borrow = d < 0;
		out->s[i] = (uint8_t)(d + 256 * borrow);
	}
	out->v = s->v ^ 1;
}

/* The library recovers the same key from the twin: two byte strings for one
 * message.  Ours refuses it. */
static void
sig_recover__refuses_the_high_s_twin(void **state)
{
	(void)state;
	for (int run = 0; run < 50; run++) {
		struct sig_key k = random_key();
		struct b32 digest = random_b32();
		secp256k1_ecdsa_recoverable_signature parsed;
		struct sig_compact s, twin;
		secp256k1_pubkey a, b;
		struct addr found = { { 9 } };
		uint8_t rs[64];

		assert_int_equal(sig_sign(&s, ours, &k, &digest), ERR_OK);
		twin_of(&twin, &s);
		memcpy(rs, twin.r, 32);
		memcpy(rs + 32, twin.s, 32);
		assert_int_equal(
		    secp256k1_ecdsa_recoverable_signature_parse_compact(
		    library, &parsed, rs, twin.v), 1);
		assert_int_equal(secp256k1_ecdsa_recover(library, &a, &parsed,
		    digest.b), 1);
		assert_int_equal(secp256k1_ec_pubkey_create(library, &b,
		    k.secret), 1);
		assert_memory_equal(&a, &b, sizeof(a));

		assert_int_equal(sig_recover(&found, ours, &digest, &twin),
		    ERR_AUTH);
		assert_int_equal(found.b[0], 9);
		assert_int_equal(sig_verify(ours, &digest, &twin, &k.address),
		    ERR_AUTH);
	}
}

static void
sig_recover__refuses_numbers_out_of_range(void **state)
{
	static const struct {
		const char *what, *r, *s;
		enum err err;
	} cases[] = {
#define ONE "0x00000000000000000000000000000000" \
	"00000000000000000000000000000001"
#define ZERO "0x00000000000000000000000000000000" \
	"00000000000000000000000000000000"
		{ "s of half the order", ONE, HALF, ERR_OK },
		{ "s of one above", ONE, HALF_AND_ONE, ERR_AUTH },
		{ "s of the order less one", ONE, ORDER_LESS_ONE, ERR_AUTH },
		{ "s of one", ONE, ONE, ERR_OK },
		{ "s of zero", ONE, ZERO, ERR_AUTH },
		{ "r of zero", ZERO, ONE, ERR_AUTH },
		{ "r of the order", ORDER, ONE, ERR_AUTH },
		/* 5 is no x of the curve: no y squares to 5^3 + 7. */
		{ "r off the curve", "0x000000000000000000000000000000000000000"
		    "0000000000000000000000005", ONE, ERR_AUTH },
	};
	struct b32 digest = { { 3 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		struct sig_compact s = { .v = 0 };
		struct addr a;

		vectors_hex(s.r, 32, cases[i].r);
		vectors_hex(s.s, 32, cases[i].s);
		if (sig_recover(&a, ours, &digest, &s) != cases[i].err)
			fail_msg("%s", cases[i].what);
	}
}

static void
sig_recover__refuses_v_above_one(void **state)
{
	struct sig_key k = random_key();
	struct b32 digest = random_b32();
	struct sig_compact s;
	struct addr a;
	uint8_t v;

	(void)state;
	assert_int_equal(sig_sign(&s, ours, &k, &digest), ERR_OK);
	v = s.v;
	for (unsigned other = 2; other <= 255; other++) {
		s.v = (uint8_t)other;
		assert_int_equal(sig_recover(&a, ours, &digest, &s), ERR_AUTH);
	}
	s.v = v;
	assert_int_equal(sig_recover(&a, ours, &digest, &s), ERR_OK);
}

static void
sig_to__writes_both_forms(void **state)
{
	bool had[2] = { false, false };

	(void)state;
	for (int run = 0; run < 40; run++) {
		struct sig_key k = random_key();
		struct b32 digest = random_b32();
		uint8_t compact[64], rsv[65];
		struct sig_compact s, back;

		assert_int_equal(sig_sign(&s, ours, &k, &digest), ERR_OK);
		had[s.v] = true;
		sig_to_rsv65(rsv, &s);
		assert_memory_equal(rsv, s.r, 32);
		assert_memory_equal(rsv + 32, s.s, 32);
		assert_int_equal(rsv[64], 27 + s.v);
		sig_to_eip2098(compact, &s);
		assert_memory_equal(compact, s.r, 32);
		assert_int_equal(compact[32] & 0x7f, s.s[0]);
		assert_int_equal(compact[32] >> 7, s.v);
		assert_memory_equal(compact + 33, s.s + 1, 31);
		assert_int_equal(sig_from_eip2098(&back, compact), ERR_OK);
		assert_memory_equal(&back, &s, sizeof(s));
	}
	assert_true(had[0] && had[1]);
}

static void
sig_from_eip2098__refuses_high_s(void **state)
{
	struct sig_compact s = { .v = 9 };
	uint8_t compact[64] = { [31] = 1 };

	(void)state;
	vectors_hex(compact + 32, 32, HALF_AND_ONE);
	assert_int_equal(sig_from_eip2098(&s, compact), ERR_AUTH);
	assert_int_equal(s.v, 9);
	vectors_hex(compact + 32, 32, HALF);
	compact[32] |= 0x80;
	assert_int_equal(sig_from_eip2098(&s, compact), ERR_OK);
	assert_int_equal(s.v, 1);
	assert_int_equal(s.s[0], 0x7f);
}

static void
high_s_to_eip2098(void)
{
	struct sig_compact s = { .r = { 1 }, .s = { 0x80 }, .v = 0 };
	uint8_t out[64];

	sig_to_eip2098(out, &s);
}

static void
v_two_to_rsv65(void)
{
	struct sig_compact s = { .r = { 1 }, .s = { 1 }, .v = 2 };
	uint8_t out[65];

	sig_to_rsv65(out, &s);
}

static void
sig_to__dies_on_what_no_one_checked(void **state)
{
	(void)state;
	assert_true(dies_by_must(high_s_to_eip2098));
	assert_true(dies_by_must(v_two_to_rsv65));
}

/* Blinding changes the way, never the result. */
static void
sig_sign__does_not_depend_on_the_context(void **state)
{
	struct sig_key k = random_key();
	struct b32 digest = random_b32();
	struct sig_compact a, b;

	(void)state;
	assert_int_equal(sig_sign(&a, ours, &k, &digest), ERR_OK);
	for (int run = 0; run < 3; run++) {
		struct b32 random = random_b32();
		struct sig_context *c;

		assert_int_equal(sig_context_create(&c, random.b), ERR_OK);
		assert_int_equal(sig_sign(&b, c, &k, &digest), ERR_OK);
		assert_memory_equal(&a, &b, sizeof(a));
		sig_context_destroy(c);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sig_key_from_secret__derives_known_addresses),
		cmocka_unit_test(
		    sig_key_from_secret__refuses_secrets_out_of_range),
		cmocka_unit_test(sig_key_wipe__leaves_zeros),
		cmocka_unit_test(sig_sign__passes_rfc6979_vectors),
		cmocka_unit_test(sig_verify__passes_wycheproof),
		cmocka_unit_test(sig_recover__finds_who_signed),
		cmocka_unit_test(sig_recover__refuses_the_high_s_twin),
		cmocka_unit_test(sig_recover__refuses_numbers_out_of_range),
		cmocka_unit_test(sig_recover__refuses_v_above_one),
		cmocka_unit_test(sig_to__writes_both_forms),
		cmocka_unit_test(sig_from_eip2098__refuses_high_s),
		cmocka_unit_test(sig_to__dies_on_what_no_one_checked),
		cmocka_unit_test(sig_sign__does_not_depend_on_the_context),
	};

	return cmocka_run_group_tests(tests, contexts_create,
	    contexts_destroy);
}
