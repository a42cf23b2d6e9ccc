#!/usr/bin/env python3
"""Recomputes random haircuts and counted values with 60 decimal digits and
compares with build/tools/collateral_dump: a haircut is never below the true
one and at most a billionth above it; a counted value is never above the true
one, nor further below it than its slices explain.  Written from
margin-model.md 1.4, without the C.  Ends with `N passed, N failed`."""
import json
import os
import subprocess
import sys
from decimal import Decimal as D, getcontext

os.chdir(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
getcontext().prec = 60
COUNT = 4000
ONE, PPB = D(10) ** 18, D(10) ** 9
Z, LEAST, DAYS_IM, DAYS_MM, ETA = D("2.326"), D("0.005"), 10, 7, 1
WRONG_WAY, BRIDGE = D("0.25"), D("0.01")


def haircut(c):
    """The true haircuts of initial and maintenance margin."""
    sigma = D(max(c["sigma"], c["volatility"])) / ONE
    common = D(c["spread"]) / ONE / 2
    common += Z * sigma * (D(c["finality"]) / 31536000).sqrt()
    common += BRIDGE if c["foreign"] else 0
    if not c["grid"]:
        common += WRONG_WAY * max(D(0), D(c["correlation"]) / ONE)
    size = ETA * sigma / D(365).sqrt() * (D(c["position"]) / c["adv"]).sqrt()

    def move(days):
        return max(LEAST, 1 - (-Z * sigma * (D(days) / 365).sqrt()).exp())

    initial = common + size + D(c["confidence"]) / ONE + move(DAYS_IM)
    return min(D(1), initial), min(D(1), common + move(DAYS_MM))


def curve(c):
    """The greatest of q (c - k sqrt(q / adv)) over q up to v, and how far
    below it a ladder with ends of ten bits may lie: the chord of a slice
    below a curve of power 3/2, and what the last slice below the top lacks.
    Below two dollars the first slice is a straight line."""
    kept, slope = 1 - D(c["base"]) / PPB, D(c["slope"]) / ONE
    adv, v = D(c["adv"]) / ONE, D(c["v"]) / ONE
    top = adv * (2 * kept / (3 * slope)) ** 2
    q = min(v, top)
    impact = q * slope * (q / adv).sqrt()
    value = q * kept - impact
    slack = impact * D("3.6e-7") + D("1e-9")
    if v > top * D("0.998"):
        slack += value * D("3e-6")
    return value, slack if q > 2 else D(2)


def check(c):
    if c["kind"] == "haircut":
        for key, true in zip(("initial", "maintenance"), haircut(c)):
            got = D(c[key]) / PPB
            if not true - D(10) ** -30 <= got <= true + D("1.00001e-9"):
                return f"{key}: {got}, truly {true}"
        return None
    true, slack = curve(c)
    got = D(c["value"]) / ONE
    if not true - slack <= got <= true:
        return f"value {got}, truly {true}"
    return None


def main():
    out = subprocess.run(["build/tools/collateral_dump", str(COUNT), "1"],
                         check=True, capture_output=True, text=True).stdout
    failed = 0
    lines = out.splitlines()
    for line in lines:
        wrong = check(json.loads(line))
        if wrong:
            failed += 1
            print(f"check_collateral: {wrong}: {line}", file=sys.stderr)
    print(f"{len(lines) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
