"""The margin model a second time, from margin-model.md section 1 and the
headers of margin/, in exact rationals: what tests/check_margin.py compares the
program with.  Values are Fractions of USD.

A Model with `rounded` rounds each step to the documented side; without it
nothing is rounded, so that the difference is what rounding costs.  Only the
marks of options, exponentials and roots are doubles."""
import math
from datetime import datetime, timezone
from fractions import Fraction as F

WAD = 10**18
YEAR_MS = 31536000000
TIE = F(1, 10**7)
MID, LOW, HIGH = "mid", "low", "high"
SLOW = ("twap", "stable")
NONE, BIDS, ASKS = None, "bids", "asks"
INF = None


class Stale(Exception):
    """A price that the vault needs is refused or missing."""


def instant(text):
    if isinstance(text, int):
        return text
    t = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ")
    return int(t.replace(tzinfo=timezone.utc).timestamp()) * 1000


def down(x, scale=WAD):
    return F(math.floor(x * scale), scale)


def up(x, scale=WAD):
    return F(math.ceil(x * scale), scale)


def normal(x):
    return math.erfc(-x / math.sqrt(2)) / 2


def black(forward, strike, vol, tau, discount, is_call):
    """Undiscounted bounds and intrinsic as margin-model 1.3 has them."""
    s = vol * math.sqrt(tau)
    if s < 1e-18 or forward <= 0 or strike <= 0:
        gain = forward - strike if is_call else strike - forward
        return discount * max(0.0, gain)
    if s >= 24:
        return discount * (forward if is_call else strike)
    d1 = math.log(forward / strike) / s + s / 2
    d2 = d1 - s
    if is_call:
        v = forward * normal(d1) - strike * normal(d2)
    else:
        v = strike * normal(-d2) - forward * normal(-d1)
    return discount * min(max(v, 0.0), forward if is_call else strike)


class Point:
    """Where each factor stands: MID, LOW, HIGH or a price; filled orders."""

    def __init__(self, at=None, fill=None):
        self.at, self.fill = dict(at or {}), dict(fill or {})

    def with_factor(self, factor, at, fill=NONE):
        p = Point(self.at, self.fill)
        p.at[factor], p.fill[factor] = at, fill
        if at == MID and not fill:
            del p.at[factor], p.fill[factor]
        return p


