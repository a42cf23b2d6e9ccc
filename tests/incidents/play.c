#include "tests/incidents/play.h"

#include "oracle/metrics_text.h"
#include "tests/machine_world.h"

#include "oracle/kept.h"

struct player {
	const struct scene *scene;
	struct replay_life *life;
	struct dumb_signer signer;
	struct world_output out;
	struct moment now;
};

/* ---- the machine -------------------------------------------------------- */

static void
life_open(struct player *p)
{
	char config[SCENE_TEXT_MAX], book[SCENE_TEXT_MAX];
	size_t config_len = scene_config(config, p->scene);
	size_t book_len = scene_book(book, p->scene);
	struct replay_life *l;

	MUST(replay_life_open(&l, config, config_len, "incident", book,
	    book_len, "book") == ERR_OK);
	l->config.policy = (struct config_policy){
	    .bound_base_ppb = 100000000, .bound_per_second_ppb = 100000000,
	    .bound_max_ppb = 600000000, .validity_max_ms = 300000 };
	p->life = l;
	p->signer.asset_count = l->book.asset_count;
	p->signer.book = l->book.id;
	p->signer.domain = l->machine->domain;
	p->signer.rules_hash = l->machine->rules_hash;
	p->signer.policy = &l->config.policy;
}

static enum err
say(struct player *p, const void *message)
{
	struct machine_output o = { world_emit, &p->out };
	enum err e;

	p->out.len = 0;
	e = machine_apply(p->life->machine, message, &o);
	for (size_t at = 0; p->scene->kept && at < p->out.len;) {
		struct wire_head head;

		memcpy(&head, p->out.bytes + at, sizeof(head));
		kept_note(p->scene->kept, p->out.bytes + at);
		at += head.size;
	}
	return e;
}

static void
memories_say(struct player *p)
{
	union kept_record r;

	for (size_t i = 0; p->scene->kept && i < p->scene->kept->count; i++) {
		kept_tell(&r, p->scene->kept, i);
		MUST(say(p, &r) == ERR_OK);
	}
}

static void
start_say(struct player *p)
{
	struct wire_start start;
	struct wire_signer_ready ready;

	memset(&start, 0, sizeof(start));
	wire_head_set(&start.head, WIRE_START);
	start.now_ms = p->scene->begin_ms;
	MUST(say(p, &start) == ERR_OK);
	memories_say(p);
	memset(&ready, 0, sizeof(ready));
	wire_head_set(&ready.head, WIRE_SIGNER_READY);
	ready.first_sequence = p->scene->begin_ms * 1024;
	MUST(say(p, &ready) == ERR_OK);
}

static void
vaults_say(struct player *p)
{
	for (size_t i = 0; i < p->scene->vault_count; i++) {
		struct wire_vault v;

		memset(&v, 0, sizeof(v));
		wire_head_set(&v.head, WIRE_VAULT);
		v.id.b[0] = 0x77;
		v.id.b[31] = (uint8_t)i;
		v.nonce = v.block_number = 1;
		v.collateral_count = v.debt_count = 1;
		v.collateral_asset[0] =
		    (uint8_t)p->scene->vault[i].collateral;
		v.collateral_amount[0] =
		    wire_from_u128(p->scene->vault[i].collateral_atoms);
		v.debt_asset[0] = (uint8_t)p->scene->vault[i].debt;
		v.debt_amount[0] =
		    wire_from_u128(p->scene->vault[i].debt_atoms);
		v.debt_index[0] = wire_from_u128(WAD_ONE_RAW);
		MUST(say(p, &v) == ERR_OK);
	}
}

static void
quote_say(struct player *p, const struct input *in)
{
	struct wire_tick t;

	memset(&t, 0, sizeof(t));
	wire_head_set(&t.head, WIRE_TICK);
	t.market = in->market;
	t.exchange_ms = in->exchange_ms;
	t.recv_ms = in->recv_ms;
	t.has_book = in->kind == INPUT_BOOK;
	t.has_last = in->kind == INPUT_TRADE;
	if (t.has_book) {
		t.bid = wire_from_u128(in->bid);
		t.ask = wire_from_u128(in->ask);
	} else if (t.has_last) {
		t.last = wire_from_u128(in->bid);
	}
	MUST(say(p, &t) == ERR_OK);
}

