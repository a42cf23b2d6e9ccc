/* Each rule refuses, and lets its limit pass; the bound of a price against a
 * dumb reference, in a crash and under a liar. */
#include "oracle/policy.h"

#include "contracts-abi/clearing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW 1795176000000u	/* 2026-11-20T12:00:00Z */
#define USD ((u128)1000000000000000000u)
#define GWEI ((u128)1000000000u)

static const struct config_policy limits = {
	.bound_base_ppb = 100000000, .bound_per_second_ppb = 100000000,
	.bound_max_ppb = 600000000, .validity_max_ms = 120000,
};

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
word_of(u128 mid, enum price_status status, enum price_reason reason)
{
	struct price p = {
		.mid = px18_from_raw(mid), .low = px18_from_raw(mid),
		.high = px18_from_raw(mid), .status = status,
		.reason = reason, .sources = 3,
	};
	struct b32 w;

	assert_int_equal(price_word_pack(&w, &p), ERR_OK);
	return w;
}

static struct b32
ok_word(u128 mid)
{
	return word_of(mid, PRICE_OK, REASON_NONE);
}

/* One request for one slot, as the signer does it: bound, sign, note. */
static struct price
sign_word(struct policy_price *last, const struct b32 *proposed,
    uint64_t as_of)
{
	struct b32 word = *proposed;
	struct price p;

	assert_int_equal(policy_bound_word(&word, last, as_of, &limits),
	    ERR_OK);
	assert_int_equal(price_word_unpack(&p, &word), ERR_OK);
	policy_note_word(last, &word, proposed, as_of, &limits);
	return p;
}

static struct price
sign_price(struct policy_price *last, u128 mid, uint64_t as_of)
{
	struct b32 w = ok_word(mid);

	return sign_word(last, &w, as_of);
}

static struct policy_price
reference_at(u128 mid, uint64_t as_of)
{
	return (struct policy_price){ mid, as_of, mid, as_of };
}

static void
policy_bound_ppb__grows_with_time_up_to_its_maximum(void **state)
{
	(void)state;
	assert_int_equal(policy_bound_ppb(&limits, 0), 100000000);
	assert_int_equal(policy_bound_ppb(&limits, 1), 100100000);
	assert_int_equal(policy_bound_ppb(&limits, 1000), 200000000);
	assert_int_equal(policy_bound_ppb(&limits, 4999), 599900000);
	assert_int_equal(policy_bound_ppb(&limits, 5000), 600000000);
	assert_int_equal(policy_bound_ppb(&limits, 5001), 600000000);
	assert_int_equal(policy_bound_ppb(&limits, UINT64_MAX), 600000000);
}

static void
policy_bound_word__takes_any_first_price(void **state)
{
	struct policy_price last = { 0 };
	struct price p;

	(void)state;
	p = sign_price(&last, 1, NOW);
	assert_int_equal(p.status, PRICE_OK);
	last = (struct policy_price){ 0 };
	p = sign_price(&last, U128_MAX, NOW);
	assert_int_equal(p.status, PRICE_OK);
	assert_true(last.reference == U128_MAX && last.ok_high == U128_MAX);
	assert_int_equal(last.reference_as_of, NOW);
	assert_int_equal(last.ok_as_of, NOW);
}

