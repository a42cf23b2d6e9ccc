/* oracle/optimise_report.h - what `margind optimise` says of one vault, as
 * JSON lines or for eyes. */
#ifndef ORACLE_OPTIMISE_REPORT_H
#define ORACLE_OPTIMISE_REPORT_H

#include "margin/optimise_deposit.h"
#include "margin/optimise_mix.h"
#include "margin/optimise_rebalance.h"
#include "margin/optimise_trade.h"
#include "oracle/margin_json.h"

#define OPTIMISE_TRADES_MAX 20u	/* the best that are shown */

/* Each part with why it has no answer, or ERR_OK. */
struct optimise_report {
	const struct study *study;
	struct margin_row now;
	enum err topup_error, trade_error, rebalance_error, mix_error;
	struct deposit_plan topup;
	struct usd18 marginal[POSITIONS_MAX];	/* by position */
	size_t trade_count;
	struct trade_proposal trade[OPTIMISE_TRADES_MAX];
	struct action_metrics before;	/* the trades */
	struct wad target;
	struct rebalance_plan rebalance;
	struct mix_choice choice;
	struct mix_report mix;
};

/* optimise_json adds a line for the top-up, for each position, each trade, the
 * rebalancing and the mix. */
void optimise_json(struct text *t, const struct optimise_report *r);
/* optimise_table prints the same to standard output. */
void optimise_table(const struct optimise_report *r);

/* optimise_why: why a part has no answer, in words; NULL for ERR_OK. */
const char *optimise_why(enum err e);

#endif
