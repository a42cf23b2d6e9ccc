/* oracle/progress.h - a line of progress on standard error: only where that is
 * a terminal, and only of what takes longer than a second. */
#ifndef ORACLE_PROGRESS_H
#define ORACLE_PROGRESS_H

#include "base/types.h"

struct progress {
	const char *what;	/* must stay as it is */
	uint64_t total;
	uint64_t shown_ms;	/* when next there is something to say */
	bool is_on, is_shown;
};
void progress_begin(struct progress *p, const char *what, uint64_t total);
void progress_step(struct progress *p, uint64_t done);
/* progress_end takes the line away again; may be called twice. */
void progress_end(struct progress *p);

#endif
