/* oracle/bookfile_internal.h - the rooms of the book reader: assets and
 * E-modes, vaults, the file.  Each reads its lists of an open document into the
 * book and reports every error with its place. */
#ifndef ORACLE_BOOKFILE_INTERNAL_H
#define ORACLE_BOOKFILE_INTERNAL_H

#include "oracle/bookfile.h"
#include "oracle/schema.h"

struct book_reader {
	struct schema schema;
	struct book *book;
	struct bookfile_names *names;
	uint64_t block_number;
	const struct doc_node *asset_emodes[BOOK_ASSETS_MAX];
	u128 members[BOOK_MODES_MAX];	/* a bit an asset of each mode */
};

/* book_list_is: false, and reported, where n is no list. */
bool book_list_is(struct book_reader *r, const struct doc_node *n,
    const char *what);

/* bookfile_assets.c */
extern const struct schema_key BOOKFILE_ASSET_KEYS[];
extern const struct schema_key BOOKFILE_EMODE_KEYS[];
void book_assets_read(struct book_reader *r, const struct doc_node *assets);
void book_emodes_read(struct book_reader *r, const struct doc_node *emodes);
/* Names to slots: false, and reported at `at` with a "did you mean", where
 * nothing has that name. */
bool book_asset_find(struct book_reader *r, uint8_t *out,
    const struct doc_node *at, const char *name, size_t len);
bool book_mode_find(struct book_reader *r, uint8_t *out,
    const struct doc_node *at, const char *name, size_t len);

/* bookfile_vaults.c */
extern const struct schema_key BOOKFILE_VAULT_KEYS[];
void book_vaults_read(struct book_reader *r, const struct doc_node *vaults);

#endif
