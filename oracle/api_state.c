#include "oracle/api_state.h"

#include "base/must.h"

#include <stdlib.h>
#include <string.h>

#define ENGINE_SILENT_MS 3000u

size_t
api_markets(uint16_t out[PRICES_VOTES_MAX], const struct config *c,
    size_t asset)
{
	size_t n = 0;

	for (size_t i = 0; i < c->prices.market_count; i++)
		if (c->prices.market[i].base == c->asset_unit[asset] &&
		    n < PRICES_VOTES_MAX)
			out[n++] = (uint16_t)i;
	return n;
}

static void
book_take(struct book *out, const struct book *from)
{
	*out = *from;
	out->vaults = NULL;
	out->vault_count = 0;
}

enum err
api_state_create(struct api_state **out, const struct board *board,
    const struct config *config, const struct book *book)
{
	struct api_state *s = calloc(1, sizeof(*s));
	uint32_t vaults = board_vault_capacity(board);
	enum err e;

	if (!s)
		return ERR_LIMIT;
	s->board = board;
	s->config = config;
	s->book = book;
	s->row_capacity = vaults;
	s->hash_size = 2 * vaults;
	s->row = calloc(vaults, sizeof(*s->row));
	s->block_seen = calloc(vaults / BOARD_BLOCK + 1,
	    sizeof(*s->block_seen));
	s->hash = calloc(s->hash_size, sizeof(*s->hash));
	s->order = calloc(vaults, sizeof(*s->order));
	s->sample = calloc(API_SAMPLES, sizeof(*s->sample));
	s->price_sample = calloc((size_t)API_PRICE_SAMPLES *
	    (book->asset_count + 1), sizeof(*s->price_sample));
	if (!s->row || !s->block_seen || !s->hash || !s->order ||
	    !s->sample || !s->price_sample) {
		api_state_destroy(s);
		return ERR_LIMIT;
	}
	board_vaults(&s->vaults, board);
	book_take(&s->valued, book);
	e = api_value_open(s);
	if (e != ERR_OK) {
		api_state_destroy(s);
		return e;
	}
	*out = s;
	return ERR_OK;
}

void
api_state_destroy(struct api_state *s)
{
	if (!s)
		return;
	api_value_close(s);
	free(s->row);
	free(s->block_seen);
	free(s->hash);
	free(s->order);
	free(s->sample);
	free(s->price_sample);
	free(s);
}

static uint32_t
hash_first(const struct api_state *s, const struct b32 *id)
{
	uint64_t h;

	/* An id is a Keccak hash: any of its bytes will do. */
	memcpy(&h, id->b + 8, sizeof(h));
	return (uint32_t)(h % s->hash_size);
}

enum err
api_state_find(uint32_t *slot, const struct api_state *s,
    const struct b32 *id)
{
	uint32_t at = hash_first(s, id);

	for (uint32_t i = 0; i < s->hash_size; i++) {
		uint32_t held = s->hash[at];

		if (held == 0)
			return ERR_UNKNOWN;
		if (b32_equal(&s->row[held - 1].id, id)) {
			*slot = held - 1;
			return ERR_OK;
		}
		at = (at + 1) % s->hash_size;
	}
	return ERR_UNKNOWN;
}

static void
hash_put(struct api_state *s, uint32_t slot)
{
	uint32_t at = hash_first(s, &s->row[slot].id);

	/* Twice as many places as slots: one is free. */
	while (s->hash[at] != 0)
		at = (at + 1) % s->hash_size;
	s->hash[at] = slot + 1;
}

/* FNV-1a over what is shown of a vault; only to find changes. */
static uint64_t
mix(uint64_t h, const void *bytes, size_t len)
{
	const uint8_t *b = bytes;

	for (size_t i = 0; i < len; i++)
		h = (h ^ b[i]) * UINT64_C(0x100000001b3);
	return h;
}

static uint64_t
position_mix(uint64_t h, const struct position *p)
{
	u128 figure[] = { p->instrument, (u128)num18_to_raw(p->size),
		px18_to_raw(p->entry), (u128)usd18_to_raw(p->funding) };

	return mix(h, figure, sizeof(figure));
}

static uint64_t
row_fingerprint(const struct api_vault *v)
{
	const struct ratio_result *r = &v->verdict.value;
	uint64_t h = UINT64_C(0xcbf29ce484222325);
	u128 figure[] = {
		(u128)usd18_to_raw(r->collateral_value),
		(u128)usd18_to_raw(r->debt_value),
		wad_to_raw(r->mid.health), wad_to_raw(r->worst.health),
		wad_to_raw(r->best.health), (u128)v->verdict.state,
		(u128)usd18_to_raw(v->verdict.max_repay),
		(u128)usd18_to_raw(r->initial_excess), v->vault.nonce,
		v->vault.liquidations, v->vault.block_number,
		v->vault.collateral_count, v->vault.debt_count,
	};

	h = mix(h, figure, sizeof(figure));
	for (size_t i = 0; i < v->vault.collateral_count; i++)
		h = mix(h, &v->vault.collateral[i].amount, sizeof(u128));
	for (size_t i = 0; i < v->vault.debt_count; i++)
		h = mix(h, &v->vault.debt[i].amount, sizeof(u128));
	for (uint32_t i = 0; i < v->position_count; i++)
		h = position_mix(h, &v->position[i]);
	return h;
}

