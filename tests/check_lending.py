#!/usr/bin/env python3
"""Recomputes random accounts of the lending systems with Python's own
integers and fractions and compares with build/tools/lending_dump: rounding
profiles, what a liquidation repays and takes, auctions.  Written from the
systems' contracts and margin-model.md 1.8, 3.1, 3.3, without the C.  Ends
with `N passed, N failed`."""
import collections
import json
import math
import os
import subprocess
import sys
from fractions import Fraction as F

os.chdir(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LINES = 45000
MAX = 2**256 - 1
WAD, RAY, PPB, BPS = 10**18, 10**27, 10**9, 10**4
floor, ceil = math.floor, math.ceil


class Range(Exception):
    """A number that does not fit 256 bits, or a division by zero."""


def fit(x):
    if not 0 <= x <= MAX:
        raise Range
    return x


def mul(a, b):
    return fit(a * b)


def down(a, b):
    if b == 0:
        raise Range
    return a // b


def up(a, b):
    if b == 0:
        raise Range
    return -(-a // b)


def nearest(a, b):
    if b == 0:
        raise Range
    return floor(F(a, b) + F(1, 2))


# name: price, factor, value, health, guard decimals; kind of weighting;
# debt's side; decides by health; one is liquidatable; skips zero; by average
PROFILES = {
    "margind": (18, 9, 18, 18, 0, "leg", up, 0, 0, 0, 0),
    "aave-v3": (8, 4, 8, 18, 4, "sum", up, 1, 0, 1, 1),
    "compound-v3": (8, 18, 8, 18, 0, "leg", down, 0, 0, 0, 0),
    "maker": (27, 27, 45, 18, 0, "price", up, 0, 0, 0, 0),
    "liquity": (18, 9, 36, 18, 0, "sum", up, 0, 0, 0, 0),
    "morpho-blue": (36, 18, 18, 18, 0, "leg", up, 0, 0, 0, 0),
    "euler": (18, 4, 18, 18, 0, "leg", down, 0, 1, 0, 0),
    "gearbox": (8, 4, 8, 4, 0, "leg", down, 0, 0, 0, 0),
}


class Side:
    """One side's sums: plain at both prices, weighted by both factors."""

    def __init__(self, x, name, legs, is_debt):
        pd, fd, vd, _, _, kind, debt_side, _, _, skips, _ = PROFILES[name]
        self.one = 10**fd
        self.side = debt_side if is_debt else down
        self.kind, self.is_debt, self.pd, self.vd = kind, is_debt, pd, vd
        self.value = self.initial_value = 0
        self.initial = self.maintenance = 0
        for leg in legs:
            if not is_debt and skips and leg[5] == 0:
                continue
            self.value = fit(self.value + self.worth(leg, leg[2]))
            self.initial_value = fit(self.initial_value +
                                     self.worth(leg, leg[3]))
            self.maintenance = fit(self.maintenance +
                                   self.weigh(leg, leg[2], leg[5]))
            self.initial = fit(self.initial + self.weigh(leg, leg[3], leg[4]))

    def worth(self, leg, price):
        shift = leg[1] + self.pd - self.vd
        product = mul(leg[0], price)
        if shift < 0:
            return mul(product, 10**-shift)
        return fit(self.side(product, 10**shift))

    def weigh(self, leg, price, factor):
        cap = leg[6]
        if self.kind == "price":
            if self.is_debt:
                return self.worth(leg, price)
            if factor == 0:
                return 0
            w = self.worth(leg, down(mul(price, self.one), factor))
        elif self.kind == "sum":
            w = mul(self.worth(leg, price), factor)
            cap = None if cap is None else mul(cap, self.one)
        else:
            w = self.side(mul(self.worth(leg, price), factor), self.one)
        return w if cap is None else min(w, cap)


def check_profile(x, out):
    name = x["name"]
    (_, fd, _, hd, guard, kind, _, by_health, at_one, _,
     by_average) = PROFILES[name]
    one = 10**fd
    v, d = Side(x, name, x["held"], False), Side(x, name, x["owed"], True)
    scale = one if kind == "sum" else 1
    out["collateral"], out["debt"] = v.value, d.value
    out["weighted_collateral"] = down(v.maintenance, scale)
    out["weighted_debt"] = up(d.maintenance, scale)
    out["initial_collateral"] = down(v.initial, scale)
    out["initial_debt"] = up(d.initial, scale)

    def average(weighted, value):
        if value == 0 or kind == "price":
            return 0
        if kind == "sum":
            return weighted // value
        return mul(weighted, one) // value
    out["average_initial"] = average(v.initial, v.initial_value)
    out["average_maintenance"] = average(v.maintenance, v.value)
    out["ratio"] = MAX
    if d.value:
        out["ratio"] = mul(v.value, 10**hd) // d.value
    out["health"] = MAX
    if d.maintenance:
        side = nearest if name == "aave-v3" else down
        out["health"] = side(mul(v.maintenance, 10**(hd + guard)),
                             d.maintenance) // 10**guard
    limit = out["initial_collateral"]
    if by_average:
        limit = mul(v.initial_value, out["average_initial"]) // one
    out["available"] = max(0, limit - out["initial_debt"])
    bad = out["health"] < 10**hd if by_health else (
        v.maintenance <= d.maintenance if at_one else
        v.maintenance < d.maintenance)
    good = v.initial > d.initial if at_one else v.initial >= d.initial
    out["is_liquidatable"] = int(bad and d.value > 0)
    out["may_borrow"] = int(good or d.value == 0)
    return name + (" liquidatable" if out["is_liquidatable"] else "")


def aave_amounts(x, cover):
    u = mul(x["collateral_price"], x["debt_unit"])
    w = mul(x["debt_price"], x["collateral_unit"])
    base = down(mul(w, cover), u)
    taken, repay = mul(base, x["bonus"]) // BPS, cover
    if taken > x["collateral"]:
        taken = x["collateral"]
        repay = up(mul(down(mul(u, taken), w), BPS), x["bonus"])
    extra = taken - mul(taken, BPS) // x["bonus"]
    fee = up(mul(extra, x["fee"]), BPS)
    return repay, taken, fee


def aave(x, cover):
    """What one call does, or None where it reverts with a reason."""
    usd = 10**8
    if x["health"] >= WAD:
        return None
    owed = up(mul(x["debt"], x["debt_price"]), x["debt_unit"])
    held = down(mul(x["collateral"], x["collateral_price"]),
                x["collateral_unit"])
    most = x["debt"]
    whole = (x["health"] <= WAD * 95 // 100 or held < 2000 * usd or
             owed < 2000 * usd)
    half = x["total"] // 2
    if not whole and owed > half:
        most = min(most, down(mul(half, x["debt_unit"]), x["debt_price"]))
    repay, taken, fee = aave_amounts(x, min(cover, most))
    debt_left = max(0, x["debt"] - repay)
    held_left = x["collateral"] - taken
    if debt_left and held_left:
        if up(debt_left * x["debt_price"], x["debt_unit"]) < 1000 * usd:
            return None
        if held_left * x["collateral_price"] // x["collateral_unit"] < (
                1000 * usd):
            return None
    return repay, taken - fee, fee


def check_aave(x, out):
    r = aave(x, x["cover"])
    most = aave(x, x["debt"])
    if x["most"] == "ok" and most is None:
        # A smaller amount was found; the next larger one is refused.
        assert x["health"] < WAD
        assert aave(x, x["most_repay"]) is not None
        assert aave(x, x["most_repay"] + 1) is None
    elif x["most"] == "refused":
        assert most is None
    what = "aave" if r else "aave refused"
    if r is None:
        out["err"] = "refused"
    else:
        out["repay"], out["to_liquidator"], out["protocol_fee"] = r
    return "aave less" if most is None and x["most"] == "ok" else what


def check_compound(x, out):
    value = 0
    for balance, price, factor in x["assets"]:
        value += balance * price // WAD * factor // WAD
    discount = x["store"] * (WAD - x["factor"]) // WAD
    out["ask"] = x["price"] * (WAD - discount) // WAD
    try:
        out["quote"] = (down(mul(x["base_price"] * x["debt"], WAD),
                             out["ask"]) // 10**6)
    except Range:
        out["quote"] = MAX
    out["credit"] = down(value * 10**6, x["base_price"])
    out["balance"] = max(0, out["credit"] - x["debt"])
    out["paid"] = max(0, x["debt"] - out["credit"])
    return "compound paid" if out["paid"] else "compound"


def bark(x):
    owed = mul(x["art"], x["rate"])
    if x["spot"] == 0 or mul(x["ink"], x["spot"]) >= owed:
        return "not-unsafe", 0
    room = min(x["hole_all"] - x["dirt_all"], x["hole"] - x["dirt"])
    if room <= 0:
        return "liquidation-limit-hit", 0
    dart = min(x["art"], mul(room, WAD) // x["rate"] // x["chop"])
    rest = mul(x["art"] - dart, x["rate"])
    if x["art"] > dart and rest < x["dust"]:
        dart = x["art"]
    elif x["art"] > dart and dart * x["rate"] < x["dust"]:
        return "dusty-auction-from-partial-liquidation", 0
    if mul(x["ink"], dart) // x["art"] == 0:
        return "null-auction", 0
    return "barked", dart


def check_maker(x, out):
    out["outcome"], dart = bark(x)
    out["dart"] = dart
    out["dink"] = x["ink"] * dart // x["art"] if dart else 0
    out["due"] = dart * x["rate"]
    out["tab"] = mul(out["due"], x["chop"]) // WAD
    return "maker " + out["outcome"]


def check_liquity(x, out):
    debt, coll = x["debt"], x["collateral"]
    ratio = coll * x["price"] // debt if debt else MAX
    out["ratio"] = ratio
    recovery = x["system"] < WAD * 3 // 2
    branch = "none"
    if recovery and ratio <= WAD:
        branch = "redistribute_all"
    elif ratio < WAD * 11 // 10:
        branch = "offset_then_redistribute"
    elif recovery and ratio < x["system"] and x["pool"] >= debt:
        branch = "capped_offset_1.1"
    out["branch"] = branch
    gas = offset = to_pool = 0
    debt_r = coll_r = surplus = 0
    if branch == "capped_offset_1.1":
        capped = down(mul(debt, WAD * 11 // 10), x["price"])
        surplus = fit(coll - capped)
        gas = capped // 200
        offset, to_pool = debt, capped - gas
    elif branch != "none":
        gas = coll // 200
        if branch != "redistribute_all":
            offset = min(debt, x["pool"])
            to_pool = (coll - gas) * offset // debt if x["pool"] else 0
        debt_r, coll_r = debt - offset, coll - gas - to_pool
    out.update(gas=gas, debt_offset=offset, to_pool=to_pool,
               debt_redistributed=debt_r, redistributed=coll_r,
               surplus=surplus)
    return "liquity " + branch


def check_morpho(x, out):
    def assets(shares, total, total_shares, side):
        return side(mul(shares, total + 1), total_shares + 10**6)

    total, shares = x["total_assets"], x["total_shares"]
    most = mul(x["collateral"], x["price"]) // 10**36 * x["lltv"] // WAD
    if most >= assets(x["shares"], total, shares, up):
        out["err"] = "refused"
        return "morpho healthy"
    cut = 3 * WAD // 10 * (WAD - x["lltv"]) // WAD
    lif = min(WAD * 115 // 100, WAD * WAD // (WAD - cut))
    if x["by_shares"]:
        repaid = x["ask"]
        seized = assets(repaid, total, shares, down) * lif // WAD
        seized = mul(seized, 10**36) // x["price"]
    else:
        seized = x["ask"]
        quoted = up(up(mul(seized, x["price"]), 10**36) * WAD, lif)
        repaid = up(mul(quoted, shares + 10**6), total + 1)
    left, owed = fit(x["collateral"] - seized), fit(x["shares"] - repaid)
    out["seized"], out["repaid_shares"] = seized, repaid
    out["repaid_assets"] = assets(repaid, total, shares, up)
    total = max(0, total - out["repaid_assets"])
    out["bad_debt"] = 0
    if left == 0:
        out["bad_debt"] = min(total, assets(owed, total, shares - repaid, up))
    return "morpho bad debt" if out["bad_debt"] else "morpho"


def check_euler(x, out):
    out["factor"] = out["repay"] = out["yield"] = 0
    if x["debt"] == 0 or x["weighted"] > x["debt_value"]:
        return "euler healthy"
    factor = max(down(x["weighted"] * WAD, x["debt_value"]), WAD * 8 // 10)
    out["factor"] = factor
    if x["collateral_value"] == 0:
        out["yield"] = x["collateral"]
        return "euler worthless"
    repay, taken = x["debt_value"], x["debt_value"] * WAD // factor
    if x["collateral_value"] < taken:
        repay = x["collateral_value"] * factor // WAD
        taken = x["collateral_value"]
    out["repay"] = repay * x["debt"] // x["debt_value"]
    out["yield"] = taken * x["collateral"] // x["collateral_value"]
    return "euler"


def check_gearbox(x, out):
    owed = x["debt"] + x["interest"]
    funds = x["value"] * x["discount"] // PPB
    due = (owed + x["interest"] * x["fee_interest"] // PPB +
           x["value"] * x["fee_liquidation"] // PPB)
    out["to_pool"] = min(due, funds)
    out["remaining"] = max(0, funds - due)
    out["profit"] = max(0, out["to_pool"] - owed)
    out["loss"] = max(0, owed - out["to_pool"])
    return "gearbox loss" if out["loss"] else "gearbox"


def check_auction(x, out):
    """Derive's auction in fractions; only the last step rounds, but for the
    amounts that are themselves USD with 18 decimals."""
    t, mtm, mm = x["elapsed"], x["mtm"], x["maintenance"]
    if t < 600:
        d = 1 - F(t, 600) * F(2, 10)
    else:
        d = F(8, 10) * max(F(0), 1 - F(t - 600, 7200))
    d = floor(d * WAD)
    out["discount"] = d
    buffer = mm + floor(F(mm - mtm, 10))
    out["buffer"] = buffer
    share = 0
    if buffer < 0:
        paid = mtm * d // WAD + x["reserved"] * (WAD - d) // WAD
        share = WAD if paid <= 0 else ceil(F(-buffer * WAD, paid - buffer))
    out["share"] = share
    start = min(mtm, 0)
    out["bid"] = mm if t >= 600 else start + floor(F((mm - start) * t, 600))
    return "auction share" if 0 < share < WAD else "auction"


CHECKS = {
    "profile": check_profile, "aave": check_aave,
    "compound": check_compound, "maker": check_maker,
    "liquity": check_liquity, "morpho": check_morpho, "euler": check_euler,
    "gearbox": check_gearbox, "auction": check_auction,
}
MUST_SEE = {name + " liquidatable": 50 for name in PROFILES}
MUST_SEE.update({
    "range": 50, "aave": 50, "aave refused": 50, "aave less": 20,
    "compound paid": 50, "maker barked": 50, "maker not-unsafe": 50,
    "maker liquidation-limit-hit": 20, "liquity redistribute_all": 20,
    "maker dusty-auction-from-partial-liquidation": 20,
    "liquity capped_offset_1.1": 20, "liquity none": 20,
    "liquity offset_then_redistribute": 20, "morpho": 50,
    "morpho healthy": 50, "morpho bad debt": 20, "euler": 50,
    "euler healthy": 50, "euler worthless": 20, "gearbox": 50,
    "gearbox loss": 20, "auction share": 50,
})


def agrees(x, seen):
    out = {}
    if "err" in x:
        out["err"] = "ok"
    try:
        seen[CHECKS[x["kind"]](x, out)] += 1
    except Range:
        seen["range"] += 1
        return x["err"] == "range"
    if out.get("err", "ok") != "ok":
        return x["err"] == out["err"]
    return all(x.get(k) == v for k, v in out.items())


def main():
    tool = os.environ.get("O", "build") + "/tools/lending_dump"
    seed = os.environ.get("SEED", "7")
    if not os.access(tool, os.X_OK):
        print(f"{tool}: not built (make tests)", file=sys.stderr)
        print("0 passed, 1 failed")
        return 1
    run = subprocess.Popen([tool, str(LINES), seed],
                           stdout=subprocess.PIPE, text=True)
    seen = collections.Counter()
    passed = failed = 0
    for text in run.stdout:
        x = json.loads(text)
        ok = agrees(x, seen)
        passed += ok
        failed += not ok
        if not ok and failed <= 3:
            print(text)
    if run.wait() != 0:
        failed += 1
    for what, count in MUST_SEE.items():
        if seen[what] < count:
            print(f"only {seen[what]} times {what}, {count} wanted")
            failed += 1
    print(", ".join(f"{k} {v}" for k, v in sorted(seen.items())))
    print(f"{passed} passed, {failed} failed")
    return 0 if failed == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
