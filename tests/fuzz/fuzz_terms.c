/* Any bytes as forwards, slices, marks, indices and the ends of batches: what
 * is kept is in order and fresh, what counts is near its index and without
 * arbitrage, and believing it changes nothing. */
#include <stdint.h>
#include <string.h>

#include "base/must.h"
#include "margin/option.h"
#include "oracle/terms.h"

#define NOW UINT64_C(1795176000000)
#define MARKS 4u

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static const struct terms_rules RULES = { 30000, { 20000000 },
	{ 300000000 } };
static const uint16_t MARK_UNIT[MARKS] = { 1, 2, 255, TERMS_MARK_FREE };
static struct price index_price[PRICES_UNITS_MAX];
static const struct terms_index INDEX = { index_price, MARK_UNIT };
static struct terms t;
static struct terms_unit before;
static struct market_terms market;
/* Units that something was said of. */
static uint16_t drawn[PRICES_UNITS_MAX];
static unsigned drawn_count;

static void
unit_draw(uint16_t unit)
{
	for (unsigned i = 0; i < drawn_count; i++)
		if (drawn[i] == unit)
			return;
	drawn[drawn_count++] = unit;
}

/* A message's body; its unit and instrument are among those that there are. */
static void
message_take(enum wire_type type, const uint8_t *body, uint64_t now_ms)
{
	union {
		struct wire_head head;
		struct wire_forward forward;
		struct wire_slice slice;
		struct wire_mark mark;
	} m;

	memset(&m, 0, sizeof(m));
	wire_head_set(&m.head, type);
	memcpy(&m.head + 1, body, m.head.size - sizeof(m.head));
	if (type == WIRE_MARK) {
		uint16_t unit = MARK_UNIT[m.mark.instrument %= MARKS];
		bool is_free = unit == TERMS_MARK_FREE;

		(void)!terms_take_mark(&t, &m.mark, &RULES, is_free ? NULL :
		    terms_index_price(&INDEX, unit), is_free, now_ms);
		return;
	}
	m.forward.unit %= PRICES_UNITS_MAX;
	unit_draw(m.forward.unit);
	if (type == WIRE_FORWARD)
		(void)!terms_take_forward(&t, &m.forward, &RULES,
		    terms_index_price(&INDEX, m.forward.unit), now_ms);
	else
		(void)!terms_take_slice(&t, &m.slice, &RULES,
		    terms_index_price(&INDEX, m.slice.unit), now_ms);
}

/* Odd units have a price at first, even ones later. */
static void
index_move(unsigned level)
{
	for (unsigned u = 0; u < PRICES_UNITS_MAX; u++) {
		struct price *p = &index_price[u];
		u128 whole = level == 0 || u % 2 == 0 ? 2000 : level * 100;

		p->status = (u % 2 == 0 ? level < 32 : level == 63) ?
		    PRICE_REFUSED : PRICE_OK;
		p->mid = px18_from_raw(p->status == PRICE_OK ? whole *
		    WAD_ONE_RAW : 0);
	}
}

/* Held back for its distance or not, as the distance says; one unit of the last
 * digit may fall either way. */
static void
basis_hold(struct px18 p, uint32_t held, uint16_t unit)
{
	const struct price *index = terms_index_price(&INDEX, unit);
	u128 raw = px18_to_raw(p);
	struct px18 low, high;

	if (!index) {
		MUST(held == TERMS_BASIS);
		return;
	}
	MUST(px18_down_ppb(&low, index->mid, RULES.basis_max) == ERR_OK &&
	    px18_up_ppb(&high, index->mid, RULES.basis_max) == ERR_OK);
	if (held == TERMS_BASIS)
		MUST(raw <= px18_to_raw(low) || raw >= px18_to_raw(high));
	else
		MUST(raw >= px18_to_raw(low) && raw <= px18_to_raw(high));
}

