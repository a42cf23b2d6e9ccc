#!/usr/bin/env python3
"""The JSON reader against Python's: the same texts are JSON to both, and both
see the same values.  The texts are generated from a fixed seed: values of
every kind in random form, then damaged by bytes."""
import json
import random
import subprocess
import sys

DEPTH_MAX = 16
TEXTS = 30000
PIECES = [b"{", b"}", b"[", b"]", b",", b":", b'"', b"\\", b"\\u", b"0", b"1",
          b"-", b".", b"e", b"E", b"+", b"true", b"null", b" ", b"\n", b"\x00",
          b"\x1f", b"\x7f", b"\x80", b"\xc3", b"\xed\xa0\x80", b"\xf4\x90",
          b"\xff", b"NaN", b"\\ud83d", b"\\ude00", b"\xef\xbb\xbf", b"/**/"]
rng = random.Random(20261120)


class Number(str):
    """A number's text as it stood."""


def refuse(word):
    raise ValueError(word)


def blank():
    return "".join(rng.choice(" \t\r\n") for _ in range(rng.choice((0, 0, 0, 1, 3))))


def make_string():
    out = []
    for _ in range(rng.randrange(20)):
        pick = rng.randrange(12)
        if pick == 0:
            out.append("\\" + rng.choice('"\\/bfnrt'))
        elif pick == 1:
            out.append("\\u%04x" % rng.randrange(0x10000))
        elif pick == 2:
            c = 0x10000 + rng.randrange(0x100000)
            out.append("\\u%04X\\u%04x" % (0xD7C0 + (c >> 10), 0xDC00 + (c & 0x3FF)))
        elif pick == 3:
            out.append(chr(rng.choice((0x7F, 0x80, 0x7FF, 0x800, 0xD7FF, 0xE000,
                                       0xFFFF, 0x10000, 0x10FFFF))))
        else:
            out.append(rng.choice("abcdefghijklmnopqrstuvwxyz0123456789 /"))
    return '"' + "".join(out) + '"'


def make_number():
    text = rng.choice(("", "-")) + str(rng.choice((0, 7, rng.randrange(10 ** 6),
                                                   rng.randrange(10 ** 30))))
    if rng.randrange(2):
        text += "." + "".join(rng.choice("0123456789") for _ in range(1 + rng.randrange(9)))
    if rng.randrange(3) == 0:
        text += rng.choice("eE") + rng.choice(("", "+", "-")) + str(rng.randrange(400))
    return text


def make_value(depth):
    pick = rng.randrange(7 if depth > 0 else 5)
    if pick < 2:
        return make_string()
    if pick < 4:
        return make_number()
    if pick == 4:
        return rng.choice(("true", "false", "null"))
    items = []
    for _ in range(rng.randrange(4)):
        key = make_string() + blank() + ":" if pick == 5 else ""
        items.append(blank() + key + blank() + make_value(depth - 1) + blank())
    return ("{%s}" if pick == 5 else "[%s]") % (",".join(items) or blank())


def make_text():
    if rng.randrange(40) == 0:
        depth = DEPTH_MAX + rng.randrange(-1, 2)
        inner = make_number().encode()
        return b"[" * depth + inner + b"]" * depth
    text = (blank() + make_value(rng.randrange(5)) + blank()).encode()
    for _ in range(rng.choice((0, 0, 1, 1, 2))):
        at = rng.randrange(len(text) + 1)
        text = text[:at] + rng.choice(PIECES) + text[at + rng.randrange(3):]
    if rng.randrange(10) == 0:
        text = text[:rng.randrange(len(text) + 1)]
    return text


def depth_of(value):
    """Levels of a value as expected() gives it."""
    deepest = level = 0
    for word in value.split(" "):
        level += (word in "{[") - (word in "}]") if word else 0
        deepest = max(deepest, level)
    return deepest


def string_hex(text):
    try:
        plain = text.encode()
    except UnicodeEncodeError:
        return '"!'
    return '"!' if b"\0" in plain else '"' + plain.hex()


def shown(value):
    if isinstance(value, Number):
        return " #" + value
    if isinstance(value, str):
        return " " + string_hex(value)
    if isinstance(value, list):
        return " [" + "".join(map(shown, value)) + " ]"
    if isinstance(value, tuple):
        return " {" + "".join(" " + string_hex(k) + shown(v) for k, v in value) + " }"
    return {True: " t", False: " f", None: " n"}[value]


def expected(text):
    """The line that json_dump must print, None for a refusal."""
    try:
        value = json.loads(text.decode(), parse_int=Number, parse_float=Number,
                           parse_constant=refuse, object_pairs_hook=tuple)
    except ValueError:
        return None
    return shown(value)


def main():
    texts = [make_text() for _ in range(TEXTS)]
    stdin = b"".join(b"%d\n%s" % (len(t), t) for t in texts)
    out = subprocess.run(["build/tools/json_dump"], input=stdin, check=True,
                         stdout=subprocess.PIPE).stdout.decode().split("\n")
    assert len(out) == len(texts) + 1 and out[-1] == ""
    seen = dict.fromkeys(("accepted", "refused", "too deep"), 0)
    wrong = dict.fromkeys(seen, 0)
    for text, line in zip(texts, out):
        want = expected(text)
        if want is None:
            kind = "refused"
            # A text may be too deep before it is found to be wrong.
            ok = line == "syntax" or (line == "limit" and b"[" * (DEPTH_MAX + 1) in text)
        elif depth_of(want) > DEPTH_MAX:
            kind = "too deep"
            ok = line == "limit"
        else:
            kind = "accepted"
            ok = line == "ok" + want
        seen[kind] += 1
        wrong[kind] += not ok
        if not ok and wrong[kind] < 5:
            print("FAILED", text, "\n  ours", line, "\n  want", want)
    for kind, least in (("accepted", TEXTS // 4), ("refused", TEXTS // 4), ("too deep", 50)):
        print(f"{kind}: {seen[kind]} texts, {wrong[kind]} judged otherwise")
        if seen[kind] < least:
            print("the generator is lopsided: too few", kind)
            wrong[kind] += 1
    failed = sum(count > 0 for count in wrong.values())
    print(f"{len(wrong) - failed} passed, {failed} failed")
    return 0 if failed == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
