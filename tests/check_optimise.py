#!/usr/bin/env python3
"""`margind optimise --json`, recomputed: deposits, sales and mixes of ratio
vaults by this file's own integers (margin-model.md 1.3-1.10), trades by their
cost and by `margind simulate`.  Ends with `N passed, N failed`."""
import json
import math
import os
import random
import subprocess
import sys
import tempfile
from fractions import Fraction as F

os.chdir(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MARGIND = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else
                          "build/margind")
WAD, BOOKS, TARGET = 10**18, 40, F(6, 5)
SPREAD, FEE, LAMBDA = F(1, 1000), F(1, 2000), F(97, 100)
passed = failed = 0


def check(what, good, more=""):
    global passed, failed
    passed += bool(good)
    failed += not good
    if not good and failed <= 20:
        print("FAILED", what, more)


def run(*args):
    r = subprocess.run([MARGIND, *args], stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, check=False, text=True,
                       timeout=60)
    return r.returncode, r.stdout, r.stderr


def write(folder, name, what):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as f:
        json.dump(what, f)
    return path


def down(x):
    return F(math.floor(x * WAD), WAD)


def up(x):
    return F(math.ceil(x * WAD), WAD)


def atoms_up(x, decimals):
    return F(math.ceil(x * 10**decimals), 10**decimals)


class World:
    """A book of ratio vaults and its market."""

    def __init__(self, rng):
        self.decimals = {"ETH": 18, "BTC": 8, "USD": 6, "stETH": 18}
        mid = {"ETH": F(rng.randrange(1500, 2500)),
               "BTC": F(rng.randrange(40000, 60000)), "USD": F(1)}
        mid["stETH"] = mid["ETH"] * F(rng.randrange(1000, 1200), 1000)
        self.point = {a: (p * F(rng.randrange(990, 1000), 1000), p,
                          p * F(rng.randrange(1001, 1010), 1000))
                      for a, p in mid.items()}
        self.factor = {a: "ETH" if a == "stETH" else a for a in mid}
        self.ltv = {a: F(rng.randrange(600, 900), 1000) for a in mid}
        self.threshold = {a: self.ltv[a] + F(rng.randrange(10, 80), 1000)
                          for a in mid}
        self.spread = {a: F(rng.randrange(1, 40), 10000) for a in mid}
        self.returns = {f: [F(rng.randrange(-60, 60), 1000)
                            for _ in range(60)] for f in ("ETH", "BTC")}
        self.held = {"ETH": F(rng.randrange(1, 20)),
                     "BTC": F(rng.randrange(1, 100), 100),
                     "stETH": F(rng.randrange(0, 8))}
        room = sum(down(n * mid[a] * self.ltv[a])
                   for a, n in self.held.items())
        self.owed = {"USD": atoms_up(room * F(rng.randrange(850, 1040),
                                              1000), 6)}

    def files(self, folder):
        def number(x):
            return f"{float(x):.9f}".rstrip("0").rstrip(".")
        book = {"assets": [
            {"id": a, "decimals": self.decimals[a],
             "factor": self.factor[a], "ltv": number(self.ltv[a]),
             "liquidation_threshold": number(self.threshold[a]),
             "spread": number(self.spread[a])} for a in self.ltv],
            "vaults": [{"id": "v", "collateral": [
                {"asset": a, "amount": number(n)}
                for a, n in self.held.items() if n],
                "debt": [{"asset": a, "amount": number(n)}
                         for a, n in self.owed.items()]}]}
        market = {"as_of": "2026-11-20T00:00:00Z", "prices": {
            a: {"low": number(p[0]), "mid": number(p[1]),
                "high": number(p[2])} for a, p in self.point.items()},
            "returns": {f: [number(x) for x in r]
                        for f, r in self.returns.items()}}
        return (write(folder, "book.json", book),
                write(folder, "market.json", market))

    def initial_excess(self, held, owed):
        total = F(0)
        for f in set(self.factor.values()):
            best = None
            for i in range(3):
                s = sum(down(down(n * self.point[a][i]) * self.ltv[a])
                        for a, n in held.items() if self.factor[a] == f) - \
                    sum(up(n * self.point[a][i])
                        for a, n in owed.items() if self.factor[a] == f)
                best = s if best is None else min(best, s)
            total += best
        return total

    def health(self, held, owed):
        have = sum(down(down(n * self.point[a][1]) * self.threshold[a])
                   for a, n in held.items())
        debt = sum(up(n * self.point[a][1]) for a, n in owed.items())
        return None if debt == 0 else have / debt

    def rate(self, a):
        return self.spread[a] / 2 + FEE


# ---- the parts --------------------------------------------------------------

def with_more(held, asset, amount):
    return {**held, asset: held.get(asset, F(0)) + amount}


