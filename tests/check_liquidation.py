#!/usr/bin/env python3
"""Liquidation prices put back as the market give a health of one within
1e-12; what is to be repaid and seized, taken from the vault, gives the target
health: by `margind margin` itself, and by the formulas of margin-model 1.8.
Ends with `N passed, N failed`."""
import copy
import os
import random
import sys
import tempfile
from fractions import Fraction as F

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import margin_world as world  # noqa: E402
from check_margin import Full  # noqa: E402
from margin_model import MID, Point, down, up  # noqa: E402
from margin_run import check, finish, run  # noqa: E402

UNIT = F(1, 10**18)
WITHIN = F(1, 10**12)
worst = {"health": F(0), "pairs": 0, "sizes": 0}


def text(x, places=18):
    """A Fraction that is a decimal."""
    n = x * 10**places
    n = n.numerator // n.denominator
    whole, part = divmod(abs(n), 10**places)
    return ("-" if n < 0 else "") + f"{whole}.{part:0{places}d}"


def flat(market):
    """The market without bands: what liquidation prices are of."""
    m = copy.deepcopy(market)
    for p in m["prices"].values():
        p["low"] = p["high"] = p["mid"]
    return m


def moved(m, market, f, price):
    """Everything that moves with the factor, moved."""
    out = flat(market)
    old = m.factor_entry(f)[MID]

    def move(x):
        return text(F(x) * price / old)
    name = f if f in out["prices"] else next(
        a["price"] for a in m.book["assets"] if m.factor_of(a) == f)
    out["prices"][name].update(mid=text(price), low=text(price),
                               high=text(price))
    for i in m.book.get("instruments", []):
        if i["underlying"] == f and i["id"] in out["marks"]:
            out["marks"][i["id"]] = move(out["marks"][i["id"]])
    for row in out["forwards"].get(f, []):
        row["price"] = move(row["price"])
    return out


def moved_alone(m, market, asset, price):
    """One asset, all others as they are."""
    out = flat(market)
    a = m.assets[asset]
    name = a.get("price", a["id"])
    if a.get("rate_of"):
        base = m.asset_entry(m.assets[a["rate_of"]])[MID]
        price = price / base
    else:
        for b in m.book["assets"]:
            if b.get("rate_of") == asset:
                rate = out["prices"][b["price"]]
                x = F(rate["mid"]) * m.asset_entry(a)[MID] / price
                rate.update(mid=text(x), low=text(x), high=text(x))
    out["prices"][name].update(mid=text(price), low=text(price),
                               high=text(price))
    return out


def check_prices(folder, kind, book, market, rng, wanted):
    lines = run(folder, book, market)[:-1]
    m = Full(book, market)
    tried = 0
    for line, v in zip(lines, book["vaults"]):
        entries = [(e["asset"], side, F(e[side]))
                   for e in line["liquidation_prices"]
                   for side in ("below", "above") if e[side]]
        for name, side, price in rng.sample(entries, min(2, len(entries))):
            if tried == wanted:
                return
            try_price(folder, kind, book, market, m, v, name, side, price)
            tried += 1


def try_price(folder, kind, book, market, m, v, name, side, price):
    alone = name in m.assets and line_is_alone(v)
    where = f"{kind} {v['id']} {name} {side} {float(price)}"
    if alone and m.assets[name].get("rate_of"):
        # The rate has 18 decimals, the price more.
        slack = WITHIN * 1000
    else:
        slack = WITHIN
    market = moved_alone(m, market, name, price) if alone else \
        moved(m, market, name, price)
    one = dict(book, vaults=[v])
    got = run(folder, one, market)[0]
    if got["health_factor"] is None:
        check(where + " has a health", False, got)
        return
    off = abs(F(got["health_factor"]) - 1)
    worst["pairs"] += 1
    if slack == WITHIN:
        worst["health"] = max(worst["health"], off)
    check(where + " health is one", off <= slack,
          (got["health_factor"], got["maintenance_excess"]))


def line_is_alone(v):
    return v.get("method", "ratio") == "ratio"


# ---- sizes -----------------------------------------------------------------

