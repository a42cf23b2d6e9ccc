#include "oracle/shadow.h"

#include "base/clock_text.h"
#include "base/hex.h"
#include "oracle/api_json.h"

#include <inttypes.h>
#include <string.h>

#define SUMMARY_MAX_BYTES (1024u * 1024u)
#define HUNDREDTH_BP_PPB 1000u

static bool
unit_is_both(const struct shadow_unit *u)
{
	return u->before != SHADOW_NONE && u->after != SHADOW_NONE;
}

static bool
unit_is_beyond(const struct shadow_unit *u, uint32_t max_ppb)
{
	return u->refusals > 0 || u->worst_ppb > max_ppb;
}

static bool
mark_is_beyond(const struct shadow_mark *m, uint32_t max_ppb)
{
	return m->alone > 0 || m->worst_ppb > max_ppb;
}

/* ---- JSON ---------------------------------------------------------------- */

static void
line_end(struct text *t)
{
	if (!t->failed)
		puts(t->at);
	text_clear(t);
}

static void
json_price(struct text *t, const char *key, const struct price *p)
{
	text_printf(t, ",\"%s\":{", key);
	api_json_px18(t, "mid", p->mid);
	text_put(t, ",");
	api_json_px18(t, "low", p->low);
	text_put(t, ",");
	api_json_px18(t, "high", p->high);
	text_printf(t, ",\"status\":\"%s\",\"reason\":\"%s\"}",
	    price_status_name(p->status), price_reason_name(p->reason));
}

static void
json_moment(struct text *t, const struct shadow_moment *m)
{
	text_printf(t, "{\"at\":%" PRIu64, m->at_ms);
	json_price(t, "old", &m->before);
	json_price(t, "new", &m->after);
	text_put(t, "}");
}

static void
json_unit(struct text *t, const struct shadow_unit *u)
{
	text_put(t, "{\"unit\":{");
	api_json_name(t, "unit", u->name);
	text_printf(t, ",\"differs\":%" PRIu64 ",\"refusals\":%" PRIu64
	    ",\"worst_bp\":", u->differs, u->refusals);
	text_json_u128(t, u->worst_ppb, 5);
	text_put(t, ",\"worst\":");
	json_moment(t, &u->worst);
	text_put(t, ",\"status\":");
	if (u->status.at_ms > 0)
		json_moment(t, &u->status);
	else
		text_put(t, "null");
	text_put(t, "}}");
	line_end(t);
}

/* Of a slot of a life that is plus one; empty: the book has no name for it. */
static const char *
vault_name(const struct replay_life *life, uint32_t slot,
    const struct b32 *id)
{
	const struct book *b = &life->book;

	return slot > 0 && slot <= b->vault_count &&
	    b32_equal(&b->vaults[slot - 1].id, id) ?
	    b->vaults[slot - 1].name : "";
}

static void
json_vault_name(struct text *t, const struct b32 *id, const char *name)
{
	api_json_b32(t, "vault", id);
	text_put(t, ",\"name\":");
	if (name[0] != '\0')
		text_json_string(t, name, strlen(name));
	else
		text_put(t, "null");
}

static void
json_vault(struct text *t, const struct shadow *s,
    const struct shadow_vault *v)
{
	text_put(t, "{\"vault\":{");
	json_vault_name(t, &v->id, vault_name(s->before_life, v->before,
	    &v->id));
	text_printf(t, ",\"differs\":%" PRIu64 ",\"first\":{\"at\":%" PRIu64
	    ",\"old\":\"%s\",\"new\":\"%s\"},\"last\":{\"at\":%" PRIu64
	    ",\"old\":\"%s\",\"new\":\"%s\"}}}", v->differs, v->first_ms,
	    vault_state_name(v->first_before),
	    vault_state_name(v->first_after), v->last_ms,
	    vault_state_name(v->last_before),
	    vault_state_name(v->last_after));
	line_end(t);
}

