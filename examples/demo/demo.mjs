// The whole house on one machine: four simulated exchanges, anvil, the clearing
// contract with 200 vaults, margind, and the liquidation bot.  `margind demo`
// starts it; README.md in this folder says what is to be seen.
import { spawn, execFileSync } from 'node:child_process'
import { createServer } from 'node:net'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { randomBytes } from 'node:crypto'
import { check } from './check.mjs'
import { deploy } from './deploy.mjs'
import { Observer, summary, summaryText } from './observe.mjs'
import { ASSETS, BOOK, SEED, VENUES, bookFile, script as makeScript } from './world.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
const CHAIN_ID = 31337
const LEAD_MS = 5000 // from the exchanges' start to the script's second 0
const READY_SECOND = 9 // the script's first event is at 10
const SECONDS_MIN = 45 // the crash, and time to liquidate
const STOP_MS = 6000

// A path as one would type it here.
function shown(path) {
	const near = relative('.', path)
	return near.startsWith('..') ? path : near || '.'
}
const sleep = (ms) => new Promise((done) => setTimeout(done, ms))
const say = (text) => process.stderr.write(`${text}\n`)

class Refusal extends Error {} // one line is all there is to say

// ---- what is started, and stopped --------------------------------------------

const children = []
let stopping = false
let fail // ends the demo from anywhere

function tail(file, lines = 8) {
	const text = existsSync(file) ? readFileSync(file, 'utf8').trimEnd() : ''
	return text.split('\n').slice(-lines).join('\n')
}

// A child with its own log and process group, so that Ctrl-C comes here first.
function start(name, command, args, dir, { pipe = false } = {}) {
	const file = join(dir, `${name}.log`)
	const log = openSync(file, 'a')
	const child = spawn(command, args, { cwd: dir, detached: true, stdio: ['ignore', pipe ? 'pipe' : log, log] })
	closeSync(log)
	const entry = { name, child, file, gone: new Promise((done) => child.once('exit', done)) }
	children.push(entry)
	child.once('error', (e) => fail(new Refusal(`${name}: ${e.message}`)))
	child.once('exit', (code, signal) => {
		if (!stopping) fail(new Refusal(`${name} ended (${signal ?? `exit code ${code}`}); ${shown(file)}:\n${tail(file)}`))
	})
	return child
}

async function stop() {
	stopping = true
	for (const { child } of [...children].reverse())
		if (child.exitCode === null && child.signalCode === null && child.pid) child.kill('SIGTERM')
	const all = Promise.all(children.filter((c) => c.child.pid).map((c) => c.gone))
	await Promise.race([all, sleep(STOP_MS)])
	for (const { child, name } of children)
		if (child.pid && child.exitCode === null && child.signalCode === null) {
			say(`${name} does not stop; killing it`)
			child.kill('SIGKILL')
		}
}

// ---- the parts ----------------------------------------------------------------

async function freePort(wanted) {
	const attempt = (port) => new Promise((done) => {
		const s = createServer()
		s.once('error', () => done(null))
		s.listen(port, '127.0.0.1', () => {
			const got = s.address().port
			s.close(() => done(got))
		})
	})
	return (wanted && await attempt(wanted)) || await attempt(0)
}

// A CA for an hour's use, and the exchanges' certificate by it.
function certificates(dir) {
	const openssl = (...args) => {
		try {
			execFileSync('openssl', args, { cwd: dir, stdio: ['ignore', 'ignore', 'pipe'] })
		} catch (e) {
			throw new Refusal(e.code === 'ENOENT' ? 'openssl is missing; `make deps` installs it'
				: `openssl ${args[0]}: ${String(e.stderr).trim()}`)
		}
	}
	const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
	writeFileSync(join(dir, 'server.ext'), 'subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\n')
	openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '2', '-subj', '/CN=margind demo CA',
		'-addext', 'keyUsage=critical,keyCertSign')
	openssl('req', ...key, '-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=localhost')
	openssl('x509', '-req', '-in', 'server.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial',
		'-out', 'server.pem', '-days', '2', '-extfile', 'server.ext')
}

// An encrypted key of that name; its address.
function newKey(margind, dir, name) {
	writeFileSync(join(dir, `${name}.pass`), `${randomBytes(18).toString('base64url')}\n`, { mode: 0o600 })
	return execFileSync(margind, ['keys', 'new', '--light', '--out', `${name}.json`, '--password-file', `${name}.pass`],
		{ cwd: dir, encoding: 'utf8' }).trim()
}

