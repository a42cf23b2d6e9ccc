/* contracts-abi/attest.h - what is signed, as the contract reads it.
 *
 * EIP-712 domain {name "margind", version "1", chainId, verifyingContract};
 * types and leaves of DESIGN section 5.  Times are Unix milliseconds, values
 * have 18 decimals.  Pure; owns nothing.
 */
#ifndef CONTRACTS_ABI_ATTEST_H
#define CONTRACTS_ABI_ATTEST_H

#include "base/price.h"
#include "base/keccak_lanes.h"
#include "base/types.h"

struct eip712_domain {
	uint64_t chain_id;
	struct addr contract;
};

struct attestation {
	struct b32 book;
	uint64_t sequence;
	uint64_t as_of;		/* ms */
	uint64_t valid_until;	/* ms */
	uint64_t block_number;
	struct b32 block_hash;
	struct b32 positions_root;
	struct b32 prices_hash;
	struct b32 verdicts_root;
	struct b32 rules_hash;
	struct b32 inputs_hash;
	uint8_t status;		/* enum price_status */
	uint32_t reason;	/* enum price_reason */
	uint32_t vault_count;
	uint32_t verdict_count;
	u128 collateral_value;	/* USD, 18 decimals */
	u128 debt_value;
};

/* attest_digest: keccak256(0x1901 || domainSeparator || hashStruct(a)). */
void attest_digest(struct b32 *out, const struct eip712_domain *d,
    const struct attestation *a);
void attest_domain_separator(struct b32 *out, const struct eip712_domain *d);
void attest_struct_hash(struct b32 *out, const struct attestation *a);
/* attest_digest_with: the same for a domain separator that the caller keeps;
 * two of the eight permutations less. */
void attest_digest_with(struct b32 *out, const struct b32 *domain_separator,
    const struct attestation *a);

/* The type string whose hash opens hashStruct(a). */
#define ATTEST_TYPE "MarginAttestation(bytes32 book,uint64 sequence," \
	"uint64 asOf,uint64 validUntil,uint64 blockNumber,bytes32 blockHash," \
	"bytes32 positionsRoot,bytes32 pricesHash,bytes32 verdictsRoot," \
	"bytes32 rulesHash,bytes32 inputsHash,uint8 status,uint32 reason," \
	"uint32 vaultCount,uint32 verdictCount,uint128 collateralValue," \
	"uint128 debtValue)"
#define ATTEST_WORDS 17u
/* attest_encode: abi.encode(a), one word a field. */
void attest_encode(uint8_t out[ATTEST_WORDS * 32u],
    const struct attestation *a);

struct verdict_leaf {
	struct b32 vault;
	uint64_t nonce;
	uint64_t as_of;
	uint64_t block_number;
	uint8_t state;
	uint8_t method;
	u128 collateral_value;
	u128 debt_value;
	u128 health_low;
	u128 health_high;
	i128 initial_excess;
	i128 maintenance_excess;
	struct b32 liquidation_asset;
	u128 liquidation_price;
	struct b32 debt_asset;
	u128 max_repay;		/* USD, 18 decimals */
};
/* keccak256(keccak256(abi.encode(fields in this order))). */
void verdict_leaf_hash(struct b32 *out, const struct verdict_leaf *l);
/* verdict_leaf_hash_many: of n leaves, several at a time; the same hashes. */
void verdict_leaf_hash_many(enum keccak_level level, struct b32 *out,
    const struct verdict_leaf *const *leaf, size_t n);

struct position_leaf {
	struct b32 vault;
	uint64_t nonce;
	uint64_t block_number;
	struct b32 legs_hash;
};
void position_leaf_hash(struct b32 *out, const struct position_leaf *l);

/* legs_hash: keccak256(abi.encode(Leg[] collateral, Leg[] debt, Position[]
 * positions)), Leg(bytes32 asset, uint256 amount) in atoms (debt in shares),
 * Position(bytes32 instrument, int256 size, uint256 entry, int256 funding) with
 * 18 decimals; each strictly ascending by its id (the caller sorts; MUST). */
