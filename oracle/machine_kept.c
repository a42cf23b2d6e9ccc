/*~ What outlives a life.  Slow companions of prices, volatilities and
 * correlations, what identifies a listing, and which rate was contradicted take
 * longer to learn than an engine lives.  They are integer state of the machine
 * like everything else: said to the journal in turn (WIRE_KEEP_), and told to
 * the next life as an input (WIRE_MEMORY_), so that its replay knows them
 * too. */
#include "oracle/machine_kept.h"

#include "base/keccak.h"
#include "base/must.h"
#include "base/q64.h"

#include <string.h>

#define YEAR_MS UINT64_C(31536000000)

static struct ewma_pair *
pair_of(struct machine_kept *k, uint32_t i, uint32_t j)
{
	return &k->pair[i * (i - 1) / 2 + j];
}

/* ---- beginning ---------------------------------------------------------- */

static bool
is_followed(const struct machine *m, uint16_t unit)
{
	for (uint32_t i = 0; i < m->kept.unit_count; i++)
		if (m->kept.unit[i].unit == unit)
			return true;
	return unit == PRICES_UNIT_USD ||
	    m->config->prices.unit[unit].rule.is_constant_unsafe;
}

static void
market_name(struct b32 *out, const struct config *c, size_t market)
{
	const struct config_market *k = &c->market[market];
	const char *venue = c->venue[k->venue].name;
	struct keccak256 hash;

	keccak256_init(&hash);
	keccak256_update(&hash, venue, strlen(venue));
	keccak256_update(&hash, "/", 1);
	keccak256_update(&hash, k->symbol, strlen(k->symbol));
	keccak256_final(&hash, out);
}

void
machine_kept_begin(struct machine *m)
{
	struct machine_kept *k = &m->kept;
	const struct config *c = m->config;
	struct keccak256 hash;

	_Static_assert(BOOK_ASSETS_MAX <= WIRE_UNITS, "a unit an asset");
	keccak256_init(&hash);
	for (size_t a = 0; a < m->book.asset_count; a++) {
		uint16_t unit = c->asset_unit[a];

		if (is_followed(m, unit))
			continue;
		k->unit[k->unit_count++].unit = unit;
		keccak256_update(&hash, c->prices.unit[unit].name,
		    sizeof(c->prices.unit[unit].name));
	}
	keccak256_final(&hash, &k->units);
	for (size_t i = 0; i < c->prices.market_count; i++)
		market_name(&k->market_name[i], c, i);
}

/* ---- slow companions ---------------------------------------------------- */

/* units_slow goes on; a bit per followed unit whose stable price moved. */
static u128
units_slow(struct machine *m)
{
	u128 moved = 0;

	for (uint32_t i = 0; i < m->kept.unit_count; i++) {
		struct machine_unit *u = &m->kept.unit[i];
		const struct prices_slow *rule =
		    &m->config->prices.unit[u->unit].slow;
		const struct price *p = &m->prices.price[u->unit];
		struct px18 before = u->slow.stable;

		if (!rule->has_slow || p->status == PRICE_REFUSED ||
		    !slow_step(&u->slow, rule, p->mid, m->now_ms))
			continue;
		m->kept.version++;
		if (px18_compare(before, u->slow.stable) != 0)
			moved |= (u128)1 << i;
	}
	return moved;
}

static u128
assets_slow(struct machine *m, u128 units)
{
	u128 moved = 0;

	for (size_t a = 0; a < m->book.asset_count; a++) {
		struct market_price *p = &m->market.asset[a];

		for (uint32_t i = 0; i < m->kept.unit_count; i++) {
			const struct machine_unit *u = &m->kept.unit[i];

			if (u->unit != m->config->asset_unit[a] ||
			    (units >> i & 1) == 0)
				continue;
			p->has_stable = true;
			p->stable = u->slow.stable;
			moved |= (u128)1 << a;
		}
	}
	return moved;
}

/* ---- volatilities and correlations -------------------------------------- */

/* unit_sample takes the return of the period that ended, where its beginning
 * was sampled too. */