static void
policy_bound_word__refuses_beyond_the_bound_on_both_sides(void **state)
{
	static const struct {
		uint64_t elapsed;
		u128 mid;
		bool is_signed;
	} row[] = {
		{ 0, 1800 * USD, true }, { 0, 1800 * USD - 1, false },
		{ 0, 2200 * USD, true }, { 0, 2200 * USD + 1, false },
		{ 1000, 1600 * USD, true }, { 1000, 1600 * USD - 1, false },
		{ 1000, 2400 * USD, true }, { 1000, 2400 * USD + 1, false },
		{ 3600000, 800 * USD, true },
		{ 3600000, 800 * USD - 1, false },
		{ 3600000, 3200 * USD, true },
		{ 3600000, 3200 * USD + 1, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(row); i++) {
		struct policy_price last = reference_at(2000 * USD, NOW);
		struct b32 proposed = ok_word(row[i].mid), word = proposed;
		struct price p;

		assert_int_equal(policy_bound_word(&word, &last,
		    NOW + row[i].elapsed, &limits), ERR_OK);
		assert_int_equal(price_word_unpack(&p, &word), ERR_OK);
		if (row[i].is_signed) {
			assert_true(b32_equal(&word, &proposed));
			continue;
		}
		assert_int_equal(p.status, PRICE_REFUSED);
		assert_int_equal(p.reason, REASON_BOUND);
		assert_int_equal(p.sources, 3);
		assert_true(px18_is_zero(p.mid));
	}
}

static void
policy_bound_word__keeps_a_degraded_word_as_it_is(void **state)
{
	struct policy_price last = reference_at(2000 * USD, NOW);
	struct b32 w = word_of(2100 * USD, PRICE_DEGRADED, REASON_SKEW);
	struct price p = sign_word(&last, &w, NOW + 10);

	(void)state;
	assert_int_equal(p.status, PRICE_DEGRADED);
	assert_int_equal(p.reason, REASON_SKEW);
	assert_true(last.ok_high == 2100 * USD);
}

static void
policy_note_word__moves_the_reference_once_a_second(void **state)
{
	struct policy_price last = reference_at(2000 * USD, NOW);

	(void)state;
	sign_price(&last, 2100 * USD, NOW + 999);
	assert_true(last.reference == 2000 * USD);
	assert_int_equal(last.reference_as_of, NOW);
	assert_true(last.ok_high == 2100 * USD);
	assert_int_equal(last.ok_as_of, NOW + 999);
	sign_price(&last, 2150 * USD, NOW + 1000);
	assert_true(last.reference == 2150 * USD);
	assert_int_equal(last.reference_as_of, NOW + 1000);
}

static void
policy_bound_word__gives_a_refused_word_the_grown_high(void **state)
{
	struct policy_price last = reference_at(2000 * USD, NOW);
	struct b32 w = word_of(0, PRICE_REFUSED, REASON_QUORUM);
	struct price p;

	(void)state;
	p = sign_word(&last, &w, NOW + 2000);
	assert_int_equal(p.reason, REASON_QUORUM);
	assert_true(px18_to_raw(p.high) == 2600 * USD);
	/* A refusal moves nothing: the next one grows from the same high. */
	assert_true(last.reference == 2000 * USD);
	assert_int_equal(last.reference_as_of, NOW);
	p = sign_word(&last, &w, NOW + 60000);
	assert_true(px18_to_raw(p.high) == 3200 * USD);
	/* What the request itself claims as high does not count. */
	memset(w.b + 16, 0xff, 12);
	p = sign_word(&last, &w, NOW + 60000);
	assert_true(px18_to_raw(p.high) == 3200 * USD);
}

static void
policy_bound_word__has_no_high_before_any_price(void **state)
{
	struct policy_price last = { 0 };
	struct b32 w = word_of(0, PRICE_REFUSED, REASON_STALE);
	struct price p = sign_word(&last, &w, NOW);

	(void)state;
	assert_true(px18_is_zero(p.high));
	assert_true(last.reference == 0);
}

static void
policy_bound_word__rounds_the_high_up_and_saturates(void **state)
{
	struct policy_price last = reference_at(1, NOW);
	struct b32 w = word_of(0, PRICE_REFUSED, REASON_STALE);
	struct price p = sign_word(&last, &w, NOW);

	(void)state;
	/* ceil(1.1e-18), in the nine decimals of the word. */
	assert_true(px18_to_raw(p.high) == 1000000000u);
	last.ok_high = U128_MAX;
	p = sign_word(&last, &w, NOW);
	assert_true(px18_to_raw(p.high) ==
	    (((u128)1 << 96) - 1) * 1000000000u);
}

static void
policy_bound_word__is_idempotent(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		struct policy_price last = reference_at(
		    ((u128)random_next() << 40) >> random_next() % 60, NOW);
		struct b32 once = ok_word((((u128)random_next() << 40) >>
		    random_next() % 60) + 1), twice;
		uint64_t as_of = NOW + random_next() % 8000;

		assert_int_equal(policy_bound_word(&once, &last, as_of,
		    &limits), ERR_OK);
		twice = once;
		assert_int_equal(policy_bound_word(&twice, &last, as_of,
		    &limits), ERR_OK);
		assert_true(b32_equal(&once, &twice));
	}
}

