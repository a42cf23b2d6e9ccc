#!/usr/bin/env node
// A liquidation bot: listens to margind's stream, asks for the proof of a vault
// that is LIQUIDATABLE and sends the one transaction, submitAndLiquidate.
// README.md says how to run it and what it does not do.
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { ethers } from 'ethers'
import WebSocket from 'ws'

const USAGE = `usage: bot.mjs --keystore FILE --password-file FILE [--api URL] [--rpc URL]
              [--recipient ADDRESS] [--in-flight N] [--max-fee GWEI] [--dry-run]`
const RETRY_MS = 1000 // before a vault that could not be liquidated is tried again
const FRESH_MS = 15_000 // how long a mined liquidation may take to show in the stream
const PATIENCE_MS = 60_000 // for a receipt
const TIP = 10n ** 9n // wei a gas
const ABI = new ethers.Interface([
	'event Liquidated(bytes32 indexed vault, address indexed liquidator, address collateral, address debt, uint256 repaid, uint256 seized)',
	'function allowance(address owner, address spender) view returns (uint256)',
	'function approve(address spender, uint256 amount) returns (bool)',
	'error VaultHealthy(bytes32)', 'error VaultUnknown(bytes32)', 'error NotCollateral(address)', 'error NotDebt(address)',
	'error IsPaused()', 'error Expired(uint256)', 'error AsOfAhead(uint256)', 'error AsOfTooOld(uint256)', 'error HeaderRefused()',
	'error HeaderSuperseded(uint256,uint256)', 'error HeaderBeforeRefusal(uint256,uint256)', 'error BlockAhead(uint256)',
	'error BlockHashMismatch(uint256)', 'error RulesUnknown(bytes32)', 'error RulesNotInForce(bytes32,uint256)',
	'error PriceRefused(uint256)', 'error DustLeft(uint256)', 'error NothingToRepay()', 'error SignatureWrongSigner(uint256)',
	'error ERC20InsufficientBalance(address,uint256,uint256)', 'error ERC20InsufficientAllowance(address,uint256,uint256)',
])

const log = (...words) => console.log(new Date().toISOString(), ...words)
const name = (v) => v.name ?? `${v.owner.slice(0, 8)}#${v.index}`

function options() {
	const text = { type: 'string' }
	try {
		const { values } = parseArgs({ options: { keystore: text, 'password-file': text, recipient: text,
			api: { ...text, default: 'http://127.0.0.1:8700' }, rpc: { ...text, default: 'http://127.0.0.1:8545' },
			'in-flight': { ...text, default: '16' }, 'max-fee': { ...text, default: '100' }, 'dry-run': { type: 'boolean', default: false } } })
		const inFlight = Number(values['in-flight'])
		if (!values.keystore || !values['password-file']) throw new Error('a key is needed')
		if (!Number.isInteger(inFlight) || inFlight < 1) throw new Error('--in-flight takes a whole number')
		if (values.recipient && !ethers.isAddress(values.recipient)) throw new Error('--recipient is no address')
		return { ...values, inFlight, maxFee: ethers.parseUnits(values['max-fee'], 'gwei'), dryRun: values['dry-run'] }
	} catch (e) {
		console.error(`bot: ${e.message}\n${USAGE}`)
		process.exit(2)
	}
}

// The contract's own word for why a call fails.
function reason(e) {
	const data = e?.data ?? e?.info?.error?.data
	const known = typeof data === 'string' && data !== '0x' ? ABI.parseError(data)?.name : null
	if (known === 'VaultHealthy') return 'already liquidated, or healthy again'
	return known ?? e?.shortMessage ?? e?.message ?? String(e)
}

// Sends transactions of one key, many at once: nonces are given out here, in
// order, and only to what the node has taken.
class Sender {
	constructor(wallet, maxFee) {
		Object.assign(this, { wallet, maxFee, turn: Promise.resolve(), nonce: null })
	}

	send(tx) {
		const sent = this.turn.then(() => this.#take(tx))
		this.turn = sent.catch(() => {})
		return sent
	}

	async #take(tx) {
		const { provider } = this.wallet
		this.nonce ??= await provider.getTransactionCount(this.wallet.address, 'pending')
		const { baseFeePerGas } = await provider.getBlock('latest')
		const fee = 2n * (baseFeePerGas ?? 0n) + TIP
		if (fee > this.maxFee) throw new Error(`fee of ${ethers.formatUnits(fee, 'gwei')} gwei is above --max-fee`)
		const nonce = this.nonce
		this.nonce = null // where the node refuses, it is asked again
		const answer = await this.wallet.sendTransaction({ ...tx, nonce, type: 2,
			chainId: (await provider.getNetwork()).chainId, maxFeePerGas: fee, maxPriorityFeePerGas: TIP })
		this.nonce = nonce + 1
		return answer
	}

	mined(answer) {
		return answer.wait(1, PATIENCE_MS).catch((e) => {
			if (e.code !== 'CALL_EXCEPTION') this.nonce = null // never mined: perhaps dropped
			throw e
		})
	}
}

class Bot {
	constructor(o, wallet) {
		Object.assign(this, { o, wallet, sender: new Sender(wallet, o.maxFee), candidates: new Map(),
			waiting: new Map(), busy: new Set(), allowed: new Map(), said: new Map() })
		this.recipient = o.recipient ?? wallet.address
	}

