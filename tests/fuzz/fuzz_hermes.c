/* A Hermes stream: however the bytes are cut, the events are the same, and each
 * is read or refused within its bounds.  The first byte says where it is
 * cut. */
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "chain/hermes_event.h"
#include "chain/sse.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static struct sse once, cut;
static struct hermes_event event;

static void
event_check(const struct sse *s)
{
	/* A copy of its own, so that a sanitizer sees a byte too far. */
	char *text = malloc(s->len + 1);
	struct quote q = { 0, 0 };

	MUST(text != NULL);
	memcpy(text, s->data, s->len);
	if (hermes_event_read(&event, text, s->len) == ERR_OK) {
		MUST(event.count <= HERMES_FEEDS_MAX);
		for (size_t i = 0; i < event.count; i++)
			if (quote_from_pyth(&q, &event.prices[i].price,
			    ppb_from_raw(100000000)) == QUOTE_OK)
				MUST(q.value > 0);
	}
	free(text);
}

/* The same stream in parts of `step` bytes: the next event, or the end. */
static bool
next_event(size_t *at, const char *text, size_t len, size_t step)
{
	bool whole = false;

	while (*at < len && !whole) {
		size_t part = len - *at < step ? len - *at : step, taken;

		MUST(sse_take(&whole, &taken, &cut, text + *at, part) ==
		    ERR_OK && taken > 0 && taken <= part);
		*at += taken;
	}
	return whole;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	const char *text = (const char *)bytes + 1;
	size_t at = 0, at_cut = 0, taken, step;
	bool whole;

	if (len < 2 || len > SSE_DATA_MAX)
		return 0;
	step = 1 + bytes[0];
	len--;
	sse_begin(&once);
	sse_begin(&cut);
	while (at < len) {
		MUST(sse_take(&whole, &taken, &once, text + at, len - at) ==
		    ERR_OK && taken > 0);
		at += taken;
		if (!whole)
			break;
		MUST(next_event(&at_cut, text, len, step) &&
		    cut.len == once.len &&
		    memcmp(cut.data, once.data, once.len) == 0);
		event_check(&once);
	}
	MUST(!next_event(&at_cut, text, len, step));
	return 0;
}