static void
json_lone(struct text *t, const struct shadow_lone *l, const char *name,
    const char *where)
{
	text_printf(t, "{\"only\":{\"in\":\"%s\",", where);
	json_vault_name(t, &l->id, name);
	text_printf(t, ",\"comparisons\":%" PRIu64 "}}", l->times);
	line_end(t);
}

static void
json_mark(struct text *t, const struct shadow_mark *m)
{
	text_put(t, "{\"mark\":{");
	api_json_name(t, "instrument", m->id);
	text_printf(t, ",\"differs\":%" PRIu64 ",\"alone\":%" PRIu64
	    ",\"worst_bp\":", m->differs, m->alone);
	text_json_u128(t, m->worst_ppb, 5);
	text_printf(t, ",\"worst\":{\"at\":%" PRIu64 ",", m->worst_ms);
	api_json_px18(t, "old", m->worst_before);
	text_put(t, ",");
	api_json_px18(t, "new", m->worst_after);
	text_put(t, "}}}");
	line_end(t);
}

/* What the new config asks for and the input never said. */
struct unheard {
	struct text *text;
	const char *quote, *between;
	bool has_any;
};

static void
unheard_put(struct unheard *u, const char *before, const char *between,
    const char *after)
{
	text_printf(u->text, "%s%s%s%s%s%s", u->has_any ? u->between : "",
	    u->quote, before, between, after, u->quote);
	u->has_any = true;
}

static void
unheard_list(struct text *t, const struct shadow *s, const char *quote,
    const char *between)
{
	const struct config *c = &s->after_life->config;
	struct unheard u = { t, quote, between, false };

	for (size_t i = 0; i < c->prices.market_count; i++)
		if (!s->is_heard[i])
			unheard_put(&u, c->venue[c->market[i].venue].name, " ",
			    c->market[i].symbol);
	for (size_t i = 0; i < c->prices.unit_count; i++)
		if (c->prices.unit[i].wrap.is_wrapped && !s->is_rated[i])
			unheard_put(&u, "rate of ", "",
			    c->prices.unit[i].name);
	for (size_t i = 0; i < c->instrument_count; i++)
		if (!s->is_marked[c->instrument[i].instrument])
			unheard_put(&u, "mark of ", "", c->instrument[i].id);
	for (size_t i = 0; i < c->option_count; i++)
		if (!s->is_fitted[c->option[i].unit])
			unheard_put(&u, c->venue[c->option[i].venue].name, " ",
			    c->option[i].symbol);
}

static void
json_only(struct text *t, const struct shadow *s, const char *key,
    bool is_after)
{
	bool has_any = false;

	text_printf(t, ",\"%s\":[", key);
	for (size_t i = 0; i < s->unit_count; i++) {
		const struct shadow_unit *u = &s->unit[i];

		if (unit_is_both(u) || (u->after != SHADOW_NONE) != is_after)
			continue;
		text_put(t, has_any ? "," : "");
		text_json_string(t, u->name, strlen(u->name));
		has_any = true;
	}
	text_put(t, "]");
}

struct totals {
	size_t units, units_differ, vaults, vaults_differ, only_old, only_new,
	    marks, marks_differ;
	uint32_t worst_ppb;
	bool is_beyond;
};

static void
json_summary(struct text *t, const struct shadow *s, const struct totals *n)
{
	text_printf(t, "{\"summary\":{\"begin\":%" PRIu64 ",\"end\":%" PRIu64
	    ",\"batches\":%" PRIu64 ",\"units\":%zu,\"units_differ\":%zu,"
	    "\"worst_bp\":", s->begin_ms, s->end_ms, s->batches, n->units,
	    n->units_differ);
	text_json_u128(t, n->worst_ppb, 5);
	text_printf(t, ",\"vaults\":%zu,\"vaults_differ\":%zu"
	    ",\"vaults_only_old\":%zu,\"vaults_only_new\":%zu"
	    ",\"marks\":%zu,\"marks_differ\":%zu", n->vaults,
	    n->vaults_differ, n->only_old, n->only_new, n->marks,
	    n->marks_differ);
	json_only(t, s, "only_old", false);
	json_only(t, s, "only_new", true);
	text_put(t, ",\"unheard\":[");
	unheard_list(t, s, "\"", ",");
	text_printf(t, "],\"beyond\":%s}}", n->is_beyond ? "true" : "false");
	line_end(t);
}

