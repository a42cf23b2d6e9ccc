// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// A charter's first three words and where they stand.
struct Law {
    address code; // the account whose code holds all of this
    uint256 head;
    bytes32 rulesHash;
    bytes32 previousHash;
}

/// The charter: signer table and rules kept as the code of one account, so
/// that a submit pays for one cold account instead of a storage slot a signer.
///
/// Code: STOP | k u8, n u8, since u64, previous address (low bits first) in one
/// word | keccak256(rules) | keccak256(previous rules) | n signers, a word each |
/// rules blob.  The leading STOP makes a call to it do nothing.
library Charter {
    uint256 internal constant HEAD = 97; // bytes before the signers
    uint256 private constant CODE_MAX = 24_576;

    error CharterTooLong(uint256 bytes_);
    error CharterNotCreated();

    function write(
        uint256 k,
        address[] memory table,
        uint256 from,
        address before,
        bytes32 beforeHash,
        bytes memory rules
    ) internal returns (address code) {
        uint256 head =
            k | (table.length << 8) | (from << 16) | (uint256(uint160(before)) << 80);
        bytes memory data = abi.encodePacked(bytes1(0), head, keccak256(rules), beforeHash);
        for (uint256 i = 0; i < table.length; i++) {
            data = abi.encodePacked(data, uint256(uint160(table[i])));
        }
        data = abi.encodePacked(data, rules);
        if (data.length > CODE_MAX) revert CharterTooLong(data.length);
        // PUSH2 size, DUP1, PUSH1 10, RETURNDATASIZE, CODECOPY, RETURNDATASIZE,
        // RETURN: ten bytes that return what follows them.
        bytes memory init = abi.encodePacked(hex"61", uint16(data.length), hex"80600a3d393df3", data);
        assembly ("memory-safe") {
            code := create(0, add(init, 32), mload(init))
        }
        if (code == address(0)) revert CharterNotCreated();
    }

    function read(address code) internal view returns (Law memory law) {
        law.code = code;
        assembly ("memory-safe") {
            extcodecopy(code, add(law, 32), 1, 96)
        }
    }

    /// The same, and the signer words up to the bitmap's highest bit in the same
    /// copy; table is where they begin.  What lies beyond the n signers is not
    /// one of them: Signatures.check refuses such a bit.
    function readSigners(address code, uint256 bitmap) internal view returns (Law memory law, uint256 table) {
        law.code = code;
        assembly ("memory-safe") {
            let size := add(96, shl(5, sub(256, clz(bitmap))))
            let p := mload(0x40)
            mstore(0x40, add(p, size))
            extcodecopy(code, p, 1, size)
            mcopy(add(law, 32), p, 96)
            table := add(p, 96)
        }
    }

    /// k
    function threshold(Law memory law) internal pure returns (uint256) {
        return law.head & 0xff;
    }

    /// n
    function signers(Law memory law) internal pure returns (uint256) {
        return (law.head >> 8) & 0xff;
    }

    /// Unix seconds since when these rules are in force.
    function since(Law memory law) internal pure returns (uint256) {
        return (law.head >> 16) & type(uint64).max;
    }

    /// The charter that holds the rules before, or zero.
    function previous(Law memory law) internal pure returns (address) {
        return address(uint160(law.head >> 80));
    }

    /// The signer table, one word each.
    function signerWords(Law memory law) internal view returns (uint256[] memory table) {
        return words(law.code, HEAD, signers(law));
    }

    function signerTable(Law memory law) internal view returns (address[] memory table) {
        uint256[] memory list = signerWords(law);
        assembly ("memory-safe") {
            table := list
        }
    }

    /// count words of an account's code from a byte offset on.
    function words(address code, uint256 offset, uint256 count)
        internal
        view
        returns (uint256[] memory list)
    {
        assembly ("memory-safe") {
            list := mload(0x40)
            mstore(list, count)
            let size := shl(5, count)
            extcodecopy(code, add(list, 32), offset, size)
            mstore(0x40, add(add(list, 32), size))
        }
    }

    /// Offset of the rules blob in a charter's code.
    function rulesOffset(address code) internal view returns (uint256) {
        uint256 head;
        assembly ("memory-safe") {
            extcodecopy(code, 0, 1, 32)
            head := mload(0)
        }
        return HEAD + (((head >> 8) & 0xff) << 5);
    }
}
