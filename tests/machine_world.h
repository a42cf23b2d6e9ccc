/* tests/machine_world.h - a machine with synthetic inputs, and a signer that is
 * as dumb as one can be: arrays, and every hash made anew each time. */
#ifndef TESTS_MACHINE_WORLD_H
#define TESTS_MACHINE_WORLD_H

#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "oracle/replay.h"

#define WORLD_NOW 1795176000000u	/* 2026-11-20T12:00:00Z */
#define WORLD_SLOTS 64u
#define WORLD_OUTPUT_MAX (1u << 18)
#define WORLD_VENUES 3u

static const char world_config[] =
    "prices:\n"
    "  units:\n"
    "    ETH: {quorum: 2, age_max: 3s, dispersion_max: 2%, band_max: 10%}\n"
    "    BTC: {quorum: 2, age_max: 3s, dispersion_max: 2%, band_max: 10%}\n"
    "venues:\n"
    "  coinbase: {markets: {ETH-USD: ETH/USD, BTC-USD: BTC/USD}}\n"
    "  kraken: {markets: {ETH/USD: ETH/USD, BTC/USD: BTC/USD}}\n"
    "  binance: {markets: {ETHUSD: ETH/USD, BTCUSD: BTC/USD}}\n"
    "book: {file: book.json, vaults_max: 64}\n";

static const char world_chain[] =
    "chain:\n"
    "  rpc: [http://127.0.0.1:8545]\n"
    "  chain_id: 31337\n"
    "  clearing: \"0x5FbDB2315678afecb367f032d93F642f64180aa3\"\n"
    "  depth: 0\n"
    "  head_age_max: 60s\n";

static const char world_book[] =
    "{\"book\":\"world\",\"chain_id\":31337,\"assets\":["
    "{\"id\":\"WETH\",\"token\":\"0x1111111111111111111111111111111111111111\","
    "\"decimals\":18,\"price\":\"ETH\",\"ltv\":\"0.8\","
    "\"liquidation_threshold\":\"0.825\",\"close_factor\":\"1\"},"
    "{\"id\":\"WBTC\",\"token\":\"0x2222222222222222222222222222222222222222\","
    "\"decimals\":8,\"price\":\"BTC\",\"ltv\":\"0.8\","
    "\"liquidation_threshold\":\"0.825\",\"close_factor\":\"1\"}]}";

/* What came out of one input, as it came. */
struct world_output {
	uint8_t bytes[WORLD_OUTPUT_MAX];
	size_t len;
};

static inline void
world_emit(void *arg, const void *message, size_t size)
{
	struct world_output *o = arg;

	MUST(o->len + size <= sizeof(o->bytes));
	memcpy(o->bytes + o->len, message, size);
	o->len += size;
}

/* The n-th message of a type, or NULL. */
static inline const void *
world_find(const struct world_output *o, unsigned type, size_t n)
{
	for (size_t at = 0; at < o->len;) {
		struct wire_head head;

		memcpy(&head, o->bytes + at, sizeof(head));
		if (head.type == type && n-- == 0)
			return o->bytes + at;
		at += head.size;
	}
	return NULL;
}

static inline size_t
world_count(const struct world_output *o, unsigned type)
{
	size_t n = 0;

	while (world_find(o, type, n))
		n++;
	return n;
}

/* ---- trees, whole each time ---------------------------------------------- */

static inline void
dumb_root(struct b32 *out, const struct b32 *leaf, uint32_t used)
{
	static struct b32 level[WORLD_SLOTS * 2];
	uint32_t capacity = 1;
	bool empty = true;

	while (capacity < used)
		capacity *= 2;
	memset(level, 0, sizeof(level));
	for (uint32_t i = 0; i < used; i++) {
		level[i] = leaf[i];
		empty = empty && b32_is_zero(&leaf[i]);
	}
	for (; capacity > 1; capacity /= 2)
		for (uint32_t i = 0; i < capacity / 2; i++) {
			struct b32 *a = &level[2 * i], *b = &level[2 * i + 1];
			bool swap = b32_compare(a, b) > 0;
			struct b32 node;

			keccak256_pair(&node, swap ? b : a, swap ? a : b);
			level[i] = node;
		}
	memset(out, 0, sizeof(*out));
	if (!empty)
		*out = level[0];
}

/* ---- the signer ----------------------------------------------------------- */

