// What the demo plays: assets, their rules, the exchanges' script and a book of
// vaults, all of it from one seed.  Nothing here reads a clock or a chain.
//
// Values are dollars as BigInt with 18 decimals, shares and factors ppb.

export const E18 = 10n ** 18n
const PPB = 1_000_000_000n
export const BOOK = 'demo'
export const SEED = 20261120

// In slot order.  ltv, lt, bonus as book.json writes them.
export const ASSETS = [
	{ id: 'WETH', name: 'Wrapped Ether', decimals: 18, price: 'ETH', ltv: '0.8', lt: '0.825', bonus: '0.05', grain: 4 },
	{ id: 'WBTC', name: 'Wrapped Bitcoin', decimals: 8, price: 'BTC', ltv: '0.78', lt: '0.8', bonus: '0.05', grain: 6 },
	{ id: 'USDC', name: 'USD Coin', decimals: 6, price: 'USDC', ltv: '0.86', lt: '0.88', bonus: '0.03', grain: 2 },
	{ id: 'USDT', name: 'Tether USD', decimals: 6, price: 'USDT', ltv: '0.83', lt: '0.85', bonus: '0.03', grain: 2 },
]
const CLOSE_FACTOR = '1'
const DUST = '10'

export const PRICES = { ETH: '2500', BTC: '60000', USDC: '1', USDT: '1' }
export const CRASH = { bases: ['ETH', 'BTC'], factor: '0.75' }

// Seconds of the script.
export const PHASES = [
	{ name: 'calm', from: 0 },
	{ name: 'one venue lies', from: 10 },
	{ name: 'calm', from: 13 },
	{ name: 'three venues mute', from: 15 },
	{ name: 'recovery', from: 21 },
	{ name: 'crash', from: 25 },
	{ name: 'after the crash', from: 30 },
]

// url: what follows wss://localhost:PORT.
export const VENUES = [
	{ venue: 'coinbase', url: '', markets: {
		'ETH-USD': 'ETH/USD', 'BTC-USD': 'BTC/USD', 'USDT-USD': 'USDT/USD' } },
	{ venue: 'kraken', url: '/v2', markets: {
		'ETH/USD': 'ETH/USD', 'BTC/USD': 'BTC/USD', 'USDT/USD': 'USDT/USD', 'USDC/USD': 'USDC/USD' } },
	{ venue: 'binance', url: '/stream', markets: {
		ETHUSDT: 'ETH/USDT', BTCUSDT: 'BTC/USDT', USDCUSDT: 'USDC/USDT' } },
	{ venue: 'bybit', url: '/v5/public/spot', markets: {
		ETHUSDT: 'ETH/USDT', BTCUSDT: 'BTC/USDT', USDCUSDT: 'USDC/USDT' } },
]

// The script of `margind sim`; port 0 takes a free one.
export function script(seed = SEED) {
	const mute = (venue) => ({ at: 15, until: 21, mute: { venue } })
	return {
		seed, tick_ms: 100, prices: PRICES, noise: '0.0002', spread: '0.0004',
		venues: VENUES.map(({ venue, markets }) => ({ venue, port: 0,
			symbols: Object.fromEntries(Object.entries(markets).map(([symbol, pair]) => {
				const [base, quote] = pair.split('/')
				return [symbol, { base, quote }]
			})) })),
		events: [
			{ at: 10, until: 13, lie: { venue: 'kraken', factor: '0.7', bases: ['ETH', 'BTC'] } },
			mute('kraken'), mute('binance'), mute('bybit'),
			{ at: 25, until: 30, move: CRASH },
		],
	}
}

// A decimal text as an integer with so many decimals.
export function fixed(text, decimals) {
	const [whole, part = ''] = text.split('.')
	if (part.length > decimals) throw new RangeError(`${text}: more than ${decimals} decimals`)
	return BigInt(whole + part.padEnd(decimals, '0'))
}

// The other way round, without trailing zeros.
export function text(value, decimals) {
	const digits = value.toString().padStart(decimals + 1, '0')
	const part = digits.slice(digits.length - decimals).replace(/0+$/, '')
	return digits.slice(0, digits.length - decimals) + (part ? `.${part}` : '')
}

// tokens: addresses in slot order.
export function bookFile(chainId, tokens) {
	return {
		book: BOOK, chain_id: chainId,
		assets: ASSETS.map((a, i) => ({ id: a.id, token: tokens[i], decimals: a.decimals,
			price: a.price, factor: a.price, ltv: a.ltv, liquidation_threshold: a.lt,
			liquidation_bonus: a.bonus, close_factor: CLOSE_FACTOR, debt_weight: '1', dust: DUST })),
		vaults: [],
	}
}

// The rows of the contract's rules blob, of one mode.
export function rulesRows() {
	const ppb = (s) => fixed(s, 9)
	return ASSETS.map((a, i) => ({ ltv: ppb(a.ltv), lt: ppb(a.lt), bonus: ppb(a.bonus),
		closeFactor: ppb(CLOSE_FACTOR), debtWeight: PPB, factor: i, dust: fixed(DUST, 18) }))
}

