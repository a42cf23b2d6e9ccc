/* feeds/prices_time.h - times against now: how old, how far ahead, settled
 * since when.  Pure.
 *
 * Units:  Unix ms; ages and leads in ms, UINT32_MAX at most.
 */
#ifndef FEEDS_PRICES_TIME_H
#define FEEDS_PRICES_TIME_H

#include "base/types.h"

/* Since when what was doubtful is settled.  Nobody saw what a pin that lies
 * ahead speaks of: it is none. */
static inline uint64_t
settled_ms(uint64_t pinned_ms, uint64_t now_ms)
{
	return pinned_ms <= now_ms ? pinned_ms : 0;
}

/* How far a clock is ahead of ours. */
static inline uint32_t
ahead_ms(uint64_t exchange_ms, uint64_t now_ms)
{
	uint64_t ahead = exchange_ms > now_ms ? exchange_ms - now_ms : 0;

	return ahead > UINT32_MAX ? UINT32_MAX : (uint32_t)ahead;
}

/* Of what counts from oldest_ms. */
static inline uint32_t
price_age(uint64_t oldest_ms, uint64_t now_ms)
{
	uint64_t age = now_ms > oldest_ms ? now_ms - oldest_ms : 0;

	return age > UINT32_MAX ? UINT32_MAX : (uint32_t)age;
}

#endif
