/* The script's prices: integer arithmetic alone, written down in feeds/sim.h
 * so that another program can work it out. */
#include "feeds/sim_path.h"

#include "base/must.h"

#include <string.h>

#define PPM ((u128)1000000)
#define TRADE_MS 400u

static uint64_t
splitmix64(uint64_t x)
{
	x += 0x9e3779b97f4a7c15u;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

static uint64_t
fnv1a64(uint64_t h, const char *text)
{
	for (; *text != '\0'; text++)
		h = (h ^ (unsigned char)*text) * 0x100000001b3u;
	return h;
}

const struct sim_event *
sim_script_event(const struct sim_script *s, enum sim_event_kind kind,
    size_t venue, uint64_t t_ms)
{
	for (size_t i = 0; i < s->event_count; i++) {
		const struct sim_event *e = &s->event[i];

		if (e->kind == kind && e->venue == venue &&
		    t_ms >= e->at_ms && t_ms < e->until_ms)
			return e;
	}
	return NULL;
}

bool
sim_script_began(const struct sim_script *s, enum sim_event_kind kind,
    size_t venue, uint64_t from_ms, uint64_t t_ms)
{
	for (size_t i = 0; i < s->event_count; i++) {
		const struct sim_event *e = &s->event[i];

		if (e->kind == kind && e->venue == venue &&
		    e->at_ms > from_ms && e->at_ms <= t_ms)
			return true;
	}
	return false;
}

/* How far a move has come: a factor with 18 decimals. */
static u128
move_factor(const struct sim_event *e, uint64_t t_ms)
{
	u128 done, whole;

	if (t_ms <= e->at_ms)
		return WAD_ONE_RAW;
	if (t_ms >= e->until_ms)
		return e->factor;
	done = t_ms - e->at_ms;
	whole = e->until_ms - e->at_ms;
	if (e->factor >= WAD_ONE_RAW)
		return WAD_ONE_RAW + (e->factor - WAD_ONE_RAW) * done / whole;
	return WAD_ONE_RAW - (WAD_ONE_RAW - e->factor) * done / whole;
}

enum err
sim_path_price(u128 *out, const struct sim_script *s, size_t base,
    uint64_t t_ms)
{
	u128 p = WAD_ONE_RAW;

	if (base == SIM_USD) {
		*out = p;
		return ERR_OK;
	}
	MUST(base < s->base_count);
	p = s->base[base].price;
	for (size_t i = 0; i < s->event_count; i++) {
		const struct sim_event *e = &s->event[i];
		enum err err;

		if (e->kind != SIM_MOVE || (e->bases >> base & 1) == 0)
			continue;
		err = muldiv_u128(&p, p, move_factor(e, t_ms), WAD_ONE_RAW,
		    ROUND_FLOOR);
		if (err != ERR_OK)
			return err;
	}
	*out = p;
	return ERR_OK;
}

/* The symbol's price without noise or lies. */
static enum err
symbol_price(u128 *out, const struct sim_script *s,
    const struct sim_symbol *y, uint64_t t_ms)
{
	u128 base, quote;
	enum err e = sim_path_price(&base, s, y->base, t_ms);

	if (e == ERR_OK)
		e = sim_path_price(&quote, s, y->quote, t_ms);
	if (e != ERR_OK)
		return e;
	return muldiv_u128(out, base, WAD_ONE_RAW, quote, ROUND_FLOOR);
}

static enum err
add_noise(u128 *p, const struct sim_script *s, uint64_t random)
{
	u128 one = WAD_ONE_RAW * PPM;
	u128 r = random % 2000001u;
	u128 factor = r >= PPM ? one + s->noise * (r - PPM) :
	    one - s->noise * (PPM - r);

	return muldiv_u128(p, *p, factor, one, ROUND_FLOOR);
}

static enum err
add_lies(u128 *p, const struct sim_script *s, size_t venue, size_t base,
    uint64_t t_ms)
{
	for (size_t i = 0; i < s->event_count; i++) {
		const struct sim_event *l = &s->event[i];
		enum err e;

		if (l->kind != SIM_LIE || l->venue != venue ||
		    t_ms < l->at_ms || t_ms >= l->until_ms ||
		    (l->bases >> base & 1) == 0)
			continue;
		e = muldiv_u128(p, *p, l->factor, WAD_ONE_RAW, ROUND_FLOOR);
		if (e != ERR_OK)
			return e;
	}
	return ERR_OK;
}

static enum err
quote_sides(struct sim_quote *q, const struct sim_script *s, u128 p,
    unsigned digits)
{
	u128 unit = pow10_u128(18 - digits);
	u128 half = s->spread / 2;
	u128 bid, ask;

	if (muldiv_u128(&bid, p, WAD_ONE_RAW - half, WAD_ONE_RAW,
	    ROUND_FLOOR) != ERR_OK ||
	    muldiv_u128(&ask, p, WAD_ONE_RAW + half, WAD_ONE_RAW,
	    ROUND_FLOOR) != ERR_OK || ask > U128_MAX - unit)
		return ERR_RANGE;
	bid -= bid % unit;
	if (ask % unit != 0)
		ask += unit - ask % unit;
	if (bid == 0)
		return ERR_RANGE;
	q->bid = (struct dec18){ bid, (uint8_t)digits };
	q->ask = (struct dec18){ ask, (uint8_t)digits };
	return ERR_OK;
}

/* Symbols take turns, so that a connection hears of a trade more often. */
static void
quote_trade(struct sim_quote *q, const struct sim_script *s, size_t symbol)
{
	uint64_t apart = TRADE_MS / s->tick_ms;

	if (apart < 2)
		apart = 1;
	q->has_trade = (q->slot + symbol) % apart == 0;
	q->trade = (q->slot + symbol) / apart;
}

static struct dec18
floor_digits(u128 p, unsigned digits)
{
	return (struct dec18){ p - p % pow10_u128(18 - digits),
		(uint8_t)digits };
}

enum err
sim_path_quote(struct sim_quote *out, const struct sim_script *s, size_t venue,
    size_t symbol, uint64_t t_ms)
{
	const struct sim_venue *v = &s->venue[venue];
	const struct sim_symbol *y = &v->symbol[symbol];
	struct sim_quote q;
	uint64_t key, random;
	enum err e;
	u128 p;

	memset(&q, 0, sizeof(q));
	q.slot = t_ms / s->tick_ms;
	key = fnv1a64(0xcbf29ce484222325u, v->name);
	key = fnv1a64(fnv1a64(key, "/"), y->name);
	random = splitmix64(splitmix64(s->seed ^ key) + q.slot);
	e = symbol_price(&p, s, y, t_ms);
	if (e != ERR_OK)
		return e;
	q.index = floor_digits(p, y->digits);
	e = add_noise(&p, s, random);
	if (e == ERR_OK)
		e = add_lies(&p, s, venue, y->base, t_ms);
	if (e == ERR_OK)
		e = quote_sides(&q, s, p, y->digits);
	if (e != ERR_OK)
		return e;
	q.mark = floor_digits(p, y->digits);
	/* 0.0100 to 0.9999 */
	q.size.value = (u128)(random >> 32) % 9900u * pow10_u128(14) +
	    pow10_u128(16);
	q.size.digits = 4;
	q.is_buy = (random >> 31 & 1) != 0;
	quote_trade(&q, s, symbol);
	*out = q;
	return ERR_OK;
}
