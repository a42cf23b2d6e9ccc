// The clearing contract on a real EVM against readers that share none of its
// code: digests as ethers computes them, liquidations as big integers do.
import { ethers } from 'ethers'
import { execFileSync } from 'node:child_process'
import { DEGRADED, OK, PPB, REFUSED, TYPES, deploy, digest, domain, mined, priceWord,
	pricesHash, published, rulesBlob, sign, signerKeys, startAnvil,
} from '../contracts-abi/testbed.mjs'

const SEED = process.env.SEED ?? 'clearing 1'
const MESSAGES = 200
const VAULTS = 40
const BOOK = ethers.id('check')
const E18 = 10n ** 18n

let state = ethers.toBigInt(ethers.id(SEED))
function below(n) {
	state = BigInt(ethers.keccak256(ethers.toBeHex(state, 32)))
	return state % BigInt(n)
}
const chance = (n) => below(n) === 0n
const pick = (list) => list.length === 0 ? undefined : list[Number(below(list.length))]

let passed = 0, failed = 0
function check(name, good, detail = '') {
	if (good) { passed++; return }
	failed++
	console.log(`FAILED ${name} ${detail}`)
}

const up = (a, b) => (a + b - 1n) / b

// ---- the reference: rules, prices and legs as plain objects

function ends(p, debt) {
	if (p.status === REFUSED) {
		const high = debt ? 0n : p.refusedHigh * 1_000_000_000n
		return [high, high, high]
	}
	return [p.price, p.price * (PPB - p.low) / PPB, up(p.price * (PPB + p.high), PPB)]
}

function weigh(world, mode, legs, prices, initial) {
	let gain = 0n, owed = 0n
	const factors = new Map()
	for (const leg of legs) {
		const row = world.rows[mode][leg.slot]
		const unit = 10n ** BigInt(world.assets[leg.slot].decimals)
		const sums = factors.get(row.factor) ?? [[0n, 0n], [0n, 0n], [0n, 0n]]
		factors.set(row.factor, sums)
		ends(prices[leg.slot], leg.debt).forEach((p, i) => {
			if (leg.debt) sums[i][1] += up(up(leg.amount * p, unit) * row.debtWeight, PPB)
			else sums[i][0] += leg.amount * p / unit * (initial ? row.ltv : row.lt) / PPB
		})
	}
	for (const sums of factors.values()) {
		let best = sums[0]
		for (const s of sums.slice(1)) {
			const change = (s[0] - s[1]) - (best[0] - best[1])
			if (initial ? change < 0n : change > 0n) best = s
		}
		gain += best[0]
		owed += best[1]
	}
	return { gain, owed }
}

function exchange(world, mode, prices, c, d, asked, { gain, owed }) {
	const rc = world.rows[mode][c.slot], rd = world.rows[mode][d.slot]
	const uc = 10n ** BigInt(world.assets[c.slot].decimals)
	const ud = 10n ** BigInt(world.assets[d.slot].decimals)
	const pc = prices[c.slot].price, pd = prices[d.slot].price
	let cap = d.amount
	if (gain * rd.debtWeight * PPB > owed * (PPB + rc.bonus) * rc.lt) {
		cap = up(d.amount * rd.closeFactor, PPB)
		if (up((d.amount - cap) * pd, ud) < rd.dust) cap = d.amount
	}
	let repaid = asked < cap ? asked : cap
	const top = pd * uc * (PPB + rc.bonus), bottom = pc * ud * PPB
	let seized = repaid * top / bottom
	if (seized > c.amount) {
		seized = c.amount
		repaid = up(seized * bottom, top)
	} else if (repaid < d.amount && seized < c.amount &&
		up((d.amount - repaid) * pd, ud) < rd.dust) {
		return { error: 'DustLeft' }
	}
	return { repaid, seized, top, bottom }
}

// ---- a random world

const DECIMALS = [0, 2, 6, 8, 18, 24, 30]

