/* A wrong scale, a wrong unit. */
#include "tests/incidents/incidents.h"

#include "base/must.h"
#include "contracts-abi/quote.h"
#include "margin/verdict.h"
#include "oracle/bookfile.h"
#include "tests/incidents/shadowed.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define S UINT64_C(1000)

/* ---- R23 ----------------------------------------------------------------- */

#define R23_MS UINT64_C(1765497600000)	/* 2025-12-12T00:00:00Z */
#define ETH_USD 3200.0

/* 3 whole tokens of so many decimals at 3,200, against 1,000 of a token of
 * six. */
static struct scene *
r23_scene(unsigned decimals)
{
	struct scene *s = scene_new(R23_MS, 12);
	unsigned eth = scene_unit(s, "ETH", 2);
	unsigned m = scene_venues(s, 3, eth, 0);
	unsigned usd = scene_unit(s, "USDC", 1);

	s->unit[usd].constant = "1";
	for (unsigned i = 0; i < 3; i++)
		feed_hold(s, m + i, R23_MS, s->end_ms, ETH_USD);
	scene_asset(s, "TOKEN", eth, "");
	scene_asset(s, "USDC", usd, "");
	s->asset[0].decimals = decimals;
	s->asset[1].decimals = 6;
	scene_vault(s, 0, 3, 1, 1000);
	return s;
}

/* Whether the book's reader names what is wrong with so many decimals. */
static bool
r23_is_refused(unsigned decimals)
{
	static struct bookfile_names names;
	static struct vault vault;
	static uint32_t hash[2];
	static struct book book;
	struct scene *s = r23_scene(18);
	char text[SCENE_TEXT_MAX], *said = NULL;
	size_t len, size;
	FILE *errors = open_memstream(&said, &size);
	bool is_so;

	memset(&book, 0, sizeof(book));
	book.vaults = &vault;
	book.hash = hash;
	book.vault_capacity = 1;
	s->asset[0].decimals = decimals;
	len = scene_book(text, s);
	is_so = bookfile_read(&book, &names, text, len, "book.json", errors)
	    != ERR_OK;
	fclose(errors);
	is_so = is_so && strstr(said, "decimals") != NULL;
	free(said);
	scene_free(s);
	return is_so;
}

/* A 256-bit word of what a contract answers, at least zero. */
static void
word_put(struct quote_call *c, size_t at, u128 v)
{
	for (size_t i = 0; i < 16; i++)
		c->answer[at * 32 + 31 - i] = (uint8_t)(v >> 8 * i);
}

/* A feed of so many decimals that says 3 and a half, as the chain process reads
 * it: refused as what, or its value. */
static enum quote_refusal
r23_feed(double *value, unsigned decimals)
{
	static const struct quote_source source = {
		.kind = QUOTE_AGGREGATOR, .has_contract = true };
	enum quote_refusal q;
	struct quote_work w;
	struct quote quote = { 0 };
	u128 answer = 7;	/* halves; of no decimals, 3 whole */

	for (unsigned i = 0; i < decimals; i++)
		answer *= 10;
	answer /= 2;
	quote_begin(&w, &source, R23_MS / 1000);
	quote_ask(&w);
	for (size_t i = 0; i < w.call_count; i++) {
		struct quote_call *c = &w.call[i];

		/* latestRoundData, decimals; nobody stands behind it. */
		memset(c->answer, 0, sizeof(c->answer));
		c->was_answered = i < 2;
		c->answer_len = i == 0 ? 160 : 32;
		word_put(c, 0, i == 0 ? 1 : decimals);
		if (i != 0)
			continue;
		word_put(c, 1, answer);
		word_put(c, 3, R23_MS / 1000);
		word_put(c, 4, 1);
	}
	q = quote_take(&quote, &w);
	*value = (double)((long double)quote.value / 1e18L);
	return q;
}

/* The incident: 18 decimals where 8 were thought. */
static void
r23_feeds(struct report *r)
{
	unsigned right = 0, refused = 0;
	double value;

	for (unsigned d = 0; d <= 36; d++) {
		enum quote_refusal q = r23_feed(&value, d);

		right += q == QUOTE_OK && value == (d == 0 ? 3 : 3.5);
		refused += q == QUOTE_DECIMALS;
	}
	safe(r, right == DECIMALS_MAX + 1 && refused == 36 - DECIMALS_MAX &&
	    r23_feed(&value, DECIMALS_MAX + 1) == QUOTE_DECIMALS,
	    "a feed of 0 to %u decimals says 3.5 in each, of %u more it is "
	    "refused (%s)", DECIMALS_MAX, refused,
	    quote_refusal_name(QUOTE_DECIMALS));
}

