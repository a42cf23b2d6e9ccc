#!/usr/bin/env python3
"""docs/venues.md against the sources: each venue of the tables has a line with
the address and the numbers of its row, in a section whose list of ignored
channels is that of its parser, word for word.  Ends with
`N passed, N failed`."""
import glob
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
DOC = os.path.join(ROOT, "docs/venues.md")
FEEDS = os.path.join(ROOT, "feeds")


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def rows():
    """The rows of both tables, as dicts of their fields' text."""
    for path in ("venues.c", "venue_retired.c"):
        text = re.sub(r'"\s*\n\s*"', "", read(os.path.join(FEEDS, path)))
        for part in re.split(r"(?=\.name = )", text)[1:]:
            row = {k: a or b for k, a, b in re.findall(
                r'\.(\w+) = (?:"([^"]*)"|([^",\n]*)),', part)}
            if "place" not in row:
                yield row


def parser_of(path, parsers):
    """venue_kraken_v1.c belongs to kraken_v1, not to kraken."""
    name = os.path.basename(path)[len("venue_"):-len(".c")] + "_"
    return max((p for p in parsers if name.startswith(p + "_")), key=len,
               default=None)


def ignored_words():
    """The ignored channels of each parser, as its tables write them."""
    found = {r["parse"][len("venue_"):-len("_parse")]: [] for r in rows()}
    for path in glob.glob(os.path.join(FEEDS, "venue_*.c")):
        parser = parser_of(path, found)
        for words in re.findall(
                r'FRAME_IGNORED,\s*((?:"[^"]*"\s*)+)', read(path)):
            if parser is None:
                raise ValueError(f"{path}: whose words are these?")
            found[parser] += "".join(re.findall(r'"([^"]*)"', words)).split()
    return {p: sorted(set(w)) for p, w in found.items()}


def seconds(row, key):
    return f"{int(row[key]) / 1000:g} s"


def facts(row):
    """A venue's line."""
    if "retired" in row:
        return f"- {row['name']}: `{row['address']}`; {row['retired']}"
    out = [f"- {row['name']}: `{row['url']}`"]
    if "address_before" in row:
        out[0] += f" (once `{row['address_before']}`)"
    out.append("mute after " + seconds(row, "mute_ms_max"))
    if "ping_ms" in row:
        out.append("a ping each " + seconds(row, "ping_ms"))
    out.append(f"{row.get('symbols_max', '64')} symbols a connection")
    out.append("attempts " + seconds(row, "dial_pause_ms") + " apart" + (
        f", {row['dial_burst']} at once" if "dial_burst" in row else ""))
    if "subscribe_wait_ms" in row:
        out.append("asks after " + seconds(row, "subscribe_wait_ms"))
    if "subscribe_pause_ms" in row:
        out.append("messages " + seconds(row, "subscribe_pause_ms") +
                   " apart")
    if "rotate_ms" in row:
        out.append("dialled anew after 23 h")
    return "; ".join(out)


def documented():
    """What the page says of each venue: its line, the ignored channels, and
    those whose frames may be too large."""
    out = {}
    for part in re.split(r"^### ", read(DOC), flags=re.M)[1:]:
        names, *lines = part.split("\n")
        lists = {k: re.findall(r"`([^`]+)`", line) for line in lines
                 for k in ("Ignored", "Too large") if line.startswith(k + ":")}
        for name in names.split(", "):
            out[name] = {"facts": [x for x in lines
                                   if x.startswith(f"- {name}: ")],
                         "ignored": lists.get("Ignored", []),
                         "too large": lists.get("Too large", [])}
    return out


def main():
    passed = failed = 0
    doc, words = documented(), ignored_words()
    known = {r["name"]: r for r in rows()}
    for name in sorted(set(known) | set(doc)):
        if name not in known or name not in doc:
            print(f"{name}: only in " + ("docs/venues.md" if name in doc else
                                         "the table"))
            failed += 1
            continue
        row = known[name]
        want = words[row["parse"][len("venue_"):-len("_parse")]]
        ok = sorted(doc[name]["ignored"]) == want
        if not ok:
            print(f"{name}: ignored channels are " +
                  " ".join(f"`{w}`" for w in want))
        if doc[name]["facts"] != [facts(row)]:
            print(f"{name}: the row says\n{facts(row)}")
            ok = False
        passed, failed = passed + ok, failed + (not ok)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
