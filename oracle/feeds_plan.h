/* oracle/feeds_plan.h - which connections the config's venues take: as many as
 * a venue's limit on symbols asks for (struct venue's symbols_max), and one
 * more for each family of options, whose messages say of which underlying they
 * are by nothing but the connection; single options of a unit share theirs.
 * What comes of an option's connection goes to the surface alone.  Pure.
 *
 * Owns:   nothing: symbols and addresses point into the config, which must
 *         outlive the plan.
 * Limits: CLIENT_CONNECTIONS_MAX connections.
 */
#ifndef ORACLE_FEEDS_PLAN_H
#define ORACLE_FEEDS_PLAN_H

#include "oracle/config.h"

#define FEEDS_PLAN_NONE UINT16_MAX

struct feeds_plan {
	size_t count;
	struct client_connection connection[CLIENT_CONNECTIONS_MAX];
	uint16_t venue[CLIENT_CONNECTIONS_MAX];	/* by connection: of the
						 * config's */
	uint16_t option[CLIENT_CONNECTIONS_MAX];	/* of the config's (of
							 * several the first), or
							 * FEEDS_PLAN_NONE */
	/* By market: its connection; FEEDS_PLAN_NONE where the venue is none
	 * that is dialled. */
	uint16_t market[PRICES_MARKETS_MAX];
};

/* feeds_plan_make keeps the order of venues, and of a venue's markets, then its
 * instruments; a symbol that is both is asked for once.  ERR_LIMIT with too
 * many connections: *bad is the first venue without room. */
MUST_CHECK enum err feeds_plan_make(struct feeds_plan *out,
    const struct config *c, size_t *bad);

#endif
