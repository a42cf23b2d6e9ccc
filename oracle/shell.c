#include "oracle/shell.h"
#include "oracle/wire_attest.h"

#include "base/must.h"

#include <stdlib.h>
#include <string.h>

static void
journal(struct shell *s, const void *message)
{
	enum err e;

	if (!s->wires.to_journal || s->failure != ERR_OK)
		return;
	e = s->wires.to_journal(s->wires.arg, message);
	if (e != ERR_OK)
		s->failure = e;
	s->records++;
}

void
shell_journal_now(struct shell *s)
{
	enum err e;

	if (!s->wires.journal_now || s->failure != ERR_OK)
		return;
	e = s->wires.journal_now(s->wires.arg);
	if (e != ERR_OK)
		s->failure = e;
}

/* Verified before anyone sees it, after the signer has gone on. */
static bool
signature_holds(struct shell *s, const struct board_attestation *a)
{
	struct sig_compact c;

	if (!s->sig)
		return true;
	memcpy(c.r, a->signature.r, sizeof(c.r));
	memcpy(c.s, a->signature.s, sizeof(c.s));
	c.v = a->signature.recovery;
	return sig_verify(s->sig, &a->digest, &c, &a->signature.signer) ==
	    ERR_OK;
}

static void
release(struct shell *s, const struct board_attestation *a)
{
	if (s->board)
		board_put_attestation(s->board, a);
	if (s->wires.release)
		s->wires.release(s->wires.arg, a);
	s->released++;
}

static void
release_durable(struct shell *s)
{
	while (s->held_count > 0) {
		struct shell_held *h = &s->held[s->held_first];

		if (s->is_durable && h->record > s->committed)
			return;
		release(s, &h->attestation);
		s->held_first = (s->held_first + 1) % SHELL_HELD_MAX;
		s->held_count--;
	}
}

void
shell_committed(struct shell *s, uint64_t records)
{
	if (records > s->committed)
		s->committed = records;
	release_durable(s);
}

bool
shell_is_full(const struct shell *s)
{
	return s->held_count >= SHELL_HELD_MAX - 1;
}

/* While the signature is verified the journal writes. */
static void
hold(struct shell *s)
{
	struct shell_held *h;

	/* shell_close stops asking before this is full. */
	MUST(s->held_count < SHELL_HELD_MAX);
	shell_journal_now(s);
	s->is_collecting = false;
	if (!signature_holds(s, &s->collecting)) {
		s->bad_signatures++;
		s->failure = ERR_AUTH;
		return;
	}
	h = &s->held[(s->held_first + s->held_count++) % SHELL_HELD_MAX];
	h->attestation = s->collecting;
	h->record = s->records;
	release_durable(s);
}

static void
collect_begin(struct shell *s, const struct wire_attestation *w)
{
	struct board_attestation *a = &s->collecting;

	memset(a, 0, sizeof(*a));
	wire_attestation_header(&a->header, w);
	a->digest = w->digest;
	a->signature = w->signature;
	s->is_collecting = true;
	if (w->word_count == 0)
		hold(s);
}

static void
collect_word(struct shell *s, const struct wire_word *w)
{
	struct board_attestation *a = &s->collecting;

	MUST(w->slot < BOOK_ASSETS_MAX);
	a->word[w->slot] = w->word;
	a->word_count++;
	if (a->word_count == s->machine->book.asset_count)
		hold(s);
}

static void
to_signer(struct shell *s, const void *message)
{
	enum err e;

	if (!s->wires.to_signer || s->failure != ERR_OK)
		return;
	e = s->wires.to_signer(s->wires.arg, message);
	if (e != ERR_OK)
		s->failure = e;
}

static void
on_output(void *arg, const void *message, size_t size)
{
	struct shell *s = arg;
	struct wire_head head;

	(void)size;
	memcpy(&head, message, sizeof(head));
	if (head.type == WIRE_BEGIN) {
		s->request_ns = s->batch_ns;
		s->batch_ns = 0;
	}
	if (wire_is_kept(head.type)) {
		journal(s, message);
	} else if (head.type == WIRE_ATTESTATION) {
		journal(s, message);
		collect_begin(s, message);
	} else if (s->is_collecting && head.type == WIRE_WORD) {
		journal(s, message);
		collect_word(s, message);
	} else {
		to_signer(s, message);
	}
}

