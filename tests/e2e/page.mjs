// The dashboard in headless Chromium over build/tools/api_world, which moves
// a board by itself: charts, table, live updates, drill-down, and no request
// to anyone else.  Screenshots go to build/tests/.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { chromium } from "playwright-core";

const TOOL = "build/tools/api_world", CHROMIUM = process.env.MARGIND_CHROMIUM || "/usr/bin/chromium";
const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
	"--disable-background-networking", "--disable-component-update", "--disable-sync"];
let passed = 0, failed = 0;

function check(name, ok, detail) {
	if (ok) passed++;
	else failed++;
	console.log(`  ${ok ? "ok  " : "FAIL"} ${name}${ok || detail === undefined ? "" : ": " + JSON.stringify(detail)}`);
}

function start() {
	const child = spawn(TOOL, ["0", "120"], { stdio: ["pipe", "pipe", "inherit"] });
	const address = new Promise((resolve, reject) => {
		child.stdout.once("data", (d) => resolve(String(d).trim()));
		child.once("exit", (code) => reject(new Error(`${TOOL} ended with ${code}`)));
	});
	return { child, address };
}

/* The page's own rules forbid eval, which page.waitForFunction uses. */
async function until(page, condition, ms = 10000) {
	const end = Date.now() + ms;
	while (!await page.evaluate(condition)) {
		if (Date.now() > end) throw new Error("never came: " + condition);
		await page.waitForTimeout(50);
	}
}

/* Everything that a page asks for, and everything that it complains of. */
function watch(page, origin, seen) {
	page.on("request", (r) => { if (!r.url().startsWith(origin) && !r.url().startsWith("data:")) seen.foreign.push(r.url()); });
	page.on("websocket", (w) => {
		seen.sockets.push(w.url());
		w.on("framereceived", () => { seen.frames++; });
	});
	page.on("console", (m) => { if (m.type() === "error" || m.type() === "warning") seen.errors.push(m.text()); });
	page.on("pageerror", (e) => seen.errors.push(e.message));
	page.on("requestfailed", (r) => seen.errors.push("failed: " + r.url()));
}

/* How many different colours a canvas shows, and how much of it is ink. */
const ink = (selector) => {
	const c = document.querySelector(selector + " canvas");
	if (!c) return { colours: 0, share: 0 };
	const d = c.getContext("2d").getImageData(0, 0, c.width, c.height).data;
	const colours = new Set();
	let drawn = 0;
	for (let i = 0; i < d.length; i += 4) {
		if (d[i + 3] === 0) continue;
		drawn++;
		if (d[i + 3] > 200) colours.add((d[i] >> 4) << 8 | (d[i + 1] >> 4) << 4 | d[i + 2] >> 4);
	}
	return { colours: colours.size, share: drawn / (c.width * c.height) };
};
const healths = () => [...document.querySelectorAll("#vaults tbody tr .health")].map((e) => Number(e.textContent));

async function wide(browser, origin) {
	const seen = { foreign: [], errors: [], sockets: [], frames: 0 };
	const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, colorScheme: "light" });
	const page = await context.newPage();
	watch(page, origin, seen);
	await page.goto(origin);
	await until(page, () => document.querySelector("#live").textContent === "live" &&
		document.querySelectorAll("#vaults tbody tr[data-vault]").length === 20 &&
		document.querySelectorAll("canvas").length === 2 &&
		document.querySelector("#ready").textContent === "READY");
	await page.waitForTimeout(3000);
	const price = await page.evaluate(ink, "#price-chart"), ratio = await page.evaluate(ink, "#ratio-chart");
	check("the price chart shows four venues, mid and band", price.colours >= 5 && price.share > 0.02, price);
	check("the ratio chart is drawn", ratio.colours >= 1 && ratio.share > 0.02, ratio);
	check("the legend names each venue", await page.locator("#price-legend span").count() === 6);
	const h = await page.evaluate(healths);
	check("vaults come by health, the lowest first", h.length === 20 && h.every((x, i) => i === 0 || h[i - 1] <= x), h);
	const before = await page.locator("#quote b").textContent(), sequence = Number(await page.locator("#sequence").textContent());
	await page.waitForTimeout(1500);
	check("prices move by themselves", await page.locator("#quote b").textContent() !== before, before);
	check("new attestations arrive", Number(await page.locator("#sequence").textContent()) >= sequence + 2, sequence);
	check("they come over one stream", seen.sockets.length === 1 && seen.frames > 10, seen);
	const venues = await page.evaluate(() => [...document.querySelectorAll("#venues tbody tr")].map((r) => [...r.cells].map((c) => c.textContent + "|" + c.title)));
	check("each venue with its connections, rejects by reason, reconnects", venues.length === 4 && venues[1][0] === "kraken|" &&
		venues[1][1].startsWith("1/2|closed by the peer") && venues[1][4] === "1|range 1" && venues[1][6] === "1|" && venues[3][1] === "–|", venues);
	const weights = await page.evaluate(() => [...document.querySelectorAll("#feeds tbody tr td:nth-child(6)")].map((c) => c.textContent));
	check("each market with its weight", weights.length === 16 && weights.every((w) => w === "1"), weights);
	check("not paused is not shown as paused", !await page.locator("#paused").isVisible());
	await page.screenshot({ path: "build/tests/page-1280x900.png", fullPage: true });
	await table(page);
	await refusal(page);
	await page.screenshot({ path: "build/tests/page-refusal.png" });
	check("no request to anyone else", seen.foreign.length === 0, seen.foreign);
	check("no error in the console", seen.errors.length === 0, seen.errors);
	await context.close();
}

