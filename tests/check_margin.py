#!/usr/bin/env python3
"""`margind margin` against tests/margin_model.py, which has every formula a
second time: random books of tokens, perpetuals, futures, inverse contracts and
options, orders and account trees, under every method but `greeks`.
Ends with `N passed, N failed`."""
import json
import os
import random
import subprocess
import sys
import tempfile
from fractions import Fraction as F

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
os.chdir(os.path.dirname(HERE))
import margin_world as world  # noqa: E402
from margin_model import Model, Point  # noqa: E402
from margin_model_risk import Risk  # noqa: E402
from margin_model_standard import Standard  # noqa: E402

MARGIND = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else
                          "build/margind")
UNIT = F(1, 10**18)
SHOWN = 20
passed = failed = 0
worst = {}


class Full(Standard, Risk, Model):
    pass


def check(what, good, more=""):
    global passed, failed
    if good:
        passed += 1
    else:
        failed += 1
        if failed <= SHOWN:
            print("FAILED", what, more)


def run(folder, book, market, rules=None, *args):
    paths = []
    for name, what in (("book.json", book), ("market.json", market),
                       ("rules.yaml", rules)):
        path = os.path.join(folder, name)
        if what is None:
            continue
        with open(path, "w", encoding="utf-8") as f:
            f.write(what if isinstance(what, str) else json.dumps(what))
        paths += ["--" + name.split(".")[0], path]
    r = subprocess.run([MARGIND, "margin", *paths, "--json", *args],
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                       check=False, text=True, timeout=60)
    check("exit code", r.returncode == 0 and not r.stderr, r.stderr)
    return [json.loads(x) for x in r.stdout.splitlines()]


def gross(m, v):
    """USD at stake in instruments: roundings and doubles scale with it."""
    total = F(0)
    for w in m.shared(v):
        for x in w.get("positions", []) + w.get("orders", []):
            i = m.instruments[x["instrument"]]
            mult = F(i.get("multiplier", 1))
            if not i.get("inverse"):
                mult *= max(F(i.get("strike", 1)), 2 * m.factor_price(
                    i["underlying"], Point()))
            total += abs(F(x["size"])) * mult
    return total


def compare(kind, what, got, want, exact, slack, costly):
    """got equals want, is on its costly side of exact (down: -1), and is that
    within `slack` besides."""
    got = F(got)
    check(f"{what} is the model's", abs(got - want) <= slack,
          (float(got), float(want), float(got - want)))
    off = (exact - got) * -costly
    check(f"{what} against the account", off >= -slack,
          (float(got), float(exact), float(off)))
    worst[kind] = max(worst.get(kind, 0), off)


def check_vault(kind, line, v, m, bare, tolerance):
    where = f"{kind} {v['id']} ({line['method']})"
    r = m.evaluate(v)
    if r["state"] == "STALE" or line["health_factor"] is None and \
            line["collateral_value"] is None:
        check(where + " STALE", r["state"] == line["state"] == "STALE",
              line["state"])
        return None
    how = v.get("method", "ratio")
    e = {"mid": bare.sums(v, how, Point(), "maintenance"),
         "initial": bare.sums(v, how, r["point"], "initial")}
    slack = (gross(m, v) + r["mid"]["V"] + r["mid"]["D"]) * tolerance
    for key, part, name, costly in (
            ("collateral_value", "mid", "V", -1),
            ("debt_value", "mid", "D", 1),
            ("equity", "mid", "own", -1),
            ("maintenance_margin", "mid", "need", 1),
            ("maintenance_excess", "mid", "excess", -1),
            ("initial_margin", "initial", "need", 1),
            ("initial_excess", "initial", "excess", -1)):
        loose = F(0) if name in ("D", "V") else slack
        if key == "initial_margin" and r["is_tied"]:
            continue
        compare(kind, f"{where} {key}", line[key], r[part][name],
                e[part][name], loose, costly)
    mid, initial = r["mid"], r["initial"]
    near = any(abs(r[k]["excess"]) <= slack
               for k in ("mid", "worst", "best", "initial"))
    check(where + " state", near or line["state"] == r["state"],
          (line["state"], r["state"]))
    asked = mid["Db"] + mid["need"]
    health = line["health_factor"]
    if not asked:
        check(where + " health", health is None, health)
    else:
        want = max(F(0), (mid["equity"] + mid["Db"]) / asked)
        check(where + " health", abs(F(health) - want) <= UNIT +
              slack / asked * (2 + want) and F(health) <= want +
              slack / asked * (2 + want), (health, float(want)))
    check(where + " binding", (line["binding"] is None) ==
          (not mid["Db"] and not initial["need"] and mid["own"] >= 0),
          line["binding"])
    return r


