"""Books are kept by price; the book's tick stands before its message's
trades.  No recorded frame is above the limit."""
import decimal

from . import tick

VENUES = [("api.gemini.com/v2/marketdata", "gemini")]


def best(side, choose):
    return side[choose(side)] if side else None


def read(m, memory):
    ticks = []
    if m["type"] == "l2_updates":
        if "trades" in m:
            memory[m["symbol"]] = {"buy": {}, "sell": {}}
        book = memory[m["symbol"]]
        for side, price, size in m["changes"]:
            if decimal.Decimal(size):
                book[side][decimal.Decimal(price)] = price
            else:
                book[side].pop(decimal.Decimal(price), None)
        ticks.append(tick(m["symbol"], best(book["buy"], max),
                          best(book["sell"], min)))
    for t in [m] if m["type"] == "trade" else m.get("trades", []):
        ticks.append(tick(t["symbol"], last=t["price"],
                          ms=int(t["timestamp"])))
    times = [t["ms"] for t in ticks if t["ms"] is not None]
    if m["type"] == "heartbeat":
        times.append(int(m["timestamp"]))
    return ticks, max(times, default=None)
