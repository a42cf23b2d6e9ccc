/* tests/bench/bench_json.c - bid and ask out of the ticker frames of five
 * venues: our reader and decimal against jansson and strtod.  Both validate
 * the whole frame.  The frames are written by hand in the venues' form. */
#include "tests/bench/bench.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/decimal.h"
#include "base/json.h"
#include "base/must.h"

#define FRAMES 100u
#define ROUNDS 101u
#define GOAL 0.125	/* at least eight times as fast */

static const char COINBASE[] =
    "{\"channel\":\"ticker\",\"client_id\":\"\",\"timestamp\":"
    "\"2026-08-09T21:05:48.229198328Z\",\"sequence_num\":6,\"events\":["
    "{\"type\":\"update\",\"tickers\":[{\"type\":\"ticker\",\"product_id\":"
    "\"BTC-USD\",\"price\":\"65086.18\",\"volume_24_h\":\"2867.54532609\","
    "\"low_24_h\":\"64675.22\",\"high_24_h\":\"65252.99\",\"low_52_w\":"
    "\"57717.55\",\"high_52_w\":\"126296\",\"price_percent_chg_24_h\":"
    "\"0.09601107287722\",\"best_bid\":\"65083.66\",\"best_ask\":"
    "\"65083.67\",\"best_bid_quantity\":\"0.20371215\","
    "\"best_ask_quantity\":\"0.24290402\"}]}]}";
static const char KRAKEN[] =
    "{\"channel\":\"ticker\",\"type\":\"update\",\"data\":[{\"symbol\":"
    "\"BTC/USD\",\"bid\":65083.6,\"bid_qty\":0.51230000,\"ask\":65083.7,"
    "\"ask_qty\":3.19483921,\"last\":65083.7,\"volume\":1871.20934411,"
    "\"vwap\":64988.2,\"low\":64675.2,\"high\":65253.0,\"change\":62.4,"
    "\"change_pct\":0.10,\"timestamp\":\"2026-08-09T21:05:48.229198Z\"}]}";
static const char BINANCE[] =
    "{\"u\":400900217,\"s\":\"BTCUSDT\",\"b\":\"65083.66000000\","
    "\"B\":\"0.20371000\",\"a\":\"65083.67000000\",\"A\":\"4.06660000\"}";
static const char BYBIT[] =
    "{\"topic\":\"orderbook.1.BTCUSDT\",\"ts\":1786309548229,\"type\":"
    "\"snapshot\",\"data\":{\"s\":\"BTCUSDT\",\"b\":[[\"65083.6\","
    "\"0.203712\"]],\"a\":[[\"65083.7\",\"1.938210\"]],\"u\":7961638724,"
    "\"seq\":76129380144},\"cts\":1786309548221}";
static const char DERIBIT[] =
    "{\"jsonrpc\":\"2.0\",\"method\":\"subscription\",\"params\":{"
    "\"channel\":\"ticker.ETH-25SEP26-2400-C.100ms\",\"data\":{"
    "\"underlying_price\":2389.17,\"underlying_index\":\"ETH-25SEP26\","
    "\"timestamp\":1786309548229,\"stats\":{\"volume\":1271.0,"
    "\"price_change\":-2.7,\"low\":0.0645,\"high\":0.0712},\"state\":"
    "\"open\",\"settlement_price\":0.0683,\"open_interest\":3963.0,"
    "\"min_price\":0.0341,\"max_price\":0.1225,\"mark_price\":0.068155,"
    "\"mark_iv\":58.74,\"last_price\":0.0675,\"interest_rate\":0.0,"
    "\"instrument_name\":\"ETH-25SEP26-2400-C\",\"index_price\":2381.42,"
    "\"greeks\":{\"vega\":3.46511,\"theta\":-2.09811,\"rho\":1.16173,"
    "\"gamma\":0.00084,\"delta\":0.52609},\"estimated_delivery_price\":"
    "2381.42,\"bid_iv\":57.06,\"best_bid_price\":0.0665,"
    "\"best_bid_amount\":14.0,\"best_ask_price\":0.0695,"
    "\"best_ask_amount\":5.0,\"ask_iv\":60.97}}}";

