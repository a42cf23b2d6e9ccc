"""Random books, markets and rules for tests/check_margin.py."""
from datetime import datetime, timezone

NOW = 1795132800000	# 2026-11-20T00:00:00Z
DAY = 86400000


def dec(rng, low, high, places):
    """A decimal string in [low, high]."""
    scale = 10**places
    n = rng.randrange(int(low * scale), int(high * scale) + 1)
    sign, n = ("-", -n) if n < 0 else ("", n)
    if not places:
        return f"{sign}{n}"
    whole, part = divmod(n, scale)
    return f"{sign}{whole}.{part:0{places}d}"


def stamp(ms):
    return datetime.fromtimestamp(ms // 1000, timezone.utc).strftime(
        "%Y-%m-%dT%H:%M:%SZ")


FACTORS = {"ETH": 2000, "BTC": 60000, "SOL": 150}
# One inside its settlement window.
EXPIRIES = [NOW + int(d * DAY) for d in (0.01, 3, 28, 91, 200)]


def price(rng, mid):
    wide = mid * rng.choice([0, 0.0005, 0.004, 0.03])
    p = {"mid": dec(rng, mid * 0.8, mid * 1.2, 8)}
    m = float(p["mid"])
    p["low"] = dec(rng, m - wide, m, 8)
    p["high"] = dec(rng, m, m + wide, 8)
    if float(p["low"]) > m:
        p["low"] = p["mid"]
    if float(p["high"]) < m:
        p["high"] = p["mid"]
    if rng.randrange(4) == 0:
        p["twap"] = dec(rng, m * 0.95, m * 1.05, 8)
    if rng.randrange(4) == 0:
        p["stable"] = dec(rng, m * 0.9, m * 1.1, 8)
    if rng.randrange(12) == 0:
        p["status"] = "DEGRADED"
    return p


def asset(rng, name, decimals, price_name, **more):
    threshold = rng.randrange(500, 980)
    ltv = threshold - rng.randrange(0, 120)
    a = {"id": name, "decimals": decimals, "price": price_name,
         "ltv": f"0.{ltv:03d}", "liquidation_threshold": f"0.{threshold:03d}",
         "liquidation_bonus": f"0.0{rng.randrange(10, 90)}",
         "close_factor": rng.choice(["0.5", "1", "0.25"]),
         "debt_weight": rng.choice(["1", "1", "1.05", "1.2"]),
         "dust": rng.choice(["0", "100"])}
    if rng.randrange(5) == 0:
        a["cap"] = dec(rng, 1000, 60000, 2)
    a.update(more)
    return a


def assets(rng):
    out = [asset(rng, "WETH", 18, "ETH", factor="ETH"),
           asset(rng, "wstETH", 18, "wstETH/ETH", rate_of="WETH"),
           asset(rng, "WBTC", 8, "BTC", factor="BTC"),
           asset(rng, "SOL", 9, "SOL"),
           asset(rng, "USDC", 6, "USDC"), asset(rng, "DAI", 18, "DAI")]
    return out


def tiers(rng):
    base = rng.choice([20, 25, 50, 100])
    out = [{"up_to": str(rng.randrange(5000, 50000)),
            "initial": f"0.{base:03d}", "maintenance": f"0.{base // 2:03d}"},
           {"up_to": str(rng.randrange(60000, 300000)),
            "initial": f"0.{base * 2:03d}", "maintenance": f"0.{base:03d}"},
           {"initial": f"0.{base * 4:03d}",
            "maintenance": f"0.{base * 2:03d}"}]
    return out[rng.randrange(3):]


