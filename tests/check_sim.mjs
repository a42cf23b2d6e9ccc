// The simulator against an independent client (npm ws) and an independent
// reading of the price path: each acknowledgement, shape and heartbeat, and
// every bid and ask worked out again in BigInt from feeds/sim.h's rules.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
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

const script = {
	seed: 20261120, tick_ms: 100, noise: "0.0003", spread: "0.0004",
	prices: { ETH: "2000", BTC: "60000.5", USDT: "0.9996", PEPE: "0.0000123" },
	venues: [
		{ venue: "coinbase", port: 0, symbols: { "ETH-USD": { base: "ETH", quote: "USD" }, "USDT-USD": { base: "USDT", quote: "USD" } } },
		{ venue: "kraken", port: 0, symbols: { "ETH/USD": { base: "ETH", quote: "USD" }, "PEPE/USD": { base: "PEPE", quote: "USD" } } },
		{ venue: "binance", port: 0, symbols: { ETHUSDT: { base: "ETH", quote: "USDT" }, BTCUSDT: { base: "BTC", quote: "USDT" } } },
		{ venue: "bybit", port: 0, symbols: { ETHUSDT: { base: "ETH", quote: "USDT" }, BTCUSDT: { base: "BTC", quote: "USDT" } } },
	],
	events: [
		{ at: 1.25, until: 2.75, move: { bases: ["ETH", "BTC"], factor: "0.75" } },
		{ at: 2, until: 3.5, move: { bases: ["ETH"], factor: "1.3" } },
		{ at: 1.5, until: 2.5, lie: { venue: "kraken", factor: "0.7", bases: ["ETH"] } },
	],
};

// ---- checks ----------------------------------------------------------------
const { book } = pricePath(script);
let passed = 0, failed = 0, start = 0n;
const check = (ok, what) => {
	if (ok) passed++;
	else if (failed++ < 20) console.log(`FAILED ${what}`);
};
const keys = (o) => Object.keys(o).sort().join();
const same = (o, list) => keys(o) === list.split(" ").sort().join();
const seen = {};
const count = (what) => { seen[what] = (seen[what] ?? 0) + 1; };
const isDecimal = (t) => typeof t === "string" && /^(0|[1-9]\d*)(\.\d+)?$/.test(t);
const near = (iso) => Math.abs(Date.now() - Date.parse(iso)) < 2000;
// Kraken writes numbers: their text is cut from the frame, not from a double.
const number = (text, key) => text.match(new RegExp(`"${key}":(\\d+(\\.\\d+)?)[,}]`))?.[1] ?? "none";
function checkBook(venue, symbol, bid, ask, unixMs) {
	const want = book(venue, symbol, BigInt(unixMs) - start);
	check(dec(bid) === want.bid && dec(ask) === want.ask, `${venue} ${symbol} book ${bid} ${ask}`);
	count(`${venue} book`);
}