#define LEGS_HASH_MAX 16u
struct leg_word {
	struct b32 asset;
	u128 amount;
};
struct position_word {
	struct b32 instrument;
	i128 size;
	u128 entry;
	i128 funding;
};
struct legs_words {
	const struct leg_word *collateral, *debt;
	const struct position_word *positions;
	size_t collateral_count, debt_count, position_count;
};
void legs_hash(struct b32 *out, const struct legs_words *l);

/* asset_id: keccak256(abi.encode(uint256 chainId, address token)). */
void asset_id(struct b32 *out, uint64_t chain_id, const struct addr *token);
/* vault_id_on_chain: keccak256(abi.encode(address owner, uint256 index)). */
void vault_id_on_chain(struct b32 *out, const struct addr *owner,
    uint64_t index);
/* name_id: keccak256(utf8 name), of a book or of a vault from a file. */
void name_id(struct b32 *out, const char *name, size_t len);

/* Price words (one per asset, slot order), high bits first:
 *   price u128 | bandLowPpb u32 | bandHighPpb u32 | ageMs u32 | status u8 |
 *   sources u8 | reason u16
 * of a REFUSED asset: price 0, and the 96 bits between hold `high` as USD per
 * whole unit with 9 decimals, rounded up and saturating, since a share of a
 * price of zero could not carry it. */
/* price_word_pack quantises p outward: bandLow and bandHigh are ceiled to
 * ppb; ages and sources saturate.  Of a REFUSED price mid and low are not
 * read.  Of any other a mid of zero, a low above it, a high below it, a band
 * beyond 2^32 - 1 ppb or one whose high leaves the type: ERR_RANGE. */
MUST_CHECK enum err price_word_pack(struct b32 *out, const struct price *p);
/* price_word_unpack gives the price that the contract and every verifier
 * computes with: low = floor(price * (1e9 - bandLow) / 1e9), high = ceil(price
 * * (1e9 + bandHigh) / 1e9).  skew_ms is not in the word: 0.  ERR_SYNTAX for
 * an unknown status, a price of zero that is not REFUSED or one above zero that
 * is, or bandLow above one; ERR_RANGE for a high beyond the type. */
MUST_CHECK enum err price_word_unpack(struct price *out,
    const struct b32 *word);
/* prices_hash: keccak256 of the words when at most 64, else of the hashes of
 * chunks of 32. */
void prices_hash(struct b32 *out, const struct b32 *words, size_t count);

/* Rules: the byte blob that the contract keeps as code; rulesHash is its
 * keccak256.  Word 0: version u8 = 1, assets u8, modes u8, zeros; then a word
 * an asset: token (20 bytes), decimals u8, zeros; then modes x assets rows,
 * mode-major: ltv u32, liquidationThreshold u32, bonus u32, closeFactor u32,
 * debtWeight u32 (ppb), baseFactor u8, dust u88 (USD, 18 decimals). */
struct rules_asset {
	struct addr token;
	uint8_t decimals;
};
struct rules_row {
	uint32_t ltv_ppb, liquidation_threshold_ppb, bonus_ppb,
	    close_factor_ppb, debt_weight_ppb;
	uint8_t factor;
	u128 dust;		/* USD, 18 decimals; below 2^88 */
};
#define RULES_BLOB_MAX(assets, modes) (32u * (1u + (assets) + \
	(size_t)(assets) * (modes)))
/* rules_blob_write needs RULES_BLOB_MAX bytes at out; rows are mode-major.
 * ERR_RANGE for a dust of 2^88 or more, ERR_LIMIT above 255 assets or modes. */
MUST_CHECK enum err rules_blob_write(uint8_t *out, size_t *out_len,
    const struct rules_asset *assets, size_t asset_count,
    const struct rules_row *rows, size_t mode_count);

#endif
