#!/usr/bin/env python3
"""`margind record` against `margind sim`, then `margind replay --frames` of
what was recorded: each tick as the readers of check_ticks.py read it from the
recorded frames, and each book as the script's prices make it.  The recording
rotates; each file stands alone, and all of them together are one.  Then every
venue of the table, so that each has its ticks checked by its own reader, be
there a recording of it or not.  Ends with `N passed, N failed, N skipped`."""
import base64
import contextlib
import gzip
import hashlib
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
os.chdir(ROOT)
sys.path.insert(0, "tests")
import check_ticks  # noqa: E402
import check_venues  # noqa: E402
from ticks_readers import Num, line as tick_line, seconds_ms  # noqa: E402

MARGIND = os.path.abspath(os.environ.get("MARGIND", "build/margind"))
BASES = {f"A{i:02}": str(1000 + i) for i in range(30)}
PATH = {"coinbase": "/", "binance": "/stream"}
SPREAD = Decimal("0.0004")
READERS = {name: r.read for r in check_ticks.READERS for _, name in r.VENUES}
passed = failed = skipped = 0


def verdict(name, ok, more=""):
    global passed, failed
    passed, failed = passed + bool(ok), failed + (not ok)
    print(f"{'ok    ' if ok else 'FAILED'} {name} {more}", flush=True)


def symbol(venue, base):
    return {"coinbase": base + "-USD", "binance": base + "USD"}[venue]


def script():
    """Prices that stand still: every book is known."""
    return {"seed": 1, "tick_ms": 10, "noise": "0", "spread": str(SPREAD),
            "prices": BASES, "events": [
                {"at": 2, "drop": {"venue": "binance"}}],
            "venues": [{"venue": v, "port": 0, "symbols": {
                symbol(v, b): {"base": b, "quote": "USD"} for b in BASES}}
                for v in ("coinbase", "binance")]}


def config(ports):
    lines = ["prices:", "  units:"]
    lines += [f"    {b}: {{quorum: 1, age_max: 3s, dispersion_max: 2%, "
              "band_max: 10%}" for b in BASES]
    lines += ["venues:"]
    for venue, port in ports.items():
        lines += [f"  {venue}:", f"    url: ws://127.0.0.1:{port}{PATH[venue]}",
                  "    markets:"]
        lines += [f"      {symbol(venue, b)}: {b}/USD" for b in BASES]
    return "\n".join(lines) + "\n"


def expected(files):
    """The ticks of the recorded frames, in order of receipt."""
    newest, memory, rows = {}, {}, []
    for n, path in enumerate(files):
        venue, known = {}, set()
        for i, line in enumerate(gzip.open(path, "rt", encoding="utf-8")):
            row = json.loads(line, parse_float=Num, parse_int=Num)
            conn = row["conn"]
            if row["t"] == "connect":
                venue[conn] = row["venue"]
                known.add(conn)
                if not row.get("continued"):
                    newest.pop(conn, None)
                    memory[conn] = {}
            if conn not in known:
                raise ValueError(f"{path}: {conn} comes from nowhere")
            if row["t"] == "recv":
                rows.append((seconds_ms(row["ts"]), n, i, conn, venue[conn],
                             row["data"]))
    for ms, _, _, conn, venue, data in sorted(rows):
        message, _ = check_ticks.message_of({"data": data})
        ticks, at = READERS[venue](message, memory[conn])
        if at is not None:
            newest[conn] = max(at, newest.get(conn, 0))
        for t in ticks:
            yield tick_line(venue, t, t["ms"] if t["ms"] is not None else
                            newest.get(conn), ms)


def replay(files, *more):
    p = subprocess.run([MARGIND, "replay", "--frames", ",".join(files),
                        "--json", *more], stdout=subprocess.PIPE, check=True)
    return [json.loads(line, parse_float=Num) for line in
            p.stdout.splitlines()]


def book_of(base):
    price, half, unit = Decimal(BASES[base]), SPREAD / 2, Decimal("0.01")
    return ((price * (1 - half)).quantize(unit, ROUND_FLOOR),
            (price * (1 + half)).quantize(unit, ROUND_CEILING))