static void
unit_sample(struct machine_unit *u, const struct price *p, uint64_t now_ms,
    uint64_t every_ms, struct num18 lambda)
{
	u->has_return = false;
	if (p->status == PRICE_REFUSED)
		return;
	if (u->sample_ms != 0 &&
	    u->sample_ms / every_ms + 1 == now_ms / every_ms &&
	    q64_ln_of_prices(&u->last_return, p->mid, u->sample) == ERR_OK)
		u->has_return = ewma_step(&u->ewma, u->last_return, lambda) ==
		    ERR_OK;
	u->sample = p->mid;
	u->sample_ms = now_ms;
}

/* before: the units' variances before they stepped. */
static void
pair_step(struct machine_kept *k, uint32_t i, uint32_t j,
    const struct ewma *before, struct num18 lambda)
{
	const struct machine_unit *a = &k->unit[i], *b = &k->unit[j];
	struct ewma_pair *p = pair_of(k, i, j);

	if (!p->is_seeded && a->has_return && b->has_return &&
	    (before[i].is_seeded || before[j].is_seeded)) {
		/* Beside what one of them knew long before, nothing yet. */
		*p = (struct ewma_pair){ .is_seeded = true };
		MUST(ewma_pair_step(p, a->last_return, b->last_return,
		    lambda) == ERR_OK);
	} else if (!p->is_seeded && a->has_return && b->has_return)
		ewma_pair_begin(p, a->last_return, b->last_return, &a->ewma,
		    &b->ewma);
	else if (a->has_return && b->has_return)
		MUST(ewma_pair_step(p, a->last_return, b->last_return,
		    lambda) == ERR_OK);
	else if (a->has_return)
		ewma_pair_follow(p, &before[i], &a->ewma);
	else if (b->has_return)
		ewma_pair_follow(p, &before[j], &b->ewma);
}

static struct num18
num18_from_ppb(uint32_t ppb)
{
	return num18_from_raw((i128)ppb * (i128)(WAD_ONE_RAW / PPB_ONE_RAW));
}

static void
units_sample(struct machine *m, uint64_t before_ms)
{
	uint64_t every = m->config->volatility_every_ms;
	struct num18 lambda = num18_from_ppb(m->config->volatility_lambda_ppb);
	struct machine_kept *k = &m->kept;
	struct ewma before[WIRE_UNITS];

	if (!m->config->has_volatility || before_ms / every ==
	    m->now_ms / every)
		return;
	for (uint32_t i = 0; i < k->unit_count; i++) {
		before[i] = k->unit[i].ewma;
		unit_sample(&k->unit[i], &m->prices.price[k->unit[i].unit],
		    m->now_ms, every, lambda);
	}
	for (uint32_t i = 1; i < k->unit_count; i++)
		for (uint32_t j = 0; j < i; j++)
			pair_step(k, i, j, before, lambda);
	k->samples++;
	k->version++;
}

enum err
machine_volatility(struct num18 *out, const struct machine *m, uint32_t i)
{
	const struct machine_unit *u = &m->kept.unit[i];
	struct num18 periods;

	MUST(i < m->kept.unit_count);
	if (!u->ewma.is_seeded)
		return ERR_MISSING;
	if (q64_sqrt(&periods, num18_from_raw((i128)((u128)YEAR_MS *
	    WAD_ONE_RAW / m->config->volatility_every_ms))) != ERR_OK)
		return ERR_RANGE;
	return num18_mul(out, ewma_volatility(&u->ewma), periods,
	    ROUND_FLOOR);
}

int32_t
machine_correlation(const struct machine *m, uint32_t i, uint32_t j)
{
	const struct machine_kept *k = &m->kept;
	i128 kept = PPB_ONE_RAW - m->config->correlation_shrink_ppb;
	struct num18 rho;

	MUST(i < k->unit_count && j < k->unit_count);
	if (i == j)
		return PPB_ONE_RAW;
	if (i < j)
		return machine_correlation(m, j, i);
	rho = ewma_correlation(&k->pair[i * (i - 1) / 2 + j], &k->unit[i].ewma,
	    &k->unit[j].ewma);
	return (int32_t)(num18_to_raw(rho) * kept / (i128)WAD_ONE_RAW);
}

