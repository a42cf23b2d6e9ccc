#include "oracle/chain_prices.h"

#include "chain/hermes.h"
#include "chain/quotes.h"
#include "oracle/clock.h"
#include "oracle/file.h"
#include "oracle/log.h"
#include "oracle/tick_wire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TOKEN_MAX 1024u
#define CA_MAX (1u << 20)
#define SOURCES_MAX (PRICES_MARKETS_MAX + PRICES_UNITS_MAX)

/* One market or unit, and what was said of it last. */
struct source {
	const struct quote_source *from;
	bool is_rate;
	size_t at;		/* market, or unit */
	bool is_told;		/* the engine has `last` */
	enum quote_refusal refusal;
	struct quote last;
};

struct chain_prices {
	struct proc_role *proc;
	/* Those that are read come first, those that are streamed last. */
	size_t read_count, count;
	struct source source[SOURCES_MAX];
	struct quotes_item item[SOURCES_MAX];
	struct quotes *quotes;
	bool has_block, was_old;
	struct b32 block_hash;
	uint64_t block_ms;
	struct hermes *hermes;
	bool is_streaming, was_lost, was_event_refused;
	struct chain_prices_counters counters;
};

static const char *
venue_name(const struct chain_prices *p, const struct source *s)
{
	const struct config *c = &p->proc->config;

	return s->is_rate ? "rate" : c->venue[c->market[s->at].venue].name;
}

static const char *
source_name(const struct chain_prices *p, const struct source *s)
{
	const struct config *c = &p->proc->config;

	return s->is_rate ? c->prices.unit[s->at].name :
	    c->market[s->at].symbol;
}

static enum err
rate_send(struct chain_prices *p, const struct source *s, uint64_t now_ms)
{
	struct wire_rate w;

	memset(&w, 0, sizeof(w));
	wire_head_set(&w.head, WIRE_RATE);
	w.unit = (uint16_t)s->at;
	w.time_ms = s->last.time_ms;
	w.recv_ms = now_ms;
	w.rate = wire_from_u128(s->last.value);
	p->counters.rates++;
	return proc_send(p->proc->peer[ROLE_ENGINE], &w, true);
}

static enum err
tick_send(struct chain_prices *p, const struct source *s, uint64_t now_ms)
{
	struct wire_tick w;

	if (s->refusal == QUOTE_OK)
		tick_wire_price(&w, s->at, s->last.value, s->last.time_ms,
		    now_ms);
	else
		tick_wire_void(&w, s->at, now_ms);
	p->counters.ticks++;
	return proc_send(p->proc->peer[ROLE_ENGINE], &w, true);
}

static void
refusal_log(const struct chain_prices *p, const struct source *s,
    enum quote_refusal refusal)
{
	if (refusal == s->refusal)
		return;
	if (refusal == QUOTE_OK)
		log_info("%s %s: it has a value again", venue_name(p, s),
		    source_name(p, s));
	else
		log_warn("%s %s: no value: %s", venue_name(p, s),
		    source_name(p, s), quote_refusal_name(refusal));
}

/* A source's word reaches the engine once. */
static enum err
source_tell(struct chain_prices *p, struct source *s,
    enum quote_refusal refusal, const struct quote *q, uint64_t now_ms)
{
	bool is_same = refusal == s->refusal && (refusal != QUOTE_OK ||
	    (q->value == s->last.value && q->time_ms == s->last.time_ms));
	enum err e = ERR_OK;

	p->counters.refused += refusal != QUOTE_OK;
	if (s->is_told && is_same)
		return ERR_OK;
	refusal_log(p, s, refusal);
	s->refusal = refusal;
	if (refusal == QUOTE_OK)
		s->last = *q;
	if (!s->is_rate)
		e = tick_send(p, s, now_ms);
	else if (refusal == QUOTE_OK)
		e = rate_send(p, s, now_ms);
	s->is_told = e == ERR_OK;
	return e;
}

/* ---- blocks -------------------------------------------------------------- */

/* A node may stand still, or fall behind another one that we asked before:
 * neither is a reason to go back. */
static bool
block_is_due(struct chain_prices *p, const struct watch_block *b,
    uint64_t now_ms)
{
	bool is_old = now_ms > b->time_ms &&
	    now_ms - b->time_ms > p->proc->config.head_age_max_ms;

	if (is_old && !p->was_old)
		log_warn("the head is too old to read prices from");
	p->was_old = is_old;
	return !is_old && (!p->has_block || (b->time_ms >= p->block_ms &&
	    !b32_equal(&b->hash, &p->block_hash)));
}

enum err
chain_prices_block(struct chain_prices *p, struct rpc *r,
    const struct watch_block *b, uint64_t now_ms)
{
	enum err e;

	if (p->read_count == 0 || !block_is_due(p, b, now_ms))
		return ERR_OK;
	e = quotes_read(p->quotes, r, p->item, p->read_count, &b->hash,
	    b->time_ms / 1000);
	if (e != ERR_OK)
		return e;
	for (size_t i = 0; i < p->read_count; i++) {
		const struct quotes_item *k = &p->item[i];

		p->counters.missing += k->is_missing;
		/* A wire that breaks here is replaced, and all told again. */
		if (!k->is_missing && source_tell(p, &p->source[i],
		    k->refusal, &k->quote, now_ms) != ERR_OK)
			return ERR_OK;
	}
	p->has_block = true;
	p->block_hash = b->hash;
	p->block_ms = b->time_ms;
	return ERR_OK;
}

void
chain_prices_forget(struct chain_prices *p)
{
	uint64_t now_ms = clock_wall_ms();

	for (size_t i = 0; i < p->count; i++) {
		struct source *s = &p->source[i];
		bool had = s->is_told;

		s->is_told = false;
		if (had && source_tell(p, s, s->refusal, &s->last, now_ms) !=
		    ERR_OK)
			return;
	}
}

