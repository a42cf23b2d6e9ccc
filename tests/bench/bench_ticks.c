/* tests/bench/bench_ticks.c - from a venue's frame to a released attestation,
 * through the service's own processes (service.h), against the bare parts of
 * the same way, measured in the same run.
 *
 * The way: a Coinbase ticker as a websocket frame on a loopback socket ->
 * feeds (libwebsockets, parser, stamp) -> TICK -> engine (machine, 1,000
 * vaults, of which the tick takes one over its threshold) -> BEGIN, WORD,
 * LEAF, END -> signer -> SIGNED -> engine, which verifies -> ATTESTATION,
 * heard here.  Every word that comes back must count the vault that crossed.
 *
 * The parts: the same five deliveries (one over loopback, four over SEQPACKET
 * wires) between processes that do nothing, and parse, machine, digest,
 * library sign and library recover, each alone and warm.  All of them run in
 * turns with ours, paced alike: asOf is a whole millisecond and rises with
 * each attestation, so ticks come at least that far apart.
 */
#include "tests/bench/bench.h"

#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <secp256k1.h>
#include <secp256k1_recovery.h>

#include "base/clock_text.h"
#include "base/must.h"
#include "oracle/clock.h"
#include "oracle/proc.h"
#include "oracle/tick_wire.h"
#include "tests/bench/service.h"
#include "tests/ws_server.h"

#define VAULTS 1000u
#define RUNGS 64u		/* vaults that the walk takes across */
#define TURNS 12u
#define TRIPS 64u		/* of a turn: once down or up the rungs */
#define TRIPS_ALL (TURNS * TRIPS)
#define PACE_NS 3000000
#define GOAL 2.0

static const char CONFIG[] =
    "prices:\n"
    "  units:\n"
    "    ETH: {quorum: 2, age_max: 3s, dispersion_max: 2%, band_max: 10%}\n"
    "    BTC: {quorum: 2, age_max: 3s, dispersion_max: 2%, band_max: 10%}\n"
    "venues:\n"
    "  coinbase: {url: \"ws://127.0.0.1:PORT/0\",\n"
    "    markets: {ETH-USD: ETH/USD, BTC-USD: BTC/USD}}\n"
    "  kraken: {url: \"ws://127.0.0.1:PORT/1\",\n"
    "    markets: {ETH/USD: ETH/USD, BTC/USD: BTC/USD}}\n"
    "  bybit: {url: \"ws://127.0.0.1:PORT/2\",\n"
    "    markets: {ETHUSD: ETH/USD, BTCUSD: BTC/USD}}\n"
    "book: {file: book.json, vaults_max: 1024}\n"
    "attestation: {verdicts_max: 1024}\n"
    "signer: {keystore: k, password_file: p, state: s,\n"
    "  bound: {base: 10%, per_second: 10%, max: 60%}, validity_max: 300s,\n"
    "  alarm: {verdicts: 1000, value: \"1000000000\"}}\n"
    "journal: {dir: j, release: immediate}\n"
    "sandbox: best-effort\n";

static const char BOOK_HEAD[] =
    "{\"book\":\"bench\",\"chain_id\":31337,\"assets\":["
    "{\"id\":\"WETH\",\"token\":\"0x1111111111111111111111111111111111111111\","
    "\"decimals\":18,\"price\":\"ETH\",\"ltv\":\"0.8\","
    "\"liquidation_threshold\":\"0.825\",\"close_factor\":\"1\"},"
    "{\"id\":\"WBTC\",\"token\":\"0x2222222222222222222222222222222222222222\","
    "\"decimals\":8,\"price\":\"BTC\",\"ltv\":\"0.8\","
    "\"liquidation_threshold\":\"0.825\",\"close_factor\":\"1\"}],\"vaults\":[";

struct bench_ticks {
	struct service service;
	unsigned rung;		/* coinbase's ETH: 2000.00 less so many cents */
	bool is_down;
	double trip_ns[TRIPS_ALL], ring_ns[TRIPS_ALL];
	double machine_ns[TRIPS_ALL];
	size_t trips, rings, machines;

