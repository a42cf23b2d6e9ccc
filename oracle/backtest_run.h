/* oracle/backtest_run.h - a margin rolled over one price history: what was
 * asked at each moment, what was lost after it, and what the tests say.
 *
 * The portfolio is one USD of the asset, long and short.  Observations are one
 * margin period apart, so they do not overlap; each sees only the `window`
 * returns before it (and, for the stress window, all before it).  The
 * multiplier of each side is reviewed after each BACKTEST_REVIEW observations:
 * of the margin as the model says, as exceptions above a margin already raised
 * would not say whether the model became right.
 *
 * Units:  usd18 for one USD of the asset, so 0.05 is five per cent.
 * Owns:   its arrays; backtest_series_free.
 */
#ifndef ORACLE_BACKTEST_RUN_H
#define ORACLE_BACKTEST_RUN_H

#include "margin/backtest.h"
#include "margin/buffer.h"
#include "margin/calibration.h"
#include "margin/var.h"
#include "oracle/history_csv.h"
#include "oracle/progress.h"

enum backtest_method { BACKTEST_VAR, BACKTEST_ES, BACKTEST_STANDARD };

struct backtest_options {
	enum backtest_method method;
	struct var_rules var;		/* alpha: also the coverage that is
					 * tested; sample.mpor: rows in a margin
					 * period of risk; sample.stress_span:
					 * margin periods */
	struct buffer_rules buffer;	/* its day is an observation */
	struct b32 rules_hash;		/* of all rules; keys the draws */
	uint32_t window;		/* returns that a margin sees */
	struct usd18 fraction;		/* of BACKTEST_STANDARD */
	bool is_loosening_approved;	/* see backtest_review_all */
};

enum backtest_end { BACKTEST_LONG, BACKTEST_SHORT, BACKTEST_SIDES };

#define BACKTEST_REVIEW 250u	/* observations of a calibration window */
struct backtest_review {
	uint32_t exceptions;
	struct backtest_basel basel;
	struct calibration after;	/* the review, and the human */
	bool is_raised, is_lowered;
};

struct backtest_side {
	struct usd18 *margin, *buffered, *loss;	/* by observation */
	struct usd18 *es;		/* at alpha_es; not of standard */
	uint8_t *hit;			/* loss > margin */
	uint8_t *tail_hit;		/* loss > VaR at alpha_es */
	struct backtest_review *review;	/* by whole window of BACKTEST_REVIEW */
};

struct backtest_series {
	uint32_t count;			/* observations */
	uint64_t *ms;			/* when the margin was asked */
	struct backtest_side side[BACKTEST_SIDES];
	uint32_t review_count;
	enum var_measure used;		/* VaR whose tail is too thin is ES */
};

/* backtest_rows_min: the fewest rows of a history with one observation. */
uint32_t backtest_rows_min(const struct backtest_options *o);
/* backtest_tail: the probability of an exception, 1 - alpha. */
struct ppb backtest_tail(const struct backtest_options *o);
/* backtest_run: ERR_MISSING with fewer rows; ERR_QUORUM and ERR_REFUSED as
 * var.h; ERR_LIMIT without memory. */
MUST_CHECK enum err backtest_run(struct backtest_series *out,
    const struct history_series *h, const struct backtest_options *o,
    struct progress *progress);
void backtest_series_free(struct backtest_series *s);

/* backtest_review_all walks the count whole windows of hit.  Where loosening is
 * approved, a human acknowledges the alarm and lowers the multiplier to one as
 * soon as CALIBRATION_GREEN_MIN windows in a row are green; otherwise nothing
 * lowers it. */
MUST_CHECK enum err backtest_review_all(struct backtest_review *out,
    uint32_t count, const uint8_t *hit, struct ppb tail,
    bool is_loosening_approved);

/* What the tests say of one side. */
struct backtest_summary {
	uint32_t observations, exceptions, exceptions_buffered;
	struct num18 expected;		/* exceptions */
	struct num18 pof, pof_p, independence, independence_p;
	struct num18 conditional, conditional_p;
	struct num18 critical_1, critical_2;	/* at 95 % */
	struct backtest_basel basel;
	bool has_z2;
	struct num18 z2;
	struct apc plain, buffered;
	struct usd18 mean_margin, worst_loss;
};
MUST_CHECK enum err backtest_summarise(struct backtest_summary *out,
    const struct backtest_series *s, enum backtest_end side,
    const struct backtest_options *o);

/* Rows that look like no market: away by half or more and back within a tenth
 * by the next row.  They are kept; index has max places; returns how many
 * there are. */
uint32_t backtest_bad_prints(uint32_t *index, uint32_t max,
    const struct history_series *h);
/* Rows that come later than half as late again as the usual step. */
uint32_t backtest_gaps(const struct history_series *h);

#endif