static void
beat_say(struct player *p, const struct input *in)
{
	struct wire_heartbeat h;

	memset(&h, 0, sizeof(h));
	wire_head_set(&h.head, WIRE_HEARTBEAT);
	h.venue = in->market;
	h.exchange_ms = in->exchange_ms;
	h.recv_ms = in->recv_ms;
	MUST(say(p, &h) == ERR_OK);
}

static void
rate_say(struct player *p, const struct input *in)
{
	struct wire_rate r;

	memset(&r, 0, sizeof(r));
	wire_head_set(&r.head, WIRE_RATE);
	r.unit = in->market;
	r.time_ms = in->exchange_ms;
	r.recv_ms = in->recv_ms;
	r.rate = wire_from_u128(in->bid);
	/* Refused or not is what is tested. */
	(void)!say(p, &r);
}

static void
input_say(struct player *p, const struct input *in)
{
	if (in->kind == INPUT_BEAT)
		beat_say(p, in);
	else if (in->kind == INPUT_RATE)
		rate_say(p, in);
	else
		quote_say(p, in);
}

/* Where there is a chain, its head is always this moment's. */
static void
block_say(struct player *p, uint64_t ms)
{
	struct wire_block b;

	if (!p->life->config.has_chain)
		return;
	memset(&b, 0, sizeof(b));
	wire_head_set(&b.head, WIRE_BLOCK);
	b.number = ms / 1000;
	b.time_ms = ms;
	b.rules_match = true;
	MUST(say(p, &b) == ERR_OK);
}

/* ---- what is signed ----------------------------------------------------- */

static void
leaves_note(struct player *p)
{
	const struct wire_begin *b = world_find(&p->out, WIRE_BEGIN, 0);

	for (uint32_t i = 0; i < b->leaf_count; i++) {
		const struct wire_leaf *l = world_find(&p->out, WIRE_LEAF, i);
		uint8_t n = l->vault.b[31];

		/* An emptied slot does not say whose it was. */
		if (!l->is_present && !b32_is_zero(&p->signer.vault[l->slot]))
			p->now.verdict[p->signer.vault[l->slot].b[31]] =
			    STATE_HEALTHY;
		if (l->is_present)
			p->now.verdict[n] = l->state;
	}
}

static double
usd_of(struct px18 p)
{
	return (double)((long double)px18_to_raw(p) / 1e18L);
}

static void
words_note(struct player *p, const struct attestation *a)
{
	p->now.is_signed = true;
	p->now.header_status = a->status;
	p->now.collateral_usd = (double)((long double)a->collateral_value /
	    1e18L);
	for (uint32_t i = 0; i < p->scene->asset_count; i++) {
		const struct wire_word *w = world_find(&p->out, WIRE_WORD, i);
		struct price was;

		MUST(w && w->slot == i);
		MUST(price_word_unpack(&was, &w->word) == ERR_OK);
		p->now.price[i] = (struct signed_price){
		    .mid = usd_of(was.mid), .low = usd_of(was.low),
		    .high = usd_of(was.high), .status = (uint8_t)was.status,
		    .sources = (uint8_t)was.sources,
		    .reason = (uint16_t)was.reason };
	}
}

/* Answers a request, if there is one, as the signer would. */
static void
sign(struct player *p, uint64_t ms)
{
	struct dumb_answer a;
	struct wire_signed s;

	if (!world_find(&p->out, WIRE_BEGIN, 0))
		return;
	leaves_note(p);
	MUST(dumb_sign(&a, &p->signer, &p->out, true));
	memset(&s, 0, sizeof(s));
	wire_head_set(&s.head, WIRE_SIGNED);
	s.sequence = a.header.sequence;
	s.digest = a.digest;
	memset(s.signature.r, 7, sizeof(s.signature.r));
	MUST(say(p, &s) == ERR_OK);
	words_note(p, &a.header);
	p->now.signed_ms = ms;
}

