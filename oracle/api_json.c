#include "oracle/api_json.h"

#include "base/hex.h"
#include "margin/ratio.h"

#include <inttypes.h>
#include <string.h>

void
api_json_key(struct text *t, const char *key)
{
	if (key)
		text_printf(t, "\"%s\":", key);
}

/* Zero stands for "there is none": no price is zero. */
void
api_json_px18(struct text *t, const char *key, struct px18 p)
{
	api_json_key(t, key);
	if (px18_is_zero(p))
		text_put(t, "null");
	else
		text_json_u128(t, px18_to_raw(p), 18);
}

void
api_json_usd18(struct text *t, const char *key, struct usd18 v)
{
	api_json_key(t, key);
	text_json_i128(t, usd18_to_raw(v), 18);
}

void
api_json_wad(struct text *t, const char *key, struct wad w)
{
	api_json_key(t, key);
	if (wad_is_infinite(w))
		text_put(t, "null");
	else
		text_json_u128(t, wad_to_raw(w), 18);
}

void
api_json_name(struct text *t, const char *key, const char *name)
{
	api_json_key(t, key);
	text_json_string(t, name, strlen(name));
}

void
api_json_u64(struct text *t, const char *key, uint64_t v)
{
	api_json_key(t, key);
	text_printf(t, "%" PRIu64, v);
}

void
api_json_b32(struct text *t, const char *key, const struct b32 *v)
{
	api_json_key(t, key);
	text_json_hex(t, v->b, sizeof(v->b));
}

void
api_json_addr(struct text *t, const char *key, const struct addr *a)
{
	char buf[HEX_ADDR_BUF];

	addr_to_checksum(buf, a);
	api_json_name(t, key, buf);
}

static void
comma(struct text *t)
{
	text_put(t, ",");
}

static void
json_source(struct text *t, const struct api_state *s, uint16_t market)
{
	const struct board_source *b = &s->head.source[market];
	const struct config_market *m = &s->config->market[market];
	const struct prices_quote *q = &b->quote;
	struct px18 none = px18_from_raw(0);

	text_put(t, "{");
	api_json_name(t, "venue", s->config->venue[m->venue].name);
	comma(t);
	api_json_name(t, "market", m->symbol);
	comma(t);
	api_json_px18(t, "mid", b->source.mid);
	comma(t);
	api_json_px18(t, "bid", q->has_book ? q->bid : none);
	comma(t);
	api_json_px18(t, "ask", q->has_book ? q->ask : none);
	comma(t);
	api_json_px18(t, "last", q->has_last ? q->last : none);
	comma(t);
	if (b->source.vote == VOTE_SILENT || !q->has_time)
		text_put(t, "\"age_ms\":null");
	else
		api_json_u64(t, "age_ms", prices_source_age(&b->source,
		    s->head.now_ms));
	comma(t);
	api_json_name(t, "vote", prices_vote_name(b->source.vote));
	text_put(t, "}");
}

/* A price that is not signed: what a wrapped unit's would be otherwise. */
static void
json_other_price(struct text *t, const char *key, const struct price *p)
{
	struct px18 none = px18_from_raw(0);
	bool has = p->status < PRICE_REFUSED;

	api_json_key(t, key);
	text_put(t, "{");
	api_json_px18(t, "mid", has ? p->mid : none);
	comma(t);
	api_json_name(t, "status", price_status_name(p->status));
	comma(t);
	api_json_name(t, "reason", price_reason_name(p->reason));
	text_put(t, "}");
}

static void
json_rate(struct text *t, const struct api_state *s, uint16_t unit)
{
	const struct board_wrap *w = NULL;
	const struct prices_unit *u = s->config->prices.unit;

	for (uint32_t i = 0; i < s->head.wrap_count &&
	    i < PRICES_WRAPS_MAX; i++)
		if (s->head.wrap[i].unit == unit)
			w = &s->head.wrap[i];
	api_json_key(t, "rate");
	if (!w) {
		text_put(t, "null");
		return;
	}
	text_put(t, "{");
	api_json_name(t, "of", u[u[unit].wrap.of].name);
	comma(t);
	api_json_px18(t, "rate", w->has_rate ? w->rate : px18_from_raw(0));
	comma(t);
	if (w->has_rate)
		api_json_u64(t, "time", w->time_ms);
	else
		text_put(t, "\"time\":null");
	comma(t);
	api_json_name(t, "price_by", u[unit].wrap.by_rate ? "rate" : "market");
	comma(t);
	json_other_price(t, "by_rate", &w->rated);
	comma(t);
	json_other_price(t, "by_market", &w->traded);
	text_put(t, "}");
}

