"""Binance spot and Binance.US; of the futures there is no recording."""
from . import tick

VENUES = [("stream.binance.us", "binance-us"),
          ("stream.binance.com", "binance"),
          ("fstream.binance.com", "binance-usdm"),
          ("fstream.binance.com/market", "binance-usdm-market")]


def read(m, memory):
    stream = m.get("stream", "")
    d = m.get("data", {})
    ticks = []
    if stream.endswith("@bookTicker"):
        ticks.append(tick(d["s"], d["b"], d["a"]))
    elif stream.endswith("@aggTrade") or stream.endswith("@trade"):
        ticks.append(tick(d["s"], None, None, d["p"], int(d["T"])))
    times = [int(d[k]) for k in ("E", "T") if isinstance(d, dict) and k in d]
    return ticks, max(times, default=None)
