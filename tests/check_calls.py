#!/usr/bin/env python3
"""`margind calls` walked through a story: the market's prices and times are
rewritten, and every state, deadline, amount and age is compared with a small
machine of this file's own, written from margin-model.md 1.6 and 1.9.
Ends with `N passed, N failed`."""
import copy
import json
import os
import random
import subprocess
import sys
import tempfile
from fractions import Fraction as F

os.chdir(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MARGIND = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else
                          "build/margind")
T0, HOUR = 1795132800000, 3600000
AGES = (HOUR, 24 * HOUR, 72 * HOUR, 168 * HOUR)
passed = failed = 0


def check(what, good, more=""):
    global passed, failed
    if good:
        passed += 1
    else:
        failed += 1
        if failed <= 20:
            print("FAILED", what, more)


def asset(name, ltv, threshold):
    return {"id": name, "decimals": 6, "ltv": ltv,
            "liquidation_threshold": threshold, "group": "stable"
            if name == "USD" else "majors"}


# One ETH held; HEALTHY while 0.75 p >= debt, MM excess is 0.8 p - debt.
BOOK = {"book": "story", "chain_id": 1, "assets": [
    asset("ETH", "0.75", "0.8"), asset("BTC", "0.75", "0.8"),
    asset("USD", "0.9", "0.95")],
    "vaults": [{"id": "v", "collateral": [{"asset": "ETH", "amount": "1"}],
                "debt": [{"asset": "USD", "amount": "1000"}]}]}


def calm(**call):
    """Rules of calls, and a system that is never in recovery."""
    return {"call": call,
            "liquidation": {"recovery": {"critical_ratio": "0"}}}


class World:
    """A folder with a book, a market, rules and a state."""

    def __init__(self, folder, name, book, rules=None):
        self.folder = os.path.join(folder, name)
        os.mkdir(self.folder)
        self.book, self.rules = copy.deepcopy(book), rules
        self.now = T0
        self.prices = {"USD": {"mid": "1"}, "BTC": {"mid": "50000"}}

    def path(self, name):
        return os.path.join(self.folder, name)

    def files(self, **prices):
        for name, price in prices.items():
            self.prices[name] = price if isinstance(price, dict) else \
                {"mid": str(price)}
        for name, what in (("book", self.book), ("rules", self.rules),
                           ("market", {"as_of": self.now,
                                       "prices": self.prices})):
            with open(self.path(name), "w", encoding="utf-8") as f:
                json.dump(what, f)

    def run(self, *more):
        args = [MARGIND, "calls", "--book", self.path("book"), "--market",
                self.path("market"), "--state", self.path("state"), *more]
        if self.rules:
            args += ["--rules", self.path("rules")]
        r = subprocess.run(args, stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, check=False, text=True,
                           timeout=60)
        return r.returncode, r.stdout, r.stderr

    def text(self):
        with open(self.path("state"), encoding="utf-8") as f:
            return f.read()

    def step(self, what, after_ms, **prices):
        """Runs one snapshot twice: the second time nothing changes."""
        self.now += after_ms
        self.files(**prices)
        code, out, err = self.run("--json")
        check(what, code == 0 and not err, (code, err))
        lines = [json.loads(x) for x in out.splitlines()]
        first = self.text()
        code, again, _ = self.run("--json")
        rest = [json.loads(x) for x in again.splitlines()]
        check(what + ": again", code == 0 and self.text() == first and
              not [x for x in rest if "transition" in x] and
              [x for x in rest if "open" in x] ==
              [x for x in lines if "open" in x])
        return Answer(lines, json.loads(first))


class Answer:
    def __init__(self, lines, state):
        self.changes = {x["transition"]["vault"]: x["transition"]
                        for x in lines if "transition" in x}
        self.open = {x["open"]["vault"]: x["open"] for x in lines
                     if "open" in x}
        self.sum = lines[-1]["calls"]
        self.vaults = {x["vault"]: x for x in state["vaults"]}
        self.state = state


def expect(what, answer, vault, state, change=None, overlay=None,
           deadline=None, amount="any"):
    got = answer.vaults.get(vault, {})
    check(what, got.get("state") == state, got)
    check(what + ": overlay", got.get("overlay") == (overlay or "none"), got)
    check(what + ": deadline", got.get("deadline") == (deadline or 0), got)
    moved = answer.changes.get(vault)
    if change is None:
        check(what + ": no transition", moved is None, moved)
    else:
        check(what + ": transition", moved is not None and
              (moved["from"], moved["to"]) == change and
              moved["at"] == answer.state["as_of"] and
              moved["snapshot"] == answer.state["snapshot"], moved)
    if amount != "any":
        row = answer.open.get(vault, {})
        check(what + ": amount", row.get("call_amount") == amount, row)


