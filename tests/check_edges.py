#!/usr/bin/env python3
"""Every row of margin-model 1.12 through `margind margin`, each case named
after its row, and what bad files are told.  Ends with `N passed, N failed`."""
import copy
import json
import os
import sys
import tempfile
from fractions import Fraction as F

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from margin_run import call, check, finish, run  # noqa: E402

AS_OF, EXPIRY = "2026-11-20T00:00:00Z", "2026-11-27T08:00:00Z"
BOOK = {
    "book": "edges", "chain_id": 1,
    "assets": [
        {"id": "ETH", "decimals": 18, "ltv": "0.8",
         "liquidation_threshold": "0.825"},
        {"id": "USD", "decimals": 6, "ltv": "1",
         "liquidation_threshold": "1"},
        {"id": "DUST", "decimals": 24, "ltv": "0.5",
         "liquidation_threshold": "0.5"}],
    "instruments": [
        {"id": "PERP", "kind": "perp", "underlying": "ETH",
         "initial_margin_fraction": "0.1",
         "maintenance_margin_fraction": "0.05"},
        {"id": "FREE", "kind": "perp", "underlying": "ETH",
         "initial_margin_fraction": "0", "maintenance_margin_fraction": "0"},
        {"id": "FUT", "kind": "future", "underlying": "ETH",
         "expiry": EXPIRY, "window": "30m", "initial_margin_fraction": "0.1",
         "maintenance_margin_fraction": "0.05"},
        {"id": "CALL", "kind": "option", "underlying": "ETH",
         "right": "call", "strike": "1600", "expiry": EXPIRY},
        {"id": "PUT", "kind": "option", "underlying": "ETH", "right": "put",
         "strike": "2400", "expiry": EXPIRY}]}
MARKET = {
    "as_of": AS_OF,
    "prices": {"ETH": {"mid": "2000", "low": "1990", "high": "2010"},
               "USD": {"mid": "1"}, "DUST": {"mid": "1"}},
    "forwards": {"ETH": [{"expiry": EXPIRY, "price": "2000"}]},
    "surfaces": {"ETH": [{"expiry": EXPIRY, "vol": "0.6"}]},
    "rates": {"USD": [{"expiry": EXPIRY, "rate": "0"}]}}
METHODS = ("standard", "scenario", "greeks", "var", "es")
FOLDER = tempfile.TemporaryDirectory()


def held(asset, amount):
    return {"asset": asset, "amount": amount}


def vault(method="ratio", collateral=(), debt=(), positions=()):
    return {"id": "v", "method": method, "collateral": list(collateral),
            "debt": list(debt), "positions": [
                dict(zip(("instrument", "size", "entry"), p))
                for p in positions]}


def lines(vaults, market=MARKET, rules=None, *args):
    vaults = [dict(v, id=f"v{n}") for n, v in enumerate(vaults)]
    return run(FOLDER.name, dict(BOOK, vaults=vaults), market, rules, *args)


def one(v, market=MARKET, rules=None, *args):
    return lines([v], market, rules, *args)[0]


def changed(**prices):
    m = copy.deepcopy(MARKET)
    for name, p in prices.items():
        if p is None:
            del m["prices"][name]
        else:
            m["prices"][name].update(p)
    return m


def at(as_of, **forward):
    m = copy.deepcopy(MARKET)
    m["as_of"] = as_of
    m["forwards"]["ETH"][0].update(forward)
    return m


def expect(row, line, **want):
    for key, value in want.items():
        check(f"{row}: {key}", line[key] == value, (line[key], value))


# ---- the rows --------------------------------------------------------------

def no_debt():
    row = "D = 0"
    x = one(vault(collateral=[held("ETH", "1")]))
    expect(row, x, state="HEALTHY", collateralization_ratio=None,
           health_factor=None, liquidation=None, binding=None)
    x = one(vault("standard", [held("USD", "10")],
                  positions=[("PERP", "1", "2000")]))
    expect(row + " with a requirement", x, state="LIQUIDATABLE",
           collateralization_ratio=None)
    check(row + " with a requirement: a health", x["health_factor"], x)


def no_collateral():
    for method in ("ratio",) + METHODS[:3]:
        x = one(vault(method, debt=[held("USD", "1")]))
        expect(f"V = 0, D > 0 ({method})", x, state="INSOLVENT",
               collateralization_ratio="0", health_factor="0",
               loan_to_value=None)


def negative_equity():
    x = one(vault("standard", positions=[("FREE", "1", "2100")]), MARKET,
            "standard: {linear: {base_share: 0}}")
    expect("equity < 0, no MMR, no debt", x, state="RESTRICTED",
           equity="-100", liquidation=None, binding="equity",
           maintenance_margin="0")


