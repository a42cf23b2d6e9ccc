// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Bed} from "./Bed.sol";
import "../src/Types.sol";
import {Margin} from "../src/Margin.sol";
import {MarginClearing} from "../src/MarginClearing.sol";
import {Prices} from "../src/Prices.sol";
import {FeeToken, HookToken} from "./Tokens.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

/// Rules 4, 6, 9 and 10.
contract LiquidationTest is Bed {
    event Liquidated(
        bytes32 indexed vault,
        address indexed liquidator,
        address collateral,
        address debt,
        uint256 repaid,
        uint256 seized
    );

    // ---- rule 4

    function test_liquidate__moves_what_it_says() public {
        usual();
        uint256[] memory low = vector(1800e18);
        Attestation memory a = header(low);
        (uint256 bitmap, bytes memory signatures) = sign(a);
        uint256 usd = tokens[USD].balanceOf(BOB);
        uint256 eth = tokens[ETH].balanceOf(CAROL);
        uint256 lent = tokens[USD].balanceOf(address(clearing.pool()));
        Liquidation memory l = wish(ETH, USD, 3600e6);
        l.recipient = CAROL;
        l.minSeize = 2.1e18;
        vm.expectEmit(true, true, true, true, address(clearing));
        emit Liquidated(key(ALICE, 0), BOB, address(tokens[ETH]), address(tokens[USD]), 3600e6, 2.1e18);
        vm.prank(BOB);
        (uint256 repaid, uint256 seized) = clearing.liquidate(a, bitmap, signatures, low, l);
        // 3,600 x 1.05 / 1,800
        same(repaid, 3600e6, "repaid");
        same(seized, 2.1e18, "seized");
        same(usd - tokens[USD].balanceOf(BOB), 3600e6, "paid by the liquidator");
        same(tokens[USD].balanceOf(address(clearing.pool())) - lent, 3600e6, "back in the pool");
        same(tokens[ETH].balanceOf(CAROL) - eth, 2.1e18, "to the recipient");
        same(debtOf(ALICE, 0, USD), 11_400e6, "debt left");
        same(collateralOf(ALICE, 0, ETH), 7.9e18, "collateral left");
        (uint64 nonce, uint64 liquidations) = counters(ALICE, 0);
        same(nonce, 1, "the nonce is the owner's: one borrow");
        same(liquidations, 1, "one liquidation");
    }

    function test_liquidate__refuses_healthy_at_the_threshold() public {
        usual();
        // 10 ETH x p x 0.825 = 15,000: p = 1,818.1818...
        uint256 p = 1818_181818181818181819;
        liquidateNamed(
            header(vector(p)), vector(p), wish(ETH, USD, 1e6), MarginClearing.VaultHealthy.selector
        );
        p = 1818_181818181818181800;
        liquidate(header(vector(p)), vector(p), wish(ETH, USD, 1e6));
    }

    function test_liquidate__needs_all_three_ends() public {
        usual();
        uint256[] memory list = vector(1800e18);
        // 1,800 x 1.01 = 1,818 is still below; 1,800 x 1.0102 = 1,818.36 is not.
        list[ETH] = word(1800e18, 500_000_000, 10_200_000, STATUS_DEGRADED);
        liquidateNamed(header(list), list, wish(ETH, USD, 1e6), MarginClearing.VaultHealthy.selector);
        list[ETH] = word(1800e18, 500_000_000, 10_000_000, STATUS_DEGRADED);
        liquidate(header(list), list, wish(ETH, USD, 1e6));
    }

    function test_liquidate__debt_is_best_at_low() public {
        usual();
        uint256[] memory list = vector(1800e18);
        // 14,850 against 15,000 x low: healthy if low <= 0.99.
        list[USD] = word(1e18, 10_000_000, 0, STATUS_OK);
        liquidateNamed(header(list), list, wish(ETH, USD, 1e6), MarginClearing.VaultHealthy.selector);
        list[USD] = word(1e18, 9_999_999, 0, STATUS_OK);
        liquidate(header(list), list, wish(ETH, USD, 1e6));
    }

    function test_liquidate__legs_of_one_factor_move_together() public {
        // STETH owed against ETH, both on factor 0: a wide common band must not
        // be taken at high for the one and low for the other.
        open(ALICE, 0, 0);
        deposit(ALICE, 0, ETH, 10e18);
        borrow(ALICE, 0, STETH, 8e18, vector(2000e18));
        uint256[] memory list = vector(2000e18);
        list[STETH] = word(2070e18, 100_000_000, 100_000_000, STATUS_DEGRADED);
        list[ETH] = word(2000e18, 100_000_000, 100_000_000, STATUS_DEGRADED);
        // 10 x 2,000 x 0.825 = 16,500 < 16,560, at each end in proportion; taken
        // apart, 18,150 > 14,904 would look healthy.
        liquidate(header(list), list, wish(ETH, STETH, 1e18));
    }

    function test_liquidate__factors_move_apart() public {
        // The same with BTC owed, a factor of its own: now the corners count.
        open(ALICE, 0, 0);
        deposit(ALICE, 0, ETH, 30e18);
        borrow(ALICE, 0, BTC, 0.7e8, vector(2000e18));
        uint256[] memory list = vector(1850e18);
        // 30 x 1,850 x 0.825 = 45,787.5 < 0.7 x 60,000 x 1.1 = 46,200.
        list[ETH] = word(1850e18, 10_000_000, 5_000_000, STATUS_DEGRADED);
        list[BTC] = word(60_000e18, 4_100_000, 10_000_000, STATUS_DEGRADED);
        // At best 46,016.4 against 46,010.58: healthy.
        liquidateNamed(header(list), list, wish(ETH, BTC, 1e6), MarginClearing.VaultHealthy.selector);
        list[BTC] = word(60_000e18, 3_900_000, 10_000_000, STATUS_DEGRADED);
        // 46,019.82: not.
        liquidate(header(list), list, wish(ETH, BTC, 0.1e8));
    }

    function test_liquidate__mode_has_its_own_threshold() public {
        open(ALICE, 0, 1);
        deposit(ALICE, 0, ETH, 10e18);
        borrow(ALICE, 0, STETH, 9.2e18, vector(2000e18));
        uint256[] memory list = vector(2000e18);
        list[STETH] = ok(2060e18);
        // 19,000 against 18,952.
        liquidateNamed(header(list), list, wish(ETH, STETH, 1e18), MarginClearing.VaultHealthy.selector);
        list[STETH] = ok(2066e18);
        // 19,007.2: and the mode's bonus is 1 %.
        (uint256 repaid, uint256 seized) = liquidate(header(list), list, wish(ETH, STETH, 1e18));
        same(repaid, 1e18, "repaid");
        same(seized, uint256(1e18) * 2066 * 101 / (2000 * 100), "seized");
    }

    function test_liquidate__refuses_unknown_vault_leg_recipient() public {
        usual();
        uint256[] memory low = vector(1800e18);
        Liquidation memory l = wish(ETH, USD, 1e6);
        l.index = 1;
        liquidateNamed(header(low), low, l, MarginClearing.VaultUnknown.selector);
        l = wish(BTC, USD, 1e6);
        liquidateNamed(header(low), low, l, MarginClearing.NotCollateral.selector);
        l = wish(ETH, BTC, 1e6);
        liquidateNamed(header(low), low, l, MarginClearing.NotDebt.selector);
        // The sides do not stand in for each other.
        l = wish(USD, USD, 1e6);
        liquidateNamed(header(low), low, l, MarginClearing.NotCollateral.selector);
        l = wish(ETH, ETH, 1e6);
        liquidateNamed(header(low), low, l, MarginClearing.NotDebt.selector);
        l = wish(ETH, USD, 1e6);
        l.recipient = address(0);
        liquidateNamed(header(low), low, l, MarginClearing.RecipientZero.selector);
        l.recipient = address(clearing);
        liquidateNamed(header(low), low, l, MarginClearing.TransferNotExact.selector);
        l = wish(ETH, USD, 0);
        liquidateNamed(header(low), low, l, Margin.NothingToRepay.selector);
    }

    function test_liquidate__refuses_non_linear_vault() public {
        usual();
        uint256[] memory low = vector(1800e18);
        // The flag is bit 150 of the vault's first word; mapping slot 6 of the
        // contract is found by looking for the word that opens the vault.
        bytes32 id = key(ALICE, 0);
        for (uint256 slot = 0; slot < 16; slot++) {
            bytes32 at_ = keccak256(abi.encode(id, slot));
            uint256 word_ = uint256(vm.load(address(clearing), at_));
            if (word_ != 0) {
                vm.store(address(clearing), at_, bytes32(word_ & ~(uint256(0x40) << 144)));
            }
        }
        holds(!clearing.isLinear(id), "flag cleared");
        liquidateNamed(header(low), low, wish(ETH, USD, 1e6), MarginClearing.VaultNotLinear.selector);
    }

    function test_liquidate__refuses_less_than_the_minimum() public {
        usual();
        uint256[] memory low = vector(1800e18);
        Liquidation memory l = wish(ETH, USD, 3600e6);
        l.minSeize = 2.1e18 + 1;
        liquidateNamed(header(low), low, l, MarginClearing.SeizeBelowMinimum.selector);
        l.minSeize = 2.1e18;
        liquidate(header(low), low, l);
    }

    // ---- rule 6

    function test_liquidate__atom_of_refused_collateral_does_not_stop_it() public {
        open(ALICE, 0, 0);
        deposit(ALICE, 0, ETH, 10e18);
        deposit(ALICE, 0, BTC, 1);
        borrow(ALICE, 0, USD, 15_000e6, vector(2000e18));
        uint256[] memory low = vector(1800e18);
        low[BTC] = refused(66_000e9);
        liquidate(header(low), low, wish(ETH, USD, 1000e6));
    }

    function test_liquidate__refused_collateral_counts_at_high() public {
        open(ALICE, 0, 0);
        deposit(ALICE, 0, ETH, 10e18);
        deposit(ALICE, 0, BTC, 0.01e8);
        borrow(ALICE, 0, USD, 15_000e6, vector(2000e18));
        uint256[] memory low = vector(1800e18);
        // Short of 150: 0.01 x high x 0.75 reaches it at 20,000.
        low[BTC] = refused(20_000e9);
        liquidateNamed(header(low), low, wish(ETH, USD, 1000e6), MarginClearing.VaultHealthy.selector);
        low[BTC] = refused(20_000e9 - 1);
        liquidate(header(low), low, wish(ETH, USD, 1000e6));
    }

    function test_liquidate__refused_debt_counts_zero() public {
        open(ALICE, 0, 0);
        deposit(ALICE, 0, ETH, 10e18);
        borrow(ALICE, 0, USD, 14_000e6, vector(2000e18));
        borrow(ALICE, 0, HOOK, 1000e18, vector(2000e18));
        uint256[] memory low = vector(1750e18);
        // 14,437.5 against 15,000; without the refused debt 14,000.
        low[HOOK] = refused(1e9);
        liquidateNamed(header(low), low, wish(ETH, USD, 1000e6), MarginClearing.VaultHealthy.selector);
        low[HOOK] = ok(1e18);
        liquidate(header(low), low, wish(ETH, USD, 1000e6));
    }

    function test_liquidate__legs_that_move_must_be_unrefused() public {
        usual();
        deposit(ALICE, 0, BTC, 1);
        uint256[] memory low = vector(1000e18);
        low[BTC] = refused(66_000e9);
        liquidateNamed(header(low), low, wish(BTC, USD, 1e6), MarginClearing.PriceRefused.selector);
        low = vector(1000e18);
        low[USD] = refused(1e9);
        // With its only debt refused nothing is owed.
        liquidateNamed(header(low), low, wish(ETH, USD, 1e6), MarginClearing.VaultHealthy.selector);
        vm.warp(START + 1);
        borrow(ALICE, 0, HOOK, 900e18, vector(2000e18));
        low[ETH] = ok(50e18);
        liquidateNamed(header(low), low, wish(ETH, USD, 1e6), MarginClearing.PriceRefused.selector);
        liquidate(header(low), low, wish(ETH, HOOK, 1e18));
    }

    function test_liquidate__refuses_malformed_price_words() public {
        usual();
        uint256[] memory low = vector(1800e18);
        bytes4 name = Prices.PriceMalformed.selector;
        low[ETH] = word(1800e18, 0, 0, 3);
        liquidateNamed(header(low), low, wish(ETH, USD, 1e6), name);
        low[ETH] = word(0, 0, 0, STATUS_OK);
        liquidateNamed(header(low), low, wish(ETH, USD, 1e6), name);
        low[ETH] = word(1800e18, 1_000_000_001, 0, STATUS_OK);
        liquidateNamed(header(low), low, wish(ETH, USD, 1e6), name);
        low[ETH] = word(1800e18, 0, 0, STATUS_REFUSED);
        liquidateNamed(header(low), low, wish(ETH, USD, 1e6), name);
        low[ETH] = word(type(uint128).max, 0, 1, STATUS_OK);
        liquidateNamed(header(low), low, wish(ETH, USD, 1e6), name);
    }

    // ---- rule 9

    function test_liquidate__close_factor_bounds_one_call() public {
        usual();
        uint256[] memory low = vector(1800e18);
        (uint256 repaid,) = liquidate(header(low), low, wish(ETH, USD, 15_000e6));
        same(repaid, 7500e6, "half");
        // Calls repeat only while live balances are unhealthy.
        liquidateNamed(header(low), low, wish(ETH, USD, 15_000e6), MarginClearing.VaultHealthy.selector);
    }

    function test_liquidate__close_factor_is_1_when_seizing_cannot_heal() public {
        usual();
        // HF = (1 + 0.05) x 0.825 = 0.86625 at p = 0.86625 x 15,000 / 8.25 = 1,575.
        uint256[] memory low = vector(1575e18);
        low[ETH] = ok(1575e18 + 1e9);
        (uint256 repaid,) = liquidate(header(low), low, wish(ETH, USD, type(uint256).max));
        same(repaid, 7500e6, "just above: half");

        open(CAROL, 0, 0);
        deposit(CAROL, 0, ETH, 10e18);
        borrow(CAROL, 0, USD, 15_000e6, vector(2000e18));
        low = vector(1575e18);
        Liquidation memory l = wish(ETH, USD, type(uint256).max);
        l.owner = CAROL;
        uint256 seized;
        (repaid, seized) = liquidate(header(low), low, l);
        same(repaid, 15_000e6, "at it: all");
        same(seized, 10e18, "15,000 x 1.05 / 1,575");
    }

    function test_liquidate__close_factor_weighs_the_debt() public {
        // BTC weighs 1.1: HF x 1.1 <= 1.05 x 0.825 first at HF <= 0.7875.
        open(ALICE, 0, 0);
        deposit(ALICE, 0, ETH, 30e18);
        borrow(ALICE, 0, BTC, 0.7e8, vector(2000e18));
        // HF = 30 x p x 0.825 / 46,200 = 0.7875 at p = 1,470.
        uint256[] memory low = vector(1470e18);
        low[ETH] = ok(1470e18 + 1e9);
        (uint256 repaid,) = liquidate(header(low), low, wish(ETH, BTC, type(uint256).max));
        same(repaid, 0.28e8, "0.4 of it");
        open(CAROL, 0, 0);
        deposit(CAROL, 0, ETH, 30e18);
        borrow(CAROL, 0, BTC, 0.7e8, vector(2000e18));
        low = vector(1470e18);
        Liquidation memory l = wish(ETH, BTC, type(uint256).max);
        l.owner = CAROL;
        (repaid,) = liquidate(header(low), low, l);
        same(repaid, 0.7e8, "all");
    }

    function test_liquidate__clamps_to_the_collateral_and_rounds_the_repayment_up() public {
        usual();
        deposit(ALICE, 0, BTC, 12_345);
        uint256[] memory low = vector(1000e18);
        low[BTC] = ok(60_000e18);
        // 12,345 sats are 7.407 USD; over 1.1: 6.7336...
        (uint256 repaid, uint256 seized) = liquidate(header(low), low, wish(BTC, USD, 5000e6));
        same(seized, 12_345, "all of it");
        same(repaid, 6_733_637, "6,733,636.36 up");
        same(collateralOf(ALICE, 0, BTC), 0, "leg gone");
        same(collateralOf(ALICE, 0, ETH), 10e18, "the other stays");
        same(debtOf(ALICE, 0, USD), 15_000e6 - 6_733_637, "debt");
    }

    function test_liquidate__dust_lifts_the_close_factor() public {
        open(ALICE, 0, 0);
        deposit(ALICE, 0, ETH, 0.13e18);
        borrow(ALICE, 0, USD, 198e6, vector(2000e18));
        uint256[] memory low = vector(1800e18);
        // Half would leave 99 < 100: so all may go.
        (uint256 repaid,) = liquidate(header(low), low, wish(ETH, USD, 1000e6));
        same(repaid, 198e6, "all");
        same(debtOf(ALICE, 0, USD), 0, "none left");
        open(CAROL, 0, 0);
        deposit(CAROL, 0, ETH, 0.13e18);
        borrow(CAROL, 0, USD, 200e6, vector(2000e18));
        Liquidation memory l = wish(ETH, USD, 1000e6);
        l.owner = CAROL;
        (repaid,) = liquidate(header(low), low, l);
        same(repaid, 100e6, "half leaves exactly 100");
    }

    function test_liquidate__refuses_to_leave_dust() public {
        usual();
        uint256[] memory low = vector(1575e18);
        liquidateNamed(header(low), low, wish(ETH, USD, 14_900e6 + 1), Margin.DustLeft.selector);
        liquidate(header(low), low, wish(ETH, USD, 14_900e6));
    }

    function test_liquidate__dust_yields_to_the_clamp() public {
        open(ALICE, 0, 0);
        deposit(ALICE, 0, ETH, 1e18);
        borrow(ALICE, 0, USD, 1500e6, vector(2000e18));
        uint256[] memory low = vector(1500e18);
        // All collateral covers 1,500 / 1.05 = 1,428.57: 71.43 are left, below dust.
        (uint256 repaid, uint256 seized) = liquidate(header(low), low, wish(ETH, USD, 1500e6));
        same(seized, 1e18, "all");
        same(repaid, 1_428_571_429, "up");
        same(debtOf(ALICE, 0, USD), 71_428_571, "bad debt stays");
        // Which anyone may repay, while nothing is left to seize.
        liquidateNamed(header(low), low, wish(ETH, USD, 1e6), MarginClearing.NotCollateral.selector);
        vm.prank(CAROL);
        clearing.repay(ALICE, 0, address(tokens[USD]), type(uint256).max);
        same(debtOf(ALICE, 0, USD), 0, "paid");
    }

    function test_liquidate__removes_both_legs_whatever_their_order() public {
        // Legs in order: USD collateral, BTC debt, ETH collateral, HOOK debt.
        open(ALICE, 0, 0);
        deposit(ALICE, 0, USD, 60e6);
        deposit(ALICE, 0, ETH, 10e18);
        borrow(ALICE, 0, BTC, 0.2e8, vector(2000e18));
        borrow(ALICE, 0, HOOK, 40e18, vector(2000e18));
        vm.prank(ALICE);
        clearing.repay(ALICE, 0, address(tokens[BTC]), 0.01e8);
        uint256[] memory low = vector(700e18);
        // HOOK is small and has no dust rule; USD covers it: 40 x 1.04 = 41.6.
        (uint256 repaid, uint256 seized) = liquidate(header(low), low, wish(USD, HOOK, 40e18));
        same(repaid, 40e18, "HOOK all repaid");
        same(seized, 41.6e6, "USD seized");
        same(debtOf(ALICE, 0, HOOK), 0, "HOOK gone");
        same(collateralOf(ALICE, 0, USD), 18.4e6, "USD left");
        same(collateralOf(ALICE, 0, ETH), 10e18, "ETH untouched");
        same(debtOf(ALICE, 0, BTC), 0.19e8, "BTC untouched");
        (repaid, seized) = liquidate(header(low), low, wish(USD, BTC, 1e8));
        same(seized, 18.4e6, "USD all seized");
        same(collateralOf(ALICE, 0, USD), 0, "USD gone");
        same(collateralOf(ALICE, 0, ETH), 10e18, "ETH untouched");
        same(debtOf(ALICE, 0, BTC), 0.19e8 - repaid, "BTC reduced");
    }

    // ---- rule 10

    function test_liquidate__refuses_fee_on_what_is_pulled() public {
        open(ALICE, 0, 0);
        deposit(ALICE, 0, ETH, 10e18);
        borrow(ALICE, 0, FEE, 15_000e18, vector(2000e18));
        FeeToken(address(tokens[FEE])).setFee(1, false);
        uint256[] memory low = vector(1800e18);
        liquidateNamed(header(low), low, wish(ETH, FEE, 1000e18), MarginClearing.TransferNotExact.selector);
        FeeToken(address(tokens[FEE])).setFee(0, false);
        liquidate(header(low), low, wish(ETH, FEE, 1000e18));
    }

    function test_liquidate__refuses_fee_on_what_is_pushed() public {
        open(ALICE, 0, 0);
        deposit(ALICE, 0, FEE, 20_000e18);
        deposit(CAROL_open(), 0, FEE, 20_000e18);
        borrow(ALICE, 0, ETH, 7e18, vector(2000e18));
        uint256[] memory high = vector(2400e18);
        FeeToken(address(tokens[FEE])).setFee(1, true);
        liquidateNamed(header(high), high, wish(FEE, ETH, 1e18), MarginClearing.TransferNotExact.selector);
        FeeToken(address(tokens[FEE])).setFee(0, true);
        liquidate(header(high), high, wish(FEE, ETH, 1e18));
    }

    function CAROL_open() private returns (address) {
        open(CAROL, 0, 0);
        return CAROL;
    }

    function _hooked(bytes memory call_) private {
        HookToken(address(tokens[HOOK])).setHook(address(clearing), call_);
    }

    function test_liquidate__locks_out_reentry_from_both_tokens() public {
        open(ALICE, 0, 0);
        deposit(ALICE, 0, HOOK, 20_000e18);
        borrow(ALICE, 0, ETH, 8e18, vector(2000e18));
        open(CAROL, 0, 0);
        deposit(CAROL, 0, ETH, 10e18);
        borrow(CAROL, 0, HOOK, 15_000e18, vector(2000e18));
        bytes4 locked = ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector;

        // Pushed collateral calls back.
        uint256[] memory high = vector(2400e18);
        Attestation memory a = header(high);
        (uint256 bitmap, bytes memory signatures) = sign(a);
        Liquidation memory l = wish(HOOK, ETH, 1e18);
        _hooked(abi.encodeCall(clearing.liquidate, (a, bitmap, signatures, high, l)));
        liquidate(a, high, l);
        holds(HookToken(address(tokens[HOOK])).answer() == locked, "liquidate from a push");
        _hooked(abi.encodeCall(clearing.submitAndLiquidate, (a, bitmap, signatures, high, l)));
        liquidate(a, high, l);
        holds(HookToken(address(tokens[HOOK])).answer() == locked, "submitAndLiquidate from a push");

        // Pulled debt calls back.
        uint256[] memory low = vector(1800e18);
        a = header(low);
        (bitmap, signatures) = sign(a);
        l = wish(ETH, HOOK, 100e18);
        l.owner = CAROL;
        bytes[5] memory calls = [
            abi.encodeCall(clearing.liquidate, (a, bitmap, signatures, low, l)),
            abi.encodeCall(clearing.deposit, (ALICE, 0, address(tokens[HOOK]), 1)),
            abi.encodeCall(clearing.repay, (ALICE, 0, address(tokens[ETH]), 1)),
            abi.encodeCall(clearing.withdraw, (0, address(tokens[ETH]), 1, a, bitmap, signatures, low)),
            abi.encodeCall(clearing.borrow, (0, address(tokens[ETH]), 1, a, bitmap, signatures, low))
        ];
        for (uint256 i = 0; i < calls.length; i++) {
            _hooked(calls[i]);
            (uint256 repaid,) = liquidate(a, low, l);
            same(repaid, 100e18, "the outer call goes on");
            holds(HookToken(address(tokens[HOOK])).answer() == locked, "locked");
        }
    }

    function test_liquidate__effects_come_before_the_tokens() public {
        open(CAROL, 0, 0);
        deposit(CAROL, 0, ETH, 10e18);
        borrow(CAROL, 0, HOOK, 15_000e18, vector(2000e18));
        uint256[] memory low = vector(1800e18);
        Liquidation memory l = wish(ETH, HOOK, 3600e18);
        l.owner = CAROL;
        HookToken(address(tokens[HOOK])).setHook(address(this), abi.encodeCall(this.look, ()));
        liquidate(header(low), low, l);
        same(seenDebt, 11_400e18, "debt already lowered inside the call");
        same(seenCollateral, 7.9e18, "collateral already lowered");
        holds(HookToken(address(tokens[HOOK])).succeeded(), "looked");
    }

    uint256 private seenDebt;
    uint256 private seenCollateral;

    function look() external {
        seenDebt = debtOf(CAROL, 0, HOOK);
        seenCollateral = collateralOf(CAROL, 0, ETH);
    }

    function test_liquidate__needs_the_liquidators_tokens() public {
        usual();
        uint256[] memory low = vector(1800e18);
        vm.prank(BOB);
        tokens[USD].approve(address(clearing), 0);
        liquidateNamed(header(low), low, wish(ETH, USD, 1000e6), 0xfb8f41b2); // ERC20InsufficientAllowance
        same(debtOf(ALICE, 0, USD), 15_000e6, "nothing moved");
    }
}
