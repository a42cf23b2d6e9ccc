// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Bed} from "./Bed.sol";
import "../src/Types.sol";
import {MarginClearing} from "../src/MarginClearing.sol";
import {Signatures} from "../src/Signatures.sol";

/// Rules 2, 3 and 7: which headers are stored, and which may move money.
contract HeadersTest is Bed {
    event Submitted(uint64 indexed sequence, bytes32 digest, uint64 asOf, uint8 status);
    event Equivocation(uint64 indexed sequence, bytes32 stored, bytes32 other);

    // ---- rule 2

    function test_submit__stores_digest_and_word() public {
        Attestation memory a = header(vector(2000e18));
        a.status = STATUS_DEGRADED;
        bytes32 digest = clearing.digestOf(a);
        (uint256 bitmap, bytes memory signatures) = sign(a);
        vm.expectEmit(true, true, true, true, address(clearing));
        emit Submitted(a.sequence, digest, a.asOf, STATUS_DEGRADED);
        clearing.submit(a, bitmap, signatures);
        (bytes32 d, uint64 s, uint64 t, uint8 status, uint64 refusal) = clearing.latest();
        same(d, digest, "digest");
        same(s, a.sequence, "sequence");
        same(t, a.asOf, "asOf");
        same(status, STATUS_DEGRADED, "status");
        same(refusal, 0, "no refusal");
    }

    function test_submit__late_changes_nothing_and_does_not_revert() public {
        Attestation memory early = header(vector(2000e18));
        Attestation memory a = header(vector(2000e18));
        submit(a);
        submit(early);
        // Not even its signatures matter: it can do nothing.
        clearing.submit(early, 0, "");
        // The same again is late as well.
        submit(a);
        clearing.submit(a, 0, "");
        (bytes32 d, uint64 s,) = stored();
        same(d, clearing.digestOf(a), "digest");
        same(s, a.sequence, "sequence");
        holds(!clearing.paused(), "running");
    }

    function test_submit__lower_as_of_is_never_stored() public {
        Attestation memory a = header(vector(2000e18));
        submit(a);
        Attestation memory b = header(vector(2000e18));
        b.asOf = a.asOf - 1;
        submit(b);
        (, uint64 s,) = stored();
        same(s, a.sequence, "kept");
        b.asOf = a.asOf;
        submit(b);
        (, s,) = stored();
        same(s, b.sequence, "an equal asOf is stored");
    }

    function test_submit__equivocation_pauses() public {
        Attestation memory a = header(vector(2000e18));
        submit(a);
        Attestation memory b = abi.decode(abi.encode(a), (Attestation));
        b.debtValue++;
        (uint256 bitmap, bytes memory signatures) = sign(b);
        // Without good signatures it proves nothing.
        vm.expectPartialRevert(Signatures.BelowThreshold.selector);
        clearing.submit(b, 0, "");
        bytes memory others = signBy(a, bitmap);
        vm.expectPartialRevert(Signatures.SignatureWrongSigner.selector);
        clearing.submit(b, bitmap, others);
        holds(!clearing.paused(), "not yet");

        bytes32 one = clearing.digestOf(a);
        bytes32 two = clearing.digestOf(b);
        vm.expectEmit(true, true, true, true, address(clearing));
        emit Equivocation(a.sequence, one, two);
        clearing.submit(b, bitmap, signatures);
        holds(clearing.paused(), "paused");
        (bytes32 d,,) = stored();
        same(d, one, "the first stays");
        submitNamed(header(vector(2000e18)), MarginClearing.IsPaused.selector);
    }

    function test_submit__equivocation_pauses_after_its_time_too() public {
        Attestation memory a = header(vector(2000e18));
        submit(a);
        a.debtValue++;
        vm.warp(START + 1 days);
        submit(a);
        holds(clearing.paused(), "paused");
    }

    function test_submit__other_book_is_no_equivocation() public {
        Attestation memory a = header(vector(2000e18));
        submit(a);
        a.book = keccak256("other");
        submitNamed(a, MarginClearing.WrongBook.selector);
        holds(!clearing.paused(), "running");
    }

    function test_submit_and_liquidate__equivocation_pauses_and_moves_nothing() public {
        usual();
        uint256[] memory low = vector(1800e18);
        Attestation memory a = header(low);
        submit(a);
        a.debtValue++;
        (uint256 bitmap, bytes memory signatures) = sign(a);
        vm.prank(BOB);
        (uint256 repaid, uint256 seized) =
            clearing.submitAndLiquidate(a, bitmap, signatures, low, wish(ETH, USD, 1000e6));
        same(repaid + seized, 0, "nothing moved");
        same(debtOf(ALICE, 0, USD), 15_000e6, "debt");
        holds(clearing.paused(), "paused");
    }

    function test_liquidate__refuses_equivocating_header() public {
        usual();
        uint256[] memory low = vector(1800e18);
        Attestation memory a = header(low);
        submit(a);
        a.debtValue++;
        liquidateNamed(a, low, wish(ETH, USD, 1000e6), MarginClearing.HeaderEquivocates.selector);
    }

    function test_unpause__forgets_the_proof_but_not_the_sequence() public {
        Attestation memory a = header(vector(2000e18));
        submit(a);
        Attestation memory b = abi.decode(abi.encode(a), (Attestation));
        b.debtValue++;
        submit(b);
        vm.prank(ALICE);
        vm.expectPartialRevert(0x118cdaa7); // OwnableUnauthorizedAccount
        clearing.unpause();
        clearing.unpause();
        holds(!clearing.paused(), "running");
        submit(a);
        submit(b);
        holds(!clearing.paused(), "the old proof does not pause again");
        (bytes32 d, uint64 s,) = stored();
        same(d, 0, "nothing stored");
        same(s, a.sequence, "sequence kept");
        vm.expectPartialRevert(MarginClearing.NotPaused.selector);
        clearing.unpause();
    }

    function test_pause__stops_what_needs_attestations_only() public {
        usual();
        open(CAROL, 0, 0);
        deposit(CAROL, 0, ETH, 1e18);
        uint256[] memory low = vector(1800e18);
        clearing.pause();
        vm.expectPartialRevert(MarginClearing.IsPaused.selector);
        clearing.pause();
        submitNamed(header(low), MarginClearing.IsPaused.selector);
        liquidateNamed(header(low), low, wish(ETH, USD, 1e6), MarginClearing.IsPaused.selector);
        borrowNamed(ALICE, 0, USD, 1e6, vector(2000e18), MarginClearing.IsPaused.selector);
        withdrawNamed(ALICE, 0, ETH, 1, vector(2000e18), MarginClearing.IsPaused.selector);
        deposit(ALICE, 0, ETH, 1e18);
        vm.prank(BOB);
        clearing.repay(ALICE, 0, address(tokens[USD]), 1e6);
        withdraw(CAROL, 0, ETH, 1e18, vector(2000e18));
    }

    // ---- rule 3

    function test_submit__as_of_at_most_15_s_ahead() public {
        Attestation memory a = header(vector(2000e18));
        a.asOf = uint64(START * 1000 + 15_001);
        submitNamed(a, MarginClearing.AsOfAhead.selector);
        a.asOf--;
        submit(a);
    }

    function test_submit__refuses_past_valid_until() public {
        Attestation memory a = header(vector(2000e18));
        a.validUntil = uint64(START * 1000 - 1);
        submitNamed(a, MarginClearing.Expired.selector);
        a.validUntil++;
        submit(a);
    }

    function test_submit__block_is_before_this_one() public {
        Attestation memory a = header(vector(2000e18));
        a.blockNumber = uint64(block.number);
        submitNamed(a, MarginClearing.BlockAhead.selector);
        a.blockNumber = type(uint64).max;
        submitNamed(a, MarginClearing.BlockAhead.selector);
    }

    function test_submit__block_hash_is_checked_within_256() public {
        Attestation memory a = header(vector(2000e18));
        a.blockHash = keccak256("fork");
        submitNamed(a, MarginClearing.BlockHashMismatch.selector);
        a.blockNumber = uint64(block.number - 256);
        submitNamed(a, MarginClearing.BlockHashMismatch.selector);
        a.blockNumber--;
        submit(a);
    }

    function test_submit__block_hash_check_can_be_configured_off() public {
        clearing = make(3, Config(false, 30, 3600, 0, false));
        Attestation memory a = header(vector(2000e18));
        a.blockHash = keccak256("another chain's");
        submit(a);
        a = header(vector(2000e18));
        a.blockNumber = uint64(block.number);
        submitNamed(a, MarginClearing.BlockAhead.selector);
    }

    function test_submit__refuses_wrong_book_status_rules() public {
        Attestation memory a = header(vector(2000e18));
        a.book = keccak256("other");
        submitNamed(a, MarginClearing.WrongBook.selector);
        a = header(vector(2000e18));
        a.status = 3;
        submitNamed(a, MarginClearing.UnknownStatus.selector);
        a = header(vector(2000e18));
        a.rulesHash = 0;
        submitNamed(a, MarginClearing.RulesUnknown.selector);
        a.rulesHash = keccak256("others");
        submitNamed(a, MarginClearing.RulesUnknown.selector);
    }

    // ---- rule 7

    function test_liquidate__header_is_at_most_45_s_old() public {
        usual();
        uint256[] memory low = vector(1800e18);
        Attestation memory a = header(low);
        vm.warp(START + 46);
        liquidateNamed(a, low, wish(ETH, USD, 1000e6), MarginClearing.AsOfTooOld.selector);
        vm.warp(START + 45);
        liquidate(a, low, wish(ETH, USD, 1000e6));
    }

    function test_liquidate__stored_header_ages_too() public {
        usual();
        uint256[] memory low = vector(1800e18);
        Attestation memory a = header(low);
        submit(a);
        vm.warp(START + 46);
        vm.prank(BOB);
        vm.expectPartialRevert(MarginClearing.AsOfTooOld.selector);
        clearing.liquidate(a, 0, "", low, wish(ETH, USD, 1000e6));
        vm.warp(START + 45);
        vm.prank(BOB);
        clearing.liquidate(a, 0, "", low, wish(ETH, USD, 1000e6));
    }

    function test_liquidate__stored_header_expires() public {
        usual();
        uint256[] memory low = vector(1800e18);
        Attestation memory a = header(low);
        a.validUntil = a.asOf + 5000;
        submit(a);
        vm.warp(START + 6);
        vm.prank(BOB);
        vm.expectPartialRevert(MarginClearing.Expired.selector);
        clearing.liquidate(a, 0, "", low, wish(ETH, USD, 1000e6));
    }

    function test_liquidate__newest_header_cannot_front_run_a_bot() public {
        usual();
        uint256[] memory low = vector(1800e18);
        Attestation memory bots = header(low);
        // Before the bot's transaction lands, somebody stores newer headers, in
        // the last of which the vault is healthy again.
        vm.warp(START + 10);
        submit(header(vector(1810e18)));
        vm.warp(START + 30);
        submit(header(vector(2000e18)));
        (uint256 bitmap, bytes memory signatures) = sign(bots);
        vm.prank(BOB);
        (uint256 repaid,) = clearing.submitAndLiquidate(bots, bitmap, signatures, low, wish(ETH, USD, 1000e6));
        same(repaid, 1000e6, "still liquidates");
        (, uint64 s,) = stored();
        same(s, sequence, "the newest stays stored");
    }

    function test_liquidate__not_beyond_the_lateness_window() public {
        usual();
        uint256[] memory low = vector(1800e18);
        Attestation memory a = header(low);
        vm.warp(START + 30);
        Attestation memory newer = header(low);
        newer.asOf += 1;
        submit(newer);
        liquidateNamed(a, low, wish(ETH, USD, 1000e6), MarginClearing.HeaderSuperseded.selector);
        a.asOf += 1;
        liquidate(a, low, wish(ETH, USD, 1000e6));
    }

    function test_liquidate__older_than_no_refusal() public {
        usual();
        uint256[] memory low = vector(1800e18);
        Attestation memory before = header(low);
        before.asOf -= 1;
        Attestation memory refusal = header(low);
        refusal.status = STATUS_REFUSED;
        Attestation memory after_ = header(low);
        after_.asOf += 1;
        liquidateNamed(refusal, low, wish(ETH, USD, 1000e6), MarginClearing.HeaderRefused.selector);
        submit(refusal);
        (,,, uint8 status, uint64 at_) = clearing.latest();
        same(status, STATUS_REFUSED, "status");
        same(at_, refusal.asOf, "last refusal");
        liquidateNamed(before, low, wish(ETH, USD, 1000e6), MarginClearing.HeaderBeforeRefusal.selector);
        before.asOf += 1;
        liquidateNamed(before, low, wish(ETH, USD, 1000e6), MarginClearing.HeaderBeforeRefusal.selector);
        // A later OK header does not bring the older ones back.
        submit(after_);
        (,,,, at_) = clearing.latest();
        same(at_, refusal.asOf, "remembered");
        before.asOf -= 1;
        liquidateNamed(before, low, wish(ETH, USD, 1000e6), MarginClearing.HeaderBeforeRefusal.selector);
        liquidate(after_, low, wish(ETH, USD, 1000e6));
    }

    function test_liquidate__stored_refusal_moves_nothing() public {
        usual();
        uint256[] memory low = vector(1800e18);
        Attestation memory refusal = header(low);
        refusal.status = STATUS_REFUSED;
        submit(refusal);
        vm.prank(BOB);
        vm.expectPartialRevert(MarginClearing.HeaderRefused.selector);
        clearing.liquidate(refusal, 0, "", low, wish(ETH, USD, 1000e6));
        (uint256 bitmap, bytes memory signatures) = sign(refusal);
        vm.prank(BOB);
        vm.expectPartialRevert(MarginClearing.HeaderRefused.selector);
        clearing.submitAndLiquidate(refusal, bitmap, signatures, low, wish(ETH, USD, 1000e6));
    }

    function test_liquidate__degraded_header_is_good() public {
        usual();
        uint256[] memory low = vector(1800e18);
        low[BTC] = word(60_000e18, 0, 0, STATUS_DEGRADED);
        Attestation memory a = header(low);
        a.status = STATUS_DEGRADED;
        liquidate(a, low, wish(ETH, USD, 1000e6));
    }

    function test_submit_and_liquidate__checks_the_header_even_when_late() public {
        usual();
        uint256[] memory low = vector(1800e18);
        Attestation memory a = header(low);
        submit(header(low));
        a.blockHash = keccak256("fork");
        (uint256 bitmap, bytes memory signatures) = sign(a);
        vm.prank(BOB);
        vm.expectPartialRevert(MarginClearing.BlockHashMismatch.selector);
        clearing.submitAndLiquidate(a, bitmap, signatures, low, wish(ETH, USD, 1000e6));
    }

    function test_submit_and_liquidate__stores() public {
        usual();
        uint256[] memory low = vector(1800e18);
        Attestation memory a = header(low);
        (uint256 bitmap, bytes memory signatures) = sign(a);
        vm.prank(BOB);
        clearing.submitAndLiquidate(a, bitmap, signatures, low, wish(ETH, USD, 1000e6));
        (bytes32 d,,) = stored();
        same(d, clearing.digestOf(a), "stored");
        // So the next one needs no signatures.
        vm.prank(BOB);
        clearing.liquidate(a, 0, "", low, wish(ETH, USD, 1000e6));
    }

    function test_liquidate__refuses_other_prices_than_signed() public {
        usual();
        uint256[] memory low = vector(1800e18);
        Attestation memory a = header(low);
        uint256[] memory other = vector(1700e18);
        liquidateNamed(a, other, wish(ETH, USD, 1000e6), MarginClearing.PricesMismatch.selector);
        uint256[] memory fewer = new uint256[](ASSETS - 1);
        for (uint256 i = 0; i < fewer.length; i++) {
            fewer[i] = low[i];
        }
        liquidateNamed(header(fewer), fewer, wish(ETH, USD, 1000e6), MarginClearing.PricesLength.selector);
        uint256[] memory more = new uint256[](ASSETS + 1);
        for (uint256 i = 0; i < ASSETS; i++) {
            more[i] = low[i];
        }
        liquidateNamed(header(more), more, wish(ETH, USD, 1000e6), MarginClearing.PricesLength.selector);
    }

    function test_config__lateness_and_timelock_have_bounds() public {
        make(3, Config(true, 45, 15, 0, false));
        makeNamed(3, Config(true, 46, 15, 0, false), MarginClearing.ConfigLateness.selector);
        makeNamed(3, Config(true, 45, 14, 0, false), MarginClearing.ConfigRulesDelay.selector);
    }
}