async function table(page) {
	const first = () => page.locator("#vaults tbody tr").first().getAttribute("data-vault");
	await page.click("#next");
	const rest = await page.evaluate(healths);
	check("the next page goes on", (await page.locator("#page-note").textContent()).includes("page 2 of 10") && rest.length === 20);
	await page.click("#prev");
	await page.click("#vaults th[data-sort=debt]");
	const debts = await page.evaluate(() => [...document.querySelectorAll("#vaults tbody tr td:nth-child(5)")].map((e) => Number(e.textContent.replace(/[$,]/g, ""))));
	check("sorted by debt, the largest first", debts.length === 20 && debts.every((x, i) => i === 0 || debts[i - 1] >= x), debts);
	await page.click("#vaults th[data-sort=health]");
	const id = await first();
	await page.fill("#search", id);
	await until(page, () => document.querySelectorAll("#vaults tbody tr").length === 1);
	check("a search by id finds one vault", await first() === id, id);
	await page.fill("#search", "nothing like this");
	await until(page, () => document.querySelector("#vaults tbody").textContent.includes("no vault matches"));
	await page.fill("#search", "");
	await until(page, () => document.querySelectorAll("#vaults tbody tr").length === 20);
	await page.locator("#vaults tbody tr").first().click();
	await page.waitForSelector("#detail[open]");
	const text = await page.locator("#detail-body").innerText();
	check("a vault's legs and liquidation prices", /collateral/.test(text) && /debt/.test(text) && /[≤≥] [\d,.]+/.test(text), text);
	await page.screenshot({ path: "build/tests/page-detail.png" });
	await page.keyboard.press("Escape");
	await page.locator("#assets button", { hasText: "WBTC" }).click();
	await until(page, () => document.querySelector("#price-legend").textContent.includes("BTC-USD"));
	check("another asset can be chosen", Number((await page.locator("#quote b").textContent()).replace(/,/g, "")) > 30000);
}

/* api_world refuses LINK for two seconds in every eight. */
async function refusal(page) {
	await page.locator("#assets button", { hasText: "LINK" }).click();
	await until(page, () => document.querySelector("#quote").textContent.includes("REFUSED"), 15000);
	await page.check("#only-refusals");
	await until(page, () => document.querySelectorAll("#attestations tr.degraded").length > 0);
	check("a refusal is seen: asset, header and list", await page.locator("#attestations tbody tr:not(.degraded):not(.refused)").count() === 0);
	await until(page, () => [...document.querySelectorAll("#states button")].some((b) => b.textContent.startsWith("STALE")));
	check("the vaults that need it are stale", true);
	await page.uncheck("#only-refusals");
}

async function narrow(browser, origin, colorScheme, path) {
	const context = await browser.newContext({ viewport: { width: 400, height: 800 }, colorScheme });
	const page = await context.newPage(), seen = { foreign: [], errors: [], sockets: [], frames: 0 };
	watch(page, origin, seen);
	await page.goto(origin);
	await until(page, () => document.querySelectorAll("#vaults tbody tr[data-vault]").length === 20 && document.querySelectorAll("canvas").length === 2);
	await page.waitForTimeout(1500);
	const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
	check(`400 px, ${colorScheme}: nothing sticks out`, over <= 0, over);
	const back = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
	const light = back.match(/\d+/g).slice(0, 3).every((x) => Number(x) > 128);
	check(`400 px, ${colorScheme}: follows the scheme`, light === (colorScheme === "light"), back);
	check(`400 px, ${colorScheme}: no error`, seen.errors.length === 0 && seen.foreign.length === 0, seen);
	await page.screenshot({ path, fullPage: true });
	await context.close();
}

/* When the service goes the page says so, and comes back with it. */
async function away(browser, origin, child) {
	const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
	const page = await context.newPage();
	await page.goto(origin);
	await until(page, () => document.querySelector("#live").textContent === "live");
	child.kill();
	await until(page, () => document.querySelector("#live").textContent === "offline" && document.querySelector("#ready").textContent === "UNREACHABLE");
	check("a service that is gone is shown as gone", true);
	const again = spawn(TOOL, [new URL(origin).port, "60"], { stdio: ["pipe", "ignore", "inherit"] });
	await until(page, () => document.querySelector("#live").textContent === "live" && document.querySelector("#ready").textContent === "READY");
	check("and the page comes back with it", true);
	again.stdin.end();
	await context.close();
}

async function main() {
	if (!existsSync(TOOL) || !existsSync(CHROMIUM)) throw new Error(`needs ${TOOL} (make tests) and ${CHROMIUM} (make deps)`);
	mkdirSync("build/tests", { recursive: true });
	const { child, address } = start();
	let browser;
	try {
		const origin = await address;
		browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
		await wide(browser, origin);
		await narrow(browser, origin, "light", "build/tests/page-400x800.png");
		await narrow(browser, origin, "dark", "build/tests/page-400x800-dark.png");
		await away(browser, origin, child);
	} finally {
		if (browser) await browser.close();
		child.stdin.end();
		child.kill();
	}
}

try {
	await main();
} catch (e) {
	check("ran to its end", false, e.message);
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
