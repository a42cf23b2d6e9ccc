/* Prices and their graph: a config made of any bytes is refused or computes;
 * then any ticks, heartbeats and rates at any times.  A price that is not
 * refused has low <= mid <= high above zero and a known reason; what is kept of
 * the last computation equals computing all anew. */
#include <stdint.h>
#include <string.h>

#include "base/must.h"
#include "feeds/prices.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

#define UNITS_MAX 12u
#define MARKETS_MAX 24u

struct input {
	const uint8_t *at, *end;
};

static uint64_t
take(struct input *i, size_t n)
{
	uint64_t v = 0;

	for (; n > 0; n--)
		v = v << 8 | (i->at < i->end ? *i->at++ : 0);
	return v;
}

/* A number of any size. */
static struct px18
take_px(struct input *i)
{
	u128 v = take(i, 8);

	return px18_from_raw(v << take(i, 1) % 120);
}

/* Mostly below one. */
static struct ppb
take_ppb(struct input *i)
{
	return ppb_from_raw((uint32_t)(take(i, 4) % 1010000000));
}

static void
unit_take(struct prices_unit *u, struct input *i, uint16_t units)
{
	u->rule.quorum = (uint32_t)take(i, 1) % 32 / 8 + (i->at != i->end);
	u->rule.age_max_ms = take(i, 2);
	u->rule.dispersion_max = take_ppb(i);
	u->rule.band_max = take_ppb(i);
	u->rule.is_constant_unsafe = take(i, 1) % 8 == 1;
	if (u->rule.is_constant_unsafe)
		u->rule.constant = take_px(i);
	if (take(i, 1) % 4 != 1)
		return;
	u->wrap.is_wrapped = true;
	u->wrap.by_rate = take(i, 1) % 2;
	u->wrap.of = (uint16_t)(take(i, 1) % units);
	u->wrap.age_max_ms = 1 + take(i, 2);
	u->wrap.pinned = take_px(i);
	u->wrap.pinned_ms = 1 + take(i, 4);
	u->wrap.growth_max = take_ppb(i);
	u->wrap.fall_max = take_ppb(i);
	u->wrap.gap_max = take_ppb(i);
}

static void
config_take(struct prices_config *c, struct input *i)
{
	c->unit_count = 1 + take(i, 1) % UNITS_MAX;
	c->market_count = take(i, 1) % MARKETS_MAX;
	for (size_t u = 1; u < c->unit_count; u++)
		unit_take(&c->unit[u], i, (uint16_t)c->unit_count);
	for (size_t k = 0; k < c->market_count; k++) {
		struct prices_market *m = &c->market[k];
		uint64_t flags;

		m->venue = (uint16_t)(take(i, 1) % PRICES_VENUES_MAX);
		m->operator_id = (uint16_t)take(i, 1);
		m->base = (uint16_t)(take(i, 1) % c->unit_count);
		m->quote = (uint16_t)(take(i, 1) % c->unit_count);
		m->weight = 1 + (uint32_t)take(i, 1) % 18 / 4;
		m->correlation_id = (uint16_t)(take(i, 1) % 4);
		flags = take(i, 1);
		m->age_max_ms = flags & 1 ? take(i, 2) : 0;
		m->pinned_ms = flags & 2 ? take(i, 4) : 0;
		m->is_inverse = (flags & 12) == 12;
		m->is_by_address = (flags & 48) == 48;
	}
}

/* A moment: mostly near the last, sometimes anywhere. */
static uint64_t
moment(struct input *i, uint64_t now)
{
	uint64_t how = take(i, 1);

	if (how < 200)
		return now + how;
	return how < 240 ? now - take(i, 2) : take(i, 8);
}

static void
say(struct prices *p, struct input *i, uint64_t now)
{
	const struct prices_config *c = p->config;
	uint64_t what = take(i, 1);
	struct prices_tick t = { .recv_ms = now };

	t.exchange_ms = moment(i, now);
	if (what < 16) {
		prices_apply_heartbeat(p, (uint16_t)(take(i, 1) %
		    PRICES_VENUES_MAX), t.exchange_ms, now);
	} else if (what < 40) {
		(void)!prices_apply_rate(p, take(i, 1) % (UNITS_MAX + 1),
		    take_px(i), t.exchange_ms, now);
	} else if (c->market_count > 0) {
		t.market = (uint16_t)(take(i, 1) % c->market_count);
		t.has_book = what % 2;
		t.has_last = what / 2 % 2;
		t.bid = take_px(i);
		t.ask = take_px(i);
		t.last = take_px(i);
		prices_apply_tick(p, &t);
	}
}

static void
price_check(const struct price *p)
{
	MUST(strcmp(price_reason_name(p->reason), "UNNAMED") != 0);
	if (p->status == PRICE_REFUSED) {
		MUST(px18_is_zero(p->mid) && px18_is_zero(p->low) &&
		    px18_is_zero(p->high));
		MUST(p->reason != REASON_NONE);
		return;
	}
	MUST((p->status == PRICE_OK) == (p->reason == REASON_NONE));
	MUST(!px18_is_zero(p->mid));
	MUST(px18_compare(p->low, p->mid) <= 0 &&
	    px18_compare(p->mid, p->high) <= 0);
}

static void
compute(struct prices *p, uint64_t now)
{
	prices_compute(p, now);
	for (size_t u = 0; u < p->config->unit_count; u++)
		price_check(&p->price[u]);
}

static void
compare(struct prices *p, uint64_t now)
{
	static struct prices all;

	all = *p;
	for (size_t u = 0; u < p->config->unit_count; u++)
		all.cache[u].is_dirty = true;
	prices_compute(p, now);
	prices_compute(&all, now);
	for (size_t u = 0; u < p->config->unit_count; u++)
		MUST(price_is_same(&p->price[u], &all.price[u]) &&
		    p->price[u].reason == all.price[u].reason &&
		    p->price[u].sources == all.price[u].sources &&
		    p->price[u].age_ms == all.price[u].age_ms &&
		    p->price[u].skew_ms == all.price[u].skew_ms);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static struct prices_config c;
	static struct prices p;
	struct input i = { bytes, bytes + len };
	uint64_t now = 1000000;
	size_t bad = 0;

	memset(c.unit, 0, UNITS_MAX * sizeof(c.unit[0]));
	config_take(&c, &i);
	if (prices_init(&p, &c, &bad) != ERR_OK) {
		MUST(bad < c.unit_count);
		return 0;
	}
	while (i.at < i.end) {
		now = moment(&i, now);
		say(&p, &i, now);
		if (take(&i, 1) % 2 == 0)
			compute(&p, now);
	}
	if (len % 8 == 0)	/* it copies much */
		compare(&p, now + len);
	else
		compute(&p, now);
	return 0;
}