// 32 random bits a call (mulberry32).
function generator(seed) {
	let a = seed >>> 0
	return () => {
		a = (a + 0x6d2b79f5) >>> 0
		let t = Math.imul(a ^ (a >>> 15), a | 1)
		t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
		return (t ^ (t >>> 14)) >>> 0
	}
}

// Kinds of books: which slots are held and owed.
const KINDS = [
	{ held: [0], owed: [2] }, { held: [0], owed: [3] },
	{ held: [1], owed: [2] }, { held: [1], owed: [3] },
	{ held: [0, 1], owed: [2] }, { held: [0, 1], owed: [2, 3] },
	{ held: [0, 2], owed: [3] }, { held: [1, 3], owed: [2] },
	{ held: [0, 1, 2], owed: [3] }, { held: [1, 2], owed: [0, 3] },
	{ held: [0, 1], owed: [0, 2] }, { held: [1], owed: [0] },
	{ held: [2], owed: [0] }, { held: [2, 3], owed: [0, 1] },
]

// Opening price, and that after the crash, by slot.
export const BEFORE = ASSETS.map((a) => fixed(PRICES[a.price], 18))
export const AFTER = ASSETS.map((a, i) => (CRASH.bases.includes(a.price)
	? BEFORE[i] * fixed(CRASH.factor, 18) / E18 : BEFORE[i]))

function sum(legs, price, weight) {
	return legs.reduce((s, l) => s + l.atoms * price[l.slot] / 10n ** BigInt(ASSETS[l.slot].decimals) *
		weight(l.slot) / PPB, 0n)
}

// Health with liquidation thresholds (or with ltv), 18 decimals.
export function health(vault, price, key = 'lt') {
	const owed = sum(vault.debt, price, () => PPB)
	return sum(vault.collateral, price, (s) => fixed(ASSETS[s][key], 9)) * E18 / owed
}

function shares(random, count) {
	const raw = Array.from({ length: count }, () => 150 + random() % 850)
	const total = raw.reduce((a, b) => a + b, 0)
	return raw.map((r) => r / total)
}

// So many dollars of an asset, cut to the grain that people would type.
function leg(slot, dollars) {
	const { decimals, grain } = ASSETS[slot]
	const units = Math.round(dollars / (Number(BEFORE[slot]) / 1e18) * 10 ** grain)
	return { slot, atoms: BigInt(units) * 10n ** BigInt(decimals - grain) }
}

const pick = (random, low, high) => low + (high - low) * (random() / 2 ** 32)
const ratio = (n) => Number(n) / 1e18

function draw(random, crosses) {
	const kind = KINDS[random() % KINDS.length]
	const value = Math.exp(pick(random, Math.log(8_000), Math.log(300_000)))
	const split = shares(random, kind.held.length)
	const collateral = kind.held.map((slot, i) => leg(slot, value * split[i]))
	const goal = crosses ? pick(random, 0.906, 0.964) : 1.05 + pick(random, 0, 1) ** 2 * 1.6
	// Health after the crash falls with the debt: start from one dollar owed.
	const part = shares(random, kind.owed.length)
	const factor = (slot) => ratio(AFTER[slot]) / ratio(BEFORE[slot])
	const gain = ratio(sum(collateral, AFTER, (s) => fixed(ASSETS[s].lt, 9)))
	const debtOf = part.reduce((s, p, i) => s + p * factor(kind.owed[i]), 0)
	const owed = gain / goal / debtOf
	return { collateral, debt: kind.owed.map((slot, i) => leg(slot, owed * part[i])) }
}

// What the demo promises of every vault.
export function fits(vault, crosses) {
	const before = ratio(health(vault, BEFORE)), after = ratio(health(vault, AFTER))
	if (vault.collateral.concat(vault.debt).some((l) => l.atoms === 0n)) return false
	// It must be able to borrow at all, with room for a band.
	if (ratio(health(vault, BEFORE, 'ltv')) < 1.01 || before < 1.03) return false
	return crosses ? after > 0.9 && after < 0.97 : after > 1.03
}

// count vaults of which crossing become liquidatable in the crash.  owner is a
// number below owners, index counts within an owner.
export function vaults({ seed = SEED, count = 200, crossing = 44, owners = 8 } = {}) {
	const random = generator(seed)
	const list = []
	const next = new Array(owners).fill(0)
	for (let i = 0; i < count; i++) {
		// Spread evenly over the book: every owner has some that cross.
		const crosses = Math.floor((i + 1) * crossing / count) > Math.floor(i * crossing / count)
		let v
		do v = draw(random, crosses)
		while (!fits(v, crosses))
		const owner = random() % owners
		list.push({ owner, index: next[owner]++, crosses, ...v })
	}
	return list
}

// The phase at a second of the script.
export function phase(second) {
	return PHASES.filter((p) => second >= p.from).at(-1)?.name ?? 'warming up'
}
