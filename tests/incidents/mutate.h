/* tests/incidents/mutate.h - what else may go wrong on the way to us: another
 * venue fails, frames change their order (neighbours of one market too, with
 * times that move or stand still), are delayed, doubled, or late.  One to three
 * of these at once; what fails, is delayed, swapped or late is a minority of
 * the venues.  The same seed gives the same mutation.
 */
#ifndef TESTS_INCIDENTS_MUTATE_H
#define TESTS_INCIDENTS_MUTATE_H

#include "tests/incidents/scene.h"

struct mutation {
	struct inputs inputs;		/* the caller's: inputs_free */
	uint32_t mutated;		/* a bit a venue (31: the chain) of
					 * which something is missing or not
					 * in time */
	char text[96];			/* what was done */
};

void mutate(struct mutation *out, const struct scene *s, uint64_t seed);

#endif
