"""FTX US: tickers; trades are in the single frames, with another offset."""
from . import rfc3339_ms, seconds_ms, tick

VENUES = [("ftx.us/ws", "ftx-us")]
SINGLES = [("_single-frames/crypto-msg-parser.ftx.jsonl", "wss://ftx.us/ws/",
            ("l2_snapshot", "open_interest"))]


def read(m, memory):
    ticks = []
    if m["type"] not in ("update", "partial"):
        return ticks, None
    if m["channel"] == "ticker":
        d = m["data"]
        ticks.append(tick(m["market"], d["bid"], d["ask"], d["last"],
                          seconds_ms(d["time"])))
    elif m["channel"] == "trades":
        for t in m["data"]:
            at = t["time"].replace("+00:00", "Z")
            ticks.append(tick(m["market"], last=t["price"],
                              ms=rfc3339_ms(at)))
    return ticks, max((t["ms"] for t in ticks), default=None)