static void
policy_bound_word__agrees_with_plain_division(void **state)
{
	unsigned refused = 0;

	(void)state;
	for (unsigned i = 0; i < 50000; i++) {
		/* Small enough for a product in 128 bits. */
		uint64_t reference = random_next() >> (random_next() % 40 + 1);
		uint64_t mid = reference + random_next() % (reference / 2 + 2) -
		    reference / 4;
		uint64_t elapsed = random_next() % 7000;
		uint64_t bound = 100000000 + elapsed * 100000;
		u128 apart = mid > reference ? mid - reference :
		    reference - mid;
		struct policy_price last = reference_at(reference, NOW);
		struct b32 w = ok_word(mid == 0 ? 1 : mid);
		struct price p;
		bool fits;

		if (reference == 0 || mid == 0)
			continue;
		if (bound > 600000000)
			bound = 600000000;
		fits = apart * 1000000000u <= (u128)reference * bound ||
		    apart == 1;
		p = sign_word(&last, &w, NOW + elapsed);
		assert_int_equal(p.status == PRICE_OK, fits);
		refused += fits ? 0 : 1;
	}
	assert_in_range(refused, 1000, 49000);
}

static void
policy_bound_word__fails_on_a_malformed_word(void **state)
{
	struct policy_price last = reference_at(2000 * USD, NOW);
	struct b32 good = ok_word(2000 * USD), bad;

	(void)state;
	for (unsigned i = 0; i < 5; i++) {
		struct b32 before;

		bad = good;
		if (i == 0)
			bad.b[28] = 3;			/* status */
		if (i == 1)
			memset(bad.b, 0, 16);		/* OK price of zero */
		if (i == 2)
			bad.b[31] = REASON_STALE;	/* OK with a reason */
		if (i == 3)
			bad.b[28] = PRICE_REFUSED;	/* with a price */
		if (i == 4) {
			bad.b[28] = PRICE_DEGRADED;
			bad.b[31] = REASON_PAUSED;	/* a header's reason */
		}
		before = bad;
		assert_int_equal(policy_bound_word(&bad, &last, NOW, &limits),
		    ERR_SYNTAX);
		assert_true(b32_equal(&bad, &before));
	}
	bad = word_of(2000 * USD, PRICE_DEGRADED, REASON_RATE);
	assert_int_equal(policy_bound_word(&bad, &last, NOW, &limits), ERR_OK);
}

/* LUNA of May 2022 in one leap, asked for ten times a second: 64 USD to
 * 0.00005 USD.  ceil(ln(64 / 0.00005) / -ln(1 - 0.11)) = 121 requests. */
static void
policy_note_word__never_latches_in_a_crash(void **state)
{
	u128 bottom = USD / 20000;
	struct policy_price last = reference_at(64 * USD, NOW);
	unsigned requests = 0;
	struct price p;

	(void)state;
	do {
		requests++;
		p = sign_price(&last, bottom, NOW + 100 * requests);
		assert_true(p.status == PRICE_OK || p.reason == REASON_BOUND);
	} while (p.status != PRICE_OK && requests < 1000);
	assert_true(px18_to_raw(p.mid) == bottom);
	/* A fifth each second: ln(64 * 20000) / -ln(0.8) is 63 seconds. */
	assert_in_range(requests, 620, 640);
}

static void
policy_note_word__follows_a_fast_but_steady_fall(void **state)
{
	struct policy_price last = reference_at(2000 * USD, NOW);
	u128 mid = 2000 * USD;

	(void)state;
	/* 19 % each second is never refused, however many requests. */
	for (unsigned i = 1; i <= 200; i++) {
		if (i % 4 == 0)
			mid = mid * 81 / 100;
		assert_int_equal(sign_price(&last, mid,
		    NOW + 250 * i).status, PRICE_OK);
	}
}

static void
policy_note_word__never_latches_at_the_last_decimals(void **state)
{
	struct policy_price last = reference_at(5, NOW);
	unsigned requests = 0;

	(void)state;
	while (sign_price(&last, 1, NOW + 10 * requests).status != PRICE_OK)
		assert_true(++requests < 2000);
	sign_price(&last, 1, NOW + 20000);
	assert_true(last.reference == 1);
	requests = 0;
	while (sign_price(&last, 5, NOW + 30000 + 10 * requests).status !=
	    PRICE_OK)
		assert_true(++requests < 2000);
}