def check_replay(files, path):
    rows = replay(files, "--config", path)
    got = [r["tick"] for r in rows if "tick" in r]
    want = list(expected(files))
    verdict("replay gives the recorded ticks", got == want and
            len(got) > 1000, f"{len(got)} of {len(want)}")
    wrong = [t for t in got if t["bid"] is not None and
             (Decimal(t["bid"]), Decimal(t["ask"])) !=
             book_of(t["market"][:3])]
    verdict("each book is the script's", not wrong, wrong[:1])
    s = rows[-1]["summary"]
    verdict("nothing is unknown or rejected", s["unknown"] == {} and
            s["rejected"] == {}, s)
    alone = sum(sum("tick" in r for r in replay([f], "--config", path))
                for f in files)
    verdict("files one by one give the same number", alone == len(want),
            f"{alone}")
    prices = [r["price"] for r in rows if "price" in r]
    good = [p for p in prices if p["sources"] == 2 and p["status"] == "OK" and
            abs(Decimal(p["mid"]) / Decimal(BASES[p["asset"]]) - 1) < SPREAD]
    verdict("prices of two venues", len(good) > 30, f"{len(good)}")


def swapped(text, venue, a, b):
    """Each of two bases priced by the other's market, as if it were meant."""
    for of, now in ((a, b), (b, a)):
        name = symbol(venue, of)
        text = text.replace(f"{name}: {of}/USD",
                            f"{name}: {{pair: {now}/USD, named: {name}}}")
    return text


def check_shadow(folder, files, path):
    """`margind shadow` over the recording: itself, then a config in which two
    bases changed places at every venue: 1,001 instead of 1,000."""
    def shadow(*args):
        if "--against" not in args:
            args = ("--against", path, *args)
        p = subprocess.run([MARGIND, "shadow", "--frames", ",".join(files),
                            "--json", *args],
                           stdout=subprocess.PIPE, check=False)
        return p.returncode, [json.loads(x) for x in p.stdout.splitlines()]
    code, rows = shadow("--config", path, "--max", "0%")
    verdict("shadow: itself is the same", code == 0 and len(rows) == 1 and
            rows[0]["summary"]["units"] == len(BASES) and
            rows[0]["summary"]["batches"] > 100, rows[-1])
    other = os.path.join(folder, "other.yaml")
    text = open(path).read()
    for venue in ports_venues(text):
        text = swapped(text, venue, "A00", "A01")
    open(other, "w").write(text)
    code, rows = shadow("--config", other, "--max", "0.09%")
    units = {r["unit"]["unit"]: r["unit"] for r in rows if "unit" in r}
    verdict("shadow: two units that changed places", code == 1 and
            set(units) == {"A00", "A01"} and
            units["A00"]["worst_bp"] == "10" and
            Decimal(units["A00"]["worst"]["new"]["mid"]) > 1000, rows[-1])
    # Once every market was heard: before that one of the two has no price.
    code, rows = shadow("--config", other, "--max", "0.1%", "--from",
                        str(int(rows[-1]["summary"]["begin"]) + 1500))
    verdict("shadow: within its bound", code == 0 and len(rows) == 3)
    check_shadow_moved(folder, path, shadow)
    check_shadow_vaults(folder, path, shadow)
    code, rows = shadow("--config", path + ".gone")
    verdict("shadow: no config", code == 3 and rows == [])


def check_shadow_moved(folder, path, shadow):
    """One venue dialled elsewhere: these frames are not its."""
    text, moved = open(path).read(), os.path.join(folder, "moved.yaml")
    venue = ports_venues(text)[0]
    place = text.index(f"  {venue}:")
    open(moved, "w").write(text[:place] + text[place:].replace(
        "ws://127.0.0.1:", "ws://localhost:", 1))
    code, rows = shadow("--config", moved)
    unheard = rows[-1]["summary"]["unheard"]
    verdict("shadow: a venue that moved is not heard", code == 1 and
            len(unheard) == len(BASES) and
            all(x.startswith(venue + " ") for x in unheard), unheard[:2])


