#!/usr/bin/env python3
"""`margind stress`: the ladder of a small book, with and without depth, against
fractions of this file's own, written from margin-model.md 1.9.
Ends with `N passed, N failed`."""
import json
import os
import subprocess
import sys
import tempfile
from fractions import Fraction as F

os.chdir(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MARGIND = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else
                          "build/margind")
NEAR = F(1, 10**12)     # a unit a leg, and a rounded price times an amount
passed = failed = 0


def check(what, good, more=""):
    global passed, failed
    if good:
        passed += 1
    else:
        failed += 1
        if failed <= 20:
            print("FAILED", what, more)


def asset(name, factor, threshold, bonus, adv, **more):
    return {"id": name, "decimals": 6, "factor": factor, "price": name,
            "ltv": threshold, "liquidation_threshold": threshold,
            "liquidation_bonus": bonus, "adv": adv, "group": "stable"
            if factor == "USD" else "majors", **more}


# Two assets on one factor: the volume of the first is the factor's.
ASSETS = [asset("ETH", "ETH", "0.8", "0.05", "100000"),
          asset("LST", "ETH", "0.7", "0.1", "7"),
          asset("BTC", "BTC", "0.75", "0.06", "40000"),
          asset("USD", "USD", "0.9", "0.02", "20000", debt_weight="1.1")]
PRICE = {"ETH": F(2000), "LST": F(2300), "BTC": F(50000), "USD": F(1)}


def vault(name, held, owed, **more):
    return {"id": name, **more,
            "collateral": [{"asset": a, "amount": n} for a, n in held],
            "debt": [{"asset": a, "amount": n} for a, n in owed]}


TOKENS = [
    vault("long", [("ETH", "10")], [("USD", "13000")]),
    vault("staked", [("ETH", "2"), ("LST", "3")], [("USD", "6500")]),
    vault("both", [("ETH", "1"), ("BTC", "0.5")], [("USD", "11000")]),
    vault("short", [("USD", "9000")], [("BTC", "0.12")]),
    vault("free", [("BTC", "2")], []),
    vault("bare", [], [("USD", "100")])]
OTHER = vault("by-scenario", [("ETH", "4")], [("USD", "5000")],
              method="scenario")


def book(vaults, assets=None):
    return {"book": "thin", "chain_id": 1, "assets": assets or ASSETS,
            "vaults": vaults}


def run(folder, doc, *args, code=0):
    """The lines of the ladder, and standard error."""
    market = {"as_of": "2026-11-20T00:00:00Z", "prices": {
        a: {"mid": str(p), "low": str(p), "high": str(p)}
        for a, p in PRICE.items()}}
    files = []
    for name, what in (("book", doc), ("market", market)):
        path = os.path.join(folder, name + ".json")
        with open(path, "w", encoding="utf-8") as f:
            json.dump(what, f)
        files += ["--" + name, path]
    r = subprocess.run([MARGIND, "stress", *files, "--json", *args],
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                       check=False, text=True, timeout=60)
    check("exit code", r.returncode == code, r.stderr)
    lines = [json.loads(x) for x in r.stdout.splitlines()]
    return [x["ladder"] for x in lines if "ladder" in x], r.stderr


