#!/usr/bin/env python3
"""`margind replay --frames` on the recordings: the same bytes twice and from
gcc -O0, gcc -O3 and clang; ticks as check_ticks.py reads them; the order of
ticks, timers and prices; the digest recomputed here.  Ends with
`N passed, N failed, N skipped`."""
import json
import os
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
os.chdir(ROOT)
sys.path.insert(0, "tests")
import check_ticks  # noqa: E402

DATA = os.environ.get("MARGIND_DATA", "../shared/data")
FILES = COINBASE, BYBIT, BINANCE = [os.path.join(DATA, "ws-frames", f) for f in (
    "coinbase/2026-08-09-advtrade-btc-eth.first60pct.jsonl.gz",
    "bybit/2026-08-09-v5-spot-linear.first60pct.jsonl.gz",
    "binance-us/2021-04-05-btcusd-bookticker.jsonl.gz")]
FLAVOURS = ("O0", "O3", "clang")
CONFIG = """
prices:
  units:
    ETH: {quorum: 2, age_max: 3s, dispersion_max: 2%, band_max: 10%}
    BTC: {quorum: 2, age_max: 3s, dispersion_max: 2%, band_max: 10%}
    USDT: {constant: "1", unsafe: true}
venues:
  coinbase: {markets: {ETH-USD: ETH/USD, BTC-USD: BTC/USD}}
  bybit: {markets: {ETHUSDT: ETH/USDT, BTCUSDT: BTC/USDT}}
"""
UNITS = ("ETH", "BTC", "USDT")
RULES = {"ltv": "0.8", "liquidation_threshold": "0.825"}
BOOK = {
    "book": "small", "chain_id": 31337,
    "assets": [
        {"id": "WETH", "token": "0x" + "11" * 20, "decimals": 18,
         "price": "ETH", **RULES},
        {"id": "WBTC", "token": "0x" + "22" * 20, "decimals": 8,
         "price": "BTC", **RULES},
        {"id": "USDT", "token": "0x" + "33" * 20, "decimals": 6,
         "price": "USDT", **RULES}],
    "vaults": [
        {"id": "healthy", "owner": "0x" + "aa" * 20, "method": "ratio",
         "collateral": [{"asset": "WETH", "amount": "10"}],
         "debt": [{"asset": "USDT", "amount": "9000"}]},
        {"id": "under", "owner": "0x" + "bb" * 20, "method": "ratio",
         "collateral": [{"asset": "WBTC", "amount": "1"}],
         "debt": [{"asset": "USDT", "amount": "60000"}]}],
}

passed = failed = skipped = 0


def verdict(name, ok, more=""):
    global passed, failed
    passed, failed = passed + bool(ok), failed + (not ok)
    print(f"{'ok    ' if ok else 'FAILED'} {name} {more}", flush=True)


