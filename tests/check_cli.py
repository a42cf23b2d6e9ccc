#!/usr/bin/env python3
"""The command line as a user meets it: exit codes, one clear line for each bad
input, help, suggestions, colours; and `margind margin --json` of random books
against this file's own integers, written from margin-model.md 1.1-1.9.
Ends with `N passed, N failed`."""
import json
import os
import pty
import random
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from fractions import Fraction as F

os.chdir(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MARGIND = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else
                          "build/margind")
BOOK, MARKET = "examples/book.json", "examples/market.json"
WAD, PPB, U128 = 10**18, 10**9, 2**128 - 1
BOOKS = 60
passed = failed = 0


def check(what, good, more=""):
    global passed, failed
    if good:
        passed += 1
    else:
        failed += 1
        if failed <= 20:
            print("FAILED", what, more)


def run(*args, **more):
    r = subprocess.run([MARGIND, *args], stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, check=False, text=True,
                       timeout=60, **more)
    return r.returncode, r.stdout, r.stderr


def write(folder, name, what):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as f:
        f.write(what if isinstance(what, str) else json.dumps(what))
    return path


# ---- help, names, exit codes -----------------------------------------------

def commands():
    code, out, err = run("--help")
    check("--help", code == 0 and not err)
    body = out.split("\n\n")[2]
    return [line.split()[0] for line in body.splitlines()
            if not line.strip().startswith("--")]


def check_help():
    names = commands()
    check("commands", {"margin", "attest", "verify", "keys", "check-config",
                       "config"} <= set(names), names)
    with open("docs/margind.1.scd", encoding="utf-8") as f:
        page = f.read()
    if shutil.which("scdoc"):
        r = subprocess.run(["scdoc"], input=page, stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, check=False, text=True)
        check("the man page renders", r.returncode == 0 and not r.stderr,
              r.stderr)
    for name in names:
        code, out, err = run(name, "--help")
        options = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", out))
        check(f"{name} in the man page", "*" + name + "*" in page or
              f"*margind {name}*" in page)
        for option in options - {"--help"}:
            check(f"{name} {option} in the man page", f"*{option}*" in page)
        check(f"{name} --help", code == 0 and "usage: margind " + name in out
              and not err, (code, err))
    code, out, _ = run("--version")
    check("--version", code == 0 and out.startswith("margind "))
    for given, want in (("margn", "margin"), ("chek-config", "check-config"),
                        ("ATTEST", "attest")):
        code, out, err = run(given)
        check(f"command {given}", code == 2 and not out and
              f"did you mean `{want}`?" in err and err.count("\n") == 1, err)
    for args, word in (
            ((), "a command is missing"),
            (("margin",), "--book FILE is missing"),
            (("margin", "--boook", "x"), "did you mean --book?"),
            (("margin", "--book"), "--book needs a FILE"),
            (("margin", "--book", "a", "--book", "b"), "given twice"),
            (("margin", "--json=1"), "--json takes no value"),
            (("margin", "x"), "one argument too many"),
            (("margin", "--book", BOOK, "--market", MARKET, "--method",
              "ratios"), "did you mean `ratio`?"),
            (("attest", "--book", BOOK, "--market", MARKET, "--as-of", "x"),
             "not an instant"),
            (("attest", "--book", BOOK, "--market", MARKET, "--sequence",
              "-1"), "not a whole number"),
            (("attest", "--book", BOOK, "--market", MARKET, "--contract",
              "0x1"), "not an address"),
            (("attest", "--book", BOOK, "--market", MARKET, "--key", "k"),
             "go together"),
            (("verify",), "FILE is missing"),
            (("config", "exampel"), "did you mean `example`?"),
            (("rules", "chek", "x"), "did you mean `check`?"),
            (("rules", "check"), "takes one FILE"),
            (("--role", "nobody"), "no role")):
        code, out, err = run(*args)
        check(f"{args}: {word}", code == 2 and not out and word in err and
              err.count("\n") == 1, (code, err))