static void
json_price(struct text *t, const struct api_state *s, size_t a)
{
	const struct price *p = &s->head.asset_price[a];
	const struct asset *asset = &s->book->assets[a];
	uint16_t market[PRICES_VOTES_MAX];
	size_t n = api_markets(market, s->config, a);

	text_put(t, "{");
	api_json_name(t, "asset", asset->name);
	comma(t);
	api_json_b32(t, "id", &asset->id);
	comma(t);
	api_json_name(t, "unit",
	    s->config->prices.unit[s->config->asset_unit[a]].name);
	comma(t);
	api_json_px18(t, "mid", p->mid);
	comma(t);
	api_json_px18(t, "low", p->low);
	comma(t);
	api_json_px18(t, "high", p->high);
	comma(t);
	api_json_name(t, "status", price_status_name(p->status));
	comma(t);
	api_json_name(t, "reason", price_reason_name(p->reason));
	text_printf(t, ",\"sources\":%" PRIu32 ",\"oldest_age_ms\":%" PRIu32
	    ",\"skew_ms\":%" PRIu32 ",", p->sources, p->age_ms, p->skew_ms);
	api_json_px18(t, "stable", s->head.asset_stable[a]);
	comma(t);
	json_rate(t, s, s->config->asset_unit[a]);
	text_put(t, ",\"venues\":[");
	for (size_t i = 0; i < n; i++) {
		text_put(t, i > 0 ? "," : "");
		json_source(t, s, market[i]);
	}
	text_put(t, "]}");
}

void
api_json_prices(struct text *t, const struct api_state *s)
{
	text_put(t, "{");
	api_json_u64(t, "as_of", s->head.now_ms);
	text_put(t, ",\"prices\":[");
	for (size_t a = 0; s->has_head && a < s->book->asset_count; a++) {
		text_put(t, a > 0 ? "," : "");
		json_price(t, s, a);
	}
	text_put(t, "]}");
}

void
api_json_price_history(struct text *t, const struct api_state *s,
    size_t asset, size_t count)
{
	uint16_t market[PRICES_VOTES_MAX];
	size_t n = api_markets(market, s->config, asset);
	uint64_t have = s->price_sample_count;

	if (count > API_PRICE_SAMPLES)
		count = API_PRICE_SAMPLES;
	if (have > count)
		have = count;
	text_put(t, "{");
	api_json_name(t, "asset", s->book->assets[asset].name);
	text_put(t, ",\"venues\":[");
	for (size_t i = 0; i < n; i++) {
		const struct config_market *m = &s->config->market[market[i]];

		text_put(t, i > 0 ? ",{" : "{");
		api_json_name(t, "venue", s->config->venue[m->venue].name);
		comma(t);
		api_json_name(t, "market", m->symbol);
		text_put(t, "}");
	}
	text_put(t, "],\"history\":[");
	for (uint64_t k = s->price_sample_count - have;
	    k < s->price_sample_count; k++) {
		const struct api_price_sample *p = &s->price_sample[asset *
		    API_PRICE_SAMPLES + k % API_PRICE_SAMPLES];

		text_put(t, k > s->price_sample_count - have ? ",{" : "{");
		api_json_u64(t, "as_of", p->as_of);
		comma(t);
		api_json_px18(t, "mid", p->mid);
		comma(t);
		api_json_px18(t, "low", p->low);
		comma(t);
		api_json_px18(t, "high", p->high);
		text_put(t, ",\"mids\":[");
		for (size_t i = 0; i < n; i++) {
			text_put(t, i > 0 ? "," : "");
			api_json_px18(t, NULL, p->source[i]);
		}
		text_put(t, "]}");
	}
	text_put(t, "]}");
}

static void
json_aggregate_head(struct text *t, const struct api_state *s)
{
	const struct aggregate *g = &s->head.aggregate;
	bool first = true;

	text_put(t, "{");
	api_json_u64(t, "as_of", s->head.now_ms);
	text_printf(t, ",\"vaults\":%" PRIu32 ",", g->vaults);
	api_json_usd18(t, "collateral_value", g->collateral_value);
	comma(t);
	api_json_usd18(t, "debt_value", g->debt_value);
	comma(t);
	api_json_wad(t, "collateralization_ratio",
	    aggregate_collateralization_ratio(g));
	comma(t);
	api_json_wad(t, "health_factor", aggregate_health(g));
	text_printf(t, ",\"unpriced_assets\":%" PRIu32, g->unpriced);
	text_put(t, ",\"states\":{");
	for (unsigned i = 0; i < AGGREGATE_STATES; i++) {
		if (g->states[i] == 0)
			continue;
		text_printf(t, "%s\"%s\":%" PRIu32, first ? "" : ",",
		    vault_state_name(i), g->states[i]);
		first = false;
	}
	text_put(t, "}");
}

