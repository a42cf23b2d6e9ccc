#!/usr/bin/env python3
"""Real Aave v2 accounts (b2.csv, b3.csv) as a book and a market.

    tests/aave_book.py CSV BOOK MARKET

The quote unit is ETH, written as USD.  A row becomes a vault where its token
legs sum to the `collateral` and `debt` that the chain computed, each within
1e-4: the table has no columns for the other tokens that some accounts hold.
The stETH leg is `collateral_steth_calc`, in ETH, with liquidation threshold
0.83; WETH has 0.86; the others' are in their columns, and so are their prices
(ETH, 18 decimals).  A bare token column is a debt, `<token>_collateral` a
collateral, both in atoms; `ethdebt` is a debt in ETH."""
import csv
import json
import sys
from decimal import Decimal, getcontext

getcontext().prec = 60
WITHIN = Decimal("1e-4")
UNIT = Decimal(1).scaleb(-18)


def number(text):
    return Decimal(text) if text else Decimal(0)


def whole(text, decimals):
    """Atoms, which pandas wrote as floats, in whole units."""
    return number(text).to_integral_value().scaleb(-decimals)


def tokens(rows):
    return [c[:-len("_price")] for c in rows[0] if c.endswith("_price")]


def legs(row, names):
    """(collateral, debt) as lists of (asset, whole units, ETH value)."""
    steth = number(row["collateral_steth_calc"]).quantize(UNIT)
    weth = whole(row.get("weth_collateral"), 18)
    eth_debt = number(row["ethdebt"]).quantize(UNIT)
    held = [("STETH", steth, steth), ("WETH", weth, weth)]
    owed = [("WETH", eth_debt, eth_debt)]
    for name in names:
        decimals = int(row[name + "_decimals"])
        price = number(row[name + "_price"]).scaleb(-18)
        for column, side in ((name + "_collateral", held), (name, owed)):
            amount = whole(row.get(column), decimals)
            side.append((name.upper(), amount, amount * price))
    return ([x for x in held if x[1] > 0], [x for x in owed if x[1] > 0])


def reconciles(row, held, owed):
    for column, side in (("collateral", held), ("debt", owed)):
        chain = number(row[column])
        if abs(sum(x[2] for x in side) - chain) > WITHIN * chain:
            return False
    return True


def text(value):
    return format(value.normalize(), "f")


def asset(name, decimals, threshold):
    return {"id": name, "decimals": decimals, "ltv": text(threshold),
            "liquidation_threshold": text(threshold)}


def convert(rows, without=()):
    """(book, market, {vault id: the chain's health factor})"""
    names = [name for name in tokens(rows) if name not in without]
    first = rows[0]
    assets = [asset("STETH", 18, Decimal("0.83")),
              asset("WETH", 18, Decimal("0.86"))]
    prices = {"STETH": {"mid": "1"}, "WETH": {"mid": "1"}}
    for name in names:
        assets.append(asset(name.upper(), int(first[name + "_decimals"]),
                            number(first[name + "_threshold"])))
        prices[name.upper()] = {
            "mid": text(number(first[name + "_price"]).scaleb(-18))}
    vaults, health = [], {}
    for row in rows:
        held, owed = legs(row, names)
        if not reconciles(row, held, owed):
            continue
        side = [[{"asset": a, "amount": text(n)} for a, n, _ in part]
                for part in (held, owed)]
        vaults.append({"id": row["user"], "owner": row["user"],
                       "collateral": side[0], "debt": side[1]})
        health[row["user"]] = number(row["healthf"])
    book = {"book": "aave-v2", "chain_id": 1, "assets": assets,
            "vaults": vaults}
    market = {"as_of": "2023-06-15T00:00:00Z", "prices": prices}
    return book, market, health


def read(path):
    with open(path, newline="", encoding="utf-8") as f:
        return list(csv.DictReader(f))


def main():
    book, market, _ = convert(read(sys.argv[1]))
    for path, what in ((sys.argv[2], book), (sys.argv[3], market)):
        with open(path, "w", encoding="utf-8") as f:
            json.dump(what, f)
            f.write("\n")


if __name__ == "__main__":
    main()
