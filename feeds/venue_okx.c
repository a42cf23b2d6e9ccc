/* OKX v5 public channels, wss://ws.okx.com:8443/ws/v5/public, and OKCoin's,
 * which are the same.
 * Source: okx.com/docs-v5, WebSocket, public channels; recorded frames of
 * 2022-02-27.  Prices are strings, "" where a side is empty; times are strings
 * of Unix ms.  bbo-tbt says the whole top each time, and again after a minute
 * without a change.  Spot, swaps, futures and options have symbols of their
 * own: BTC-USDT, BTC-USDT-SWAP, BTC-USD-220325-40000-C (in coins);
 * options.BTC-USD asks for the summary of that family, which has two
 * conventions of greeks: of BS (in dollars) and of PA (in coins); the first is
 * read.  A funding rate settles at fundingTime, and is of the time since
 * prevFundingTime; messages from before that was told (2025) have the next
 * interval for it, up to nextFundingTime.  A ping is the bare word, and so is
 * its answer.  `seqId` is a book's or a trade's and skips what is not said of
 * it: no hole says that a message is missing. */
#include "feeds/venue_row.h"
#include "feeds/venue_contract.h"
#include "feeds/venue_message.h"

#define TIMED PART_ROW("ts", PART_TIME, FIELD_MS)
#define NAMED PART_ROW("instId", PART_SYMBOL, FIELD_STRING)
#define NUMBERED PART_ROW("seqId", PART_SEQUENCE, FIELD_NUMBER)
static const struct part_row TICKER_ROWS[] = {
	/* [["price","size","0","orders"]]: one level or none. */
	PART_SIDE("asks", PART_ASK, part_side_one),
	PART_SIDE("bids", PART_BID, part_side_one),
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
static const struct words CHANNELS = WORDS(CHANNEL_ROWS);
static const struct word EVENT_ROWS[] = {
	{ FRAME_ACK, "subscribe unsubscribe login notice channel-conn-count",
	    NULL },
	{ FRAME_REFUSED, "error channel-conn-count-error", NULL },
};
static const struct words EVENTS = WORDS(EVENT_ROWS);

static const struct message_row MESSAGE[] = {
	MESSAGE_ROW("arg", word, MESSAGE_INNER),
	MESSAGE_ROW("data", payload, MESSAGE_PAYLOAD),
	MESSAGE_ROW("event", event, MESSAGE_TEXT),
	MESSAGE_ROW("code", extra, MESSAGE_SEEN),
};
static const struct message_row ARG[] = {
	MESSAGE_ROW("channel", channel, MESSAGE_CHANNEL),
	MESSAGE_ROW("instId", symbol, MESSAGE_TEXT),
};
static const struct protocol PROTOCOL = { PROTOCOL_ROWS(MESSAGE),
	PROTOCOL_INNER(ARG), .channels = &CHANNELS };

/* A minute before the connection is closed for an upgrade of the service. */
static bool
is_leaving(const struct message *m)
{
	return json_text_is(&m->event.text, "notice") && m->extra.has &&
	    json_text_is(&m->extra.text, "\"64008\"");
}

VENUE_PARSER(okx);
enum err
venue_okx_parse(struct frame *f, const char *text, size_t len)
{
	struct message m = { 0 };
	enum err e;

	if (message_is_pong(f, text, len))
		return ERR_OK;
	e = message_read(f, &m, &PROTOCOL, text, len);
	if (e == ERR_OK && m.event.has) {
		message_is_event(f, &m.event, &EVENTS);
		if (is_leaving(&m))
			f->kind = FRAME_LEAVING;
	} else if (e == ERR_OK && m.channel.has) {
		e = message_is_channel(f, &m);
	}
	return e;
}

#define ASK(channel, by, skip, takes) { "{\"op\":\"subscribe\",\"args\":[", \
	"{\"channel\":\"" channel "\"," by "}", "]}", 0, skip, takes }
#define BY_ID "\"instId\":\"%\""
static const struct ask ASKS[] = {
	/* `tickers` would say the same later: at most each 100 ms. */
	ASK("bbo-tbt", BY_ID, 0, contract_is_single),
	ASK("trades", BY_ID, 0, contract_is_single),
	/* What has a mark price: BTC-USDT-SWAP, BTC-USD-220325. */
	ASK("mark-price", BY_ID, 0, contract_is_derivative),
	ASK("open-interest", BY_ID, 0, contract_is_derivative),
	ASK("index-tickers", "\"instId\":\"^\"", 0, contract_is_swap),
	ASK("funding-rate", BY_ID, 0, contract_is_swap),
	ASK("opt-summary", "\"instFamily\":\"%\"", CONTRACT_FAMILY_LEN,
	    contract_is_family),
};
VENUE_ASKS(okx, ASKS);
