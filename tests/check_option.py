#!/usr/bin/env python3
"""Recomputes with mpmath, to 60 digits, the functions, prices, greeks and
implied volatilities that build/tools/option_dump prints.  Written from
margin-model.md 1.3 and the headers' error bounds, without the C.  Ends with
`N passed, N failed`."""
import collections
import math
import os
import subprocess
import sys

import mpmath as mp

os.chdir(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
COUNT = 12000
mp.mp.dps = 60
WAD = mp.mpf(10) ** 18
ONE = 10 ** 18
I128 = 2 ** 127 - 1
OK, RANGE = 0, 2
worst = collections.defaultdict(lambda: (mp.mpf(-1), ""))
seen = collections.Counter()


def within(what, error, bound, line):
    """Notes how much of its bound an error takes."""
    share = abs(error) / bound
    if share > worst[what][0]:
        worst[what] = (share, line)
    return share <= 1


def cdf(x):
    return mp.erfc(-x / mp.sqrt(2)) / 2


def check_ln(line, x, err, y):
    if x <= 0:
        return err == RANGE
    return err == OK and within("ln", mp.log(x / WAD) * WAD - y, 1, line)


def check_sqrt(line, x, err, y):
    if x < 0:
        return err == RANGE
    r = math.isqrt(x * ONE)
    return err == OK and y == r + (x * ONE - r * r > r)


def check_exp(line, x, err, y):
    exact = mp.exp(x / WAD) * WAD
    if exact > I128:
        return err == RANGE
    return err == OK and within("exp", exact - y, 1 + exact / WAD, line)


def check_pow(line, x, y, err, z):
    if x < 0 or (x == 0 and y < 0):
        return err == RANGE
    if x == 0 or y == 0:
        return err == OK and z == (ONE if y == 0 else 0)
    power = mp.log(x / WAD) * y / WAD
    if power > 50:
        return err == RANGE
    exact = mp.exp(power) * WAD
    if err != OK:
        return err == RANGE and exact > I128 * (1 - mp.mpf(10) ** -15)
    if abs(power) >= 8:
        return within("pow beyond", exact - z,
                      1 + abs(power) * exact / WAD, line)
    return within("pow", exact - z, 1 + 4 * exact / WAD, line)


def check_normal(line, x, got_cdf, got_pdf):
    x = x / WAD
    return within("cdf", cdf(x) * WAD - got_cdf, 1, line) and \
        within("pdf", mp.npdf(x) * WAD - got_pdf, 1, line)


def check_inverse(line, p, err, x):
    if not 0 < p < ONE:
        return err == RANGE
    x = x / WAD
    return err == OK and within(
        "inverse", (cdf(x) - p / WAD) / mp.npdf(x), 1e-15, line)


class Option:
    """Time value and the d's, of min(F, K) and undiscounted."""

    def __init__(self, f, k, vol, tau):
        self.f, self.k = f, k
        self.root = mp.sqrt(tau / WAD)
        self.s = vol / WAD * self.root
        self.flat = self.s < mp.mpf(10) ** -18
        self.all = self.s >= 24
        if self.flat or self.all:
            self.value = 0 if self.flat else min(f, k)
            return
        x = mp.log(mp.mpf(f) / k)
        self.d1 = x / self.s + self.s / 2
        self.d2 = self.d1 - self.s
        self.value = (f * cdf(self.d1) - k * cdf(self.d2)) if f < k else \
            (k * cdf(-self.d2) - f * cdf(-self.d1))


def nearest(num, den):
    return (2 * num + den) // (2 * den)


def greeks(o, disc, call):
    """delta, gamma, vega, theta with their scales for the error."""
    if o.flat or o.all:
        rise = mp.mpf(1) if o.all or o.f > o.k else \
            mp.mpf(0) if o.f < o.k else mp.mpf(0.5)
        return rise if call else rise - 1, 0, 0, 0
    n = mp.npdf(o.d1)
    vol = o.s / o.root
    return (cdf(o.d1) if call else -cdf(-o.d1),
            n / (o.f / WAD * o.s), o.f / WAD * n * o.root,
            -o.f / WAD * n * vol / (2 * o.root))


def check_greeks(line, o, disc, call, err, got):
    exact = [g * disc for g in greeks(o, disc, call)]
    if err != OK:
        return err == RANGE and max(map(abs, exact)) * WAD > I128 / 2
    # The exponent's error grows with its square.
    tail = 0 if o.flat or o.all else o.d1 ** 2 / 2 + o.d2 ** 2 / 2
    good = within("delta", exact[0] * WAD - got[0],
                  1 + max(disc, 1), line)
    for name, e, g in zip(("gamma", "vega", "theta"), exact[1:], got[1:]):
        good &= within(
            name, e * WAD - g, 1 + abs(e) * (3 + tail), line)
    return good


def check_implied(line, o, discount, call, price, err, implied, tau):
    """Going back to the price must agree within the price's own error."""
    spread = nearest(discount * abs(o.f - o.k), ONE)
    value = price - (spread if call == (o.f > o.k) and o.f != o.k else 0)
    disc = discount / WAD
    if tau == 0 or value <= 0 or \
            value >= nearest(discount * min(o.f, o.k), ONE):
        seen["not implied"] += 1
        return err == RANGE
    if err != OK:
        return False
    seen["implied"] += 1
    back = Option(o.f, o.k, implied, tau).value * disc
    vega = 0 if o.flat or o.all else \
        mp.npdf(o.d1) * o.f * disc * o.root / WAD
    # One unit of the price to each side, or one of the volatility.
    return within("implied", back - value,
                  1 + vega + max(1, disc) * o.f / WAD, line)


def check_option(line, f, k, vol, tau, discount, call, err, price, *rest):
    if err != OK:
        return False
    o = Option(f, k, vol, tau)
    disc = discount / WAD
    gap = nearest(discount * abs(f - k), ONE)
    intrinsic = gap if call == (f > k) and f != k else 0
    value = price - intrinsic
    exact = o.value * disc
    seen["call" if call else "put"] += 1
    seen["value"] += exact > 1
    good = within("price", exact - value,
                  1 + max(1, disc) * f * mp.mpf(5) / 10 ** 19, line)
    if exact > 10 ** 12 and o.s > 1e-2:
        good &= within("price far out", exact - value,
                       1 + exact * mp.mpf(3.2) / 10 ** 16, line)
    good &= 0 <= value <= nearest(discount * min(f, k), ONE)
    return good and check_greeks(line, o, disc, call, rest[0], rest[1:5]) and \
        check_implied(line, o, discount, call, price, *rest[5:], tau)


CHECKS = {"ln": check_ln, "sqrt": check_sqrt, "exp": check_exp,
          "pow": check_pow, "normal": check_normal,
          "inverse": check_inverse, "option": check_option}
# Each of these must have been met, or the run has proved little.
MUST_SEE = {"call": 2000, "put": 2000, "value": 4000, "implied": 4000,
            "not implied": 400}


def main():
    tool = "build/tools/option_dump"
    if not os.path.exists(tool):
        print(f"{tool}: not built (make tests)", file=sys.stderr)
        print("0 passed, 1 failed")
        return 1
    count = int(sys.argv[2]) if len(sys.argv) > 2 else COUNT
    seed = sys.argv[1] if len(sys.argv) > 1 else "1"
    run = subprocess.Popen([tool, str(count), seed],
                           stdout=subprocess.PIPE, text=True)
    passed = failed = 0
    for line in run.stdout:
        name, *numbers = line.split()
        good = CHECKS[name](line, *map(int, numbers))
        passed += bool(good)
        failed += not good
        if not good and failed <= 5:
            print(f"wrong: {line}", end="")
    if run.wait() != 0:
        print(f"{tool} ended with {run.returncode}")
        failed += 1
    for what, least in MUST_SEE.items():
        if seen[what] < least * count // COUNT:
            print(f"only {seen[what]} times {what}, {least} wanted")
            failed += 1
    print("largest share of each bound: " + ", ".join(
        f"{what} {mp.nstr(share, 3)}" for what, (share, _) in worst.items()))
    if len(sys.argv) > 3:
        for what, (share, line) in worst.items():
            print(what, line, end="")
    print(f"{passed} passed, {failed} failed")
    return 0 if failed == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