def keccak256(data):
    """Straight from the specification, unlike base/keccak.c."""
    def rol(v, n):
        return ((v << n) | (v >> (64 - n))) & (2**64 - 1) if n else v

    lanes = [[0] * 5 for _ in range(5)]
    data += b"\x01" + b"\0" * (-(len(data) + 1) % 136)
    data = data[:-1] + bytes([data[-1] | 0x80])
    for at in range(0, len(data), 136):
        for i in range(17):
            lanes[i % 5][i // 5] ^= int.from_bytes(
                data[at + 8 * i:at + 8 * i + 8], "little")
        lfsr = 1
        for _ in range(24):
            c = [a[0] ^ a[1] ^ a[2] ^ a[3] ^ a[4] for a in lanes]
            for x in range(5):
                d = c[x - 1] ^ rol(c[(x + 1) % 5], 1)
                for y in range(5):
                    lanes[x][y] ^= d
            x, y, current = 1, 0, lanes[1][0]
            for t in range(24):
                x, y = y, (2 * x + 3 * y) % 5
                current, lanes[x][y] = lanes[x][y], rol(
                    current, (t + 1) * (t + 2) // 2 % 64)
            for y in range(5):
                row = [lanes[x][y] for x in range(5)]
                for x in range(5):
                    lanes[x][y] = row[x] ^ (~row[(x + 1) % 5] &
                                            row[(x + 2) % 5])
            for j in range(7):
                lfsr = ((lfsr << 1) ^ ((lfsr >> 7) * 0x71)) % 256
                if lfsr & 2:
                    lanes[0][0] ^= 1 << ((1 << j) - 1)
    return b"".join(lanes[i % 5][i // 5].to_bytes(8, "little")
                    for i in range(4))


def replay(flavour, files, *more, code=0):
    build = "build" if flavour is None else f"build/{flavour}"
    p = subprocess.run([f"{build}/margind", "replay", "--frames",
                        ",".join(files), "--json", *more],
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                       check=False)
    if p.returncode != code:
        raise RuntimeError(f"exit code {p.returncode}: {p.stderr.decode()}")
    return p.stdout


def parsed(out):
    return [json.loads(line, parse_float=check_ticks.Num)
            for line in out.splitlines()]


def check_against_python(name, path):
    out = replay(None, [path])
    rows = parsed(out)
    want = list(check_ticks.expected(path))
    counts = want.pop()
    got = [r["tick"] for r in rows if "tick" in r]
    verdict(f"{name}: ticks", got == want, f"{len(got)} ticks")
    s = rows[-1]["summary"]
    verdict(f"{name}: summary", list(s) == [
        "frames", "ticks", "ignored", "unknown", "rejected", "gaps",
        "digest"] and
        s["frames"] == counts["frames"] and s["ticks"] == len(want) and
        s["unknown"] == {} and
        sum(s["rejected"].values()) == counts["rejected"])
    body = out[:out.rstrip(b"\n").rindex(b"\n") + 1]
    if len(body) < 400000:
        verdict(f"{name}: digest", s["digest"] ==
                "0x" + keccak256(body).hex(), f"{len(body)} bytes")
    return rows


def check_order(name, rows, units):
    """Timers at each whole second, before the frames of that instant; time
    never runs backwards; sequence = instant x 1024."""
    now, timers, bad = 0, {}, []
    for r in rows:
        if "tick" in r:
            at = int(r["tick"]["recv_ms"])
            first = at if now == 0 else None
            if first is not None:
                begin = at
        elif "price" in r:
            at = int(r["price"]["as_of"])
            if at % 1000 == 0:
                timers.setdefault(at, []).append(r["price"]["asset"])
        elif "attestation" in r:
            m = r["attestation"]["message"]
            at = int(m["asOf"])
            if int(m["sequence"]) != at * 1024 or \
                    r["attestation"]["signatures"] != []:
                bad.append(m["sequence"])
        else:
            continue
        if at < now:
            bad.append(at)
        now = at
    seconds = range((begin + 999) // 1000 * 1000, now + 1, 1000)
    missing = [s for s in seconds if timers.get(s, [])[:len(units)] !=
               list(units)]
    verdict(f"{name}: order", not bad and not missing,
            f"{len(timers)} timers, bad {bad[:3]}, missing {missing[:3]}")


def check_flavours(name, files, *more):
    first = replay(None, files, *more)
    outs = [replay(f, files, *more) for f in (None, *FLAVOURS)]
    verdict(f"{name}: the same bytes twice and from gcc -O2, {FLAVOURS}",
            all(o == first for o in outs) and len(first) > 1000,
            f"{len(first)} bytes {parsed(first)[-1]['summary']['digest']}")
    return first


def instant(row):
    if "tick" in row:
        return int(row["tick"]["recv_ms"])
    return int(row["price"]["as_of"]) if "price" in row else None


def rfc3339(ms):
    seconds = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(ms // 1000))
    return f"{seconds}.{ms % 1000:03}Z"


def check_window(rows, files, *more):
    """A window prints what all of it prints there, and nothing else."""
    times = [t for t in map(instant, rows) if t is not None]
    begin = (times[0] + (times[-1] - times[0]) // 3) // 1000 * 1000
    for n, (first, end) in enumerate(((begin, begin + 4000),
                                      (begin, None), (None, begin))):
        args = ["--from", str(first)] if first else []
        args += ["--until", rfc3339(end) if n == 0 else str(end)] if end \
            else []
        got = parsed(replay(None, files, *more, *args))
        want = [r for r in rows if instant(r) is not None and
                (first or 0) <= instant(r) < (end or 2**63)]
        shown = [r for r in got if instant(r) is not None]
        s = got[-1]["summary"]
        verdict(f"window {args}", shown == want and len(want) > 50 and
                s["ticks"] == sum("tick" in r for r in want),
                f"{len(shown)} of {len(want)} lines")
    got = parsed(replay(None, files, *more, "--from", str(times[-1] + 1)))
    verdict("a window behind the last frame", len(got) == 1 and
            got[0]["summary"]["frames"] == 0)


GAP_CONFIG = """
prices:
  units:
    BTC: {quorum: 1, age_max: 30s, dispersion_max: 2%%, band_max: 10%%}
    ETH: {quorum: 1, age_max: 30s, dispersion_max: 2%%, band_max: 10%%}
venues:
  %s: {markets: {%s: BTC/USD, %s: ETH/USD}}
"""


def void_run(folder, venue, symbols, address, frames):
    """What a replay of (connection, second, message) prints; messages may be
    text."""
    path, config = (os.path.join(folder, f) for f in ("gap.jsonl",
                                                      "gap.yaml"))
    open(config, "w").write(GAP_CONFIG % (venue, *symbols))
    lines = [{"t": "connect", "conn": c, "ts": 1000, "addr": address}
             for c in sorted({f[0] for f in frames})]
    lines += [{"t": "recv", "conn": c, "ts": ts, "data": m if
               isinstance(m, str) else json.dumps(m)} for c, ts, m in frames]
    open(path, "w").write("\n".join(json.dumps(x) for x in lines) + "\n")
    return parsed(replay(None, [path], "--config", config))


def price_states(rows, unit):
    """(status, as_of) where the status is another than before."""
    out = []
    for r in rows:
        p = r.get("price")
        if p and p["asset"] == unit and (not out or
                                         out[-1][0] != p["status"]):
            out.append((p["status"], int(p["as_of"])))
    return out


def coinbase(sequence, ts, product=None):
    m = {"timestamp": f"1970-01-01T00:16:{ts - 960:09.6f}Z",
         "sequence_num": sequence, "channel": "heartbeats", "events": []}
    if product:
        m["channel"] = "ticker"
        m["events"] = [{"tickers": [{"product_id": product, "price": "100",
                                     "best_bid": "100", "best_ask": "101"}]}]
    return m


def check_gap(folder):
    """A message that is missing voids the books that its connection said, as
    in the live service; another connection's stay."""
    rows = void_run(folder, "coinbase", ("BTC-USD", "ETH-USD"),
                    "wss://advanced-trade-ws.coinbase.com", [
                        ("a", 1001.1, coinbase(4, 1001.0, "BTC-USD")),
                        ("b", 1001.2, coinbase(0, 1001.0, "ETH-USD")),
                        ("a", 1001.3, coinbase(5, 1001.2)),
                        ("a", 1001.4, coinbase(5, 1001.2)),
                        ("a", 1002.5, coinbase(7, 1002.4)),
                        ("a", 1002.6, coinbase(8, 1002.5)),
                        ("b", 1002.9, coinbase(1, 1002.8))])
    verdict("a gap voids the connection's books",
            price_states(rows, "BTC")[-1] == ("REFUSED", 1002500),
            price_states(rows, "BTC"))
    verdict("and no other's", price_states(rows, "ETH")[-1][0] == "DEGRADED"
            and rows[-1]["summary"]["gaps"] == 1, rows[-1])


def check_unread(folder):
    """Of books that are told by their changes one that cannot be read voids
    all of the connection's, whatever its heart beats."""
    def book(symbol, side=("buy", "100"), more=None):
        return {"type": "l2_updates", "symbol": symbol, "changes": [
            [*side, "1"], *([["sell", "101", "1"]] if more else [])],
            **(more or {})}
    beat = {"type": "heartbeat", "timestamp": 1001000}
    frames = [("a", 1001.1, beat), ("a", 1001.2, book("BTCUSD", more={
        "trades": []})), ("b", 1001.1, beat),
        ("b", 1001.2, book("ETHUSD", more={"trades": []})),
        ("a", 1002.5, book("BTCUSD", ("buy", "0"))),
        ("a", 1003.1, {**beat, "timestamp": 1003000}),
        ("b", 1003.2, {**beat, "timestamp": 1003000})]
    rows = void_run(folder, "gemini", ("BTCUSD", "ETHUSD"),
                    "wss://api.gemini.com/v2/marketdata", frames)
    verdict("an unreadable change voids the connection's books",
            price_states(rows, "BTC")[-1] == ("REFUSED", 1002500) and
            price_states(rows, "ETH")[-1][0] == "DEGRADED" and
            rows[-1]["summary"]["rejected"] == {"range": 1}, rows[-1])


def check_empty_side(folder):
    """A ticker with an empty side and a last price voids the book, and the
    trade stands in for nothing: neither before there was a book."""
    def ticker(channel, bid, ask, ts):
        return [channel, [bid, 1, ask, 1, 0, 0, 100.5, 1, 1, 1],
                int(ts * 1000)]
    frames = [("a", 1e9 + 0.5, {
        "event": "subscribed", "channel": "ticker", "chanId": n,
        "symbol": s, "pair": s[1:]}) for n, s in ((1, "tBTCUSD"),
                                                  (2, "tETHUSD"))]
    frames += [("a", ts, ticker(n, bid, ask, ts)) for ts, n, bid, ask in (
        (1e9 + 1, 1, 100, 101), (1e9 + 1.1, 2, None, 101),
        (1e9 + 2.5, 1, 100, None), (1e9 + 3.5, 2, 100, 101))]
    rows = void_run(folder, "bitfinex", ("tBTCUSD", "tETHUSD"),
                    "wss://api-pub.bitfinex.com/ws/2", frames)
    verdict("an empty side voids the book",
            price_states(rows, "BTC")[-2:] == [
                ("DEGRADED", 1000000001000), ("REFUSED", 1000000002500)],
            price_states(rows, "BTC"))
    verdict("and a trade does not stand in for one",
            price_states(rows, "ETH")[-1] == ("DEGRADED", 1000000003500),
            price_states(rows, "ETH"))


def check_many(folder):
    """A venue that takes us and falls over, for half a day; a recording of a
    hundred files; and more files than are taken."""
    book = json.dumps({
        "event": "data", "channel": "order_book_btcusd", "data": {
            "timestamp": "1000", "microtimestamp": "1000000000",
            "bids": [["100.0", "1"]], "asks": [["101.0", "1"]]}})

    def lines(conn, ts, more):
        return "".join(json.dumps({"conn": conn, "ts": ts, **m}) + "\n"
                       for m in ({"t": "connect", "addr":
                                  "wss://ws.bitstamp.net", **more},
                                 {"t": "recv", "data": book}))
    path = os.path.join(folder, "many.jsonl")
    with open(path, "w") as out:
        for i in range(3000):
            out.write(lines(f"c{i}", 1000 + i / 100, {}))
    summary = parsed(replay(None, [path]))[-1]["summary"]
    verdict("3,000 connections of one file", summary["ticks"] == 3000 and
            summary["unknown"] == {} and summary["rejected"] == {}, summary)
    paths = [os.path.join(folder, f"part-{i:05}.jsonl") for i in range(1025)]
    for i, part in enumerate(paths):
        with open(part, "w") as out:
            out.write(lines("c", 1000 + i / 100, {"continued": True}
                            if i > 0 else {}))
    summary = parsed(replay(None, paths[:1024]))[-1]["summary"]
    verdict("1,024 files", summary["ticks"] == 1024, summary)
    verdict("and no more", replay(None, paths, code=2) == b"")


def check_accepted(folder):
    """Coinbase and Bybit on one timeline, USDT declared."""
    config = os.path.join(folder, "constant.yaml")
    open(config, "w").write(CONFIG)
    out = check_flavours("aligned", [COINBASE, BYBIT], "--align",
                         "--config", config)
    rows = parsed(out)
    prices = [r["price"] for r in rows if "price" in r]
    for unit in ("ETH", "BTC"):
        good = [p for p in prices if p["asset"] == unit and
                p["status"] == "DEGRADED" and p["sources"] == 2 and
                float(p["low"]) <= float(p["mid"]) <= float(p["high"])]
        verdict(f"aligned: {unit} is accepted", len(good) > 5,
                f"{len(good)} prices")
    first = {}
    for r in rows:
        if "tick" in r:
            first.setdefault(r["tick"]["venue"].split("-")[0],
                             r["tick"]["recv_ms"])
    verdict("aligned: both begin together",
            abs(first["coinbase"] - first["bybit"]) < 5000, first)
    check_order("aligned", rows, UNITS)
    check_window(rows, [COINBASE, BYBIT], "--align", "--config", config)

    json.dump(BOOK, open(os.path.join(folder, "book.json"), "w"))
    config = os.path.join(folder, "book.yaml")
    open(config, "w").write("book: {file: book.json, vaults_max: 8}" + CONFIG)
    out = check_flavours("book", [COINBASE, BYBIT], "--align",
                         "--config", config)
    headers = [r["attestation"]["message"] for r in parsed(out)
               if "attestation" in r]
    with_values = [h for h in headers if h["vaultCount"] == "2" and
                   h["verdictCount"] == "1" and h["status"] == "1" and
                   int(h["collateralValue"]) > 80000 * 10**18 and
                   int(h["debtValue"]) == 69000 * 10**18]
    verdict("book: attestations with vaults and a verdict",
            len(with_values) > 5, f"{len(with_values)} of {len(headers)}")


def check_bad_input(folder):
    path = os.path.join(folder, "bad.jsonl")
    line = {"t": "recv", "conn": "c", "ts": 1786309548.5,
            "data": '{"channel":"ticker","events":[{"tickers":[{'}
    connect = {"t": "connect", "conn": "c", "ts": 1786309548.0,
               "addr": "wss://advanced-trade-ws.coinbase.com"}
    with open(path, "w") as f:
        f.write("\n".join([json.dumps(connect), json.dumps(line), "{]",
                           json.dumps(line), ""]))
    p = subprocess.run(["build/margind", "replay", "--frames", path,
                        "--json"], stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, check=False)
    s = parsed(p.stdout)[-1]["summary"]
    verdict("bad lines are named and passed over", p.returncode == 1 and
            f"{path}:3: ".encode() in p.stderr and
            p.stderr.count(b"\n") == 1 and s["frames"] == 2 and
            s["rejected"] == {"syntax": 2}, p.stderr)
    cut = os.path.join(folder, "cut.jsonl.gz")
    open(cut, "wb").write(open(COINBASE, "rb").read()[:100000])
    p = subprocess.run(["build/margind", "replay", "--frames", cut, "--json"],
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                       check=False)
    verdict("a file that is cut short", p.returncode == 1 and
            p.stderr.count(b"\n") == 1 and b"cut short" in p.stderr and
            parsed(p.stdout)[-1]["summary"]["frames"] > 10, p.stderr)
    for args, code in (([], 2), (["--frames", "a,,b"], 2),
                       (["--frames", path, "--journal", folder], 2),
                       (["--frames", path, "--speed", "0"], 2),
                       (["--frames", path, "--from", "yesterday"], 2),
                       (["--frames", path, "--from", "5", "--until", "5"], 2),
                       (["--frames", path, "--config", path], 3),
                       (["--frames", path + ".gone"], 1),
                       (["--journal", folder], 1)):
        p = subprocess.run(["build/margind", "replay", *args],
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                           check=False)
        verdict(f"exit code {code} for {args[::2]}", p.returncode == code and
                p.stdout == b"" and p.stderr.count(b"\n") >= 1,
                p.stderr.decode().strip())


def main():
    global skipped
    missing = [f for f in FILES if not os.path.exists(f)]
    if missing:
        print(f"{missing[0]}: skipped: no recorded data")
        print("0 passed, 0 failed, 1 skipped")
        return 0
    make = ["make", "--no-print-directory", f"-j{os.cpu_count() or 2}"]
    subprocess.run(make + ["all"], check=True)
    for flavour in FLAVOURS:
        subprocess.run(make + [f"flavour-{flavour}", "GOAL=all"], check=True)
    verdict("keccak256 here", keccak256(b"").hex() ==
            "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470")
    for name, path in zip(("coinbase", "bybit", "binance-us"), FILES):
        rows = check_against_python(name, path)
        check_order(name, rows, UNITS)
        check_flavours(name, [path])
    with tempfile.TemporaryDirectory() as folder:
        check_accepted(folder)
        check_gap(folder)
        check_many(folder)
        check_unread(folder)
        check_empty_side(folder)
        check_bad_input(folder)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
