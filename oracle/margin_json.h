/* oracle/margin_json.h - margin figures as JSON (DESIGN section 6): numbers
 * are decimal strings, what does not exist is null. */
#ifndef ORACLE_MARGIN_JSON_H
#define ORACLE_MARGIN_JSON_H

#include "margin/liquidation_search.h"
#include "oracle/study.h"
#include "oracle/text.h"

/* One vault through one method, as far as it could be computed. */
struct margin_row {
	uint32_t slot;
	struct margin_result result;
	bool has_figures;	/* false: STALE, or failed with `error` */
	enum err error;		/* ERR_STATE: the method says nothing about
				 * such a vault; ERR_RANGE: a number does not
				 * fit */
};

/* margin_row_of evaluates, with the rules' floors; never fails. */
void margin_row_of(struct margin_row *out, const struct study *s,
    uint32_t slot, enum margin_method method);

/* margin_row_in: the same in another snapshot of the same book. */
void margin_row_in(struct margin_row *out, const struct snapshot *s,
    uint32_t slot, enum margin_method method);

/* ,"key":"1.5"; ratios: null where infinite; text: null for NULL. */
void json_key_usd(struct text *t, const char *key, struct usd18 v);
void json_key_ratio(struct text *t, const char *key, struct wad v);
void json_key_price(struct text *t, const char *key, bool has,
    struct px18 v);
void json_key_num(struct text *t, const char *key, struct num18 v);
void json_key_text(struct text *t, const char *key, const char *v);

/* margin_json_values: the figures from collateral_value to
 * maintenance_excess, each with a comma before it. */
void margin_json_values(struct text *t, const struct margin_row *row);
/* margin_json_vault writes the line of a vault but for its closing brace, so
 * that more may follow (oracle/margin_compare.h). */
void margin_json_vault(struct text *t, const struct study *s,
    const struct margin_row *row);
/* margin_binding: what holds the vault in its state; a word, or NULL. */
const char *margin_binding(const struct study *s,
    const struct margin_row *row);
/* margin_about_name: what a term or a binding is about; NULL for nothing. */
#define MARGIN_ABOUT_BUF 96u
const char *margin_about_name(char out[MARGIN_ABOUT_BUF],
    const struct study *s, enum explain_about about, uint32_t index);

#endif
