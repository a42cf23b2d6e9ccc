/*~ Recorded frames through the code of the live service: the venue's parser, the
 * connection's clock, the shell, the machine.  Only the edges differ: time is
 * the recording's, and the signer here has no key, agrees at once and leaves
 * the list of signatures empty.
 *
 * Order: (receive time, file, line); before the first frame of each whole second
 * a timer.  After each frame that told the machine something, and at each
 * timer, the batch is closed at that instant: price lines (all at a timer,
 * else those that changed), then an attestation where one was due.  Its
 * sequence is the instant x 1024: the machine makes one an instant. */
#include "oracle/replay.h"
#include "feeds/depth.h"

#include "base/must.h"
#include "oracle/cmd.h"
#include "oracle/file.h"
#include "oracle/clock.h"
#include "oracle/input.h"
#include "oracle/progress.h"
#include "oracle/shell.h"
#include "oracle/tick_wire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TIMER_MS 1000u
#define SEQUENCES_A_MS 1024u
#define SPAN_MAX_MS (UINT64_C(31) * 24 * 3600 * 1000)
#define INSTANT_MAX_MS (UINT64_MAX / SEQUENCES_A_MS / 2)

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

struct frames_replay {
	const struct replay_frames_options *options;
	struct replay_events events;
	struct replay_life *life;
	struct shell shell;
	struct replay_output output;
	struct progress progress;
	struct conn_time *time;		/* by connection */
	struct venue_memory *memory;	/* the same */
	struct price shown[PRICES_UNITS_MAX];
	bool has_shown;

	bool is_asked;		/* the machine waits for its signature */
	uint64_t sequence;
	uint64_t next_timer_ms;
	uint64_t begin_ms, begin_ns;	/* for --speed */
	struct tick ticks[FRAME_TICKS_MAX];
};

/* ---- the wires of the shell --------------------------------------------- */

static enum err
on_signer(void *arg, const void *message)
{
	struct frames_replay *r = arg;
	struct wire_head head;

	memcpy(&head, message, sizeof(head));
	if (head.type == WIRE_END) {
		struct wire_end w;

		memcpy(&w, message, sizeof(w));
		r->is_asked = true;
		r->sequence = w.sequence;
	}
	return ERR_OK;
}

static void
on_release(void *arg, const struct board_attestation *a)
{
	struct frames_replay *r = arg;

	replay_print_attestation(&r->output, &r->life->machine->domain,
	    &a->header, &a->digest);
}

static void
signer_answer(struct frames_replay *r)
{
	struct wire_signed w;

	while (r->is_asked) {
		r->is_asked = false;
		memset(&w, 0, sizeof(w));
		wire_head_set(&w.head, WIRE_SIGNED);
		w.sequence = r->sequence;
		w.digest = r->life->machine->pending_digest;
		MUST(shell_input(&r->shell, &w, 0) == ERR_OK);
	}
}

/* ---- batches ------------------------------------------------------------ */

static bool
price_changed(const struct price *a, const struct price *b)
{
	return a->status != b->status || a->reason != b->reason ||
	    a->sources != b->sources || px18_compare(a->mid, b->mid) != 0 ||
	    px18_compare(a->low, b->low) != 0 ||
	    px18_compare(a->high, b->high) != 0;
}

static void
prices_print(struct frames_replay *r, uint64_t now_ms, bool all)
{
	const struct config *c = &r->life->config;
	const struct price *price = r->life->machine->prices.price;

	for (size_t i = 1; i < c->prices.unit_count; i++) {
		if (!all && r->has_shown &&
		    !price_changed(&r->shown[i], &price[i]))
			continue;
		r->shown[i] = price[i];
		replay_print_price(&r->output, c->prices.unit[i].name,
		    &price[i], now_ms);
	}
	r->has_shown = true;
}

static void
batch_close(struct frames_replay *r, uint64_t now_ms, bool is_timer)
{
	struct wire_resumed w;

	/* The sequence follows the clock, as a signer's does that starts. */
	if (now_ms > r->life->machine->now_ms) {
		memset(&w, 0, sizeof(w));
		wire_head_set(&w.head, WIRE_RESUMED);
		w.first_sequence = now_ms * SEQUENCES_A_MS;
		MUST(shell_input(&r->shell, &w, 0) == ERR_OK);
	}
	shell_close(&r->shell, now_ms, 0);
	prices_print(r, now_ms, is_timer);
	signer_answer(r);
}

/* ---- frames ------------------------------------------------------------- */

static uint64_t
shifted(uint64_t ms, uint64_t shift)
{
	return ms > shift ? ms - shift : 0;
}

static void
frame_shift(struct frame *f, uint64_t shift)
{
	if (f->has_time)
		f->exchange_ms = shifted(f->exchange_ms, shift);
	for (size_t i = 0; i < f->tick_count; i++)
		if (f->ticks[i].has_time)
			f->ticks[i].exchange_ms =
			    shifted(f->ticks[i].exchange_ms, shift);
}

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

