// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// What is lent out waits here, apart from the collateral: the lender can
/// never take a vault's tokens, and the balance is the account, so that a
/// repayment costs no storage word of its own.
contract MarginPool {
    using SafeERC20 for IERC20;

    address public immutable clearing;

    error NotClearing(address caller);

    constructor() {
        clearing = msg.sender;
    }

    function pay(IERC20 token, address to, uint256 amount) external {
        if (msg.sender != clearing) revert NotClearing(msg.sender);
        token.safeTransfer(to, amount);
    }
}
