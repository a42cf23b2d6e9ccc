/* base/fixed.h - checked fixed-point numbers with their unit in the type.
 *
 * Each type has one member, read only in base/ (make check-source greps for
 * it).  Every operation that can overflow answers ERR_RANGE and leaves its
 * output alone.  The side of each rounding is in the name or in a
 * `enum rounding` argument: floor goes toward minus infinity, ceil toward
 * plus infinity.  The house rule is "against the account": assets, gains and
 * ratios floor; debts, losses and requirements ceil (margin-model 1.1).
 */
#ifndef BASE_FIXED_H
#define BASE_FIXED_H

#include "base/types.h"

enum rounding { ROUND_FLOOR, ROUND_CEIL };

/* USD per whole unit, 18 decimals. */
struct px18 { u128 raw; };
/* USD, 18 decimals, signed. */
struct usd18 { i128 raw; };
/* A ratio, 18 decimals; wad_infinite() where the divisor is zero. */
struct wad { u128 raw; };
/* A factor in parts per billion. */
struct ppb { uint32_t raw; };
/* A signed number with 18 decimals whose unit its own name says: contracts,
 * a rate, a volatility, a correlation, a shock. */
struct num18 { i128 raw; };

#define WAD_ONE_RAW ((u128)1000000000000000000u)
#define PPB_ONE_RAW 1000000000u
#define DECIMALS_MAX 30u	/* of a token; more is refused at the border */

/* Plain integers to and from the typed numbers: for parsing and serialising
 * only.  No scale is changed. */
static inline struct px18 px18_from_raw(u128 r) { return (struct px18){ r }; }
static inline struct usd18 usd18_from_raw(i128 r) { return (struct usd18){ r }; }
static inline struct wad wad_from_raw(u128 r) { return (struct wad){ r }; }
static inline struct ppb ppb_from_raw(uint32_t r) { return (struct ppb){ r }; }
static inline struct num18 num18_from_raw(i128 r) { return (struct num18){ r }; }
static inline i128 num18_to_raw(struct num18 a) { return a.raw; }
static inline u128 px18_to_raw(struct px18 a) { return a.raw; }
static inline i128 usd18_to_raw(struct usd18 a) { return a.raw; }
static inline u128 wad_to_raw(struct wad a) { return a.raw; }
static inline uint32_t ppb_to_raw(struct ppb a) { return a.raw; }

static inline struct wad wad_infinite(void) { return (struct wad){ U128_MAX }; }
static inline bool wad_is_infinite(struct wad a) { return a.raw == U128_MAX; }
static inline struct wad wad_one(void) { return (struct wad){ WAD_ONE_RAW }; }
static inline struct ppb ppb_one(void) { return (struct ppb){ PPB_ONE_RAW }; }

/* out = a * b / c through 256 bits, rounded.  c == 0 or a result beyond the
 * type: ERR_RANGE. */
MUST_CHECK enum err muldiv_u128(u128 *out, u128 a, u128 b, u128 c,
    enum rounding r);
/* The same with a sign; c must be above zero, else ERR_RANGE. */
MUST_CHECK enum err muldiv_i128(i128 *out, i128 a, i128 b, i128 c,
    enum rounding r);

/* pow10_u128 returns 10^n; n at most 38 (MUST). */
u128 pow10_u128(unsigned n);

/* Comparisons: <0, 0, >0. */
int px18_compare(struct px18 a, struct px18 b);
int usd18_compare(struct usd18 a, struct usd18 b);
int wad_compare(struct wad a, struct wad b);

static inline struct px18 px18_min(struct px18 a, struct px18 b)
{ return a.raw < b.raw ? a : b; }
static inline struct px18 px18_max(struct px18 a, struct px18 b)
{ return a.raw > b.raw ? a : b; }
static inline bool px18_is_zero(struct px18 a) { return a.raw == 0; }

MUST_CHECK enum err px18_add(struct px18 *out, struct px18 a, struct px18 b);
MUST_CHECK enum err px18_sub(struct px18 *out, struct px18 a, struct px18 b);
/* px18_mul_px18: a price in units of a quote times that quote's USD price:
 * a * b / 1e18. */
MUST_CHECK enum err px18_mul_px18(struct px18 *out, struct px18 a,
    struct px18 b, enum rounding r);
/* px18_scale: a * num / den with plain integers. */
MUST_CHECK enum err px18_scale(struct px18 *out, struct px18 a, u128 num,
    u128 den, enum rounding r);
/* px18_part_ppb: the share of `whole` that `part` is, in ppb (part * 1e9 /
 * whole).  ERR_RANGE above 2^32 - 1 or where whole is zero. */
MUST_CHECK enum err px18_part_ppb(struct ppb *out, struct px18 part,
    struct px18 whole, enum rounding r);