# ---- the stories -----------------------------------------------------------

def story_of_a_call(folder):
    w = World(folder, "call", BOOK, calm())
    a = w.step("first", 0, ETH=1400)
    expect("healthy", a, "v", "HEALTHY")
    check("nothing is open", not a.open and a.sum["open"] == 0)
    # im = 0.75 p - 1000; mm = 0.8 p - 1000; called below mm = 100.
    a = w.step("the edge of a call", HOUR,
               ETH={"mid": "1375", "low": "1330", "high": "1380"})
    expect("the low end alone lacks", a, "v", "RESTRICTED",
           ("HEALTHY", "RESTRICTED"), amount="2.5")
    check("age of what was", a.changes["v"]["age_ms"] == HOUR and
          a.changes["v"]["age_bucket"] == 1)
    a = w.step("a cent below it", HOUR,
               ETH={"mid": "1374.99", "low": "1325", "high": "1380"})
    due = w.now + 24 * HOUR
    expect("called", a, "v", "CALLED", ("RESTRICTED", "CALLED"),
           deadline=due, amount="6.25")
    check("ageing", a.sum["ages"][0]["calls"] == 1 and
          a.sum["ages"][0]["call_amount"] == "6.25")
    a = w.step("above beta, below initial", 23 * HOUR, ETH="1332")
    expect("the call stays", a, "v", "CALLED", deadline=due, amount="1")
    check("its age", a.open["v"]["age_ms"] == 23 * HOUR and
          a.open["v"]["age_bucket"] == 1)
    a = w.step("one ms before", HOUR - 1)
    expect("not yet overdue", a, "v", "CALLED", deadline=due)
    a = w.step("the deadline", 1)
    expect("overdue", a, "v", "OVERDUE", ("CALLED", "OVERDUE"), deadline=due)
    check("not enforced", a.open["v"]["liquidate_to_initial"] is False)
    a = w.step("rise", HOUR, ETH="1340")
    expect("met, inside the hysteresis", a, "v", "RESTRICTED",
           ("OVERDUE", "RESTRICTED"))
    a = w.step("edge", HOUR, ETH="1359.99")
    expect("a cent of hysteresis short", a, "v", "RESTRICTED")
    a = w.step("edge", HOUR, ETH="1360")
    expect("cured", a, "v", "HEALTHY", ("RESTRICTED", "HEALTHY"))
    a = w.step("crash", 1, ETH="1249")
    expect("no grace", a, "v", "LIQUIDATABLE", ("HEALTHY", "LIQUIDATABLE"))
    a = w.step("stale", HOUR, ETH={"status": "REFUSED"})
    expect("stale", a, "v", "LIQUIDATABLE", ("LIQUIDATABLE",) * 2,
           overlay="STALE")
    check("stale is shown", a.open["v"]["shown"] == "STALE" and
          a.open["v"]["call_amount"] is None)
    a = w.step("back", HOUR, ETH={"mid": "1249", "high": "1250"})
    expect("one end of three", a, "v", "CALLED", ("LIQUIDATABLE", "CALLED"),
           deadline=w.now + 24 * HOUR)
    a = w.step("rise", HOUR, ETH="1334")
    expect("met, inside the hysteresis", a, "v", "RESTRICTED",
           ("CALLED", "RESTRICTED"))
    w.book["vaults"][0]["collateral"] = []
    a = w.step("nothing held", HOUR)
    expect("insolvent", a, "v", "INSOLVENT", ("RESTRICTED", "INSOLVENT"))
    w.book["vaults"] = []
    a = w.step("gone", HOUR)
    check("closed and forgotten", not a.vaults and
          a.changes["v"]["to"] == "CLOSED" and a.changes["v"]["is_gone"])


