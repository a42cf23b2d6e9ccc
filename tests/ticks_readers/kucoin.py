from . import tick

VENUES = [("kucoin.com/", "kucoin")]


def read(m, memory):
    word, _, symbol = m.get("topic", "").partition(":")
    d = m.get("data", {})
    if word == "/market/ticker":
        ms = int(d["time"])
        market = m["subject"] if symbol == "all" else symbol
        return [tick(market, d["bestBid"], d["bestAsk"], d["price"], ms)], ms
    if word == "/market/match":
        ms = int(d["time"][:-6])
        return [tick(d["symbol"], None, None, d["price"], ms)], ms
    return [], None
