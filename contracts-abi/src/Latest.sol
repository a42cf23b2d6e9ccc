// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// What the contract remembers of the latest header beside its digest, one
/// word: sequence u64 | asOf u64 | lastRefusal u64 (asOf of the last REFUSED
/// header stored) | status u8 | paused, lowest bits first.
library Latest {
    uint256 private constant M64 = type(uint64).max;
    uint256 private constant PAUSED = 1 << 200;

    function sequence(uint256 word) internal pure returns (uint256) {
        return word & M64;
    }

    function asOf(uint256 word) internal pure returns (uint256) {
        return (word >> 64) & M64;
    }

    function lastRefusal(uint256 word) internal pure returns (uint256) {
        return (word >> 128) & M64;
    }

    function status(uint256 word) internal pure returns (uint256) {
        return (word >> 192) & 0xff;
    }

    function isPaused(uint256 word) internal pure returns (bool) {
        return word & PAUSED != 0;
    }

    function pack(uint256 sequence_, uint256 asOf_, uint256 lastRefusal_, uint256 status_)
        internal
        pure
        returns (uint256)
    {
        return sequence_ | (asOf_ << 64) | (lastRefusal_ << 128) | (status_ << 192);
    }

    function withPause(uint256 word) internal pure returns (uint256) {
        return word | PAUSED;
    }

    function withoutPause(uint256 word) internal pure returns (uint256) {
        return word & ~PAUSED;
    }
}
