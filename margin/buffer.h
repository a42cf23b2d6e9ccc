/* margin/buffer.h - the procyclicality buffer and its measures.
 *
 * The buffer of initial margin is built up while margin is low and used up
 * while it rises; maintenance margin is never buffered.
 *
 * Units:  usd18.  Rounds requirements up.  Owns nothing.
 * Source: margin-model 1.5; EMIR 153/2013 article 28: (a) a buffer of at
 *         least 25 %, (b) a weight of at least 25 % on stressed observations,
 *         (c) a floor at the volatility of ten years.  Murphy, Vasios, Vause,
 *         "An investigation into the procyclicality of risk-based initial
 *         margin models", Bank of England FSP 29, 2014 (the measures).
 */
#ifndef MARGIN_BUFFER_H
#define MARGIN_BUFFER_H

#include "base/fixed.h"
#include "base/types.h"

struct buffer_rules {
	struct ppb size;	/* 0.25: at most (1 + size) M by the buffer */
	struct ppb rebuild;	/* 0.02 a day while M does not rise */
};
void buffer_rules_default(struct buffer_rules *r);

struct buffer_state {
	bool is_started;
	struct usd18 margin;	/* M of the last day */
	struct usd18 buffered;	/* IM of the last day */
};

/* buffer_step is one day: IM = max(M, min((1 + size) M, IM' g)), g = 1 while M
 * rises, 1 + rebuild otherwise; the first day is (1 + size) M.  All ceil.
 * M below zero: ERR_RANGE.  The state is untouched on failure. */
MUST_CHECK enum err buffer_step(struct buffer_state *s, struct usd18 margin,
    const struct buffer_rules *rules);

/* buffer_floor: the volatility to use: max(now, long-run), where long-run is
 * that of ten years or of what there is. */
struct num18 buffer_floor(struct num18 now, struct num18 long_run);

/* Measures of a series of requirements, one a day. */
struct apc {
	uint32_t days;
	bool has_ratio;		/* the trough is above zero */
	struct usd18 peak, trough;
	struct wad peak_to_trough;	/* ceil */
	struct usd18 rise_1d, rise_5d;	/* the largest; zero where it only
					 * falls */
	struct num18 rise_1d_rel, rise_5d_rel;	/* the largest relative to where
						 * it began, ceil */
};
/* apc_measure: n at least one (ERR_MISSING); a value below zero, or a rise that
 * does not fit as a ratio, is ERR_RANGE. */
MUST_CHECK enum err apc_measure(struct apc *out, const struct usd18 *series,
    size_t n);

#endif