static void
latency_note(struct shell *s, uint64_t now_ns)
{
	uint64_t us;

	if (s->request_ns == 0 || now_ns < s->request_ns)
		return;
	us = (now_ns - s->request_ns) / 1000;
	s->latency_us[s->latency_count++ % SHELL_LATENCIES] =
	    us > UINT32_MAX ? UINT32_MAX : (uint32_t)us;
	s->request_ns = 0;
}

enum err
shell_input(struct shell *s, const void *message, uint64_t received_ns)
{
	struct machine_output o = { on_output, s };
	struct wire_head head;
	enum err e;

	memcpy(&head, message, sizeof(head));
	if (head.type == WIRE_TICK && s->batch_ns == 0)
		s->batch_ns = received_ns;
	if (head.type == WIRE_SIGNED)
		latency_note(s, received_ns);
	journal(s, message);
	e = machine_apply(s->machine, message, &o);
	if (e != ERR_OK)
		s->dropped++;
	return e;
}

enum err
shell_feed(struct shell *s, const struct wire_feed *w, uint64_t now_ms)
{
	struct board_feed *f;

	if (w->venue >= s->machine->config->venue_count)
		return ERR_UNKNOWN;
	f = &s->feed[w->venue];
	f->seen_ms = now_ms;
	f->feed = *w;
	f->feed.why[sizeof(f->feed.why) - 1] = '\0';
	return ERR_OK;
}

static int
u32_compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

uint32_t
shell_latency_us(const struct shell *s, unsigned q)
{
	uint32_t sorted[SHELL_LATENCIES];
	size_t n = s->latency_count < SHELL_LATENCIES ? s->latency_count :
	    SHELL_LATENCIES;

	if (n == 0)
		return 0;
	memcpy(sorted, s->latency_us, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), u32_compare);
	return sorted[(n - 1) * q / 100];
}

static void
wraps_fill(struct board_head *h, const struct prices *p)
{
	const struct prices_config *c = p->config;

	for (uint32_t u = 0; u < c->unit_count; u++)
		if (c->unit[u].wrap.is_wrapped)
			h->wrap[h->wrap_count++] = (struct board_wrap){
				.unit = u, .has_rate = p->rate[u].has_rate,
				.rate = p->rate[u].rate,
				.time_ms = p->rate[u].time_ms,
				.rated = p->rated[u],
				.traded = p->traded[u] };
}

/* As of the refreshes: what was between two of them is as good. */
static void
last_note(struct shell *s)
{
	const struct machine *m = s->machine;

	for (size_t u = 0; u < m->config->prices.unit_count; u++) {
		const struct price *p = &m->prices.price[u];

		if (p->status != PRICE_REFUSED)
			s->last[u] = (struct board_last){ .mid = p->mid,
				.at_ms = m->now_ms };
	}
}

static void
risk_fill(struct board_risk *r, const struct machine *m, bool has_new_sample)
{
	const struct machine_kept *k = &m->kept;

	r->count = k->unit_count;
	r->samples = k->samples;
	for (uint32_t i = 0; i < k->unit_count; i++) {
		const struct machine_unit *u = &k->unit[i];
		struct board_follow *f = &r->unit[i];

		f->unit = u->unit;
		f->has_slow = u->slow.at_ms != 0;
		f->average = u->slow.average;
		f->stable = u->slow.stable;
		f->has_volatility = machine_volatility(&f->volatility, m, i) ==
		    ERR_OK;
		for (uint32_t j = 0; has_new_sample && j < i; j++)
			r->correlation[i * (i - 1) / 2 + j] =
			    machine_correlation(m, i, j);
	}
}

