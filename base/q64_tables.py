#!/usr/bin/env python3
"""Writes base/q64_tables.c, the constants and polynomials of base/q64_kernel.h,
to standard output.  Standard library only: decimal arithmetic with far more
digits than are kept, so the output does not depend on a libm.

    python3 base/q64_tables.py > base/q64_tables.c

Each polynomial interpolates its function at the Chebyshev nodes of its
interval, which is within a small factor of the best one, and is written with
alternating signs taken out: all coefficients are positive."""
from decimal import Decimal as D, getcontext

getcontext().prec = 240
ONE = D(1)
BITS = 64


def pi():
    """Machin: pi = 16 atan(1/5) - 4 atan(1/239)."""
    def atan_inverse(n):
        total = term = ONE / n
        k = 1
        while abs(term) > D(10) ** -235:
            term = -term / (n * n)
            k += 2
            total += term / k
        return total
    return 16 * atan_inverse(5) - 4 * atan_inverse(239)


PDF_ZERO = ONE / (2 * pi()).sqrt()
LN2 = D(2).ln()


def mills(x):
    """M(x) = exp(x^2 / 2) N(-x) = exp(x^2 / 2) / 2 - the odd series."""
    total = term = D(x)
    k = 1
    while abs(term) > D(10) ** -150:
        k += 2
        term = term * x * x / k
        total += term
    return (D(x) * x / 2).exp() / 2 - total * PDF_ZERO


def mills_taylor(x, count):
    """Taylor coefficients of M at x: M' = x M - n(0)."""
    a = [mills(x)]
    a.append(x * a[0] - PDF_ZERO)
    for k in range(1, count - 1):
        a.append((x * a[k] + a[k - 1]) / (k + 1))
    return a


def horner(coefficients, t):
    r = D(0)
    for c in reversed(coefficients):
        r = r * t + c
    return r


def cos(x):
    total = term = ONE
    k = 0
    while abs(term) > D(10) ** -100:
        k += 2
        term = -term * x * x / (k * (k - 1))
        total += term
    return total


def fit(f, width, degree):
    """Coefficients, lowest first, of the polynomial that meets f at the
    Chebyshev nodes of [0, width]."""
    n = degree + 1
    nodes = [(1 + cos(PI * (2 * i + 1) / (2 * n))) * width / 2
             for i in range(n)]
    table = [f(t) for t in nodes]
    for level in range(1, n):
        for i in range(n - 1, level - 1, -1):
            table[i] = (table[i] - table[i - 1]) / \
                (nodes[i] - nodes[i - level])
    out = [D(0)]
    for i in range(n - 1, -1, -1):
        shifted = [D(0)] + out
        for k, c in enumerate(out):
            shifted[k] -= c * nodes[i]
        shifted[0] += table[i]
        out = shifted
    return out[:n]


def nearest(x):
    return int((x + D("0.5")).to_integral_value(rounding="ROUND_FLOOR"))


def fixed(x, bits=BITS):
    v = nearest(abs(x) * 2 ** bits)
    assert v < 2 ** 64, x
    return v


def words(values):
    """Four a line; no indentation keeps them within 80 columns."""
    text = [f"0x{v:016x}" for v in values]
    return "".join(",".join(text[i:i + 4]) + ",\n"
                   for i in range(0, len(text), 4))


def alternating(coefficients):
    for k, c in enumerate(coefficients):
        assert (c > 0) == (k % 2 == 0), (k, c)
    return [fixed(c) for c in coefficients]


def table_mills():
    rows = []
    for i in range(MILLS_SEGMENTS):
        taylor = mills_taylor(D(i) / 32, 24)
        c = alternating(fit(lambda t: horner(taylor, t), ONE / 32, 7))
        rows.append("{" + words(c).strip() + "},\n")
    return "".join(rows)


def table_exp():
    return words([fixed((-LN2 * j / 256).exp(), 63) for j in range(256)])


def poly_exp():
    """(1 - 2^-r) / r for r in [0, 1/256)."""
    def f(r):
        return (1 - (-LN2 * r).exp()) / r
    return words(alternating(fit(f, ONE / 256, 4)))


def table_ln():
    rows = []
    for i in range(256):
        # Not below the exact reciprocal, so that m * recip >= 1.
        recip = -(-2 ** 71 // (256 + i))
        assert recip <= 2 ** 63
        v = nearest(-(D(recip) / 2 ** 63).ln() * 2 ** 72)
        rows.append(f"\t{{ 0x{recip:016x}, 0x{v >> 64:02x}, "
                    f"0x{v % 2 ** 64:016x} }},\n")
    return "".join(rows)


def poly_ln():
    """(t - ln(1 + t)) / t^2 for t in [0, 1/256)."""
    def f(t):
        return (t - (1 + t).ln()) / (t * t)
    return words(alternating(fit(f, ONE / 256, 5)))


def table_rsqrt():
    """1 / sqrt(1 + t / 64 + u) for u in [0, 1/64), 1 <= a < 4."""
    rows = []
    for i in range(64, 256):
        c = fit(lambda u: 1 / (D(i) / 64 + u).sqrt(), ONE / 64, 3)
        c = alternating([c[0] / 2] + [x / 2 for x in c[1:]])
        rows.append("{" + words(c).strip() + "},\n")
    return "".join(rows)


MILLS_SEGMENTS = 19 * 32
PI = pi()


def main():
    print("/* Written by base/q64_tables.py; tests/check_q64.py compares. */")
    print('#include "base/q64_tables.h"\n')
    print("const uint64_t Q64_MILLS[Q64_MILLS_SEGMENTS][8] = {")
    print(table_mills() + "};\n")
    print("const uint64_t Q64_EXP[256] = {")
    print(table_exp() + "};\n")
    print("const uint64_t Q64_EXP_POLY[5] = {")
    print(poly_exp() + "};\n")
    print("const struct q64_ln_row Q64_LN[256] = {")
    print(table_ln() + "};\n")
    print("const uint64_t Q64_LN_POLY[6] = {")
    print(poly_ln() + "};\n")
    print("const uint64_t Q64_RSQRT[192][4] = {")
    print(table_rsqrt() + "};")


if __name__ == "__main__":
    main()
