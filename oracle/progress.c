#include "oracle/progress.h"

#include "oracle/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define QUIET_MS 1000u
#define EVERY_MS 100u
#define WIDTH 32u
#define LOOK_EVERY 64u	/* steps between looks at the clock */

void
progress_begin(struct progress *p, const char *what, uint64_t total)
{
	*p = (struct progress){ .what = what, .total = total,
	    .is_terminal = isatty(STDERR_FILENO) == 1 };
	if (p->is_terminal)
		p->began_ms = p->shown_ms = clock_boot_ms();
}

static void
progress_show(const struct progress *p)
{
	char bar[WIDTH + 1];
	uint64_t full = p->total ? p->done * WIDTH / p->total : WIDTH;

	full = full < WIDTH ? full : WIDTH;
	memset(bar, '.', WIDTH);
	memset(bar, '#', full);
	bar[WIDTH] = '\0';
	fprintf(stderr, "\r%s [%s] %" PRIu64 "/%" PRIu64 " ", p->what, bar,
	    p->done, p->total);
	fflush(stderr);
}

void
progress_step(struct progress *p, uint64_t steps)
{
	uint64_t now_ms;

	p->done += steps;
	/* Slow steps are looked at each, fast ones now and then. */
	if (!p->is_terminal || (p->total > 16u * LOOK_EVERY &&
	    p->done % LOOK_EVERY != 0))
		return;
	now_ms = clock_boot_ms();
	if (now_ms - p->began_ms < QUIET_MS ||
	    now_ms - p->shown_ms < EVERY_MS)
		return;
	p->shown_ms = now_ms;
	p->is_shown = true;
	progress_show(p);
}

void
progress_end(struct progress *p)
{
	if (!p->is_shown)
		return;
	fputs("\r\033[K", stderr);
	fflush(stderr);
	p->is_shown = false;
}
