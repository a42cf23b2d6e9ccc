/* margin/margind_layer.h - between the public numbers of margin/margind.h and
 * the typed ones behind it.  Not installed.
 *
 * Limits: a number that its type refuses is ERR_RANGE; outputs are untouched
 *         then.
 */
#ifndef MARGIN_MARGIND_LAYER_H
#define MARGIN_MARGIND_LAYER_H

#include "margin/margind.h"
#include "margin/rules.h"

struct margind_rules {
	struct rules rules;	/* passed rules_check, sealed */
};

/* margind_err_of: what the pure floors answer, in public.  MUST for an error
 * that they cannot have (files, chains, credentials). */
enum margind_err margind_err_of(enum err e);

static inline struct usd18 to_usd(margind_num v) { return usd18_from_raw(v); }
static inline struct num18 to_num(margind_num v) { return num18_from_raw(v); }
static inline margind_num of_usd(struct usd18 v) { return usd18_to_raw(v); }
static inline margind_num of_num(struct num18 v) { return num18_to_raw(v); }

/* to_price: below zero is ERR_RANGE. */
MUST_CHECK static inline enum err
to_price(struct px18 *out, margind_num v)
{
	if (v < 0)
		return ERR_RANGE;
	*out = px18_from_raw((u128)v);
	return ERR_OK;
}

/* of_wad: the largest finite number stands for those beyond it. */
static inline margind_num
of_wad(struct wad w)
{
	if (wad_is_infinite(w))
		return MARGIND_INFINITE;
	return wad_to_raw(w) >= (u128)MARGIND_INFINITE ?
	    MARGIND_INFINITE - 1 : (margind_num)wad_to_raw(w);
}

/* of_price: ERR_RANGE beyond the public type. */
MUST_CHECK static inline enum err
of_price(margind_num *out, struct px18 p)
{
	if (px18_to_raw(p) > (u128)I128_MAX)
		return ERR_RANGE;
	*out = (margind_num)px18_to_raw(p);
	return ERR_OK;
}

#endif
