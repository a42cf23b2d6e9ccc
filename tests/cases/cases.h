/* tests/cases/cases.h - published margin cases: walked, recomputed, compared.
 *
 * `build/tests/vectors DIR` walks a folder with one subfolder a source and
 * gives each JSON file below it, whatever its name, to that source's reader,
 * which goes by the shape of what it finds.  Everything that is compared goes
 * through one of the case_* functions below, which count, name what differs,
 * and feed what was got into one hash: `make determinism` compares that hash
 * between compilers, so nothing here is floating point and nothing comes from
 * a library.  A file whose content cannot be read is one failure, named, and
 * the walk goes on with the next file.
 */
#ifndef TESTS_CASES_CASES_H
#define TESTS_CASES_CASES_H

#include "base/fixed.h"
#include "base/types.h"
#include "tests/cases/compare.h"

#include <stdbool.h>
#include <stddef.h>

/* ---- a JSON tree; numbers stay text ------------------------------------- */

enum node_kind { NODE_MAP, NODE_LIST, NODE_STRING, NODE_NUMBER, NODE_WORD };
struct node {
	enum node_kind kind;	/* NODE_WORD: true, false or null */
	const char *key;	/* in a map, else empty; NUL-terminated */
	const char *text;	/* of a scalar, else empty; NUL-terminated */
	struct node *first, *next;
	unsigned count;		/* children */
};
/* case_stop gives up on the file that is being read: one failure, which says
 * what is wrong with what. */
void case_stop(const char *what, const char *text)
    __attribute__((noreturn));
#define CASE_NEED(cond) \
	((cond) ? (void)0 : case_stop("needs", #cond))
/* node_find: the child of a map with this key, or NULL; node_need stops where
 * it is not there.  A path is the keys with dots between. */
const struct node *node_find(const struct node *map, const char *key);
const struct node *node_need(const struct node *map, const char *path);
const struct node *node_item(const struct node *list, unsigned index);
bool node_is_null(const struct node *n);	/* also of NULL */
bool node_is(const struct node *n, const char *text);
bool node_bool(const struct node *n);	/* true, "true", 1 */

/* node_i128 reads a number (or a string that holds one) with `decimals`
 * decimals exactly; an exponent is folded in; what lies beyond the scale is
 * rounded to nearest, half away from zero.  true and false read as 1 and 0.
 * What is no number or does not fit stops the file. */
i128 node_i128(const struct node *n, unsigned decimals);
/* The child of a map by path: node_i128 of node_need. */
i128 get_i128(const struct node *map, const char *path, unsigned decimals);
static inline struct num18 get_num(const struct node *map, const char *path)
{ return num18_from_raw(get_i128(map, path, 18)); }
static inline struct usd18 get_usd(const struct node *map, const char *path)
{ return usd18_from_raw(get_i128(map, path, 18)); }
static inline struct px18 get_px(const struct node *map, const char *path)
{ return px18_from_raw((u128)get_i128(map, path, 18)); }

/* ---- comparing ---------------------------------------------------------- */

/* Where we are: source, file and case, for the messages. */
struct cases {
	const char *source;	/* the subfolder's name */
	const char *file;	/* without folders */
	char name[160];		/* of the case; case_begin sets it */
};
void case_begin(struct cases *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Each counts one pass or one failure.  `what` names the number. */
bool case_exact(struct cases *c, const char *what, i128 expected, i128 got);
/* Integers beyond 128 bits, as decimal text without leading zeros. */
bool case_text(struct cases *c, const char *what, const char *expected,
    const char *got);
bool case_bool(struct cases *c, const char *what, bool expected, bool got);
/* |got - expected| <= tolerance, all with `decimals` decimals. */
bool case_near(struct cases *c, const char *what, i128 expected, i128 got,
    i128 tolerance, unsigned decimals);
/* |got - expected| <= |expected| * tolerance / 1e18 + floor_abs, 18 decimals:
 * 1e-8 relative is tolerance 10^10. */
bool case_relative(struct cases *c, const char *what, i128 expected, i128 got,
    i128 tolerance, i128 floor_abs);
/* A function of ours that had to answer ERR_OK: a failure where it did not. */
bool case_ok(struct cases *c, const char *what, enum err e);
/* A case that is there to be read, not to be recomputed: counted apart. */
void case_skip(struct cases *c, const char *why);
/* Decimal text of a big unsigned integer and back (up to 256 bits). */
#include "base/u256.h"
#define U256_TEXT 80u
void u256_text(char out[U256_TEXT], const struct u256 *v);
struct u256 node_u256(const struct node *n);

/* ---- the sources, one function each; root is the file's JSON ------------- */

typedef void (*cases_fn)(struct cases *c, const struct node *root);
void cases_aave_v3(struct cases *c, const struct node *root);
void cases_backtest(struct cases *c, const struct node *root);
void cases_black76(struct cases *c, const struct node *root);
void cases_bybit(struct cases *c, const struct node *root);
void cases_compound_v3(struct cases *c, const struct node *root);
void cases_dederi(struct cases *c, const struct node *root);
void cases_deribit(struct cases *c, const struct node *root);
void cases_derive_pmrm2(struct cases *c, const struct node *root);
void cases_derive_srm(struct cases *c, const struct node *root);
void cases_drift_v2(struct cases *c, const struct node *root);
void cases_dydx_v4(struct cases *c, const struct node *root);
void cases_euler_evk(struct cases *c, const struct node *root);
void cases_gearbox_v3(struct cases *c, const struct node *root);
void cases_hyperliquid(struct cases *c, const struct node *root);
void cases_isda_simm(struct cases *c, const struct node *root);
void cases_liquity_v1(struct cases *c, const struct node *root);
void cases_maker_dss(struct cases *c, const struct node *root);
void cases_mango_v4(struct cases *c, const struct node *root);
void cases_margind_model(struct cases *c, const struct node *root);
void cases_morpho_blue(struct cases *c, const struct node *root);
void cases_opyn_gamma(struct cases *c, const struct node *root);
void cases_ore_var(struct cases *c, const struct node *root);
void cases_synthetix_v3(struct cases *c, const struct node *root);
void cases_var_es(struct cases *c, const struct node *root);

#endif
