// The simulated venues' own manners, against an independent client (npm ws):
// shapes, errors, heartbeats that must be answered, tokens, sequence numbers;
// prices once more by tests/sim_price.mjs, options by an own Black 1976.
// What ccxt sees of them is check_ccxt.mjs's; the four first venues have
// check_sim.mjs.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import WebSocket from "ws";
import { dec, pricePath } from "./sim_price.mjs";

const margind = process.env.MARGIND ?? "build/margind";
if (!existsSync(margind)) {
	console.log(`${margind} is not built`);
	console.log("0 passed, 1 failed");
	process.exit(1);
}

const of = (base, quote, vol) => ({ base, quote, ...(vol ? { vol } : {}) });
const eth = of("ETH", "USD"), usdt = of("ETH", "USDT");
const vols = { "ETH-25JUN27-2000-C": "0.65", "ETH-25JUN27-1500-P": "0.8", "ETH-USD-270625-2500-C": "0.7" };
const option = (name) => ({ [name]: of("ETH", "USD", vols[name]) });
const script = {
	seed: 20261130, tick_ms: 100, noise: "0.0003", spread: "0.0004", heartbeat_s: 1,
	prices: { ETH: "2000", USDT: "0.9996" },
	venues: Object.entries({
		deribit: { "ETH-PERPETUAL": eth, eth_usd: eth, "dvol.eth_usd": of("ETH", "USD", "0.65"), ...option("ETH-25JUN27-2000-C"), ...option("ETH-25JUN27-1500-P") },
		okx: { "ETH-USDT": usdt, "ETH-USDT-SWAP": usdt, ...option("ETH-USD-270625-2500-C") },
		"kraken-v1": { "ETH/USD": eth }, "kraken-futures": { PF_ETHUSD: eth },
		"binance-usdm": { ETHUSDT: usdt }, "binance-usdm-market": { ETHUSDT: usdt },
		gateio: { ETH_USDT: usdt }, bitfinex: { tETHUSD: eth }, "crypto-com": { ETH_USDT: usdt },
		kucoin: { "ETH-USDT": usdt }, gemini: { ETHUSD: eth }, bitmex: { ETHUSD: eth }, bitstamp: { ethusd: eth },
		"coinbase-exchange": { "ETH-USD": eth },
	}).map(([venue, symbols]) => ({ venue, port: 0, symbols })),
	events: [{ at: 1, until: 3, move: { bases: ["ETH"], factor: "0.9" } }],
};
const { book } = pricePath(script);

// ---- checks ----------------------------------------------------------------
let passed = 0, failed = 0;
const check = (ok, what) => {
	if (ok) passed++;
	else if (failed++ < 30) console.log(`FAILED ${what}`);
};
const seen = {};
const count = (what) => { seen[what] = (seen[what] ?? 0) + 1; };
const same = (o, list) => Object.keys(o).sort().join() === list.split(" ").sort().join();
// A number's own text, cut from the frame.
const number = (text, key) => text.match(new RegExp(`"${key}":(\\d+(\\.\\d+)?)[,}]`))?.[1] ?? "0";
const at = (venue, symbol, unixMs) => book(venue, symbol, BigInt(unixMs) - start);
const near = (unixMs) => Math.abs(Date.now() - unixMs) < 2000;
function checkBook(venue, symbol, bid, ask, unixMs) {
	const q = at(venue, symbol, unixMs);
	check(near(unixMs) && dec(bid) === q.bid && dec(ask) === q.ask, `${venue} ${symbol} book ${bid} ${ask} at ${unixMs}`);
	count(`${venue} ${symbol} book`);
}
function checkLast(venue, symbol, price, isBuy, unixMs) {
	const q = at(venue, symbol, unixMs);
	check(near(unixMs) && dec(price) === (isBuy ? q.ask : q.bid), `${venue} ${symbol} trade ${price} at ${unixMs}`);
	count(`${venue} ${symbol} trade`);
}
function checkMark(venue, symbol, price, unixMs, kind = "mark") {
	check(near(unixMs) && dec(price) === at(venue, symbol, unixMs)[kind], `${venue} ${symbol} ${kind} ${price} at ${unixMs}`);
	count(`${venue} ${symbol} ${kind}`);
}

