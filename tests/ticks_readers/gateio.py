from . import tick

VENUES = [("api.gateio.ws/ws/v4", "gateio")]


def read(m, memory):
    message = int(m["time_ms"]) if "time_ms" in m else int(m["time"]) * 1000
    if m["event"] != "update":
        return [], message
    d = m["result"]
    if m["channel"] == "spot.book_ticker":
        ms = int(d["t"])
        ticks = [tick(d["s"], d["b"], d["a"], None, ms)]
    elif m["channel"] == "spot.tickers":
        ms = message
        ticks = [tick(d["currency_pair"], d["highest_bid"], d["lowest_ask"],
                      d["last"], ms)]
    elif m["channel"] == "spot.trades":
        ms = int(d["create_time_ms"].split(".")[0])
        ticks = [tick(d["currency_pair"], None, None, d["price"], ms)]
    else:
        ms, ticks = message, []
    return ticks, max(ms, message)
