/* attest_dump SEED COUNT: random messages and what we make of them, one JSON
 * object a line, for tests/check_attest.mjs to work out again with ethers.
 * attest_dump decode: reads "vaultState|latest|signerTable|threshold HEX"
 * lines and prints what we read out of each answer. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "base/hex.h"
#include "base/keccak.h"
#include "base/must.h"
#include "contracts-abi/attest.h"
#include "contracts-abi/clearing.h"
#include "contracts-abi/tx.h"
#include "oracle/sig.h"

#define POSITIONS 40u	/* of a vault, at most */

#define WORDS_MAX 130u
#define DETAIL_MAX 4u
#define SIGNATURES_MAX 19u
#define RULES_ASSETS_MAX 6u
#define RULES_MODES_MAX 3u

static uint64_t state;

/* splitmix64 (Vigna, public domain). */
static uint64_t
random_u64(void)
{
	uint64_t z = state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static uint64_t
random_below(uint64_t n)
{
	return random_u64() % n;
}

/* A number of a random width up to `bits`; the ends come often. */
static u128
random_bits(unsigned bits)
{
	u128 v = (u128)random_u64() << 64 | random_u64();
	u128 most = bits == 128 ? U128_MAX : ((u128)1 << bits) - 1;

	switch (random_below(8)) {
	case 0: return 0;
	case 1: return most;
	case 2: return v & most;
	}
	return (v & most) >> random_below(bits);
}

static void
random_bytes(uint8_t *out, size_t len)
{
	for (size_t i = 0; i < len; i++)
		out[i] = (uint8_t)random_u64();
}

static struct b32
random_b32(void)
{
	struct b32 v;

	random_bytes(v.b, sizeof(v.b));
	return v;
}

static struct addr
random_addr(void)
{
	struct addr v;

	random_bytes(v.b, sizeof(v.b));
	return v;
}

static void
print_hex(const char *name, const void *bytes, size_t len)
{
	printf("\"%s\":\"0x", name);
	for (size_t i = 0; i < len; i++)
		printf("%02x", ((const uint8_t *)bytes)[i]);
	printf("\",");
}

static void
print_b32(const char *name, const struct b32 *v)
{
	print_hex(name, v->b, sizeof(v->b));
}

static void
print_addr(const char *name, const struct addr *v)
{
	print_hex(name, v->b, sizeof(v->b));
}

static void
print_uint(const char *name, u128 v)
{
	char text[DECIMAL_BUF];

	decimal_from_u128(text, v, 0);
	printf("\"%s\":\"%s\",", name, text);
}

static void
print_int(const char *name, i128 v)
{
	char text[DECIMAL_BUF];

	decimal_from_i128(text, v, 0);
	printf("\"%s\":\"%s\",", name, text);
}

/* Objects end in "_":0}, so that each field may print its comma. */
static void
print_open(const char *name)
{
	printf("\"%s\":{", name);
}

static void
print_close(void)
{
	printf("\"_\":0},");
}

static struct attestation
random_attestation(void)
{
	return (struct attestation){
		.book = random_b32(),
		.sequence = (uint64_t)random_bits(64),
		.as_of = (uint64_t)random_bits(64),
		.valid_until = (uint64_t)random_bits(64),
		.block_number = (uint64_t)random_bits(64),
		.block_hash = random_b32(),
		.positions_root = random_b32(),
		.prices_hash = random_b32(),
		.verdicts_root = random_b32(),
		.rules_hash = random_b32(),
		.inputs_hash = random_b32(),
		.status = (uint8_t)random_bits(8),
		.reason = (uint32_t)random_bits(32),
		.vault_count = (uint32_t)random_bits(32),
		.verdict_count = (uint32_t)random_bits(32),
		.collateral_value = random_bits(128),
		.debt_value = random_bits(128),
	};
}

static void
dump_attestation(const struct attestation *a)
{
	print_open("attestation");
	print_b32("book", &a->book);
	print_uint("sequence", a->sequence);
	print_uint("asOf", a->as_of);
	print_uint("validUntil", a->valid_until);
	print_uint("blockNumber", a->block_number);
	print_b32("blockHash", &a->block_hash);
	print_b32("positionsRoot", &a->positions_root);
	print_b32("pricesHash", &a->prices_hash);
	print_b32("verdictsRoot", &a->verdicts_root);
	print_b32("rulesHash", &a->rules_hash);
	print_b32("inputsHash", &a->inputs_hash);
	print_uint("status", a->status);
	print_uint("reason", a->reason);
	print_uint("vaultCount", a->vault_count);
	print_uint("verdictCount", a->verdict_count);
	print_uint("collateralValue", a->collateral_value);
	print_uint("debtValue", a->debt_value);
	print_close();
}

static struct b32
dump_digest(const struct attestation *a)
{
	struct eip712_domain d = { (uint64_t)random_bits(64), random_addr() };
	struct b32 separator, hash, digest, with;

	attest_domain_separator(&separator, &d);
	attest_struct_hash(&hash, a);
	attest_digest(&digest, &d, a);
	attest_digest_with(&with, &separator, a);
	print_open("domain");
	print_uint("chainId", d.chain_id);
	print_addr("verifyingContract", &d.contract);
	print_close();
	print_b32("separator", &separator);
	print_b32("structHash", &hash);
	print_b32("digest", &digest);
	print_b32("digestWith", &with);
	return digest;
}

static void
dump_verdict(void)
{
	struct verdict_leaf l = {
		.vault = random_b32(),
		.nonce = (uint64_t)random_bits(64),
		.as_of = (uint64_t)random_bits(64),
		.block_number = (uint64_t)random_bits(64),
		.state = (uint8_t)random_bits(8),
		.method = (uint8_t)random_bits(8),
		.collateral_value = random_bits(128),
		.debt_value = random_bits(128),
		.health_low = random_bits(128),
		.health_high = random_bits(128),
		.initial_excess = (i128)random_bits(128),
		.maintenance_excess = -(i128)random_bits(120),
		.liquidation_asset = random_b32(),
		.liquidation_price = random_bits(128),
		.debt_asset = random_b32(),
		.max_repay = random_bits(128),
	};
	struct b32 hash;

	verdict_leaf_hash(&hash, &l);
	print_open("verdict");
	print_b32("vault", &l.vault);
	print_uint("nonce", l.nonce);
	print_uint("asOf", l.as_of);
	print_uint("blockNumber", l.block_number);
	print_uint("state", l.state);
	print_uint("method", l.method);
	print_uint("collateralValue", l.collateral_value);
	print_uint("debtValue", l.debt_value);
	print_uint("healthLow", l.health_low);
	print_uint("healthHigh", l.health_high);
	print_int("initialExcess", l.initial_excess);
	print_int("maintenanceExcess", l.maintenance_excess);
	print_b32("liquidationAsset", &l.liquidation_asset);
	print_uint("liquidationPrice", l.liquidation_price);
	print_b32("debtAsset", &l.debt_asset);
	print_uint("maxRepay", l.max_repay);
	print_close();
	print_b32("verdictLeaf", &hash);
}

/* Ascending because the first byte counts up. */
static size_t
random_legs(struct leg_word *legs)
{
	size_t count = random_below(LEGS_HASH_MAX + 1);

	for (size_t i = 0; i < count; i++) {
		legs[i].asset = random_b32();
		legs[i].asset.b[0] = (uint8_t)(i * 15 + random_below(15));
		legs[i].amount = random_bits(128);
	}
	return count;
}

static void
dump_legs(const char *name, const struct leg_word *legs, size_t count)
{
	printf("\"%s\":[", name);
	for (size_t i = 0; i < count; i++) {
		printf("%s{", i == 0 ? "" : ",");
		print_b32("asset", &legs[i].asset);
		print_uint("amount", legs[i].amount);
		printf("\"_\":0}");
	}
	printf("],");
}

/* Half of them none, as of a vault of tokens. */
static size_t
random_positions(struct position_word *p)
{
	size_t count = random_below(2) == 0 ? 0 : random_below(POSITIONS + 1);

	for (size_t i = 0; i < count; i++) {
		p[i].instrument = random_b32();
		p[i].instrument.b[0] = (uint8_t)(i * 6 + random_below(6));
		p[i].size = (i128)random_bits(128);
		p[i].entry = random_bits(128);
		p[i].funding = (i128)random_bits(128);
	}
	return count;
}

static void
dump_positions(const struct position_word *p, size_t count)
{
	printf("\"positions\":[");
	for (size_t i = 0; i < count; i++) {
		printf("%s{", i > 0 ? "," : "");
		print_b32("instrument", &p[i].instrument);
		print_int("size", p[i].size);
		print_uint("entry", p[i].entry);
		print_int("funding", p[i].funding);
		printf("\"_\":0}");
	}
	printf("],");
}

static void
dump_position(void)
{
	struct leg_word collateral[LEGS_HASH_MAX], debt[LEGS_HASH_MAX];
	struct position_word positions[POSITIONS];
	struct legs_words legs = { .collateral = collateral, .debt = debt,
		.positions = positions,
		.collateral_count = random_legs(collateral),
		.debt_count = random_legs(debt),
		.position_count = random_positions(positions) };
	struct position_leaf l = {
		.vault = random_b32(),
		.nonce = (uint64_t)random_bits(64),
		.block_number = (uint64_t)random_bits(64),
	};
	struct b32 hash;

	legs_hash(&l.legs_hash, &legs);
	position_leaf_hash(&hash, &l);
	dump_legs("collateral", collateral, legs.collateral_count);
	dump_legs("debt", debt, legs.debt_count);
	dump_positions(positions, legs.position_count);
	print_open("position");
	print_b32("vault", &l.vault);
	print_uint("nonce", l.nonce);
	print_uint("blockNumber", l.block_number);
	print_b32("legsHash", &l.legs_hash);
	print_close();
	print_b32("positionLeaf", &hash);
}

static void
dump_ids(void)
{
	char name[64];
	size_t len = random_below(sizeof(name));
	struct addr a = random_addr();
	uint64_t n = (uint64_t)random_bits(64);
	struct b32 asset, vault, book;

	for (size_t i = 0; i < len; i++)
		name[i] = (char)('a' + random_below(26));
	asset_id(&asset, n, &a);
	vault_id_on_chain(&vault, &a, n);
	name_id(&book, name, len);
	print_open("ids");
	print_addr("address", &a);
	print_uint("number", n);
	printf("\"name\":\"%.*s\",", (int)len, name);
	print_b32("asset", &asset);
	print_b32("vault", &vault);
	print_b32("book", &book);
	print_close();
}

static struct price
random_price(void)
{
	u128 mid = random_bits(100) + 1;
	struct price p = {
		.status = (enum price_status)random_below(3),
		.reason = (enum price_reason)random_below(10),
		.sources = (uint32_t)random_bits(32),
		.age_ms = (uint32_t)random_bits(32),
	};

	if (p.status == PRICE_REFUSED) {
		p.high = px18_from_raw(random_bits(128));
		return p;
	}
	p.mid = px18_from_raw(mid);
	p.low = px18_from_raw(mid - random_bits(100) % (mid + 1));
	p.high = px18_from_raw(mid + random_bits(100) % (mid + 1));
	return p;
}

static void
dump_price(const struct price *p, const struct b32 *word)
{
	struct price back;

	MUST(price_word_unpack(&back, word) == ERR_OK);
	printf("{");
	print_uint("mid", px18_to_raw(p->mid));
	print_uint("low", px18_to_raw(p->low));
	print_uint("high", px18_to_raw(p->high));
	print_uint("status", p->status);
	print_uint("reason", p->reason);
	print_uint("sources", p->sources);
	print_uint("age", p->age_ms);
	print_b32("word", word);
	print_uint("unpackedLow", px18_to_raw(back.low));
	print_uint("unpackedHigh", px18_to_raw(back.high));
	printf("\"_\":0}");
}

static void
dump_prices(struct b32 *words, size_t count)
{
	struct b32 hash;

	printf("\"prices\":[");
	for (size_t i = 0; i < count; i++) {
		struct price p = random_price();

		MUST(price_word_pack(&words[i], &p) == ERR_OK);
		if (i < DETAIL_MAX) {
			printf("%s", i == 0 ? "" : ",");
			dump_price(&p, &words[i]);
		}
	}
	printf("],");
	prices_hash(&hash, words, count);
	print_hex("words", words, count * sizeof(*words));
	print_b32("pricesHash", &hash);
}

static void
dump_rules_rows(const struct rules_row *rows, size_t count)
{
	printf("\"rows\":[");
	for (size_t i = 0; i < count; i++) {
		const struct rules_row *r = &rows[i];

		printf("%s{", i == 0 ? "" : ",");
		print_uint("ltv", r->ltv_ppb);
		print_uint("liquidationThreshold",
		    r->liquidation_threshold_ppb);
		print_uint("bonus", r->bonus_ppb);
		print_uint("closeFactor", r->close_factor_ppb);
		print_uint("debtWeight", r->debt_weight_ppb);
		print_uint("factor", r->factor);
		print_uint("dust", r->dust);
		printf("\"_\":0}");
	}
	printf("],");
}

static void
dump_rules(void)
{
	struct rules_asset assets[RULES_ASSETS_MAX];
	struct rules_row rows[RULES_ASSETS_MAX * RULES_MODES_MAX];
	uint8_t blob[RULES_BLOB_MAX(RULES_ASSETS_MAX, RULES_MODES_MAX)];
	size_t asset_count = 1 + random_below(RULES_ASSETS_MAX);
	size_t mode_count = 1 + random_below(RULES_MODES_MAX);
	struct b32 hash;
	size_t len;

	printf("\"rules\":{\"assets\":[");
	for (size_t i = 0; i < asset_count; i++) {
		assets[i] = (struct rules_asset){ random_addr(),
		    (uint8_t)random_bits(8) };
		printf("%s{", i == 0 ? "" : ",");
		print_addr("token", &assets[i].token);
		print_uint("decimals", assets[i].decimals);
		printf("\"_\":0}");
	}
	printf("],");
	for (size_t i = 0; i < asset_count * mode_count; i++)
		rows[i] = (struct rules_row){
			(uint32_t)random_bits(32), (uint32_t)random_bits(32),
			(uint32_t)random_bits(32), (uint32_t)random_bits(32),
			(uint32_t)random_bits(32), (uint8_t)random_bits(8),
			random_bits(88),
		};
	dump_rules_rows(rows, asset_count * mode_count);
	MUST(rules_blob_write(blob, &len, assets, asset_count, rows,
	    mode_count) == ERR_OK);
	keccak256(&hash, blob, len);
	print_uint("modes", mode_count);
	print_hex("blob", blob, len);
	print_b32("hash", &hash);
	print_close();
}

static size_t
random_signatures(struct clearing_signatures *s,
    uint8_t compact[SIGNATURES_MAX][64])
{
	size_t count = random_below(SIGNATURES_MAX + 1);

	*s = (struct clearing_signatures){ .count = count,
	    .compact = (const uint8_t (*)[64])compact };
	for (size_t n = 0; n < count;) {
		unsigned bit = (unsigned)random_below(255);
		uint8_t mask = (uint8_t)(1u << bit % 8);

		if ((s->bitmap[31 - bit / 8] & mask) != 0)
			continue;
		s->bitmap[31 - bit / 8] |= mask;
		random_bytes(compact[n++], 64);
	}
	return count;
}

static void
dump_liquidation(const struct clearing_liquidation *l)
{
	print_open("liquidation");
	print_addr("owner", &l->owner);
	print_uint("index", l->index);
	print_addr("collateral", &l->collateral);
	print_addr("debt", &l->debt);
	print_uint("repay", l->repay);
	print_uint("minSeize", l->min_seize);
	print_addr("recipient", &l->recipient);
	print_close();
}

static void
dump_calls(const struct attestation *a, const struct b32 *words, size_t count)
{
	uint8_t compact[SIGNATURES_MAX][64];
	uint8_t data[CLEARING_DATA_MAX];
	struct clearing_signatures s;
	size_t signatures = random_signatures(&s, compact);
	struct clearing_liquidation l = {
		random_addr(), (uint64_t)random_bits(64), random_addr(),
		random_addr(), random_bits(128), random_bits(128),
		random_addr(),
	};
	uint8_t call[36];
	size_t len;

	print_hex("bitmap", s.bitmap, sizeof(s.bitmap));
	print_hex("signatures", compact, signatures * 64);
	dump_liquidation(&l);
	MUST(clearing_encode_submit(data, &len, a, &s) == ERR_OK);
	print_hex("submit", data, len);
	MUST(clearing_encode_submit_and_liquidate(data, &len, a, &s, words,
	    count, &l) == ERR_OK);
	print_hex("submitAndLiquidate", data, len);
	len = clearing_encode_vault_state(call, &a->book);
	print_hex("vaultState", call, len);
	print_hex("latest", call, clearing_encode_latest(call));
	print_hex("rulesHash", call, clearing_encode_rules_hash(call));
	print_hex("bookCall", call, clearing_encode_book(call));
	print_hex("threshold", call, clearing_encode_threshold(call));
	print_hex("signerTable", call, clearing_encode_signer_table(call));
}

static struct tx
random_tx(enum tx_type type, const uint8_t *bytes, size_t bytes_max)
{
	struct tx t = {
		.type = type,
		/* ethers keeps nonces in a JavaScript number. */
		.nonce = (uint64_t)random_bits(53),
		.chain_id = (uint64_t)random_bits(63) + 1,
		.max_fee_wei = random_bits(128),
		.gas_limit = (uint64_t)random_bits(64),
		.creates = random_below(8) == 0,
		.to = random_addr(),
		.value_wei = random_bits(128),
		.data = bytes,
		.data_len = random_below(4) == 0 ? random_below(60) :
		    random_below(bytes_max),
	};

	if (type == TX_FEE_MARKET)
		t.max_priority_fee_wei = t.max_fee_wei == 0 ? 0 :
		    random_bits(128) % t.max_fee_wei;
	return t;
}

static void
dump_tx(enum tx_type type)
{
	uint8_t bytes[600], raw[TX_RAW_MAX], r[32], s[32];
	struct tx t = random_tx(type, bytes, sizeof(bytes));
	unsigned recovery = (unsigned)random_below(2);
	struct b32 hash;
	size_t len;

	random_bytes(bytes, sizeof(bytes));
	random_bytes(r, 32);
	random_bytes(s, 32);
	r[0] &= 0x7f;
	s[0] &= random_below(8) == 0 ? 0 : 0x3f;
	MUST(tx_sign_hash(&hash, &t) == ERR_OK);
	MUST(tx_encode(raw, &len, &t, recovery, r, s) == ERR_OK);
	print_open(type == TX_LEGACY ? "tx0" : "tx2");
	print_uint("nonce", t.nonce);
	print_uint("chainId", t.chain_id);
	print_uint("maxFee", t.max_fee_wei);
	print_uint("priorityFee", t.max_priority_fee_wei);
	print_uint("gasLimit", t.gas_limit);
	printf("\"creates\":%s,", t.creates ? "true" : "false");
	print_addr("to", &t.to);
	print_uint("value", t.value_wei);
	print_hex("data", t.data, t.data_len);
	print_uint("recovery", recovery);
	print_hex("r", r, 32);
	print_hex("s", s, 32);
	print_b32("signHash", &hash);
	print_hex("raw", raw, len);
	print_close();
}

static void
dump_signed(const struct sig_context *c, const struct b32 *digest)
{
	uint8_t secret[32], compact[64], rsv[65];
	struct sig_compact s;
	struct sig_key key;

	/* Below the group's order, which begins with 32 one bits. */
	random_bytes(secret, sizeof(secret));
	secret[0] &= 0x7f;
	MUST(sig_key_from_secret(&key, c, secret) == ERR_OK);
	MUST(sig_sign(&s, c, &key, digest) == ERR_OK);
	sig_to_eip2098(compact, &s);
	sig_to_rsv65(rsv, &s);
	print_hex("secret", secret, sizeof(secret));
	print_addr("signer", &key.address);
	print_hex("eip2098", compact, sizeof(compact));
	print_hex("rsv65", rsv, sizeof(rsv));
	sig_key_wipe(&key);
}

static int
dump(uint64_t seed, uint64_t count)
{
	static const uint8_t blinding[32] = { 1 };
	struct sig_context *c;

	state = seed;
	MUST(sig_context_create(&c, blinding) == ERR_OK);
	for (uint64_t i = 0; i < count; i++) {
		struct attestation a = random_attestation();
		struct b32 words[WORDS_MAX], digest;

		printf("{\"index\":%" PRIu64 ",", i);
		dump_attestation(&a);
		digest = dump_digest(&a);
		dump_signed(c, &digest);
		dump_verdict();
		dump_position();
		dump_ids();
		dump_prices(words, 1 + i % WORDS_MAX);
		dump_rules();
		dump_calls(&a, words, 1 + i % WORDS_MAX);
		dump_tx(TX_LEGACY);
		dump_tx(TX_FEE_MARKET);
		printf("\"_\":0}\n");
	}
	sig_context_destroy(c);
	return 0;
}

static void
decode_side(const char *name, const uint8_t *slot, const u128 *amount,
    size_t count)
{
	printf("\"%s\":[", name);
	for (size_t i = 0; i < count; i++) {
		printf("%s{", i == 0 ? "" : ",");
		print_uint("slot", slot[i]);
		print_uint("amount", amount[i]);
		printf("\"_\":0}");
	}
	printf("],");
}

static enum err
decode_vault(const uint8_t *bytes, size_t len)
{
	struct clearing_vault v;
	enum err e = clearing_decode_vault_state(&v, bytes, len);

	if (e != ERR_OK)
		return e;
	print_addr("owner", &v.owner);
	print_uint("index", v.index);
	print_uint("nonce", v.nonce);
	print_uint("liquidations", v.liquidations);
	print_uint("mode", v.mode);
	decode_side("collateral", v.collateral_slot, v.collateral_amount,
	    v.collateral_count);
	decode_side("debt", v.debt_slot, v.debt_amount, v.debt_count);
	return ERR_OK;
}

static enum err
decode_latest(const uint8_t *bytes, size_t len)
{
	struct clearing_latest v;
	enum err e = clearing_decode_latest(&v, bytes, len);

	if (e != ERR_OK)
		return e;
	print_b32("digest", &v.digest);
	print_uint("sequence", v.sequence);
	print_uint("asOf", v.as_of);
	print_uint("status", v.status);
	print_uint("lastRefusal", v.last_refusal);
	return ERR_OK;
}

static enum err
decode_table(const uint8_t *bytes, size_t len)
{
	struct addr table[CLEARING_SIGNERS_MAX];
	size_t count;
	enum err e = clearing_decode_signer_table(table, &count,
	    ARRAY_COUNT(table), bytes, len);

	if (e == ERR_OK)
		print_hex("table", table, count * sizeof(table[0]));
	return e;
}

static enum err
decode_threshold(const uint8_t *bytes, size_t len)
{
	uint8_t k;
	enum err e = clearing_decode_threshold(&k, bytes, len);

	if (e == ERR_OK)
		print_uint("threshold", k);
	return e;
}

static int
decode(void)
{
	static const struct {
		const char *name;
		enum err (*read)(const uint8_t *bytes, size_t len);
	} kinds[] = {
		{ "vaultState", decode_vault },
		{ "latest", decode_latest },
		{ "signerTable", decode_table },
		{ "threshold", decode_threshold },
	};
	static char line[2 * CLEARING_DATA_MAX + 64];
	static uint8_t bytes[CLEARING_DATA_MAX];

	while (fgets(line, sizeof(line), stdin) != NULL) {
		char *hex = strchr(line, ' ');
		enum err e = ERR_UNKNOWN;
		size_t len;

		if (hex == NULL)
			return 2;
		*hex++ = '\0';
		hex[strcspn(hex, "\n")] = '\0';
		if (hex_to_bytes_max(bytes, &len, sizeof(bytes), hex,
		    strlen(hex)) != ERR_OK)
			return 2;
		printf("{");
		for (size_t i = 0; i < ARRAY_COUNT(kinds); i++)
			if (strcmp(kinds[i].name, line) == 0)
				e = kinds[i].read(bytes, len);
		printf("\"error\":\"%s\"}\n", e == ERR_OK ? "" : err_name(e));
	}
	return 0;
}

int
main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "decode") == 0)
		return decode();
	if (argc == 3)
		return dump(strtoull(argv[1], NULL, 10),
		    strtoull(argv[2], NULL, 10));
	fprintf(stderr, "usage: attest_dump SEED COUNT | decode\n");
	return 2;
}