static void
policy_note_word__slows_a_liar(void **state)
{
	struct policy_price last = reference_at(2000 * USD, NOW);
	struct price p;

	(void)state;
	/* A hundredfold price is refused, and moves the reference by no more
	 * than the bound; the truth is within the bound again at once. */
	p = sign_price(&last, 200000 * USD, NOW + 1000);
	assert_int_equal(p.reason, REASON_BOUND);
	assert_true(last.reference == 2400 * USD);
	assert_int_equal(last.reference_as_of, NOW + 1000);
	assert_true(last.ok_high == 2000 * USD);
	assert_int_equal(last.ok_as_of, NOW);
	assert_true(px18_to_raw(p.high) == 2400 * USD);
	p = sign_price(&last, 2000 * USD, NOW + 2000);
	assert_int_equal(p.status, PRICE_OK);
	/* Nor do many requests walk it faster than few: a fifth a second. */
	for (unsigned i = 1; i <= 5000; i++) {
		u128 most = 2000 * USD;

		for (unsigned second = 0; second <= i / 1000; second++)
			most = most * 12 / 10;
		p = sign_price(&last, 2000 * USD + 3 * i * USD,
		    NOW + 2000 + i);
		assert_true(p.status != PRICE_OK ||
		    px18_to_raw(p.mid) <= most);
		if (i < 1000)
			assert_true(last.reference == 2000 * USD);
	}
}

static void
policy_note_word__ignores_a_proposed_refusal(void **state)
{
	struct policy_price last = reference_at(2000 * USD, NOW), before = last;
	struct b32 w = word_of(0, PRICE_REFUSED, REASON_BOUND);

	(void)state;
	sign_word(&last, &w, NOW + 500);
	assert_memory_equal(&last, &before, sizeof(last));
}

static void
policy_note_word__survives_a_clock_that_steps_back(void **state)
{
	struct policy_price last = reference_at(2000 * USD, NOW);

	(void)state;
	assert_int_equal(sign_price(&last, 2200 * USD, NOW - 60000).status,
	    PRICE_OK);
	assert_int_equal(sign_price(&last, 2500 * USD, NOW - 60000).reason,
	    REASON_BOUND);
}

static struct wire_begin
good_begin(void)
{
	struct wire_begin b;

	memset(&b, 0, sizeof(b));
	b.sequence = NOW * 1024u;
	b.as_of = NOW;
	b.valid_until = NOW + 120000;
	b.asset_count = 4;
	b.word_count = 4;
	b.is_first = 1;
	return b;
}

static const struct policy_state past = {
	.last_sequence = NOW * 1024u - 1, .last_as_of = NOW - 1,
};

static enum policy_rule
judge(const struct wire_begin *b)
{
	return policy_header(&past, b, NOW, &limits);
}

static void
policy_header__allows_a_good_request(void **state)
{
	struct wire_begin b = good_begin();

	(void)state;
	assert_int_equal(judge(&b), RULE_NONE);
	b.word_count = b.is_first = 0;
	assert_int_equal(judge(&b), RULE_NONE);
}

static void
policy_header__refuses_while_paused(void **state)
{
	struct policy_state s = past;
	struct wire_begin b = good_begin();

	(void)state;
	s.is_paused = true;
	assert_int_equal(policy_header(&s, &b, NOW, &limits), RULE_PAUSED);
}

static void
policy_header__refuses_an_old_sequence(void **state)
{
	struct wire_begin b = good_begin();

	(void)state;
	b.sequence = past.last_sequence;
	assert_int_equal(judge(&b), RULE_SEQUENCE_OLD);
	b.sequence = 0;
	assert_int_equal(judge(&b), RULE_SEQUENCE_OLD);
	b.sequence = past.last_sequence + 1;
	assert_int_equal(judge(&b), RULE_NONE);
}

static void
policy_header__refuses_a_sequence_far_ahead(void **state)
{
	struct wire_begin b = good_begin();

	(void)state;
	b.sequence = (NOW + 15000) * 1024u;
	assert_int_equal(judge(&b), RULE_NONE);
	b.sequence++;
	assert_int_equal(judge(&b), RULE_SEQUENCE_AHEAD);
	b.sequence = UINT64_MAX;
	assert_int_equal(judge(&b), RULE_SEQUENCE_AHEAD);
}

