"""Kraken's v2.  There is no recording of it; tests/check_record.py makes one
of the simulator's."""
from . import rfc3339_ms, tick

VENUES = [("ws.kraken.com/v2", "kraken")]


def read(m, memory):
    ticks = []
    if m.get("channel") == "ticker":
        for d in m["data"]:
            ticks.append(tick(d["symbol"], d.get("bid"), d.get("ask"),
                              d.get("last"), rfc3339_ms(d["timestamp"])
                              if "timestamp" in d else None))
    elif m.get("channel") == "trade":
        for d in m["data"]:
            ticks.append(tick(d["symbol"], last=d["price"],
                              ms=rfc3339_ms(d["timestamp"])))
    times = [t["ms"] for t in ticks if t["ms"] is not None]
    times += [rfc3339_ms(m[k]) for k in ("time_in", "time_out") if k in m]
    return ticks, max(times, default=None)
