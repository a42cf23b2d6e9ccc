#!/usr/bin/env python3
"""Judges with mpmath the slices that build/tools/surface_dump prints: ranges,
wings, variance, Durrleman's g by numerical differentiation of w, and calendar.
Written from margin/surface_check.h's comment, without the C.  What lies within
1e-7 of a limit may fall either way.  Ends with `N passed, N failed`."""
import collections
import os
import subprocess
import sys

import mpmath as mp

os.chdir(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
COUNT = 700
mp.mp.dps = 40
NEAR = mp.mpf(10) ** -7
seen = collections.Counter()


def variance(s, k):
    a, b, rho, m, sigma, _ = s
    return a + b * (rho * (k - m) + mp.sqrt((k - m) ** 2 + sigma ** 2))


def read(s, k):
    """The variance that is read at k: from the reach on what is there."""
    return variance(s, max(min(k, reach_of(s)), -reach_of(s)))


def grid(*slices):
    """Of one slice, or of two: as far as the one that reaches farther."""
    reach = max(reach_of(s) for s in slices)
    for _, _, _, m, sigma, _ in slices:
        for j in range(-16, 17):
            if abs(m + j * sigma / 2) <= reach:
                yield m + j * sigma / 2
    for i in range(49):
        yield -reach + 2 * reach * i / 48
    for s in slices:
        yield from (reach_of(s), -reach_of(s))


def reach_of(s):
    return 4 * mp.sqrt(max(mp.mpf(0), s[0] + s[1] * s[4]))


def durrleman(s, k):
    """g(k), the slopes of w taken numerically."""
    h = mp.mpf(10) ** -13 * s[4]
    w = variance(s, k)
    up, down = variance(s, k + h), variance(s, k - h)
    slope, bend = (up - down) / (2 * h), (up - 2 * w + down) / h ** 2
    return (1 - k * slope / (2 * w)) ** 2 - slope ** 2 / 4 * (
        1 / w + mp.mpf(1) / 4) + bend / 2


def judge(s):
    """Each limit's slack (negative: broken), in the order of the header."""
    a, b, rho, m, sigma, tau = s
    yield "range", min(100 - abs(a), b, 2 - b, 1 - abs(rho), 10 - abs(m),
                       (sigma - mp.mpf("1e-4")) * 10000, 10 - sigma, tau,
                       30 - tau) + mp.mpf(10) ** -18
    yield "wings", 2 - b * (1 + abs(rho))
    middle = a + b * sigma
    if middle <= 0:
        yield "variance", mp.mpf(-1)
        return
    points = list(grid(s))
    yield "variance", min(min(
        variance(s, k) / mp.mpf("1e-8") - 1,
        variance(s, k) / tau / mp.mpf("1e-4") - 1,
        1 - variance(s, k) / tau / 100) for k in points)
    yield "butterfly", min(durrleman(s, k) for k in points)


def check_slice(line, s, fault):
    for name, slack in judge(s):
        if abs(slack) < NEAR:
            seen["edge " + name] += 1
            return fault in (name, "good") or slack >= 0
        if slack < 0:
            seen[name] += 1
            return fault == name
    seen["good"] += 1
    return fault == "good"


def check_calendar(line, near, near_left, far, far_left, fault):
    slack = min(
        read(far, k) * far_left / far[5] * mp.mpf("1.01")
        - read(near, k) * near_left / near[5] for k in grid(near, far))
    if abs(slack) < NEAR / 100:
        seen["edge calendar"] += 1
        return True
    seen["calendar" if slack < 0 else "in order"] += 1
    return fault == ("calendar" if slack < 0 else "good")


def check(line):
    kind, *words, fault = line.split()
    n = [mp.mpf(w) / 10 ** 18 for w in words]
    if kind == "slice":
        return check_slice(line, n, fault)
    return check_calendar(line, n[0:6], n[6], n[7:13], n[13], fault)


def main():
    out = subprocess.run(["build/tools/surface_dump", str(COUNT), "7"],
                         capture_output=True, text=True, check=True).stdout
    failed = 0
    lines = out.splitlines()
    for line in lines:
        if not check(line):
            failed += 1
            if failed <= 10:
                print("wrong:", line)
    wanted = ("good", "range", "wings", "variance", "butterfly",
              "edge butterfly", "calendar", "in order")
    for name in wanted:
        if seen[name] == 0:
            print("nothing of", name)
            failed += 1
    print(", ".join(f"{n} {c}" for n, c in sorted(seen.items())))
    print(f"{len(lines) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
