// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {PPB, STATUS_OK} from "./Types.sol";
import {Prices} from "./Prices.sol";
import {Rules} from "./Rules.sol";
import {Vaults} from "./Vaults.sol";

/// The margin of a linear vault.  Pure; values are USD with 18 decimals.
///
/// All legs of one base factor stand at low, mid or high together.  S_f is what
/// is weighted of the collateral less what is weighted of the debt of factor f:
/// per leg V floor, V x factor floor, D ceil, D x weight ceil.
library Margin {
    error AssetBeyondRules(uint256 slot);
    error PriceNotOk(uint256 slot);
    error ValueTooLarge(uint256 slot);

    // A base factor's record in memory: its number, then what is gained at mid,
    // low and high, then what is owed at each.
    uint256 private constant RECORD = 7 * 32;
    uint256 private constant OWED = 3 * 32;

    /// Values end at 2^160 (18 decimals: 1.4e30 USD), so that no sum and no
    /// product of one with two factors wraps.
    uint256 private constant VALUE_BITS = 160;

    /// Sums over the factors, each at one end of its band.
    ///
    /// initial == false: the vault's best end, with liquidation thresholds.  It
    /// is liquidatable if and only if gain < owed.  A refused debt counts zero,
    /// a refused collateral at the upper bound its word keeps: so one atom of a
    /// refused asset cannot stop a liquidation, nor cause one.
    ///
    /// initial == true: the worst end, with loan-to-value factors; every price
    /// must be OK.  The owner may act if and only if gain >= owed afterwards.
    ///
    /// Of ends that are equally good, mid goes before low before high.
    function weigh(
        uint256 head,
        uint256[] memory amounts,
        uint256[] memory assets,
        uint256[] memory rows,
        uint256[] calldata prices,
        bool initial
    ) internal pure returns (uint256 gain, uint256 owed) {
        (uint256 first, uint256 end) = _sum(head, amounts, assets, rows, prices, initial);
        unchecked {
            for (uint256 p = first; p != end; p += RECORD) {
                (uint256 g, uint256 o) = (_load(p + 32), _load(p + 32 + OWED));
                (g, o) = _pick(g, o, _load(p + 64), _load(p + 64 + OWED), initial);
                (g, o) = _pick(g, o, _load(p + 96), _load(p + 96 + OWED), initial);
                gain += g;
                owed += o;
            }
        }
    }

    /// The first unless the second is strictly better (or worse).
    function _pick(uint256 g1, uint256 o1, uint256 g2, uint256 o2, bool worse)
        private
        pure
        returns (uint256, uint256)
    {
        unchecked {
            (uint256 one, uint256 two) = (g1 + o2, g2 + o1);
            return (worse ? two < one : two > one) ? (g2, o2) : (g1, o1);
        }
    }

    /// One record a base factor, from first to end, in free memory.
    function _sum(
        uint256 head,
        uint256[] memory amounts,
        uint256[] memory assets,
        uint256[] memory rows,
        uint256[] calldata prices,
        bool initial
    ) private pure returns (uint256 first, uint256 end) {
        assembly ("memory-safe") {
            first := mload(0x40)
            // Room for a factor a leg.
            mstore(0x40, add(first, mul(mload(amounts), RECORD)))
        }
        end = first;
        unchecked {
            for (uint256 i = 0; i < amounts.length; i++) {
                uint256 which = Vaults.leg(head, i);
                uint256 slot = which & 0xff;
                // Also what makes the unchecked reads below safe: there are as
                // many rows and prices as assets.
                if (slot >= assets.length) revert AssetBeyondRules(slot);
                uint256 row = word(rows, slot);
                bool debt = which & Vaults.DEBT != 0;
                (uint256 mid, uint256 low, uint256 high) = _ends(wordOf(prices, slot), debt, initial, slot);
                uint256 unit = 10 ** Rules.decimals(word(assets, slot));
                uint256 amount = word(amounts, i);
                uint256 p = _record(first, end, Rules.baseFactor(row));
                if (p == end) end += RECORD;
                if (debt) {
                    uint256 weight = Rules.debtWeight(row);
                    _grow(p + 32 + OWED, _owes(amount * mid, unit, weight, slot));
                    _grow(p + 64 + OWED, _owes(amount * low, unit, weight, slot));
                    _grow(p + 96 + OWED, _owes(amount * high, unit, weight, slot));
                } else {
                    uint256 weight = initial ? Rules.ltv(row) : Rules.liquidationThreshold(row);
                    _grow(p + 32, _gains(amount * mid, unit, weight, slot));
                    _grow(p + 64, _gains(amount * low, unit, weight, slot));
                    _grow(p + 96, _gains(amount * high, unit, weight, slot));
                }
            }
        }
    }

    /// The prices of one leg, each below 2^128, as are amounts.
    function _ends(uint256 price, bool debt, bool initial, uint256 slot)
        private
        pure
        returns (uint256 mid, uint256 low, uint256 high)
    {
        if (Prices.refused(price)) {
            if (initial) revert PriceNotOk(slot);
            if (!debt) mid = low = high = Prices.refusedHigh(price);
            return (mid, low, high);
        }
        if (initial && Prices.status(price) != STATUS_OK) revert PriceNotOk(slot);
        (mid, low, high) = Prices.ends(price);
    }

    /// V floor, V x weight floor; product is amount x price.
    function _gains(uint256 product, uint256 unit, uint256 weight, uint256 slot)
        private
        pure
        returns (uint256 v)
    {
        unchecked {
            v = product / unit;
            if (v >> VALUE_BITS != 0) revert ValueTooLarge(slot);
            v = v * weight / PPB;
        }
    }

    /// D ceil, D x weight ceil.
    function _owes(uint256 product, uint256 unit, uint256 weight, uint256 slot)
        private
        pure
        returns (uint256 d)
    {
        unchecked {
            d = _ceil(product, unit);
            if (d >> VALUE_BITS != 0) revert ValueTooLarge(slot);
            d = _ceil(d * weight, PPB);
        }
    }

    function _ceil(uint256 a, uint256 b) private pure returns (uint256 c) {
        assembly ("memory-safe") {
            c := add(div(a, b), iszero(iszero(mod(a, b))))
        }
    }

    /// The record of factor f; a new one, zeroed, at end.
    function _record(uint256 first, uint256 end, uint256 f) private pure returns (uint256 p) {
        assembly ("memory-safe") {
            p := first
            for {} and(lt(p, end), iszero(eq(mload(p), f))) { p := add(p, RECORD) } {}
            if eq(p, end) {
                mstore(p, f)
                // Past the end of calldata lie zeros.
                calldatacopy(add(p, 32), calldatasize(), 192)
            }
        }
    }

    function _load(uint256 p) private pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := mload(p)
        }
    }

    function _grow(uint256 p, uint256 value) private pure {
        assembly ("memory-safe") {
            mstore(p, add(mload(p), value))
        }
    }

    /// list[i] without its bounds check: the caller has made it.
    function word(uint256[] memory list, uint256 i) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := mload(add(add(list, 32), shl(5, i)))
        }
    }

    function wordOf(uint256[] calldata list, uint256 i) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := calldataload(add(list.offset, shl(5, i)))
        }
    }

    /// What a liquidation moves, from mid prices of both legs.
    struct Exchange {
        uint256 collateral; // atoms in the vault
        uint256 debt; // atoms owed
        uint256 collateralAsset; // asset words
        uint256 debtAsset;
        uint256 collateralRow; // rules rows
        uint256 debtRow;
        uint256 collateralPrice; // mid
        uint256 debtPrice;
    }

    error DustLeft(uint256 value);
    error NothingToRepay();

    /// Atoms to repay and to seize.  repay = min(asked, cap, debt); seize floor.
    /// Where the collateral does not reach, it is all seized and the repayment
    /// that it covers is rounded up.  The close factor is 1 when seizing this
    /// collateral cannot heal the vault, or when it would leave dust; a call
    /// that leaves dust without the clamp is refused.
    function exchange(Exchange memory x, uint256 gain, uint256 owed, uint256 asked)
        internal
        pure
        returns (uint256 repaid, uint256 seized)
    {
        uint256 over = PPB + Rules.bonus(x.collateralRow);
        uint256 under = PPB;
        uint256 dust = Rules.dust(x.debtRow);
        uint256 dc = Rules.decimals(x.collateralAsset);
        uint256 dd = Rules.decimals(x.debtAsset);
        uint256 cap = x.debt;
        unchecked {
            // HF x weight > (1 + bonus) x LT, HF = gain / owed.
            if (
                gain * Rules.debtWeight(x.debtRow) * PPB
                    > owed * over * Rules.liquidationThreshold(x.collateralRow)
            ) {
                cap = _ceil(x.debt * Rules.closeFactor(x.debtRow), PPB);
                if (_ceil((x.debt - cap) * x.debtPrice, 10 ** dd) < dust) cap = x.debt;
            }
        }
        repaid = Math.min(asked, cap);
        if (repaid == 0) revert NothingToRepay();

        // seized = repaid x (debt price x over) / (collateral price x under)
        if (dc > dd) over *= 10 ** (dc - dd);
        else under *= 10 ** (dd - dc);
        over *= x.debtPrice;
        under *= x.collateralPrice;
        (uint256 top, uint256 low) = Math.mul512(repaid, over);
        if (top == 0) seized = low / under;
        else seized = top >= under ? type(uint256).max : Math.mulDiv(repaid, over, under);
        if (seized > x.collateral) {
            seized = x.collateral;
            repaid = Math.mulDiv(seized, under, over, Math.Rounding.Ceil);
        } else if (repaid < x.debt && seized < x.collateral) {
            uint256 left = _ceil((x.debt - repaid) * x.debtPrice, 10 ** dd);
            if (left < dust) revert DustLeft(left);
        }
    }
}
