/* margin/preset.h - rules under the names of the systems that they are from.
 *
 * A preset sets the method, the rounding profile of `ratio` and the parameters
 * that hold for a whole system; what a system sets market by market (fractions,
 * tiers, thresholds, bonuses) stands in the book.
 *
 * Source: margin-model 3.1-3.3, which names repositories and documents.
 */
#ifndef MARGIN_PRESET_H
#define MARGIN_PRESET_H

#include "margin/rules.h"

struct preset {
	const char *name;
	const char *what;	/* one line: what it sets */
	void (*apply)(struct rules *r);
};

/* preset_find: NULL where none has that name. */
const struct preset *preset_find(const char *name, size_t len);
/* In a fixed order; NULL from the number of presets on. */
const struct preset *preset_at(size_t i);

/* preset_apply writes the preset's rules over the defaults, and seals them. */
void preset_apply(struct rules *r, const struct preset *p);

#endif
