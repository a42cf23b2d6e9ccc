// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {LEGS_MAX} from "./Types.sol";

/// One vault.  legs holds two amounts (u128 atoms) a word, so that one
/// collateral and one debt cost one slot.
///
/// head, high bits first: nonce u48 | liquidations u48 | mode u8 | flags u8
/// (open, linear, and the leg count in the low five bits) | 16 legs of 9 bits
/// (side, then asset slot), leg 0 lowest.
struct Vault {
    uint256 head;
    uint256[LEGS_MAX / 2] legs;
    address owner;
    uint256 index;
}

library Vaults {
    uint256 private constant NONCE = 208;
    uint256 private constant LIQUIDATIONS = 160;
    uint256 private constant MODE = 152;
    uint256 private constant FLAGS = 144;
    uint256 private constant OPEN = 0x80;
    uint256 private constant LINEAR = 0x40;
    uint256 private constant COUNT = 0x1f;
    uint256 private constant LEG = 0x1ff;
    uint256 internal constant DEBT = 0x100; // the side bit of a leg's nine
    uint256 private constant M48 = type(uint48).max;
    uint256 private constant M128 = type(uint128).max;

    error CounterExhausted();
    error AmountTooLarge(uint256 amount);
    error TooManyLegs();

    function create(uint256 mode_) internal pure returns (uint256) {
        return (mode_ << MODE) | ((OPEN | LINEAR) << FLAGS);
    }

    function isOpen(uint256 head) internal pure returns (bool) {
        return (head >> FLAGS) & OPEN != 0;
    }

    function isLinear(uint256 head) internal pure returns (bool) {
        return (head >> FLAGS) & LINEAR != 0;
    }

    function count(uint256 head) internal pure returns (uint256) {
        return (head >> FLAGS) & COUNT;
    }

    function mode(uint256 head) internal pure returns (uint256) {
        return (head >> MODE) & 0xff;
    }

    function nonce(uint256 head) internal pure returns (uint256) {
        return head >> NONCE;
    }

    function liquidations(uint256 head) internal pure returns (uint256) {
        return (head >> LIQUIDATIONS) & M48;
    }

    /// Side and slot of leg i.
    function leg(uint256 head, uint256 i) internal pure returns (uint256) {
        unchecked {
            return (head >> (9 * i)) & LEG; // i is below LEGS_MAX
        }
    }

    function withNonce(uint256 head) internal pure returns (uint256) {
        if (nonce(head) == M48) revert CounterExhausted();
        return head + (1 << NONCE);
    }

    function withLiquidation(uint256 head) internal pure returns (uint256) {
        if (liquidations(head) == M48) revert CounterExhausted();
        return head + (1 << LIQUIDATIONS);
    }

    /// The index of a leg, or the leg count if the vault has none such.
    function find(uint256 head, uint256 wanted) internal pure returns (uint256 i) {
        uint256 n = count(head);
        for (i = 0; i < n; i++) {
            if (leg(head, i) == wanted) break;
        }
    }

    function hasDebt(uint256 head) internal pure returns (bool) {
        uint256 n = count(head);
        for (uint256 i = 0; i < n; i++) {
            if (leg(head, i) & DEBT != 0) return true;
        }
        return false;
    }

    function amount(Vault storage v, uint256 i) internal view returns (uint256) {
        return (_pair(v, i) >> ((i & 1) << 7)) & M128;
    }

    function amounts(Vault storage v, uint256 head) internal view returns (uint256[] memory list) {
        uint256 n = count(head);
        uint256[LEGS_MAX / 2] storage pairs = v.legs;
        assembly ("memory-safe") {
            list := mload(0x40)
            mstore(list, n)
            let p := add(list, 32)
            // An odd count writes one word more, so the room is even.
            mstore(0x40, add(p, shl(6, shr(1, add(n, 1)))))
            for { let i := 0 } lt(i, n) { i := add(i, 2) } {
                let pair := sload(add(pairs.slot, shr(1, i)))
                mstore(p, and(pair, 0xffffffffffffffffffffffffffffffff))
                mstore(add(p, 32), shr(128, pair))
                p := add(p, 64)
            }
        }
    }

    /// Adds a leg behind the last one.
    function add(Vault storage v, uint256 head, uint256 which, uint256 value) internal returns (uint256) {
        uint256 i = count(head);
        if (i == LEGS_MAX) revert TooManyLegs();
        _store(v, i, value);
        return (head | (which << (9 * i))) + (1 << FLAGS);
    }

    /// Sets leg i; a leg of zero goes, and the last one takes its place.
    function set(Vault storage v, uint256 head, uint256 i, uint256 value) internal returns (uint256) {
        if (value != 0) {
            _store(v, i, value);
            return head;
        }
        uint256 last = count(head) - 1;
        uint256 moved = leg(head, last);
        if (i != last) _store(v, i, amount(v, last));
        _store(v, last, 0);
        head &= ~(LEG << (9 * last));
        if (i != last) head = (head & ~(LEG << (9 * i))) | (moved << (9 * i));
        return head - (1 << FLAGS);
    }

    function _store(Vault storage v, uint256 i, uint256 value) private {
        if (value > M128) revert AmountTooLarge(value);
        uint256 shift = (i & 1) << 7;
        uint256 pair = (_pair(v, i) & ~(M128 << shift)) | (value << shift);
        assembly ("memory-safe") {
            sstore(add(add(v.slot, 1), shr(1, i)), pair)
        }
    }

    // legs starts one slot behind head; a leg's index is below LEGS_MAX.
    function _pair(Vault storage v, uint256 i) private view returns (uint256 pair) {
        assembly ("memory-safe") {
            pair := sload(add(add(v.slot, 1), shr(1, i)))
        }
    }
}