/* px18_down_ppb floors a * (1e9 - f) / 1e9 (f above one gives zero);
 * px18_up_ppb ceils a * (1e9 + f) / 1e9. */
MUST_CHECK enum err px18_down_ppb(struct px18 *out, struct px18 a,
    struct ppb f);
MUST_CHECK enum err px18_up_ppb(struct px18 *out, struct px18 a,
    struct ppb f);

/* usd18_from_atoms: value of `atoms` of a token with `decimals` at price p:
 * atoms * p / 10^decimals.  decimals at most DECIMALS_MAX (ERR_RANGE). */
MUST_CHECK enum err usd18_from_atoms(struct usd18 *out, u128 atoms,
    unsigned decimals, struct px18 p, enum rounding r);
MUST_CHECK enum err usd18_add(struct usd18 *out, struct usd18 a,
    struct usd18 b);
MUST_CHECK enum err usd18_sub(struct usd18 *out, struct usd18 a,
    struct usd18 b);
MUST_CHECK enum err usd18_mul_ppb(struct usd18 *out, struct usd18 a,
    struct ppb f, enum rounding r);
MUST_CHECK enum err usd18_mul_wad(struct usd18 *out, struct usd18 a,
    struct wad f, enum rounding r);
static inline struct usd18 usd18_zero(void) { return (struct usd18){ 0 }; }
static inline bool usd18_is_zero(struct usd18 a) { return a.raw == 0; }
static inline bool usd18_is_negative(struct usd18 a) { return a.raw < 0; }
static inline struct usd18 usd18_min(struct usd18 a, struct usd18 b)
{ return a.raw < b.raw ? a : b; }
static inline struct usd18 usd18_max(struct usd18 a, struct usd18 b)
{ return a.raw > b.raw ? a : b; }

/* usd18_mul_num: v * x, as a rate, a shock or a share has it. */
MUST_CHECK enum err usd18_mul_num(struct usd18 *out, struct usd18 v,
    struct num18 x, enum rounding r);
/* usd18_neg: -v.  ERR_RANGE for the least value of the type. */
MUST_CHECK enum err usd18_neg(struct usd18 *out, struct usd18 v);
/* usd18_from_contracts: size * multiplier * p, exact to the last unit: one
 * rounding.  size in contracts, multiplier in units of the underlying. */
MUST_CHECK enum err usd18_from_contracts(struct usd18 *out, struct num18 size,
    struct num18 multiplier, struct px18 p, enum rounding r);

static inline struct num18 num18_zero(void) { return (struct num18){ 0 }; }
static inline struct num18 num18_one(void)
{ return (struct num18){ (i128)WAD_ONE_RAW }; }
static inline bool num18_is_zero(struct num18 a) { return a.raw == 0; }
static inline bool num18_is_negative(struct num18 a) { return a.raw < 0; }
int num18_compare(struct num18 a, struct num18 b);
MUST_CHECK enum err num18_add(struct num18 *out, struct num18 a,
    struct num18 b);
MUST_CHECK enum err num18_sub(struct num18 *out, struct num18 a,
    struct num18 b);
MUST_CHECK enum err num18_mul(struct num18 *out, struct num18 a,
    struct num18 b, enum rounding r);
/* num18_div: a / b; b zero is ERR_RANGE. */
MUST_CHECK enum err num18_div(struct num18 *out, struct num18 a,
    struct num18 b, enum rounding r);
/* px18_mul_num: p * x, as a shock has it; x below zero is ERR_RANGE. */
MUST_CHECK enum err px18_mul_num(struct px18 *out, struct px18 p,
    struct num18 x, enum rounding r);
/* px18_move: a * to / from, a price carried along with another that went from
 * `from` to `to`.  from zero is ERR_RANGE. */
MUST_CHECK enum err px18_move(struct px18 *out, struct px18 a, struct px18 to,
    struct px18 from, enum rounding r);

/* atoms_from_usd18: how many atoms of a token are worth v at price p:
 * v * 10^decimals / p.  Negative v or a zero price: ERR_RANGE. */
MUST_CHECK enum err atoms_from_usd18(u128 *out, struct usd18 v,
    unsigned decimals, struct px18 p, enum rounding r);

/* wad_from_ratio: num / den; den zero gives wad_infinite() with ERR_OK, a
 * negative operand or a quotient beyond the type is ERR_RANGE. */
MUST_CHECK enum err wad_from_ratio(struct wad *out, struct usd18 num,
    struct usd18 den, enum rounding r);
/* usd18_ratio_compare compares a/b with c/d (all >= 0, b and d above zero) by
 * cross-multiplication: <0, 0, >0. */
int usd18_ratio_compare(struct usd18 a, struct usd18 b, struct usd18 c,
    struct usd18 d);

#endif
