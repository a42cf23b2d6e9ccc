#!/usr/bin/env python3
"""`margind run` against `margind sim`: a venue that hands out tokens (kucoin),
two that limit the symbols of a connection (bitfinex, bitmex), one that does
neither, and one that tells of a perpetual of the book (deribit), as GET
/v1/feeds and /v1/surfaces tell of them: every connection open, every market
with the price of the script, the mark, nothing refused; and a connection that
the venue closes comes back.  Ends with `N passed, N failed, N skipped`."""
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from decimal import Decimal

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
MARGIND = os.path.abspath(os.environ.get(
    "MARGIND", os.path.join(ROOT, "build/margind")))
BASES = {f"A{i:02}": str(1000 + i) for i in range(14)}
# What a connection takes: 12 symbols of bitfinex, 6 of bitmex.
CONNECTIONS = {"kucoin": 1, "bitfinex": 2, "bitmex": 3, "coinbase": 1,
               "deribit": 1}
MARKETS = [v for v in CONNECTIONS if v != "deribit"]
ADDRESS = {
    "kucoin": "token_url: http://127.0.0.1:%d/api/v1/bullet-public",
    "bitfinex": "url: ws://127.0.0.1:%d/ws/2",
    "bitmex": "url: ws://127.0.0.1:%d/realtime",
    "coinbase": "url: ws://127.0.0.1:%d/",
    "deribit": "url: ws://127.0.0.1:%d/ws/api/v2",
}
SYMBOL = {"kucoin": "%s-USD", "bitfinex": "t%sUSD", "bitmex": "%sUSD",
          "coinbase": "%s-USD", "deribit": "%s-PERPETUAL"}
PERPETUAL = "A00"
DROP_S = 8
passed = failed = 0


def verdict(name, ok, more=""):
    global passed, failed
    passed, failed = passed + bool(ok), failed + (not ok)
    print(f"{'ok    ' if ok else 'FAILED'} {name} {more}", flush=True)


def script():
    """Prices that stand still; kucoin closes what it has after a while."""
    return {"seed": 1, "tick_ms": 200, "noise": "0", "spread": "0.0004",
            "prices": BASES,
            "events": [{"at": DROP_S, "drop": {"venue": "kucoin"}}],
            "venues": [{"venue": v, "port": 0, "symbols": {
                SYMBOL[v] % b: {"base": b, "quote": "USD"} for b in
                (BASES if v in MARKETS else [PERPETUAL])}}
                for v in CONNECTIONS]}


def book():
    return {"book": "feeds", "chain_id": 31337, "vaults": [], "instruments": [
        {"id": "PERP", "kind": "perp", "underlying": PERPETUAL,
         "initial_margin_fraction": "0.1",
         "maintenance_margin_fraction": "0.05"}], "assets": [
        {"id": b, "token": f"0x{i + 1:040x}", "decimals": 18, "price": b,
         "ltv": "0.8", "liquidation_threshold": "0.825", "close_factor": "1"}
        for i, b in enumerate(BASES)]}


