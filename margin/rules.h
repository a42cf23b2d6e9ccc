/* margin/rules.h - every parameter of the margin model in one place: what a
 * rules file, a preset or the defaults say, and the hash that stands for it.
 *
 * Owns:   nothing; a plain value of about 16 KB.
 * Source: DESIGN section 6 (rules.yaml); each part names its own.
 */
#ifndef MARGIN_RULES_H
#define MARGIN_RULES_H

#include "margin/aggregate_group.h"
#include "margin/auction.h"
#include "margin/buffer.h"
#include "margin/call.h"
#include "margin/close_aave.h"
#include "margin/close_euler.h"
#include "margin/close_gearbox.h"
#include "margin/close_liquity.h"
#include "margin/close_morpho.h"
#include "margin/collateral.h"
#include "margin/greeks.h"
#include "margin/profile.h"
#include "margin/scenario.h"
#include "margin/shock.h"
#include "margin/standard.h"
#include "margin/var.h"

/* What a price must be (DESIGN section 3).  A market file says itself which of
 * its prices were accepted; of these only band_max is asked again there. */
struct price_rules {
	uint32_t quorum;	/* independent groups; at least 1 */
	uint64_t age_max_ms;
	struct ppb dispersion_max;	/* from the median */
	struct ppb band_max;	/* half-band over mid: above it REFUSED */
};

/* How much is liquidated, by margind and by the systems it knows. */
struct liquidation_rules {
	struct wad target_health;	/* H of margin-model 1.8; above one */
	struct recovery_rules recovery;
	struct auction_rules auction;
	struct aave_rules aave;
	struct liquity_rules liquity;
	struct morpho_rules morpho;
	struct euler_rules euler;
	struct gearbox_rules gearbox;
};

struct rules {
	bool has_method;
	enum margin_method method;	/* instead of each vault's own */
	const struct rounding_profile *profile;	/* of `ratio` */
	struct price_rules price;
	struct collateral_rules collateral;
	struct standard_rules standard;
	struct scenario_rules scenario;
	struct greeks_rules greeks;
	struct var_rules var;
	struct buffer_rules buffer;
	struct call_rules call;
	struct stress_rules stress;
	struct liquidation_rules liquidation;
	struct b32 hash;	/* of all above: rules_seal */
};

/* rules_default: no method of its own, profile margind, each part's defaults;
 * price 2 groups, 3 s, 2 %, 10 %; target health 1.05; sealed. */
void rules_default(struct rules *r);

/* rules_check: the first part that is not what its own header asks for, by the
 * name that it has in a rules file; NULL: all are. */
const char *rules_check(const struct rules *r);

/* rules_seal writes r->hash: keccak256 of every parameter in the order of the
 * structs as a 256-bit big-endian word (signed ones in two's complement, names
 * as bytes with zeros behind, lists with their count before, ppb as 1e-9 and
 * all others as 1e-18), so rules that say the same hash alike however they
 * were written. */
void rules_seal(struct rules *r);

/* rules_refuse_bands makes REFUSED/BAND every price whose half-band over mid is
 * above price.band_max (margin-model 1.12): of assets and, where terms is not
 * NULL, of factors.  A refused price keeps its high. */
void rules_refuse_bands(struct market *m, struct market_terms *terms,
    const struct rules *r);

#endif