/* ---- for eyes ------------------------------------------------------------ */

static const char *
clock_text(char out[TIME_TEXT_BUF], uint64_t ms)
{
	(void)time_ms_to_rfc3339(out, ms);
	return out;
}

static void
side_print(const char *side, const struct price *p)
{
	char mid[DECIMAL_BUF], low[DECIMAL_BUF], high[DECIMAL_BUF];

	(void)decimal_from_u128(mid, px18_to_raw(p->mid), 18);
	(void)decimal_from_u128(low, px18_to_raw(p->low), 18);
	(void)decimal_from_u128(high, px18_to_raw(p->high), 18);
	printf("    %s %s (%s to %s) %s %s\n", side, mid, low, high,
	    price_status_name(p->status), price_reason_name(p->reason));
}

static void
moment_print(const struct shadow_moment *m)
{
	side_print("old", &m->before);
	side_print("new", &m->after);
}

static void
unit_print(const struct shadow_unit *u)
{
	char at[TIME_TEXT_BUF];
	uint32_t hundredths = u->worst_ppb / HUNDREDTH_BP_PPB;

	printf("%s: differs in %" PRIu64 " batches, refused in one of them in "
	    "%" PRIu64 "; most by %" PRIu32 ".%02" PRIu32 " bp at %s\n",
	    u->name, u->differs, u->refusals, hundredths / 100,
	    hundredths % 100, clock_text(at, u->worst.at_ms));
	moment_print(&u->worst);
	if (u->status.at_ms == 0 || u->status.at_ms == u->worst.at_ms)
		return;
	printf("  another status first at %s\n",
	    clock_text(at, u->status.at_ms));
	moment_print(&u->status);
}

static void
vault_print(const struct shadow *s, const struct shadow_vault *v)
{
	char at[TIME_TEXT_BUF], hex[HEX_B32_BUF];
	const char *name = vault_name(s->before_life, v->before, &v->id);

	hex_from_bytes(hex, v->id.b, sizeof(v->id.b));
	printf("vault %s: %s instead of %s first at %s, in %" PRIu64
	    " comparisons\n", name[0] ? name : hex,
	    vault_state_name(v->first_after), vault_state_name(
	    v->first_before), clock_text(at, v->first_ms), v->differs);
}

static void
lone_print(const struct shadow_lone *l, const char *name, const char *where)
{
	char hex[HEX_B32_BUF];

	hex_from_bytes(hex, l->id.b, sizeof(l->id.b));
	printf("vault %s: only in the %s book\n", name[0] ? name : hex, where);
}

static void
mark_print(const struct shadow_mark *m)
{
	char at[TIME_TEXT_BUF], old[DECIMAL_BUF], new[DECIMAL_BUF];
	uint32_t hundredths = m->worst_ppb / HUNDREDTH_BP_PPB;

	(void)decimal_from_u128(old, px18_to_raw(m->worst_before), 18);
	(void)decimal_from_u128(new, px18_to_raw(m->worst_after), 18);
	printf("mark of %s: differs in %" PRIu64 " comparisons, only one has "
	    "it in %" PRIu64 "; most by %" PRIu32 ".%02" PRIu32 " bp at %s: "
	    "%s instead of %s\n", m->id, m->differs, m->alone,
	    hundredths / 100, hundredths % 100, clock_text(at, m->worst_ms),
	    px18_is_zero(m->worst_after) ? "none" : new,
	    px18_is_zero(m->worst_before) ? "none" : old);
}

