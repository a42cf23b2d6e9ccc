// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Bed} from "./Bed.sol";
import "../src/Types.sol";
import {Margin} from "../src/Margin.sol";
import {MarginClearing} from "../src/MarginClearing.sol";
import {MarginPool} from "../src/MarginPool.sol";
import {MockERC20} from "./MockERC20.sol";
import {Registrar} from "../src/Registrar.sol";
import {Rules} from "../src/Rules.sol";
import {Vaults} from "../src/Vaults.sol";
import {FeeToken, HookToken} from "./Tokens.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// Rule 8, legs, and what owners and passers-by may do.
contract VaultsTest is Bed {
    event VaultOpened(bytes32 indexed vault, address indexed owner, uint256 index, uint8 mode);
    event Deposited(bytes32 indexed vault, address token, uint256 amount);
    event Withdrawn(bytes32 indexed vault, address token, uint256 amount);
    event Borrowed(bytes32 indexed vault, address token, uint256 amount);
    event Repaid(bytes32 indexed vault, address token, uint256 amount);

    function test_open__names_the_vault_by_owner_and_index() public {
        vm.expectEmit(true, true, true, true, address(clearing));
        emit VaultOpened(key(ALICE, 7), ALICE, 7, 1);
        vm.prank(ALICE);
        same(clearing.openVault(7, 1), key(ALICE, 7), "id");
        (address owner, uint256 index, uint64 nonce, uint64 liquidations, uint8 mode,,,,) =
            clearing.vaultState(key(ALICE, 7));
        holds(owner == ALICE && index == 7 && nonce == 0 && liquidations == 0 && mode == 1, "state");
        holds(clearing.isLinear(key(ALICE, 7)), "linear");
        vm.expectPartialRevert(MarginClearing.VaultExists.selector);
        vm.prank(ALICE);
        clearing.openVault(7, 0);
        vm.expectPartialRevert(Rules.UnknownMode.selector);
        vm.prank(ALICE);
        clearing.openVault(8, 2);
        (owner,,,,,,,,) = clearing.vaultState(key(ALICE, 8));
        same(uint160(owner), 0, "no vault, all zero");
    }

    function test_deposit__anyone_into_a_leg_that_exists() public {
        open(ALICE, 0, 0);
        vm.prank(BOB);
        vm.expectPartialRevert(MarginClearing.NotVaultOwner.selector);
        clearing.deposit(ALICE, 0, address(tokens[ETH]), 1e18);
        vm.expectEmit(true, true, true, true, address(clearing));
        emit Deposited(key(ALICE, 0), address(tokens[ETH]), 1e18);
        deposit(ALICE, 0, ETH, 1e18);
        vm.prank(BOB);
        clearing.deposit(ALICE, 0, address(tokens[ETH]), 2e18);
        same(collateralOf(ALICE, 0, ETH), 3e18, "both");
        // Nor may a stranger bring back a leg that went.
        withdraw(ALICE, 0, ETH, 3e18, vector(2000e18));
        vm.prank(BOB);
        vm.expectPartialRevert(MarginClearing.NotVaultOwner.selector);
        clearing.deposit(ALICE, 0, address(tokens[ETH]), 1e18);
    }

    function test_deposit__refuses_by_name() public {
        open(ALICE, 0, 0);
        vm.startPrank(ALICE);
        vm.expectPartialRevert(MarginClearing.AmountZero.selector);
        clearing.deposit(ALICE, 0, address(tokens[ETH]), 0);
        vm.expectPartialRevert(Rules.UnknownToken.selector);
        clearing.deposit(ALICE, 0, address(0xdead), 1);
        vm.expectPartialRevert(MarginClearing.VaultUnknown.selector);
        clearing.deposit(ALICE, 1, address(tokens[ETH]), 1);
        vm.expectPartialRevert(Vaults.AmountTooLarge.selector);
        clearing.deposit(ALICE, 0, address(tokens[ETH]), 1 << 128);
        vm.stopPrank();
    }

    function test_deposit__refuses_fee_tokens() public {
        open(ALICE, 0, 0);
        FeeToken(address(tokens[FEE])).setFee(1, false);
        vm.expectPartialRevert(MarginClearing.TransferNotExact.selector);
        vm.prank(ALICE);
        clearing.deposit(ALICE, 0, address(tokens[FEE]), 1e18);
    }

    function test_counters__touched_by_withdraw_and_borrow_only() public {
        usual();
        (uint64 nonce, uint64 liquidations) = counters(ALICE, 0);
        same(nonce, 1, "borrow");
        deposit(ALICE, 0, ETH, 1e18);
        vm.prank(BOB);
        clearing.repay(ALICE, 0, address(tokens[USD]), 1000e6);
        (nonce, liquidations) = counters(ALICE, 0);
        holds(nonce == 1 && liquidations == 0, "deposit and repay touch neither");
        withdraw(ALICE, 0, ETH, 1e18, vector(2000e18));
        (nonce, liquidations) = counters(ALICE, 0);
        holds(nonce == 2 && liquidations == 0, "withdraw");
        uint256[] memory low = vector(1500e18);
        liquidate(header(low), low, wish(ETH, USD, 1000e6));
        (nonce, liquidations) = counters(ALICE, 0);
        holds(nonce == 2 && liquidations == 1, "liquidation");
        vm.prank(BOB);
        clearing.repay(ALICE, 0, address(tokens[USD]), type(uint256).max);
        withdraw(ALICE, 0, ETH, collateralOf(ALICE, 0, ETH), vector(2000e18));
        (nonce, liquidations) = counters(ALICE, 0);
        holds(nonce == 3 && liquidations == 1, "both survive an empty vault");
    }

    function test_withdraw__is_free_without_debt() public {
        open(ALICE, 0, 0);
        deposit(ALICE, 0, ETH, 2e18);
        Attestation memory nothing;
        vm.expectEmit(true, true, true, true, address(clearing));
        emit Withdrawn(key(ALICE, 0), address(tokens[ETH]), 0.5e18);
        vm.prank(ALICE);
        clearing.withdraw(0, address(tokens[ETH]), 0.5e18, nothing, 0, "", new uint256[](0));
        same(collateralOf(ALICE, 0, ETH), 1.5e18, "left");
        vm.prank(ALICE);
        vm.expectPartialRevert(MarginClearing.AmountAbove.selector);
        clearing.withdraw(0, address(tokens[ETH]), 1.5e18 + 1, nothing, 0, "", new uint256[](0));
        vm.prank(ALICE);
        vm.expectPartialRevert(MarginClearing.NotCollateral.selector);
        clearing.withdraw(0, address(tokens[BTC]), 1, nothing, 0, "", new uint256[](0));
        vm.prank(ALICE);
        vm.expectPartialRevert(MarginClearing.AmountZero.selector);
        clearing.withdraw(0, address(tokens[ETH]), 0, nothing, 0, "", new uint256[](0));
        // The vault is the caller's own: another's is another key.
        vm.prank(BOB);
        vm.expectPartialRevert(MarginClearing.VaultUnknown.selector);
        clearing.withdraw(0, address(tokens[ETH]), 1, nothing, 0, "", new uint256[](0));
    }

    function test_withdraw__with_debt_keeps_initial_margin() public {
        usual();
        // 15,000 / 0.8 / 2,000 = 9.375 ETH must stay.
        withdrawNamed(
            ALICE, 0, ETH, 0.625e18 + 1, vector(2000e18), MarginClearing.VaultUndercollateralised.selector
        );
        withdraw(ALICE, 0, ETH, 0.625e18, vector(2000e18));
        same(collateralOf(ALICE, 0, ETH), 9.375e18, "left");
        Attestation memory nothing;
        vm.prank(ALICE);
        vm.expectPartialRevert(MarginClearing.WrongBook.selector);
        clearing.withdraw(0, address(tokens[ETH]), 1, nothing, 0, "", new uint256[](0));
    }

    function test_borrow__keeps_initial_margin_at_the_worst_ends() public {
        open(ALICE, 0, 0);
        deposit(ALICE, 0, ETH, 10e18);
        uint256[] memory list = vector(2000e18);
        list[ETH] = word(2000e18, 1_000_000, 90_000_000, STATUS_OK);
        list[USD] = word(1e18, 90_000_000, 2_000_000, STATUS_OK);
        // 10 x 1,998 x 0.8 = 15,984 against x 1.002.
        borrowNamed(ALICE, 0, USD, 15_952_095_809, list, MarginClearing.VaultUndercollateralised.selector);
        vm.expectEmit(true, true, true, true, address(clearing));
        emit Borrowed(key(ALICE, 0), address(tokens[USD]), 15_952_095_808);
        uint256 had = tokens[USD].balanceOf(ALICE);
        _borrowExpecting(list, 15_952_095_808);
        same(tokens[USD].balanceOf(ALICE) - had, 15_952_095_808, "lent");
    }

    function _borrowExpecting(uint256[] memory list, uint256 amount) private {
        // expectEmit binds the next call that emits, so no other may come between.
        Attestation memory a = header(list);
        (uint256 bitmap, bytes memory signatures) = sign(a);
        vm.prank(ALICE);
        clearing.borrow(0, address(tokens[USD]), amount, a, bitmap, signatures, list);
    }

    function test_borrow__legs_of_one_factor_move_together() public {
        open(ALICE, 0, 1);
        deposit(ALICE, 0, ETH, 10e18);
        uint256[] memory list = vector(2000e18);
        list[ETH] = word(2000e18, 50_000_000, 50_000_000, STATUS_OK);
        list[STETH] = word(2000e18, 50_000_000, 50_000_000, STATUS_OK);
        // Taken apart, 0.95 x 0.93 against 1.05 would allow 8.41 only.
        borrow(ALICE, 0, STETH, 9.3e18, list);
        borrowNamed(ALICE, 0, STETH, 1, list, MarginClearing.VaultUndercollateralised.selector);
    }

    function test_borrow__weighs_the_debt() public {
        open(ALICE, 0, 0);
        deposit(ALICE, 0, ETH, 33e18);
        // 33 x 2,000 x 0.8 = 52,800 = 0.8 x 60,000 x 1.1
        borrowNamed(
            ALICE, 0, BTC, 0.8e8 + 1, vector(2000e18), MarginClearing.VaultUndercollateralised.selector
        );
        borrow(ALICE, 0, BTC, 0.8e8, vector(2000e18));
    }

    function test_borrow__rounds_each_leg_against_the_owner() public {
        uint256[] memory list = vector(2000e18);
        bytes4 name = MarginClearing.VaultUndercollateralised.selector;
        // Atoms of 18 decimals at one dollar are units in the last place.
        // V x ltv floor: 4 x 0.8 = 3.2.
        open(ALICE, 0, 0);
        deposit(ALICE, 0, FEE, 4);
        borrowNamed(ALICE, 0, HOOK, 4, list, name);
        borrow(ALICE, 0, HOOK, 3, list);
        // V floor: 5 x 0.9 = 4.5 counts 4, and 4 x 0.8 counts 3; D ceil: 5 x 0.7 = 3.5
        // counts 4, 4 x 0.7 = 2.8 counts 3.
        open(ALICE, 1, 0);
        deposit(ALICE, 1, FEE, 5);
        list[FEE] = ok(0.9e18);
        list[HOOK] = ok(0.7e18);
        borrowNamed(ALICE, 1, HOOK, 5, list, name);
        borrow(ALICE, 1, HOOK, 4, list);
        // D x weight ceil: a satoshi of one unit weighs 1.1, which counts 2.
        open(ALICE, 2, 0);
        deposit(ALICE, 2, HOOK, 2);
        list[HOOK] = ok(1e18);
        list[BTC] = ok(1e8);
        borrowNamed(ALICE, 2, BTC, 1, list, name);
        deposit(ALICE, 2, HOOK, 1);
        borrow(ALICE, 2, BTC, 1, list);
    }

    function test_borrow__all_own_prices_must_be_ok() public {
        open(ALICE, 0, 0);
        deposit(ALICE, 0, ETH, 10e18);
        deposit(ALICE, 0, HOOK, 10e18);
        uint256[] memory list = vector(2000e18);
        list[BTC] = word(60_000e18, 0, 0, STATUS_DEGRADED);
        list[STETH] = refused(1e9);
        borrow(ALICE, 0, USD, 1000e6, list);
        list[HOOK] = word(1e18, 0, 0, STATUS_DEGRADED);
        borrowNamed(ALICE, 0, USD, 1e6, list, Margin.PriceNotOk.selector);
        withdrawNamed(ALICE, 0, ETH, 1, list, Margin.PriceNotOk.selector);
        list[HOOK] = refused(1e9);
        borrowNamed(ALICE, 0, USD, 1e6, list, Margin.PriceNotOk.selector);
        list[HOOK] = ok(1e18);
        borrowNamed(ALICE, 0, BTC, 1, list, Margin.PriceNotOk.selector);
        // A leg that is withdrawn whole is no leg afterwards.
        list[HOOK] = refused(1e9);
        withdraw(ALICE, 0, HOOK, 10e18, list);
    }

    function test_borrow__header_lives_as_long_as_a_permit() public {
        open(ALICE, 0, 0);
        deposit(ALICE, 0, ETH, 10e18);
        uint256[] memory list = vector(2000e18);
        Attestation memory a = header(list);
        (uint256 bitmap, bytes memory signatures) = sign(a);
        vm.warp(START + 31);
        vm.prank(ALICE);
        vm.expectPartialRevert(MarginClearing.AsOfTooOld.selector);
        clearing.borrow(0, address(tokens[USD]), 1e6, a, bitmap, signatures, list);
        vm.warp(START + 30);
        vm.prank(ALICE);
        clearing.borrow(0, address(tokens[USD]), 1e6, a, bitmap, signatures, list);
        vm.warp(START + 15);
        submit(header(list));
        vm.prank(ALICE);
        clearing.borrow(0, address(tokens[USD]), 1e6, a, bitmap, signatures, list);
        vm.warp(START + 16);
        submit(header(list));
        vm.prank(ALICE);
        vm.expectPartialRevert(MarginClearing.HeaderSuperseded.selector);
        clearing.borrow(0, address(tokens[USD]), 1e6, a, bitmap, signatures, list);
    }

    function test_borrow__dies_with_a_refusal_and_needs_signatures() public {
        open(ALICE, 0, 0);
        deposit(ALICE, 0, ETH, 10e18);
        uint256[] memory list = vector(2000e18);
        Attestation memory a = header(list);
        (uint256 bitmap, bytes memory signatures) = sign(a);
        vm.prank(ALICE);
        vm.expectPartialRevert(MarginClearing.HeaderNotStored.selector);
        clearing.borrow(0, address(tokens[USD]), 1e6, a, 0, "", list);
        Attestation memory refusal = header(list);
        refusal.status = STATUS_REFUSED;
        submit(refusal);
        vm.prank(ALICE);
        vm.expectPartialRevert(MarginClearing.HeaderBeforeRefusal.selector);
        clearing.borrow(0, address(tokens[USD]), 1e6, a, bitmap, signatures, list);
        vm.warp(START + 1);
        Attestation memory next = header(list);
        submit(next);
        vm.prank(ALICE);
        clearing.borrow(0, address(tokens[USD]), 1e6, next, 0, "", list);
    }

    function test_borrow__only_what_the_pool_holds() public {
        open(ALICE, 0, 0);
        deposit(ALICE, 0, ETH, 1e29);
        // The collateral of others is no liquidity.
        open(BOB, 0, 0);
        deposit(BOB, 0, USD, 1e28);
        clearing.unsupply(address(tokens[USD]), 1e27 - 1000e6);
        borrowNamed(ALICE, 0, USD, 1000e6 + 1, vector(2000e18), 0xe450d38c); // ERC20InsufficientBalance
        borrow(ALICE, 0, USD, 1000e6, vector(2000e18));
    }

    function test_repay__by_anyone_and_never_above_the_debt() public {
        usual();
        uint256 had = tokens[USD].balanceOf(BOB);
        vm.expectEmit(true, true, true, true, address(clearing));
        emit Repaid(key(ALICE, 0), address(tokens[USD]), 15_000e6);
        vm.prank(BOB);
        clearing.repay(ALICE, 0, address(tokens[USD]), 20_000e6);
        same(had - tokens[USD].balanceOf(BOB), 15_000e6, "the debt, not more");
        vm.prank(BOB);
        vm.expectPartialRevert(MarginClearing.NotDebt.selector);
        clearing.repay(ALICE, 0, address(tokens[USD]), 1);
        vm.expectPartialRevert(MarginClearing.VaultUnknown.selector);
        clearing.repay(ALICE, 9, address(tokens[USD]), 1);
        borrow(ALICE, 0, USD, 1e6, vector(2000e18));
        vm.expectPartialRevert(MarginClearing.AmountZero.selector);
        clearing.repay(ALICE, 0, address(tokens[USD]), 0);
    }

    function test_legs__are_listed_in_ascending_order() public {
        open(ALICE, 0, 0);
        uint256[5] memory order = [STETH, ETH, HOOK, BTC, USD];
        for (uint256 i = 0; i < 5; i++) {
            deposit(ALICE, 0, order[i], (order[i] + 1) * 1e20);
        }
        borrow(ALICE, 0, STETH, 2e18, vector(2000e18));
        borrow(ALICE, 0, ETH, 1e18, vector(2000e18));
        (,,,,, uint8[] memory c, uint256[] memory ca, uint8[] memory d, uint256[] memory da) =
            clearing.vaultState(key(ALICE, 0));
        same(c.length, 5, "collateral");
        for (uint256 i = 0; i < 5; i++) {
            same(c[i], i, "slot");
            same(ca[i], (i + 1) * 1e20, "amount");
        }
        holds(d.length == 2 && d[0] == ETH && d[1] == STETH, "debt slots");
        holds(da[0] == 1e18 && da[1] == 2e18, "debt amounts");
    }

    function test_legs__at_most_16() public {
        // A contract with 20 tokens in its rules.
        bytes memory words;
        bytes memory rows;
        MockERC20[] memory many = new MockERC20[](20);
        for (uint256 i = 0; i < 20; i++) {
            many[i] = new MockERC20("M", "M", 18);
            words = abi.encodePacked(words, address(many[i]), uint8(18), bytes11(0));
            rows = abi.encodePacked(
                rows, row(800_000_000, 825_000_000, 50_000_000, 500_000_000, 1e9, uint8(i), 0)
            );
        }
        MarginClearing c = create(abi.encodePacked(head(1, 20, 1), words, rows), 3, ordinary());
        c.openVault(0, 0);
        for (uint256 i = 0; i < 17; i++) {
            many[i].mint(address(this), 1e18);
            many[i].approve(address(c), 1e18);
            if (i == 16) vm.expectPartialRevert(Vaults.TooManyLegs.selector);
            c.deposit(address(this), 0, address(many[i]), i + 1);
        }
        // Remove from the middle, the front and the end; the rest keeps its amounts.
        Attestation memory nothing;
        uint256[3] memory gone = [uint256(7), 0, 14];
        for (uint256 i = 0; i < 3; i++) {
            c.withdraw(0, address(many[gone[i]]), gone[i] + 1, nothing, 0, "", new uint256[](0));
        }
        (,,,,, uint8[] memory slots, uint256[] memory amounts,,) = c.vaultState(key(address(this), 0));
        same(slots.length, 13, "13 left");
        for (uint256 i = 0; i < 13; i++) {
            same(amounts[i], uint256(slots[i]) + 1, "amount follows its slot");
            if (i > 0) holds(slots[i] > slots[i - 1], "ascending");
        }
        c.deposit(address(this), 0, address(many[16 - 1]), 5);
    }

    function test_pool__obeys_the_clearing_contract_only() public {
        MarginPool pool = clearing.pool();
        vm.expectPartialRevert(MarginPool.NotClearing.selector);
        pool.pay(IERC20(address(tokens[USD])), address(this), 1);
        clearing.unsupply(address(tokens[USD]), 1e27);
        same(tokens[USD].balanceOf(address(pool)), 0, "taken back");
        vm.prank(ALICE);
        vm.expectPartialRevert(0x118cdaa7);
        clearing.supply(address(tokens[USD]), 1);
        vm.prank(ALICE);
        vm.expectPartialRevert(0x118cdaa7);
        clearing.unsupply(address(tokens[USD]), 1);
        FeeToken(address(tokens[FEE])).setFee(1, false);
        vm.expectPartialRevert(MarginClearing.TransferNotExact.selector);
        clearing.supply(address(tokens[FEE]), 1e18);
    }

    function test_pool__never_pays_out_collateral() public {
        usual();
        vm.expectPartialRevert(0xe450d38c); // ERC20InsufficientBalance
        clearing.unsupply(address(tokens[ETH]), 1e27 + 1);
    }
}