/* Answers false where the row must be read again. */
static bool
row_read(struct api_state *s, uint32_t slot)
{
	struct api_row *row = &s->row[slot];
	const struct ratio_result *r;
	struct api_vault v;
	uint64_t print;
	enum err e = api_vault_get(&v, s, slot);

	if (e == ERR_STALE)
		return false;
	if (e != ERR_OK)
		return true;
	r = &v.verdict.value;
	print = row_fingerprint(&v);
	if (row->is_known && print == row->fingerprint)
		return true;
	if (!row->is_known) {
		row->id = v.vault.id;
		hash_put(s, slot);
	}
	if (!row->is_crossed && (!row->is_known ||
	    row->state != (uint8_t)v.verdict.state)) {
		row->is_crossed = true;
		s->crossed_count++;
	}
	if (!row->is_dirty) {
		row->is_dirty = true;
		s->dirty_count++;
	}
	row->is_known = true;
	row->is_portfolio = portfolio_is(&v.vault);
	row->fingerprint = print;
	row->state = (uint8_t)v.verdict.state;
	row->health = r->is_stale ? wad_infinite() : r->mid.health;
	row->collateral_value = r->collateral_value;
	row->debt_value = r->debt_value;
	s->order_is_old = true;
	return true;
}

void
api_state_clean(struct api_state *s, uint32_t slot)
{
	struct api_row *row = &s->row[slot];

	if (row->is_dirty)
		s->dirty_count--;
	if (row->is_crossed)
		s->crossed_count--;
	row->is_dirty = row->is_crossed = false;
}

/* A new engine: its slots need not be the old one's. */
static void
rows_forget(struct api_state *s)
{
	memset(s->row, 0, s->row_capacity * sizeof(*s->row));
	memset(s->block_seen, 0, (s->row_capacity / BOARD_BLOCK + 1) *
	    sizeof(*s->block_seen));
	memset(s->hash, 0, s->hash_size * sizeof(*s->hash));
	s->row_count = s->dirty_count = s->crossed_count = 0;
	s->value_next = s->value_left = 0;
	s->order_count = UINT32_MAX;
	s->order_is_old = true;
}

static void
rows_read(struct api_state *s)
{
	uint32_t count = s->head.vault_count;

	if (count > s->row_capacity)
		count = s->row_capacity;
	if (count != s->row_count) {
		/* The last block was read only as far as it went. */
		s->block_seen[s->row_count / BOARD_BLOCK] = 0;
		s->order_is_old = true;
	}
	s->row_count = count;
	if (s->value_left > count)
		s->value_left = count;
	for (uint32_t b = 0; b * BOARD_BLOCK < count; b++) {
		uint64_t now = board_block_generation(s->board, b);
		bool done = true;

		if (now == s->block_seen[b])
			continue;
		for (uint32_t i = b * BOARD_BLOCK;
		    i < (b + 1) * BOARD_BLOCK && i < count; i++)
			done = row_read(s, i) && done;
		if (done)
			s->block_seen[b] = now;
	}
}

/* Those that nothing was written of: their figures follow the prices, in
 * turn. */
static void
rows_value(struct api_state *s)
{
	uint32_t cost = 0;

	while (s->value_left > 0 && cost < API_VALUED_MAX) {
		uint32_t slot = s->value_next++ % s->row_count;

		(void)row_read(s, slot);
		cost += s->row[slot].is_portfolio ? API_PORTFOLIO_COST : 1;
		s->value_left--;
	}
	s->value_next %= s->row_count > 0 ? s->row_count : 1;
}

/* What nobody would sign is refused: whoever values at these prices relies on
 * their order. */
static struct price
price_believed(const struct price *p)
{
	struct price believed = *p;
	struct b32 word;

	if (p->status < PRICE_REFUSED && price_word_pack(&word, p) == ERR_OK)
		return believed;
	believed.mid = believed.low = px18_from_raw(0);
	believed.status = PRICE_REFUSED;
	return believed;
}

/* Answers whether a price differs from before. */
static bool
market_take(struct api_state *s)
{
	struct market m = { .as_of_ms = s->head.now_ms,
		.count = s->book->asset_count };
	bool differs = api_value_terms(s);

	for (size_t i = 0; i < m.count; i++) {
		m.asset[i].price = price_believed(&s->head.asset_price[i]);
		m.asset[i].stable = s->head.asset_stable[i];
		m.asset[i].has_stable = !px18_is_zero(m.asset[i].stable);
		differs = differs || !price_is_same(&m.asset[i].price,
		    &s->market.asset[i].price) || px18_compare(
		    m.asset[i].stable, s->market.asset[i].stable) != 0;
	}
	s->market = m;
	for (size_t i = 0; i < m.count; i++)
		s->valued.accrual[i] = wad_compare(s->head.accrual[i],
		    wad_one()) < 0 ? wad_one() : s->head.accrual[i];
	api_value_market(s);
	return differs;
}

