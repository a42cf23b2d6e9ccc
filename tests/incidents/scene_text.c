/* The texts that a service of the scene would read. */
#include "tests/incidents/scene.h"

#include <stdarg.h>
#include <string.h>

#include "base/must.h"
#include "oracle/config.h"
#include "tests/errors_text.h"

struct writer {
	char *at;
	size_t len;
};

static void __attribute__((format(printf, 2, 3)))
put(struct writer *w, const char *form, ...)
{
	va_list args;
	int n;

	va_start(args, form);
	n = vsnprintf(w->at + w->len, SCENE_TEXT_MAX - w->len, form, args);
	va_end(args);
	MUST(n >= 0 && (size_t)n < SCENE_TEXT_MAX - w->len);
	w->len += (size_t)n;
}

static void
put_more(struct writer *w, const struct scene *s, const struct scene_unit *u)
{
	if (u->of != 0)
		put(w, ",\n      rate: {of: %s, price: %s, pinned: \"%s\", "
		    "pinned_at: %llu, growth_max: %.6f%%, fall_max: %.6f%%, "
		    "gap_max: %.6f%%, age_max: %llums}", s->unit[u->of].name,
		    u->by_rate ? "rate" : "market", u->pinned,
		    (unsigned long long)u->pinned_ms, u->growth_max * 100,
		    u->fall_max * 100, u->gap_max * 100,
		    (unsigned long long)u->rate_age_max_ms);
	if (u->slow_ms != 0)
		put(w, ",\n      slow: {window: %llums, step_max: %.6f%%}",
		    (unsigned long long)u->slow_ms, u->step_max * 100);
}

static void
put_unit(struct writer *w, const struct scene *s, const struct scene_unit *u)
{
	if (u->constant) {
		put(w, "    %s: {constant: \"%s\", unsafe: true}\n", u->name,
		    u->constant);
		return;
	}
	put(w, "    %s: {quorum: %u, age_max: %llums, dispersion_max: %.6f%%, "
	    "band_max: %.6f%%", u->name, u->quorum,
	    (unsigned long long)u->age_max_ms, u->dispersion_max * 100,
	    u->band_max * 100);
	put_more(w, s, u);
	put(w, "}\n");
}

static bool
venue_is(const struct scene *s, unsigned venue, const char *name)
{
	return strcmp(s->venue[venue], name) == 0;
}

static void
put_market(struct writer *w, const struct scene *s,
    const struct scene_market *m)
{
	const char *base = s->unit[m->base].name;
	const char *quote = s->unit[m->quote].name;

	put(w, "      %s-%s: {pair: %s/%s", base, quote, base, quote);
	if (m->pinned_ms != 0)
		put(w, ", pinned_at: %llu", (unsigned long long)m->pinned_ms);
	if (venue_is(s, m->venue, "pyth"))
		put(w, ", feed: \"0x%064x\"", m->base);
	if (venue_is(s, m->venue, "uniswap-v3"))
		put(w, ", contract: \"0x%040x\", window: 10m, "
		    "observations_min: 10", m->base);
	put(w, "}\n");
}

size_t
scene_config(char out[SCENE_TEXT_MAX], const struct scene *s)
{
	struct writer w = { out, 0 };
	unsigned venue = SCENE_VENUES_MAX;
	bool has_pool = false;

	put(&w, "prices:\n  units:\n");
	for (size_t i = 1; i < s->unit_count; i++)
		put_unit(&w, s, &s->unit[i]);
	put(&w, "venues:\n");
	for (size_t i = 0; i < s->market_count; i++) {
		const struct scene_market *m = &s->market[i];

		if (m->venue != venue)
			put(&w, "  %s:\n    markets:\n", s->venue[m->venue]);
		venue = m->venue;
		has_pool = has_pool || venue_is(s, venue, "uniswap-v3");
		put_market(&w, s, m);
	}
	if (has_pool)
		put(&w, "chain: {rpc: [\"http://127.0.0.1:9\"], chain_id: "
		    "31337, depth: 0, head_age_max: 60s}\n");
	put(&w, "book: {file: book.json, vaults_max: 64}\n"
	    "attestation: {verdicts_max: 16}\n");
	return w.len;
}

size_t
scene_book(char out[SCENE_TEXT_MAX], const struct scene *s)
{
	struct writer w = { out, 0 };

	put(&w, "{\"book\":\"incident\",\"chain_id\":31337,\"assets\":[");
	for (size_t i = 0; i < s->asset_count; i++) {
		const struct scene_asset *a = &s->asset[i];

		put(&w, "%s{\"id\":\"%s\",\"token\":\"0x%040zx\","
		    "\"decimals\":%u,\"price\":\"%s\",\"close_factor\":\"1\"",
		    i > 0 ? "," : "", a->id, i + 1, a->decimals,
		    s->unit[a->unit].name);
		put(&w, "%s%s}", a->more[0] ? "," : ",\"ltv\":\"0.8\","
		    "\"liquidation_threshold\":\"0.825\"", a->more);
	}
	put(&w, "]}");
	return w.len;
}

bool
scene_config_is_refused(const char *text, const char *words)
{
	static struct config c;
	struct errors_text said;
	unsigned errors;
	enum err e = config_read(&c, text, strlen(text), "c.yaml",
	    errors_open(&said), &errors);
	bool is_so = strstr(errors_close(&said), words) != NULL;

	errors_free(&said);
	return e != ERR_OK && is_so;
}
