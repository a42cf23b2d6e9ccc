/* margin/book.h - the assets with their rules, the instruments, the vaults.
 *
 * Units:  amounts in token atoms; factors in ppb; dust in USD, 18 decimals.
 * Owns:   nothing: the caller places struct book's arrays (fixed at start).
 * Limits: BOOK_ASSETS_MAX assets, BOOK_LEGS_MAX legs on each side of a vault,
 *         BOOK_FACTORS_MAX base factors, BOOK_MODES_MAX modes.
 * Source: DESIGN sections 5 and 6 (book.json), margin-model 1.2.
 */
#ifndef MARGIN_BOOK_H
#define MARGIN_BOOK_H

#include "base/fixed.h"
#include "base/types.h"
#include "margin/instrument.h"

#define BOOK_ASSETS_MAX 128u
#define BOOK_FACTORS_MAX 64u
#define BOOK_MODES_MAX 8u	/* 0 is the base mode, others are E-modes */
#define BOOK_LEGS_MAX 16u
#define BOOK_NAME_MAX 72u	/* with its NUL; holds 0x and 64 digits */
#define BOOK_VAULTS_MAX (1u << 24)
#define BOOK_LIENS_MAX 65535u
#define BOOK_ANCESTORS_MAX 8u	/* parents above one vault */

/* What the rules say of one asset in one mode. */
struct asset_rules {
	struct ppb ltv;			/* at most liquidation_threshold */
	struct ppb liquidation_threshold;
	struct ppb bonus;		/* the collateral's row */
	struct ppb close_factor;	/* the debt's row */
	struct ppb debt_weight;		/* the debt's row, at least one */
	struct usd18 dust;		/* the debt's row */
};

/* What the dynamic haircut and the caps of margin-model 1.4 need to know. */
struct asset_risk {
	bool is_dynamic;	/* no ltv or threshold was given: haircut by
				 * volatility, liquidity and finality */
	bool has_cap;
	struct num18 volatility;	/* a year; floor of the estimate */
	struct usd18 adv;	/* traded a day; above zero where dynamic */
	struct num18 spread;	/* of the price */
	struct usd18 cap;	/* most of its value that counts */
	uint32_t finality_s;
	char group[BOOK_NAME_MAX];	/* risk group: of the greeks' buckets */
	bool is_stable;		/* its group is "stable" */
	uint64_t chain_id;	/* of the token; the book's by default */
	bool is_rate;		/* its price is a rate times another's */
	uint8_t rate_of;	/* asset slot */
	uint8_t modes;		/* bit m: a member of mode m, whose row is its
				 * own; bit 0 has no meaning */
};

struct asset {
	char name[BOOK_NAME_MAX];	/* book.json "id" */
	struct b32 id;		/* keccak256(abi.encode(chainId, token)) */
	struct addr token;
	uint8_t decimals;	/* at most DECIMALS_MAX */
	uint8_t factor;		/* base factor whose band the asset moves with */
	struct asset_risk risk;
	struct asset_rules rules[BOOK_MODES_MAX];
};

struct leg {
	uint8_t asset;		/* slot: index into book.assets */
	u128 amount;		/* atoms; of a debt: shares of its index */
	uint16_t lien;		/* of collateral: 1 + index into book.liens;
				 * 0: none */
	struct wad index;	/* debt = ceil(amount * index); 1 for collateral */
};

/* A claim on tokens that lie elsewhere.  One unit counts under one lien only
 * (margin/lien.h). */
struct lien {
	char name[BOOK_NAME_MAX];	/* book.json "id" */
	uint64_t chain_id;
	struct addr token;
	struct addr holder;
	uint64_t block_number;	/* at which the amount was read */
	u128 amount;		/* atoms of the token */
	uint8_t asset;		/* slot of the asset with that chain and token;
				 * BOOK_ASSETS_MAX: the book has none */
};

/* The numbers are signed (DESIGN section 5). */
enum margin_method {
	METHOD_RATIO = 0, METHOD_STANDARD = 1, METHOD_SCENARIO = 2,
	METHOD_GREEKS = 3, METHOD_VAR = 4, METHOD_ES = 5,
};
const char *margin_method_name(enum margin_method m);

/* Who shares collateral with whom (margin-model 1.2). */
enum vault_node {
	NODE_ISOLATED = 0,	/* its shortfall never leaves it, its surplus
				 * supports nobody */
	NODE_CROSS = 1,		/* shares collateral; requirement = sum of its
				 * own and its children's */
	NODE_PORTFOLIO = 2,	/* one requirement over all its units, added to
				 * its parent */
};

