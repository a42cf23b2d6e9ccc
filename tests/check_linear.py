#!/usr/bin/env python3
"""Recomputes random contracts and option portfolios with exact fractions and
compares with build/tools/linear_dump.  A figure that is rounded once must be
the exact one rounded against the account; one that is rounded in steps must
lie on the account's worse side of the exact one, within a few units.  Written
from margin-model.md 1.3-1.8 and 3.3, without the C.  Ends with `N passed, N
failed`."""
import collections
import json
import math
import os
import subprocess
import sys
from fractions import Fraction as F

os.chdir(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LINES = 20000
PPB, WAD = 10**9, 10**18
I128, U128 = 2**127 - 1, 2**128 - 1
WIDE = 2**253       # what the middle of a product may hold


def wad(x):
    return F(x, WAD)


def floor(x):
    return math.floor(x * WAD)


def ceil(x):
    return math.ceil(x * WAD)


def sqrt_up(x):
    """The root of x to 18 decimals, up."""
    n = x * WAD * WAD
    r = math.isqrt(math.floor(n))
    return F(r if r * r == n else r + 1, WAD)


class Linear:
    def __init__(self, d):
        self.d = d
        self.q = wad(d["size"]) * wad(d["multiplier"])
        self.p, self.e = wad(d["mark"]), wad(d["entry"])
        self.is_short = self.q < 0

    def profit(self):
        return floor(self.q * (self.p - self.e))

    def profit_inverse(self):
        if self.p == 0 or self.e == 0:
            return None
        return floor(self.q * (self.p - self.e) / (self.e * self.p))

    def notional(self):
        return ceil(abs(self.q) * self.p)

    def notional_inverse(self):
        if self.p == 0:
            return None
        return ceil(abs(self.q) / self.p * wad(self.d["index"]))

    def worse(self):
        up = self.d["size"] + self.d["bids"]
        down = self.d["size"] - self.d["asks"]
        return down if abs(down) > abs(up) else up

    def forward(self):
        left, window = self.d["left"], self.d["window"]
        if left >= window:
            return self.d["mark"]
        return floor((self.e * (window - left) + self.p * left) / window)

    def at(self, x):
        """A liquidation price: rounded toward where the account is."""
        if x is None or x <= 0:
            return "none"
        raw = floor(x) if self.is_short else ceil(x)
        return "none" if raw == 0 or raw > U128 else raw

    def line(self, rest, m):
        q = abs(self.q)
        if self.is_short:
            return self.at((rest + q * self.e) / (q * (1 + m)))
        return self.at((q * self.e - rest) / (q * (1 - m)) if m < 1 else None)

    def curve(self, rest, m):
        """The same where contracts settle in the underlying."""
        q = abs(self.q)
        if self.e == 0:
            return None
        if self.is_short:
            den = q / self.e - rest
            return self.at(q * (1 - m) / den if den > 0 and m < 1 else None)
        den = rest + q / self.e
        return self.at(q * (1 + m) / den if den > 0 else None)

    def liquidation(self):
        if self.q == 0:
            return None
        return self.line(wad(self.d["rest"]), F(self.d["m"], PPB))

    def liquidation_inverse(self):
        if self.q == 0:
            return None
        return self.curve(wad(self.d["coin"]), F(self.d["m"], PPB))

    def reduction(self):
        d = self.d
        m, fees = F(d["reduce_m"], PPB), F(d["fees"], PPB)
        size = abs(d["size"])
        if d["shortage"] <= 0:
            return 0
        if m <= fees or self.p == 0:
            return size
        need = wad(d["shortage"]) / (self.p * (m - fees))
        return min(size, ceil(need / wad(d["multiplier"])))

    def schedule(self, column):
        """By deductions, as the model states it, not by slices."""
        n = wad(self.d["notional_in"])
        tiers = self.d["tiers"]
        deduction, start = F(0), F(0)
        for i, tier in enumerate(tiers):
            rate = F(tier[column], PPB)
            if i > 0:
                deduction += start * (rate - F(tiers[i - 1][column], PPB))
            if i == len(tiers) - 1 or n <= wad(tier[0]):
                return n * rate - deduction
            start = wad(tier[0])

    def maintenance(self):
        return ceil(self.schedule(2))

    def initial(self):
        d = self.d
        n = wad(d["notional_in"])
        base = F(d["tiers"][0][1], PPB)
        needs = [self.schedule(1)]
        if d["leverage"]:
            needs.append(n / wad(d["leverage"]))
        oi, low, high = (wad(d[k]) for k in ("oi", "oi_lower", "oi_upper"))
        rate = base
        if high and oi >= high:
            rate = max(base, F(1))
        elif high and oi > low and base < 1:
            rate = base + (1 - base) * (oi - low) / (high - low)
        needs.append(n * F(ceil(rate), WAD))
        size = wad(d["size_factor"]) * sqrt_up(n)
        needs.append(n * (F(d["base_share"], PPB) * base +
                          F(ceil(size), WAD)))
        return max(map(ceil, needs))

    EXACT = ("profit", "profit_inverse", "notional", "notional_inverse",
             "worse", "forward", "liquidation", "liquidation_inverse",
             "reduction", "maintenance", "initial")

    def isolated_near(self, key, exact):
        """In two steps: on the account's worse side, and near."""
        got = self.d[key]
        if exact is None or got is None or isinstance(got, str):
            return True         # none, or too near to none to say
        if self.is_short:
            return wad(got) <= exact and exact - wad(got) <= exact / 10**6
        return wad(got) >= exact and wad(got) - exact <= exact / 10**6

    def check(self, seen):
        bad = []
        for key in self.EXACT:
            want, got = getattr(self, key)(), self.d[key]
            if isinstance(want, int) and not -I128 <= want <= I128 and \
                    key not in ("liquidation", "liquidation_inverse"):
                want = None
            if got is None and want is not None and self.is_wide():
                seen["too wide"] += 1
                continue
            seen[f"{key} {'none' if want in (None, 'none') else 'some'}"] += 1
            if got != want:
                bad.append(f"{key}: {want} wanted, {got} got")
        own = 1 / wad(self.d["leverage_own"]) - F(self.d["m"], PPB)
        sign = -1 if self.is_short else 1
        big = abs(self.q) > F(1, 10**6) and self.e > F(1, 10**6)
        if big and -1 < own < 1:
            near = self.e * (1 - sign * own)
            if near > self.e / 1000 and \
                    not self.isolated_near("isolated", near):
                bad.append("isolated")
            near = self.e / (1 + sign * own)
            if abs(self.q) / self.e > F(1, 10**6) and 1 + sign * own > F(
                    1, 1000) and not self.isolated_near("isolated_inverse",
                                                        near):
                bad.append("isolated_inverse")
        return bad

    def is_wide(self):
        d = self.d
        n = abs(d["size"]) * d["multiplier"]
        tall = max(d["mark"], d["entry"], d["index"], 1)
        return (n * tall * PPB * 2 > WIDE or
                abs(d["rest"]) * WAD * WAD * PPB * 2 > WIDE or
                abs(d["coin"]) * tall * PPB > WIDE or
                d["shortage"] * WAD * WAD > WIDE)


class Standard:
    """Derive's numbers, exactly."""

    def __init__(self, d):
        self.d = d
        self.S, self.F = wad(d["spot"]), wad(d["group_forward"])
        self.options = [(wad(o["strike"]), o["is_call"], wad(o["amount"]),
                         wad(o["mark"])) for o in d["options"]]
        self.doubt = 1 - wad(d["confidence"])
        self.shorts = sum(-a for _, _, a, _ in self.options if a < 0)

    def alone(self, initial):
        total = F(0)
        for k, is_call, amount, mark in self.options:
            if amount >= 0:
                continue
            n, M = -amount, -amount * mark
            away = max(k - self.S if is_call else self.S - k, 0)
            mult = max(F(1, 10), F(15, 100) - away / self.S)
            mm = F(75, 1000) * self.S * n
            if not is_call:
                mm = max(mm, F(75, 1000) * M)
            mm += M
            im = mult * self.S * n + M
            if not is_call:
                im = max(im, F(105, 100) * mm)
            total += im if initial else mm
        return total

    def payoff(self, at):
        return sum(a * max((at - k) if c else (k - at), 0)
                   for k, c, a, _ in self.options)

    def worst(self):
        return min(self.payoff(k) for k in
                   [F(0)] + [o[0] for o in self.options])

    def bounded(self, scale):
        calls = sum(a for _, c, a, _ in self.options if c)
        return -min(F(0), self.worst()) + scale * self.F * max(-calls, 0)

    def contingency(self):
        total = F(0)
        if wad(self.d["confidence"]) < F(4, 10):
            total = self.doubt * F(4, 10) * self.S * self.shorts
            if self.base() > 0:
                total += self.doubt * F(4, 10) * self.base()
        return total

    def depeg(self):
        lacks = max(F(98, 100) - wad(self.d["stable"]), 0)
        return lacks * F(12, 10) * self.S * self.shorts

    def base(self):
        return wad(self.d["base"]) * self.S

    def credit(self, weight):
        return self.base() * (weight if self.base() >= 0 else 2 - weight)

    def check(self, seen):
        d = self.d
        if "initial" not in d:
            return ["no result"]
        ci, cb = self.alone(True), self.bounded(F(12, 10))
        mi, mb = self.alone(False), self.bounded(F(11, 10))
        seen["bounded" if cb < ci else "isolated"] += 1
        up = {"isolated_initial": ci, "isolated_maintenance": mi,
              "bounded_initial": cb, "bounded_maintenance": mb,
              "contingency": self.contingency(), "depeg": self.depeg(),
              "maintenance": min(mi, mb),
              "initial": min(ci, cb) + self.contingency() + self.depeg()}
        down = {"worst": self.worst(),
                "credit_initial": self.credit(F(64, 100)),
                "credit_maintenance": self.credit(F(8, 10))}
        bad = [k for k, x in up.items()
               if not 0 <= d[k] - x * WAD <= 60]
        bad += [k for k, x in down.items()
                if not 0 <= x * WAD - d[k] <= 60]
        return bad


MUST_SEE = {f"{k} some": LINES // 20 for k in Linear.EXACT}
MUST_SEE.update({"bounded": LINES // 50, "isolated": LINES // 50,
                 "liquidation none": 100, "liquidation_inverse none": 100})


def main():
    seed = sys.argv[1] if len(sys.argv) > 1 else "1"
    tool = os.environ.get("O", "build") + "/tools/linear_dump"
    if not os.path.exists(tool):
        print(f"{tool}: not built (make tests)", file=sys.stderr)
        print("0 passed, 1 failed")
        return 1
    run = subprocess.Popen([tool, str(LINES), seed],
                           stdout=subprocess.PIPE, text=True)
    seen = collections.Counter()
    passed = failed = lines = 0
    for text in run.stdout:
        d = json.loads(text)
        lines += 1
        bad = (Linear if d["is_linear"] else Standard)(d).check(seen)
        passed += not bad
        failed += bool(bad)
        if bad and failed <= 3:
            print(f"line {lines}: {'; '.join(bad)}: {text}")
    if run.wait() != 0 or lines != LINES:
        print(f"{tool} gave {lines} of {LINES} lines")
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