static void
slice_hold(const struct terms_expiry *e, uint16_t unit, uint64_t now_ms)
{
	MUST(e->expiry_ms > now_ms &&
	    e->slice.as_of_ms + RULES.age_max_ms >= now_ms &&
	    surface_check_slice(&e->slice.svi) == SURFACE_GOOD);
	basis_hold(e->slice.svi.forward, e->slice.held, unit);
}

static void
unit_hold(uint16_t unit, uint64_t now_ms)
{
	const struct terms_unit *u = &t.unit[unit];
	const struct terms_expiry *near = NULL;

	MUST(u->count <= MARKET_EXPIRIES_MAX);
	for (uint32_t i = 0; i < u->count; i++) {
		const struct terms_expiry *e = &u->expiry[i];

		MUST(i == 0 || u->expiry[i - 1].expiry_ms < e->expiry_ms);
		MUST(e->offered.as_of_ms == 0);
		if (e->forward.as_of_ms != 0) {
			MUST(e->expiry_ms > now_ms && e->forward.as_of_ms +
			    RULES.age_max_ms >= now_ms);
			basis_hold(e->forward.price, e->forward.held, unit);
		}
		if (e->slice.as_of_ms == 0)
			continue;
		slice_hold(e, unit, now_ms);
		if (e->slice.held != TERMS_COUNTS)
			continue;
		if (near)
			MUST(surface_check_calendar(&near->slice.svi,
			    option_tau(near->expiry_ms - now_ms),
			    &e->slice.svi, option_tau(e->expiry_ms -
			    now_ms)) == SURFACE_GOOD);
		near = e;
	}
}

static void
batch_end(uint64_t now_ms)
{
	static const struct book book = { .asset_count = 3,
		.assets = { [1] = { .factor = 1 }, [2] = { .factor = 2 } } };
	static const uint16_t unit[] = { 0, 1, 255 };

	terms_settle(&t, &RULES, &INDEX, now_ms);
	for (unsigned i = 0; i < drawn_count; i++) {
		unit_hold(drawn[i], now_ms);
		before = t.unit[drawn[i]];
		terms_believe(&t);
		MUST(memcmp(&before, &t.unit[drawn[i]], sizeof(before)) == 0);
	}
	for (unsigned i = 0; i < MARKS; i++)
		if (t.mark[i].mark_ms != 0 && MARK_UNIT[i] != TERMS_MARK_FREE)
			basis_hold(t.mark[i].mark, t.mark[i].held,
			    MARK_UNIT[i]);
	terms_apply(&market, &t, &book, unit);
	MUST(market.mark[3].has_mark == (t.mark[3].mark_ms != 0));
}

static void
begin(void)
{
	memset(&t, 0, offsetof(struct terms, unit));
	for (unsigned i = 0; i < drawn_count; i++)
		memset(&t.unit[drawn[i]], 0, sizeof(t.unit[0]));
	memset(t.watch, 0, sizeof(t.watch));
	drawn_count = 0;
	t.mark_count = MARKS;
	memset(t.mark, 0, MARKS * sizeof(*t.mark));
	memset(&market.mark, 0, MARKS * sizeof(*market.mark));
	index_move(0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static const enum wire_type TYPE[] = { WIRE_FORWARD, WIRE_SLICE,
		WIRE_MARK };
	uint64_t now_ms = NOW;

	begin();
	while (len > 1) {
		unsigned kind = *bytes % 4, level = *bytes / 4;
		size_t body = kind == 3 ? 1 : wire_size(TYPE[kind]) -
		    sizeof(struct wire_head);

		bytes++;
		len--;
		if (len < body)
			break;
		if (kind == 3) {
			now_ms += *bytes * 200u;
			index_move(level);
			batch_end(now_ms);
		} else {
			message_take(TYPE[kind], bytes, now_ms);
		}
		bytes += body;
		len -= body;
	}
	batch_end(now_ms);
	return 0;
}
