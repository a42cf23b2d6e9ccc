/* tests/incidents/shadowed.h - a scene under another config, beside its own:
 * what `margind shadow` sees of it. */
#ifndef TESTS_INCIDENTS_SHADOWED_H
#define TESTS_INCIDENTS_SHADOWED_H

#include "tests/incidents/scene.h"

struct shadowed {
	double moved;		/* farthest that the unit's price moved */
	uint64_t refusals;	/* batches in which one of both refused it */
	uint64_t batches;
};
/* shadowed_run: the scene's inputs, its books and rates, into both configs.
 * False where config is none. */
bool shadowed_run(struct shadowed *out, const struct scene *s,
    const char *config, const char *unit);

#endif
