#include "tests/bench/ticks.h"

#include <string.h>

#include "base/must.h"
#include "oracle/clock.h"

#define FRAMES 100u
#define SIGNATURES 10u
#define DIGESTS 100u
#define ROUNDS 11u

static void
parse_run(void *context)
{
	struct ticks_parts *p = context;
	const struct config *config = &p->service->life->config;
	struct conn_time time = { 0 };
	size_t len = strlen(p->text);

	for (unsigned i = 0; i < FRAMES; i++) {
		struct frame f = { .ticks = p->ticks,
			.memory = &p->memory };
		struct wire_tick w[TICK_WIRES_MAX];
		size_t count;

		p->memory.has_sequence = false;	/* the same again */
		MUST(config->venue[0].venue->parse(&f, p->text, len) ==
		    ERR_OK && f.tick_count == 1);
		conn_time_stamp(&time, &f);
		MUST(tick_wire_from(w, &count, config, 0, &f.ticks[0], i) ==
		    ERR_OK);
		bench_keep(w[0].exchange_ms);
	}
}

static void
digest_run(void *context)
{
	struct ticks_parts *p = context;

	for (unsigned i = 0; i < DIGESTS; i++) {
		p->message.sequence++;
		attest_digest_with(&p->digest, &p->separator, &p->message);
		bench_keep(p->digest.b[0]);
	}
}

static void
sign_run(void *context)
{
	struct ticks_parts *p = context;

	for (unsigned i = 0; i < SIGNATURES; i++) {
		p->digest.b[0]++;
		MUST(secp256k1_ecdsa_sign_recoverable(p->library,
		    &p->signature, p->digest.b, p->service->key.secret, NULL,
		    NULL) == 1);
		bench_keep(p->signature.data[0]);
	}
}

static void
recover_run(void *context)
{
	struct ticks_parts *p = context;

	for (unsigned i = 0; i < SIGNATURES; i++) {
		secp256k1_pubkey key;

		MUST(secp256k1_ecdsa_recover(p->library, &key, &p->signature,
		    p->digest.b) == 1);
		bench_keep(key.data[0]);
	}
}

const char *const ticks_part_names[PARTS] = {
	"  parse, stamp, wire tick", "  digest, in the signer",
	"  library sign", "  library recover",
};

void
ticks_parts_open(struct ticks_parts *p, const struct service *s,
    const char *text)
{
	memset(p, 0, sizeof(*p));
	p->service = s;
	p->text = text;
	p->library = secp256k1_context_create(SECP256K1_CONTEXT_SIGN |
	    SECP256K1_CONTEXT_VERIFY);
	MUST(p->library != NULL);
	p->message.sequence = 1;
	attest_domain_separator(&p->separator, &s->life->machine->domain);
}

void
ticks_parts_turn(struct ticks_parts *p)
{
	const struct bench_side part[PARTS] = {
		{ parse_run, p, FRAMES }, { digest_run, p, DIGESTS },
		{ sign_run, p, SIGNATURES }, { recover_run, p, SIGNATURES },
	};

	for (unsigned i = 0; i < PARTS; i++)
		p->ns[i] = bench_median_ns(&part[i], ROUNDS);
}

void
ticks_parts_close(struct ticks_parts *p)
{
	secp256k1_context_destroy(p->library);
}

/* ---- the machine, alone ---- */

static void
alone_emit(void *arg, const void *message, size_t size)
{
	struct ticks_alone *a = arg;
	struct wire_head head;

	(void)size;
	memcpy(&head, message, sizeof(head));
	if (head.type == WIRE_BEGIN) {
		struct wire_begin begin;

		memcpy(&begin, message, sizeof(begin));
		a->sequence = begin.sequence;
		a->leaves = begin.leaf_count;
	}
	a->is_asked = a->is_asked || head.type == WIRE_END;
}

static void
alone_say(struct ticks_alone *a, const void *message)
{
	struct machine_output o = { alone_emit, a };

	MUST(machine_apply(a->machine, message, &o) == ERR_OK);
}

static struct wire_tick
alone_tick(const struct ticks_alone *a, uint16_t market, uint64_t cents)
{
	u128 cent = (u128)10000000000000000u;
	struct wire_tick t;

	memset(&t, 0, sizeof(t));
	wire_head_set(&t.head, WIRE_TICK);
	t.market = market;
	t.has_book = 1;
	t.bid = wire_from_u128((cents - 1) * cent);
	t.ask = wire_from_u128((cents + 1) * cent);
	t.exchange_ms = t.recv_ms = a->now_ms;
	return t;
}

static struct wire_close
alone_close(const struct ticks_alone *a)
{
	struct wire_close c;

	memset(&c, 0, sizeof(c));
	wire_head_set(&c.head, WIRE_CLOSE);
	c.now_ms = a->now_ms;
	return c;
}

static void
alone_signed(struct ticks_alone *a)
{
	struct wire_signed s;

	memset(&s, 0, sizeof(s));
	wire_head_set(&s.head, WIRE_SIGNED);
	s.sequence = a->sequence;
	s.digest = a->machine->pending_digest;
	alone_say(a, &s);
}

/* What no tick of ours says: the other venues, and BTC. */
static void
alone_others(struct ticks_alone *a)
{
	static const uint64_t mid[] = { 0, 6000000, 197500, 5999900, 202500,
	    6000100 };

	for (uint16_t i = 1; i < ARRAY_COUNT(mid); i++) {
		struct wire_tick t = alone_tick(a, i, mid[i]);

		alone_say(a, &t);
	}
}

void
ticks_alone_begin(struct ticks_alone *a, const struct service *s)
{
	struct wire_signer_ready ready;
	struct wire_block block;
	struct wire_tick t;
	struct wire_close c;

	memset(a, 0, sizeof(*a));
	a->machine = s->life->machine;
	a->now_ms = clock_wall_ms();
	c = alone_close(a);
	for (uint32_t i = 0; i < TICKS_VAULTS; i++) {
		struct wire_vault v;

		if (i % 65536 == 0)
			ticks_others(s);
		ticks_vault(&v, i);
		alone_say(a, &v);
	}
	ticks_block(&block, a->now_ms);
	alone_say(a, &block);
	memset(&ready, 0, sizeof(ready));
	wire_head_set(&ready.head, WIRE_SIGNER_READY);
	ready.first_sequence = a->now_ms * POLICY_SEQUENCE_PER_MS;
	alone_say(a, &ready);
	alone_others(a);
	t = alone_tick(a, 0, 200000);
	alone_say(a, &t);
	alone_say(a, &c);
	MUST(a->is_asked);
	alone_signed(a);
}

void
ticks_alone_trip(struct ticks_alone *a, struct ticks_sample *s,
    void (*rest)(void))
{
	struct wire_tick t;
	struct wire_close c;
	uint64_t began_ns;

	a->now_ms += 4;
	alone_others(a);
	ticks_step(&a->walk);
	t = alone_tick(a, 0, 200000 - TICKS_STEP * a->walk.rung);
	c = alone_close(a);
	a->is_asked = false;
	if (rest)
		rest();
	began_ns = bench_now_ns();
	alone_say(a, &t);
	alone_say(a, &c);
	MUST(a->is_asked && a->machine->slots.count == a->walk.rung);
	alone_signed(a);
	ticks_note(s, began_ns);
}
