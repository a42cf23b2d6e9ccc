/* tests/bench/feeds/bench_stream.c - frames a second from a socket to ticks:
 * one process says what every venue's ticker says, as fast as it is taken, on
 * one connection each; this one hears, unpacks, parses.  The figure is this
 * process's own time, for the sender wants a core too; the time on the clock
 * stands below it. */
#include "tests/bench/feeds/suites.h"

#include <string.h>

#include "base/must.h"
#include "tests/bench/feeds/listener.h"
#include "tests/venue_tickers.h"

#define FRAMES 1000000u
#define GOAL_NS 5000.0		/* 200,000 a second */
#define REPEATS 64u		/* of a ticker in what a connection says */

static struct sender sender;
static struct listener listener;

static void
streams_fill(void)
{
	char text[TICKER_TEXT_MAX];

	for (size_t i = 0; i < ARRAY_COUNT(VENUE_TICKERS); i++) {
		const struct venue_ticker *t = &VENUE_TICKERS[i];
		size_t len = venue_ticker_text(text, t, "65083.66",
		    !t->is_number);

		listener.venue[i] = venue_find(t->venue);
		if (t->before != NULL)
			sender_add(&sender, i, t->before, strlen(t->before));
		for (unsigned k = 0; k < REPEATS; k++)
			sender_add(&sender, i, text, len);
	}
}

struct times {
	double wall_ns, cpu_ns;	/* of one frame */
};

static struct times
stream_run(unsigned frames)
{
	uint64_t wall_ns, cpu_ns;
	struct times t;

	memset(&sender, 0, sizeof(sender));
	memset(&listener, 0, sizeof(listener));
	streams_fill();
	sender_start(&sender, 0);
	listener_open(&listener, &sender);
	wall_ns = bench_now_ns();
	cpu_ns = listener_cpu_ns();
	listener_run(&listener, frames, 0);
	wall_ns = bench_now_ns() - wall_ns;
	cpu_ns = listener_cpu_ns() - cpu_ns;
	t.wall_ns = (double)wall_ns / (double)listener.frames;
	t.cpu_ns = (double)cpu_ns / (double)listener.frames;
	listener_close(&listener);
	sender_stop(&sender);
	return t;
}

void
bench_feeds_stream(void)
{
	struct times t;

	(void)stream_run(FRAMES / 10);
	t = stream_run(FRAMES);
	bench_row("a frame, socket to tick", t.cpu_ns, GOAL_NS, 1);
	bench_figure("  frames a second of one core", 1e9 / t.cpu_ns, "1/s");
	bench_figure("  frames a second on the clock", 1e9 / t.wall_ns,
	    "1/s");
}
