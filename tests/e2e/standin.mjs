// A stand-in for margind, for the bot and the checker alone: judges vaults by
// the script's own prices and signs with ethers.  It can be told to lie.
import { createServer } from 'node:http'
import { ethers } from 'ethers'
import { WebSocketServer } from 'ws'
import { published, priceWord, pricesHash, domain, sign, OK } from '../../contracts-abi/testbed.mjs'
import { scriptPrice } from '../../examples/demo/check.mjs'
import { ASSETS, BOOK, rulesRows } from '../../examples/demo/world.mjs'

const W = 10n ** 18n, PPB = 10n ** 9n, TARGET = 105n
const rows = rulesRows()
const contractAbi = published('MarginClearing').abi

const value = (l, prices) => l.atoms * prices[l.slot] / 10n ** BigInt(ASSETS[l.slot].decimals)
const largest = (legs, prices) => legs.reduce((a, b) => (value(b, prices) > value(a, prices) ? b : a))

// priceAt(ms): 18 decimals by slot.  listed(gain, owed): whether it says that a
// vault is liquidatable; by default where that is so.
export async function standIn({ url, chainId, clearing, tokens, key, priceAt, listed = (gain, owed) => gain < owed }) {
	const provider = new ethers.JsonRpcProvider(url, chainId, { staticNetwork: true, cacheTimeout: -1 })
	const contract = new ethers.Contract(clearing, contractAbi, provider)
	const rulesHash = await contract.rulesHash()
	const vaults = new Map()
	let block = null, sequence = BigInt(Date.now()) * 1024n, seen = 0

	async function read(id, number) {
		const s = await contract.vaultState(id, { blockTag: number })
		const legs = (slots, atoms) => slots.map((x, i) => ({ slot: Number(x), atoms: atoms[i] }))
		vaults.set(id, { id, owner: s.owner, index: Number(s.index), block: number,
			collateral: legs(s.collateralSlots, s.collateralAmounts), debt: legs(s.debtSlots, s.debtAmounts) })
	}

	async function follow() {
		const head = await provider.getBlock('latest')
		if (block && head.number === block.number) return
		const logs = await contract.queryFilter('*', seen, head.number)
		const changed = new Set(logs.map((l) => l.args.vault).filter(Boolean))
		await Promise.all([...changed].map((id) => read(id, head.number)))
		block = head
		seen = head.number + 1
	}

	function judge(v, prices) {
		const gain = v.collateral.reduce((s, l) => s + value(l, prices) * rows[l.slot].lt / PPB, 0n)
		const owed = v.debt.reduce((s, l) => s + value(l, prices), 0n)
		return { gain, owed, bad: listed(gain, owed) }
	}

	function row(v, prices) {
		const { gain, owed, bad } = judge(v, prices)
		const [c, d] = bad ? [largest(v.collateral, prices), largest(v.debt, prices)] : []
		return { vault: v.id, name: null, owner: v.owner, index: v.index, block: v.block,
			state: bad ? 'LIQUIDATABLE' : 'HEALTHY', health_factor: String(Number(gain * W / (owed || 1n)) / 1e18),
			legs: [...v.collateral.map((l) => ['collateral', l]), ...v.debt.map((l) => ['debt', l])].map(([side, l]) =>
				({ side, asset: ASSETS[l.slot].id, token: tokens[l.slot], atoms: String(l.atoms) })),
			liquidation: bad ? { collateral_asset: ASSETS[c.slot].id, debt_asset: ASSETS[d.slot].id, max_repay: '0' } : null }
	}

	function transaction(v, prices, recipient) {
		const { gain, owed, bad } = judge(v, prices)
		if (!bad) return null
		const [c, d] = [largest(v.collateral, prices), largest(v.debt, prices)]
		const r = rows[c.slot]
		const usd = (TARGET * owed / 100n - gain) * PPB * PPB / (TARGET * PPB * PPB / 100n - (PPB + r.bonus) * r.lt)
		const words = prices.map((price) => priceWord({ price, status: OK, sources: 4 }))
		const asOf = BigInt(Date.now())
		sequence += 1n
		const zero = ethers.ZeroHash
		const message = { book: ethers.id(BOOK), sequence, asOf, validUntil: asOf + 120_000n, blockNumber: BigInt(block.number),
			blockHash: block.hash, positionsRoot: zero, pricesHash: pricesHash(words), verdictsRoot: zero, rulesHash,
			inputsHash: zero, status: 0, reason: 0, vaultCount: vaults.size, verdictCount: 0, collateralValue: 0n, debtValue: 0n }
		const s = sign(domain(chainId, clearing), message, [key], [0])
		const repay = (usd < 0n ? -usd : usd) * 10n ** BigInt(ASSETS[d.slot].decimals) / prices[d.slot] + 1n
		return { to: clearing, value: '0', gas: 400_000, data: contract.interface.encodeFunctionData('submitAndLiquidate', [message,
			s.bitmap, s.signatures, words, { owner: v.owner, index: v.index, collateral: tokens[c.slot], debt: tokens[d.slot],
				repay, minSeize: 0n, recipient }]) }
	}

	const server = createServer((request, response) => {
		const at = new URL(request.url, 'http://x')
		const id = /^\/v1\/vaults\/(0x[0-9a-f]{64})\/proof$/.exec(at.pathname)?.[1]
		const v = vaults.get(id)
		const tx = v && transaction(v, priceAt(Date.now()), at.searchParams.get('recipient'))
		response.writeHead(v ? 200 : 404, { 'content-type': 'application/json' })
		response.end(JSON.stringify({ tx, reasons: { tx: tx ? null : 'the vault is not liquidatable' } }))
	})
	const streams = new WebSocketServer({ server, path: '/v1/stream' })
	await follow()
	const told = new Map()
	let seq = 0, closed = false
	const tell = (type, list) => {
		for (const ws of streams.clients)
			if (ws.readyState === 1) ws.send(JSON.stringify({ jsonrpc: '2.0', method: 'subscription',
				params: { channel: 'vaults', seq: ++seq, prev_seq: seq - 1, type, data: { as_of: Date.now(), vaults: list } } }))
	}
	streams.on('connection', () => tell('snapshot', [...vaults.values()].map((v) => row(v, priceAt(Date.now())))))
	const timer = setInterval(() => follow().then(() => {
		const rowsNow = [...vaults.values()].map((v) => row(v, priceAt(Date.now())))
		const changed = rowsNow.filter((r) => told.get(r.vault) !== JSON.stringify(r))
		for (const r of changed) told.set(r.vault, JSON.stringify(r))
		if (changed.length > 0) tell('update', changed)
	}, (e) => closed || console.error(`stand-in: ${e.message}`)), 200)
	await new Promise((done) => server.listen(0, '127.0.0.1', done))
	return { api: `http://127.0.0.1:${server.address().port}`, close() {
		closed = true
		clearInterval(timer)
		streams.clients.forEach((c) => c.terminate())
		server.close()
		provider.destroy()
	} }
}

export const honest = (script, start) => (ms) => ASSETS.map((a) => scriptPrice(script, start, a.price, ms))