	/* The bare ring. */
	int ring_tcp, ring_back;
	pid_t ring_pid[3];

	struct config *config;
	struct tick ticks[FRAME_TICKS_MAX];
	char text[SERVICE_FRAME_MAX];
	secp256k1_context *library;
	struct b32 separator, digest;
	struct attestation message;
	secp256k1_ecdsa_recoverable_signature signature;
};

/* ---- the book: RUNGS vaults on the ladder, the others far from it ---- */

/* The venues' mids are 1999, m and 2001 with m = 2000 - r cents, so the half
 * band is 1 + r cents and the worst end 1999 - 2 r cents; BTC's high is 60001.
 * Vault k of the ladder leaves HEALTHY between rung k and k + 1:
 *	10 WETH x (199900 - 2 k - 1) cents x 0.8 = debt x 60001 USD */
static char *
book_make(void)
{
	size_t size = sizeof(BOOK_HEAD) + 160u * VAULTS, len;
	char *text = malloc(size);

	MUST(text != NULL);
	len = (size_t)snprintf(text, size, "%s", BOOK_HEAD);
	for (unsigned i = 0; i < VAULTS; i++) {
		/* Satoshis; cents x 10 x 0.8 / 60001 x 10^8 / 100. */
		uint64_t debt = (uint64_t)(199900 - 2 * i - 1) * 8 * 1000000 /
		    60001;

		if (i >= RUNGS)
			debt = debt * 3 / 4 - i;
		len += (size_t)snprintf(text + len, size - len,
		    "%s{\"id\":\"v%u\",\"collateral\":[{\"asset\":\"WETH\","
		    "\"amount\":\"10\"}],\"debt\":[{\"asset\":\"WBTC\","
		    "\"amount\":\"0.%08u\"}]}", i > 0 ? "," : "", i,
		    (unsigned)debt);
	}
	len += (size_t)snprintf(text + len, size - len, "]}");
	MUST(len < size);
	return text;
}

/* ---- frames ---- */

static void
coinbase_text(char *out, size_t size, const char *symbol, unsigned cents,
    uint64_t now_ms)
{
	char time[TIME_TEXT_BUF];
	unsigned bid = cents - 1, ask = cents + 1;

	time_ms_to_rfc3339(time, now_ms);
	snprintf(out, size, "{\"channel\":\"ticker\",\"client_id\":\"\","
	    "\"timestamp\":\"%s\",\"sequence_num\":6,\"events\":[{\"type\":"
	    "\"update\",\"tickers\":[{\"type\":\"ticker\",\"product_id\":"
	    "\"%s\",\"price\":\"%u.%02u\",\"volume_24_h\":\"2867.54532609\","
	    "\"low_24_h\":\"64675.22\",\"high_24_h\":\"65252.99\","
	    "\"low_52_w\":\"57717.55\",\"high_52_w\":\"126296\","
	    "\"price_percent_chg_24_h\":\"0.09601107287722\",\"best_bid\":"
	    "\"%u.%02u\",\"best_ask\":\"%u.%02u\",\"best_bid_quantity\":"
	    "\"0.20371215\",\"best_ask_quantity\":\"0.24290402\"}]}]}",
	    time, symbol, cents / 100, cents % 100, bid / 100, bid % 100,
	    ask / 100, ask % 100);
}

static void
say(const struct bench_ticks *b, size_t venue, const char *text)
{
	char frame[SERVICE_FRAME_MAX];
	size_t len = service_frame_make(frame, text);

	service_say(&b->service, venue, frame, len);
}

