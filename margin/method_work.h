/* margin/method_work.h - the room that the methods work in, a few megabytes,
 * placed by the caller once: nothing here allocates.
 *
 * method_work_init sees what a book trades; method_work_sample draws the
 * scenarios of `var` and `es` once for a market and its rules, so that a
 * requirement does not flicker within an epoch.
 */
#ifndef MARGIN_METHOD_WORK_H
#define MARGIN_METHOD_WORK_H

#include "margin/method.h"
#include "margin/position_greeks.h"
#include "margin/rules.h"
#include "margin/scenario_table.h"
#include "margin/standard.h"
#include "margin/threshold.h"

#define METHOD_GROUPS_MAX 64u	/* (factor, expiry) of one vault */
#define METHOD_DRAWS_MAX (SAMPLE_SCENARIOS_MAX * SAMPLE_FACTORS_MAX)

/* One part of a vault's requirement where its factor stands; the keys of the
 * two kinds differ. */
struct standard_kept {
	struct node_kept_key key;
	enum point_fill fill;
	uint64_t expiry_ms;	/* of a group */
	struct standard_linear_part linear;
	struct standard_group_part group;
};
#define METHOD_STANDARD_KEPT 512u	/* a power of two */

/* The whole of a vault's requirement where the factors that it trades stand:
 * what it only holds or owes does not move it. */
#define METHOD_STANDARD_FACTORS 4u	/* of more nothing is kept */
struct standard_whole {
	uint64_t turn;
	uint32_t slot;
	uint64_t traded;	/* bits of factors */
	struct point_factor where[METHOD_STANDARD_FACTORS];
	struct requirement initial, maintenance;
};
#define METHOD_STANDARD_WHOLES 16u

struct standard_work {
	struct node_item item[NODE_ITEMS_MAX];
	struct standard_linear linear[NODE_ITEMS_MAX];
	struct standard_option option[NODE_ITEMS_MAX];
	struct standard_group group[METHOD_GROUPS_MAX];
	uint8_t group_factor[METHOD_GROUPS_MAX];
	uint64_t group_expiry_ms[METHOD_GROUPS_MAX];
	struct standard_term term[STANDARD_GROUP_OPTIONS_MAX];
	/* What each linear item and each group comes to; known: no inputs were
	 * made for it, as it was kept. */
	struct standard_linear_part linear_part[NODE_ITEMS_MAX];
	struct standard_group_part group_part[METHOD_GROUPS_MAX];
	bool linear_is_known[NODE_ITEMS_MAX];
	bool group_is_known[METHOD_GROUPS_MAX];
	uint16_t group_first[METHOD_GROUPS_MAX];	/* its first option */
	size_t item_count, linear_count, group_count;
	uint16_t place[NODE_ITEMS_MAX];	/* of an option's item, its group */
	struct standard_kept kept[METHOD_STANDARD_KEPT];
	struct standard_whole whole[METHOD_STANDARD_WHOLES];
	uint32_t whole_next;	/* what is replaced next */
};

/* One unit of a vault where its factor stands. */
struct scenario_kept {
	uint32_t slot;
	uint8_t factor;
	struct point_factor where;
	struct scenario_result result;
};
#define METHOD_SCENARIO_KEPT (2 * SCENARIO_UNITS_MAX)

struct scenario_work {
	struct node_item item[NODE_ITEMS_MAX];
	size_t item_count;
	struct scenario_expiry expiry[SCENARIO_EXPIRIES_MAX];
	uint64_t expiry_ms[SCENARIO_EXPIRIES_MAX];
	uint64_t window_ms[SCENARIO_EXPIRIES_MAX];
	struct scenario_option option[SCENARIO_OPTIONS_MAX];
	struct scenario_linear linear[SCENARIO_LINEARS_MAX];
	struct scenario_collateral collateral[SCENARIO_COLLATERALS_MAX];
	struct scenario_unit unit;
	struct scenario_rules rules;	/* with the depeg in its factor */
	struct scenario_columns columns;
	bool has_columns;
	/* The units of an evaluation in their order; in a turn of node_kept.h
	 * those of earlier points before them. */
	struct scenario_kept kept[METHOD_SCENARIO_KEPT];
	uint32_t kept_count;
	uint64_t turn;		/* of what is kept; zero: of none */
	uint32_t slot;		/* whose rules these are, in this turn */
};

struct var_work {
	bool has_sample;
	uint8_t factor[SAMPLE_FACTORS_MAX];	/* of each column */
	struct sample base, stressed;
	struct sample_work sample_work;
	int64_t base_r[METHOD_DRAWS_MAX], stressed_r[METHOD_DRAWS_MAX];
	struct usd18 pnl[SAMPLE_SCENARIOS_MAX], scratch[SAMPLE_SCENARIOS_MAX];
	struct node_item item[NODE_ITEMS_MAX];
};

#define METHOD_GREEKS_ROWS 512u	/* (factor, expiry) of one vault */
struct greeks_work {
	struct position_greeks_table table;
	struct position_greeks row[METHOD_GREEKS_ROWS];
	struct greeks_sensitivity sensitivity[3 * METHOD_GREEKS_ROWS];
};

struct method_work {
	struct node_kept kept;
	uint64_t units;		/* factors that an instrument of the book is
				 * on: the risk units */
	struct standard_work standard;
	struct scenario_work scenario;
	struct greeks_work greeks;
	struct var_work var;
	struct px18 kink[THRESHOLD_KINKS_MAX];	/* liquidation_search */
};

void method_work_init(struct method_work *w, const struct book *b);
/* method_work_sample: ERR_MISSING where the market has no returns, ERR_RANGE;
 * without a sample `var` and `es` refuse. */
MUST_CHECK enum err method_work_sample(struct method_work *w,
    const struct book *b, const struct market *m, const struct rules *r);

/* method_scenario_unit makes w->unit: what the vault has of a factor;
 * *is_empty where that is nothing.  method_scenario_rules: n's, with the depeg
 * in the factor of initial margin. */
MUST_CHECK enum err method_scenario_unit(bool *is_empty,
    struct scenario_work *w, const struct node *n, const struct point *at,
    uint8_t factor);
MUST_CHECK enum err method_scenario_rules(struct scenario_rules *out,
    const struct node *n);

/* method_confidence: 1 - max(mid - low, high - mid) / mid, at least zero.
 * method_stable: the least price of what the vault holds of group `stable`,
 * at most 1; 1 where it holds none. */
struct num18 method_confidence(const struct price *p);
struct px18 method_stable(const struct node *n);

#endif
