"""BitMEX.  There is no recording; single frames of 2021 to 2023, without
the answers over HTTP."""
from . import rfc3339_ms, tick

VENUES = [("ws.bitmex.com/realtime", "bitmex")]
SINGLES = [("_single-frames/crypto-msg-parser.bitmex.jsonl",
            "wss://ws.bitmex.com/realtime",
            ("l2_snapshot",))]


def read(m, memory):
    ticks, times = [], []
    if m.get("table") not in ("quote", "trade", "instrument"):
        return ticks, None
    for d in m["data"]:
        ms = rfc3339_ms(d["timestamp"]) if "timestamp" in d else None
        times += [ms] if ms is not None else []
        if m["table"] == "quote":
            ticks.append(tick(d["symbol"], d.get("bidPrice"),
                              d.get("askPrice"), None, ms))
        elif m["table"] == "trade":
            ticks.append(tick(d["symbol"], None, None, d["price"], ms))
        else:
            bid, ask = d.get("bidPrice"), d.get("askPrice")
            if bid is None or ask is None:
                bid = ask = None
            if bid is not None or d.get("lastPrice") is not None:
                ticks.append(tick(d["symbol"], bid, ask, d.get("lastPrice"),
                                  ms))
    return ticks, max(times, default=None)
