// `margind run` with vaults from a file and every price from a chain or from a
// stream of Pyth's: a real pool, an aggregator, a Pyth contract, an exchange rate.
// What each source says is compared with ethers' reading; then each of them fails
// in its own way.
import { createServer } from 'node:https'
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { execFileSync, spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { ethers } from 'ethers'
import { mined, startAnvil } from '../../contracts-abi/testbed.mjs'
import { Stage, freePort, tail } from '../../examples/demo/stage.mjs'
import { meanTick, place, poolPlace, tickPower } from './pools.mjs'
import { expect, finish, sleep, until } from './tally.mjs'

const MARGIND = resolve(process.env.MARGIND ?? 'build/margind')
const E18 = 10n ** 18n
const WINDOW = 600n, BLOCK_MS = 1000, FAR_S = 1500
const FEED = ethers.id('ETH/USD'), WRAPPED_FEED = ethers.id('wstETH/USD'), TOKEN = 'a-token'

const dir = mkdtempSync(join(tmpdir(), 'margind-chain-'))
const stage = new Stage({ margind: MARGIND, dir, died: (e) => expect(false, e.message) })
const log = () => readFileSync(join(dir, 'margind.log'), 'utf8')
const count = (text) => log().split(text).length - 1
let api, chain, world

// ---- Hermes: events as its service sends them ----------------------------------

const hermes = { clients: new Set(), asked: [], price: null, refuse: false, handshakes: 0 }

function event({ price, conf, expo }) {
	const time = Math.floor(Date.now() / 1000)
	const p = { price: String(price), conf: String(conf), expo, publish_time: time }
	return { binary: { encoding: 'hex', data: ['504e41550100'] }, parsed: [{ id: FEED.slice(2), price: p, ema_price: p,
		metadata: { slot: 1, proof_available_time: time, prev_publish_time: time - 1 } }] }
}

async function hermesStart() {
	const server = createServer({ key: readFileSync(join(dir, 'server.key')), cert: readFileSync(join(dir, 'server.pem')) },
		(request, reply) => {
			hermes.asked.push({ url: request.url, authorization: request.headers.authorization })
			if (hermes.refuse || request.headers.authorization !== `Bearer ${TOKEN}`) {
				reply.writeHead(401).end()
				return
			}
			reply.writeHead(200, { 'content-type': 'text/event-stream' })
			hermes.clients.add(reply)
			reply.once('close', () => hermes.clients.delete(reply))
		})
	server.on('tlsClientError', () => { hermes.handshakes++ })
	hermes.server = server
	await new Promise((done) => server.listen(0, '127.0.0.1', done))
	const timer = setInterval(() => {
		const text = typeof hermes.price === 'string' ? hermes.price : JSON.stringify(event(hermes.price))
		for (const c of hermes.clients) c.write(`data:${text}\n\n`)
	}, 400)
	hermes.close = () => {
		clearInterval(timer)
		server.closeAllConnections()
		server.close()
	}
	return server.address().port
}

// ---- the world -----------------------------------------------------------------

async function contracts() {
	const admin = chain.wallet(0)
	const pool = await poolPlace(admin)
	const eth = await place(admin, 'MockAggregator', [8]), usdc = await place(admin, 'MockAggregator', [8])
	const pyth = await place(admin, 'MockPyth'), rates = await place(admin, 'MockRates')
	const now = Math.floor(Date.now() / 1000)
	await mined(pool.pool.increaseObservationCardinalityNext(200))
	// The pool's past, up to now.
	for (let at = now - FAR_S; at < now - 20; at += 30) {
		await chain.provider.send('evm_setNextBlockTimestamp', [at])
		await pool.swap(Math.floor(at / 30) % 2 === 0, 1)
	}
	await chain.provider.send('evm_setNextBlockTimestamp', [now])
	await mined(rates.set(12n * E18 / 10n, E18, E18))
	world = { admin, pool, eth, usdc, pyth, rates }
	await feed(eth, 200100000000n)
	await feed(usdc, 99990000n)
	await wrapped(2401n * 10n ** 8n)
}

const stamp = async () => BigInt((await chain.provider.getBlock('latest')).timestamp)

async function feed(aggregator, answer, round = 7n, answeredIn = round) {
	await mined(aggregator.set(round, answer, await stamp(), answeredIn))
}

async function wrapped(price) {
	await mined(world.pyth.set(WRAPPED_FEED, { price, conf: 1n, expo: -8, publishTime: await stamp() }))
}

const ASSETS = () => [['WETH', 'ETH', 18, world.pool.eth], ['WSTETH', 'W', 18, '0x' + '99'.repeat(20)], ['USDC', 'USDC', 6, world.pool.usdc]]

function bookText() {
	return JSON.stringify({ book: 'chain-prices', chain_id: 31337,
		assets: ASSETS().map(([id, price, decimals, token]) => ({ id, token, decimals, price, factor: id === 'USDC' ? 'USDC' : 'ETH',
			ltv: '0.8', liquidation_threshold: '0.825', liquidation_bonus: '0.05', close_factor: '0.5', debt_weight: '1', dust: '10' })),
		vaults: [{ id: 'v1', collateral: [{ asset: 'WSTETH', amount: '10' }], debt: [{ asset: 'USDC', amount: '5000' }] }] })
}

async function configText(port) {
	const rule = (quorum, age) => `quorum: ${quorum}, age_max: ${age}, dispersion_max: 5%, band_max: 10%`
	const at = async (c) => `"${await c.getAddress()}"`
	return `book: {file: book.json, vaults_max: 16}
prices:
  units:
    ETH: {${rule(2, '12s')}}
    W: {${rule(1, '12s')}, rate: {of: ETH, price: rate, pinned: "1.19", pinned_at: ${new Date(Date.now() - 86400_000 * 300).toISOString()},
      growth_max: 3%, fall_max: 1%, gap_max: 5%, age_max: 20s}}
    USDC: {${rule(1, '1h')}}
venues:
  chainlink:
    markets:
      ETH-USD: {pair: ETH/USD, contract: ${await at(world.eth)}, age_max: 1h}
      USDC-USD: {pair: USDC/USD, contract: ${await at(world.usdc)}, age_max: 1h}
  uniswap-v3:
    markets:
      ETH-USDC: {pair: ETH/USDC, contract: "${world.pool.address}", window: ${WINDOW}s, observations_min: 5, invert: ${!world.pool.ethIsFirst}}
  pyth:
    url: https://localhost:${port}/
    token_file: pyth.token
    markets:
      ETH-USD: {pair: ETH/USD, feed: "${FEED}"}
      W-USD: {pair: W/USD, feed: "${WRAPPED_FEED}", contract: ${await at(world.pyth)}, age_max: 1h}
tls: {ca_file: ca.pem}
chain:
  rpc: ["${chain.url}"]
  chain_id: 31337
  depth: 0
  poll: 100ms
  head_age_max: 8s
  rates: {W: {contract: ${await at(world.rates)}, call: wsteth}}
attestation: {validity: 120s, interval: 1s, move: 0.25%, verdicts_max: 16}
signer:
  keystore: signer.json
  password_file: signer.pass
  state: signer.state
  bound: {base: 10%, per_second: 10%, max: 60%}
  validity_max: 300s
  alarm: {verdicts: 1000, value: "1000000000"}
journal: {dir: journal, segment: 64MiB, release: durable}
api: {listen: "${api.slice(7)}"}
control: {socket: margind.sock}
sandbox: best-effort
`
}

// ---- asking --------------------------------------------------------------------

async function get(path) {
	try {
		const answer = await fetch(api + path, { signal: AbortSignal.timeout(2000) })
		return answer.status === 200 ? await answer.json() : null
	} catch {
		return null
	}
}

async function prices() {
	const { prices: list = [] } = await get('/v1/prices') ?? {}
	return Object.fromEntries(list.map((p) => [p.unit, p]))
}

const raw = (text) => text === null || text === undefined ? null : ethers.parseUnits(text, 18)
const venue = (p, name) => p?.venues.find((v) => v.venue === name)
const votes = async (unit, name, want, ms = 15_000) => until(ms, async () => venue((await prices())[unit], name)?.vote === want)

// Of three sources two are independent: the pool's dollar is the aggregator's.
const allVote = async () => {
	const { ETH } = await prices()
	return ETH?.sources === 2 && ETH.venues.every((v) => v.vote === 'counted')
}

// ---- the scenarios -------------------------------------------------------------

async function allSpeak() {
	const ready = await until(20_000, async () => {
		const p = await prices()
		return p.ETH?.mid && p.ETH.sources === 2 && p.W?.mid && p.ETH.venues.every((v) => v.vote === 'counted') && p.USDC?.mid ? p : null
	})
	if (!expect(ready, 'every source votes')) {
		console.log(JSON.stringify(await prices(), null, 1), tail(join(dir, 'margind.log'), 30))
		return
	}
	expect(raw(venue(ready.ETH, 'chainlink').bid) === 2001n * E18, 'the aggregator is read with its decimals')
	expect(raw(venue(ready.ETH, 'pyth').bid) === 2002n * E18, 'the stream is read with its exponent')
	expect(raw(venue(ready.USDC, 'chainlink').mid) === 9999n * E18 / 10000n, 'a dollar is measured, not assumed')
	// The pool's mean at one of the last blocks is what was told.
	const told = raw(venue(ready.ETH, 'uniswap-v3').bid), head = await chain.provider.getBlockNumber()
	const means = []
	for (let b = head; b > head - 8; b--) {
		const tick = await meanTick(world.pool.pool, WINDOW, { blockTag: b })
		means.push(world.pool.ethIsFirst ? tickPower(tick, 30) : tickPower(-tick, 30))
	}
	expect(means.includes(told), `the pool's mean is ethers' (${told})`)
	const w = raw(ready.W.mid), e = raw(ready.ETH.mid)
	const off = w * 10n - e * 12n
	expect(off < 100n && off > -100n, 'a wrapped token is its rate times its base')
	expect(venue(ready.W, 'pyth').vote !== 'silent', 'a Pyth contract is read beside the rate')
	expect(hermes.asked.at(-1).url.includes(FEED.slice(2)) && !hermes.asked.at(-1).url.includes(WRAPPED_FEED.slice(2)),
		'the stream is asked for what is streamed')
}

async function refusals() {
	await feed(world.eth, 0n)
	expect(await votes('ETH', 'chainlink', 'silent'), 'an answer of zero is taken back at once')
	expect((await prices()).ETH.status !== 'REFUSED', 'the other two carry the price')
	await feed(world.eth, 200100000000n, 8n, 7n)
	await sleep(1500)
	expect(venue((await prices()).ETH, 'chainlink').vote === 'silent', 'an answer of an older round is none')
	hermes.price = { price: 200200000000n, conf: 20020000001n, expo: -8 }
	expect(await until(10_000, async () => (await prices()).ETH?.reason === 'QUORUM'), 'Pyth unsure of itself: below quorum, refused')
	const header = await until(10_000, async () => {
		const a = await get('/v1/attestations/latest')
		return a && (BigInt(a.prices[0]) >> 24n & 255n) === 2n ? a : null
	})
	expect(header, 'and its word is signed as REFUSED')
	hermes.price = { price: 200200000000n, conf: 20020000000n, expo: -8 }
	await feed(world.eth, 200100000000n)
	expect(await until(10_000, allVote), 'all three again')
	hermes.price = JSON.stringify(event({ price: 200200000000n, conf: 1n, expo: 7 })).replaceAll('"expo":7', '"expo":-8.0')
	expect(await until(6000, async () => log().includes('pyth: an event is refused (syntax)')), 'a float exponent refuses the event')
	await sleep(1500)
	expect(count('pyth: an event is refused') === 1, 'said once')
	hermes.price = { price: 200200000000n, conf: 1n, expo: -8 }
}

async function losses() {
	for (const c of hermes.clients) c.destroy()
	hermes.refuse = true
	expect(await until(8000, async () => count('pyth: lost') === 1), 'a stream that ends is lost')
	await sleep(4500)
	expect(count('pyth: lost') === 1, 'said once, however often it is dialled')
	expect(await votes('ETH', 'pyth', 'stale'), 'what it said grows old')
	// A certificate that nobody we trust has signed.
	hermes.refuse = false
	const asked = hermes.asked.length
	hermes.server.setSecureContext({ key: readFileSync(join(dir, 'ca.key')), cert: readFileSync(join(dir, 'other.pem')) })
	await sleep(9000)
	expect(hermes.asked.length === asked && hermes.handshakes > 0, 'a stranger is dialled and told nothing')
	hermes.server.setSecureContext({ key: readFileSync(join(dir, 'server.key')), cert: readFileSync(join(dir, 'server.pem')) })
	expect(await until(40_000, allVote), 'and it comes back')
	// R27: a node that stands still.
	await chain.provider.send('evm_setIntervalMining', [0])
	expect(await until(40_000, async () => venue((await prices()).ETH, 'uniswap-v3')?.vote === 'stale'), "a standing node's pool grows old")
	expect(await until(30_000, async () => (await prices()).W?.reason === 'RATE' || (await prices()).W?.status === 'REFUSED'), 'and so does the rate')
	await chain.provider.send('evm_setIntervalMining', [BLOCK_MS / 1000])
	expect(await until(20_000, async () => await allVote() && (await prices()).W?.status !== 'REFUSED'), 'it moves again')
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

// A new engine is told again what it cannot know: an answer that stands for an hour.
async function newEngine(child, speak) {
	const { engine, chain: before } = roles(child)
	process.kill(engine, 'SIGKILL')
	expect(await until(15_000, async () => roles(child).engine && roles(child).engine !== engine), 'a new engine')
	expect(await until(20_000, speak), 'it knows every price again')
	expect(roles(child).chain === before, 'and the chain process lives on')
}

async function end(child) {
	child.kill('SIGTERM')
	const gone = await Promise.race([child.gone, sleep(10_000)])
	expect(gone?.code === 0, `ends with code ${gone?.code}`)
}

// No node at all: what Pyth streams is the only source, and never OK alone.
async function streamAlone() {
	const one = JSON.parse(bookText())
	const { assets: [weth] } = one
	writeFileSync(join(dir, 'book.json'), JSON.stringify({ ...one, assets: [weth], vaults: [] }))
	const text = readFileSync(join(dir, 'margind.yaml'), 'utf8')
		.replace(/^ {4}W: .*\n.*\n.*\n/m, '').replace('quorum: 2', 'quorum: 1').replace(/^ {2}chainlink:[^]*?^ {2}pyth:/m, '  pyth:')
		.replace(/^ {6}W-USD.*\n/m, '').replace(/^chain:\n(?: .*\n)*/m, '')
		.replace('state: signer.state', 'state: second.state').replace('dir: journal', 'dir: second')
	writeFileSync(join(dir, 'margind.yaml'), text)
	stage.initState()
	const child = stage.start('margind', MARGIND, ['run', '--config', 'margind.yaml'], { mayEnd: true })
	const speaks = async () => {
		const { ETH } = await prices()
		return ETH?.status === 'DEGRADED' && raw(ETH.mid) === 2002n * E18
	}
	expect(await until(20_000, speaks), 'the stream alone carries a price, DEGRADED')
	expect(!roles(child).feeds, 'nobody is started to dial exchanges')
	await newEngine(child, speaks)
	await end(child)
}

async function replay(child) {
	await end(child)
	const r = spawnSync(MARGIND, ['replay', '--journal', 'journal', '--json'], { cwd: dir, encoding: 'utf8', timeout: 60_000, maxBuffer: 1 << 30 })
	expect(r.status === 0, `the journal replays (${r.status} ${r.stderr.slice(0, 300)})`)
}

async function run() {
	stage.certificates()
	stage.newKey('signer')
	execFileSync('openssl', ['req', '-x509', '-key', 'ca.key', '-out', 'other.pem', '-days', '2', '-subj', '/CN=localhost',
		'-addext', 'subjectAltName=DNS:localhost'], { cwd: dir, stdio: 'ignore' })
	writeFileSync(join(dir, 'pyth.token'), `${TOKEN}\n`, { mode: 0o600 })
	chain = await startAnvil(['--timestamp', String(Math.floor(Date.now() / 1000) - FAR_S - 100)])
	await contracts()
	await chain.provider.send('evm_setIntervalMining', [BLOCK_MS / 1000])
	hermes.price = { price: 200200000000n, conf: 50000000n, expo: -8 }
	const port = await hermesStart()
	api = `http://127.0.0.1:${await freePort(0)}`
	writeFileSync(join(dir, 'book.json'), bookText())
	writeFileSync(join(dir, 'margind.yaml'), await configText(port))
	stage.initState()
	const child = stage.start('margind', MARGIND, ['run', '--config', 'margind.yaml'], { mayEnd: true })
	await allSpeak()
	await refusals()
	await losses()
	await newEngine(child, allVote)
	expect(!log().includes('input of chain refused'), 'the engine refuses nothing of the chain process')
	await replay(child)
	await streamAlone()
}

try {
	await run()
} catch (e) {
	expect(false, e.stack)
} finally {
	await stage.stop()
	hermes.close?.()
	chain?.close()
	if (!process.env.KEEP) rmSync(dir, { recursive: true, force: true })
}
process.exit(finish())
