// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Charter, Law} from "./Charter.sol";
import {Rules} from "./Rules.sol";
import {SIGNERS_MAX} from "./Types.sol";

/// Checks and writes charters.  Without state or rights: it turns words into
/// code, and only the clearing contract decides which charter is in force.
/// Apart from it because the two together exceed the size of one contract.
contract Registrar {
    error SignersCount(uint256 count);
    error SignersOrder(uint256 position);
    error ThresholdTooLow(uint256 threshold);

    /// The first charter.  anyThreshold waives 2k > n + faulty.
    function found(
        bytes calldata blob,
        address[] calldata signers,
        uint256 k,
        uint256 faulty,
        bool anyThreshold
    ) external returns (address) {
        _checkSigners(signers, k, faulty, anyThreshold);
        Rules.check(blob);
        return Charter.write(k, signers, 0, address(0), bytes32(0), blob);
    }

    /// The same rules under another table.
    function rotate(address charter, address[] calldata signers, uint256 k, uint256 faulty, bool anyThreshold)
        external
        returns (address)
    {
        _checkSigners(signers, k, faulty, anyThreshold);
        Law memory law = Charter.read(charter);
        return Charter.write(
            k, signers, Charter.since(law), Charter.previous(law), law.previousHash, Rules.blob(charter)
        );
    }

    /// Rules that wait: a charter without signers.
    function propose(address charter, bytes calldata blob) external returns (address) {
        Rules.check(blob);
        Rules.checkSuccessor(blob, Rules.blob(charter));
        return Charter.write(0, new address[](0), 0, address(0), bytes32(0), blob);
    }

    /// The present table under the rules that waited, in force from now on.
    function activate(address charter, address waiting) external returns (address) {
        Law memory law = Charter.read(charter);
        return Charter.write(
            Charter.threshold(law),
            Charter.signerTable(law),
            block.timestamp,
            charter,
            law.rulesHash,
            Rules.blob(waiting)
        );
    }

    function _checkSigners(address[] calldata signers, uint256 k, uint256 faulty, bool anyThreshold)
        private
        pure
    {
        uint256 n = signers.length;
        if (n == 0 || n > SIGNERS_MAX) revert SignersCount(n);
        if (k == 0 || k > n || (!anyThreshold && 2 * k <= n + faulty)) revert ThresholdTooLow(k);
        address last = address(0);
        for (uint256 i = 0; i < n; i++) {
            if (signers[i] <= last) revert SignersOrder(i);
            last = signers[i];
        }
    }
}