static void
moment_take(struct player *p, uint64_t ms)
{
	const struct machine *m = p->life->machine;

	p->now.ms = ms;
	for (size_t i = 0; i < p->scene->vault_count; i++)
		p->now.state[i] = m->tables.state[i];
	for (size_t i = 0; i < p->scene->market_count; i++) {
		p->now.vote[i] = (uint8_t)m->prices.source[i].vote;
		p->now.usd[i] = (float)usd_of(m->prices.source[i].mid);
	}
}

/* ---- the run ------------------------------------------------------------ */

size_t
scene_moments(uint64_t *ms, const struct scene *s)
{
	size_t n = 0;

	for (uint64_t t = s->begin_ms; t <= s->end_ms; t += s->step_ms) {
		for (size_t i = 0; i < s->skip_count; i++)
			if (t >= s->skip[i].from_ms && t < s->skip[i].to_ms)
				t = s->skip[i].to_ms;
		if (ms)
			ms[n] = t;
		n++;
	}
	return n;
}

/* What is heard until ms, and the CLOSE of that moment. */
static void
step(struct player *p, const struct inputs *in, size_t *at, uint64_t ms)
{
	struct wire_close c;

	while (*at < in->count && in->at[*at].recv_ms <= ms)
		input_say(p, &in->at[(*at)++]);
	block_say(p, ms);
	memset(&c, 0, sizeof(c));
	wire_head_set(&c.head, WIRE_CLOSE);
	c.now_ms = ms;
	MUST(say(p, &c) == ERR_OK);
	sign(p, ms);
	moment_take(p, ms);
}

static struct player *
player_new(const struct scene *s)
{
	struct player *p = calloc(1, sizeof(*p));

	MUST(p);
	p->scene = s;
	life_open(p);
	start_say(p);
	vaults_say(p);
	return p;
}

static void
player_free(struct player *p)
{
	replay_life_close(p->life);
	free(p);
}

void
play(struct trace *out, const struct scene *s, const struct inputs *in)
{
	struct player *p = player_new(s);
	size_t count = scene_moments(NULL, s), at = 0;
	uint64_t *ms = calloc(count, sizeof(*ms));

	MUST(ms);
	scene_moments(ms, s);
	out->count = count;
	out->moment = calloc(count, sizeof(*out->moment));
	MUST(out->moment);
	for (size_t i = 0; i < count; i++) {
		step(p, in, &at, ms[i]);
		out->moment[i] = p->now;
	}
	out->signatures = p->life->machine->signatures;
	out->mismatches = p->life->machine->mismatches;
	player_free(p);
	free(ms);
}

void
play_metrics(struct text *out, const struct scene *s, uint64_t ms)
{
	struct api_state *state = calloc(1, sizeof(*state));
	struct player *p = player_new(s);
	const struct prices *prices = &p->life->machine->prices;
	size_t at = 0;

	MUST(state);
	for (uint64_t t = s->begin_ms; t <= ms; t += s->step_ms)
		step(p, &s->inputs, &at, t);
	state->config = &p->life->config;
	state->head.now_ms = ms;
	state->head.market_count = (uint32_t)s->market_count;
	for (size_t i = 0; i < s->market_count; i++)
		state->head.source[i] = (struct board_source){
		    prices->quote[i], prices->source[i] };
	metrics_feeds(out, state, ms);
	player_free(p);
	free(state);
}

void
trace_free(struct trace *t)
{
	free(t->moment);
	memset(t, 0, sizeof(*t));
}

const struct moment *
trace_at(const struct trace *t, uint64_t ms)
{
	size_t low = 0, high = t->count;

	MUST(t->count > 0 && ms >= t->moment[0].ms);
	while (high - low > 1) {
		size_t mid = (low + high) / 2;

		if (t->moment[mid].ms <= ms)
			low = mid;
		else
			high = mid;
	}
	return &t->moment[low];
}
