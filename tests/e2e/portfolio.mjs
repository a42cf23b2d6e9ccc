// `margind run` with a book file of vaults with positions: what it says of them through a
// fall of 5 %, checked with figures and hashes made here; its proofs; and the
// journal of it all, replayed.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { ethers } from 'ethers'
import { CHAIN_ID, Stage, config, freePort, tail } from '../../examples/demo/stage.mjs'
import { bookFile, script as makeScript } from '../../examples/demo/world.mjs'
import { expect, finish, until } from './tally.mjs'

const MARGIND = resolve(process.env.MARGIND ?? 'build/margind')
const FALL = 14 // the script's second
const PERP = 'ETH-PERP', FRACTION = { initial: 0.05, maintenance: 0.03 }
const dir = mkdtempSync(join(tmpdir(), 'margind-portfolio-'))
const stage = new Stage({ margind: MARGIND, dir, died: (e) => expect(false, e.message) })
const abi = ethers.AbiCoder.defaultAbiCoder()
let api

const token = (i) => ethers.getAddress('0x' + String(i + 1).repeat(40))
const position = (instrument, size, entry = null) => ({ instrument, size, ...entry && { entry }, funding: '0' })
const VAULTS = [
	{ id: 'tokens', method: 'ratio', collateral: [{ asset: 'WETH', amount: '10' }], debt: [{ asset: 'USDC', amount: '5000' }] },
	{ id: 'safe', method: 'standard', collateral: [{ asset: 'USDC', amount: '10000' }], positions: [position(PERP, '1', '2500')] },
	{ id: 'levered', method: 'standard', collateral: [{ asset: 'USDC', amount: '10000' }], positions: [position(PERP, '60', '2500')] },
	{ id: 'short', method: 'standard', collateral: [{ asset: 'USDC', amount: '10000' }], positions: [position(PERP, '-60', '2500')] },
	{ id: 'hedged', method: 'scenario', collateral: [{ asset: 'WETH', amount: '10' }], positions: [position(PERP, '-10', '2500')] },
	// No surface is known here.
	{ id: 'option', method: 'scenario', collateral: [{ asset: 'USDC', amount: '10000' }], positions: [position('ETH-C', '1')] },
]

const book = () => ({ ...bookFile(CHAIN_ID, [0, 1, 2, 3].map(token)),
	instruments: [
		{ id: PERP, kind: 'perp', underlying: 'ETH', initial_margin_fraction: String(FRACTION.initial),
			maintenance_margin_fraction: String(FRACTION.maintenance) },
		{ id: 'ETH-C', kind: 'option', underlying: 'ETH', right: 'call', strike: '3000', expiry: '2036-11-27T08:00:00Z', settlement: 'linear' }],
	vaults: VAULTS })

async function get(path) {
	try {
		const answer = await fetch(api + path, { signal: AbortSignal.timeout(2000) })
		return answer.status === 200 ? await answer.json() : null
	} catch {
		return null
	}
}

const margind = (...args) => spawnSync(MARGIND, args, { cwd: dir, encoding: 'utf8', timeout: 30_000 })
const states = async () => Object.fromEntries((await get('/v1/vaults'))?.vaults.map((v) => [v.name, v.state]) ?? [])

async function build() {
	stage.certificates()
	stage.newKey('signer')
	writeFileSync(join(dir, 'book.json'), JSON.stringify(book()))
	const world = { ...makeScript(), events: [{ at: FALL, until: FALL + 2, move: { bases: ['ETH'], factor: '0.95' } }] }
	const ports = await stage.startExchanges(world, Date.now())
	const listen = `127.0.0.1:${await freePort(0)}`
	writeFileSync(join(dir, 'margind.yaml'), config({ ports, rpc: '', clearing: '', listen })
		.replace(/^chain:\n(?: .*\n)*/m, '').replace(/^ {2}gas.*\n/gm, ''))
	stage.initState()
	api = `http://${listen}`
}

// The margin of a perpetual, done by hand: collateral by its threshold, profit,
// and a share of the notional.
async function figures(name) {
	const [v, prices] = await Promise.all([get(`/v1/vaults/${name}`), get('/v1/prices')])
	const mid = (asset) => Number(prices.prices.find((p) => p.asset === asset).mid)
	const size = Number(v.positions[0].size), entry = Number(v.positions[0].entry)
	const excess = 10000 * mid('USDC') * 0.88 + size * (mid('WETH') - entry) - Math.abs(size) * mid('WETH') * FRACTION.maintenance
	return { v, excess, off: Math.abs(Number(v.maintenance_excess) - excess) }
}

async function before() {
	const s = await until(10_000, async () => {
		const now = await states()
		return now.safe === 'HEALTHY' && now
	})
	expect(s && s.tokens === 'HEALTHY' && s.safe === 'HEALTHY' && s.levered === 'HEALTHY' && s.short === 'HEALTHY' && s.hedged === 'HEALTHY',
		`before the fall all that can be valued is healthy: ${JSON.stringify(s)}`)
	expect(s?.option === 'STALE', 'an option without a surface is stale, not guessed')
	for (const name of ['levered', 'short']) {
		// Both answers are of one moment, now and then.
		const f = await until(5000, async () => {
			const f = await figures(name)
			return f.off < 0.01 && f
		})
		expect(f, `${name}: maintenance excess ${f?.v.maintenance_excess}, by hand ${f?.excess}`)
		expect(f?.v.method === 'standard' && f.v.positions.length === 1 && f.v.positions[0].instrument === PERP, `${name}: its position is shown`)
	}
}