static void
r23(struct report *r)
{
	unsigned right = 0, healthy = 0, refused = 0;
	struct scene *s = r23_scene(8);
	struct trace x;

	for (unsigned d = 0; d <= DECIMALS_MAX; d++) {
		struct scene *one = r23_scene(d);
		const struct moment *m;

		report_read(r, &x, one);
		m = trace_at(&x, one->end_ms);
		right += m->collateral_usd == 3 * ETH_USD ? 1 : 0;
		healthy += m->state[0] == STATE_HEALTHY ? 1 : 0;
		trace_free(&x);
		scene_free(one);
	}
	for (unsigned d = 0; d <= 36; d++)
		refused += r23_is_refused(d) ? 1 : 0;
	safe(r, right == DECIMALS_MAX + 1, "3 tokens of 0 to %u decimals are "
	    "worth 9,600 in %u of %u books", DECIMALS_MAX, right,
	    DECIMALS_MAX + 1);
	safe(r, refused == 36 - DECIMALS_MAX && r23_is_refused(31),
	    "the %u scales beyond, to 36, are refused by name", refused);
	r23_feeds(r);
	live(r, healthy == DECIMALS_MAX + 1, "and healthy in %u", healthy);
	report_play(r, &x, s);
	trace_free(&x);
	scene_free(s);
}

const struct incident incident_r23 = { "R23", "2025-12-12",
    "Ribbon: 18 decimals against 8",
    "0 to 36 decimals: one value, or refused", r23 };

/* ---- R24 ----------------------------------------------------------------- */

#define R24_MS UINT64_C(1771178460000)	/* 2026-02-15T18:01:00Z */
#define R24_ETH 1960.0

/* One market of the incident beside a rate. */
static bool
config_is_refused(const char *rate_of, const char *market, const char *words)
{
	char text[1024];
	int len = snprintf(text, sizeof(text), "prices: {units: {"
	    "ETH: {quorum: 1, age_max: 3s, dispersion_max: 2%%, band_max: 9%%"
	    "}, cbETH: {quorum: 1, age_max: 3s, dispersion_max: 2%%, band_max:"
	    " 9%%, rate: {of: %s, price: rate, pinned: \"1.12\", pinned_at: "
	    "2026-02-01T00:00:00Z, growth_max: 8%%, fall_max: 1%%, gap_max: "
	    "5%%, age_max: 1h}}}}\nvenues: {kraken: {markets: {ETH/USD: "
	    "ETH/USD%s}}}\nbook: {file: b.json, vaults_max: 64}\n", rate_of,
	    market);

	MUST(len > 0 && (size_t)len < sizeof(text));
	return scene_config_is_refused(text, words);
}

/* cbETH by its rate; its markets, as somebody configured them, say ETH and are
 * taken for USD, which their symbols do not tell. */
static struct scene *
r24_scene(bool is_wrong)
{
	static const char *const venues[] = { "okx", "bybit", "gemini" };
	struct scene *s = scene_new(R24_MS, 120);
	unsigned eth = scene_unit(s, "ETH", 2), m;
	unsigned cbeth = scene_unit(s, "CBETH", 2);
	struct scene_unit *u = &s->unit[cbeth];

	u->of = eth;
	u->by_rate = true;
	u->pinned = "1.12";
	u->pinned_ms = R24_MS - 86400 * S;
	u->growth_max = 0.08;
	u->fall_max = 0.01;
	u->gap_max = 0.05;
	u->rate_age_max_ms = 60 * S;
	m = scene_venues(s, 3, eth, 0);
	for (unsigned i = 0; i < 3; i++)
		feed_hold(s, m + i, R24_MS, s->end_ms, R24_ETH);
	for (unsigned i = 0; i < 3; i++) {
		scene_venue(s, venues[i]);
		m = scene_market(s, cbeth, is_wrong ? 0 : eth);
		feed_hold(s, m, R24_MS, s->end_ms, 1.12);
	}
	feed_rates(s, cbeth, R24_MS, s->end_ms, "1.12");
	scene_asset(s, "WETH", eth, "");
	scene_asset(s, "cbETH", cbeth, "");
	/* Safe by far: what was seized in the incident. */
	scene_vault(s, 1, 1096.317, 0, 600);
	return s;
}