struct quote {
	struct json_text bid, ask;
};

/* pair_read takes "bid" and "ask" by their names in an object. */
static void
pair_read(struct json *j, struct quote *q, const char *bid, const char *ask)
{
	struct json_text key;

	json_enter_object(j);
	while (json_next_key(j, &key)) {
		if (json_text_is(&key, bid))
			json_read_decimal(j, &q->bid);
		else if (json_text_is(&key, ask))
			json_read_decimal(j, &q->ask);
		else
			json_skip(j);
	}
}

static void
coinbase_read(struct json *j, struct quote *q)
{
	struct json_text key;

	json_enter_object(j);
	while (json_next_key(j, &key)) {
		if (!json_text_is(&key, "events")) {
			json_skip(j);
			continue;
		}
		json_enter_array(j);
		while (json_next_item(j)) {
			json_enter_object(j);
			while (json_next_key(j, &key)) {
				if (!json_text_is(&key, "tickers")) {
					json_skip(j);
					continue;
				}
				json_enter_array(j);
				while (json_next_item(j))
					pair_read(j, q, "best_bid",
					    "best_ask");
			}
		}
	}
}

static void
kraken_read(struct json *j, struct quote *q)
{
	struct json_text key;

	json_enter_object(j);
	while (json_next_key(j, &key)) {
		if (!json_text_is(&key, "data")) {
			json_skip(j);
			continue;
		}
		json_enter_array(j);
		while (json_next_item(j))
			pair_read(j, q, "bid", "ask");
	}
}

static void
binance_read(struct json *j, struct quote *q)
{
	pair_read(j, q, "b", "a");
}

/* level_read takes the price of the first level of one side of a book. */
static void
level_read(struct json *j, struct json_text *price)
{
	json_enter_array(j);
	while (json_next_item(j)) {
		json_enter_array(j);
		json_next_item(j);
		json_read_decimal(j, price);
		while (json_next_item(j))
			json_skip(j);
	}
}

static void
bybit_read(struct json *j, struct quote *q)
{
	struct json_text key;

	json_enter_object(j);
	while (json_next_key(j, &key)) {
		if (!json_text_is(&key, "data")) {
			json_skip(j);
			continue;
		}
		json_enter_object(j);
		while (json_next_key(j, &key)) {
			if (json_text_is(&key, "b"))
				level_read(j, &q->bid);
			else if (json_text_is(&key, "a"))
				level_read(j, &q->ask);
			else
				json_skip(j);
		}
	}
}

static void
deribit_read(struct json *j, struct quote *q)
{
	struct json_text key;

	json_enter_object(j);
	while (json_next_key(j, &key)) {
		if (!json_text_is(&key, "params")) {
			json_skip(j);
			continue;
		}
		json_enter_object(j);
		while (json_next_key(j, &key)) {
			if (json_text_is(&key, "data"))
				pair_read(j, q, "best_bid_price",
				    "best_ask_price");
			else
				json_skip(j);
		}
	}
}

static json_t *
first_of(json_t *object, const char *key)
{
	return json_array_get(json_object_get(object, key), 0);
}

static void
coinbase_get(json_t *root, json_t **bid, json_t **ask)
{
	json_t *ticker = first_of(first_of(root, "events"), "tickers");

	*bid = json_object_get(ticker, "best_bid");
	*ask = json_object_get(ticker, "best_ask");
}

static void
kraken_get(json_t *root, json_t **bid, json_t **ask)
{
	json_t *ticker = first_of(root, "data");

	*bid = json_object_get(ticker, "bid");
	*ask = json_object_get(ticker, "ask");
}

static void
binance_get(json_t *root, json_t **bid, json_t **ask)
{
	*bid = json_object_get(root, "b");
	*ask = json_object_get(root, "a");
}

