/* feeds/aggregate.h - votes in, one middle and its half-bands out.  Pure.
 *
 * A group counts once: its weight is the largest of its members' and is
 * shared equally among those that vote.  No group owns the median: one that
 * holds half of the weight or more is cut down to what the others hold without
 * the lightest of them; two groups weigh the same.  m is the weighted median:
 * the smallest value whose cumulative weight reaches half.  Votes further from
 * m than dispersion_max are dropped while they hold at most a third of the
 * weight (3 x dropped <= total); the groups that are left must still be a
 * quorum, and m is taken anew: what is left of a group keeps its part of the
 * group's weight, and is cut in the same way.  If
 * they hold more, nothing is dropped and the band is the full range.  Source:
 * DESIGN section 3.
 *
 * Units:  px18.  Exact: integers only, no rounding but half the spread (ceil).
 * Owns:   nothing.
 * Limits: VOTES_MAX votes, weights of 1 to VOTE_WEIGHT_MAX.
 */
#ifndef FEEDS_AGGREGATE_H
#define FEEDS_AGGREGATE_H

#include "base/fixed.h"
#include "base/types.h"

#define VOTES_MAX 32u
/* No vote is given more than so many of the lightest; what it then weighs is
 * less than half, see above. */
#define VOTE_WEIGHT_MAX 4u

struct vote {
	struct px18 mid;
	struct px18 spread;	/* ask - bid; zero for a last trade */
	uint32_t group;		/* equal numbers are one group; < VOTES_MAX */
	uint32_t weight;
	bool is_outlier;	/* out: dropped */
};

struct vote_rule {
	uint32_t quorum;	/* groups, at least 1 */
	struct ppb dispersion_max;
};

struct vote_result {
	struct px18 mid;
	struct px18 down, up;	/* half-bands, before any conversion's */
	uint32_t groups;	/* that were not dropped */
	bool is_dispersed;	/* too many outliers: nothing dropped */
};

/* votes_groups counts the different groups of the votes that are not
 * outliers. */
uint32_t votes_groups(const struct vote *votes, size_t count);

/* votes_aggregate may reorder nothing; it sets is_outlier of each vote.
 * ERR_QUORUM where the groups, or those left after dropping, are fewer than
 * the quorum. */
MUST_CHECK enum err votes_aggregate(struct vote_result *out,
    struct vote *votes, size_t count, const struct vote_rule *rule);

#endif