def check_rules():
    code, out, err = run("rules", "check", "examples/rules.yaml")
    check("the example's rules", code == 0 and not err and
          re.search(r"^hash     0x[0-9a-f]{64}$", out, re.M), (out, err))
    code, out, _ = run("rules", "presets")
    check("presets", code == 0 and {"aave-v3", "derive-pmrm2", "isda-simm"} <=
          {line.split()[0] for line in out.splitlines()}, out)


def check_bad_input():
    with tempfile.TemporaryDirectory() as folder:
        missing = os.path.join(folder, "missing")
        cut = write(folder, "cut.json", '{"assets":[\n{"id":')
        book = write(folder, "book.json", {"assets": [], "vault": []})
        market = write(folder, "market.json",
                       {"prices": {"ETH": {"mid": "-1"}}})
        rules = write(folder, "rules.yaml", "prices: {quorum: 3}\n")
        config = write(folder, "config.yaml",
                       "prices: {units: {D: {constant: 1, unsafe: true}}}\n"
                       "venues: {krakn: {markets: {a: D/USD}}}\n")
        for args, code, word in (
                (("margin", "--book", missing, "--market", MARKET), 3,
                 missing),
                (("margin", "--book", folder, "--market", MARKET), 3, folder),
                (("margin", "--book", cut, "--market", MARKET), 3,
                 cut + ":2:"),
                (("margin", "--book", book, "--market", MARKET), 3,
                 ":1:16: unknown key `vault` (did you mean `vaults`?)"),
                (("attest", "--book", "examples/portfolio-book.json",
                  "--market", "examples/portfolio-market.json"), 3,
                 "not computed by `margind attest`"),
                (("rules", "check", rules), 3, ":1:1: unknown key `prices` "
                 "(did you mean `price`?)"),
                (("attest", "--book", BOOK, "--market", market), 3,
                 ':1:28: `mid`: "-1" is not'),
                (("check-config", config), 3,
                 ":2:10: unknown venue `krakn` (did you mean `kraken`?)"),
                (("check-config", missing), 3, missing),
                (("verify", missing), 1, missing)):
            got, out, err = run(*args)
            lines = err.replace(": 0 attestations, 0 signed, 0 problems\n",
                                "")
            check(f"{args}", got == code and not out and word in err and
                  lines.count("\n") <= 1 + (args[0] == "verify"), (got, err))
        check_key(folder)
    if os.path.exists("/dev/full"):
        with open("/dev/full", "w", encoding="utf-8") as full:
            r = subprocess.run([MARGIND, "margin", "--book", BOOK, "--market",
                                MARKET], stdout=full, stderr=subprocess.PIPE,
                               check=False, text=True)
        check("a full disk", r.returncode == 1 and "No space" in r.stderr,
              r.stderr)


def check_key(folder):
    password = write(folder, "pass", "right\n")
    other = write(folder, "other", "wrong\n")
    os.chmod(password, 0o600)
    os.chmod(other, 0o600)
    key = os.path.join(folder, "key.json")
    code, _, err = run("keys", "new", "--light", "--out", key,
                       "--password-file", password)
    check("keys new", code == 0, err)
    args = ("attest", "--book", BOOK, "--market", MARKET, "--key", key,
            "--password-file")
    code, out, err = run(*args, other)
    check("wrong password", code == 5 and not out and key in err and
          err.count("\n") == 1 and "password" in err, (code, err))
    code, first, err = run(*args, password)
    check("right password", code == 0 and not err, err)
    check("the same bytes twice", run(*args, password)[1] == first)
    check_verify(folder, first)


# ---- verify ----------------------------------------------------------------

