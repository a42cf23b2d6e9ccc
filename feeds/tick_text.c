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

/* A figure of the venue's model. */
static void
greek_text(char out[DECIMAL_BUF + 2], bool has, i128 greek)
{
	char digits[DECIMAL_BUF];

	if (has)
		decimal_from_i128(digits, greek, 18);
	snprintf(out, DECIMAL_BUF + 2, has ? "\"%s\"" : "null", digits);
}

bool
tick_has_greeks(const struct tick *t)
{
	bool has = false;

	for (size_t i = 0; i < GREEK_COUNT; i++)
		has |= t->contract.has_greek[i];
	return has;
}

/* option_text: empty where the tick says nothing of an option. */
static void
option_text(char out[TICK_TEXT_BUF], const struct tick *t)
{
	const struct tick_contract *c = &t->contract;
	char greek[GREEK_COUNT][DECIMAL_BUF + 2], mark[DECIMAL_BUF + 2];
	char vol[DECIMAL_BUF + 2], forward[DECIMAL_BUF + 2];

	out[0] = '\0';
	if (!tick_has_greeks(t) && !(c->has_option && c->has_vol))
		return;
	price_text(mark, c->has_mark, c->mark);
	price_text(vol, c->has_vol, c->vol);
	price_text(forward, c->has_forward, c->forward);
	for (size_t i = 0; i < GREEK_COUNT; i++)
		greek_text(greek[i], c->has_greek[i], c->greek[i]);
	snprintf(out, TICK_TEXT_BUF, ",\"option\":{\"mark\":%s,\"vol\":%s,"
	    "\"forward\":%s,\"delta\":%s,\"gamma\":%s,\"vega\":%s,"
	    "\"theta\":%s,\"rho\":%s}", mark, vol, forward,
	    greek[GREEK_DELTA], greek[GREEK_GAMMA], greek[GREEK_VEGA],
	    greek[GREEK_THETA], greek[GREEK_RHO]);
}

size_t
tick_to_json(char *out, size_t size, const char *venue, const struct tick *t,
    uint64_t recv_ms)
{
	char bid[DECIMAL_BUF + 2], ask[DECIMAL_BUF + 2], last[DECIMAL_BUF + 2];
	char time[24], option[TICK_TEXT_BUF];
	int len;

	MUST(size >= TICK_TEXT_BUF);
	price_text(bid, t->has_bid, t->bid);
	price_text(ask, t->has_ask, t->ask);
	price_text(last, t->has_last, t->last);
	snprintf(time, sizeof(time), t->has_time ? "%" PRIu64 : "null",
	    t->exchange_ms);
	option_text(option, t);
	len = snprintf(out, size, "{\"tick\":{\"venue\":\"%s\",\"market\":"
	    "\"%s\",\"bid\":%s,\"ask\":%s,\"last\":%s,\"exchange_ms\":%s,"
	    "\"recv_ms\":%" PRIu64 "%s}}", venue, t->symbol, bid, ask, last,
	    time, recv_ms, option);
	MUST(len > 0 && (size_t)len < size);
	return (size_t)len;
}