static void
policy_header__refuses_an_as_of_that_does_not_rise(void **state)
{
	struct wire_begin b = good_begin();

	(void)state;
	b.as_of = past.last_as_of;
	assert_int_equal(judge(&b), RULE_AS_OF_OLD);
}

static void
policy_header__refuses_an_as_of_off_the_clock(void **state)
{
	struct policy_state s = past;
	struct wire_begin b = good_begin();

	(void)state;
	s.last_as_of = 0;
	b.as_of = NOW + 15000;
	b.valid_until = b.as_of + 1;
	assert_int_equal(policy_header(&s, &b, NOW, &limits), RULE_NONE);
	b.as_of++;
	b.valid_until = b.as_of + 1;
	assert_int_equal(policy_header(&s, &b, NOW, &limits),
	    RULE_AS_OF_CLOCK);
	b.as_of = NOW - 15000;
	assert_int_equal(policy_header(&s, &b, NOW, &limits), RULE_NONE);
	b.as_of--;
	assert_int_equal(policy_header(&s, &b, NOW, &limits),
	    RULE_AS_OF_CLOCK);
	b.as_of = UINT64_MAX;
	assert_int_equal(policy_header(&s, &b, NOW, &limits),
	    RULE_AS_OF_CLOCK);
}

static void
policy_header__refuses_a_wrong_validity(void **state)
{
	struct wire_begin b = good_begin();

	(void)state;
	b.valid_until = b.as_of;
	assert_int_equal(judge(&b), RULE_VALIDITY);
	b.valid_until = b.as_of + 1;
	assert_int_equal(judge(&b), RULE_NONE);
	b.valid_until = b.as_of + 120000;
	assert_int_equal(judge(&b), RULE_NONE);
	b.valid_until++;
	assert_int_equal(judge(&b), RULE_VALIDITY);
}

static void
policy_header__refuses_a_reason_that_is_none(void **state)
{
	static const uint32_t good[] = { 0, REASON_CLOCK, REASON_HEAD,
	    REASON_RULES };
	struct wire_begin b = good_begin();

	(void)state;
	for (uint32_t r = 0; r < 200; r++) {
		bool is_good = false;

		for (size_t i = 0; i < ARRAY_COUNT(good); i++)
			is_good = is_good || good[i] == r;
		b.header_reason = r;
		assert_int_equal(judge(&b), is_good ? RULE_NONE : RULE_REASON);
	}
}

static void
policy_header__refuses_counts_that_do_not_fit(void **state)
{
	struct wire_begin b = good_begin();

	(void)state;
	b.word_count = 5;
	assert_int_equal(judge(&b), RULE_COUNT);
	b.word_count = 3;	/* the first request brings every word */
	assert_int_equal(judge(&b), RULE_COUNT);
	b.is_first = 0;
	assert_int_equal(judge(&b), RULE_NONE);
	b.is_first = 2;
	assert_int_equal(judge(&b), RULE_COUNT);
	b = good_begin();
	b.asset_count = b.word_count = 0;
	assert_int_equal(judge(&b), RULE_COUNT);
	b.asset_count = b.word_count = BOOK_ASSETS_MAX;
	assert_int_equal(judge(&b), RULE_NONE);
	b.asset_count = b.word_count = BOOK_ASSETS_MAX + 1;
	assert_int_equal(judge(&b), RULE_COUNT);
}

static void
policy_first_sequence__is_the_clock_or_the_next(void **state)
{
	(void)state;
	assert_int_equal(policy_first_sequence(0, NOW), NOW * 1024u);
	assert_int_equal(policy_first_sequence(NOW * 1024u - 1, NOW),
	    NOW * 1024u);
	assert_int_equal(policy_first_sequence(NOW * 1024u, NOW),
	    NOW * 1024u + 1);
}

static struct config config;
static struct policy_gas gas;