/* The venues that do not move, again and again: a book grows old in 3 s. */
static void
others_say(const struct bench_ticks *b)
{
	static const char *const symbol[] = { "ETH", "BTC" };
	static const unsigned mid[] = { 2000, 60000 };
	uint64_t now_ms = clock_wall_ms();
	char text[1024], time[TIME_TEXT_BUF];

	time_ms_to_rfc3339(time, now_ms);
	for (size_t i = 0; i < 2; i++) {
		snprintf(text, sizeof(text), "{\"channel\":\"ticker\","
		    "\"type\":\"update\",\"data\":[{\"symbol\":\"%s/USD\","
		    "\"bid\":%u.99,\"bid_qty\":0.5,\"ask\":%u.01,\"ask_qty\":3,"
		    "\"last\":%u.0,\"timestamp\":\"%s\"}]}", symbol[i],
		    mid[i] - 2, mid[i] - 1, mid[i] - 1, time);
		say(b, 1, text);
		snprintf(text, sizeof(text), "{\"topic\":\"orderbook.1.%sUSD\","
		    "\"ts\":%llu,\"type\":\"snapshot\",\"data\":{\"s\":"
		    "\"%sUSD\",\"b\":[[\"%u.99\",\"0.2\"]],\"a\":[[\"%u.01\","
		    "\"1.9\"]],\"u\":7961638724,\"seq\":76129380144},\"cts\":"
		    "%llu}", symbol[i], (unsigned long long)now_ms, symbol[i],
		    mid[i], mid[i] + 1, (unsigned long long)now_ms);
		say(b, 2, text);
	}
	coinbase_text(text, sizeof(text), "BTC-USD", 6000000, now_ms);
	say(b, 0, text);
}

/* ---- ours ---- */

static void
rung_step(struct bench_ticks *b)
{
	if (b->rung == 0)
		b->is_down = true;
	else if (b->rung == RUNGS)
		b->is_down = false;
	b->rung += b->is_down ? 1u : -1u;
}

static void
pace(void)
{
	struct timespec t = { .tv_nsec = PACE_NS };

	nanosleep(&t, NULL);
}

static void
trip(struct bench_ticks *b)
{
	char frame[SERVICE_FRAME_MAX];
	struct wire_attestation a;
	uint64_t began_ns;
	size_t len;

	pace();
	while (service_hear(&b->service, &a, false))
		;
	rung_step(b);
	coinbase_text(b->text, sizeof(b->text), "ETH-USD", 200000 - b->rung,
	    clock_wall_ms());
	len = service_frame_make(frame, b->text);
	began_ns = bench_now_ns();
	service_say(&b->service, 0, frame, len);
	service_hear(&b->service, &a, true);
	MUST(b->trips < TRIPS_ALL);
	b->trip_ns[b->trips++] = (double)(bench_now_ns() - began_ns);
	/* This one is of this tick, or the figure means nothing. */
	if (a.verdict_count != b->rung || a.status != PRICE_OK)
		service_fail(&b->service, "another attestation than awaited");
}

/* Until all venues have spoken and the head is OK. */
static void
warm_up(struct bench_ticks *b)
{
	struct wire_attestation a;
	char text[1024];

	do {
		others_say(b);
		coinbase_text(text, sizeof(text), "ETH-USD", 200000,
		    clock_wall_ms());
		say(b, 0, text);
		service_hear(&b->service, &a, true);
	} while (a.status != PRICE_OK || a.vault_count != VAULTS);
	for (unsigned i = 0; i < 2 * RUNGS; i++)
		trip(b);
	b->trips = 0;
}

/* ---- the bare ring ---- */

/* Takes a message from one descriptor and gives one of its own to the next. */
struct hop {
	int from, to;
	bool is_stream;		/* from: takes `size` bytes of it */
	size_t size;
};

__attribute__((noreturn)) static void
hops_serve(const struct hop *hop, size_t count, size_t frame_size)
{
	static uint8_t bytes[SERVICE_FRAME_MAX];

	for (size_t i = 0;; i = (i + 1) % count) {
		size_t want = hop[i].is_stream ? frame_size : 1, have = 0;

		while (have < want) {
			ssize_t n = recv(hop[i].from, bytes, sizeof(bytes), 0);

			if (n <= 0)
				_exit(0);
			have += (size_t)n;
		}
		if (send(hop[i].to, bytes, hop[i].size, MSG_NOSIGNAL) < 0)
			_exit(0);
	}
}

