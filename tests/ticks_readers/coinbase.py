from . import rfc3339_ms, tick

VENUES = [("advanced-trade-ws.coinbase.com", "coinbase")]


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
    return ticks, max(times, default=None)
