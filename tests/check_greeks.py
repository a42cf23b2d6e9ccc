#!/usr/bin/env python3
"""Recomputes random books of sensitivities with 60-digit decimals and compares
with build/tools/greeks_dump.  Written from ISDA's SIMM formulas (margin-model.md 1.5, 3.3), without
the C.  Ends with `N passed, N failed`."""
import json
import os
import subprocess
import sys
from collections import defaultdict
from decimal import Decimal as D, getcontext

os.chdir(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
getcontext().prec = 60
BOOKS = 2000
DELTA, VEGA, GAMMA = range(3)
WAD = D(10) ** 18
# Each figure is a few dozen roundings of 1e-18 away from the exact one,
# relative to the largest weighted amount in the book.
SLACK = D(10) ** -17


def num(x):
    return D(x) / WAD


def aggregate(rules, ws, cr, squared):
    """Root over the buckets, and K of the residual one."""
    def power(c):
        return c * c if squared else c

    k, s, residual = {}, {}, D(0)
    for b, names in ws.items():
        bucket = rules["buckets"][b]
        total = D(0)
        for i, x in names.items():
            for j, y in names.items():
                f = D(1)
                if i != j:
                    f = power(num(bucket["rho"]))
                    f *= min(cr[b][i], cr[b][j]) / max(cr[b][i], cr[b][j])
                total += f * x * y
        root = max(total, D(0)).sqrt()
        if bucket["residual"]:
            residual = root
            continue
        k[b] = root
        s[b] = max(-root, min(root, sum(names.values())))
    n = len(rules["buckets"])
    total = sum((x * x for x in k.values()), D(0))
    for b in k:
        for c in k:
            if b != c:
                total += power(num(rules["gamma"][b * n + c])) * s[b] * s[c]
    return max(total, D(0)).sqrt(), residual


def linear(rules, amounts, weight, threshold):
    ws, cr = defaultdict(dict), defaultdict(dict)
    for (b, name), x in amounts.items():
        bucket = rules["buckets"][b]
        cr[b][name] = max(D(1), (abs(x) / num(bucket[threshold])).sqrt())
        ws[b][name] = num(bucket[weight]) * x * cr[b][name]
    return sum(aggregate(rules, ws, cr, False))


def curvature(rules, cvr, q):
    margin = D(0)
    for residual in (0, 1):
        ws, cr = defaultdict(dict), defaultdict(dict)
        for (b, name), x in cvr.items():
            if rules["buckets"][b]["residual"] == residual:
                ws[b][name], cr[b][name] = x, D(1)
        flat = [x for names in ws.values() for x in names.values()]
        size = sum(map(abs, flat))
        theta = min(D(0), sum(flat) / size) if size else D(0)
        lam = (q * q - 1) * (1 + theta) - theta
        margin += max(D(0), sum(flat) +
                      lam * sum(aggregate(rules, ws, cr, True)))
    return margin


def margin(rules, book):
    delta, vega = defaultdict(D), defaultdict(D)
    by_vega, by_gamma = defaultdict(D), defaultdict(D)
    exposure = D(0)
    z, q, horizon = num(rules["z"]), num(rules["q"]), num(rules["horizon"])
    for s in book["list"]:
        key, bucket = (s["bucket"], s["name"]), rules["buckets"][s["bucket"]]
        amount = num(s["amount"]) * (-1 if book["flip"] else 1)
        rw = num(bucket["rw"])
        sigma = rw * (365 / horizon).sqrt() / z
        if s["class"] == DELTA:
            delta[key] += amount
        elif s["class"] == VEGA:
            vega[key] += num(rules["hvr"]) * sigma * amount
            scale = min(D(1), horizon / num(s["days"])) / 2
            by_vega[key] += scale * sigma * amount * bucket["curved"]
        else:
            exposure -= amount
            by_gamma[key] += (amount * 100 * (rw / 100) ** 2 / 2 *
                              bucket["curved"])
    out = {
        "delta": linear(rules, delta, "rw", "t"),
        "vega": linear(rules, vega, "vrw", "vt"),
        "by_vega": curvature(rules, by_vega, q),
        "by_gamma": curvature(rules, by_gamma, q / z),
        "exposure": exposure,
    }
    out["curvature"] = max(out["by_vega"], out["by_gamma"])
    out["total"] = out["delta"] + out["vega"] + out["curvature"]
    out["initial"] = out["total"] * num(rules["initial"])
    out["maintenance"] = out["total"] * num(rules["maintenance"])
    return out


def main():
    text = subprocess.run(["build/tools/greeks_dump", str(BOOKS), "7"],
                          stdout=subprocess.PIPE, check=True).stdout
    rules, passed, failed, widest = [], 0, 0, D(0)
    for line in text.splitlines():
        book = json.loads(line)
        if book["kind"] == "rules":
            rules.append(book)
            continue
        expected = margin(rules[book["rules"]], book)
        size = max([abs(num(s["amount"])) for s in book["list"]] or [D(0)])
        for key, want in expected.items():
            got = num(book[key])
            off = abs(got - want)
            slack = 0 if key == "exposure" else SLACK * (1 + size * 1000)
            widest = max(widest, off / (1 + size))
            if off <= slack:
                passed += 1
                continue
            failed += 1
            if failed < 20:
                print(f"{key}: expected {want}, got {got}")
    print(f"largest difference {widest:.1e} of the largest amount")
    print(f"{passed} passed, {failed} failed")
    return 0 if failed == 0 and passed > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
