"""Deribit v2.  The recordings are of options, whose prices are in coins; a
side without orders was 0.0 then.  All frames are below 256 KiB.  Left out of the
single frames: answers over HTTP."""
import decimal
import re

from . import figure, option, tick

VENUES = [("www.deribit.com/ws/api/v2", "deribit")]
SINGLES = [("_single-frames/crypto-msg-parser.deribit.jsonl",
            "wss://www.deribit.com/ws/api/v2",
            ("l2_snapshot", "open_interest"))]


def price(number):
    if number is None or decimal.Decimal(number) == 0:
        return None
    return format(decimal.Decimal(number), "f")


def option_of(d):
    if not re.fullmatch(r"[A-Z_]+-\d{1,2}[A-Z]{3}\d\d-[\dd]+-[CP]",
                        d["instrument_name"]):
        return None
    return option(figure(d.get("mark_price")),
                  figure(d.get("mark_iv"), percent=True),
                  figure(d.get("underlying_price")), d.get("greeks", {}))


def read(m, memory):
    out = int(m["usOut"]) // 1000 if "usOut" in m else None
    if m.get("method") != "subscription":
        return [], out
    word, d = m["params"]["channel"].split(".")[0], m["params"]["data"]
    ticks = []
    if word in ("ticker", "quote"):
        ticks.append(tick(d["instrument_name"], price(d["best_bid_price"]),
                          price(d["best_ask_price"]),
                          price(d.get("last_price")), int(d["timestamp"]),
                          option_of(d)))
    elif word == "trades":
        for t in d:
            ticks.append(tick(t["instrument_name"], None, None,
                              price(t["price"]), int(t["timestamp"])))
    elif word == "deribit_price_index":
        ticks.append(tick(d["index_name"], None, None, price(d["price"]),
                          int(d["timestamp"])))
    return ticks, max((t["ms"] for t in ticks), default=None)
