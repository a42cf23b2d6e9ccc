// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {MockERC20} from "./MockERC20.sol";

/// Keeps a part of what is transferred; off until a fee is set.
contract FeeToken is MockERC20 {
    uint256 public fee;
    bool public onTop; // taken from the sender beside the amount

    constructor() MockERC20("Fee", "FEE", 18) {}

    function setFee(uint256 fee_, bool onTop_) external {
        (fee, onTop) = (fee_, onTop_);
    }

    function _update(address from, address to, uint256 value) internal override {
        if (from == address(0) || to == address(0) || fee == 0) return super._update(from, to, value);
        super._update(from, to, onTop ? value : value - fee);
        super._update(from, address(0xFEE), fee);
    }
}

/// Calls somebody in the middle of a transfer, as a token with hooks would.
contract HookToken is MockERC20 {
    address public target;
    bytes public data;
    bytes4 public answer; // selector with which the call reverted
    bool public succeeded;

    constructor() MockERC20("Hook", "HOOK", 18) {}

    function setHook(address target_, bytes calldata data_) external {
        (target, data, answer, succeeded) = (target_, data_, 0, false);
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (target == address(0)) return;
        (bool ok, bytes memory result) = target.call(data);
        succeeded = ok;
        if (!ok && result.length >= 4) answer = bytes4(result);
    }
}