static void
board_head_fill(struct board_head *h, const struct shell *s)
{
	const struct machine *m = s->machine;
	struct board_counters *c = &h->counters;

	memset(h, 0, offsetof(struct board_head, source));
	h->now_ms = m->now_ms;
	h->asset_count = (uint32_t)m->book.asset_count;
	h->market_count = (uint32_t)m->config->prices.market_count;
	h->unit_count = (uint32_t)m->config->prices.unit_count;
	h->venue_count = (uint32_t)m->config->venue_count;
	for (size_t i = 0; i < h->asset_count; i++) {
		const struct market_price *p = &m->market.asset[i];

		h->asset_price[i] = p->price;
		if (p->has_stable)
			h->asset_stable[i] = p->stable;
	}
	wraps_fill(h, &m->prices);
	memcpy(h->unit_price, m->prices.price, sizeof(h->unit_price));
	memcpy(h->unit_last, s->last, sizeof(h->unit_last));
	for (size_t i = 0; i < h->market_count; i++) {
		h->source[i].quote = m->prices.quote[i];
		h->source[i].source = m->prices.source[i];
	}
	memcpy(h->feed, s->feed, sizeof(h->feed));
	memcpy(h->accrual, m->book.accrual, sizeof(h->accrual));
	h->aggregate = m->aggregate;
	h->status = (uint8_t)machine_status(m, &h->reason);
	h->is_ready = m->is_ready;
	h->is_paused = m->is_paused;
	h->block_number = m->block.number;
	h->block_time_ms = m->block.time_ms;
	h->has_signer_bit = m->block.has_signer_bit;
	h->signer_bit = m->block.signer_bit;
	merkle_root(&h->positions_root, &m->positions);
	merkle_root(&h->verdicts_root, &m->verdicts);
	h->verdict_count = m->slots.count;
	h->vault_count = vaults_used(&m->vaults);
	h->last_sequence = m->has_last ? m->last.sequence : 0;
	*c = (struct board_counters){
		.ticks = m->ticks, .closes = m->closes,
		.requests = m->requests, .signatures = m->signatures,
		.rejections = m->rejections, .mismatches = m->mismatches,
		.evaluations = m->evaluations,
		.verdicts_over = m->slots.refused, .released = s->released,
		.dropped_inputs = s->dropped,
		.sign_us_p50 = shell_latency_us(s, 50),
		.sign_us_p99 = shell_latency_us(s, 99),
	};
}

static void
board_refresh(struct shell *s)
{
	static struct board_head head;
	const struct machine_kept *kept = &s->machine->kept;

	/* Before the head: whoever sees its prices sees these too. */
	if (s->machine->terms->generation != s->board_terms) {
		s->board_terms = s->machine->terms->generation;
		board_put_terms(s->board, s->machine->terms);
	}
	if (kept->version != s->risk_version) {
		risk_fill(&s->risk, s->machine,
		    kept->samples != s->risk_samples);
		s->risk_version = kept->version;
		s->risk_samples = kept->samples;
		board_put_risk(s->board, &s->risk);
	}
	last_note(s);
	board_head_fill(&head, s);
	board_put_head(s->board, &head);
}

/* The signer's answer must not lie on the wire while the head is copied. */
static bool
refresh_waits(const struct shell *s, uint64_t now_ms)
{
	return s->machine->in_flight &&
	    now_ms < s->board_ms + SHELL_BOARD_MS_MAX;
}

bool
shell_waits_for_clock(const struct shell *s, uint64_t now_ms)
{
	const struct machine *m = s->machine;

	return m->is_crossed && m->is_ready && !m->is_paused &&
	    !m->in_flight && !m->is_diverged && now_ms >= m->now_ms &&
	    now_ms <= m->last.as_of;
}

void
shell_close(struct shell *s, uint64_t now_ms, uint64_t now_ns)
{
	struct wire_close w;

	memset(&w, 0, sizeof(w));
	wire_head_set(&w.head, WIRE_CLOSE);
	/* A wall clock that steps back must not stop the machine's. */
	w.now_ms = now_ms > s->machine->now_ms ? now_ms : s->machine->now_ms;
	if (!shell_is_full(s))
		(void)shell_input(s, &w, now_ns);
	if (!s->machine->in_flight)
		s->batch_ns = 0;
	if (s->board && now_ms >= s->board_ms + SHELL_BOARD_MS &&
	    !refresh_waits(s, now_ms)) {
		s->board_ms = now_ms;
		board_refresh(s);
	}
}
