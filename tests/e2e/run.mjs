// `margind run` as an operator sees it: SIGKILL of one role, of everything;
// pause and resume; a full disk; what it says, and with which exit code, when the world
// around it is wrong; and the journal of all that, replayed.  The argument is what
// the config says of engine.wait.
import { spawn, spawnSync } from 'node:child_process'
import { createServer } from 'node:net'
import { chmodSync, copyFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync, statSync,
	truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { ethers } from 'ethers'
import { deploy } from '../../examples/demo/deploy.mjs'
import { CHAIN_ID, Stage, config, freePort, tail } from '../../examples/demo/stage.mjs'
import { bookFile, script as makeScript } from '../../examples/demo/world.mjs'
import { expect, finish, sleep, until } from './tally.mjs'

const MARGIND = resolve(process.env.MARGIND ?? 'build/margind')
const REFUSED = 2, PAUSED = 103
const READY_MS = 15_000
const WAIT = process.argv[2] ?? 'block'

const dir = mkdtempSync(join(tmpdir(), 'margind-run-'))
const stage = new Stage({ margind: MARGIND, dir, died: (e) => expect(false, e.message) })
const seen = new Map() // sequence -> digest, over all lives
let whole // the newest header as it was served
let facts // of the world: api, rpc, addresses
let twice = 0 // two digests of one sequence

// ---- asking ------------------------------------------------------------------

async function get(path) {
	try {
		const answer = await fetch(facts.api + path, { signal: AbortSignal.timeout(2000) })
		return { status: answer.status, body: await answer.json().catch(() => null) }
	} catch {
		return { status: 0, body: null }
	}
}

const margind = (...args) => spawnSync(MARGIND, args, { cwd: dir, encoding: 'utf8', timeout: 30_000 })

// The newest header, checked with ethers; what was released is kept.
async function latest() {
	const { status, body: a } = await get('/v1/attestations/latest')
	if (status !== 200) return null
	const digest = ethers.TypedDataEncoder.hash(a.domain, a.types, a.message)
	const who = ethers.recoverAddress(digest, a.signatures[0].signature)
	if (digest !== a.digest || who !== facts.signer) expect(false, `header ${a.message.sequence} is signed by ${who}`)
	note(a.message.sequence, digest)
	whole = a
	// Integers are decimal strings there.
	return { sequence: BigInt(a.message.sequence), status: Number(a.message.status), reason: Number(a.message.reason) }
}

function note(sequence, digest) {
	const key = String(sequence)
	if (seen.has(key) && seen.get(key) !== digest) twice++
	seen.set(key, digest)
}

async function collect() {
	const { body } = await get('/v1/attestations?limit=200')
	for (const a of Array.isArray(body) ? body : body?.attestations ?? []) note(a.sequence, a.digest)
}

const ready = () => until(READY_MS, async () => (await get('/readyz')).status === 200)

// ---- a life ------------------------------------------------------------------

function life(file = 'margind.yaml') {
	return stage.start('margind', MARGIND, ['run', '--config', file], { mayEnd: true })
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

function isAlive(pid) {
	try {
		readlinkSync(`/proc/${pid}/exe`)
		return true
	} catch {
		return false
	}
}

async function within(ms, child) {
	return Promise.race([child.gone, sleep(ms).then(() => null)])
}

// ---- the scenarios -----------------------------------------------------------

async function killEverything() {
	let last = 0n
	for (let i = 0; i < 4; i++) {
		const s = life()
		if (!expect(await ready(), `life ${i + 1}: ready`)) console.log(tail(join(dir, 'margind.log')))
		const first = (await latest()).sequence
		expect(first > last, `life ${i + 1}: sequences go on above ${last}`)
		for (let k = 0; k < 10 + 7 * i; k++) {
			await latest()
			await sleep(101)
		}
		await collect()
		last = [...seen.keys()].map(BigInt).reduce((a, b) => (a > b ? a : b))
		// All of them at once, in no order.
		const pids = [s.pid, ...Object.values(roles(s))]
		for (const pid of pids) process.kill(pid, 'SIGKILL')
		await s.gone
		expect(pids.length === 7 && await until(2000, () => !pids.some(isAlive)), `life ${i + 1}: ${pids.length} processes killed`)
	}
	expect(twice === 0, `${seen.size} headers, never two of one sequence`)
}

// What an engine learned outlives it.  A round of keeping begins ten seconds
// after its start; a new engine needs two whole seconds to measure anew.
async function remembers(s) {
	const measured = async () => {
		const { status, body } = await get('/v1/volatility')
		return status === 200 && body.units.length > 0 && body.units.every((u) => u.volatility !== null) && body
	}
	expect(await until(15_000, measured), 'volatilities are measured')
	await sleep(11_000)
	const pid = roles(s).engine
	const told = await measured()
	process.kill(pid, 'SIGKILL')
	await until(3000, () => roles(s).engine && roles(s).engine !== pid)
	const again = await until(READY_MS, async () => {
		const { status, body } = await get('/v1/volatility')
		return status === 200 && body.as_of > told.as_of && body.units.length > 0 && body
	})
	const kept = told.units.every((u, i) => again.units[i].volatility !== null &&
		Number(again.units[i].volatility) > Number(u.volatility) / 3)
	expect(again && kept, `an engine begins where the last one was: ${told.units[0].unit} ` +
		`${told.units[0].volatility.slice(0, 6)} and ${String(again?.units?.[0].volatility).slice(0, 6)}`)
}

async function killOne(s) {
	for (const role of ['feeds', 'engine', 'chain', 'api', 'journal']) {
		const pid = roles(s)[role]
		const before = await latest()
		process.kill(pid, 'SIGKILL')
		await until(3000, () => roles(s)[role] && roles(s)[role] !== pid)
		const up = await until(READY_MS, async () => {
			const now = await latest()
			return now && now.sequence > before.sequence && now.status === 0 && (await get('/readyz')).status === 200
		})
		expect(up && s.exitCode === null, `${role} killed: started again, headers go on`)
	}
}

async function pauses(s) {
	const states = margind('status', '--config', 'margind.yaml')
	expect(states.status === 0 && states.stdout.includes('signer'), 'status answers')
	const status = JSON.parse(states.stdout)
	const engine = status.roles.find(r => r.role === 'engine')
	expect(engine.resident_bytes > 1e6 && status.memory.board_bytes > 0 && status.memory.reserved_bytes.vaults > 0,
		`status says what memory is held: engine ${engine.resident_bytes} bytes`)
	const began = Date.now()
	const p = margind('pause', '--config', 'margind.yaml')
	const header = await until(3000, async () => {
		const h = await latest()
		return h?.reason === PAUSED && h
	})
	const took = Date.now() - began
	expect(p.status === 0 && header, `pause is accepted: ${(p.stdout + p.stderr).trim()}`)
	expect(took < 1000, `a signed refusal after ${took} ms`)
	expect(header.status === REFUSED, 'its status is REFUSED, its reason PAUSED')
	await sleep(2500)
	expect((await latest()).sequence === header.sequence, 'nothing is signed after it')
	expect((await get('/readyz')).status === 503, 'not ready')
	s.kill('SIGTERM')
	expect((await within(5000, s))?.code === 0, 'SIGTERM ends it with 0')
	const again = life()
	await until(READY_MS, async () => (await get('/livez')).status === 200)
	await sleep(2000)
	const h = await latest()
	expect(!h || h.reason === PAUSED, 'a pause outlives a restart')
	const r = margind('resume', '--config', 'margind.yaml')
	expect(r.status === 0 && await ready(), 'resume is accepted, and it is ready')
	expect((await latest()).status === 0, 'and signs OK again')
	return again
}

async function signerDies(s) {
	process.kill(roles(s).signer, 'SIGKILL')
	const end = await within(8000, s)
	expect(end?.code === 5, `without its signer it stops with ${end?.code}`)
}

// Replays a journal: every digest that anybody saw must come out of it.
function recomputes(journal, digests, least) {
	const r = margind('replay', '--journal', journal, '--rebuild-history', '--json')
	const j = r.status === 0 ? JSON.parse(r.stdout.trim().split('\n').at(-1)).journal : null
	if (!expect(r.status === 0 && j.mismatches === 0, `replay: ${j?.attestations} attestations in ${j?.lives} lives, none differs`))
		console.log(r.stderr, r.stdout)
	const rows = spawnSync('python3', ['-c', 'import sqlite3,sys\n' +
		'for q,d in sqlite3.connect(sys.argv[1]).execute("select sequence,digest from attestations"): print(q,"0x"+d.hex())',
	join(dir, journal, 'history.sqlite')], { encoding: 'utf8' })
	const kept = new Map(rows.stdout.trim().split('\n').map((l) => l.split(' ')))
	const missing = [...digests].filter(([q, d]) => kept.get(q) !== d)
	expect(digests.size > least && missing.length === 0, `each of ${digests.size} digests that anybody saw is in it (${missing.length} missing)`)
}

// A header that was served is the journal's; one with another root and the right
// digest for it is nobody's.
function verifies() {
	const { book, ...message } = whole.message
	const forged = { ...whole, signatures: [], message: { book, ...message, positionsRoot: ethers.ZeroHash } }
	forged.digest = ethers.TypedDataEncoder.hash(forged.domain, forged.types, forged.message)
	writeFileSync(join(dir, 'served.json'), JSON.stringify(whole))
	writeFileSync(join(dir, 'forged.json'), JSON.stringify(forged))
	const [good, bad] = ['served.json', 'forged.json'].map((f) => margind('verify', '--journal', 'journal', f))
	expect(good.status === 0, `verify --journal: ${good.stderr.trim()}`)
	const alone = margind('verify', 'forged.json')
	expect(alone.status === 0 && bad.status === 1 && bad.stdout.includes('do not give it'), `a forged root: ${bad.stdout.trim()}`)
}

// The journal of all lives, and copies of it that were tampered with.
function replays() {
	recomputes('journal', seen, 50)
	verifies()
	const segments = readdirSync(join(dir, 'journal')).filter((f) => f.endsWith('.segment')).sort()
	expect(segments.length > 1, `it has ${segments.length} segments`)
	const tampered = (name, change) => {
		cpSync(join(dir, 'journal'), join(dir, name), { recursive: true })
		change(join(dir, name, segments[0]))
		const t = margind('replay', '--journal', name)
		expect(t.status === 1 && t.stderr.trim() !== '', `${name}: ${t.stderr.trim().split('\n')[0]}`)
	}
	tampered('flipped', (file) => {
		const bytes = readFileSync(file)
		bytes[Math.floor(bytes.length / 2)] ^= 1
		writeFileSync(file, bytes)
	})
	tampered('shortened', (file) => truncateSync(file, statSync(file).size - 100))
}

// ---- a wrong world -----------------------------------------------------------

// Runs with a config that was changed; expects one line and this exit code.
async function refuses(name, code, change, word, { ownState = false } = {}) {
	const text = readFileSync(join(dir, 'margind.yaml'), 'utf8')
	const changed = change(text)
	writeFileSync(join(dir, 'wrong.yaml'), ownState ? changed.replace('signer.state', 'own.state') : changed)
	if (ownState) margind('keys', 'init-state', '--config', 'wrong.yaml')
	const r = spawn(MARGIND, ['run', '--config', 'wrong.yaml'], { cwd: dir, stdio: ['ignore', 'ignore', 'pipe'] })
	let said = ''
	r.stderr.on('data', (d) => { said += d })
	const end = await Promise.race([new Promise((done) => r.once('close', (c) => done(c))), sleep(12_000).then(() => null)])
	if (end === null) r.kill('SIGKILL')
	const errors = said.split('\n').filter((l) => l && !/ (info|warn) /.test(l))
	const named = errors.some((l) => l.includes(word))
	if (!expect(end === code && named && errors.length <= 2, `${name}: exit code ${end}, ${errors[0] ?? 'nothing said'}`))
		console.log(said)
}

async function wrongWorld() {
	const other = await stage.startAnvil({ name: 'other-chain', wanted: 0, chainId: 5 })
	await refuses('another chain', 6, (t) => t.replace(facts.rpc, other), '5')
	await refuses('no contract there', 6, (t) => t.replace(/clearing: ".*"/, `clearing: "0x${'12'.repeat(20)}"`), 'contract',
		{ ownState: true })
	await refuses('the signer state of another contract', 5,
		(t) => t.replace(/clearing: ".*"/, `clearing: "0x${'12'.repeat(20)}"`).replace(facts.rpc, 'http://127.0.0.1:9'), 'signer.state')
	const taken = createServer()
	const port = await new Promise((done) => taken.listen(0, '127.0.0.1', () => done(taken.address().port)))
	await refuses('a port in use', 1, (t) => t.replace(/listen: ".*"/, `listen: "127.0.0.1:${port}"`), String(port))
	taken.close()
	writeFileSync(join(dir, 'wrong.pass'), 'not this one\n', { mode: 0o600 })
	await refuses('a wrong password', 5, (t) => t.replace('password_file: signer.pass', 'password_file: wrong.pass'), 'signer.json')
	await refuses('a key file that is not there', 5, (t) => t.replace('keystore: signer.json', 'keystore: nobody.json'), 'nobody.json')
	await refuses('no signer state', 5, (t) => t.replace('state: signer.state', 'state: none.state'), 'none.state')
	copyFileSync(join(dir, 'signer.pass'), join(dir, 'open.pass'))
	chmodSync(join(dir, 'open.pass'), 0o644)
	await refuses('a password that others may read', 5, (t) => t.replace('password_file: signer.pass', 'password_file: open.pass'), 'open.pass')
	await refuses('an unknown key', 3, (t) => t.replace('sandbox:', 'sandboxx:'), 'wrong.yaml:')
	await refuses('an unknown venue', 3, (t) => t.replace('  kraken:', '  krakn:'), 'did you mean')
	await refuses('no book', 3, (t) => t.replace('book.json', 'none.json'), 'none.json')
}

// The journal's disk fills up while it runs, and has room again later.
async function fullDisk() {
	const disk = join(dir, 'disk')
	mkdirSync(disk)
	if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk]).status !== 0) {
		console.log('skip a full disk: no right to mount one')
		return
	}
	try {
		writeFileSync(join(dir, 'full.yaml'), readFileSync(join(dir, 'margind.yaml'), 'utf8')
			.replace('journal: {dir: journal, segment: 1MiB', 'journal: {dir: disk/journal, segment: 256KiB'))
		const from = new Set(seen.keys())
		const s = life('full.yaml')
		expect(await ready(), 'ready on a small disk')
		const log = () => readFileSync(join(dir, 'margind.log'), 'utf8')
		const said = () => log().split('\n').filter((l) => l.includes('No space left on device'))
		expect(await until(40_000, async () => await latest() && said().length > 0), `a full disk: ${said()[0]}`)
		const stopped = await latest()
		await sleep(1500)
		expect((await latest()).sequence === stopped.sequence, 'nothing is released that is not on disk')
		expect(await until(15_000, async () => (await get('/readyz')).status === 503), 'and it is not ready')
		expect(said().length === 1 && s.exitCode === null, 'it says so once, and waits')
		spawnSync('mount', ['-o', 'remount,size=64m', disk])
		const on = await until(READY_MS, async () => {
			const h = await latest()
			return h && h.sequence > stopped.sequence && h.status === 0 && (await get('/readyz')).status === 200
		})
		expect(on, 'with room it goes on')
		await collect()
		s.kill('SIGTERM')
		expect((await within(5000, s))?.code === 0, 'and ends with 0')
		recomputes('disk/journal', new Map([...seen].filter(([q]) => !from.has(q))), 5)
	} finally {
		spawnSync('umount', [disk])
	}
}