def no_price():
    stale = {"health_factor": None, "maintenance_excess": None,
             "liquidation": None, "state": "STALE"}
    for row, m in (
            ("missing price", changed(ETH=None)),
            ("refused price", changed(ETH={"status": "REFUSED"})),
            ("band wider than band_max",
             changed(ETH={"low": "1799.999999999999999999"}))):
        out = lines([
            vault(collateral=[held("ETH", "1")]),
            vault(collateral=[held("USD", "9999")],
                  debt=[held("ETH", "1")]),
            vault("standard", [held("USD", "1")],
                  positions=[("PERP", "1", "2000")]),
            vault("scenario", [held("USD", "1")],
                  positions=[("CALL", "1")]),
            vault(collateral=[held("USD", "2")], debt=[held("USD", "1")]),
            vault(collateral=[held("ETH", "0"), held("USD", "1")])], m)
        for k in range(4):
            expect(f"{row}, vault {k}", out[k], **stale)
        expect(row + ": who has nothing of it", out[4], state="HEALTHY")
        expect(row + ": an amount of zero", out[5], state="HEALTHY")
        total = out[-1]["aggregate"]
        check(row + ": the sums leave it out",
              total["collateral_value"] == "3" and
              total["states"] == {"HEALTHY": 2, "STALE": 4}, total)
    x = one(vault(collateral=[held("ETH", "1")]), changed(
        ETH={"low": "1800", "high": "2200"}))
    expect("band at band_max", x, state="HEALTHY")
    m = copy.deepcopy(MARKET)
    m["surfaces"] = {}
    x = one(vault("scenario", [held("USD", "1")], positions=[("CALL", "1")]),
            m)
    expect("missing surface", x, **stale)


def degraded():
    row = "DEGRADED price"
    v = vault(collateral=[held("ETH", "10")], debt=[held("USD", "16700")])
    expect(row, one(v, changed(ETH={"low": "2000", "high": "2000",
                                    "status": "DEGRADED"})),
           state="LIQUIDATABLE")
    expect(row + ": the wide band is strict", one(v, changed(
        ETH={"low": "1900", "high": "2100", "status": "DEGRADED"})),
        state="RESTRICTED", binding="band")


def expired():
    row = "expired, unsettled"
    for kind, size, entry, worth in (
            ("CALL", "2", None, "600"), ("PUT", "-1", None, "-500"),
            ("FUT", "3", "1800", "300")):
        p = (kind, size) if entry is None else (kind, size, entry)
        v = vault("scenario", [held("USD", "1000")], positions=[p])
        for method in METHODS:
            x = one(v, at(EXPIRY, fixed="1900"), None, "--method", method)
            if method in ("var", "es"):
                continue	# without returns they say nothing
            expect(f"{row}: {kind}, {method}", x, state="PENDING",
                   equity=str(1000 + int(worth)))
        x = one(v, at(EXPIRY, fixed="1900"))
        if kind != "FUT":
            check(f"{row}: {kind} has no liquidation price in ETH",
                  x["liquidation_prices"][0] == {
                      "asset": "ETH", "below": None, "above": None}, x)
    m = at(EXPIRY)
    m["prices"]["ETH"]["twap"] = "1950"
    v = vault("scenario", [held("USD", "0.1")], positions=[("CALL", "1")])
    expect(row + ": at the TWAP", one(v, m), equity="350.1")
    v = vault("scenario", [held("USD", "1000")])
    expect("settled: cash, and the instrument is gone", one(v, m),
           state="HEALTHY", equity="1000")


def window():
    row = "settlement window"
    v = vault("standard", [held("USD", "1000")],
              positions=[("FUT", "1", "2000")])
    for as_of, equity in (("2026-11-27T07:30:00Z", "1000"),
                          ("2026-11-27T07:45:00Z", "1050"),
                          ("2026-11-27T07:59:59Z",
                           "1099.944444444444444444")):
        expect(f"{row} at {as_of}", one(v, at(as_of, fixed="2100")),
               equity=equity)


def dust():
    row = "decimals, dust"
    x = one(vault(collateral=[held("DUST", "0.000000000000000000000001")]))
    expect(row + ": held", x, collateral_value="0", state="HEALTHY")
    x = one(vault(collateral=[held("USD", "1")],
                  debt=[held("DUST", "0.000000000000000000000001")]))
    expect(row + ": owed", x, debt_value="0.000000000000000001",
           state="HEALTHY")
    check(row + ": a health that is finite", x["health_factor"] ==
          "1" + "0" * 18, x["health_factor"])


