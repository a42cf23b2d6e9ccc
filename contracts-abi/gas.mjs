// The figures of `make gas`.
import { ethers } from 'ethers'
import { startAnvil, deploy, mined, rulesBlob, priceWord, pricesHash, domain, sign,
	signerKeys } from './testbed.mjs'

const SIGNERS = 19
const ASSETS = 32
const CEILINGS = {
	'submit, k=1': 52_000,
	'submit, k=5': 70_000,
	'submit + liquidate, 2 legs, k=1': 130_000,
}
const E18 = 10n ** 18n
const BOOK = ethers.id('gas')
const ROW = { ltv: 800_000_000, lt: 825_000_000, bonus: 50_000_000,
	closeFactor: 500_000_000, debtWeight: 1_000_000_000, factor: 0, dust: 100n * E18 }

let figures = []

function note(name, receipt) {
	if (receipt.status !== 1) throw new Error(`${name}: reverted`)
	figures.push([name, Number(receipt.gasUsed)])
}

export async function world(chain, k) {
	const admin = chain.wallet(0), owner = chain.wallet(1), bot = chain.wallet(2)
	const adminAddress = await admin.getAddress()
	const ownerAddress = await owner.getAddress()
	const botAddress = await bot.getAddress()
	const tokens = []
	for (let i = 0; i < 8; i++)
		tokens.push(await deploy(admin, 'MockERC20', [`T${i}`, `T${i}`, i % 2 ? 6 : 18]))
	const assets = []
	for (let i = 0; i < ASSETS; i++) {
		assets.push(i < 8 ? { token: await tokens[i].getAddress(), decimals: i % 2 ? 6 : 18 }
			: { token: ethers.dataSlice(ethers.id(`asset ${i}`), 12), decimals: 18 })
	}
	const blob = rulesBlob(assets, [assets.map((_, i) => ({ ...ROW, factor: i }))])
	const keys = signerKeys(SIGNERS)
	const clearing = await deploy(admin, 'MarginClearing', [BOOK, blob,
		keys.map((key) => ethers.computeAddress(key)), k, adminAddress,
		{ checkBlockHash: true, latenessSeconds: 30, rulesDelaySeconds: 3600,
			faulty: 0, unsafeThreshold: true }])
	const address = await clearing.getAddress()
	for (const t of tokens) {
		for (const [w, a] of [[admin, adminAddress], [owner, ownerAddress], [bot, botAddress]]) {
			await mined(t.mint(a, 10n ** 27n))
			await mined(t.connect(w).approve(address, 10n ** 26n))
		}
	}
	for (let i = 1; i < 8; i += 2)
		await mined(clearing.supply(assets[i].token, 10n ** 15n))

	let sequence = BigInt(Date.now()) * 1024n
	const w = { chain, clearing, admin, owner, bot, ownerAddress, botAddress, assets, keys, k, tokens }
	w.dom = domain(31337, address)
	w.rulesHash = ethers.keccak256(blob)
	// The even slots are collateral, the odd ones are debt in dollars.
	w.vector = (collateralUsd) => assets.map((_, i) => priceWord({
		price: i % 2 ? E18 + 123_456_789_012_345n : collateralUsd * E18 + 987_654_321_098_765n,
		low: 512_345, high: 498_765, age: 431, sources: 4 }))
	w.header = async (prices, fields = {}) => {
		const block = await chain.provider.getBlock('latest')
		const asOf = BigInt(Math.max(block.timestamp, Math.floor(Date.now() / 1000))) * 1000n + 17n
		sequence += 1024n
		return { book: BOOK, sequence, asOf, validUntil: asOf + 120_000n,
			blockNumber: block.number, blockHash: block.hash,
			positionsRoot: ethers.id(`p${sequence}`), pricesHash: pricesHash(prices),
			verdictsRoot: ethers.id(`v${sequence}`), rulesHash: w.rulesHash,
			inputsHash: ethers.id(`i${sequence}`), status: 0, reason: 0,
			vaultCount: 1_000_000, verdictCount: 1_234,
			collateralValue: 12_345_678_901n * E18 + 1234567n,
			debtValue: 7_345_678_901n * E18 + 1234567n, ...fields }
	}
	w.sign = (message, count = k) =>
		sign(w.dom, message, keys, Array.from({ length: count }, (_, i) => SIGNERS - 1 - 3 * i))
	return w
}

export async function submit(w, message) {
	const s = w.sign(message)
	return mined(w.clearing.connect(w.bot).submit(message, s.bitmap, s.signatures))
}

// A vault of so many legs, half of them debt; healthy at 2,000.
export async function vault(w, index, legs) {
	const c = w.clearing.connect(w.owner)
	await mined(c.openVault(index, 0))
	const prices = w.vector(2000n)
	for (let i = 0; i < legs; i += 2)
		await mined(c.deposit(w.ownerAddress, index, w.assets[i].token, 10n * E18))
	for (let i = 1; i < legs; i += 2) {
		const m = await w.header(prices)
		const s = w.sign(m)
		await mined(c.borrow(index, w.assets[i].token, 15_000n * 10n ** 6n, m, s.bitmap,
			s.signatures, prices))
	}
}

export function liquidation(w, index) {
	return { owner: w.ownerAddress, index, collateral: w.assets[0].token,
		debt: w.assets[1].token, repay: 4_000n * 10n ** 6n, minSeize: 1n,
		recipient: w.botAddress }
}

async function measure(w) {
	const { k } = w
	const crash = w.vector(1500n)
	await submit(w, await w.header(crash))
	const late = await w.header(crash)
	note(`submit, k=${k}`, await submit(w, await w.header(crash)))
	note(`late submit, k=${k}`, await submit(w, late))
	for (const legs of k === 1 ? [2, 4, 8] : [2]) {
		const index = legs
		await vault(w, index, legs)
		let m = await w.header(crash)
		let s = w.sign(m)
		const c = w.clearing.connect(w.bot)
		note(`submit + liquidate, ${legs} legs, k=${k}`, await mined(c.submitAndLiquidate(m,
			s.bitmap, s.signatures, crash, liquidation(w, index))))
		m = await w.header(crash)
		s = w.sign(m)
		note(`liquidate, signed header not stored, ${legs} legs, k=${k}`, await mined(c.liquidate(m,
			s.bitmap, s.signatures, crash, liquidation(w, index))))
		m = await w.header(crash)
		await submit(w, m)
		note(`liquidate, stored header, ${legs} legs, k=${k}`, await mined(c.liquidate(m,
			0, '0x', crash, liquidation(w, index))))
	}
}

export async function main() {
	const chain = await startAnvil()
	try {
		for (const k of [1, 3, 5]) await measure(await world(chain, k))
	} finally {
		chain.close()
	}
	let above = 0
	console.log(`${SIGNERS} signers, ${ASSETS} price words, whole transactions`)
	for (const [name, used] of figures) {
		const ceiling = CEILINGS[name]
		const over = ceiling !== undefined && used > ceiling
		if (over) above++
		console.log(`${name.padEnd(54)} ${String(used).padStart(8)}` +
			(ceiling === undefined ? '' : `  ceiling ${ceiling}${over ? '  ABOVE' : ''}`))
	}
	const seen = Object.keys(CEILINGS).every((c) => figures.some(([n]) => n === c))
	return above === 0 && seen ? 0 : 1
}