struct dumb_signer {
	size_t asset_count;
	struct b32 word[BOOK_ASSETS_MAX];
	struct b32 leaf[WORLD_SLOTS], vault[WORLD_SLOTS];
	uint32_t used;
	struct eip712_domain domain;
	struct b32 book, rules_hash;
	struct policy_price bound[BOOK_ASSETS_MAX];
	const struct config_policy *policy;
};

struct dumb_answer {
	struct attestation header;
	struct b32 digest;
};

static inline void
dumb_leaf(struct dumb_signer *s, const struct wire_leaf *w)
{
	struct verdict_leaf l = {
		.vault = w->vault, .nonce = w->nonce, .as_of = w->as_of,
		.block_number = w->block_number, .state = w->state,
		.method = w->method,
		.collateral_value = wire_to_u128(w->collateral_value),
		.debt_value = wire_to_u128(w->debt_value),
		.health_low = wire_to_u128(w->health_low),
		.health_high = wire_to_u128(w->health_high),
		.initial_excess = (i128)wire_to_u128(w->initial_excess),
		.maintenance_excess =
		    (i128)wire_to_u128(w->maintenance_excess),
		.liquidation_asset = w->liquidation_asset,
		.liquidation_price = wire_to_u128(w->liquidation_price),
		.debt_asset = w->debt_asset,
		.max_repay = wire_to_u128(w->max_repay),
	};

	MUST(w->slot < WORLD_SLOTS);
	if (w->slot >= s->used)
		s->used = w->slot + 1;
	memset(&s->leaf[w->slot], 0, 32);
	memset(&s->vault[w->slot], 0, 32);
	if (!w->is_present)
		return;
	/* No vault in two slots, not even for a moment. */
	for (uint32_t i = 0; i < s->used; i++)
		MUST(!b32_equal(&s->vault[i], &w->vault));
	s->vault[w->slot] = w->vault;
	verdict_leaf_hash(&s->leaf[w->slot], &l);
}

/* The status that the words and the header's reason amount to. */
static inline void
dumb_status(struct attestation *a, const struct b32 *words, size_t count,
    uint32_t header_reason)
{
	a->status = PRICE_OK;
	if (header_reason != 0) {
		a->status = PRICE_REFUSED;
		a->reason = header_reason;
		return;
	}
	for (size_t i = 0; i < count && a->status == PRICE_OK; i++) {
		struct price p;

		MUST(price_word_unpack(&p, &words[i]) == ERR_OK);
		if (p.status != PRICE_OK) {
			a->status = PRICE_DEGRADED;
			a->reason = p.reason;
		}
	}
}

/* Takes BEGIN ... END; s changes only if `agree`.  False without a request. */
static inline bool
dumb_sign(struct dumb_answer *out, struct dumb_signer *s,
    const struct world_output *o, bool agree)
{
	static struct dumb_signer t;
	struct b32 words[BOOK_ASSETS_MAX];
	const struct wire_begin *b = world_find(o, WIRE_BEGIN, 0);
	const struct wire_end *end = world_find(o, WIRE_END, 0);
	struct attestation *a = &out->header;

	if (!b)
		return false;
	t = *s;
	if (b->is_first) {
		memset(t.leaf, 0, sizeof(t.leaf));
		memset(t.vault, 0, sizeof(t.vault));
		t.used = 0;
		MUST(b->word_count == t.asset_count);
	}
	MUST(end && end->sequence == b->sequence);
	MUST(b->asset_count == t.asset_count);
	MUST(world_count(o, WIRE_BEGIN) == 1);
	MUST(world_count(o, WIRE_LEAF) == b->leaf_count);
	for (uint32_t i = 0; i < b->word_count; i++) {
		const struct wire_word *w = world_find(o, WIRE_WORD, i);

		MUST(w && w->slot < t.asset_count);
		t.word[w->slot] = w->word;
	}
	for (uint32_t i = 0; i < b->leaf_count; i++)
		dumb_leaf(&t, world_find(o, WIRE_LEAF, i));
	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < t.asset_count; i++) {
		words[i] = t.word[i];
		MUST(policy_bound_word(&words[i], &t.bound[i], b->as_of,
		    t.policy) == ERR_OK);
		policy_note_word(&t.bound[i], &words[i], &t.word[i], b->as_of,
		    t.policy);
	}
	a->book = t.book;
	a->rules_hash = t.rules_hash;
	a->sequence = b->sequence;
	a->as_of = b->as_of;
	a->valid_until = b->valid_until;
	a->block_number = b->block_number;
	a->block_hash = b->block_hash;
	a->positions_root = b->positions_root;
	a->inputs_hash = b->inputs_hash;
	a->vault_count = b->vault_count;
	a->collateral_value = wire_to_u128(b->collateral_value);
	a->debt_value = wire_to_u128(b->debt_value);
	prices_hash(&a->prices_hash, words, t.asset_count);
	dumb_root(&a->verdicts_root, t.leaf, t.used);
	for (uint32_t i = 0; i < t.used; i++)
		a->verdict_count += b32_is_zero(&t.leaf[i]) ? 0 : 1;
	dumb_status(a, words, t.asset_count, b->header_reason);
	attest_digest(&out->digest, &t.domain, a);
	if (agree)
		*s = t;
	return true;
}

