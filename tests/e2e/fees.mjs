// `margind run` on a chain whose gas costs 1,656 gwei, as on 19 May 2021: nothing is
// sent above `max_fee`, which is said, and attestations are served as before; a
// transaction that is outbid is replaced within two blocks, with the same nonce and
// an eighth more, whatever a node did with the one before; whichever of a nonce is
// mined is noticed, and one that is not the service's is said.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { ethers } from 'ethers'
import { deploy } from '../../examples/demo/deploy.mjs'
import { CHAIN_ID, Stage, config, freePort, tail } from '../../examples/demo/stage.mjs'
import { bookFile, script as makeScript } from '../../examples/demo/world.mjs'
import { expect, finish, sleep, until } from './tally.mjs'

const MARGIND = resolve(process.env.MARGIND ?? 'build/margind')
const GWEI = 10n ** 9n, PEAK = 1656n * GWEI, CAP = 500n * GWEI, LOW = 10n * GWEI
const ROOM = 4_000_000_000, NO_ROOM = 60_000 // for a submit

const dir = mkdtempSync(join(tmpdir(), 'margind-fees-'))
const stage = new Stage({ margind: MARGIND, dir, died: (e) => expect(false, e.message) })
const said = (text) => readFileSync(join(dir, 'margind.log'), 'utf8').split(text).length - 1
let api, node, gas

async function get(path) {
	try {
		const answer = await fetch(api + path, { signal: AbortSignal.timeout(2000) })
		return { status: answer.status, text: await answer.text() }
	} catch {
		return { status: 0, text: '' }
	}
}
const sequence = async () => {
	const { status, text } = await get('/v1/attestations/latest')
	return status === 200 ? BigInt(JSON.parse(text).message.sequence) : 0n
}

// The next block, whose base fee is that.
async function block(baseFee) {
	await node.send('anvil_setNextBlockBaseFeePerGas', [ethers.toQuantity(baseFee)])
	await node.send('evm_mine', [])
	const got = await node.send('eth_getBlockByNumber', ['latest', false])
	if (BigInt(got.baseFeePerGas) !== baseFee) expect(false, `a base fee of ${got.baseFeePerGas}`)
}

const room = (gasLimit) => node.send('evm_setBlockGasLimit', [ethers.toQuantity(gasLimit)])
const nonce = async (tag) => Number(await node.send('eth_getTransactionCount', [gas, tag]))

// What is waiting of the service's, by nonce: its fees, and its bytes.
async function waiting() {
	const { pending, queued } = await node.send('txpool_content', [])
	const of = (pool) => Object.entries(pool).find(([who]) => who.toLowerCase() === gas.toLowerCase())?.[1] ?? {}
	return Object.entries({ ...of(queued), ...of(pending) }).map(([n, t]) =>
		({ nonce: Number(n), fee: BigInt(t.maxFeePerGas), tip: BigInt(t.maxPriorityFeePerGas), raw: bytes(t) }))
}
const bytes = (t) => ethers.Transaction.from({
	type: 2, chainId: t.chainId, nonce: Number(t.nonce), gasLimit: t.gas, maxFeePerGas: t.maxFeePerGas,
	maxPriorityFeePerGas: t.maxPriorityFeePerGas, to: t.to, value: t.value, data: t.input,
	signature: { r: t.r, s: t.s, yParity: Number(t.yParity) },
}).serialized

async function build() {
	stage.certificates()
	const [signer, gasKey] = ['signer', 'gas'].map((name) => stage.newKey(name))
	const rpc = await stage.startAnvil({ wanted: 0 })
	const world = await deploy({ url: rpc, chainId: CHAIN_ID, signer, funded: [gasKey] })
	writeFileSync(join(dir, 'book.json'), JSON.stringify(bookFile(CHAIN_ID, world.tokens)))
	const ports = await stage.startExchanges({ ...makeScript(), events: [] }, Date.now())
	const listen = `127.0.0.1:${await freePort(0)}`
	const text = config({ ports, rpc, clearing: world.clearing, listen })
	const capped = text.replace('max_fee: 100 gwei', `max_fee: ${CAP / GWEI} gwei`)
	expect(capped !== text, 'a config with that cap')
	writeFileSync(join(dir, 'margind.yaml'), capped)
	stage.initState()
	api = `http://${listen}`
	gas = gasKey
	node = new ethers.JsonRpcProvider(rpc, CHAIN_ID, { staticNetwork: true, cacheTimeout: -1 })
	await node.send('evm_setIntervalMining', [0]) // each block is ours
}

