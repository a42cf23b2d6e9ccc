#!/usr/bin/env python3
"""Recomputes random vaults with Python's own integers and fractions and
compares with build/tools/ratio_dump: values, both ends of the band, states,
liquidation prices and sizes.  Written from margin-model.md 1.1-1.9, without
the C.  Ends with `N passed, N failed`."""
import collections
import json
import math
import os
import subprocess
import sys
from fractions import Fraction as F
from functools import lru_cache

os.chdir(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
VAULTS = 20000
PPB, WAD = 10**9, 10**18
U128, I128 = 2**128 - 1, 2**127 - 1
LTV, LT, BONUS, CLOSE, WEIGHT, DUST = range(6)
LOW, MID, HIGH = range(3)


class Range(Exception):
    """A figure that does not fit what the C keeps it in."""


def floor(x):
    return math.floor(x)


def ceil(x):
    return math.ceil(x)


def down(num, den):
    """num / den toward minus infinity: Python's own integer division."""
    return num // den


def up(num, den):
    return -(-num // den)


def value(x):
    if not -I128 - 1 <= x <= I128:
        raise Range
    return x


def ratio_down(num, den):
    if den == 0:
        return U128
    return min(down(num * WAD, den), U128 - 1)


def ratio_up(num, den):
    if num == 0:
        return 0
    if den == 0:
        return U128
    return min(up(num * WAD, den), U128)


class Vault:
    """The legs of one line: (slot, atoms), nothing of amount zero."""

    def __init__(self, line):
        self.assets = line["assets"]
        self.mode = line["mode"]
        self.held = [(s, a) for s, a, _ in line["collateral"] if a]
        self.owed = [(s, up(a * i, WAD))
                     for s, a, i in line["debt"] if a]
        self.used = [s for s, _ in self.held + self.owed]

    def rule(self, slot, which):
        return self.assets[slot]["rules"][self.mode][which]

    def is_stale(self):
        return any(self.assets[s]["status"] == "REFUSED" for s in self.used)

    def is_degraded(self):
        return any(self.assets[s]["status"] == "DEGRADED" for s in self.used)

    def v(self, slot, atoms, price):
        return value(down(atoms * price,
                          10 ** self.assets[slot]["decimals"]))

    def d(self, slot, atoms, price):
        if atoms > U128:
            raise Range
        return value(up(atoms * price,
                        10 ** self.assets[slot]["decimals"]))

    def v_weighted(self, slot, atoms, price, which):
        return value(down(self.v(slot, atoms, price)
                          * self.rule(slot, which), PPB))

    def d_weighted(self, slot, atoms, price):
        return value(up(self.d(slot, atoms, price)
                        * self.rule(slot, WEIGHT), PPB))

    def price(self, slot, point):
        return self.assets[slot]["price"][point]

    def cautious(self, slot, point, pick):
        return pick([self.price(slot, point)]
                    + self.assets[slot]["companions"])

    def factors(self):
        return sorted({self.assets[s]["factor"] for s in self.used})

    def of(self, legs, factor):
        return [(s, a) for s, a in legs
                if self.assets[s]["factor"] == factor]


@lru_cache(maxsize=1)
def evaluate(x):
    """What ratio_result holds, as a dict in the shape of the dump."""
    if any(atoms > U128 for _, atoms in x.owed):
        raise Range
    total = [[0, 0], [0, 0], [0, 0]]    # worst, mid, best
    initial = 0
    for f in x.factors():
        points, firsts = [], []
        for t in (LOW, MID, HIGH):
            c = value(sum(x.v_weighted(s, a, x.price(s, t), LT)
                          for s, a in x.of(x.held, f)))
            d = value(sum(x.d_weighted(s, a, x.price(s, t))
                          for s, a in x.of(x.owed, f)))
            points.append((c - d, c, d))
            firsts.append(
                value(sum(x.v_weighted(s, a, x.cautious(s, t, min), LTV)
                          for s, a in x.of(x.held, f)))
                - value(sum(x.d_weighted(s, a, x.cautious(s, t, max))
                            for s, a in x.of(x.owed, f))))
        initial += min(firsts)
        # Among equal surpluses: mid, then low, then high.
        by_rank = [points[MID], points[LOW], points[HIGH]]
        worst = min(by_rank, key=lambda p: p[0])
        best = max(by_rank, key=lambda p: p[0])
        for end, chosen in zip(total, (worst, points[MID], best)):
            end[0] = value(end[0] + chosen[1])
            end[1] = value(end[1] + chosen[2])
    held = [value(sum(x.v(s, a, x.price(s, t)) for s, a in x.held))
            for t in (LOW, MID, HIGH)]
    owed = value(sum(x.d(s, a, x.price(s, MID)) for s, a in x.owed))
    out = {"error": "ok", "stale": 0, "degraded": int(x.is_degraded()),
           "worthless": int(owed > 0 and max(held) == 0),
           "sums": [held[MID], owed, held[MID] - owed,
                    ratio_down(held[MID], owed), ratio_up(owed, held[MID])],
           "initial": value(initial)}
    for name, (c, d) in zip(("worst", "mid", "best"), total):
        out[name] = [c, d, c - d, ratio_down(c, d)]
    return out


def check_value(x, line, _):
    got = line["value"]
    if x.is_stale():
        zero = [0, 0, 0, 0]
        return got == {"error": "ok", "stale": 1, "degraded": 0,
                       "worthless": 0, "sums": zero + [0], "initial": 0,
                       "worst": zero, "mid": zero, "best": zero}
    try:
        return got == evaluate(x)
    except Range:
        return got == {"error": "range"}


def crossing(x, asset):
    """(error, below, above) for one asset."""
    if x.is_stale():
        return ["stale", None, None]
    rest = 0
    slope = F(0)
    for s, a in x.held:
        if s != asset:
            rest += x.v_weighted(s, a, x.price(s, MID), LT)
        else:
            slope += F(a * x.rule(s, LT), PPB)
    for s, a in x.owed:
        if a > U128:
            raise Range
        if s != asset:
            rest -= x.d_weighted(s, a, x.price(s, MID))
        else:
            slope -= F(a * x.rule(s, WEIGHT), PPB)
    if asset not in x.used:
        return ["unknown", None, None]
    value(rest)
    slope /= 10 ** x.assets[asset]["decimals"]
    if slope > 0 and rest < 0:
        p = ceil(-rest / slope)
        return ["ok", p if p <= U128 else None, None]
    if slope < 0 and rest > 0:
        p = floor(rest / -slope)
        return ["ok", None, p if p <= U128 else None]
    return ["ok", None, None]


def check_prices(x, line, seen):
    for asset, got in enumerate(line["prices"]):
        try:
            want = crossing(x, asset)
        except Range:
            want = ["range", None, None]
        # An unfit figure and a missing leg may both be true of a vault.
        if want[0] == "unknown" and got[0] == "range":
            want = got
        seen["below"] += want[1] is not None
        seen["above"] += want[2] is not None
        if got != want:
            return False
    return True


def size(x, debt, coll, target):
    if x.is_stale():
        return ["stale"]
    r = evaluate(x)
    held, owed = dict(x.held), dict(x.owed)
    if debt not in owed or coll not in held:
        return ["unknown"]
    w, db = r["mid"][0], r["mid"][1]
    b, lt = F(x.rule(debt, WEIGHT), PPB), F(x.rule(coll, LT), PPB)
    one_beta = 1 + F(x.rule(coll, BONUS), PPB)
    d_j = x.d(debt, owed[debt], x.price(debt, MID))
    v_c = x.v(coll, held[coll], x.price(coll, MID))
    bad = r["sums"][1] - sum(
        down(x.v(s, a, x.price(s, MID)) * PPB, PPB + x.rule(s, BONUS))
        for s, a in x.held)
    bad = max(0, bad)
    h = F(target, WAD)
    short = h * db - w
    if short <= 0:
        return ["ok", 0, 0, bad, ratio_down(w, db), 0]
    div = h * b - one_beta * lt
    full = div <= 0 or w * b <= one_beta * lt * db
    if full:
        repay = d_j
    else:
        repay = min(ceil(short / div), d_j,
                    floor(F(d_j * x.rule(debt, CLOSE), PPB)))
        if d_j - repay < x.rule(debt, DUST):
            repay, full = d_j, True
    payable = ceil(v_c / one_beta)
    if repay >= payable:
        repay, seize = payable, v_c
    else:
        seize = min(floor(repay * one_beta), v_c)
    w += floor((v_c - seize) * lt) - floor(v_c * lt)
    db += ceil((d_j - repay) * b) - ceil(d_j * b)
    return ["ok", repay, seize, bad, ratio_down(w, db), int(full)]


def check_sizes(x, line, seen):
    for debt, coll, target, *got in line["sizes"]:
        try:
            want = size(x, debt, coll, target)
        except Range:
            want = ["range"]
        if got != want:
            return False
        if want[0] == "ok":
            seen["size full" if want[5] else "size part"] += 1
            seen["size bad debt"] += want[3] > 0
            if not want[5] and want[1] and want[4] >= target:
                seen["size heals"] += 1
    return True


def largest(x, legs, worth):
    """The slot of most value, the lower id among equals; None at zero."""
    ranked = sorted((-worth(s, a, x.price(s, MID)), x.assets[s]["id"], s)
                    for s, a in legs)
    return ranked[0][2] if ranked and ranked[0][0] < 0 else None


def verdict(x):
    r = evaluate(x)
    best, worst = r["best"][2], r["worst"][2]
    assert worst <= r["mid"][2] <= best
    # The contract's rule 4: the best end alone decides.
    if r["worthless"]:
        state = "INSOLVENT"
    elif best < 0:
        state = "LIQUIDATABLE"
    else:
        state = "HEALTHY" if r["initial"] >= 0 else "RESTRICTED"
    held, owed = largest(x, x.held, x.v), largest(x, x.owed, x.d)
    below = None if held is None else crossing(x, held)[1]
    repay = 0
    if state == "LIQUIDATABLE" and held is not None and owed is not None:
        repay = size(x, owed, held, 105 * WAD // 100)[1]
    return [state, held, below, owed, repay]


def check_verdict(x, line, seen):
    stale = ["STALE", None, None, None, 0]
    try:
        want = stale if x.is_stale() else verdict(x)
    except Range:
        seen["range"] += 1
        want = stale
    seen[want[0]] += 1
    return line["verdict"] == want


CHECKS = (check_value, check_prices, check_sizes, check_verdict)
# Each of these must have been met, or the run has proved little.
MUST_SEE = {"HEALTHY": 1000, "RESTRICTED": 1000, "LIQUIDATABLE": 1000,
            "INSOLVENT": 50, "STALE": 500, "range": 5, "below": 1000,
            "above": 1000, "size full": 1000, "size part": 1000,
            "size heals": 200, "size bad debt": 1000}


def main():
    tool = "build/tools/ratio_dump"
    seed = sys.argv[1] if len(sys.argv) > 1 else "1"
    if not os.path.exists(tool):
        print(f"{tool}: not built (make tests)", file=sys.stderr)
        print("0 passed, 1 failed")
        return 1
    run = subprocess.Popen([tool, str(VAULTS), seed],
                           stdout=subprocess.PIPE, text=True)
    seen = collections.Counter()
    passed = failed = lines = 0
    for text in run.stdout:
        line = json.loads(text)
        x = Vault(line)
        lines += 1
        wrong = [c.__name__ for c in CHECKS if not c(x, line, seen)]
        passed += not wrong
        failed += bool(wrong)
        if wrong and failed <= 3:
            print(f"vault {lines}: {', '.join(wrong)}: {text}")
    if run.wait() != 0 or lines != VAULTS:
        print(f"{tool} gave {lines} of {VAULTS} vaults")
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