def check_shadow_vaults(folder, path, shadow):
    """One vault that is sound while A29 is 1,029 and not where it is 1,000."""
    rules = {"ltv": "0.82", "liquidation_threshold": "0.825"}
    json.dump({"book": "small", "chain_id": 1, "assets": [
        {"id": b, "token": "0x" + f"{i + 1:040x}", "decimals": 18, **rules}
        for i, b in enumerate(("A29", "A02"))], "vaults": [
        {"id": "v1", "owner": "0x" + "aa" * 20, "method": "ratio",
         "collateral": [{"asset": "A29", "amount": "1"}],
         "debt": [{"asset": "A02", "amount": "0.83"}]}]},
        open(os.path.join(folder, "book.json"), "w"))
    text = "book: {file: book.json, vaults_max: 8}\n" + open(path).read()
    old, new = (os.path.join(folder, f) for f in ("old.yaml", "new.yaml"))
    open(old, "w").write(text)
    for venue in ports_venues(text):
        text = swapped(text, venue, "A00", "A29")
    open(new, "w").write(text)
    code, rows = shadow("--config", new, "--against", old, "--max", "10%")
    vaults = [r["vault"] for r in rows if "vault" in r]
    verdict("shadow: a vault's verdict", code == 1 and len(vaults) == 1 and
            vaults[0]["name"] == "v1" and vaults[0]["last"]["old"] ==
            "HEALTHY" and vaults[0]["last"]["new"] == "LIQUIDATABLE" and
            rows[-1]["summary"]["vaults"] == 1, vaults)
    book = json.load(open(os.path.join(folder, "book.json")))
    book["vaults"].append(dict(book["vaults"][0], id="v2"))
    json.dump(book, open(os.path.join(folder, "more.json"), "w"))
    open(new, "w").write(open(old).read().replace("book.json", "more.json"))
    code, rows = shadow("--config", new, "--against", old)
    only = [r["only"] for r in rows if "only" in r]
    verdict("shadow: a vault of one book alone", code == 1 and
            [(o["in"], o["name"]) for o in only] == [("new", "v2")] and
            rows[-1]["summary"]["vaults_only_new"] == 1 and
            rows[-1]["summary"]["units_differ"] == 0, rows[-1])


def ports_venues(text):
    return [v for v in PATH if f"  {v}:" in text]


def record(folder, *args):
    return subprocess.run([MARGIND, "record", *args], cwd=folder,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          check=False, timeout=60)


def check_recording(folder, ports):
    path = os.path.join(folder, "margind.yaml")
    open(path, "w").write(config(ports))
    first = os.path.join(folder, "r-00001.jsonl.gz")
    open(first, "w").write("an older one")
    p = record(folder, "--config", path, "--out", "r", "--rotate", "1",
               "--seconds", "5")
    summary = json.loads(p.stdout)["record"] if p.returncode == 0 else {}
    files = sorted(os.path.join(folder, f) for f in os.listdir(folder)
                   if f.startswith("r-"))[1:]
    verdict("it rotates, and leaves what is there", p.returncode == 0 and
            len(files) == summary["files"] >= 2 and
            open(first).read() == "an older one" and
            files[-1].endswith(summary["last_file"]), p.stderr.decode()[-200:])
    lines = [json.loads(x) for f in files for x in gzip.open(f, "rt")]
    kinds = [x["t"] for x in lines]
    verdict("its summary", len(lines) == summary["lines"] and
            kinds.count("recv") == summary["frames"], summary)
    sent = [json.loads(x["data"]) for x in lines if x["t"] == "send"]
    verdict("it has the subscribe messages", any(
        "A00-USD" in s.get("product_ids", []) for s in sent) and any(
        s.get("method") == "SUBSCRIBE" for s in sent), f"{len(sent)} sent")
    conns = {x["conn"] for x in lines}
    verdict("the venue that dropped us is another connection later",
            len([c for c in conns if c.startswith("binance.")]) == 2, conns)
    check_replay(files, path)
    check_shadow(folder, files, path)
    return path


# A symbol of each venue; %s is a base, in its case.
SYMBOLS = {
    "coinbase": "%s-USD", "coinbase-exchange": "%s-USD", "kraken": "%s/USD",
    "kraken-v1": "%s/USD", "kraken-futures": "PF_%sUSD", "binance": "%sUSDT",
    "binance-us": "%sUSDT", "binance-usdm": "%sUSDT",
    "binance-usdm-market": "%sUSDT", "bybit": "%sUSDT",
    "bybit-linear": "%sUSDT", "okx": "%s-USDT-SWAP", "okcoin": "%s-USD",
    "deribit": "%s-PERPETUAL", "bitmex": "%sUSD", "kucoin": "%s-USDT",
    "gateio": "%s_USDT", "crypto-com": "%s_USDT", "gemini": "%sUSD",
    "bitstamp": "%susd", "bitfinex": "t%sUSD"}
FEW = {"ABC": "2000", "XYZ": "0.5"}


def symbol_of(venue, base):
    return SYMBOLS[venue] % (base.lower() if venue == "bitstamp" else base)


def every_config(rows, ports):
    """Each venue at the simulator, by the path that its own address has."""
    lines = ["prices:", "  units:"]
    lines += [f"    {b}: {{quorum: 1, age_max: 3s, dispersion_max: 2%, "
              "band_max: 10%}" for b in FEW]
    lines += ["venues:"]
    for row in rows:
        name, token = row["name"], row.get("token_url")
        path = "/".join((token or row["url"]).split("/")[3:])
        lines += [f"  {name}:", "    " +
                  ("token_url: http" if token else "url: ws") +
                  f"://127.0.0.1:{ports[name]}/{path}", "    markets:"]
        for symbol, base in ((symbol_of(name, b), b) for b in FEW):
            # The script's prices are in USD whatever the symbol says.
            lines.append(f"      {symbol}: {{pair: {base}/USD, named: "
                         f"\"{symbol}\"}}" if "USDT" in symbol or
                         "PERP" in symbol else
                         f"      {symbol}: {base}/USD")
    return "\n".join(lines) + "\n"


