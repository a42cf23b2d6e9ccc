/* oracle/progress.h - a bar on a terminal for what takes longer than a second.
 *
 * Nothing is printed where standard error is no terminal, or in the first
 * second; at most ten times a second after it. */
#ifndef ORACLE_PROGRESS_H
#define ORACLE_PROGRESS_H

#include "base/types.h"

struct progress {
	const char *what;	/* static text: "vaults" */
	uint64_t total, done;
	uint64_t began_ms, shown_ms;
	bool is_terminal;
	bool is_shown;
};

void progress_begin(struct progress *p, const char *what, uint64_t total);
void progress_step(struct progress *p, uint64_t steps);
/* progress_end takes the bar off the screen again. */
void progress_end(struct progress *p);

#endif