def story_of_deadlines_over_staleness(folder):
    w = World(folder, "stale", BOOK, calm(
        deadline="2h", enforced=True, target="1.1", haircut="0.5"))
    a = w.step("called", 0, ETH="1320")
    due = w.now + 2 * HOUR
    # (1.1 * 1000 - (0.75 * 1320)) / 0.5
    expect("called", a, "v", "CALLED", (None, "CALLED"), deadline=due,
           amount="220")
    a = w.step("stale over the deadline", 3 * HOUR,
               ETH={"status": "REFUSED"})
    expect("nothing is decided", a, "v", "CALLED", ("CALLED", "CALLED"),
           overlay="STALE", deadline=due)
    a = w.step("back", HOUR, ETH="1320")
    expect("overdue", a, "v", "OVERDUE", ("CALLED", "OVERDUE"), deadline=due)
    check("enforced", a.open["v"]["liquidate_to_initial"] is True)
    a = w.step("stale", HOUR, ETH={"status": "REFUSED"})
    check("no liquidation from a stale price",
          a.open["v"]["liquidate_to_initial"] is False)
    w.book["vaults"] = []
    a = w.step("repaid and gone", HOUR, ETH="1320")
    check("gone", a.changes["v"]["to"] == "HEALTHY" and
          a.changes["v"]["is_gone"] and not a.open)


def story_of_recovery(folder):
    book = copy.deepcopy(BOOK)
    book["vaults"].append(
        {"id": "rich", "collateral": [{"asset": "BTC", "amount": "1"}],
         "debt": [{"asset": "USD", "amount": "29000"}]})
    w = World(folder, "recovery", book)
    # TCR = (p + BTC) / 30000; in below 1.5, out from 1.52.
    a = w.step("start", 0, ETH="1400", BTC="43600")
    check("at 1.5", a.sum["recovery"] is False)
    a = w.step("below", HOUR, BTC="43599.99")
    check("in", a.sum["recovery"] is True and a.state["recovery"] is True)
    expect("overlay", a, "v", "HEALTHY", ("HEALTHY", "HEALTHY"),
           overlay="RECOVERY")
    a = w.step("inside", HOUR, BTC="44199.99")
    check("still in", a.sum["recovery"] is True)
    a = w.step("out", HOUR, BTC="44200")
    check("out", a.sum["recovery"] is False)
    expect("overlay gone", a, "v", "HEALTHY", ("HEALTHY", "HEALTHY"))
    a = w.step("stale ones are not counted", HOUR,
               BTC={"status": "REFUSED"})
    check("1400 / 1000", a.sum["recovery"] is True)
    expect("stale over recovery", a, "rich", "HEALTHY",
           ("HEALTHY", "HEALTHY"), overlay="STALE")


def story_of_a_family(folder):
    book = copy.deepcopy(BOOK)
    book["vaults"] = [
        {"id": "a-child", "mode": "cross", "parent": "root",
         "debt": [{"asset": "USD", "amount": "1000"}]},
        {"id": "alone", "mode": "isolated", "parent": "root",
         "collateral": [{"asset": "USD", "amount": "5"}]},
        {"id": "root", "mode": "cross",
         "collateral": [{"asset": "ETH", "amount": "1"}]}]
    w = World(folder, "family", book, calm())
    a = w.step("start", 0, ETH="1400")
    expect("a child alone would be insolvent", a, "a-child", "HEALTHY")
    a = w.step("fall", HOUR, ETH="1320")
    due = w.now + 24 * HOUR
    expect("the root is called", a, "root", "CALLED", ("HEALTHY", "CALLED"),
           deadline=due, amount="10")
    expect("the child follows", a, "a-child", "CALLED",
           ("HEALTHY", "CALLED"), deadline=due, amount=None)
    expect("the isolated one does not", a, "alone", "HEALTHY")
    check("whose it is", a.open["a-child"]["root"] == "root" and
          a.open["root"]["root"] is None)
    check("counted once", a.sum["ages"][0] ==
          {"age": "< 1h", "calls": 1, "call_amount": "10"}, a.sum)


