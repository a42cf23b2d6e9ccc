from . import tick

VENUES = [("stream.crypto.com", "crypto-com")]


def read(m, memory):
    result = m.get("result", {})
    ticks = []
    for row in result.get("data", []):
        ms = int(row["t"])
        if result["channel"] == "ticker":
            ticks.append(tick(row["i"], row["b"], row["k"], row["a"], ms))
        elif result["channel"] == "trade":
            ticks.append(tick(row["i"], None, None, row["p"], ms))
    return ticks, max((t["ms"] for t in ticks), default=None)