/* ---- keeping ------------------------------------------------------------ */

static void
unit_keep(struct machine *m, uint32_t i, const struct machine_output *o)
{
	struct machine_kept *k = &m->kept;
	const struct machine_unit *u = &k->unit[i];
	struct wire_memory_unit w;

	if (u->slow.at_ms == 0 && u->sample_ms == 0)
		return;
	memset(&w, 0, sizeof(w));
	wire_head_set(&w.head, WIRE_KEEP_UNIT);
	memcpy(w.name, m->config->prices.unit[u->unit].name, sizeof(w.name));
	w.units = k->units;
	w.slow_ms = u->slow.at_ms;
	w.last = wire_from_u128(px18_to_raw(u->slow.last));
	w.average = wire_from_u128(px18_to_raw(u->slow.average));
	w.stable = wire_from_u128(px18_to_raw(u->slow.stable));
	w.sample_ms = u->sample_ms;
	w.sample = wire_from_u128(px18_to_raw(u->sample));
	w.every_ms = m->config->volatility_every_ms;
	w.is_seeded = u->ewma.is_seeded;
	w.variance = wire_from_u128(u->ewma.variance36);
	for (uint32_t j = 0; j < i; j++) {
		const struct ewma_pair *pair = pair_of(k, i, j);

		if (pair->is_seeded)
			w.pair_seeded[j / 64] |= UINT64_C(1) << j % 64;
		w.covariance[j] = wire_from_u128((u128)pair->covariance36);
	}
	o->emit(o->arg, &w, sizeof(w));
}

static void
market_keep(struct machine *m, uint32_t market, const struct machine_output *o)
{
	struct wire_memory_market w;
	struct prices_listing l;

	prices_listing_keep(&l, &m->prices, market);
	if (l.seen_ms == 0)
		return;
	memset(&w, 0, sizeof(w));
	wire_head_set(&w.head, WIRE_KEEP_MARKET);
	w.name = m->kept.market_name[market];
	w.seen_ms = l.seen_ms;
	w.quiet_ms = l.talk_ms;
	w.doubt_ms = l.doubt_ms;
	w.price = wire_from_u128(px18_to_raw(l.price));
	o->emit(o->arg, &w, sizeof(w));
}

static void
rate_keep(struct machine *m, uint32_t unit, const struct machine_output *o)
{
	struct wire_memory_rate w;

	memset(&w, 0, sizeof(w));
	wire_head_set(&w.head, WIRE_KEEP_RATE);
	memcpy(w.name, m->config->prices.unit[unit].name, sizeof(w.name));
	w.apart_ms = m->prices.apart_ms[unit];
	m->kept.apart_ms[unit] = w.apart_ms;
	o->emit(o->arg, &w, sizeof(w));
}

/* A contradiction of a rate at once, its end too, and now and then that it goes
 * on: nobody may trade the token by the time that the next life looks. */
static void
rates_keep(struct machine *m, const struct machine_output *o)
{
	for (uint32_t u = 0; u < m->config->prices.unit_count; u++) {
		uint64_t now = m->prices.apart_ms[u];
		uint64_t told = m->kept.apart_ms[u];

		if ((now == 0) != (told == 0) ||
		    (now > told && now - told > MACHINE_KEEP_APART_MS))
			rate_keep(m, u, o);
	}
}

/* The i-th of a round: units, markets, rates. */
static void
keep_one(struct machine *m, uint32_t i, const struct machine_output *o)
{
	uint32_t units = m->kept.unit_count;
	uint32_t markets = (uint32_t)m->config->prices.market_count;

	if (i < units)
		unit_keep(m, i, o);
	else if (i < units + markets)
		market_keep(m, i - units, o);
	else if (m->prices.apart_ms[i - units - markets] != 0)
		rate_keep(m, i - units - markets, o);
}

