#!/usr/bin/env python3
"""Every tick of a Uniswap v3 pool against decimal arithmetic with 150 digits,
and the first ones against whole numbers: the value rounded down, or none."""
import subprocess
import sys
from decimal import Decimal as D, ROUND_FLOOR, getcontext

TICK_MAX = 887272
DECIMALS = [(18, 18), (18, 6), (6, 18), (8, 18), (18, 8), (0, 30), (30, 0),
            (6, 6), (30, 6)]
getcontext().prec = 150


def expected(power, d0, d1):
    v = int((power * D(10) ** (18 + d0 - d1)).to_integral_value(ROUND_FLOOR))
    return str(v) if 0 < v < 1 << 128 else "none"


def exact(tick, d0, d1):
    n, d = (10001, 10000) if tick >= 0 else (10000, 10001)
    v = n ** abs(tick) * 10 ** (18 + d0) // (d ** abs(tick) * 10 ** d1)
    return str(v) if 0 < v < 1 << 128 else "none"


def main():
    made = subprocess.run([sys.executable, "contracts-abi/tick_powers.py"],
                          capture_output=True, check=True, text=True).stdout
    if made != open("contracts-abi/tick_powers.c", encoding="utf-8").read():
        print("contracts-abi/tick_powers.c is not what tick_powers.py writes")
        return 1
    asked, want = [], []
    for tick in range(-300, 301):
        for d0, d1 in DECIMALS:
            asked.append(f"{tick} {d0} {d1}")
            want.append(exact(tick, d0, d1))
    for step in (1, -1):
        power, base = D(1), D("1.0001") ** step
        for i in range(TICK_MAX + 1):
            d0, d1 = DECIMALS[i % len(DECIMALS)]
            asked.append(f"{step * i} {d0} {d1}")
            want.append(expected(power, d0, d1))
            power *= base
    for line in (f"{TICK_MAX + 1} 18 18", f"{-TICK_MAX - 1} 18 18",
                 "0 31 18", "0 18 31"):
        asked.append(line)
        want.append("none")
    got = subprocess.run(["build/tools/tick_dump"], input="\n".join(asked),
                         capture_output=True, check=True,
                         text=True).stdout.split()
    bad = [f"{a}: {g} instead of {w}"
           for a, g, w in zip(asked, got, want) if g != w]
    print("\n".join(bad[:20]))
    short = len(got) != len(want)
    print(f"{len(want) - len(bad)} passed, {len(bad) + short} failed")
    return 1 if bad or short else 0


if __name__ == "__main__":
    sys.exit(main())