// Black 1976 by another way: the price is an integral over the normal density.
const density = (x) => Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
function premium(isCall, f, k, vol, years) {
	const w = vol * Math.sqrt(years), steps = 4000, from = -9, dx = 18 / steps;
	let sum = 0;
	for (let i = 0; i <= steps; i++) {
		const x = from + i * dx, s = f * Math.exp(w * x - w * w / 2);
		const weight = i === 0 || i === steps ? 1 : i % 2 ? 4 : 2;
		sum += weight * density(x) * Math.max(isCall ? s - k : k - s, 0);
	}
	return sum * dx / 3;
}
const terms = { "ETH-25JUN27-2000-C": [true, 2000], "ETH-25JUN27-1500-P": [false, 1500], "ETH-USD-270625-2500-C": [true, 2500] };
const expiry = Date.UTC(2027, 5, 25, 8);
function expected(venue, symbol, unixMs) {
	const f = Number(at(venue, symbol, unixMs).mark) / 1e18, vol = Number(vols[symbol]);
	const years = (expiry - unixMs) / (365 * 86400000), [isCall, k] = terms[symbol];
	const v = (df = 0, dv = 0, dt = 0) => premium(isCall, f + df, k, vol + dv, years + dt);
	return {
		f, vol, coins: v() / f, delta: (v(5) - v(-5)) / 10, gamma: (v(20) - 2 * v() + v(-20)) / 400,
		vega: (v(0, 0.01) - v(0, -0.01)) / 2, theta: -(v(0, 0, 1 / 365) - v(0, 0, -1 / 365)) / 2,
	};
}
const close = (a, b, tolerance) => Math.abs(a - b) <= tolerance;

// ---- connections -----------------------------------------------------------
const example = JSON.parse(readFileSync("examples/exchanges.json", "utf8"));
for (const v of example.venues) v.port = 0;
const dir = mkdtempSync(join(tmpdir(), "margind-check-sim-venues-"));
const file = join(dir, "script.json");
writeFileSync(file, JSON.stringify(script));
const line = (p) => new Promise((done) => {
	p.stdout.once("data", (d) => done(JSON.parse(d)));
	p.once("exit", () => done(null));
});
writeFileSync(join(dir, "example.json"), JSON.stringify(example));
const shown = spawn(margind, ["sim", "--script", join(dir, "example.json")], { stdio: ["ignore", "pipe", "inherit"] });
check((await line(shown))?.sim.map((v) => v.venue).join() === example.venues.map((v) => v.venue).join(), "examples/exchanges.json");
shown.kill("SIGTERM");

const sim = spawn(margind, ["sim", "--script", file], { stdio: ["ignore", "pipe", "inherit"] });
const first = await line(sim);
if (first === null) {
	console.log(`the simulator ended at once\n${passed} passed, ${failed + 1} failed`);
	process.exit(1);
}
const start = BigInt(first.start_ms);
const port = (venue) => first.sim.find((v) => v.venue === venue).port;
const sockets = [];
function talk(venue, path, requests, take) {
	const ws = new WebSocket(`ws://127.0.0.1:${port(venue)}${path}`);
	ws.on("open", () => requests.forEach((m) => ws.send(typeof m === "string" ? m : JSON.stringify(m))));
	ws.on("message", (d) => {
		const text = String(d);
		take(text === "pong" ? text : JSON.parse(text), text, ws);
	});
	ws.on("error", (e) => check(false, `${venue}: ${e.message}`));
	sockets.push(ws);
	return ws;
}

const rpc = (id, method, params) => ({ jsonrpc: "2.0", id, method, params });
const channels = ["quote.ETH-PERPETUAL", "ticker.ETH-PERPETUAL.100ms", "trades.ETH-PERPETUAL.100ms", "perpetual.ETH-PERPETUAL.100ms",
	"deribit_price_index.eth_usd", "deribit_volatility_index.eth_usd", "markprice.options.eth_usd", "ticker.ETH-25JUN27-2000-C.100ms", "ticker.ETH-25JUN27-1500-P.100ms"];
