#!/usr/bin/env python3
"""Checks the mixes of build/tools/markowitz_dump with fractions, without the
C: each meets its requirement and its bounds and cannot be improved (the
Karush-Kuhn-Tucker conditions of margin-model.md 1.10's programme); with few
assets its variance is that of the best of all active sets, each solved
exactly.  Ends with `N passed, N failed`."""
import itertools
import json
import math
import os
import subprocess
import sys
from fractions import Fraction as F

os.chdir(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROBLEMS = 600
WAD = 10**18
ENUMERATE = 4
# Of the variance that the whole requirement has in the riskiest asset.
NEAR = F(1, 10**9)


def solve(a, b):
    """x with a x = b by elimination, or None where a is singular."""
    n = len(a)
    m = [row[:] + [y] for row, y in zip(a, b)]
    for i in range(n):
        p = next((r for r in range(i, n) if m[r][i]), None)
        if p is None:
            return None
        m[i], m[p] = m[p], m[i]
        for r in range(n):
            if r != i and m[r][i]:
                f = m[r][i] / m[i][i]
                m[r] = [x - f * y for x, y in zip(m[r], m[i])]
    return [m[i][n] / m[i][i] for i in range(n)]


def variance(v, x):
    n = len(x)
    return sum(v[i][j] * x[i] * x[j] for i in range(n) for j in range(n))


def best(v, counts, most, needed):
    """Least variance over all ways to hold each asset at zero, at its bound
    or between."""
    n, least = len(counts), None
    for places in itertools.product((0, 1, 2), repeat=n):
        x = [most[i] if places[i] == 1 else F(0) for i in range(n)]
        free = [i for i in range(n) if places[i] == 2]
        if free:
            a = [[v[i][j] for j in free] + [-counts[i]] for i in free]
            a.append([counts[i] for i in free] + [F(0)])
            b = [-sum(v[i][j] * x[j] for j in range(n)) for i in free]
            b.append(needed - sum(c * y for c, y in zip(counts, x)))
            y = solve(a, b)
            if y is None:
                continue
            for i, value in zip(free, y):
                x[i] = value
        elif sum(c * y for c, y in zip(counts, x)) != needed:
            continue
        if all(0 <= y <= u for y, u in zip(x, most)):
            w = variance(v, x)
            least = w if least is None else min(least, w)
    return least


def check(p):
    n, needed = p["n"], F(p["needed"], WAD)
    counts = [max(F(0), 1 - F(a[0], WAD)) for a in p["assets"]]
    most = [F(a[1], WAD) if c else F(0)
            for c, a in zip(counts, p["assets"])]
    x = [F(a[2], WAD) for a in p["assets"]]
    v = [[F(p["covariance"][i * n + j], WAD) for j in range(n)]
         for i in range(n)]
    can = sum(math.floor(c * u * WAD) for c, u in zip(counts, most))
    if p["answer"] != "ok":
        return [("refused", can < p["needed"])]
    counted = sum(math.floor(c * y * WAD) for c, y in zip(counts, x))
    out = [
        ("enough", counted >= p["needed"] and counted == p["counted"]),
        ("not too much", counted - p["needed"] <= 40 + needed * 20),
        ("bounds", all(0 <= y <= u for y, u in zip(x, most))),
        ("unused", all(y == 0 for y, c in zip(x, counts) if c == 0)),
    ]
    w = variance(v, x)
    d = F(p["deviation"], WAD)
    out.append(("deviation", d * d >= w and
                (d - F(2, WAD)) <= 0 or (d - F(2, WAD)) ** 2 <= w))
    used = [i for i in range(n) if counts[i] > 0 and most[i] > 0]
    if needed == 0 or not used:
        return out
    # g of margin/markowitz.h, without its scale.
    g = {i: sum(v[i][j] * x[j] for j in range(n)) / counts[i] for i in used}
    scale = max(v[i][i] for i in range(n)) * needed or F(1)
    # What can give way may not be costlier than what can take its place.
    give = [g[i] for i in used if x[i] > needed * F(1, 10**12)]
    take = [g[i] for i in used if x[i] < most[i] * (1 - F(1, 10**12))]
    if give and take:
        gap = (max(give) - min(take)) / scale
        out.append(("optimal", gap <= NEAR))
    if n <= ENUMERATE:
        least = best(v, counts, most, needed)
        if least is not None:
            out.append(("least", w - least <= NEAR * scale * needed))
    return out


def main():
    text = subprocess.run(["build/tools/markowitz_dump", str(PROBLEMS), "3"],
                          stdout=subprocess.PIPE, check=True).stdout
    passed = failed = 0
    for number, line in enumerate(text.splitlines()):
        for what, good in check(json.loads(line)):
            passed += good
            failed += not good
            if not good and failed < 20:
                print(f"problem {number}: {what}")
    print(f"{passed} passed, {failed} failed")
    return 0 if failed == 0 and passed > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
