// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Charter} from "./Charter.sol";
import {PPB} from "./Types.sol";

/// The rules blob and its words.
///
/// Word 0: version u8 = 1, assets n u8, modes m u8, 29 zero bytes.  Then n asset
/// words: token 20 bytes, decimals u8, 11 zero bytes.  Then m * n rows, mode by
/// mode: ltv, liquidationThreshold, bonus, closeFactor, debtWeight u32 each in
/// ppb, baseFactor u8, dust u88 in USD with 18 decimals.  High bytes first.
/// Asset slot i is slot i of the price vector.
library Rules {
    uint256 internal constant VERSION = 1;
    uint256 internal constant DECIMALS_MAX = 30;
    uint256 private constant M32 = type(uint32).max;

    error RulesLength(uint256 length);
    error RulesVersion(uint256 version);
    error RulesPadding(uint256 word);
    error RulesToken(uint256 slot);
    error RulesDuplicateToken(uint256 slot);
    error RulesDecimals(uint256 slot);
    error RulesLtv(uint256 row);
    error RulesThreshold(uint256 row);
    error RulesBonus(uint256 row);
    error RulesCloseFactor(uint256 row);
    error RulesDebtWeight(uint256 row);
    error RulesReordered(uint256 slot);
    error UnknownMode(uint256 mode);
    error UnknownToken(address token);

    function ltv(uint256 row) internal pure returns (uint256) {
        return row >> 224;
    }

    function liquidationThreshold(uint256 row) internal pure returns (uint256) {
        return (row >> 192) & M32;
    }

    function bonus(uint256 row) internal pure returns (uint256) {
        return (row >> 160) & M32;
    }

    function closeFactor(uint256 row) internal pure returns (uint256) {
        return (row >> 128) & M32;
    }

    function debtWeight(uint256 row) internal pure returns (uint256) {
        return (row >> 96) & M32;
    }

    function baseFactor(uint256 row) internal pure returns (uint256) {
        return (row >> 88) & 0xff;
    }

    function dust(uint256 row) internal pure returns (uint256) {
        return row & type(uint88).max;
    }

    function token(uint256 asset) internal pure returns (address) {
        return address(uint160(asset >> 96));
    }

    function decimals(uint256 asset) internal pure returns (uint256) {
        return (asset >> 88) & 0xff;
    }

    /// The asset words and one mode's rows of the rules in a charter.
    function load(address charter, uint256 mode)
        internal
        view
        returns (uint256[] memory assets, uint256[] memory rows)
    {
        uint256 start = Charter.rulesOffset(charter);
        (uint256 n, uint256 m) = _counts(charter, start);
        if (mode >= m) revert UnknownMode(mode);
        unchecked {
            // Below the size of a contract's code.
            assets = Charter.words(charter, start + 32, n);
            rows = Charter.words(charter, start + 32 * (1 + n + mode * n), n);
        }
    }

    function modes(address charter) internal view returns (uint256 m) {
        (, m) = _counts(charter, Charter.rulesOffset(charter));
    }

    /// The slot of a token; the asset word with it.
    function slotOf(address charter, address wanted) internal view returns (uint256 slot) {
        uint256 start = Charter.rulesOffset(charter);
        (uint256 n,) = _counts(charter, start);
        uint256[] memory assets = Charter.words(charter, start + 32, n);
        for (slot = 0; slot < n; slot++) {
            if (token(assets[slot]) == wanted) return slot;
        }
        revert UnknownToken(wanted);
    }

    function blob(address charter) internal view returns (bytes memory data) {
        uint256 start = Charter.rulesOffset(charter);
        assembly ("memory-safe") {
            let size := sub(extcodesize(charter), start)
            data := mload(0x40)
            mstore(data, size)
            extcodecopy(charter, add(data, 32), start, size)
            mstore(0x40, and(add(add(data, size), 63), not(31)))
        }
    }

    /// Reverts by name unless the blob is well formed.
    function check(bytes memory data) internal view {
        if (data.length < 32 || data.length % 32 != 0) revert RulesLength(data.length);
        uint256 head = _word(data, 0);
        uint256 n = (head >> 240) & 0xff;
        uint256 m = (head >> 232) & 0xff;
        if (head >> 248 != VERSION) revert RulesVersion(head >> 248);
        if (head << 24 != 0) revert RulesPadding(0);
        if (n == 0 || m == 0 || data.length != 32 * (1 + n + m * n)) revert RulesLength(data.length);
        for (uint256 i = 0; i < n; i++) {
            _checkAsset(data, i);
        }
        for (uint256 i = 0; i < n * m; i++) {
            _checkRow(_word(data, 1 + n + i), i);
        }
    }

    /// A leg names its asset by slot, and a header may still bind the rules
    /// before: so slots and modes may be added, never moved or taken away.
    function checkSuccessor(bytes memory next, bytes memory current) internal pure {
        uint256 n = (_word(current, 0) >> 240) & 0xff;
        uint256 m = (_word(current, 0) >> 232) & 0xff;
        if (((_word(next, 0) >> 240) & 0xff) < n) revert RulesReordered(n);
        if (((_word(next, 0) >> 232) & 0xff) < m) revert UnknownMode(m - 1);
        for (uint256 i = 1; i <= n; i++) {
            if (_word(next, i) != _word(current, i)) revert RulesReordered(i - 1);
        }
    }

    function _checkAsset(bytes memory data, uint256 slot) private view {
        uint256 asset = _word(data, 1 + slot);
        address account = token(asset);
        if (asset << 168 != 0) revert RulesPadding(1 + slot);
        if (account == address(0)) revert RulesToken(slot);
        if (decimals(asset) > DECIMALS_MAX) revert RulesDecimals(slot);
        for (uint256 j = 0; j < slot; j++) {
            if (token(_word(data, 1 + j)) == account) revert RulesDuplicateToken(slot);
        }
        // A wrong scale is the cause of incidents R23 and R24: ask the token.
        (bool ok, bytes memory answer) = account.staticcall(abi.encodeWithSignature("decimals()"));
        if (ok && answer.length >= 32 && abi.decode(answer, (uint256)) != decimals(asset)) {
            revert RulesDecimals(slot);
        }
    }

    function _checkRow(uint256 row, uint256 index) private pure {
        if (liquidationThreshold(row) > PPB) revert RulesThreshold(index);
        if (ltv(row) > liquidationThreshold(row)) revert RulesLtv(index);
        // A vault on its threshold must still be able to pay the bonus.
        if (bonus(row) > PPB || liquidationThreshold(row) * (PPB + bonus(row)) > PPB * PPB) {
            revert RulesBonus(index);
        }
        if (closeFactor(row) == 0 || closeFactor(row) > PPB) revert RulesCloseFactor(index);
        if (debtWeight(row) < PPB) revert RulesDebtWeight(index);
    }

    function _counts(address charter, uint256 start) private view returns (uint256 n, uint256 m) {
        uint256 head;
        assembly ("memory-safe") {
            extcodecopy(charter, 0, start, 32)
            head := mload(0)
        }
        n = (head >> 240) & 0xff;
        m = (head >> 232) & 0xff;
    }

    function _word(bytes memory data, uint256 i) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := mload(add(add(data, 32), shl(5, i)))
        }
    }
}