/* ---- the world ------------------------------------------------------------ */

struct world {
	struct replay_life *life;
	struct machine *machine;
	struct dumb_signer signer;
	struct world_output out;	/* of the last input */
	uint64_t now_ms;
	/* Every input, for a second machine. */
	uint8_t *inputs;
	size_t inputs_len, inputs_capacity;
	struct keccak256 outputs;
	struct b32 chain;		/* inputsHash, counted here */
};

static inline void
world_keep(struct world *w, const void *message, size_t size)
{
	uint8_t bytes[32 + WIRE_SIZE_MAX];

	while (w->inputs_len + size > w->inputs_capacity) {
		w->inputs_capacity = w->inputs_capacity * 2 + 65536;
		w->inputs = realloc(w->inputs, w->inputs_capacity);
		MUST(w->inputs);
	}
	memcpy(w->inputs + w->inputs_len, message, size);
	w->inputs_len += size;
	memcpy(bytes, w->chain.b, 32);
	memcpy(bytes + 32, message, size);
	keccak256(&w->chain, bytes, 32 + size);
}

static inline enum err
world_say(struct world *w, const void *message)
{
	struct machine_output o = { world_emit, &w->out };
	struct wire_head head;
	enum err e;

	memcpy(&head, message, sizeof(head));
	world_keep(w, message, head.size);
	w->out.len = 0;
	e = machine_apply(w->machine, message, &o);
	keccak256_update(&w->outputs, w->out.bytes, w->out.len);
	return e;
}

static inline struct replay_life *
world_life(bool has_chain, uint32_t verdicts_max)
{
	char text[4096];
	struct replay_life *life = NULL;
	int len = snprintf(text, sizeof(text), "%s%sattestation: {verdicts_max:"
	    " %u}\n", world_config, has_chain ? world_chain : "", verdicts_max);

	MUST(replay_life_open(&life, text, (size_t)len, "world", world_book,
	    sizeof(world_book) - 1, "book") == ERR_OK);
	life->config.policy = (struct config_policy){
		.bound_base_ppb = 100000000, .bound_per_second_ppb = 100000000,
		.bound_max_ppb = 600000000, .validity_max_ms = 300000 };
	return life;
}

/* A life of a book with instruments, and room for vaults with positions;
 * vaults_max 0: as the config has it. */
static inline struct replay_life *
world_life_of(const char *book, uint32_t instruments, uint32_t portfolios,
    uint32_t vaults_max, const struct tables_guard *guard)
{
	struct replay_life *l = calloc(1, sizeof(*l));
	struct bookfile_counts counts;
	struct bookfile *f;
	unsigned errors = 0;
	char text[4096];
	int len = snprintf(text, sizeof(text), "%sattestation: "
	    "{verdicts_max: 64}\n", world_config);

	MUST(l && config_read(&l->config, text, (size_t)len, "config", stderr,
	    &errors) == ERR_OK);
	l->config.portfolios_max = portfolios;
	if (vaults_max > 0)
		l->config.vaults_max = vaults_max;
	l->config.policy = (struct config_policy){
		.bound_base_ppb = 600000000, .bound_per_second_ppb = 100000000,
		.bound_max_ppb = 600000000, .validity_max_ms = 300000 };
	MUST(bookfile_open(&f, book, strlen(book), "book", stderr) == ERR_OK);
	bookfile_counts(&counts, f);
	MUST(counts.instruments == instruments);
	book_init(&l->book, calloc(1, sizeof(struct vault)),
	    calloc(2, sizeof(uint32_t)), 1);
	l->book.instruments = calloc(instruments, sizeof(struct instrument));
	MUST(bookfile_fill(f, &l->book, &l->names) == ERR_OK);
	bookfile_close(f);
	MUST(config_bind_book(&l->config, &l->book, &l->names, "book",
	    stderr) == ERR_OK);
	MUST(machine_create(&l->machine, &l->config, &l->book, NULL, guard) ==
	    ERR_OK);
	return l;
}

