// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Bed} from "./Bed.sol";
import "../src/Types.sol";
import {MarginClearing} from "../src/MarginClearing.sol";
import {Registrar} from "../src/Registrar.sol";
import {Signatures} from "../src/Signatures.sol";

/// Rule 1, and the pitfalls on record for signed words.
contract SignaturesTest is Bed {
    uint256 private constant N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;

    function _refuse(Attestation memory a, uint256 bitmap, bytes memory signatures, bytes4 name) private {
        vm.expectPartialRevert(name);
        clearing.submit(a, bitmap, signatures);
        (, uint64 now_,) = stored();
        same(now_, 0, "nothing stored");
    }

    function test_submit__accepts_k_of_n_for_k_1_to_5() public {
        makeKeys(9);
        for (uint256 k = 1; k <= 5; k++) {
            clearing = make(k, Config(true, 30, 3600, 0, true));
            Attestation memory a = header(vector(2000e18));
            // The highest k of the table, then one fewer.
            uint256 bitmap = lowest(k) << (9 - k);
            clearing.submit(a, bitmap, signBy(a, bitmap));
            (bytes32 digest, uint64 s,) = stored();
            same(digest, clearing.digestOf(a), "digest");
            same(s, a.sequence, "sequence");

            a = header(vector(2000e18));
            bitmap = lowest(k - 1) << (9 - k);
            bytes memory signatures = signBy(a, bitmap);
            vm.expectRevert(abi.encodeWithSelector(Signatures.BelowThreshold.selector, k - 1, k));
            clearing.submit(a, bitmap, signatures);
        }
    }

    function test_submit__accepts_more_than_k_and_any_subset() public {
        for (uint256 bitmap = 1; bitmap < 32; bitmap++) {
            Attestation memory a = header(vector(2000e18));
            bytes memory signatures = signBy(a, bitmap);
            bool enough = signatures.length >= 3 * 64;
            if (!enough) vm.expectPartialRevert(Signatures.BelowThreshold.selector);
            clearing.submit(a, bitmap, signatures);
            (, uint64 s,) = stored();
            same(s == a.sequence ? 1 : 0, enough ? 1 : 0, "stored if enough");
        }
    }

    function test_submit__refuses_bit_beyond_the_table() public {
        Attestation memory a = header(vector(2000e18));
        bytes memory three = signBy(a, 3);
        // A third signature that recovers to zero for the empty table place.
        bytes memory signatures = abi.encodePacked(three, bytes32(0), bytes32(0));
        _refuse(a, 3 | (1 << 5), signatures, Signatures.SignerBeyondTable.selector);
        _refuse(a, 3 | (1 << 255), signatures, Signatures.SignerBeyondTable.selector);
        // Past the signers lie the rules: their words are no signers either.
        _refuse(a, 3 | (1 << 6), signatures, Signatures.SignerBeyondTable.selector);
    }

    function test_submit__refuses_recovered_zero() public {
        Attestation memory a = header(vector(2000e18));
        bytes memory two = signBy(a, 3);
        _refuse(a, 7, abi.encodePacked(two, bytes32(0), bytes32(0)), Signatures.SignatureInvalid.selector);
        // r that is no point of the curve, r and s out of range.
        _refuse(
            a,
            7,
            abi.encodePacked(two, bytes32(uint256(5)), bytes32(uint256(1))),
            Signatures.SignatureInvalid.selector
        );
        _refuse(
            a, 7, abi.encodePacked(two, bytes32(N), bytes32(uint256(1))), Signatures.SignatureInvalid.selector
        );
        _refuse(
            a, 7, abi.encodePacked(two, bytes32(uint256(1)), bytes32(0)), Signatures.SignatureInvalid.selector
        );
    }

    function test_submit__refuses_high_s() public {
        Attestation memory a = header(vector(2000e18));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(keys[2], clearing.digestOf(a));
        bytes32 digest = clearing.digestOf(a);
        uint256 twin = N - uint256(s);
        holds(ecrecover(digest, v == 27 ? 28 : 27, r, bytes32(twin)) == vm.addr(keys[2]), "the twin is valid");
        // Nearly every twin has its top bit set, where EIP-2098 keeps v: as it
        // stands it is read as another s.
        holds(twin >> 255 == 1, "no room for v");
        _refuse(a, 7, abi.encodePacked(signBy(a, 3), r, twin), Signatures.SignatureWrongSigner.selector);
        // Given a message and a key, the twin below 2^255 cannot be had by trying;
        // the bound is tested by itself, below.
    }

    function test_submit__high_s_starts_above_half_the_order() public {
        Attestation memory a = header(vector(2000e18));
        bytes memory two = signBy(a, 3);
        uint256 half = N / 2;
        (, bytes32 r,) = vm.sign(keys[2], clearing.digestOf(a));
        _refuse(a, 7, abi.encodePacked(two, r, half), Signatures.SignatureWrongSigner.selector);
        _refuse(a, 7, abi.encodePacked(two, r, half + 1), Signatures.SignatureHighS.selector);
    }

    function test_submit__refuses_any_length_but_64_each() public {
        Attestation memory a = header(vector(2000e18));
        bytes memory three = signBy(a, 7);
        bytes memory shorter = new bytes(191);
        for (uint256 i = 0; i < 191; i++) {
            shorter[i] = three[i];
        }
        _refuse(a, 7, shorter, Signatures.SignatureLength.selector);
        _refuse(a, 7, abi.encodePacked(three, hex"1b"), Signatures.SignatureLength.selector);
        // Three signatures of 65 bytes, the older form: 195 is no multiple.
        _refuse(a, 7, abi.encodePacked(three, hex"1b1c1b"), Signatures.SignatureLength.selector);
        _refuse(a, 7, "", Signatures.SignatureCount.selector);
    }

    function test_submit__refuses_count_other_than_popcount() public {
        Attestation memory a = header(vector(2000e18));
        _refuse(a, 7, signBy(a, 15), Signatures.SignatureCount.selector);
        _refuse(a, 15, signBy(a, 7), Signatures.SignatureCount.selector);
        _refuse(a, 0, signBy(a, 7), Signatures.SignatureCount.selector);
        _refuse(a, 0, "", Signatures.BelowThreshold.selector);
    }

    function test_submit__refuses_duplicate_signer() public {
        Attestation memory a = header(vector(2000e18));
        bytes memory one = signBy(a, 1);
        _refuse(a, 7, abi.encodePacked(one, one, one), Signatures.SignatureWrongSigner.selector);
    }

    function test_submit__refuses_wrong_order() public {
        Attestation memory a = header(vector(2000e18));
        bytes memory signatures = abi.encodePacked(signBy(a, 2), signBy(a, 1), signBy(a, 4));
        _refuse(a, 7, signatures, Signatures.SignatureWrongSigner.selector);
    }

    function test_submit__refuses_stranger() public {
        Attestation memory a = header(vector(2000e18));
        bytes memory stranger = compact(uint256(keccak256("stranger")), clearing.digestOf(a));
        _refuse(a, 7, abi.encodePacked(signBy(a, 3), stranger), Signatures.SignatureWrongSigner.selector);
    }

    function test_submit__refuses_other_message_in_any_field() public {
        Attestation memory a = header(vector(2000e18));
        bytes memory signatures = signBy(a, 7);
        for (uint256 i = 1; i < 17; i++) {
            Attestation memory b = abi.decode(abi.encode(a), (Attestation));
            // Fields whose change is caught by the digest alone.
            if (i == 1) b.sequence++;
            else if (i == 5) b.blockHash ^= bytes32(uint256(1));
            else if (i == 6) b.positionsRoot ^= bytes32(uint256(1));
            else if (i == 7) b.pricesHash ^= bytes32(uint256(1));
            else if (i == 8) b.verdictsRoot ^= bytes32(uint256(1));
            else if (i == 10) b.inputsHash ^= bytes32(uint256(1));
            else if (i == 11) b.status++;
            else if (i == 12) b.reason++;
            else if (i == 13) b.vaultCount++;
            else if (i == 14) b.verdictCount++;
            else if (i == 15) b.collateralValue++;
            else if (i == 16) b.debtValue++;
            else continue;
            vm.expectRevert(abi.encodeWithSelector(Signatures.SignatureWrongSigner.selector, 0));
            clearing.submit(b, 7, signatures);
        }
    }

    function test_submit__refuses_dirty_high_bits() public {
        Attestation memory a = header(vector(2000e18));
        (uint256 bitmap, bytes memory signatures) = sign(a);
        bytes memory call_ = abi.encodeCall(clearing.submit, (a, bitmap, signatures));
        // The word of status: selector, then eleven words, then its high byte.
        call_[4 + 11 * 32] = 0x01;
        (bool done, bytes memory result) = address(clearing).call(call_);
        holds(
            !done && bytes4(result) == Signatures.SignatureWrongSigner.selector,
            "digest commits to whole words"
        );
    }

    function test_submit__refuses_another_chain() public {
        Attestation memory a = header(vector(2000e18));
        bytes32 before = clearing.domainSeparator();
        bytes memory signatures = signBy(a, 7);
        vm.chainId(999);
        holds(clearing.domainSeparator() != before, "recomputed");
        same(clearing.domainSeparator(), _separator(999, address(clearing)), "of the new chain");
        _refuse(a, 7, signatures, Signatures.SignatureWrongSigner.selector);
        // And what is signed for this chain is good on it.
        submit(a);
    }

    function test_submit__refuses_another_contract() public {
        MarginClearing other = make(3, Config(true, 30, 3600, 0, false));
        Attestation memory a = header(vector(2000e18));
        bytes memory signatures = signBy(a, 7);
        vm.expectPartialRevert(Signatures.SignatureWrongSigner.selector);
        other.submit(a, 7, signatures);
    }

    function test_digest__is_eip_712() public {
        Attestation memory a = header(vector(2000e18));
        bytes32 inner = keccak256(abi.encode(ATTESTATION_TYPEHASH, a));
        bytes32 outer =
            keccak256(abi.encodePacked(hex"1901", _separator(block.chainid, address(clearing)), inner));
        same(clearing.digestOf(a), outer, "digest");
    }

    function _separator(uint256 chain, address contract_) private pure returns (bytes32) {
        return keccak256(
            abi.encode(
                keccak256(
                    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
                ),
                keccak256("margind"),
                keccak256("1"),
                chain,
                contract_
            )
        );
    }

    function test_signers__must_ascend_strictly() public {
        address[] memory list = table();
        (list[0], list[1]) = (list[1], list[0]);
        vm.expectRevert(abi.encodeWithSelector(Registrar.SignersOrder.selector, 1));
        clearing.rotateSigners(list, 3);
        list[1] = list[0];
        vm.expectRevert(abi.encodeWithSelector(Registrar.SignersOrder.selector, 1));
        clearing.rotateSigners(list, 3);
        list = table();
        list[0] = address(0);
        vm.expectRevert(abi.encodeWithSelector(Registrar.SignersOrder.selector, 0));
        clearing.rotateSigners(list, 3);
    }

    function test_signers__threshold_is_a_majority_beyond_the_faulty() public {
        bytes4 low = Registrar.ThresholdTooLow.selector;
        // n = 5, f = 0: 2k > 5.
        makeNamed(2, Config(true, 30, 3600, 0, false), low);
        make(3, Config(true, 30, 3600, 0, false));
        // f = 1: 2k > 6.
        makeNamed(3, Config(true, 30, 3600, 1, false), low);
        make(4, Config(true, 30, 3600, 1, false));
        // Never none, never more than all, even where the majority is waived.
        makeNamed(0, Config(true, 30, 3600, 0, true), low);
        makeNamed(6, Config(true, 30, 3600, 0, true), low);
        make(1, Config(true, 30, 3600, 0, true));
        address[] memory list = table();
        vm.expectRevert(abi.encodeWithSelector(low, 2));
        clearing.rotateSigners(list, 2);
    }

    function test_signers__number_1_to_64() public {
        vm.expectRevert(abi.encodeWithSelector(Registrar.SignersCount.selector, 0));
        clearing.rotateSigners(new address[](0), 1);
        address[] memory list = new address[](65);
        for (uint256 i = 0; i < 65; i++) {
            list[i] = address(uint160(i + 1));
        }
        vm.expectRevert(abi.encodeWithSelector(Registrar.SignersCount.selector, 65));
        clearing.rotateSigners(list, 40);
        assembly {
            mstore(list, 64)
        }
        clearing.rotateSigners(list, 40);
        same(clearing.signerTable().length, 64, "64");
        same(clearing.threshold(), 40, "k");
    }

    function test_rotate__clears_the_stored_digest_and_the_old_table() public {
        usual();
        uint256[] memory low = vector(1800e18);
        Attestation memory a = header(low);
        submit(a);
        (bytes32 digest,,) = stored();
        holds(digest != 0, "stored");
        bytes memory old = signBy(a, 7);

        makeKeys(7);
        delete keys[0];
        keys[0] = uint256(keccak256("another"));
        for (uint256 j = 1; j < 7 && vm.addr(keys[j - 1]) > vm.addr(keys[j]); j++) {
            (keys[j - 1], keys[j]) = (keys[j], keys[j - 1]);
        }
        clearing.rotateSigners(table(), 4);
        (digest,,) = stored();
        same(digest, 0, "cleared");
        vm.prank(BOB);
        vm.expectPartialRevert(MarginClearing.HeaderNotStored.selector);
        clearing.liquidate(a, 0, "", low, wish(ETH, USD, 100e6));
        vm.prank(BOB);
        vm.expectPartialRevert(Signatures.BelowThreshold.selector);
        clearing.liquidate(a, 7, old, low, wish(ETH, USD, 100e6));
        // The same sequence is no equivocation now: nothing is stored to differ from.
        a.reason = 9;
        submit(a);
        holds(!clearing.paused(), "not paused");
        submit(header(low));
        (, uint64 s,) = stored();
        same(s, sequence, "the new table signs on");
    }

    function test_rotate__zero_digest_is_never_the_stored_one() public {
        Attestation memory a = header(vector(2000e18));
        vm.expectPartialRevert(MarginClearing.HeaderNotStored.selector);
        clearing.liquidate(a, 0, "", vector(2000e18), wish(ETH, USD, 1));
    }

    function test_liquidate__refuses_signatures_without_bits() public {
        usual();
        uint256[] memory low = vector(1800e18);
        Attestation memory a = header(low);
        submit(a);
        bytes memory signatures = signBy(a, 7);
        vm.expectPartialRevert(Signatures.SignatureCount.selector);
        clearing.liquidate(a, 0, signatures, low, wish(ETH, USD, 1e6));
    }
}
