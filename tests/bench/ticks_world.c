#include "tests/bench/ticks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock_text.h"
#include "base/must.h"
#include "oracle/clock.h"

static const char CONFIG[] =
    "prices:\n"
    "  units:\n"
    "    ETH: {quorum: 2, age_max: 3s, dispersion_max: 2%%, band_max: 10%%}\n"
    "    BTC: {quorum: 2, age_max: 3s, dispersion_max: 2%%, band_max: 10%%}\n"
    "venues:\n"
    "  coinbase: {url: \"ws://127.0.0.1:PORT/0\",\n"
    "    markets: {ETH-USD: ETH/USD, BTC-USD: BTC/USD}}\n"
    "  kraken: {url: \"ws://127.0.0.1:PORT/1\",\n"
    "    markets: {ETH/USD: ETH/USD, BTC/USD: BTC/USD}}\n"
    "  bybit: {url: \"ws://127.0.0.1:PORT/2\",\n"
    "    markets: {ETHUSD: ETH/USD, BTCUSD: BTC/USD}}\n"
    "book: {file: book.json, vaults_max: 1048576}\n"
    "attestation: {verdicts_max: 65536}\n"
    "signer: {keystore: k, password_file: p, state: s,\n"
    "  bound: {base: 10%%, per_second: 10%%, max: 60%%}, validity_max: 300s,\n"
    "  alarm: {verdicts: 1000, value: \"1000000000\"}}\n"
    "journal: {dir: j, release: immediate}\n"
    "engine: {wait: %s}\n"
    "chain: {rpc: [\"http://127.0.0.1:1\"], chain_id: 31337, depth: 0,\n"
    "  clearing: \"0x3333333333333333333333333333333333333333\",\n"
    "  head_age_max: 24h}\n"
    "sandbox: best-effort\n";

const char ticks_book[] =
    "{\"book\":\"bench\",\"chain_id\":31337,\"assets\":["
    "{\"id\":\"WETH\",\"token\":\"0x1111111111111111111111111111111111111111\","
    "\"decimals\":18,\"price\":\"ETH\",\"ltv\":\"0.8\","
    "\"liquidation_threshold\":\"0.825\",\"close_factor\":\"1\"},"
    "{\"id\":\"WBTC\",\"token\":\"0x2222222222222222222222222222222222222222\","
    "\"decimals\":8,\"price\":\"BTC\",\"ltv\":\"0.8\","
    "\"liquidation_threshold\":\"0.825\",\"close_factor\":\"1\"}],"
    "\"vaults\":[]}";

void
ticks_config(char *out, size_t size, const char *wait)
{
	int len = snprintf(out, size, CONFIG, wait);

	MUST(len > 0 && (size_t)len < size);
}

void
ticks_step(struct ticks_walk *w)
{
	if (w->rung == 0)
		w->is_down = true;
	else if (w->rung == TICKS_RUNGS)
		w->is_down = false;
	w->rung += w->is_down ? 1u : -1u;
}

