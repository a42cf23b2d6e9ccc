/* Any bytes as venues' marks of options: whatever is fitted and told, the
 * engine's side takes. */
#include <stdint.h>
#include <string.h>

#include "base/must.h"
#include "oracle/surface_curve.h"
#include "oracle/terms.h"

#define NOW UINT64_C(1795176000000)
#define BODY (sizeof(struct wire_option) - sizeof(struct wire_head))

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* Any forward is near the index. */
static const struct terms_rules RULES = { 30000, { 20000000 },
	{ PPB_ONE_RAW - 1 } };
static struct price index_price[PRICES_UNITS_MAX];
static const struct terms_index INDEX = { index_price, NULL };
static struct terms t;

static enum err
say(void *arg, const void *message)
{
	const uint64_t *now_ms = arg;
	struct wire_head head;
	struct wire_forward w;

	memcpy(&head, message, sizeof(head));
	MUST(wire_check(message, head.size) == ERR_OK);
	if (head.type == WIRE_FORWARD) {
		memcpy(&w, message, sizeof(w));
		index_price[w.unit].mid = px18_max(index_price[w.unit].mid,
		    px18_from_raw(wire_to_u128(w.price)));
	}
	MUST((head.type == WIRE_FORWARD ? terms_take_forward(&t, message,
	    &RULES, NULL, *now_ms) : terms_take_slice(&t, message, &RULES,
	    NULL, *now_ms)) == ERR_OK);
	return ERR_OK;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static const struct surface_rules rules = { 30000, 0.02 };
	static struct surface_marks *marks;
	struct surface_curve *curve;
	uint64_t now_ms = NOW;
	const struct surface_wire wire = { say, &now_ms };

	if (!marks)
		MUST(surface_marks_create(&marks, 3, 4) == ERR_OK);
	surface_marks_drop(marks, UINT64_MAX, 0);
	MUST(surface_curve_create(&curve, &rules) == ERR_OK);
	memset(&t, 0, sizeof(t));
	memset(index_price, 0, sizeof(index_price));
	for (; len >= BODY; bytes += BODY, len -= BODY) {
		struct wire_option w;

		memset(&w, 0, sizeof(w));
		wire_head_set(&w.head, WIRE_OPTION);
		memcpy(&w.head + 1, bytes, BODY);
		(void)!surface_marks_take(marks, &w, now_ms);
	}
	/* Once, and again when some of it has grown old. */
	for (int i = 0; i < 2; i++) {
		surface_curve_round(curve, marks, &wire, now_ms);
		terms_settle(&t, &RULES, &INDEX, now_ms);
		MUST(t.refused[SURFACE_CALENDAR] == 0);
		now_ms += 20000;
	}
	surface_curve_destroy(curve);
	return 0;
}