/* ---- the stream ---------------------------------------------------------- */

static void
on_price(void *arg, const struct hermes_price *h)
{
	struct chain_prices *p = arg;
	uint64_t now_ms = clock_wall_ms();

	for (size_t i = p->read_count; i < p->count; i++) {
		struct source *s = &p->source[i];
		struct quote q = { 0, 0 };
		enum quote_refusal refusal;

		if (!b32_equal(&s->from->feed, &h->feed))
			continue;
		refusal = quote_from_pyth(&q, &h->price,
		    s->from->confidence_max);
		/* A wire that breaks here is replaced, and all told again. */
		if (source_tell(p, s, refusal, &q, now_ms) != ERR_OK)
			return;
	}
}

static void
on_news(void *arg, enum hermes_news n, const char *why)
{
	struct chain_prices *p = arg;

	switch (n) {
	case HERMES_OPEN:
		p->is_streaming = true;
		p->was_lost = p->was_event_refused = false;
		log_info("pyth: streaming");
		return;
	case HERMES_REFUSED:
		p->counters.events_refused++;
		if (!p->was_event_refused)
			log_warn("pyth: an event is refused (%s)", why);
		p->was_event_refused = true;
		return;
	case HERMES_LOST:
		break;
	}
	p->counters.stream_lost++;
	p->is_streaming = false;
	/* Once for each outage, not for each attempt to end it. */
	if (!p->was_lost)
		log_warn("pyth: lost: %s", why);
	p->was_lost = true;
}

static enum err
file_take(char **out, size_t *len, const struct chain_prices *p,
    const char *path, size_t max)
{
	char from_here[CONFIG_PATH_MAX];
	enum err e;

	if (path[0] == '\0')
		return ERR_OK;
	e = config_path_from(from_here, p->proc->config_path, path);
	return e == ERR_OK ? file_read_text(out, len, from_here, max,
	    stderr) : e;
}

static enum err
hermes_open(struct chain_prices *p)
{
	const struct config *c = &p->proc->config;
	const struct config_venue *v =
	    &c->venue[c->market[p->source[p->read_count].at].venue];
	const struct hermes_callbacks call = { on_price, on_news, p };
	struct b32 feeds[HERMES_FEEDS_MAX];
	struct hermes_config k = { .feeds = feeds,
		.feed_count = p->count - p->read_count,
		.url = v->url[0] ? v->url : v->venue->url };
	char *token = NULL, *ca = NULL;
	size_t token_len = 0, ca_len = 0;
	enum err e;

	if (k.feed_count > HERMES_FEEDS_MAX)
		return ERR_LIMIT;
	for (size_t i = 0; i < k.feed_count; i++)
		feeds[i] = p->source[p->read_count + i].from->feed;
	e = file_take(&token, &token_len, p, c->hermes_token_file, TOKEN_MAX);
	if (e == ERR_OK)
		e = file_take(&ca, &ca_len, p, c->tls_ca_file, CA_MAX);
	if (e == ERR_OK) {
		if (token)
			token[strcspn(token, "\r\n")] = '\0';
		k.token = token;
		k.ca = ca;
		k.ca_len = ca_len;
		e = hermes_create(&p->hermes, &k, &call);
	}
	if (token)
		explicit_bzero(token, token_len);
	free(token);
	free(ca);
	return e;
}

/* ---- opening ------------------------------------------------------------- */

static void
source_add(struct chain_prices *p, const struct quote_source *from,
    bool is_rate, size_t at)
{
	p->item[p->count].source = from;
	p->source[p->count++] = (struct source){ .from = from,
		.is_rate = is_rate, .at = at };
}

static void
markets_add(struct chain_prices *p, bool has_contract)
{
	const struct config *c = &p->proc->config;

	for (size_t i = 0; i < c->prices.market_count; i++)
		if (c->market[i].source.kind != QUOTE_NONE &&
		    c->market[i].source.has_contract == has_contract)
			source_add(p, &c->market[i].source, false, i);
}

enum err
chain_prices_create(struct chain_prices **out, struct proc_role *proc)
{
	struct chain_prices *p = calloc(1, sizeof(*p));
	enum err e;

	if (!p)
		return ERR_LIMIT;
	p->proc = proc;
	markets_add(p, true);
	for (size_t i = 0; i < proc->config.prices.unit_count; i++)
		if (proc->config.rate[i].kind != QUOTE_NONE)
			source_add(p, &proc->config.rate[i], true, i);
	p->read_count = p->count;
	markets_add(p, false);
	e = quotes_create(&p->quotes, p->read_count);
	if (e == ERR_OK && p->read_count < p->count)
		e = hermes_open(p);
	if (e != ERR_OK) {
		quotes_destroy(p->quotes);
		free(p);
		return e;
	}
	*out = p;
	return ERR_OK;
}

enum err
chain_prices_wait(struct chain_prices *p, struct pollfd *wait, size_t count,
    int timeout_ms)
{
	if (p->hermes)
		return hermes_wait(p->hermes, wait, count, timeout_ms);
	return poll(wait, count, timeout_ms) < 0 && errno != EINTR ? ERR_IO :
	    ERR_OK;
}

void
chain_prices_run(struct chain_prices *p, uint64_t now_ms)
{
	if (p->hermes)
		hermes_run(p->hermes, now_ms);
}

const char *
chain_prices_unready(const struct chain_prices *p)
{
	return p->hermes && !p->is_streaming ? "pyth does not stream" : NULL;
}

const struct chain_prices_counters *
chain_prices_counters(const struct chain_prices *p)
{
	return &p->counters;
}
