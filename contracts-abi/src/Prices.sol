// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {PPB, STATUS_REFUSED} from "./Types.sol";

/// The price vector: one word an asset, in the slot order of the rules.
///
/// price u128 (USD per whole unit, 18 decimals) | bandLow u32 | bandHigh u32
/// (ppb) | ageMs u32 | status u8 | sources u8 | reason u16, high bits first.
/// low = floor(price * (1 - bandLow)), high = ceil(price * (1 + bandHigh)).
///
/// A REFUSED word has price 0, and its 96 bits bandLow | bandHigh | ageMs are one
/// number: `high` in USD per whole unit with 9 decimals, rounded up.
library Prices {
    uint256 private constant FLAT_MAX = 64; // words hashed in one piece
    uint256 private constant CHUNK = 32;

    /// An unknown status, a zero that is not REFUSED or a REFUSED price above
    /// zero, a lower band above one, a high beyond u128.
    error PriceMalformed(uint256 word);

    function status(uint256 word) internal pure returns (uint256) {
        return (word >> 24) & 0xff;
    }

    function mid(uint256 word) internal pure returns (uint256) {
        return word >> 128;
    }

    /// The three ends of a price that is not refused.
    function ends(uint256 word) internal pure returns (uint256 middle, uint256 low, uint256 high) {
        uint256 bandLow = (word >> 96) & type(uint32).max;
        uint256 bandHigh = (word >> 64) & type(uint32).max;
        middle = word >> 128;
        if (bandLow > PPB || middle == 0) revert PriceMalformed(word);
        // u128 * u33 cannot overflow.
        unchecked {
            low = middle * (PPB - bandLow) / PPB;
            high = (middle * (PPB + bandHigh) + (PPB - 1)) / PPB;
        }
        if (high >> 128 != 0) revert PriceMalformed(word);
    }

    /// The upper bound that a refused word keeps, 18 decimals.
    function refusedHigh(uint256 word) internal pure returns (uint256) {
        return ((word >> 32) & type(uint96).max) * 1e9;
    }

    function refused(uint256 word) internal pure returns (bool) {
        uint256 s = status(word);
        if (s < STATUS_REFUSED) return false;
        if (s > STATUS_REFUSED || mid(word) != 0) revert PriceMalformed(word);
        return true;
    }

    /// pricesHash of the attestation.
    function hash(uint256[] calldata words) internal pure returns (bytes32 result) {
        if (words.length <= FLAT_MAX) return _hash(words, 0, words.length);
        uint256 chunks = (words.length + CHUNK - 1) / CHUNK;
        bytes32[] memory list = new bytes32[](chunks);
        for (uint256 i = 0; i < chunks; i++) {
            uint256 first = i * CHUNK;
            uint256 left = words.length - first;
            list[i] = _hash(words, first, left < CHUNK ? left : CHUNK);
        }
        assembly ("memory-safe") {
            result := keccak256(add(list, 32), shl(5, chunks))
        }
    }

    function _hash(uint256[] calldata words, uint256 first, uint256 count)
        private
        pure
        returns (bytes32 result)
    {
        assembly ("memory-safe") {
            let p := mload(0x40)
            calldatacopy(p, add(words.offset, shl(5, first)), shl(5, count))
            result := keccak256(p, shl(5, count))
        }
    }
}
