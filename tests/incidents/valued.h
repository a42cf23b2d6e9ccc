/* tests/incidents/valued.h - a loan by the whole margin model, at the prices
 * that were signed: with the caps, the sizes and the haircuts of a book that
 * `margind margin` reads (the service's own, of tokens alone, has none). */
#ifndef TESTS_INCIDENTS_VALUED_H
#define TESTS_INCIDENTS_VALUED_H

#include "margin/verdict.h"
#include "tests/incidents/play.h"

struct loan {
	unsigned collateral, debt;	/* assets of the scene */
	double amount, owed;		/* whole units */
};

/* valued_state: risk, keys of book.json, stands in place of what the scene says
 * of the collateral ("" for nothing but its price). */
enum vault_state valued_state(const struct scene *s, const struct moment *m,
    const struct loan *l, const char *risk);

#endif
