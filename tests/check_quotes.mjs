// Prices and rates of contracts on a real EVM, with a real Uniswap v3 pool, against
// readers that share none of our code: ethers and big integers.
import { ethers } from 'ethers'
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { deploy, mined, startAnvil } from '../contracts-abi/testbed.mjs'
import { meanTick, place, poolPlace, tickPower } from './e2e/pools.mjs'

const SEED = process.env.SEED ?? 'quotes 1'
const ROUNDS = 40
const DATA = process.env.MARGIND_DATA ?? '../shared/data'
const E18 = 10n ** 18n
const WINDOW = 1800n, SAMPLES = 10

let passed = 0, failed = 0
function check(name, good, detail = '') {
	if (good) { passed++; return }
	failed++
	console.log(`FAILED ${name} ${detail}`)
}

let state = ethers.toBigInt(ethers.id(SEED))
function below(n) {
	state = BigInt(ethers.keccak256(ethers.toBeHex(state, 32)))
	return state % BigInt(n)
}

// ---- contracts

// The interface as its publisher has it, where it is at hand.
function interfaceOf(path, fallback) {
	const file = join(DATA, 'abis', path)
	if (!existsSync(file)) return fallback
	const json = JSON.parse(readFileSync(file, 'utf8'))
	return Array.isArray(json) ? json : json.abi
}

// ---- ours

function read(url, sources) {
	const out = execFileSync('build/tools/quotes_read', [url],
		{ input: sources.map((s) => s.join(' ') + '\n').join(''), encoding: 'utf8' })
	return out.trim().split('\n')
}

// The same without holding up a server of ours.
function execFileAsync(file, args, input) {
	return new Promise((done) => {
		const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] })
		let stdout = ''
		child.stdout.on('data', (b) => { stdout += b })
		child.once('close', () => done({ stdout }))
		child.stdin.end(input)
	})
}

const line = (value, seconds) => `${value} ${BigInt(seconds) * 1000n}`

// ---- Chainlink, Pyth and rates

async function plain(chain, admin) {
	const decimals = [0, 8, 18, 30]
	const feeds = []
	for (const d of decimals) feeds.push(await place(admin, 'MockAggregator', [d]))
	const pyth = await place(admin, 'MockPyth'), rates = await place(admin, 'MockRates')
	const asset = await deploy(admin, 'MockERC20', ['USD Coin', 'USDC', 6])
	const vault = await place(admin, 'MockVault', [await asset.getAddress()])
	const burner = await place(admin, 'MockBurner')
	const me = await admin.getAddress()
	await mined(asset.mint(me, 10n ** 15n))
	await mined(asset.approve(await vault.getAddress(), ethers.MaxUint256))
	await mined(vault.deposit(10n ** 12n, me))
	const id = ethers.id('feed')
	const aggregatorAbi = interfaceOf('chainlink/AggregatorV3Interface.json', feeds[0].interface)
	const pythAbi = interfaceOf('pyth/IPyth.json', pyth.interface)
	const readFeeds = await Promise.all(feeds.map(async (f) =>
		new ethers.Contract(await f.getAddress(), aggregatorAbi, chain.provider)))
	const readPyth = new ethers.Contract(await pyth.getAddress(), pythAbi, chain.provider)
	const rateAddress = await rates.getAddress()
	const sources = [
		...await Promise.all(feeds.map(async (f) => ['aggregator', await f.getAddress()])),
		['pyth', await pyth.getAddress(), id],
		['wsteth', rateAddress], ['reth', rateAddress], ['cbeth', rateAddress],
		['erc4626', await vault.getAddress()],
		['aggregator', ethers.ZeroAddress.replace(/^0x00/, '0x99')],
		['aggregator', await burner.getAddress()],
	]
	for (let i = 0; i < ROUNDS; i++) {
		const now = BigInt((await chain.provider.getBlock('latest')).timestamp)
		for (const [k, f] of feeds.entries()) {
			const answer = (below(20) === 0n ? -1n : 1n) * below(10n ** BigInt(decimals[k] + 4))
			const round = below(1000)
			await mined(f.set(round, answer, below(25) === 0n ? 0n : now - below(100),
				round - (round > 0n && below(20) === 0n ? 1n : 0n)))
		}
		const price = below(10n ** 13n) - 10n ** 11n
		await mined(pyth.set(id, { price, conf: price > 0n ? price * below(120) / 1000n : 5n,
			expo: -Number(below(21)) + 1, publishTime: now - below(9) }))
		await mined(rates.set(E18 + below(E18), E18 + below(E18), below(30) === 0n ? 0n : E18 + below(E18)))
		await mined(asset.transfer(await vault.getAddress(), below(10n ** 10n)))
		await comparePlain(chain, { readFeeds, readPyth, id, rates, vault, asset, sources })
	}
}

