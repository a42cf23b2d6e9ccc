/* margin/aggregate_group.h - sums over vaults by protocol, chain, asset and
 * risk group: how much backs how much, where, and how concentrated.
 *
 * Values are summed, ratios are made of the sums.  What counts of a vault's
 * collateral is the caller's to say (margin/lien.h): a unit under two liens
 * must come in once.
 *
 * Units:  usd18, wad.
 * Owns:   nothing: the table is the caller's, with fixed room.
 * Limits: AGGREGATE_KEYS_MAX keys; one more is ERR_LIMIT.
 * Source: margin-model 1.9.
 */
#ifndef MARGIN_AGGREGATE_GROUP_H
#define MARGIN_AGGREGATE_GROUP_H

#include "margin/aggregate.h"

#define AGGREGATE_KEYS_MAX 512u

enum aggregate_kind {
	AGGREGATE_SYSTEM,	/* id 0 */
	AGGREGATE_PROTOCOL,
	AGGREGATE_CHAIN,
	AGGREGATE_ASSET,
	AGGREGATE_GROUP,
};
const char *aggregate_kind_name(enum aggregate_kind k);

/* One vault's part, or one leg's, of whatever method.  Of `ratio` the
 * requirements are zero; an asset's row has values only. */
struct aggregate_part {
	enum vault_state state;
	struct usd18 collateral_value;
	struct usd18 debt_value;
	struct usd18 weighted_collateral;	/* sum V * LT */
	struct usd18 weighted_debt;
	struct usd18 initial_requirement;
	struct usd18 maintenance_requirement;
	struct usd18 initial_excess;
	struct usd18 maintenance_excess;
};

struct aggregate_row {
	enum aggregate_kind kind;
	uint64_t id;
	uint32_t parts;
	uint32_t states[AGGREGATE_STATES];
	struct usd18 collateral_value;
	struct usd18 debt_value;
	struct usd18 weighted_collateral;
	struct usd18 weighted_debt;
	struct usd18 initial_requirement;
	struct usd18 maintenance_requirement;
	struct usd18 initial_excess;	/* signed sum: what one lacks another
					 * does not lend; see shortfall */
	struct usd18 maintenance_excess;
	struct usd18 initial_shortfall;		/* sum of max(0, -excess) */
	struct usd18 maintenance_shortfall;
};

struct aggregate_table {
	uint32_t count;
	struct aggregate_row row[AGGREGATE_KEYS_MAX];	/* by (kind, id) */
};

/* aggregate_table_add counts a part under a key, aggregate_table_remove takes
 * it out again (only what was added: MUST); a row without parts leaves the
 * table.  A STALE part is counted, never valued.  ERR_LIMIT, ERR_RANGE. */
MUST_CHECK enum err aggregate_table_add(struct aggregate_table *t,
    enum aggregate_kind kind, uint64_t id, const struct aggregate_part *p);
void aggregate_table_remove(struct aggregate_table *t,
    enum aggregate_kind kind, uint64_t id, const struct aggregate_part *p);
/* NULL where no part has the key. */
const struct aggregate_row *aggregate_table_find(
    const struct aggregate_table *t, enum aggregate_kind kind, uint64_t id);

/* aggregate_part_from_verdict: of a `ratio` vault, at mid; weighted debt
 * stands in for both requirements (margin-model 1.5). */
void aggregate_part_from_verdict(struct aggregate_part *out,
    const struct verdict *v);

/* Of one row: sum V / sum D and sum V*LT / sum D*b, floored; infinite without
 * debt. */
struct wad aggregate_row_ratio(const struct aggregate_row *r);
struct wad aggregate_row_health(const struct aggregate_row *r);

/* aggregate_concentration: the Herfindahl-Hirschman index of the collateral
 * among the keys of one kind, sum (V_i / sum V)^2: one if it all lies under
 * one key, 1/n if evenly under n; rounded up, by at most 3e-18 a key.  Zero
 * without collateral.  ERR_RANGE. */
MUST_CHECK enum err aggregate_concentration(struct wad *out,
    const struct aggregate_table *t, enum aggregate_kind kind);

/* The system's overlay (Liquity's recovery mode, with hysteresis). */
struct recovery_rules {
	struct wad critical_ratio;	/* CCR: 1.5 */
	struct ppb hysteresis;		/* 0.02 */
};
void recovery_rules_default(struct recovery_rules *r);
/* recovery_step: whether the system is in recovery now.  Entered where
 * sum V / sum D < CCR, strictly; left at >= CCR + hysteresis.  Compared by
 * cross-multiplication; without debt never.  Negative sums are zero. */
bool recovery_step(bool was_in_recovery, struct usd18 collateral_value,
    struct usd18 debt_value, const struct recovery_rules *r);

#endif
