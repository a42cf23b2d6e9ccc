#!/usr/bin/env python3
"""Every tick of the recorded frames, digit for digit, against this file's own
reading: its own JSON, decimals and timelines, sharing nothing with the C code
but the recordings.  Each recording that is there has a verdict: its ticks are
equal, no frame is unknown, what is ignored or refused as too large is so by
docs/venues.md, and `margind replay` counts the same.  Ends with
`N passed, N failed, N skipped`."""
import base64
import fnmatch
import glob
import gzip
import importlib
import json
import os
import pkgutil
import subprocess
import sys
import tempfile

import check_venues
import ticks_readers
from ticks_readers import Num, line as tick_line, seconds_ms

os.chdir(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DATA = os.environ.get("MARGIND_DATA", "../shared/data")
MARGIND = os.environ.get("MARGIND", "build/margind")
FRAME_MAX = 256 * 1024


READERS = [importlib.import_module("ticks_readers." + m.name)
           for m in pkgutil.iter_modules(ticks_readers.__path__)]


def venue_of(address):
    found = [(len(part), name, r.read) for r in READERS
             for part, name in r.VENUES if part in address]
    if not found:
        raise ValueError(address)
    return max(found)[1:]


def message_of(row):
    """What a frame says, {} where that is no JSON, and its bytes."""
    if row.get("enc") == "b64":
        return {}, base64.b64decode(row["data"])
    text = row["data"]
    if text == "pong":
        return {}, text.encode()
    return json.loads(text, parse_float=Num, parse_int=Num), text.encode()


def is_too_large(venue, payload, documented):
    """One of the channels that the page lets be refused, by its name."""
    if not any(b'"%s"' % word.encode() in payload[:200]
               for word in documented[venue]["too large"]):
        raise ValueError(f"{venue}: a frame of {len(payload)} bytes")
    return True


def expected(path, documented=None):
    documented = documented or check_venues.documented()
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
        venue, read = venue_of(address[row["conn"]])
        message, payload = message_of(row)
        if len(payload) > FRAME_MAX:
            oversize += is_too_large(venue, payload, documented)
            continue
        ticks, time = read(message, memory.setdefault(row["conn"], {}))
        if time is not None:
            newest[row["conn"]] = max(time, newest.get(row["conn"], 0))
        for t in ticks:
            ms = t["ms"] if t["ms"] is not None else newest.get(row["conn"])
            yield tick_line(venue, t, ms, seconds_ms(row["ts"]))
    yield {"frames": frames, "rejected": oversize}


def check_counts(path, summary, counts, ticks, documented):
    """Every frame that is no tick is one that the page knows, here and in
    `margind replay`."""
    wrong = [f"{venue} {channel}" for venue, channel, _ in summary["ignored"]
             if not any(fnmatch.fnmatchcase(channel, pattern) for pattern in
                        documented[venue]["ignored"])]
    if wrong:
        print(f"{path}: ignored and not in docs/venues.md: {wrong}")
    if summary["unknown"] != 0 or any(summary[k] != counts[k]
                                      for k in counts):
        print(f"{path}: {summary}, want {counts}")
        wrong.append("counts")
    out = subprocess.run([MARGIND, "replay", "--frames", path, "--json"],
                         stdout=subprocess.PIPE, check=True).stdout
    s = json.loads(out.splitlines()[-1])["summary"]
    if (s["frames"], s["ticks"], s["unknown"], sum(
            s["rejected"].values())) != (counts["frames"], ticks, {},
                                         counts["rejected"]):
        print(f"{path}: margind replay says {s}, want {counts}")
        wrong.append("replay")
    # A recording without a tick says nothing, unless none of it is read.
    return not wrong and (ticks > 0 or counts["frames"] ==
                          sum(n for _, _, n in summary["ignored"]) > 0)


def check(path, tool, documented):
    out = subprocess.run([tool, path], stdout=subprocess.PIPE,
                         stderr=subprocess.DEVNULL, check=True).stdout
    lines = out.decode().splitlines()
    summary = json.loads(lines.pop())["summary"]
    want = list(expected(path, documented))
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
    ok &= check_counts(path, summary, counts, len(want), documented)
    print(f"{os.path.basename(path)}: {counts['frames']} frames, "
          f"{len(want)} ticks, {counts['rejected']} above the frame limit: "
          f"{'equal' if ok else 'DIFFERENT'}")
    return ok


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


def check_single(path, address, left_out, tool, documented):
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, os.path.basename(path) + ".gz")
        record(path, address, left_out, out)
        return check(out, tool, documented)


def main():
    tool = os.environ.get("MARGIND_BUILD", "build") + "/tools/ticks_dump"
    passed = failed = skipped = 0
    documented = check_venues.documented()
    root = os.path.join(DATA, "ws-frames")
    jobs = [(path, ) for path in glob.glob(root + "/**/*.gz", recursive=True)]
    jobs += [(os.path.join(root, name), *more) for r in READERS
             for name, *more in getattr(r, "SINGLES", [])]
    if not os.path.isdir(root):
        print("skipped: no recorded data")
        jobs, skipped = [], 1
    for path, *single in sorted(jobs):
        try:
            ok = check_single(path, *single, tool, documented) if single \
                else check(path, tool, documented)
        except (KeyError, ValueError, OSError,
                subprocess.CalledProcessError) as e:
            print(f"{path}: no verdict: {e!r}")
            ok = False
        passed, failed = passed + ok, failed + (not ok)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