async function wantAggregator(c) {
	const [r, decimals] = [await c.latestRoundData(), await c.decimals()]
	if (r.answer <= 0n) return 'refused: the answer is not above zero'
	if (r.answeredInRound < r.roundId) return 'refused: the answer is of an older round'
	if (r.updatedAt === 0n) return 'refused: it was never updated'
	const value = r.answer * E18 / 10n ** decimals
	return value === 0n ? 'refused: the value does not fit 18 decimals' : line(value, r.updatedAt)
}

async function wantPyth(c, id) {
	const p = await c.getPriceUnsafe(id)
	if (p.price <= 0n) return 'refused: the answer is not above zero'
	if (p.expo > 0n || p.expo < -18n) return 'refused: its exponent is out of bounds'
	if (p.conf * 10n > p.price) return 'refused: its confidence interval is too wide'
	return line(p.price * 10n ** (18n + p.expo), p.publishTime)
}

async function comparePlain(chain, w) {
	const got = read(chain.url, w.sources)
	const block = (await chain.provider.getBlock('latest')).timestamp
	const rate = (v) => v === 0n ? 'refused: the answer is not above zero' : line(v, block)
	const want = [
		...await Promise.all(w.readFeeds.map(wantAggregator)),
		await wantPyth(w.readPyth, w.id),
		rate(await w.rates.stEthPerToken()), rate(await w.rates.getExchangeRate()),
		rate(await w.rates.exchangeRate()),
		line(await w.vault.convertToAssets(10n ** await w.vault.decimals()) * E18 /
			10n ** await w.asset.decimals(), block),
		'refused: the answer is not of its interface',
	]
	want.forEach((x, i) => check(`${w.sources[i][0]} ${i}`, got[i] === x, `${got[i]} instead of ${x}`))
	const burnt = got[want.length]
	check('one that burns all gas spoils no other',
		burnt === 'missing' || burnt === 'refused: the contract refuses the call', burnt)
}

// R10: a feed that cannot say less than its bound says its bound.
async function bounds(chain, admin) {
	const behind = await place(admin, 'MockBehind', [10_700_000n, 10n ** 12n])
	const proxy = await place(admin, 'MockProxy', [8, await behind.getAddress()])
	const { timestamp } = await chain.provider.getBlock('latest')
	for (const [answer, want] of [[10_700_001n, true], [10_700_000n, false], [5_000n, false], [10n ** 12n - 1n, true], [10n ** 13n, false]]) {
		await mined(proxy.set(1n, answer, timestamp, 1n))
		const [got] = read(chain.url, [['aggregator', await proxy.getAddress()]])
		check('a bound of a feed', got === (want ? line(answer * 10n ** 10n, timestamp) :
			"refused: the answer stands at the feed's own bound"), got)
	}
}

// ---- Uniswap v3

async function pools(chain, admin) {
	const { pool, swap, ethIsFirst, address } = await poolPlace(admin)
	const ask = (inverted, samples = SAMPLES) =>
		['pool', address, WINDOW, samples, inverted ? 1 : 0]
	const here = (s = [ask(!ethIsFirst)]) => read(chain.url, s)[0]
	const pass = (s) => chain.provider.send('evm_increaseTime', [s])
	check('one observation is no average', here() === 'refused: too few observations in the window', here())
	await mined(pool.increaseObservationCardinalityNext(40))
	for (let i = 0; i < 12; i++) {
		await pass(60)
		await swap(i % 2 === 0, 3)
	}
	check('a window that has not elapsed', here() === 'refused: the pool remembers less than the window', here())
	for (let i = 0; i < 60; i++) {
		await pass(45 + Number(below(30)))
		await swap(below(2) === 0n, Number(1n + below(9)))
		if (i < 25) continue
		const tick = await meanTick(pool, WINDOW)
		const block = (await chain.provider.getBlock('latest')).timestamp
		const both = read(chain.url, [ask(false), ask(true)])
		const [d0, d1] = ethIsFirst ? [18, 6] : [6, 18]
		check('mean of a pool', both[0] === line(tickPower(tick, 18 + d0 - d1), block), both[0])
		check('mean of a pool, inverted', both[1] === line(tickPower(-tick, 18 + d1 - d0), block), both[1])
	}
	await manipulate(pool, swap, here, pass)
	await pass(7200)
	await chain.provider.send('evm_mine', [])
	check('a quiet pool', here() === 'refused: too few observations in the window', here())
	check('more samples than it keeps', here([ask(false, 41)]) === 'refused: too few observations in the window')
}

