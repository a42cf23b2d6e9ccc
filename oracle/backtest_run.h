/* oracle/backtest_run.h - a margin rolled over one price history: what was
 * asked at each moment, what was lost after it, and what the tests say.
 *
 * The portfolio is one USD of the asset, long and short.  Observations are one
 * margin period apart, so they do not overlap; each sees only the `window`
 * returns before it (and, for the stress window, all before it).
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
enum backtest_source { BACKTEST_JOINT, BACKTEST_FILTERED,
	BACKTEST_HISTORICAL };

struct backtest_options {
	enum backtest_method method;
	enum backtest_source source;	/* joint: 0.75 filtered + 0.25
					 * stressed */
	struct ppb alpha;		/* the coverage that is tested */
	uint32_t window;		/* returns that a margin sees */
	uint32_t mpor;			/* rows in a margin period of risk */
	struct usd18 fraction;		/* of BACKTEST_STANDARD */
};

enum backtest_end { BACKTEST_LONG, BACKTEST_SHORT, BACKTEST_SIDES };

struct backtest_side {
	struct usd18 *margin, *buffered, *loss;	/* by observation */
	struct usd18 *es;		/* at alpha_es; not of standard */
	uint8_t *hit;			/* loss > margin */
	uint8_t *tail_hit;		/* loss > VaR at alpha_es */
};

struct backtest_series {
	uint32_t count;			/* observations */
	uint64_t *ms;			/* when the margin was asked */
	struct backtest_side side[BACKTEST_SIDES];
	enum var_measure used;		/* VaR whose tail is too thin is ES */
};

/* backtest_rows_min: the fewest rows of a history with one observation. */
uint32_t backtest_rows_min(const struct backtest_options *o);
/* backtest_run: ERR_MISSING with fewer rows; ERR_QUORUM and ERR_REFUSED as
 * var.h; ERR_LIMIT without memory. */
MUST_CHECK enum err backtest_run(struct backtest_series *out,
    const struct history_series *h, const struct backtest_options *o,
    struct progress *progress);
void backtest_series_free(struct backtest_series *s);

/* What the tests say of one side. */
#define BACKTEST_REVIEW 250u	/* observations of a calibration window */
struct backtest_summary {
	uint32_t observations, exceptions, exceptions_buffered;
	struct num18 expected;		/* exceptions */
	struct num18 pof, pof_p, independence, independence_p;
	struct num18 conditional, conditional_p;
	struct num18 critical_1, critical_2;	/* at 95 % */
	struct backtest_basel basel;
	struct calibration calibration;	/* after each whole review window */
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
