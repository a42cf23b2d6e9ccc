// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../src/Types.sol";
import {MarginClearing} from "../src/MarginClearing.sol";
import {Vm} from "./Vm.sol";
import {MockERC20} from "./MockERC20.sol";
import {FeeToken, HookToken} from "./Tokens.sol";

/// The ground that the tests stand on: six tokens, two modes, five signers of
/// whom three are needed, a supplied pool.
abstract contract Bed {
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    bytes32 internal constant BOOK = keccak256("test");
    uint256 internal constant ETH = 0;
    uint256 internal constant USD = 1;
    uint256 internal constant BTC = 2;
    uint256 internal constant STETH = 3;
    uint256 internal constant HOOK = 4;
    uint256 internal constant FEE = 5;
    uint256 internal constant ASSETS = 6;
    uint256 internal constant START = 1_800_000_000;

    address internal constant ALICE = address(0xA11CE);
    address internal constant BOB = address(0xB0B);
    address internal constant CAROL = address(0xCA401);

    MarginClearing internal clearing;
    MockERC20[] internal tokens;
    uint256[] internal keys; // in the order of their addresses
    uint64 internal sequence = 1000;

    function setUp() public virtual {
        vm.warp(START);
        vm.roll(1000);
        tokens.push(new MockERC20("Ether", "ETH", 18));
        tokens.push(new MockERC20("Dollar", "USD", 6));
        tokens.push(new MockERC20("Bitcoin", "BTC", 8));
        tokens.push(new MockERC20("Staked", "STETH", 18));
        tokens.push(new HookToken());
        tokens.push(new FeeToken());
        makeKeys(5);
        clearing = make(3, Config(true, 30, 3600, 0, false));
        outfit(clearing);
    }

    function make(uint256 k, Config memory config) internal returns (MarginClearing) {
        return create(blob(), k, config);
    }

    function makeNamed(uint256 k, Config memory config, bytes4 name) internal {
        createNamed(blob(), k, config, name);
    }

    /// From the artifact, not `new`: else each test contract would compile and
    /// carry the clearing contract once more.
    function create(bytes memory rules, uint256 k, Config memory config) internal returns (MarginClearing c) {
        bytes memory code = _creation(rules, k, config);
        assembly ("memory-safe") {
            c := create(0, add(code, 32), mload(code))
        }
        require(address(c) != address(0), "deployed");
    }

    function createNamed(bytes memory rules, uint256 k, Config memory config, bytes4 name) internal {
        bytes memory code = _creation(rules, k, config);
        vm.expectPartialRevert(name);
        assembly ("memory-safe") {
            pop(create(0, add(code, 32), mload(code)))
        }
    }

    function _creation(bytes memory rules, uint256 k, Config memory config)
        private
        view
        returns (bytes memory)
    {
        return abi.encodePacked(
            vm.getCode("MarginClearing.sol:MarginClearing"),
            abi.encode(BOOK, rules, table(), k, address(this), config)
        );
    }

    function ordinary() internal pure returns (Config memory) {
        return Config(true, 30, 3600, 0, false);
    }

    function outfit(MarginClearing c) internal {
        address[4] memory all = [address(this), ALICE, BOB, CAROL];
        for (uint256 i = 0; i < tokens.length; i++) {
            for (uint256 j = 0; j < all.length; j++) {
                tokens[i].mint(all[j], 1e30);
                vm.prank(all[j]);
                tokens[i].approve(address(c), type(uint256).max);
            }
            c.supply(address(tokens[i]), 1e27);
        }
    }

    // ---- signers

    function makeKeys(uint256 n) internal {
        delete keys;
        for (uint256 i = 0; i < n; i++) {
            keys.push(uint256(keccak256(abi.encode("signer", i))));
            for (uint256 j = keys.length - 1; j > 0 && vm.addr(keys[j - 1]) > vm.addr(keys[j]); j--) {
                (keys[j - 1], keys[j]) = (keys[j], keys[j - 1]);
            }
        }
    }

    function table() internal view returns (address[] memory list) {
        list = new address[](keys.length);
        for (uint256 i = 0; i < keys.length; i++) {
            list[i] = vm.addr(keys[i]);
        }
    }

    function compact(uint256 secret, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(secret, digest);
        return abi.encodePacked(r, uint256(s) | (uint256(v - 27) << 255));
    }

    function signBy(Attestation memory a, uint256 bitmap) internal view returns (bytes memory out) {
        bytes32 digest = clearing.digestOf(a);
        for (uint256 i = 0; i < keys.length; i++) {
            if ((bitmap >> i) & 1 == 1) out = abi.encodePacked(out, compact(keys[i], digest));
        }
    }

    /// The lowest k of the table.
    function lowest(uint256 k) internal pure returns (uint256) {
        return (1 << k) - 1;
    }

    function sign(Attestation memory a) internal view returns (uint256 bitmap, bytes memory signatures) {
        bitmap = lowest(clearing.threshold());
        signatures = signBy(a, bitmap);
    }

    // ---- rules

    function row(uint32 ltv, uint32 lt, uint32 bonus, uint32 close, uint32 weight, uint8 factor, uint88 dust)
        internal
        pure
        returns (bytes memory)
    {
        return abi.encodePacked(ltv, lt, bonus, close, weight, factor, dust);
    }

    function asset(uint256 slot) internal view returns (bytes memory) {
        return abi.encodePacked(address(tokens[slot]), tokens[slot].decimals(), bytes11(0));
    }

    function assetWords() internal view returns (bytes memory out) {
        for (uint256 i = 0; i < ASSETS; i++) {
            out = abi.encodePacked(out, asset(i));
        }
    }

    function head(uint8 version, uint8 n, uint8 m) internal pure returns (bytes memory) {
        return abi.encodePacked(version, n, m, bytes29(0));
    }

    /// Mode 0: ordinary.  Mode 1: ETH against STETH.  ETH and STETH share a
    /// base factor; the debt weight of BTC is 1.1.
    function blob() internal view returns (bytes memory out) {
        out = abi.encodePacked(head(1, uint8(ASSETS), 2), assetWords());
        for (uint256 mode = 0; mode < 2; mode++) {
            bool e = mode == 1;
            bytes memory eth = e
                ? row(930_000_000, 950_000_000, 10_000_000, 500_000_000, 1e9, 0, 100e18)
                : row(800_000_000, 825_000_000, 50_000_000, 500_000_000, 1e9, 0, 100e18);
            out = abi.encodePacked(
                out,
                eth,
                row(750_000_000, 800_000_000, 40_000_000, 500_000_000, 1e9, 1, 100e18),
                row(700_000_000, 750_000_000, 100_000_000, 400_000_000, 1.1e9, 2, 50e18),
                eth,
                row(800_000_000, 825_000_000, 50_000_000, 500_000_000, 1e9, 3, 0),
                row(800_000_000, 825_000_000, 50_000_000, 500_000_000, 1e9, 4, 0)
            );
        }
    }

    // ---- prices

    function ok(uint256 price) internal pure returns (uint256) {
        return word(price, 0, 0, STATUS_OK);
    }

    function word(uint256 price, uint256 low, uint256 high, uint256 status) internal pure returns (uint256) {
        return (price << 128) | (low << 96) | (high << 64) | (uint256(420) << 32) | (status << 24) | (3 << 16);
    }

    /// high: USD with 9 decimals.
    function refused(uint256 high) internal pure returns (uint256) {
        return (high << 32) | (uint256(STATUS_REFUSED) << 24) | 1;
    }

    function vector(uint256 eth) internal pure returns (uint256[] memory list) {
        list = new uint256[](ASSETS);
        list[ETH] = ok(eth);
        list[USD] = ok(1e18);
        list[BTC] = ok(60_000e18);
        list[STETH] = ok(eth);
        list[HOOK] = ok(1e18);
        list[FEE] = ok(1e18);
    }

    // ---- headers

    function header(uint256[] memory prices) internal returns (Attestation memory a) {
        a.book = BOOK;
        a.sequence = ++sequence;
        a.asOf = uint64(block.timestamp * 1000);
        a.validUntil = a.asOf + 120_000;
        a.blockNumber = uint64(block.number - 1);
        a.blockHash = blockhash(block.number - 1);
        a.positionsRoot = keccak256(abi.encode("positions", sequence));
        a.pricesHash = keccak256(abi.encodePacked(prices));
        a.verdictsRoot = keccak256(abi.encode("verdicts", sequence));
        a.rulesHash = clearing.rulesHash();
        a.inputsHash = keccak256(abi.encode("inputs", sequence));
        a.vaultCount = 3;
        a.collateralValue = 1e24;
        a.debtValue = 5e23;
    }

    function submit(Attestation memory a) internal {
        (uint256 bitmap, bytes memory signatures) = sign(a);
        clearing.submit(a, bitmap, signatures);
    }

    function submitNamed(Attestation memory a, bytes4 name) internal {
        (uint256 bitmap, bytes memory signatures) = sign(a);
        vm.expectPartialRevert(name);
        clearing.submit(a, bitmap, signatures);
    }

    function stored() internal view returns (bytes32 digest, uint64 sequence_, uint64 asOf) {
        (digest, sequence_, asOf,,) = clearing.latest();
    }

    // ---- vaults

    function key(address owner, uint256 index) internal pure returns (bytes32) {
        return keccak256(abi.encode(owner, index));
    }

    function open(address owner, uint256 index, uint8 mode) internal {
        vm.prank(owner);
        clearing.openVault(index, mode);
    }

    function deposit(address owner, uint256 index, uint256 slot, uint256 amount) internal {
        vm.prank(owner);
        clearing.deposit(owner, index, address(tokens[slot]), amount);
    }

    function borrow(address owner, uint256 index, uint256 slot, uint256 amount, uint256[] memory prices)
        internal
    {
        Attestation memory a = header(prices);
        (uint256 bitmap, bytes memory signatures) = sign(a);
        vm.prank(owner);
        clearing.borrow(index, address(tokens[slot]), amount, a, bitmap, signatures, prices);
    }

    function withdraw(address owner, uint256 index, uint256 slot, uint256 amount, uint256[] memory prices)
        internal
    {
        Attestation memory a = header(prices);
        (uint256 bitmap, bytes memory signatures) = sign(a);
        vm.prank(owner);
        clearing.withdraw(index, address(tokens[slot]), amount, a, bitmap, signatures, prices);
    }

    function borrowNamed(
        address owner,
        uint256 index,
        uint256 slot,
        uint256 amount,
        uint256[] memory prices,
        bytes4 name
    ) internal {
        Attestation memory a = header(prices);
        (uint256 bitmap, bytes memory signatures) = sign(a);
        vm.prank(owner);
        vm.expectPartialRevert(name);
        clearing.borrow(index, address(tokens[slot]), amount, a, bitmap, signatures, prices);
    }

    function withdrawNamed(
        address owner,
        uint256 index,
        uint256 slot,
        uint256 amount,
        uint256[] memory prices,
        bytes4 name
    ) internal {
        Attestation memory a = header(prices);
        (uint256 bitmap, bytes memory signatures) = sign(a);
        vm.prank(owner);
        vm.expectPartialRevert(name);
        clearing.withdraw(index, address(tokens[slot]), amount, a, bitmap, signatures, prices);
    }

    /// Alice's vault 0: 10 ETH against 15,000 USD, liquidatable below 1,818.18.
    function usual() internal {
        open(ALICE, 0, 0);
        deposit(ALICE, 0, ETH, 10e18);
        borrow(ALICE, 0, USD, 15_000e6, vector(2000e18));
    }

    function wish(uint256 collateral, uint256 debt, uint256 repay)
        internal
        view
        returns (Liquidation memory)
    {
        return Liquidation(ALICE, 0, address(tokens[collateral]), address(tokens[debt]), repay, 0, BOB);
    }

    function liquidate(Attestation memory a, uint256[] memory prices, Liquidation memory l)
        internal
        returns (uint256 repaid, uint256 seized)
    {
        (uint256 bitmap, bytes memory signatures) = sign(a);
        vm.prank(BOB);
        return clearing.liquidate(a, bitmap, signatures, prices, l);
    }

    function liquidateNamed(Attestation memory a, uint256[] memory prices, Liquidation memory l, bytes4 name)
        internal
    {
        (uint256 bitmap, bytes memory signatures) = sign(a);
        vm.prank(BOB);
        vm.expectPartialRevert(name);
        clearing.liquidate(a, bitmap, signatures, prices, l);
    }

    function collateralOf(address owner, uint256 index, uint256 slot) internal view returns (uint256) {
        (,,,,, uint8[] memory slots, uint256[] memory amounts,,) = clearing.vaultState(key(owner, index));
        return pick(slots, amounts, slot);
    }

    function debtOf(address owner, uint256 index, uint256 slot) internal view returns (uint256) {
        (,,,,,,, uint8[] memory slots, uint256[] memory amounts) = clearing.vaultState(key(owner, index));
        return pick(slots, amounts, slot);
    }

    function pick(uint8[] memory slots, uint256[] memory amounts, uint256 slot)
        private
        pure
        returns (uint256)
    {
        for (uint256 i = 0; i < slots.length; i++) {
            if (slots[i] == slot) return amounts[i];
        }
        return 0;
    }

    function counters(address owner, uint256 index)
        internal
        view
        returns (uint64 nonce, uint64 liquidations)
    {
        (,, nonce, liquidations,,,,,) = clearing.vaultState(key(owner, index));
    }

    // ---- claims

    error Differs(string what, uint256 is_, uint256 expected);

    function same(uint256 is_, uint256 expected, string memory what) internal pure {
        if (is_ != expected) revert Differs(what, is_, expected);
    }

    function same(bytes32 is_, bytes32 expected, string memory what) internal pure {
        same(uint256(is_), uint256(expected), what);
    }

    function holds(bool condition, string memory what) internal pure {
        require(condition, what);
    }
}