def check_verify(folder, text):
    att = json.loads(text)
    signer = att["signatures"][0]["signer"]
    files = ("--book", BOOK, "--market", MARKET)
    path = write(folder, "a.json", text)

    def verify(what, code, word, *args):
        p = write(folder, "v.json", what if isinstance(what, str) else
                  json.dumps(what, indent=1))
        got, out, err = run("verify", p, *args)
        check(f"verify: {word or 'good'}", got == code and word in out and
              (code == 0) == (not out), (got, out, err))

    def changed(key, value):
        copy = json.loads(text)
        copy["message"][key] = value
        return copy

    verify(text, 0, "", *files, "--signer", signer)
    verify(att, 0, "", *files)
    verify(text + "\n" + json.dumps({"attestation": att}) +
           '\n{"tick":{}}\n', 0, "")
    verify(changed("vaultCount", "6"), 1, "the digest is not the message's")
    verify(text, 1, "no signature of", "--signer", "0x" + "11" * 20)
    forged = json.loads(text)
    forged["signatures"][0]["signer"] = "0x" + "11" * 20
    verify(forged, 1, "is not its own")
    twice = json.loads(text)
    twice["signatures"] *= 2
    verify(twice, 1, "signs twice")
    high = json.loads(text)
    n = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    sig = bytes.fromhex(high["signatures"][0]["signature"][2:])
    s = n - int.from_bytes(sig[32:64], "big")
    high["signatures"][0]["signature"] = "0x" + (
        sig[:32] + s.to_bytes(32, "big") + bytes([55 - sig[64]])).hex()
    verify(high, 1, "high-s")
    types = json.loads(text)
    types["types"]["MarginAttestation"][1]["type"] = "uint128"
    verify(types, 1, "uint128 is not uint64")
    verify({}, 1, "the key `domain` is missing")
    # One after the other.
    code, later, _ = run("attest", *files, "--as-of", "1795132801000")
    check("attest --as-of", code == 0)
    verify(text + later, 0, "")
    verify(later + text, 1, "not above")
    _, same, _ = run("attest", *files, "--as-of", "1795132801000",
                     "--sequence", att["message"]["sequence"])
    verify(text + same, 1, "two different messages")
    _, back, _ = run("attest", *files, "--as-of", "1795132700000",
                     "--sequence", "9999999999999999")
    verify(text + back, 1, "asOf 1795132700000 is below")
    # Against other files.
    with open(MARKET, encoding="utf-8") as f:
        market = json.load(f)
    market["prices"]["ETH"]["mid"] = "2001"
    other = write(folder, "m.json", market)
    code, out, _ = run("verify", path, "--book", BOOK, "--market", other)
    check("verify: another market", code == 1 and "pricesHash is not" in out
          and "inputsHash is not" in out and "positionsRoot" not in out, out)


# ---- the table -------------------------------------------------------------

def on_terminal(env):
    master, slave = pty.openpty()
    p = subprocess.Popen([MARGIND, "margin", "--book", BOOK, "--market",
                          MARKET], stdout=slave, env=env)
    os.close(slave)
    out = b""
    while True:
        try:
            part = os.read(master, 4096)
        except OSError:
            break
        if not part:
            break
        out += part
    p.wait()
    os.close(master)
    return out.decode()


def check_table():
    code, out, err = run("margin", "--book", BOOK, "--market", MARKET)
    rows = out.splitlines()
    check("table", code == 0 and not err and "\033" not in out)
    check("worst first", [r.split()[0] for r in rows[1:6]] ==
          ["liquidatable", "restricted", "dollars-only", "healthy",
           "no-debt"], rows)
    check("the foot", rows[-1].startswith("5 vaults: collateral 229999.00"))
    env = {k: v for k, v in os.environ.items() if k != "NO_COLOR"}
    check("colours on a terminal", "\033[31mLIQUIDATABLE" in on_terminal(env))
    check("NO_COLOR", "\033" not in on_terminal({**env, "NO_COLOR": "1"}))
    code, out, _ = run("config", "example")
    with open("examples/margind.yaml", encoding="utf-8") as f:
        check("config example", code == 0 and out == f.read())
    code, out, err = run("check-config", "--run", "examples/margind.yaml")
    check("check-config", code == 0 and "configuration OK" in out, err)
    code, out, err = run("check-config", "examples/chain-prices.yaml")
    check("an example with chains", code == 0 and "OK" in out, err)
    with open("examples/chain-prices.yaml", encoding="utf-8") as f:
        ahead = f.read().replace("2026-03-10", "2099-03-10")
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(BOOK, folder)
        path = write(folder, "ahead.yaml", ahead)
        for args in (["check-config", path], ["run", "--config", path]):
            code, out, err = run(*args)
            check("a pin ahead", code == 3 and "`pinned_at` lies ahead" in
                  err and "ahead.yaml:" in err, (args, code, err))


