/* Any bytes as forwards, slices, marks and the ends of batches: what is kept is
 * in order, fresh and without arbitrage, and believing it changes nothing. */
#include <stdint.h>
#include <string.h>

#include "base/must.h"
#include "oracle/terms.h"

#define NOW UINT64_C(1795176000000)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static const struct terms_rules RULES = { 30000, { 20000000 },
	{ 300000000 } };
static const struct price INDEX = { .mid = { (u128)2000 * WAD_ONE_RAW } };
static struct terms t;
static struct terms_unit before[3];
static struct market_terms market;

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
	m.forward.unit %= 3;
	if (type == WIRE_FORWARD) {
		(void)!terms_take_forward(&t, &m.forward, &RULES, m.forward.
		    unit == 1 ? &INDEX : NULL, now_ms);
	} else if (type == WIRE_SLICE) {
		(void)!terms_take_slice(&t, &m.slice, &RULES, m.slice.unit ==
		    1 ? &INDEX : NULL, now_ms);
	} else {
		m.mark.instrument %= 4;
		(void)!terms_take_mark(&t, &m.mark, &RULES, &INDEX,
		    m.mark.instrument == 3, now_ms);
	}
}

static void
unit_hold(const struct terms_unit *u, uint64_t now_ms)
{
	MUST(u->count <= MARKET_EXPIRIES_MAX);
	for (uint32_t i = 0; i < u->count; i++) {
		const struct terms_expiry *e = &u->expiry[i];

		MUST(i == 0 || u->expiry[i - 1].expiry_ms < e->expiry_ms);
		MUST(e->offered.as_of_ms == 0);
		if (e->forward.as_of_ms != 0)
			MUST(e->expiry_ms > now_ms && e->forward.as_of_ms +
			    RULES.age_max_ms >= now_ms);
		if (e->slice.as_of_ms != 0)
			MUST(e->expiry_ms > now_ms && e->slice.as_of_ms +
			    RULES.age_max_ms >= now_ms &&
			    surface_check_slice(&e->slice.svi) ==
			    SURFACE_GOOD);
	}
}

static void
batch_end(uint64_t now_ms)
{
	static const struct book book = { .asset_count = 3,
		.assets = { [1] = { .factor = 1 }, [2] = { .factor = 2 } } };
	static const uint16_t unit[] = { 0, 1, 2 };

	terms_settle(&t, &RULES, now_ms);
	for (unsigned u = 0; u < 3; u++)
		unit_hold(&t.unit[u], now_ms);
	memcpy(before, t.unit, sizeof(before));
	terms_believe(&t);
	MUST(memcmp(before, t.unit, sizeof(before)) == 0);
	terms_apply(&market, &t, &book, unit);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static const enum wire_type TYPE[] = { WIRE_FORWARD, WIRE_SLICE,
		WIRE_MARK };
	uint64_t now_ms = NOW;

	memset(&t, 0, offsetof(struct terms, unit));
	memset(t.unit, 0, sizeof(before));
	t.mark_count = 4;
	memset(t.mark, 0, t.mark_count * sizeof(*t.mark));
	while (len > 1) {
		unsigned kind = *bytes % 4;
		size_t body = kind == 3 ? 1 : wire_size(TYPE[kind]) -
		    sizeof(struct wire_head);

		bytes++;
		len--;
		if (len < body)
			break;
		if (kind == 3) {
			now_ms += *bytes * 200u;
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
