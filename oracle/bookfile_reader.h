/* oracle/bookfile_reader.h - a book file in reading: what its parts share. */
#ifndef ORACLE_BOOKFILE_READER_H
#define ORACLE_BOOKFILE_READER_H

#include "oracle/bookfile.h"
#include "oracle/name_index.h"
#include "oracle/schema.h"

struct book_reader {
	struct schema schema;
	struct book *book;
	struct bookfile_names *names;
	uint64_t block_number;
	struct name_index asset_index, instrument_index, lien_index;
	const struct doc_node *asset_node[BOOK_ASSETS_MAX];
	const struct doc_node *asset_emodes[BOOK_ASSETS_MAX];
	const struct doc_node *asset_rate[BOOK_ASSETS_MAX];
	u128 members[BOOK_MODES_MAX];	/* a bit an asset of each mode */
	bool has_parents;		/* some vault names one */
	const struct bookfile_sink *sink;	/* NULL: the book has places */
	uint32_t vaults_read;
	enum err stop;			/* why the reading ends before its time */
};

/* book_list_is: false, and reported, where n is no list. */
bool book_list_is(struct book_reader *r, const struct doc_node *n,
    const char *what);
/* book_name_find: the row of a name; false, and reported at `at` with a "did
 * you mean", where nothing has that name.  what: "asset". */
bool book_name_find(struct book_reader *r, uint32_t *out,
    const struct name_index *index, const char *what,
    const struct doc_node *at, const char *name, size_t len);

#endif