static struct wire_tx_request
good_tx(void)
{
	static const uint8_t one = 1;
	static uint8_t call[CLEARING_DATA_MAX];
	struct clearing_signatures s = { .count = 1 };
	struct attestation a;
	struct wire_tx_request t;
	uint8_t compact[1][64];
	size_t len;

	memset(&config, 0, sizeof(config));
	config.has_clearing = true;
	config.chain_id = 31337;
	memset(config.clearing.b, 0xc1, sizeof(config.clearing.b));
	memcpy(config.gas_keystore, "gas.json", 9);
	config.gas = (struct config_gas){
		.max_fee_wei = 100 * GWEI, .max_priority_fee_wei = 2 * GWEI,
		.budget_wei_per_hour = 100 * GWEI * 1000000,
		.gas_limit_max = 500000,
	};
	memset(&gas, 0, sizeof(gas));
	gas.has_nonce = true;
	gas.next_nonce = 7;

	memset(&t, 0, sizeof(t));
	memset(&a, 0, sizeof(a));
	memset(compact, 0, sizeof(compact));
	s.bitmap[31] = one;
	s.compact = (const uint8_t (*)[64])compact;
	assert_int_equal(clearing_encode_submit(call, &len, &a, &s), ERR_OK);
	assert_in_range(len, 4, WIRE_TX_DATA);
	memcpy(t.data, call, len);
	t.data_len = (uint32_t)len;
	t.chain_id = 31337;
	t.nonce = 7;
	t.gas_limit = 100000;
	t.type = TX_FEE_MARKET;
	t.max_fee_wei = wire_from_u128(50 * GWEI);
	t.max_priority_fee_wei = wire_from_u128(GWEI);
	t.to = config.clearing;
	return t;
}

static enum policy_rule
judge_tx(const struct wire_tx_request *t)
{
	struct policy_gas before = gas;
	enum policy_rule r = policy_tx(&gas, t, NOW, &config);

	if (r != RULE_NONE)
		assert_memory_equal(&gas, &before, sizeof(gas));
	return r;
}

static void
policy_tx__allows_a_submit(void **state)
{
	struct wire_tx_request t = good_tx();

	(void)state;
	assert_int_equal(judge_tx(&t), RULE_NONE);
	assert_true(gas.window_wei == 50 * GWEI * 100000);
	t.type = TX_LEGACY;
	t.max_priority_fee_wei = wire_from_u128(0);
	assert_int_equal(judge_tx(&t), RULE_NONE);
}

static void
policy_tx__refuses_without_a_gas_key_or_chain(void **state)
{
	struct wire_tx_request t = good_tx();

	(void)state;
	config.gas_keystore[0] = '\0';
	assert_int_equal(judge_tx(&t), RULE_TX_DISABLED);
	t = good_tx();
	config.has_clearing = false;
	assert_int_equal(judge_tx(&t), RULE_TX_DISABLED);
}

static void
policy_tx__refuses_another_chain(void **state)
{
	struct wire_tx_request t = good_tx();

	(void)state;
	t.chain_id = 1;
	assert_int_equal(judge_tx(&t), RULE_TX_CHAIN);
}

static void
policy_tx__refuses_other_types(void **state)
{
	struct wire_tx_request t = good_tx();

	(void)state;
	for (unsigned type = 0; type < 256; type++) {
		t.type = (uint8_t)type;
		if (type != TX_LEGACY && type != TX_FEE_MARKET)
			assert_int_equal(judge_tx(&t), RULE_TX_TYPE);
	}
}

static void
policy_tx__refuses_other_destinations(void **state)
{
	struct wire_tx_request t = good_tx();

	(void)state;
	t.to.b[19] ^= 1;
	assert_int_equal(judge_tx(&t), RULE_TX_DESTINATION);
	t = good_tx();
	t.creates = 1;
	assert_int_equal(judge_tx(&t), RULE_TX_DESTINATION);
}

static void
policy_tx__refuses_other_calls(void **state)
{
	struct wire_tx_request t = good_tx();

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		t = good_tx();
		t.data[i] ^= 1;
		assert_int_equal(judge_tx(&t), RULE_TX_SELECTOR);
	}
	t = good_tx();
	t.data_len = 3;
	assert_int_equal(judge_tx(&t), RULE_TX_SELECTOR);
	t.data_len = WIRE_TX_DATA + 1;
	assert_int_equal(judge_tx(&t), RULE_TX_SELECTOR);
	t.data_len = WIRE_TX_DATA;
	assert_int_equal(judge_tx(&t), RULE_NONE);
}

static void
policy_tx__refuses_value(void **state)
{
	struct wire_tx_request t = good_tx();

	(void)state;
	t.value_wei = wire_from_u128(1);
	assert_int_equal(judge_tx(&t), RULE_TX_VALUE);
	t.value_wei = wire_from_u128((u128)1 << 127);
	assert_int_equal(judge_tx(&t), RULE_TX_VALUE);
}

