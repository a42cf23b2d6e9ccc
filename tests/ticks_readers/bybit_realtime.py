"""Bybit before v5: trades; its books are changes, which nobody reads."""
from . import tick

VENUES = [("stream.bybit.com/realtime_public", "bybit-realtime")]


def read(m, memory):
    ticks = []
    if m.get("topic", "").startswith("trade."):
        for t in m["data"]:
            ticks.append(tick(t["symbol"], last=t["price"],
                              ms=int(t["trade_time_ms"])))
    return ticks, max((t["ms"] for t in ticks), default=None)