const tickerKeys = "timestamp stats state settlement_price open_interest min_price max_price mark_price last_price instrument_name index_price estimated_delivery_price best_bid_price best_bid_amount best_ask_price best_ask_amount";
function deribitOption(d) {
	check(same(d, `${tickerKeys} underlying_price underlying_index mark_iv bid_iv ask_iv interest_rate greeks`), "deribit option keys");
	const w = expected("deribit", d.instrument_name, d.timestamp), g = d.greeks;
	const what = `deribit ${d.instrument_name}`;
	check(close(d.underlying_price, w.f, 1e-3) && d.underlying_index === "ETH-25JUN27", `${what} underlying`);
	check(close(d.mark_price, w.coins, 2e-6), `${what} mark ${d.mark_price} ${w.coins}`);
	check(close(d.mark_iv, 100 * w.vol, 1e-9), `${what} mark_iv`);
	check(d.best_bid_price <= d.mark_price && d.best_ask_price >= d.mark_price && d.best_ask_price - d.best_bid_price < 3e-4, `${what} book`);
	check(close(g.delta, w.delta, 1e-3) && close(g.gamma, w.gamma, 2e-5) && close(g.vega, w.vega, 1e-2) && close(g.theta, w.theta, 1e-2), `${what} greeks ${JSON.stringify(g)} ${JSON.stringify(w)}`);
	count(what);
}
const deribit = {
	quote: (d, text) => checkBook("deribit", d.instrument_name, number(text, "best_bid_price"), number(text, "best_ask_price"), d.timestamp),
	trades([d], text) {
		checkLast("deribit", d.instrument_name, number(text, "price"), d.direction === "buy", d.timestamp);
		check(on.trade === undefined || d.trade_seq === on.trade + 1, `deribit trade_seq ${d.trade_seq} after ${on.trade}`);
		on.trade = d.trade_seq;
	},
	ticker(d, text) {
		if (d.instrument_name !== "ETH-PERPETUAL") return deribitOption(d);
		check(same(d, `${tickerKeys} funding_8h current_funding interest_value`) && d.funding_8h === 0.0001 && d.open_interest === 12345, "deribit ticker");
		checkBook("deribit", d.instrument_name, number(text, "best_bid_price"), number(text, "best_ask_price"), d.timestamp);
		checkMark("deribit", d.instrument_name, number(text, "mark_price"), d.timestamp);
		checkMark("deribit", d.instrument_name, number(text, "index_price"), d.timestamp, "index");
	},
	perpetual: (d, text) => checkMark("deribit", "ETH-PERPETUAL", number(text, "index_price"), d.timestamp, "index"),
	deribit_price_index: (d, text) => checkMark("deribit", d.index_name, number(text, "price"), d.timestamp),
	deribit_volatility_index(d) {
		check(d.volatility === 65 && d.index_name === "eth_usd" && near(d.timestamp), "deribit volatility");
		count("deribit volatility");
	},
	markprice(list) {
		check(list.map((o) => o.instrument_name).join() === "ETH-25JUN27-2000-C,ETH-25JUN27-1500-P", "deribit family");
		for (const o of list) check(o.iv === Number(vols[o.instrument_name]) && close(o.mark_price, expected("deribit", o.instrument_name, o.timestamp).coins, 2e-6), `deribit family ${o.mark_price}`);
		count("deribit family");
	},
};
const on = {};
talk("deribit", "/ws/api/v2", [
	rpc(1, "public/subscribe", { channels: [...channels, "quote.DOGE-PERPETUAL"] }),
	rpc(2, "public/set_heartbeat", { interval: 10 }), rpc("three", "public/set_heartbeat", { interval: 9 }),
	rpc(4, "public/subscribe", { channels: ["ticker.ETH-PERPETUAL.raw"] }), rpc(5, "private/buy", {}),
], (m, text, ws) => {
	if (m.method === "subscription") return deribit[m.params.channel.split(".")[0]](m.params.data, text);
	if (m.method === "heartbeat") {
		count(`deribit ${m.params.type}`);
		if (m.params.type === "test_request") ws.send(JSON.stringify(rpc(6, "public/test", {})));
		return;
	}
	check(m.jsonrpc === "2.0" && near(Math.floor(m.usOut / 1000)) && m.testnet === false, "deribit answer");
	count(`deribit ${m.id} ${JSON.stringify(m.result ?? m.error.code)}`);
});
// Who does not answer is let go.
talk("deribit", "/ws/api/v2", [rpc(1, "public/set_heartbeat", { interval: 10 })], () => {}).on("close", (c) => count(`deribit closed ${c}`));

