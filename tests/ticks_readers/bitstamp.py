"""The recordings have trades and diff_order_book_*, which is not read; no
frame is above the limit."""
from . import tick

VENUES = [("ws.bitstamp.net", "bitstamp")]
SINGLES = [("_single-frames/crypto-msg-parser.bitstamp.jsonl",
            "wss://ws.bitstamp.net", ("::l2_snapshot",))]


def read(m, memory):
    d = m["data"]
    channel = m["channel"]
    ticks = []
    if m["event"] == "trade" and channel.startswith("live_trades_"):
        ticks.append(tick(channel[len("live_trades_"):], last=d["price_str"]))
    elif m["event"] == "data" and channel.startswith("order_book_"):
        ticks.append(tick(channel[len("order_book_"):],
                          d["bids"][0][0] if d["bids"] else None,
                          d["asks"][0][0] if d["asks"] else None))
    for t in ticks:
        t["ms"] = int(d["microtimestamp"]) // 1000
    return ticks, ticks[0]["ms"] if ticks else None
