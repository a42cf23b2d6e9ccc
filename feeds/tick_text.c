#include "feeds/tick_text.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/decimal.h"
#include "base/must.h"

/* price_text writes a quoted price, or null. */
static void
price_text(char out[DECIMAL_BUF + 2], bool has, struct dec18 price)
{
	char digits[DECIMAL_BUF];

	if (has)
		decimal_from_dec18(digits, price);
	snprintf(out, DECIMAL_BUF + 2, has ? "\"%s\"" : "null", digits);
}

size_t
tick_to_json(char *out, size_t size, const char *venue, const struct tick *t,
    uint64_t recv_ms)
{
	char bid[DECIMAL_BUF + 2], ask[DECIMAL_BUF + 2], last[DECIMAL_BUF + 2];
	char time[24];
	int len;

	MUST(size >= TICK_TEXT_BUF);
	price_text(bid, t->has_bid, t->bid);
	price_text(ask, t->has_ask, t->ask);
	price_text(last, t->has_last, t->last);
	snprintf(time, sizeof(time), t->has_time ? "%" PRIu64 : "null",
	    t->exchange_ms);
	len = snprintf(out, size, "{\"tick\":{\"venue\":\"%s\",\"market\":"
	    "\"%s\",\"bid\":%s,\"ask\":%s,\"last\":%s,\"exchange_ms\":%s,"
	    "\"recv_ms\":%" PRIu64 "}}", venue, t->symbol, bid, ask, last,
	    time, recv_ms);
	MUST(len > 0 && (size_t)len < size);
	return (size_t)len;
}
