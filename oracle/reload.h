/* oracle/reload.h - whether a running service may take another config hot: only
 * `prices` and `venues` may differ, the book must still find its units, and the
 * same quotes must make much the same prices.
 *
 * A mistake in a config is an incident (R24: a token priced in another unit, in
 * force for minutes); so nothing here can be forced.
 *
 * Owns:   what reload_try reads, until reload_free.
 * Limits: RELOAD_REASONS_MAX reasons are named, the rest are counted; an
 *         engine that closed no batch for RELOAD_SILENCE_MS is not there.
 */
#ifndef ORACLE_RELOAD_H
#define ORACLE_RELOAD_H

#include "oracle/board.h"
#include "oracle/config.h"
#include "oracle/text.h"

#define RELOAD_REASONS_MAX 16u
#define RELOAD_REASON 200u
#define RELOAD_SILENCE_MS 3000u

struct reload_reasons {
	size_t count;		/* all of them */
	char reason[RELOAD_REASONS_MAX][RELOAD_REASON];
};

/* What runs, and what is to run. */
struct reload_text {
	struct config *config;
	char *text;
	size_t len;
};
void reload_free(struct reload_text *t);	/* accepts a zeroed one */

/* reload_sections names each key outside `prices` and `venues` that differs;
 * both texts are configs (MUST). */
void reload_sections(struct reload_reasons *out, const char *before,
    size_t before_len, const char *after, size_t after_len);
/* reload_units sets after->asset_unit by the names that `before` has bound the
 * book's assets to. */
void reload_units(struct reload_reasons *out, const struct config *before,
    struct config *after);
/* reload_roles: both configs need the same processes. */
void reload_roles(struct reload_reasons *out, const struct config *before,
    const struct config *after);
/* reload_instruments names instruments and families of options that `before`
 * has not, or has otherwise: no mark and no volatility is compared here, and
 * whether the book has an instrument is looked at when the service starts. */
void reload_instruments(struct reload_reasons *out,
    const struct config *before, const struct config *after);
/* reload_prices computes the prices of both configs from the quotes of the
 * board at its own time.  A quote is the new config's too where venue, symbol
 * and where it comes from (shadow_map_make) are the same; a unit that is
 * REFUSED by the old one is compared by its last price. */
void reload_prices(struct reload_reasons *out, const struct config *before,
    const struct config *after, const struct board_head *head);

/* reload_try reads the file at `path` and says in `answer`, one JSON object and
 * a newline, whether it may take the place of `now`: ERR_OK, with the new one;
 * ERR_STATE: nothing differs; ERR_SYNTAX: it is no config; ERR_REFUSED, with
 * the reasons; ERR_IO, ERR_LIMIT: it cannot be read. */
MUST_CHECK enum err reload_try(struct reload_text *out, struct text *answer,
    const struct reload_text *now, const char *path,
    const struct board *board, uint64_t now_ms);

#endif
