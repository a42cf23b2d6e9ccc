/*~ A life as the engine's process has it, without its wires: the shell around
 * the machine, and a signer that has no key, agrees at once and leaves the
 * list of signatures empty (replay.h). */
#include "oracle/replay.h"

#include "base/must.h"
#include "oracle/file.h"
#include "oracle/tick_wire.h"

#include <stdlib.h>
#include <string.h>

#define SEQUENCES_A_MS REPLAY_SEQUENCES_A_MS

/* No signer section: bounds as docs and examples have them, since a bound of
 * nothing would refuse every move. */
#define BOUND_BASE_PPB 100000000u
#define BOUND_PER_SECOND_PPB 100000000u
#define BOUND_MAX_PPB 600000000u

static const char default_config[] =
    "prices:\n"
    "  units:\n"
    "    ETH: {quorum: 2, age_max: 3s, dispersion_max: 2%, band_max: 10%}\n"
    "    BTC: {quorum: 2, age_max: 3s, dispersion_max: 2%, band_max: 10%}\n"
    "    USDT: {quorum: 2, age_max: 30s, dispersion_max: 1%, band_max: 5%}\n"
    "venues:\n"
    "  coinbase:\n"
    "    markets:\n"
    "      ETH-USD: ETH/USD\n"
    "      BTC-USD: BTC/USD\n"
    "      USDT-USD: USDT/USD\n"
    "  kraken:\n"
    "    markets:\n"
    "      ETH/USD: ETH/USD\n"
    "      BTC/USD: BTC/USD\n"
    "      USDT/USD: USDT/USD\n"
    "  binance:\n"
    "    markets: {ETHUSDT: ETH/USDT, BTCUSDT: BTC/USDT}\n"
    "  binance-us:\n"
    "    markets:\n"
    "      ETHUSD: ETH/USD\n"
    "      BTCUSD: BTC/USD\n"
    "      ETHUSDT: ETH/USDT\n"
    "      BTCUSDT: BTC/USDT\n"
    "      ETHBTC: ETH/BTC\n"
    "  bybit:\n"
    "    markets: {ETHUSDT: ETH/USDT, BTCUSDT: BTC/USDT}\n";

/* ---- opening ------------------------------------------------------------ */

static enum err
config_texts_read(char **config, size_t *config_len, char **book,
    size_t *book_len, char book_name[CONFIG_PATH_MAX], const char *path)
{
	static struct config c;
	unsigned errors;
	enum err e = file_read_text(config, config_len, path, CONFIG_TEXT_MAX,
	    stderr);

	if (e == ERR_OK)
		e = config_read(&c, *config, *config_len, path, stderr,
		    &errors);
	if (e != ERR_OK || !c.book_file[0])
		return e;
	e = config_path_from(book_name, path, c.book_file);
	if (e != ERR_OK) {
		fprintf(stderr, "%s: the book's path is too long\n", path);
		return e;
	}
	return file_read_text(book, book_len, book_name, BOOKFILE_TEXT_MAX,
	    stderr);
}

void
replay_life_loosen(struct replay_life *l)
{
	struct config_policy *policy = &l->config.policy;

	/* A recording has no chain: a head that is missing says nothing. */
	l->config.has_clearing = false;
	if (policy->bound_max_ppb > 0)
		return;
	policy->bound_base_ppb = BOUND_BASE_PPB;
	policy->bound_per_second_ppb = BOUND_PER_SECOND_PPB;
	policy->bound_max_ppb = BOUND_MAX_PPB;
}

enum err
replay_life_open_file(struct replay_life **out, const char *path)
{
	char *config = NULL, *book = NULL;
	char book_name[CONFIG_PATH_MAX] = "";
	size_t config_len = 0, book_len = 0;
	enum err e = ERR_OK;

	if (path)
		e = config_texts_read(&config, &config_len, &book, &book_len,
		    book_name, path);
	if (e == ERR_OK)
		e = replay_life_open(out, path ? config : default_config,
		    path ? config_len : sizeof(default_config) - 1,
		    path ? path : "the replay's own config", book, book_len,
		    book_name);
	if (e == ERR_LIMIT)
		fprintf(stderr, "%s: no memory for the tables\n",
		    path ? path : "the replay's own config");
	free(config);
	free(book);
	if (e == ERR_OK)
		replay_life_loosen(*out);
	return e;
}

/* ---- running ------------------------------------------------------------- */

static enum err
on_signer(void *arg, const void *message)
{
	struct replay_engine *g = arg;
	struct wire_head head;

	memcpy(&head, message, sizeof(head));
	if (head.type == WIRE_END) {
		struct wire_end w;

		memcpy(&w, message, sizeof(w));
		g->is_asked = true;
		g->sequence = w.sequence;
	}
	return ERR_OK;
}

static void
on_release(void *arg, const struct board_attestation *a)
{
	struct replay_engine *g = arg;

	if (g->on_attestation)
		g->on_attestation(g->arg, a);
}

void
replay_engine_tell(struct replay_engine *g, const void *message)
{
	MUST(shell_input(&g->shell, message, 0) == ERR_OK);
}

