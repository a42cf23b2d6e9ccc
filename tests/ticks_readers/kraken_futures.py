"""Tickers (the recording has lite ones, without a time) and trades; books are
not read but for their time.  No recorded frame is above the limit."""
from . import tick

VENUES = [("futures.kraken.com/ws/v1", "kraken-futures")]
SINGLES = [("_single-frames/crypto-msg-parser.kraken.jsonl",
            "wss://futures.kraken.com/ws/v1",
            ("trade::spot", "l2_event::spot", "ticker::spot", "bbo",
             "candlestick", "l2_snapshot"))]


def read(m, memory):
    ticks = []
    feed = m.get("feed") if "event" not in m else None
    if feed in ("ticker", "ticker_lite"):
        ticks.append(tick(m["product_id"], m.get("bid"), m.get("ask"),
                          m.get("last"), int(m["time"]) if "time" in m
                          else None))
    elif feed in ("trade", "trade_snapshot"):
        for t in [m] if feed == "trade" else m["trades"]:
            ticks.append(tick(t["product_id"], last=t["price"],
                              ms=int(t["time"])))
    times = [t["ms"] for t in ticks if t["ms"] is not None]
    if feed in ("book", "book_snapshot", "heartbeat"):
        times.append(int(m["time"] if "time" in m else m["timestamp"]))
    return ticks, max(times, default=None)
