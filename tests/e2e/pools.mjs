// A real Uniswap v3 pool of an ether and a dollar, and the contracts of
// contracts-abi/test/Sources.sol: what tests of prices from a chain stand on.
import { ethers } from 'ethers'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { deploy, mined } from '../../contracts-abi/testbed.mjs'

const require = createRequire(import.meta.url)
const root = new URL('../../', import.meta.url)

export const POOL = [
	'function observe(uint32[]) view returns (int56[] tickCumulatives, uint160[])',
	'function slot0() view returns (uint160 sqrtPriceX96, int24 tick, uint16 index, uint16 cardinality, uint16 next, uint8 fee, bool unlocked)',
	'function token0() view returns (address)',
	'function initialize(uint160)',
	'function increaseObservationCardinalityNext(uint16)',
]

// A contract of Sources.sol.
export async function place(wallet, name, args = []) {
	const { abi, bytecode } = JSON.parse(readFileSync(new URL(`build/forge/Sources.sol/${name}.json`, root), 'utf8'))
	const c = await new ethers.ContractFactory(abi, bytecode.object, wallet).deploy(...args)
	await mined(c.deploymentTransaction())
	return c
}

const sqrtX96 = (tick) => BigInt(Math.floor(Math.sqrt(1.0001 ** tick) * 2 ** 96))

// 2000 USDC (6 decimals) an ether (18): tick -200312, or its opposite.
export async function poolPlace(admin) {
	const { abi, bytecode } = require('@uniswap/v3-core/artifacts/contracts/UniswapV3Factory.sol/UniswapV3Factory.json')
	const factory = await new ethers.ContractFactory(abi, bytecode, admin).deploy()
	await mined(factory.deploymentTransaction())
	const eth = await deploy(admin, 'MockERC20', ['Ether', 'WETH', 18])
	const usdc = await deploy(admin, 'MockERC20', ['USD Coin', 'USDC', 6])
	const [e, u] = [await eth.getAddress(), await usdc.getAddress()]
	await mined(factory.createPool(e, u, 3000))
	const address = await factory.getPool(e, u, 3000)
	const pool = new ethers.Contract(address, POOL, admin)
	const trader = await place(admin, 'PoolTrader')
	await mined(eth.mint(await trader.getAddress(), 10n ** 30n))
	await mined(usdc.mint(await trader.getAddress(), 10n ** 30n))
	const ethIsFirst = await pool.token0() === e
	await mined(pool.initialize(sqrtX96(ethIsFirst ? -200312 : 200312)))
	await mined(trader.mint(address, -887220, 887220, 10n ** 18n))
	// toFirst: who trades gets token0.
	const swap = async (toFirst, share) => mined(trader.swap(address, !toFirst,
		10n ** (toFirst === ethIsFirst ? 10n : 19n) * BigInt(share),
		toFirst ? 1461446703485210103287273052203988822378723970341n : 4295128740n))
	return { pool, swap, ethIsFirst, address, eth: e, usdc: u }
}

// floor(1.0001^tick x 10^scale), exactly.
export function tickPower(tick, scale) {
	const n = BigInt(Math.abs(tick))
	const [a, b] = tick >= 0 ? [10001n ** n, 10000n ** n] : [10000n ** n, 10001n ** n]
	return scale >= 0 ? a * 10n ** BigInt(scale) / b : a / (b * 10n ** BigInt(-scale))
}

// The mean tick of a window, rounded down.
export async function meanTick(pool, window, overrides = {}) {
	const { tickCumulatives: [a, b] } = await pool.observe([window, 0n], overrides)
	const d = b - a
	return Number(d >= 0n || d % window === 0n ? d / window : d / window - 1n)
}