static void
policy_tx__refuses_fees_above_the_cap(void **state)
{
	struct wire_tx_request t = good_tx();

	(void)state;
	t.max_fee_wei = wire_from_u128(100 * GWEI);
	t.max_priority_fee_wei = wire_from_u128(2 * GWEI);
	assert_int_equal(judge_tx(&t), RULE_NONE);
	t.max_priority_fee_wei = wire_from_u128(2 * GWEI + 1);
	assert_int_equal(judge_tx(&t), RULE_TX_FEE);
	t.max_priority_fee_wei = wire_from_u128(2 * GWEI);
	t.max_fee_wei = wire_from_u128(100 * GWEI + 1);
	assert_int_equal(judge_tx(&t), RULE_TX_FEE);
	t.max_fee_wei = wire_from_u128(2 * GWEI - 1);
	assert_int_equal(judge_tx(&t), RULE_TX_FEE);	/* tip above fee */
	t.max_fee_wei = t.max_priority_fee_wei = wire_from_u128(0);
	assert_int_equal(judge_tx(&t), RULE_TX_FEE);
	t = good_tx();
	t.type = TX_LEGACY;
	assert_int_equal(judge_tx(&t), RULE_TX_FEE);	/* a tip it cannot pay */
}

static void
policy_tx__refuses_gas_above_the_limit(void **state)
{
	struct wire_tx_request t = good_tx();

	(void)state;
	t.gas_limit = 500000;
	assert_int_equal(judge_tx(&t), RULE_NONE);
	t.gas_limit++;
	assert_int_equal(judge_tx(&t), RULE_TX_GAS);
	t.gas_limit = 0;
	assert_int_equal(judge_tx(&t), RULE_TX_GAS);
}

static void
policy_tx__refuses_nonces_out_of_reach(void **state)
{
	struct wire_tx_request t = good_tx();

	(void)state;
	t.nonce = 6;
	assert_int_equal(judge_tx(&t), RULE_TX_NONCE);
	t.nonce = 7 + 15;
	assert_int_equal(judge_tx(&t), RULE_NONE);
	t.nonce++;
	assert_int_equal(judge_tx(&t), RULE_TX_NONCE);
	t = good_tx();
	gas.has_nonce = false;
	assert_int_equal(judge_tx(&t), RULE_TX_NONCE);
}

/* The budget of good_tx is a million gas at 100 gwei an hour. */
static void
policy_tx__refuses_beyond_the_budget_of_the_hour(void **state)
{
	struct wire_tx_request t = good_tx();

	(void)state;
	t.max_fee_wei = wire_from_u128(100 * GWEI);
	t.gas_limit = 500000;
	assert_int_equal(judge_tx(&t), RULE_NONE);
	t.nonce++;
	assert_int_equal(judge_tx(&t), RULE_NONE);
	t.nonce++;
	t.gas_limit = 1;
	assert_int_equal(judge_tx(&t), RULE_TX_BUDGET);
	assert_int_equal(policy_tx(&gas, &t, NOW + 3599999, &config),
	    RULE_TX_BUDGET);
	assert_int_equal(policy_tx(&gas, &t, NOW + 3600000, &config),
	    RULE_NONE);
	assert_true(gas.window_wei == 100 * GWEI);
	assert_int_equal(gas.window_begin_ms, NOW + 3600000);
	/* A clock that steps back opens no new hour. */
	assert_int_equal(policy_tx(&gas, &t, NOW, &config), RULE_NONE);
	assert_int_equal(gas.window_begin_ms, NOW + 3600000);
}

static void
policy_tx__counts_a_replacement_by_its_difference(void **state)
{
	struct wire_tx_request t = good_tx();

	(void)state;
	assert_int_equal(judge_tx(&t), RULE_NONE);
	t.max_fee_wei = wire_from_u128(60 * GWEI);
	assert_int_equal(judge_tx(&t), RULE_NONE);
	assert_true(gas.window_wei == 60 * GWEI * 100000);
	t.max_fee_wei = wire_from_u128(10 * GWEI);
	assert_int_equal(judge_tx(&t), RULE_NONE);
	t.max_fee_wei = wire_from_u128(60 * GWEI);
	assert_int_equal(judge_tx(&t), RULE_NONE);
	assert_true(gas.window_wei == 60 * GWEI * 100000);
	/* The same place in the table, but another nonce. */
	gas.next_nonce = 7 + 16;
	t.nonce = 7 + 16;
	assert_int_equal(judge_tx(&t), RULE_NONE);
	assert_true(gas.window_wei == 2 * 60 * GWEI * 100000);
}

