/* OKX v5 public channels, wss://ws.okx.com:8443/ws/v5/public, and OKCoin's,
 * which are the same.
 * Source: okx.com/docs-v5, WebSocket, public channels; recorded frames of
 * 2022-02-27.  Prices are strings, "" where a side is empty; times are strings
 * of Unix ms.  bbo-tbt says the whole top each time, and again after a minute
 * without a change.  Spot, swaps, futures and options have symbols of their
 * own: BTC-USDT, BTC-USDT-SWAP, BTC-USD-220325-40000-C (in coins);
 * options.BTC-USD asks for the summary of that family.  A ping is the bare
 * word, and so is its answer.  `seqId` is a book's or a trade's and skips what
 * is not said of it: no hole says that a message is missing. */
#include "feeds/venue_row.h"

#include <string.h>

#include "feeds/venue_contract.h"
#include "feeds/venue_okx.h"

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
	PROTOCOL_INNER(ARG), .channels = &venue_okx_channels };

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

/* BTC-USDT-SWAP, BTC-USD-220325: what has a mark price. */
static bool
is_contract(const char *symbol)
{
	const char *dash = strchr(symbol, '-');

	return contract_is_single(symbol) && dash != strrchr(symbol, '-');
}

static bool
is_swap(const char *symbol)
{
	const char *end = strrchr(symbol, '-');

	return is_contract(symbol) && strcmp(end, "-SWAP") == 0;
}

#define ASK(channel, by, skip, takes) { "{\"op\":\"subscribe\",\"args\":[", \
	"{\"channel\":\"" channel "\"," by "}", "]}", 0, skip, takes }
#define BY_ID "\"instId\":\"%\""
static const struct ask ASKS[] = {
	/* `tickers` would say the same later: at most each 100 ms. */
	ASK("bbo-tbt", BY_ID, 0, contract_is_single),
	ASK("trades", BY_ID, 0, contract_is_single),
	ASK("mark-price", BY_ID, 0, is_contract),
	ASK("open-interest", BY_ID, 0, is_contract),
	ASK("index-tickers", "\"instId\":\"^\"", 0, is_swap),
	ASK("funding-rate", BY_ID, 0, is_swap),
	ASK("opt-summary", "\"instFamily\":\"%\"", CONTRACT_FAMILY_LEN,
	    contract_is_family),
};
VENUE_ASKS(okx, ASKS);