talk("okx", "/ws/v5/public", ["ping", { op: "subscribe", args: [
	{ channel: "bbo-tbt", instId: "ETH-USDT" }, { channel: "mark-price", instId: "ETH-USDT-SWAP" }, { channel: "index-tickers", instId: "ETH-USDT" },
	{ channel: "funding-rate", instId: "ETH-USDT-SWAP" }, { channel: "open-interest", instId: "ETH-USDT-SWAP" },
	{ channel: "opt-summary", instFamily: "ETH-USD" }, { channel: "tickers", instId: "DOGE-USDT" }] }, { op: "dance" }], (m, text) => {
	if (m === "pong") return count("okx pong");
	if (m.event !== undefined) return count(`okx ${m.event} ${m.code ?? m.arg.channel}`);
	const [d] = m.data;
	if (m.arg.channel === "bbo-tbt") {
		checkBook("okx", "ETH-USDT", d.bids[0][0], d.asks[0][0], Number(d.ts));
		check(typeof d.seqId === "number" && !(d.seqId < on.seqId), "okx seqId");
		on.seqId = d.seqId;
	} else if (m.arg.channel === "mark-price") checkMark("okx", "ETH-USDT-SWAP", d.markPx, Number(d.ts));
	else if (m.arg.channel === "index-tickers") checkMark("okx", "ETH-USDT", d.idxPx, Number(d.ts), "index");
	else if (m.arg.channel === "funding-rate") {
		check(d.fundingRate === "0.0001" && Number(d.nextFundingTime) - Number(d.fundingTime) === 28800000, "okx funding");
		count("okx funding");
	} else if (m.arg.channel === "open-interest") count(`okx interest ${d.oi}`);
	else {
		const w = expected("okx", d.instId, Number(d.ts));
		check(m.data.length === 1 && Number(d.markVol) === w.vol && close(Number(d.fwdPx), w.f, 1e-6) && close(Number(d.delta), w.delta, 1e-3), `okx summary ${text}`);
		count("okx summary");
	}
});

talk("kraken-v1", "/", [{ event: "subscribe", pair: ["ETH/USD", "DOGE/USD"], subscription: { name: "spread" }, reqid: 9 },
	{ event: "subscribe", pair: ["ETH/USD"], subscription: { name: "trade" } }, { event: "ping", reqid: 2 }], (m) => {
	if (!Array.isArray(m)) return count(`kraken-v1 ${m.event} ${m.status ?? m.reqid ?? ""} ${m.pair ?? ""}`);
	const [id, d, word, pair] = m;
	check(Number.isInteger(id) && pair === "ETH/USD", "kraken-v1 array");
	if (word === "spread") checkBook("kraken-v1", pair, d[0], d[1], Math.round(Number(d[2]) * 1000));
	else checkLast("kraken-v1", pair, d[0][0], d[0][3] === "b", Math.round(Number(d[0][2]) * 1000));
});