static void
policy_tx__refuses_a_cost_beyond_the_type(void **state)
{
	struct wire_tx_request t = good_tx();

	(void)state;
	config.gas.max_fee_wei = U128_MAX;
	config.gas.budget_wei_per_hour = U128_MAX;
	t.max_fee_wei = wire_from_u128(U128_MAX);
	assert_int_equal(judge_tx(&t), RULE_TX_BUDGET);
}

static void
policy_rule_name__names_every_rule(void **state)
{
	(void)state;
	for (unsigned i = 0; i <= RULE_STATE; i++)
		assert_string_not_equal(policy_rule_name((enum policy_rule)i),
		    "unnamed");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(policy_bound_ppb__grows_with_time_up_to_its_maximum),
	    cmocka_unit_test(policy_bound_word__takes_any_first_price),
	    cmocka_unit_test(
	    policy_bound_word__refuses_beyond_the_bound_on_both_sides),
	    cmocka_unit_test(policy_bound_word__keeps_a_degraded_word_as_it_is),
	    cmocka_unit_test(
	    policy_bound_word__gives_a_refused_word_the_grown_high),
	    cmocka_unit_test(policy_bound_word__has_no_high_before_any_price),
	    cmocka_unit_test(policy_bound_word__rounds_the_high_up_and_saturates),
	    cmocka_unit_test(policy_bound_word__is_idempotent),
	    cmocka_unit_test(policy_bound_word__agrees_with_plain_division),
	    cmocka_unit_test(policy_bound_word__fails_on_a_malformed_word),
	    cmocka_unit_test(policy_note_word__never_latches_in_a_crash),
	    cmocka_unit_test(
		policy_note_word__moves_the_reference_once_a_second),
	    cmocka_unit_test(policy_note_word__follows_a_fast_but_steady_fall),
	    cmocka_unit_test(
	    policy_note_word__never_latches_at_the_last_decimals),
	    cmocka_unit_test(policy_note_word__slows_a_liar),
	    cmocka_unit_test(policy_note_word__ignores_a_proposed_refusal),
	    cmocka_unit_test(policy_note_word__survives_a_clock_that_steps_back),
	    cmocka_unit_test(policy_header__allows_a_good_request),
	    cmocka_unit_test(policy_header__refuses_while_paused),
	    cmocka_unit_test(policy_header__refuses_an_old_sequence),
	    cmocka_unit_test(policy_header__refuses_a_sequence_far_ahead),
	    cmocka_unit_test(policy_header__refuses_an_as_of_that_does_not_rise),
	    cmocka_unit_test(policy_header__refuses_an_as_of_off_the_clock),
	    cmocka_unit_test(policy_header__refuses_a_wrong_validity),
	    cmocka_unit_test(policy_header__refuses_a_reason_that_is_none),
	    cmocka_unit_test(policy_header__refuses_counts_that_do_not_fit),
	    cmocka_unit_test(policy_first_sequence__is_the_clock_or_the_next),
	    cmocka_unit_test(policy_tx__allows_a_submit),
	    cmocka_unit_test(policy_tx__refuses_without_a_gas_key_or_chain),
	    cmocka_unit_test(policy_tx__refuses_another_chain),
	    cmocka_unit_test(policy_tx__refuses_other_types),
	    cmocka_unit_test(policy_tx__refuses_other_destinations),
	    cmocka_unit_test(policy_tx__refuses_other_calls),
	    cmocka_unit_test(policy_tx__refuses_value),
	    cmocka_unit_test(policy_tx__refuses_fees_above_the_cap),
	    cmocka_unit_test(policy_tx__refuses_gas_above_the_limit),
	    cmocka_unit_test(policy_tx__refuses_nonces_out_of_reach),
	    cmocka_unit_test(policy_tx__refuses_beyond_the_budget_of_the_hour),
	    cmocka_unit_test(policy_tx__counts_a_replacement_by_its_difference),
	    cmocka_unit_test(policy_tx__refuses_a_cost_beyond_the_type),
	    cmocka_unit_test(policy_rule_name__names_every_rule),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
