"use strict";
/* The dashboard: one page over the stream of /v1/stream, with plain requests
 * for what is older than the page and while the stream is away.  Text from the
 * service goes in as text only, never as markup. */
(() => {
const PAGE = 20, PRICE_SECONDS = 600, RATIO_SECONDS = 3600, LIST = 200;
const $ = (id) => document.getElementById(id);
const S = {
	status: null, prices: null, feeds: null, asset: null, vaults: new Map(), total: 0,
	attestations: [], aggregate: null, series: null, ratio: [[], []],
	sort: "health", down: false, page: 0, filter: "", search: "", open: null,
	seq: {}, live: false, socket: null, wait: 500,
};

/* ---- small things ------------------------------------------------------ */

function el(tag, cls, text) {
	const e = document.createElement(tag);
	if (cls) e.className = cls;
	if (text !== undefined && text !== null) e.textContent = text;
	return e;
}
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const num = (s) => s === null || s === undefined ? null : Number(s);
function price(s) {
	const n = num(s);
	if (n === null) return "–";
	const d = n >= 1000 ? 2 : n >= 1 ? 4 : 6;
	return n.toLocaleString("en-US", { minimumFractionDigits: d, maximumFractionDigits: d });
}
function usd(s) {
	const n = num(s);
	if (n === null) return "–";
	const a = Math.abs(n);
	const sign = n < 0 ? "−$" : "$";
	if (a >= 1e9) return sign + (a / 1e9).toFixed(2) + "B";
	if (a >= 1e6) return sign + (a / 1e6).toFixed(2) + "M";
	return sign + a.toLocaleString("en-US", { maximumFractionDigits: a >= 1000 ? 0 : 2 });
}
const ratio = (s, d) => num(s) === null ? "∞" : num(s).toFixed(d === undefined ? 3 : d);
const short = (h) => h.length > 14 ? h.slice(0, 8) + "…" + h.slice(-4) : h;
const age = (ms) => ms === null ? "–" : ms < 10000 ? (ms / 1000).toFixed(1) + " s" : Math.round(ms / 1000) + " s";
const clock = (ms) => new Date(ms).toLocaleTimeString("en-GB");
const tone = (state) => ({ HEALTHY: "good", RESTRICTED: "warn", CALLED: "warn", OVERDUE: "warn",
	LIQUIDATABLE: "bad", LIQUIDATING: "bad", INSOLVENT: "bad", OK: "good", DEGRADED: "warn",
	REFUSED: "bad", counted: "good" })[state] || "mute";
function pill(e, text, t) { e.textContent = text; e.className = "pill " + t; }
const pending = new Set();
function draw(f) {
	if (pending.size === 0) requestAnimationFrame(() => {
		const all = [...pending];
		pending.clear();
		for (const g of all) g();
	});
	pending.add(f);
}
async function get(path) {
	const r = await fetch(path);
	if (!r.ok) throw new Error(path + ": " + r.status);
	return r.json();
}

/* ---- header and tiles -------------------------------------------------- */

function drawHead() {
	const s = S.status;
	if (!s) return;
	$("book").textContent = s.book + (s.contract ? " · chain " + s.chain_id : "");
	pill($("ready"), s.ready ? "READY" : "NOT READY", s.ready ? "good" : "bad");
	pill($("status"), s.status + (s.reason === "NONE" ? "" : " · " + s.reason), tone(s.status));
	$("paused").hidden = !s.paused;
	$("reasons").hidden = s.reasons.length === 0;
	$("reasons").textContent = "Not ready: " + s.reasons.join(", ");
	$("block").textContent = s.block || "–";
	const newest = S.attestations[0];
	$("sequence").textContent = newest ? newest.sequence : "–";
	const t = s.tick_to_signed_us;
	$("latency").textContent = t.p50 ? (t.p50 / 1000).toFixed(2) + " / " + (t.p99 / 1000).toFixed(2) + " ms" : "–";
	$("latency").title = "p50 / p99";
	$("version").textContent = "margind " + s.version;
}
function drawAge() {
	const newest = S.attestations[0];
	$("age").textContent = newest ? age(Math.max(0, Date.now() - newest.as_of)) + " ago" : "–";
}
function drawTiles() {
	const a = S.aggregate;
	if (!a) return;
	const n = (x) => a.states[x] || 0, part = a.unpriced_assets > 0;
	const tiles = [
		["vaults", a.vaults, ""], ["collateral", usd(a.collateral_value), ""], ["debt", usd(a.debt_value), ""],
		["collateralization", part ? "–" : a.collateralization_ratio === null ? "∞" : (num(a.collateralization_ratio) * 100).toFixed(1) + " %", ""],
		["book health", part ? "–" : ratio(a.health_factor), ""],
		["restricted", n("RESTRICTED"), n("RESTRICTED") ? "c-warn" : ""],
		["liquidatable", n("LIQUIDATABLE"), n("LIQUIDATABLE") ? "c-bad" : ""],
		["stale", n("STALE"), n("STALE") ? "c-mute" : ""],
	];
	const box = $("tiles");
	while (box.children.length < tiles.length) {
		const t = el("div", "tile");
		t.append(el("span"), el("b"));
		box.append(t);
	}
	tiles.forEach(([k, v, c], i) => {
		const [label, value] = box.children[i].children;
		label.textContent = k;
		value.textContent = v;
		value.className = c;
	});
	$("ratio-now").textContent = a.collateralization_ratio === null ? "" : ratio(a.collateralization_ratio, 4);
}

/* ---- charts ------------------------------------------------------------ */

let priceChart = null, ratioChart = null;
const venueKey = (v) => v.venue + " " + v.market;

function axes(digits) {
	const common = { stroke: css("--dim"), grid: { stroke: css("--grid"), width: 1 }, ticks: { show: false },
		font: "12px system-ui, sans-serif" };
	const time = (u, values) => values.map((v) => new Date(v * 1000).toLocaleTimeString("en-GB"));
	return [{ ...common, space: 90, size: 28, values: time }, { ...common, size: 74, values: (u, values) => values.map((v) => v.toLocaleString("en-US",
		{ minimumFractionDigits: digits(values), maximumFractionDigits: digits(values) })) }];
}
const stepDigits = (values) => {
	const step = values.length > 1 ? Math.abs(values[1] - values[0]) : 1;
	return Math.min(8, Math.max(0, Math.ceil(-Math.log10(step) - 1e-9)));
};
function size(box) { return { width: Math.max(200, box.clientWidth), height: box.clientHeight }; }

function makePriceChart() {
	const box = $("price-chart"), d = S.series;
	if (priceChart) priceChart.destroy();
	priceChart = null;
	box.replaceChildren();
	if (!d) return;
	const series = [{},
		{ stroke: "transparent", points: { show: false } }, { stroke: "transparent", points: { show: false } },
		{ stroke: css("--ink"), width: 2, points: { show: false } }];
	d.venues.forEach((v, i) => series.push({ stroke: css("--v" + i % 8), width: 1.25, points: { show: false } }));
	priceChart = new uPlot({ ...size(box), series, axes: axes(stepDigits), legend: { show: false },
		cursor: { points: { size: 6 }, drag: { x: false, y: false } }, padding: [10, 10, 0, 0],
		bands: [{ series: [2, 1], fill: css("--band") }], scales: { x: { time: true } } }, d.columns, box);
	const legend = $("price-legend");
	legend.replaceChildren();
	const entry = (cls, colour, text) => {
		const e = el("span"), i = el("i", cls);
		if (colour) i.style.background = colour;
		e.append(i, text);
		legend.append(e);
	};
	entry("area", null, "signed band");
	entry("", css("--ink"), "signed mid");
	d.venues.forEach((v, i) => entry("", css("--v" + i % 8), v));
}
function makeRatioChart() {
	const box = $("ratio-chart");
	if (ratioChart) ratioChart.destroy();
	box.replaceChildren();
	ratioChart = new uPlot({ ...size(box), legend: { show: false }, cursor: { drag: { x: false, y: false } },
		padding: [10, 10, 0, 0], axes: axes(stepDigits),
		series: [{}, { stroke: css("--accent"), width: 2, fill: css("--band"), points: { show: false } }],
		scales: { x: { time: true }, y: { range: (u, lo, hi) => {
			const pad = Math.max((hi - lo) * 0.15, hi * 0.0005);
			return [lo - pad, hi + pad];
		} } } }, S.ratio, box);
}
function drawPriceChart() {
	if (!S.series) return;
	if (!priceChart) makePriceChart();
	else priceChart.setData(S.series.columns);
}
function drawRatioChart() {
	if (!ratioChart) makeRatioChart();
	else ratioChart.setData(S.ratio);
}
async function chooseAsset(name) {
	S.asset = name;
	S.series = null;
	drawAssets();
	drawQuote();
	let h;
	try { h = await get("/v1/prices/history?asset=" + encodeURIComponent(name)); } catch { return; }
	if (S.asset !== name) return;
	const venues = h.venues.map(venueKey), columns = Array.from({ length: 4 + venues.length }, () => []);
	for (const p of h.history) {
		columns[0].push(p.as_of / 1000);
		columns[1].push(num(p.low));
		columns[2].push(num(p.high));
		columns[3].push(num(p.mid));
		p.mids.forEach((m, i) => columns[4 + i].push(num(m)));
	}
	S.series = { venues, columns };
	makePriceChart();
}
function appendPrice() {
	const d = S.series, p = S.prices && S.prices.prices.find((x) => x.asset === S.asset);
	if (!d || !p) return;
	const c = d.columns, t = S.prices.as_of / 1000;
	if (c[0].length && t <= c[0][c[0].length - 1]) return;
	const refused = p.status === "REFUSED";
	c[0].push(t);
	c[1].push(refused ? null : num(p.low));
	c[2].push(refused ? null : num(p.high));
	c[3].push(refused ? null : num(p.mid));
	d.venues.forEach((key, i) => {
		const v = p.venues.find((x) => venueKey(x) === key);
		c[4 + i].push(v ? num(v.mid) : null);
	});
	let old = 0;
	while (old < c[0].length && c[0][old] < t - PRICE_SECONDS) old++;
	if (old > 0) for (const column of c) column.splice(0, old);
	draw(drawPriceChart);
}

/* ---- prices and feeds -------------------------------------------------- */

function drawAssets() {
	const box = $("assets"), names = S.prices ? S.prices.prices.map((p) => p.asset) : [];
	if (box.children.length !== names.length) {
		box.replaceChildren(...names.map((n) => {
			const b = el("button", "", n);
			b.type = "button";
			b.setAttribute("role", "tab");
			b.addEventListener("click", () => chooseAsset(n));
			return b;
		}));
	}
	for (const b of box.children) b.setAttribute("aria-selected", String(b.textContent === S.asset));
}
function drawQuote() {
	const p = S.prices && S.prices.prices.find((x) => x.asset === S.asset), box = $("quote");
	if (!p) return;
	const status = el("span"), refused = p.status === "REFUSED";
	pill(status, p.status + (p.reason === "NONE" ? "" : " · " + p.reason), tone(p.status));
	const parts = [el("b", "", refused ? "no price" : price(p.mid)), status];
	if (!refused) parts.push(el("span", "dim", "band " + price(p.low) + " – " + price(p.high)));
	parts.push(el("span", "dim", p.sources + " sources"));
	box.replaceChildren(...parts);
}
/* The chosen asset's markets, the other assets', and those that only convert;
 * what the stream has of a market is newer. */
function feedRows() {
	const known = new Map((S.feeds ? S.feeds.markets : []).map((m) => [venueKey(m), m])), rows = new Map();
	const prices = S.prices.prices.slice().sort((a, b) => (b.asset === S.asset) - (a.asset === S.asset));
	for (const p of prices) for (const v of p.venues) rows.set(venueKey(v), { ...known.get(venueKey(v)), ...v });
	for (const [key, m] of known) if (!rows.has(key)) rows.set(key, m);
	return [...rows.values()];
}
function drawFeeds() {
	if (!S.prices) return;
	const list = feedRows(), rows = list.map((v) => {
		const tr = el("tr"), vote = el("td"), mark = el("span");
		pill(mark, v.vote, tone(v.vote));
		vote.append(mark);
		tr.append(el("td", "", v.venue), el("td", "mono", v.market), el("td", "num", price(v.mid)),
			el("td", "num", age(v.age_ms)), el("td", "num", v.skew_ms === undefined ? "–" : age(v.skew_ms)),
			el("td", "num", v.weight === undefined ? "–" : v.weight), vote);
		return tr;
	});
	$("feeds").tBodies[0].replaceChildren(...rows);
	$("feed-sum").textContent = list.filter((v) => v.vote === "counted").length + " of " + list.length + " vote";
}
function drawVenues() {
	const now = Date.now(), rows = S.feeds.venues.map((v) => {
		const tr = el("tr"), seen = v.seen !== null, open = el("td", "num"), mark = el("span");
		pill(mark, seen ? v.open + "/" + v.connections : "–", !seen ? "mute" : v.connected ? v.stalled ? "warn" : "good" : "bad");
		open.append(mark);
		if (v.why) open.title = v.why;
		const reasons = seen ? Object.entries(v.rejected).filter(([, n]) => n > 0) : [];
		const rejected = el("td", "num", seen ? reasons.reduce((sum, [, n]) => sum + n, 0) : "–");
		rejected.title = reasons.map(([name, n]) => name + " " + n).join(", ");
		tr.append(el("td", "", v.venue), open, el("td", "num", v.last_frame ? age(Math.max(0, now - v.last_frame)) : "–"),
			el("td", "num", seen ? v.ticks.toLocaleString("en-US") : "–"), rejected,
			el("td", "num", seen ? v.gaps : "–"), el("td", "num", seen ? v.reconnects : "–"));
		return tr;
	});
	$("venues").tBodies[0].replaceChildren(...rows);
	$("venue-sum").textContent = S.feeds.venues.filter((v) => v.connected).length + " of " + rows.length + " connected";
}

/* ---- vaults ------------------------------------------------------------ */

const healthOf = (v) => v.health_factor === null ? Infinity : num(v.health_factor);
function matches(v) {
	if (S.filter && v.state !== S.filter) return false;
	if (!S.search) return true;
	const q = S.search;
	return v.vault.includes(q) || v.owner.toLowerCase().includes(q) || (v.name || "").toLowerCase().includes(q) ||
		v.legs.some((l) => l.asset.toLowerCase().includes(q)) || v.positions.some((p) => p.instrument.toLowerCase().includes(q));
}
function sorted() {
	const key = { health: healthOf, collateral: (v) => num(v.collateral_value) || 0, debt: (v) => num(v.debt_value) || 0 }[S.sort];
	const rows = [...S.vaults.values()].filter(matches).map((v) => [key(v), v]);
	rows.sort((a, b) => a[0] === b[0] ? (a[1].vault < b[1].vault ? -1 : 1) : a[0] < b[0] ? -1 : 1);
	if (S.down) rows.reverse();
	return rows.map((r) => r[1]);
}
function nearest(v) {
	/* The leg whose liquidation price is the closest to its price. */
	let best = null;
	for (const l of v.legs) {
		if (l.liquidation_price === null || l.price === null) continue;
		const away = Math.abs(num(l.liquidation_price) / num(l.price) - 1);
		if (!best || away < best.away) best = { away, leg: l };
	}
	return best ? best.leg.asset + " " + (best.leg.side === "debt" ? "≥ " : "≤ ") + price(best.leg.liquidation_price) : "–";
}
function vaultRow(v) {
	const tr = el("tr"), t = tone(v.state), state = el("td"), mark = el("span"), health = el("td", "num");
	tr.dataset.vault = v.vault;
	tr.tabIndex = 0;
	pill(mark, v.state, t);
	state.append(mark);
	const h = healthOf(v), bar = el("span", "health c-" + t), fill = el("i");
	fill.style.setProperty("--fill", (v.state === "STALE" ? 0 : Math.max(4, Math.min(1, (h - 0.8) / 1.2) * 100)) + "%");
	bar.append(fill, v.state === "STALE" ? "–" : ratio(v.health_factor));
	health.append(bar);
	tr.append(el("td", v.name ? "" : "mono", v.name || short(v.vault)), state, health,
		el("td", "num narrow", usd(v.collateral_value)), el("td", "num", usd(v.debt_value)),
		el("td", "num narrow", v.state === "STALE" ? "–" : ratio(v.collateralization_ratio, 2)),
		el("td", "narrow", nearest(v)));
	return tr;
}
function drawStates() {
	const count = {};
	for (const v of S.vaults.values()) count[v.state] = (count[v.state] || 0) + 1;
	const box = $("states"), names = ["", ...Object.keys(count).sort()];
	if (S.filter && !count[S.filter]) names.push(S.filter);
	box.replaceChildren(...names.map((n) => {
		const b = el("button", "", (n || "all") + " " + (n ? count[n] || 0 : S.vaults.size));
		b.type = "button";
		b.setAttribute("aria-pressed", String(n === S.filter));
		b.addEventListener("click", () => { S.filter = n; S.page = 0; draw(drawVaults); });
		return b;
	}));
}
function drawVaults() {
	const rows = sorted(), pages = Math.max(1, Math.ceil(rows.length / PAGE)), body = $("vaults").tBodies[0];
	S.page = Math.min(S.page, pages - 1);
	const shown = rows.slice(S.page * PAGE, S.page * PAGE + PAGE);
	const focused = document.activeElement && document.activeElement.dataset ? document.activeElement.dataset.vault : null;
	if (shown.length) body.replaceChildren(...shown.map(vaultRow));
	else {
		const tr = el("tr"), td = el("td", "empty", S.vaults.size ? "no vault matches" : "no vaults yet");
		td.colSpan = 7;
		tr.append(td);
		body.replaceChildren(tr);
	}
	if (focused) for (const tr of body.rows) if (tr.dataset.vault === focused) tr.focus();
	for (const th of $("vaults").tHead.querySelectorAll(".sort")) {
		th.classList.toggle("on", th.dataset.sort === S.sort);
		th.classList.toggle("down", S.down);
	}
	const more = S.total > S.vaults.size ? " (nearest to liquidation of " + S.total + ")" : "";
	$("page-note").textContent = rows.length + " vaults" + more + ", page " + (S.page + 1) + " of " + pages;
	$("prev").disabled = S.page === 0;
	$("next").disabled = S.page >= pages - 1;
	drawStates();
	if (S.open) drawDetail();
}
function positionTable(v) {
	const table = el("table"), head = el("tr");
	for (const [k, c] of [["position", ""], ["size", "num"], ["entry", "num"], ["funding owed", "num"]]) head.append(el("th", c, k));
	table.append(el("thead"), el("tbody"));
	table.tHead.append(head);
	for (const p of v.positions) {
		const tr = el("tr");
		tr.append(el("td", "", p.instrument), el("td", "num", num(p.size).toLocaleString("en-US", { maximumFractionDigits: 6 })),
			el("td", "num", p.entry === null ? "–" : price(p.entry)), el("td", "num", usd(p.funding)));
		table.tBodies[0].append(tr);
	}
	return table;
}
function drawDetail() {
	const v = S.vaults.get(S.open), box = $("detail-body");
	if (!v) return;
	const state = el("span"), facts = el("div", "facts"), table = el("table"), head = el("tr");
	pill(state, v.state, tone(v.state));
	const fact = (k, x, cls) => {
		const d = el("div", cls);
		d.append(el("span", "", k), el("b", "", x));
		facts.append(d);
	};
	fact("health", v.health_factor === null ? "–" : ratio(v.health_factor, 4));
	fact("health over the band", v.health_factor === null ? "–" : ratio(v.health_low, 4) + " – " + ratio(v.health_high, 4));
	fact("collateralization", ratio(v.collateralization_ratio, 4));
	fact("loan to value", v.loan_to_value === null ? "–" : (num(v.loan_to_value) * 100).toFixed(2) + " %");
	fact("collateral", usd(v.collateral_value));
	fact("debt", usd(v.debt_value));
	fact("equity", usd(v.equity));
	fact("initial excess", usd(v.initial_excess));
	fact("maintenance excess", usd(v.maintenance_excess));
	fact("method", v.method);
	fact("owner", v.owner, "long mono");
	fact("index · nonce · liquidations", v.index + " · " + v.nonce + " · " + v.liquidations);
	if (v.liquidation) fact("may repay", usd(v.liquidation.max_repay) + " of " + v.liquidation.debt_asset + " for " + v.liquidation.collateral_asset);
	for (const [k, c] of [["", ""], ["asset", ""], ["amount", "num"], ["price", "num narrow"], ["value", "num"], ["liquidation price", "num"]]) head.append(el("th", c, k));
	table.append(el("thead"), el("tbody"));
	table.tHead.append(head);
	for (const l of v.legs) {
		const tr = el("tr");
		tr.append(el("td", "dim", l.side), el("td", "", l.asset), el("td", "num", num(l.amount).toLocaleString("en-US", { maximumFractionDigits: 6 })),
			el("td", "num narrow", price(l.price)), el("td", "num", usd(l.value)), el("td", "num", l.liquidation_price === null ? "–" :
			(l.side === "debt" ? "≥ " : "≤ ") + price(l.liquidation_price)));
		table.tBodies[0].append(tr);
	}
	const wrap = el("div", "scroll"), title = el("h3", v.name ? "" : "mono", v.name || v.vault);
	wrap.append(table);
	if (v.positions.length) wrap.append(positionTable(v));
	box.replaceChildren(title, state, facts, wrap);
}
function openDetail(id) {
	S.open = id;
	drawDetail();
	if (!$("detail").open) $("detail").showModal();
}
async function searchService(text) {
	/* A whole id that the page does not hold. */
	if (!/^0x[0-9a-f]{64}$/.test(text) || S.vaults.has(text)) return;
	try {
		const v = await get("/v1/vaults/" + text);
		S.vaults.set(v.vault, v);
		draw(drawVaults);
	} catch { /* there is none: the table says so */ }
}

/* ---- attestations ------------------------------------------------------ */

function drawAttestations() {
	const only = $("only-refusals").checked, rows = [];
	for (const a of S.attestations) {
		if (only && a.status === "OK") continue;
		const tr = el("tr", a.status === "REFUSED" ? "refused" : a.status === "DEGRADED" ? "degraded" : ""), status = el("td"), mark = el("span");
		pill(mark, a.status + (a.reason === "NONE" ? "" : " · " + a.reason), tone(a.status));
		status.append(mark);
		const digest = el("td", "mono", a.digest.slice(0, 10));
		digest.title = a.digest;
		tr.title = "sequence " + a.sequence;
		tr.append(el("td", "", clock(a.as_of)), status, el("td", "num", a.verdict_count + " / " + a.vault_count), digest);
		rows.push(tr);
		if (rows.length >= 60) break;
	}
	$("attestations").tBodies[0].replaceChildren(...rows);
	drawHead();
	drawAge();
}
function takeAttestations(list) {
	const have = new Set(S.attestations.map((a) => a.sequence));
	S.attestations = [...list.filter((a) => !have.has(a.sequence)), ...S.attestations];
	S.attestations.sort((a, b) => b.sequence - a.sequence);
	/* Of the old only those that are not OK are worth keeping. */
	if (S.attestations.length > LIST) S.attestations = S.attestations.filter((a, i) => i < LIST / 2 || a.status !== "OK").slice(0, 2 * LIST);
	draw(drawAttestations);
}

/* ---- what arrives ------------------------------------------------------ */

function takePrices(d) {
	S.prices = d;
	if (!S.asset && d.prices.length) chooseAsset(d.prices[0].asset);
	appendPrice();
	draw(drawAssets);
	draw(drawQuote);
	draw(drawFeeds);
}
function takeVaults(d, whole) {
	if (whole) S.vaults.clear();
	S.total = d.total;
	for (const v of d.vaults) S.vaults.set(v.vault, v);
	draw(drawVaults);
}
function takeAggregate(d) {
	S.aggregate = d;
	const [t, r] = S.ratio, now = d.as_of / 1000;
	if (!t.length || now > t[t.length - 1]) {
		t.push(now);
		r.push(num(d.collateralization_ratio));
	}
	while (t.length && t[0] < now - RATIO_SECONDS) { t.shift(); r.shift(); }
	draw(drawTiles);
	draw(drawRatioChart);
}
function takeMessage(m) {
	const p = m.params;
	if (m.method !== "subscription") return;
	if (p.prev_seq !== (S.seq[p.channel] || 0)) { S.socket.close(); return; }	/* a gap: begin anew */
	S.seq[p.channel] = p.seq;
	if (p.channel === "prices") takePrices(p.data);
	else if (p.channel === "vaults") takeVaults(p.data, p.type === "snapshot");
	else if (p.channel === "attestations") takeAttestations(p.data.attestations);
	else if (p.channel === "aggregate") takeAggregate(p.data);
}
function connect() {
	const w = new WebSocket((location.protocol === "https:" ? "wss://" : "ws://") + location.host + "/v1/stream");
	S.socket = w;
	S.seq = {};
	w.onopen = () => {
		S.live = true;
		S.wait = 500;
		pill($("live"), "live", "good");
		w.send(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "subscribe",
			params: { channels: ["prices", "vaults", "attestations", "aggregate"] } }));
	};
	w.onmessage = (e) => takeMessage(JSON.parse(e.data));
	w.onclose = () => {
		S.live = false;
		pill($("live"), "offline", "bad");
		setTimeout(connect, S.wait);
		S.wait = Math.min(S.wait * 2, 10000);
	};
}
function takeFeeds(d) {
	S.feeds = d;
	draw(drawFeeds);
	draw(drawVenues);
}
/* Without the stream: the same by plain requests. */
async function poll() {
	try {
		S.status = await get("/v1/status");
		draw(drawHead);
		get("/v1/feeds").then(takeFeeds, () => { /* before the engine starts */ });
		if (!S.live) {
			takePrices(await get("/v1/prices"));
			takeVaults(await get("/v1/vaults?limit=500"), true);
			takeAggregate(await get("/v1/aggregate"));
			takeAttestations(await get("/v1/attestations"));
		}
	} catch { pill($("ready"), "UNREACHABLE", "bad"); }
	setTimeout(poll, 2000);
}
async function loadRatio() {
	try {
		const d = await get("/v1/aggregate?history=" + RATIO_SECONDS);
		S.ratio = [d.history.map((h) => h.as_of / 1000), d.history.map((h) => num(h.collateralization_ratio))];
		takeAggregate(d);
	} catch { /* comes with the stream */ }
}