def refusals(folder):
    w = World(folder, "refusals", BOOK, calm())
    w.step("start", 0, ETH="1400")
    was = w.text()
    w.now -= 1
    w.files()
    code, out, err = w.run()
    check("an older market", code == 4 and not out and
          ": state: as_of 2026-11-19T23:59:59.999Z is before" in err and
          err.count("\n") == 1 and w.text() == was, err)
    w.now = 0
    w.files()
    code, out, err = w.run()
    check("a market without a time", code == 3 and "as_of" in err and
          w.text() == was, err)
    w.now = T0
    w.files()
    for text, where in ((was.replace('"v"', '"v","x":1'), ":2:"),
                        (was.replace("HEALTHY", "HELTHY"), ":2:"),
                        (was[:-4], ":2:"), ("", ":1:1: ")):
        with open(w.path("state"), "w", encoding="utf-8") as f:
            f.write(text)
        code, out, err = w.run()
        check("a bad state", code == 3 and not out and
              err.startswith(w.path("state") + ":") and where in err and
              w.text() == text, err)
    os.unlink(w.path("state"))
    os.mkdir(w.path("state"))
    code, out, err = w.run()
    check("a state that is a folder", code in (1, 3) and err, err)
    w = World(folder, "method", BOOK, calm())
    a = w.step("own method", 0, ETH="1400")
    os.unlink(w.path("state"))
    code, out, _ = w.run("--json", "--method", "ratio")
    b = json.loads(out.splitlines()[-1])["calls"]
    check("a method is in the hash", code == 0 and
          b["snapshot"] != a.state["snapshot"])
    code, out, _ = w.run()
    check("a table", code == 0 and "1 vaults at 2026-11-20T00:00:00.000Z: "
          "0 changed, 0 open" in out, out)
    check("private", os.stat(w.path("state")).st_mode & 0o777 == 0o600)


# ---- a random walk against a dumb machine ----------------------------------

class Dumb:
    """One vault: `held` ETH against `debt` dollars."""

    def __init__(self, held, debt):
        self.held, self.debt = F(held), F(debt)
        self.state, self.due, self.since = "HEALTHY", 0, 0

    def step(self, now, low, mid, high):
        im = self.held * low * F(3, 4) - self.debt
        mm = [self.held * p * F(4, 5) - self.debt for p in (low, mid, high)]
        was = self.state
        if max(mm) < 0:
            self.state = "LIQUIDATABLE"
        elif im >= 0:
            late = was in ("RESTRICTED", "CALLED", "OVERDUE")
            self.due = 0
            self.state = "RESTRICTED" if late and im < self.debt / 50 \
                else "HEALTHY"
        else:
            if not self.due and mm[1] < self.debt / 10:
                self.due = now + 24 * HOUR
            self.state = "RESTRICTED" if not self.due else \
                "OVERDUE" if now >= self.due else "CALLED"
        if was != self.state or not self.since:
            self.since = now
        return max(F(0), -im)


def age_bucket(ms):
    return sum(ms >= bound for bound in AGES)


def random_walk(folder):
    rng = random.Random(7)
    book = copy.deepcopy(BOOK)
    dumb = {}
    book["vaults"] = []
    for i in range(20):
        held, debt = rng.randint(1, 5), rng.randint(500, 6000)
        dumb[f"v{i}"] = Dumb(held, debt)
        book["vaults"].append({
            "id": f"v{i}", "collateral": [{"asset": "ETH",
                                           "amount": str(held)}],
            "debt": [{"asset": "USD", "amount": str(debt)}]})
    w = World(folder, "walk", book, calm())
    mid = 1500
    for _ in range(40):
        mid = max(200, mid + rng.randint(-150, 150))
        low, high = mid - rng.randint(0, 30), mid + rng.randint(0, 30)
        w.now += rng.choice((1, HOUR, 7 * HOUR, 30 * HOUR))
        a = w.step("walk", 0, ETH={"mid": str(mid), "low": str(low),
                                   "high": str(high)})
        wrong = []
        for name, d in dumb.items():
            amount = d.step(w.now, low, mid, high)
            got = a.vaults[name]
            if (got["state"], got["since"], got["deadline"]) != \
                    (d.state, d.since, d.due):
                wrong.append((name, got, vars(d)))
            row = a.open.get(name)
            if (row is None) != (d.state == "HEALTHY") or row and (
                    F(row["call_amount"]) != amount or
                    row["age_bucket"] != age_bucket(w.now - d.since)):
                wrong.append((name, row, amount))
        check("a random walk", not wrong, wrong[:2])


def main():
    with tempfile.TemporaryDirectory() as folder:
        story_of_a_call(folder)
        story_of_deadlines_over_staleness(folder)
        story_of_recovery(folder)
        story_of_a_family(folder)
        refusals(folder)
        random_walk(folder)
    print(f"{passed} passed, {failed} failed")
    return 0 if failed == 0 and passed > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
