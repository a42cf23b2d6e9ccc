#include "tests/incidents/scene.h"

#include "base/decimal.h"
#include "base/must.h"

#include <stdlib.h>
#include <string.h>

#define SPREAD 0.0002		/* of a book, as a share of its mid */

/* ---- inputs ------------------------------------------------------------- */

void
inputs_add(struct inputs *l, const struct input *in)
{
	if (l->count == l->capacity) {
		l->capacity = l->capacity * 2 + 4096;
		l->at = realloc(l->at, l->capacity * sizeof(*l->at));
		MUST(l->at);
	}
	l->at[l->count++] = *in;
}

static int
input_compare(const void *a, const void *b)
{
	const struct input *x = a, *y = b;

	if (x->recv_ms != y->recv_ms)
		return x->recv_ms < y->recv_ms ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

void
inputs_sort(struct inputs *l)
{
	qsort(l->at, l->count, sizeof(*l->at), input_compare);
}

void
inputs_free(struct inputs *l)
{
	free(l->at);
	memset(l, 0, sizeof(*l));
}

/* ---- the scene ---------------------------------------------------------- */

struct scene *
scene_new(uint64_t begin_ms, uint64_t seconds)
{
	struct scene *s = calloc(1, sizeof(*s));

	MUST(s);
	s->begin_ms = begin_ms;
	s->end_ms = begin_ms + seconds * 1000;
	s->step_ms = 250;
	s->unit[0].name = "USD";
	s->unit_count = 1;
	return s;
}

void
scene_free(struct scene *s)
{
	inputs_free(&s->inputs);
	free(s);
}

unsigned
scene_unit(struct scene *s, const char *name, uint32_t quorum)
{
	MUST(s->unit_count < SCENE_UNITS_MAX);
	s->unit[s->unit_count] = (struct scene_unit){ .name = name,
	    .quorum = quorum, .age_max_ms = 3000, .dispersion_max = 0.02,
	    .band_max = 0.10 };
	return (unsigned)s->unit_count++;
}

unsigned
scene_venue(struct scene *s, const char *name)
{
	MUST(s->venue_count < SCENE_VENUES_MAX);
	s->venue[s->venue_count] = name;
	return (unsigned)s->venue_count++;
}

unsigned
scene_market(struct scene *s, unsigned base, unsigned quote)
{
	MUST(s->market_count < SCENE_MARKETS_MAX && s->venue_count > 0);
	s->market[s->market_count] = (struct scene_market){
	    .venue = (unsigned)s->venue_count - 1, .base = base,
	    .quote = quote };
	return (unsigned)s->market_count++;
}

unsigned
scene_venues(struct scene *s, unsigned n, unsigned base, unsigned quote)
{
	static const char *const names[] = { "coinbase", "kraken", "binance",
	    "bybit", "bitstamp", "okx", "gemini", "bitfinex", "gateio",
	    "crypto-com", "binance-us" };
	unsigned first = (unsigned)s->market_count;

	MUST(n <= ARRAY_COUNT(names));
	for (unsigned i = 0; i < n; i++) {
		scene_venue(s, names[i]);
		scene_market(s, base, quote);
	}
	return first;
}

unsigned
scene_asset(struct scene *s, const char *id, unsigned unit, const char *more)
{
	MUST(s->asset_count < SCENE_ASSETS_MAX && unit < s->unit_count);
	s->asset[s->asset_count] = (struct scene_asset){ .id = id,
	    .unit = unit, .more = more, .decimals = 18 };
	return (unsigned)s->asset_count++;
}

static u128
atoms_of(double amount, unsigned decimals)
{
	u128 v = price_of(amount);

	return decimals < 18 ? v / pow10_u128(18 - decimals) :
	    v * pow10_u128(decimals - 18);
}

unsigned
scene_vault(struct scene *s, unsigned collateral, double amount, unsigned debt,
    double owed)
{
	size_t i = s->vault_count++;

	MUST(i < SCENE_VAULTS_MAX);
	s->vault[i].collateral = collateral;
	s->vault[i].debt = debt;
	s->vault[i].collateral_atoms = atoms_of(amount,
	    s->asset[collateral].decimals);
	s->vault[i].debt_atoms = atoms_of(owed, s->asset[debt].decimals);
	return (unsigned)i;
}

void
scene_skip(struct scene *s, uint64_t from_ms, uint64_t to_ms)
{
	MUST(s->skip_count < SCENE_SKIPS_MAX);
	s->skip[s->skip_count].from_ms = from_ms;
	s->skip[s->skip_count++].to_ms = to_ms;
}

/* ---- what reaches us ---------------------------------------------------- */

u128
price_of(double price)
{
	MUST(price >= 0 && price < 1e15);
	return (u128)((long double)price * 1e18L + 0.5L);
}

static void
feed(struct scene *s, const struct input *in)
{
	struct input copy = *in;

	copy.order = s->inputs.count;
	inputs_add(&s->inputs, &copy);
}

void
feed_quote(struct scene *s, unsigned market, uint64_t exchange_ms,
    uint64_t recv_ms, u128 bid, u128 ask)
{
	MUST(market < s->market_count);
	feed(s, &(struct input){ .kind = INPUT_BOOK,
	    .market = (uint16_t)market, .exchange_ms = exchange_ms,
	    .recv_ms = recv_ms, .bid = bid, .ask = ask,
	    .venue = (uint8_t)s->market[market].venue });
}

void
feed_book(struct scene *s, unsigned market, uint64_t ms, double price)
{
	u128 mid = price_of(price), half = price_of(price * SPREAD / 2);

	feed_quote(s, market, ms, ms, mid - half, mid + half);
}

void
feed_trade(struct scene *s, unsigned market, uint64_t ms, double price)
{
	MUST(market < s->market_count);
	feed(s, &(struct input){ .kind = INPUT_TRADE,
	    .market = (uint16_t)market, .exchange_ms = ms, .recv_ms = ms,
	    .bid = price_of(price),
	    .venue = (uint8_t)s->market[market].venue });
}

void
feed_void(struct scene *s, unsigned market, uint64_t ms)
{
	feed(s, &(struct input){ .kind = INPUT_VOID,
	    .market = (uint16_t)market, .recv_ms = ms,
	    .venue = (uint8_t)s->market[market].venue });
}

void
feed_beat(struct scene *s, unsigned venue, uint64_t exchange_ms,
    uint64_t recv_ms)
{
	feed(s, &(struct input){ .kind = INPUT_BEAT, .market = (uint16_t)venue,
	    .exchange_ms = exchange_ms, .recv_ms = recv_ms,
	    .venue = (uint8_t)venue });
}

void
feed_rate(struct scene *s, unsigned unit, uint64_t time_ms, uint64_t recv_ms,
    const char *rate)
{
	u128 v;

	MUST(decimal_to_u128(&v, rate, strlen(rate), 18) == ERR_OK);
	feed(s, &(struct input){ .kind = INPUT_RATE, .market = (uint16_t)unit,
	    .exchange_ms = time_ms, .recv_ms = recv_ms, .bid = v,
	    .venue = SCENE_NO_VENUE });
}

void
feed_rates(struct scene *s, unsigned unit, uint64_t from_ms, uint64_t to_ms,
    const char *rate)
{
	for (uint64_t t = from_ms; t < to_ms; t += 10000)
		feed_rate(s, unit, t, t + 200, rate);
}

void
feed_hold(struct scene *s, unsigned market, uint64_t from_ms, uint64_t to_ms,
    double price)
{
	/* Venues do not tick in the same instant. */
	for (uint64_t t = from_ms + 37 * market % 1000; t < to_ms; t += 1000)
		feed_book(s, market, t, price);
}
