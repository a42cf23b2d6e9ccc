/* oracle/api_limit.h - a token bucket per address, in a table of fixed size.
 *
 * An address of IPv6 counts by its first 64 bits.  Two addresses that share a
 * place share what is left by evicting the one that was quiet longer: a full
 * table never lets one address have more than its due. */
#ifndef ORACLE_API_LIMIT_H
#define ORACLE_API_LIMIT_H

#include "base/types.h"

#include <sys/socket.h>

#define LIMIT_PLACES 4096u	/* a power of two */
#define LIMIT_WAYS 8u		/* places that an address may have */

struct limit_place {
	uint64_t key;		/* 0: free */
	uint64_t seen_ms;
	uint64_t spent_ms;	/* time up to which tokens are used */
};

struct limit {
	unsigned rate, burst;
	uint64_t salt;
	struct limit_place place[LIMIT_PLACES];
};

/* rate and burst at least 1; salt keeps strangers from aiming at a place. */
void limit_init(struct limit *l, unsigned rate, unsigned burst,
    uint64_t salt);
/* limit_take uses one token of the address, or answers false. */
bool limit_take(struct limit *l, const struct sockaddr_storage *from,
    uint64_t now_ms);

#endif
