#include "oracle/metrics.h"

#include "base/decimal.h"
#include "oracle/metrics_text.h"

#include <inttypes.h>
#include <string.h>

static void
value_i128(struct text *t, i128 v, unsigned decimals)
{
	char buf[DECIMAL_BUF];

	decimal_from_i128(buf, v, decimals);
	text_printf(t, " %s\n", buf);
}

static void
plain(struct text *t, const char *name, const char *type, const char *help,
    u128 v, unsigned decimals)
{
	metrics_head(t, name, type, help);
	text_printf(t, "margind_%s", name);
	metrics_value(t, v, decimals);
}

static void
gauge(struct text *t, const char *name, const char *help, u128 v,
    unsigned decimals)
{
	plain(t, name, "gauge", help, v, decimals);
}

static void
counter(struct text *t, const char *name, const char *help, u128 v)
{
	plain(t, name, "counter", help, v, 0);
}

static uint64_t
age_ms(uint64_t now_ms, uint64_t then_ms)
{
	return now_ms > then_ms ? now_ms - then_ms : 0;
}

static void
engine(struct text *t, const struct api_state *s, uint64_t now_ms)
{
	const struct board_head *h = &s->head;
	const struct board_counters *c = &h->counters;
	const char *reason[API_REASONS_MAX];

	metrics_head(t, "build_info", "gauge", "The version that runs.");
	text_put(t, "margind_build_info{version=\"" MARGIND_VERSION "\"} 1\n");
	gauge(t, "ready", "1 while attestations are fresh and not refused.",
	    api_state_unready(reason, s, now_ms) == 0, 0);
	gauge(t, "paused", "1 while the signer is paused.", h->is_paused, 0);
	gauge(t, "header_status",
	    "What would be signed now: 0 OK, 1 DEGRADED, 2 REFUSED.",
	    h->status, 0);
	gauge(t, "engine_age_seconds", "Since the engine last closed a batch.",
	    age_ms(now_ms, h->now_ms), 3);
	counter(t, "ticks_total", "Price ticks taken in.", c->ticks);
	counter(t, "closes_total", "Batches closed.", c->closes);
	counter(t, "requests_total", "Requests to the signer.", c->requests);
	counter(t, "signatures_total", "Headers signed.", c->signatures);
	counter(t, "rejections_total", "Requests that policy refused.",
	    c->rejections);
	counter(t, "mismatches_total", "Digests that differed from ours.",
	    c->mismatches);
	counter(t, "evaluations_total", "Vaults valued.", c->evaluations);
	counter(t, "verdicts_over_total", "Verdicts that found no place.",
	    c->verdicts_over);
	counter(t, "attestations_released_total",
	    "Attestations given out, their inputs durable.", c->released);
	counter(t, "dropped_inputs_total", "Inputs that were refused.",
	    c->dropped_inputs);
	gauge(t, "tick_to_signed_p50_seconds",
	    "Tick received to signature, median of the last 1024.",
	    c->sign_us_p50, 6);
	gauge(t, "tick_to_signed_p99_seconds",
	    "Tick received to signature, 99th percentile of the last 1024.",
	    c->sign_us_p99, 6);
}

enum price_figure {
	FIGURE_MID, FIGURE_BAND, FIGURE_AGE, FIGURE_STATUS, FIGURE_SOURCES,
};

/* The share of mid between low and high. */
static void
value_band(struct text *t, const struct price *p)
{
	struct px18 width;
	struct ppb part;

	if (px18_sub(&width, p->high, p->low) == ERR_OK &&
	    px18_part_ppb(&part, width, p->mid, ROUND_CEIL) == ERR_OK)
		metrics_value(t, ppb_to_raw(part), 9);
	else
		text_put(t, " NaN\n");
}

static void
price_figures(struct text *t, const struct api_state *s, const char *name,
    const char *help, enum price_figure f)
{
	metrics_head(t, name, "gauge", help);
	for (size_t a = 0; a < s->book->asset_count; a++) {
		const struct price *p = &s->head.asset_price[a];
		bool is_refused = p->status == PRICE_REFUSED;

		if (is_refused && (f == FIGURE_MID || f == FIGURE_BAND ||
		    f == FIGURE_AGE))
			continue;
		text_printf(t, "margind_%s{", name);
		metrics_label(t, "asset", s->book->assets[a].name, '}');
		switch (f) {
		case FIGURE_MID:
			metrics_value(t, px18_to_raw(p->mid), 18);
			break;
		case FIGURE_BAND:
			value_band(t, p);
			break;
		case FIGURE_AGE:
			metrics_value(t, p->age_ms, 3);
			break;
		case FIGURE_STATUS:
			metrics_value(t, p->status, 0);
			break;
		case FIGURE_SOURCES:
			metrics_value(t, p->sources, 0);
			break;
		}
	}
}

static void
prices(struct text *t, const struct api_state *s)
{
	price_figures(t, s, "price_usd", "Price as signed, USD a unit.",
	    FIGURE_MID);
	price_figures(t, s, "price_band_ratio",
	    "Width of the signed band as a share of the price.", FIGURE_BAND);
	price_figures(t, s, "price_age_seconds", "Age of the oldest vote.",
	    FIGURE_AGE);
	price_figures(t, s, "price_status", "0 OK, 1 DEGRADED, 2 REFUSED.",
	    FIGURE_STATUS);
	price_figures(t, s, "price_sources",
	    "Independent groups of venues that voted.", FIGURE_SOURCES);
}

