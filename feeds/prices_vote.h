/* feeds/prices_vote.h - how the markets of one unit become its price: who may
 * vote, in which groups, and what the outcome of the vote means.  Pure.
 *
 * The rule is DESIGN section 3.
 */
#ifndef FEEDS_PRICES_VOTE_H
#define FEEDS_PRICES_VOTE_H

#include "feeds/prices_state.h"

/* prices_vote: the price of a unit as its markets have it; p->single[unit] is
 * what it depends on if one group made it, else empty; p->cache[unit] says how
 * long that holds and what its age counts from. */
void prices_vote(struct price *out, struct prices *p, size_t unit,
    uint64_t now_ms);

#endif
