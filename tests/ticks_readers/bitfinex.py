"""A trade told twice counts once, by `te`.  No recorded frame is above the
limit; the recording has snapshots of trades alone, and no times of tickers."""
import decimal

from . import tick

VENUES = [("bitfinex.com/ws/2", "bitfinex")]


def plain(number):
    return format(decimal.Decimal(number), "f")


def read(m, memory):
    if isinstance(m, dict):
        if m["event"] == "subscribed":
            memory[m["chanId"]] = (m["channel"], m.get("symbol", "?"))
        return [], None
    channel, symbol = memory.get(m[0], (None, None))
    ticks = []
    times = [int(x) for x in m[2:] if isinstance(x, str) and x.isdigit() and
             int(x) >= 10 ** 12]
    time = times[0] if times else None
    if channel == "ticker" and isinstance(m[1], list):
        ticks.append(tick(symbol, plain(m[1][0]), plain(m[1][2]),
                          plain(m[1][6]), time))
    elif channel == "trades" and m[1] == "te":
        ticks.append(tick(symbol, last=plain(m[2][3]), ms=int(m[2][1])))
    elif channel == "trades" and isinstance(m[1], list):
        for _, ms, _, price in m[1]:
            ticks.append(tick(symbol, last=plain(price), ms=int(ms)))
    times += [t["ms"] for t in ticks if t["ms"] is not None]
    return ticks, max(times, default=None)