/* Bands of health by their upper ends, in hundredths. */
static const struct band {
	unsigned below;
	const char *name;
} bands[] = {
	{ 90, "0.00-0.90" }, { 95, "0.90-0.95" }, { 100, "0.95-1.00" },
	{ 105, "1.00-1.05" }, { 110, "1.05-1.10" }, { 125, "1.10-1.25" },
	{ 150, "1.25-1.50" }, { 200, "1.50-2.00" }, { 0, "2.00-" },
};

static size_t
band_of(struct wad health)
{
	for (size_t i = 0; i + 1 < ARRAY_COUNT(bands); i++)
		if (wad_to_raw(health) < (u128)bands[i].below *
		    (WAD_ONE_RAW / 100))
			return i;
	return ARRAY_COUNT(bands) - 1;
}

static void
vaults(struct text *t, const struct api_state *s)
{
	uint32_t count[ARRAY_COUNT(bands)] = { 0 };
	const struct aggregate *g = &s->head.aggregate;

	metrics_head(t, "vaults", "gauge", "Vaults by state.");
	for (unsigned i = 0; i < AGGREGATE_STATES; i++)
		if (strcmp(vault_state_name(i), "UNNAMED") != 0)
			text_printf(t, "margind_vaults{state=\"%s\"} %" PRIu32
			    "\n", vault_state_name(i), g->states[i]);
	for (uint32_t i = 0; i < s->row_count; i++)
		if (s->row[i].is_known &&
		    !usd18_is_zero(s->row[i].debt_value))
			count[band_of(s->row[i].health)]++;
	metrics_head(t, "vaults_by_health", "gauge",
	    "Vaults with debt by band of their health factor.");
	for (size_t i = 0; i < ARRAY_COUNT(bands); i++)
		text_printf(t, "margind_vaults_by_health{band=\"%s\"} %"
		    PRIu32 "\n", bands[i].name, count[i]);
}

static void
book(struct text *t, const struct api_state *s)
{
	const struct aggregate *g = &s->head.aggregate;
	struct wad ratio = aggregate_collateralization_ratio(g);
	struct wad health = aggregate_health(g);

	metrics_head(t, "collateral_value_usd", "gauge",
	    "Collateral of all vaults, of assets with a price.");
	text_put(t, "margind_collateral_value_usd");
	value_i128(t, usd18_to_raw(g->collateral_value), 18);
	metrics_head(t, "debt_value_usd", "gauge",
	    "Debt of all vaults, of assets with a price.");
	text_put(t, "margind_debt_value_usd");
	value_i128(t, usd18_to_raw(g->debt_value), 18);
	gauge(t, "unpriced_assets",
	    "Held or owed, and refused: what stands above is of the rest.",
	    g->unpriced, 0);
	if (!wad_is_infinite(ratio))
		gauge(t, "collateralization_ratio",
		    "Collateral over debt of the book.", wad_to_raw(ratio),
		    18);
	if (!wad_is_infinite(health))
		gauge(t, "health_factor",
		    "Weighted collateral over weighted debt of the book.",
		    wad_to_raw(health), 18);
}

static void
chain(struct text *t, const struct api_state *s, uint64_t now_ms)
{
	if (s->has_newest) {
		gauge(t, "attestation_age_seconds",
		    "Since the newest released attestation's asOf.",
		    age_ms(now_ms, s->newest.header.as_of), 3);
		gauge(t, "attestation_sequence",
		    "Sequence of the newest released attestation.",
		    s->newest.header.sequence, 0);
		gauge(t, "attestation_status", "Its status: 0 OK, 1 DEGRADED, "
		    "2 REFUSED.", s->newest.header.status, 0);
	}
	if (s->head.block_time_ms == 0)
		return;
	gauge(t, "block_number", "The block that vaults are read from.",
	    s->head.block_number, 0);
	gauge(t, "block_age_seconds", "Since that block's own time.",
	    age_ms(now_ms, s->head.block_time_ms), 3);
}

static void
server(struct text *t, const struct api_counters *c)
{
	metrics_head(t, "api_answers_total", "counter", "HTTP answers by result.");
	text_printf(t, "margind_api_answers_total{result=\"ok\"} %" PRIu64
	    "\nmargind_api_answers_total{result=\"bad_request\"} %" PRIu64
	    "\nmargind_api_answers_total{result=\"not_found\"} %" PRIu64
	    "\nmargind_api_answers_total{result=\"refused\"} %" PRIu64
	    "\nmargind_api_answers_total{result=\"limited\"} %" PRIu64
	    "\nmargind_api_answers_total{result=\"unavailable\"} %" PRIu64
	    "\n", c->ok, c->bad_request, c->not_found, c->refused, c->limited,
	    c->unavailable);
	gauge(t, "api_connections", "Open connections.", c->connections, 0);
	gauge(t, "api_streams", "Open websocket streams.", c->streams, 0);
	counter(t, "api_stream_messages_total",
	    "Messages queued to streams.", c->messages);
	counter(t, "api_dropped_consumers_total",
	    "Streams closed because they did not keep up.",
	    c->dropped_consumers);
}

void
metrics_write(struct text *t, const struct api *api, uint64_t now_ms)
{
	const struct api_state *s = api->state;

	engine(t, s, now_ms);
	if (s->has_head) {
		prices(t, s);
		metrics_feeds(t, s, now_ms);
		metrics_surfaces(t, s);
		vaults(t, s);
		book(t, s);
	}
	chain(t, s, now_ms);
	server(t, &api->counters);
}
