/* ethers and ccxt, each in rounds of its own process against ours in this
 * one.  What a request costs on its way (some 50 us) is a part of theirs: a
 * thousandth of a round of them. */
#include "tests/peers/peers.h"

#include <stdio.h>
#include <string.h>

#include "base/hex.h"
#include "base/keccak.h"
#include "base/must.h"
#include "contracts-abi/attest.h"
#include "feeds/venue.h"
#include "oracle/sig.h"
#include "tests/bench/bench.h"

#define ROUNDS 15u
#define SIGNATURES 100u
#define HASHES 5000u
#define FRAMES 2000u
#define WARM_UP 20u	/* rounds until the compiler over there has settled */

/* A request, again and again. */
static void
run_node(void *context)
{
	(void)node_ask(context);
}

static void
node_compare(const char *name, struct bench_side ours, const char *request,
    double goal)
{
	char text[64];
	struct bench_side theirs = { run_node, text, ours.operations };

	MUST(snprintf(text, sizeof(text), "%s %u", request, ours.operations) <
	    (int)sizeof(text));
	for (unsigned i = 0; i < WARM_UP; i++)
		run_node(text);
	bench_compare(name, &ours, &theirs, ROUNDS, goal);
}

struct signing {
	struct sig_context *sig;
	struct sig_key key;
	struct b32 separator;
	struct attestation message;
	struct sig_compact signature;
};

static void
sign_one(struct signing *s)
{
	struct b32 digest;

	s->message.sequence++;
	attest_digest_with(&digest, &s->separator, &s->message);
	MUST(sig_sign(&s->signature, s->sig, &s->key, &digest) == ERR_OK);
}

static void
run_sign(void *context)
{
	for (unsigned i = 0; i < SIGNATURES; i++)
		sign_one(context);
}

static void
run_keccak(void *context)
{
	struct b32 *pair = context;

	for (unsigned i = 0; i < HASHES; i++)
		keccak256_pair(&pair[0], &pair[0], &pair[1]);
}

/* The message with sequence 1 and the key 2, as peers.mjs has them. */
static void
signature_check(struct signing *s)
{
	uint8_t rsv[65];
	char text[2 * sizeof(rsv) + 3];

	sign_one(s);
	sig_to_rsv65(rsv, &s->signature);
	hex_from_bytes(text, rsv, sizeof(rsv));
	MUST(strcmp(node_ask("signature"), text) == 0);
}

void
peers_ethers(void)
{
	static const uint8_t random[32] = { 1 }, secret[32] = { [31] = 2 };
	const struct eip712_domain domain = { .chain_id = 31337 };
	static struct signing s;
	static struct b32 pair[2];
	struct bench_side sign = { run_sign, &s, SIGNATURES };
	struct bench_side hash = { run_keccak, pair, HASHES };

	if (!node_has("ethers")) {
		bench_missing("ethers", PEERS_NOT_INSTALLED);
		return;
	}
	MUST(sig_context_create(&s.sig, random) == ERR_OK);
	MUST(sig_key_from_secret(&s.key, s.sig, secret) == ERR_OK);
	attest_domain_separator(&s.separator, &domain);
	signature_check(&s);
	node_compare("digest, sign; signTypedData", sign, "sign", 0.1);
	node_compare("keccak256 of 64 bytes", hash, "keccak", 0.1);
	sig_context_destroy(s.sig);
}

struct parsing {
	const struct venue *venue;
	const char *frame;
	struct frame f;
};

static void
run_parse(void *context)
{
	struct parsing *p = context;
	size_t len = strlen(p->frame);

	for (unsigned i = 0; i < FRAMES; i++) {
		MUST(p->venue->parse(&p->f, p->frame, len) == ERR_OK &&
		    p->f.tick_count == 1);
		bench_keep((uint64_t)p->f.ticks[0].bid.value);
	}
}

static void
parsing_bench(const char *venue, const char *name)
{
	static struct tick ticks[FRAME_TICKS_MAX];
	static struct venue_memory memory;
	struct parsing p = { .venue = venue_find(venue), .f.ticks = ticks,
		.f.memory = &memory };
	struct bench_side ours = { run_parse, &p, FRAMES };
	char request[2048], row[64];
	const char *bid;
	struct dec18 d;

	p.frame = bench_json_frame(name);
	snprintf(request, sizeof(request), "frame %s %s", venue, p.frame);
	bid = node_ask(request);
	run_parse(&p);
	MUST(decimal_to_dec18(&d, bid, strlen(bid)) == ERR_OK &&
	    d.value == ticks[0].bid.value);
	snprintf(row, sizeof(row), "%s ticker, whole", venue);
	snprintf(request, sizeof(request), "ticker %s", venue);
	node_compare(row, ours, request, 0.1);
}

void
peers_ccxt(void)
{
	if (!node_has("ccxt")) {
		bench_missing("ccxt", PEERS_NOT_INSTALLED);
		return;
	}
	parsing_bench("binance", "json binance bookTicker");
	parsing_bench("kraken", "json kraken ticker");
}