static void
bybit_get(json_t *root, json_t **bid, json_t **ask)
{
	json_t *book = json_object_get(root, "data");

	*bid = json_array_get(first_of(book, "b"), 0);
	*ask = json_array_get(first_of(book, "a"), 0);
}

static void
deribit_get(json_t *root, json_t **bid, json_t **ask)
{
	json_t *ticker = json_object_get(json_object_get(root, "params"),
	    "data");

	*bid = json_object_get(ticker, "best_bid_price");
	*ask = json_object_get(ticker, "best_ask_price");
}

static const struct venue {
	const char *name, *frame;
	size_t len;
	void (*read)(struct json *j, struct quote *q);
	void (*get)(json_t *root, json_t **bid, json_t **ask);
} VENUES[] = {
	{ "json coinbase ticker", COINBASE, sizeof(COINBASE) - 1,
	    coinbase_read, coinbase_get },
	{ "json kraken ticker", KRAKEN, sizeof(KRAKEN) - 1, kraken_read,
	    kraken_get },
	{ "json binance bookTicker", BINANCE, sizeof(BINANCE) - 1,
	    binance_read, binance_get },
	{ "json bybit orderbook.1", BYBIT, sizeof(BYBIT) - 1, bybit_read,
	    bybit_get },
	{ "json deribit ticker", DERIBIT, sizeof(DERIBIT) - 1, deribit_read,
	    deribit_get },
};

const char *
bench_json_frame(const char *row)
{
	for (size_t i = 0; i < ARRAY_COUNT(VENUES); i++)
		if (strcmp(VENUES[i].name, row) == 0)
			return VENUES[i].frame;
	MUST(false);	/* no row of this suite */
	return NULL;
}

/* A side's context: the frame in memory of its own, so that a new read of it
 * is not folded into the one before. */
struct bench_frame {
	const struct venue *venue;
	char text[1024];
};

static void
run_ours(void *context)
{
	const struct bench_frame *f = context;

	for (unsigned i = 0; i < FRAMES; i++) {
		struct quote q = { { NULL, 0, false }, { NULL, 0, false } };
		struct dec18 bid, ask;
		struct json j;

		json_open(&j, f->text, f->venue->len);
		f->venue->read(&j, &q);
		MUST(json_close(&j) == ERR_OK);
		MUST(decimal_to_dec18(&bid, q.bid.at, q.bid.len) == ERR_OK);
		MUST(decimal_to_dec18(&ask, q.ask.at, q.ask.len) == ERR_OK);
		MUST(bid.value > 0 && bid.value < ask.value);
		bench_keep((uint64_t)bid.value);
	}
}

static double
number_of(const json_t *value)
{
	return json_is_string(value) ? strtod(json_string_value(value), NULL) :
	    json_number_value(value);
}

static void
run_jansson(void *context)
{
	const struct bench_frame *f = context;

	for (unsigned i = 0; i < FRAMES; i++) {
		json_t *root = json_loadb(f->text, f->venue->len, 0, NULL);
		json_t *bid, *ask;
		double low, high;

		MUST(root != NULL);
		f->venue->get(root, &bid, &ask);
		low = number_of(bid);
		high = number_of(ask);
		MUST(low > 0 && low < high);
		bench_keep((uint64_t)low);
		json_decref(root);
	}
}

void
bench_json(void)
{
	for (size_t i = 0; i < ARRAY_COUNT(VENUES); i++) {
		struct bench_frame f = { .venue = &VENUES[i] };
		struct bench_side ours = { run_ours, &f, FRAMES };
		struct bench_side reference = { run_jansson, &f, FRAMES };

		MUST(VENUES[i].len < sizeof(f.text));
		memcpy(f.text, VENUES[i].frame, VENUES[i].len);
		bench_compare(VENUES[i].name, &ours, &reference, ROUNDS, GOAL);
	}
}