def check_topup(n, w, line):
    before = w.initial_excess(w.held, w.owed)
    check(f"{n} shortfall", F(line["shortfall"]) == max(F(0), -before))
    held, cost = dict(w.held), F(0)
    for d in line["deposits"]:
        amount = F(d["amount"])
        held = with_more(held, d["asset"], amount)
        value = up(amount * w.point[d["asset"]][1])
        check(f"{n} value", F(d["value"]) == value)
        check(f"{n} cost", F(d["cost"]) == up(value * w.rate(d["asset"])))
        cost += F(d["cost"])
    check(f"{n} sum of costs", F(line["cost"]) == cost)
    after = w.initial_excess(held, w.owed)
    check(f"{n} excess after", F(line["initial_excess_after"]) == after and
          after >= 0, (line, float(after)))
    if not line["deposits"]:
        check(f"{n} nothing lacking", before >= 0)
        return
    last = line["deposits"][-1]
    less = with_more(held, last["asset"],
                     -F(1, 10**w.decimals[last["asset"]]))
    if len(line["deposits"]) == 1 and w.decimals[last["asset"]] < 18:
        check(f"{n} an atom less", w.initial_excess(less, w.owed) < 0)
    for a in w.ltv:
        # What a little less than that cost buys of any one asset.
        amount = cost * F(999, 1000) / w.rate(a) / w.point[a][1]
        check(f"{n} cheapest against {a}", w.initial_excess(
            with_more(w.held, a, amount), w.owed) < 0)


def sale(w, step, repay):
    value = up(repay * w.point[step["debt_asset"]][1])
    cost = up(value * w.rate(step["collateral_asset"]))
    if step["debt_asset"] == step["collateral_asset"]:
        return repay, F(0)
    sell = atoms_up((value + cost) / w.point[step["collateral_asset"]][1],
                    w.decimals[step["collateral_asset"]])
    return sell, cost


def check_rebalance(n, w, line):
    if line["error"]:
        # Only where selling all of it would not do.
        value = sum(down(x * w.point[a][1]) * (1 - w.rate(a))
                    for a, x in w.held.items())
        check(f"{n} refused", value < sum(w.owed.values()) * TARGET, line)
        return
    held, owed, cost = dict(w.held), dict(w.owed), F(0)
    for i, s in enumerate(line["steps"]):
        repay, sell = F(s["repay"]), F(s["sell"])
        want, paid = sale(w, s, repay)
        check(f"{n} sale", sell == want and F(s["cost"]) == paid, s)
        if i + 1 == len(line["steps"]):
            one = F(1, 10**w.decimals[s["debt_asset"]])
            less = sale(w, s, repay - one)[0]
            h = w.health(with_more(held, s["collateral_asset"], -less),
                         with_more(owed, s["debt_asset"], one - repay))
            check(f"{n} an atom less", h < TARGET)
        held = with_more(held, s["collateral_asset"], -sell)
        owed = with_more(owed, s["debt_asset"], -repay)
        cost += paid
        check(f"{n} health of a step", F(s["health_after"]) ==
              down(w.health(held, owed)), s)
    check(f"{n} target", w.health(held, owed) >= TARGET and
          F(line["cost"]) == cost and min(held.values()) >= 0)
    check(f"{n} health before", F(line["health_before"]) ==
          down(w.health(w.held, w.owed)))
    if len(line["steps"]) == 1:
        check_cheapest(n, w, cost)


def check_cheapest(n, w, cost):
    """No other collateral does it for less: the closed form."""
    debt = sum(up(x * w.point[a][1]) for a, x in w.owed.items())
    have = sum(down(down(x * w.point[a][1]) * w.threshold[a])
               for a, x in w.held.items())
    for a, x in w.held.items():
        k = w.rate(a)
        gain = TARGET - (1 + k) * w.threshold[a]
        repay = (TARGET * debt - have) / gain if gain > 0 else None
        if repay is None or repay * (1 + k) > x * w.point[a][1]:
            continue
        check(f"{n} cheapest sale", cost <= repay * k + F(1, 100))


def covariance(w, a, b):
    f, g = w.returns.get(w.factor[a]), w.returns.get(w.factor[b])
    if f is None or g is None:
        return F(0)
    c = f[0] * g[0]
    for x, y in zip(f[1:], g[1:]):
        c = LAMBDA * c + (1 - LAMBDA) * x * y
    return c


def deviation(w, x):
    return math.sqrt(sum(p * q * covariance(w, a, b)
                         for a, p in x.items() for b, q in x.items()))