// Kraken's checksum of its book: of each ask, then bid, price and amount as
// they were written, without point and first zeros.
const crc32 = (text) => {
	let crc = 0xffffffff;
	for (const c of Buffer.from(text)) {
		crc ^= c;
		for (let i = 0; i < 8; i++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return (crc ^ 0xffffffff) >>> 0;
};
const levels = { bids: new Map(), asks: new Map() };
function krakenBook(m, text) {
	const [d] = m.data;
	for (const side of ["bids", "asks"]) {
		const part = text.slice(text.indexOf(`"${side}":[`)).split("]")[0];
		for (const [, price, qty] of part.matchAll(/"price":([\d.]+),"qty":([\d.]+)/g)) {
			if (Number(qty) > 0) levels[side].set(price, qty);
			else check(levels[side].delete(price), `kraken took away ${price}`);
		}
		check(levels[side].size === 1, `kraken ${side}: ${levels[side].size}`);
	}
	const bare = (v) => v.replace(".", "").replace(/^0+/, "");
	const sum = crc32([...levels.asks, ...levels.bids].flat().map(bare).join(""));
	check(sum === d.checksum, `kraken checksum ${d.checksum}, ${sum}`);
	if (m.type === "update") checkBook("kraken", d.symbol, [...levels.bids.keys()][0], [...levels.asks.keys()][0], Date.parse(d.timestamp));
	count(`kraken levels ${m.type}`);
}

const on = {
	coinbase(m) {
		if (m.type === "error") return count(`coinbase error ${m.message}`);
		check(m.sequence_num === (on.sequence = (on.sequence ?? -1) + 1), "coinbase sequence_num");
		check(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/.test(m.timestamp) && near(m.timestamp), "coinbase timestamp");
		if (m.channel === "ticker") {
			const [e] = m.events, [t] = e.tickers;
			check(e.type === "snapshot" || e.type === "update", "coinbase ticker type");
			check(isDecimal(t.price) && isDecimal(t.best_bid_quantity) && t.type === "ticker", "coinbase ticker");
			checkBook("coinbase", t.product_id, t.best_bid, t.best_ask, Date.parse(m.timestamp));
			count(`coinbase ticker ${e.type}`);
		} else if (m.channel === "market_trades") {
			const [e] = m.events, [t] = e.trades;
			check(same(t, "product_id trade_id price size time side") && isDecimal(t.price) && isDecimal(t.size) && near(t.time), "coinbase trade");
			count(`coinbase trade ${e.type}`);
		} else if (m.channel === "heartbeats") {
			const [e] = m.events;
			check(near(e.current_time.slice(0, 23).replace(" ", "T") + "Z") && / \+0000 UTC m=\+\d+\.\d{9}$/.test(e.current_time), "coinbase current_time");
			check(e.heartbeat_counter === (on.beat = (on.beat ?? 0) + 1), "coinbase heartbeat_counter");
			count("coinbase heartbeat");
		} else if (m.channel === "subscriptions") {
			on.subscriptions = m.events[0].subscriptions;
			count("coinbase subscriptions");
		} else check(false, `coinbase channel ${m.channel}`);
	},
	kraken(m, text) {
		if (m.channel === "status") {
			check(m.data[0].api_version === "v2" && m.data[0].system === "online", "kraken status");
			count("kraken status");
		} else if (m.channel === "heartbeat") {
			check(same(m, "channel"), "kraken heartbeat");
			count("kraken heartbeat");
		} else if (m.channel === "ticker") {
			const [t] = m.data;
			check(same(t, "symbol bid bid_qty ask ask_qty last volume vwap low high change change_pct timestamp"), "kraken ticker keys");
			check(typeof t.bid === "number" && near(t.timestamp), "kraken ticker");
			checkBook("kraken", t.symbol, number(text, "bid"), number(text, "ask"), Date.parse(t.timestamp));
			count(`kraken ticker ${m.type}`);
		} else if (m.channel === "book") {
			krakenBook(m, text);
		} else if (m.channel === "trade") {
			const [t] = m.data;
			check(same(t, "symbol side price qty ord_type trade_id timestamp") && typeof t.price === "number" && near(t.timestamp), "kraken trade");
			count("kraken trade");
		} else if (m.method === "subscribe" && m.success) {
			check(m.req_id === 7 && same(m, "method req_id result success time_in time_out"), "kraken ack");
			count(`kraken ack ${m.result.channel} ${m.result.symbol}`);
		} else if (m.method === "subscribe") {
			check(m.error === `Currency pair not supported ${m.symbol}` && m.req_id === 7, "kraken error");
			count(`kraken error ${m.symbol}`);
		} else if (m.method === "pong") {
			check(m.req_id === 3 && near(m.time_in) && near(m.time_out), "kraken pong");
			count("kraken pong");
		} else check(false, `kraken ${text}`);
	},
	binance(m, text) {
		if (m.stream === undefined) return count(`binance ${text.replace(/column \d+/, "column N")}`);
		check(same(m, "stream data"), "binance combined");
		const d = m.data, [symbol, word] = m.stream.split("@");
		check(d.s === symbol.toUpperCase(), "binance symbol");
		if (word === "aggTrade") {
			check(same(d, "e E s a p q f l T m M") && d.e === "aggTrade" && isDecimal(d.p) && Math.abs(Date.now() - d.T) < 2000, "binance aggTrade");
			// 400, and a busy machine may miss two.
			if (on.traded && symbol === "ethusdt") check(d.T - on.traded <= 1300, `binance trades ${d.T - on.traded} ms apart`);
			if (symbol === "ethusdt") on.traded = d.T;
			count("binance aggTrade");
		} else {
			check(same(d, "u s b B a A") && isDecimal(d.b), "binance bookTicker");
			// It has no time; its update is the slot.  Inside a move the
			// instant within the slot matters, so there only outside.
			const t = BigInt(d.u) * 100n;
			const moving = t >= 1200n && t <= 3500n;
			if (!moving) checkBook("binance", d.s, d.b, d.a, Number(start + t));
		}
	},
	bybit(m, text) {
		if (m.op !== undefined) {
			check(same(m, "success ret_msg conn_id req_id op"), "bybit answer");
			return count(`bybit ${m.op} ${m.success} ${m.ret_msg} ${m.req_id}`);
		}
		const [word] = m.topic.split(/\.(?=[^.]*$)/);
		check(m.type === "snapshot" && Math.abs(Date.now() - m.ts) < 2000, "bybit ts");
		if (word === "orderbook.1") {
			check(same(m.data, "s b a u seq") && m.data.b.length === 1 && m.data.a.length === 1, "bybit orderbook");
			checkBook("bybit", m.data.s, m.data.b[0][0], m.data.a[0][0], m.ts);
		} else {
			const [t] = m.data;
			check(same(t, "i T p v S seq s BT RPI") && isDecimal(t.p), "bybit trade");
			count("bybit trade");
		}
	},
};

const requests = {
	coinbase: ["/", [
		{ type: "subscribe", product_ids: ["ETH-USD", "USDT-USD"], channel: "ticker" },
		{ type: "subscribe", product_ids: ["ETH-USD"], channel: "market_trades" },
		{ type: "subscribe", channel: "heartbeats" },
		{ type: "subscribe", product_ids: ["ETH-USD"], channel: "nonsense" },
		{ type: "subscribe", product_ids: ["DOGE-USD"], channel: "ticker" }]],
	kraken: ["/v2", [
		{ method: "subscribe", params: { channel: "ticker", symbol: ["ETH/USD", "PEPE/USD", "XBT/USD"], event_trigger: "bbo" }, req_id: 7 },
		{ method: "subscribe", params: { channel: "trade", symbol: ["ETH/USD"] }, req_id: 7 },
		{ method: "subscribe", params: { channel: "book", symbol: ["ETH/USD"], depth: 10 }, req_id: 7 },
		{ method: "ping", req_id: 3 }]],
	binance: ["/stream", [
		{ method: "SUBSCRIBE", params: ["ethusdt@bookTicker", "ethusdt@aggTrade", "btcusdt@bookTicker", "nosuch@bookTicker"], id: 1 },
		"{bad", { method: "LIST_SUBSCRIPTIONS", id: 2 }]],
	bybit: ["/v5/public/spot", [
		{ op: "subscribe", args: ["orderbook.1.ETHUSDT", "publicTrade.ETHUSDT", "orderbook.1.BTCUSDT"], req_id: "a" },
		{ op: "ping", req_id: "p" },
		{ op: "subscribe", args: ["nonsense.ETHUSDT"] },
		{ op: "subscribe", args: ["orderbook.1.DOGEUSDT"] }]],
};

const dir = mkdtempSync(join(tmpdir(), "margind-check-sim-"));
const file = join(dir, "script.json");
writeFileSync(file, JSON.stringify(script));

// Each bad use ends with its code and one line.
const run = (args) => new Promise((done) => {
	const p = spawn(margind, ["sim", ...args], { stdio: ["ignore", "ignore", "pipe"] });
	let err = "";
	p.stderr.on("data", (d) => { err += d; });
	p.on("exit", (code) => done({ code, err }));
});
writeFileSync(join(dir, "bad.json"), '{"sead":1}');
let r = await run([]);
check(r.code === 2, `usage: ${r.code}`);
r = await run(["--script", join(dir, "bad.json")]);
check(r.code === 3 && r.err.endsWith('sead: unknown key; did you mean "seed"?\n') && r.err.split("\n").length === 2, `bad script: ${r.code} ${r.err}`);
r = await run(["--script", join(dir, "none.json")]);
check(r.code === 3 && r.err.includes("No such file"), `no script: ${r.code}`);

const sim = spawn(margind, ["sim", "--script", file], { stdio: ["ignore", "pipe", "inherit"] });
const first = await new Promise((done) => {
	sim.stdout.once("data", (d) => done(JSON.parse(d)));
	sim.once("exit", () => done(null));
});
if (first === null) {
	console.log(`the simulator ended at once\n${passed} passed, ${failed + 1} failed`);
	process.exit(1);
}
start = BigInt(first.start_ms);
check(first.sim.map((v) => v.venue).join() === "coinbase,kraken,binance,bybit", "the first line");
const taken = structuredClone(script);
taken.venues[1].port = first.sim[1].port;
writeFileSync(join(dir, "taken.json"), JSON.stringify(taken));
r = await run(["--script", join(dir, "taken.json")]);
check(r.code === 1 && r.err.endsWith(`venues[1].port: ${first.sim[1].port} is in use\n`), `port in use: ${r.code} ${r.err}`);

const sockets = first.sim.map(({ venue, port }) => {
	const [path, list] = requests[venue];
	const ws = new WebSocket(`ws://127.0.0.1:${port}${path}`);
	ws.on("open", () => list.forEach((m) => ws.send(typeof m === "string" ? m : JSON.stringify(m))));
	ws.on("message", (d) => on[venue](JSON.parse(d), String(d)));
	ws.on("error", (e) => check(false, `${venue}: ${e.message}`));
	ws.on("pong", () => count(`${venue} protocol pong`));
	setTimeout(() => ws.ping(), 500);
	return ws;
});
// Binance's streams in the address, raw.
const raw = new WebSocket(`ws://127.0.0.1:${first.sim[2].port}/ws/ethusdt@bookTicker`);
raw.on("message", (d) => count(`binance raw ${keys(JSON.parse(d))}`));
const wrong = new WebSocket(`ws://127.0.0.1:${first.sim[1].port}/v1`);
wrong.on("error", (e) => count(`wrong path ${e.message}`));

await new Promise((done) => setTimeout(done, Number(start) + 4600 - Date.now()));
sockets.forEach((ws) => ws.terminate());
raw.terminate();
const ended = new Promise((done) => sim.on("exit", done));
sim.kill("SIGTERM");
check(await ended === 0, "SIGTERM ends it with 0");
rmSync(dir, { recursive: true });

const atLeast = (what, n) => check((seen[what] ?? 0) >= n, `${what}: ${seen[what] ?? 0}, wanted ${n}`);
const exactly = (what, n) => check(seen[what] === n, `${what}: ${seen[what] ?? 0}, wanted ${n}`);
for (const v of ["coinbase", "kraken", "bybit"]) atLeast(`${v} book`, 60);
atLeast("binance book", 30);
for (const v of Object.keys(requests)) exactly(`${v} protocol pong`, 1);
exactly("coinbase ticker snapshot", 2);
exactly("coinbase trade snapshot", 1);
atLeast("coinbase trade update", 5);
atLeast("coinbase heartbeat", 3);
exactly("coinbase subscriptions", 3);
check(JSON.stringify(on.subscriptions) === '{"heartbeats":["heartbeats"],"market_trades":["ETH-USD"],"ticker":["ETH-USD","USDT-USD"]}', "coinbase subscriptions");
exactly("coinbase error unsupported channel: nonsense", 1);
exactly("coinbase error invalid product_id: DOGE-USD", 1);
exactly("kraken status", 1);
exactly("kraken ack ticker ETH/USD", 1);
exactly("kraken ack ticker PEPE/USD", 1);
exactly("kraken ack trade ETH/USD", 1);
exactly("kraken ack book ETH/USD", 1);
exactly("kraken levels snapshot", 1);
atLeast("kraken levels update", 30);
exactly("kraken error XBT/USD", 1);
exactly("kraken pong", 1);
exactly("kraken ticker snapshot", 2);
atLeast("kraken heartbeat", 3);
atLeast("kraken trade", 5);
exactly('binance {"result":null,"id":1}', 1);
exactly('binance {"error":{"code":3,"msg":"Invalid JSON: expected value at line 1 column N"},"id":null}', 1);
exactly('binance {"result":["ethusdt@bookTicker","ethusdt@aggTrade","btcusdt@bookTicker"],"id":2}', 1);
atLeast("binance aggTrade", 7);
atLeast("binance raw A,B,a,b,s,u", 20);
exactly("bybit subscribe true subscribe a", 1);
exactly("bybit ping true pong p", 1);
exactly("bybit subscribe false error:handler not found,topic:nonsense.ETHUSDT ", 1);
exactly("bybit subscribe false Invalid symbol :[orderbook.1.DOGEUSDT] ", 1);
atLeast("bybit trade", 5);
exactly("wrong path Unexpected server response: 404", 1);

console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