async function startAnvil(dir) {
	const port = await freePort(8545)
	start('anvil', join(root, 'node_modules', '.bin', 'anvil'), ['--host', '127.0.0.1', '--port', String(port), '--chain-id',
		String(CHAIN_ID), '--no-mining', '--order', 'fifo', '--gas-limit', '4000000000', '--silent'], dir)
	const url = `http://127.0.0.1:${port}`
	for (let i = 0; i < 300; i++) {
		try {
			await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' },
				body: '{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}' })
			return url
		} catch {
			await sleep(50)
		}
	}
	throw new Refusal(`anvil does not answer on ${url}`)
}

// The exchanges; their ports by name.
async function startExchanges(margind, dir, script, at) {
	writeFileSync(join(dir, 'script.json'), JSON.stringify(script, null, '\t'))
	const sim = start('exchanges', margind, ['sim', '--script', 'script.json', '--cert', 'server.pem',
		'--key', 'server.key', '--start', String(at)], dir, { pipe: true })
	const line = await new Promise((done) => {
		let text = ''
		sim.stdout.on('data', (d) => {
			text += d
			if (text.includes('\n')) done(text.slice(0, text.indexOf('\n')))
		})
	})
	return Object.fromEntries(JSON.parse(line).sim.map(({ venue, port }) => [venue, port]))
}

function config({ ports, rpc, clearing, listen }) {
	const rule = (quorum, age, dispersion, band) =>
		`{quorum: ${quorum}, age_max: ${age}, dispersion_max: ${dispersion}, band_max: ${band}}`
	const venues = VENUES.map(({ venue, url, markets }) => `  ${venue}:
    url: wss://localhost:${ports[venue]}${url}
    markets: {${Object.entries(markets).map(([s, p]) => `${s}: ${p}`).join(', ')}}`)
	return `# Written by margind demo; a service of one's own begins with
# \`margind config example\`.
book: {file: book.json, vaults_max: 1024}
prices:
  units:
    ETH: ${rule(2, '3s', '2%', '10%')}
    BTC: ${rule(2, '3s', '2%', '10%')}
    USDT: ${rule(1, '30s', '1%', '5%')}
    USDC: ${rule(2, '30s', '1%', '5%')}
venues:
${venues.join('\n')}
tls: {ca_file: ca.pem}
chain:
  rpc: ["${rpc}"]
  chain_id: ${CHAIN_ID}
  clearing: "${clearing}"
  depth: 0
  from_block: 0
  poll: 200ms
  head_age_max: 60s
  publish: {every: 10s}
attestation: {validity: 120s, interval: 1s, move: 0.25%, verdicts_max: 1024}
signer:
  keystore: signer.json
  password_file: signer.pass
  state: signer.state
  gas_keystore: gas.json
  gas_password_file: gas.pass
  bound: {base: 10%, per_second: 10%, max: 60%}
  validity_max: 300s
  alarm: {verdicts: 1000, value: "1000000000"}
  gas: {max_fee: 100 gwei, max_priority_fee: 2 gwei, budget_per_hour: 1 eth, limit: 400000}
journal: {dir: journal, segment: 64MiB, release: durable}
api: {listen: "${listen}"}
control: {socket: margind.sock}
sandbox: best-effort
`
}

async function untilReady(observer, deadline) {
	let last
	while (Date.now() < deadline) {
		last = await observer.ready()
		if (last.status === 200) return
		await sleep(100)
	}
	throw new Refusal(`margind is not ready in time: ${(last?.body?.reasons ?? ['no answer']).join('; ')}`)
}

// ---- the whole ----------------------------------------------------------------