async function build(chain) {
	const admin = chain.wallet(0), owner = chain.wallet(1), bot = chain.wallet(2)
	const world = { chain, owner, bot, admin, assets: [],
		ownerAddress: await owner.getAddress(), botAddress: await bot.getAddress() }
	world.tokens = []
	for (const decimals of DECIMALS) {
		const t = await deploy(admin, 'MockERC20', [`T${decimals}`, `T${decimals}`, decimals])
		world.tokens.push(t)
		world.assets.push({ token: await t.getAddress(), decimals })
	}
	world.rows = [0, 1].map(() => DECIMALS.map(() => {
		const lt = 600_000_000n + below(300_000_000)
		return { lt, ltv: lt - below(100_000_000), bonus: below(100_000_000),
			closeFactor: 200_000_000n + below(800_000_001), factor: Number(below(4)),
			debtWeight: PPB + (chance(2) ? 0n : below(300_000_000)),
			dust: below(3) * 50n * E18 }
	}))
	world.base = DECIMALS.map((d) => d === 0 ? 3n * E18 / 100n + below(E18 / 100n)
		: E18 / 100n + below(5_000n * E18))
	const blob = rulesBlob(world.assets, world.rows)
	world.rulesHash = ethers.keccak256(blob)
	world.keys = signerKeys(5)
	world.clearing = await deploy(admin, 'MarginClearing', [BOOK, blob,
		world.keys.map((k) => ethers.computeAddress(k)), 3, await admin.getAddress(),
		{ checkBlockHash: true, latenessSeconds: 30, rulesDelaySeconds: 60, faulty: 0,
			unsafeThreshold: false }])
	world.address = await world.clearing.getAddress()
	world.dom = domain(31337, world.address)
	for (const t of world.tokens) {
		for (const w of [admin, owner, bot]) {
			await mined(t.connect(admin).mint(await w.getAddress(), 1n << 120n))
			await mined(t.connect(w).approve(world.address, ethers.MaxUint256))
		}
		await mined(world.clearing.supply(await t.getAddress(), 1n << 119n))
	}
	world.sequence = 1n
	return world
}

async function header(world, words) {
	const block = await world.chain.provider.getBlock('latest')
	const asOf = BigInt(block.timestamp) * 1000n
	return { book: BOOK, sequence: ++world.sequence, asOf, validUntil: asOf + 120_000n,
		blockNumber: block.number, blockHash: block.hash, positionsRoot: ethers.ZeroHash,
		pricesHash: pricesHash(words), verdictsRoot: ethers.ZeroHash,
		rulesHash: world.rulesHash, inputsHash: ethers.ZeroHash, status: 0, reason: 0,
		vaultCount: 1, verdictCount: 0, collateralValue: 0n, debtValue: 0n }
}

async function signed(world, words) {
	const message = await header(world, words)
	const three = []
	while (three.length < 3) {
		const p = Number(below(5))
		if (!three.includes(p)) three.push(p)
	}
	return { message, ...sign(world.dom, message, world.keys, three) }
}

const plain = (price) => ({ price, low: 0n, high: 0n, status: OK })

function moved(world) {
	return world.base.map((b) => {
		const price = b * (400n + below(900)) / 1000n + 1n
		if (chance(14)) return { price: 0n, status: REFUSED, refusedHigh: up(price, 1_000_000_000n) }
		return { price, low: below(20_000_000), high: below(20_000_000),
			status: chance(2) ? OK : DEGRADED }
	})
}

function legsOf(v) {
	return [
		...v.collateralSlots.map((s, i) => ({ slot: Number(s), debt: false, amount: v.collateralAmounts[i] })),
		...v.debtSlots.map((s, i) => ({ slot: Number(s), debt: true, amount: v.debtAmounts[i] })),
	]
}

function errorName(e) {
	const data = e.data ?? e.info?.error?.data
	if (!data || data === '0x') return e.shortMessage ?? String(e)
	return new ethers.Interface(published('MarginClearing').abi).parseError(data)?.name ?? data
}

async function openVault(world, index, mode) {
	const c = world.clearing.connect(world.owner)
	await mined(c.openVault(index, mode))
	const words = world.base.map((b) => priceWord(plain(b)))
	const prices = world.base.map(plain)
	const atoms = (slot, usd) =>
		usd * E18 * 10n ** BigInt(world.assets[slot].decimals) / world.base[slot] + 1n
	const legs = []
	for (let slot = 0; slot < DECIMALS.length; slot++) {
		if (slot !== 4 && !chance(3)) continue
		const amount = atoms(slot, 200n + below(20_000))
		await mined(c.deposit(world.ownerAddress, index, world.assets[slot].token, amount))
		legs.push({ slot, debt: false, amount })
	}
	for (let slot = 0; slot < DECIMALS.length; slot++) {
		if (slot !== 2 && !chance(3)) continue
		// Well inside what the reference allows.
		const { gain, owed } = weigh(world, mode, legs, prices, true)
		const room = (gain - owed) * PPB / world.rows[mode][slot].debtWeight / E18
		if (room < 2n) continue
		const amount = atoms(slot, slot === 2 ? room * 3n / 4n : below(room * 3n / 4n))
		const s = await signed(world, words)
		await mined(c.borrow(index, world.assets[slot].token, amount, s.message, s.bitmap,
			s.signatures, words))
		legs.push({ slot, debt: true, amount })
	}
}

