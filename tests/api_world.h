/* tests/api_world.h - a board with moving prices, vaults, trees and signed
 * attestations, written the way the engine writes it, so that the api can be
 * tried without the whole service.  Test code only. */
#ifndef TESTS_API_WORLD_H
#define TESTS_API_WORLD_H

#include "base/merkle.h"
#include "margin/liquidation.h"
#include "oracle/board.h"
#include "oracle/sig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define API_WORLD_VAULTS 256u
#define API_WORLD_VERDICTS 256u
#define API_WORLD_ASSETS 4u

struct api_world {
	struct config config;
	struct book book;
	struct vault vaults[API_WORLD_VAULTS];
	uint32_t hash[2 * API_WORLD_VAULTS];
	struct market market;
	struct board *writer;
	struct tables tables;		/* in it */
	struct vaults columns;
	const struct board *reader;
	struct board_head head;
	struct verdict verdict[API_WORLD_VAULTS];
	uint32_t slot_of[API_WORLD_VAULTS];	/* verdict slots */
	struct merkle positions, verdicts;
	struct sig_context *sig;
	struct sig_key key;
	uint64_t seed, sequence;
	int fd, fd_read_only;
};

__attribute__((unused)) static uint64_t
api_world_random(struct api_world *w)
{
	uint64_t z = (w->seed += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static inline void
api_world_must(bool cond, const char *what)
{
	if (!cond) {
		fprintf(stderr, "api_world: %s\n", what);
		abort();
	}
}

static inline void
api_world_name(char *out, size_t size, const char *name)
{
	snprintf(out, size, "%s", name);
}

static inline void
api_world_market(struct config *c, uint16_t venue, const char *symbol,
    uint16_t base, uint16_t quote)
{
	size_t n = c->prices.market_count++;

	c->prices.market[n] = (struct prices_market){ .venue = venue,
		.operator_id = venue, .base = base, .quote = quote,
		.weight = 1 };
	c->market[n].venue = venue;
	api_world_name(c->market[n].symbol, VENUE_SYMBOL_MAX, symbol);
}

static inline void
api_world_config(struct api_world *w)
{
	static const char *const unit[] = { "USD", "ETH", "BTC", "USDC",
		"LINK" };
	static const char *const venue[] = { "coinbase", "kraken", "binance",
		"bybit" };
	static const char *const symbol[][4] = {
		{ "ETH-USD", "ETH/USD", "ETHUSDT", "ETHUSDT" },
		{ "BTC-USD", "BTC/USD", "BTCUSDT", "BTCUSDT" },
		{ "USDC-USD", "USDC/USD", "USDCUSDT", "USDCUSDT" },
		{ "LINK-USD", "LINK/USD", "LINKUSDT", "LINKUSDT" },
	};
	struct config *c = &w->config;

	c->has_clearing = true;
	c->chain_id = 31337;
	c->interval_ms = 1000;
	c->clearing.b[0] = 0xc0;
	c->clearing.b[19] = 0x01;
	c->vaults_max = API_WORLD_VAULTS;
	c->verdicts_max = API_WORLD_VERDICTS;
	for (size_t i = 0; i < 5; i++)
		api_world_name(c->prices.unit[i].name, PRICES_NAME_MAX,
		    unit[i]);
	c->prices.unit_count = 5;
	for (size_t i = 0; i < 4; i++)
		api_world_name(c->venue[i].name, sizeof(c->venue[i].name),
		    venue[i]);
	c->venue_count = 4;
	for (uint16_t a = 0; a < API_WORLD_ASSETS; a++) {
		c->asset_unit[a] = (uint16_t)(a + 1);
		for (uint16_t v = 0; v < 4; v++)
			api_world_market(c, v, symbol[a][v],
			    (uint16_t)(a + 1), 0);
	}
}

static inline void
api_world_book(struct api_world *w)
{
	static const char *const name[] = { "WETH", "WBTC", "USDC", "LINK" };
	static const uint8_t decimals[] = { 18, 8, 6, 18 };
	static const uint32_t lt[] = { 825, 780, 860, 700 };

	book_init(&w->book, w->vaults, w->hash, API_WORLD_VAULTS);
	w->book.chain_id = 31337;
	api_world_name(w->book.name, BOOK_NAME_MAX, "page");
	name_id(&w->book.id, "page", 4);
	for (size_t i = 0; i < API_WORLD_ASSETS; i++) {
		struct asset *a = &w->book.assets[i];

		api_world_name(a->name, BOOK_NAME_MAX, name[i]);
		a->decimals = decimals[i];
		a->factor = (uint8_t)i;
		a->token.b[0] = 0x70;
		a->token.b[19] = (uint8_t)(i + 1);
		asset_id(&a->id, 31337, &a->token);
		a->rules[0] = (struct asset_rules){
			.ltv = ppb_from_raw((lt[i] - 25) * 1000000u),
			.liquidation_threshold =
			    ppb_from_raw(lt[i] * 1000000u),
			.bonus = ppb_from_raw(50000000),
			.close_factor = ppb_from_raw(PPB_ONE_RAW),
			.debt_weight = ppb_from_raw(PPB_ONE_RAW),
			.dust = usd18_from_raw((i128)(WAD_ONE_RAW * 100)),
		};
	}
	w->book.asset_count = w->book.factor_count = API_WORLD_ASSETS;
	w->market.count = API_WORLD_ASSETS;
}

static inline void
api_world_price(struct api_world *w, size_t asset, u128 mid)
{
	struct price *p = &w->market.asset[asset].price;

	*p = (struct price){ .mid = px18_from_raw(mid),
		.low = px18_from_raw(mid - mid / 1500),
		.high = px18_from_raw(mid + mid / 1500),
		.status = PRICE_OK, .sources = 4,
		.age_ms = (uint32_t)(api_world_random(w) % 900) };
}

static inline u128
api_world_atoms(struct api_world *w, size_t asset, uint64_t usd)
{
	u128 atoms = 0;

	api_world_must(atoms_from_usd18(&atoms,
	    usd18_from_raw((i128)(WAD_ONE_RAW * usd)),
	    w->book.assets[asset].decimals, w->market.asset[asset].price.mid,
	    ROUND_FLOOR) == ERR_OK, "amount");
	return atoms;
}

/* A vault of about 1.0 to 1.6 in health; every fortieth without a debt; vault 1
 * is called "one" like those of a file. */
static inline void
api_world_vault(struct api_world *w, uint64_t n)
{
	uint64_t usd = 3000 + api_world_random(w) % 90000;
	uint64_t part = 47 + api_world_random(w) % 31;
	size_t first = (size_t)(api_world_random(w) % 2);
	struct vault v;
	uint32_t slot;

	memset(&v, 0, sizeof(v));
	v.owner.b[0] = 0x0a;
	v.owner.b[18] = (uint8_t)(n >> 8);
	v.owner.b[19] = (uint8_t)n;
	v.owner_index = n;
	v.nonce = 1;
	v.block_number = 100 + n;
	if (n == 1)
		name_id(&v.id, "one", 3);
	else
		vault_id_on_chain(&v.id, &v.owner, n);
	v.collateral_count = n % 3 == 0 ? 2 : 1;
	v.collateral[0] = (struct leg){ (uint8_t)first,
		api_world_atoms(w, first, usd), 0, wad_one() };
	if (n % 3 == 0)
		v.collateral[1] = (struct leg){ 3,
			api_world_atoms(w, 3, usd / 4), 0, wad_one() };
	if (n % 40 != 39) {
		v.debt_count = 1;
		v.debt[0] = (struct leg){ 2,
			api_world_atoms(w, 2, usd * part / 100), 0, wad_one() };
	}
	api_world_must(book_put_vault(&slot, &w->book, &v) == ERR_OK, "vault");
	w->slot_of[slot] = UINT32_MAX;
}

static inline void
api_world_leg_words(struct leg_word *out, const struct api_world *w,
    const struct leg *leg, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		out[i].asset = w->book.assets[leg[i].asset].id;
		out[i].amount = leg[i].amount;
	}
	/* By id: two at most here. */
	if (n == 2 && b32_compare(&out[0].asset, &out[1].asset) > 0) {
		struct leg_word t = out[0];

		out[0] = out[1];
		out[1] = t;
	}
}

static inline void
api_world_position(struct api_world *w, uint32_t slot)
{
	const struct vault *v = &w->vaults[slot];
	struct leg_word c[LEGS_HASH_MAX], d[LEGS_HASH_MAX];
	struct position_leaf p = { .vault = v->id, .nonce = v->nonce,
		.block_number = v->block_number };
	struct b32 leaf;

	api_world_leg_words(c, w, v->collateral, v->collateral_count);
	api_world_leg_words(d, w, v->debt, v->debt_count);
	legs_hash(&p.legs_hash, &(struct legs_words){ .collateral = c,
	    .debt = d, .collateral_count = v->collateral_count,
	    .debt_count = v->debt_count });
	position_leaf_hash(&leaf, &p);
	board_tree_begin(w->writer, TABLES_POSITIONS);
	api_world_must(merkle_set(&w->positions, &slot, &leaf, 1) == ERR_OK,
	    "position");
	board_tree_end(w->writer, TABLES_POSITIONS, &w->positions);
}

static inline void
api_world_verdict_leaf(struct api_world *w, uint32_t slot, uint64_t as_of)
{
	const struct vault *v = &w->vaults[slot];
	const struct verdict *d = &w->verdict[slot];
	const struct ratio_result *r = &d->value;
	struct verdict_leaf l;
	struct b32 leaf;

	memset(&leaf, 0, sizeof(leaf));
	if (w->slot_of[slot] == UINT32_MAX && verdict_is_in_tree(d->state))
		w->slot_of[slot] = w->verdicts.used;
	if (w->slot_of[slot] == UINT32_MAX)
		return;
	memset(&l, 0, sizeof(l));
	l = (struct verdict_leaf){ .vault = v->id, .nonce = v->nonce,
		.as_of = as_of, .block_number = v->block_number,
		.state = (uint8_t)d->state, .method = v->method,
		.collateral_value = (u128)usd18_to_raw(r->collateral_value),
		.debt_value = (u128)usd18_to_raw(r->debt_value),
		.health_low = wad_to_raw(r->worst.health),
		.health_high = wad_to_raw(r->best.health),
		.initial_excess = usd18_to_raw(r->initial_excess),
		.maintenance_excess = usd18_to_raw(r->mid.excess),
		.max_repay = (u128)usd18_to_raw(d->max_repay) };
	if (d->has_liquidation_asset)
		l.liquidation_asset = w->book.assets[d->liquidation_asset].id;
	if (d->has_liquidation_price)
		l.liquidation_price = px18_to_raw(d->liquidation_price);
	if (d->has_debt_asset)
		l.debt_asset = w->book.assets[d->debt_asset].id;
	if (verdict_is_in_tree(d->state))
		verdict_leaf_hash(&leaf, &l);
	w->tables.leaf[w->slot_of[slot]] = l;
	board_tree_begin(w->writer, TABLES_VERDICTS);
	api_world_must(merkle_set(&w->verdicts, &w->slot_of[slot], &leaf,
	    1) == ERR_OK, "verdict");
	board_tree_end(w->writer, TABLES_VERDICTS, &w->verdicts);
}

static inline void
api_world_row(struct api_world *w, uint32_t slot, uint64_t now_ms)
{
	const struct vault *v = &w->vaults[slot];
	uint32_t at;

	verdict_from_vault(&w->verdict[slot], &w->book, v, &w->market);
	board_vault_begin(w->writer, slot);
	api_world_must(vaults_put(&at, &w->columns, v) == ERR_OK && at == slot,
	    "columns");
	w->tables.state[slot] = (uint8_t)w->verdict[slot].state;
	api_world_verdict_leaf(w, slot, now_ms);
	w->tables.verdict_slot[slot] = verdict_is_in_tree(
	    w->verdict[slot].state) ? w->slot_of[slot] + 1 : 0;
	board_vault_end(w->writer, slot);
}

static inline void
api_world_sources(struct api_world *w, uint64_t now_ms)
{
	for (size_t i = 0; i < w->config.prices.market_count; i++) {
		struct board_source *s = &w->head.source[i];
		const struct price *p = &w->market.asset[i / 4].price;
		u128 mid = px18_to_raw(p->mid), off = mid / 10000;

		if (mid == 0)	/* refused: the venues say nothing new */
			continue;
		mid = mid - off * 3 + off * (api_world_random(w) % 7);
		s->source.vote = VOTE_COUNTED;
		s->source.mid = px18_from_raw(mid);
		s->source.time_ms = now_ms - api_world_random(w) % 800;
		s->quote = (struct prices_quote){ .has_book = true,
			.has_time = true, .bid = px18_from_raw(mid - off),
			.ask = px18_from_raw(mid + off), .book_ms = now_ms,
			.recv_ms = now_ms };
	}
}

/* Of all venues but the last, of which nothing was said yet. */
static void
api_world_feeds(struct api_world *w, uint64_t now_ms)
{
	struct board_head *h = &w->head;

	h->venue_count = (uint32_t)w->config.venue_count;
	for (uint16_t v = 0; v + 1u < h->venue_count; v++) {
		struct wire_feed *f = &h->feed[v].feed;

		h->feed[v].seen_ms = now_ms;
		wire_head_set(&f->head, WIRE_FEED);
		f->venue = v;
		f->is_connected = v != 1;
		f->connections = 2;
		f->open = v != 1 ? 2 : 1;
		f->last_frame_ms = now_ms - 40;
		f->frames += 10;
		f->ticks += 9;
		f->rejected[WIRE_REJECT_RANGE] = v;
		f->reconnects = v;
		snprintf(f->why, sizeof(f->why), "%s", v == 1 ?
		    "closed by the peer: 1001 \"\033[2J\"" : "");
	}
}

/* api_world_publish revalues everything at the market as it is and writes the
 * board. */
__attribute__((unused)) static void
api_world_publish(struct api_world *w, uint64_t now_ms)
{
	struct board_head *h = &w->head;

	memset(&h->aggregate, 0, sizeof(h->aggregate));
	h->verdict_count = 0;
	for (uint32_t i = 0; i < w->book.vault_count; i++) {
		api_world_row(w, i, now_ms);
		aggregate_count(&h->aggregate, AGGREGATE_NEW,
		    w->verdict[i].state);
		h->verdict_count += verdict_is_in_tree(w->verdict[i].state);
	}
	aggregate_value(&h->aggregate, &w->columns, &w->book, &w->market);
	api_world_sources(w, now_ms);
	api_world_feeds(w, now_ms);
	h->now_ms = now_ms;
	h->asset_count = API_WORLD_ASSETS;
	h->market_count = (uint32_t)w->config.prices.market_count;
	h->unit_count = (uint32_t)w->config.prices.unit_count;
	h->status = PRICE_OK;
	h->reason = REASON_NONE;
	for (size_t i = 0; i < API_WORLD_ASSETS; i++) {
		h->asset_price[i] = w->market.asset[i].price;
		if (h->asset_price[i].status != PRICE_OK &&
		    h->status == PRICE_OK) {
			h->status = PRICE_DEGRADED;
			h->reason = h->asset_price[i].reason;
		}
	}
	h->is_ready = 1;
	h->has_signer_bit = 1;
	h->signer_bit = 2;
	h->block_number = 1000 + now_ms / 12000 % 100000;
	h->block_time_ms = now_ms - now_ms % 12000;
	h->vault_count = w->book.vault_count;
	merkle_root(&h->positions_root, &w->positions);
	merkle_root(&h->verdicts_root, &w->verdicts);
	h->counters.ticks += 7;
	h->counters.closes++;
	h->counters.sign_us_p50 = 180;
	h->counters.sign_us_p99 = 950;
	board_put_head(w->writer, h);
}

/* api_world_attest signs and releases what was published last. */
__attribute__((unused)) static void
api_world_attest(struct api_world *w, uint64_t now_ms)
{
	struct eip712_domain d = { 31337, w->config.clearing };
	struct board_head *h = &w->head;
	struct board_attestation a;
	struct sig_compact c;

	memset(&a, 0, sizeof(a));
	for (size_t i = 0; i < API_WORLD_ASSETS; i++)
		api_world_must(price_word_pack(&a.word[i],
		    &w->market.asset[i].price) == ERR_OK, "word");
	a.word_count = API_WORLD_ASSETS;
	a.header = (struct attestation){ .book = w->book.id,
		.sequence = ++w->sequence, .as_of = now_ms,
		.valid_until = now_ms + 120000,
		.block_number = h->block_number,
		.positions_root = h->positions_root,
		.verdicts_root = h->verdicts_root, .status = h->status,
		.reason = h->reason, .vault_count = h->vault_count,
		.verdict_count = h->verdict_count,
		.collateral_value =
		    (u128)usd18_to_raw(h->aggregate.collateral_value),
		.debt_value = (u128)usd18_to_raw(h->aggregate.debt_value) };
	prices_hash(&a.header.prices_hash, a.word, a.word_count);
	attest_digest(&a.digest, &d, &a.header);
	api_world_must(sig_sign(&c, w->sig, &w->key, &a.digest) == ERR_OK,
	    "sign");
	memcpy(a.signature.r, c.r, 32);
	memcpy(a.signature.s, c.s, 32);
	a.signature.recovery = c.v;
	a.signature.signer = w->key.address;
	board_put_attestation(w->writer, &a);
	h->counters.requests++;
	h->counters.signatures++;
	h->counters.released++;
	h->last_sequence = w->sequence;
	board_put_head(w->writer, h);
}

__attribute__((unused)) static void
api_world_refuse(struct api_world *w, size_t asset)
{
	struct price *p = &w->market.asset[asset].price;

	p->mid = p->low = px18_from_raw(0);
	p->status = PRICE_REFUSED;
	p->reason = REASON_QUORUM;
	p->sources = 1;
}

/* api_world_move lets each price that is not refused walk by at most
 * `ppm` millionths. */
__attribute__((unused)) static void
api_world_move(struct api_world *w, unsigned ppm)
{
	for (size_t i = 0; i < API_WORLD_ASSETS; i++) {
		struct price *p = &w->market.asset[i].price;
		u128 mid = px18_to_raw(p->mid);
		unsigned most = i == 2 ? ppm / 20 : ppm;

		if (p->status == PRICE_REFUSED)
			continue;
		mid += mid / 1000000 * (api_world_random(w) % (2 * most + 1));
		mid -= mid / 1000000 * most;
		api_world_price(w, i, mid);
	}
}

/* A new life of the engine: empty tables. */
__attribute__((unused)) static void
api_world_life(struct api_world *w)
{
	board_begin_life(w->writer);
	board_tables(&w->tables, w->writer);
	vaults_init(&w->columns, w->tables.vaults, &w->tables.limits,
	    &w->book);
	merkle_init(&w->positions, w->tables.positions, API_WORLD_VAULTS);
	merkle_init(&w->verdicts, w->tables.verdicts, API_WORLD_VERDICTS);
}

__attribute__((unused)) static void
api_world_open(struct api_world *w, uint64_t vaults, uint64_t sequence)
{
	static const uint64_t usd[] = { 2000, 60000, 1, 15 };
	uint8_t secret[32] = { 0 };

	memset(w, 0, sizeof(*w));
	w->seed = 7;
	w->sequence = sequence;
	secret[31] = 9;
	api_world_config(w);
	api_world_book(w);
	for (size_t i = 0; i < API_WORLD_ASSETS; i++)
		api_world_price(w, i, WAD_ONE_RAW * usd[i]);
	api_world_must(board_create(&w->fd, &w->fd_read_only,
	    &(struct tables_size){ API_WORLD_VAULTS, API_WORLD_VERDICTS, 4 })
	    == ERR_OK &&
	    board_map_writer(&w->writer, w->fd) == ERR_OK &&
	    board_map_reader(&w->reader, w->fd_read_only) == ERR_OK, "board");
	api_world_life(w);
	api_world_must(sig_context_create(&w->sig, secret) == ERR_OK &&
	    sig_key_from_secret(&w->key, w->sig, secret) == ERR_OK, "key");
	for (uint64_t i = 0; i < vaults; i++)
		api_world_vault(w, i);
	for (uint32_t i = 0; i < w->book.vault_count; i++)
		api_world_position(w, i);
}

__attribute__((unused)) static void
api_world_close(struct api_world *w)
{
	sig_context_destroy(w->sig);
	board_unmap(w->writer);
	board_unmap(w->reader);
	close(w->fd);
	close(w->fd_read_only);
}

#endif
