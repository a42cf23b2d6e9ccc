/* oracle/study.h - what the offline commands look at: a book, a market and the
 * rules, read from files, with all that an evaluation needs placed around
 * them.  Complaints go to standard error, with file, line and column. */
#ifndef ORACLE_STUDY_H
#define ORACLE_STUDY_H

#include "margin/evaluate.h"
#include "margin/method_work.h"
#include "oracle/input.h"

/* The markets of the rules' stress floors, and a snapshot of each. */
struct study_floors {
	struct study_floor *at;
	struct snapshot *snapshots;
};

struct study {
	struct input_book *input;
	struct input_market *market;
	struct rules rules;
	struct method_work *work;
	struct tree tree;
	struct lien_grant *grants;
	struct lien_report liens;	/* what claims more than there is */
	enum err sample;	/* why var and es have no scenarios, or OK */
	struct snapshot snapshot;
	struct study_floors floors;	/* of the snapshot's market */
};

/* study_open reads the files (rules_path NULL: the defaults), freezes the
 * haircuts of dynamic assets at the market's time, resolves liens and parents,
 * draws the scenarios.  *s is to be closed in any case.  ERR_SYNTAX and other
 * answers of the readers, ERR_LIMIT without memory. */
MUST_CHECK enum err study_open(struct study *s, const char *book_path,
    const char *market_path, const char *rules_path);
/* study_open_hashed: also keccak256 of the book's and the market's text, where
 * not NULL. */
MUST_CHECK enum err study_open_hashed(struct study *s, struct b32 *book_hash,
    struct b32 *market_hash, const char *book_path, const char *market_path,
    const char *rules_path);
void study_close(struct study *s);	/* accepts a zeroed one */

/* study_floors_make shocks the snapshot's market once for each floor of its
 * rules, and gives the snapshot these; again after its market has changed.
 * ERR_RANGE, ERR_LIMIT without memory. */
MUST_CHECK enum err study_floors_make(struct study_floors *f,
    struct snapshot *s);
void study_floors_free(struct study_floors *f);	/* accepts a zeroed one */

/* study_method: the one named, else the rules' (a preset's), else the vault's
 * own. */
enum margin_method study_method(const struct study *s, uint32_t slot,
    const enum margin_method *override);
/* study_find: a vault by its name; false after a line on standard error with
 * the nearest name. */
bool study_find(const struct study *s, const char *command, const char *name,
    uint32_t *slot);
/* study_method_named reads a method's name; false after a line on standard
 * error with the nearest one. */
bool study_method_named(const char *command, const char *name,
    enum margin_method *out);

#endif
