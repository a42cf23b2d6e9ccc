// What the demo and the end-to-end tests stand on: a folder with throwaway keys
// and certificates, and processes that are started and stopped one by one.
import { spawn, execFileSync } from 'node:child_process'
import { createServer } from 'node:net'
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { randomBytes } from 'node:crypto'
import { VENUES } from './world.mjs'

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
export const CHAIN_ID = 31337
const STOP_MS = 6000

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms))

export class Refusal extends Error {} // one line is all there is to say

// A path as one would type it here.
export function shown(path) {
	const near = relative('.', path)
	return near.startsWith('..') ? path : near || '.'
}

export function tail(file, lines = 8) {
	const text = existsSync(file) ? readFileSync(file, 'utf8').trimEnd() : ''
	return text.split('\n').slice(-lines).join('\n')
}

export async function freePort(wanted) {
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

const lives = (child) => child.pid && child.exitCode === null && child.signalCode === null

export class Stage {
	// died(message): a child that was not to end has ended.
	constructor({ margind, dir, died }) {
		Object.assign(this, { margind, dir, died, children: [], stopping: false })
	}

	path(name) {
		return join(this.dir, name)
	}

	read(name) {
		return JSON.parse(readFileSync(this.path(name), 'utf8'))
	}

	// A child with its own log and process group, so that Ctrl-C comes here
	// first.  mayEnd: nobody is told when it ends.
	start(name, command, args, { pipe = false, mayEnd = false } = {}) {
		if (this.stopping) throw new Refusal('stopping')
		const file = this.path(`${name}.log`)
		const log = openSync(file, 'a')
		const child = spawn(command, args, { cwd: this.dir, detached: true, stdio: ['ignore', pipe ? 'pipe' : log, log] })
		closeSync(log)
		child.gone = new Promise((done) => child.once('exit', (code, signal) => done({ code, signal })))
		this.children.push({ name, child })
		child.once('error', (e) => this.died(new Refusal(`${name}: ${e.message}`)))
		child.once('exit', (code, signal) => {
			if (!this.stopping && !mayEnd)
				this.died(new Refusal(`${name} ended (${signal ?? `exit code ${code}`}); ${shown(file)}:\n${tail(file)}`))
		})
		return child
	}

	// SIGTERM to all, the last one first; SIGKILL to who does not listen.
	async stop() {
		this.stopping = true
		for (const { child } of [...this.children].reverse())
			if (lives(child)) child.kill('SIGTERM')
		await Promise.race([Promise.all(this.children.filter((c) => c.child.pid).map((c) => c.child.gone)), sleep(STOP_MS)])
		for (const { child, name } of this.children.filter((c) => lives(c.child))) {
			process.stderr.write(`${name} does not stop; killing it\n`)
			child.kill('SIGKILL')
		}
	}

	// A CA for two days, and the exchanges' certificate by it.
	certificates() {
		const openssl = (...args) => {
			try {
				execFileSync('openssl', args, { cwd: this.dir, stdio: ['ignore', 'ignore', 'pipe'] })
			} catch (e) {
				throw new Refusal(e.code === 'ENOENT' ? 'openssl is missing; `make deps` installs it'
					: `openssl ${args[0]}: ${String(e.stderr).trim()}`)
			}
		}
		const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
		writeFileSync(this.path('server.ext'), 'subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\n')
		openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '2', '-subj', '/CN=margind demo CA',
			'-addext', 'keyUsage=critical,keyCertSign')
		openssl('req', ...key, '-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=localhost')
		openssl('x509', '-req', '-in', 'server.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial',
			'-out', 'server.pem', '-days', '2', '-extfile', 'server.ext')
	}

	// An encrypted key of that name; its address.
	newKey(name) {
		writeFileSync(this.path(`${name}.pass`), `${randomBytes(18).toString('base64url')}\n`, { mode: 0o600 })
		return execFileSync(this.margind, ['keys', 'new', '--light', '--out', `${name}.json`, '--password-file', `${name}.pass`],
			{ cwd: this.dir, encoding: 'utf8' }).trim()
	}

	// The signer does not start without its state, and never makes it by itself.
	initState() {
		execFileSync(this.margind, ['keys', 'init-state', '--config', 'margind.yaml'],
			{ cwd: this.dir, stdio: ['ignore', 'ignore', 'inherit'] })
	}

	async startAnvil({ name = 'anvil', wanted = 8545, chainId = CHAIN_ID } = {}) {
		const port = await freePort(wanted)
		this.start(name, join(root, 'node_modules', '.bin', 'anvil'), ['--host', '127.0.0.1', '--port', String(port),
			'--chain-id', String(chainId), '--no-mining', '--order', 'fifo', '--gas-limit', '4000000000', '--silent'])
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

	// The exchanges; their ports by name.  at: Unix ms of the script's second 0.
	async startExchanges(script, at) {
		writeFileSync(this.path('script.json'), JSON.stringify(script, null, '\t'))
		const sim = this.start('exchanges', this.margind, ['sim', '--script', 'script.json', '--cert', 'server.pem',
			'--key', 'server.key', '--start', String(at)], { pipe: true })
		const line = await new Promise((done) => {
			let text = ''
			sim.stdout.on('data', (d) => {
				text += d
				if (text.includes('\n')) done(text.slice(0, text.indexOf('\n')))
			})
		})
		return Object.fromEntries(JSON.parse(line).sim.map(({ venue, port }) => [venue, port]))
	}
}

// The text of margind.yaml.
export function config({ ports, rpc, clearing, listen }) {
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
