"""The `standard` requirement of margin-model 1.5 and 3.3, again: a mixin of
tests/margin_model.py."""
import math
from fractions import Fraction as F

from margin_model import BIDS, instant

# Derive v2-core's test configuration (margin/standard.h).
OPTION = {"im": F("0.15"), "im_min": F("0.1"), "call": F("0.075"),
          "put": F("0.075"), "put_mark": F("0.075"), "put_scale": F("1.05"),
          "unpaired_initial": F("1.2"), "unpaired_maintenance": F("1.1")}
THRESHOLD, FACTOR = F("0.4"), F("0.4")


def root(x):
    """The square root of a Fraction to 40 digits."""
    scale = 10**40
    return F(math.isqrt(x.numerator * scale * scale // x.denominator), scale)


class Standard:
    def tiers(self, i):
        if "tiers" in i:
            return [(F(t["up_to"]) if "up_to" in t else None,
                     F(t["initial"]), F(t["maintenance"]))
                    for t in i["tiers"]]
        return [(None, F(i["initial_margin_fraction"]),
                 F(i["maintenance_margin_fraction"]))]

    def tier_need(self, tiers, n, column):
        """Each slice of the notional at its tier's rate."""
        total, start = F(0), F(0)
        for k, t in enumerate(tiers):
            last = k == len(tiers) - 1
            end = n if last or t[0] >= n else t[0]
            total += max(F(0), end - start) * t[column]
            start = max(start, end)
        return self.ce(total)

    def linear_need(self, i, n, side, leverage):
        tiers = self.tiers(i)
        if side == "maintenance":
            return self.tier_need(tiers, n, 2)
        r = self.rules.get("linear", {})
        base = tiers[0][1]
        need = [self.tier_need(tiers, n, 1)]
        if leverage:
            need.append(self.ce(n / F(leverage)))
        lower, upper = (F(r.get(k, 0)) for k in ("open_interest_lower",
                                                 "open_interest_upper"))
        oi = self.market.get("open_interest", {}).get(i["id"])
        if upper and oi:
            share = (F(oi) - lower) / (upper - lower)
            rate = base + (1 - base) * max(F(0), min(F(1), share))
            need.append(self.ce(n * self.ce(rate)))
        imf = F(r.get("size_factor", 0))
        share = F(r.get("base_share", "0.8"))
        need.append(self.ce(n * self.ce(share * base + imf * root(n))))
        return max(need)

    def linear_items(self, v, point):
        """[(instrument, size, bids, asks)]: what is filled is in the size."""
        items = {}
        for x in v.get("positions", []):
            items[x["instrument"]] = [F(x["size"]), F(0), F(0)]
        for o in v.get("orders", []):
            it = items.setdefault(o["instrument"], [F(0), F(0), F(0)])
            fill = point.fill.get(self.instruments[o["instrument"]][
                "underlying"])
            size = F(o["size"])
            if fill and (size > 0) == (fill == BIDS):
                it[0] += size
            elif size > 0:
                it[1] += size
            else:
                it[2] -= size
        return [(self.instruments[k], *x) for k, x in items.items()]

    def standard(self, v, point, side):
        need, groups = F(0), {}
        for i, size, bids, asks in self.linear_items(v, point):
            mult = F(i.get("multiplier", "1"))
            if i["kind"] == "option":
                key = (i["underlying"], instant(i["expiry"]))
                groups.setdefault(key, []).append((i, (size - asks) * mult))
                continue
            n = max(abs(size + bids), abs(size - asks)) * mult
            price = self.instrument_price(i, point)
            index = self.factor_price(i["underlying"], point)
            spot = n * index
            n = self.ce(n / price * index if i.get("inverse") else n * price)
            need += self.linear_need(i, n, side, v.get("leverage"))
            if side == "initial" and i["kind"] == "future" and \
                    i["id"] not in self.market.get("marks", {}):
                conf = self.forward(i, point)[2]
                if conf < THRESHOLD:
                    need += self.ce((1 - conf) * FACTOR * spot)
        for group in groups.values():
            need += self.group_need(group, point, side)
        return max(F(0), need)

    def alone(self, i, n, mark, spot, side):
        """What n short contracts ask for."""
        strike, mtm = F(i["strike"]), mark * n
        if i["right"] == "call":
            out = max(F(0), strike - spot)
            if side == "maintenance":
                return OPTION["call"] * spot * n + mtm
            share = max(OPTION["im_min"], OPTION["im"] - out / spot)
            return share * spot * n + mtm
        out = max(F(0), spot - strike)
        mm = max(OPTION["put"] * spot * n, OPTION["put_mark"] * mtm) + mtm
        if side == "maintenance":
            return mm
        share = max(OPTION["im_min"], OPTION["im"] - out / spot)
        return max(share * spot * n + mtm, OPTION["put_scale"] * mm)

    def group_need(self, group, point, side):
        first = group[0][0]
        spot = self.factor_price(first["underlying"], point)
        alone, short_calls, extra = F(0), F(0), F(0)
        if self.is_pending(first):
            forward = self.expired_price(first, point)
            forward_conf = F(1)
        else:
            forward = self.settled_at(first, point)
            forward_conf = self.forward(first, point)[2]
        for i, n in group:
            mark = self.option_price(i, point)
            if n < 0:
                alone += self.ce(self.alone(i, -n, mark, spot, side))
            if i["right"] == "call":
                short_calls -= n
            conf = forward_conf
            if not self.is_pending(i):
                conf = min(conf, self.vol(i)[1])
            if side == "initial" and conf < THRESHOLD and n < 0:
                extra += self.ce((1 - conf) * FACTOR * spot * -n)

        def payoff(k):
            return sum(n * max(F(0), k - F(i["strike"])
                               if i["right"] == "call" else
                               F(i["strike"]) - k) for i, n in group)
        worst = min(payoff(k) for k in [F(0)] + [F(i["strike"])
                                                 for i, _ in group])
        bounded = -min(F(0), self.fl(worst)) + self.ce(
            OPTION["unpaired_" + side] * forward * max(F(0), short_calls))
        return min(alone, bounded) + extra