def config(ports, api):
    lines = ["prices:", "  units:"]
    lines += [f"    {b}: {{quorum: 2, age_max: 3s, dispersion_max: 2%, "
              "band_max: 10%}" for b in BASES]
    lines += ["venues:"]
    for venue, port in ports.items():
        lines += [f"  {venue}:", "    " + ADDRESS[venue] % port]
        if venue in MARKETS:
            lines += ["    markets:"]
            lines += [f"      {SYMBOL[venue] % b}: {b}/USD" for b in BASES]
        else:
            lines += ["    instruments:", f"      {SYMBOL[venue] % PERPETUAL}"
                      ": {id: PERP, interest: usd}"]
    return "\n".join(lines) + f"""
book: {{file: book.json}}
signer:
  keystore: key.json
  password_file: key.pass
  state: signer.state
  bound: {{base: 10%, per_second: 10%, max: 60%}}
  validity_max: 300s
  alarm: {{verdicts: 1000, value: "1000000000"}}
journal: {{dir: journal}}
api: {{listen: "127.0.0.1:{api}"}}
control: {{socket: margind.sock}}
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def write(path, text):
    with open(path, "w", encoding="utf-8", opener=lambda p, f:
              os.open(p, f, 0o600)) as out:
        out.write(text)


def margind(*args):
    return subprocess.run([MARGIND, *args], check=True, timeout=60,
                          stdout=subprocess.DEVNULL)


def ask_until(api, what, seconds, path="/v1/feeds"):
    """The first answer that `what` likes, or the last one."""
    answer, end = None, time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(
                    f"http://127.0.0.1:{api}{path}", timeout=5) as got:
                answer = json.load(got)
            if what(answer):
                return answer
        except OSError:
            pass
        time.sleep(0.1)
    return answer


def venue_of(answer, name):
    for venue in (answer or {}).get("venues", []):
        if venue["venue"] == name and venue["seen"] is not None:
            return venue
    return None


def all_open(answer):
    return all((v := venue_of(answer, name)) and v["open"] == n
               for name, n in CONNECTIONS.items()) and \
        all(m["vote"] == "counted" for m in answer["markets"])


def check_venues(answer):
    for name, connections in CONNECTIONS.items():
        venue = venue_of(answer, name)
        if not venue:
            verdict(f"{name} is told of", False)
            continue
        verdict(f"{name} has {connections} connections, all open",
                venue["connected"] and venue["open"] == connections and
                venue["connections"] == connections, json.dumps(venue))
        verdict(f"{name}: nothing is refused, unknown or unasked for",
                not any(venue["rejected"].values()) and not
                (venue["unknown"] or venue["refused"] or venue["unpinned"]))


def check_markets(answer):
    for name in MARKETS:
        markets = [m for m in answer["markets"] if m["venue"] == name]
        bad = [m for m in markets if m["vote"] != "counted" or m["mid"] is
               None or abs(Decimal(m["mid"]) / Decimal(BASES[m["base"]]) - 1)
               > Decimal("0.001")]
        verdict(f"{name}: {len(BASES)} markets at the script's price",
                len(markets) == len(BASES) and not bad, json.dumps(bad[:2]))


def mark_of(answer):
    for mark in (answer or {}).get("marks", []):
        if mark["instrument"] == "PERP":
            return mark
    return None


def check_mark(api):
    answer = ask_until(api, lambda a: (m := mark_of(a)) and m["mark"] and
                       m["funding"] and m["open_interest"], 20,
                       "/v1/surfaces")
    mark = mark_of(answer) or {}
    verdict("deribit's mark, funding and open interest are the script's",
            mark and Decimal(mark["mark"] or 0) == Decimal(BASES[PERPETUAL])
            and Decimal(mark["funding"] or 0) == Decimal("0.0001") and
            Decimal(mark["open_interest"] or 0) == 12345, json.dumps(mark))


def came_back(answer):
    venue = venue_of(answer, "kucoin")
    return bool(venue and venue["reconnects"] > 0 and venue["open"] == 1 and
                venue["last_frame"] > 0)


def log_states(name, count):
    """What the log says of a connection, once it has said so much."""
    for _ in range(100):
        with open("log", encoding="utf-8") as log:
            states = re.findall(name + ": (connected|lost)", log.read())
        if len(states) >= count:
            break
        time.sleep(0.1)
    return states


def run(api):
    service = subprocess.Popen(
        [MARGIND, "run", "--config", "margind.yaml"],
        stdout=subprocess.DEVNULL, stderr=open("log", "wb"))
    try:
        answer = ask_until(api, all_open, 30)
        check_venues(answer)
        check_markets(answer)
        check_mark(api)
        answer = ask_until(api, came_back, 20)
        verdict("kucoin comes back with another token", came_back(answer),
                json.dumps(venue_of(answer, "kucoin")))
        said = log_states("kucoin", 3)
        verdict("the log says both ends of the loss, once", said ==
                ["connected", "lost", "connected"], said)
    finally:
        service.send_signal(signal.SIGTERM)
        verdict("and the service ends with 0", service.wait(20) == 0)
    with open("log", encoding="utf-8") as log:
        text = log.read()
    for wanted in ("bitfinex #2: connected", "bitmex #3: connected"):
        verdict(f"the log says `{wanted}` once", text.count(wanted) == 1)


def main():
    with tempfile.TemporaryDirectory(prefix="margind-feeds-") as folder:
        os.chdir(folder)
        os.mkdir("journal")
        api = free_port()
        write("script.json", json.dumps(script()))
        write("book.json", json.dumps(book()))
        write("key.pass", "a password\n")
        margind("keys", "new", "--out", "key.json", "--password-file",
                "key.pass")
        with subprocess.Popen([MARGIND, "sim", "--script", "script.json"],
                              stdout=subprocess.PIPE, text=True) as sim:
            try:
                line = json.loads(sim.stdout.readline())
                write("margind.yaml", config(
                    {v["venue"]: v["port"] for v in line["sim"]}, api))
                margind("keys", "init-state", "--config", "margind.yaml")
                run(api)
            finally:
                sim.terminate()
        os.chdir(ROOT)
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
