"""sequence_num counts the messages of a connection, of every channel: one that
comes again, or behind a hole, tells no tick."""
from . import rfc3339_ms, tick

VENUES = [("advanced-trade-ws.coinbase.com", "coinbase")]


def follows(m, memory):
    if "sequence_num" not in m:
        return True
    number = int(m["sequence_num"])
    before = memory.get("sequence", number - 1)
    memory["sequence"] = number
    return number == before + 1


def read(m, memory):
    time = rfc3339_ms(m["timestamp"]) if "timestamp" in m else None
    ticks = []
    if m.get("channel") == "ticker":
        for event in m["events"]:
            for t in event["tickers"]:
                ticks.append(tick(t["product_id"], t.get("best_bid"),
                                  t.get("best_ask"), t.get("price"), time))
    elif m.get("channel") == "market_trades":
        for event in m["events"]:
            for t in event["trades"]:
                ticks.append(tick(t["product_id"], None, None, t["price"],
                                  rfc3339_ms(t["time"])))
    times = [t["ms"] for t in ticks] + ([time] if time else [])
    return ticks if follows(m, memory) else [], max(times, default=None)