// R5, R9: a price that holds for one block moves nothing.
async function manipulate(pool, swap, here, pass) {
	const before = BigInt(here().split(' ')[0])
	const { tick: tickBefore } = await pool.slot0()
	await pass(12)
	await swap(true, 20_000)
	const { tick } = await pool.slot0()
	const after = BigInt(here().split(' ')[0])
	const moved = (after > before ? after - before : before - after) * 10_000n / before
	check('the price of the moment moved', (tick - tickBefore) ** 2n > 7000n ** 2n, `${tickBefore} ${tick}`)
	check('the mean did not, in its own block', moved < 100n, `${moved} bp`)
	await swap(false, 20_000)
}

// ---- nodes that answer badly (R27)

const NODES = [
	['as it should', (a) => a, 'refused: the answer is not above zero'],
	['in another order', (a) => a.reverse(), 'refused: the answer is not above zero'],
	['one answer less', (a) => a.slice(1), 'missing'],
	['one answer twice', (a) => [a[0], ...a.slice(0, -1)], 'missing'],
	['with ids of its own', (a) => a.map((x) => ({ ...x, id: x.id + 1000 })), 'missing'],
	['that it knows no batch', () => ({ jsonrpc: '2.0', id: null, error: { code: -32600, message: 'no' } }), 'missing'],
	['that it has no such block', (a) => a.map(({ id, jsonrpc }) =>
		({ id, jsonrpc, error: { code: -32000, message: 'header not found' } })), 'missing'],
	['what is no hex', (a) => a.map((x) => ({ ...x, result: '0xzz' })), 'missing'],
	['numbers', (a) => a.map((x) => ({ ...x, result: 7 })), 'missing'],
	['nothing', (a) => a.map(({ id, jsonrpc }) => ({ id, jsonrpc })), 'missing'],
	['too much', (a) => a.map((x) => ({ ...x, result: '0x' + '00'.repeat(5000) })),
		'refused: the answer is not of its interface'],
	['that it was reverted', (a) => a.map(({ id, jsonrpc }) =>
		({ id, jsonrpc, error: { code: 3, message: 'execution reverted: OLD' } })), 'refused: the contract refuses the call'],
]

async function nodes(chain, admin) {
	const feed = await place(admin, 'MockAggregator', [8])
	await mined(feed.set(1, 0, 1, 1))
	const source = ['aggregator', await feed.getAddress()]
	let change
	const server = createServer(async (request, reply) => {
		const body = Buffer.concat(await request.toArray()).toString()
		const answer = await (await fetch(chain.url, { method: 'POST', body,
			headers: { 'content-type': 'application/json' } })).json()
		reply.setHeader('content-type', 'application/json')
		reply.end(JSON.stringify(Array.isArray(answer) ? change(answer) : answer))
	})
	await new Promise((done) => server.listen(0, '127.0.0.1', done))
	const url = `http://127.0.0.1:${server.address().port}`
	for (const [name, how, want] of NODES) {
		change = how
		const { stdout } = await execFileAsync('build/tools/quotes_read', [url], source.join(' ') + '\n')
		const got = stdout.trim()
		// What is missing of all is the failure of the whole.
		check(`a node answers ${name}`, want === 'missing' ? got.startsWith('failed: ') : got === want, got)
	}
	server.close()
}

const chain = await startAnvil()
try {
	const admin = chain.wallet(0)
	await plain(chain, admin)
	await bounds(chain, admin)
	await pools(chain, admin)
	await nodes(chain, admin)
} finally {
	chain.close()
}
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
