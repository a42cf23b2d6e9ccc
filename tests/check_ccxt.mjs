// A client that is not ours against the simulated venues: ccxt's watchTicker
// and watchTrades connect to each, and what they give is the price, symbol
// and time of feeds/sim.h's rules (tests/sim_price.mjs).  Where a book is told
// by its changes, it is asked for that, too; it checks Bitfinex's checksums.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ccxt from "ccxt";
import { pricePath } from "./sim_price.mjs";

const margind = process.env.MARGIND ?? "build/margind";
if (!existsSync(margind)) {
	console.log(`${margind} is not built`);
	console.log("0 passed, 1 failed");
	process.exit(1);
}
const WANTED = 4;		// updates of each kind
const LIMIT_MS = 20000;

// ---- the table -------------------------------------------------------------
// ccxt's name, ours, the symbol there and here, and how the address is put in;
// `none` says why one of the two does not exist in this ccxt.
const spot = (base, quote) => ({ base, quote, type: "spot", spot: true });
const swap = (base, quote, settle) => ({
	base, quote, settle, baseId: base, quoteId: quote, settleId: settle, type: "swap",
	spot: false, swap: true, contract: true, contractSize: 1, linear: settle === quote, inverse: settle === base,
});
const rows = [
	["coinbase", "coinbase", "ETH/USD", "ETH-USD", spot("ETH", "USD"), (x, u) => { x.urls.api.ws = u; }],
	["coinbaseexchange", "coinbase-exchange", "ETH/USD", "ETH-USD", spot("ETH", "USD"), (x, u) => { x.urls.api.ws = u; }],
	["kraken", "kraken", "ETH/USD", "ETH/USD", spot("ETH", "USD"), (x, u) => { x.urls.api.ws.publicV2 = `${u}/v2`; }, {}, "book"],
	// ccxt tells spot by "/stream" in the address, so a user's name says it.
	["binance", "binance", "ETH/USDT", "ETHUSDT", spot("ETH", "USDT"), (x, u) => { x.urls.api.ws.spot = `${u.replace("//", "//stream@")}/ws`; }],
	["binanceus", "binance-us", "ETH/USDT", "ETHUSDT", spot("ETH", "USDT"), (x, u) => { x.urls.api.ws.spot = `${u.replace("//", "//stream@")}/ws`; }],
	// Each of the futures' two addresses has one of the two.
	["binanceusdm", "binance-usdm-market", "ETH/USDT:USDT", "ETHUSDT", swap("ETH", "USDT", "USDT"), (x, u) => { x.urls.api.ws.future = `${u}/ws`; },
		{ trades: "it takes trades from the public address" }],
	["binanceusdm", "binance-usdm", "ETH/USDT:USDT", "ETHUSDT", swap("ETH", "USDT", "USDT"), (x, u) => { x.urls.api.ws.future = `${u}/ws`; },
		{ ticker: "it takes tickers from the market address" }],
	["bybit", "bybit", "ETH/USDT", "ETHUSDT", spot("ETH", "USDT"), (x, u) => { x.urls.api.ws.public.spot = `${u}/v5/public/spot`; }],
	["bybit", "bybit-linear", "ETH/USDT:USDT", "ETHUSDT", swap("ETH", "USDT", "USDT"), (x, u) => { x.urls.api.ws.public.linear = `${u}/v5/public/linear`; }],
	["okx", "okx", "ETH/USDT", "ETH-USDT", spot("ETH", "USDT"), (x, u) => { x.urls.api.ws = `${u}/ws/v5`; }],
	["okx", "okcoin", "ETH/USD", "ETH-USD", spot("ETH", "USD"), (x, u) => { x.urls.api.ws = `${u}/ws/v5`; }],
	["bitstamp", "bitstamp", "ETH/USD", "ethusd", spot("ETH", "USD"), (x, u) => { x.urls.api.ws = u; },
		{ ticker: "it has no watchTicker" }],
	["gemini", "gemini", "ETH/USD", "ETHUSD", { ...spot("ETH", "USD"), id: "ethusd" }, (x, u) => { x.urls.api.ws = u; },
		{ ticker: "it has no watchTicker" }, "book"],
	["bitfinex", "bitfinex", "ETH/USD", "tETHUSD", spot("ETH", "USD"), (x, u) => { x.urls.api.ws.public = `${u}/ws/2`; }, {}, "book"],
	// The token comes over HTTP from the same port.
	["kucoin", "kucoin", "ETH/USDT", "ETH-USDT", spot("ETH", "USDT"), (x, u) => { x.urls.api.public = u.replace("ws:", "http:"); x.agent = x.httpAgent; }],
	["gate", "gateio", "ETH/USDT", "ETH_USDT", spot("ETH", "USDT"), (x, u) => { x.urls.api.spot = `${u}/ws/v4/`; }],
	["cryptocom", "crypto-com", "ETH/USD", "ETH_USD", spot("ETH", "USD"), (x, u) => { x.urls.api.ws.public = `${u}/exchange/v1/market`; }],
	["deribit", "deribit", "ETH/USD:ETH", "ETH-PERPETUAL", swap("ETH", "USD", "ETH"), (x, u) => { x.urls.api.ws = `${u}/ws/api/v2`; }],
	["bitmex", "bitmex", "ETH/USD:ETH", "ETHUSD", swap("ETH", "USD", "ETH"), (x, u) => { x.urls.api.ws = `${u}/realtime`; }],
	["krakenfutures", "kraken-futures", "ETH/USD:USD", "PF_ETHUSD", swap("ETH", "USD", "USD"), (x, u) => { x.urls.api.ws = `${u}/ws/v1`; }],
];
// What no row is for; what later versions have given up.
const absent = { "kraken-v1": "not supported: it speaks Kraken's v2" };
const retired = ["bitmex"];

