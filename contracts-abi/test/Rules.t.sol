// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Bed} from "./Bed.sol";
import "../src/Types.sol";
import {Charter} from "../src/Charter.sol";
import {MarginClearing} from "../src/MarginClearing.sol";
import {Rules} from "../src/Rules.sol";
import {MockERC20} from "./MockERC20.sol";

/// The rules blob, its timelock, and which rules bind a header.
contract RulesTest is Bed {
    event RulesActivated(bytes32 rulesHash, uint64 since);

    bytes private one; // a row that is good

    function setUp() public override {
        super.setUp();
        one = row(800_000_000, 825_000_000, 50_000_000, 500_000_000, 1e9, 0, 100e18);
    }

    function _found(bytes memory rules, bytes4 name) private {
        createNamed(rules, 3, ordinary(), name);
    }

    function _single(bytes memory assetWord, bytes memory row_) private pure returns (bytes memory) {
        return abi.encodePacked(head(1, 1, 1), assetWord, row_);
    }

    function test_blob__is_kept_whole() public view {
        bytes memory rules = blob();
        same(keccak256(clearing.rules()), keccak256(rules), "blob");
        same(clearing.rulesHash(), keccak256(rules), "hash");
        same(clearing.book(), BOOK, "book");
    }

    function test_blob__refuses_length_version_padding() public {
        bytes memory a = asset(ETH);
        _found("", Rules.RulesLength.selector);
        _found(new bytes(31), Rules.RulesLength.selector);
        _found(abi.encodePacked(_single(a, one), hex"00"), Rules.RulesLength.selector);
        _found(abi.encodePacked(_single(a, one), bytes32(0)), Rules.RulesLength.selector);
        _found(abi.encodePacked(head(1, 1, 2), a, one), Rules.RulesLength.selector);
        _found(abi.encodePacked(head(1, 0, 1)), Rules.RulesLength.selector);
        _found(abi.encodePacked(head(1, 1, 0), a), Rules.RulesLength.selector);
        _found(abi.encodePacked(head(0, 1, 1), a, one), Rules.RulesVersion.selector);
        _found(abi.encodePacked(head(2, 1, 1), a, one), Rules.RulesVersion.selector);
        _found(
            abi.encodePacked(uint8(1), uint8(1), uint8(1), bytes29(uint232(1)), a, one),
            Rules.RulesPadding.selector
        );
        _found(
            _single(abi.encodePacked(address(tokens[ETH]), uint8(18), bytes11(uint88(1))), one),
            Rules.RulesPadding.selector
        );
    }

    function test_blob__refuses_bad_assets() public {
        _found(_single(abi.encodePacked(address(0), uint8(18), bytes11(0)), one), Rules.RulesToken.selector);
        _found(
            _single(abi.encodePacked(address(1234), uint8(31), bytes11(0)), one), Rules.RulesDecimals.selector
        );
        // What the token itself says, where it says something.
        _found(
            _single(abi.encodePacked(address(tokens[ETH]), uint8(8), bytes11(0)), one),
            Rules.RulesDecimals.selector
        );
        bytes memory eth = asset(ETH);
        _found(abi.encodePacked(head(1, 2, 1), eth, eth, one, one), Rules.RulesDuplicateToken.selector);
        MockERC20 wide = new MockERC20("W", "W", 30);
        create(_single(abi.encodePacked(address(wide), uint8(30), bytes11(0)), one), 3, ordinary());
    }

    function test_blob__refuses_bad_rows() public {
        bytes memory a = asset(ETH);
        _found(_single(a, row(9e8, 1e9 + 1, 0, 5e8, 1e9, 0, 0)), Rules.RulesThreshold.selector);
        _found(_single(a, row(8e8 + 1, 8e8, 0, 5e8, 1e9, 0, 0)), Rules.RulesLtv.selector);
        // 0.8 x 1.25 = 1 is the end.
        _found(_single(a, row(8e8, 8e8, 250_000_001, 5e8, 1e9, 0, 0)), Rules.RulesBonus.selector);
        _found(_single(a, row(0, 0, 1e9 + 1, 5e8, 1e9, 0, 0)), Rules.RulesBonus.selector);
        _found(_single(a, row(8e8, 8e8, 0, 0, 1e9, 0, 0)), Rules.RulesCloseFactor.selector);
        _found(_single(a, row(8e8, 8e8, 0, 1e9 + 1, 1e9, 0, 0)), Rules.RulesCloseFactor.selector);
        _found(_single(a, row(8e8, 8e8, 0, 5e8, 1e9 - 1, 0, 0)), Rules.RulesDebtWeight.selector);
        create(
            _single(a, row(8e8, 8e8, 250_000_000, 1e9, type(uint32).max, 255, type(uint88).max)),
            3,
            ordinary()
        );
    }

    function test_blob__refuses_more_than_one_accounts_code() public {
        bytes memory words;
        bytes memory rows;
        for (uint256 i = 0; i < 100; i++) {
            words = abi.encodePacked(words, address(uint160(i + 1000)), uint8(18), bytes11(0));
            rows = abi.encodePacked(rows, one);
        }
        bytes memory many = rows;
        for (uint256 i = 0; i < 6; i++) {
            many = abi.encodePacked(many, rows);
        }
        _found(abi.encodePacked(head(1, 100, 7), words, many), Charter.CharterTooLong.selector);
    }

    // ---- timelock

    function _next(uint32 lt) private view returns (bytes memory rules) {
        rules = blob();
        // The first row's liquidation threshold.
        bytes4 v = bytes4(lt);
        for (uint256 i = 0; i < 4; i++) {
            rules[32 * (1 + ASSETS) + 4 + i] = v[i];
        }
    }

    function test_rules__wait_behind_the_timelock() public {
        bytes memory next = _next(810_000_000);
        vm.prank(ALICE);
        vm.expectPartialRevert(0x118cdaa7);
        clearing.proposeRules(next);
        vm.expectPartialRevert(MarginClearing.RulesNotProposed.selector);
        clearing.activateRules();
        clearing.proposeRules(next);
        (bytes memory waiting, uint64 readyAt) = clearing.pendingRules();
        same(keccak256(waiting), keccak256(next), "pending");
        same(readyAt, START + 3600, "ready");
        vm.warp(START + 3599);
        vm.expectPartialRevert(MarginClearing.RulesNotReady.selector);
        clearing.activateRules();
        vm.warp(START + 3600);
        vm.prank(ALICE);
        vm.expectPartialRevert(0x118cdaa7);
        clearing.activateRules();
        bytes32 before = clearing.rulesHash();
        vm.expectEmit(true, true, true, true, address(clearing));
        emit RulesActivated(keccak256(next), uint64(START + 3600));
        clearing.activateRules();
        same(clearing.rulesHash(), keccak256(next), "in force");
        same(keccak256(clearing.rules()), keccak256(next), "kept");
        (uint64 since, bytes32 previous) = clearing.rulesSince();
        same(since, START + 3600, "since");
        same(previous, before, "previous");
        same(clearing.threshold(), 3, "signers unchanged");
        same(clearing.signerTable().length, 5, "signers unchanged");
        vm.expectPartialRevert(MarginClearing.RulesNotProposed.selector);
        clearing.activateRules();
    }

    function test_rules__can_be_cancelled() public {
        clearing.proposeRules(_next(810_000_000));
        vm.prank(ALICE);
        vm.expectPartialRevert(0x118cdaa7);
        clearing.cancelRules();
        clearing.cancelRules();
        vm.warp(START + 3600);
        vm.expectPartialRevert(MarginClearing.RulesNotProposed.selector);
        clearing.activateRules();
        vm.expectPartialRevert(MarginClearing.RulesNotProposed.selector);
        clearing.cancelRules();
    }

    function test_rules__header_binds_those_in_force_at_its_as_of() public {
        bytes32 old = clearing.rulesHash();
        clearing.proposeRules(_next(810_000_000));
        vm.warp(START + 3600);
        clearing.activateRules();
        uint64 since = uint64((START + 3600) * 1000);

        Attestation memory a = header(vector(2000e18));
        a.asOf = since - 1;
        submitNamed(a, MarginClearing.RulesNotInForce.selector);
        a.rulesHash = old;
        submit(a);
        vm.warp(START + 3615);
        a = header(vector(2000e18));
        a.rulesHash = old;
        a.asOf = since + 15_000;
        submitNamed(a, MarginClearing.RulesNotInForce.selector);
        a.asOf = since + 14_999;
        submit(a);
        a = header(vector(2000e18));
        a.asOf = since + 14_999;
        submit(a);
    }

    function test_rules__each_header_is_judged_by_its_own() public {
        usual();
        bytes32 old = clearing.rulesHash();
        // At 0.81 the vault is liquidatable below 1,851.85, at 0.825 below 1,818.18.
        clearing.proposeRules(_next(810_000_000));
        vm.warp(START + 3600);
        clearing.activateRules();
        uint256[] memory list = vector(1830e18);
        Attestation memory a = header(list);
        a.rulesHash = old;
        liquidateNamed(a, list, wish(ETH, USD, 1e6), MarginClearing.VaultHealthy.selector);
        liquidate(header(list), list, wish(ETH, USD, 1e6));
        // A rotation in between keeps both sets alive.
        clearing.rotateSigners(table(), 4);
        liquidateNamed(a, list, wish(ETH, USD, 1e6), MarginClearing.VaultHealthy.selector);
        liquidate(header(list), list, wish(ETH, USD, 1e6));
        (uint64 since, bytes32 previous) = clearing.rulesSince();
        same(since, START + 3600, "since survives a rotation");
        same(previous, old, "previous survives a rotation");
    }

    function test_rules__may_grow_but_not_move() public {
        bytes memory next = abi.encodePacked(head(1, 1, 2), asset(ETH), one, one);
        vm.expectPartialRevert(Rules.RulesReordered.selector);
        clearing.proposeRules(next);
        // One mode fewer.
        bytes memory rows;
        for (uint256 i = 0; i < ASSETS; i++) {
            rows = abi.encodePacked(rows, one);
        }
        next = abi.encodePacked(head(1, uint8(ASSETS), 1), assetWords(), rows);
        vm.expectPartialRevert(Rules.UnknownMode.selector);
        clearing.proposeRules(next);
        // Two assets change places.
        next = abi.encodePacked(
            head(1, uint8(ASSETS), 2), asset(1), asset(0), asset(2), asset(3), asset(4), asset(5), rows, rows
        );
        vm.expectPartialRevert(Rules.RulesReordered.selector);
        clearing.proposeRules(next);
        // Another asset and another mode behind the others.
        MockERC20 extra = new MockERC20("X", "X", 9);
        tokens.push(extra);
        rows = abi.encodePacked(rows, one);
        next = abi.encodePacked(head(1, uint8(ASSETS + 1), 3), assetWords(), asset(ASSETS), rows, rows, rows);
        clearing.proposeRules(next);
        vm.warp(START + 3600);
        bytes32 old = clearing.rulesHash();
        clearing.activateRules();
        open(ALICE, 0, 2);
        extra.mint(ALICE, 1e9);
        vm.prank(ALICE);
        extra.approve(address(clearing), 1e9);
        deposit(ALICE, 0, ASSETS, 1e9);
        deposit(ALICE, 0, ETH, 1e18);
        // A header that still binds the rules before knows neither.
        uint256[] memory list = vector(2000e18);
        Attestation memory a = header(list);
        a.rulesHash = old;
        (uint256 bitmap, bytes memory signatures) = sign(a);
        vm.prank(ALICE);
        vm.expectPartialRevert(Rules.UnknownMode.selector);
        clearing.borrow(0, address(tokens[USD]), 1e6, a, bitmap, signatures, list);
    }
}
