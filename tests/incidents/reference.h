/* tests/incidents/reference.h - what the prices were, by a second reading of
 * DESIGN section 3 that shares nothing with feeds/: long double, plain lists,
 * one instant after the other, from the unmutated input.
 *
 * Of a unit at an instant: its value (the weighted median of what is fresh, or
 * rate x base), and which markets agree with it, each within the dispersion.  A
 * rate beyond its bounds is not one: the value is by the last that was, while
 * that is fresh, and nobody is asked to know it.
 */
#ifndef TESTS_INCIDENTS_REFERENCE_H
#define TESTS_INCIDENTS_REFERENCE_H

#include "tests/incidents/scene.h"

struct reference_moment {
	double value[SCENE_UNITS_MAX];	/* USD; 0: there is none */
	uint32_t agrees;		/* a bit a market */
	uint32_t doubted;		/* a bit a unit: it may be refused */
};
struct reference {
	struct reference_moment *moment;	/* by CLOSE: scene_moments */
	size_t count;
};

void reference_make(struct reference *out, const struct scene *s);
void reference_free(struct reference *r);
/* reference_held: whether a quorum of venues that are not among `mutated` (a
 * bit a venue; the chain is bit 31) agreed on a unit, its conversions too. */
bool reference_held(const struct reference_moment *m, const struct scene *s,
    unsigned unit, uint32_t mutated);

#endif