// Blocks of 1,656 gwei: nothing is sent, it is said, and headers go on.
async function above() {
	const alarm = 'the base fee is above max_fee'
	// None is under way.
	const clear = await until(40_000, async () => (await block(LOW), await sleep(500), await nonce('latest') > 0))
	expect(clear && (await waiting()).length === 0, 'a transaction is mined')
	await until(20_000, async () => (await block(PEAK), await sleep(400), said(alarm) > 0))
	expect(said(alarm) > 0, 'at 1,656 gwei the log says so')
	const [sent, from] = [await nonce('pending'), await sequence()]
	for (let i = 0; i < 8; i++) {
		await block(PEAK)
		await sleep(1000)
	}
	expect(await nonce('pending') === sent && await nonce('latest') === sent, 'nothing is sent, nothing waits')
	const on = await sequence() - from
	expect(from > 0n && on >= 6n, `${on} headers released in 8 s of it`)
	expect((await get('/readyz')).status === 200, 'and ready')
	expect(/^margind_attestation_age_seconds [0-2](\.|$)/m.test((await get('/metrics')).text), 'the newest is fresh in the metrics')
}

// Two blocks that are a sixteenth dearer than what it offers; what it offers then.
async function dearer(last) {
	for (let i = 0; i < 2; i++) {
		await block(last.fee * 17n / 16n)
		await sleep(i === 0 ? 500 : 0)
	}
	return until(4000, async () => (await waiting()).find((t) => t.fee > last.fee))
}

const isRaised = (t, last) => t && t.nonce === last.nonce && 8n * t.fee >= 9n * last.fee && 8n * t.tip >= 9n * last.tip
const shown = (t) => `${(Number(t.fee) / 1e9).toFixed(2)} gwei and a tip of ${(Number(t.tip) / 1e9).toFixed(3)}`

// One that is sent; blocks until then.
const oneWaiting = () => until(40_000, async () => {
	await block(LOW)
	return until(2500, async () => (await waiting())[0])
})

// The price falls and a transaction goes out; from then on each block is dearer than
// what it offers.
async function outbid() {
	const first = await oneWaiting()
	if (!expect(first, `one is sent again, for ${first && shown(first)}`)) return
	let last = first
	for (let i = 0; i < 3; i++) {
		const t = await dearer(last)
		if (!expect(isRaised(t, last), `outbid, after two blocks it offers ${t && shown(t)}, of the same nonce`)) return
		last = t
	}
	// A replacement that the node will not have is tried again, higher.
	const refused = said('not sent')
	await room(NO_ROOM)
	expect(!await dearer(last) && said('not sent') > refused, 'a node refuses a replacement')
	await room(ROOM)
	const t = await dearer(last)
	if (!expect(isRaised(t, last), `two blocks later it offers ${t && shown(t)}`)) return
	// Its tip is near its cap; a node drops what no more is offered for.
	await node.send('anvil_dropAllTransactions', [])
	await block(t.fee * 17n / 16n)
	await sleep(500)
	await block(t.fee * 17n / 16n)
	const again = await until(4000, async () => (await waiting())[0])
	expect(said('a transaction is stuck') > 0 && again?.nonce === t.nonce && again?.fee === t.fee,
		`stuck there, and dropped: the log says so, and it is sent again for ${again && shown(again)}`)
	await block(LOW)
	expect(await until(3000, async () => await nonce('latest') === first.nonce + 1), 'and is mined below that')
}

// The one that was replaced is mined after all, and then one that is not the service's.
async function another() {
	const strange = 'was used by a transaction that is not known here'
	const [first, refused] = [await oneWaiting(), said('not sent')]
	const second = first && await dearer(first)
	if (!expect(second && isRaised(second, first), 'one more is outbid and replaced')) return
	await node.send('anvil_dropAllTransactions', [])
	await node.send('eth_sendRawTransaction', [first.raw])
	await block(LOW)
	expect(await nonce('latest') === first.nonce + 1, 'the one before is mined')
	const next = await oneWaiting()
	expect(next?.nonce === first.nonce + 1 && said('not sent') === refused && said(strange) === 0,
		'which is noticed: the next is of the next nonce')
	await node.send('anvil_dropAllTransactions', [])
	await node.send('anvil_impersonateAccount', [gas])
	await node.send('eth_sendTransaction', [{ from: gas, to: gas, nonce: ethers.toQuantity(next.nonce),
		gas: '0x5208', maxFeePerGas: ethers.toQuantity(2n * LOW) }])
	await until(10_000, async () => (await block(LOW), await sleep(800), said(strange) > 0))
	expect(said(strange) === 1, 'one that is not ours is mined: the log says so')
	expect((await oneWaiting())?.nonce === next.nonce + 1, 'and the next is of the next nonce')
}

try {
	await build()
	stage.start('margind', MARGIND, ['run', '--config', 'margind.yaml'])
	await block(LOW)
	const ready = await until(15_000, async () => (await get('/readyz')).status === 200)
	if (!expect(ready, 'ready')) console.log(tail(join(dir, 'margind.log')))
	await above()
	await outbid()
	await another()
} catch (e) {
	expect(false, e.stack)
}
await stage.stop()
node?.destroy()
if (process.env.KEEP) console.log(dir)
else rmSync(dir, { recursive: true, force: true })
process.exit(finish())