void
api_json_aggregate(struct text *t, const struct api_state *s, size_t history)
{
	uint64_t have = s->sample_count;

	if (history > API_SAMPLES)
		history = API_SAMPLES;
	if (have > history)
		have = history;
	json_aggregate_head(t, s);
	text_put(t, ",\"history\":[");
	for (uint64_t k = s->sample_count - have; k < s->sample_count; k++) {
		const struct api_sample *p = &s->sample[k % API_SAMPLES];

		text_put(t, k > s->sample_count - have ? ",{" : "{");
		api_json_u64(t, "as_of", p->as_of);
		comma(t);
		api_json_wad(t, "collateralization_ratio", p->ratio);
		comma(t);
		api_json_wad(t, "health_factor", p->health);
		comma(t);
		api_json_usd18(t, "collateral_value", p->collateral_value);
		comma(t);
		api_json_usd18(t, "debt_value", p->debt_value);
		text_put(t, "}");
	}
	text_put(t, "]}");
}

static void
json_counters(struct text *t, const struct board_counters *c)
{
	text_printf(t, "{\"ticks\":%" PRIu64 ",\"closes\":%" PRIu64
	    ",\"requests\":%" PRIu64 ",\"signatures\":%" PRIu64
	    ",\"rejections\":%" PRIu64 ",\"mismatches\":%" PRIu64
	    ",\"evaluations\":%" PRIu64 ",\"verdicts_over\":%" PRIu64
	    ",\"released\":%" PRIu64 ",\"dropped_inputs\":%" PRIu64 "}",
	    c->ticks, c->closes, c->requests, c->signatures, c->rejections,
	    c->mismatches, c->evaluations, c->verdicts_over, c->released,
	    c->dropped_inputs);
}

static void
json_reasons(struct text *t, const struct api_state *s, uint64_t now_ms)
{
	const char *reason[API_REASONS_MAX];
	size_t n = api_state_unready(reason, s, now_ms);

	text_printf(t, "\"ready\":%s,\"reasons\":[", n == 0 ? "true" :
	    "false");
	for (size_t i = 0; i < n; i++) {
		text_put(t, i > 0 ? "," : "");
		api_json_name(t, NULL, reason[i]);
	}
	text_put(t, "]");
}

void
api_json_ready(struct text *t, const struct api_state *s, uint64_t now_ms)
{
	text_put(t, "{");
	json_reasons(t, s, now_ms);
	text_put(t, "}");
}

void
api_json_status(struct text *t, const struct api_state *s, uint64_t now_ms)
{
	const struct board_head *h = &s->head;

	text_put(t, "{");
	api_json_u64(t, "as_of", h->now_ms);
	comma(t);
	json_reasons(t, s, now_ms);
	text_printf(t, ",\"paused\":%s,", h->is_paused ? "true" : "false");
	api_json_name(t, "status",
	    price_status_name((enum price_status)h->status));
	comma(t);
	api_json_name(t, "reason", price_reason_name(h->reason));
	comma(t);
	api_json_name(t, "book", s->book->name);
	comma(t);
	api_json_u64(t, "chain_id", s->config->chain_id);
	comma(t);
	if (s->config->has_clearing)
		api_json_addr(t, "contract", &s->config->clearing);
	else
		text_put(t, "\"contract\":null");
	text_printf(t, ",\"vaults\":%" PRIu32 ",\"verdicts\":%" PRIu32 ",",
	    h->vault_count, h->verdict_count);
	api_json_u64(t, "block", h->block_number);
	comma(t);
	api_json_u64(t, "block_time", h->block_time_ms);
	comma(t);
	api_json_u64(t, "last_sequence", h->last_sequence);
	text_printf(t, ",\"tick_to_signed_us\":{\"p50\":%" PRIu64
	    ",\"p99\":%" PRIu64 "},\"version\":\"" MARGIND_VERSION
	    "\",\"counters\":", h->counters.sign_us_p50,
	    h->counters.sign_us_p99);
	json_counters(t, &h->counters);
	text_put(t, "}");
}