class Model:
    def __init__(self, book, market, rules=None, rounded=True):
        self.book, self.market, self.rules = book, market, rules or {}
        self.now = instant(market["as_of"])
        self.rounded = rounded
        self.known = {}
        self.assets = {a["id"]: a for a in book["assets"]}
        self.instruments = {i["id"]: i for i in book.get("instruments", [])}
        self.vaults = {v["id"]: v for v in book["vaults"]}
        self.emodes = {e["id"]: e for e in book.get("emodes", [])}
        self.slot = {a["id"]: i for i, a in enumerate(book["assets"])}

    def fl(self, x):
        return down(x) if self.rounded else F(x)

    def ce(self, x):
        return up(x) if self.rounded else F(x)

    # ---- prices ------------------------------------------------------------

    def factor_of(self, a):
        if "factor" in a:
            return a["factor"]
        if a.get("rate_of"):
            return self.factor_of(self.assets[a["rate_of"]])
        return a["id"]

    def entry(self, name):
        """Low, mid, high, companions of a market entry."""
        p = self.market["prices"].get(name)
        if p is None or p.get("status") == "REFUSED":
            raise Stale(name)
        mid = F(p["mid"])
        low, high = F(p.get("low") or mid), F(p.get("high") or mid)
        band_max = F(self.rules.get("band_max", "0.1"))
        if mid and max(mid - low, high - mid) > band_max * mid:
            raise Stale(name)
        out = {k: F(p[k]) if p.get(k) else None for k in SLOW}
        out.update({LOW: low, MID: mid, HIGH: high,
                    "degraded": p.get("status") == "DEGRADED"})
        return out

    def slow(self, a):
        e = self.asset_entry(a)
        return [e[k] for k in SLOW if e[k]]

    def asset_entry(self, a):
        e = self.entry(a.get("price", a["id"]))
        if not a.get("rate_of"):
            return e
        base = self.asset_entry(self.assets[a["rate_of"]])
        out = {"degraded": e["degraded"] or base["degraded"]}
        for k in SLOW:
            if e[k] or base[k]:
                out[k] = self.fl((e[k] or e[MID]) * (base[k] or base[MID]))
            else:
                out[k] = None
        out[LOW] = self.fl(e[LOW] * base[LOW])
        out[MID] = self.fl(e[MID] * base[MID])
        out[HIGH] = self.ce(e[HIGH] * base[HIGH])
        return out

    def factor_entry(self, f):
        if f in self.market["prices"]:
            return self.entry(f)
        for a in self.book["assets"]:
            if self.factor_of(a) == f:
                return self.asset_entry(a)
        raise Stale(f)

    def factor_price(self, f, point):
        at = point.at.get(f, MID)
        return self.factor_entry(f)[at] if isinstance(at, str) else at

    def moved(self, price, f, point):
        at = point.at.get(f, MID)
        if at == MID:
            return F(price)
        return price * self.factor_price(f, point) / self.factor_entry(f)[MID]

    def asset_price(self, a, point):
        e = self.asset_entry(a)
        at = point.at.get(self.factor_of(a), MID)
        return e[at] if isinstance(at, str) else \
            self.moved(e[MID], self.factor_of(a), point)

    # ---- surfaces ----------------------------------------------------------

    def term(self, kind, f):
        rows = self.market.get(kind, {}).get(f, [])
        return sorted(((instant(r["expiry"]), r) for r in rows),
                      key=lambda x: x[0])

    def tau(self, ms):
        return max(0, ms - self.now) / YEAR_MS

    def forward(self, i, point):
        """(price, fixed or None, confidence) at an instrument's expiry, moved;
        the window's weights are not in it yet."""
        f, expiry = i["underlying"], instant(i["expiry"])
        rows = self.term("forwards", f)
        spot = self.factor_entry(f)[MID]
        fixed = None
        for when, row in rows:
            if when == expiry:
                fixed = F(row["fixed"]) if row.get("fixed") else None
                price, conf = F(row["price"]), F(row.get("confidence", 1))
                break
        else:
            before = [x for x in rows if self.now < x[0] < expiry]
            after = [x for x in rows if x[0] > expiry]
            if not before or not after:
                price, conf = spot, F(1)
            else:
                (t0, a), (t1, b) = before[-1], after[0]
                share = (expiry - t0) / (t1 - t0)
                carry = [math.log(F(r["price"]) / spot) for r in (a, b)]
                price = F(float(spot) * math.exp(
                    carry[0] + (carry[1] - carry[0]) * share))
                conf = min(F(r.get("confidence", 1)) for r in (a, b))
        return self.moved(price, f, point), fixed, conf

    def settled_at(self, i, point):
        """The forward, with what the settlement window has fixed of it."""
        price, fixed, _ = self.forward(i, point)
        left = instant(i["expiry"]) - self.now
        window = 1800000
        if fixed is None or left >= window:
            return price
        return (fixed * (window - left) + price * left) / window

    def vol_of(self, row, strike):
        if "vol" in row:
            return float(F(row["vol"]))
        s = {k: float(F(v)) for k, v in row["svi"].items()}
        k = math.log(float(strike) / s["forward"])
        bound = 4 * math.sqrt(s["a"] + s["b"] * s["sigma"])
        k = max(-bound, min(bound, k))
        w = s["a"] + s["b"] * (s["rho"] * (k - s["m"]) + math.sqrt(
            (k - s["m"])**2 + s["sigma"]**2))
        return math.sqrt(max(0.0, w) / s["tau"])

    def vol(self, i):
        """(volatility, confidence)"""
        rows = self.term("surfaces", i["underlying"])
        expiry, strike = instant(i["expiry"]), F(i["strike"])
        if not rows:
            raise Stale(i["id"])
        exact = [r for t, r in rows if t == expiry]
        before = [x for x in rows if x[0] < expiry]
        after = [x for x in rows if x[0] > expiry]
        if exact or not before or not after:
            row = exact[0] if exact else (before[-1] if before else after[0])[1]
            return self.vol_of(row, strike), F(row.get("confidence", 1))
        (t0, a), (t1, b) = before[-1], after[0]
        w0 = self.vol_of(a, strike)**2 * self.tau(t0)
        w1 = self.vol_of(b, strike)**2 * self.tau(t1)
        w = w0 + (w1 - w0) * (expiry - t0) / (t1 - t0)
        return math.sqrt(w / self.tau(expiry)), \
            min(F(r.get("confidence", 1)) for r in (a, b))

    def rate(self, expiry):
        rows = self.term("rates", "USD")
        if not rows:
            return 0.0
        before = [x for x in rows if x[0] <= expiry]
        after = [x for x in rows if x[0] >= expiry]
        if not before or not after:
            return max(0.0, float(F((before or after)[-1 if before else 0][1][
                "rate"])))
        (t0, a), (t1, b) = before[-1], after[0]
        r0, r1 = float(F(a["rate"])), float(F(b["rate"]))
        return max(0.0, r0 if t0 == t1 else
                   r0 + (r1 - r0) * (expiry - t0) / (t1 - t0))

    def is_pending(self, i):
        return "expiry" in i and instant(i["expiry"]) <= self.now

    def expired_price(self, i, point):
        """At the TWAP: what the window fixed, else the index's."""
        _, fixed, _ = self.forward(i, point)
        if fixed is not None:
            return fixed
        p = self.market["prices"].get(i["underlying"], {})
        return F(p["twap"]) if p.get("twap") else \
            self.factor_entry(i["underlying"])[MID]

    def instrument_price(self, i, point):
        kind = i["kind"]
        if kind == "option":
            return self.option_price(i, point)
        if self.is_pending(i):
            return self.expired_price(i, point)
        mark = self.market.get("marks", {}).get(i["id"])
        if mark:
            return self.moved(F(mark), i["underlying"], point)
        if kind == "future":
            return self.settled_at(i, point)
        return self.factor_price(i["underlying"], point)

    def option_price(self, i, point, forward=None, vol=None):
        is_call, strike = i["right"] == "call", F(i["strike"])
        if self.is_pending(i):
            f = self.expired_price(i, point)
            return max(F(0), f - strike if is_call else strike - f)
        expiry = instant(i["expiry"])
        tau = self.tau(expiry)
        f = self.settled_at(i, point) if forward is None else forward
        v = self.vol(i)[0] if vol is None else vol
        return F(black(float(f), float(strike), v, tau,
                       math.exp(-self.rate(expiry) * tau), is_call))

    # ---- what a vault has --------------------------------------------------

    def row(self, v, asset_id):
        """(ltv, threshold, bonus, debt weight) in the vault's mode."""
        a = self.assets[asset_id]
        ltv, threshold = F(a["ltv"]), F(a["liquidation_threshold"])
        bonus = F(a.get("liquidation_bonus", "0.05"))
        e = self.emodes.get(v.get("emode"))
        if e and asset_id in e["assets"] and \
                all(d["asset"] in e["assets"] for d in v.get("debt", [])):
            ltv, threshold = F(e["ltv"]), F(e["liquidation_threshold"])
            bonus = F(e.get("liquidation_bonus", bonus))
        return ltv, threshold, bonus, F(a.get("debt_weight", "1"))

    def held(self, v):
        return [(c, self.counted(v, c)) for c in v.get("collateral", [])]

    def counted(self, v, leg):
        """What a leg counts: under a lien, what the lien has left."""
        if not leg.get("lien"):
            return F(leg["amount"])
        liens = {x["id"]: x for x in self.book["liens"]}
        mine = liens[leg["lien"]]

        def place(x):
            return x.get("chain_id"), x["token"], x["holder"]
        same = [x for x in liens.values() if place(x) == place(mine)]
        newest = max(x.get("block", 0) for x in same)
        left = max(F(x["amount"]) for x in same
                   if x.get("block", 0) == newest)
        for x in sorted(same, key=lambda x: x["id"]):
            got = min(left, F(x["amount"]))
            left -= got
            if x is mine:
                break
        for w in self.book["vaults"]:
            for c in w.get("collateral", []):
                if c.get("lien") != leg["lien"]:
                    continue
                part = min(got, F(c["amount"]))
                if c is leg:
                    return part
                got -= part
        raise KeyError(leg["lien"])

    def owed_amount(self, d):
        scale = 10**self.assets[d["asset"]]["decimals"]
        x = F(d["amount"]) * F(d.get("index", "1"))
        return up(x, scale) if self.rounded else x

    def orders(self, v, point):
        out = []
        for o in v.get("orders", []):
            fill = point.fill.get(self.instruments[o["instrument"]][
                "underlying"])
            if fill and (F(o["size"]) > 0) == (fill == BIDS):
                out.append(o)
        return out

    def profit(self, i, size, entry, funding, point):
        size, entry, price = F(size), F(entry), self.instrument_price(i, point)
        mult = F(i.get("multiplier", "1"))
        if i.get("inverse"):
            coin = self.fl(size * mult * (price - entry) / (entry * price))
            return self.fl((coin - F(funding)) * self.factor_price(
                i["underlying"], point))
        return self.fl(size * mult * (price - entry)) - F(funding)

    def value(self, v, point, side, trust=F(1)):
        """Sums of collateral, debt, profit and option marks at a point."""
        out = {"V": F(0), "CV": F(0), "D": F(0), "Db": F(0), "pnl": F(0),
               "trusted": F(0), "options": F(0)}
        for leg, amount in self.held(v):
            if not F(leg["amount"]):
                continue
            a = self.assets[leg["asset"]]
            price = self.asset_price(a, point)
            ltv, threshold, _, _ = self.row(v, leg["asset"])
            if side == "initial":
                price = min([price] + self.slow(a))
            worth = self.fl(amount * price)
            out["V"] += worth
            if side == "initial":
                if a.get("cap"):
                    worth = min(worth, F(a["cap"]))
                out["CV"] += self.fl(worth * ltv)
            else:
                out["CV"] += self.fl(worth * threshold)
        for leg in v.get("debt", []):
            if not F(leg["amount"]):
                continue
            a = self.assets[leg["asset"]]
            price = self.asset_price(a, point)
            if side == "initial":
                price = max([price] + self.slow(a))
            worth = self.ce(self.owed_amount(leg) * price)
            out["D"] += worth
            out["Db"] += self.ce(worth * self.row(v, leg["asset"])[3])
        for x in v.get("positions", []) + [
                {"instrument": o["instrument"], "size": o["size"],
                 "entry": o["price"], "is_order": True}
                for o in self.orders(v, point)]:
            self.position_value(out, x, point, trust)
        return out

    def position_value(self, out, x, point, trust):
        i = self.instruments[x["instrument"]]
        mult = F(i.get("multiplier", "1"))
        if i["kind"] == "option":
            out["options"] += self.fl(F(x["size"]) * mult *
                                      self.option_price(i, point))
            gain = F(0)
            if x.get("is_order"):
                gain = self.fl(-F(x["size"]) * mult * F(x["entry"]))
        else:
            gain = self.profit(i, x["size"], x["entry"],
                               x.get("funding", "0"), point)
        out["pnl"] += gain
        out["trusted"] += self.fl(gain * trust) if gain > 0 else gain

    # ---- a vault at a point ------------------------------------------------

    def figures(self, v, method, point, side):
        """(value, adjusted equity, requirement)"""
        val = self.value(v, point, side)
        equity = val["CV"] + val["trusted"] - val["Db"]
        if method not in ("ratio", "standard"):
            equity += val["options"]
        need = {"ratio": lambda *a: F(0), "standard": self.standard,
                "scenario": self.scenario, "var": self.var,
                "es": self.var}[method]
        if method in ("var", "es"):
            return val, equity, need(v, point, side, method)
        return val, equity, need(v, point, side)

    def shared(self, v):
        out = [v]
        for w in self.book["vaults"]:
            if w.get("parent") == v["id"] and \
                    w.get("mode", "isolated") != "isolated":
                out += self.shared(w)
        return out

    def root(self, v):
        """The vault whose sums judge this one."""
        while v.get("parent") and v.get("mode", "isolated") != "isolated":
            v = self.vaults[v["parent"]]
        return v

    def sums(self, v, method, point, side):
        key = (v["id"], method, side, str(sorted(point.at.items())),
               str(sorted((f, x) for f, x in point.fill.items() if x)))
        if key not in self.known:
            self.known[key] = self.sums_of(v, method, point, side)
        return self.known[key]

    def sums_of(self, v, method, point, side):
        out = {"V": F(0), "D": F(0), "Db": F(0), "own": F(0),
               "equity": F(0), "need": F(0)}
        for w in self.shared(v):
            how = method if w is v else w.get("method", "ratio")
            val, equity, need = self.figures(w, how, point, side)
            out["V"] += val["V"]
            out["D"] += val["D"]
            out["Db"] += val["Db"]
            out["own"] += val["V"] + val["pnl"] + val["options"] - val["D"]
            out["equity"] += equity
            out["need"] += need
        out["excess"] = out["equity"] - out["need"]
        return out

    def factors(self, v):
        out = []
        for w in self.shared(v):
            for leg in w.get("collateral", []) + w.get("debt", []):
                if F(leg["amount"]):
                    out.append(self.factor_of(self.assets[leg["asset"]]))
            for x in w.get("positions", []) + w.get("orders", []):
                out.append(self.instruments[x["instrument"]]["underlying"])
        return list(dict.fromkeys(out))

    def strikes(self, v, f):
        e = self.factor_entry(f)
        out = set()
        for w in self.shared(v):
            for x in w.get("positions", []) + w.get("orders", []):
                i = self.instruments[x["instrument"]]
                if i["underlying"] == f and i["kind"] == "option" and \
                        e[LOW] < F(i["strike"]) < e[HIGH]:
                    out.add(F(i["strike"]))
        return sorted(out)

    def end(self, v, method, side, best=False):
        """All factors at their worst (best) point, each found alone."""
        at = Point()
        self.is_tied = False
        for f in self.factors(v):
            kept, tried = None, []
            fills = [NONE]
            if not best and any(
                    self.instruments[o["instrument"]]["underlying"] == f
                    for w in self.shared(v) for o in w.get("orders", [])):
                fills = [NONE, BIDS, ASKS]
            for where in [MID, LOW, HIGH] + self.strikes(v, f):
                for fill in fills:
                    p = Point().with_factor(f, where, fill)
                    s = self.sums(v, method, p, side)
                    x = -s["excess"] if best else s["excess"]
                    tried.append((x, s["need"]))
                    if kept is None or x < kept[0]:
                        kept = (x, where, fill)
            at = at.with_factor(f, kept[1], kept[2])
            self.is_tied |= any(x - kept[0] < TIE and n != tried[0][1]
                                for x, n in tried)
        return self.sums(v, method, at, side), at

    def evaluate(self, v, method=None):
        method = method or v.get("method", "ratio")
        try:
            self.touch(v)
        except Stale:
            return {"state": "STALE"}
        mid = self.sums(v, method, Point(), "maintenance")
        out = {"mid": mid}
        out["worst"] = self.end(v, method, "maintenance")[0]
        out["best"] = self.end(v, method, "maintenance", best=True)[0]
        out["initial"], out["point"] = self.end(v, method, "initial")
        out["is_tied"] = self.is_tied
        out["state"] = self.state(v, out)
        return out

    def touch(self, v):
        for w in self.shared(v):
            for leg in w.get("collateral", []) + w.get("debt", []):
                if F(leg["amount"]):
                    self.asset_entry(self.assets[leg["asset"]])
            for x in w.get("positions", []) + w.get("orders", []):
                i = self.instruments[x["instrument"]]
                self.factor_entry(i["underlying"])
                self.instrument_price(i, Point())

    def state(self, v, r):
        obliged = r["mid"]["Db"] > 0 or r["mid"]["need"] > 0
        if any(self.is_pending(self.instruments[x["instrument"]])
               for w in self.shared(v) for x in w.get("positions", [])):
            return "PENDING"
        if obliged and all(r[k]["excess"] < 0
                           for k in ("mid", "worst", "best")):
            lost = r["best"]["V"] == 0 and r["best"]["own"] < 0
            return "INSOLVENT" if lost and r["mid"]["D"] > 0 else \
                "LIQUIDATABLE"
        return "HEALTHY" if r["initial"]["excess"] >= 0 else "RESTRICTED"
