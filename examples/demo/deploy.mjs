// Puts the demo's world on a fresh anvil (started with --no-mining): tokens,
// the clearing contract, 200 vaults; then blocks come each second.  Few blocks
// hold everything, since each moves the chain's clock by a second.
import { ethers } from 'ethers'
import { published, rulesBlob, priceWord, pricesHash, domain, sign, OK }
	from '../../contracts-abi/testbed.mjs'
import { ASSETS, BEFORE, BOOK, rulesRows, vaults } from './world.mjs'

const BATCH = 100 // requests of one HTTP call
const GAS = 600_000 // of a vault's operation, as a limit
const GAS_DEPLOY = 16_000_000
const PLENTY = 10n ** 30n

// A JSON-RPC batch; the results in order.  Throws what the node complains of.
async function rpc(url, calls) {
	const results = []
	for (let i = 0; i < calls.length; i += BATCH) {
		const body = calls.slice(i, i + BATCH).map(([method, params], id) =>
			({ jsonrpc: '2.0', id, method, params }))
		const answer = await fetch(url, { method: 'POST', body: JSON.stringify(body),
			headers: { 'content-type': 'application/json' } })
		const list = await answer.json()
		for (const { id, result, error } of list.sort((a, b) => a.id - b.id)) {
			if (error) throw new Error(`${body[id].method}: ${error.message}`)
			results.push(result)
		}
	}
	return results
}

// Transactions of anvil's unlocked accounts, in order, mined together.
class Block {
	constructor(url, nonces) {
		this.url = url
		this.nonces = nonces
		this.calls = []
		this.names = []
	}

	add(name, from, to, data, gas = GAS) {
		const nonce = this.nonces.get(from) ?? 0
		this.nonces.set(from, nonce + 1)
		this.names.push(name)
		this.calls.push(['eth_sendTransaction', [{ from, ...(to && { to }), data,
			nonce: ethers.toQuantity(nonce), gas: ethers.toQuantity(gas),
			gasPrice: ethers.toQuantity(10n ** 10n) }]])
	}

	async mine() {
		const hashes = await rpc(this.url, this.calls)
		await rpc(this.url, [['evm_mine', []]])
		const receipts = await rpc(this.url, hashes.map((h) => ['eth_getTransactionReceipt', [h]]))
		receipts.forEach((r, i) => {
			if (r?.status !== '0x1') throw new Error(`deploying: ${this.names[i]} ${r ? 'reverted' : 'was not mined'}`)
		})
	}
}

// What the contract asks of whoever borrows: prices signed a moment ago.
function openingHeader(chainId, clearing, key, block, rulesHash) {
	const prices = BEFORE.map((price) => priceWord({ price, status: OK, sources: 4 }))
	const asOf = BigInt(block.timestamp) * 1000n
	const zero = ethers.ZeroHash
	const message = { book: ethers.id(BOOK), sequence: 1n, asOf, validUntil: asOf + 120_000n,
		blockNumber: BigInt(block.number), blockHash: block.hash, positionsRoot: zero,
		pricesHash: pricesHash(prices), verdictsRoot: zero, rulesHash, inputsHash: zero,
		status: 0, reason: 0, vaultCount: 0, verdictCount: 0, collateralValue: 0n, debtValue: 0n }
	return { message, prices, ...sign(domain(chainId, clearing), message, [key], [0]) }
}

// funded: addresses that get ether and every token (the bot, the gas key).
export async function deploy({ url, chainId, signer, funded, seed }) {
	const accounts = (await rpc(url, [['eth_accounts', []]]))[0].map(ethers.getAddress)
	const [admin, ...owners] = accounts
	const nonces = new Map()
	const token = published('MockERC20'), contract = published('MarginClearing')
	const erc20 = new ethers.Interface(token.abi), clearing = new ethers.Interface(contract.abi)
	const coder = ethers.AbiCoder.defaultAbiCoder()

	// The deployer's own key signs the prices that the vaults are opened on.
	const first = new ethers.SigningKey(ethers.hexlify(ethers.randomBytes(32)))
	const tokens = ASSETS.map((_, nonce) => ethers.getCreateAddress({ from: admin, nonce }))
	const address = ethers.getCreateAddress({ from: admin, nonce: ASSETS.length })
	const blob = rulesBlob(ASSETS.map((a, i) => ({ token: tokens[i], decimals: a.decimals })), [rulesRows()])
	const rulesHash = ethers.keccak256(blob)

	await rpc(url, funded.map((a) => ['anvil_setBalance', [a, ethers.toQuantity(1000n * 10n ** 18n)]]))
	let block = new Block(url, nonces)
	for (const a of ASSETS)
		block.add(`token ${a.id}`, admin, null, ethers.concat([token.bytecode,
			coder.encode(['string', 'string', 'uint8'], [a.name, a.id, a.decimals])]), GAS_DEPLOY)
	block.add('MarginClearing', admin, null, ethers.concat([contract.bytecode,
		clearing.encodeDeploy([ethers.id(BOOK), blob, [ethers.computeAddress(first)], 1, admin,
			{ checkBlockHash: true, latenessSeconds: 30, rulesDelaySeconds: 60, faulty: 0, unsafeThreshold: false }])]),
	GAS_DEPLOY)
	for (const [i, t] of tokens.entries()) {
		for (const to of [admin, ...owners, ...funded])
			block.add('mint', admin, t, erc20.encodeFunctionData('mint', [to, PLENTY]))
		for (const from of [admin, ...owners])
			block.add('approve', from, t, erc20.encodeFunctionData('approve', [address, ethers.MaxUint256]))
		block.add(`supply ${ASSETS[i].id}`, admin, address,
			clearing.encodeFunctionData('supply', [t, PLENTY / 10n]))
	}
	await block.mine()

	const head = await rpc(url, [['eth_getBlockByNumber', ['latest', false]]])
	const h = openingHeader(chainId, address, first,
		{ number: Number(head[0].number), timestamp: Number(head[0].timestamp), hash: head[0].hash }, rulesHash)
	block = new Block(url, nonces)
	block.add('submit', admin, address, clearing.encodeFunctionData('submit', [h.message, h.bitmap, h.signatures]))
	await block.mine()

	block = new Block(url, nonces)
	const list = vaults({ seed, owners: owners.length })
	for (const v of list) {
		const owner = owners[v.owner]
		const call = (name, args) => block.add(name, owner, address, clearing.encodeFunctionData(name, args))
		call('openVault', [v.index, 0])
		for (const l of v.collateral) call('deposit', [owner, v.index, tokens[l.slot], l.atoms])
		// The header is the stored one: no signatures needed.
		for (const l of v.debt) call('borrow', [v.index, tokens[l.slot], l.atoms, h.message, 0, '0x', h.prices])
	}
	await block.mine()

	// From here on only margind's key counts.
	block = new Block(url, nonces)
	block.add('rotateSigners', admin, address, clearing.encodeFunctionData('rotateSigners', [[signer], 1]))
	await block.mine()
	await rpc(url, [['evm_setIntervalMining', [1]]])
	return { clearing: address, tokens, rulesHash, vaults: list.length }
}