talk("binance-usdm", "/public/stream?streams=ethusdt@bookTicker/ethusdt@aggTrade", [], ({ stream, data: d }) => {
	check(stream === "ethusdt@bookTicker" && same(d, "e u s b B a A T E"), "binance-usdm stream");
	checkBook("binance-usdm", d.s, d.b, d.a, d.E);
});
talk("binance-usdm-market", "/market/ws", [{ method: "SUBSCRIBE", params: ["ethusdt@aggTrade", "ethusdt@markPrice@1s", "ethusdt@bookTicker"], id: 1 }], (m) => {
	if (m.e === "aggTrade") return checkLast("binance-usdm-market", m.s, m.p, !m.m, m.T);
	if (m.e !== "markPriceUpdate") return count(`binance-usdm-market ${JSON.stringify(m)}`);
	checkMark("binance-usdm-market", m.s, m.p, m.E);
	checkMark("binance-usdm-market", m.s, m.i, m.E, "index");
	check(m.r === "0.00010000" && m.T % 28800000 === 0, "binance-usdm-market funding");
});

talk("gateio", "/ws/v4/", [{ time: 1, id: 5, channel: "spot.book_ticker", event: "subscribe", payload: ["ETH_USDT"] },
	{ time: 1, channel: "spot.trades", event: "subscribe", payload: ["ETH_USDT", "DOGE_USDT"] }, { time: 1, channel: "spot.ping" },
	{ time: 1, channel: "spot.dance", event: "subscribe", payload: [] }], (m) => {
	check(near(m.time_ms) && m.time === Math.floor(m.time_ms / 1000), "gateio time");
	if (m.event === "update") return checkBook("gateio", m.result.s, m.result.b, m.result.a, m.result.t);
	count(`gateio ${m.channel} ${m.id ?? ""} ${m.error?.message ?? m.result?.status ?? ""}`);
});

let sequence = 0;
const chan = {};
talk("bitfinex", "/ws/2", [{ event: "conf", flags: 1 }, { event: "conf", flags: 98304 }, { event: "subscribe", channel: "ticker", symbol: "tETHUSD" },
	{ event: "subscribe", channel: "trades", symbol: "tETHUSD" }, { event: "subscribe", channel: "ticker", symbol: "tETHUSD" },
	{ event: "subscribe", channel: "ticker", symbol: "tDOGUSD" }, { event: "ping", cid: 4 }], (m, text) => {
	if (!Array.isArray(m)) {
		if (m.event === "subscribed") chan[m.chanId] = m.channel;
		return count(`bitfinex ${m.event} ${m.status ?? m.code ?? m.channel ?? m.cid ?? m.version}`);
	}
	check(m.at(-2) === ++sequence && near(m.at(-1)), `bitfinex sequence ${m.at(-2)} ${sequence}`);
	const prices = text.match(/\d+\.\d\d(?!\d)/g);
	if (m[1] === "hb") count("bitfinex hb");
	else if (chan[m[0]] === "ticker") checkBook("bitfinex", "tETHUSD", prices[0], prices[1], m.at(-1));
	else if (m[1] === "te") checkLast("bitfinex", "tETHUSD", prices.at(-1), m[2][2] > 0, m[2][1]);
	else count(`bitfinex ${typeof m[1] === "string" ? m[1] : "snapshot"}`);
});

talk("crypto-com", "/exchange/v1/market", [{ id: 7, method: "subscribe", params: { channels: ["ticker.ETH_USDT"] } },
	{ id: 8, method: "subscribe", params: { channels: ["ticker.DOGE_USDT"] } }], (m, text, ws) => {
	if (m.method === "public/heartbeat") {
		ws.send(JSON.stringify({ id: m.id, method: "public/respond-heartbeat" }));
		return count("crypto-com heartbeat");
	}
	if (!m.result) return count(`crypto-com ${m.id} ${m.code}`);
	const [d] = m.result.data;
	checkBook("crypto-com", d.i, d.b, d.k, d.t);
}).on("close", () => count("crypto-com answering closed"));
talk("crypto-com", "/exchange/v1/market", [], () => {}).on("close", () => count("crypto-com silent closed"));

