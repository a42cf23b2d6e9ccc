/* What the entries of Deribit's channels say; the protocol around them is in
 * venue_deribit.c, which names the sources. */
#include "feeds/venue_deribit.h"

#include <string.h>

#include "feeds/venue_contract.h"

static void
index_finish(struct frame *f, struct json *j, struct tick *t)
{
	(void)f;
	(void)j;
	t->contract.has_index = true;
	t->contract.index = t->last;
}

/* The volatility's symbol is told from its index's. */
static void
volatility_finish(struct frame *f, struct json *j, struct tick *t)
{
	struct tick_contract *c = &t->contract;
	size_t len = strlen(t->symbol);

	(void)f;
	if (DVOL_LEN + len >= VENUE_SYMBOL_MAX) {
		json_fail(j, ERR_LIMIT);
		return;
	}
	memmove(t->symbol + DVOL_LEN, t->symbol, len + 1);
	memcpy(t->symbol, DVOL, DVOL_LEN);
	c->has_vol = true;
	c->vol = (struct dec18){ .value = t->last.value / 100, .digits = 18 };
}

#define NONE (FIELD_NONE_NULL | FIELD_NONE_ZERO)
#define INSTRUMENT PART_ROW("timestamp", PART_TIME, FIELD_NUMBER), \
	PART_ROW("instrument_name", PART_SYMBOL, FIELD_STRING)
#define INDEX(last) { PART_ROW("timestamp", PART_TIME, FIELD_NUMBER), \
	PART_ROW(last, PART_LAST, FIELD_NUMBER), \
	PART_ROW("index_name", PART_SYMBOL, FIELD_STRING) }
static const struct part_row TICKER_ROWS[] = {
	INSTRUMENT,
	PART_ROW_OR("best_bid_price", PART_BID, FIELD_NUMBER, NONE),
	PART_ROW_OR("best_ask_price", PART_ASK, FIELD_NUMBER, NONE),
	PART_ROW_OR("last_price", PART_LAST, FIELD_NUMBER, FIELD_NONE_NULL),
	PART_ROW("mark_price", PART_MARK, FIELD_NUMBER),
	PART_ROW("index_price", PART_INDEX, FIELD_NUMBER),
	PART_ROW("open_interest", PART_INTEREST, FIELD_NUMBER),
	PART_ROW("funding_8h", PART_FUNDING, FIELD_NUMBER),
	PART_ROW("mark_iv", PART_VOL_PERCENT, FIELD_NUMBER),
	PART_ROW("underlying_price", PART_FORWARD, FIELD_NUMBER),
	PART_ROW("greeks", PART_GREEKS, FIELD_NUMBER),
};
static const struct part_row TRADE_ROWS[] = {
	PART_ROW("trade_seq", PART_SEQUENCE, FIELD_NUMBER),
	INSTRUMENT,
	PART_ROW("price", PART_LAST, FIELD_NUMBER),
	PART_ROW("amount", PART_SIZE, FIELD_NUMBER),
};
static const struct part_row MARK_ROWS[] = {
	INSTRUMENT,
	PART_ROW("mark_price", PART_MARK, FIELD_NUMBER),
	PART_ROW("iv", PART_VOL, FIELD_NUMBER),
};
static const struct part_row INDEX_ROWS[] = INDEX("price");
static const struct part_row VOLATILITY_ROWS[] = INDEX("volatility");
static const struct entry TICKER = { ENTRY_ROWS(TICKER_ROWS),
	.finish = entry_name_option, .rate_ms = CONTRACT_FUNDING_MS,
	.needed = PART_BIT(PART_TIME) | PARTS_QUOTED };
static const struct entry TRADE = { ENTRY_ROWS(TRADE_ROWS), .is_list = true,
	.needed = PARTS_TRADED };
static const struct entry MARK = { ENTRY_ROWS(MARK_ROWS), .is_list = true,
	.is_contract = true, .finish = entry_name_option,
	.needed = PART_BIT(PART_TIME) | PART_BIT(PART_MARK) };
static const struct entry PRICE_INDEX = { ENTRY_ROWS(INDEX_ROWS),
	.finish = index_finish, .needed = PARTS_TRADED };
static const struct entry VOLATILITY = { ENTRY_ROWS(VOLATILITY_ROWS),
	.finish = volatility_finish, .needed = PARTS_TRADED };

static const struct word ROWS[] = {
	{ FRAME_TICKS, "quote ticker", &TICKER },
	{ FRAME_TICKS, "trades", &TRADE },
	{ FRAME_TICKS, "markprice", &MARK },
	{ FRAME_TICKS, "deribit_price_index", &PRICE_INDEX },
	{ FRAME_TICKS, "deribit_volatility_index", &VOLATILITY },
	{ FRAME_IGNORED, "book chart perpetual incremental_ticker "
	    "estimated_expiration_price deribit_price_ranking "
	    "deribit_price_statistics instrument platform_state "
	    "announcements rfq block_rfq block_trade_confirmations", NULL },
};
const struct words venue_deribit_channels = WORDS(ROWS);