async function oneLiquidation(world, index, mode, tally) {
	const id = ethers.keccak256(ethers.AbiCoder.defaultAbiCoder().encode(
		['address', 'uint256'], [world.ownerAddress, index]))
	const legs = legsOf(await world.clearing.vaultState(id))
	const c = pick(legs.filter((l) => !l.debt)), d = pick(legs.filter((l) => l.debt))
	if (!c || !d) return
	const prices = moved(world)
	const words = prices.map(priceWord)
	const asked = chance(4) ? ethers.MaxUint256 : 1n + below(d.amount * 5n / 4n)
	const sums = weigh(world, mode, legs, prices, false)
	let expected
	if (sums.gain >= sums.owed) expected = { error: 'VaultHealthy' }
	else if ([c, d].some((l) => prices[l.slot].status === REFUSED)) expected = { error: 'PriceRefused' }
	else expected = exchange(world, mode, prices, c, d, asked, sums)

	const s = await signed(world, words)
	const order = { owner: world.ownerAddress, index, collateral: world.assets[c.slot].token,
		debt: world.assets[d.slot].token, repay: asked, minSeize: 0n, recipient: world.botAddress }
	const call = world.clearing.connect(world.bot)[chance(2) ? 'liquidate' : 'submitAndLiquidate']
	const args = [s.message, s.bitmap, s.signatures, words, order]
	const name = `liquidation of vault ${index}`
	try {
		// On the pending block: a header may name the latest, which is not below
		// itself.
		const [repaid, seized] = await call.staticCall(...args, { blockTag: 'pending' })
		check(name, !expected.error && repaid === expected.repaid && seized === expected.seized,
			`${repaid} ${seized}, expected ${expected.error ?? `${expected.repaid} ${expected.seized}`}`)
		if (expected.error) return
		check(`${name}: rounding`, seized * expected.bottom <= repaid * expected.top)
		const before = await world.tokens[c.slot].balanceOf(world.botAddress)
		await mined(call(...args))
		const after = legsOf(await world.clearing.vaultState(id))
		const left = (leg) => after.find((l) => l.slot === leg.slot && l.debt === leg.debt)?.amount ?? 0n
		check(`${name}: legs`, legs.every((l) => left(l) === l.amount -
			(l === c ? seized : l === d ? repaid : 0n)))
		if (c.slot !== d.slot)
			check(`${name}: paid`, await world.tokens[c.slot].balanceOf(world.botAddress) - before === seized)
		tally.done++
	} catch (e) {
		if (e instanceof TypeError) throw e
		check(name, errorName(e) === expected.error, `${errorName(e)}, expected ${expected.error ?? 'done'}`)
		tally[expected.error] = (tally[expected.error] ?? 0) + 1
	}
}

function randomMessage() {
	const bits = (n) => chance(8) ? (chance(2) ? 0n : (1n << BigInt(n)) - 1n) : below(1n << BigInt(n))
	return Object.fromEntries(TYPES.MarginAttestation.map(({ name, type }) => [name,
		type === 'bytes32' ? ethers.toBeHex(bits(256), 32) : bits(Number(type.slice(4)))]))
}

async function main() {
	const chain = await startAnvil()
	try {
		const world = await build(chain)
		check('domain separator', await world.clearing.domainSeparator() ===
			ethers.TypedDataEncoder.hashDomain(world.dom))
		check('rules hash', await world.clearing.rulesHash() === world.rulesHash)
		for (let i = 0; i < MESSAGES; i++) {
			const m = randomMessage()
			const d = await world.clearing.digestOf(m)
			check(`digest ${i}`, d === digest(world.dom, m), d)
		}
		const tally = { done: 0 }
		for (let i = 0; i < VAULTS; i++) {
			const mode = Number(below(2))
			await openVault(world, i, mode)
			for (let n = 0; n < 3; n++) await oneLiquidation(world, i, mode, tally)
		}
		console.log(`liquidations: ${JSON.stringify(tally)}`)
		check('both kinds seen', tally.done >= 10 && (tally.VaultHealthy ?? 0) >= 10)
	} finally {
		chain.close()
	}
	execFileSync(process.execPath, [new URL('../contracts-abi/publish-abi.mjs', import.meta.url).pathname,
		'--check'], { stdio: 'inherit' })
	check('published ABI is current', true)
}

await main().catch((e) => check('run', false, e.stack))
console.log(`${passed} passed, ${failed} failed`)
process.exit(failed === 0 ? 0 : 1)
