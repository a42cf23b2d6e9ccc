// What tests, the gas figures and the demo share in JavaScript: encoders of the
// rules blob and of price words, signing, an anvil of one's own, deployment.
import { spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ethers } from 'ethers'

const here = dirname(fileURLToPath(import.meta.url))
const root = join(here, '..')

export const OK = 0, DEGRADED = 1, REFUSED = 2
export const PPB = 1_000_000_000n

export const TYPES = {
	MarginAttestation: [
		['bytes32', 'book'], ['uint64', 'sequence'], ['uint64', 'asOf'],
		['uint64', 'validUntil'], ['uint64', 'blockNumber'],
		['bytes32', 'blockHash'], ['bytes32', 'positionsRoot'],
		['bytes32', 'pricesHash'], ['bytes32', 'verdictsRoot'],
		['bytes32', 'rulesHash'], ['bytes32', 'inputsHash'],
		['uint8', 'status'], ['uint32', 'reason'], ['uint32', 'vaultCount'],
		['uint32', 'verdictCount'], ['uint128', 'collateralValue'],
		['uint128', 'debtValue'],
	].map(([type, name]) => ({ name, type })),
}

export function published(name) {
	return JSON.parse(readFileSync(join(here, 'abi', `${name}.json`), 'utf8'))
}

function hex(value, bytes) {
	const n = BigInt(value)
	if (n < 0n || n >> BigInt(8 * bytes) !== 0n)
		throw new RangeError(`${value} does not fit ${bytes} bytes`)
	return n.toString(16).padStart(2 * bytes, '0')
}

// assets: [{token, decimals}]; modes: one list of rows each, a row
// {ltv, lt, bonus, closeFactor, debtWeight (ppb), factor, dust (USD, 1e18)}.
export function rulesBlob(assets, modes) {
	let out = '0x01' + hex(assets.length, 1) + hex(modes.length, 1) + '00'.repeat(29)
	for (const a of assets)
		out += hex(a.token, 20) + hex(a.decimals, 1) + '00'.repeat(11)
	for (const rows of modes)
		for (const r of rows)
			out += hex(r.ltv, 4) + hex(r.lt, 4) + hex(r.bonus, 4) +
				hex(r.closeFactor, 4) + hex(r.debtWeight, 4) +
				hex(r.factor, 1) + hex(r.dust, 11)
	return out
}

// price: USD per whole unit, 1e18.  A REFUSED word carries `high` (1e9) alone.
export function priceWord({ price = 0n, low = 0, high = 0, age = 0, status = OK,
	sources = 0, reason = 0, refusedHigh = 0n }) {
	const middle = status === REFUSED ? hex(refusedHigh, 12)
		: hex(low, 4) + hex(high, 4) + hex(age, 4)
	return BigInt('0x' + hex(status === REFUSED ? 0n : price, 16) + middle +
		hex(status, 1) + hex(sources, 1) + hex(reason, 2))
}

export function pricesHash(words) {
	const text = words.map((w) => hex(w, 32))
	if (text.length <= 64) return ethers.keccak256('0x' + text.join(''))
	const chunks = []
	for (let i = 0; i < text.length; i += 32)
		chunks.push(ethers.keccak256('0x' + text.slice(i, i + 32).join('')))
	return ethers.keccak256(ethers.concat(chunks))
}

export function domain(chainId, clearing) {
	return { name: 'margind', version: '1', chainId, verifyingContract: clearing }
}

export function digest(dom, message) {
	return ethers.TypedDataEncoder.hash(dom, TYPES, message)
}

// keys: ethers SigningKey by table position; positions: who signs.
export function sign(dom, message, keys, positions) {
	const d = digest(dom, message)
	const ordered = [...positions].sort((a, b) => a - b)
	let bitmap = 0n
	for (const p of ordered) bitmap |= 1n << BigInt(p)
	return {
		digest: d, bitmap,
		signatures: ethers.concat(ordered.map((p) => keys[p].sign(d).compactSerialized)),
	}
}

// n signing keys in the order of their addresses, the table's order.
export function signerKeys(n, seed = 'margind test signer') {
	return Array.from({ length: n }, (_, i) =>
		new ethers.SigningKey(ethers.id(`${seed} ${i}`)))
		.sort((a, b) => {
			const x = BigInt(ethers.computeAddress(a)), y = BigInt(ethers.computeAddress(b))
			return x < y ? -1 : 1
		})
}

function freePort() {
	return new Promise((resolve, reject) => {
		const s = createServer()
		s.once('error', reject)
		s.listen(0, '127.0.0.1', () => {
			const { port } = s.address()
			s.close(() => resolve(port))
		})
	})
}

// An anvil on a free port; close() ends it.
export async function startAnvil(args = []) {
	const port = await freePort()
	const child = spawn(join(root, 'node_modules', '.bin', 'anvil'),
		['--host', '127.0.0.1', '--port', String(port), '--silent', ...args],
		{ stdio: 'ignore' })
	const stop = () => child.kill('SIGTERM')
	process.once('exit', stop)
	const request = new ethers.FetchRequest(`http://127.0.0.1:${port}`)
	const provider = new ethers.JsonRpcProvider(request, 31337,
		{ staticNetwork: true, cacheTimeout: -1, batchMaxCount: 1 })
	provider.pollingInterval = 20
	for (let i = 0; ; i++) {
		try {
			await provider.send('eth_chainId', [])
			break
		} catch (e) {
			if (i === 200 || child.exitCode !== null) {
				stop()
				throw new Error(`anvil did not answer on port ${port}`)
			}
			await new Promise((r) => setTimeout(r, 50))
		}
	}
	return {
		port, provider, url: `http://127.0.0.1:${port}`,
		wallet: (i) => new ethers.NonceManager(ethers.HDNodeWallet.fromPhrase(
			'test test test test test test test test test test test junk', undefined,
			`m/44'/60'/0'/0/${i}`).connect(provider)),
		close() {
			provider.destroy()
			stop()
			process.off('exit', stop)
		},
	}
}

// The receipt of a transaction that is sent, or an error after 20 s.  Not
// ethers' wait(): a block that is mined between its look for the receipt and its
// subscription is missed, and an automining anvil brings no second one.
export async function mined(sent) {
	const tx = await sent
	const until = Date.now() + 20_000
	while (Date.now() < until) {
		const receipt = await tx.provider.getTransactionReceipt(tx.hash)
		if (receipt !== null) {
			if (receipt.status !== 1) throw new Error(`transaction ${tx.hash} reverted`)
			return receipt
		}
		await new Promise((r) => setTimeout(r, 10))
	}
	throw new Error(`transaction ${tx.hash} was not mined in 20 s`)
}

export async function deploy(wallet, name, args) {
	const { abi, bytecode } = published(name)
	const contract = await new ethers.ContractFactory(abi, bytecode, wallet).deploy(...args)
	await mined(contract.deploymentTransaction())
	return contract
}
