#include "oracle/progress.h"

#include "oracle/clock.h"

#include <stdio.h>
#include <unistd.h>

#define QUIET_MS 1000u
#define PROGRESS_MS 100u

void
progress_begin(struct progress *p, const char *what, uint64_t total)
{
	*p = (struct progress){ .what = what, .total = total,
	    .shown_ms = clock_boot_ms() + QUIET_MS,
	    .is_on = isatty(STDERR_FILENO) == 1 };
}

void
progress_step(struct progress *p, uint64_t done)
{
	static const char bar[] =
	    "##################################################";
	unsigned percent;
	uint64_t now;

	if (!p->is_on)
		return;
	now = clock_boot_ms();
	if (now < p->shown_ms)
		return;
	p->shown_ms = now + PROGRESS_MS;
	percent = p->total > 0 && done < p->total ?
	    (unsigned)((u128)done * 100 / p->total) : 100;
	fprintf(stderr, "\r%s [%-50.*s] %3u %%", p->what, (int)(percent / 2),
	    bar, percent);
	fflush(stderr);
	p->is_shown = true;
}

void
progress_end(struct progress *p)
{
	if (p->is_shown)
		fprintf(stderr, "\r%76s\r", "");
	p->is_shown = false;
}