/* A round each MACHINE_KEEP_MS, and one at once where a listing is doubted. */
static void
keep_turn(struct machine *m, const struct machine_output *o)
{
	struct machine_kept *k = &m->kept;
	uint32_t all = k->unit_count +
	    (uint32_t)m->config->prices.market_count +
	    (uint32_t)m->config->prices.unit_count;

	if (k->due_ms == 0) {
		k->due_ms = m->now_ms + MACHINE_KEEP_FIRST_MS;
		k->next = all;
	}
	if (k->doubts != m->prices.doubts ||
	    m->now_ms >= k->due_ms) {
		k->doubts = m->prices.doubts;
		k->due_ms = m->now_ms + MACHINE_KEEP_MS;
		k->next = 0;
	}
	for (uint32_t i = 0; i < MACHINE_KEEP_BATCH && k->next < all; i++) {
		keep_one(m, k->next, o);
		k->next++;
	}
}

u128
machine_kept_close(struct machine *m, const struct machine_output *o)
{
	u128 moved = assets_slow(m, units_slow(m));

	units_sample(m, m->kept.closed_ms);
	m->kept.closed_ms = m->now_ms;
	rates_keep(m, o);
	keep_turn(m, o);
	return moved;
}

/* ---- remembering -------------------------------------------------------- */

/* Returns of another period say nothing of ours. */
static void
returns_remember(struct machine_kept *k, uint32_t i,
    const struct wire_memory_unit *w, bool same_units)
{
	struct machine_unit *u = &k->unit[i];

	u->sample_ms = w->sample_ms;
	u->sample = px18_from_raw(wire_to_u128(w->sample));
	u->ewma.is_seeded = w->is_seeded;
	u->ewma.variance36 = wire_to_u128(w->variance);
	for (uint32_t j = 0; same_units && j < i; j++)
		*pair_of(k, i, j) = (struct ewma_pair){
			.is_seeded = w->pair_seeded[j / 64] >> j % 64 & 1,
			.covariance36 = (i128)wire_to_u128(w->covariance[j]) };
}

static void
slow_remember(struct machine_unit *u, const struct wire_memory_unit *w)
{
	u->slow = (struct slow){ .at_ms = w->slow_ms,
		.last = px18_from_raw(wire_to_u128(w->last)),
		.average = px18_from_raw(wire_to_u128(w->average)),
		.stable = px18_from_raw(wire_to_u128(w->stable)) };
}

enum err
machine_kept_unit(struct machine *m, const struct wire_memory_unit *w)
{
	struct machine_kept *k = &m->kept;

	for (uint32_t i = 0; i < k->unit_count; i++) {
		const char *name = m->config->prices.unit[k->unit[i].unit].name;

		if (memcmp(name, w->name, sizeof(w->name)) != 0)
			continue;
		slow_remember(&k->unit[i], w);
		if (w->every_ms == m->config->volatility_every_ms)
			returns_remember(k, i, w, b32_equal(&w->units,
			    &k->units));
		k->samples++;
		k->version++;
		return ERR_OK;
	}
	return ERR_UNKNOWN;
}

enum err
machine_kept_market(struct machine *m, const struct wire_memory_market *w)
{
	const struct prices_listing l = {
		.price = px18_from_raw(wire_to_u128(w->price)),
		.seen_ms = w->seen_ms, .talk_ms = w->quiet_ms,
		.doubt_ms = w->doubt_ms };

	for (size_t i = 0; i < m->config->prices.market_count; i++) {
		if (!b32_equal(&m->kept.market_name[i], &w->name))
			continue;
		prices_listing_restore(&m->prices, i, &l);
		return ERR_OK;
	}
	return ERR_UNKNOWN;
}

enum err
machine_kept_rate(struct machine *m, const struct wire_memory_rate *w)
{
	const struct prices_config *c = &m->config->prices;

	for (size_t u = 0; u < c->unit_count; u++) {
		if (memcmp(c->unit[u].name, w->name, sizeof(w->name)) != 0 ||
		    !c->unit[u].wrap.is_wrapped)
			continue;
		prices_apart_restore(&m->prices, u, w->apart_ms);
		m->kept.apart_ms[u] = w->apart_ms;
		return ERR_OK;
	}
	return ERR_UNKNOWN;
}