	// The vaults of one stream message; what is not named in it has not changed.
	see(vaults) {
		for (const v of vaults) this.candidates.set(v.vault, v)
		this.candidates.forEach((v, id) => v.state === 'LIQUIDATABLE' && v.liquidation || this.candidates.delete(id))
		this.pump()
	}

	// Worst first.  A vault that was just liquidated waits until the stream has
	// seen the block in which that happened.
	pump() {
		const now = Date.now()
		const ready = [...this.candidates.values()].filter((v) => {
			const w = this.waiting.get(v.vault)
			return !this.busy.has(v.vault) && (!w || now >= w.until || (w.block && v.block >= w.block))
		}).sort((a, b) => Number(a.health_factor) - Number(b.health_factor))
		for (const v of ready.slice(0, Math.max(0, this.o.inFlight - this.busy.size))) {
			this.busy.add(v.vault)
			this.waiting.delete(v.vault)
			this.liquidate(v).catch((e) => this.later(v, reason(e))).finally(() => {
				this.busy.delete(v.vault)
				setTimeout(() => this.pump(), RETRY_MS + 10)
				this.pump()
			})
		}
	}

	later(v, why) {
		this.waiting.set(v.vault, { until: Date.now() + RETRY_MS })
		if (this.said.get(v.vault) === why) return // once a reason
		this.said.set(v.vault, why)
		log('skipped', name(v), 'health', v.health_factor, why)
	}

	async liquidate(v) {
		const answer = await fetch(`${this.o.api}/v1/vaults/${v.vault}/proof?recipient=${this.recipient}`)
		const proof = await answer.json()
		if (!proof.tx) return this.later(v, proof.error ?? proof.reasons?.tx ?? 'no transaction')
		const { to, data, gas } = proof.tx
		const debt = v.legs.find((l) => l.side === 'debt' && l.asset === v.liquidation.debt_asset)
		const tx = { to, data, value: 0n, gasLimit: BigInt(gas) }
		if (!this.o.dryRun) await this.allow(debt.token, to)
		// Somebody may have been faster: asking costs nothing, a revert does.
		await this.wallet.provider.call({ ...tx, from: this.wallet.address, blockTag: 'pending' })
		if (this.o.dryRun) return this.later(v, `dry run: would repay ${v.liquidation.max_repay} USD of ${v.liquidation.debt_asset}`)
		const began = Date.now()
		const sent = await this.sender.send(tx)
		const receipt = await this.sender.mined(sent)
		this.said.delete(v.vault)
		this.waiting.set(v.vault, { block: receipt.blockNumber, until: Date.now() + FRESH_MS })
		const event = receipt.logs.map((l) => ABI.parseLog(l)).find((l) => l?.name === 'Liquidated')
		log('liquidated', name(v), 'health', v.health_factor, `repaid ${event.args.repaid} of ${v.liquidation.debt_asset},`,
			`seized ${event.args.seized} of ${v.liquidation.collateral_asset}`,
			`nonce ${sent.nonce} block ${receipt.blockNumber} gas ${receipt.gasUsed} ${Date.now() - began} ms`)
	}

	// The clearing contract pulls the repayment: approve each debt token once.
	allow(token, spender) {
		if (!this.allowed.has(token)) this.allowed.set(token, this.#approve(token, spender))
		this.allowed.get(token).catch(() => this.allowed.delete(token))
		return this.allowed.get(token)
	}

	async #approve(token, spender) {
		const has = await this.wallet.provider.call({ to: token,
			data: ABI.encodeFunctionData('allowance', [this.wallet.address, spender]) })
		if (BigInt(has) > ethers.MaxUint256 / 2n) return
		await this.sender.mined(await this.sender.send({ to: token, gasLimit: 100_000n, value: 0n,
			data: ABI.encodeFunctionData('approve', [spender, ethers.MaxUint256]) }))
		log('approved', token)
	}

	// One connection's life; resolves when it ends.
	listen() {
		return new Promise((done) => {
			const ws = new WebSocket(`${this.o.api.replace(/^http/, 'ws')}/v1/stream`, { handshakeTimeout: 5000 })
			ws.on('open', () => {
				log('listening', this.o.api, 'as', this.wallet.address, this.o.dryRun ? '(dry run)' : '')
				ws.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'subscribe', params: { channels: ['vaults'] } }))
			})
			ws.on('message', (text) => {
				const { method, params, error } = JSON.parse(text)
				if (error) log('stream:', error.message)
				if (method !== 'subscription' || params.channel !== 'vaults') return
				if (params.type === 'snapshot') this.candidates.clear()
				this.see(params.data.vaults)
			})
			ws.on('error', (e) => log('stream:', e.message)).on('close', () => done())
		})
	}
}

const o = options()
const wallet = ethers.Wallet.fromEncryptedJsonSync(readFileSync(o.keystore, 'utf8'),
	readFileSync(o['password-file'], 'utf8').split('\n')[0])
const provider = new ethers.JsonRpcProvider(o.rpc, undefined, { staticNetwork: true, cacheTimeout: -1, pollingInterval: 250 })
const bot = new Bot(o, wallet.connect(provider))
for (;;) {
	await bot.listen()
	bot.candidates.clear() // what was seen may be over
	await new Promise((done) => setTimeout(done, 500 + Math.random() * 500))
}