static uint64_t
mix(uint64_t z)
{
	z += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* The venues' mids are 1975, m and 2025 with m = 2000 - 0.20 r, so the half
 * band is 25 + 0.20 r and the worst end 1975 - 0.40 r; BTC's high is 60001.
 * Vault k of the ladder leaves HEALTHY between rung k and k + 1:
 *	10 WETH x (1975 - 0.40 k - 0.20) x 0.8 = debt x 60001 USD
 * The others lie from 1.5 % below their threshold downwards, ever fewer near
 * it: one in 500 within 1 % more, one in two beyond 30 %. */
void
ticks_vault(struct wire_vault *out, uint32_t i)
{
	const u128 ten = (u128)10000000000000000000u;
	uint64_t rung = i < TICKS_RUNGS ? i : TICKS_RUNGS;
	/* Satoshis; cents x 10 x 0.8 / 60001 x 10^8 / 100. */
	uint64_t debt = (197500 - 2 * TICKS_STEP * rung - TICKS_STEP) * 8 *
	    1000000 / 60001;
	uint64_t id = mix(i), at = mix(id) % 1000000;

	memset(out, 0, sizeof(*out));
	wire_head_set(&out->head, WIRE_VAULT);
	memcpy(out->id.b, &id, sizeof(id));
	memcpy(out->id.b + 24, &i, sizeof(i));
	out->nonce = 1;
	out->collateral_count = out->debt_count = 1;
	out->debt_asset[0] = 1;
	if (i >= TICKS_RUNGS)
		debt -= debt / 1000000 * (15000 + (at < 2000 ? at * 5 :
		    10000 + at * 6 / 10));
	out->collateral_amount[0] = wire_from_u128(ten);
	out->debt_amount[0] = wire_from_u128(debt);
	out->debt_index[0] = wire_from_u128(wad_to_raw(wad_one()));
}

void
ticks_block(struct wire_block *out, uint64_t now_ms)
{
	memset(out, 0, sizeof(*out));
	wire_head_set(&out->head, WIRE_BLOCK);
	out->number = 1;
	out->hash.b[0] = 1;
	out->time_ms = now_ms;
	out->rules_match = 1;
}

void
ticks_coinbase(char *out, size_t size, const char *symbol, unsigned cents,
    uint64_t now_ms)
{
	/* Each is sent, on one connection; as long as the others. */
	static unsigned sequence = 100000;
	char time[TIME_TEXT_BUF];
	unsigned bid = cents - 1, ask = cents + 1;

	time_ms_to_rfc3339(time, now_ms);
	snprintf(out, size, "{\"channel\":\"ticker\",\"client_id\":\"\","
	    "\"timestamp\":\"%s\",\"sequence_num\":%u,\"events\":[{\"type\":"
	    "\"update\",\"tickers\":[{\"type\":\"ticker\",\"product_id\":"
	    "\"%s\",\"price\":\"%u.%02u\",\"volume_24_h\":\"2867.54532609\","
	    "\"low_24_h\":\"64675.22\",\"high_24_h\":\"65252.99\","
	    "\"low_52_w\":\"57717.55\",\"high_52_w\":\"126296\","
	    "\"price_percent_chg_24_h\":\"0.09601107287722\",\"best_bid\":"
	    "\"%u.%02u\",\"best_ask\":\"%u.%02u\",\"best_bid_quantity\":"
	    "\"0.20371215\",\"best_ask_quantity\":\"0.24290402\"}]}]}",
	    time, sequence++, symbol, cents / 100, cents % 100, bid / 100,
	    bid % 100, ask / 100, ask % 100);
}

void
ticks_say(const struct service *s, size_t venue, const char *text)
{
	char frame[SERVICE_FRAME_MAX];
	size_t len = service_frame_make(frame, text);

	service_say(s, venue, frame, len);
}

void
ticks_others(const struct service *s)
{
	static const char *const symbol[] = { "ETH", "BTC" };
	static const unsigned low[] = { 1975, 59999 }, high[] = { 2025, 60001 };
	uint64_t now_ms = clock_wall_ms();
	char text[1024], time[TIME_TEXT_BUF];

	time_ms_to_rfc3339(time, now_ms);
	for (size_t i = 0; i < 2; i++) {
		snprintf(text, sizeof(text), "{\"channel\":\"ticker\","
		    "\"type\":\"update\",\"data\":[{\"symbol\":\"%s/USD\","
		    "\"bid\":%u.99,\"bid_qty\":0.5,\"ask\":%u.01,\"ask_qty\":3,"
		    "\"last\":%u.0,\"timestamp\":\"%s\"}]}", symbol[i],
		    low[i] - 1, low[i], low[i], time);
		ticks_say(s, 1, text);
		snprintf(text, sizeof(text), "{\"topic\":\"orderbook.1.%sUSD\","
		    "\"ts\":%llu,\"type\":\"snapshot\",\"data\":{\"s\":"
		    "\"%sUSD\",\"b\":[[\"%u.99\",\"0.2\"]],\"a\":[[\"%u.01\","
		    "\"1.9\"]],\"u\":7961638724,\"seq\":76129380144},\"cts\":"
		    "%llu}", symbol[i], (unsigned long long)now_ms, symbol[i],
		    high[i] - 1, high[i], (unsigned long long)now_ms);
		ticks_say(s, 2, text);
	}
	ticks_coinbase(text, sizeof(text), "BTC-USD", 6000000, now_ms);
	ticks_say(s, 0, text);
}

static int
double_compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double
ticks_percentile(struct ticks_sample *s, size_t q)
{
	qsort(s->ns, s->count, sizeof(*s->ns), double_compare);
	return s->ns[(s->count - 1) * q / 100];
}

void
ticks_note(struct ticks_sample *s, uint64_t began_ns)
{
	MUST(s->count < TICKS_COUNT);
	s->ns[s->count++] = (double)(bench_now_ns() - began_ns);
}
