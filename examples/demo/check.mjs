// The independent reader: from the contract's own storage and logs, and from
// the script's prices worked out anew, says whether the right vaults were
// liquidated and no other.  It knows nothing of margind, of its API or of how
// the vaults were drawn.
//
// Prices and values 18 decimals, factors ppb, times Unix milliseconds.
import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { ethers } from 'ethers'

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
const W = 10n ** 18n
const PPB = 10n ** 9n

function decimal18(text) {
	const m = /^(\d+)(?:\.(\d{1,18}))?$/.exec(text)
	if (!m) throw new Error(`not a decimal: ${text}`)
	return BigInt(m[1]) * W + BigInt((m[2] ?? '').padEnd(18, '0'))
}

// ---- the script's prices (the formula stands in feeds/sim.h) ---------------

export function scriptPrice(script, start, base, ms) {
	if (base === 'USD') return W
	const t = BigInt(Math.max(0, ms - start))
	let price = decimal18(script.prices[base])
	for (const { at, until, move } of script.events) {
		if (!move?.bases.includes(base)) continue
		const from = BigInt(Math.round(at * 1000)), to = BigInt(Math.round(until * 1000))
		const end = decimal18(move.factor)
		const done = t <= from ? 0n : t >= to ? to - from : t - from
		const way = (end > W ? end - W : W - end) * done / (to - from)
		price = price * (end > W ? W + way : W - way) / W
	}
	return price
}

// How far off a fair price may be: the noise of the quote and of the dollar
// token that it is converted with, and half the spread of both.
export function fairness(script) {
	return 2n * decimal18(script.noise) + decimal18(script.spread)
}

// How far a price lies outside what the script said in the lag before ms: a
// ratio with 18 decimals, 0 inside.
export function deviation(script, start, base, price, ms, lag = 1000) {
	let low = null, high = null
	for (let t = ms - lag; t <= ms + 100; t += 50) {
		const p = scriptPrice(script, start, base, t)
		if (low === null || p < low) low = p
		if (high === null || p > high) high = p
	}
	if (price < low) return (low - price) * W / low
	return price > high ? (price - high) * W / high : 0n
}

// ---- the contract -----------------------------------------------------------

function parseRules(blob) {
	const bytes = ethers.getBytes(blob)
	const word = (i) => BigInt(ethers.hexlify(bytes.slice(32 * i, 32 * i + 32)))
	const [version, assets, modes] = bytes
	if (version !== 1 || bytes.length !== 32 * (1 + assets * (1 + modes))) throw new Error('unknown rules')
	const bits = (w, high, count) => (w >> BigInt(256 - high - count)) & ((1n << BigInt(count)) - 1n)
	return Array.from({ length: assets }, (_, i) => ({
		token: ethers.getAddress(ethers.toBeHex(bits(word(1 + i), 0, 160), 20)),
		unit: 10n ** bits(word(1 + i), 160, 8),
		rows: Array.from({ length: modes }, (_, m) => {
			const w = word(1 + assets + m * assets + i)
			return { lt: bits(w, 32, 32), bonus: bits(w, 64, 32), weight: bits(w, 128, 32) }
		}),
	}))
}

// {gain, owed}: gain < owed is unhealthy.
function weigh(rules, vault, prices) {
	let gain = 0n, owed = 0n
	for (const [slot, atoms] of vault.collateral)
		gain += atoms * prices[slot] * rules[slot].rows[vault.mode].lt / (rules[slot].unit * PPB)
	for (const [slot, atoms] of vault.debt)
		owed += atoms * prices[slot] * rules[slot].rows[vault.mode].weight / (rules[slot].unit * PPB)
	return { gain, owed }
}

const health = ({ gain, owed }) => (owed === 0n ? Infinity : Number(gain * 10n ** 9n / owed) / 1e9)

async function readVaults(clearing, ids, block) {
	const list = new Map()
	for (let i = 0; i < ids.length; i += 50) {
		const part = ids.slice(i, i + 50)
		const states = await Promise.all(part.map((id) => clearing.vaultState(id, { blockTag: block })))
		states.forEach((s, k) => list.set(part[k], {
			mode: Number(s.mode), nonce: s.nonce, liquidations: s.liquidations,
			collateral: new Map(s.collateralSlots.map((x, j) => [Number(x), s.collateralAmounts[j]])),
			debt: new Map(s.debtSlots.map((x, j) => [Number(x), s.debtAmounts[j]])),
		}))
	}
	return list
}