static void
tcp_pair(int pair[2])
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t len = sizeof(a);
	int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	pair[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	MUST(fd >= 0 && pair[0] >= 0 &&
	    bind(fd, (struct sockaddr *)&a, len) == 0 && listen(fd, 1) == 0 &&
	    getsockname(fd, (struct sockaddr *)&a, &len) == 0 &&
	    connect(pair[0], (struct sockaddr *)&a, len) == 0);
	pair[1] = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
	MUST(pair[1] >= 0 && setsockopt(pair[0], IPPROTO_TCP, TCP_NODELAY,
	    &on, sizeof(on)) == 0);
	close(fd);
}

/* Feeds, engine and signer, each with nothing to do. */
static void
ring_start(struct bench_ticks *b, size_t frame_size)
{
	enum { FEEDS_ENGINE, ENGINE_SIGNER, ENGINE_API, PAIRS };
	int tcp[2], pair[PAIRS][2];

	tcp_pair(tcp);
	for (size_t i = 0; i < PAIRS; i++)
		MUST(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
		    pair[i]) == 0);
	for (size_t i = 0; i < 3; i++) {
		const struct hop feeds = { tcp[1], pair[FEEDS_ENGINE][0], true,
		    sizeof(struct wire_tick) };
		const struct hop engine[] = {
			{ pair[FEEDS_ENGINE][1], pair[ENGINE_SIGNER][0], false,
			    sizeof(struct wire_head) },
			{ pair[ENGINE_SIGNER][0], pair[ENGINE_API][0], false,
			    sizeof(struct wire_attestation) },
		};
		const struct hop signer = { pair[ENGINE_SIGNER][1],
		    pair[ENGINE_SIGNER][1], false, sizeof(struct wire_signed) };

		b->ring_pid[i] = fork();
		MUST(b->ring_pid[i] >= 0);
		if (b->ring_pid[i] == 0) {
			/* Its end is the end of the bench's socket. */
			close(tcp[0]);
			close(pair[ENGINE_API][1]);
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			hops_serve(i == 0 ? &feeds : i == 1 ? engine : &signer,
			    i == 1 ? 2 : 1, frame_size);
		}
	}
	b->ring_tcp = tcp[0];
	b->ring_back = pair[ENGINE_API][1];
	close(tcp[1]);
	for (size_t i = 0; i < PAIRS; i++) {
		close(pair[i][0]);
		if (i != ENGINE_API)
			close(pair[i][1]);
	}
}

static void
ring_stop(struct bench_ticks *b)
{
	close(b->ring_tcp);
	close(b->ring_back);
	for (size_t i = 0; i < 3; i++) {
		kill(b->ring_pid[i], SIGKILL);
		waitpid(b->ring_pid[i], NULL, 0);
	}
}

static void
ring_trip(struct bench_ticks *b, const char *frame, size_t len)
{
	struct wire_attestation a;
	uint64_t began_ns;

	pace();
	began_ns = bench_now_ns();
	MUST(send(b->ring_tcp, frame, len, MSG_NOSIGNAL) == (ssize_t)len);
	MUST(recv(b->ring_back, &a, sizeof(a), 0) == sizeof(a));
	b->ring_ns[b->rings++] = (double)(bench_now_ns() - began_ns);
}

/* ---- the parts that compute ---- */

#define FRAMES 100u
#define SIGNATURES 10u
#define DIGESTS 100u
#define PART_ROUNDS 11u

static void
parse_run(void *context)
{
	struct bench_ticks *b = context;
	struct conn_time time = { 0 };
	size_t len = strlen(b->text);

	for (unsigned i = 0; i < FRAMES; i++) {
		struct frame f = { .ticks = b->ticks };
		struct wire_tick w;

		MUST(b->config->venue[0].venue->parse(&f, b->text, len) ==
		    ERR_OK && f.tick_count == 1);
		conn_time_stamp(&time, &f);
		MUST(tick_wire_from(&w, b->config, 0, &f.ticks[0], i) ==
		    ERR_OK);
		bench_keep(w.exchange_ms);
	}
}

