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
    /// Of one base factor, at the three ends.
    struct Ends {
        uint256 factor;
        uint256 midGain;
        uint256 lowGain;
        uint256 highGain;
        uint256 midOwed;
        uint256 lowOwed;
        uint256 highOwed;
    }

    error AssetBeyondRules(uint256 slot);
    error PriceNotOk(uint256 slot);

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
        (Ends[] memory sums, uint256 used) = _sum(head, amounts, assets, rows, prices, initial);
        for (uint256 i = 0; i < used; i++) {
            Ends memory e = sums[i];
            (uint256 g, uint256 o) = _pick(e.midGain, e.midOwed, e.lowGain, e.lowOwed, initial);
            (g, o) = _pick(g, o, e.highGain, e.highOwed, initial);
            gain += g;
            owed += o;
        }
    }

    /// The first unless the second is strictly better (or worse).
    function _pick(uint256 g1, uint256 o1, uint256 g2, uint256 o2, bool worse)
        private
        pure
        returns (uint256, uint256)
    {
        (uint256 first, uint256 second) = (g1 + o2, g2 + o1);
        return (worse ? second < first : second > first) ? (g2, o2) : (g1, o1);
    }

    function _sum(
        uint256 head,
        uint256[] memory amounts,
        uint256[] memory assets,
        uint256[] memory rows,
        uint256[] calldata prices,
        bool initial
    ) private pure returns (Ends[] memory sums, uint256 used) {
        uint256 count = amounts.length;
        sums = new Ends[](count);
        for (uint256 i = 0; i < count; i++) {
            uint256 which = Vaults.leg(head, i);
            uint256 slot = which & 0xff;
            if (slot >= assets.length) revert AssetBeyondRules(slot);
            uint256 row = rows[slot];
            uint256 word = prices[slot];
            bool debt = which & Vaults.DEBT != 0;

            uint256 mid;
            uint256 low;
            uint256 high;
            if (initial) {
                if (Prices.status(word) != STATUS_OK || Prices.mid(word) == 0) revert PriceNotOk(slot);
                (mid, low, high) = Prices.ends(word);
            } else if (!Prices.refused(word)) {
                (mid, low, high) = Prices.ends(word);
            } else if (!debt) {
                high = Prices.refusedHigh(word);
                (mid, low) = (high, high);
            }

            uint256 f = Rules.baseFactor(row);
            uint256 j = 0;
            while (j < used && sums[j].factor != f) j++;
            Ends memory e = sums[j];
            if (j == used) {
                e.factor = f;
                used++;
            }
            uint256 unit = 10 ** Rules.decimals(assets[slot]);
            if (debt) {
                uint256 weight = Rules.debtWeight(row);
                e.midOwed += owes(amounts[i], mid, unit, weight);
                e.lowOwed += owes(amounts[i], low, unit, weight);
                e.highOwed += owes(amounts[i], high, unit, weight);
            } else {
                uint256 weight = initial ? Rules.ltv(row) : Rules.liquidationThreshold(row);
                e.midGain += gains(amounts[i], mid, unit, weight);
                e.lowGain += gains(amounts[i], low, unit, weight);
                e.highGain += gains(amounts[i], high, unit, weight);
            }
        }
    }

    function gains(uint256 amount, uint256 price, uint256 unit, uint256 weight) internal pure returns (uint256) {
        return amount * price / unit * weight / PPB;
    }

    function owes(uint256 amount, uint256 price, uint256 unit, uint256 weight) internal pure returns (uint256) {
        return Math.ceilDiv(Math.ceilDiv(amount * price, unit) * weight, PPB);
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
        uint256 bonus = PPB + Rules.bonus(x.collateralRow);
        uint256 dust = Rules.dust(x.debtRow);
        uint256 unit = 10 ** Rules.decimals(x.debtAsset);
        uint256 cap = x.debt;
        // HF x weight > (1 + bonus) x LT with HF = gain / owed.
        if (
            gain * Rules.debtWeight(x.debtRow) * PPB
                > owed * bonus * Rules.liquidationThreshold(x.collateralRow)
        ) {
            cap = Math.ceilDiv(x.debt * Rules.closeFactor(x.debtRow), PPB);
            if (Math.ceilDiv((x.debt - cap) * x.debtPrice, unit) < dust) cap = x.debt;
        }
        repaid = Math.min(asked, cap);
        if (repaid == 0) revert NothingToRepay();

        uint256 over = bonus;
        uint256 under = PPB;
        uint256 dc = Rules.decimals(x.collateralAsset);
        uint256 dd = Rules.decimals(x.debtAsset);
        if (dc > dd) over *= 10 ** (dc - dd);
        else under *= 10 ** (dd - dc);
        // seized = repaid x (debt price x over) / (collateral price x under)
        over *= x.debtPrice;
        under *= x.collateralPrice;
        seized = _floorOr(repaid, over, under, x.collateral);
        if (seized > x.collateral) {
            seized = x.collateral;
            repaid = Math.mulDiv(seized, under, over, Math.Rounding.Ceil);
            return (repaid, seized);
        }
        if (repaid < x.debt && seized < x.collateral) {
            uint256 value = Math.ceilDiv((x.debt - repaid) * x.debtPrice, unit);
            if (value < dust) revert DustLeft(value);
        }
    }

    /// floor(a x b / c), or more than bound where that does not fit a word.
    function _floorOr(uint256 a, uint256 b, uint256 c, uint256 bound) private pure returns (uint256) {
        (uint256 high,) = Math.mul512(a, b);
        return high >= c ? bound + 1 : Math.mulDiv(a, b, c);
    }
}