/* A world of a life that is there, and then its own. */
static inline void
world_take(struct world *w, struct replay_life *life)
{
	struct wire_start start;

	memset(w, 0, sizeof(*w));
	w->life = life;
	w->machine = w->life->machine;
	w->now_ms = WORLD_NOW;
	keccak256_init(&w->outputs);
	w->signer.asset_count = w->life->book.asset_count;
	w->signer.book = w->life->book.id;
	w->signer.domain = w->machine->domain;
	w->signer.rules_hash = w->machine->rules_hash;
	w->signer.policy = &w->life->config.policy;
	memset(&start, 0, sizeof(start));
	wire_head_set(&start.head, WIRE_START);
	start.now_ms = w->now_ms;
	MUST(world_say(w, &start) == ERR_OK);
}

static inline void
world_begin(struct world *w, bool has_chain, uint32_t verdicts_max)
{
	world_take(w, world_life(has_chain, verdicts_max));
}

static inline void
world_end(struct world *w)
{
	replay_life_close(w->life);
	free(w->inputs);
}

static inline void
world_signer_ready(struct world *w)
{
	struct wire_signer_ready r;

	memset(&r, 0, sizeof(r));
	wire_head_set(&r.head, WIRE_SIGNER_READY);
	r.first_sequence = w->now_ms * 1024;
	MUST(world_say(w, &r) == ERR_OK);
}

/* One venue's book of unit (1 ETH, 2 BTC), mid in cents. */
static inline void
world_tick(struct world *w, size_t venue, size_t unit, uint64_t cents)
{
	u128 cent = (u128)10000000000000000u;
	struct wire_tick t;

	memset(&t, 0, sizeof(t));
	wire_head_set(&t.head, WIRE_TICK);
	t.market = (uint16_t)(venue * 2 + unit - 1);
	t.has_book = 1;
	t.bid = wire_from_u128((cents - 5) * cent);
	t.ask = wire_from_u128((cents + 5) * cent);
	t.exchange_ms = t.recv_ms = w->now_ms;
	MUST(world_say(w, &t) == ERR_OK);
}

static inline void
world_prices(struct world *w, uint64_t eth_cents, uint64_t btc_cents)
{
	for (size_t venue = 0; venue < WORLD_VENUES; venue++) {
		world_tick(w, venue, 1, eth_cents);
		world_tick(w, venue, 2, btc_cents);
	}
}

/* Vault n: gwei of WETH against satoshis of WBTC. */
static inline enum err
world_vault(struct world *w, uint8_t n, uint64_t eth_gwei, uint64_t satoshis,
    uint64_t nonce)
{
	struct wire_vault v;

	memset(&v, 0, sizeof(v));
	wire_head_set(&v.head, WIRE_VAULT);
	v.id.b[0] = 0x77;
	v.id.b[31] = n;
	v.nonce = nonce;
	v.block_number = nonce;
	if (eth_gwei > 0) {
		v.collateral_count = 1;
		v.collateral_amount[0] =
		    wire_from_u128((u128)eth_gwei * 1000000000u);
	}
	if (satoshis > 0) {
		v.debt_count = 1;
		v.debt_asset[0] = 1;
		v.debt_amount[0] = wire_from_u128(satoshis);
		v.debt_index[0] = wire_from_u128(WAD_ONE_RAW);
	}
	return world_say(w, &v);
}

static inline void
world_close(struct world *w)
{
	struct wire_close c;

	memset(&c, 0, sizeof(c));
	wire_head_set(&c.head, WIRE_CLOSE);
	c.now_ms = w->now_ms;
	MUST(world_say(w, &c) == ERR_OK);
}

static inline enum err
world_signed(struct world *w, uint64_t sequence, const struct b32 *digest)
{
	struct wire_signed s;

	memset(&s, 0, sizeof(s));
	wire_head_set(&s.head, WIRE_SIGNED);
	s.sequence = sequence;
	s.digest = *digest;
	memset(s.signature.r, 7, sizeof(s.signature.r));
	return world_say(w, &s);
}

#endif
