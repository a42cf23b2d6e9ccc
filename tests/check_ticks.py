#!/usr/bin/env python3
"""Every tick of the recorded frames, digit for digit, against this file's own
reading: its own JSON, decimals and timelines, sharing nothing with the C code
but the recordings.  Ends with `N passed, N failed, N skipped`."""
import decimal
import gzip
import json
import os
import re
import subprocess
import sys

os.chdir(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DATA = os.environ.get("MARGIND_DATA", "../shared/data")
FILES = [
    "coinbase/2026-08-09-advtrade-btc-eth.first60pct.jsonl.gz",
    "bybit/2026-08-09-v5-spot-linear.first60pct.jsonl.gz",
    "binance-us/2021-04-05-btcusd-bookticker.jsonl.gz",
]
FRAME_MAX = 256 * 1024
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


def coinbase(m):
    """(ticks, newest time of the frame, used)"""
    time = rfc3339_ms(m["timestamp"]) if "timestamp" in m else None
    ticks = []
    if m.get("channel") == "ticker":
        for event in m["events"]:
            for t in event["tickers"]:
                ticks.append(tick(t["product_id"], t.get("best_bid"),
                                  t.get("best_ask"), t.get("price"), time))
    elif m.get("channel") == "market_trades":
        for event in m["events"]:
            for t in event["trades"]:
                ticks.append(tick(t["product_id"], None, None, t["price"],
                                  rfc3339_ms(t["time"])))
    times = [t["ms"] for t in ticks] + ([time] if time else [])
    return ticks, max(times, default=None)


def bybit(m):
    topic = m.get("topic", "")
    time = int(m["ts"]) if "ts" in m else None
    ticks, d = [], m.get("data")
    if topic.startswith("tickers."):
        ticks.append(tick(d["symbol"], d.get("bid1Price"), d.get("ask1Price"),
                          d.get("lastPrice"), time))
    elif topic.startswith("orderbook.1."):
        bids = [b[0] for b in d["b"] if decimal.Decimal(b[1]) > 0]
        asks = [a[0] for a in d["a"] if decimal.Decimal(a[1]) > 0]
        ticks.append(tick(d["s"], max(bids, key=decimal.Decimal, default=None),
                          min(asks, key=decimal.Decimal, default=None), None,
                          time))
    elif topic.startswith("publicTrade."):
        for t in d:
            ticks.append(tick(t["s"], None, None, t["p"], int(t["T"])))
    times = [t["ms"] for t in ticks] + ([time] if time else [])
    return ticks, max(times, default=None)


def binance(m):
    stream = m.get("stream", "")
    d = m.get("data", {})
    ticks = []
    if stream.endswith("@bookTicker"):
        ticks.append(tick(d["s"], d["b"], d["a"]))
    elif stream.endswith("@aggTrade") or stream.endswith("@trade"):
        ticks.append(tick(d["s"], None, None, d["p"], int(d["T"])))
    times = [int(d[k]) for k in ("E", "T") if isinstance(d, dict) and k in d]
    return ticks, max(times, default=None)


def venue_of(address):
    for part, name, read in (
            ("advanced-trade-ws.coinbase.com", "coinbase", coinbase),
            ("bybit.com/v5/public/spot", "bybit", bybit),
            ("bybit.com/v5/public/linear", "bybit-linear", bybit),
            ("stream.binance.us", "binance-us", binance)):
        if part in address:
            return name, read
    raise ValueError(address)


def expected(path):
    address, newest, frames, oversize = {}, {}, 0, 0
    for line in gzip.open(path, "rt", encoding="utf-8"):
        row = json.loads(line, parse_float=Num, parse_int=Num)
        if "addr" in row:
            address[row["conn"]] = row["addr"]
        if row["t"] != "recv":
            continue
        frames += 1
        if len(row["data"].encode()) > FRAME_MAX:
            oversize += 1
            continue
        venue, read = venue_of(address[row["conn"]])
        ticks, time = read(json.loads(row["data"], parse_float=Num,
                                      parse_int=Num))
        if time is not None:
            newest[row["conn"]] = max(time, newest.get(row["conn"], 0))
        for t in ticks:
            ms = t["ms"] if t["ms"] is not None else newest.get(row["conn"])
            yield {"venue": venue, "market": t["market"], "bid": t["bid"],
                   "ask": t["ask"], "last": t["last"], "exchange_ms": ms,
                   "recv_ms": seconds_ms(row["ts"])}
    yield {"frames": frames, "rejected": oversize}


def check(path, tool):
    out = subprocess.run([tool, path], stdout=subprocess.PIPE,
                         stderr=subprocess.DEVNULL, check=True).stdout
    lines = out.decode().splitlines()
    summary = json.loads(lines.pop())["summary"]
    want = list(expected(path))
    counts = want.pop()
    ok = True
    for i, (line, w) in enumerate(zip(lines, want)):
        got = json.loads(line, parse_float=Num)["tick"]
        if got != w or list(got) != list(w):
            print(f"{path}: tick {i}: got {got}, want {w}")
            ok = False
            break
    if len(lines) != len(want):
        print(f"{path}: {len(lines)} ticks, want {len(want)}")
        ok = False
    if summary["unknown"] != 0 or any(
            summary[k] != counts[k] for k in counts):
        print(f"{path}: {summary}, want {counts}")
        ok = False
    print(f"{os.path.basename(path)}: {counts['frames']} frames, "
          f"{len(want)} ticks, {counts['rejected']} above the frame limit: "
          f"{'equal' if ok else 'DIFFERENT'}")
    return ok and len(want) > 0


def main():
    tool = os.environ.get("MARGIND_BUILD", "build") + "/tools/ticks_dump"
    passed = failed = skipped = 0
    for name in FILES:
        path = os.path.join(DATA, "ws-frames", name)
        if not os.path.exists(path):
            print(f"{name}: skipped: no recorded data")
            skipped += 1
        elif check(path, tool):
            passed += 1
        else:
            failed += 1
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
