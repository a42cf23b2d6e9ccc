// Another config for a service that runs: one that is taken, with other venues
// in another order; the Moonwell mistake (R24, a token priced in another unit)
// and others that are refused by name; what every command says of it; and the
// journal of both configs, replayed and shadowed.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { deploy } from '../../examples/demo/deploy.mjs'
import { CHAIN_ID, Stage, config, freePort, tail } from '../../examples/demo/stage.mjs'
import { bookFile, script as makeScript } from '../../examples/demo/world.mjs'
import { expect, finish, sleep, until } from './tally.mjs'

const MARGIND = resolve(process.env.MARGIND ?? 'build/margind')
const READY_MS = 15_000
const dir = mkdtempSync(join(tmpdir(), 'margind-reload-'))
const stage = new Stage({ margind: MARGIND, dir, died: (e) => expect(false, e.message) })
let api, good

async function get(path) {
	try {
		const answer = await fetch(api + path, { signal: AbortSignal.timeout(2000) })
		return { status: answer.status, body: await answer.json().catch(() => null) }
	} catch {
		return { status: 0, body: null }
	}
}
const ready = () => until(READY_MS, async () => (await get('/readyz')).status === 200)
const margind = (...args) => spawnSync(MARGIND, args, { cwd: dir, encoding: 'utf8', timeout: 60_000 })
const write = (text, file = 'margind.yaml') => writeFileSync(join(dir, file), text)
const objects = (text) => text.trim().split('\n').filter(Boolean).map((l) => JSON.parse(l))

function reload() {
	const r = margind('reload', '--socket', 'margind.sock')
	return { code: r.status, answer: r.stdout ? JSON.parse(r.stdout) : null, said: (r.stdout + r.stderr).trim() }
}

