// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// What margind signs: one header for the whole book.  Times are Unix
/// milliseconds, values USD with 18 decimals.
struct Attestation {
    bytes32 book;
    uint64 sequence;
    uint64 asOf;
    uint64 validUntil;
    uint64 blockNumber;
    bytes32 blockHash;
    bytes32 positionsRoot;
    bytes32 pricesHash;
    bytes32 verdictsRoot;
    bytes32 rulesHash;
    bytes32 inputsHash;
    uint8 status;
    uint32 reason;
    uint32 vaultCount;
    uint32 verdictCount;
    uint128 collateralValue;
    uint128 debtValue;
}

/// What a liquidator asks for.  Amounts are token atoms; repay is the most
/// that may be pulled, minSeize the least that must be paid out.
struct Liquidation {
    address owner;
    uint256 index;
    address collateral;
    address debt;
    uint256 repay;
    uint256 minSeize;
    address recipient;
}

/// Fixed at deployment.
struct Config {
    bool checkBlockHash; // off where BLOCKHASH does not mean this chain
    uint32 latenessSeconds; // how far behind the latest a header may be, <= 45
    uint32 rulesDelaySeconds; // timelock of new rules, >= 15
    uint8 faulty; // f of 2k > n + f
    bool unsafeThreshold; // waives 2k > n + f: test networks only
}

uint8 constant STATUS_OK = 0;
uint8 constant STATUS_DEGRADED = 1;
uint8 constant STATUS_REFUSED = 2;

uint256 constant PPB = 1e9;
uint256 constant LEGS_MAX = 16;
uint256 constant SIGNERS_MAX = 64;

bytes32 constant ATTESTATION_TYPEHASH = keccak256(
    "MarginAttestation(bytes32 book,uint64 sequence,uint64 asOf,uint64 validUntil,uint64 blockNumber,"
    "bytes32 blockHash,bytes32 positionsRoot,bytes32 pricesHash,bytes32 verdictsRoot,bytes32 rulesHash,"
    "bytes32 inputsHash,uint8 status,uint32 reason,uint32 vaultCount,uint32 verdictCount,"
    "uint128 collateralValue,uint128 debtValue)"
);

/// The words that the contract itself reads, straight from calldata.  Without
/// range checks: the digest commits to whole words, so what has dirty high
/// bits is something that no signer signed.
library Fields {
    function book(Attestation calldata a) internal pure returns (bytes32) {
        return bytes32(_word(a, 0));
    }

    function sequence(Attestation calldata a) internal pure returns (uint256) {
        return _word(a, 1);
    }

    function asOf(Attestation calldata a) internal pure returns (uint256) {
        return _word(a, 2);
    }

    function validUntil(Attestation calldata a) internal pure returns (uint256) {
        return _word(a, 3);
    }

    function blockNumber(Attestation calldata a) internal pure returns (uint256) {
        return _word(a, 4);
    }

    function blockHash(Attestation calldata a) internal pure returns (bytes32) {
        return bytes32(_word(a, 5));
    }

    function pricesHash(Attestation calldata a) internal pure returns (bytes32) {
        return bytes32(_word(a, 7));
    }

    function rulesHash(Attestation calldata a) internal pure returns (bytes32) {
        return bytes32(_word(a, 9));
    }

    function status(Attestation calldata a) internal pure returns (uint256) {
        return _word(a, 11);
    }

    function _word(Attestation calldata a, uint256 i) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := calldataload(add(a, shl(5, i)))
        }
    }
}