/* ---- hands ------------------------------------------------------------- */

$("prev").addEventListener("click", () => { S.page--; drawVaults(); });
$("next").addEventListener("click", () => { S.page++; drawVaults(); });
$("search").addEventListener("input", (e) => {
	S.search = e.target.value.trim().toLowerCase();
	S.page = 0;
	draw(drawVaults);
	searchService(S.search);
});
$("vaults").tHead.addEventListener("click", (e) => {
	const key = e.target.dataset.sort;
	if (!key) return;
	S.down = S.sort === key ? !S.down : key !== "health";
	S.sort = key;
	S.page = 0;
	drawVaults();
});
$("vaults").tBodies[0].addEventListener("click", (e) => {
	const tr = e.target.closest("tr");
	if (tr && tr.dataset.vault) openDetail(tr.dataset.vault);
});
$("vaults").tBodies[0].addEventListener("keydown", (e) => {
	if (e.key === "Enter" && e.target.dataset.vault) openDetail(e.target.dataset.vault);
});
$("detail").addEventListener("close", () => { S.open = null; });
$("only-refusals").addEventListener("change", drawAttestations);
new ResizeObserver(() => draw(() => {
	if (priceChart) priceChart.setSize(size($("price-chart")));
	if (ratioChart) ratioChart.setSize(size($("ratio-chart")));
})).observe(document.querySelector("main"));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { makePriceChart(); makeRatioChart(); });
setInterval(drawAge, 250);
loadRatio().then(connect);
poll();
})();
