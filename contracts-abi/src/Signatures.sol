// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// k-of-n over one digest: a bitmap of the strictly ascending signer table and
/// one EIP-2098 signature (r, vs) for each bit, lowest bit first.
library Signatures {
    /// Half the order of secp256k1: an s above has a twin below (EIP-2).
    uint256 private constant S_MAX = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0;

    error SignerBeyondTable(uint256 bitmap);
    error SignatureLength(uint256 length);
    error SignatureCount(uint256 signatures, uint256 bits);
    error BelowThreshold(uint256 bits, uint256 threshold);
    error SignatureHighS(uint256 position);
    error SignatureInvalid(uint256 position);
    error SignatureWrongSigner(uint256 position);

    function check(
        bytes32 digest,
        uint256 bitmap,
        bytes calldata signatures,
        uint256[] memory table,
        uint256 threshold
    ) internal pure {
        // Code past the table's end reads as zero, and so does a failed
        // ecrecover: neither may ever meet the other.
        if (bitmap >> table.length != 0) revert SignerBeyondTable(bitmap);
        if (signatures.length % 64 != 0) revert SignatureLength(signatures.length);
        uint256 bits = 0;
        for (uint256 x = bitmap; x != 0; x &= x - 1) {
            bits++;
        }
        if (signatures.length / 64 != bits) revert SignatureCount(signatures.length / 64, bits);
        if (bits < threshold) revert BelowThreshold(bits, threshold);

        uint256 position = 0;
        for (uint256 i = 0; bitmap >> i != 0; i++) {
            if ((bitmap >> i) & 1 == 0) continue;
            bytes32 r;
            uint256 vs;
            assembly ("memory-safe") {
                let p := add(signatures.offset, shl(6, position))
                r := calldataload(p)
                vs := calldataload(add(p, 32))
            }
            uint256 s = vs & uint256(type(int256).max);
            if (s > S_MAX) revert SignatureHighS(position);
            address who = ecrecover(digest, uint8(27 + (vs >> 255)), r, bytes32(s));
            if (who == address(0)) revert SignatureInvalid(position);
            if (uint256(uint160(who)) != table[i]) revert SignatureWrongSigner(position);
            position++;
        }
    }
}
