// Watches margind from outside while the demo runs: each signed header that it
// gets hold of is checked with ethers, its prices against the script.
import { ethers } from 'ethers'
import { scriptPrice, deviation, fairness } from './check.mjs'
import { ASSETS, phase } from './world.mjs'

const OK = 0, REFUSED = 2
const SETTLED_MS = 2000 // after the lie, until nothing of it can be left

async function get(url) {
	const answer = await fetch(url, { signal: AbortSignal.timeout(3000) })
	if (!answer.ok && answer.status !== 503) throw new Error(`${url}: ${answer.status}`)
	return { status: answer.status, body: await answer.json().catch(() => null) }
}

export class Observer {
	constructor({ api, rpc, clearing, rulesHash, signer, gas, script, start }) {
		Object.assign(this, { api, clearing, rulesHash, signer, gas, script, start })
		this.provider = new ethers.JsonRpcProvider(rpc, 31337, { staticNetwork: true, cacheTimeout: -1 })
		this.topic = ethers.id('Liquidated(bytes32,address,address,address,uint256,uint256)')
		this.lie = script.events.find((e) => e.lie)
		this.sequences = new Set()
		this.headers = { OK: 0, DEGRADED: 0, REFUSED: 0 }
		this.words = [] // the newest signed ones
		this.state = ASSETS.map(() => null)
		this.refusals = []
		this.recoveries = []
		this.lying = { samples: 0, not_ok: 0 }
		this.verified = 0
		this.bad = [] // what a signed header should not have said
		this.worst = 0n
		this.liquidated = new Set()
		this.liquidations = 0
		this.scanned = 0
		this.liquidatable = 0
		this.latency = null
		this.failures = 0
	}

	async ready() {
		try {
			return await get(`${this.api}/readyz`)
		} catch (e) {
			return { status: 0, body: { reasons: [e.cause?.code ?? e.message] } }
		}
	}

	second(ms = Date.now()) {
		return (ms - this.start) / 1000
	}

	run() {
		const every = (ms, step) => {
			let busy = false
			return setInterval(() => {
				if (busy) return
				busy = true
				step.call(this).catch(() => this.failures++).finally(() => { busy = false })
			}, ms)
		}
		this.timers = [every(200, this.sample), every(500, this.count), every(500, this.chain)]
	}

	stop() {
		for (const t of this.timers ?? []) clearInterval(t)
		this.provider.destroy()
	}

	complain(text) {
		if (this.bad.length < 10) this.bad.push(text)
	}

	// The newest attestation, whole.
	async sample() {
		const { status, body: a } = await get(`${this.api}/v1/attestations/latest`)
		if (status !== 200 || a.message.sequence === this.last) return
		this.last = a.message.sequence
		const digest = ethers.TypedDataEncoder.hash(a.domain, a.types, a.message)
		const who = a.signatures.map((s) => ethers.recoverAddress(digest, s.signature))
		if (digest !== a.digest || who[0] !== this.signer || a.domain.verifyingContract !== this.clearing)
			this.complain(`header ${a.message.sequence} is not signed by ${this.signer}`)
		if (ethers.keccak256(ethers.concat(a.prices)) !== a.message.pricesHash)
			this.complain(`header ${a.message.sequence}: pricesHash is of other words`)
		if (a.message.rulesHash !== this.rulesHash)
			this.complain(`header ${a.message.sequence}: rulesHash is not the contract's`)
		this.verified++
		this.words = a.prices.map((w) => {
			const n = BigInt(w)
			return { price: n >> 128n, status: Number((n >> 24n) & 0xffn), sources: Number((n >> 16n) & 0xffn) }
		})
		const asOf = Number(a.message.asOf)
		this.words.forEach((w, i) => this.#word(w, i, asOf))
		const at = this.second(asOf)
		if (at >= this.lie.at && at <= this.lie.until + SETTLED_MS / 1000 && at < 15) {
			this.lying.samples++
			if (Number(a.message.status) !== OK || this.words.some((w) => w.status !== OK)) this.lying.not_ok++
		}
	}

	#word(w, slot, asOf) {
		const was = this.state[slot]
		const event = { asset: ASSETS[slot].price, second: Math.round(this.second(asOf) * 10) / 10 }
		if (was !== null && was !== REFUSED && w.status === REFUSED) this.refusals.push(event)
		if (was === REFUSED && w.status === OK && this.refusals.length > 0) this.recoveries.push(event)
		// What is refused before the first price is no refusal yet.
		if (was !== null || w.status !== REFUSED) this.state[slot] = w.status
		if (w.status === REFUSED) return
		const gone = deviation(this.script, this.start, ASSETS[slot].price, w.price, asOf, 1500)
		if (gone > this.worst) this.worst = gone
		if (gone > fairness(this.script))
			this.complain(`${ASSETS[slot].price} signed as ${ethers.formatUnits(w.price, 18)} at ${this.second(asOf)} s: ` +
				`${Number(gone) / 1e16} % off the script`)
	}

	async count() {
		const list = (await get(`${this.api}/v1/attestations?limit=100`)).body ?? []
		for (const a of Array.isArray(list) ? list : list.attestations) {
			const key = String(a.sequence)
			if (this.sequences.has(key)) continue
			this.sequences.add(key)
			this.headers[a.status]++
		}
		const { states } = (await get(`${this.api}/v1/aggregate`)).body
		this.liquidatable = states.LIQUIDATABLE ?? 0
		this.latency = (await get(`${this.api}/v1/status`)).body.tick_to_signed_us
	}

