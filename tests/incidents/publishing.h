/* tests/incidents/publishing.h - the chain's side of a crash: chain/publish.h
 * against blocks whose price of inclusion is the recorded one. */
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
/* publishing_alarms_at_cap: with a base fee above the cap no fees are to be
 * had, neither first nor raised. */
bool publishing_alarms_at_cap(double base_fee_gwei);

#endif
