// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Bed} from "./Bed.sol";
import "../src/Types.sol";
import {Margin} from "../src/Margin.sol";
import {MarginClearing} from "../src/MarginClearing.sol";
import {Prices} from "../src/Prices.sol";

/// Random vaults and prices against a dumb reference that is written from the
/// rules, leg by leg, for each end of each factor on its own.
contract FuzzTest is Bed {
    struct Leg {
        uint256 slot;
        bool debt;
        uint256 amount;
    }

    uint256 private random;

    function _next(uint256 below) private returns (uint256) {
        random = uint256(keccak256(abi.encode(random)));
        return random % below;
    }

    // lt, ltv, bonus, close, weight, dust by slot, mode 0
    function _row(uint256 slot, uint256 what) private pure returns (uint256) {
        uint256[6][6] memory r = [
            [uint256(825_000_000), 800_000_000, 50_000_000, 500_000_000, 1e9, 100e18],
            [uint256(800_000_000), 750_000_000, 40_000_000, 500_000_000, 1e9, 100e18],
            [uint256(750_000_000), 700_000_000, 100_000_000, 400_000_000, 1.1e9, 50e18],
            [uint256(825_000_000), 800_000_000, 50_000_000, 500_000_000, 1e9, 100e18],
            [uint256(825_000_000), 800_000_000, 50_000_000, 500_000_000, 1e9, 0],
            [uint256(825_000_000), 800_000_000, 50_000_000, 500_000_000, 1e9, 0]
        ];
        return r[slot][what];
    }

    function _factor(uint256 slot) private pure returns (uint256) {
        uint256[6] memory f = [uint256(0), 1, 2, 0, 3, 4];
        return f[slot];
    }

    function _unit(uint256 slot) private pure returns (uint256) {
        uint256[6] memory d = [uint256(1e18), 1e6, 1e8, 1e18, 1e18, 1e18];
        return d[slot];
    }

    function _up(uint256 a, uint256 b) private pure returns (uint256) {
        return a == 0 ? 0 : 1 + (a - 1) / b;
    }

    function _price(uint256 w, uint256 end, bool debt) private pure returns (uint256) {
        uint256 status = (w >> 24) & 0xff;
        if (status == STATUS_REFUSED) return debt ? 0 : ((w >> 32) & type(uint96).max) * 1e9;
        uint256 mid = w >> 128;
        if (end == 0) return mid;
        if (end == 1) return mid * (1e9 - ((w >> 96) & 0xffffffff)) / 1e9;
        return _up(mid * (1e9 + ((w >> 64) & 0xffffffff)), 1e9);
    }

    /// W and D of one factor at one end.
    function _at(Leg[] memory legs, uint256[] memory prices, uint256 f, uint256 end, bool initial)
        private
        pure
        returns (uint256 gain, uint256 owed)
    {
        for (uint256 i = 0; i < legs.length; i++) {
            Leg memory l = legs[i];
            if (_factor(l.slot) != f) continue;
            uint256 p = _price(prices[l.slot], end, l.debt);
            if (l.debt) owed += _up(_up(l.amount * p, _unit(l.slot)) * _row(l.slot, 4), 1e9);
            else gain += l.amount * p / _unit(l.slot) * _row(l.slot, initial ? 1 : 0) / 1e9;
        }
    }

    function _reference(Leg[] memory legs, uint256[] memory prices, bool initial)
        private
        pure
        returns (uint256 gain, uint256 owed)
    {
        for (uint256 f = 0; f < 5; f++) {
            (uint256 g, uint256 o) = _at(legs, prices, f, 0, initial);
            for (uint256 end = 1; end < 3; end++) {
                (uint256 g2, uint256 o2) = _at(legs, prices, f, end, initial);
                int256 change = int256(g2) - int256(o2) - (int256(g) - int256(o));
                if (initial ? change < 0 : change > 0) (g, o) = (g2, o2);
            }
            gain += g;
            owed += o;
        }
    }

    function _legs(address owner) private view returns (Leg[] memory legs) {
        (,,,,, uint8[] memory c, uint256[] memory ca, uint8[] memory d, uint256[] memory da) =
            clearing.vaultState(key(owner, 0));
        legs = new Leg[](c.length + d.length);
        for (uint256 i = 0; i < c.length; i++) {
            legs[i] = Leg(c[i], false, ca[i]);
        }
        for (uint256 i = 0; i < d.length; i++) {
            legs[c.length + i] = Leg(d[i], true, da[i]);
        }
    }

    function _usd(uint256 slot, uint256 dollars) private pure returns (uint256 amount) {
        uint256[6] memory p = [uint256(2000), 1, 60_000, 2000, 1, 1];
        return dollars * _unit(slot) / p[slot];
    }

    /// Alice's vault with random legs, about as much debt as it can carry.
    function _vault(bool small) private {
        open(ALICE, 0, 0);
        uint256 scale = small ? 1000 : 100_000;
        uint256 total = 0;
        for (uint256 slot = 0; slot < ASSETS; slot++) {
            if (slot != ETH && _next(2) == 0) continue;
            uint256 dollars = scale / 10 + _next(scale);
            deposit(ALICE, 0, slot, _usd(slot, dollars) + _next(1000));
            total += dollars;
        }
        uint256 left = total * 6 / 10;
        for (uint256 slot = 0; slot < ASSETS && left > 10; slot++) {
            if (slot != USD && _next(3) != 0) continue;
            uint256 dollars = slot == USD && left > 20 ? left / 2 + _next(left / 3) : 1 + _next(left / 3);
            borrow(ALICE, 0, slot, _usd(slot, dollars) + 1 + _next(1000), vector(2000e18));
            left -= dollars;
        }
    }

    function _prices() private returns (uint256[] memory list) {
        list = vector(2000e18);
        for (uint256 i = 0; i < ASSETS; i++) {
            uint256 kind = _next(12);
            // Coins fall and dollars hold, so that about half the vaults of _vault
            // end on each side of their threshold.
            bool coin = i == ETH || i == BTC || i == STETH;
            uint256 share = coin ? 500 + _next(500) : 950 + _next(150);
            uint256 p = (list[i] >> 128) * share / 1000 + _next(1e15);
            if (kind == 0) list[i] = refused(p / 1e9 + 1);
            else list[i] = word(p, _next(60_000_000), _next(60_000_000), kind % 2);
        }
    }

    function testFuzz_liquidate__as_the_reference(uint256 seed, bool small) public {
        random = seed;
        _vault(small);
        uint256[] memory prices = _prices();
        Leg[] memory legs = _legs(ALICE);
        (uint256 gain, uint256 owed) = _reference(legs, prices, false);

        // One collateral and one debt at random.
        Leg memory c;
        Leg memory d;
        do {
            c = legs[_next(legs.length)];
        } while (c.debt);
        do {
            d = legs[_next(legs.length)];
        } while (!d.debt);
        uint256 asked = _next(4) == 0 ? type(uint256).max : 1 + _next(d.amount * 5 / 4);
        Attestation memory a = header(prices);
        (uint256 bitmap, bytes memory signatures) = sign(a);
        Liquidation memory l = wish(c.slot, d.slot, asked);

        vm.prank(BOB);
        (bool done, bytes memory answer) =
            address(clearing).call(abi.encodeCall(clearing.liquidate, (a, bitmap, signatures, prices, l)));
        bytes4 name = bytes4(answer);

        if (gain >= owed) {
            // Never taken while the sum of the best ends is not negative.
            holds(!done && name == MarginClearing.VaultHealthy.selector, "healthy");
            return;
        }
        if (_refused(prices[c.slot]) || _refused(prices[d.slot])) {
            holds(!done && name == MarginClearing.PriceRefused.selector, "refused");
            return;
        }
        (uint256 repaid, uint256 seized, bool dust) = _exchange(c, d, prices, gain, owed, asked);
        if (dust) {
            holds(!done && name == Margin.DustLeft.selector, "dust");
            return;
        }
        holds(done, "done");
        (uint256 r, uint256 s) = abi.decode(answer, (uint256, uint256));
        same(r, repaid, "repaid");
        same(s, seized, "seized");
        same(debtOf(ALICE, 0, d.slot), d.amount - r, "debt");
        same(collateralOf(ALICE, 0, c.slot), c.amount - s, "collateral");
        holds(s <= c.amount && r <= d.amount && r <= asked, "bounds");
        // The rounding never favours the liquidator: what is seized is worth at
        // most what is repaid with the bonus.
        holds(
            s * (prices[c.slot] >> 128) * _unit(d.slot) * 1e9
                <= r * (prices[d.slot] >> 128) * _unit(c.slot) * (1e9 + _row(c.slot, 2)),
            "in the vault's favour"
        );
        // Nobody else's legs moved.
        for (uint256 i = 0; i < legs.length; i++) {
            Leg memory x = legs[i];
            if (x.slot == c.slot && !x.debt || x.slot == d.slot && x.debt) continue;
            same(x.debt ? debtOf(ALICE, 0, x.slot) : collateralOf(ALICE, 0, x.slot), x.amount, "untouched");
        }
    }

    function _refused(uint256 w) private pure returns (bool) {
        return (w >> 24) & 0xff == STATUS_REFUSED;
    }

    function _exchange(
        Leg memory c,
        Leg memory d,
        uint256[] memory prices,
        uint256 gain,
        uint256 owed,
        uint256 asked
    ) private pure returns (uint256 repaid, uint256 seized, bool dust) {
        uint256 pc = prices[c.slot] >> 128;
        uint256 pd = prices[d.slot] >> 128;
        uint256 cap = d.amount;
        // HF x b > (1 + bonus) x LT, all in ppb
        if (gain * _row(d.slot, 4) * 1e9 > owed * (1e9 + _row(c.slot, 2)) * _row(c.slot, 0)) {
            cap = _up(d.amount * _row(d.slot, 3), 1e9);
            if (_up((d.amount - cap) * pd, _unit(d.slot)) < _row(d.slot, 5)) cap = d.amount;
        }
        repaid = asked < cap ? asked : cap;
        uint256 top = pd * _unit(c.slot) * (1e9 + _row(c.slot, 2));
        uint256 bottom = pc * _unit(d.slot) * 1e9;
        seized = repaid * top / bottom;
        if (seized > c.amount) {
            seized = c.amount;
            repaid = _up(seized * bottom, top);
        } else if (repaid < d.amount && seized < c.amount) {
            dust = _up((d.amount - repaid) * pd, _unit(d.slot)) < _row(d.slot, 5);
        }
    }

    function testFuzz_borrow__as_the_reference(uint256 seed) public {
        random = seed;
        _vault(false);
        uint256[] memory prices = vector(2000e18);
        for (uint256 i = 0; i < ASSETS; i++) {
            uint256 p = (prices[i] >> 128) * (850 + _next(300)) / 1000 + _next(1e15);
            prices[i] = word(p, _next(30_000_000), _next(30_000_000), STATUS_OK);
        }
        uint256 amount = 1 + _next(_usd(USD, 40_000));
        Attestation memory a = header(prices);
        (uint256 bitmap, bytes memory signatures) = sign(a);
        Leg[] memory legs = _legs(ALICE);
        bool found = false;
        for (uint256 i = 0; i < legs.length; i++) {
            if (legs[i].slot == USD && legs[i].debt) {
                legs[i].amount += amount;
                found = true;
            }
        }
        holds(found, "every vault owes dollars");
        (uint256 gain, uint256 owed) = _reference(legs, prices, true);
        vm.prank(ALICE);
        (bool done, bytes memory answer) = address(clearing)
            .call(
                abi.encodeCall(
                    clearing.borrow, (0, address(tokens[USD]), amount, a, bitmap, signatures, prices)
                )
            );
        holds(done == (gain >= owed), "as the reference says");
        if (!done) holds(bytes4(answer) == MarginClearing.VaultUndercollateralised.selector, "by name");
    }

    /// Any mix of actions: no token appears or is lost, and nobody is taken
    /// while the sum of the best ends is not negative.
    function testFuzz_vaults__conserve_tokens(uint256 seed) public {
        random = seed;
        open(ALICE, 0, 0);
        open(CAROL, 0, 0);
        for (uint256 step = 0; step < 24; step++) {
            _act(_next(2) == 0 ? ALICE : CAROL, _next(ASSETS), _next(6));
            for (uint256 slot = 0; slot < ASSETS; slot++) {
                same(
                    tokens[slot].balanceOf(address(clearing)),
                    collateralOf(ALICE, 0, slot) + collateralOf(CAROL, 0, slot),
                    "collateral is held"
                );
                same(
                    tokens[slot].balanceOf(address(clearing.pool())) + debtOf(ALICE, 0, slot)
                        + debtOf(CAROL, 0, slot),
                    1e27,
                    "what is lent is owed"
                );
            }
        }
    }

    function _act(address owner, uint256 slot, uint256 kind) private {
        uint256[] memory prices = kind == 5 ? _prices() : vector(2000e18);
        Attestation memory a = header(prices);
        (uint256 bitmap, bytes memory signatures) = sign(a);
        address token = address(tokens[slot]);
        uint256 amount = 1 + _usd(slot, _next(30_000));
        Leg[] memory legs = _legs(owner);
        bytes memory call_;
        if (kind < 2) {
            call_ = abi.encodeCall(clearing.deposit, (owner, 0, token, amount));
        } else if (kind == 2) {
            call_ = abi.encodeCall(clearing.borrow, (0, token, amount, a, bitmap, signatures, prices));
        } else if (kind == 3) {
            call_ = abi.encodeCall(clearing.withdraw, (0, token, amount, a, bitmap, signatures, prices));
        } else if (kind == 4) {
            call_ = abi.encodeCall(clearing.repay, (owner, 0, token, amount));
        } else {
            Liquidation memory l = wish(_next(ASSETS), slot, amount);
            l.owner = owner;
            call_ = abi.encodeCall(clearing.submitAndLiquidate, (a, bitmap, signatures, prices, l));
        }
        vm.prank(kind == 5 ? BOB : owner);
        (bool done,) = address(clearing).call(call_);
        if (!done) return;
        (uint256 gain, uint256 owed) = _reference(kind == 5 ? legs : _legs(owner), prices, kind != 5);
        if (kind == 5) holds(gain < owed, "taken only if liquidatable before");
        if (kind == 2 || kind == 3) holds(gain >= owed, "initial margin holds afterwards");
    }

    function testFuzz_prices_hash__in_chunks_above_64(uint256 seed, uint256 count) public {
        Hasher hasher = new Hasher();
        count = 1 + count % 200;
        uint256[] memory words = new uint256[](count);
        for (uint256 i = 0; i < count; i++) {
            words[i] = uint256(keccak256(abi.encode(seed, i)));
        }
        bytes32 expected;
        if (count <= 64) {
            expected = keccak256(abi.encodePacked(words));
        } else {
            bytes memory hashes;
            for (uint256 from = 0; from < count; from += 32) {
                bytes memory chunk;
                for (uint256 i = from; i < from + 32 && i < count; i++) {
                    chunk = abi.encodePacked(chunk, words[i]);
                }
                hashes = abi.encodePacked(hashes, keccak256(chunk));
            }
            expected = keccak256(hashes);
        }
        same(hasher.hash(words), expected, "hash");
    }
}

contract Hasher {
    function hash(uint256[] calldata words) external pure returns (bytes32) {
        return Prices.hash(words);
    }
}