static void
digest_run(void *context)
{
	struct bench_ticks *b = context;

	for (unsigned i = 0; i < DIGESTS; i++) {
		b->message.sequence++;
		attest_digest_with(&b->digest, &b->separator, &b->message);
		bench_keep(b->digest.b[0]);
	}
}

static void
sign_run(void *context)
{
	struct bench_ticks *b = context;

	for (unsigned i = 0; i < SIGNATURES; i++) {
		b->digest.b[0]++;
		MUST(secp256k1_ecdsa_sign_recoverable(b->library,
		    &b->signature, b->digest.b, b->service.key.secret, NULL,
		    NULL) == 1);
		bench_keep(b->signature.data[0]);
	}
}

static void
recover_run(void *context)
{
	struct bench_ticks *b = context;

	for (unsigned i = 0; i < SIGNATURES; i++) {
		secp256k1_pubkey key;

		MUST(secp256k1_ecdsa_recover(b->library, &key, &b->signature,
		    b->digest.b) == 1);
		bench_keep(key.data[0]);
	}
}

/* ---- the machine, alone ---- */

struct alone {
	struct machine *machine;
	uint64_t now_ms, sequence;
	unsigned rung, leaves;
	bool is_down, is_asked;
};

static void
alone_emit(void *arg, const void *message, size_t size)
{
	struct alone *a = arg;
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
alone_say(struct alone *a, const void *message)
{
	struct machine_output o = { alone_emit, a };

	MUST(machine_apply(a->machine, message, &o) == ERR_OK);
}

static struct wire_tick
alone_tick(const struct alone *a, uint16_t market, uint64_t cents)
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
alone_close(const struct alone *a)
{
	struct wire_close c;

	memset(&c, 0, sizeof(c));
	wire_head_set(&c.head, WIRE_CLOSE);
	c.now_ms = a->now_ms;
	return c;
}

static void
alone_signed(struct alone *a)
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
alone_others(struct alone *a)
{
	static const uint64_t mid[] = { 0, 6000000, 199900, 5999900, 200100,
	    6000100 };

	for (uint16_t i = 1; i < ARRAY_COUNT(mid); i++) {
		struct wire_tick t = alone_tick(a, i, mid[i]);

		alone_say(a, &t);
	}
}

static void
alone_begin(struct alone *a, struct bench_ticks *b)
{
	const struct book *book = &b->service.life->book;
	struct wire_signer_ready ready;
	struct wire_tick t;
	struct wire_close c;

	memset(a, 0, sizeof(*a));
	a->machine = b->service.life->machine;
	a->now_ms = clock_wall_ms();
	for (uint32_t i = 0; i < book->vault_count; i++) {
		struct wire_vault v;

		machine_vault_message(&v, &book->vaults[i]);
		alone_say(a, &v);
	}
	memset(&ready, 0, sizeof(ready));
	wire_head_set(&ready.head, WIRE_SIGNER_READY);
	ready.first_sequence = a->now_ms * POLICY_SEQUENCE_PER_MS;
	alone_say(a, &ready);
	alone_others(a);
	t = alone_tick(a, 0, 200000);
	c = alone_close(a);
	alone_say(a, &t);
	alone_say(a, &c);
	MUST(a->is_asked);
	alone_signed(a);
}

/* TICK, CLOSE and SIGNED: what the machine does between frame and release. */
static void
alone_trip(struct alone *a, struct bench_ticks *b)
{
	struct wire_tick t;
	struct wire_close c;
	uint64_t began_ns;

	a->now_ms += 4;
	alone_others(a);
	if (a->rung == 0 || a->rung == RUNGS)
		a->is_down = a->rung == 0;
	a->rung += a->is_down ? 1u : -1u;
	t = alone_tick(a, 0, 200000 - a->rung);
	c = alone_close(a);
	a->is_asked = false;
	began_ns = bench_now_ns();
	alone_say(a, &t);
	alone_say(a, &c);
	MUST(a->is_asked && a->machine->slots.count == a->rung);
	alone_signed(a);
	b->machine_ns[b->machines++] = (double)(bench_now_ns() - began_ns);
}

/* ---- the table ---- */

static int
double_compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
percentile(double *ns, size_t count, size_t q)
{
	qsort(ns, count, sizeof(*ns), double_compare);
	return ns[(count - 1) * q / 100];
}

enum part { PART_PARSE, PART_DIGEST, PART_SIGN, PART_RECOVER, PARTS };

static const char *const part_names[PARTS] = {
	"  parse, stamp, wire tick", "  digest, in the signer",
	"  library sign", "  library recover",
};

static void
turns_run(struct bench_ticks *b, double part_ns[PARTS][TURNS],
    const char *frame, size_t frame_len)
{
	const struct bench_side part[PARTS] = {
		{ parse_run, b, FRAMES }, { digest_run, b, DIGESTS },
		{ sign_run, b, SIGNATURES }, { recover_run, b, SIGNATURES },
	};
	struct alone alone;

	alone_begin(&alone, b);
	for (unsigned turn = 0; turn < TURNS; turn++) {
		others_say(b);
		for (unsigned i = 0; i < TRIPS; i++)
			trip(b);
		for (unsigned i = 0; i < TRIPS; i++)
			ring_trip(b, frame, frame_len);
		for (unsigned i = 0; i < TRIPS; i++)
			alone_trip(&alone, b);
		for (unsigned i = 0; i < PARTS; i++)
			part_ns[i][turn] = bench_median_ns(&part[i],
			    PART_ROUNDS);
	}
}

static void
table_print(struct bench_ticks *b, double part_ns[PARTS][TURNS])
{
	double ring = percentile(b->ring_ns, b->rings, 50);
	double machine = percentile(b->machine_ns, b->machines, 50);
	double sum = ring + machine;
	double p50 = percentile(b->trip_ns, b->trips, 50);

	for (unsigned i = 0; i < PARTS; i++)
		sum += percentile(part_ns[i], TURNS, 50);
	bench_row("tick to signed p50 vs parts", p50, sum, GOAL);
	bench_note("tick to signed p99", percentile(b->trip_ns, b->trips, 99));
	bench_note("  beyond the parts, p50", p50 - sum);
	bench_note("  loopback and 4 wires, bare", ring);
	bench_note("  the same, p99", percentile(b->ring_ns, b->rings, 99));
	bench_note("  machine, 1,000 vaults moved", machine);
	bench_note("  the same, p99", percentile(b->machine_ns, b->machines,
	    99));
	for (unsigned i = 0; i < PARTS; i++)
		bench_note(part_names[i], percentile(part_ns[i], TURNS, 50));
}

void
bench_ticks(void)
{
	static struct bench_ticks b;
	static double part_ns[PARTS][TURNS];
	char frame[SERVICE_FRAME_MAX];
	char *book = book_make();
	size_t len;

	coinbase_text(b.text, sizeof(b.text), "ETH-USD", 200000,
	    clock_wall_ms());
	len = service_frame_make(frame, b.text);
	/* First: its processes must hold nothing of the service. */
	ring_start(&b, len);
	service_start(&b.service, CONFIG, book);
	free(book);
	b.config = &b.service.life->config;
	b.library = secp256k1_context_create(SECP256K1_CONTEXT_SIGN |
	    SECP256K1_CONTEXT_VERIFY);
	MUST(b.library != NULL);
	b.message.sequence = 1;
	attest_domain_separator(&b.separator,
	    &b.service.life->machine->domain);
	warm_up(&b);
	turns_run(&b, part_ns, frame, len);
	table_print(&b, part_ns);
	secp256k1_context_destroy(b.library);
	service_stop(&b.service);
	ring_stop(&b);
}