/* What an engine hears first: its start, its vaults, its signer. */
void
replay_engine_begin(struct replay_engine *g, struct replay_life *life,
    uint64_t now_ms)
{
	const struct book *b = &life->book;
	struct wire_start start;
	struct wire_signer_ready ready;

	g->life = life;
	g->shell.machine = life->machine;
	g->shell.wires = (struct shell_wires){ .to_signer = on_signer,
		.release = on_release, .arg = g };
	memset(&start, 0, sizeof(start));
	wire_head_set(&start.head, WIRE_START);
	start.now_ms = now_ms;
	start.config_hash = life->config_hash;
	start.book_hash = life->book_hash;
	replay_engine_tell(g, &start);
	for (uint32_t i = 0; i < b->vault_count; i++) {
		union machine_message w;

		machine_vault_message(&w, &b->vaults[i],
		    b->positions + b->vaults[i].position_first);
		replay_engine_tell(g, &w);
	}
	memset(&ready, 0, sizeof(ready));
	wire_head_set(&ready.head, WIRE_SIGNER_READY);
	ready.first_sequence = now_ms * SEQUENCES_A_MS;
	replay_engine_tell(g, &ready);
}

void
replay_engine_close(struct replay_engine *g, uint64_t now_ms)
{
	struct wire_resumed w;

	/* The sequence follows the clock, as a signer's does that starts. */
	if (now_ms > g->life->machine->now_ms) {
		memset(&w, 0, sizeof(w));
		wire_head_set(&w.head, WIRE_RESUMED);
		w.first_sequence = now_ms * SEQUENCES_A_MS;
		replay_engine_tell(g, &w);
	}
	shell_close(&g->shell, now_ms, 0);
}

void
replay_engine_sign(struct replay_engine *g)
{
	struct wire_signed w;

	while (g->is_asked) {
		g->is_asked = false;
		memset(&w, 0, sizeof(w));
		wire_head_set(&w.head, WIRE_SIGNED);
		w.sequence = g->sequence;
		w.digest = g->life->machine->pending_digest;
		replay_engine_tell(g, &w);
	}
}

/* ---- frames -------------------------------------------------------------- */

/* The config's venue of a row; false where it follows none of it. */
static bool
venue_index(size_t *out, const struct config *c, const struct venue *v)
{
	for (size_t i = 0; i < c->venue_count; i++) {
		if (c->venue[i].venue == v) {
			*out = i;
			return true;
		}
	}
	return false;
}

/* A symbol may be a market and an instrument. */
static bool
tick_tell(struct replay_engine *g, size_t venue, const struct replay_event *e,
    const struct tick *t)
{
	const struct config *c = &g->life->config;
	struct wire_tick w[TICK_WIRES_MAX];
	struct wire_mark m;
	size_t count;
	bool told = tick_wire_from(w, &count, c, venue, t, e->recv_ms) ==
	    ERR_OK;

	for (size_t i = 0; told && i < count; i++) {
		g->said_by[w[i].market] = e->connection + 1;
		replay_engine_tell(g, &w[i]);
	}
	if (c->instrument_count == 0 || tick_wire_mark(&m, c, venue, t,
	    e->recv_ms) != ERR_OK)
		return told;
	g->is_marked[m.instrument] = true;
	replay_engine_tell(g, &m);
	return true;
}

static bool
ticks_tell(struct replay_engine *g, size_t venue, const struct replay_event *e,
    const struct frame *f)
{
	bool told = false;

	for (size_t i = 0; i < f->tick_count; i++)
		told |= tick_tell(g, venue, e, &f->ticks[i]);
	return told;
}

/* What the connection said of books no longer holds. */
static bool
gap_tell(struct replay_engine *g, const struct replay_event *e)
{
	size_t count = g->life->config.prices.market_count;
	bool told = false;

	for (size_t i = 0; i < count; i++) {
		struct wire_tick w;

		if (g->said_by[i] != e->connection + 1)
			continue;
		tick_wire_void(&w, i, e->recv_ms);
		replay_engine_tell(g, &w);
		told = true;
	}
	return told;
}

static bool
beat_tell(struct replay_engine *g, size_t venue, const struct replay_event *e,
    const struct frame *f)
{
	struct wire_heartbeat w;
	bool told = ticks_tell(g, venue, e, f);	/* of contracts */

	if (!f->has_time)
		return told;
	tick_wire_heartbeat(&w, venue, f->exchange_ms, e->recv_ms);
	replay_engine_tell(g, &w);
	return true;
}

bool
replay_engine_frame(struct replay_engine *g, const struct replay_event *e,
    const struct frame *f)
{
	size_t venue;

	if (!venue_index(&venue, &g->life->config, e->venue))
		return false;
	switch (f->kind) {
	case FRAME_TICKS:
		return ticks_tell(g, venue, e, f);
	case FRAME_HEARTBEAT:
	case FRAME_ACK:
		return beat_tell(g, venue, e, f);
	case FRAME_GAP:
		return gap_tell(g, e);
	case FRAME_IGNORED:
	case FRAME_REFUSED:
	case FRAME_LEAVING:
	case FRAME_UNKNOWN:
		return false;
	}
	return false;
}

bool
replay_engine_bad(struct replay_engine *g, const struct replay_event *e)
{
	size_t venue;

	return e->venue->has_depth &&
	    venue_index(&venue, &g->life->config, e->venue) && gap_tell(g, e);
}