def check_every_venue(folder):
    rows = [r for r in check_venues.rows() if "retired" not in r]
    verdict("each venue has a reader and a symbol", all(
        r["name"] in READERS and r["name"] in SYMBOLS for r in rows),
        f"{len(rows)} venues")
    name = os.path.join(folder, "every.json")
    json.dump({"seed": 2, "tick_ms": 50, "noise": "0.0003",
               "spread": str(SPREAD), "heartbeat_s": 1, "prices": FEW,
               "venues": [{"venue": r["name"], "port": 0, "symbols": {
                   symbol_of(r["name"], b): {"base": b, "quote": "USD"}
                   for b in FEW}} for r in rows]}, open(name, "w"))
    with simulator(name) as ports:
        path = os.path.join(folder, "every.yaml")
        open(path, "w").write(every_config(rows, ports))
        p = record(folder, "--config", path, "--out", "every", "--seconds",
                   "5")
    files = [os.path.join(folder, f) for f in sorted(os.listdir(folder))
             if f.startswith("every-")]
    verdict("every venue is recorded", p.returncode == 0 and len(files) == 1,
            p.stderr.decode()[-200:])
    got, want = replay(files), list(expected(files))
    s = got[-1]["summary"]
    verdict("nothing of any venue is unknown or rejected",
            s["unknown"] == {} and s["rejected"] == {}, s)
    for r in rows:
        mine = [x["tick"] for x in got if "tick" in x and
                x["tick"]["venue"] == r["name"]]
        its = [t for t in want if t["venue"] == r["name"]]
        markets = {t["market"] for t in mine}
        first = next((pair for pair in zip(mine, its) if pair[0] != pair[1]),
                     "")
        verdict(f"{r['name']}: each tick as its reader reads it",
                mine == its and len(mine) >= 10 and
                markets == {symbol_of(r["name"], b) for b in FEW},
                f"{len(mine)} of {len(its)} {first}")


def check_one_venue(folder, ports):
    url = f"ws://127.0.0.1:{ports['coinbase']}/"
    p = record(folder, "--venue", "coinbase", "--symbols",
               "A01-USD,A02-USD", "--url", url, "--out", "one", "--seconds",
               "2")
    rows = replay([os.path.join(folder, "one-00001.jsonl.gz")])
    seen = {r["tick"]["market"] for r in rows if "tick" in r}
    verdict("one venue without a config", p.returncode == 0 and
            seen == {"A01-USD", "A02-USD"}, seen)


def check_stop(folder, path):
    p = subprocess.Popen([MARGIND, "record", "--config", path, "--out",
                          "stop"], cwd=folder, stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE)
    time.sleep(1.5)
    p.send_signal(signal.SIGINT)
    out, _ = p.communicate(timeout=10)
    name = os.path.join(folder, json.loads(out)["record"]["last_file"])
    last = gzip.open(name, "rt").read().splitlines()[-1]
    verdict("SIGINT ends it with a whole file", p.returncode == 0 and
            json.loads(last)["t"] == "recv")


CHAIN = """
prices:
  units:
    ETH: {quorum: 1, age_max: 1h, dispersion_max: 2%, band_max: 10%}
venues:
  chainlink:
    markets:
      ETH-USD: {pair: ETH/USD, age_max: 1h,
        contract: "0x5fbdb2315678afecb367f032d93f642f64180aa3"}
chain: {rpc: ["http://127.0.0.1:8545"], chain_id: 31337, depth: 0,
  poll: 1s, head_age_max: 8s}
"""


