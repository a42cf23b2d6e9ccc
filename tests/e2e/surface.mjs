// `margind run` with a venue's options: the surface that comes of them against the volatilities that the exchange was
// told to quote, a vault with an option against Black's formula done here, the surface process killed, the venue
// silent; and the journal of it all, replayed.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { ethers } from 'ethers'
import { CHAIN_ID, Stage, config, freePort, tail } from '../../examples/demo/stage.mjs'
import { bookFile, script as makeScript } from '../../examples/demo/world.mjs'
import { expect, finish, until } from './tally.mjs'

const MARGIND = resolve(process.env.MARGIND ?? 'build/margind')
const MUTE = 40, YEAR = 31_536_000_000 // the script's second; ms
const dir = mkdtempSync(join(tmpdir(), 'margind-surface-'))
const stage = new Stage({ margind: MARGIND, dir, died: (e) => expect(false, e.message) })
const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC']
let api

// Three expiries at 08:00, 9 strikes each (a simulated venue has 64 symbols); a smile that is the same in standard deviations.
const midnight = Math.floor(Date.now() / 86_400_000) * 86_400_000
const EXPIRIES = [3, 12, 45].map((days) => midnight + days * 86_400_000 + 8 * 3_600_000)
const FORWARD = 2500
const day = (ms) => {
	const d = new Date(ms)
	return `${d.getUTCDate()}${MONTHS[d.getUTCMonth()]}${String(d.getUTCFullYear()).slice(2)}`
}
const smile = (strike, expiry) => {
	const d = Math.log(strike / FORWARD) / (0.6 * Math.sqrt((expiry - Date.now()) / YEAR))
	return 0.6 - 0.02 * d + 0.012 * d * d
}
const OPTIONS = EXPIRIES.flatMap((expiry) => Array.from({ length: 9 }, (_, i) => {
	const root = 0.6 * Math.sqrt((expiry - Date.now()) / YEAR)
	const strike = Math.round(FORWARD * Math.exp(root * 2.4 * (i / 4 - 1)) / 5) * 5
	return { expiry, strike, vol: Number(smile(strike, expiry).toFixed(4)) }
}))
const symbols = Object.fromEntries(OPTIONS.flatMap(({ expiry, strike, vol }) => ['C', 'P'].map((right) =>
	[`ETH-${day(expiry)}-${strike}-${right}`, { base: 'ETH', quote: 'USD', vol: String(vol) }])))

const token = (i) => ethers.getAddress('0x' + String(i + 1).repeat(40))
const STRIKE = OPTIONS[9 + 4].strike // of the second expiry, at the money
const option = (id, right, strike, expiry) => ({ id, kind: 'option', underlying: 'ETH', right, strike: String(strike),
	expiry: new Date(expiry).toISOString().replace('.000', ''), settlement: 'linear' })
const vault = (id, instrument, size) => ({ id, method: 'scenario', collateral: [{ asset: 'USDC', amount: '20000' }],
	positions: [{ instrument, size, funding: '0' }] })
const book = { ...bookFile(CHAIN_ID, [0, 1, 2, 3].map(token)),
	instruments: [option('ETH-C', 'call', STRIKE, EXPIRIES[1]), option('ETH-P', 'put', STRIKE, EXPIRIES[1]),
		option('ETH-B', 'call', STRIKE, (EXPIRIES[1] + EXPIRIES[2]) / 2)],
	vaults: [vault('call', 'ETH-C', '3'), vault('put', 'ETH-P', '3'), vault('short', 'ETH-C', '-1'), vault('between', 'ETH-B', '3')] }

async function get(path) {
	try {
		const answer = await fetch(api + path, { signal: AbortSignal.timeout(2000) })
		return answer.status === 200 ? await answer.json() : null
	} catch {
		return null
	}
}
const margind = (...args) => spawnSync(MARGIND, args, { cwd: dir, encoding: 'utf8', timeout: 30_000 })
const surface = async () => (await get('/v1/surfaces'))?.surfaces.find((s) => s.unit === 'ETH')
const states = async () => Object.fromEntries((await get('/v1/vaults'))?.vaults.map((v) => [v.name, v.state]) ?? [])
const roles = () => JSON.parse(margind('status', '--config', 'margind.yaml').stdout).roles

async function build() {
	stage.certificates()
	stage.newKey('signer')
	writeFileSync(join(dir, 'book.json'), JSON.stringify(book))
	const world = makeScript()
	const ports = await stage.startExchanges({ ...world, venues: [...world.venues, { venue: 'deribit', port: 0, symbols }],
		events: [{ at: MUTE, until: 3600, mute: { venue: 'deribit' } }] }, Date.now())
	const listen = `127.0.0.1:${await freePort(0)}`
	writeFileSync(join(dir, 'margind.yaml'), config({ ports, rpc: '', clearing: '', listen })
		.replace(/^chain:\n(?: .*\n)*/m, '').replace(/^ {2}gas.*\n/gm, '')
		.replace(/^tls:/m, `  deribit: {url: "wss://localhost:${ports.deribit}/ws/api/v2", options: {options.eth_usd: ETH}}
surface: {age_max: 8s}
tls:`))
	stage.initState()
	api = `http://${listen}`
}

