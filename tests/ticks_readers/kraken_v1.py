"""Of the array frames: tickers, trades and spreads (the recording has none of
these).  No recorded frame is above the limit."""
from . import seconds_ms, tick

VENUES = [("ws.kraken.com", "kraken-v1")]
SINGLES = [("_single-frames/crypto-msg-parser.kraken.jsonl",
            "wss://ws.kraken.com", ("trade::inverse", "l2_event::inverse",
                                    "ticker::inverse", "l2_snapshot"))]


def read(m, memory):
    if isinstance(m, dict):
        return [], None
    payload, channel, pair = m[1], m[-2], m[-1]
    ticks = []
    if channel == "ticker":
        ticks.append(tick(pair, payload["b"][0], payload["a"][0],
                          payload["c"][0]))
    elif channel == "spread":
        ticks.append(tick(pair, payload[0], payload[1],
                          ms=seconds_ms(payload[2])))
    elif channel == "trade":
        for t in payload:
            ticks.append(tick(pair, last=t[0], ms=seconds_ms(t[2])))
    times = [t["ms"] for t in ticks if t["ms"] is not None]
    return ticks, max(times, default=None)