struct vault {
	char name[BOOK_NAME_MAX];	/* file books; empty for a chain's */
	struct b32 id;
	struct addr owner;
	uint64_t owner_index;	/* chain: id = keccak256(owner, owner_index) */
	uint64_t nonce;
	uint64_t liquidations;
	uint64_t block_number;	/* of the vault's last change */
	uint8_t mode;		/* index into asset.rules */
	uint8_t method;		/* enum margin_method */
	uint8_t collateral_count;
	uint8_t debt_count;
	uint8_t node;		/* enum vault_node */
	uint32_t parent;	/* 1 + slot of a CROSS vault, before or behind
				 * this one; 0: none */
	struct num18 leverage;	/* the user's own limit; zero: none */
	uint32_t position_first, position_count;	/* in book.positions */
	uint32_t order_first, order_count;		/* in book.orders */
	struct leg collateral[BOOK_LEGS_MAX];	/* strictly ascending slots */
	struct leg debt[BOOK_LEGS_MAX];
};

/* A vault keeps its slot for good: trees and columns are indexed by it. */
struct book {
	struct b32 id;			/* keccak256(utf8 name) */
	char name[BOOK_NAME_MAX];
	uint64_t chain_id;
	size_t asset_count;
	size_t factor_count;
	size_t mode_count;
	struct asset assets[BOOK_ASSETS_MAX];
	struct wad accrual[BOOK_ASSETS_MAX];	/* what one unit of debt in the
					 * asset has become: at least one */
	struct vault *vaults;		/* vault_capacity entries, the caller's */
	uint32_t *hash;			/* 2 * vault_capacity entries, power of two */
	uint32_t vault_capacity;	/* a power of two */
	uint32_t vault_count;
	/* Of a book with instruments; NULL and zero otherwise.  The caller's,
	 * and filled before the vaults that point into them are put. */
	struct instrument *instruments;	/* at most INSTRUMENTS_MAX */
	struct position *positions;	/* of a vault: strictly ascending by
					 * instrument, sizes not zero */
	struct order *orders;		/* of a vault: ascending by instrument,
					 * sizes not zero */
	struct lien *liens;		/* at most BOOK_LIENS_MAX */
	uint32_t instrument_count, position_count, order_count, lien_count;
};

/* book_init empties the book, its assets included, over the caller's arrays;
 * mode_count is then 1, the base mode, and accruals are one.  vault_capacity
 * is a power of two of at most BOOK_VAULTS_MAX (MUST). */
void book_init(struct book *b, struct vault *vaults, uint32_t *hash,
    uint32_t vault_capacity);

/* book_put_vault inserts v or replaces the vault with the same id, and says
 * its slot.  ERR_LIMIT when full; ERR_SYNTAX where a leg names no asset, legs
 * are not strictly ascending, or counts exceed their limits; ERR_RANGE for a
 * debt whose index is zero; ERR_UNKNOWN for a mode that the book lacks, a
 * method without a number, a position or order of no instrument, a lien or a
 * parent that is not there.  Positions are checked like legs. */
MUST_CHECK enum err book_put_vault(uint32_t *slot, struct book *b,
    const struct vault *v);
/* book_check_vault: what book_put_vault says of v, but for ERR_LIMIT. */
MUST_CHECK enum err book_check_vault(const struct book *b,
    const struct vault *v);
/* book_hash_id spreads ids over tables: every byte counts. */
uint32_t book_hash_id(const struct b32 *id);
/* book_find_vault: ERR_UNKNOWN where no vault has this id. */
MUST_CHECK enum err book_find_vault(uint32_t *slot, const struct book *b,
    const struct b32 *id);

/* book_check_tree walks from a vault up to its root: ERR_UNIT where its parent
 * is not CROSS, ERR_STATE where the walk comes back to it, ERR_LIMIT beyond
 * BOOK_ANCESTORS_MAX.  A book in which every vault passes is a forest. */
MUST_CHECK enum err book_check_tree(const struct book *b, uint32_t slot);

/* What a plain book lacks: anything but ratio vaults of token legs whose rules
 * are given.  what names it ("method `scenario`"); where a vault has it,
 * *vault is its slot, else BOOK_VAULTS_MAX. */
struct book_excess {
	const char *what;
	uint32_t vault;
};
/* book_is_plain: out, written where the answer is no, is the first such thing:
 * assets, instruments and liens before vaults, each in the order of slots. */
bool book_is_plain(struct book_excess *out, const struct book *b);

/* book_debt_atoms: what a debt leg owes, ceil(ceil(amount * index) * accrual
 * of its asset).  ERR_RANGE. */
MUST_CHECK enum err book_debt_atoms(u128 *out, const struct book *b,
    const struct leg *debt);
/* book_debt_base is the same before accrual: ceil(amount * index). */
MUST_CHECK enum err book_debt_base(u128 *out, const struct leg *debt);
/* book_debt_shares: the amount of a leg of this asset and index that stands
 * for so many atoms; ceil owes at least them, floor at most. */
MUST_CHECK enum err book_debt_shares(u128 *out, const struct book *b,
    uint8_t asset, struct wad index, u128 atoms, enum rounding r);

#endif