def size_of(m, v, debt, held, target):
    """(repay, seize) by margin-model 1.8."""
    total = m.sums(v, "ratio", Point(), "maintenance")
    need, weighted = total["Db"], total["equity"] + total["Db"]
    d = next(x for x in v["debt"] if x["asset"] == debt)
    c = next(x for x in v["collateral"] if x["asset"] == held)
    amount = m.counted(v, c)
    owed = up(m.owed_amount(d) * m.asset_entry(m.assets[debt])[MID])
    worth = down(amount * m.asset_entry(m.assets[held])[MID])
    _, threshold, bonus, _ = m.row(v, held)
    weight = m.row(v, debt)[3]
    close = F(m.assets[debt]["close_factor"])
    least = target * weight - (1 + bonus) * threshold
    hopeless = weighted * weight <= (1 + bonus) * threshold * need
    if least <= 0 or hopeless:
        x, close = owed, F(1)
    else:
        x = max(F(0), up((target * need - weighted) / least))
    x = min(x, up(close * owed), owed)
    if x and owed - x < F(m.assets[debt]["dust"]):
        x = owed
    most = up(worth / (1 + bonus))
    if x >= most:
        return most, worth
    return x, min(worth, down(x * (1 + bonus)))


def check_sizes(folder, kind, book, market, target):
    m = Full(book, market)
    for line, v in zip(run(folder, book, market, "liquidation: {target_health: "
                           f"{target}}}"), book["vaults"]):
        size = line["liquidation"]
        check(f"{kind} {v['id']} has a size where one is due", bool(size) or
              line["state"] != "LIQUIDATABLE", line)
        if not size:
            continue
        where = f"{kind} {v['id']} size"
        repay, seize = F(size["repay"]), F(size["seize"])
        want = size_of(m, v, size["debt_asset"], size["collateral_asset"],
                       F(target))
        check(where, abs(repay - want[0]) <= 2 * UNIT and
              abs(seize - want[1]) <= 4 * UNIT,
              (size, [float(x) for x in want]))
        total = m.sums(v, "ratio", Point(), "maintenance")
        _, threshold, _, _ = m.row(v, size["collateral_asset"])
        weight = m.row(v, size["debt_asset"])[3]
        need = total["Db"] - repay * weight
        left = total["equity"] + total["Db"] - seize * threshold
        after = size["health_after"]
        if need > 10 * UNIT:
            check(where + " health after", after is not None and
                  abs(F(after) - left / need) <= UNIT * (2 + 4 / need),
                  (after, float(left / need)))
            if not any(c.get("lien") for c in v["collateral"]):
                apply_size(folder, where, book, market, m, v, size,
                           left / need)
        worst["sizes"] += 1


def apply_size(folder, where, book, market, m, v, size, want):
    """The vault without what was repaid and seized, run again."""
    v = copy.deepcopy(v)
    atom = F(0)
    for legs, key, amount in ((v["debt"], "debt_asset", "repay"),
                              (v["collateral"], "collateral_asset", "seize")):
        leg = next(x for x in legs if x["asset"] == size[key])
        a = m.assets[leg["asset"]]
        price = m.asset_entry(a)[MID]
        places = a["decimals"]
        index = F(leg.get("index", "1"))
        less = F(leg["amount"]) - F(size[amount]) / price / index
        leg["amount"] = text(max(F(0), less), places)
        atom += price * index * 2 / 10**places
    got = run(folder, dict(book, vaults=[v]), market)[0]
    total = m.sums(v, "ratio", Point(), "maintenance")
    if total["Db"] > 0 and got["health_factor"]:
        check(where + " applied", abs(F(got["health_factor"]) - want) <=
              atom * (1 + want) / total["Db"] * 2 + 2 * UNIT,
              (got["health_factor"], float(want)))


def main():
    rng = random.Random(11)
    with tempfile.TemporaryDirectory() as folder:
        for kind, method, wanted, more in (
                ("ratio", "ratio", 60, {}),
                ("linear", "standard", 40, {"with_options": False}),
                ("standard", "standard", 20, {}),
                ("scenario", "scenario", 10, {})):
            book = world.book(rng, [method], 40 if method == "ratio" else 14,
                              **more)
            for a in book["assets"]:
                a.pop("cap", None)
            market = world.market(rng, book)
            for p in market["prices"].values():
                p.pop("twap", None)
                p.pop("stable", None)
            check_prices(folder, kind, book, market, rng, wanted)
        for n in range(4):
            book = world.book(rng, ["ratio"], 30, liens=n % 2 == 1)
            check_sizes(folder, f"book {n}", book, world.market(rng, book),
                        ("1.05", "1.2")[n // 2])
    print(f"{worst['pairs']} prices put back, health at most "
          f"{float(worst['health']):.2g} from one; {worst['sizes']} sizes")
    check("prices and sizes were met", worst["pairs"] > 60 and
          worst["sizes"] > 10, worst)
    return finish()


if __name__ == "__main__":
    sys.exit(main())
