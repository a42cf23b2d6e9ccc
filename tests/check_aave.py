#!/usr/bin/env python3
"""The real Aave v2 accounts of the recorded data: each that its token columns
describe whole has the health factor that the chain computed, within 0.1 %, in
`margind margin`, by our own rules and by the preset aave-v3 (on the chain's
side of one), and from what `margind attest` signs: position legs, price words
and the rules blob.  Liquidation prices, put back as the market, leave the
account at a health of one: at most 1e-12 (or one tick of the price) above, and
units of the last place of a value below."""
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
AT_ONE = Fraction(1, 10 ** 12)
USD_PER_ETH = Fraction(1650)	# any number: health has no unit.  Aave v3
				# prices have 8 decimals, too few of ETH
worst = {"ours": Fraction(0), "preset": Fraction(0), "at one": Fraction(0),
         "prices": 0}
passed = failed = 0


def check(what, good, more=""):
    global passed, failed
    if good:
        passed += 1
    else:
        failed += 1
        print("FAILED", what, more)


def run(*args):
    r = subprocess.run([MARGIND, *args], stdout=subprocess.PIPE, check=False)
    check(f"{args[0]}: exit code {r.returncode}", r.returncode == 0)
    return [json.loads(line) for line in r.stdout.splitlines()]


def near(health, chain):
    return health is not None and \
        abs(Fraction(health) - Fraction(chain)) <= WITHIN * Fraction(chain)


def write(folder, name, what):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as f:
        f.write(what if isinstance(what, str) else json.dumps(what))
    return path


def decimal(x):
    """A Fraction with at most 18 decimals."""
    n = x.numerator * 10 ** 18 // x.denominator
    return f"{n // 10 ** 18}.{n % 10 ** 18:018d}"


def in_usd(market):
    return dict(market, prices={
        k: {"mid": decimal(Fraction(p["mid"]) * USD_PER_ETH)}
        for k, p in market["prices"].items()})


def check_preset(name, folder, book, market, health):
    """Aave's own arithmetic, in USD with 8 decimals."""
    lines = run("margin", "--book", write(folder, "book.json", book),
                "--market", write(folder, "usd.json", in_usd(market)),
                "--rules", write(folder, "rules.yaml", "preset: aave-v3\n"),
                "--json")
    for line in lines[:-1]:
        got, chain = Fraction(line["health_factor"]), \
            Fraction(health[line["vault"]])
        worst["preset"] = max(worst["preset"], abs(got / chain - 1))
        check(f"{name} {line['vault']}: aave-v3 {float(got)}",
              near(got, chain))
        check(f"{name} {line['vault']}: aave-v3's side of one",
              (got < 1) == (chain < 1))


def check_at_one(name, folder, book, market, line):
    """The first liquidation price of an account, put back."""
    found = [(e["asset"], e[side]) for e in line["liquidation_prices"]
             for side in ("below", "above") if e[side]]
    if not found:
        return
    asset, price = found[0]
    vaults = [v for v in book["vaults"] if v["id"] == line["vault"]]
    moved = dict(market, prices=dict(market["prices"],
                                     **{asset: {"mid": price}}))
    got = run("margin", "--book", write(folder, "one.json",
                                        dict(book, vaults=vaults)),
              "--market", write(folder, "moved.json", moved), "--json")[0]
    off = Fraction(got["health_factor"]) - 1
    tick = Fraction(1, 10 ** 18) / Fraction(price)
    units = Fraction(16, 10 ** 18) / Fraction(got["debt_value"])
    if tick < AT_ONE:
        worst["at one"] = max(worst["at one"], abs(off))
    worst["prices"] += 1
    # The price is rounded to the safe side; each leg then floors once more.
    check(f"{name} {line['vault']}: at {asset} {price} health - 1 = "
          f"{float(off)}", -units <= off <= max(AT_ONE, tick), line)


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
    paths = [write(folder, "book.json", book),
             write(folder, "market.json", market)]
    check(f"{name}: {len(health)}, {len(plain)} rows",
          (len(health), len(plain)) == ROWS[name])
    files = ["--book", paths[0], "--market", paths[1], "--json"]
    lines = run("margin", *files)
    check(f"{name}: {len(lines)} lines", len(lines) == len(health) + 1)
    for line in lines[:-1]:
        check(f"{name} {line['vault']}: {line['health_factor']}",
              near(line["health_factor"], health[line["vault"]]))
        worst["ours"] = max(worst["ours"], abs(Fraction(
            line["health_factor"]) / Fraction(health[line["vault"]]) - 1))
        check_at_one(name, folder, book, market, line)
    check_preset(name, folder, book, market, health)
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
    print(f"health at most {float(worst['ours']):.2g} from the chain's, by "
          f"aave-v3 {float(worst['preset']):.2g}; {worst['prices']} "
          f"liquidation prices put back: at most "
          f"{float(worst['at one']):.2g} from one")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