const copy = (v) => ({ ...v, collateral: new Map(v.collateral), debt: new Map(v.debt) })
const legs = (v) => JSON.stringify([v.collateral, v.debt].map((m) =>
	[...m].filter(([, a]) => a !== 0n).sort(([a], [b]) => a - b).map(([s, a]) => `${s}:${a}`)))

function take(map, slot, atoms) {
	const left = (map.get(slot) ?? 0n) - atoms
	if (left < 0n) throw new Error('an event moves more than there was')
	map.set(slot, left)
}

// The last block not after ms.
async function blockAt(provider, ms) {
	let [low, high] = [0, await provider.getBlockNumber()]
	while (low < high) {
		const middle = Math.ceil((low + high) / 2)
		const { timestamp } = await provider.getBlock(middle)
		if (timestamp * 1000 <= ms) low = middle
		else high = middle - 1
	}
	return low
}

// bases: names of the script's prices by asset slot.
export async function check({ rpc, clearing: address, script, start, bases }) {
	const provider = new ethers.JsonRpcProvider(rpc, undefined, { cacheTimeout: -1 })
	const { abi } = JSON.parse(readFileSync(join(root, 'contracts-abi', 'abi', 'MarginClearing.json'), 'utf8'))
	const clearing = new ethers.Contract(address, abi, provider)
	const problems = []
	const complain = (text) => { if (problems.length < 20) problems.push(text) }

	const rules = parseRules(await clearing.rules())
	const slotOf = new Map(rules.map((r, i) => [r.token, i]))
	const pricesAt = (ms) => bases.map((b) => scriptPrice(script, start, b, ms))
	const off = 2n * fairness(script) // collateral one way, debt the other
	// Below 1 (or above) even if each price was as unfair as it may be.
	const isUnhealthy = (w) => w.gain * (W + off) < w.owed * W
	const isHealthy = (w) => w.gain * (W - off) > w.owed * W

	const last = await provider.getBlock('latest')
	const logs = await clearing.queryFilter('*', 0, last.number)
	const taken = logs.filter((l) => l.eventName === 'Liquidated')
	// The walk begins before the first liquidation, even one that came too early.
	const opening = Math.min(await blockAt(provider, start), ...taken.map((l) => l.blockNumber - 1))
	const ids = logs.filter((l) => l.eventName === 'VaultOpened').map((l) => {
		const expected = ethers.keccak256(ethers.AbiCoder.defaultAbiCoder().encode(
			['address', 'uint256'], [l.args.owner, l.args.index]))
		if (l.args.vault !== expected) complain(`vault ${l.args.vault} is not the hash of its owner and index`)
		return l.args.vault
	})
	for (const l of logs)
		if (l.blockNumber > opening && ['VaultOpened', 'Deposited', 'Withdrawn', 'Borrowed', 'Repaid', 'SignersRotated',
			'RulesActivated', 'Paused', 'Equivocation'].includes(l.eventName))
			complain(`${l.eventName} in block ${l.blockNumber}, while the demo ran`)

	const before = await readVaults(clearing, ids, opening)
	const after = await readVaults(clearing, ids, last.number)
	const walked = new Map([...before].map(([id, v]) => [id, copy(v)]))

	// Each liquidation by itself: was the vault unhealthy at the script's price
	// of the instant that the header names, and was what was taken fair?
	let early = 0, seizedUsd = 0n, repaidUsd = 0n, worst = 0
	const crash = Math.min(...script.events.filter((e) => e.move).map((e) => e.at)) * 1000
	for (const l of taken) {
		const { vault: id, collateral, debt, repaid, seized } = l.args
		const v = walked.get(id)
		const tx = await provider.getTransaction(l.transactionHash)
		const call = clearing.interface.parseTransaction(tx)
		const asOf = Number(call.args.a.asOf)
		const prices = pricesAt(asOf)
		const where = `vault ${id} in block ${l.blockNumber}`
		if (isHealthy(weigh(rules, v, prices)))
			complain(`${where} was liquidated at health ${health(weigh(rules, v, prices))}`)
		worst = Math.max(worst, health(weigh(rules, v, prices)))
		if (asOf < start + crash) early++
		const [c, d] = [slotOf.get(collateral), slotOf.get(debt)]
		const words = call.args.prices
		words.forEach((word, s) => {
			const gone = word >> 128n === 0n ? 0n // refused
				: deviation(script, start, bases[s], word >> 128n, asOf, 1500)
			if (gone > fairness(script)) complain(`${where}: price of ${bases[s]} is ${Number(gone) / 1e16} % off the script`)
		})
		const [paid, got] = [repaid * (words[d] >> 128n) / rules[d].unit, seized * (words[c] >> 128n) / rules[c].unit]
		if (got > paid * (PPB + rules[c].rows[v.mode].bonus) / PPB + W / 100n)
			complain(`${where}: seized ${got} for ${paid}`)
		seizedUsd += got
		repaidUsd += paid
		take(v.collateral, c, seized)
		take(v.debt, d, repaid)
	}
	if (early > 0) complain(`${early} liquidations before the crash`)

	// And all of them together.
	const [first, final] = [pricesAt(start), pricesAt(last.timestamp * 1000)]
	const isTaken = new Set(taken.map((l) => l.args.vault))
	const counts = { vaults: ids.length, liquidated: isTaken.size, liquidations: taken.length, untouched: 0,
		should: 0, missed: 0, wrongly: 0, unhealthy: 0 }
	for (const id of ids) {
		const [was, is] = [before.get(id), after.get(id)]
		const [opened, due] = [health(weigh(rules, was, first)), health(weigh(rules, was, final))]
		const must = due < 1
		if (must) counts.should++
		if (must && !isTaken.has(id)) counts.missed++
		if (!must && isTaken.has(id)) counts.wrongly++
		if (opened < 1.02 || (due >= 0.98 && due <= 1.02) || (must && (due < 0.9 || due > 0.97)))
			complain(`vault ${id} does not fit the demo: health ${opened} at first, ${due} after the crash`)
		if (legs(walked.get(id)) !== legs(is)) complain(`vault ${id}: storage is not what the events say`)
		if (!isTaken.has(id) && is.liquidations === 0n && legs(was) === legs(is)) counts.untouched++
		if (isUnhealthy(weigh(rules, is, final))) {
			counts.unhealthy++
			complain(`vault ${id} is left at health ${health(weigh(rules, is, final))}`)
		}
	}
	if (counts.missed > 0) complain(`${counts.missed} vaults should have been liquidated and were not`)
	if (counts.wrongly > 0) complain(`${counts.wrongly} vaults were liquidated that never were unhealthy`)
	// Who stored headers while the script ran: with the liquidations, or alone.
	const submitted = {}
	for (const l of logs.filter((x) => x.eventName === 'Submitted' && x.blockNumber > opening)) {
		const { from } = await provider.getTransaction(l.transactionHash)
		submitted[from] = (submitted[from] ?? 0) + 1
	}
	const signers = await clearing.signerTable()
	const rulesHash = await clearing.rulesHash()
	provider.destroy()
	return { ...counts, early_liquidations: early, highest_health_taken: worst, block: last.number,
		repaid_usd: ethers.formatUnits(repaidUsd, 18), seized_usd: ethers.formatUnits(seizedUsd, 18),
		rules_hash: rulesHash, signers: [...signers], submitted, problems }
}

// node check.mjs --dir build/demo-PID: while the demo's chain still runs.
if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
	const { values } = parseArgs({ options: { dir: { type: 'string' } } })
	if (!values.dir) {
		console.error('usage: check.mjs --dir FOLDER')
		process.exit(2)
	}
	const read = (name) => JSON.parse(readFileSync(join(values.dir, name), 'utf8'))
	const { rpc, clearing, start, bases } = read('demo.json')
	const result = await check({ rpc, clearing, start, bases, script: read('script.json') })
	console.log(JSON.stringify(result, null, '\t'))
	process.exit(result.problems.length === 0 ? 0 : 1)
}