const bullet = await fetch(`http://127.0.0.1:${port("kucoin")}/api/v1/bullet-public`, { method: "POST" }).then((r) => r.json());
const [server] = bullet.data.instanceServers;
check(bullet.code === "200000" && server.protocol === "websocket" && server.endpoint === `ws://127.0.0.1:${port("kucoin")}/`, "kucoin bullet");
check((await fetch(`http://127.0.0.1:${port("kucoin")}/api/v1/bullet-public`)).status === 404, "kucoin GET");
check((await fetch(`http://127.0.0.1:${port("kucoin")}/api/v1/else`, { method: "POST", body: "{}" })).status === 404, "kucoin POST elsewhere");
check((await fetch(`http://127.0.0.1:${port("okx")}/api/v1/bullet-public`, { method: "POST" })).status === 404, "okx POST");
talk("kucoin", `/?token=${bullet.data.token}&connectId=me`, [{ id: "1", type: "subscribe", topic: "/market/ticker:ETH-USDT", response: true },
	{ id: 2, type: "subscribe", topic: "/market/match:ETH-USDT,DOGE-USDT", response: true }, { id: "3", type: "ping" }, { id: "4", type: "dance" }], (m) => {
	if (m.type !== "message") return count(`kucoin ${JSON.stringify(m.id)} ${m.type} ${m.code ?? ""}`);
	checkBook("kucoin", m.topic.split(":")[1], m.data.bestBid, m.data.bestAsk, m.data.time);
});
talk("kucoin", "/?token=wrong&connectId=me", [], (m) => count(`kucoin wrong ${m.type} ${m.code}`)).on("close", () => count("kucoin wrong closed"));

const depth = { buy: new Map(), sell: new Map() };
talk("gemini", "/v2/marketdata", [{ type: "subscribe", subscriptions: [{ name: "l2", symbols: ["ETHUSD", "DOGEUSD"] }] }], (m) => {
	if (m.type === "trade") return checkLast("gemini", m.symbol, m.price, m.side === "buy", m.timestamp);
	if (m.type !== "l2_updates") return count(`gemini ${m.type ?? m.reason}`);
	check(("trades" in m) === (depth.buy.size === 0) && ("auction_events" in m) === ("trades" in m), "gemini snapshot");
	for (const [side, price, size] of m.changes) {
		if (size !== "0") depth[side].set(price, size);
		else check(depth[side].delete(price), `gemini took away ${side} ${price}`);
	}
	check(depth.buy.size === 1 && depth.sell.size === 1, `gemini levels ${depth.buy.size} ${depth.sell.size}`);
	const [bid] = depth.buy.keys(), [ask] = depth.sell.keys(), now = Date.now();
	check(Array.from({ length: 1500 }, (_, i) => at("gemini", "ETHUSD", now - i)).some((q) => q.bid === dec(bid) && q.ask === dec(ask)), `gemini ${bid} ${ask}`);
	count("gemini book");
});

talk("bitmex", "/realtime?subscribe=quote:ETHUSD", ["ping", { op: "subscribe", args: ["trade:ETHUSD", "quote:DOGEUSD", "dance:ETHUSD"] }], (m, text) => {
	if (m === "pong") return count("bitmex pong");
	if (m.table === undefined) return count(`bitmex ${m.info ?? m.subscribe ?? m.error}`);
	check((m.action === "partial") === ("types" in m), "bitmex partial");
	count(`bitmex ${m.table} ${m.action}`);
	const [d] = m.data;
	if (m.table === "quote") checkBook("bitmex", d.symbol, number(text, "bidPrice"), number(text, "askPrice"), Date.parse(d.timestamp));
	else checkLast("bitmex", d.symbol, number(text, "price"), d.side === "Buy", Date.parse(d.timestamp));
});

