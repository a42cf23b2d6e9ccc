/* margin/explain.h - the terms that a number is made of, adding up exactly.
 *
 * Whoever adds something to a number says so here, with its sign; the sum of
 * a number's terms is the number (a test adds them up).  A list without room
 * counts on, so that the caller sees what it missed.
 *
 * Owns:   nothing; the caller places the terms.
 */
#ifndef MARGIN_EXPLAIN_H
#define MARGIN_EXPLAIN_H

#include "base/fixed.h"
#include "base/types.h"

/* The numbers that are explained. */
enum explain_number {
	EXPLAIN_COLLATERAL_VALUE, EXPLAIN_DEBT_VALUE, EXPLAIN_EQUITY,
	EXPLAIN_EQUITY_INITIAL, EXPLAIN_EQUITY_MAINTENANCE,
	EXPLAIN_INITIAL_MARGIN, EXPLAIN_MAINTENANCE_MARGIN,
	EXPLAIN_EXCESS_INITIAL, EXPLAIN_EXCESS_MAINTENANCE,
	EXPLAIN_NUMBERS,
};
const char *explain_number_name(enum explain_number n);

/* What a term is about. */
enum explain_about {
	ABOUT_NOTHING, ABOUT_ASSET, ABOUT_INSTRUMENT, ABOUT_FACTOR,
	ABOUT_VAULT, ABOUT_SCENARIO,
};

struct explain_term {
	enum explain_number number;
	enum explain_about about;
	uint32_t index;		/* slot of what it is about */
	const char *what;	/* a static word: "collateral", "loss", ... */
	struct usd18 amount;
};

struct explain {
	struct explain_term *term;
	size_t capacity;
	size_t count;		/* may exceed capacity: terms that were lost */
};

void explain_put(struct explain *x, enum explain_number number,
    const char *what, enum explain_about about, uint32_t index,
    struct usd18 amount);
/* explain_add adds a term; x may be NULL, as it mostly is. */
static inline void
explain_add(struct explain *x, enum explain_number number, const char *what,
    enum explain_about about, uint32_t index, struct usd18 amount)
{
	if (x)
		explain_put(x, number, what, about, index, amount);
}
/* explain_sum: the sum of a number's terms.  ERR_LIMIT where some were lost,
 * ERR_RANGE. */
MUST_CHECK enum err explain_sum(struct usd18 *out, const struct explain *x,
    enum explain_number number);

#endif
