#!/usr/bin/env python3
"""Options one by one (deribit) and by the family (okx) against `margind sim`:
what `margind record` heard, replayed, as the readers of check_ticks.py read it,
and each greek by Black's formula done here; then `margind run` with single
options alone, whose volatilities become a surface, and who vote on no price.
Ends with `N passed, N failed, N skipped`."""
import gzip
import json
import math
import os
import signal
import subprocess
import sys
import tempfile
import time
from statistics import NormalDist

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
os.chdir(ROOT)
sys.path.insert(0, "tests")
import check_feeds  # noqa: E402
import check_record  # noqa: E402
from check_feeds import MARGIND, ask_until, free_port, margind, \
    write  # noqa: E402

FORWARD, VOL = 2500, 0.65
YEAR_MS = 365 * 86400000
STRIKES = (2000, 2200, 2400, 2500, 2600, 2800, 3000)
EXPIRY_MS = (int(time.time() * 1000) // 86400000 + 30) * 86400000 + 8 * 3600000
DAY = time.gmtime(EXPIRY_MS // 1000)
MONTH = ("JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split())[
    DAY.tm_mon - 1]
SINGLE = [f"ETH-{DAY.tm_mday}{MONTH}{DAY.tm_year % 100:02}-{k}-{r}"
          for k in STRIKES for r in "CP"]
OKX = [f"ETH-USD-{DAY.tm_year % 100:02}{DAY.tm_mon:02}{DAY.tm_mday:02}-{k}-{r}"
       for k in STRIKES for r in "CP"]
PATH = {"deribit": "/ws/api/v2", "okx": "/ws/v5/public", "coinbase": "/"}
verdict = check_feeds.verdict
N = NormalDist()


def script():
    option = {"base": "ETH", "quote": "USD", "vol": str(VOL)}
    return {"seed": 1, "tick_ms": 200, "noise": "0", "spread": "0.0004",
            "prices": {"ETH": str(FORWARD)}, "events": [], "venues": [
        {"venue": "deribit", "port": 0, "symbols": {s: option
                                                    for s in SINGLE}},
        {"venue": "okx", "port": 0, "symbols": {s: option for s in OKX}},
        {"venue": "coinbase", "port": 0, "symbols": {
            "ETH-USD": {"base": "ETH", "quote": "USD"}}}]}


def black(market, t_ms, forward, vol):
    """Per dollar of the forward, point of volatility, day, point of
    interest."""
    strike, is_call = float(market.split("-")[-2]), market[-1] == "C"
    years = (EXPIRY_MS - t_ms) / YEAR_MS
    s = vol * math.sqrt(years)
    d = math.log(forward / strike) / s + s / 2
    sign = 1 if is_call else -1
    return {"delta": N.cdf(d) - (not is_call),
            "gamma": N.pdf(d) / forward / s,
            "vega": forward * N.pdf(d) * math.sqrt(years) / 100,
            "theta": -forward * N.pdf(d) * vol / 2 / math.sqrt(years) / 365,
            "rho": sign * strike * years * N.cdf(sign * (d - s)) / 100}


def check_greeks(venue, ticks):
    said = [t for t in ticks if "option" in t]
    wrong = []
    for t in said:
        o = t["option"]
        want = black(t["market"], t["exchange_ms"], float(o["forward"]),
                     float(o["vol"]))
        if venue == "okx":
            want.pop("rho")
        wrong += [(t, k, w) for k, w in want.items()
                  if abs(float(o[k]) - w) > 2e-5 + 1e-4 * abs(w)]
        if (o["rho"] is None) != (venue == "okx") or \
                abs(float(o["vol"]) - VOL) > 1e-9:
            wrong.append(t)
    verdict(f"{venue}: greeks of {len(said)} ticks are Black's", not wrong and
            {t["market"] for t in said} == set(
                SINGLE if venue == "deribit" else OKX), wrong[:1])


def check_recorded(folder, venue, port, symbols):
    out = subprocess.run(
        [MARGIND, "record", "--venue", venue, "--symbols", ",".join(symbols),
         "--url", f"ws://127.0.0.1:{port}{PATH[venue]}", "--out", venue,
         "--seconds", "3"], cwd=folder, stdout=subprocess.PIPE, check=True,
        timeout=60).stdout
    files = [os.path.join(folder, json.loads(out)["record"]["last_file"])]
    rows = check_record.replay(files)
    got = [r["tick"] for r in rows if "tick" in r]
    want = list(check_record.expected(files))
    verdict(f"{venue}: {len(got)} replayed ticks as the reader reads them",
            got == want and len(got) >= len(symbols), [
                (g, w) for g, w in zip(got, want) if g != w][:1])
    summary = rows[-1]["summary"]
    verdict(f"{venue}: nothing is unknown or rejected", summary["unknown"] ==
            {} and summary["rejected"] == {}, summary)
    for t in got:
        t["exchange_ms"] = int(t["exchange_ms"])
    check_greeks(venue, got)
    return [json.loads(x) for x in gzip.open(files[0], "rt")]


def check_asked(lines):
    asked = [c for x in lines if x["t"] == "send"
             for c in json.loads(x["data"])["params"].get("channels", [])]
    verdict("deribit: of single options only the ticker is asked for",
            sorted(asked) == sorted(f"ticker.{s}.100ms" for s in SINGLE),
            asked[:3])


def config(ports, api):
    options = "".join(f"      {s}: ETH\n" for s in SINGLE)
    return f"""
prices:
  units:
    ETH: {{quorum: 1, age_max: 3s, dispersion_max: 2%, band_max: 10%}}
venues:
  coinbase:
    url: ws://127.0.0.1:{ports["coinbase"]}/
    markets: {{ETH-USD: ETH/USD}}
  deribit:
    url: ws://127.0.0.1:{ports["deribit"]}/ws/api/v2
    options:
{options}book: {{file: book.json}}
signer:
  keystore: key.json
  password_file: key.pass
  state: signer.state
  bound: {{base: 10%, per_second: 10%, max: 60%}}
  validity_max: 300s
  alarm: {{verdicts: 1000, value: "1000000000"}}
journal: {{dir: journal}}
api: {{listen: "127.0.0.1:{api}"}}
control: {{socket: margind.sock}}
"""


BOOK = {"book": "options", "chain_id": 31337, "vaults": [], "assets": [
    {"id": "ETH", "token": "0x" + "1" * 40, "decimals": 18, "price": "ETH",
     "ltv": "0.8", "liquidation_threshold": "0.825", "close_factor": "1"}]}


def slice_of(answer):
    for surface in (answer or {}).get("surfaces", []):
        for expiry in surface["expiries"]:
            if surface["unit"] == "ETH" and expiry["expiry"] == EXPIRY_MS and \
                    expiry["forward"] and expiry["slice"]:
                return expiry
    return None


def check_surface(ports):
    api = free_port()
    os.mkdir("journal")
    write("book.json", json.dumps(BOOK))
    write("key.pass", "a password\n")
    margind("keys", "new", "--out", "key.json", "--password-file", "key.pass")
    write("margind.yaml", config(ports, api))
    margind("keys", "init-state", "--config", "margind.yaml")
    with open("log", "wb") as log:
        service = subprocess.Popen([MARGIND, "run", "--config",
                                    "margind.yaml"],
                                   stdout=subprocess.DEVNULL, stderr=log)
    try:
        e = slice_of(ask_until(api, slice_of, 30, "/v1/surfaces"))
        verdict("single options become a slice", e)
        verdict("at the volatility and the forward that are quoted", e and
                abs(float(e["slice"]["at_the_money"]) - VOL) < 1e-3 and
                abs(float(e["forward"]["price"]) / FORWARD - 1) < 1e-3, e)
        answer = ask_until(api, lambda a: (check_feeds.venue_of(
            a, "deribit") or {}).get("ticks"), 5)
        deribit = check_feeds.venue_of(answer, "deribit") or {}
        verdict("by one connection, nothing refused or unasked for",
                deribit.get("connections") == 1 and deribit["ticks"] > 0 and
                not any(deribit["rejected"].values()) and not
                (deribit["unknown"] or deribit["refused"] or
                 deribit["unpinned"]), deribit)
        verdict("and they vote on nothing", [m["venue"] for m in
                answer["markets"]] == ["coinbase"], answer["markets"])
    finally:
        service.send_signal(signal.SIGTERM)
        verdict("the service ends with 0", service.wait(20) == 0)


def main():
    if not os.path.exists(MARGIND):
        print(f"{MARGIND} is not built\n0 passed, 1 failed")
        return 1
    with tempfile.TemporaryDirectory(prefix="margind-options-") as folder:
        os.chdir(folder)
        write("script.json", json.dumps(script()))
        with subprocess.Popen([MARGIND, "sim", "--script", "script.json"],
                              stdout=subprocess.PIPE, text=True) as sim:
            try:
                ports = {v["venue"]: v["port"] for v in
                         json.loads(sim.stdout.readline())["sim"]}
                check_asked(check_recorded(folder, "deribit",
                                           ports["deribit"], SINGLE))
                check_recorded(folder, "okx", ports["okx"],
                               ["options.ETH-USD"])
                check_surface(ports)
            finally:
                sim.terminate()
        os.chdir(ROOT)
    print(f"{check_feeds.passed} passed, {check_feeds.failed} failed, "
          "0 skipped")
    return 1 if check_feeds.failed else 0


if __name__ == "__main__":
    sys.exit(main())