static bool
ticks_take(struct frames_replay *r, const struct replay_event *e,
    const struct frame *f)
{
	const struct config *c = &r->life->config;
	bool told = false;
	size_t venue;
	bool is_followed = venue_index(&venue, c, e->venue);

	for (size_t i = 0; i < f->tick_count; i++) {
		struct wire_tick w;

		if (f->ticks[i].is_contract)
			continue;
		replay_print_tick(&r->output, e->venue->name, &f->ticks[i],
		    e->recv_ms);
		if (!is_followed || tick_wire_from(&w, c, venue, &f->ticks[i],
		    e->recv_ms) != ERR_OK)
			continue;
		MUST(shell_input(&r->shell, &w, 0) == ERR_OK);
		told = true;
	}
	return told;
}

static bool
heartbeat_take(struct frames_replay *r, const struct replay_event *e,
    const struct frame *f)
{
	struct wire_heartbeat w;
	size_t venue;

	if (!f->has_time || !venue_index(&venue, &r->life->config, e->venue))
		return false;
	tick_wire_heartbeat(&w, venue, f->exchange_ms, e->recv_ms);
	MUST(shell_input(&r->shell, &w, 0) == ERR_OK);
	return true;
}

/* A new connection knows nothing of the exchange's time, nor of anything. */
static void
connection_begin(struct frames_replay *r, const struct replay_event *e)
{
	memset(&r->time[e->connection], 0, sizeof(*r->time));
	venue_memory_begin(&r->memory[e->connection]);
}

/* The books of a venue that tells changes are placed with its first frame. */
static struct venue_memory *
memory_of(struct frames_replay *r, const struct replay_event *e)
{
	struct venue_memory *m = &r->memory[e->connection];

	if (e->venue->has_depth && !m->depth)
		m->depth = calloc(VENUE_SYMBOLS_MAX, sizeof(*m->depth));
	return e->venue->has_depth && !m->depth ? NULL : m;
}

/* True where the machine was told something. */
static bool
frame_take(struct frames_replay *r, const struct replay_event *e)
{
	struct frame f = { .ticks = r->ticks };
	struct replay_output *o = &r->output;
	enum err err;

	if (!e->venue) {
		replay_names_add(&o->unknown, "(address)");
		return false;
	}
	f.memory = memory_of(r, e);
	if (!f.memory) {
		replay_names_add(&o->rejected, err_name(ERR_LIMIT));
		return false;
	}
	err = e->venue->parse(&f, r->events.payload + e->payload_at,
	    e->payload_len);
	if (err != ERR_OK) {
		replay_names_add(&o->rejected, err_name(err));
		return false;
	}
	frame_shift(&f, r->events.shift_ms[e->file]);
	conn_time_stamp(&r->time[e->connection], &f);
	switch (f.kind) {
	case FRAME_TICKS:
		return ticks_take(r, e, &f);
	case FRAME_HEARTBEAT:
	case FRAME_ACK:
		replay_names_add(&o->ignored, f.channel);
		return heartbeat_take(r, e, &f);
	case FRAME_IGNORED:
	case FRAME_REFUSED:
		replay_names_add(&o->ignored, f.channel);
		return false;
	case FRAME_GAP:
		replay_names_add(&o->ignored, "(gap)");
		return false;
	case FRAME_UNKNOWN:
		replay_names_add(&o->unknown, f.channel);
		return false;
	}
	return false;
}

/* ---- the timeline ------------------------------------------------------- */

static void
pace(struct frames_replay *r, uint64_t ms)
{
	uint64_t at;
	struct timespec t;

	if (r->options->speed == 0)
		return;
	(void)fflush(stdout);
	at = r->begin_ns + (ms - r->begin_ms) * 1000000u / r->options->speed;
	t.tv_sec = (time_t)(at / 1000000000u);
	t.tv_nsec = (long)(at % 1000000000u);
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) ==
	    EINTR)
		;
}

static void
timers_run(struct frames_replay *r, uint64_t until_ms)
{
	while (r->next_timer_ms <= until_ms) {
		pace(r, r->next_timer_ms);
		batch_close(r, r->next_timer_ms, true);
		r->next_timer_ms += TIMER_MS;
	}
}

static void
events_run(struct frames_replay *r)
{
	const struct replay_events *e = &r->events;

	progress_begin(&r->progress, "replay", e->count);
	for (size_t i = 0; i < e->count; i++) {
		const struct replay_event *v = &e->event[i];

		if (v->is_connect) {
			connection_begin(r, v);
			continue;
		}
		if (r->next_timer_ms == 0)
			r->next_timer_ms = (v->recv_ms + TIMER_MS - 1) /
			    TIMER_MS * TIMER_MS;
		timers_run(r, v->recv_ms);
		pace(r, v->recv_ms);
		if (frame_take(r, v))
			batch_close(r, v->recv_ms, false);
		progress_step(&r->progress, i);
	}
	progress_end(&r->progress);
}

