// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// k-of-n over one digest: a bitmap of the strictly ascending signer table and
/// one EIP-2098 signature (r, vs) for each bit, lowest bit first.
library Signatures {
    /// Half the order of secp256k1: an s above has a twin below (EIP-2).
    uint256 private constant S_MAX = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0;

    error SignerBeyondTable(uint256 bitmap);
    error SignatureLength(uint256 length);
    error SignatureCount(uint256 signatures);
    error BelowThreshold(uint256 bits, uint256 threshold);
    error SignatureHighS(uint256 position);
    error SignatureInvalid(uint256 position);
    error SignatureWrongSigner(uint256 position);

    /// table: memory address of the n signer words.
    function check(
        bytes32 digest,
        uint256 bitmap,
        bytes calldata signatures,
        uint256 table,
        uint256 n,
        uint256 threshold
    ) internal view {
        // Code past the table's end reads as zero, and so does a failed
        // ecrecover: neither may ever meet the other.
        if (bitmap >> n != 0) revert SignerBeyondTable(bitmap);
        uint256 count = signatures.length >> 6;
        if (signatures.length & 63 != 0) revert SignatureLength(signatures.length);
        uint256 left = bitmap;
        unchecked {
            for (uint256 i = 0; i < count; i++) {
                if (left == 0) revert SignatureCount(count);
                uint256 expected;
                assembly ("memory-safe") {
                    let lowest := and(left, sub(0, left))
                    expected := mload(add(table, shl(5, sub(255, clz(lowest)))))
                    left := xor(left, lowest)
                }
                uint256 who = _recover(digest, signatures, i);
                if (who == 0) revert SignatureInvalid(i);
                if (who != expected) revert SignatureWrongSigner(i);
            }
        }
        if (left != 0) revert SignatureCount(count);
        if (count < threshold) revert BelowThreshold(count, threshold);
    }

    /// The signer of (r, vs) number i, or zero.
    function _recover(bytes32 digest, bytes calldata signatures, uint256 i)
        private
        view
        returns (uint256 who)
    {
        uint256 s;
        assembly ("memory-safe") {
            let p := add(signatures.offset, shl(6, i))
            let vs := calldataload(add(p, 32))
            s := and(vs, 0x7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff)
            if iszero(gt(s, S_MAX)) {
                let m := mload(0x40)
                mstore(m, digest)
                mstore(add(m, 32), add(27, shr(255, vs)))
                mstore(add(m, 64), calldataload(p))
                mstore(add(m, 96), s)
                // Scratch is zeroed first: a failure answers no bytes at all.
                mstore(0, 0)
                pop(staticcall(gas(), 1, m, 128, 0, 32))
                who := mload(0)
            }
        }
        if (s > S_MAX) revert SignatureHighS(i);
    }
}
