"""The `scenario`, `var` and `es` requirements of margin-model 1.5 and 3.3,
again, in doubles where they are not sums: a mixin of tests/margin_model.py."""
import math
from fractions import Fraction as F

from margin_model import Stale, instant

GRID = [(1.18, "up", 1), (0.82, "up", 1)] + [
    (x, vol, 1) for x in (1.135, 1.09, 1.045, 1, 0.955, 0.91, 0.865)
    for vol in ("up", "down", "none")] + [
    (0.34, "up", 0.0545454545), (0.67, "up", 0.1090909091),
    (1.5, "up", 0.072), (2, "up", 0.036), (3, "up", 0.018),
    (4, "up", 0.012), (1, "linear", 1), (1, "abs", 1)]
DAMPING = {0.34: 0.036 / 0.66, 0.67: 0.036 / 0.33}


def shocked(vol, kind, tau, strike, forward):
    days = max(tau * 365, 1)
    power = 0.3 if days <= 30 else 0.13
    stretch = (30 / days)**power
    if kind == "up":
        return max(0.45, vol * (1 + 0.5 * stretch))
    if kind == "down":
        return vol * max(0, 1 - 0.275 * stretch)
    if kind in ("linear", "abs"):
        k = math.log(strike / forward)
        k = abs(k) if kind == "abs" else k
        cap = 0.15 - 0.05 * math.sqrt(tau)
        star = max(0.01, math.sqrt(tau) * 4 * (0.6 - 0.1 * math.sqrt(tau)))
        return vol * max(0, 1 + max(-cap, min(cap, k * cap / star)))
    return vol