def instruments(rng, with_options):
    out = []
    for f, mid in FACTORS.items():
        perp = {"id": f + "-PERP", "kind": "perp", "underlying": f,
                "multiplier": rng.choice(["1", "0.01"])}
        if rng.randrange(2):
            perp["tiers"] = tiers(rng)
        else:
            perp.update(initial_margin_fraction="0.05",
                        maintenance_margin_fraction="0.03")
        out.append(perp)
        out.append({"id": f + "-INV", "kind": "perp", "underlying": f,
                    "inverse": True, "multiplier": "100",
                    "tiers": tiers(rng)})
        out.append({"id": f + "-FUT", "kind": "future", "underlying": f,
                    "expiry": stamp(rng.choice(EXPIRIES[1:])),
                    "initial_margin_fraction": "0.06",
                    "maintenance_margin_fraction": "0.04"})
        if not with_options:
            continue
        for n in range(rng.randrange(4, 10)):
            strike = round(mid * rng.choice([0.5, 0.8, 0.9, 0.97, 1.0, 1.03,
                                             1.1, 1.3, 2.0]))
            out.append({"id": f"{f}-O{n}", "kind": "option", "underlying": f,
                        "right": rng.choice(["call", "put"]),
                        "strike": str(strike),
                        "expiry": stamp(rng.choice(EXPIRIES)),
                        "settlement": rng.choice(["linear", "coin"]),
                        "multiplier": rng.choice(["1", "1", "0.1"])})
    return out


def svi(rng, expiry):
    tau = (expiry - NOW) / (365 * DAY)
    vol = rng.uniform(0.3, 1.2)
    w = vol * vol * tau
    return {"a": f"{w * 0.6:.15f}", "b": f"{w * 0.8:.15f}",
            "rho": dec(rng, -0.8, 0.5, 3), "m": dec(rng, -0.1, 0.1, 4),
            "sigma": dec(rng, 0.1, 0.6, 4), "tau": f"{tau:.15f}"}


def market(rng, book, returns=0):
    prices = {}
    for f, mid in FACTORS.items():
        prices[f] = price(rng, mid)
    prices["USDC"], prices["DAI"] = price(rng, 1), price(rng, 1)
    prices["wstETH/ETH"] = {"mid": dec(rng, 1.1, 1.2, 6)}
    m = {"as_of": stamp(NOW), "prices": prices, "marks": {}, "forwards": {},
         "surfaces": {}, "open_interest": {}}
    for i in book.get("instruments", []):
        mid = float(prices[i["underlying"]]["mid"])
        if i["kind"] == "perp" and rng.randrange(3):
            m["marks"][i["id"]] = dec(rng, mid * 0.98, mid * 1.02, 6)
        if i["kind"] != "option" and rng.randrange(2):
            m["open_interest"][i["id"]] = dec(rng, 0, 3000000, 2)
    m["rates"] = {"USD": [{"expiry": stamp(t), "rate": dec(
        rng, -0.02, 0.08, 4)} for t in sorted(rng.sample(EXPIRIES, 2))]}
    for f in FACTORS:
        mid = float(prices[f]["mid"])
        m["forwards"][f] = [
            {"expiry": stamp(t), "price": dec(rng, mid * 0.97, mid * 1.05, 6),
             "confidence": rng.choice(["1", "1", "0.5", "0.3"])}
            for t in sorted(rng.sample(EXPIRIES, rng.randrange(1, 6)))]
        if rng.randrange(3) == 0 and m["forwards"][f][0]["expiry"] == \
                stamp(EXPIRIES[0]):
            m["forwards"][f][0]["fixed"] = dec(rng, mid * 0.97, mid * 1.03, 6)
        slices = []
        for t in sorted(rng.sample(EXPIRIES, rng.randrange(1, 6))):
            s = {"expiry": stamp(t),
                 "confidence": rng.choice(["1", "1", "0.6", "0.35"])}
            if rng.randrange(2):
                s["vol"] = dec(rng, 0.2, 1.5, 4)
            else:
                s["svi"] = svi(rng, t)
                s["svi"]["forward"] = dec(rng, mid * 0.97, mid * 1.05, 6)
            slices.append(s)
        m["surfaces"][f] = slices
    if returns:
        m["returns"] = {f: [dec(rng, -0.08, 0.082, 6) for _ in range(returns)]
                        for f in FACTORS}
    return m