class Server:
    """A venue on a port of its own: `play` gets each connection, its number
    and the answer that takes it."""

    def __init__(self, play):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.play, self.count = play, 0
        self.url = f"ws://127.0.0.1:{self.listener.getsockname()[1]}/"
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            head = b""
            while b"\r\n\r\n" not in head:
                head += peer.recv(4096)
            key = next(x.split(b":")[1].strip() for x in head.split(b"\r\n")
                       if x.lower().startswith(b"sec-websocket-key:"))
            proof = base64.b64encode(hashlib.sha1(
                key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
            self.play(peer, self.count, b"HTTP/1.1 101 Switching Protocols\r\n"
                      b"Upgrade: websocket\r\nConnection: Upgrade\r\n"
                      b"Sec-WebSocket-Accept: " + proof + b"\r\n\r\n")
            peer.close()
            self.count += 1


def frame(payload):
    return b"\x81\x7f" + struct.pack(">Q", len(payload)) + payload


def subscribed(peer):
    """Until the client has said something."""
    return bool(peer.recv(4096))


def at(server, out, *more):
    return ("--venue", "coinbase", "--symbols", "A-USD", "--url", server.url,
            "--out", out, *more)


def check_broken(folder):
    """The folder is gone when a file is full, and the first to find out is a
    connection whose venue greets at once."""
    gone = os.path.join(folder, "gone")
    os.mkdir(gone)

    def play(peer, number, answer):
        if number > 0:
            shutil.rmtree(gone, ignore_errors=True)
            peer.sendall(answer + frame(b"welcome") * 3)
            peer.settimeout(5)
            subscribed(peer)
            return
        peer.sendall(answer)
        subscribed(peer)
        for _ in range(5):
            peer.sendall(frame(b"x" * 230000))
        peer.shutdown(socket.SHUT_WR)
        while subscribed(peer):
            pass
    server = Server(play)
    p = record(folder, *at(server, "gone/r", "--rotate", "1", "--seconds",
                           "10"))
    server.listener.close()
    verdict("a file that cannot be begun ends it with 1", p.returncode == 1 and
            server.count > 0 and b"No such file" in p.stderr,
            (p.returncode, p.stderr.decode()))


def check_said(folder):
    """A venue that drops us, is not there, comes back, and sends more than is
    taken: a line for each change."""
    def play(peer, number, answer):
        peer.settimeout(5)
        if number in (1, 2):
            return
        peer.sendall(answer)
        subscribed(peer)
        time.sleep(1)
        if number == 0:
            return
        peer.sendall(frame(b"x" * (256 * 1024 + 1)))
        subscribed(peer)
    server = Server(play)
    p = record(folder, *at(server, "said", "--seconds", "8"))
    server.listener.close()
    said = [x for x in p.stderr.decode().splitlines() if
            x.startswith("coinbase: ")]
    verdict("a line for each change, none for each attempt", [
        x.split(": ")[1] for x in said] == [
            "connected", "lost", "connected",
            "a message above the cap of 262144 bytes is not kept, and ends "
            "the connection", "lost"] and server.count >= 4, said)


def check_usage(folder, path):
    chain = os.path.join(folder, "chain.yaml")
    open(chain, "w").write(CHAIN)
    for args, code in (
            (["--config", chain, "--out", "x"], 3),
            (["--venue", "chainlink", "--symbols", "ETH-USD", "--out", "x"],
             2),
            ([], 2), (["--out", "x"], 2), (["--config", path], 2),
            (["--config", path, "--venue", "okx", "--out", "x"], 2),
            (["--venue", "okx", "--out", "x"], 2),
            (["--venue", "okex", "--symbols", "A", "--out", "x"], 2),
            (["--venue", "okx", "--symbols", "A,,B", "--out", "x"], 2),
            (["--venue", "okx", "--symbols", "A", "--out", "x", "--url",
              "ws://example.com/"], 2),
            (["--config", path, "--out", "x", "--rotate", "65537"], 2),
            (["--config", path + ".gone", "--out", "x"], 3),
            (["--config", path, "--out", "none/x"], 1)):
        p = record(folder, *args)
        verdict(f"exit code {code} for {args[::2]}", p.returncode == code and
                p.stderr.count(b"\n") >= 1 and p.stdout == b"",
                p.stderr.decode().strip())


@contextlib.contextmanager
def simulator(name):
    """The ports of a script's venues, while they are served."""
    sim = subprocess.Popen([MARGIND, "sim", "--script", name],
                           stdout=subprocess.PIPE)
    try:
        yield {v["venue"]: v["port"] for v in
               json.loads(sim.stdout.readline())["sim"]}
    finally:
        sim.terminate()
        sim.wait()


def main():
    if not os.path.exists(MARGIND):
        print(f"{MARGIND} is not built\n0 passed, 1 failed")
        return 1
    with tempfile.TemporaryDirectory() as folder:
        name = os.path.join(folder, "script.json")
        json.dump(script(), open(name, "w"))
        with simulator(name) as ports:
            path = check_recording(folder, ports)
            check_one_venue(folder, ports)
            check_stop(folder, path)
            check_usage(folder, path)
            check_broken(folder)
            check_said(folder)
        check_every_venue(folder)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