function root(leaf, path) {
	return path.reduce((a, b) => ethers.keccak256(BigInt(a) < BigInt(b) ? ethers.concat([a, b]) : ethers.concat([b, a])), leaf)
}
const twice = (types, values) => ethers.keccak256(ethers.keccak256(abi.encode(types, values)))

// The leaf of the file's own words, and the verdict's of its fields.
async function proofs(name) {
	const at = VAULTS.find((v) => v.id === name)
	const p = await until(5000, async () => {
		const p = await get(`/v1/vaults/${name}/proof`)
		return p?.position && p.verdict && p
	})
	if (!expect(p, `${name}: a proof of position and verdict`)) return
	const fixed = (x, decimals) => ethers.parseUnits(x, decimals)
	const asset = (i) => ethers.keccak256(abi.encode(['uint256', 'address'], [CHAIN_ID, token(i)]))
	const legs = ethers.keccak256(abi.encode(['tuple(bytes32,uint256)[]', 'tuple(bytes32,uint256)[]', 'tuple(bytes32,int256,uint256,int256)[]'],
		[[[asset(2), fixed(at.collateral[0].amount, 6)]], [],
			at.positions.map((x) => [ethers.id(x.instrument), fixed(x.size, 18), fixed(x.entry, 18), 0n])]))
	const leaf = twice(['bytes32', 'uint64', 'uint64', 'bytes32'], [ethers.id(name), 0, 0, legs])
	const { positionsRoot, verdictsRoot } = p.attestation.message
	const v = await get(`/v1/vaults/${name}`)
	const again = twice(['bytes32', 'uint64', 'uint64', 'bytes32'], [ethers.id(name), v.nonce, v.block, legs])
	expect([leaf, again].includes(p.position.leaf) && root(p.position.leaf, p.position.proof) === positionsRoot,
		`${name}: legsHash with the position, made anew, leads to positionsRoot`)
	const f = p.verdict.fields
	const types = ['bytes32', 'uint64', 'uint64', 'uint64', 'uint8', 'uint8', 'uint128', 'uint128', 'uint128', 'uint128', 'int128', 'int128',
		'bytes32', 'uint128', 'bytes32', 'uint128']
	expect(twice(types, Object.values(f)) === p.verdict.leaf && root(p.verdict.leaf, p.verdict.proof) === verdictsRoot,
		`${name}: its verdict leads to verdictsRoot`)
	expect(Number(f.state) === 4 && Number(f.method) === 1, `${name}: LIQUIDATABLE, by \`standard\``)
	expect(p.tx === null && p.reasons.tx.includes('positions'), `no transaction: ${p.reasons.tx}`)
}

async function after() {
	const s = await until(25_000, async () => {
		const now = await states()
		return now.levered === 'LIQUIDATABLE' && now
	})
	expect(s, 'after the fall the levered one is liquidatable')
	expect(s?.safe === 'HEALTHY' && s.short === 'HEALTHY' && s.hedged === 'HEALTHY' && s.tokens === 'HEALTHY',
		`and nobody else: ${JSON.stringify(s)}`)
	await proofs('levered')
}

function replays() {
	const r = margind('replay', '--journal', 'journal', '--json')
	const j = r.status === 0 ? JSON.parse(r.stdout.trim().split('\n').at(-1)).journal : null
	if (!expect(j && j.mismatches === 0 && j.attestations > 10, `replay: ${j?.attestations} attestations, none differs`))
		console.log(r.stderr, r.stdout.slice(-500))
}

// What it does not compute is refused before anything starts.
function refusals() {
	const refused = (change, word) => {
		writeFileSync(join(dir, 'other.json'), JSON.stringify(change(book())))
		writeFileSync(join(dir, 'other.yaml'), readFileSync(join(dir, 'margind.yaml'), 'utf8').replace('book.json', 'other.json'))
		const r = margind('check-config', '--run', 'other.yaml')
		expect(r.status !== 0 && r.stderr.includes(word), `refused: ${r.stderr.trim().split('\n').at(-1)}`)
	}
	refused((b) => ({ ...b, vaults: [{ ...VAULTS[1], method: 'var' }] }), 'method')
	refused((b) => ({ ...b, vaults: [{ ...VAULTS[1], orders: [{ instrument: PERP, size: '1', price: '2400' }] }] }), 'orders')
	refused((b) => ({ ...b, assets: b.assets.map((a, i) => (i === 0 ? { ...a, price: 'BTC' } : a)) }), 'underlying')
}

try {
	await build()
	const s = stage.start('margind', MARGIND, ['run', '--config', 'margind.yaml'])
	if (!expect(await until(15_000, () => get('/readyz')), 'ready')) console.log(tail(join(dir, 'margind.log')))
	await before()
	await after()
	stage.stopping = true
	s.kill('SIGTERM')
	expect((await s.gone).code === 0, 'it ends with 0')
	replays()
	refusals()
} catch (e) {
	expect(false, e.stack)
}
await stage.stop()
if (process.env.KEEP) console.log(dir)
else rmSync(dir, { recursive: true, force: true })
process.exit(finish())