talk("kraken-futures", "/ws/v1", [{ event: "subscribe", feed: "ticker", product_ids: ["pf_ethusd", "PF_DOGEUSD"] }, { event: "subscribe", feed: "trade", product_ids: ["PF_ETHUSD"] },
	{ event: "subscribe", feed: "heartbeat" }, { event: "dance" }], (m, text) => {
	if (m.event) return count(`kraken-futures ${m.event} ${m.message ?? m.feed ?? m.version} ${m.product_ids ?? ""}`);
	if (m.feed === "heartbeat" || m.feed === "trade_snapshot") return count(`kraken-futures ${m.feed}`);
	if (m.feed === "trade") return checkLast("kraken-futures", m.product_id, number(text, "price"), m.side === "buy", m.time);
	checkBook("kraken-futures", m.product_id, number(text, "bid"), number(text, "ask"), m.time);
	checkMark("kraken-futures", m.product_id, number(text, "markPrice"), m.time);
	checkMark("kraken-futures", m.product_id, number(text, "index"), m.time, "index");
});

talk("bitstamp", "/", [{ event: "bts:subscribe", data: { channel: "order_book_ethusd" } }, { event: "bts:subscribe", data: { channel: "live_trades_ethusd" } },
	{ event: "bts:subscribe", data: { channel: "order_book_dogeusd" } }, { event: "bts:heartbeat" }, "{bad"], (m) => {
	const ms = Math.floor(Number(m.data.microtimestamp) / 1000);
	if (m.event === "data") return checkBook("bitstamp", "ethusd", m.data.bids[0][0], m.data.asks[0][0], ms);
	if (m.event === "trade") return checkLast("bitstamp", "ethusd", m.data.price_str, m.data.type === 0, ms);
	count(`bitstamp ${m.event} ${m.data.message ?? m.data.status ?? m.channel}`);
});

const product = ["ETH-USD"], trades = { sequence: 0 };
talk("coinbase-exchange", "/", [{ type: "subscribe", product_ids: product, channels: ["ticker", "matches", { name: "heartbeat", product_ids: product }] },
	{ type: "subscribe", product_ids: ["DOGE-USD"], channels: ["ticker"] }, { type: "subscribe", product_ids: product, channels: ["level3"] },
	{ type: "subscribe", product_ids: product }, { type: "subscribe", channels: ["ticker"] }, { type: "dance" }, "{bad"], (m) => {
	if (m.type === "error") return count(`coinbase-exchange ${m.reason ?? m.message}`);
	if (m.type === "subscriptions") return count(`coinbase-exchange ${m.channels.map((c) => `${c.name} ${c.product_ids}`)}`);
	const ms = Date.parse(m.time);
	check(m.product_id === "ETH-USD" && near(ms) && Number.isInteger(m.sequence) && m.sequence >= trades.sequence, `coinbase-exchange ${m.type} ${m.sequence}`);
	trades.sequence = m.sequence;
	if (m.type === "heartbeat") return count("coinbase-exchange heartbeat");
	if (m.type === "last_match") return count("coinbase-exchange last_match");
	if (m.type === "match") return checkLast("coinbase-exchange", "ETH-USD", m.price, m.side === "sell", ms);
	check(m.type === "ticker" && same(m, "type sequence product_id price open_24h volume_24h low_24h high_24h volume_30d best_bid best_bid_size best_ask best_ask_size side time trade_id last_size"), "coinbase-exchange ticker");
	checkBook("coinbase-exchange", "ETH-USD", m.best_bid, m.best_ask, ms);
});

await new Promise((done) => setTimeout(done, Number(start) + 5600 - Date.now()));
const answered = seen["crypto-com answering closed"] ?? 0;
sockets.forEach((ws) => ws.terminate());
const ended = new Promise((done) => sim.on("exit", done));
sim.kill("SIGTERM");
check(await ended === 0, "SIGTERM ends it with 0");
rmSync(dir, { recursive: true });

const atLeast = (n, ...list) => list.forEach((what) => check((seen[what] ?? 0) >= n, `${what}: ${seen[what] ?? 0}, wanted ${n}`));
const exactly = (n, ...list) => list.forEach((what) => check(seen[what] === n, `${what}: ${seen[what] ?? 0}, wanted ${n}`));
atLeast(30, "deribit ETH-PERPETUAL book", "deribit ETH-PERPETUAL mark", "deribit eth_usd mark", "deribit ETH-25JUN27-2000-C", "deribit ETH-25JUN27-1500-P",
	"okx ETH-USDT book", "okx ETH-USDT-SWAP mark", "okx ETH-USDT index", "kraken-v1 ETH/USD book", "binance-usdm ETHUSDT book", "gateio ETH_USDT book",
	"bitfinex tETHUSD book", "crypto-com ETH_USDT book", "kucoin ETH-USDT book", "gemini book", "bitmex ETHUSD book", "bitstamp ethusd book");