const script = {
	seed: 20261129, tick_ms: 100, noise: "0.0003", spread: "0.0004",
	prices: { ETH: "2000", USDT: "0.9996" },
	venues: rows.map(([, venue, , id, m]) => ({ venue, port: 0, symbols: { [id]: { base: m.base, quote: m.quote } } })),
	events: [{ at: 1, until: 9, move: { bases: ["ETH"], factor: "1.2" } }],
};
const { book } = pricePath(script);

// ---- checks ----------------------------------------------------------------
let passed = 0, failed = 0;
const check = (ok, what) => {
	if (ok) passed++;
	else if (failed++ < 30) console.log(`FAILED ${what}`);
	return ok;
};

const dir = mkdtempSync(join(tmpdir(), "margind-check-ccxt-"));
const file = join(dir, "script.json");
writeFileSync(file, JSON.stringify(script));
const sim = spawn(margind, ["sim", "--script", file], { stdio: ["ignore", "pipe", "inherit"] });
const first = await new Promise((done) => {
	sim.stdout.once("data", (d) => done(JSON.parse(d)));
	sim.once("exit", () => done(null));
});
if (first === null) {
	console.log(`the simulator ended at once\n${passed} passed, ${failed + 1} failed`);
	process.exit(1);
}
const start = BigInt(first.start_ms);

// What the venue says at an instant, as the numbers that ccxt makes of it.
const number = (v) => Number(v) / 1e18;
function quote(venue, id, unixMs) {
	const t = BigInt(unixMs) - start;
	const b = book(venue, id, t > 0n ? t : 0n);
	return { bid: number(b.bid), ask: number(b.ask), mark: number(b.mark), index: number(b.index) };
}
const same = (a, b) => Math.abs(a - b) < 1e-9 * b;
const isLast = (v, q) => same(v, q.bid) || same(v, q.ask);
// A time that ccxt leaves out may stand in the message; else it is one of the
// last milliseconds.
function instants(timestamp, info) {
	const own = timestamp ?? [info?.time, info?.ts, info?.timestamp].map((v) =>
		typeof v === "string" && v.includes("T") ? Date.parse(v) : Number(v)).find((v) => v > 1e12);
	if (own !== undefined) return { own, all: [own] };
	const now = Date.now();
	return { all: Array.from({ length: 1500 }, (_, i) => now - i) };
}
const fields = {};	// what of a ticker is there, venue by venue

function checkTicker(row, t) {
	const [name, venue, symbol, id] = row;
	const { own, all } = instants(t.timestamp, t.info);
	const what = `${name} (${venue}) ticker`;
	check(t.symbol === symbol, `${what}: symbol ${t.symbol}`);
	check(own === undefined || Math.abs(Date.now() - own) < 2000, `${what}: time ${own}`);
	const ok = all.some((ms) => {
		const q = quote(venue, id, ms);
		return (t.bid === undefined || same(t.bid, q.bid)) && (t.ask === undefined || same(t.ask, q.ask)) &&
			(t.last === undefined || isLast(t.last, q)) && (t.markPrice === undefined || same(t.markPrice, q.mark)) &&
			(t.indexPrice === undefined || same(t.indexPrice, q.index));
	});
	check(t.last !== undefined || t.bid !== undefined, `${what}: neither last nor bid`);
	check(ok, `${what}: bid ${t.bid} ask ${t.ask} last ${t.last} mark ${t.markPrice} at ${own}`);
	fields[venue] = ["bid", "ask", "last", "markPrice", "indexPrice"].filter((k) => t[k] !== undefined).join("+") +
		(t.timestamp !== undefined ? ", timed" : own !== undefined ? ", timed in info" : "");
}

