// Liquidation bot and independent reader against a stand-in oracle: an honest
// one, one that is outrun, one that lies; and the reader must see each fault.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ethers } from 'ethers'
import { startAnvil } from '../../contracts-abi/testbed.mjs'
import { check } from '../../examples/demo/check.mjs'
import { deploy } from '../../examples/demo/deploy.mjs'
import { ASSETS, CRASH, script as makeScript } from '../../examples/demo/world.mjs'
import { honest, standIn } from './standin.mjs'
import { expect, finish, sleep, until } from './tally.mjs'

const BASES = ASSETS.map((a) => a.price)
const dir = mkdtempSync(join(tmpdir(), 'margind-bot-'))
let chain
const key = new ethers.SigningKey(ethers.id('the stand-in'))
const wallet = new ethers.Wallet(ethers.id('the bot'))
writeFileSync(join(dir, 'bot.json'), ethers.encryptKeystoreJsonSync(wallet, 'password', { scrypt: { N: 4096 } }))
writeFileSync(join(dir, 'bot.pass'), 'password\n')

// The crash alone, near enough to wait for.
const quick = () => ({ ...makeScript(), events: [{ at: 1, until: 3, move: CRASH }] })

function startBot(api, ...more) {
	const bot = spawn(process.execPath, ['examples/liquidation-bot/bot.mjs', '--api', api, '--rpc', chain.url,
		'--keystore', join(dir, 'bot.json'), '--password-file', join(dir, 'bot.pass'), ...more],
	{ stdio: ['ignore', 'pipe', 'inherit'] })
	bot.lines = []
	bot.stdout.on('data', (d) => bot.lines.push(...String(d).trim().split('\n')))
	bot.count = (word) => bot.lines.filter((l) => l.includes(` ${word} `)).length
	return bot
}

// One scenario on a chain of its own (a snapshot's return would leave the
// chain's clock behind); body gets what it needs.
async function scenario(body) {
	chain = await startAnvil(['--no-mining', '--order', 'fifo', '--gas-limit', '4000000000'])
	const world = await deploy({ url: chain.url, chainId: 31337, signer: ethers.computeAddress(key), funded: [wallet.address] })
	const script = quick(), start = Date.now() + 2500
	const read = () => check({ rpc: chain.url, clearing: world.clearing, script, start, bases: BASES })
	const oracle = (priceAt, option) => standIn({ url: chain.url, chainId: 31337, ...world, key, priceAt, ...option })
	await body({ script, start, read, oracle }).finally(() => chain.close())
}

async function honestOracle({ script, start, read, oracle }) {
	const o = await oracle(honest(script, start))
	const bot = startBot(o.api)
	await sleep(start + 4000 - Date.now())
	await until(12_000, async () => (await read()).unhealthy === 0)
	const r = await read()
	bot.kill()
	o.close()
	expect(r.problems.length === 0, `reader is content: ${r.problems.join('; ') || 'no problem'}`)
	expect(r.liquidated === 44 && r.should === 44, `${r.liquidated} of ${r.should} vaults liquidated`)
	expect(r.untouched === 156, `${r.untouched} vaults untouched`)
	expect(bot.count('liquidated') === r.liquidations, `a line for each of ${r.liquidations} liquidations`)
	expect(bot.count('approved') === 2, 'each debt token is approved once')
}

async function outrun({ script, start, oracle }) {
	// What it lists is healthy by now, as if somebody had been faster.
	const o = await oracle(honest(script, start), { listed: () => true })
	const bot = startBot(o.api)
	await until(8000, () => bot.count('skipped') > 20)
	bot.kill()
	o.close()
	const sent = await chain.provider.getTransactionCount(wallet.address)
	expect(bot.lines.some((l) => l.includes('already liquidated, or healthy again')), 'a vault that is healthy is skipped by name')
	expect(bot.count('liquidated') === 0, 'and nothing is liquidated')
	expect(sent <= 4, `and nothing but approvals is sent (${sent})`)
}

async function dryRun({ script, start, read, oracle }) {
	const o = await oracle(honest(script, start))
	const bot = startBot(o.api, '--dry-run')
	await sleep(start + 4000 - Date.now())
	await until(8000, () => bot.lines.some((l) => l.includes('dry run: would repay')))
	const r = await read()
	bot.kill()
	o.close()
	expect(r.liquidations === 0, 'a dry run liquidates nothing')
	// Without an allowance the node says so; the bot passes it on.
	expect(bot.count('skipped') > 0, `but says what it would do (${bot.count('skipped')} lines)`)
	expect(r.missed === 44 && r.unhealthy === 44 && r.problems.length > 0, `the reader sees ${r.missed} missed, ${r.unhealthy} left`)
}

async function liar({ start, script, read, oracle }) {
	const fair = honest(script, start)
	// Half the crash a second before it begins.
	const o = await oracle((ms) => fair(ms).map((p, i) => (i < 2 && ms < start + 900 ? p * 85n / 100n : p)))
	const bot = startBot(o.api)
	await sleep(start + 5000 - Date.now())
	const r = await read()
	bot.kill()
	o.close()
	expect(r.early_liquidations > 0, `the reader sees ${r.early_liquidations} liquidations before the crash`)
	expect(r.problems.some((p) => p.includes('was liquidated at health')), 'and healthy vaults that were taken')
	expect(r.problems.some((p) => p.includes('off the script')), 'and prices that are not the script\'s')
}

try {
	for (const body of [honestOracle, outrun, dryRun, liar]) await scenario(body)
} catch (e) {
	expect(false, e.stack)
}
rmSync(dir, { recursive: true })
process.exit(finish())