def extremes():
    v = vault("scenario", [held("USD", "9000")],
              positions=[("CALL", "-1"), ("PUT", "1")])
    zero, minus = copy.deepcopy(MARKET), copy.deepcopy(MARKET)
    minus["rates"]["USD"][0]["rate"] = "-0.3"
    check("negative rate", one(v, zero) == one(v, minus))
    zero["surfaces"]["ETH"][0]["vol"] = "0"
    for method in METHODS[:3]:
        expect(f"sigma -> 0 ({method})", one(v, zero, None, "--method",
                                             method), equity="9000")
    zero["surfaces"]["ETH"][0]["vol"] = "0.000000000000000001"
    expect("sigma -> 0: the least", one(v, zero), equity="9000")
    wild = copy.deepcopy(MARKET)
    wild["surfaces"]["ETH"][0]["vol"] = "1000"
    expect("sigma -> infinity: bounds", one(v, wild), equity="9400")
    for what, kind, key in (("K = 0", "instruments", "strike"),
                            ("F = 0", "forwards", "price")):
        b, m = copy.deepcopy(BOOK), copy.deepcopy(MARKET)
        row = b["instruments"][3] if kind == "instruments" else \
            m["forwards"]["ETH"][0]
        row[key] = "0"
        code, out, err = call(FOLDER.name, dict(b, vaults=[v]), m, None)
        check(f"{what} is refused where it is read", code == 3 and not out
              and f"`{key}`" in err and err.count("\n") == 1, (code, err))


def overflow():
    row = "overflow"
    huge = str(2**127 // 10**18)
    vaults = [
        vault(collateral=[held("ETH", huge)]),
        vault(collateral=[held("USD", "1")], debt=[held("ETH", huge)]),
        vault("standard", positions=[("PERP", huge, "1")]),
        vault("scenario", positions=[("CALL", "-" + huge)]),
        vault("greeks", positions=[("PERP", "-" + huge, "1")]),
        vault(collateral=[held("ETH", "1")])]
    out = lines(vaults)
    for k in range(5):
        expect(f"{row}, vault {k}", out[k], state="STALE",
               health_factor=None, collateral_value=None, liquidation=None,
               binding="overflow")
    expect(row + ": the others do not notice", out[5], state="HEALTHY",
           collateral_value="2000")
    check(row + ": nor do the sums", out[-1]["aggregate"][
        "collateral_value"] == "2000", out[-1])


# ---- bad files -------------------------------------------------------------

def refused(what, word, book=None, market=None, rules=None):
    code, out, err = call(FOLDER.name, book or dict(BOOK, vaults=[]),
                          market or MARKET, rules)
    check(f"bad file: {what}", code == 3 and not out and word in err,
          (code, err))


def bad_files():
    v = vault("standard", positions=[("PERP", "1", "1")])
    typo = dict(v, positons=[])
    refused("an unknown key of a vault", "did you mean `positions`?",
            dict(BOOK, vaults=[typo]))
    refused("an unknown instrument", "did you mean `PERP`?", dict(
        BOOK, vaults=[vault("standard", positions=[("PREP", "1", "1")])]))
    refused("an unknown method", "did you mean `standard`?",
            dict(BOOK, vaults=[vault("standart")]))
    refused("an unknown asset", "`ETX`",
            dict(BOOK, vaults=[vault(collateral=[held("ETX", "1")])]))
    refused("an unknown key of the market", "did you mean `forwards`?",
            market=dict(MARKET, forwrads={}))
    refused("an unknown key of the rules", ":2:3: unknown key `base_shar` "
            "(did you mean `base_share`?)", rules="standard: {linear: {\n"
            "  base_shar: 1}}\n")
    refused("an unknown preset", "did you mean `aave-v3`?",
            rules="preset: aave-v2")
    refused("a number that is none", "`amount`", dict(
        BOOK, vaults=[vault(collateral=[held("ETH", "1e400")])]))
    refused("too many decimals", "`amount`", dict(
        BOOK, vaults=[vault(collateral=[held("USD", "0.0000001")])]))
    text = json.dumps(dict(BOOK, vaults=[]), indent=1)
    refused("a file that ends early", "book.json:", text[:len(text) // 2])
    place = text.replace('"strike": "1600"', '"strike": "-1600"')
    line = place[:place.index('"-1600"')].count("\n") + 1
    refused("a place", f"book.json:{line}:", place)
    code, out, err = call(FOLDER.name, dict(BOOK, vaults=[typo, dict(
        typo, id="w", orderz=[])]), MARKET, None)
    check("bad file: all of it in one pass", code == 3 and not out and
          err.count("unknown key") == 3, err)
    for args, code in ((("--method", "vra"), 2), (("--explain", "v"), 2)):
        got, out, err = call(FOLDER.name, dict(BOOK, vaults=[dict(
            v, id="v0")]), MARKET, None, *args)
        check(f"bad argument {args}", got == code and not out and
              err.count("\n") == 1 and "did you mean" in err, (got, err))


def main():
    with FOLDER:
        for row in (no_debt, no_collateral, negative_equity, no_price,
                    degraded, expired, window, dust, extremes, overflow,
                    bad_files):
            row()
    return finish()


if __name__ == "__main__":
    sys.exit(main())