	async chain() {
		const head = await this.provider.getBlockNumber()
		if (head <= this.scanned) return
		const logs = await this.provider.getLogs({ address: this.clearing, topics: [this.topic],
			fromBlock: this.scanned + 1, toBlock: head })
		this.scanned = head
		this.liquidations += logs.length
		for (const l of logs) this.liquidated.add(l.topics[1])
	}

	price(name) {
		const slot = ASSETS.findIndex((a) => a.price === name)
		const w = this.words[slot]
		if (!w) return { mid: null, status: 'none' }
		return { mid: w.status === REFUSED ? null : ethers.formatUnits(w.price, 18),
			status: ['OK', 'DEGRADED', 'REFUSED'][w.status], sources: w.sources,
			script: ethers.formatUnits(scriptPrice(this.script, this.start, name, Date.now()), 18) }
	}

	// One line; narrow: for a terminal that is not wide.
	line(narrow = false) {
		const shown = (name) => {
			const p = this.price(name)
			return `${name} ${p.mid === null ? '-' : Number(p.mid).toFixed(narrow || p.mid >= 10000 ? 0 : 2)} ${p.status}`
		}
		const t = this.second()
		const begin = `${t.toFixed(1).padStart(6)} s  ${phase(t).padEnd(17)} ${shown('ETH')}  ${shown('BTC')}  `
		if (narrow) return `${begin}due ${this.liquidatable}  done ${this.liquidated.size}`
		return `${begin}attestations ${this.sequences.size}  refusals ${this.refusals.length}  ` +
			`liquidatable ${this.liquidatable}  liquidated ${this.liquidated.size} (${this.liquidations} on chain)`
	}
}

// Everything that the demo promises; passed only if nothing is wanting.
export function summary(o, result, seconds) {
	const failures = [...o.bad, ...result.problems]
	const want = (is, text) => { if (!is) failures.push(text) }
	want(result.liquidated >= 20, `${result.liquidated} vaults were liquidated on chain, fewer than 20`)
	want(result.untouched >= 100, `${result.untouched} vaults were untouched, fewer than 100`)
	want(o.refusals.length > 0, 'no refusal was seen')
	want(o.recoveries.length > 0, 'no recovery was seen')
	want(o.state.every((s) => s === OK), 'not every price is OK at the end')
	want(o.lying.samples > 0, 'no header was seen while a venue lied')
	want(o.lying.not_ok === 0, `${o.lying.not_ok} headers were not OK while one venue lied`)
	want(result.early_liquidations === 0, `${result.early_liquidations} liquidations before the crash`)
	want(result.signers.length === 1 && result.signers[0] === o.signer, 'the contract trusts another signer')
	want(result.rules_hash === o.rulesHash, 'the contract has other rules')
	want(result.submitted[o.gas] > 0, 'margind itself submitted no header')
	want(o.latency?.p50 > 0, 'no tick-to-signed time')
	return {
		passed: failures.length === 0, failures, seconds,
		prices: Object.fromEntries(ASSETS.map((a) => [a.price, o.price(a.price)])),
		price_off_script_max_percent: Number(o.worst) / 1e16,
		attestations: { seen: o.sequences.size, checked: o.verified, ...o.headers, submitted: result.submitted[o.gas] ?? 0 },
		refusals: o.refusals, recoveries: o.recoveries,
		while_one_venue_lied: { headers: o.lying.samples, not_ok: o.lying.not_ok },
		liquidations: { vaults: result.liquidated, on_chain: result.liquidations, before_the_crash: result.early_liquidations,
			untouched: result.untouched, repaid_usd: result.repaid_usd, seized_usd: result.seized_usd },
		checked_by_reader: { vaults: result.vaults, should_be_liquidated: result.should, missed: result.missed,
			wrongly_taken: result.wrongly, left_unhealthy: result.unhealthy, highest_health_taken: result.highest_health_taken },
		tick_to_signed_us: o.latency,
	}
}

export function summaryText(s) {
	const list = (events) => events.map((e) => `${e.asset} at ${e.second} s`).join(', ') || 'none'
	const usd = (text) => Number(text).toLocaleString('en-US', { maximumFractionDigits: 0 })
	return [
		`prices          ${Object.entries(s.prices).map(([n, p]) => `${n} ${p.mid ?? '-'} ${p.status}`).join(', ')}`,
		`                at most ${s.price_off_script_max_percent.toFixed(4)} % off the script, whoever lied`,
		`attestations    ${s.attestations.seen} seen (${s.attestations.OK} OK, ${s.attestations.DEGRADED} degraded, ` +
			`${s.attestations.REFUSED} refused), ${s.attestations.checked} checked with ethers, ${s.attestations.submitted} submitted by margind`,
		`one venue lied  ${s.while_one_venue_lied.headers} headers, ${s.while_one_venue_lied.not_ok} not OK`,
		`refusals        ${list(s.refusals)}`,
		`recoveries      ${list(s.recoveries)}`,
		`liquidations    ${s.liquidations.vaults} vaults in ${s.liquidations.on_chain} liquidations on chain, ` +
			`${s.liquidations.untouched} vaults untouched; repaid ${usd(s.liquidations.repaid_usd)} USD, seized ${usd(s.liquidations.seized_usd)} USD`,
		`reader          ${s.checked_by_reader.left_unhealthy} unhealthy vaults left, ${s.checked_by_reader.wrongly_taken} healthy ones taken, ` +
			`${s.checked_by_reader.missed} missed of ${s.checked_by_reader.should_be_liquidated}`,
		`tick to signed  p50 ${s.tick_to_signed_us?.p50 ?? '-'} us, p99 ${s.tick_to_signed_us?.p99 ?? '-'} us`,
		...s.failures.map((f) => `FAILED          ${f}`),
		s.passed ? 'demo passed' : 'demo failed',
	].join('\n')
}