/* The scene's own config with one text for another, wherever it stands. */
static void
config_edit(char out[SCENE_TEXT_MAX], const struct scene *s, const char *from,
    const char *to)
{
	char text[SCENE_TEXT_MAX];
	const char *at = text, *next;
	size_t len = 0;

	(void)scene_config(text, s);
	while ((next = strstr(at, from)) != NULL) {
		len += (size_t)snprintf(out + len, SCENE_TEXT_MAX - len,
		    "%.*s%s", (int)(next - at), at, to);
		at = next + strlen(from);
	}
	(void)snprintf(out + len, SCENE_TEXT_MAX - len, "%s", at);
}

/* Beside the config that runs: one with cbETH priced by markets that are taken
 * for dollars, one whose rate may be a little older. */
static void
r24_shadow(struct report *r, const struct scene *s)
{
	char wrong[SCENE_TEXT_MAX], slight[SCENE_TEXT_MAX];
	struct shadowed a = { 0 }, b = { 0 };
	bool both;

	config_edit(wrong, s, "pair: CBETH/ETH",
	    "pair: CBETH/USD, named: CBETH-ETH");
	config_edit(slight, s, "age_max: 60000ms", "age_max: 90000ms");
	both = shadowed_run(&a, s, wrong, "CBETH") &&
	    shadowed_run(&b, s, slight, "CBETH");
	safe(r, both && (a.refusals > a.batches / 2 || a.moved > 0.02),
	    "in shadow the wrong unit shows in %u of %u batches",
	    (unsigned)a.refusals, (unsigned)a.batches);
	live(r, both && b.batches > 0 && b.refusals == 0 && b.moved <= 0.02,
	    "another age_max moves the price by %.2f %%", b.moved * 100);
}

static void
r24(struct report *r)
{
	struct scene *right = r24_scene(false), *wrong = r24_scene(true);
	struct trace x, y;

	/* How long a pause takes is timed on the whole service:
	 * tests/e2e/run.mjs, pauses(). */
	safe(r, config_is_refused("ETH", ", CBETH/ETH: cbETH/USD",
	    "c.yaml:2:47: market CBETH/ETH: the symbol does not say "
	    "cbETH/USD") && config_is_refused("ETH", ", CBETH/ETH: "
	    "{pair: cbETH/USD, named: CBETH/USD}", "not the symbol itself"),
	    "cbETH/ETH taken for dollars is no config");
	safe(r, config_is_refused("USD", "", "redeemed for USD") &&
	    config_is_refused("cbETH", "", "lead back to itself"),
	    "a rate in USD, or of itself, is none either");
	report_play(r, &x, right);
	r24_shadow(r, right);
	report_play_only(r, &y, wrong);
	safe(r, never(&y, 1, R24_MS + 5 * S, wrong->end_ms, PRICE_OK) &&
	    never(&y, 1, R24_MS + 5 * S, wrong->end_ms, PRICE_DEGRADED) &&
	    !was_liquidatable(&y, 0),
	    "markets in the wrong unit: refused (%s), nobody is liquidated",
	    price_reason_name(
	    trace_at(&y, R24_MS + 60 * S)->price[1].reason));
	live(r, fabs(trace_at(&x, R24_MS + 60 * S)->price[1].mid /
	    (1.12 * R24_ETH) - 1) < 1e-9 &&
	    trace_at(&x, R24_MS + 60 * S)->state[0] == STATE_HEALTHY,
	    "in the right one: %.1f", trace_at(&x, R24_MS + 60 * S)->
	    price[1].mid);
	trace_free(&x);
	trace_free(&y);
	scene_free(right);
	scene_free(wrong);
}

const struct incident incident_r24 = { "R24", "2026-02-15",
    "Moonwell: cbETH 1.12 for ~2,200",
    "config fails the unit check; in shadow within 2 % of the old; a local "
    "pause below 1 s: e2e_run", r24 };