class Risk:
    # ---- scenario ----------------------------------------------------------

    def trades(self, v, point):
        """[(instrument, size, entry)] with what the point fills."""
        return [(self.instruments[x["instrument"]], F(x["size"]),
                 x.get("entry", x.get("price")))
                for x in v.get("positions", []) + self.orders(v, point)]

    def units(self, v):
        out = []
        for a in self.book["assets"]:
            out.append(self.factor_of(a))
        for i in self.book.get("instruments", []):
            out.append(i["underlying"])
        traded = {i["underlying"] for i in self.book.get("instruments", [])}
        return [f for f in dict.fromkeys(out) if f in traded]

    def scenario(self, v, point, side):
        total = F(0)
        for f in self.units(v):
            total += self.unit_need(v, f, point, side)
        return total

    def window_parts(self, i, point):
        """Forward = fixed + moving."""
        whole = self.settled_at(i, point)
        price, fixed, _ = self.forward(i, point)
        left, window = instant(i["expiry"]) - self.now, 1800000
        if fixed is None or left >= window:
            return 0.0, float(whole)
        return float(fixed) * (window - left) / window, \
            float(price) * left / window

    def unit_need(self, v, f, point, side):
        spot = float(self.factor_price(f, point))
        spot_conf = self.confidence(self.factor_entry(f))
        linear, options = [], {}
        charge = gross_linear = 0.0
        least = spot_conf
        for i, size, entry in self.trades(v, point):
            if i["underlying"] != f:
                continue
            n = float(size * F(i.get("multiplier", 1)))
            if i["kind"] == "option":
                options.setdefault(instant(i["expiry"]), []).append((i, n))
                continue
            conf, moving = spot_conf, 1.0
            if i.get("inverse"):
                n, price = n / float(F(entry)), spot
            else:
                price = float(self.instrument_price(i, point))
            if self.is_pending(i):
                moving = 0.0
            elif i["kind"] == "future":
                fixed, var = self.window_parts(i, point)
                moving = var / (fixed + var)
                conf = min(conf, float(self.forward(i, point)[2]))
            linear.append(n * price * moving)
            gross_linear += abs(n) * spot
            least = min(least, conf)
            if conf < 0.55:
                charge += (1 - conf) * abs(n) * spot
        for leg, amount in self.held(v):
            a = self.assets[leg["asset"]]
            if self.factor_of(a) == f and amount:
                linear.append(float(amount * self.asset_price(a, point)))
        for leg in v.get("debt", []):
            a = self.assets[leg["asset"]]
            if self.factor_of(a) == f and F(leg["amount"]):
                linear.append(-float(self.owed_amount(leg) *
                                     self.asset_price(a, point)))
        loss = self.grid_loss(linear, options, point)
        naked = 0.0
        for rows in options.values():
            strikes = {}
            conf = least
            for i, n in rows:
                strikes[i["strike"]] = strikes.get(i["strike"], 0) + n
                if not self.is_pending(i):
                    conf = min(conf, float(self.vol(i)[1]),
                               float(self.forward(i, point)[2]))
            naked += sum(max(0, -n) for n in strikes.values()) * spot
            if conf < 0.55:
                charge += (1 - conf) * spot * sum(abs(n) for _, n in rows)
        if side == "maintenance":
            return F(0.8 * loss + 0.015 * gross_linear + 0.003 * naked)
        stable = min([self.stable_price(), 0.98])
        return F((1 + 2 * (0.98 - stable)) * loss + 0.02 * gross_linear +
                 0.005 * naked + charge)

    def stable_price(self):
        """The least USD price of an asset of group "stable"; 1: none."""
        out = [float(self.asset_entry(a)["mid"])
               for a in self.book["assets"] if a.get("group") == "stable"]
        return min(out, default=1.0)

    @staticmethod
    def confidence(e):
        return float(1 - max(e["mid"] - e["low"], e["high"] - e["mid"]) /
                     e["mid"])

    def grid_loss(self, linear, options, point):
        expiries = []
        basis = 0.0
        for expiry, rows in options.items():
            tau = self.tau(expiry)
            if expiry <= self.now:
                expiries.append((None, [(n, float(self.option_price(
                    i, point))) for i, n in rows]))
                continue
            fixed, moving = self.window_parts(rows[0][0], point)
            priced = [(i, n, float(self.option_price(i, point)),
                       self.vol(i)[0]) for i, n in rows]
            e = (tau, fixed, moving, priced, self.rate(expiry))
            base = sum(n * m for _, n, m, _ in priced)
            ends = [self.total(e, x, "none") - base for x in (1.045, 0.955)]
            basis += min(0.0, *ends) * (0.5 + 2 * tau)
            expiries.append((e, base))
        worst = basis
        for x, vol, damp in GRID:
            damp = DAMPING.get(x, damp)
            pnl = 0.0 if vol in ("linear", "abs") else sum(linear) * (x - 1)
            for e, base in expiries:
                if e is None:
                    continue
                m = self.total(e, x, vol)
                tau, r = e[0], e[4]
                if m >= 0:
                    m *= 0.95 * math.exp(-tau * (r + 0.08))
                else:
                    m *= min(math.exp(tau * r),
                             1.04 * math.exp(tau * (0.5 * r + 0.08)))
                change = m - base
                pnl += -abs(change) if vol in ("linear", "abs") else change
            worst = min(worst, pnl * damp)
        return max(0.0, -worst)

    def total(self, e, x, vol):
        tau, fixed, moving, priced, _ = e
        forward = fixed + moving * x
        out = 0.0
        for i, n, _, sigma in priced:
            s = shocked(sigma, vol, tau, float(F(i["strike"])), forward)
            out += n * float(self.option_price(i, None, forward, s))
        return out

    # ---- value at risk -----------------------------------------------------

    def samples(self):
        """({factor: returns}, {factor: returns}): base and stressed."""
        rows = {f: [float(F(x)) for x in r]
                for f, r in self.market.get("returns", {}).items()}
        if self.rules.get("source") == "historical":
            return rows, rows
        base = {}
        for f, r in rows.items():
            var = sum(x * x for x in r[:20]) / 20
            sigma = []
            for x in r:
                sigma.append(math.sqrt(var))
                var = 0.97 * var + 0.03 * x * x
            now = math.sqrt(var)
            base[f] = [x * max(0.5, min(3.0, now / s))
                       for x, s in zip(r, sigma)]
        n = len(next(iter(rows.values())))
        span = min(250, n)
        square = {f: sum(x * x for x in r) / n for f, r in rows.items()}
        score = [sum(sum(x * x for x in r[k:k + span]) / square[f]
                     for f, r in rows.items()) for k in range(n - span + 1)]
        at = score.index(max(score))
        return base, {f: r[at:at + span] for f, r in rows.items()}

    def var(self, v, point, side, method):
        base, stressed = self.samples()
        if not base:
            raise Stale("returns")
        out = 0.75 * self.measure(v, point, base, method) + \
            0.25 * self.measure(v, point, stressed, method)
        out += self.closing(v, point, base)
        return F(out * (1.25 if side == "initial" else 1))

    def closing(self, v, point, sample):
        """Half the spread, and the impact of the size, of each net exposure."""
        net = {}

        def add(f, value):
            net[f] = net.get(f, 0.0) + value
        for leg, amount in self.held(v):
            a = self.assets[leg["asset"]]
            if self.factor_of(a) in sample and amount:
                add(self.factor_of(a),
                    float(amount * self.asset_price(a, point)))
        for leg in v.get("debt", []):
            a = self.assets[leg["asset"]]
            if self.factor_of(a) in sample and F(leg["amount"]):
                add(self.factor_of(a), -float(
                    self.owed_amount(leg) * self.asset_price(a, point)))
        for i, size, entry in self.trades(v, point):
            f, size = i["underlying"], float(size * F(i.get("multiplier", 1)))
            if self.is_pending(i):
                continue
            if i.get("inverse"):
                add(f, size / float(F(entry)) *
                    float(self.factor_price(f, point)))
            elif i["kind"] == "option":
                forward, step = float(self.settled_at(i, point)), 1e-5
                up, down = (float(self.option_price(i, None,
                                                    forward * (1 + x)))
                            for x in (step, -step))
                add(f, size * (up - down) / (2 * step))
            else:
                add(f, size * float(self.instrument_price(i, point)))
        out = 0.0
        for f, value in net.items():
            a = next((a for a in self.assets.values()
                      if self.factor_of(a) == f), None)
            if a is None:
                continue
            day = float(F(a.get("volatility", "0.6"))) / math.sqrt(365)
            out += abs(value) * (
                float(F(a.get("spread", "0.0005"))) / 2 + day * math.sqrt(
                    abs(value) / float(F(a.get("adv", 5000000000)))))
        return out

    def measure(self, v, point, sample, method):
        exposure = dict.fromkeys(sample, 0.0)
        for leg, amount in self.held(v):
            a = self.assets[leg["asset"]]
            if self.factor_of(a) in sample and amount:
                exposure[self.factor_of(a)] += float(
                    amount * self.asset_price(a, point))
        for leg in v.get("debt", []):
            a = self.assets[leg["asset"]]
            if self.factor_of(a) in sample and F(leg["amount"]):
                exposure[self.factor_of(a)] -= float(
                    self.owed_amount(leg) * self.asset_price(a, point))
        n = len(next(iter(sample.values())))
        pnl = [0.0] * n
        for i, size, entry in self.trades(v, point):
            f, size = i["underlying"], float(size * F(i.get("multiplier", 1)))
            if self.is_pending(i):
                continue
            if i.get("inverse"):
                exposure[f] += size / float(F(entry)) * \
                    float(self.factor_price(f, point))
                continue
            fixed, moving = (0.0, 1.0) if i["kind"] == "perp" else \
                self.window_parts(i, point)
            if i["kind"] != "option":
                exposure[f] += size * float(self.instrument_price(i, point)) \
                    * moving / (fixed + moving)
                continue
            vol, now = self.vol(i)[0], float(self.option_price(i, point))
            for k, r in enumerate(sample[f]):
                pnl[k] += size * (float(self.option_price(
                    i, None, fixed + moving * max(0.0, 1 + r), vol)) - now)
        for k in range(n):
            pnl[k] += sum(exposure[f] * r[k] for f, r in sample.items())
        pnl.sort()
        if method == "var" and n // 100 >= 5:
            return max(0.0, -pnl[max(1, n // 100) - 1])
        k = max(1, n * 25 // 1000)
        return max(0.0, -sum(pnl[:k]) / k)
