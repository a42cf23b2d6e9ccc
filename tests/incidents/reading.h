/* tests/incidents/reading.h - what DESIGN section 3 makes of exactly these
 * inputs, price, band, status and sources, read a second time: long double,
 * plain lists, nothing of feeds/.  Beside it reference.h says what the prices
 * truly were, whatever became of the inputs.
 */
#ifndef TESTS_INCIDENTS_READING_H
#define TESTS_INCIDENTS_READING_H

#include "tests/incidents/play.h"

/* reading_differs counts the headers of a trace that say otherwise of an asset
 * than a reading of the same inputs: priced or refused, OK or not, so many
 * sources, mid, low and high to a hundred millionth.  A bound of the signer is
 * not the reading's.  of: how many headers there were; where: the first. */
struct difference {
	uint64_t count, of;
	char where[160];
};
void reading_differs(struct difference *out, const struct trace *t,
    const struct scene *s, const struct inputs *in);

#endif