def check_chart():
    files = ("--book", BOOK, "--market", MARKET)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "ladder.svg")
        for more, words in ((["--json"], "every price but the stable ones"),
                            (["--factor", "BTC"], "BTC")):
            code, out, err = run("stress", *files, "--chart", path, *more)
            check("stress --chart", code == 0 and not err, err)
            root = ET.parse(path).getroot()
            tags = [n.tag.split("}")[1] for n in root]
            said = [n.text for n in root]
            check("two lines, their areas, twenty dots each",
                  tags.count("path") == 4 and tags.count("circle") == 40)
            check("its words", "move of " + words in said and
                  "example under stress" in said and "+100 %" in said, said)
        code, out, err = run("stress", *files, "--chart",
                             os.path.join(folder, "none/x.svg"))
        check("no such folder", code == 1 and err.count("\n") == 1 and
              "none/x.svg: " in err, err)


# ---- margin, recomputed ----------------------------------------------------

def down(x):
    return x.numerator // x.denominator


def up(x):
    return -(-x.numerator // x.denominator)


def text(x, decimals=18):
    """An integer of 10^-decimals as the shortest decimal."""
    sign, x = ("-", -x) if x < 0 else ("", x)
    whole, part = divmod(x, 10**decimals)
    part = str(part).rjust(decimals, "0").rstrip("0")
    return sign + str(whole) + ("." + part if part else "")


class Asset:
    def __init__(self, rng, name):
        self.name = name
        self.decimals = rng.choice([0, 6, 8, 18, 24])
        self.threshold = rng.randrange(0, PPB + 1)
        self.ltv = rng.randrange(0, self.threshold + 1)
        self.weight = rng.choice([PPB, PPB, rng.randrange(PPB, 2 * PPB)])
        self.factor = rng.choice(["f0", "f1", name])
        self.mid = rng.randrange(1, 10**rng.randrange(16, 24))
        self.low = self.mid - rng.randrange(0, self.mid // 20 + 1)
        self.high = self.mid + rng.randrange(0, self.mid // 20 + 1)
        self.twap = rng.choice([None, rng.randrange(1, 2 * self.mid + 1)])
        self.is_refused = rng.randrange(12) == 0

    def book(self):
        return {"id": self.name, "decimals": self.decimals,
                "factor": self.factor, "ltv": text(self.ltv, 9),
                "liquidation_threshold": text(self.threshold, 9),
                "debt_weight": text(self.weight, 9)}

    def price(self):
        if self.is_refused:
            return {"status": "REFUSED"}
        p = {"mid": text(self.mid), "low": text(self.low),
             "high": text(self.high)}
        if self.twap:
            p["twap"] = text(self.twap)
        return p

    def points(self):
        return (self.low, self.mid, self.high)


def collateral_at(a, atoms, price, factor):
    value = down(F(atoms * price, 10**a.decimals))
    return value, down(F(value * factor, PPB))


def debt_at(a, atoms, price):
    value = up(F(atoms * price, 10**a.decimals))
    return value, up(F(value * a.weight, PPB))


def evaluate(held, owed):
    """The vault's figures; None where a price is refused."""
    legs = [x for x in held + owed if x[1]]
    if any(a.is_refused for a, *_ in legs):
        return None
    value = sum(collateral_at(a, n, a.mid, 0)[0] for a, n in held)
    debt = sum(debt_at(a, n, a.mid)[0] for a, n in owed)
    factors = {a.factor for a, *_ in legs}
    worst = mid = best = initial = weighted = owing = 0
    for f in factors:
        surplus, cautious = [], []
        for i in range(3):
            plus = sum(collateral_at(a, n, a.points()[i], a.threshold)[1]
                       for a, n in held if a.factor == f)
            minus = sum(debt_at(a, n, a.points()[i])[1]
                        for a, n in owed if a.factor == f)
            surplus.append(plus - minus)
            if i == 1:
                weighted, owing = weighted + plus, owing + minus
            cautious.append(
                sum(collateral_at(a, n, min(a.points()[i], a.twap or
                                            a.points()[i]), a.ltv)[1]
                    for a, n in held if a.factor == f) -
                sum(debt_at(a, n, max(a.points()[i], a.twap or 0))[1]
                    for a, n in owed if a.factor == f))
        worst, mid, best = (worst + min(surplus), mid + surplus[1],
                            best + max(surplus))
        initial += min(cautious)
    ends = [sum(collateral_at(a, n, a.points()[i], 0)[0] for a, n in held)
            for i in range(3)]
    if debt and not any(ends):
        state = "INSOLVENT"
    elif worst < 0 and mid < 0 and best < 0:
        state = "LIQUIDATABLE"
    else:
        state = "HEALTHY" if initial >= 0 else "RESTRICTED"
    return {"state": state, "value": value, "debt": debt, "excess": mid,
            "initial": initial, "weighted": weighted, "owing": owing}


def random_book(rng):
    assets = [Asset(rng, f"A{i}") for i in range(rng.randrange(2, 7))]
    vaults, want = [], []
    for i in range(rng.randrange(1, 12)):
        sides, parsed = [], []
        for is_debt in (False, True):
            part = rng.sample(assets, rng.randrange(0, 3))
            legs, numbers = [], []
            for a in part:
                top = max(1, 10**(18 + a.decimals + rng.randrange(3, 6)) //
                          a.mid)
                atoms = rng.choice([0, 1, rng.randrange(top),
                                    rng.randrange(top)])
                leg = {"asset": a.name, "amount": text(atoms, a.decimals)}
                if is_debt and rng.randrange(2):
                    index = rng.randrange(WAD, 2 * WAD)
                    leg["index"] = text(index)
                    atoms = up(F(atoms * index, WAD))
                legs.append(leg)
                numbers.append((a, atoms))
            sides.append(legs)
            parsed.append(numbers)
        vaults.append({"id": f"v{i}", "collateral": sides[0],
                       "debt": sides[1]})
        want.append(evaluate(*parsed))
    return ({"assets": [a.book() for a in assets], "vaults": vaults},
            {"as_of": 1, "prices": {a.name: a.price() for a in assets}},
            want)


def ratio(num, den):
    """Floor; beyond the type the largest finite one (margin/ratio.h)."""
    return text(min(num * WAD // den, U128 - 1)) if den else None


def loan_to_value(debt, value):
    """Ceil; what does not fit does not exist."""
    if not debt:
        return "0"
    loan = up(F(debt * WAD, value)) if value else U128 + 1
    return text(loan) if loan <= U128 else None


def check_vault(where, line, want):
    if want is None:
        check(where + " stale", line["state"] == "STALE" and
              line["health_factor"] is None and
              line["collateral_value"] is None, line)
        return
    for key, value in (
            ("state", want["state"]),
            ("collateral_value", text(want["value"])),
            ("debt_value", text(want["debt"])),
            ("collateralization_ratio", ratio(want["value"], want["debt"])),
            ("loan_to_value", loan_to_value(want["debt"], want["value"])),
            ("health_factor", ratio(want["weighted"], want["owing"])),
            ("equity", text(want["value"] - want["debt"])),
            ("initial_margin", "0"), ("maintenance_margin", "0"),
            ("initial_excess", text(want["initial"])),
            ("maintenance_excess", text(want["excess"]))):
        check(f"{where} {key}", line[key] == value, (line[key], value))


def check_random_books():
    rng = random.Random(20261120)
    seen = {}
    with tempfile.TemporaryDirectory() as folder:
        for n in range(BOOKS):
            book, market, want = random_book(rng)
            code, out, err = run(
                "margin", "--json", "--book", write(folder, "b", book),
                "--market", write(folder, "m", market))
            check(f"book {n}", code == 0 and not err, err)
            lines = [json.loads(x) for x in out.splitlines()]
            check(f"book {n} lines", len(lines) == len(want) + 1)
            for line, w in zip(lines, want):
                check_vault(f"book {n} {line['vault']}", line, w)
                seen[line["state"]] = seen.get(line["state"], 0) + 1
            total = lines[-1]["aggregate"]
            live = [w for w in want if w]
            check(f"book {n} aggregate", total["vaults"] == len(want) and
                  total["collateral_value"] == text(
                      sum(w["value"] for w in live)) and
                  total["health_factor"] == ratio(
                      sum(w["weighted"] for w in live),
                      sum(w["owing"] for w in live)) and
                  sum(total["states"].values()) == len(want), total)
    check("every state was met", {"HEALTHY", "RESTRICTED", "LIQUIDATABLE",
                                  "STALE"} <= set(seen), seen)


def check_json_shape():
    code, out, _ = run("margin", "--book", BOOK, "--market", MARKET, "--json")
    lines = [json.loads(x) for x in out.splitlines()]
    keys = ["vault", "method", "state", "collateral_value", "debt_value",
            "collateralization_ratio", "loan_to_value", "health_factor",
            "equity", "initial_margin", "maintenance_margin",
            "initial_excess", "maintenance_excess", "liquidation_prices",
            "liquidation", "binding"]
    check("margin's keys", code == 0 and
          all(list(x) == keys for x in lines[:-1]))
    check("aggregate's keys", list(lines[-1]["aggregate"]) == [
        "vaults", "collateral_value", "debt_value",
        "collateralization_ratio", "health_factor", "initial_margin",
        "maintenance_margin", "states"])
    bad = next(x for x in lines if x.get("vault") == "liquidatable")
    check("liquidation's keys", list(bad["liquidation"]) == [
        "debt_asset", "repay", "collateral_asset", "seize", "bad_debt",
        "health_after"] and bad["liquidation"]["repay"] == "7499.25" and
          bad["binding"] == "maintenance")
    check("liquidation prices", bad["liquidation_prices"][0] == {
        "asset": "WETH", "below": "2151.49090909090909091", "above": None})


def liquidation_by(folder, rules):
    """The liquidation printed of 10 ETH against 15,000 USDC at 1,750."""
    book = {"book": "one", "assets": [
        {"id": "WETH", "decimals": 18, "factor": "ETH", "price": "ETH",
         "ltv": "0.8", "liquidation_threshold": "0.825",
         "liquidation_bonus": "0.05", "close_factor": "0.5"},
        {"id": "USDC", "decimals": 6, "ltv": "0.8",
         "liquidation_threshold": "0.85"}],
        "vaults": [{"id": "v", "collateral": [{"asset": "WETH",
                                               "amount": "10"}],
                    "debt": [{"asset": "USDC", "amount": "15000"}]}]}
    market = {"prices": {"ETH": {"mid": "1750"}, "USDC": {"mid": "1"}}}
    code, out, err = run(
        "margin", "--json", "--book", write(folder, "b.json", book),
        "--market", write(folder, "m.json", market),
        "--rules", write(folder, "r.yaml", json.dumps(rules)))
    check("liquidation by " + str(rules), code == 0, err)
    return json.loads(out.splitlines()[0])["liquidation"]


def check_liquidation_rules():
    """Each key of `liquidation` that sizes changes what is printed."""
    with tempfile.TemporaryDirectory() as folder:
        ours = liquidation_by(folder, {})
        check("to a health of 1.05", F(ours["health_after"]) >= F(105, 100),
              ours)
        for profile, key, value in (
                ("margind", "target_health", "1.02"),
                ("aave-v3", "aave", {"full_close_health": "0.5",
                                     "close_factor": "0.3"}),
                ("liquity", "liquity", {"minimum_ratio": "1.3"}),
                ("morpho-blue", "morpho", {"cursor": "0.9"}),
                ("euler", "euler", {"discount_max": "0.001"}),
                ("gearbox", "gearbox", {"discount": "0.8"})):
            before = liquidation_by(folder, {"profile": profile})
            after = liquidation_by(folder, {"profile": profile,
                                            "liquidation": {key: value}})
            check("a key of " + profile, before != after, (before, after))
        check("aave closes half", liquidation_by(folder, {
            "profile": "aave-v3"})["repay"] == "7500")


def main():
    check_liquidation_rules()
    check_help()
    check_rules()
    check_bad_input()
    check_table()
    check_chart()
    check_json_shape()
    check_random_books()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
