import decimal

from . import tick

VENUES = [("bybit.com/v5/public/spot", "bybit"),
          ("bybit.com/v5/public/linear", "bybit-linear")]


def read(m, memory):
    topic = m.get("topic", "")
    time = int(m["ts"]) if "ts" in m else None
    ticks, d = [], m.get("data")
    if topic.startswith("tickers."):
        ticks.append(tick(d["symbol"], d.get("bid1Price"), d.get("ask1Price"),
                          d.get("lastPrice"), time))
    elif topic.startswith("orderbook.1."):
        bids = [b[0] for b in d["b"] if decimal.Decimal(b[1]) > 0]
        asks = [a[0] for a in d["a"] if decimal.Decimal(a[1]) > 0]
        ticks.append(tick(d["s"], max(bids, key=decimal.Decimal, default=None),
                          min(asks, key=decimal.Decimal, default=None), None,
                          time))
    elif topic.startswith("publicTrade."):
        for t in d:
            ticks.append(tick(t["s"], None, None, t["p"], int(t["T"])))
    times = [t["ms"] for t in ticks] + ([time] if time else [])
    return ticks, max(times, default=None)