// The supervisor's children by role: pids.
function roles(supervisor) {
	const found = {}
	for (const p of readdirSync('/proc').filter((x) => /^\d+$/.test(x))) {
		try {
			const ppid = Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${p}/status`, 'utf8'))[1])
			const args = readFileSync(`/proc/${p}/cmdline`, 'latin1').split('\0')
			if (ppid === supervisor.pid && args[1] === '--role') found[args[2]] = Number(p)
		} catch { /* it is gone */ }
	}
	return found
}

async function markets() {
	const { body } = await get('/v1/feeds')
	return body ? body.markets.map((m) => `${m.venue} ${m.market}`) : []
}

// ---- what is refused -----------------------------------------------------------

async function refuses(s, name, code, change, word) {
	const before = roles(s), text = change(good)
	if (text === good) return expect(false, `${name}: nothing was changed`)
	write(text)
	const r = reload(), same = JSON.stringify(roles(s)) === JSON.stringify(before)
	expect(r.code === code && r.said.includes(word) && same, `${name}: exit code ${r.code}, ${r.said.slice(0, 160)}`)
	write(good)
}

// ETH from the one market that says it in BTC, taken for dollars.
const moonwell = (text) => text
	.replace('ETH-USD: ETH/USD, ', '').replace('ETH/USD: ETH/USD, ', '').replaceAll('ETHUSDT: ETH/USDT, ', '')
	.replace('ETHBTC: ETH/BTC', 'ETHBTC: {pair: ETH/USD, named: ETHBTC}').replace('ETH: {quorum: 2', 'ETH: {quorum: 1')

async function refusals(s) {
	const first = (await get('/v1/attestations/latest')).body.message.sequence
	await refuses(s, 'a token in another unit', 3, (t) => moonwell(t).replace(', named: ETHBTC', ''), 'does not say ETH/USD')
	await refuses(s, 'the same with consent', 1, moonwell, 'ETH: ')
	await refuses(s, 'a quorum that nobody reaches', 1, (t) => t.replace('BTC: {quorum: 2', 'BTC: {quorum: 5'), 'BTC: OK would become REFUSED (QUORUM)')
	await refuses(s, 'markets that are not followed yet', 1, (t) => t.replaceAll(/BTC[-/]?(USDT?): BTC/g, 'BTC.$1: BTC'), 'not followed yet')
	await refuses(s, 'the same markets at another address', 1, (t) => t.replaceAll('wss://localhost:', 'wss://127.0.0.1:'), 'BTC: its price would rest on markets that are not followed yet')
	await refuses(s, 'another interval', 1, (t) => t.replace('interval: 50ms', 'interval: 60ms'), '`attestation` differs: that needs a restart')
	await refuses(s, 'a bound for the signer', 1, (t) => t.replace('base: 10%', 'base: 20%'), '`signer` differs')
	await refuses(s, 'a unit less', 1, (t) => t.replace(/ {4}USDC: .*\n/, '').replaceAll(/(, )?USDC(\/USD|USDT): USDC\/USDT?/g, ''), 'USDC: the book has an asset of it')
	await refuses(s, 'an unknown key', 3, (t) => t.replace('quorum: 2', 'quorom: 2'), 'did you mean')
	await refuses(s, 'no YAML', 3, () => 'prices: [', 'margind.yaml:')
	const r = reload()
	expect(r.code === 0 && r.answer.reloaded === false, `nothing new: ${r.said}`)
	expect((await get('/readyz')).status === 200, 'all the while it is ready')
	expect((await get('/v1/attestations/latest')).body.message.sequence !== first, 'and goes on signing')
}

// ---- what is taken -------------------------------------------------------------

// Kraken first, bybit gone, ETHBTC gone, weights, another age.
function another(text) {
	const [head, venues, rest] = /^([^]*\nvenues:\n)([^]*?)(tls:[^]*)$/.exec(text).slice(1)
	const blocks = Object.fromEntries(venues.split(/(?=^ {2}\w)/m).map((b) => [b.trim().split(':')[0], b]))
	return head.replace('ETH: {quorum: 2, age_max: 3s', 'ETH: {quorum: 2, age_max: 4s') +
		blocks.kraken.replace('ETH/USD: ETH/USD', 'ETH/USD: {pair: ETH/USD, weight: 2}') + blocks.coinbase +
		blocks.binance.replace(', ETHBTC: ETH/BTC', '') + rest
}

async function takes(s) {
	const before = roles(s), first = BigInt((await get('/v1/attestations/latest')).body.message.sequence)
	write(another(good))
	const r = reload()
	if (!expect(r.code === 0 && r.answer.reloaded === true, `other venues in another order: ${r.said}`)) return
	const began = Date.now()
	const up = await until(READY_MS, async () => {
		const now = roles(s), a = (await get('/v1/attestations/latest')).body
		return now.engine && now.engine !== before.engine && a?.message && BigInt(a.message.sequence) > first &&
			a.message.status === '0' && (await get('/readyz')).status === 200
	})
	if (!expect(up, `signs OK again after ${Date.now() - began} ms`)) console.log(tail(join(dir, 'margind.log')))
	const after = roles(s)
	expect(after.signer === before.signer && after.journal === before.journal, 'signer and journal are the same processes')
	expect(['feeds', 'engine', 'chain', 'api'].every((x) => after[x] && after[x] !== before[x]), 'the others are new ones')
	const list = await markets()
	expect(list[0] === 'kraken ETH/USD' && !list.some((m) => m.startsWith('bybit')) && list.length === 10, `it follows ${list.length} markets: ${list[0]}, …`)
	const status = JSON.parse(margind('status', '--socket', 'margind.sock').stdout)
	expect(status.roles.every((x) => x.restarts === 0), 'which counts as no crash')
	// A crash later starts with the new one, too.
	process.kill(after.engine, 'SIGKILL')
	await until(3000, () => roles(s).engine && roles(s).engine !== after.engine)
	expect(await until(READY_MS, async () => (await get('/readyz')).status === 200 && (await markets())[0] === 'kraken ETH/USD'), 'and outlives a crash')
	expect(reload().answer.reloaded === false, 'a second time nothing differs')
	good = another(good)
}

// ---- the other commands ----------------------------------------------------------

async function commands() {
	// The engine was killed just before: that it is ready does not say that this one market's vote is back.
	let feeds
	const shown = await until(READY_MS, () => {
		feeds = margind('feeds', '--config', 'margind.yaml', '--once')
		return feeds.status === 0 && feeds.stdout.split('\n').some((l) => /^kraken +ETH\/USD .* counted$/.test(l))
	})
	if (!expect(shown, 'margind feeds shows its markets')) console.log(feeds.stdout, feeds.stderr)
	write(good.replace('ETH: {quorum: 2', 'ETH: {quorum: 5'), 'far.yaml')
	write(good.replace('age_max: 4s', 'age_max: 5s'), 'near.yaml')
	const against = ['--against', 'margind.yaml', '--api', api, '--seconds', '3', '--json']
	const near = margind('shadow', '--config', 'near.yaml', ...against)
	expect(near.status === 0, `shadow --api of a config that differs little: ${near.stdout.trim().split('\n').at(-1)}`)
	const far = margind('shadow', '--config', 'far.yaml', ...against)
	const eth = objects(far.stdout).find((o) => o.unit?.unit === 'ETH')?.unit
	expect(far.status === 1 && eth?.refusals > 3 && eth.status.new.reason === 'QUORUM', `and of one that has no ETH: refused in ${eth?.refusals} batches`)
}

function journal(first) {
	const r = margind('replay', '--journal', 'journal', '--json')
	const j = r.status === 0 ? objects(r.stdout).at(-1).journal : null
	expect(r.status === 0 && j.mismatches === 0 && j.lives >= 3, `replay: ${j?.attestations} attestations in ${j?.lives} lives with two configs, none differs`)
	if (r.status !== 0) console.log(r.stderr)
	write(first, 'first.yaml')
	write(moonwell(first), 'moonwell.yaml')
	const same = margind('shadow', '--config', 'first.yaml', '--against', 'first.yaml', '--journal', 'journal', '--json')
	expect(same.status === 0 && objects(same.stdout).length === 1, 'shadow --journal: a config is like itself')
	const wrong = margind('shadow', '--config', 'moonwell.yaml', '--journal', 'journal', '--json')
	const eth = objects(wrong.stdout).find((o) => o.unit?.unit === 'ETH')?.unit
	expect(wrong.status === 1 && Number(eth?.worst_bp) > 9990, `the wrong unit: ${eth?.worst_bp} bp away`)
	write(first.replaceAll('wss://localhost:', 'wss://127.0.0.1:'), 'moved.yaml')
	const moved = margind('shadow', '--config', 'moved.yaml', '--journal', 'journal', '--json')
	const { unheard } = objects(moved.stdout).at(-1).summary
	expect(moved.status === 1 && unheard.length > 10 && unheard.includes('kraken ETH/USD'), `at another address ${unheard.length} markets are not heard`)
	const vaults = objects(wrong.stdout).filter((o) => o.vault)
	expect(vaults.length > 50 && vaults.every((v) => v.vault.differs > 0), `the states of ${vaults.length} vaults would differ`)
}

// ---- the whole ---------------------------------------------------------------

try {
	stage.certificates()
	const [signer, gas] = ['signer', 'gas'].map((name) => stage.newKey(name))
	const rpc = await stage.startAnvil({ wanted: 0 })
	const world = await deploy({ url: rpc, chainId: CHAIN_ID, signer, funded: [gas] })
	writeFileSync(join(dir, 'book.json'), JSON.stringify(bookFile(CHAIN_ID, world.tokens)))
	const script = { ...makeScript(), events: [] }
	script.venues.find((v) => v.venue === 'binance').symbols.ETHBTC = { base: 'ETH', quote: 'BTC' }
	const ports = await stage.startExchanges(script, Date.now())
	const listen = `127.0.0.1:${await freePort(0)}`
	api = `http://${listen}`
	good = config({ ports, rpc, clearing: world.clearing, listen }).replace('interval: 1s', 'interval: 50ms')
		.replace('ETHUSDT: ETH/USDT, BTCUSDT: BTC/USDT, USDCUSDT: USDC/USDT}', 'ETHUSDT: ETH/USDT, BTCUSDT: BTC/USDT, USDCUSDT: USDC/USDT, ETHBTC: ETH/BTC}')
	const first = good
	write(good)
	stage.initState()
	const s = stage.start('margind', MARGIND, ['run', '--config', 'margind.yaml'], { mayEnd: true })
	if (!expect(await ready(), 'ready')) console.log(tail(join(dir, 'margind.log')))
	await sleep(1500)
	await refusals(s)
	await takes(s)
	await commands()
	s.kill('SIGTERM')
	expect((await Promise.race([s.gone, sleep(5000).then(() => null)]))?.code === 0, 'SIGTERM ends it with 0')
	journal(first)
} catch (e) {
	expect(false, e.stack)
}
await stage.stop()
if (process.env.KEEP) console.log(dir)
else rmSync(dir, { recursive: true, force: true })
process.exit(finish())