atLeast(8, "deribit ETH-PERPETUAL trade", "kraken-v1 ETH/USD trade", "binance-usdm-market ETHUSDT trade", "bitfinex tETHUSD trade", "gemini ETHUSD trade",
	"bitmex ETHUSD trade", "coinbase-exchange ETH-USD trade", "coinbase-exchange ETH-USD book", "kraken-futures PF_ETHUSD trade", "bitstamp ethusd trade", "bitfinex tu");
atLeast(4, "deribit volatility", "deribit family", "deribit heartbeat", "deribit test_request", "okx summary", "kraken-v1 heartbeat  ", "binance-usdm-market ETHUSDT mark",
	"bitfinex hb", "crypto-com heartbeat", "coinbase-exchange heartbeat", "gemini heartbeat", "kraken-futures heartbeat", "kraken-futures PF_ETHUSD book");
exactly(1, `deribit 1 ${JSON.stringify(channels)}`, 'deribit 2 "ok"', "deribit three -32602", "deribit 4 13778", "deribit 5 -32601", "deribit closed 1001",
	"okx pong", "okx subscribe bbo-tbt", "okx subscribe opt-summary", "okx error 60018", "okx error 60012", "okx funding",
	"kraken-v1 systemStatus online ", "kraken-v1 subscriptionStatus error DOGE/USD", "kraken-v1 pong 2 ",
	'binance-usdm-market {"result":null,"id":1}', "gateio spot.book_ticker 5 success", "gateio spot.trades  unknown currency pair: DOGE_USDT", "gateio spot.pong  ",
	"gateio spot.dance  unknown channel", "bitfinex info 2", "bitfinex conf FAILED", "bitfinex conf OK", "bitfinex subscribed ticker", "bitfinex error 10301", "bitfinex error 10300",
	"bitfinex pong 4", "bitfinex snapshot", "crypto-com 7 0", "crypto-com 8 10004", "crypto-com silent closed", 'kucoin "me" welcome ', 'kucoin "1" ack ', "kucoin 2 error 404",
	'kucoin "3" pong ', 'kucoin "4" error 415', "kucoin wrong error 401", "kucoin wrong closed", "gemini InvalidSymbol", "bitmex pong", "bitmex quote:ETHUSD", "bitmex trade:ETHUSD",
	"bitmex Welcome to the BitMEX Realtime API.", "bitmex Unknown or expired symbol.", "bitmex Unknown table: dance:ETHUSD", "bitmex quote partial",
	"kraken-futures info 1 ", "kraken-futures subscribed ticker PF_ETHUSD", "kraken-futures alert Invalid product id ", "kraken-futures alert Bad request ", "kraken-futures trade_snapshot",
	"kraken-futures subscribed heartbeat ", "bitstamp bts:subscription_succeeded order_book_ethusd", "bitstamp bts:error Bad subscription string.", "bitstamp bts:heartbeat success",
	"bitstamp bts:error Message is not in JSON format.", "coinbase-exchange ticker ETH-USD,matches ETH-USD,heartbeat ETH-USD", "coinbase-exchange DOGE-USD is not a valid product",
	"coinbase-exchange level3 is not a valid channel", "coinbase-exchange No channels provided", "coinbase-exchange  is not a valid product",
	"coinbase-exchange Type has to be either subscribe or unsubscribe", "coinbase-exchange Malformed JSON", "coinbase-exchange last_match");
exactly(2, "kraken-v1 subscriptionStatus subscribed ETH/USD");
check(answered === 0, "crypto-com closed one that answers");

console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