static uint64_t
first_frame_ms(const struct replay_events *e)
{
	for (size_t i = 0; i < e->count; i++)
		if (!e->event[i].is_connect)
			return e->event[i].recv_ms;
	return 0;
}

/* What an engine hears first: its start, its vaults, its signer. */
static void
life_begin(struct frames_replay *r)
{
	const struct book *b = &r->life->book;
	struct wire_start start;
	struct wire_signer_ready ready;

	memset(&start, 0, sizeof(start));
	wire_head_set(&start.head, WIRE_START);
	start.now_ms = r->begin_ms;
	start.config_hash = r->life->config_hash;
	start.book_hash = r->life->book_hash;
	MUST(shell_input(&r->shell, &start, 0) == ERR_OK);
	for (uint32_t i = 0; i < b->vault_count; i++) {
		union machine_message w;

		machine_vault_message(&w, &b->vaults[i],
		    b->positions + b->vaults[i].position_first);
		MUST(shell_input(&r->shell, &w, 0) == ERR_OK);
	}
	memset(&ready, 0, sizeof(ready));
	wire_head_set(&ready.head, WIRE_SIGNER_READY);
	ready.first_sequence = r->begin_ms * SEQUENCES_A_MS;
	MUST(shell_input(&r->shell, &ready, 0) == ERR_OK);
}

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

static enum err
life_open(struct frames_replay *r)
{
	const char *path = r->options->config_path;
	char *config = NULL, *book = NULL;
	char book_name[CONFIG_PATH_MAX];
	size_t config_len = 0, book_len = 0;
	struct config_policy *policy;
	enum err e = ERR_OK;

	if (path)
		e = config_texts_read(&config, &config_len, &book, &book_len,
		    book_name, path);
	if (e == ERR_OK)
		e = replay_life_open(&r->life, path ? config : default_config,
		    path ? config_len : sizeof(default_config) - 1,
		    path ? path : "the replay's own config", book, book_len,
		    book_name);
	if (e == ERR_LIMIT)
		fprintf(stderr, "margind replay: no memory for the tables\n");
	free(config);
	free(book);
	if (e != ERR_OK)
		return e;
	/* A recording has no chain: a head that is missing says nothing. */
	r->life->config.has_chain = false;
	policy = &r->life->config.policy;
	if (policy->bound_max_ppb == 0) {
		policy->bound_base_ppb = BOUND_BASE_PPB;
		policy->bound_per_second_ppb = BOUND_PER_SECOND_PPB;
		policy->bound_max_ppb = BOUND_MAX_PPB;
	}
	return ERR_OK;
}

/* Each second of the timeline costs a batch. */
static bool
span_is_sane(const struct replay_events *e)
{
	uint64_t first = first_frame_ms(e);
	uint64_t last = e->count > 0 ? e->event[e->count - 1].recv_ms : 0;

	if (last > first && last - first > SPAN_MAX_MS) {
		fprintf(stderr, "margind replay: the frames span more than 31 "
		    "days; --align brings files of different days together\n");
		return false;
	}
	if (last > INSTANT_MAX_MS) {
		fprintf(stderr, "margind replay: a receive time is beyond all "
		    "calendars\n");
		return false;
	}
	return true;
}

static int
run(struct frames_replay *r)
{
	r->time = calloc(r->events.connection_count + 1, sizeof(*r->time));
	r->memory = calloc(r->events.connection_count + 1,
	    sizeof(*r->memory));
	if (!r->time || !r->memory) {
		fprintf(stderr, "margind replay: no memory\n");
		return EXIT_FAILED;
	}
	r->shell.machine = r->life->machine;
	r->shell.wires = (struct shell_wires){ .to_signer = on_signer,
		.release = on_release, .arg = r };
	r->begin_ms = first_frame_ms(&r->events);
	r->begin_ns = clock_monotonic_ns();
	replay_output_begin(&r->output, r->options->is_json);
	life_begin(r);
	events_run(r);
	replay_output_end(&r->output, r->events.frames);
	for (size_t i = 0; i <= r->events.connection_count; i++)
		free(r->memory[i].depth);
	free(r->memory);
	free(r->time);
	return r->events.is_damaged ? EXIT_FAILED : EXIT_OK;
}

int
replay_frames(const struct replay_frames_options *o)
{
	static struct frames_replay r;
	int code;

	r.options = o;
	if (life_open(&r) != ERR_OK)
		return EXIT_CONFIG;
	if (replay_events_load(&r.events, o->path, o->path_count,
	    o->is_aligned) != ERR_OK)
		code = EXIT_FAILED;
	else
		code = span_is_sane(&r.events) ? run(&r) : EXIT_FAILED;
	replay_events_free(&r.events);
	replay_life_close(r.life);
	return code;
}