static void
summary_print(const struct shadow *s, const struct totals *n)
{
	struct text t;

	printf("%zu of %zu prices differ, at most by %" PRIu32 ".%02" PRIu32
	    " bp, and the states of %zu of %zu vaults, in %" PRIu64
	    " batches\n", n->units_differ, n->units,
	    n->worst_ppb / HUNDREDTH_BP_PPB / 100,
	    n->worst_ppb / HUNDREDTH_BP_PPB % 100, n->vaults_differ,
	    n->vaults, s->batches);
	if (n->marks_differ > 0)
		printf("%zu of %zu marks differ\n", n->marks_differ,
		    n->marks);
	if (n->only_old + n->only_new > 0)
		printf("%zu vaults are only in the old book, %zu only in the "
		    "new one\n", n->only_old, n->only_new);
	for (size_t i = 0; i < s->unit_count; i++)
		if (!unit_is_both(&s->unit[i]))
			printf("%s: only in the %s config\n", s->unit[i].name,
			    s->unit[i].after == SHADOW_NONE ? "old" : "new");
	text_init(&t, SUMMARY_MAX_BYTES);
	unheard_list(&t, s, "", ", ");
	if (t.len > 0 && !t.failed)
		printf("not known, since the input has nothing of it: %s\n",
		    t.at);
	text_free(&t);
}

/* ---- both ---------------------------------------------------------------- */

static void
units_show(const struct shadow *s, uint32_t max_ppb, struct text *json,
    struct totals *n)
{
	for (size_t i = 0; i < s->unit_count; i++) {
		const struct shadow_unit *u = &s->unit[i];

		n->units += unit_is_both(u);
		n->is_beyond |= unit_is_beyond(u, max_ppb);
		if (u->worst_ppb > n->worst_ppb)
			n->worst_ppb = u->worst_ppb;
		if (u->differs == 0)
			continue;
		n->units_differ++;
		if (json)
			json_unit(json, u);
		else
			unit_print(u);
	}
}

static void
vaults_show(const struct shadow *s, struct text *json, struct totals *n)
{
	/* Counted, and not shown: who they were is not known any more. */
	n->vaults_differ = s->displaced;
	n->is_beyond |= s->displaced > 0;
	for (uint32_t i = 0; i < s->vault_count; i++) {
		const struct shadow_vault *v = &s->vault[i];

		n->vaults += v->before > 0;
		if (v->differs == 0)
			continue;
		n->vaults_differ++;
		n->is_beyond = true;
		if (json)
			json_vault(json, s, v);
		else
			vault_print(s, v);
	}
}

static size_t
side_show(const struct shadow_side *side, const struct replay_life *life,
    const char *where, struct text *json)
{
	size_t n = side->displaced;

	for (uint32_t i = 0; i < side->count; i++) {
		const struct shadow_lone *l = &side->vault[i];
		const char *name = vault_name(life, i + 1, &l->id);

		if (l->times == 0)
			continue;
		n++;
		if (json)
			json_lone(json, l, name, where);
		else
			lone_print(l, name, where);
	}
	return n;
}

static void
sides_show(const struct shadow *s, struct text *json, struct totals *n)
{
	n->only_old = side_show(&s->only_before, s->before_life, "old", json);
	n->only_new = side_show(&s->only_after, s->after_life, "new", json);
	n->is_beyond |= n->only_old + n->only_new > 0;
}

static void
marks_show(const struct shadow *s, uint32_t max_ppb, struct text *json,
    struct totals *n)
{
	for (uint32_t i = 0; i < s->mark_count; i++) {
		const struct shadow_mark *m = &s->mark[i];

		n->marks++;
		n->is_beyond |= mark_is_beyond(m, max_ppb);
		if (m->differs == 0)
			continue;
		n->marks_differ++;
		if (json)
			json_mark(json, m);
		else
			mark_print(m);
	}
}

bool
shadow_print(const struct shadow *s, uint32_t max_ppb, bool is_json)
{
	struct totals n = { 0 };
	struct text t;

	text_init(&t, SUMMARY_MAX_BYTES);
	units_show(s, max_ppb, is_json ? &t : NULL, &n);
	vaults_show(s, is_json ? &t : NULL, &n);
	sides_show(s, is_json ? &t : NULL, &n);
	marks_show(s, max_ppb, is_json ? &t : NULL, &n);
	if (is_json)
		json_summary(&t, s, &n);
	else
		summary_print(s, &n);
	text_free(&t);
	return n.is_beyond;
}
