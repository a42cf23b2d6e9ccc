#!/usr/bin/env python3
"""Recomputes `margind backtest --json` of random price histories with Python's
own integers: returns, filtering, the stress window, value at risk, expected
shortfall, exceptions, the buffer and its measures to the last digit; the
likelihood ratios, p-values and Basel's probabilities by math and fractions.
Written from margin-model.md 1.5 and 1.11, without the C.
Ends with `N passed, N failed`."""
import json
import math
import os
import random
import subprocess
import sys
import tempfile
import time
from fractions import Fraction as F
from functools import lru_cache

os.chdir(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MARGIND = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else
                          "build/margind")
ONE = 10**18
PPB = 10**9
MOST = 2**63 - 1
ES_TAIL = PPB // 40
HISTORIES = 9
RULES_HISTORIES = 4
passed = failed = 0


def check(what, good, more=""):
    global passed, failed
    if good:
        passed += 1
    else:
        failed += 1
        if failed <= 20:
            print("FAILED", what, more)


def nearest(a, b):
    """a * b with 18 decimals, half up."""
    return (a * b + ONE // 2) // ONE


def saturate(r):
    return max(-ONE, min(MOST, r))


def change(a, b, up=False):
    grown = -(-b * ONE // a) if up else b * ONE // a
    return MOST if grown > MOST else grown - ONE


# ---- samples ---------------------------------------------------------------

def compound(returns, mpor):
    out = []
    for i in range(len(returns) - mpor + 1):
        grown = ONE
        for r in returns[i:i + mpor]:
            grown = saturate(nearest(grown, ONE + r) - ONE) + ONE
        out.append(grown - ONE)
    return out if mpor > 1 else returns


def variances(returns):
    """sigma^2 before each return and after the last, 36 decimals."""
    seed = returns[:20]
    v = [sum(r * r for r in seed) // len(seed)]
    for r in returns:
        v.append((v[-1] * 97 + r * r * 3 + 50) // 100)
    return v


def filtered(returns, high):
    v = variances(returns)
    out = []
    for r, then in zip(returns, v):
        if then == 0:
            ratio = ONE if v[-1] == 0 else high
        else:
            ratio = math.isqrt(v[-1] * 10**36 // then)
            ratio = max(ONE // 2, min(high, ratio))
        out.append(saturate(nearest(r, ratio)))
    return out


def stressed(returns, span):
    mean = sum(r * r for r in returns) // len(returns)
    span = min(span, len(returns))
    parts = [r * r * ONE // mean if mean else 0 for r in returns]
    best, first = 0, 0
    total = sum(parts[:span])
    for i in range(len(parts) - span + 1):
        if i:
            total += parts[i + span - 1] - parts[i - 1]
        if total > best:
            best, first = total, i
    return returns[first:first + span]


# ---- measures --------------------------------------------------------------

def rank(n, tail):
    return max(1, n * tail // PPB)


def value_at_risk(pnl, tail):
    return max(0, -sorted(pnl)[rank(len(pnl), tail) - 1])


def shortfall(pnl, tail):
    k = rank(len(pnl), tail)
    return max(0, -(sum(sorted(pnl)[:k]) // k))


def measure(pnl, method, tail):
    if method == "var" and len(pnl) * tail >= 5 * PPB:
        return value_at_risk(pnl, tail)
    return shortfall(pnl, ES_TAIL)


def weigh(x, part):
    return -(-x * part // PPB)


def stress_rows(how):
    if how["named"]:
        return sum(how["named"])
    return how["span"] - 1 + how["mpor"]


def margins(seen, before, side, how):
    """Margin, and VaR and ES at 97.5 %, of one moment."""
    def three(returns):
        pnl = [side * r for r in compound(returns, how["mpor"])]

        return (measure(pnl, how["method"], how["tail"]),
                value_at_risk(pnl, ES_TAIL), shortfall(pnl, ES_TAIL))

    base = three(seen if how["base"] == "historical" else
                 filtered(seen, how["high"]))
    if how["source"] != "joint":
        return base
    if how["named"]:
        first, length = how["named"]
        bad = three(before[first:first + length])
    else:
        bad = three(stressed(before[-4096:], stress_rows(how)))
    return tuple(weigh(a, how["weights"][0]) + weigh(b, how["weights"][1])
                 for a, b in zip(base, bad))


# ---- tests -----------------------------------------------------------------

def xlog(n, a):
    return n * math.log(a) if n else 0.0


def pof(t, x, p):
    return -2 * (xlog(t - x, 1 - p) + xlog(x, p) - xlog(t - x, 1 - x / t) -
                 xlog(x, x / t))


def independence(hits):
    n = [[0, 0], [0, 0]]
    for a, b in zip(hits, hits[1:]):
        n[a][b] += 1
    total = len(hits) - 1
    lr = 0.0
    for i in range(2):
        for j in range(2):
            if n[i][j]:
                lr += n[i][j] * math.log(
                    n[i][j] * total / (sum(n[i]) * (n[0][j] + n[1][j])))
    return max(0.0, 2 * lr)


@lru_cache(maxsize=None)
def binomial(t, x, p):
    return sum(math.comb(t, k) * p**k * (1 - p)**(t - k)
               for k in range(x + 1))


def basel(t, x, p):
    c = binomial(t, x, p)
    if x == 0 or c < F(95, 100):
        return "green", 0, c
    if c >= F(9999, 10000):
        return "red", 100, c
    for y, plus in ((5, 40), (6, 50), (7, 65), (8, 75)):
        if binomial(250, y, F(1, 100)) >= c:
            return "yellow", plus, c
    return "yellow", 85, c


def calibrate(hits, p, approved):
    """Window by window: exceptions, zone, plus, and the state after it."""
    multiplier, alarm, green, out = ONE, False, 0, []
    for i in range(0, len(hits) - 249, 250):
        x, before = sum(hits[i:i + 250]), multiplier
        zone, plus, _ = basel(250, x, p)
        green = green + 1 if zone == "green" else 0
        if zone != "green":
            multiplier = max(multiplier, -(-(300 + plus) * ONE // 300))
            alarm = alarm or zone == "red"
        if approved and green >= 2:
            alarm = False
            if multiplier > ONE:
                multiplier, green = ONE, 0
        move = ("raised" if multiplier > before else
                "lowered" if multiplier < before else "kept")
        out.append((x, zone, plus * ONE // 100, multiplier, alarm, green,
                    move))
    return out


def buffered(series, size, rebuild):
    out = []
    for i, m in enumerate(series):
        full = weigh(m, PPB + size)
        if i:
            carried = out[-1]
            if m <= series[i - 1]:
                carried = weigh(carried, PPB + rebuild)
            full = max(m, min(full, carried))
        out.append(full)
    return out


def apc(series):
    peak, trough = max(series), min(series)
    out = {"peak": peak, "trough": trough,
           "peak_to_trough": -(-peak * ONE // trough) if trough else None}
    for days in (1, 5):
        pairs = list(zip(series, series[days:]))
        out[f"rise_{days}"] = max([0] + [b - a for a, b in pairs])
        out[f"rise_{days}_relative"] = max(
            [0] + [-((a - b) * ONE // a) for a, b in pairs if a and b >= a])
    return out


# ---- comparing -------------------------------------------------------------

START, STEP = 1600000000, 3600


def number(x):
    """18 decimals."""
    return int(F(x) * ONE)


def close(got, want, by=1e-9):
    return abs(float(got) - want) <= by * abs(want) + 1e-11


def check_calibration(where, got, ms, hits, p, how):
    want = calibrate(hits, p, how["approved"])
    cal = got["calibration"]
    shown = [(w["exceptions"], w["zone"], number(w["plus_factor"]),
              number(w["multiplier"]), w["alarm"], w["green_windows"],
              w["move"]) for w in cal["windows"]]
    check(f"{where} windows", shown == want, (shown, want))
    _, _, _, multiplier, alarm, green, _ = (
        want[-1] if want else (0, "", 0, ONE, False, 0, ""))
    check(f"{where} calibration", (
        number(cal["multiplier"]), cal["alarm"], cal["green_windows"],
        cal["may_lower"], cal["loosening_approved"]) == (
            multiplier, alarm, green, green >= 2 and not alarm,
            how["approved"]), (cal, multiplier, alarm, green))
    for i, w in enumerate(cal["windows"]):
        check(f"{where} window {i} times", (w["from"], w["to"]) == tuple(
            time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(ms[k]))
            for k in (250 * i, 250 * i + 249)), w)


def check_tests(where, got, hits, p):
    t, x = len(hits), sum(hits)
    lr, ind = pof(t, x, float(p)), independence(hits)
    for key, want, degrees in (("kupiec", lr, 1), ("independence", ind, 1),
                               ("conditional", lr + ind, 2)):
        crit = 3.841458820694124 if degrees == 1 else 5.991464547107979
        prob = (math.erfc(math.sqrt(max(want, 0) / 2)) if degrees == 1 else
                math.exp(-want / 2))
        check(f"{where} {key}", close(got[key]["lr"], want), got[key])
        # Near zero the square root has half the digits.
        check(f"{where} {key} p", close(got[key]["p_value"], prob, 1e-6),
              (got[key], prob))
        check(f"{where} {key} verdict", got[key]["verdict"] ==
              ("rejected" if want > crit else "kept"), got[key])
    zone, plus, cumulative = basel(t, x, p)
    check(f"{where} basel", got["basel"]["zone"] == zone and
          number(got["basel"]["plus_factor"]) == plus * ONE // 100 and
          close(got["basel"]["cumulative"], float(cumulative)),
          (got["basel"], zone, plus, float(cumulative)))


def check_z2(where, got, losses, figures):
    if any(loss > var and es == 0
           for loss, (_, var, es) in zip(losses, figures)):
        check(f"{where} no z2", got["es_z2"] is None, got["es_z2"])
        return
    total = 0
    for loss, (_, var, es) in zip(losses, figures):
        if loss > var:
            total -= -loss * ONE // es
    z = ONE + (-total * ONE // (len(losses) * ONE // 40))
    check(f"{where} z2", number(got["es_z2"]["z"]) == z,
          (got["es_z2"], z))


def check_side(where, got, prices, how, side):
    mpor, window = how["mpor"], how["window"]
    returns = [change(a, b) for a, b in zip(prices, prices[1:])]
    first = (max(window, stress_rows(how)) if how["source"] == "joint" else
             window)
    losses, figures, rows = [], [], []
    for row in range(first, len(prices) - mpor, mpor):
        a, b = prices[row], prices[row + mpor]
        rows.append(START + STEP * row)
        losses.append(-change(a, b) if side == 1 else change(a, b, True))
        figures.append(margins(returns[row - window:row], returns[:row],
                               side, how))
    asked = [f[0] for f in figures]
    cover = buffered(asked, *how["buffer"])
    hits = [int(x > m) for x, m in zip(losses, asked)]
    for key, want in (
            ("observations", len(losses)), ("exceptions", sum(hits)),
            ("exceptions_with_buffer", sum(
                x > m for x, m in zip(losses, cover)))):
        check(f"{where} {key}", got[key] == want, (got[key], want))
    check(f"{where} mean margin", number(got["mean_margin"]) ==
          -(-sum(asked) // len(asked)), got["mean_margin"])
    check(f"{where} worst loss", number(got["worst_loss"]) == max(losses))
    for key, series in (("plain", asked), ("buffered", cover)):
        for name, want in apc(series).items():
            value = got["apc"][key][name]
            check(f"{where} apc {key} {name}", value is None and want is None
                  or number(value) == want, (value, want))
    check_tests(where, got, hits, F(how["tail"], PPB))
    check_calibration(where, got, rows, hits, F(how["tail"], PPB), how)
    check_z2(where, got, losses, figures)


def random_prices(rng, rows):
    price, calm, out = 1000 * ONE, 0.01, []
    for _ in range(rows):
        if rng.random() < 0.02:
            calm = rng.choice([0.0, 0.002, 0.01, 0.05])
        step = math.exp(rng.gauss(0, calm) - (rng.random() < 0.003) * 0.4)
        price = max(1, int(price * step))
        out.append(price)
    return out


def decimal(x):
    return f"{x // ONE}.{x % ONE:018}"


def run(path, args):
    args = [MARGIND, "backtest", "--json", "--prices", path] + args
    r = subprocess.run(args, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                       check=False, text=True, timeout=60)
    check(f"exit code of {args}", r.returncode == 0 and not r.stderr,
          r.stderr)
    return [json.loads(x) for x in r.stdout.splitlines()]


def options(how, keys):
    """The command line of some of the parameters."""
    args = ["--approve-loosening"] if how["approved"] else []
    if "alpha" in keys:
        args += ["--alpha", decimal((PPB - how["tail"]) * PPB)[:11]]
    for key in ("method", "source", "window", "mpor"):
        if key in keys:
            args += ["--" + key, str(how[key])]
    return args


def parameters(rng, source):
    """Rules as they are by default."""
    return {"method": rng.choice(["var", "var", "es"]), "source": source,
            "base": "historical" if source == "historical" else "filtered",
            "tail": rng.choice([10, 10, 20, 25, 50]) * PPB // 1000,
            "mpor": rng.choice([1, 1, 2, 5]), "high": 3 * ONE,
            "window": rng.choice([210, 260, 500, 510]),
            "weights": (PPB * 3 // 4, PPB // 4), "span": 250, "named": None,
            "buffer": (PPB // 4, PPB // 50), "approved": rng.random() < 0.5}


def save_prices(path, prices):
    with open(path, "w", encoding="utf-8") as f:
        f.write("ts,open,close\n")
        for i, p in enumerate(prices):
            f.write(f"{START + STEP * i},1,{decimal(p)}\n")


def check_both(where, got, prices, how):
    check(f"{where} sides", [x["side"] for x in got] == ["long", "short"])
    for x, side in zip(got, (1, -1)):
        check_side(f"{where} {x['side']} {how}", x, prices, how, side)


def check_histories():
    rng = random.Random(20261129)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "h.csv")
        for n in range(HISTORIES):
            how = parameters(rng, ["joint", "filtered", "historical"][n % 3])
            prices = random_prices(rng, 1100)
            save_prices(path, prices)
            check_both(f"history {n}", run(path, options(how, (
                "alpha", "method", "source", "window", "mpor"))), prices, how)


# ---- rules -----------------------------------------------------------------

def rules_text(how):
    parts = {"alpha": PPB - how["tail"], "weight": how["weights"][0],
             "weight_stressed": how["weights"][1]}
    named = how["named"] or (0, 0)
    lines = [f"method: {how['method']}", "var:", f"  source: {how['base']}"]
    lines += [f"  {k}: {decimal(v * PPB)}" for k, v in parts.items()]
    lines += [f"  mpor: {how['mpor']}", f"  stress_span: {how['span']}",
              f"  stress_first: {named[0]}", f"  stress_length: {named[1]}",
              f"  clamp_high: {decimal(how['high'])}",
              f"buffer: {{size: {decimal(how['buffer'][0] * PPB)}, "
              f"rebuild: {decimal(how['buffer'][1] * PPB)}}}"]
    return "\n".join(lines) + "\n"


def check_rules():
    rng = random.Random(20261130)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "h.csv")
        rules = os.path.join(folder, "rules.yaml")
        for n in range(RULES_HISTORIES):
            how = parameters(rng, "joint")
            how.update(
                base=["filtered", "historical"][n % 2], high=2 * ONE,
                weights=(rng.randint(1, PPB), rng.randint(1, PPB)),
                span=rng.randint(220, 300), approved=n % 2 == 1,
                named=(rng.randint(0, 60), 240) if n < 2 else None,
                buffer=(rng.randint(0, PPB), rng.randint(0, PPB // 10)))
            prices = random_prices(rng, 1000)
            save_prices(path, prices)
            with open(rules, "w", encoding="utf-8") as f:
                f.write(rules_text(how))
            args = ["--rules", rules]
            got = run(path, args + options(how, ("window",)))
            check_both(f"rules {n}", got, prices, how)
            # What the command line says stands over it.
            other = dict(how, tail=PPB // 20, mpor=2, method="var",
                         source="filtered", base="filtered")
            over = run(path, args + options(other, (
                "alpha", "method", "source", "window", "mpor")))
            check_both(f"rules {n}, options", over, prices, other)
            check(f"rules {n} hashes", got[0]["rules_hash"] !=
                  over[0]["rules_hash"])
        with open(rules, "w", encoding="utf-8") as f:
            f.write("")
        check("empty rules", run(path, ["--rules", rules]) == run(path, []))
        with open(rules, "w", encoding="utf-8") as f:
            f.write("var: {source: simulated, draws: 300}\n")
        check("simulated", [x["scenarios"] for x in run(
            path, ["--rules", rules])] == ["simulated"] * 2)


# ---- bad input -------------------------------------------------------------

def check_bad_input():
    with tempfile.TemporaryDirectory() as folder:
        def history(text):
            path = os.path.join(folder, "h.csv")
            with open(path, "w", encoding="utf-8") as f:
                f.write(text)
            return path

        good = history("ts,close\n1,2\n2,2\n")
        for args, code, word in (
                (["--prices", good, "--method", "vra"], 2,
                 "did you mean `var`?"),
                (["--prices", good, "--source", "x"], 2, "no `x`"),
                (["--prices", good, "--alpha", "1"], 2, "--alpha"),
                (["--prices", good, "--alpha", "0.99x"], 2, "--alpha"),
                (["--prices", good, "--window", "199"], 2, "--window"),
                (["--prices", good, "--window", "4097"], 2, "--window"),
                (["--prices", good, "--mpor", "0"], 2, "--mpor"),
                (["--prices", good + ",,"], 2, "--prices"),
                (["--prices", good], 1, "too few rows"),
                (["--prices", good, "--column", "X"], 1, "no series `X`"),
                (["--prices", good, "--rules", folder + "/none"], 3,
                 "No such file"),
                (["--prices", folder + "/none"], 1, "No such file"),
                (["--prices", good, "--method", "standard", "--chart",
                  folder + "/none/x.svg"], 1, "No such file")):
            r = subprocess.run([MARGIND, "backtest"] + args, check=False,
                               stdout=subprocess.PIPE, text=True,
                               stderr=subprocess.PIPE, timeout=60)
            check(f"backtest {args}", r.returncode == code and word in
                  r.stderr and r.stderr.count("\n") == 1,
                  (r.returncode, r.stderr))
        bad = history("ts,close\n1,2\n2,-2\n")
        r = subprocess.run([MARGIND, "backtest", "--prices", bad],
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                           check=False, text=True, timeout=60)
        check("a bad price", r.returncode == 1 and
              ":3: column 2: not a price above zero" in r.stderr, r.stderr)


def main():
    check_histories()
    check_rules()
    check_bad_input()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
