/* oracle/margin_compare.h - one vault by every method on the same snapshot:
 * which of them binds, and why. */
#ifndef ORACLE_MARGIN_COMPARE_H
#define ORACLE_MARGIN_COMPARE_H

#include "oracle/margin_json.h"

#define MARGIN_METHODS (METHOD_ES + 1u)

struct margin_compared {
	struct margin_row row[MARGIN_METHODS];	/* by enum margin_method */
	bool has_strictest;
	enum margin_method strictest;	/* the least maintenance excess; of
					 * equals the first */
};

/* margin_compare: `own` is the row that is there already. */
void margin_compare(struct margin_compared *out, const struct study *s,
    const struct margin_row *own);
/* margin_compare_json: ,"methods":{...},"strictest":"..." */
void margin_compare_json(struct text *t, const struct study *s,
    const struct margin_compared *c);
/* margin_compare_head, margin_compare_table: lines for eyes, the strictest
 * method marked. */
void margin_compare_head(int name_width);
void margin_compare_table(const struct study *s,
    const struct margin_compared *c, int name_width);

#endif