// ---- by hand ---------------------------------------------------------------
const erf = (x) => { // Abramowitz and Stegun 7.1.26: 1.5e-7
	const t = 1 / (1 + 0.3275911 * Math.abs(x))
	const y = 1 - ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t * Math.exp(-x * x)
	return x < 0 ? -y : y
}
const normal = (x) => (1 + erf(x / Math.SQRT2)) / 2
function black(isCall, f, k, vol, years) {
	const s = vol * Math.sqrt(years), d = Math.log(f / k) / s + s / 2
	const call = f * normal(d) - k * normal(d - s)
	return isCall ? call : call - f + k
}
function svi(slice, strike) {
	const n = Object.fromEntries(Object.entries(slice).map(([k, v]) => [k, Number(v)]))
	const u = Math.log(strike / n.forward) - n.m
	return Math.sqrt((n.a + n.b * (n.rho * u + Math.sqrt(u * u + n.sigma ** 2))) / n.tau)
}

async function shapes() {
	const s = await until(15_000, async () => {
		const s = await surface()
		return s?.expiries.length === 3 && s.expiries.every((e) => e.forward && e.slice) && s
	})
	if (!expect(s, 'three expiries with a forward and a slice')) return console.log(JSON.stringify(await get('/v1/surfaces'), null, 1))
	let worst = 0
	for (const o of OPTIONS) {
		const e = s.expiries.find((x) => x.expiry === o.expiry)
		worst = Math.max(worst, Math.abs(svi(e.slice, o.strike) - o.vol))
	}
	expect(worst < 0.005, `each volatility within half a point of the quoted one: ${(worst * 100).toFixed(3)} points`)
	const off = Math.max(...s.expiries.map((e) => Math.abs(Number(e.forward.price) / Number(s.index) - 1)))
	expect(off < 0.005, `each forward near the index, where the exchange has it: ${(off * 1e4).toFixed(1)} bp`)
	expect(s.expiries.every((e) => Number(e.slice.confidence) > 0.5 && Number(e.slice.error) < 0.003),
		`confidences ${s.expiries.map((e) => e.slice.confidence)}, errors ${s.expiries.map((e) => e.slice.error)}`)
}

// Equity of three long options: collateral, and Black's price at the surface.
async function values() {
	const all = await until(10_000, async () => {
		const now = await states()
		return Object.values(now).every((x) => x === 'HEALTHY') && now
	})
	expect(all, `every vault with an option has a verdict: ${JSON.stringify(await states())}`)
	for (const [name, isCall] of [['call', true], ['put', false]]) {
		const right = await until(5000, async () => {
			const [v, s, p] = await Promise.all([get(`/v1/vaults/${name}`), surface(), get('/v1/prices')])
			const e = s?.expiries.find((x) => x.expiry === EXPIRIES[1])
			if (!e?.slice || !v) return null
			const usdc = Number(p.prices.find((x) => x.asset === 'USDC').mid)
			const price = black(isCall, Number(e.forward.price), STRIKE, svi(e.slice, STRIKE), (EXPIRIES[1] - Date.now()) / YEAR)
			const off = Number(v.equity) - 20000 * usdc - 3 * price
			return Math.abs(off) < 2 && `${(3 * price).toFixed(2)} USD, off by ${off.toFixed(3)}`
		})
		expect(right, `${name}: its equity has Black's price: ${right}`)
	}
}

async function killed() {
	const before = roles().find((r) => r.role === 'surface')
	expect(before?.ready, `the surface process is ready: ${JSON.stringify(before)}`)
	const first = (await get('/v1/status')).last_sequence
	process.kill(before.pid, 'SIGKILL')
	const after = await until(10_000, () => roles().find((r) => r.role === 'surface' && r.pid !== before.pid && r.ready))
	expect(after && after.restarts === 1, 'killed, it is started again and has its volatilities back')
	expect(roles().filter((r) => r.role !== 'surface').every((r) => r.restarts === 0), 'nobody else was')
	const s = await surface(), now = (await get('/v1/status')).last_sequence
	expect(BigInt(now) > BigInt(first) && s?.status === 'OK', 'the engine kept on, with its surface')
}

// The venue is silent: marks, then slices grow old.
async function silent() {
	const s = await until(60_000, async () => {
		const now = await states()
		return now.call === 'STALE' && now
	})
	expect(s && Object.values(s).every((x) => x === 'STALE'), `without marks an option has no price: ${JSON.stringify(s)}`)
	expect((await surface()) === undefined, 'and there is no surface')
	expect(await get('/readyz'), 'but the service is ready')
}

function replays() {
	const r = margind('replay', '--journal', 'journal', '--json')
	const j = r.status === 0 ? JSON.parse(r.stdout.trim().split('\n').at(-1)).journal : null
	if (!expect(j && j.mismatches === 0 && j.attestations > 10, `replay: ${j?.attestations} attestations, none differs`))
		console.log(r.stderr, r.stdout.slice(-500))
}

try {
	await build()
	const s = stage.start('margind', MARGIND, ['run', '--config', 'margind.yaml'])
	if (!expect(await until(15_000, () => get('/readyz')), 'ready')) console.log(tail(join(dir, 'margind.log')))
	await shapes()
	await values()
	await killed()
	await silent()
	stage.stopping = true
	s.kill('SIGTERM')
	expect((await s.gone).code === 0, 'it ends with 0')
	replays()
	if (/panic|MUST|must not/.test(readFileSync(join(dir, 'margind.log'), 'utf8'))) expect(false, tail(join(dir, 'margind.log')))
} catch (e) {
	expect(false, e.stack)
}
await stage.stop()
if (process.env.KEEP) console.log(dir)
else rmSync(dir, { recursive: true, force: true })
process.exit(finish())