async function build({ margind, dir, port }) {
	say('keys and certificates')
	certificates(dir)
	const [signer, gas, bot] = ['signer', 'gas', 'bot'].map((name) => newKey(margind, dir, name))
	say('anvil, tokens, the clearing contract, 200 vaults')
	const rpc = await startAnvil(dir)
	const world = await deploy({ url: rpc, chainId: CHAIN_ID, signer, funded: [gas, bot], seed: SEED })
	writeFileSync(join(dir, 'book.json'), JSON.stringify(bookFile(CHAIN_ID, world.tokens), null, '\t'))
	say('four exchanges')
	const script = makeScript(SEED)
	const at = Date.now() + LEAD_MS
	const ports = await startExchanges(margind, dir, script, at)
	const listen = `127.0.0.1:${await freePort(port)}`
	writeFileSync(join(dir, 'margind.yaml'), config({ ports, rpc, clearing: world.clearing, listen }))
	const api = `http://${listen}`
	writeFileSync(join(dir, 'demo.json'), JSON.stringify({ book: BOOK, rpc, api, start: at, signer,
		clearing: world.clearing, bases: ASSETS.map((a) => a.price) }, null, '\t'))
	// The signer does not start without its state: this is the first time.
	execFileSync(margind, ['keys', 'init-state', '--config', 'margind.yaml'], { cwd: dir, stdio: ['ignore', 'ignore', 'inherit'] })
	say('margind')
	start('margind', margind, ['run', '--config', 'margind.yaml'], dir)
	const observer = new Observer({ api, rpc, clearing: world.clearing, rulesHash: world.rulesHash, signer, gas, script, start: at })
	await untilReady(observer, at + READY_SECOND * 1000)
	start('bot', process.execPath, [join(root, 'examples', 'liquidation-bot', 'bot.mjs'), '--api', api, '--rpc', rpc,
		'--keystore', 'bot.json', '--password-file', 'bot.pass'], dir)
	return { observer, api, rpc, clearing: world.clearing, script, at }
}

function showProgress(observer) {
	const tty = process.stderr.isTTY
	return setInterval(() => {
		const text = observer.line()
		process.stderr.write(tty ? `\r\x1b[K${text.slice(0, (process.stderr.columns ?? 200) - 1)}` : `${text}\n`)
	}, tty ? 250 : 5000)
}

async function finish({ observer, rpc, clearing, script, at }, dir, seconds) {
	const result = await check({ rpc, clearing, script, start: at, bases: ASSETS.map((a) => a.price) })
	const s = summary(observer, result, seconds)
	const lines = `${summaryText(s)}\n`
	for (const [folder, name] of [[dir, 'summary'], [join(root, 'build'), 'demo-summary']]) {
		writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(s, null, '\t')}\n`)
		writeFileSync(join(folder, `${name}.txt`), lines)
	}
	process.stdout.write(lines)
	return s.passed ? 0 : 1
}

function options() {
	const text = { type: 'string' }
	try {
		const { values } = parseArgs({ options: { margind: text, seconds: { ...text, default: '0' },
			port: { ...text, default: '8700' }, dir: text } })
		const [seconds, port] = [Number(values.seconds), Number(values.port)]
		if (!values.margind) throw new Error('run it as `margind demo`')
		if (!Number.isInteger(seconds) || (seconds !== 0 && seconds < SECONDS_MIN) || seconds > 86400)
			throw new Error(`--seconds takes 0 (until Ctrl-C) or ${SECONDS_MIN} to 86400: the crash ends at second 30`)
		if (!Number.isInteger(port) || port > 65535) throw new Error('--port takes a port number')
		return { margind: resolve(values.margind), seconds, port,
			dir: resolve(values.dir ?? join(root, 'build', `demo-${process.pid}`)) }
	} catch (e) {
		say(`margind demo: ${e.message}`)
		process.exit(2)
	}
}

async function run(o) {
	mkdirSync(o.dir, { recursive: true, mode: 0o700 })
	mkdirSync(join(root, 'build'), { recursive: true })
	const world = await build(o)
	process.stdout.write(`dashboard       ${world.api}/\nfiles and logs  ${shown(o.dir)}\n`)
	world.observer.run()
	const progress = showProgress(world.observer)
	try {
		if (o.seconds === 0) await new Promise(() => {})
		await sleep(world.at + o.seconds * 1000 - Date.now())
	} finally {
		clearInterval(progress)
		if (process.stderr.isTTY) process.stderr.write('\n')
		world.observer.stop()
	}
	return finish(world, o.dir, o.seconds)
}

const o = options()
let code
const ended = new Promise((_, reject) => { fail = reject })
const interrupted = new Promise((done) => {
	for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
		process.once(name, () => done(name))
	}
})
try {
	code = await Promise.race([run(o), ended, interrupted.then((name) => {
		say(`\nstopping (${name})`)
		// Without an end of its own this is how it ends.
		return o.seconds === 0 && name === 'SIGINT' ? 0 : 130
	})])
} catch (e) {
	say(`\nmargind demo: ${e instanceof Refusal ? e.message : e.stack}`)
	code = 1
}
await stop()
process.exit(code)
