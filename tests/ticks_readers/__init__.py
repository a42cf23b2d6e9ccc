"""Readers of recorded frames for tests/check_ticks.py, one file a venue; they
share nothing with the C code but the recordings.  A reader has
    VENUES = [(a part of the connection's address, the venue's name), ...]
    SINGLES = [(single frames below ws-frames, a connection's address,
                beginnings of `src` that are left out), ...]
    def read(message, memory): (ticks, newest time of the frame or None)
where SINGLES may be left out, memory is a dict of the connection's own, empty
when it opens, and message is {} where the frame is no JSON.  Which file is
whose, the addresses in it say."""
import decimal
import re

DAYS = (0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334)


class Num(str):
    """A JSON number that keeps its text."""


def rfc3339_ms(text):
    m = re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)"
                     r"(?:\.(\d+))?Z", text)
    y, mo, d, h, mi, s = (int(m.group(i)) for i in range(1, 7))
    leaps = (y - 1) // 4 - (y - 1) // 100 + (y - 1) // 400
    leap = y % 4 == 0 and (y % 100 != 0 or y % 400 == 0)
    days = (y - 1) * 365 + leaps + DAYS[mo - 1] + d - 1
    days += 1 if leap and mo > 2 else 0
    days -= 719162
    ms = ((m.group(7) or "") + "000")[:3]
    return ((days * 24 + h) * 60 + mi) * 60000 + s * 1000 + int(ms)


def seconds_ms(text):
    return int((decimal.Decimal(text) * 1000).to_integral_value(
        decimal.ROUND_FLOOR))


def tick(market, bid=None, ask=None, last=None, ms=None, option=None):
    # An empty side is told by an empty string.
    return {"market": market, "bid": bid or None, "ask": ask or None,
            "last": last, "ms": ms,
            "option": option}


def line(venue, t, exchange_ms, recv_ms):
    """A tick as the C code prints it."""
    out = {"venue": venue, "market": t["market"], "bid": t["bid"],
           "ask": t["ask"], "last": t["last"], "exchange_ms": exchange_ms,
           "recv_ms": recv_ms}
    if t["option"]:
        out["option"] = t["option"]
    return out


def cut(value):
    """What 18 digits behind the point hold, the rest cut off."""
    with decimal.localcontext() as c:
        c.prec = 60
        if value.as_tuple().exponent < -18:
            value = value.quantize(decimal.Decimal("1e-18"),
                                   decimal.ROUND_DOWN)
        return value


def figure(text, percent=False):
    """A mark, a volatility or a forward, with its venue's digits; zero is
    none."""
    if text is None or text == "" or decimal.Decimal(text) == 0:
        return None
    value = decimal.Decimal(text)
    return format(cut(value.scaleb(-2) if percent else value), "f")


def greek(text):
    if text is None or text == "":
        return None
    value = cut(decimal.Decimal(text))
    return format(value.normalize(), "f") if value else "0"


def option(mark, vol, forward, greeks):
    """greeks: texts by name.  None where there is nothing to say."""
    out = {"mark": mark, "vol": vol, "forward": forward}
    for name in ("delta", "gamma", "vega", "theta", "rho"):
        out[name] = greek(greeks.get(name))
    return out if vol or any(out[k] for k in list(out)[3:]) else None
