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


def tick(market, bid=None, ask=None, last=None, ms=None):
    return {"market": market, "bid": bid, "ask": ask, "last": last, "ms": ms}
