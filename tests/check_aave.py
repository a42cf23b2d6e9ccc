#!/usr/bin/env python3
"""The real Aave v2 accounts of the recorded data: each that its token columns
describe whole has the health factor that the chain computed, within 0.1 %, in
`margind margin`, and from what `margind attest` signs: position legs, price
words and the rules blob."""
import json
import os
import subprocess
import sys
import tempfile
from fractions import Fraction

os.chdir(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, "tests")
import aave_book  # noqa: E402

MARGIND = sys.argv[1] if len(sys.argv) > 1 else "build/margind"
DATA = os.path.join(os.environ.get("MARGIND_DATA", "../shared/data"),
                    "vaults/aave-v2-v3-steth-2023-06")
# Rows that reconcile, with and without the BUSD column, which is the only one
# of a debt that has no twin `busd_debt`.
ROWS = {"b2.csv": (365, 362), "b3.csv": (48, 48)}
WITHIN = Fraction(1, 1000)
passed = failed = 0


def check(what, good):
    global passed, failed
    if good:
        passed += 1
    else:
        failed += 1
        print("FAILED", what)


def run(*args):
    r = subprocess.run([MARGIND, *args], stdout=subprocess.PIPE, check=False)
    check(f"{args[0]}: exit code {r.returncode}", r.returncode == 0)
    return [json.loads(line) for line in r.stdout.splitlines()]


def near(health, chain):
    return health is not None and \
        abs(Fraction(health) - Fraction(chain)) <= WITHIN * Fraction(chain)


def by_signed(a, book):
    """Health of each vault from the attestation alone."""
    blob = bytes.fromhex(a["rules"][2:])
    assets, modes = blob[1], blob[2]
    check("one mode", modes == 1 and assets == len(book["assets"]))
    rule = {}
    for i, p in enumerate(a["prices"]):
        row = blob[32 * (1 + assets + i):][:32]
        threshold = Fraction(int.from_bytes(row[4:8], "big"), 10 ** 9)
        weight = Fraction(int.from_bytes(row[16:20], "big"), 10 ** 9)
        decimals = blob[32 * (1 + i) + 20]
        price = Fraction(int.from_bytes(bytes.fromhex(p["word"][2:34]),
                                        "big"), 10 ** 18)
        rule[p["id"]] = (threshold, weight, price / 10 ** decimals)
    out = {}
    for v in a["vaults"]:
        held = sum(int(x["amount"]) * rule[x["asset"]][2] *
                   rule[x["asset"]][0] for x in v["collateral"])
        owed = sum(int(x["amount"]) * rule[x["asset"]][2] *
                   rule[x["asset"]][1] for x in v["debt"])
        out[v["vault"]] = held / owed
    return out


def check_file(name, folder):
    rows = aave_book.read(os.path.join(DATA, name))
    book, market, health = aave_book.convert(rows)
    _, _, plain = aave_book.convert(rows, without=("busd",))
    paths = [os.path.join(folder, x) for x in ("book.json", "market.json")]
    for path, what in zip(paths, (book, market)):
        with open(path, "w", encoding="utf-8") as f:
            json.dump(what, f)
    check(f"{name}: {len(health)}, {len(plain)} rows",
          (len(health), len(plain)) == ROWS[name])
    files = ["--book", paths[0], "--market", paths[1], "--json"]
    lines = run("margin", *files)
    check(f"{name}: {len(lines)} lines", len(lines) == len(health) + 1)
    for line in lines[:-1]:
        check(f"{name} {line['vault']}: {line['health_factor']}",
              near(line["health_factor"], health[line["vault"]]))
    a, = run("attest", *files)
    check(f"{name}: vaultCount",
          int(a["message"]["vaultCount"]) == len(health))
    for vault, value in by_signed(a, book).items():
        check(f"{name} {vault}: signed {float(value)}",
              near(value, health[vault]))
    for v in a["vaults"]:
        if v["verdict"]:
            low = Fraction(int(v["verdict"]["leaf"]["healthLow"]), 10 ** 18)
            check(f"{name} {v['vault']}: verdict", near(low,
                                                       health[v["vault"]]))


def main():
    if not os.path.isdir(DATA):
        print("skipped: no recorded data\n0 passed, 0 failed, 1 skipped")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        for name in ROWS:
            check_file(name, folder)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
