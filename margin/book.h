/* margin/book.h - the assets with their rules, and the vaults.
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

#define BOOK_ASSETS_MAX 128u
#define BOOK_FACTORS_MAX 64u
#define BOOK_MODES_MAX 8u	/* 0 is the base mode, others are E-modes */
#define BOOK_LEGS_MAX 16u
#define BOOK_NAME_MAX 72u	/* with its NUL; holds 0x and 64 digits */
#define BOOK_VAULTS_MAX (1u << 24)

/* What the rules say of one asset in one mode. */
struct asset_rules {
	struct ppb ltv;			/* at most liquidation_threshold */
	struct ppb liquidation_threshold;
	struct ppb bonus;		/* the collateral's row */
	struct ppb close_factor;	/* the debt's row */
	struct ppb debt_weight;		/* the debt's row, at least one */
	struct usd18 dust;		/* the debt's row */
};

struct asset {
	char name[BOOK_NAME_MAX];	/* book.json "id" */
	struct b32 id;		/* keccak256(abi.encode(chainId, token)) */
	struct addr token;
	uint8_t decimals;	/* at most DECIMALS_MAX */
	uint8_t factor;		/* base factor whose band the asset moves with */
	struct asset_rules rules[BOOK_MODES_MAX];
};

struct leg {
	uint8_t asset;		/* slot: index into book.assets */
	u128 amount;		/* atoms; of a debt: shares of its index */
	struct wad index;	/* debt = ceil(amount * index); 1 for collateral */
};

/* The numbers are signed (DESIGN section 5). */
enum margin_method {
	METHOD_RATIO = 0, METHOD_STANDARD = 1, METHOD_SCENARIO = 2,
	METHOD_GREEKS = 3, METHOD_VAR = 4, METHOD_ES = 5,
};
const char *margin_method_name(enum margin_method m);

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
	struct vault *vaults;		/* vault_capacity entries, the caller's */
	uint32_t *hash;			/* 2 * vault_capacity entries, power of two */
	uint32_t vault_capacity;	/* a power of two */
	uint32_t vault_count;
};

/* book_init empties the book, its assets included, over the caller's arrays;
 * mode_count is then 1, the base mode.  vault_capacity is a power of two of at
 * most BOOK_VAULTS_MAX (MUST). */
void book_init(struct book *b, struct vault *vaults, uint32_t *hash,
    uint32_t vault_capacity);

/* book_put_vault inserts v or replaces the vault with the same id, and says
 * its slot.  ERR_LIMIT when full; ERR_SYNTAX where a leg names no asset, legs
 * are not strictly ascending, or counts exceed their limits; ERR_RANGE for a
 * debt whose index is zero; ERR_UNKNOWN for a mode that the book lacks or a
 * method without a number. */
MUST_CHECK enum err book_put_vault(uint32_t *slot, struct book *b,
    const struct vault *v);
/* book_find_vault: ERR_UNKNOWN where no vault has this id. */
MUST_CHECK enum err book_find_vault(uint32_t *slot, const struct book *b,
    const struct b32 *id);

/* book_debt_atoms: what a debt leg owes, ceil(amount * index).  ERR_RANGE. */
MUST_CHECK enum err book_debt_atoms(u128 *out, const struct leg *debt);

#endif
