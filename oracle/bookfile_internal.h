/* oracle/bookfile_internal.h - the rooms of the book reader: assets, E-modes,
 * instruments, liens, vaults, the file.  Each reads its lists of an open
 * document into the book and reports every error with its place. */
#ifndef ORACLE_BOOKFILE_INTERNAL_H
#define ORACLE_BOOKFILE_INTERNAL_H

#include "oracle/bookfile_reader.h"

/* bookfile_assets.c */
extern const struct schema_key BOOKFILE_ASSET_KEYS[];
void book_assets_read(struct book_reader *r, const struct doc_node *assets);
bool book_asset_find(struct book_reader *r, uint8_t *out,
    const struct doc_node *at, const char *name, size_t len);
/* book_factor_take: the base factor of that name, made where it is new; false,
 * and reported at n, where there are too many. */
bool book_factor_take(struct book_reader *r, uint8_t *out,
    const struct doc_node *n, const char name[BOOK_NAME_MAX]);
/* book_amount_read: an amount in whole units to atoms. */
bool book_amount_read(struct book_reader *r, u128 *out, const char *token,
    unsigned decimals, const struct doc_node *n);

/* bookfile_emodes.c */
extern const struct schema_key BOOKFILE_EMODE_KEYS[];
void book_emodes_read(struct book_reader *r, const struct doc_node *emodes);
bool book_mode_find(struct book_reader *r, uint8_t *out,
    const struct doc_node *at, const char *name, size_t len);

/* bookfile_instruments.c */
extern const struct schema_key BOOKFILE_INSTRUMENT_KEYS[];
void book_instruments_read(struct book_reader *r,
    const struct doc_node *instruments);

/* bookfile_liens.c */
extern const struct schema_key BOOKFILE_LIEN_KEYS[];
void book_liens_read(struct book_reader *r, const struct doc_node *liens);

/* bookfile_positions.c: what a vault has of instruments, into the book's next
 * places. */
extern const struct schema_key BOOKFILE_POSITION_KEYS[];
extern const struct schema_key BOOKFILE_ORDER_KEYS[];
void book_positions_read(struct book_reader *r, struct vault *v,
    const struct doc_node *positions);
void book_orders_read(struct book_reader *r, struct vault *v,
    const struct doc_node *orders);

/* bookfile_vaults.c */
extern const struct schema_key BOOKFILE_VAULT_KEYS[];
void book_vaults_read(struct book_reader *r, const struct doc_node *vaults);

#endif
