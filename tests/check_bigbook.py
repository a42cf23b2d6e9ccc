#!/usr/bin/env python3
"""A book of a million vaults: read whole within seconds, and vault by vault, as
the engine and the api read it, in a few bytes a vault; and with one wrong amount
in it, refused by that line alone, with nothing loaded.  Reports time and memory.
Ends with `N passed, N failed`."""
import json
import os
import subprocess
import sys
import tempfile

os.chdir(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
READ = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else
                       "build/tools/book_read")
VAULTS, ASSETS, WRONG = 1_000_000, 64, 654_321
SECONDS_MAX, MEGABYTES_MAX = 60, 4096
VAULT_BYTES_MAX = 100           # beyond the file's text, where none is kept
passed = failed = 0


def check(what, good, more=""):
    global passed, failed
    if good:
        passed += 1
    else:
        failed += 1
        print("FAILED", what, more)


def write(path):
    asset = ('{"id":"A%02d","decimals":18,"ltv":"0.7",'
             '"liquidation_threshold":"0.8"}')
    vault = ('{"id":"vault-%07d","owner":"0x%040x","nonce":1,'
             '"collateral":[{"asset":"A%02d","amount":"%d.5"}],'
             '"debt":[{"asset":"A63","amount":"%d"}]}')
    with open(path, "w", encoding="ascii") as f:
        f.write('{"book":"big","assets":[%s],"vaults":[\n' %
                ",".join(asset % i for i in range(ASSETS)))
        f.write(",\n".join(vault % (i, i + 1, i % 63, i % 1000 + 1, i % 500)
                           for i in range(VAULTS)))
        f.write("]}\n")


def read(path, *role):
    r = subprocess.run([READ, path, *role], capture_output=True, text=True,
                       check=False, timeout=110)
    return r.returncode, json.loads(r.stdout), r.stderr


def spoil(path):
    """One digit of one amount becomes a letter; the place of that amount."""
    with open(path, "rb") as f:
        for _ in range(WRONG + 1):
            f.readline()
        at, line = f.tell(), f.readline()
    column = line.index(b'"amount":') + len(b'"amount":')
    with open(path, "r+b") as f:
        f.seek(at + column + 1)
        f.write(b"x")
    return WRONG + 2, column + 1


with tempfile.TemporaryDirectory() as folder:
    book = os.path.join(folder, "book.json")
    write(book)
    code, out, err = read(book)
    print("%(vaults)d vaults in %(ms)d ms, %(peak_mb)d MB at most" % out)
    check("a good book", code == 0 and not err, err)
    check("all vaults", out["vaults"] == VAULTS, out)
    check("time", out["ms"] <= 1000 * SECONDS_MAX, out)
    check("memory", out["peak_mb"] <= MEGABYTES_MAX, out)
    for role in "service", "api":
        code, out, err = read(book, role)
        out["bytes"] = out["more_kb"] * 1024 / VAULTS
        print("%s: %d vaults in %d ms, %.1f bytes a vault beyond the text" %
              (role, out["vaults"], out["ms"], out["bytes"]))
        check(role, code == 0 and not err and out["vaults"] == VAULTS, err)
        check(role + ": time", out["ms"] <= 1000 * SECONDS_MAX, out)
        check(role + ": memory", out["bytes"] <= VAULT_BYTES_MAX, out)
    line, column = spoil(book)
    for role in [], ["service"], ["api"]:
        code, out, err = read(book, *role)
        check("exit code", code == 3, code)
        check("nothing loaded", role or out["vaults"] == 0, out)
        check("the line is named", err.startswith("%s:%d:%d: `amount`: " %
                                                  (book, line, column)), err)
        check("that line alone", len(err.splitlines()) == 1, err)
print(f"{passed} passed, {failed} failed")
sys.exit(failed != 0)
