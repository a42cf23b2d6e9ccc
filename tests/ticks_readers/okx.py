"""OKX v5.  The recording's frames are all below 256 KiB; its books are for
whoever keeps them.  Left out of the single frames: answers over HTTP, and one
frame of the protocol before v5.  Of greeks the BS ones count."""
from . import figure, option, tick

VENUES = [("ws.okx.com:8443/ws/v5/public", "okx"),
          ("real.okcoin.com:8443/ws/v5/public", "okcoin")]
SINGLES = [("_single-frames/crypto-msg-parser.okx.jsonl",
            "wss://ws.okx.com:8443/ws/v5/public",
            ("l2_snapshot", "open_interest", "l2_topk::spot_2"))]


def read(m, memory):
    arg = m.get("arg", {})
    ticks = []
    if "data" not in m:
        return ticks, None
    for d in m["data"]:
        if arg["channel"] == "tickers":
            ticks.append(tick(d["instId"], d["bidPx"] or None,
                              d["askPx"] or None, d["last"] or None,
                              int(d["ts"])))
        elif arg["channel"] == "trades":
            ticks.append(tick(d["instId"], None, None, d["px"],
                              int(d["ts"])))
        elif arg["channel"] == "bbo-tbt":
            ticks.append(tick(arg["instId"],
                              d["bids"][0][0] if d["bids"] else None,
                              d["asks"][0][0] if d["asks"] else None, None,
                              int(d["ts"])))
        elif arg["channel"] == "opt-summary":
            o = option(None, figure(d["markVol"]), figure(d["fwdPx"]),
                       {k: d[k + "BS"] for k in ("delta", "gamma", "vega",
                                                 "theta")})
            ticks.append(tick(d["instId"], ms=int(d["ts"]), option=o))
    return ticks, max((t["ms"] for t in ticks), default=None)