def legs(rng, names, scale, debt):
    out = []
    for name in rng.sample(names, rng.randrange(0, 3)):
        unit = {"WETH": 2000, "wstETH": 2300, "WBTC": 60000,
                "SOL": 150}.get(name, 1)
        places = 6 if name != "WBTC" else 8
        leg = {"asset": name, "amount": dec(rng, 0, scale / unit, places)}
        if debt and rng.randrange(2):
            leg["index"] = dec(rng, 1, 1.3, 18)
        out.append(leg)
    return out


def position(rng, i):
    mult = float(i.get("multiplier", "1"))
    unit = FACTORS[i["underlying"]]
    usd = rng.choice([2000, 20000, 200000])
    size = usd / mult if i.get("inverse") else usd / unit / mult
    while True:
        text = dec(rng, -size, size, 4)
        if float(text):
            break
    p = {"instrument": i["id"], "size": text}
    if i["kind"] != "option":
        p["entry"] = dec(rng, unit * 0.8, unit * 1.2, 6)
        if rng.randrange(2):
            p["funding"] = dec(rng, -1, 1, 6) if i.get("inverse") else \
                dec(rng, -50, 50, 6)
    return p


def order(rng, i):
    p = position(rng, i)
    unit = FACTORS[i["underlying"]]
    top = 0.2 if i["kind"] == "option" else 1.1
    low = 0.01 if i["kind"] == "option" else 0.9
    return {"instrument": i["id"], "size": p["size"],
            "price": dec(rng, unit * low, unit * top, 4)}


def vault(rng, book, name, method, orders):
    names = [a["id"] for a in book["assets"]]
    v = {"id": name, "method": method,
         "collateral": legs(rng, names, rng.choice([5000, 60000]), False),
         "debt": legs(rng, names, rng.choice([1000, 30000]), True)}
    if rng.randrange(4) == 0:
        v["emode"] = "dollars"
    if v.get("emode") and not all(d["asset"] in ("USDC", "DAI")
                                  for d in v["debt"]):
        del v["emode"]
    if method == "ratio":
        return v
    pool = book.get("instruments", [])
    v["positions"] = [position(rng, i) for i in
                      rng.sample(pool, rng.randrange(0, min(9, len(pool))))]
    if rng.randrange(3) == 0:
        v["leverage"] = rng.choice(["3", "10", "25"])
    if orders:
        v["orders"] = [order(rng, i) for i in
                       rng.sample(pool, rng.randrange(0, 4))]
    return v


def place(n):
    return "0x" + f"{n:040x}"


def add_liens(rng, b):
    """Claims on two holders' tokens, more than there are, and who counts
    them."""
    for n, a in enumerate(b["assets"]):
        a["token"] = place(n + 1)
    b["liens"] = []
    for n in range(4):
        a = rng.randrange(2)
        name = b["assets"][a]["id"]
        b["liens"].append({"id": f"lien{n}", "token": place(a + 1),
                           "holder": place(100 + rng.randrange(2)),
                           "block": rng.randrange(1, 4),
                           "amount": dec(rng, 1, 12, 6)})
        for v in rng.sample(b["vaults"], min(3, len(b["vaults"]))):
            for leg in v["collateral"]:
                if leg["asset"] == name:
                    leg["lien"] = f"lien{n}"


def book(rng, methods, vaults, with_options=True, orders=False, trees=False,
         liens=False):
    b = {"book": "random", "chain_id": 1, "assets": assets(rng),
         "emodes": [{"id": "dollars", "assets": ["USDC", "DAI"],
                     "ltv": "0.90", "liquidation_threshold": "0.93",
                     "liquidation_bonus": "0.01"}]}
    if set(methods) != {"ratio"}:
        b["instruments"] = instruments(rng, with_options)
    b["vaults"] = []
    for n in range(vaults):
        v = vault(rng, b, f"v{n}", rng.choice(methods), orders)
        roots = [w for w in b["vaults"] if w.get("mode") == "cross"]
        if trees:
            v["mode"] = rng.choice(["cross", "isolated", "portfolio",
                                    "cross"])
            if roots and rng.randrange(3):
                v["parent"] = rng.choice(roots)["id"]
        b["vaults"].append(v)
    if liens:
        add_liens(rng, b)
    return b
