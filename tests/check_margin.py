#!/usr/bin/env python3
"""`margind margin` against tests/margin_model.py, which has every formula a
second time: random books of tokens, perpetuals, futures, inverse contracts and
options, orders and account trees, under every method but `greeks`.
Ends with `N passed, N failed`."""
import os
import random
import sys
import tempfile
from fractions import Fraction as F

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import margin_world as world  # noqa: E402
from margin_run import check, finish, run  # noqa: E402
from margin_model import Model, Point  # noqa: E402
from margin_model_risk import Risk  # noqa: E402
from margin_model_standard import Standard  # noqa: E402

UNIT = F(1, 10**18)
worst = {}


class Full(Standard, Risk, Model):
    pass


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


def check_vault(kind, where, line, v, m, bare, tolerance):
    where = f"{where} {v['id']} ({line['method']})"
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
    root, judge = m.root(v), r
    if root is not v:
        judge = m.evaluate(root)
    near = any(abs(judge[k]["excess"]) <= slack
               for k in ("mid", "worst", "best", "initial"))
    check(where + " state", near or line["state"] == judge["state"],
          (line["state"], judge["state"]))
    asked = mid["Db"] + mid["need"]
    health = line["health_factor"]
    if not asked:
        check(where + " health", health is None, health)
    else:
        want = max(F(0), (mid["equity"] + mid["Db"]) / asked)
        check(where + " health", abs(F(health) - want) <= UNIT +
              slack / asked * (2 + want) and F(health) <= want +
              slack / asked * (2 + want), (health, float(want)))
    if root is not v:
        check(where + " binding", line["binding"] == root["id"] and
              line["liquidation"] is None, line)
        return r
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
    for key, name in (("collateral_value", "collateral_value"),
                      ("debt_value", "debt_value"), ("equity", "equity"),
                      ("initial_margin", "initial_margin"),
                      ("maintenance_margin", "maintenance_margin"),
                      ("initial_excess", "initial_excess"),
                      ("maintenance_excess", "maintenance_excess")):
        check(f"{kind} {x['vault']} explained {key}",
              sums.get(name) == F(x[key]),
              (list(sums), x[key], sums.get(name) and float(sums[name])))


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
            results.append(check_vault(kind, f"{kind} {n}", line, v, m,
                                       bare, tolerance))
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


TIGHT, LOOSE = F(1, 10**12), F(1, 10**9)
KINDS = (
    ("ratio", 1, 5, ["ratio"], 20, F(0), {}),
    ("liens", 9, 3, ["ratio"], 12, F(0), {"liens": True}),
    ("linear", 2, 4, ["standard"], 10, F(1, 10**15), {
        "rules": LINEAR, "parsed": LINEAR_RULES, "with_options": False}),
    ("standard", 3, 3, ["standard"], 8, TIGHT, {}),
    ("orders", 4, 2, ["standard"], 8, TIGHT, {"orders": True}),
    ("trees", 8, 3, ["ratio", "standard"], 12, TIGHT, {
        "trees": True, "orders": True}),
    ("scenario", 5, 1, ["scenario"], 8, LOOSE, {}),
    ("scenario orders", 6, 1, ["scenario"], 5, LOOSE, {"orders": True}),
    ("var", 7, 1, ["var", "es"], 3, LOOSE, {"returns": 220}),
)


def main():
    seen = {}
    with tempfile.TemporaryDirectory() as folder:
        for kind, seed, books, methods, vaults, tolerance, more in KINDS:
            for state, n in check_kind(folder, kind, seed, books, methods,
                                       vaults, tolerance, **more).items():
                seen[state] = seen.get(state, 0) + n
            print(f"{kind}: at most {float(worst[kind]):.3g} USD from exact "
                  "rationals")
    check("every state was met", {"HEALTHY", "RESTRICTED", "LIQUIDATABLE",
                                  "INSOLVENT"} <= set(seen), seen)
    return finish()


if __name__ == "__main__":
    sys.exit(main())
