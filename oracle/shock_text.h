/* oracle/shock_text.h - shocks as people write them.
 *
 *	crash-50		a named one (margin/shock.h)
 *	price:ETH:-20%		a factor, with all that moves with it; also
 *				price:ETH:x0.8
 *	price:wstETH:-5%	an asset that is no factor: against its factor
 *	price:all:-30%		everything that is not stable
 *	price:stables:-10%	the assets of group `stable`
 *	vol:x2			volatilities
 *	delay:1h		a snapshot that much older */
#ifndef ORACLE_SHOCK_TEXT_H
#define ORACLE_SHOCK_TEXT_H

#include "margin/shock.h"
#include "oracle/bookfile.h"

/* shock_from_text: ERR_SYNTAX where it is none of these, ERR_UNKNOWN for a
 * name that the book does not know, ERR_RANGE for a move below -100 %. */
MUST_CHECK enum err shock_from_text(struct shock *out, const char *text,
    const struct book *b, const struct bookfile_names *names);

#endif