// ---- the whole ---------------------------------------------------------------

async function build() {
	stage.certificates()
	const [signer, gas] = ['signer', 'gas'].map((name) => stage.newKey(name))
	const rpc = await stage.startAnvil({ wanted: 0 })
	const world = await deploy({ url: rpc, chainId: CHAIN_ID, signer, funded: [gas] })
	writeFileSync(join(dir, 'book.json'), JSON.stringify(bookFile(CHAIN_ID, world.tokens)))
	const ports = await stage.startExchanges({ ...makeScript(), events: [] }, Date.now())
	const listen = `127.0.0.1:${await freePort(0)}`
	// Small segments, so that there are several; many headers a second.
	writeFileSync(join(dir, 'margind.yaml'), config({ ports, rpc, clearing: world.clearing, listen })
		.replace('prices:\n', 'prices:\n  volatility: {every: 1s}\n')
		.replace('segment: 64MiB', 'segment: 1MiB').replace('interval: 1s', 'interval: 50ms') + `engine: {wait: ${WAIT}}\n`)
	stage.initState()
	facts = { rpc, signer, api: `http://${listen}` }
}

try {
	await build()
	await killEverything()
	let s = life()
	expect(await ready(), 'ready once more')
	await remembers(s)
	await killOne(s)
	s = await pauses(s)
	await signerDies(s)
	await collect()
	replays()
	await fullDisk()
	await wrongWorld()
} catch (e) {
	expect(false, e.stack)
}
await stage.stop()
if (process.env.KEEP) console.log(dir)
else rmSync(dir, { recursive: true, force: true })
process.exit(finish())