def check_mix(n, w, line):
    needed = sum(up(x * w.point[a][2]) for a, x in w.owed.items())
    check(f"{n} requirement", F(line["requirement"]) == needed, line)
    x = {a["asset"]: F(a["value"]) for a in line["assets"]}
    counted = sum(down(v * w.ltv[a]) for a, v in x.items())
    check(f"{n} counted", F(line["counted"]) == counted and
          counted >= needed)
    check(f"{n} deviation", abs(deviation(w, x) -
                                float(F(line["deviation_after"]))) < 1e-3)
    for a in line["assets"]:
        check(f"{n} amount", F(a["amount"]) == atoms_up(
            F(a["value"]) / w.point[a["asset"]][1], w.decimals[a["asset"]]))
    held = {a: down(m * w.point[a][1]) for a, m in w.held.items()}
    scale = needed / sum(down(v * w.ltv[a]) for a, v in held.items())
    before = deviation(w, {a: v * scale for a, v in held.items()})
    check(f"{n} deviation before", abs(before - float(F(
        line["deviation_before"]))) < 1e-6 * before + 1e-3)
    check(f"{n} less variance", F(line["deviation_after"]) <=
          F(line["deviation_before"]))


def check_ratio_books():
    rng = random.Random(20261129)
    topups = steps = 0
    with tempfile.TemporaryDirectory() as folder:
        for n in range(BOOKS):
            w = World(rng)
            book, market = w.files(folder)
            code, out, err = run("optimise", "--book", book, "--market",
                                 market, "--vault", "v", "--json")
            check(f"{n} runs", code == 0 and not err, err)
            lines = {k: v for x in out.splitlines()
                     for k, v in json.loads(x).items()}
            check(f"{n} lines", set(lines) == {"topup", "rebalance", "mix"})
            check_topup(n, w, lines["topup"])
            check_rebalance(n, w, lines["rebalance"])
            check_mix(n, w, lines["mix"])
            topups += bool(lines["topup"]["deposits"])
            steps += len(lines["rebalance"].get("steps", []))
    check("something was to do", topups > 5 and steps > 20, (topups, steps))


# ---- trades -----------------------------------------------------------------

def check_trades():
    files = ("--book", "examples/portfolio-book.json", "--market",
             "examples/portfolio-market.json")
    code, out, err = run("optimise", *files, "--vault", "perps", "--json",
                         "--target-health", "20")
    check("perps", code == 0 and not err, err)
    lines = [json.loads(x) for x in out.splitlines()]
    trades = [x["trade"] for x in lines if "trade" in x]
    check("trades", len(trades) >= 4)
    last = None
    for t in trades:
        ratio = F(t["released"]) / F(t["cost"])
        check("best first", last is None or ratio <= last)
        last = ratio
        check("released", F(t["initial_margin_before"]) -
              F(t["initial_margin_after"]) == F(t["released"]) > 0)
        check("maintenance", F(t["maintenance_excess_after"]) >=
              F(t["maintenance_excess_before"]))
        # ETH-PERP at 2001; the inverse future is 10 USD a contract.
        cost = sum(up(abs(F(g["size"])) *
                      (2001 if g["instrument"] == "ETH-PERP" else 10) *
                      (SPREAD / 2 + FEE)) for g in t["legs"])
        check("cost", abs(F(t["cost"]) - cost) <= F(2, WAD), (t, cost))
        code, out, err = run("simulate", *files, "--vault", "perps",
                             "--json", *(
                                 f"trade:{g['instrument']}:{g['size']}@"
                                 f"{g['price']}" for g in t["legs"]))
        after = json.loads(out)["after"]
        check("simulate agrees", all(
            after[k] == t[k + "_after"] for k in (
                "initial_margin", "maintenance_margin", "initial_excess",
                "maintenance_excess")), (after, t))
    way = next(x["rebalance"] for x in lines if "rebalance" in x)
    check("rebalancing", way["error"] is None and way["steps"] and
          F(way["health_after"]) >= 20, way)
    check("positions", [x["position"]["instrument"] for x in lines
                        if "position" in x] == ["ETH-PERP", "ETH-27NOV26"])


def check_usage():
    files = ("--book", "examples/book.json", "--market",
             "examples/market.json")
    for args, code, word in (
            ((*files, "--vault", "helthy"), 2, "did you mean `healthy`?"),
            ((*files, "--vault", "healthy", "--target-health", "0"), 2,
             "is not a number above 0"),
            ((*files, "--vault", "healthy", "--target-health", "x"), 2,
             "is not a number above 0"),
            ((*files, "--vault", "healthy", "--method", "rato"), 2,
             "did you mean `ratio`?")):
        got, out, err = run("optimise", *args)
        check(f"{args[4:]}", got == code and not out and word in err and
              err.count("\n") == 1, (got, err))
    code, out, err = run("optimise", *files, "--vault", "liquidatable")
    check("a table", code == 0 and not err and "TOP-UP" in out and
          "REBALANCING to health 1.2000" in out and
          "the market has no returns" in out, out)


def main():
    check_usage()
    check_ratio_books()
    check_trades()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
