#!/usr/bin/env python3
"""Writes contracts-abi/tick_powers.c, the powers of tick_price.c, to standard
output.  Whole numbers only.

    python3 contracts-abi/tick_powers.py > contracts-abi/tick_powers.c

Each power x is m * 2^(e - 255) with m rounded down to 256 bits, the top one
set."""
BITS = 20


def power(n, d):
    e = n.bit_length() - d.bit_length()
    if n << max(-e, 0) < d << max(e, 0):
        e -= 1
    s = 255 - e
    m = (n << s) // d if s >= 0 else n // (d << -s)
    assert m >> 255 == 1
    return m, e


def table(name, n, d):
    print(f"const struct tick_power {name}[TICK_BITS] = {{")
    for i in range(BITS):
        m, e = power(n ** 2 ** i, d ** 2 ** i)
        w = [m >> 64 * k & (1 << 64) - 1 for k in range(4)]
        print(f"\t{{ {{ 0x{w[0]:016x}, 0x{w[1]:016x},\n"
              f"\t    0x{w[2]:016x}, 0x{w[3]:016x} }}, {e} }},")
    print("};")


print("/* Written by contracts-abi/tick_powers.py; tests/check_tick_price.py "
      "compares. */")
print('#include "contracts-abi/tick_powers.h"\n')
table("TICK_UP", 10001, 10000)
print()
table("TICK_DOWN", 10000, 10001)
