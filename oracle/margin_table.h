/* oracle/margin_table.h - margin figures for eyes: a table, worst vault first,
 * and the terms of one vault. */
#ifndef ORACLE_MARGIN_TABLE_H
#define ORACLE_MARGIN_TABLE_H

#include "margin/aggregate_group.h"
#include "oracle/margin_json.h"

#define CELL 28u

/* Numbers cut to `places` decimals, toward zero; for eyes only. */
void cell_number(char out[CELL], u128 v, unsigned places);
void cell_usd(char out[CELL], struct usd18 v);
void cell_ratio(char out[CELL], struct wad v);	/* "-" where infinite */

/* margin_table_print sorts rows (worst first) and prints them.  False without
 * memory. */
bool margin_table_print(const struct study *s, const struct margin_row *rows,
    uint32_t count, const struct aggregate_row *sum);

#endif
