/* What the entries of OKX's channels say; the protocol around them is in
 * venue_okx.c, which names the sources.  The summary of options has two
 * conventions of greeks: of BS (in dollars) and of PA (in coins); the first is
 * read.  A funding rate settles at fundingTime, and is of the time since
 * prevFundingTime; messages from before that was told (2025) have the next
 * interval for it, up to nextFundingTime. */
#include "feeds/venue_okx.h"

/* [["price","size","0","orders"]]: one level or none. */
static void
side_read(struct json *j, bool is_bid, bool *has, struct dec18 *best)
{
	struct dec18 size = { 0 };

	(void)is_bid;
	json_enter_array(j);
	if (!json_next_item(j) || !field_read_level(j, false, best, &size))
		return;
	*has = size.value > 0;
	if (json_next_item(j))
		json_fail(j, ERR_LIMIT);
}

#define TIMED PART_ROW("ts", PART_TIME, FIELD_MS)
#define NAMED PART_ROW("instId", PART_SYMBOL, FIELD_STRING)
#define NUMBERED PART_ROW("seqId", PART_SEQUENCE, FIELD_NUMBER)
static const struct part_row TICKER_ROWS[] = {
	PART_SIDE("asks", PART_ASK, side_read),
	PART_SIDE("bids", PART_BID, side_read),
	TIMED, NUMBERED, NAMED,
	PART_ROW_OR("last", PART_LAST, FIELD_STRING, FIELD_NONE_EMPTY),
	PART_ROW_OR("askPx", PART_ASK, FIELD_STRING, FIELD_NONE_EMPTY),
	PART_ROW_OR("bidPx", PART_BID, FIELD_STRING, FIELD_NONE_EMPTY),
};
static const struct part_row TRADE_ROWS[] = {
	TIMED, NAMED,
	PART_ROW("px", PART_LAST, FIELD_STRING),
	PART_ROW("sz", PART_SIZE, FIELD_STRING),
	NUMBERED,
};
/* Each channel of contract data has some of them. */
static const struct part_row CONTRACT_ROWS[] = {
	TIMED, NAMED,
	PART_ROW("markPx", PART_MARK, FIELD_STRING),
	PART_ROW("idxPx", PART_INDEX, FIELD_STRING),
	PART_ROW("oi", PART_INTEREST, FIELD_STRING),
	PART_ROW("markVol", PART_VOL, FIELD_STRING),
	PART_ROW("deltaBS", PART_DELTA, FIELD_STRING),
	PART_ROW("gammaBS", PART_GAMMA, FIELD_STRING),
	PART_ROW("thetaBS", PART_THETA, FIELD_STRING),
	PART_ROW("vegaBS", PART_VEGA, FIELD_STRING),
	PART_ROW("fwdPx", PART_FORWARD, FIELD_STRING),
	PART_ROW("fundingRate", PART_FUNDING, FIELD_STRING),
	PART_ROW("prevFundingTime", PART_FUNDED_BEFORE, FIELD_MS),
	PART_ROW("fundingTime", PART_FUNDED, FIELD_MS),
	PART_ROW("nextFundingTime", PART_FUNDED_NEXT, FIELD_MS),
};
static const struct entry TICKER = { ENTRY_ROWS(TICKER_ROWS),
	.is_list = true, .finish = entry_name_option,
	.needed = PART_BIT(PART_TIME) | PARTS_QUOTED };
static const struct entry TRADE = { ENTRY_ROWS(TRADE_ROWS), .is_list = true,
	.needed = PARTS_TRADED };
static const struct entry CONTRACT = { ENTRY_ROWS(CONTRACT_ROWS),
	.is_list = true, .is_contract = true, .finish = entry_name_option };

static const struct word CHANNEL_ROWS[] = {
	{ FRAME_TICKS, "bbo-tbt tickers", &TICKER },
	{ FRAME_TICKS, "trades", &TRADE },
	{ FRAME_TICKS, "mark-price index-tickers funding-rate open-interest "
	    "opt-summary", &CONTRACT },
	{ FRAME_IGNORED, "books books5 books-elp books-l2-tbt books50-l2-tbt "
	    "trades-all option-trades call-auction-details instruments "
	    "price-limit estimated-price status liquidation-orders "
	    "adl-warning block-tickers public-block-trades "
	    "public-struc-block-trades economic-calendar candle* "
	    "mark-price-candle* index-candle* sprd-*", NULL },
};
const struct words venue_okx_channels = WORDS(CHANNEL_ROWS);
