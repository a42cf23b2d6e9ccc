/* tests/incidents/publishing.h - the chain's side of a crash: chain/publish.h
 * against blocks whose price of inclusion is the recorded one. */
#ifndef TESTS_INCIDENTS_PUBLISHING_H
#define TESTS_INCIDENTS_PUBLISHING_H

#include "tests/incidents/report.h"

/* publishing_follows goes through a day's recorded gas prices: one transaction
 * always under way, each block takes what pays its price.  True if each that
 * was outbid offered more within two blocks, and each got in.  *fee_gwei: the
 * most that was offered.  Skips r where the recording is missing. */
bool publishing_follows(double *fee_gwei, struct report *r,
    const char *recording);
/* publishing_alarms_at_cap: with a base fee above the cap no fees are to be
 * had, neither first nor raised. */
bool publishing_alarms_at_cap(double base_fee_gwei);

#endif
