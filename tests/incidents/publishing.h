/* tests/incidents/publishing.h - the chain's side of a crash: what
 * chain/publish.h has done against blocks whose price of inclusion is the
 * recorded one.  The same by the whole service, on a chain at 1,656 gwei:
 * tests/e2e/fees.mjs. */
#ifndef TESTS_INCIDENTS_PUBLISHING_H
#define TESTS_INCIDENTS_PUBLISHING_H

#include "tests/incidents/report.h"

/* What became of a day's transactions, one always under way. */
struct publishing {
	bool is_late;		/* one waited longer than two blocks for more */
	uint64_t raised, mined;
	uint64_t outbid_most;	/* blocks that one waited at most */
	double fee_gwei;	/* the most that was offered */
};
/* publishing_follows goes through a day's recorded gas prices.  False where the
 * recording is missing. */
bool publishing_follows(struct publishing *out, const char *recording);
/* A gas price that goes to a peak above the cap and comes back. */
struct publishing_peak {
	bool is_late;
	uint64_t above, alarms;		/* blocks above the cap, and what was
					 * said in them: held, or stuck */
	uint64_t mined_after;
	double fee_gwei;		/* the most that was offered */
};
void publishing_peaks(struct publishing_peak *out, double peak_gwei,
    double cap_gwei);

#endif