function checkTrade(row, t) {
	const [name, venue, symbol, id] = row;
	const what = `${name} (${venue}) trade`;
	// KuCoin's nanoseconds lose one on their way through a double.
	const ms = venue === "kucoin" ? Number(BigInt(t.info.time) / 1000000n) : t.timestamp;
	const q = quote(venue, id, ms ?? 0);
	check(Math.abs(ms - t.timestamp) <= 1, `${what}: time ${t.timestamp} of ${ms}`);
	check(t.symbol === symbol, `${what}: symbol ${t.symbol}`);
	check(Math.abs(Date.now() - t.timestamp) < 3000, `${what}: time ${t.timestamp}`);
	// Coinbase tells the maker's side, the others the taker's.
	const isBuy = (t.side === "buy") !== (venue === "coinbase");
	check(same(t.price, isBuy ? q.ask : q.bid), `${what}: ${t.side} at ${t.price}, bid ${q.bid} ask ${q.ask} at ${t.timestamp}`);
	check(t.amount >= 0.01 && t.amount <= 100, `${what}: amount ${t.amount}`);
}

function checkBook(row, b) {
	const [name, venue, symbol, id] = row;
	// Between two messages of one change it may hold a level more or less.
	if (b.bids.length !== 1 || b.asks.length !== 1) return 0;
	const ok = instants().all.some((ms) => {
		const q = quote(venue, id, ms);
		return same(b.bids[0][0], q.bid) && same(b.asks[0][0], q.ask);
	});
	check(b.symbol === symbol, `${name} (${venue}) book: ${b.symbol}`);
	// A whole book may be half of one change and half of the last: Bitfinex
	// tells the sides one by one.
	check(ok || venue === "bitfinex", `${name} (${venue}) book: ${b.bids[0]} ${b.asks[0]}`);
	return ok ? 1 : 0;
}

const kinds = {
	ticker: { has: "watchTicker", watch: (x, s) => x.watchTicker(s), take: (row, t) => (checkTicker(row, t), 1) },
	trades: { has: "watchTrades", watch: (x, s) => x.watchTrades(s), take: (row, list) => (list.forEach((t) => checkTrade(row, t)), list.length) },
	book: { has: "watchOrderBook", watch: (x, s) => x.watchOrderBook(s), take: checkBook },
};

async function watch(row, kind) {
	const [name, venue, symbol, id, market, put, none = {}] = row;
	const what = `${name} (${venue}) ${kind}`;
	if (none[kind]) {
		// Said, not skipped: where the method exists after all, this is stale.
		const has = new ccxt.pro[name]().has[kinds[kind].has];
		check(none[kind].includes("address") || !has, `${what}: it has one now`);
		return `not supported: ${none[kind]}`;
	}
	if (!ccxt.pro[name] && retired.includes(name)) return "not supported: this version has no such exchange";
	const x = new ccxt.pro[name]({ newUpdates: true });
	x.setMarkets([x.safeMarketStructure({
		id, lowercaseId: id.toLowerCase(), symbol, active: true, baseId: market.base, quoteId: market.quote,
		precision: { price: 0.01, amount: 1e-8 }, ...market,
	})]);
	await x.loadHttpProxyAgent();	// it wants this for plain ws
	put(x, `ws://127.0.0.1:${first.sim.find((v) => v.venue === venue).port}`);
	let seen = 0, error = "";
	const deadline = Date.now() + LIMIT_MS;
	try {
		while (seen < WANTED && Date.now() < deadline) {
			const late = new Promise((_, fail) => { setTimeout(() => fail(new Error("nothing came")), deadline - Date.now()).unref(); });
			seen += kinds[kind].take(row, await Promise.race([kinds[kind].watch(x, symbol), late]));
		}
	} catch (e) {
		error = `${e.constructor.name} ${e.message}`;
	}
	check(seen >= WANTED, `${what}: ${seen} of ${WANTED} came ${error}`);
	await x.close().catch(() => {});
	return `${seen} checked`;
}

const results = await Promise.all(rows.flatMap((row) => ["ticker", "trades", ...row.slice(7)].map(async (kind) => [row, kind, await watch(row, kind)])));
const ended = new Promise((done) => sim.on("exit", done));
sim.kill("SIGTERM");
check(await ended === 0, "SIGTERM ends it with 0");
rmSync(dir, { recursive: true });

console.log(`ccxt ${ccxt.version}`);
for (const row of rows) {
	const of = (kind) => results.find(([r, k]) => r === row && k === kind)[2];
	console.log(`  ${row[0].padEnd(16)} ${row[1].padEnd(20)} watchTicker ${of("ticker")}${fields[row[1]] ? ` (${fields[row[1]]})` : ""}; watchTrades ${of("trades")}${row[7] ? `; watchOrderBook ${of("book")}` : ""}`);
}
for (const [venue, why] of Object.entries(absent)) console.log(`  ${"-".padEnd(16)} ${venue.padEnd(20)} ${why}`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
