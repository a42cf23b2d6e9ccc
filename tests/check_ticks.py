#!/usr/bin/env python3
"""Every tick of the recorded frames, digit for digit, against this file's own
reading: its own JSON, decimals and timelines, sharing nothing with the C code
but the recordings.  Ends with `N passed, N failed, N skipped`."""
import gzip
import importlib
import json
import os
import pkgutil
import subprocess
import sys
import tempfile

import ticks_readers
from ticks_readers import Num, line as tick_line, seconds_ms

os.chdir(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DATA = os.environ.get("MARGIND_DATA", "../shared/data")
FRAME_MAX = 256 * 1024


READERS = [importlib.import_module("ticks_readers." + m.name)
           for m in pkgutil.iter_modules(ticks_readers.__path__)]


def venue_of(address):
    found = [(len(part), name, r.read) for r in READERS
             for part, name in r.VENUES if part in address]
    if not found:
        raise ValueError(address)
    return max(found)[1:]


def expected(path):
    address, newest, memory, frames, oversize = {}, {}, {}, 0, 0
    for line in gzip.open(path, "rt", encoding="utf-8"):
        row = json.loads(line, parse_float=Num, parse_int=Num)
        if "addr" in row:
            address[row["conn"]] = row["addr"]
        if row["t"] == "connect":
            memory[row["conn"]] = {}
        if row["t"] != "recv":
            continue
        frames += 1
        if len(row["data"].encode()) > FRAME_MAX:
            oversize += 1
            continue
        venue, read = venue_of(address[row["conn"]])
        ticks, time = read(json.loads(row["data"], parse_float=Num,
                                      parse_int=Num),
                           memory.setdefault(row["conn"], {}))
        if time is not None:
            newest[row["conn"]] = max(time, newest.get(row["conn"], 0))
        for t in ticks:
            ms = t["ms"] if t["ms"] is not None else newest.get(row["conn"])
            yield tick_line(venue, t, ms, seconds_ms(row["ts"]))
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


def record(path, address, left_out, out):
    """A file of single frames as if one connection had heard them, one a
    second."""
    with gzip.open(out, "wt", encoding="utf-8") as o:
        o.write(json.dumps({"t": "connect", "conn": "single", "ts": 0.5,
                            "addr": address}) + "\n")
        for i, line in enumerate(open(path, encoding="utf-8")):
            row = json.loads(line)
            if not row["src"].startswith(left_out):
                o.write(json.dumps({"t": "recv", "conn": "single",
                                    "ts": i + 1, "data": row["data"]}) + "\n")


def check_single(path, address, left_out, tool):
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, os.path.basename(path) + ".gz")
        record(path, address, left_out, out)
        return check(out, tool)


def main():
    tool = os.environ.get("MARGIND_BUILD", "build") + "/tools/ticks_dump"
    passed = failed = skipped = 0
    names = [(f, ) for r in READERS for f in r.FILES]
    names += [s for r in READERS for s in getattr(r, "SINGLES", [])]
    for name, *single in sorted(names):
        path = os.path.join(DATA, "ws-frames", name)
        if not os.path.exists(path):
            print(f"{name}: skipped: no recorded data")
            skipped += 1
        elif check_single(path, *single, tool) if single else \
                check(path, tool):
            passed += 1
        else:
            failed += 1
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
