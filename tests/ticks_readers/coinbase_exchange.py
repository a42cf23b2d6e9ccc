"""Of the messages that are told: tickers and matches.  No recorded frame is
above the limit."""
from . import rfc3339_ms, tick

VENUES = [("ws-feed.exchange.coinbase.com", "coinbase-exchange"),
          ("ws-feed.pro.coinbase.com", "coinbase-exchange")]
SINGLES = [("_single-frames/crypto-msg-parser.coinbase_pro.jsonl",
            "wss://ws-feed.exchange.coinbase.com", ("::l2_snapshot",))]


def read(m, memory):
    if m["type"] == "ticker":
        sides = m["best_bid"], m["best_ask"]
    elif m["type"] in ("match", "last_match"):
        sides = None, None
    else:
        return [], None
    ms = rfc3339_ms(m["time"])
    return [tick(m["product_id"], *sides, m["price"], ms)], ms