def check_aggregate(kind, lines, book, results, slack):
    total = lines[-1]["aggregate"]
    check(kind + " vaults", total["vaults"] == len(lines) - 1)
    states = {}
    for x in lines[:-1]:
        states[x["state"]] = states.get(x["state"], 0) + 1
    check(kind + " states", states == total["states"], total["states"])
    counted = [(x, r) for x, r, v in zip(lines, results, book["vaults"])
               if r and not (v.get("parent") and
                             v.get("mode", "isolated") != "isolated")]
    for key in ("collateral_value", "debt_value", "initial_margin",
                "maintenance_margin"):
        check(f"{kind} aggregate {key}", F(total[key]) ==
              sum(F(x[key]) for x, _ in counted), total[key])


def check_explain(folder, kind, lines, book, market, rules, rng):
    """The terms of a vault add up to its sums, and these to its figures."""
    x = rng.choice(lines[:-1])
    if x["collateral_value"] is None:
        return
    out = run(folder, book, market, rules, "--explain", x["vault"])
    numbers = out[0]["explain"] if out else {}
    sums = {}
    for name, n in numbers.items():
        sums[name] = sum((F(t["amount"]) for t in n["terms"]), F(0))
        check(f"{kind} {x['vault']} {name} adds up",
              sums[name] == F(n["sum"]), n)
    EXPLAINED.append((x, sums))
    for key, name in (("collateral_value", "collateral_value"),
                      ("debt_value", "debt_value"), ("equity", "equity"),
                      ("initial_margin", "initial_margin"),
                      ("maintenance_margin", "maintenance_margin"),
                      ("initial_excess", "initial_excess"),
                      ("maintenance_excess", "maintenance_excess")):
        check(f"{kind} {x['vault']} explained {key}",
              sums.get(name) == F(x[key]),
              (list(sums), x[key], sums.get(name) and float(sums[name])))


EXPLAINED = []


def check_kind(folder, kind, seed, books, methods, vaults, tolerance,
               rules=None, parsed=None, returns=0, **more):
    rng = random.Random(seed)
    seen = {}
    for n in range(books):
        book = world.book(rng, methods, vaults, **more)
        market = world.market(rng, book, returns)
        lines = run(folder, book, market, rules)
        if len(lines) != len(book["vaults"]) + 1:
            check(f"{kind} {n} lines", False, len(lines))
            continue
        m = Full(book, market, parsed)
        bare = Full(book, market, parsed, rounded=False)
        results = []
        for line, v in zip(lines, book["vaults"]):
            results.append(check_vault(f"{kind} {n}", line, v, m, bare,
                                       tolerance))
            seen[line["state"]] = seen.get(line["state"], 0) + 1
        check_aggregate(f"{kind} {n}", lines, book, results, 0)
        check_explain(folder, f"{kind} {n}", lines, book, market, rules, rng)
    return seen


LINEAR = """standard:
  linear: {size_factor: 0.0002, open_interest_lower: 100000,
    open_interest_upper: 2000000}
"""
LINEAR_RULES = {"linear": {"size_factor": "0.0002",
                           "open_interest_lower": "100000",
                           "open_interest_upper": "2000000"}}


def main():
    with tempfile.TemporaryDirectory() as folder:
        print(check_kind(folder, "ratio", 1, 10, ["ratio"], 20, F(0)))
        print(check_kind(folder, "linear", 2, 10, ["standard"], 10,
                         F(1, 10**15), LINEAR, LINEAR_RULES,
                         with_options=False))
        print(check_kind(folder, "standard", 3, 6, ["standard"], 10,
                         F(1, 10**12)))
        print(check_kind(folder, "orders", 4, 4, ["standard"], 10,
                         F(1, 10**12), orders=True))
        print(check_kind(folder, "scenario", 5, 3, ["scenario"], 8,
                         F(1, 10**9)))
        print(check_kind(folder, "scenario-orders", 6, 2, ["scenario"], 8,
                         F(1, 10**9), orders=True))
        print(check_kind(folder, "var", 7, 1, ["var", "es"], 4,
                         F(1, 10**9), returns=260))
    print("largest difference from exact rationals, USD:",
          float(max(worst.values(), default=0)))
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