static void
sample_prices(struct api_state *s)
{
	uint64_t at = s->price_sample_count++ % API_PRICE_SAMPLES;

	for (size_t a = 0; a < s->book->asset_count; a++) {
		struct api_price_sample *p =
		    &s->price_sample[a * API_PRICE_SAMPLES + at];
		const struct price *price = &s->head.asset_price[a];
		uint16_t market[PRICES_VOTES_MAX];
		size_t n = api_markets(market, s->config, a);

		memset(p, 0, sizeof(*p));
		p->as_of = s->head.now_ms;
		if (price->status != PRICE_REFUSED) {
			p->mid = price->mid;
			p->low = price->low;
			p->high = price->high;
		}
		for (size_t i = 0; i < n; i++)
			p->source[i] = s->head.source[market[i]].source.mid;
	}
}

static void
sample_take(struct api_state *s)
{
	const struct aggregate *g = &s->head.aggregate;

	if (s->head.now_ms < s->sample_ms + API_SAMPLE_MS)
		return;
	s->sample_ms = s->head.now_ms;
	s->sample[s->sample_count++ % API_SAMPLES] = (struct api_sample){
		.as_of = s->head.now_ms,
		.collateral_value = g->collateral_value,
		.debt_value = g->debt_value,
		.ratio = aggregate_collateralization_ratio(g),
		.health = aggregate_health(g),
	};
	sample_prices(s);
}

void
api_state_refresh(struct api_state *s)
{
	static struct board_head head;
	struct board_attestation a;
	bool differs;

	if (board_get_head(&head, s->board) == ERR_OK && head.now_ms > 0) {
		if (!s->has_head || head.life != s->head.life)
			rows_forget(s);
		s->head = head;
		s->has_head = true;
		differs = market_take(s);
		rows_read(s);
		if (differs)
			s->value_left = s->row_count;
		rows_value(s);
		sample_take(s);
	}
	if (board_get_attestation(&a, s->board, 0) == ERR_OK &&
	    (!s->has_newest || a.header.sequence !=
	    s->newest.header.sequence)) {
		s->newest = a;
		s->has_newest = true;
		s->attestations_seen++;
	}
}

static int
order_compare(const void *a, const void *b, void *arg)
{
	const struct api_state *s = arg;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	const struct api_row *p = &s->row[x], *q = &s->row[y];
	int c = 0;

	switch (s->order_by) {
	case SORT_HEALTH:
		c = wad_compare(p->health, q->health);
		break;
	case SORT_COLLATERAL:
		c = usd18_compare(p->collateral_value, q->collateral_value);
		break;
	case SORT_DEBT:
		c = usd18_compare(p->debt_value, q->debt_value);
		break;
	case SORT_ID:
		c = b32_compare(&p->id, &q->id);
		break;
	}
	return c != 0 ? c : x < y ? -1 : x > y;
}

const uint32_t *
api_state_order(struct api_state *s, enum api_sort by)
{
	bool is_fresh = s->row_count <= API_SORT_EAGER ? !s->order_is_old :
	    s->head.now_ms < s->order_ms + API_SORT_MS;

	if (is_fresh && by == s->order_by && s->order_count == s->row_count)
		return s->order;
	for (uint32_t i = 0; i < s->row_count; i++)
		s->order[i] = i;
	s->order_by = by;
	qsort_r(s->order, s->row_count, sizeof(*s->order), order_compare, s);
	s->order_is_old = false;
	s->order_count = s->row_count;
	s->order_ms = s->head.now_ms;
	return s->order;
}

static void
unready_attestation(const char **reason, size_t *n, const struct api_state *s,
    uint64_t now_ms)
{
	const struct attestation *a = &s->newest.header;

	if (!s->has_newest)
		reason[(*n)++] = "nothing attested yet";
	else if (now_ms > a->valid_until)
		reason[(*n)++] = "the newest attestation has expired";
	else if (now_ms > a->as_of + 3 * s->config->interval_ms +
	    ENGINE_SILENT_MS)
		reason[(*n)++] = "the newest attestation is old";
	if (s->has_newest && a->status == PRICE_REFUSED)
		reason[(*n)++] = "the newest attestation is a refusal";
}

size_t
api_state_unready(const char *reason[API_REASONS_MAX],
    const struct api_state *s, uint64_t now_ms)
{
	size_t n = 0;

	if (!s->has_head) {
		reason[0] = "the engine has not started";
		return 1;
	}
	if (now_ms > s->head.now_ms + ENGINE_SILENT_MS)
		reason[n++] = "the engine is silent";
	if (!s->head.is_ready)
		reason[n++] = "the signer is not ready";
	if (s->head.is_paused)
		reason[n++] = "paused";
	if (s->head.status == PRICE_REFUSED)
		reason[n++] = price_reason_name(s->head.reason);
	unready_attestation(reason, &n, s, now_ms);
	MUST(n <= API_REASONS_MAX);
	return n;
}