def expected(vaults, shock, share, moving):
    """(at risk, debt at risk, bad debt, unsold, bad debt by depth)"""
    assets = {a["id"]: a for a in ASSETS}
    price = {a: p * (1 + shock if assets[a]["factor"] in moving else 1)
             for a, p in PRICE.items()}
    count = at_risk = bad = unpaid = owed = F(0)
    sell = {}
    for v in vaults:
        held = [(assets[x["asset"]], F(x["amount"]) * price[x["asset"]])
                for x in v["collateral"]]
        debts = [(assets[x["asset"]], F(x["amount"]) * price[x["asset"]])
                 for x in v["debt"]]
        debt = sum(d for _, d in debts)
        value = sum(x for _, x in held)
        pays = sum(x / (1 + F(a["liquidation_bonus"])) for a, x in held)
        owed += debt
        bad += max(0, debt - value)
        unpaid += max(0, debt - pays)
        if sum(x * F(a["liquidation_threshold"]) for a, x in held) >= \
                sum(d * F(a.get("debt_weight", "1")) for a, d in debts):
            continue
        count += 1
        at_risk += debt
        for a, x in held:
            part = x * debt / pays if pays > debt else x
            sell[a["factor"]] = sell.get(a["factor"], 0) + part
    adv = {a["factor"]: F(a["adv"]) for a in reversed(ASSETS)}
    unsold = sum(max(0, x - share * adv[f]) for f, x in sell.items())
    return count, at_risk, bad, unsold, min(unpaid + unsold, owed)


def agrees(lines, vaults, share, moving, also=None):
    """also: the lines of vaults that the ladder by depth does not count."""
    check("twenty lines", len(lines) == 20, len(lines))
    for i, line in enumerate(lines):
        shock = F(i - 9, 10)
        want = list(expected(vaults, shock, share, moving))
        if also:
            want[0] += also[i]["liquidatable"]
            want[1] += F(also[i]["debt_at_risk"])
            want[2] += F(also[i]["bad_debt"])
            want[4] += F(also[i]["bad_debt"])
        check(f"{line['shock']} liquidatable",
              line["liquidatable"] == want[0], (line, want))
        for key, x in zip(("debt_at_risk", "bad_debt", "unsold",
                           "bad_debt_limited"), want[1:]):
            check(f"{line['shock']} {key}", abs(F(line[key]) - x) <= NEAR,
                  (line[key], float(x)))


def main():
    every, none = {"ETH", "BTC"}, book(TOKENS)
    with tempfile.TemporaryDirectory() as folder:
        usual, _ = run(folder, none)
        agrees(usual, TOKENS, F(1, 10), every)
        check("something is unsold, not everywhere",
              any(x["unsold"] != "0" for x in usual) and
              any(x["unsold"] == "0" for x in usual))
        check("the default", usual == run(folder, none, "--depth", "0.1")[0])
        for share in ("0", "0.025", "0.5", "1000"):
            agrees(run(folder, none, "--depth", share)[0], TOKENS, F(share),
                   every)
        for factor in ("ETH", "BTC", "USD"):
            agrees(run(folder, none, "--factor", factor)[0], TOKENS,
                   F(1, 10), {factor})
        # What another method judges is added as that method has it.
        alone, _ = run(folder, book([OTHER]))
        check("a bad debt of the other", alone[0]["bad_debt"] == "4200" and
              alone[0]["bad_debt_limited"] == "4200" and
              alone[0]["unsold"] == "0", alone[0])
        agrees(run(folder, book(TOKENS + [OTHER]))[0], TOKENS, F(1, 10),
               every, alone)
        # A child that shares is its parent's, and a parent is not alone.
        family = [vault("parent", [("ETH", "1")], [("USD", "900")],
                        mode="cross"),
                  vault("child", [("ETH", "1")], [("USD", "1000")],
                        mode="cross", parent="parent")]
        alone, _ = run(folder, book(family))
        agrees(run(folder, book(TOKENS + family))[0], TOKENS, F(1, 10),
               every, alone)
        # 5e12 a side: said by name, and no figure that leaves it out.
        giant = vault("giant", [("ETH", "2600000000")], [])
        lines, err = run(folder, book(TOKENS + [giant]))
        check("its name", err.count("\n") == 1 and "giant" in err, err)
        check("no figures by depth", all(x["unsold"] is None and
              x["bad_debt_limited"] is None for x in lines))
        check("the others stand", [x["debt_at_risk"] for x in lines] ==
              [x["debt_at_risk"] for x in usual])
        for share in ("-0.1", "ten", "1e30"):
            _, err = run(folder, none, "--depth", share, code=2)
            check("no share", err.count("\n") == 1 and share in err, err)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
